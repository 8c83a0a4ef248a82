package public_test

import (
	"regexp"
	"strings"
	"testing"
)

func TestThePageOfTheIndexSaysWhatWasPublishedAndNoMore(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	page := h.get("/dti", nil)
	for _, want := range []string{
		"hạng 49 năm 2022, hạng 41 năm 2021, hạng 54 năm 2020", "thấp hơn là tốt hơn", "922/QĐ-BTTTT", "405/QĐ-BKHCN", "Chưa có cấu trúc", "887,83",
		"529,76", "dti.gov.vn/xep-hang-2022", "nguồn không nêu",
	} {
		if !strings.Contains(page.body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page.body, "DỮ LIỆU MÔ PHỎNG") {
		t.Error("published figures are called simulated")
	}
	if strings.Contains(page.body, "<polyline") {
		t.Error("years of unconfirmed schemes are joined")
	}
	if n := strings.Count(page.body, "chưa có số liệu"); n < 9 {
		t.Errorf("%d of nine indices say that they have no value", n)
	}
	// Rank 1 is at the top: the better rank of 2021 is drawn above that of 2020.
	at := regexp.MustCompile(`<circle cx="\d+" cy="(\d+)"`).FindAllStringSubmatch(page.body, -1)
	if len(at) != 3 || at[1][1] >= at[0][1] {
		t.Errorf("the points are drawn at %v", at)
	}
	if english := h.get("/dti?lang=en", nil).body; !strings.Contains(english, "lower is better") || !strings.Contains(english, "887.83") {
		t.Error("the page is not in English")
	}
	small := h.get("/dti", map[string]string{"Accept-Encoding": "gzip"})
	if len(small.body) > pageBudget {
		t.Errorf("%d bytes of gzip, at most %d are allowed", len(small.body), pageBudget)
	}
}
