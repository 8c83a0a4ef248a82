package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"toancanh/schema"
	"toancanh/server/fault"
	"toancanh/server/report"
	"toancanh/server/view"
)

// Bounds of a snapshot.
const (
	snapshotItems       = 5000
	snapshotBytes       = 512 << 10
	publicSnapshotBytes = 64 << 10
	snapshotClosed      = 200 // the newest closed ones that come along
)

// Live answers the hub: what a topic holds, and what happened after a number.
type Live struct {
	store  *Store
	lens   view.Lens
	exists func(schema.Topic) bool
}

// Live makes the hub's source; lens is how it sees reports. Topics for which exists answers false are not
// found: otherwise anybody could make the hubs keep thousands of names. A screen's topic exists too when it was set
// up.
func (s *Store) Live(lens view.Lens, exists func(schema.Topic) bool) *Live {
	return &Live{s, lens, exists}
}

// Snapshot reads what the topic's audience draws, with the number up to which it is complete, in one repeatable-read
// transaction. Changes that are committed and not yet numbered are in it already; their events repeat them harmlessly.
func (l *Live) Snapshot(ctx context.Context, topic string) (schema.SourceSnapshot, error) {
	t, err := schema.ParseTopic(topic)
	// Of a screen only the database knows whether it was set up.
	if err != nil || t.Audience != schema.Screen && !l.exists(t) {
		return schema.SourceSnapshot{}, errNoTopic(topic).Wrap(err)
	}
	var out schema.SourceSnapshot
	err = l.store.inSnapshot(ctx, func(ctx context.Context, tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `select epoch, coalesce((select seq from topic_head where topic = $1), 0), now() from relay`,
			topic).Scan(&out.Epoch, &out.Seq, &out.At)
		if err != nil {
			return err
		}
		out.Data, err = l.dataOf(ctx, tx, t)
		return err
	})
	out.At = out.At.UTC()
	if err != nil {
		return out, fmt.Errorf("read snapshot of %s: %w", topic, classify(err))
	}
	return out, nil
}

func errNoTopic(topic string) *fault.Error {
	return fault.NotFound("Không có chủ đề %.60q.", topic)
}

// dataOf reads what the audience of a topic draws.
func (l *Live) dataOf(ctx context.Context, tx pgx.Tx, t schema.Topic) (json.RawMessage, error) {
	if t.Audience == schema.Screen {
		one, ok, err := oneScreen(ctx, tx, t.Area())
		if err == nil && !ok && !l.exists(t) {
			err = errNoTopic(t.String())
		}
		if err != nil {
			return nil, err
		}
		state, err := json.Marshal(one.State())
		if err != nil {
			return nil, fmt.Errorf("encode screen %s: %w", one.ID, err)
		}
		return json.Marshal(schema.Snapshot{Reports: []json.RawMessage{}, Screen: state})
	}
	if t.Audience == schema.Public {
		left, err := publicOf(ctx, tx, t)
		if err != nil {
			return nil, err
		}
		return encodePublic(left)
	}
	reports, err := reportsOf(ctx, tx, t)
	if err != nil {
		return nil, err
	}
	snap, err := snapshotOf(t.Audience, reports, l.lens)
	if err != nil {
		return nil, err
	}
	if snap.Incidents, err = incidentsOn(ctx, tx, t); err != nil {
		return nil, err
	}
	if t.Audience == schema.Ops || t.Audience == schema.Wall {
		if err := addAlarms(ctx, tx, &snap, t); err != nil {
			return nil, err
		}
	}
	return json.Marshal(snap)
}

// reportsOf reads the open reports of a topic and the newest closed ones, newest first.
func reportsOf(ctx context.Context, tx pgx.Tx, t schema.Topic) ([]report.Report, error) {
	where, args := "division = $1 and $2 = any(path)", []any{t.Division, t.Area()}
	switch t.Audience {
	case schema.Unit:
		where, args = "unit = $1", []any{t.Area()}
	case schema.Screen:
		return nil, nil
	case schema.Ops, schema.Wall, schema.Public:
	}
	rows, err := tx.Query(ctx, fmt.Sprintf(
		`(%[1]s where is_open and withdrawn_at is null and %[2]s order by received_at desc limit %[3]d)
		union all
		(%[1]s where not is_open and withdrawn_at is null and %[2]s order by changed_at desc limit %[4]d)`,
		reportSelect(), where, snapshotItems, snapshotClosed), args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanReport)
}

// publicOf reads what has left of the reports of a topic: the open ones and the newest closed, newest first.
func publicOf(ctx context.Context, tx pgx.Tx, t schema.Topic) ([]view.PublicReport, error) {
	const columns = `select code, version, category, area, path, origin, status, received_hour, to_char(due_date, 'YYYY-MM-DD'),
		to_char(resolved_date, 'YYYY-MM-DD'), published_at, text, '', photos from public_record
		where division = $1 and path @> array[$2] and `
	rows, err := tx.Query(ctx, fmt.Sprintf(
		"(%[1]s is_open order by received_hour desc, code limit %[2]d) union all (%[1]s not is_open order by changed_at desc, code limit %[3]d)",
		columns, snapshotItems, snapshotClosed), t.Division, t.Area())
	if err != nil {
		return nil, err
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[view.PublicReport])
	for i := range list {
		list[i].ReceivedHour, list[i].PublishedAt = list[i].ReceivedHour.UTC(), inUTCOrNil(list[i].PublishedAt)
	}
	return list, err
}

