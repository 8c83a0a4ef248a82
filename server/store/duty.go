package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"toancanh/server/access"
	"toancanh/server/audit"
	"toancanh/server/duty"
	"toancanh/server/fault"
)

const shiftColumns = `id::text, version, position, unit, name, person::text, coalesce(substitute::text, ''), from_at, until_at`

func scanShift(row pgx.CollectableRow) (duty.Shift, error) {
	var s duty.Shift
	err := row.Scan(&s.ID, &s.Version, &s.Position, &s.Unit, &s.Name, &s.Person, &s.Substitute, &s.From, &s.Until)
	s.From, s.Until = s.From.UTC(), s.Until.UTC()
	return s, err
}

// mostShifts bounds the shifts of one answer, and those one pattern makes or takes away.
const mostShifts = 2000

// Shifts are the shifts that lie, in part at least, within a span, the earliest first.
func (s *Store) Shifts(ctx context.Context, from, until time.Time) ([]duty.Shift, error) {
	list, err := collect(ctx, s, scanShift, "select "+shiftColumns+` from duty_shift where until_at > $1 and from_at < $2
		order by from_at, position, id limit $3`, from, until, mostShifts)
	if err != nil {
		return nil, fmt.Errorf("list shifts: %w", err)
	}
	return list, nil
}

func shiftRow(s duty.Shift, why string) audit.Row {
	return audit.Row{
		What: string(access.ChangeDuty), Object: "shift:" + s.ID, Why: why, Result: audit.Done, Detail: detail(map[string]any{
			"position": s.Position, "unit": s.Unit, "person": s.Person, "substitute": s.Substitute, "from": s.From, "until": s.Until,
		}),
	}
}

func insertShift(ctx context.Context, tx pgx.Tx, s duty.Shift, by string) error {
	_, err := tx.Exec(ctx, `insert into duty_shift (id, position, unit, name, person, substitute, from_at, until_at, changed_by)
		values ($1, $2, $3, $4, $5, nullif($6, '')::uuid, $7, $8, $9)`,
		s.ID, s.Position, s.Unit, s.Name, s.Person, s.Substitute, s.From, s.Until, by)
	return err
}

// AddShift keeps a new shift; by is who made it.
func (s *Store) AddShift(ctx context.Context, shift duty.Shift, by string) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := insertShift(ctx, tx, shift, by); err != nil {
			return err
		}
		return insertAudit(ctx, tx, shiftRow(shift, "added"))
	})
	if err != nil {
		return fmt.Errorf("add shift: %w", classify(err))
	}
	return nil
}

var errNoShift = fault.NotFound("Không có ca trực này.") //nolint:gochecknoglobals // an error value

// ChangeShift writes a shift over the version that was seen.
func (s *Store) ChangeShift(ctx context.Context, shift duty.Shift, by string) (duty.Shift, error) {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		before, err := lockOne(ctx, tx, shift.ID, scanShift, "select "+shiftColumns+" from duty_shift", errNoShift)
		if err != nil {
			return err
		}
		if before.Version != shift.Version {
			return errChanged
		}
		shift.Version++
		_, err = tx.Exec(ctx, `update duty_shift set version = $2, position = $3, unit = $4, name = $5, person = $6,
			substitute = nullif($7, '')::uuid, from_at = $8, until_at = $9, changed_at = now(), changed_by = $10 where id = $1`,
			shift.ID, shift.Version, shift.Position, shift.Unit, shift.Name, shift.Person, shift.Substitute, shift.From, shift.Until, by)
		if err != nil {
			return err
		}
		return insertAudit(ctx, tx, shiftRow(shift, "changed"))
	})
	if err != nil {
		return duty.Shift{}, fmt.Errorf("change shift %s: %w", shift.ID, classify(err))
	}
	return shift, nil
}

// DropShift takes a shift out of the roster.
func (s *Store) DropShift(ctx context.Context, id string) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		before, err := lockOne(ctx, tx, id, scanShift, "select "+shiftColumns+" from duty_shift", errNoShift)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "delete from duty_shift where id = $1", id); err != nil {
			return err
		}
		return insertAudit(ctx, tx, shiftRow(before, "dropped"))
	})
	if err != nil {
		return fmt.Errorf("drop shift %s: %w", id, classify(err))
	}
	return nil
}

// Filling is a pattern's shifts of one post. With Replace what stood there and has not begun by Now is taken away.
type Filling struct {
	Post    duty.Post
	Shifts  []duty.Shift // at least one, the earliest first, without ids
	Replace bool
	Now     time.Time
	By      string
}

