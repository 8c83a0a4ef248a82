package api

import (
	"context"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/view"
)

// longestPreview is how many characters of a text can be previewed: as many as any text of an act may have.
const longestPreview = 4000

// postRedaction answers with what the public would read of a text. It keeps nothing.
func (a *API) postRedaction(_ context.Context, c *fiber.Ctx) error {
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	text := o.text("text")
	if utf8.RuneCountInString(text) > longestPreview {
		o.wrong("text", "too_long", "Tối đa 4.000 ký tự.")
	}
	if err := o.done(); err != nil {
		return err
	}
	redacted := view.Redact(text)
	return send(c, fiber.StatusOK, map[string]any{"text": redacted, "hidden": view.Hidden(redacted) - view.Hidden(text)})
}
