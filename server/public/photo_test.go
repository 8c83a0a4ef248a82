package public_test

import (
	"image/jpeg"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"toancanh/server/auth"
	"toancanh/server/intake"
	"toancanh/server/photo"
	"toancanh/server/photo/folder"
	"toancanh/server/photo/phototest"
	"toancanh/server/report"
	"toancanh/server/store"
)

// newShelf keeps photos in a directory of the test's own.
func newShelf(t *testing.T, rows *store.Store, sealer *auth.Sealer) *intake.Shelf {
	t.Helper()
	files, err := folder.Open(filepath.Join(t.TempDir(), "photos"), time.Now)
	must(t, err)
	return intake.NewShelf(intake.ShelfConfig{
		Files: files, Rows: rows, Sealer: sealer, Quota: 64 << 20, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
}

func TestAPhotoIsPublicWhileItsResultIs(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	code := h.report(report.Point{Lat: 12.007, Lon: 107.696})
	acts := func(list ...report.Act) {
		t.Helper()
		for _, a := range list {
			h.act(code, a)
		}
	}
	_, _, err := h.intake.AddSendersPhoto(t.Context(), code, phototest.Phone(phototest.Picture(320, 240), 1), nil)
	must(t, err)
	known, err := h.store.Report(t.Context(), code)
	must(t, err)
	list, err := h.store.Photos(t.Context(), known.ID)
	must(t, err)
	cover := func(public bool) string {
		t.Helper()
		p, err := h.intake.CoverPhoto(t.Context(), intake.PhotoCover{
			PhotoID: list[0].ID, Boxes: []photo.Box{{X: 200, Y: 150, W: 100, H: 80}}, Public: public, May: func(report.Report) error { return nil },
		})
		must(t, err)
		return p.Copy
	}
	gone := func(when, name string) {
		t.Helper()
		if a := h.get("/anh/"+name+".jpg", nil); a.status != 404 || a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: status %d, %.100q", when, a.status, a.body)
		}
	}
	hidden := cover(false)
	first := cover(true)
	gone("never marked public", hidden)
	gone("before anything is published", first)
	acts(report.Act{Name: report.Accept}, report.Act{Name: report.Assign, Unit: "so-xd"}, report.Act{Name: report.Resolve, Text: "Đã dọn"})
	gone("before it is approved", first)
	acts(report.Act{Name: report.Publish, Text: "Đã dọn sạch"})

	shown := h.get("/anh/"+first+".jpg", nil)
	if _, err := jpeg.Decode(strings.NewReader(shown.body)); err != nil || shown.status != 200 {
		t.Fatalf("status %d, %v", shown.status, err)
	}
	for name, want := range map[string]string{
		"Content-Type": "image/jpeg", "X-Content-Type-Options": "nosniff", "Cache-Control": "public, max-age=300, immutable",
		"Content-Disposition": `attachment; filename="` + first + `.jpg"`, "Cross-Origin-Resource-Policy": "same-origin",
	} {
		if got := shown.header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if policy := shown.header.Get("Content-Security-Policy"); !strings.HasSuffix(policy, "; sandbox") || !strings.Contains(policy, "default-src 'none'") {
		t.Errorf("policy %q", policy)
	}
	for _, planted := range [][]byte{phototest.Latitude(), phototest.Longitude(), []byte(phototest.Camera), []byte(phototest.Comment), []byte(phototest.Behind)} {
		if strings.Contains(shown.body, string(planted)) {
			t.Errorf("everybody sees %q", planted)
		}
	}
	for name, path := range map[string]string{
		"the file of the original": "/anh/" + list[0].File + ".jpg", "the photo's id": "/anh/" + list[0].ID + ".jpg", "another kind": "/anh/" + first + ".png",
		"no kind": "/anh/" + first, "the folder": "/anh/", "large letters": "/anh/" + strings.ToUpper(first) + ".jpg", "a way out": "/anh/..%2f" + first + ".jpg",
	} {
		if a := h.get(path, nil); a.status != 404 {
			t.Errorf("%s: status %d", name, a.status)
		}
	}
	second := cover(true)
	gone("covered anew", first)
	if a := h.get("/anh/"+second+".jpg", nil); a.status != 200 {
		t.Errorf("the new copy: status %d", a.status)
	}
	seen, err := h.store.Report(t.Context(), code)
	must(t, err)
	if len(seen.PublicPhotos) != 1 || seen.PublicPhotos[0] != (report.PublicPhoto{Photo: list[0].ID, Copy: second}) {
		t.Errorf("the report knows %v", seen.PublicPhotos)
	}
	acts(report.Act{Name: report.Reopen, Reason: "Vẫn còn"})
	gone("the result was taken down", second)
	acts(report.Act{Name: report.Assign, Unit: "so-yt"}, report.Act{Name: report.Resolve, Text: "Dọn lại"}, report.Act{Name: report.Publish, Text: "Đã dọn lại"})
	if a := h.get("/anh/"+second+".jpg", nil); a.status != 200 {
		t.Errorf("published again: status %d", a.status)
	}
	acts(report.Act{Name: report.Withdraw, Reason: "Lộ mặt người"})
	gone("withdrawn", second)
}

func TestWhatIsNotCoveredIsShownByNoDoor(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r, _ := h.sendForm(h.fill(nil), phototest.Phone(phototest.Picture(320, 240), 1))
	known, err := h.store.Report(t.Context(), r.code)
	must(t, err)
	staff := intake.PhotoBody{ReportID: r.code, Kind: photo.Answer, Actor: "test", Content: phototest.JPEG(phototest.Picture(200, 100))}
	_, _, err = h.intake.AddPhoto(t.Context(), staff)
	must(t, err)
	list, err := h.store.Photos(t.Context(), known.ID)
	must(t, err)
	planted := []string{known.ID, phototest.Camera, phototest.Comment, phototest.Behind, string(phototest.Latitude())}
	for _, p := range list {
		original, err := h.intake.OpenPhoto(t.Context(), p, false)
		must(t, err)
		planted = append(planted, p.ID, p.File, string(original[len(original)/2:len(original)/2+32]))
	}
	page := "/phan-anh/" + r.code
	doors := []string{"/", "/tinh-hinh/2022/" + known.Area, "/tinh-hinh/2022/" + known.Area + "/feed.atom", page, page + "/feed.atom", "/phan-anh?ma=" + r.code, "/phan-anh"}
	for _, p := range list {
		doors = append(doors, "/anh/"+p.ID+".jpg", "/anh/"+p.File+".jpg")
	}
	// each looks through every door, as everybody and as the sender.
	each := func(when string, look func(door string, a answer)) {
		t.Helper()
		for _, door := range doors {
			for _, cookie := range []string{"", r.cookie} {
				a := h.get(door, map[string]string{"Cookie": cookie})
				for _, never := range planted {
					if strings.Contains(a.body, never) {
						t.Errorf("%s, %s holds %.40q", when, door, never)
					}
				}
				look(door, a)
			}
		}
	}
	none := func(door string, a answer) {
		t.Helper()
		if strings.Contains(a.body, "/anh/") || strings.HasPrefix(door, "/anh/") && a.status != 404 {
			t.Errorf("%s shows a photo (status %d)", door, a.status)
		}
	}
	const result = "Đã dọn sạch trước chợ"
	h.handled(r.code, result)
	onPages := func(words string) bool {
		return strings.Contains(h.get("/tinh-hinh/2022/"+known.Area, nil).body, words)
	}
	h.wait(func() bool { return onPages(result) })
	each("published, nothing covered", none)
	told := func(when string) {
		t.Helper()
		if n := h.count("select count(*) from event where data like '%/anh/%'"); n != 0 {
			t.Errorf("%s, %d events tell an address", when, n)
		}
	}
	told("published, nothing covered")
	cover := func(p store.Photo, public bool) string {
		t.Helper()
		p, err := h.intake.CoverPhoto(t.Context(), intake.PhotoCover{
			PhotoID: p.ID, Boxes: []photo.Box{{W: p.Width, H: p.Height}}, Public: public, May: func(report.Report) error { return nil },
		})
		must(t, err)
		return p.Copy
	}
	hidden := cover(list[0], false)
	doors = append(doors, "/anh/"+hidden+".jpg")
	each("covered and not marked public", none)
	told("covered and not marked public")
	doors = doors[:len(doors)-1]
	// The result first, so that the order on the page is not that of covering.
	after, before := cover(list[1], true), cover(list[0], true)
	each("covered", func(door string, a answer) {
		if strings.HasPrefix(door, "/anh/") {
			none(door, a)
		}
	})
	h.wait(func() bool { return strings.Count(h.get(page, nil).body, `<img src="/anh/`) == 2 }) // strangers see what has left
	shown := h.get(page, nil).body
	holds(t, "the page", shown, `<img src="/anh/`+before+`.jpg" alt="Trước khi xử lý, ảnh 1. Phần riêng tư đã che." loading="lazy"><figcaption>Trước khi xử lý, ảnh 1</figcaption>`,
		`<img src="/anh/`+after+`.jpg" alt="Sau khi xử lý, ảnh 1. Phần riêng tư đã che."`)
	if strings.Index(shown, before) > strings.Index(shown, after) {
		t.Error("what was done stands before what was seen")
	}
	doors = append(doors, "/anh/"+before+".jpg", "/anh/"+after+".jpg")
	h.act(r.code, report.Act{Name: report.Withdraw, Reason: "Lộ mặt người"})
	h.wait(func() bool { return !onPages(result) })
	each("withdrawn", none)
	told("withdrawn")
}
