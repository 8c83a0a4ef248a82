package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"toancanh/server/audit"
	"toancanh/server/fault"
	"toancanh/server/warning"
)

const warningColumns = `id::text, version, stage, msg_type, origin, draft, division, path, chain, coalesce(follows::text, ''), writers,
	approver, publisher, reason, created_at, changed_at, approved_at, published_at, ended_at, coalesce(ended_by::text, '')`

func scanWarning(row pgx.CollectableRow) (warning.Warning, error) {
	var w warning.Warning
	var chain []string
	err := row.Scan(&w.ID, &w.Version, &w.Stage, &w.MsgType, &w.Origin, &w.Draft, &w.Division, &w.Path, &chain, &w.Follows, &w.Writers,
		&w.Approver, &w.Publisher, &w.Reason, &w.CreatedAt, &w.ChangedAt, &w.ApprovedAt, &w.PublishedAt, &w.EndedAt, &w.EndedBy)
	if err != nil {
		return w, err
	}
	w.CreatedAt, w.ChangedAt = w.CreatedAt.UTC(), w.ChangedAt.UTC()
	for _, t := range []*time.Time{w.ApprovedAt, w.PublishedAt, w.EndedAt} {
		if t != nil {
			*t = t.UTC()
		}
	}
	for _, key := range chain {
		r, err := warning.ParseKey(key)
		if err != nil {
			return w, err
		}
		w.Chain = append(w.Chain, r)
	}
	return w, nil
}

var errNoWarning = fault.NotFound("Không có cảnh báo này.") //nolint:gochecknoglobals // an error value

// Warning reads a warning of ours.
func (s *Store) Warning(ctx context.Context, id string) (warning.Warning, error) {
	if _, err := uuid.Parse(id); err != nil {
		return warning.Warning{}, errNoWarning
	}
	list, err := collect(ctx, s, scanWarning, "select "+warningColumns+" from warning where id = $1::uuid", id)
	if err != nil {
		return warning.Warning{}, fmt.Errorf("read warning %s: %w", id, err)
	}
	return firstOr(list, errNoWarning)
}

// WarningState chooses warnings for a list.
type WarningState string

// The states a list may have; an empty one is all.
const (
	WarningsWaiting WarningState = "waiting" // drafts and what waits for approval or publication
	WarningsInForce WarningState = "inforce"
	WarningsPast    WarningState = "past" // ended, expired, cancelling or dropped
)

// WarningFilter is a page of a list.
type WarningFilter struct {
	State    WarningState
	Now      time.Time
	BeforeAt time.Time // of the last one of the page before; zero for the first page
	BeforeID string
	Limit    int
}

// Warnings lists warnings of ours, the one changed last first.
func (s *Store) Warnings(ctx context.Context, f WarningFilter) ([]warning.Warning, error) {
	where := "true"
	const inForce = "stage = 'published' and msg_type <> 'Cancel' and ended_at is null and expires_at > $1"
	switch f.State {
	case WarningsWaiting:
		where = "stage in ('draft', 'waiting', 'approved')"
	case WarningsInForce:
		where = inForce
	case WarningsPast:
		where = "(stage = 'dropped' or stage = 'published' and not (" + inForce + "))"
	}
	list, err := collect(ctx, s, scanWarning, "select "+warningColumns+" from warning where "+where+`
		and $1::timestamptz is not null and ($2::timestamptz is null or (changed_at, id) < ($2, $3::uuid)) order by changed_at desc, id desc limit $4`,
		f.Now, orNull(f.BeforeAt), uuidOrNil(f.BeforeID), f.Limit)
	if err != nil {
		return nil, fmt.Errorf("list warnings: %w", err)
	}
	return list, nil
}

func orNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func uuidOrNil(id string) string {
	if _, err := uuid.Parse(id); err != nil {
		return uuid.Nil.String()
	}
	return id
}

// WarningEntry is something somebody did with a warning.
type WarningEntry struct {
	At     time.Time
	Act    string
	Actor  string
	Reason string
}

// WarningEntries lists what was done with a warning, in order.
func (s *Store) WarningEntries(ctx context.Context, id string) ([]WarningEntry, error) {
	list, err := collect(ctx, s, func(row pgx.CollectableRow) (WarningEntry, error) {
		var e WarningEntry
		err := row.Scan(&e.At, &e.Act, &e.Actor, &e.Reason)
		e.At = e.At.UTC()
		return e, err
	}, "select at, act, actor, reason from warning_entry where warning_id = $1::uuid order by n", uuidOrNil(id))
	if err != nil {
		return nil, fmt.Errorf("list acts on warning %s: %w", id, err)
	}
	return list, nil
}

