package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"toancanh/server/auth"
	"toancanh/server/fault"
	"toancanh/server/report"
	"toancanh/server/view"
)

// mostFollowers bounds the addresses that hear of one report.
const mostFollowers = 3

// confirmWithin is how long an address waits for its confirmation.
const confirmWithin = 3 * 24 * time.Hour

// MailFollower is an address that hears of a report.
type MailFollower struct {
	ID        string
	ReportID  string
	Sealed    auth.Sealed
	TokenHash []byte
	English   bool
}

// MailToSend is a mail that is due.
type MailToSend struct {
	ID       string // of the message
	Step     string // view.Step*, or empty: it asks for the confirmation
	MadeAt   time.Time
	Tries    int
	Follower MailFollower
	Code     string
}

// AddMailFollower keeps an address and the mail that asks for its confirmation in one transaction; a conflict when as many
// addresses as may hear of the report.
func (s *Store) AddMailFollower(ctx context.Context, f MailFollower, messageID string) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		// The report's row is locked so that two requests do not both take the last place.
		r, err := lockReport(ctx, tx, f.ReportID)
		if err != nil {
			return err
		}
		var n int
		if err := tx.QueryRow(ctx, "select count(*) from mail_follower where report_id = $1", uuid.MustParse(r.ID)).Scan(&n); err != nil {
			return err
		}
		if n >= mostFollowers {
			return fault.Conflict("Phản ánh này đã có %d địa chỉ theo dõi, không thêm được nữa.", n).Because("too_many")
		}
		_, err = tx.Exec(ctx, `insert into mail_follower (id, report_id, key_id, sealed, token_hash, english) values ($1, $2, $3, $4, $5, $6)`,
			f.ID, r.ID, f.Sealed.KeyID, f.Sealed.Bytes, f.TokenHash, f.English)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "insert into mail_outbox (id, follower_id, n, step) values ($1, $2, 0, '')", messageID, f.ID)
		return err
	})
	if err != nil {
		return fmt.Errorf("add mail follower: %w", classify(err))
	}
	return nil
}

// errNoFollower says that a link leads to no address any more.
//
//nolint:gochecknoglobals // an error value
var errNoFollower = fault.NotFound("Liên kết này đã hết hạn hoặc đã được dùng để ngừng nhận thư.")

// MailFollowed is the public code of the report that the address of a link hears of, and whether it was confirmed.
func (s *Store) MailFollowed(ctx context.Context, tokenHash []byte) (code string, confirmed bool, err error) {
	type followed struct {
		Code      string
		Confirmed bool
	}
	list, err := collect(ctx, s, pgx.RowToStructByPos[followed], `select r.code, f.confirmed_at is not null
		from mail_follower f join report r on r.id = f.report_id where f.token_hash = $1`, tokenHash)
	if err != nil {
		return "", false, fmt.Errorf("read mail follower: %w", err)
	}
	one, err := firstOr(list, errNoFollower)
	return one.Code, one.Confirmed, err
}

// ConfirmMail begins to tell the address of a link; again it changes nothing.
func (s *Store) ConfirmMail(ctx context.Context, tokenHash []byte) error {
	return s.mailDeed(ctx, "confirm mail", "update mail_follower set confirmed_at = coalesce(confirmed_at, now()) where token_hash = $1", tokenHash)
}

// EndMail forgets the address of a link with all that waits for it.
func (s *Store) EndMail(ctx context.Context, tokenHash []byte) error {
	return s.mailDeed(ctx, "end mail", "delete from mail_follower where token_hash = $1", tokenHash)
}

func (s *Store) mailDeed(ctx context.Context, name, sql string, tokenHash []byte) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, sql, tokenHash)
		if err == nil && tag.RowsAffected() == 0 {
			return errNoFollower
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("%s: %w", name, classify(err))
	}
	return nil
}

