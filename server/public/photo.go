package public

import (
	"context"
	"regexp"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/door"
	"toancanh/server/fault"
	"toancanh/server/limit"
)

// Photos opens what everybody may see.
type Photos interface {
	// PublicPhoto is the JPEG of a public copy by its name; not found when it is not public now.
	PublicPhoto(ctx context.Context, name string) ([]byte, error)
}

// photoName is what public copies are called: 128 random bits.
var photoName = regexp.MustCompile(`^[0-9a-f]{32}$`)

//nolint:gochecknoglobals // an error value
var errNoPhoto = fault.NotFound("Không có ảnh này, hoặc ảnh không còn được công khai.")

// photoKept is for how long a browser or a proxy may keep a photo: one that is taken down is gone within that.
const photoKept = "public, max-age=300, immutable"

func (s *Site) getPhoto(c *fiber.Ctx) error {
	if err := s.Frame.Limit(c, limit.Reads(), ""); err != nil {
		return err
	}
	name := c.Params("name")
	if s.Photos == nil || !photoName.MatchString(name) {
		return errNoPhoto
	}
	ctx, cancel := context.WithTimeout(c.UserContext(), answerLimit)
	defer cancel()
	content, err := s.Photos.PublicPhoto(ctx, name)
	if fault.Is(err, fault.KindNotFound) || fault.Is(err, fault.KindConflict) {
		return errNoPhoto
	}
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderCacheControl, photoKept)
	return door.SendPhoto(c, name, content)
}
