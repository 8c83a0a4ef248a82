package public_test

import (
	"strings"
	"testing"

	"toancanh/server/public"
)

func TestThePageForThoseWhoFollow(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(c *public.Config) { c.PushKey = "BPublicKey" })
	page := h.get("/theo-doi", map[string]string{"Accept-Encoding": "gzip"})
	if page.status != 200 || len(page.body) > pageBudget {
		t.Fatalf("status %d, %d bytes of gzip", page.status, len(page.body))
	}
	t.Logf("%d bytes of gzip", len(page.body))
	text := gunzip(t, page.body)
	holds(t, "the page", text, "DỮ LIỆU MÔ PHỎNG", `data-key="BPublicKey"`, `href="/tinh-hinh/2022/67/MT/feed.atom"`, `href="/tinh-hinh/2022/67/canh-bao/feed.atom"`,
		`href="/feed/alerts.atom"`, `<option value="24611">`, `<link rel="alternate" type="application/atom+xml"`, "không cần tài khoản")
	lacks(t, "the page", text, "page.js", `http-equiv="refresh"`) // it must not move under who fills it in
	for path, want := range map[string]string{
		"dia-ban=660&loai=MT": "/tinh-hinh/2022/660/MT/feed.atom", "dia-ban=24611&loai=canh-bao": "/tinh-hinh/2022/24611/canh-bao/feed.atom",
		"dia-ban=67&loai=": "/tinh-hinh/2022/67/feed.atom",
	} {
		a := h.get("/theo-doi/nguon-tin?"+path, nil)
		if a.status != 303 || a.header.Get("Location") != want {
			t.Errorf("%s: %d to %q, want %q", path, a.status, a.header.Get("Location"), want)
		}
		readFeed(t, h.get(want, nil))
	}
	for _, path := range []string{"dia-ban=1&loai=MT", "dia-ban=67&loai=//evil.example"} {
		if a := h.get("/theo-doi/nguon-tin?"+path, nil); a.status != 422 {
			t.Errorf("%s: status %d", path, a.status)
		}
	}
	worker := h.get("/theo-doi/worker.js", nil)
	if worker.status != 200 || !strings.HasPrefix(worker.header.Get("Content-Type"), "text/javascript") || !strings.Contains(worker.header.Get("Content-Security-Policy"), "connect-src 'self'") {
		t.Errorf("worker: %d %v", worker.status, worker.header)
	}
	english := h.get("/theo-doi", map[string]string{"Cookie": "nhin=en.0.0"}).body
	holds(t, "in English", english, "Notices in the browser", `lang="en"`)
}

func TestAClosedNetworkSaysThatPushesAreOff(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(c *public.Config) { c.PushKey = "" })
	page := h.get("/theo-doi", nil).body
	holds(t, "the page", page, "chưa bật thông báo trên trình duyệt", "Nguồn tin Atom")
	lacks(t, "the page", page, "data-key")
}
