package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"toancanh/server/access"
	"toancanh/server/audit"
	"toancanh/server/fault"
	"toancanh/server/report"
)

// AssignmentVersion is a version of the rules of assignment with who made it, when and why.
type AssignmentVersion struct {
	report.AssignmentRules
	MadeAt time.Time
	MadeBy string // an opaque id
	Reason string
	// Closed are the units that take no more reports, whatever the rules say.
	Closed []string
}

// Takes reports whether a unit takes reports.
func (v AssignmentVersion) Takes(unit string) bool { return !slices.Contains(v.Closed, unit) }

// assignmentRow is a rule as it is kept.
type assignmentRow struct {
	Category string `json:"category"`
	Division string `json:"division"`
	Area     string `json:"area"`
	Hours    string `json:"hours"`
	Unit     string `json:"unit"`
}

// AssignmentRules is a version of the rules; 0 is the newest. The zero version is that of a house that has none: there
// the unit of the category is meant.
func (s *Store) AssignmentRules(ctx context.Context, version int) (AssignmentVersion, error) {
	list, err := collect(ctx, s, scanAssignment, `
		select coalesce(version, 0), coalesce(made_at, 'epoch'), coalesce(made_by, ''), coalesce(reason, ''), coalesce(rules, '[]'),
			array(select id from unit where disabled_at is not null)
		from (values (1)) one left join lateral (select * from assignment_version
			where $1::int in (0, version) order by version desc limit 1) v on true`, version)
	if err != nil {
		return AssignmentVersion{}, fmt.Errorf("read rules of assignment: %w", err)
	}
	v, err := firstOr(list, nil)
	if err == nil && version != 0 && v.Version == 0 {
		err = fault.NotFound("Không có bản quy tắc phân công số %d.", version)
	}
	return v, err
}

func scanAssignment(row pgx.CollectableRow) (AssignmentVersion, error) {
	var v AssignmentVersion
	var kept []assignmentRow
	err := row.Scan(&v.Version, &v.MadeAt, &v.MadeBy, &v.Reason, &kept, &v.Closed)
	v.MadeAt = v.MadeAt.UTC()
	for _, k := range kept {
		v.List = append(v.List, report.AssignmentRule{
			Category: k.Category, Division: k.Division, Area: k.Area, Hours: report.Hours(k.Hours), Unit: k.Unit,
		})
	}
	return v, err
}

// SeedAssignments keeps the rules a province starts with, when it has none yet.
func (s *Store) SeedAssignments(ctx context.Context, list []report.AssignmentRule) error {
	rules, err := encodeAssignments(list)
	if err != nil {
		return err
	}
	err = s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `insert into assignment_version (version, made_at, made_by, reason, rules)
			select 1, now(), 'system', 'Quy tắc mẫu', $1::jsonb where not exists (select from assignment_version) on conflict do nothing`, rules)
		return err
	})
	if err != nil {
		return fmt.Errorf("seed rules of assignment: %w", classify(err))
	}
	return nil
}

// ChangeAssignments keeps a new version of the rules over the one its author saw; conflict when that is not the newest.
func (s *Store) ChangeAssignments(ctx context.Context, v AssignmentVersion, seen int) error {
	rules, err := encodeAssignments(v.List)
	if err != nil {
		return err
	}
	err = s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		// Of two at once the second meets the version of the first, as a conflict of keys.
		tag, err := tx.Exec(ctx, `insert into assignment_version (version, made_at, made_by, reason, rules)
			select $1::int + 1, $2, $3, $4, $5::jsonb where $1::int = (select coalesce(max(version), 0) from assignment_version)
			on conflict do nothing`, seen, v.MadeAt, v.MadeBy, v.Reason, rules)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return fault.Conflict("Quy tắc phân công vừa được người khác sửa, hãy xem lại rồi sửa tiếp.").Because("version")
		}
		return insertAudit(ctx, tx, audit.Row{
			What: string(access.ChangeAssignments), Object: fmt.Sprintf("assignment:%d", seen+1), Why: v.Reason, Result: audit.Done,
			Detail: detail(map[string]any{"rules": len(v.List)}),
		})
	})
	if err != nil {
		return fmt.Errorf("change rules of assignment: %w", classify(err))
	}
	return nil
}

func encodeAssignments(list []report.AssignmentRule) (string, error) {
	kept := make([]assignmentRow, len(list))
	for i, r := range list {
		kept[i] = assignmentRow{r.Category, r.Division, r.Area, string(r.Hours), r.Unit}
	}
	raw, err := json.Marshal(kept)
	return string(raw), fault.Internal(err)
}

// Overruled counts the assignments in which people chose another unit than the one proposed.
type Overruled struct {
	Category, Proposed, Chosen string
	Times                      int
}

// Overruled lists them for a span, the most frequent first, and says how many assignments had a proposal.
func (s *Store) Overruled(ctx context.Context, p Span) (list []Overruled, proposed int, err error) {
	err = s.inSnapshot(ctx, func(ctx context.Context, tx pgx.Tx) error {
		const made = ` from report_act a join report r on r.id = a.report_id
			where a.act = 'assign' and a.proposed <> '' and a.at >= @from and a.at < @to and ` + inSpan
		rows, err := tx.Query(ctx, `select r.category, a.proposed, a.unit, count(*)::int`+made+` and a.unit <> a.proposed
			group by 1, 2, 3 order by 4 desc, 1, 2, 3 limit 500`, p.args())
		if err != nil {
			return err
		}
		if list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Overruled]); err != nil {
			return err
		}
		return tx.QueryRow(ctx, `select count(*)::int`+made, p.args()).Scan(&proposed)
	})
	if err != nil {
		return nil, 0, fmt.Errorf("count overruled proposals: %w", classify(err))
	}
	return list, proposed, nil
}
