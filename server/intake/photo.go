package intake

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"toancanh/server/fault"
	"toancanh/server/photo"
	"toancanh/server/report"
	"toancanh/server/store"
)

// PhotoStore is what the intake needs kept of photos.
type PhotoStore interface {
	Report(ctx context.Context, id string) (report.Report, error)
	AddPhoto(ctx context.Context, a store.PhotoAddition) (store.Accepted, error)
	CoverPhoto(ctx context.Context, c store.PhotoCover) (before store.Photo, err error)
	Photo(ctx context.Context, id string) (store.Photo, error)
	Photos(ctx context.Context, reportID string) ([]store.Photo, error)
	PublicPhoto(ctx context.Context, name string) (store.Photo, error)
	Promised(ctx context.Context, p store.Promise) (store.Accepted, bool, error)
}

// PhotoBody is a photo as a door took it in.
type PhotoBody struct {
	ReportID string // UUID or public code
	Kind     photo.Kind
	Content  []byte // whatever was sent; what it is, its first bytes tell
	Actor    string // as the timeline names them
	OfSender bool
	Key      *Key // nil without an Idempotency-Key
	// May says why the photo may not be added to the report as it stands in the transaction; nil: it may.
	May func(report.Report) error
}

// PhotoReceipt is what whoever adds a photo gets. Bytes are those of the JPEG that is kept.
type PhotoReceipt struct {
	ID     string     `json:"id"`
	Kind   photo.Kind `json:"kind"`
	Width  int        `json:"width"`
	Height int        `json:"height"`
	Bytes  int        `json:"bytes"`
}

// AddSendersPhoto adds a photo in the name of the report's sender. Whether it is them, the door has asked.
func (in *Intake) AddSendersPhoto(ctx context.Context, reportID string, content []byte, key *Key) (answer json.RawMessage, repeated bool, err error) {
	return in.AddPhoto(ctx, PhotoBody{ReportID: reportID, Kind: photo.Scene, Content: content, Actor: report.Citizen, OfSender: true, Key: key})
}

// AddPhoto makes a photo harmless and keeps it, and answers with its PhotoReceipt after the commit. The same key with the same
// photo gets the first answer again (repeated), with another one an invalid fault.
func (in *Intake) AddPhoto(ctx context.Context, b PhotoBody) (answer json.RawMessage, repeated bool, err error) {
	if in.Shelf == nil {
		return nil, false, errNoShelf
	}
	if !b.Kind.Known() {
		return nil, false, fault.Invalid("kind", "Loại ảnh phải là scene, answer hoặc visit.").Because("unknown")
	}
	header, err := photo.Look(b.Content)
	if err != nil {
		return nil, false, err
	}
	if b.Key != nil {
		leave, err := in.running.enter(ctx, b.Key.Scope+"\x00"+b.Key.Key)
		if err != nil {
			return nil, false, err
		}
		defer leave()
		// Known already: nothing is decoded for it.
		known, ok, err := in.Store.Promised(ctx, store.Promise{Scope: b.Key.Scope, Key: b.Key.Key, BodyHash: b.Key.BodyHash})
		if err != nil || ok {
			return told(known, err)
		}
	}
	if err := in.takesPhoto(ctx, b); err != nil {
		return nil, false, err
	}
	var p photo.Picture
	err = in.Shelf.decoding(ctx, header.Memory, func() (err error) { p, err = photo.Normalize(b.Content); return err })
	if err != nil {
		return nil, false, err
	}
	return in.keepPhoto(ctx, b, p)
}

// takesPhoto says why the report takes no photo, before one is decoded for nothing.
func (in *Intake) takesPhoto(ctx context.Context, b PhotoBody) error {
	r, err := in.Store.Report(ctx, b.ReportID)
	if err != nil {
		return err
	}
	if _, _, err = in.addingPhoto(b, uuid.Nil.String())(r); err != nil {
		return err
	}
	list, err := in.Store.Photos(ctx, r.ID)
	if err != nil {
		return err
	}
	n := 0
	for _, p := range list {
		if p.OfSender == b.OfSender {
			n++
		}
	}
	return photo.CheckCount(n, b.OfSender)
}

// addingPhoto decides the act of adding a photo.
func (in *Intake) addingPhoto(b PhotoBody, id string) store.Decide {
	now := in.Now().UTC().Truncate(time.Microsecond)
	return func(r report.Report) (report.Report, report.Entry, error) {
		if b.May != nil {
			if err := b.May(r); err != nil {
				return r, report.Entry{}, err
			}
		}
		return in.Rules.Apply(r, report.Act{Name: report.AddPhoto, Actor: b.Actor, Photo: id}, now)
	}
}

// told is what a known key is answered with.
func told(known store.Accepted, err error) (json.RawMessage, bool, error) {
	if err == nil {
		err = known.Err
	}
	if err != nil {
		return nil, false, err
	}
	return json.RawMessage(known.Answer), true, nil
}

