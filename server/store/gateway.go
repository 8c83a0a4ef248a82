package store

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"toancanh/server/access"
	"toancanh/server/audit"
	"toancanh/server/gateway"
)

const gatewayColumns = `code, name, kind, lat, lon, division, area, path, owner, key_id, parent, stale_after, per_minute, standing,
	sample, origin, seen_at, state, state_since, complaint, complaint_at, created_at, updated_at`

func scanGateway(row pgx.CollectableRow) (gateway.Gateway, error) {
	var g gateway.Gateway
	var seen, since, complained *time.Time
	err := row.Scan(&g.Code, &g.Name, &g.Kind, &g.Lat, &g.Lon, &g.Division, &g.Area, &g.Path, &g.Owner, &g.Key, &g.Parent,
		&g.StaleAfter, &g.PerMinute, &g.Standing, &g.Sample, &g.Origin, &seen, &g.State, &since, &g.Complaint, &complained,
		&g.CreatedAt, &g.UpdatedAt)
	for _, t := range []struct {
		from *time.Time
		to   *time.Time
	}{{seen, &g.SeenAt}, {since, &g.StateSince}, {complained, &g.ComplaintAt}} {
		if t.from != nil {
			*t.to = t.from.UTC()
		}
	}
	g.CreatedAt, g.UpdatedAt = g.CreatedAt.UTC(), g.UpdatedAt.UTC()
	return g, err
}

// Gateways reads every registered gateway, retired ones too, by code.
func (s *Store) Gateways(ctx context.Context) (map[string]gateway.Gateway, error) {
	list, err := collect(ctx, s, scanGateway, "select "+gatewayColumns+" from gateway")
	if err != nil {
		return nil, fmt.Errorf("read gateways: %w", err)
	}
	gateways := make(map[string]gateway.Gateway, len(list))
	for _, g := range list {
		gateways[g.Code] = g
	}
	return gateways, nil
}

// GatewayDay is a day of the centre's zone and what became of values on it: "taken" or a reason of refusal.
type GatewayDay struct {
	Day    time.Time
	Reason string
}

// GatewayNote is what is to be noted of one gateway.
type GatewayNote struct {
	Code        string
	SeenAt      time.Time // zero: it was not heard
	Complaint   string    // empty: there was none
	ComplaintAt time.Time
	Minutes     map[time.Time]gateway.Tally
	Counts      map[GatewayDay]int64
}

// Merge adds an earlier note to this one.
func (n *GatewayNote) Merge(o GatewayNote) {
	if o.SeenAt.After(n.SeenAt) {
		n.SeenAt = o.SeenAt
	}
	if o.ComplaintAt.After(n.ComplaintAt) {
		n.Complaint, n.ComplaintAt = o.Complaint, o.ComplaintAt
	}
	for minute, t := range o.Minutes {
		t.Add(n.Minutes[minute])
		n.Minutes[minute] = t
	}
	for day, k := range o.Counts {
		n.Counts[day] += k
	}
}

// How long minutes and days are kept.
const (
	keepGatewayMinutes = time.Hour
	keepGatewayDays    = 90 * 24 * time.Hour
)

const (
	sqlGatewayMinutes = `
		insert into gateway_minute as m (gateway, minute, taken, repeated, late, refused, limited)
		select x.* from unnest($1::text[], $2::timestamptz[], $3::int4[], $4::int4[], $5::int4[], $6::int4[], $7::int4[])
			as x(gateway, minute, taken, repeated, late, refused, limited) join gateway g on g.code = x.gateway
		on conflict (gateway, minute) do update set taken = m.taken + excluded.taken, repeated = m.repeated + excluded.repeated,
			late = m.late + excluded.late, refused = m.refused + excluded.refused, limited = m.limited + excluded.limited`
	sqlGatewayCounts = `
		insert into gateway_count as c (gateway, day, reason, n)
		select x.* from unnest($1::text[], $2::date[], $3::text[], $4::int8[]) as x(gateway, day, reason, n)
			join gateway g on g.code = x.gateway
		on conflict (gateway, day, reason) do update set n = c.n + excluded.n`
	sqlGatewayWindow = `
		select g.code, g.state, g.per_minute, coalesce(sum(m.taken), 0)::int, coalesce(sum(m.repeated), 0)::int,
			coalesce(sum(m.late), 0)::int, coalesce(sum(m.refused), 0)::int, coalesce(sum(m.limited), 0)::int
		from gateway g left join gateway_minute m on m.gateway = g.code and m.minute > $2::timestamptz
		where g.code = any($1) group by g.code`
	sqlGatewayNoted = `
		update gateway g set seen_at = greatest(g.seen_at, x.seen),
			complaint = case when x.complained >= coalesce(g.complaint_at, '-infinity') then x.complaint else g.complaint end,
			complaint_at = greatest(g.complaint_at, x.complained),
			state = x.state, state_since = case when x.state = g.state then g.state_since else $6 end
		from unnest($1::text[], $2::timestamptz[], $3::text[], $4::timestamptz[], $5::text[]) as x(code, seen, complaint, complained, state)
		where g.code = x.code`
)

