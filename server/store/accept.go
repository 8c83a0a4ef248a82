package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"toancanh/schema"
	"toancanh/server/auth"
	"toancanh/server/fault"
	"toancanh/server/report"
	"toancanh/server/view"
)

// Promise is an Idempotency-Key with the hash of the body it came with and the answer it is to get. Scope names
// caller and route. The answer holds no contact.
type Promise struct {
	Scope, Key string
	BodyHash   []byte
	Answer     string
}

// Acceptance is a report to be kept with all that belongs to it.
type Acceptance struct {
	Report  report.Report
	Entry   report.Entry
	Contact *auth.Sealed // nil when the sender left none
	Events  []view.Draft
	Promise *Promise // its Key is empty without an Idempotency-Key
	// Attributes are what the door asked beside the description.
	Attributes []report.Attribute
}

// Accepted is what became of an Acceptance. Repeated says that the key was known: Answer is the first one's.
type Accepted struct {
	Repeated bool
	Answer   string
	Err      error // the key is known with another body
}

// AcceptReports keeps reports, their first timeline entries, sealed contacts and events in one transaction. An
// acceptance whose key is known is not kept again.
func (s *Store) AcceptReports(ctx context.Context, list []Acceptance) ([]Accepted, error) {
	answers := make([]Accepted, len(list))
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		fresh, err := keepPromises(ctx, tx, list, answers)
		if err != nil || len(fresh) == 0 {
			return err
		}
		return keepReports(ctx, tx, fresh)
	})
	if err != nil {
		return nil, fmt.Errorf("accept reports: %w", classify(err))
	}
	return answers, nil
}

func keepReports(ctx context.Context, tx pgx.Tx, fresh []Acceptance) error {
	reports := make([]*report.Report, len(fresh))
	entries := make([]Entry, len(fresh))
	var drafts []view.Draft
	for i := range fresh {
		a := &fresh[i]
		reports[i] = &a.Report
		entries[i] = Entry{a.Report.ID, a.Entry}
		drafts = append(drafts, a.Events...)
	}
	if err := copyReports(ctx, tx, reports); err != nil {
		return err
	}
	if err := copyEntries(ctx, tx, entries); err != nil {
		return err
	}
	if err := insertContacts(ctx, tx, fresh); err != nil {
		return err
	}
	if err := insertAttributes(ctx, tx, fresh); err != nil {
		return err
	}
	return insertEvents(ctx, tx, drafts, reports[len(reports)-1].ReceivedAt)
}

// insertContacts keeps the sealed contacts of those who left one.
func insertContacts(ctx context.Context, tx pgx.Tx, fresh []Acceptance) error {
	var ids []uuid.UUID
	var keys []string
	var sealed [][]byte
	for i := range fresh {
		if c := fresh[i].Contact; c != nil {
			ids, keys, sealed = append(ids, uuid.MustParse(fresh[i].Report.ID)), append(keys, c.KeyID), append(sealed, c.Bytes)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, `insert into report_contact (report_id, key_id, sealed)
		select * from unnest($1::uuid[], $2::text[], $3::bytea[])`, ids, keys, sealed)
	if err != nil {
		return fmt.Errorf("insert sealed contacts: %w", classify(err))
	}
	return nil
}

func sendBatch(ctx context.Context, tx pgx.Tx, batch *pgx.Batch) error {
	if batch.Len() == 0 {
		return nil
	}
	return classify(tx.SendBatch(ctx, batch).Close())
}

// keepPromises stores the new keys and answers the known ones; it returns the acceptances to be kept.
func keepPromises(ctx context.Context, tx pgx.Tx, list []Acceptance, answers []Accepted) ([]Acceptance, error) {
	var scopes, keys, texts []string
	var hashes [][]byte
	for _, a := range list {
		if p := a.Promise; p.Key != "" {
			scopes, keys, texts, hashes = append(scopes, p.Scope), append(keys, p.Key), append(texts, p.Answer), append(hashes, p.BodyHash)
		}
	}
	if len(keys) == 0 {
		return list, nil
	}
	rows, err := tx.Query(ctx, `
		insert into idempotency (scope, key, body_hash, status, answer)
		select s, k, h, 201, a from unnest($1::text[], $2::text[], $3::bytea[], $4::text[]) as x(s, k, h, a)
		on conflict do nothing returning scope, key, answer`, scopes, keys, hashes, texts)
	if err != nil {
		return nil, fmt.Errorf("keep idempotency keys: %w", classify(err))
	}
	kept := map[[2]string]string{}
	var scope, key, answer string
	if _, err := pgx.ForEachRow(rows, []any{&scope, &key, &answer}, func() error {
		kept[[2]string{scope, key}] = answer
		return nil
	}); err != nil {
		return nil, fmt.Errorf("keep idempotency keys: %w", classify(err))
	}
	fresh := make([]Acceptance, 0, len(list))
	for i, a := range list {
		// The answer names the new id, so equal answers mean that this very acceptance's key was stored.
		if a.Promise.Key == "" || kept[[2]string{a.Promise.Scope, a.Promise.Key}] == a.Promise.Answer {
			fresh = append(fresh, a)
			continue
		}
		if answers[i], err = repeat(ctx, tx, a.Promise); err != nil {
			return nil, err
		}
	}
	return fresh, nil
}

// repeat answers a known key.
func repeat(ctx context.Context, tx pgx.Tx, p *Promise) (Accepted, error) {
	var hash []byte
	var answer string
	err := tx.QueryRow(ctx, "select body_hash, answer from idempotency where scope = $1 and key = $2", p.Scope, p.Key).
		Scan(&hash, &answer)
	if err != nil {
		return Accepted{}, fmt.Errorf("read idempotency key: %w", classify(err))
	}
	if string(hash) != string(p.BodyHash) {
		return Accepted{Repeated: true, Err: errOtherBody}, nil
	}
	return Accepted{Repeated: true, Answer: answer}, nil
}

var errOtherBody = fault.Invalid("Idempotency-Key", "Khóa này đã dùng cho một nội dung khác.").Because("key_reused")

// Promised answers a known key without keeping anything; ok is false for an unknown one.
func (s *Store) Promised(ctx context.Context, p Promise) (answer Accepted, ok bool, err error) {
	err = s.inSnapshot(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var n int
		if err := tx.QueryRow(ctx, "select count(*) from idempotency where scope = $1 and key = $2", p.Scope, p.Key).Scan(&n); err != nil {
			return err
		}
		if n == 0 {
			return nil
		}
		ok = true
		answer, err = repeat(ctx, tx, &p)
		return err
	})
	if err != nil {
		return Accepted{}, false, fmt.Errorf("look up idempotency key: %w", classify(err))
	}
	return answer, ok, nil
}

