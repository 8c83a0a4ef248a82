package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"toancanh/server/auth"
	"toancanh/server/fault"
	"toancanh/server/warning"
)

// Subscription is a browser that hears of public facts. Nothing in it tells whose it is.
type Subscription struct {
	ID         string
	RenewedOn  time.Time // a day
	English    bool
	Areas      []string // codes of the reports' division
	Categories []string // of results; "*" is all
	Severity   string   // the least of warnings; empty: none
	Mark       []byte   // hash of the endpoint
	Proof      []byte   // hash of what only the browser knows
	Sealed     auth.Sealed
	// ToldOn is the day that Results and Warnings count what was queued for it.
	ToldOn            time.Time
	Results, Warnings int
}

const subscriptionColumns = `id::text, renewed_on, english, areas, categories, severity, mark, proof, key_id, sealed,
	case when told_on = '-infinity' then renewed_on else told_on end, results, warnings`

func scanSubscription(row pgx.CollectableRow) (Subscription, error) {
	var s Subscription
	err := row.Scan(&s.ID, &s.RenewedOn, &s.English, &s.Areas, &s.Categories, &s.Severity, &s.Mark, &s.Proof, &s.Sealed.KeyID, &s.Sealed.Bytes,
		&s.ToldOn, &s.Results, &s.Warnings)
	return s, err
}

// The errors of subscriptions.
//
//nolint:gochecknoglobals // error values
var (
	errNoSubscription   = fault.NotFound("Trình duyệt này không có đăng ký nhận tin, hoặc mã chứng minh không đúng.")
	errSubscriptionsAre = fault.Conflict("Đã đủ số trình duyệt đăng ký nhận tin, hiện không nhận thêm. Nguồn tin Atom vẫn dùng được.").Because("full")
)

// KeepSubscription keeps a subscription, in place of the one with the same endpoint. Of another secret it is another browser's
// that got the endpoint after it, and nothing that waited for that one is left. There are at most so many.
func (s *Store) KeepSubscription(ctx context.Context, sub Subscription, most int) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `update push_subscription set renewed_on = $3, english = $4, areas = $5, categories = $6, severity = $7
			where mark = $1 and proof = $2`, sub.Mark, sub.Proof, sub.RenewedOn, sub.English, sub.Areas, sub.Categories, sub.Severity)
		if err != nil || tag.RowsAffected() > 0 {
			return err
		}
		if _, err := tx.Exec(ctx, "delete from push_subscription where mark = $1", sub.Mark); err != nil {
			return err
		}
		tag, err = tx.Exec(ctx, `insert into push_subscription (id, renewed_on, english, areas, categories, severity, mark, proof, key_id, sealed)
			select $1::uuid, $2::date, $3::boolean, $4::text[], $5::text[], $6::text, $7::bytea, $8::bytea, $9::text, $10::bytea
			where (select count(*) from push_subscription) < $11`,
			sub.ID, sub.RenewedOn, sub.English, sub.Areas, sub.Categories, sub.Severity, sub.Mark, sub.Proof, sub.Sealed.KeyID, sub.Sealed.Bytes, most)
		if err == nil && tag.RowsAffected() == 0 {
			return errSubscriptionsAre
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("keep subscription: %w", classify(err))
	}
	return nil
}

// MoveSubscription gives a subscription the endpoint that its browser has from now on; what it chose stays.
func (s *Store) MoveSubscription(ctx context.Context, mark, proof []byte, to func(id string) (Subscription, error)) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, "select id::text from push_subscription where mark = $1 and proof = $2 for update", mark, proof)
		if err != nil {
			return err
		}
		ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return err
		}
		id, err := firstOr(ids, errNoSubscription)
		if err != nil {
			return err
		}
		next, err := to(id)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "delete from push_subscription where mark = $1 and id <> $2", next.Mark, id); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "update push_subscription set mark = $2, proof = $3, key_id = $4, sealed = $5, renewed_on = $6 where id = $1",
			id, next.Mark, next.Proof, next.Sealed.KeyID, next.Sealed.Bytes, next.RenewedOn)
		return err
	})
	if err != nil {
		return fmt.Errorf("move subscription: %w", classify(err))
	}
	return nil
}

