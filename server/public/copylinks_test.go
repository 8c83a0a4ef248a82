package public

import (
	"strings"
	"testing"
)

func TestLinksOfACopy(t *testing.T) {
	t.Parallel()
	page := `<link rel="alternate" href="/x/feed.atom"><a href="/">1</a><a href="/dti?lang=en#so">2</a><a href="/phan-anh">3</a>` +
		`<a href="https://example.vn/">4</a><script src="/assets/a.js" defer></script><noscript><a href="/">5</a></noscript>` +
		`<form action="/theo-doi"><input name="a"></form><svg viewBox="0 0 1 1"><a href="/dti"><path d="M0 0"/></a></svg>`
	copies := func(address string) bool { return address == "/" || address == "/dti" }
	for live, want := range map[string]string{
		"": `<a href="../../index.html">1</a><a href="../../en/dti.html#so">2</a><a>3</a><a href="https://example.vn/">4</a>` +
			`<a href="../../index.html">5</a><form><fieldset disabled><input name="a"></fieldset></form>` +
			`<svg viewBox="0 0 1 1"><a href="../../dti.html"><path d="M0 0"/></a></svg>`,
		"https://a.vn": `<link rel="alternate" href="https://a.vn/x/feed.atom"><a href="../../index.html">1</a><a href="../../en/dti.html#so">2</a>` +
			`<a href="https://a.vn/phan-anh">3</a><a href="https://example.vn/">4</a><a href="../../index.html">5</a>` +
			`<form action="https://a.vn/theo-doi"><fieldset disabled><input name="a"></fieldset></form>` +
			`<svg viewBox="0 0 1 1"><a href="../../dti.html"><path d="M0 0"/></a></svg>`,
	} {
		got, err := linker{here: "tinh-hinh/2022/660.html", live: live, copies: copies}.rewrite([]byte(page))
		if err != nil || strings.TrimSpace(string(got)) != want {
			t.Errorf("with the live side at %q: %v\n got %s\nwant %s", live, err, got, want)
		}
	}
}
