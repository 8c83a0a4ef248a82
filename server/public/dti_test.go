package public_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"toancanh/server/dti"
	"toancanh/server/store"
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
	if n := strings.Count(page.body, "chưa có số liệu"); n < 9+98 {
		t.Errorf("%d of nine indices and 98 components say that they have no value", n)
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

func TestThePageOfTheIndexShowsWhatWasEnteredWithItsEvidence(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	evidence := dti.Evidence{
		Title: "Báo cáo <2022>", Issuer: "Bộ TT&TT", Number: "1/BC-BTTTT", Reference: "https://dti.gov.vn/xep-hang-2022", Dated: "2023-07-12",
	}
	enter := func(code string, x, most float64) dti.Entry {
		return dti.Entry{Key: dti.Key{Area: "67", Scheme: "922-2022", Year: 2022, Code: code}, Value: x, Most: most, Evidence: evidence}
	}
	list := []dti.Entry{enter("7.1", 8.5, 10), enter("7.2", 0, 4.25)}
	list[0].Name = "Cổng dịch vụ công"
	list[1].Evidence = dti.Evidence{Title: "Phiếu tự đánh giá", Issuer: "UBND tỉnh", Reference: "Văn thư Sở, hồ sơ 12", Dated: "2023-02-01"}
	for code, x := range map[string]float64{"1": 1, "2": 0.9, "3": 0.8253, "4": 0.8487, "5": 0.7578, "8": 0.7836, "9": 0.5197} {
		list = append(list, enter(code, x, 1))
	}
	elsewhere := enter("8", 0.1111, 1)
	elsewhere.Area = "68"
	kept, err := h.store.AddDTI(t.Context(), append(list, elsewhere), "person:nguoi-nhap-kin", time.Now())
	must(t, err)
	h.wait(func() bool { return strings.Contains(h.get("/dti", nil).body, "7 trên 8 chỉ số chính") })
	page := h.get("/dti", nil).body
	holds(t, "the page", page, "2/22", "8,5 trên 10 điểm", "0 trên 4,25 điểm", "Cổng dịch vụ công", "0,8253", "Báo cáo &lt;2022&gt;. Bộ TT&amp;TT, 1/BC-BTTTT, 12/07/2023.",
		`href="https://dti.gov.vn/xep-hang-2022"`, "Văn thư Sở, hồ sơ 12", "chưa có số liệu", `id="mc-2"`, "DỮ LIỆU MÔ PHỎNG")
	for _, secret := range []string{"nguoi-nhap-kin", "0,1111", `id="mc-3"`} {
		if strings.Contains(page, secret) {
			t.Errorf("the page tells %q", secret)
		}
	}
	_, err = h.store.AddDTI(t.Context(), []dti.Entry{enter("7", 0.8575, 1)}, "person:1", time.Now())
	must(t, err)
	h.wait(func() bool { return strings.Contains(h.get("/dti", nil).body, "tính theo công thức là 0,8002") })
	holds(t, "in English", h.get("/dti?lang=en", nil).body, "the index by the formula is 0.8002", "evidence 1", "2/22", "8.5 of 10 points")
	w, err := h.store.WithdrawDTI(t.Context(), store.DTIEntry{
		Entry: dti.Entry{Key: kept[2].Key, Replaces: kept[2].N}, Reason: "Lý do nội bộ", At: time.Now(), By: "person:1",
	})
	must(t, err)
	h.wait(func() bool { return strings.Contains(h.get("/dti", nil).body, "7 trên 8 chỉ số chính") })
	if page := h.get("/dti", nil).body; strings.Contains(page, "Lý do nội bộ") || w.N == 0 {
		t.Error("the page tells why a value was withdrawn")
	}
}
