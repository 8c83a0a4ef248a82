package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"toancanh/server/access"
	"toancanh/server/audit"
	"toancanh/server/fault"
	"toancanh/server/report"
	"toancanh/server/view"
)

// Note is what an officer wrote beside a report, for colleagues alone.
type Note struct {
	N      int64
	Author view.Author
	Text   string
	At     time.Time
}

// Noting is a note about to be kept.
type Noting struct {
	Report string // UUID or public code
	Note   Note   // its N is given by the store
	May    func(report.Report) error
	// Answer is what a repeat of the promise's key gets; Promise is nil without a key.
	Answer  func(Note) (string, error)
	Promise *Promise
}

// AddNote keeps a note and announces it; a key that is known is answered by its first answer.
func (s *Store) AddNote(ctx context.Context, w Noting) (answer string, repeated bool, err error) {
	err = s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		r, err := lockReport(ctx, tx, w.Report)
		if err != nil {
			return err
		}
		if err := w.May(r); err != nil {
			return err
		}
		note := w.Note
		if err := tx.QueryRow(ctx, "select coalesce(max(n), 0) + 1 from note where report_id = $1::uuid", r.ID).Scan(&note.N); err != nil {
			return err
		}
		if answer, err = w.Answer(note); err != nil {
			return err
		}
		if w.Promise != nil {
			w.Promise.Answer = answer
			fresh, err := keepPromise(ctx, tx, w.Promise)
			if err != nil {
				return err
			}
			if !fresh {
				first, err := repeat(ctx, tx, w.Promise)
				answer, repeated = first.Answer, true
				return firstError(err, first.Err)
			}
		}
		if r.WithdrawnAt != nil {
			return fault.Conflict("Phản ánh đã được thu hồi, không thể ghi chú thêm.").Because("withdrawn")
		}
		return insertNote(ctx, tx, r, note)
	})
	if err != nil {
		return "", false, fmt.Errorf("add note to %s: %w", w.Report, classify(err))
	}
	return answer, repeated, nil
}

func insertNote(ctx context.Context, tx pgx.Tx, r report.Report, n Note) error {
	id := uuid.NewString()
	_, err := tx.Exec(ctx, "insert into note (report_id, n, id, at, author, name, text) values ($1::uuid, $2, $3::uuid, $4, $5, $6, $7)",
		r.ID, n.N, id, n.At, n.Author.ID, n.Author.Name, n.Text)
	if err != nil {
		return err
	}
	event := view.NoteEvent(r, id, view.Note{Report: r.ID, N: n.N, By: n.Author, At: n.At})
	if err := insertEvents(ctx, tx, []view.Draft{event}, n.At); err != nil {
		return err
	}
	return insertAudit(ctx, tx, audit.Row{
		What: string(access.WriteNotes), Object: "report:" + r.ID, Result: audit.Done, Detail: detail(map[string]any{"n": n.N}),
	})
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// Notes reads the notes of a report in order; id is its UUID.
func (s *Store) Notes(ctx context.Context, reportID string) ([]Note, error) {
	list, err := collect(ctx, s, func(row pgx.CollectableRow) (Note, error) {
		var n Note
		err := row.Scan(&n.N, &n.At, &n.Author.ID, &n.Author.Name, &n.Text)
		n.At = n.At.UTC()
		return n, err
	}, "select n, at, author, name, text from note where report_id = $1::uuid order by n", reportID)
	if err != nil {
		return nil, fmt.Errorf("read notes of %s: %w", reportID, err)
	}
	return list, nil
}
