package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"toancanh/server/access"
	"toancanh/server/audit"
	"toancanh/server/fault"
	"toancanh/server/handover"
)

const handoverColumns = "id::text, division, area, path, content, note, out_by, out_name, out_at, in_by, in_name, in_at, reply"

func scanHandover(row pgx.CollectableRow) (handover.Handover, error) {
	var h handover.Handover
	var content []byte
	err := row.Scan(&h.ID, &h.Division, &h.Area, &h.Path, &content, &h.Note, &h.OutBy, &h.OutName, &h.OutAt, &h.InBy, &h.InName, &h.InAt, &h.Reply)
	if err != nil {
		return h, err
	}
	h.OutAt = h.OutAt.UTC()
	if h.InAt != nil {
		*h.InAt = h.InAt.UTC()
	}
	return h, json.Unmarshal(content, &h.Content)
}

// mostHandovers bounds what is listed: a month of three shifts a day.
const mostHandovers = 100

//nolint:gochecknoglobals // an error value
var errNoHandover = fault.NotFound("Không có lần bàn giao này.")

// Handovers lists those of areas on or below a place, the newest first.
func (s *Store) Handovers(ctx context.Context, p access.Place) ([]handover.Handover, error) {
	list, err := collect(ctx, s, scanHandover, "select "+handoverColumns+` from handover
		where division = $1 and $2 = any(path) order by out_at desc, id limit $3`, p.Division, p.Path[len(p.Path)-1], mostHandovers)
	if err != nil {
		return nil, fmt.Errorf("list handovers: %w", err)
	}
	return list, nil
}

// Handover reads one.
func (s *Store) Handover(ctx context.Context, id string) (handover.Handover, error) {
	list, err := collect(ctx, s, scanHandover, "select "+handoverColumns+" from handover where id = $1::uuid", id)
	if err != nil {
		return handover.Handover{}, fmt.Errorf("read handover %s: %w", id, err)
	}
	return firstOr(list, errNoHandover)
}

func handoverRow(h handover.Handover, why string) audit.Row {
	return audit.Row{
		What: string(access.HandOver), Object: "handover:" + h.ID, Why: why, Result: audit.Done, Detail: detail(map[string]any{"area": h.Area}),
	}
}

// SignHandover keeps a handover with the signature of who leaves. One of an area waits at a time.
func (s *Store) SignHandover(ctx context.Context, h handover.Handover) error {
	content, err := json.Marshal(h.Content)
	if err != nil {
		return fault.Internal(err)
	}
	err = s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `insert into handover (id, division, area, path, content, note, out_by, out_name, out_at)
			values ($1::uuid, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing`,
			h.ID, h.Division, h.Area, h.Path, content, h.Note, h.OutBy, h.OutName, h.OutAt)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return fault.Conflict("Địa bàn này đang có một lần bàn giao chờ người nhận.").Because("waiting")
		}
		return insertAudit(ctx, tx, handoverRow(h, "given"))
	})
	if err != nil {
		return fmt.Errorf("sign handover: %w", classify(err))
	}
	return nil
}

// TakeHandover keeps the signature of who comes; take decides.
func (s *Store) TakeHandover(ctx context.Context, id string, take func(handover.Handover) (handover.Handover, error)) (handover.Handover, error) {
	var h handover.Handover
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, "select "+handoverColumns+" from handover where id = $1::uuid for update", id)
		if err != nil {
			return err
		}
		if h, err = pgx.CollectExactlyOneRow(rows, scanHandover); err != nil {
			if errors.Is(err, pgx.ErrNoRows) {
				return errNoHandover
			}
			return err
		}
		if h, err = take(h); err != nil {
			return err
		}
		if _, err = tx.Exec(ctx, "update handover set in_by = $2, in_name = $3, in_at = $4, reply = $5 where id = $1::uuid",
			h.ID, h.InBy, h.InName, h.InAt, h.Reply); err != nil {
			return err
		}
		return insertAudit(ctx, tx, handoverRow(h, "taken"))
	})
	if err != nil {
		return h, fmt.Errorf("take handover %s: %w", id, classify(err))
	}
	return h, nil
}

// Shift is what a handover asks about.
type Shift struct {
	access.Place
	From, At, Next time.Time
	Origin         string // of the dataset
}

// matter is a list of a handover: its items, and how many there are in all.
type matter struct {
	into  *[]handover.Item
	count *int
	sql   string
}

// handoverAlarm begins the lists of alarms: drills are told as drills.
const handoverAlarm = `select a.id::text, v.label || ' – ' || a.name, a.area, a.state, a.known_at, %s, %s, %s, count(*) over ()
	from alarm a join alarm_type_version v on v.code = a.type and v.version = a.type_version
	where a.division = $1 and $2 = any(a.path) and a.origin <> 'drill' and a.state <> 'closed' and %s
	order by (a.state = 'unacked') desc, a.known_at, a.id limit $6`

const handoverReport = `select id::text, code, area, status, received_at, due_now, unit, category, count(*) over ()
	from report where division = $1 and $2 = any(path) and origin <> 'drill' and is_open and withdrawn_at is null and %s
	order by due_now nulls last, id limit $6`

