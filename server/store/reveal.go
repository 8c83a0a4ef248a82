package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"toancanh/server/access"
	"toancanh/server/audit"
	"toancanh/server/auth"
	"toancanh/server/fault"
	"toancanh/server/report"
)

// Faults of opening a contact.
//
//nolint:gochecknoglobals // error values
var (
	errNoContact = fault.Conflict("Người gửi không để lại liên hệ.").Because("no_contact")
	errDropped   = fault.Conflict("Liên hệ không còn được lưu: nó được xóa 12 tháng sau khi phản ánh kết thúc.").Because("dropped")
	errRevealed  = fault.TooMany("Đã xem đủ %d liên hệ trong một giờ, xin thử lại sau.", auth.RevealsAnHour).Because("hourly")
	errCalledToo = fault.TooMany("Đã yêu cầu gọi lại đủ %d lần trong một giờ, xin thử lại sau.", auth.CallbacksAnHour).Because("hourly")
)

// Opening is who opens the contact of a report, when and why.
type Opening struct {
	ReportID string // UUID or public code
	PersonID string
	Reason   string
	At       time.Time
}

// Checks say why a contact may not be opened: May of the report as it stands, Open of the sealed contact.
type Checks struct {
	May  func(report.Report) error
	Open func(reportID string, s auth.Sealed) error
}

// RevealContact opens the contact of a report for one person and notes it for the data-protection officer. What Open saw
// may be told only when no error comes back.
func (s *Store) RevealContact(ctx context.Context, o Opening, check Checks) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := onePerson(ctx, tx, o.PersonID); err != nil {
			return err
		}
		r, err := openable(ctx, tx, o.ReportID, check)
		if err != nil {
			return err
		}
		var n int
		err = tx.QueryRow(ctx, "select count(*) from contact_reveal where person_id = $1::uuid and callback_id is null and at > $2",
			o.PersonID, o.At.Add(-time.Hour)).Scan(&n)
		switch {
		case err != nil:
			return err
		case n >= auth.RevealsAnHour:
			return errRevealed
		}
		_, err = tx.Exec(ctx, "insert into contact_reveal (at, report_id, person_id, reason) values ($1, $2::uuid, $3::uuid, $4)",
			o.At, r.ID, o.PersonID, o.Reason)
		if err != nil {
			return err
		}
		return insertAudit(ctx, tx, audit.Row{What: string(access.RevealContact), Object: "report:" + r.ID, Why: o.Reason, Result: audit.Done})
	})
	if err != nil {
		return fmt.Errorf("reveal contact: %w", classify(err))
	}
	return nil
}

// onePerson lets deeds of one person come one after the other, so that what is counted of them is right.
func onePerson(ctx context.Context, tx pgx.Tx, personID string) error {
	_, err := tx.Exec(ctx, "select pg_advisory_xact_lock(hashtextextended($1, 0))", "contact:"+personID)
	return err
}

// openable reads a report whose contact may be opened.
func openable(ctx context.Context, tx pgx.Tx, id string, check Checks) (report.Report, error) {
	r, err := oneReport(ctx, tx, id, "")
	if err != nil {
		return r, err
	}
	if err := check.May(r); err != nil {
		return r, err
	}
	if !r.HasContact {
		return r, errNoContact
	}
	var sealed auth.Sealed
	err = tx.QueryRow(ctx, "select key_id, sealed from report_contact where report_id = $1::uuid", r.ID).Scan(&sealed.KeyID, &sealed.Bytes)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return r, errDropped
	case err != nil:
		return r, err
	}
	return r, check.Open(r.ID, sealed)
}

// AskCallback keeps a person's wish to call a sender back, which another has to confirm. Of a report a person has one at
// a time.
func (s *Store) AskCallback(ctx context.Context, o Opening, check Checks) (auth.Callback, error) {
	c := auth.Callback{Requester: o.PersonID, Reason: o.Reason, RequestedAt: o.At}
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := onePerson(ctx, tx, o.PersonID); err != nil {
			return err
		}
		r, err := openable(ctx, tx, o.ReportID, check)
		if err != nil {
			return err
		}
		mine, err := callbacks(ctx, tx, "where c.requester = $1::uuid and c.requested_at > $2", o.PersonID, o.At.Add(-time.Hour))
		if err != nil {
			return err
		}
		for _, k := range mine {
			if state := k.State(o.At); k.ReportID == r.ID && (state == auth.CallbackWaiting || state == auth.CallbackConfirmed) {
				return fault.Conflict("Bạn đã có một yêu cầu gọi lại cho phản ánh này.").Because("open")
			}
		}
		if len(mine) >= auth.CallbacksAnHour {
			return errCalledToo
		}
		id, err := uuid.NewRandom()
		if err != nil {
			return err
		}
		c.ID, c.ReportID = id.String(), r.ID
		_, err = tx.Exec(ctx, "insert into callback (id, report_id, requester, reason, requested_at) values ($1, $2::uuid, $3::uuid, $4, $5)",
			id, c.ReportID, c.Requester, c.Reason, c.RequestedAt)
		if err != nil {
			return err
		}
		return insertAudit(ctx, tx, callbackRow(c, "asked"))
	})
	if err != nil {
		return c, fmt.Errorf("ask for call-back: %w", classify(err))
	}
	return c, nil
}

