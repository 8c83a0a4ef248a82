package door

import (
	"fmt"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// TakesForm refuses a body that is no posted form, or longer than most bytes.
func TakesForm(c *fiber.Ctx, most int) error {
	media, _, _ := strings.Cut(string(c.Request().Header.ContentType()), ";")
	switch {
	case !strings.EqualFold(strings.TrimSpace(media), fiber.MIMEApplicationForm):
		return &Refusal{Status: fiber.StatusUnsupportedMediaType, Detail: "Cần Content-Type: " + fiber.MIMEApplicationForm + "."}
	case len(c.Request().Body()) > most:
		return &Refusal{Status: fiber.StatusRequestEntityTooLarge, Detail: fmt.Sprintf("Nội dung vượt quá %d KiB.", most>>10)}
	}
	return nil
}

// mostKey bounds an Idempotency-Key, in characters.
const mostKey = 255

// IdempotencyKey is the key a request names; empty when it names none. Quotes around it count for nothing: many clients
// leave them out.
func IdempotencyKey(c *fiber.Ctx) (string, error) {
	header := c.Request().Header.Peek("Idempotency-Key")
	if header == nil {
		return "", nil
	}
	text := string(header)
	if len(text) > 1 && text[0] == '"' && text[len(text)-1] == '"' {
		text = text[1 : len(text)-1]
	}
	if text == "" || len(text) > mostKey || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", &Refusal{
			Status: fiber.StatusBadRequest, Detail: fmt.Sprintf("Idempotency-Key phải có từ 1 đến %d ký tự ASCII nhìn thấy được.", mostKey),
		}
	}
	return text, nil
}