// FillShifts keeps the shifts of a pattern; a conflict when others of the post stand there and are not to be replaced.
func (s *Store) FillShifts(ctx context.Context, f Filling) (made, replaced int, err error) {
	from, until := f.Shifts[0].From, f.Shifts[len(f.Shifts)-1].Until
	err = s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		// Two fillings of one roster take turns, so that neither overlooks the other's.
		if _, err := tx.Exec(ctx, "select pg_advisory_xact_lock(hashtext('duty_shift'))"); err != nil {
			return err
		}
		if f.Replace {
			tag, err := tx.Exec(ctx, `delete from duty_shift where position = $1 and unit = $2 and from_at >= $3 and from_at < $4 and from_at > $5`,
				f.Post.Position, f.Post.Unit, from, until, f.Now)
			if err != nil {
				return err
			}
			replaced = int(tag.RowsAffected())
		} else {
			var standing int
			err := tx.QueryRow(ctx, `select count(*) from duty_shift where position = $1 and unit = $2 and until_at > $3 and from_at < $4`,
				f.Post.Position, f.Post.Unit, from, until).Scan(&standing)
			if err != nil {
				return err
			}
			if standing > 0 {
				return fault.Conflict("Đã có %d ca của vị trí này trong khoảng thời gian đó; chọn thay thế, hoặc chọn ngày khác.", standing).Because("standing")
			}
		}
		for _, shift := range f.Shifts {
			shift.ID = uuid.NewString()
			if err := insertShift(ctx, tx, shift, f.By); err != nil {
				return err
			}
		}
		made = len(f.Shifts)
		return insertAudit(ctx, tx, audit.Row{
			What: string(access.ChangeDuty), Object: "shift:" + string(f.Post.Position), Why: "filled", Result: audit.Done, Detail: detail(map[string]any{
				"position": f.Post.Position, "unit": f.Post.Unit, "from": from, "until": until, "made": made, "replaced": replaced,
			}),
		})
	})
	if err != nil {
		return 0, 0, fmt.Errorf("fill shifts: %w", classify(err))
	}
	return made, replaced, nil
}

// KeptLadder is the ladder in force.
type KeptLadder struct {
	duty.Ladder
	Version int64
}

// keptSeconds is a ladder as it is kept.
type keptSeconds struct {
	High   []int `json:"high"`
	Medium []int `json:"medium"`
	Low    []int `json:"low"`
}

func durations(seconds []int) []time.Duration {
	list := make([]time.Duration, len(seconds))
	for i, n := range seconds {
		list[i] = time.Duration(n) * time.Second
	}
	return list
}

func wholeSeconds(list []time.Duration) []int {
	seconds := make([]int, len(list))
	for i, d := range list {
		seconds[i] = int(d.Seconds())
	}
	return seconds
}

func scanLadder(row pgx.CollectableRow) (KeptLadder, error) {
	var raw []byte
	var l KeptLadder
	var kept keptSeconds
	if err := row.Scan(&raw, &l.Version); err != nil {
		return l, err
	}
	err := json.Unmarshal(raw, &kept)
	l.Ladder = duty.Ladder{High: durations(kept.High), Medium: durations(kept.Medium), Low: durations(kept.Low)}
	return l, err
}

// Ladder reads the ladder in force.
func (s *Store) Ladder(ctx context.Context) (KeptLadder, error) {
	list, err := collect(ctx, s, scanLadder, "select after, version from duty_ladder")
	if err != nil {
		return KeptLadder{}, fmt.Errorf("read ladder: %w", err)
	}
	return firstOr(list, fault.NotFound("Chưa có bậc gọi người trực."))
}

// ChangeLadder puts another ladder in force over the version that was seen.
func (s *Store) ChangeLadder(ctx context.Context, l KeptLadder, by string) error {
	raw, err := json.Marshal(keptSeconds{wholeSeconds(l.High), wholeSeconds(l.Medium), wholeSeconds(l.Low)})
	if err != nil {
		return fmt.Errorf("encode ladder: %w", err)
	}
	err = s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `update duty_ladder set after = $1, version = version + 1, changed_at = now(), changed_by = $2 where version = $3`, raw, by, l.Version)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return errChanged
		}
		return insertAudit(ctx, tx, audit.Row{What: string(access.ChangeDuty), Object: "ladder", Why: "changed", Result: audit.Done, Detail: string(raw)})
	})
	if err != nil {
		return fmt.Errorf("change ladder: %w", classify(err))
	}
	return nil
}
