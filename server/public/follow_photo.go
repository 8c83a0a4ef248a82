package public

import (
	"context"
	"slices"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/fault"
	"toancanh/server/follow"
	"toancanh/server/limit"
	"toancanh/server/photo"
)

// shot is a public photo on the page of its report: the nth of its kind.
type shot struct {
	Address string
	Kind    photo.Kind
	N       int
}

// shots are the photos that everybody may see, from what the sender saw to what was done.
func shots(sight follow.Sight) []shot {
	var list []shot
	for _, kind := range []photo.Kind{photo.Scene, photo.Visit, photo.Answer} {
		n := 0
		for _, address := range sight.Photos {
			if sight.Shows[address] == kind {
				n++
				list = append(list, shot{address, kind, n})
			}
		}
	}
	return list
}

// takeNotes puts on the page what became of photos. Only their sender is told.
func (p *followPage) takeNotes(text string) {
	if !p.Sender {
		return
	}
	p.Added = notesOf(text)
	p.NotTaken = slices.ContainsFunc(p.Added, func(n photoNote) bool { return !n.OK() })
}

//nolint:gochecknoglobals // error values
var (
	errNoMorePhotos  = fault.Conflict("Phản ánh này không nhận thêm ảnh.").Because("not_lawful")
	errNothingChosen = fault.Invalid("photo", "Chưa chọn ảnh.").Because("required")
)

// postPhotos adds photos of the report's sender, and leads back to the page, which says of each what became of it.
func (s *Site) postPhotos(c *fiber.Ctx) error {
	f, _, err := s.readFollowed(c)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(c.UserContext(), answerLimit)
	defer cancel()
	sight, err := s.Follow.Look(ctx, f.code, f.secret)
	switch {
	case fault.Is(err, fault.KindNotFound), err == nil && !sight.Sender:
		return s.Frame.Wasted(c, limit.Photos(), s.Frame.Guessed(c, errNoReport))
	case err != nil:
		return err
	case s.Photos == nil || !slices.Contains(sight.May, "photo"):
		return s.sendFollow(c, f, errNoMorePhotos)
	case len(f.photos) == 0:
		return s.sendFollow(c, f, errNothingChosen)
	}
	return c.Redirect(withNotes("/phan-anh/"+f.code, s.addPhotos(c, f.code, f.photos)), fiber.StatusSeeOther)
}
