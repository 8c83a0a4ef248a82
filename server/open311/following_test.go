package open311_test

import (
	"strings"
	"testing"

	"toancanh/server/auth"
	"toancanh/server/intake"
	"toancanh/server/photo/phototest"
	"toancanh/server/report"
)

// TestTheFirstPublicPhotoIsTheMedia follows a photo from what nobody sees to its address and back.
func TestTheFirstPublicPhotoIsTheMedia(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	code := h.send(form())
	path := "/open311/v2/requests/" + code
	cover := func(n int, public bool) string {
		t.Helper()
		known, err := h.store.Report(t.Context(), code)
		must(t, err)
		list, err := h.store.Photos(t.Context(), known.ID)
		must(t, err)
		p, err := h.intake.CoverPhoto(t.Context(), intake.PhotoCover{PhotoID: list[n].ID, Public: public, May: func(report.Report) error { return nil }})
		must(t, err)
		return p.Copy
	}
	media := func(when string, want any) {
		t.Helper()
		records := h.records(path + ".json")
		if got := records[0]["media_url"]; got != want {
			t.Errorf("%s, media_url is %v, want %v", when, got, want)
		}
		a := h.get(path + ".xml")
		valid(t, "service_requests", "xml", a.body)
		if address, _ := want.(string); !strings.Contains(a.body, "<media_url>"+address+"</media_url>") {
			t.Errorf("%s: %s", when, a.body)
		}
	}
	for n := range 2 {
		_, _, err := h.intake.AddSendersPhoto(t.Context(), code, phototest.JPEG(phototest.Picture(40+n, 30)), nil)
		must(t, err)
	}
	first := cover(0, true)
	h.act(code, report.Act{Name: report.Accept}, report.Act{Name: report.Assign, Unit: "so-tnmt"})
	media("before anything is published", nil)
	h.act(code, report.Act{Name: report.Resolve, Text: "nội bộ"}, report.Act{Name: report.Publish, Text: "Đã dọn"})
	media("published", h.base+"/anh/"+first+".jpg")
	second := cover(1, true)
	media("with another beside it", h.base+"/anh/"+first+".jpg")
	cover(0, false)
	media("with the first taken back", h.base+"/anh/"+second+".jpg")
	cover(1, false)
	media("with none that is public", nil)
	cover(1, true)
	h.act(code, report.Act{Name: report.Withdraw, Reason: "lộ mặt người"})
	if a := h.get(path + ".json"); a.status != 404 {
		t.Errorf("withdrawn: %d %s", a.status, a.body)
	}
}

// TestOnlyTheSenderIsToldTheSecret sends reports in the same words as one and as another.
func TestOnlyTheSenderIsToldTheSecret(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	partner := map[string]string{"Authorization": "Bearer " + h.key(nil, auth.RightReports)}
	named := map[string]string{"Idempotency-Key": "khoa-cua-toi"}
	for _, tc := range []struct {
		name   string
		header map[string]string
		told   bool // again when it comes again
	}{
		{"whoever is not known", nil, false},
		{"who names a key of their own", named, true},
		{"a partner", partner, true},
		{"who asks for a token", map[string]string{"Prefer": "respond-async", "Idempotency-Key": "phieu"}, true},
	} {
		f := form("description", "Của "+tc.name)
		for _, again := range []bool{false, true} {
			a := h.do("POST", "/open311/v2/requests.json", f, tc.header)
			one := read[[]map[string]string](t, a)[0]
			valid(t, "sent", "json", a.body)
			_, rest, _ := strings.Cut(one["service_notice"], "/phan-anh/")
			known, err := h.store.Report(t.Context(), rest[:9])
			must(t, err)
			secret := receipts().Secret(known.ID)
			link := " " + h.base + "/phan-anh/" + known.Code + "#" + secret + " "
			if got, want := strings.Contains(one["service_notice"], link), !again || tc.told; got != want {
				t.Errorf("%s (again: %v) is told the link: %v, want %v: %s", tc.name, again, got, want, a.body)
			}
			if strings.Contains(a.header.Get("Location"), secret) || again != (a.header.Get("Idempotency-Replayed") == "true") {
				t.Errorf("%s (again: %v): %v", tc.name, again, a.header)
			}
			if !again {
				h.act(known.Code, report.Act{Name: report.Accept})
				for _, path := range []string{"requests/" + known.Code + ".json?extensions=true", "requests.xml", "tokens/" + known.ID + ".json"} {
					if got := h.get("/open311/v2/" + path); got.status != 200 || strings.Contains(got.body, secret) {
						t.Errorf("%s tells the secret or nothing: %d", path, got.status)
					}
				}
			}
		}
	}
	for _, table := range []string{"idempotency", "event", "report", "public_report", "audit"} {
		var n int
		must(t, h.db.Owner.QueryRow(t.Context(), "select count(*) from "+table+" x where x::text like '%không công khai%'").Scan(&n))
		if n != 0 {
			t.Errorf("%s keeps the notice", table)
		}
	}
}