// EndSubscription forgets a subscription with all that waits for it.
func (s *Store) EndSubscription(ctx context.Context, mark, proof []byte) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, "delete from push_subscription where mark = $1 and proof = $2", mark, proof)
		if err == nil && tag.RowsAffected() == 0 {
			return errNoSubscription
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("end subscription: %w", classify(err))
	}
	return nil
}

// PublicNews is what has left for everybody since it was asked for last.
type PublicNews struct {
	BatchAt  time.Time // of the results
	Results  []NewResult
	Warnings []NewWarning
}

// NewResult is a result that has left.
type NewResult struct {
	Category, Area string
	Path           []string
}

// NewWarning is a message to the public that went out.
type NewWarning struct {
	ID             string
	ExpiresAt      time.Time
	MsgType        warning.MsgType
	Status         warning.Status
	Title, TitleEN string
	Shown          warning.Shown
}

// Push is one message to one browser, made of public facts alone. A result that is queued again before it was sent grows.
type Push struct {
	ID, Subscription     string
	DueAt, ExpiresAt     time.Time
	N, Tries             int
	Last                 bool // no more come today
	Kind, Event          string
	Area, Category       string // empty: of several
	Headline, HeadlineEN string
}

// Kinds of pushes. A warning goes before results.
const (
	PushWarning = "warning"
	PushResult  = "result"
)

// newsWithin bounds how late somebody hears of a public fact.
const newsWithin = 24 * time.Hour

// Queueing says who is told of what, and when.
type Queueing struct {
	Now      time.Time
	Today    time.Time // the day in the centre's zone
	Division string
	// Tell says what is to be sent, and changes what each was told today.
	Tell func(news PublicNews, all []Subscription) []Push
}

// QueuePushes puts what is new for everybody into the outbox, once: what is new, what is queued for it and what each browser was
// told today are one transaction.
func (s *Store) QueuePushes(ctx context.Context, q Queueing) (queued int, err error) {
	err = s.inLongTx(ctx, queueLimit, func(ctx context.Context, tx pgx.Tx) error {
		queued = 0
		news, err := takeNews(ctx, tx, q)
		if err != nil || len(news.Results)+len(news.Warnings) == 0 {
			return err
		}
		rows, err := tx.Query(ctx, "select "+subscriptionColumns+" from push_subscription order by id for key share")
		if err != nil {
			return err
		}
		all, err := pgx.CollectRows(rows, scanSubscription)
		if err != nil || len(all) == 0 {
			return err
		}
		pushes := q.Tell(news, all)
		queued = len(pushes)
		if queued == 0 {
			return nil
		}
		return queuePushes(ctx, tx, pushes, all, q.Today)
	})
	if err != nil {
		return 0, fmt.Errorf("queue pushes: %w", classify(err))
	}
	return queued, nil
}