// NoteGateways notes what gateways did and judges each anew by its last minutes. Gateways that are not registered are left
// out.
func (s *Store) NoteGateways(ctx context.Context, now time.Time, notes []GatewayNote) error {
	// In one order everywhere, so that two processes never wait for one another.
	slices.SortFunc(notes, func(a, b GatewayNote) int { return strings.Compare(a.Code, b.Code) })
	codes := make([]string, len(notes))
	for i, n := range notes {
		codes[i] = n.Code
	}
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "select from gateway where code = any($1) order by code for no key update", codes); err != nil {
			return err
		}
		batch := &pgx.Batch{}
		queueTallies(batch, notes)
		batch.Queue("delete from gateway_minute where gateway = any($1) and minute < $2", codes, now.Add(-keepGatewayMinutes))
		batch.Queue("delete from gateway_count where gateway = any($1) and day < $2::date", codes, now.Add(-keepGatewayDays))
		if err := sendBatch(ctx, tx, batch); err != nil {
			return err
		}
		states, err := judgeGateways(ctx, tx, codes, now)
		if err != nil {
			return err
		}
		return keepNotes(ctx, tx, notedGateways{notes, states, now})
	})
	if err != nil {
		return fmt.Errorf("note gateways: %w", classify(err))
	}
	return nil
}

func queueTallies(batch *pgx.Batch, notes []GatewayNote) {
	var of, on, reasons []string
	var minutes, days []time.Time
	var taken, repeated, late, refused, limited []int32
	var counts []int64
	for _, n := range notes {
		for minute, t := range n.Minutes {
			of, minutes = append(of, n.Code), append(minutes, minute)
			for column, x := range map[*[]int32]int{
				&taken: t.Taken, &repeated: t.Repeated, &late: t.Late, &refused: t.Refused, &limited: t.Limited,
			} {
				*column = append(*column, int32(min(x, math.MaxInt32/4))) //nolint:gosec // bounded in the same line
			}
		}
		for day, k := range n.Counts {
			on, days, reasons, counts = append(on, n.Code), append(days, day.Day), append(reasons, day.Reason), append(counts, k)
		}
	}
	batch.Queue(sqlGatewayMinutes, of, minutes, taken, repeated, late, refused, limited)
	batch.Queue(sqlGatewayCounts, on, days, reasons, counts)
}

func judgeGateways(ctx context.Context, tx pgx.Tx, codes []string, now time.Time) (map[string]gateway.State, error) {
	rows, err := tx.Query(ctx, sqlGatewayWindow, codes, now.Add(-gateway.Window))
	if err != nil {
		return nil, err
	}
	states := make(map[string]gateway.State, len(codes))
	var code string
	var before gateway.State
	var perMinute int
	var t gateway.Tally
	_, err = pgx.ForEachRow(rows, []any{&code, &before, &perMinute, &t.Taken, &t.Repeated, &t.Late, &t.Refused, &t.Limited}, func() error {
		states[code] = gateway.Judge(before, t, perMinute)
		return nil
	})
	return states, err
}

type notedGateways struct {
	notes  []GatewayNote
	states map[string]gateway.State
	now    time.Time
}

func keepNotes(ctx context.Context, tx pgx.Tx, n notedGateways) error {
	var codes, complaints, states []string
	var seen, complained []*time.Time
	orNull := func(t time.Time) *time.Time {
		if t.IsZero() {
			return nil
		}
		return &t
	}
	for _, note := range n.notes {
		state, ok := n.states[note.Code]
		if !ok {
			continue
		}
		codes, states = append(codes, note.Code), append(states, string(state))
		seen, complained = append(seen, orNull(note.SeenAt)), append(complained, orNull(note.ComplaintAt))
		complaints = append(complaints, note.Complaint)
	}
	_, err := tx.Exec(ctx, sqlGatewayNoted, codes, seen, complaints, complained, states, n.now)
	return err
}

// GatewayCounts are what every gateway brought on a day, by code and what became of it.
func (s *Store) GatewayCounts(ctx context.Context, day time.Time) (map[string]map[string]int64, error) {
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	rows, err := s.read.Query(ctx, "select gateway, reason, n from gateway_count where day = $1::date", day)
	if err != nil {
		return nil, fmt.Errorf("read counts of gateways: %w", classify(err))
	}
	counts := map[string]map[string]int64{}
	var code, reason string
	var n int64
	_, err = pgx.ForEachRow(rows, []any{&code, &reason, &n}, func() error {
		if counts[code] == nil {
			counts[code] = map[string]int64{}
		}
		counts[code][reason] = n
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read counts of gateways: %w", classify(err))
	}
	return counts, nil
}

// RegisterGateway keeps a gateway, new or changed. What is known of how it behaves stays. why says what was done, for the
// audit.
func (s *Store) RegisterGateway(ctx context.Context, g gateway.Gateway, why string) (gateway.Gateway, error) {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			insert into gateway (code, name, kind, lat, lon, division, area, path, owner, key_id, parent, stale_after, per_minute,
				standing, sample, origin)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
			on conflict (code) do update set name = excluded.name, kind = excluded.kind, lat = excluded.lat, lon = excluded.lon,
				division = excluded.division, area = excluded.area, path = excluded.path, owner = excluded.owner,
				key_id = excluded.key_id, parent = excluded.parent, stale_after = excluded.stale_after,
				per_minute = excluded.per_minute, standing = excluded.standing, sample = excluded.sample, updated_at = now()
			returning `+gatewayColumns,
			g.Code, g.Name, g.Kind, g.Lat, g.Lon, g.Division, g.Area, g.Path, g.Owner, g.Key, g.Parent, g.StaleAfter, g.PerMinute,
			g.Standing, g.Sample, g.Origin)
		if err != nil {
			return err
		}
		if g, err = pgx.CollectExactlyOneRow(rows, scanGateway); err != nil {
			return err
		}
		return insertAudit(ctx, tx, audit.Row{
			What: string(access.ManageGateways), Object: "gateway:" + g.Code, Why: why, Result: audit.Done,
			Detail: detail(map[string]any{"name": g.Name, "standing": g.Standing, "parent": g.Parent, "key": g.Key, "per_minute": g.PerMinute}),
		})
	})
	if err != nil {
		return g, fmt.Errorf("register gateway %s: %w", g.Code, classify(err))
	}
	return g, nil
}