// keepPhoto puts the file on the shelf and then the photo into the store: a file without a row is swept, a row without a file
// would be a loss.
func (in *Intake) keepPhoto(ctx context.Context, b PhotoBody, p photo.Picture) (json.RawMessage, bool, error) {
	u, err := uuid.NewV7()
	if err != nil {
		return nil, false, fault.Internal(fmt.Errorf("draw photo id: %w", err))
	}
	a := store.PhotoAddition{
		Photo: store.Photo{
			ID: u.String(), ReportID: b.ReportID, Kind: b.Kind, OfSender: b.OfSender, At: in.Now().UTC().Truncate(time.Microsecond),
			Width: p.Width, Height: p.Height, Bytes: len(p.JPEG),
		},
		Lens: in.lens, Decide: in.addingPhoto(b, u.String()),
	}
	answer, err := json.Marshal(PhotoReceipt{ID: a.ID, Kind: a.Kind, Width: a.Width, Height: a.Height, Bytes: a.Bytes})
	if err != nil {
		return nil, false, fault.Internal(fmt.Errorf("encode receipt of photo: %w", err))
	}
	if b.Key != nil {
		a.Promise = &store.Promise{Scope: b.Key.Scope, Key: b.Key.Key, BodyHash: b.Key.BodyHash, Answer: string(answer)}
	}
	lock, key, err := in.Shelf.newLock(a.ID)
	if err != nil {
		return nil, false, err
	}
	a.Key = key
	if a.File, err = in.Shelf.put(ctx, lock, p.JPEG); err != nil {
		return nil, false, err
	}
	known, err := in.Store.AddPhoto(ctx, a)
	if err != nil {
		in.dropUnkept(ctx, a.File, err)
		return nil, false, err
	}
	if known.Repeated { // by another process meanwhile
		in.Shelf.drop(ctx, a.File)
		return told(known, nil)
	}
	in.Wake()
	return answer, false, nil
}

// dropUnkept removes the file of what the store refused. When the store may have kept it all the same (a connection lost at the
// commit) the file stays, and the sweep decides.
func (in *Intake) dropUnkept(ctx context.Context, file string, why error) {
	if k := fault.KindOf(why); k != fault.KindUnavailable && k != fault.KindInternal {
		in.Shelf.drop(ctx, file)
	}
}

// PhotoCover says what is covered in a photo, and whether everybody may see the copy while a result is published.
type PhotoCover struct {
	PhotoID string
	Boxes   []photo.Box
	Public  bool
	Actor   string
	May     func(report.Report) error
}

// CoverPhoto burns boxes into a copy of a photo, in place of the copy before, and returns the photo as it is then. The
// original stays sealed.
func (in *Intake) CoverPhoto(ctx context.Context, c PhotoCover) (store.Photo, error) {
	if in.Shelf == nil {
		return store.Photo{}, errNoShelf
	}
	p, err := in.Store.Photo(ctx, c.PhotoID)
	if err != nil {
		return p, err
	}
	if p.Boxes, err = photo.CheckBoxes(c.Boxes, p.Width, p.Height); err != nil {
		return p, err
	}
	r, err := in.Store.Report(ctx, p.ReportID)
	if err == nil {
		err = c.May(r)
	}
	if err != nil {
		return p, err
	}
	if p.Copy, err = in.newCopy(ctx, p); err != nil {
		return p, err
	}
	p.Public = c.Public
	act := report.Act{Name: report.RedactPhoto, Actor: c.Actor, Photo: p.ID}
	if p.Public {
		act.Copy = p.Copy
	}
	now := in.Now().UTC().Truncate(time.Microsecond)
	before, err := in.Store.CoverPhoto(ctx, store.PhotoCover{
		PhotoID: p.ID, Boxes: p.Boxes, Copy: p.Copy, Public: p.Public, Lens: in.lens,
		Decide: func(r report.Report) (report.Report, report.Entry, error) {
			if err := c.May(r); err != nil {
				return r, report.Entry{}, err
			}
			return in.Rules.Apply(r, act, now)
		},
	})
	if err != nil {
		in.dropUnkept(ctx, p.Copy, err)
		return p, err
	}
	in.Shelf.drop(ctx, before.Copy)
	in.Wake()
	return p, nil
}

// newCopy keeps another copy of the photo with its boxes burnt in.
func (in *Intake) newCopy(ctx context.Context, p store.Photo) (name string, err error) {
	kept, err := in.Shelf.open(ctx, p, p.File)
	if err != nil {
		return "", err
	}
	header, err := photo.Look(kept)
	if err != nil {
		return "", fault.Internal(err) // what was kept is ours
	}
	var copied photo.Picture
	err = in.Shelf.decoding(ctx, header.Memory, func() (err error) { copied, err = photo.Redact(kept, p.Boxes); return err })
	if err != nil {
		return "", err
	}
	lock, err := in.Shelf.lockOf(p)
	if err != nil {
		return "", err
	}
	return in.Shelf.put(ctx, lock, copied.JPEG)
}

// OpenPhoto is the JPEG of a photo, or of its copy. Whether the caller may see it, the door has asked.
func (in *Intake) OpenPhoto(ctx context.Context, p store.Photo, covered bool) ([]byte, error) {
	switch {
	case in.Shelf == nil:
		return nil, errNoShelf
	case !covered:
		return in.Shelf.open(ctx, p, p.File)
	case p.Copy == "":
		return nil, fault.NotFound("Ảnh này chưa có bản đã che.").Because("no_copy")
	}
	return in.Shelf.open(ctx, p, p.Copy)
}

// PublicPhoto is the JPEG of a copy that everybody may see now.
func (in *Intake) PublicPhoto(ctx context.Context, name string) ([]byte, error) {
	if in.Shelf == nil {
		return nil, errNoShelf
	}
	p, err := in.Store.PublicPhoto(ctx, name)
	if err != nil {
		return nil, err
	}
	return in.OpenPhoto(ctx, p, true)
}

// filesOf are the files of a report's photos, for when it has been withdrawn. What is not known now the sweep finds.
func (in *Intake) filesOf(ctx context.Context, id string) []string {
	if in.Shelf == nil {
		return nil
	}
	r, err := in.Store.Report(ctx, id)
	if err != nil {
		return nil
	}
	list, err := in.Store.Photos(ctx, r.ID)
	if err != nil {
		return nil
	}
	var names []string
	for _, p := range list {
		names = append(names, p.File, p.Copy)
	}
	return names
}
