package public_test

import (
	"strings"
	"testing"

	"toancanh/server/public"
)

func TestThePageOfOpenDataLeadsToThem(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(c *public.Config) {
		c.OpenData = public.OpenData{
			Base: "/open/", Licence: "CC BY", URL: "https://example.org/by", PerMinute: 6001, CostlyPerMinute: 301,
			Sets: []public.OpenSet{{ID: "rain", Title: [2]string{"Mưa", "Rain"}, Text: [2]string{"Mưa ở đâu.", "Where it rains."}, Formats: []string{"json", "csv"}}},
		}
	})
	page := h.get("/du-lieu", nil)
	for _, want := range []string{
		"<dt>Mưa <code>rain</code><dd>Mưa ở đâu.", `href="/open/rain.json"`, `href="/open/rain.csv?bom=1&amp;limit=1000"`, `href="/open/schema/rain.json"`, `href="/open/catalogue"`,
		`<a class="tall" href="https://example.org/by" lang="en">CC BY</a>`, "6001", "301", "DỮ LIỆU MÔ PHỎNG", `url = "/open/results.json?limit=1000"`,
	} {
		if !strings.Contains(page.body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page.body, "http-equiv") || strings.Contains(page.body, "page.js") {
		t.Error("a page that does not change is fetched again and again")
	}
	if english := h.get("/du-lieu?lang=en", nil).body; !strings.Contains(english, "<dt>Rain <code>rain</code><dd>Where it rains.") || !strings.Contains(english, "Spreadsheet") {
		t.Error("the page is not in English")
	}
	if small := h.get("/du-lieu", map[string]string{"Accept-Encoding": "gzip"}); small.status != 200 || len(small.body) > pageBudget {
		t.Errorf("status %d, %d bytes of gzip, at most %d are allowed", small.status, len(small.body), pageBudget)
	}
	if front := h.get("/", nil).body; !strings.Contains(front, `<a href="/du-lieu">`) {
		t.Error("the front page does not lead to it")
	}
}
