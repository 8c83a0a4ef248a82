package public_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/door"
	"toancanh/server/limit"
	"toancanh/server/public"
	"toancanh/server/store"
)

// neighbour is another site of a house, with no connection, that reads nothing or always fails with err.
type neighbour struct {
	t   *testing.T
	app *fiber.App
}

type failing struct{ err error }

func (f failing) Picture(context.Context, string) (store.PublicPicture, error) {
	return store.PublicPicture{}, f.err
}

// newNeighbour makes one whose address /hong/<status> is refused with the status. Whoever asks it often is slowed.
func newNeighbour(t *testing.T, h *house, err error) *neighbour {
	t.Helper()
	c := h.site.Config
	frame := door.New(door.Config{Log: slog.New(slog.DiscardHandler), Now: time.Now, Limits: limit.New(limit.Config{Now: time.Now})})
	app := fiber.New(frame.AppConfig())
	frame.Install(app)
	app.Get("/hong/:status", func(c *fiber.Ctx) error {
		status, err := strconv.Atoi(c.Params("status"))
		must(t, err)
		return &door.Refusal{Status: status}
	})
	c.Frame, c.Pictures = frame, failing{err}
	site, err := public.New(c)
	must(t, err)
	site.Routes(app)
	background(t, site.Run)
	return &neighbour{t, app}
}

func (n *neighbour) get(path string, header map[string]string) answer {
	n.t.Helper()
	r := httptest.NewRequest("GET", path, nil)
	for name, text := range header {
		r.Header.Set(name, text)
	}
	res, err := n.app.Test(r, -1)
	must(n.t, err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	must(n.t, err)
	return answer{res.StatusCode, res.Header, string(raw)}
}

func TestAnErrorSpeaksTheReadersLanguageInTheirLook(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	n := newNeighbour(t, h, errBroken)
	vietnamese := regexp.MustCompile(`[ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]`)
	main := regexp.MustCompile(`(?s)<main.*</main>`)
	for _, status := range []int{400, 401, 403, 404, 405, 406, 408, 409, 413, 415, 422, 429, 431, 500, 501, 503} {
		path := fmt.Sprintf("/hong/%d", status)
		a := n.get(path, map[string]string{"Accept": "text/html", "Cookie": "a=b; nhin=en.+.1"})
		if a.status != status || a.header.Get("Content-Language") != "en" {
			t.Errorf("%d: answered with %d in %q", status, a.status, a.header.Get("Content-Language"))
		}
		holds(t, path+" in English", a.body, `<html lang="en" class="high large">`, "Error "+strconv.Itoa(status))
		if words := vietnamese.FindString(strings.ToLower(main.FindString(a.body))); words != "" {
			t.Errorf("%d: the English page says %q: %s", status, words, main.FindString(a.body))
		}
		a = n.get(path, map[string]string{"Accept": "text/html"})
		if a.header.Get("Content-Language") != "vi" || !strings.Contains(a.body, `<html lang="vi">`) {
			t.Errorf("%d: without a wish it is in %q", status, a.header.Get("Content-Language"))
		}
	}
	own := n.get("/tinh-hinh/2022/1", map[string]string{"Accept": "text/html", "Cookie": "nhin=en.0.0"})
	holds(t, "what only one problem says", own.body, "<h1>Not found</h1>", `<p lang="vi">`)
	slowed := func() answer {
		for range 2 * limit.Reads().Burst {
			if a := n.get("/hieu-qua", map[string]string{"Accept": "text/html", "Cookie": "nhin=en.0.1"}); a.status == 429 {
				return a
			}
		}
		t.Fatal("nobody is slowed")
		return answer{}
	}()
	holds(t, "who asks too often reads", slowed.body, `<html lang="en" class="high">`, "Too many requests")
}

// Nothing on a page moves without a script unless the reader asked for it, and they can stop it (WCAG 2.2.2).
func TestAPageReloadsByItselfOnlyForWhoWantsThat(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const reloads = `http-equiv="refresh"`
	page := h.get("/", nil).body
	if strings.Contains(page, reloads) {
		t.Error("the page reloads by itself")
	}
	holds(t, "the page", page, `<a href="/">Tải lại trang</a>`, `<a href="/?tulai=bat">`)
	on := h.get("/?tulai=bat", map[string]string{"Cookie": "nhin=en.+.1"})
	if kept := on.header.Get("Set-Cookie"); on.status != 303 || !strings.HasPrefix(kept, "nhin=en.+.1.1;") {
		t.Errorf("turned on: %d, %q", on.status, kept)
	}
	wanted := map[string]string{"Cookie": "nhin=vi.0.0.1"}
	holds(t, "who turned it on reads", h.get("/", wanted).body, reloads, `<a href="/?tulai=tat">`)
	if kept := h.get("/?tulai=tat", wanted).header.Get("Set-Cookie"); !strings.HasPrefix(kept, "nhin=vi.0.0;") {
		t.Errorf("turned off: %q", kept)
	}
	for _, path := range []string{"/hieu-qua", "/dti", "/du-lieu"} {
		if strings.Contains(h.get(path, wanted).body, reloads) {
			t.Errorf("%s reloads, and cannot be stopped there", path)
		}
	}
}

// While the database is away a warning ends by its own time.
func TestAWarningEndsOnAPageThatIsOld(t *testing.T) {
	t.Parallel()
	w := &weather{}
	var ahead atomic.Int64
	now := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	h := newHouse(t, func(c *public.Config) { w.Pictures, c.Pictures, c.Now = c.Pictures, w, now })
	begin := time.Now()
	warn := func(p *store.PublicPicture) {
		p.Warnings = nil
		for name, life := range map[string]time.Duration{"Lũ trên sông": time.Hour, "Cháy rừng": 3 * time.Hour} {
			p.Warnings = append(p.Warnings, store.WarningInForce{ID: name, Headline: name, Event: name, Severity: "Severe", Areas: []string{"67"}, Effective: begin, Expires: begin.Add(life)})
		}
	}
	w.change.Store(&warn)
	h.wait(func() bool { return strings.Contains(h.get("/", nil).body, "Lũ trên sông") })
	w.gone.Store(true)
	h.wait(func() bool { return strings.Contains(h.get("/", nil).body, "SỐ LIỆU CŨ") })
	if n := strings.Count(h.get("/", nil).body, `<li class="warned">`); n != 2 {
		t.Errorf("%d warnings are in force, want 2", n)
	}
	ahead.Store(int64(2 * time.Hour))
	h.wait(func() bool { return strings.Contains(h.get("/", nil).body, "Đã hết hạn lúc") })
	page := h.get("/", nil).body
	end := begin.Add(time.Hour).In(h.site.Location).Format("15:04 02/01/2006")
	holds(t, "the old page", page, "SỐ LIỆU CŨ", "Cảnh báo đã hết hạn", `<li class="ended"><p><strong lang="vi">Lũ trên sông`, "<span>Đã hết hạn lúc</span> <time datetime=",
		">"+end+"<", `<li class="warned"><p><strong lang="vi">Cháy rừng`, "1 cảnh báo")
	if strings.Contains(page, "2 cảnh báo") {
		t.Error("the summary counts a warning that has ended")
	}
	ahead.Store(int64(4 * time.Hour))
	h.wait(func() bool { return !strings.Contains(h.get("/", nil).body, `<li class="warned">`) })
	holds(t, "when all have ended", h.get("/", nil).body, "các cảnh báo đã biết đều đã hết hạn")
}