// takeNews reads what is new and notes that it is known. Results are looked at once a batch has left whole.
func takeNews(ctx context.Context, tx pgx.Tx, q Queueing) (PublicNews, error) {
	var news PublicNews
	var before, batch *time.Time
	err := tx.QueryRow(ctx, "select p.batch_at, (select batch_at from public_state) from push_state p for update").Scan(&before, &batch)
	if err != nil {
		return news, err
	}
	since := q.Now.Add(-newsWithin)
	if batch != nil && (before == nil || batch.After(*before)) {
		news.BatchAt = batch.UTC()
		rows, err := tx.Query(ctx, `with fresh as (
				insert into push_told (key, at) select code || ' ' || extract(epoch from published_at), published_at from public_record
				where published_at > $1 and division = $2 and (origin = 'real') = (coalesce((select origin from dataset), 'real') = 'real')
				on conflict do nothing returning key)
			select category, area, path from public_record join fresh on key = code || ' ' || extract(epoch from published_at) order by published_at desc, code`, since, q.Division)
		if err != nil {
			return news, err
		}
		if news.Results, err = pgx.CollectRows(rows, pgx.RowToStructByPos[NewResult]); err != nil {
			return news, err
		}
		if _, err := tx.Exec(ctx, "update push_state set batch_at = $1", *batch); err != nil {
			return news, err
		}
	}
	rows, err := tx.Query(ctx, `with fresh as (
			insert into push_told (key, at) select 'warning ' || id, sent_at from public_sent
			where sent_at > $1 and (origin = 'real') = (coalesce((select origin from dataset), 'real') = 'real')
			on conflict do nothing returning key)
		select id::text, expires_at, msg_type, status, title, title_en, shown from public_sent join fresh on key = 'warning ' || id
		where ended_at is null order by n`, since)
	if err != nil {
		return news, err
	}
	news.Warnings, err = pgx.CollectRows(rows, pgx.RowToStructByPos[NewWarning])
	return news, err
}

// queuedAtOnce bounds one statement; all of a warning to as many as there may be take a second or two, and may take queueLimit.
const (
	queuedAtOnce = 1000
	queueLimit   = 30 * time.Second
)

func queuePushes(ctx context.Context, tx pgx.Tx, pushes []Push, all []Subscription, today time.Time) error {
	for some := range slices.Chunk(pushes, queuedAtOnce) {
		n := len(some)
		rows, whom := make([]string, n), make([]string, n)
		due, expires := make([]time.Time, n), make([]time.Time, n)
		counts, lasts := make([]int, n), make([]bool, n)
		kinds, events, areas, categories := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
		vi, en := make([]string, n), make([]string, n)
		for i, p := range some {
			rows[i], whom[i], due[i], expires[i], counts[i], lasts[i] = uuid.NewString(), p.Subscription, p.DueAt, p.ExpiresAt, p.N, p.Last
			kinds[i], events[i], areas[i], categories[i], vi[i], en[i] = p.Kind, p.Event, p.Area, p.Category, p.Headline, p.HeadlineEN
		}
		_, err := tx.Exec(ctx, `insert into push_outbox as o (id, subscription_id, due_at, expires_at, n, last, kind, event, area, category, headline, headline_en)
			select x.id::uuid, x.whom::uuid, x.due, x.expires, x.n, x.last, x.kind, x.event, x.area, x.category, x.vi, x.en
			from unnest($1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::int[], $6::boolean[], $7::text[], $8::text[], $9::text[],
				$10::text[], $11::text[], $12::text[]) as x(id, whom, due, expires, n, last, kind, event, area, category, vi, en)
			on conflict (subscription_id, event) do update set n = o.n + excluded.n, last = o.last or excluded.last, expires_at = excluded.expires_at,
				area = case when o.area = excluded.area then o.area else '' end,
				category = case when o.category = excluded.category then o.category else '' end
			where o.kind = 'result' and o.dead_at is null`,
			rows, whom, due, expires, counts, lasts, kinds, events, areas, categories, vi, en)
		if err != nil {
			return err
		}
	}
	var ids []string
	var results, warnings []int
	for _, sub := range all {
		if sub.ToldOn.Equal(today) {
			ids, results, warnings = append(ids, sub.ID), append(results, sub.Results), append(warnings, sub.Warnings)
		}
	}
	_, err := tx.Exec(ctx, `update push_subscription s set told_on = $1, results = x.results, warnings = x.warnings
		from unnest($2::text[], $3::int[], $4::int[]) as x(id, results, warnings)
		where s.id = x.id::uuid and (s.told_on, s.results, s.warnings) is distinct from ($1::date, x.results::smallint, x.warnings::smallint)`,
		today, ids, results, warnings)
	return err
}