// WarningDeed is one deed on a warning: its name as in the timeline, who does it and why, and the right it was done by.
type WarningDeed struct {
	Act    string
	Actor  string
	Reason string
	Right  string
}

// AddWarning keeps a new draft.
func (s *Store) AddWarning(ctx context.Context, w warning.Warning, d WarningDeed) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		draft, err := json.Marshal(w.Draft)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `insert into warning (id, version, stage, msg_type, origin, draft, division, path, chain, follows, writers,
			created_at, changed_at, expires_at) values ($1::uuid, $2, $3, $4, $5, $6, $7, $8, $9, nullif($10, '')::uuid, $11, $12, $13, $14)`,
			w.ID, w.Version, w.Stage, w.MsgType, w.Origin, draft, w.Division, orEmpty(w.Path), keysOf(w.Chain), w.Follows, orEmpty(w.Writers),
			w.CreatedAt, w.ChangedAt, orNull(w.Draft.Expires))
		if err != nil {
			return err
		}
		return noteWarning(ctx, tx, w, d)
	})
	if err != nil {
		return fmt.Errorf("add warning %s: %w", w.ID, classify(err))
	}
	return nil
}

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func keysOf(list []warning.Reference) []string {
	keys := make([]string, len(list))
	for i, r := range list {
		keys[i] = r.Key()
	}
	return keys
}

// noteWarning adds a deed to the timeline and to the audit.
func noteWarning(ctx context.Context, tx pgx.Tx, w warning.Warning, d WarningDeed) error {
	_, err := tx.Exec(ctx, `insert into warning_entry (warning_id, n, at, act, actor, reason)
		select $1::uuid, coalesce(max(n), 0) + 1, $2, $3, $4, $5 from warning_entry where warning_id = $1::uuid`,
		w.ID, w.ChangedAt, d.Act, d.Actor, d.Reason)
	if err != nil {
		return err
	}
	return insertAudit(ctx, tx, audit.Row{
		What: d.Right, Object: "warning:" + w.ID, Why: d.Act, Result: audit.Done,
		Detail: detail(map[string]any{
			"stage": w.Stage, "version": w.Version, "msg_type": w.MsgType, "status": w.Draft.Status, "areas": w.Draft.Areas, "follows": w.Follows,
		}),
	})
}

// WarningDecision is a warning after a deed; with a message it goes out.
type WarningDecision struct {
	After   warning.Warning
	Message *warning.Message
}

// ChangeWarning does a deed on a warning as decide says of it as it stands. A message that goes out ends the one it takes the
// place of, in the same transaction.
func (s *Store) ChangeWarning(ctx context.Context, id string, d WarningDeed, decide func(warning.Warning) (WarningDecision, error)) (warning.Warning, error) {
	var after warning.Warning
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		before, err := lockOne(ctx, tx, id, scanWarning, "select "+warningColumns+" from warning", errNoWarning)
		if err != nil {
			return err
		}
		decision, err := decide(before)
		if err != nil {
			return err
		}
		after = decision.After
		if decision.Message != nil {
			if err := sendWarning(ctx, tx, after, *decision.Message); err != nil {
				return err
			}
		}
		draft, err := json.Marshal(after.Draft)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `update warning set version = $2, stage = $3, draft = $4, path = $5, writers = $6, approver = $7, publisher = $8,
			reason = $9, changed_at = $10, approved_at = $11, published_at = $12, expires_at = $13 where id = $1::uuid`,
			after.ID, after.Version, after.Stage, draft, orEmpty(after.Path), after.Writers, after.Approver, after.Publisher, after.Reason,
			after.ChangedAt, after.ApprovedAt, after.PublishedAt, orNull(after.Draft.Expires))
		if err != nil {
			return err
		}
		return noteWarning(ctx, tx, after, d)
	})
	if err != nil {
		return warning.Warning{}, fmt.Errorf("%s warning %s: %w", d.Act, id, classify(err))
	}
	return after, nil
}

