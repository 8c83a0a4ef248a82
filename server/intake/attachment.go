package intake

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/google/uuid"

	"toancanh/server/fault"
	"toancanh/server/incident"
	"toancanh/server/photo"
	"toancanh/server/store"
)

// FileStore is what the intake needs kept of incidents' files.
type FileStore interface {
	DoIncident(ctx context.Context, d store.IncidentDeed) (incident.Done, store.Accepted, error)
}

// FileBody is a file for an incident as a door took it in.
type FileBody struct {
	Name    string
	Content []byte
	By      incident.Person
	Deed    store.IncidentDeed // ID, May, Promise and Answer; the rest is the intake's
}

// AttachFile keeps a file with an incident: pictures are made harmless as photos are, other files must be of a type on the list. The
// content is sealed beside the photos.
func (in *Intake) AttachFile(ctx context.Context, b FileBody) (incident.Done, store.Accepted, error) {
	if in.Shelf == nil || in.Shelf.Papers == nil {
		return incident.Done{}, store.Accepted{}, errNoShelf
	}
	f, content, err := in.harmless(ctx, b)
	if err != nil {
		return incident.Done{}, store.Accepted{}, err
	}
	u, err := uuid.NewV7()
	if err != nil {
		return incident.Done{}, store.Accepted{}, fault.Internal(fmt.Errorf("draw id of file: %w", err))
	}
	hash := sha256.Sum256(content)
	f.ID, f.Incident, f.Bytes, f.Hash = u.String(), b.Deed.ID, len(content), hex.EncodeToString(hash[:])
	f.At, f.By = in.Now().UTC().Truncate(time.Microsecond), b.By.ID
	lock, key, err := newLock(in.Shelf.Papers, f.ID)
	if err != nil {
		return incident.Done{}, store.Accepted{}, err
	}
	f.Key = key
	if f.File, err = in.Shelf.put(ctx, lock, content); err != nil {
		return incident.Done{}, store.Accepted{}, err
	}
	d := b.Deed
	d.File, d.Lens, d.Now = &f, in.lens, in.Now()
	d.Acts = []incident.Act{{Name: incident.Attach, By: b.By, Attachment: f.Attachment}}
	done, first, err := in.Store.DoIncident(ctx, d)
	switch {
	case err != nil:
		in.dropUnkept(ctx, f.File, err)
		return done, first, err
	case first.Repeated:
		in.Shelf.drop(ctx, f.File)
	default:
		in.Wake()
	}
	return done, first, nil
}

// harmless says what a file is and hands on what is kept of it.
func (in *Intake) harmless(ctx context.Context, b FileBody) (f store.IncidentFile, content []byte, err error) {
	if f.Name, err = incident.FileName(b.Name); err != nil {
		return f, nil, err
	}
	if len(b.Content) == 0 {
		return f, nil, fault.Invalid("content", "Tệp trống").Because("required")
	}
	if !photo.Is(b.Content) {
		f.Type, err = incident.FileType(f.Name, b.Content)
		return f, b.Content, err
	}
	header, err := photo.Look(b.Content)
	if err != nil {
		return f, nil, err
	}
	var p photo.Picture
	err = in.Shelf.decoding(ctx, header.Memory, func() (err error) { p, err = photo.Normalize(b.Content); return err })
	f.Name, f.Type = incident.PictureName(f.Name), incident.TypeJPEG
	return f, p.JPEG, err
}

// OpenFile is the content of an incident's file. Whether the caller may see it, the door has asked.
func (in *Intake) OpenFile(ctx context.Context, f store.IncidentFile) ([]byte, error) {
	if in.Shelf == nil || in.Shelf.Papers == nil {
		return nil, errNoShelf
	}
	lock, err := openLock(in.Shelf.Papers, f.ID, f.Key)
	if err != nil {
		return nil, err
	}
	return in.Shelf.read(ctx, lock, f.File)
}