// Past is a report of the past with its whole timeline.
type Past struct {
	Report  report.Report
	Entries []report.Entry
}

// PastBody is one body of the past. At is when it came; days on the public view are days in Location. Promise is nil
// without an Idempotency-Key.
type PastBody struct {
	List     []Past
	At       time.Time
	Location *time.Location
	Promise  *Promise
}

// AcceptHistory keeps reports of the past and the promise of their answer in one transaction. Instead of an event each
// it writes one reset per touched topic. A body whose key is known is not kept again.
func (s *Store) AcceptHistory(ctx context.Context, body PastBody) (Accepted, error) {
	list := body.List
	reports := make([]*report.Report, len(list))
	var entries []Entry
	projection := &pgx.Batch{}
	topics := map[schema.Audience]map[string]bool{}
	for i := range list {
		r := &list[i].Report
		reports[i] = r
		for _, e := range list[i].Entries {
			entries = append(entries, Entry{r.ID, e})
		}
		project(projection, r, body.Location)
		for _, d := range view.Events(nil, *r, view.Lens{Location: body.Location}) {
			if topics[d.Audience] == nil {
				topics[d.Audience] = map[string]bool{}
			}
			for _, t := range d.Topics {
				topics[d.Audience][t] = true
			}
		}
	}
	var answer Accepted
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		fresh, err := keepPromise(ctx, tx, body.Promise)
		if err != nil {
			return err
		}
		if !fresh {
			answer, err = repeat(ctx, tx, body.Promise)
			return err
		}
		if err := copyReports(ctx, tx, reports); err != nil {
			return err
		}
		if err := copyEntries(ctx, tx, entries); err != nil {
			return err
		}
		projection.Queue("update public_state set loads = loads + 1") // last: the row is everybody's
		if err := insertEvents(ctx, tx, resets(topics), body.At); err != nil {
			return err
		}
		return sendBatch(ctx, tx, projection)
	})
	if err != nil {
		return Accepted{}, fmt.Errorf("accept history: %w", classify(err))
	}
	return answer, nil
}

// keepPromise stores the key of a deed inside the deed's own transaction; false when the key is known. Who comes with
// the same key meanwhile waits for the end of that transaction.
func keepPromise(ctx context.Context, tx pgx.Tx, p *Promise) (fresh bool, err error) {
	if p == nil || p.Key == "" {
		return true, nil
	}
	tag, err := tx.Exec(ctx, `insert into idempotency (scope, key, body_hash, status, answer) values ($1, $2, $3, 200, $4)
		on conflict do nothing`, p.Scope, p.Key, p.BodyHash, p.Answer)
	if err != nil {
		return false, fmt.Errorf("keep idempotency key: %w", classify(err))
	}
	return tag.RowsAffected() == 1, nil
}

// resets is one reset per audience for all its topics.
func resets(topics map[schema.Audience]map[string]bool) []view.Draft {
	var drafts []view.Draft
	for audience, names := range topics {
		d := view.Draft{Audience: audience, Kind: schema.KindReset}
		for name := range names {
			d.Topics = append(d.Topics, name)
		}
		drafts = append(drafts, d)
	}
	return drafts
}