func callbackRow(c auth.Callback, step string) audit.Row {
	return audit.Row{
		What: string(access.CallBack), Object: "report:" + c.ReportID, Why: c.Reason, Result: audit.Done,
		Detail: detail(map[string]any{"callback": c.ID, "step": step}),
	}
}

// CallbackMove is a step of a call-back: Move decides it, Checks are asked of its report. Open is asked only when the
// number is shown.
type CallbackMove struct {
	ID   string
	Step string // for the audit: "confirmed", "refused", "shown"
	Move func(auth.Callback) (auth.Callback, error)
	Checks
}

// MoveCallback does a step. What Open saw may be told only when no error comes back.
func (s *Store) MoveCallback(ctx context.Context, m CallbackMove) (auth.Callback, error) {
	var after auth.Callback
	if _, err := uuid.Parse(m.ID); err != nil {
		return after, errNoCallback
	}
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		found, err := callbacks(ctx, tx, "where c.id = $1::uuid for update of c", m.ID)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return errNoCallback
		}
		before := found[0].Callback
		after = before
		r, err := oneReport(ctx, tx, before.ReportID, "")
		if err != nil {
			return err
		}
		if err := m.May(r); err != nil {
			return err
		}
		if after, err = m.Move(before); err != nil {
			return err
		}
		if before.ShownAt == nil && after.ShownAt != nil {
			if err := show(ctx, tx, after, m.Checks); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, `update callback set confirmer = nullif($2, '')::uuid, confirmed_at = $3, refused_by = nullif($4, '')::uuid,
			refused_at = $5, shown_at = $6 where id = $1::uuid`, after.ID, after.Confirmer, after.ConfirmedAt, after.RefusedBy, after.RefusedAt, after.ShownAt)
		if err != nil {
			return err
		}
		return insertAudit(ctx, tx, callbackRow(after, m.Step))
	})
	if err != nil {
		return after, fmt.Errorf("move call-back: %w", classify(err))
	}
	return after, nil
}

// show opens the contact for who asked, and notes it for the data-protection officer.
func show(ctx context.Context, tx pgx.Tx, c auth.Callback, check Checks) error {
	if _, err := openable(ctx, tx, c.ReportID, check); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `insert into contact_reveal (at, report_id, person_id, callback_id, reason)
		values ($1, $2::uuid, $3::uuid, $4::uuid, $5)`, c.ShownAt, c.ReportID, c.Requester, c.ID, c.Reason)
	return err
}

var errNoCallback = fault.NotFound("Không có yêu cầu gọi lại này.") //nolint:gochecknoglobals // an error value

// KnownCallback is a call-back with what a list shows of it.
type KnownCallback struct {
	auth.Callback
	Code          string // of the report
	Place         access.Place
	RequesterName string
	ConfirmerName string
}

func callbacks(ctx context.Context, q querier, where string, args ...any) ([]KnownCallback, error) {
	rows, err := q.Query(ctx, `select c.id::text, c.report_id::text, c.requester::text, c.reason, c.requested_at,
			coalesce(c.confirmer::text, ''), c.confirmed_at, coalesce(c.refused_by::text, ''), c.refused_at, c.shown_at,
			r.code, r.division, r.path, p.name, coalesce((select name from person x where x.id = c.confirmer), '')
		from callback c join report r on r.id = c.report_id join person p on p.id = c.requester `+where, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (KnownCallback, error) {
		var k KnownCallback
		err := row.Scan(&k.ID, &k.ReportID, &k.Requester, &k.Reason, &k.RequestedAt, &k.Confirmer, &k.ConfirmedAt, &k.RefusedBy, &k.RefusedAt,
			&k.ShownAt, &k.Code, &k.Place.Division, &k.Place.Path, &k.RequesterName, &k.ConfirmerName)
		k.RequestedAt = k.RequestedAt.UTC()
		return k, err
	})
}