// sendWarning keeps the message everybody reads from now on, and ends the one before it.
func sendWarning(ctx context.Context, tx pgx.Tx, w warning.Warning, m warning.Message) error {
	if w.Follows != "" {
		before, err := lockOne(ctx, tx, w.Follows, scanWarning, "select "+warningColumns+" from warning", errNoWarning)
		if err != nil {
			return err
		}
		ended, err := before.End(w)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "update warning set version = $2, ended_at = $3, ended_by = $4::uuid where id = $1::uuid",
			ended.ID, ended.Version, ended.EndedAt, ended.EndedBy)
		if err != nil {
			return err
		}
	}
	shown, err := json.Marshal(m.Shown)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `insert into public_warning (id, sent_at, expires_at, msg_type, status, origin, title, title_en, summary, shown, body)
		values ($1::uuid, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		w.ID, m.Alert.Sent, m.Alert.End(), w.MsgType, w.Draft.Status, w.Origin, m.Title, m.TitleEN, m.Summary, shown, m.Body)
	return err
}

// WarningsShown are the warnings in force at an instant, ours and those of others, as screens see them.
func (s *Store) WarningsShown(ctx context.Context, now time.Time) (ours, others []warning.Shown, err error) {
	err = s.inSnapshot(ctx, func(ctx context.Context, tx pgx.Tx) error {
		for _, part := range []struct {
			sql  string
			into *[]warning.Shown
		}{
			{`select p.shown from warning w join public_warning p using (id)
				where w.stage = 'published' and w.msg_type <> 'Cancel' and w.ended_at is null and w.expires_at > $1
				order by p.n desc limit 500`, &ours},
			{`select shown from warning_received where ended_at is null and not outside and expires_at > $1 and (shown->>'effective')::timestamptz <= $1
				and scope = 'Public' and msg_type in ('Alert', 'Update') and status in ('Actual', 'Exercise', 'Test')
				order by received_at desc limit 500`, &others},
		} {
			rows, err := tx.Query(ctx, part.sql, now)
			if err != nil {
				return err
			}
			if *part.into, err = pgx.CollectRows(rows, pgx.RowTo[warning.Shown]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("read warnings in force: %w", classify(err))
	}
	return ours, others, nil
}

// PublicWarning is a message of ours as everybody reads it.
type PublicWarning struct {
	ID        string
	SentAt    time.Time
	ExpiresAt time.Time
	MsgType   string
	Status    string
	Origin    string
	Title     string
	TitleEN   string
	Summary   string
	Shown     warning.Shown
	Body      []byte
}

// PublicWarnings are the newest messages, at most so many, and the number of the very newest.
func (p *PublicStore) PublicWarnings(ctx context.Context, most int) ([]PublicWarning, error) {
	return p.publicWarnings(ctx, "order by n desc limit $1", most)
}

// NewestWarning is the number of the newest message, 0 before the first: another number is another list.
func (p *PublicStore) NewestWarning(ctx context.Context) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	var n int64
	if err := p.pool.QueryRow(ctx, "select coalesce(max(n), 0) from public_warning").Scan(&n); err != nil {
		return 0, fmt.Errorf("count public warnings: %w", classify(err))
	}
	return n, nil
}

// PublicWarning is one message.
func (p *PublicStore) PublicWarning(ctx context.Context, id string) (PublicWarning, error) {
	if _, err := uuid.Parse(id); err != nil {
		return PublicWarning{}, errNoWarning
	}
	list, err := p.publicWarnings(ctx, "where id = $1::uuid", id)
	if err != nil {
		return PublicWarning{}, err
	}
	return firstOr(list, errNoWarning)
}

func (p *PublicStore) publicWarnings(ctx context.Context, rest string, arg any) ([]PublicWarning, error) {
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	rows, err := p.pool.Query(ctx, `select id::text, sent_at, expires_at, msg_type, status, origin, title, title_en, summary, shown, body
		from public_warning `+rest, arg)
	if err != nil {
		return nil, fmt.Errorf("read public warnings: %w", classify(err))
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[PublicWarning])
	if err != nil {
		return nil, fmt.Errorf("read public warnings: %w", classify(err))
	}
	for i := range list {
		list[i].SentAt, list[i].ExpiresAt = list[i].SentAt.UTC(), list[i].ExpiresAt.UTC()
	}
	return list, nil
}

// errTooManyReceived bounds what is kept of others.
//
//nolint:gochecknoglobals // an error value
var errTooManyReceived = fault.Unavailable("Kho cảnh báo nhận về đã đầy; bản cũ được xóa sau 90 ngày.")

const mostReceived = 10_000

// AddReceived keeps a message of somebody else, follows what it says of earlier ones of the same sender and source, and heeds
// what was said of it before it came. Added is false for one that is known.
func (s *Store) AddReceived(ctx context.Context, r warning.Received, right string) (id string, added bool, err error) {
	err = s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		id, added = r.ID, false
		err := tx.QueryRow(ctx, "select id::text from warning_received where key = $1", r.Alert.Reference().Key()).Scan(&id)
		if err == nil {
			return nil
		}
		if !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		if added, err = insertReceived(ctx, tx, r); err != nil || !added {
			return err
		}
		if err := chainReceived(ctx, tx, r); err != nil {
			return err
		}
		return insertAudit(ctx, tx, audit.Row{
			What: right, Object: "warning_received:" + r.ID, Result: audit.Done,
			Detail: detail(map[string]any{"source": r.Source, "sender": r.Alert.Sender, "msg_type": r.Alert.MsgType, "status": r.Alert.Status}),
		})
	})
	if err != nil {
		return "", false, fmt.Errorf("keep received warning: %w", classify(err))
	}
	return id, added, nil
}

func insertReceived(ctx context.Context, tx pgx.Tx, r warning.Received) (bool, error) {
	var n int
	if err := tx.QueryRow(ctx, "select count(*) from (select from warning_received limit $1) as x", mostReceived).Scan(&n); err != nil {
		return false, err
	}
	if n >= mostReceived {
		return false, errTooManyReceived
	}
	a := r.Alert
	shown, err := json.Marshal(warning.Show(r.ID, a, r.Areas, r.Named(), "real"))
	if err != nil {
		return false, err
	}
	tag, err := tx.Exec(ctx, `insert into warning_received (id, received_at, sent_at, expires_at, outside, source, sender, key, status, msg_type,
		scope, areas, refs, shown, body) values ($1::uuid, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) on conflict (key) do nothing`,
		r.ID, r.ReceivedAt, a.Sent, a.End(), r.Outside, r.Source, a.Sender, a.Reference().Key(), a.Status, a.MsgType, a.Scope,
		orEmpty(r.Areas), keysOf(a.References), shown, r.Body)
	return err == nil && tag.RowsAffected() == 1, err
}

// chainReceived ends what the message takes the place of, and the message itself when its end came before it. Only the same
// sender ends a warning, and only from where it came or by somebody's own hand: no feed ends what another told.
func chainReceived(ctx context.Context, tx pgx.Tx, r warning.Received) error {
	a := r.Alert
	if a.Ends() {
		_, err := tx.Exec(ctx, `update warning_received set ended_at = $1, ended_by = $2
			where key = any($3) and sender = $4 and (source = $5 or $5 = $6) and ended_at is null and sent_at <= $1`,
			a.Sent, a.Reference().Key(), keysOf(a.References), a.Sender, r.Source, warning.ImportSource)
		if err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, `update warning_received w set ended_at = x.sent_at, ended_by = x.key
		from (select sent_at, key from warning_received where refs @> array[$1] and sender = $2 and (source = $3 or source = $4)
			and msg_type in ('Update', 'Cancel') order by sent_at limit 1) as x
		where w.key = $1 and x.key <> $1`,
		a.Reference().Key(), a.Sender, r.Source, warning.ImportSource)
	return err
}

const receivedColumns = "id::text, source, areas, outside, received_at, ended_at, ended_by, body"

func scanReceived(row pgx.CollectableRow) (warning.Received, error) {
	var r warning.Received
	if err := row.Scan(&r.ID, &r.Source, &r.Areas, &r.Outside, &r.ReceivedAt, &r.EndedAt, &r.EndedBy, &r.Body); err != nil {
		return r, err
	}
	r.ReceivedAt = r.ReceivedAt.UTC()
	if r.EndedAt != nil {
		*r.EndedAt = r.EndedAt.UTC()
	}
	var err error
	if r.Alert, err = warning.Decode(r.Body); err != nil {
		return r, fmt.Errorf("read kept message %s: %w", r.ID, err)
	}
	return r, nil
}

// ReceivedWarnings lists messages of others, the newest first: those in force, those past, or all.
func (s *Store) ReceivedWarnings(ctx context.Context, f WarningFilter) ([]warning.Received, error) {
	where := "true"
	const inForce = `ended_at is null and expires_at > $1 and msg_type in ('Alert', 'Update') and status in ('Actual', 'Exercise', 'Test')`
	switch f.State {
	case WarningsInForce:
		where = inForce
	case WarningsPast:
		where = "not (" + inForce + ")"
	case WarningsWaiting:
		return nil, nil
	}
	list, err := collect(ctx, s, scanReceived, "select "+receivedColumns+" from warning_received where "+where+`
		and $1::timestamptz is not null and ($2::timestamptz is null or (received_at, id) < ($2, $3::uuid)) order by received_at desc, id desc limit $4`,
		f.Now, orNull(f.BeforeAt), uuidOrNil(f.BeforeID), f.Limit)
	if err != nil {
		return nil, fmt.Errorf("list received warnings: %w", err)
	}
	return list, nil
}

// ReceivedWarning reads one message of somebody else.
func (s *Store) ReceivedWarning(ctx context.Context, id string) (warning.Received, error) {
	list, err := collect(ctx, s, scanReceived, "select "+receivedColumns+" from warning_received where id = $1::uuid", uuidOrNil(id))
	if err != nil {
		return warning.Received{}, fmt.Errorf("read received warning: %w", err)
	}
	return firstOr(list, errNoWarning)
}
