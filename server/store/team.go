package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"toancanh/server/access"
	"toancanh/server/audit"
	"toancanh/server/fault"
)

// Team is a community digital technology team (tổ công nghệ số cộng đồng) of a village.
type Team struct {
	ID             string
	Name, Village  string
	Division, Area string // the commune
	Path           []string
	Version        int64
	Disabled       bool
	Members        []TeamMember
}

// TeamMember is somebody who belongs to a team.
type TeamMember struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Place is where a team works, as rights see it.
func (t Team) Place() access.Place { return access.Place{Division: t.Division, Path: t.Path} }

//nolint:gochecknoglobals // an error value
var errNoTeam = fault.NotFound("Không có tổ mang mã này.")

const teamSelect = `
	select t.id::text, t.name, t.village, t.division, t.area, t.path, t.version, t.disabled_at is not null,
		coalesce((select jsonb_agg(jsonb_build_object('id', p.id, 'name', p.name) order by p.name, p.id)
			from team_member m join person p on p.id = m.person_id where m.team_id = t.id), '[]')
	from team t `

func scanTeam(row pgx.CollectableRow) (Team, error) {
	var t Team
	err := row.Scan(&t.ID, &t.Name, &t.Village, &t.Division, &t.Area, &t.Path, &t.Version, &t.Disabled, &t.Members)
	return t, err
}

// Teams lists the teams that a reach holds, by village and name.
func (s *Store) Teams(ctx context.Context, reach access.Reached) ([]Team, error) {
	var where conditions
	if !reach.All {
		reached(access.Reached{Places: reach.Places}, &where)
	}
	list, err := collect(ctx, s, scanTeam, teamSelect+"where "+where.sql()+" order by t.area, t.village, t.name, t.id", where.args...)
	if err != nil {
		return nil, fmt.Errorf("list teams: %w", err)
	}
	return list, nil
}

// Team reads one by its UUID.
func (s *Store) Team(ctx context.Context, id string) (Team, error) {
	list, err := collect(ctx, s, scanTeam, teamSelect+"where t.id = $1::uuid", id)
	if err != nil {
		return Team{}, fmt.Errorf("read team %s: %w", id, err)
	}
	return firstOr(list, errNoTeam)
}

// AddTeam keeps a new team.
func (s *Store) AddTeam(ctx context.Context, t Team) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "insert into team (id, name, village, division, area, path) values ($1::uuid, $2, $3, $4, $5, $6)",
			t.ID, t.Name, t.Village, t.Division, t.Area, t.Path); err != nil {
			return err
		}
		return keepMembers(ctx, tx, t)
	})
	if err != nil {
		return fmt.Errorf("add team: %w", classify(err))
	}
	return nil
}

// SampleTeam keeps the sample's team unless its member belongs to one.
func (s *Store) SampleTeam(ctx context.Context, t Team) error {
	list, err := collect(ctx, s, pgx.RowTo[bool], "select exists (select from team_member where person_id = $1::uuid)", t.Members[0].ID)
	if err != nil || list[0] {
		return err
	}
	err = s.AddTeam(ctx, t)
	if fault.Is(err, fault.KindConflict) {
		return nil // another request was quicker
	}
	return err
}

// ChangeTeam writes a team over the version its author saw; conflict when that is not the present one.
func (s *Store) ChangeTeam(ctx context.Context, t Team) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `update team set name = $3, village = $4, division = $5, area = $6, path = $7, version = version + 1,
			disabled_at = case when $8 then coalesce(disabled_at, now()) end where id = $1::uuid and version = $2`,
			t.ID, t.Version, t.Name, t.Village, t.Division, t.Area, t.Path, t.Disabled)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return fault.Conflict("Tổ vừa được người khác sửa, hãy xem lại rồi sửa tiếp.").Because("version")
		}
		if _, err := tx.Exec(ctx, "delete from team_member where team_id = $1::uuid", t.ID); err != nil {
			return err
		}
		return keepMembers(ctx, tx, t)
	})
	if err != nil {
		return fmt.Errorf("change team %s: %w", t.ID, classify(err))
	}
	return nil
}

// keepMembers writes who belongs to a team, which must be people with the role for it, and the row of audit.
func keepMembers(ctx context.Context, tx pgx.Tx, t Team) error {
	ids := make([]string, len(t.Members))
	for i, m := range t.Members {
		ids[i] = m.ID
	}
	tag, err := tx.Exec(ctx, `insert into team_member (team_id, person_id)
		select $1::uuid, id from person where id = any($2::text[]::uuid[]) and $3 = any(roles)`, t.ID, ids, string(access.CommunityTeam))
	if err != nil {
		return err
	}
	if int(tag.RowsAffected()) != len(ids) {
		return fault.Invalid("members", "Thành viên phải là người dùng có vai trò “%s”.", access.CommunityTeam.Label()).Because("role")
	}
	return insertAudit(ctx, tx, audit.Row{
		What: string(access.ManageTeams), Object: "team:" + t.ID, Result: audit.Done,
		Detail: detail(map[string]any{"name": t.Name, "village": t.Village, "area": t.Area, "members": ids, "disabled": t.Disabled}),
	})
}

// TeamWork is what a team did in a span.
type TeamWork struct {
	ID, Name, Village, Area       string
	Members, Asked, Arrived, Done int
	LastAt                        *time.Time // of its newest arrival or result
}

// TeamBoard lists the teams that work in the area of a span, with their visits in it.
func (s *Store) TeamBoard(ctx context.Context, p Span) ([]TeamWork, error) {
	list, err := collect(ctx, s, func(row pgx.CollectableRow) (TeamWork, error) {
		var w TeamWork
		err := row.Scan(&w.ID, &w.Name, &w.Village, &w.Area, &w.Members, &w.Asked, &w.Arrived, &w.Done, &w.LastAt)
		if w.LastAt != nil {
			*w.LastAt = w.LastAt.UTC()
		}
		return w, err
	}, `
		select t.id::text, t.name, t.village, t.area, (select count(*)::int from team_member m where m.team_id = t.id),
			count(v.id) filter (where v.asked_at >= @from and v.asked_at < @to)::int,
			count(v.id) filter (where v.arrived_at >= @from and v.arrived_at < @to)::int,
			count(v.id) filter (where v.done_at >= @from and v.done_at < @to)::int,
			max(greatest(v.arrived_at, v.done_at)) filter (where v.arrived_at < @to)
		from team t left join (select v.* from visit v join report r on r.id = v.report_id where (r.origin = 'real') = @real and r.origin <> 'drill') v
			on v.team_id = t.id
		where t.disabled_at is null and t.division = @division and @area = any(t.path)
		group by t.id order by t.area, t.village, t.name, t.id`, p.args())
	if err != nil {
		return nil, fmt.Errorf("count the work of teams: %w", err)
	}
	return list, nil
}

// newID is a UUID ordered by time.
func newID() (string, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return "", fault.Internal(fmt.Errorf("draw id: %w", err))
	}
	return id.String(), nil
}
