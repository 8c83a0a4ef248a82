package door

import (
	"github.com/gofiber/fiber/v2"
)

// SendPhoto answers with a JPEG that no browser takes for anything else: it names its type and no other is guessed, it is a
// file to keep and no page, and opened by itself it may do nothing. Whether it may be kept, the caller says.
func SendPhoto(c *fiber.Ctx, name string, content []byte) error {
	c.Set(fiber.HeaderContentType, "image/jpeg")
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="`+name+`.jpg"`)
	c.Set(fiber.HeaderContentSecurityPolicy, PolicyNone+"; sandbox")
	return c.Send(content)
}