// PushToSend is a push that is due.
type PushToSend struct {
	Push
	English bool
	Sealed  auth.Sealed
}

// DuePushes are pushes whose time has come, warnings first; one that is taken waits until again before another takes it.
func (s *Store) DuePushes(ctx context.Context, now, again time.Time, most int) ([]PushToSend, error) {
	var list []PushToSend
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			with due as (
				select id from push_outbox where due_at <= $1 and expires_at > $1 and dead_at is null
				order by kind desc, due_at, id limit $3 for update skip locked),
			taken as (update push_outbox o set due_at = $2, tries = tries + 1 from due where o.id = due.id returning o.*)
			select t.id::text, t.subscription_id::text, t.expires_at, t.n, t.tries, t.last, t.kind, t.event, t.area, t.category, t.headline, t.headline_en,
				s.english, s.key_id, s.sealed
			from taken t join push_subscription s on s.id = t.subscription_id order by t.kind desc, t.id`, now, again, most)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (PushToSend, error) {
			var p PushToSend
			err := row.Scan(&p.ID, &p.Subscription, &p.ExpiresAt, &p.N, &p.Tries, &p.Last, &p.Kind, &p.Event, &p.Area, &p.Category, &p.Headline,
				&p.HeadlineEN, &p.English, &p.Sealed.KeyID, &p.Sealed.Bytes)
			p.ExpiresAt = p.ExpiresAt.UTC()
			return p, err
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("take due pushes: %w", classify(err))
	}
	return list, nil
}

// PushSettled is what became of a push. With neither Gone nor Problem it was sent.
type PushSettled struct {
	ID, Subscription string
	N                int        // what was told; results that came to it meanwhile are told when its lease has passed
	Gone             bool       // there is no such browser any more
	Problem          string     // a word
	Later            *time.Time // when it is tried again; nil: never
}

// SettlePushes keeps what became of some pushes.
func (s *Store) SettlePushes(ctx context.Context, list []PushSettled, now time.Time) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		batch := &pgx.Batch{}
		for _, p := range list {
			switch {
			case p.Gone:
				batch.Queue("delete from push_subscription where id = $1", p.Subscription)
			case p.Problem == "":
				batch.Queue("delete from push_outbox where id = $1 and n = $2", p.ID, p.N)
			case p.Later != nil:
				batch.Queue("update push_outbox set due_at = $2, problem = $3 where id = $1", p.ID, *p.Later, p.Problem)
			default:
				batch.Queue("update push_outbox set dead_at = $2, problem = $3 where id = $1", p.ID, now, p.Problem)
			}
		}
		return sendBatch(ctx, tx, batch)
	})
	if err != nil {
		return fmt.Errorf("settle pushes: %w", classify(err))
	}
	return nil
}

// deadPushLife is how long a push that could not be sent is kept.
const deadPushLife = 7 * 24 * time.Hour

// SweepPushes drops subscriptions that were not renewed since a day, pushes that are too late and what need not be known any
// more. It counts what waits.
func (s *Store) SweepPushes(ctx context.Context, now, renewedSince time.Time) (waiting int, err error) {
	err = s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		batch := &pgx.Batch{}
		batch.Queue("delete from push_subscription where renewed_on < $1", renewedSince)
		batch.Queue("delete from push_outbox where dead_at is null and expires_at <= $1 or dead_at < $2", now, now.Add(-deadPushLife))
		batch.Queue("delete from push_told where at < $1", now.Add(-2*newsWithin))
		if err := sendBatch(ctx, tx, batch); err != nil {
			return err
		}
		return tx.QueryRow(ctx, "select count(*) from push_outbox where dead_at is null").Scan(&waiting)
	})
	if err != nil {
		return 0, fmt.Errorf("sweep pushes: %w", classify(err))
	}
	return waiting, nil
}
