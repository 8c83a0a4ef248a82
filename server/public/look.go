package public

import (
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
)

// look is how a reader wants pages: language, size of letters, contrast, and whether a page reloads by itself where no script
// runs. The zero look is Vietnamese, usual, usual, no.
type look struct {
	English bool
	Size    int // -1, 0, 1
	High    bool
	Reload  bool
}

const (
	lookCookie = "nhin"
	lookLife   = 365 * 24 * time.Hour
)

// String is the look as its cookie holds it.
func (l look) String() string {
	parts := []string{"vi", "0", "0"}
	if l.English {
		parts[0] = "en"
	}
	switch l.Size {
	case -1:
		parts[1] = "-"
	case 1:
		parts[1] = "+"
	}
	if l.High {
		parts[2] = "1"
	}
	if l.Reload {
		parts = append(parts, "1")
	}
	return strings.Join(parts, ".")
}

func parseLook(text string) look {
	var l look
	parts := strings.Split(text, ".")
	const usual, most = 3, 4
	if len(parts) < usual || len(parts) > most {
		return l
	}
	l.English = parts[0] == "en"
	switch parts[1] {
	case "-":
		l.Size = -1
	case "+":
		l.Size = 1
	}
	l.High = parts[2] == "1"
	l.Reload = len(parts) == most && parts[usual] == "1"
	return l
}

// lookOf reads how the reader wants the page from the cookie, and what they ask to change from the query. What they
// change is kept in the cookie: no script is needed. moved is true when they pressed one of the buttons, whose
// parameters should not stay in the address.
func (s *Site) lookOf(c *fiber.Ctx) (l look, moved bool) {
	l = parseLook(c.Cookies(lookCookie))
	before := l
	switch c.Query("lang") {
	case "en":
		l.English = true
	case "vi":
		l.English = false
	}
	switch c.Query("co") {
	case "nho":
		l.Size, moved = -1, true
	case "vua":
		l.Size, moved = 0, true
	case "to":
		l.Size, moved = 1, true
	}
	switch c.Query("tuongphan") {
	case "tang":
		l.High, moved = true, true
	case "giam":
		l.High, moved = false, true
	}
	switch c.Query("tulai") {
	case "bat":
		l.Reload, moved = true, true
	case "tat":
		l.Reload, moved = false, true
	}
	if l != before {
		c.Cookie(&fiber.Cookie{
			Name: lookCookie, Value: l.String(), Path: "/", MaxAge: int(lookLife / time.Second), HTTPOnly: true,
			SameSite: fiber.CookieSameSiteLaxMode, Secure: s.Frame.HTTPS(c.Context()),
		})
	}
	return l, moved
}