// encodePublic is a schema.Snapshot of as many as there is room for.
func encodePublic(list []view.PublicReport) (json.RawMessage, error) {
	snap := schema.Snapshot{Reports: []json.RawMessage{}}
	size := 0
	for _, r := range list {
		body, err := json.Marshal(r)
		if err != nil {
			return nil, fmt.Errorf("encode report %s: %w", r.Code, err)
		}
		if size+len(body) > publicSnapshotBytes || snap.Truncated > 0 {
			snap.Truncated++
			continue
		}
		size += len(body) + 1
		snap.Reports = append(snap.Reports, body)
	}
	return json.Marshal(snap)
}

// EncodeSnapshot is a schema.Snapshot of the reports an audience may see, in their order, as many as there is room for.
func EncodeSnapshot(a schema.Audience, reports []report.Report, lens view.Lens) (json.RawMessage, error) {
	snap, err := snapshotOf(a, reports, lens)
	if err != nil {
		return nil, err
	}
	return json.Marshal(snap)
}

func snapshotOf(a schema.Audience, reports []report.Report, lens view.Lens) (schema.Snapshot, error) {
	snap := schema.Snapshot{Reports: []json.RawMessage{}}
	size, full := 0, false
	for _, r := range reports {
		if full {
			// To draw what has no room would cost most of all: its words would be redacted for nothing.
			if r.WithdrawnAt == nil {
				snap.Truncated++
			}
			continue
		}
		seen, ok := seenBy(a, r, lens)
		if !ok {
			continue
		}
		body, err := json.Marshal(seen)
		if err != nil {
			return snap, fmt.Errorf("encode report %s: %w", r.ID, err)
		}
		if size+len(body) > snapshotBytes || len(snap.Reports) == snapshotItems {
			snap.Truncated++
			full = true
			continue
		}
		size += len(body) + 1
		snap.Reports = append(snap.Reports, body)
	}
	return snap, nil
}

func seenBy(a schema.Audience, r report.Report, lens view.Lens) (any, bool) {
	switch a {
	case schema.Ops, schema.Unit:
		return view.Ops(r), true
	case schema.Wall:
		return view.Wall(r, lens)
	case schema.Public, schema.Screen: // what has left, and what a screen shows, are no reports
	}
	return nil, false
}

// Since reads a topic's events after seq, at most limit of them, oldest first.
func (l *Live) Since(ctx context.Context, topic string, seq int64, limit int) (schema.SourceSince, error) {
	var out schema.SourceSince
	err := l.store.inSnapshot(ctx, func(ctx context.Context, tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `select epoch, coalesce((select seq from topic_head where topic = $1), 0) from relay`,
			topic).Scan(&out.Epoch, &out.Head)
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `
			select n.topic, n.seq, e.kind, e.thing, e.version, e.at, e.purge, e.data
			from topic_entry n join event e on e.id = n.event_id and e.day = n.day
			where n.topic = $1 and n.seq > $2 order by n.seq limit $3`, topic, seq, limit)
		if err != nil {
			return err
		}
		out.Events, err = pgx.CollectRows(rows, scanAnnounced)
		return err
	})
	if err != nil {
		return out, fmt.Errorf("read events of %s after %d: %w", topic, seq, classify(err))
	}
	switch {
	case len(out.Events) > 0:
		out.TooOld = out.Events[0].Seq != seq+1
	default:
		out.TooOld = seq < out.Head
	}
	if out.TooOld {
		out.Events = nil
	}
	return out, nil
}

// Facts reads every report for the counters, with the heads as of the same instant.
func (s *Store) Facts(ctx context.Context, each func(report.Report)) (at time.Time, err error) {
	ctx, cancel := context.WithTimeout(ctx, 10*StatementTimeout)
	defer cancel()
	err = pgx.BeginTxFunc(ctx, s.read, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "set local statement_timeout = '30s'"); err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, "select now()").Scan(&at); err != nil {
			return err
		}
		// What closed or was due more than 31 days ago touches no number any more.
		rows, err := tx.Query(ctx, reportSelect()+`where is_open or received_at > now() - interval '62 days'
			or due_original > now() - interval '31 days'`)
		if err != nil {
			return err
		}
		// One row at a time: a year of reports must not stand in memory at once.
		var r report.Report
		_, err = pgx.ForEachRow(rows, reportDest(&r), func() error {
			inUTC(&r)
			each(r)
			r = report.Report{}
			return nil
		})
		return err
	})
	if err != nil {
		return at, fmt.Errorf("read reports for the counters: %w", classify(err))
	}
	return at.UTC(), nil
}