// Callbacks lists the newest call-backs asked for since an instant, at most 200.
func (s *Store) Callbacks(ctx context.Context, since time.Time) ([]KnownCallback, error) {
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	list, err := callbacks(ctx, s.read, "where c.requested_at > $1 order by c.requested_at desc limit 200", since)
	if err != nil {
		return nil, fmt.Errorf("list call-backs: %w", classify(err))
	}
	return list, nil
}

// Reveal is one time that somebody was shown a contact.
type Reveal struct {
	ID         int64
	At         time.Time
	ReportID   string
	Code       string
	PersonID   string
	PersonName string
	Login      string
	Callback   bool
	Reason     string
	Confirmer  string // name of who confirmed the call-back
	SeenAt     *time.Time
	SeenBy     string // name
}

// RevealFilter chooses reveals; the zero value of a field does not restrict.
type RevealFilter struct {
	PersonID string
	Seen     *bool
	Before   int64 // ids below; 0 for the newest
	Limit    int
}

// Reveals reads a page, newest first.
func (s *Store) Reveals(ctx context.Context, f RevealFilter) ([]Reveal, error) {
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	rows, err := s.read.Query(ctx, `select v.id, v.at, r.id::text, r.code, p.id::text, p.name, p.login, v.callback_id is not null, v.reason,
			coalesce((select x.name from callback c join person x on x.id = c.confirmer where c.id = v.callback_id), ''),
			v.seen_at, coalesce((select x.name from person x where x.id = v.seen_by), '')
		from contact_reveal v join report r on r.id = v.report_id join person p on p.id = v.person_id
		where ($1 = '' or v.person_id::text = $1) and ($2::boolean is null or (v.seen_at is not null) = $2) and ($3 = 0 or v.id < $3)
		order by v.id desc limit $4`, f.PersonID, f.Seen, f.Before, f.Limit)
	if err != nil {
		return nil, fmt.Errorf("list reveals: %w", classify(err))
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Reveal, error) {
		var v Reveal
		err := row.Scan(&v.ID, &v.At, &v.ReportID, &v.Code, &v.PersonID, &v.PersonName, &v.Login, &v.Callback, &v.Reason, &v.Confirmer, &v.SeenAt, &v.SeenBy)
		v.At = v.At.UTC()
		return v, err
	})
	if err != nil {
		return nil, fmt.Errorf("list reveals: %w", classify(err))
	}
	return list, nil
}

// RevealCount is how often a person was shown a contact.
type RevealCount struct {
	PersonID string
	Name     string
	Day      int // within 24 hours
	Month    int // within 30 days
	Unseen   int // not yet looked at, of any age
}

// RevealCounts counts by person, the busiest of the month first, at most 100.
func (s *Store) RevealCounts(ctx context.Context, now time.Time) ([]RevealCount, error) {
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	rows, err := s.read.Query(ctx, `select p.id::text, p.name,
			count(*) filter (where v.at > $1::timestamptz - interval '24 hours'),
			count(*) filter (where v.at > $1::timestamptz - interval '30 days'),
			count(*) filter (where v.seen_at is null)
		from contact_reveal v join person p on p.id = v.person_id
		where v.at > $1::timestamptz - interval '30 days' or v.seen_at is null
		group by p.id, p.name order by 4 desc, p.name limit 100`, now)
	if err != nil {
		return nil, fmt.Errorf("count reveals: %w", classify(err))
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[RevealCount])
	if err != nil {
		return nil, fmt.Errorf("count reveals: %w", classify(err))
	}
	return list, nil
}

// SeeReveal marks a reveal as looked at. Nobody looks at their own.
func (s *Store) SeeReveal(ctx context.Context, id int64, personID string, now time.Time) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var by, reportID string
		var seen bool
		err := tx.QueryRow(ctx, "select person_id::text, report_id::text, seen_at is not null from contact_reveal where id = $1 for update", id).
			Scan(&by, &reportID, &seen)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return fault.NotFound("Không có lần xem này.")
		case err != nil:
			return err
		case by == personID:
			return fault.Forbidden("Lần xem của chính mình phải do người khác xem xét.").Because("same_person")
		case seen:
			return nil
		}
		if _, err := tx.Exec(ctx, "update contact_reveal set seen_at = $2, seen_by = $3::uuid where id = $1", id, now, personID); err != nil {
			return err
		}
		return insertAudit(ctx, tx, audit.Row{
			What: string(access.ListReveals), Object: "report:" + reportID, Why: "seen", Result: audit.Done, Detail: detail(map[string]any{"reveal": id}),
		})
	})
	if err != nil {
		return fmt.Errorf("mark reveal: %w", classify(err))
	}
	return nil
}
