package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"toancanh/server/auth"
	"toancanh/server/fault"
	"toancanh/server/photo"
	"toancanh/server/report"
	"toancanh/server/view"
)

// Photo is a photo of a report as it is known; its pixels lie in files.
type Photo struct {
	ID            string
	ReportID      string
	Kind          photo.Kind
	OfSender      bool
	At            time.Time
	Width, Height int
	Bytes         int // of the JPEG
	File          string
	Key           auth.Sealed // the key of its files, sealed for ID
	Boxes         []photo.Box // covered in the copy; nil: nobody has looked yet
	Copy          string      // name of the copy's file and of its public address; empty: none
	Public        bool        // everybody may see the copy while a result is published
}

var errNoPhoto = fault.NotFound("Không có ảnh này.") //nolint:gochecknoglobals // an error value

// PhotoAddition is a photo whose file is kept already. Promise is nil without an Idempotency-Key.
type PhotoAddition struct {
	Photo
	Promise *Promise
	Lens    view.Lens
	Decide  Decide
}

// AddPhoto keeps a photo with its act. ReportID may be a public code; a known key keeps nothing.
func (s *Store) AddPhoto(ctx context.Context, a PhotoAddition) (Accepted, error) {
	var answer Accepted
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		fresh, err := keepPromise(ctx, tx, a.Promise)
		if err != nil {
			return err
		}
		if !fresh {
			answer, err = repeat(ctx, tx, a.Promise)
			return err
		}
		r, err := actOn(ctx, tx, Deed{ID: a.ReportID, Lens: a.Lens, Decide: a.Decide})
		if err != nil {
			return err
		}
		a.ReportID = r.ID
		return insertPhoto(ctx, tx, a.Photo)
	})
	if err != nil {
		return Accepted{}, fmt.Errorf("add photo: %w", classify(err))
	}
	return answer, nil
}

// insertPhoto keeps the row of a photo of a locked report.
func insertPhoto(ctx context.Context, tx pgx.Tx, p Photo) error {
	var n int
	err := tx.QueryRow(ctx, "select count(*) from photo where report_id = $1::uuid and of_sender = $2", p.ReportID, p.OfSender).Scan(&n)
	if err != nil {
		return err
	}
	if err := photo.CheckCount(n, p.OfSender); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `insert into photo (id, report_id, kind, of_sender, added_at, width, height, bytes, file, key_id, sealed)
		values ($1::uuid, $2::uuid, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		p.ID, p.ReportID, string(p.Kind), p.OfSender, p.At, p.Width, p.Height, p.Bytes, p.File, p.Key.KeyID, p.Key.Bytes)
	return err
}

const photoSelect = `select p.id::text, p.report_id::text, p.kind, p.of_sender, p.added_at, p.width, p.height, p.bytes, p.file, p.key_id,
	p.sealed, p.boxes, coalesce(p.copy, ''), p.public from photo p `

func scanPhoto(row pgx.CollectableRow) (Photo, error) {
	var p Photo
	err := row.Scan(&p.ID, &p.ReportID, (*string)(&p.Kind), &p.OfSender, &p.At, &p.Width, &p.Height, &p.Bytes, &p.File, &p.Key.KeyID,
		&p.Key.Bytes, &p.Boxes, &p.Copy, &p.Public)
	p.At = p.At.UTC()
	return p, err
}

// Photos lists the photos of a report in the order they came.
func (s *Store) Photos(ctx context.Context, reportID string) ([]Photo, error) {
	list, err := collect(ctx, s, scanPhoto, photoSelect+"where p.report_id = $1::uuid order by p.added_at, p.id", reportID)
	if err != nil {
		return nil, fmt.Errorf("list photos of %s: %w", reportID, err)
	}
	return list, nil
}

// Photo finds a photo by its UUID.
func (s *Store) Photo(ctx context.Context, id string) (Photo, error) {
	if _, err := uuid.Parse(id); err != nil {
		return Photo{}, errNoPhoto
	}
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	return onePhoto(ctx, s.read, "where p.id = $1::uuid", id)
}

func onePhoto(ctx context.Context, q querier, where, arg string) (Photo, error) {
	rows, err := q.Query(ctx, photoSelect+where, arg)
	if err != nil {
		return Photo{}, fmt.Errorf("read photo: %w", classify(err))
	}
	list, err := pgx.CollectRows(rows, scanPhoto)
	if err != nil {
		return Photo{}, fmt.Errorf("read photo: %w", classify(err))
	}
	return firstOr(list, errNoPhoto)
}

// PublicPhoto finds the photo of a copy that everybody may see now: it is marked so, and its report has a published result.
func (s *Store) PublicPhoto(ctx context.Context, name string) (Photo, error) {
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	return onePhoto(ctx, s.read, `join report r on r.id = p.report_id
		where p.copy = $1 and p.public and r.published_at is not null and r.withdrawn_at is null`, name)
}

// PhotoCover is another copy of a photo, whose file is kept already. Boxes must not be nil.
type PhotoCover struct {
	PhotoID string
	Boxes   []photo.Box
	Copy    string
	Public  bool
	Lens    view.Lens
	Decide  Decide
}

// CoverPhoto puts a copy in place of the one before, with its act, and returns the photo as it was.
func (s *Store) CoverPhoto(ctx context.Context, c PhotoCover) (before Photo, err error) {
	err = s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		known, err := onePhoto(ctx, tx, "where p.id = $1::uuid", c.PhotoID)
		if err != nil {
			return err
		}
		// The report first, as every act does: whoever withdraws it meanwhile has taken the photo with it.
		if _, err := actOn(ctx, tx, Deed{ID: known.ReportID, Lens: c.Lens, Decide: c.Decide}); err != nil {
			return err
		}
		if before, err = onePhoto(ctx, tx, "where p.id = $1::uuid for update", c.PhotoID); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "update photo set boxes = $2, copy = $3, public = $4 where id = $1::uuid", c.PhotoID, c.Boxes, c.Copy, c.Public)
		return err
	})
	if err != nil {
		return Photo{}, fmt.Errorf("cover photo: %w", classify(err))
	}
	return before, nil
}

// dropPhotos forgets the photos of a report that was just withdrawn. Their files cannot be opened any more.
func dropPhotos(ctx context.Context, tx pgx.Tx, before, after report.Report) error {
	if before.WithdrawnAt != nil || after.WithdrawnAt == nil {
		return nil
	}
	_, err := tx.Exec(ctx, "delete from photo where report_id = $1::uuid", after.ID)
	return err
}

// photosAtOnce bounds one page of PhotoFiles.
const photosAtOnce = 2000

// PhotoFiles hands on the names of all files that photos and incidents have, with when they were added, page by page.
func (s *Store) PhotoFiles(ctx context.Context, each func(name string, at time.Time)) error {
	type named struct {
		ID, File, Copy string
		At             time.Time
	}
	for after := noUUID; ; {
		page, err := collect(ctx, s, pgx.RowToStructByPos[named],
			`select * from (
				(select id::text as id, file, coalesce(copy, ''), added_at from photo where id > $1::uuid order by id limit $2)
				union all
				(select id::text, file, '', added_at from incident_attachment where id > $1::uuid order by id limit $2)
			) kept order by id limit $2`, after, photosAtOnce)
		if err != nil {
			return fmt.Errorf("list files of photos: %w", err)
		}
		for _, n := range page {
			each(n.File, n.At)
			if n.Copy != "" {
				each(n.Copy, n.At)
			}
			after = n.ID
		}
		if len(page) < photosAtOnce {
			return nil
		}
	}
}