// queueMails puts one mail for each confirmed address into the outbox when an act is a step the public may read. A withdrawn
// report is told of to nobody, and its addresses are forgotten.
func queueMails(ctx context.Context, tx pgx.Tx, after report.Report, e report.Entry) error {
	id := uuid.MustParse(after.ID)
	if after.WithdrawnAt != nil {
		_, err := tx.Exec(ctx, "delete from mail_follower where report_id = $1", id)
		return classify(err)
	}
	rows, err := tx.Query(ctx, "select id::text from mail_follower where report_id = $1 and confirmed_at is not null", id)
	if err != nil {
		return classify(err)
	}
	followers, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(followers) == 0 {
		return classify(err)
	}
	entries, err := timelineOf(ctx, tx, after.ID)
	if err != nil {
		return err
	}
	steps := view.Steps(entries, time.UTC)
	last := steps[len(steps)-1]
	if last.N != e.N {
		return nil
	}
	batch := &pgx.Batch{}
	for _, follower := range followers {
		batch.Queue("insert into mail_outbox (id, follower_id, n, step) values ($1, $2, $3, $4)", uuid.NewString(), follower, e.N, last.Step)
	}
	return sendBatch(ctx, tx, batch)
}

// DueMails are mails whose time has come, the oldest first; one that is taken waits until again before another takes it.
func (s *Store) DueMails(ctx context.Context, now, again time.Time, most int) ([]MailToSend, error) {
	var list []MailToSend
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			with due as (select id from mail_outbox where due_at <= $1 order by due_at, made_at limit $3 for update skip locked),
			taken as (update mail_outbox o set due_at = $2, tries = tries + 1 from due where o.id = due.id returning o.*)
			select t.id::text, t.step, t.made_at, t.tries, f.id::text, f.report_id::text, f.key_id, f.sealed, f.english, r.code
			from taken t join mail_follower f on f.id = t.follower_id join report r on r.id = f.report_id
			order by t.made_at, t.id`, now, again, most)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (MailToSend, error) {
			var m MailToSend
			err := row.Scan(&m.ID, &m.Step, &m.MadeAt, &m.Tries, &m.Follower.ID, &m.Follower.ReportID, &m.Follower.Sealed.KeyID,
				&m.Follower.Sealed.Bytes, &m.Follower.English, &m.Code)
			m.MadeAt = m.MadeAt.UTC()
			return m, err
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("take due mails: %w", classify(err))
	}
	return list, nil
}

// MailDone takes a mail out of the outbox: it was sent, or given up.
func (s *Store) MailDone(ctx context.Context, id string) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "delete from mail_outbox where id = $1", id)
		return err
	})
	if err != nil {
		return fmt.Errorf("take mail out: %w", classify(err))
	}
	return nil
}

// MailLater lets a mail wait until an instant.
func (s *Store) MailLater(ctx context.Context, id string, until time.Time) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "update mail_outbox set due_at = $2 where id = $1", id, until)
		return err
	})
	if err != nil {
		return fmt.Errorf("let mail wait: %w", classify(err))
	}
	return nil
}

// MailsWaiting counts the outbox.
func (s *Store) MailsWaiting(ctx context.Context) (int, error) {
	list, err := collect(ctx, s, pgx.RowTo[int], "select count(*)::int from mail_outbox")
	if err != nil {
		return 0, fmt.Errorf("count mails: %w", err)
	}
	n, _ := firstOr(list, nil)
	return n, nil
}

// DropMailFollowers forgets addresses that were never confirmed, and those of reports closed or withdrawn before an instant:
// at most 500 at a time. It returns how many; the audit keeps the number.
func (s *Store) DropMailFollowers(ctx context.Context, now, closedBefore time.Time) (int, error) {
	return s.drop(ctx, "mail.drop", closedBefore, `delete from mail_follower where id in (
		select f.id from mail_follower f join report r on r.id = f.report_id
		where coalesce(r.closed_at, r.withdrawn_at) < $1 or f.confirmed_at is null and f.created_at < $2 limit 500)`, now.Add(-confirmWithin))
}
