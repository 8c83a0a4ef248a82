package public

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/door"
	"toancanh/server/fault"
	"toancanh/server/intake"
	"toancanh/server/limit"
	"toancanh/server/photo"
)

// Bounds of a form with photos. The parser's own bounds on parts and their headers hold beside them.
const (
	mostPhotos = 3  // of one form
	mostParts  = 40 // fields and files, known or not
	mostWires  = mostPhotos*photo.MaxBytes + mostForm
)

// photoField is the name of the forms' input for photos.
const photoField = "photo"

// filled is what a posted form holds.
type filled struct {
	typed  map[string]string
	photos [][]byte // as they were sent; one that is too large is cut one byte above the bound
}

// readForm reads a posted form, with photos or without; of a field that is given twice the first counts.
func readForm(c *fiber.Ctx, fields []string) (filled, error) {
	f := filled{typed: map[string]string{}}
	media, parameters, err := mime.ParseMediaType(string(c.Request().Header.ContentType()))
	if err != nil || media != fiber.MIMEMultipartForm {
		if err := door.TakesForm(c, mostForm); err != nil {
			return f, err
		}
		for _, name := range fields {
			f.typed[name] = string(c.Request().PostArgs().Peek(name))
		}
		return f, nil
	}
	for _, name := range fields {
		f.typed[name] = ""
	}
	body, boundary := c.Request().Body(), parameters["boundary"]
	if boundary == "" || !bytes.HasSuffix(bytes.TrimRight(body, "\r\n"), []byte("--"+boundary+"--")) { // the parser takes a form that breaks off for whole
		return f, errBrokenForm(nil)
	}
	return f, f.readParts(multipart.NewReader(bytes.NewReader(body), boundary))
}

// readParts reads the fields that are known and the photos. Nothing is put on a disk.
func (f *filled) readParts(parts *multipart.Reader) error {
	given, room := map[string]bool{}, mostForm
	for range mostParts {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return errBrokenForm(err)
		}
		name := part.FormName()
		if name == photoField {
			if err := f.readPhoto(part); err != nil {
				return err
			}
			continue
		}
		text, err := io.ReadAll(io.LimitReader(part, int64(room)+1))
		if err != nil {
			return errBrokenForm(err)
		}
		if room -= len(text); room < 0 {
			return &door.Refusal{Status: fiber.StatusRequestEntityTooLarge, Detail: fmt.Sprintf("Nội dung vượt quá %d KiB.", mostForm>>10)}
		}
		if _, known := f.typed[name]; known && !given[name] {
			given[name], f.typed[name] = true, string(text)
		}
	}
	return errBrokenForm(nil)
}

func errBrokenForm(err error) error {
	return &door.Refusal{Status: fiber.StatusBadRequest, Detail: "Nội dung của mẫu không đọc được.", Err: err}
}

// readPhoto reads one photo. Where none was chosen a browser sends an empty one.
func (f *filled) readPhoto(part io.Reader) error {
	content, err := io.ReadAll(io.LimitReader(part, photo.MaxBytes+1))
	if err != nil {
		return errBrokenForm(err)
	}
	if len(content) > 0 {
		f.photos = append(f.photos, content)
	}
	return nil
}

// hash is that of the fields. Photos are not among them: the words sent again with a photo more are the same report.
func (f filled) hash(fields []string) [sha256.Size]byte {
	whole := sha256.New()
	for _, name := range fields {
		_, _ = fmt.Fprintf(whole, "%s %d %s\n", name, len(f.typed[name]), f.typed[name])
	}
	return [sha256.Size]byte(whole.Sum(nil))
}

// photoTaken is the word for a photo that was kept, among the reasons why others were not.
const photoTaken = "ok"

// addPhotos adds the photos of a form to their report, each by itself, and says of each in their order whether it was taken:
// photoTaken, or the reason. The same photo of the same report is kept once.
func (s *Site) addPhotos(c *fiber.Ctx, code string, photos [][]byte) []string {
	said := make([]string, 0, len(photos))
	for i, content := range photos {
		if i >= mostPhotos {
			said = append(said, "too_many")
			continue
		}
		err := s.addPhoto(c, code, content)
		if k := fault.KindOf(err); err != nil && (k == fault.KindInternal || k == fault.KindUnavailable) {
			s.Log.WarnContext(c.UserContext(), "photo of a form was not kept", slog.Any("err", err))
		}
		said = append(said, whyNot(err))
	}
	return said
}

func (s *Site) addPhoto(c *fiber.Ctx, code string, content []byte) error {
	if err := s.Frame.Limit(c, limit.Photos(), ""); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(c.UserContext(), answerLimit)
	defer cancel()
	hash := sha256.Sum256(content)
	key := &intake.Key{Scope: "sender POST /phan-anh/:code/anh " + code, Key: hex.EncodeToString(hash[:]), BodyHash: hash[:]}
	_, _, err := s.Intake.AddSendersPhoto(ctx, code, content, key)
	return err
}

// photoWhys are the reasons that the page has words for.
func photoWhys() []string {
	return []string{
		photoTaken, "too_many", "too_large", "too_many_pixels", "too_many_scans", "too_much_memory", "format", "unreadable", "most_photos",
		"no_photos", "photos_full", "rate_limited", "not_lawful", "later",
	}
}

// whyNot is the reason why a photo was not taken, as its page says it.
func whyNot(err error) string {
	if err == nil {
		return photoTaken
	}
	for _, e := range fault.Items(err) {
		if slices.Contains(photoWhys(), e.Reason) {
			return e.Reason
		}
	}
	if fault.Is(err, fault.KindConflict) {
		return "not_lawful"
	}
	return "later"
}

// photoNote is what became of the nth photo of a form.
type photoNote struct {
	N   int
	Why string
}

// OK reports whether it was taken.
func (n photoNote) OK() bool { return n.Why == photoTaken }

// notesOf reads what an address says of photos: "ok,format". Nothing but our own words is shown of it.
func notesOf(text string) []photoNote {
	if text == "" {
		return nil
	}
	var notes []photoNote
	for i, word := range strings.SplitN(text, ",", mostParts) {
		if slices.Contains(photoWhys(), word) {
			notes = append(notes, photoNote{i + 1, word})
		}
	}
	return notes
}

// withNotes adds to an address what became of photos.
func withNotes(address string, said []string) string {
	if len(said) == 0 {
		return address
	}
	joint := "?"
	if strings.Contains(address, "?") {
		joint = "&"
	}
	return address + joint + "anh=" + strings.Join(said, ",")
}