// HandoverContent reads what is open and what happened, as of one instant.
func (s *Store) HandoverContent(ctx context.Context, shift Shift) (handover.Content, error) {
	c := handover.Content{From: shift.From, At: shift.At, Next: shift.Next, Origin: shift.Origin}
	var highs int
	none := new(int)
	matters := []matter{
		{&c.Highs, &highs, fmt.Sprintf(handoverAlarm, "null::timestamptz", "coalesce(nullif(a.acked_as, ''), a.acked_by)", "a.limit_text",
			"a.priority = 'high' and a.aside = ''")},
		{&c.Shelved, none, fmt.Sprintf(handoverAlarm, "a.until_at", "''", "a.aside_reason", "a.aside = 'shelved'")},
		{&c.OutOfService, none, fmt.Sprintf(handoverAlarm, "null::timestamptz", "''", "a.aside_reason", "a.aside = 'out_of_service'")},
		{&c.Silent, &c.SilentCount, fmt.Sprintf(handoverAlarm, "null::timestamptz", "''", "cardinality(a.members)::text",
			"a.state in ('unacked', 'acked') and v.condition ->> 'class' = 'absence'")},
		{&c.Overdue, &c.OverdueCount, fmt.Sprintf(handoverReport, "due_now < $3")},
		{&c.Due, &c.DueCount, fmt.Sprintf(handoverReport, "due_now >= $3 and due_now < $4")},
		{&c.Emergencies, none, fmt.Sprintf(handoverReport, "emergency")},
		{&c.Incidents, none, `select id::text, title, area, state, coalesce(opened_at, proposed_at), null::timestamptz,
				coalesce(nullif(commander_as, ''), commander_name), '', count(*) over ()
			from incident where division = $1 and $2 = any(path) and origin <> 'drill' and state = 'open' order by opened_at, id limit $6`},
		{&c.Warnings, none, `select w.id::text, p.title, w.path[array_upper(w.path, 1)], w.stage, p.sent_at, p.expires_at, '', '', count(*) over ()
			from warning w join public_warning p using (id) where w.division = $1 and $2 = any(w.path) and w.stage = 'published'
				and w.msg_type <> 'Cancel' and w.ended_at is null and w.expires_at > $3 order by p.sent_at, w.id limit $6`},
		{&c.Drills, none, `select id::text, title, area, state, coalesce(started_at, starts_at), null::timestamptz, '',
				coalesce(debrief ->> 'score', ''), count(*) over ()
			from drill where division = $1 and $2 = any(path) and (state in ('running', 'ended') and started_at >= $5
				or state = 'planned' and starts_at < $4) order by starts_at, id limit $6`},
	}
	err := s.inSnapshot(ctx, func(ctx context.Context, tx pgx.Tx) error {
		for _, m := range matters {
			if err := readMatter(ctx, tx, m, shift); err != nil {
				return err
			}
		}
		if err := tx.QueryRow(ctx, `select count(*) from alarm where division = $1 and $2 = any(path) and origin <> 'drill'
			and state <> 'closed' and priority in ('medium', 'low') and aside = ''`, shift.Division, shift.area()).Scan(&c.Others); err != nil {
			return err
		}
		return readFigures(ctx, tx, &c.Figures, shift)
	})
	if err != nil {
		return c, fmt.Errorf("read what is handed over: %w", classify(err))
	}
	return c, nil
}

func (s Shift) area() string { return s.Path[len(s.Path)-1] }

func readMatter(ctx context.Context, tx pgx.Tx, m matter, shift Shift) error {
	// Every question numbers its arguments alike; what a list does not ask about is named once, so that its type is known.
	rows, err := tx.Query(ctx, "with asked as (select $3::timestamptz, $4::timestamptz, $5::timestamptz) "+m.sql,
		shift.Division, shift.area(), shift.At, shift.Next, shift.From, handover.MostItems)
	if err != nil {
		return err
	}
	*m.into, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (handover.Item, error) {
		var i handover.Item
		err := row.Scan(&i.ID, &i.Label, &i.Place, &i.State, &i.At, &i.Until, &i.By, &i.Why, m.count)
		i.At = i.At.UTC()
		if i.Until != nil {
			*i.Until = i.Until.UTC()
		}
		return i, err
	})
	return err
}

func readFigures(ctx context.Context, tx pgx.Tx, f *handover.Figures, shift Shift) error {
	err := tx.QueryRow(ctx, `select
			jsonb_build_object('high', count(*) filter (where priority = 'high'), 'medium', count(*) filter (where priority = 'medium'),
				'low', count(*) filter (where priority = 'low')),
			percentile_disc(0.5) within group (order by extract(epoch from coalesce(acked_at, $4) - known_at))::int,
			percentile_disc(0.95) within group (order by extract(epoch from coalesce(acked_at, $4) - known_at))::int
		from alarm where division = $1 and $2 = any(path) and origin <> 'drill' and priority <> 'journal' and known_at >= $3 and known_at <= $4`,
		shift.Division, shift.area(), shift.From, shift.At).Scan(&f.Raised, &f.AckP50, &f.AckP95)
	if err != nil {
		return err
	}
	return tx.QueryRow(ctx, `select count(*) filter (where received_at >= $3), count(*) filter (where ended_at >= $3)
		from report where division = $1 and $2 = any(path) and origin <> 'drill' and withdrawn_at is null
			and (received_at >= $3 or ended_at >= $3)`, shift.Division, shift.area(), shift.From).Scan(&f.Received, &f.Closed)
}
