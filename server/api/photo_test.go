package api_test

import (
	"bytes"
	"fmt"
	"image/jpeg"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"toancanh/server/access"
	"toancanh/server/auth"
	"toancanh/server/intake"
	"toancanh/server/limit"
	"toancanh/server/photo"
	"toancanh/server/photo/folder"
	"toancanh/server/photo/phototest"
)

// newShelf keeps photos in a directory of the test's own.
func (h *house) newShelf(sealer *auth.Sealer) {
	h.photos = filepath.Join(h.t.TempDir(), "photos")
	files, err := folder.Open(h.photos, time.Now)
	must(h.t, err)
	h.shelf = intake.NewShelf(intake.ShelfConfig{
		Files: files, Rows: h.store, Sealer: sealer, Papers: sealer, Quota: 64 << 20, Now: time.Now, Log: slog.New(slog.NewJSONHandler(h.log, nil)), Metrics: h.metrics,
	})
}

// files lists the files of photos.
func (h *house) files() []string {
	h.t.Helper()
	var list []string
	must(h.t, filepath.WalkDir(h.photos, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			list = append(list, path)
		}
		return err
	}))
	return list
}

// secrets derive what only the sender of a report has from a key.
// receipts are those of every house here.
var receipts = auth.NewReceipts(bytes.Repeat([]byte{5}, 32))

// sends hands a photo in as the sender of a report; header may name more.
func (h *house) sends(r receipt, raw []byte, header map[string]string) answer {
	h.t.Helper()
	all := map[string]string{"Content-Type": "image/jpeg", "Report-Secret": receipts.Secret(r.ID)}
	maps.Copy(all, header)
	return h.do(call{method: "POST", path: "/api/v1/reports/" + r.Code + "/photos", body: raw, header: all})
}

// hands hands a photo in as one of the staff.
func (v *visitor) hands(r receipt, query string, raw []byte) answer {
	v.h.t.Helper()
	return v.h.do(call{
		method: "POST", path: "/api/v1/reports/" + r.ID + "/photos" + query, body: raw,
		header: map[string]string{"Cookie": v.cookie, "X-Toancanh": "1", "Content-Type": "image/png"},
	})
}

type photoAnswer struct {
	ID, Kind             string
	Width, Height, Bytes int
}

type photosAnswer struct {
	Photos []struct {
		photoAnswer
		By, Address string
		Boxes       []photo.Box
		Public      bool
	}
}

func (v *visitor) lists(r receipt) photosAnswer {
	v.h.t.Helper()
	return read[photosAnswer](v.h.t, v.try("GET", "/api/v1/reports/"+r.ID+"/photos", nil), 200)
}

func cover(public bool, boxes ...photo.Box) map[string]any {
	return map[string]any{"boxes": append([]photo.Box{}, boxes...), "public": public}
}

// planted is what a telephone's picture holds beside its pixels.
func planted() [][]byte {
	return [][]byte{phototest.Latitude(), phototest.Longitude(), []byte(phototest.Camera), []byte(phototest.Comment), []byte(phototest.Behind)}
}

func TestAPhotoOfASenderIsKeptSealedAndShownToTheStaff(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	r := h.post("Rác bên đường")
	raw := phototest.Phone(phototest.Picture(640, 320), 6)
	for _, word := range planted() {
		if !bytes.Contains(raw, word) {
			t.Fatalf("%q is not planted", word)
		}
	}
	key := map[string]string{"Idempotency-Key": `"p-1"`}
	first := h.sends(r, raw, key)
	got := read[photoAnswer](t, first, 201)
	if got.Kind != "scene" || got.Width != 320 || got.Height != 640 || got.Bytes == 0 || len(got.ID) != 36 {
		t.Errorf("answer %s", first.body)
	}
	again := h.sends(r, raw, key)
	if string(again.body) != string(first.body) || again.status != 201 || again.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("the same key again: %d %s", again.status, again.body)
	}
	if p := problem(t, h.sends(r, phototest.JPEG(phototest.Picture(9, 9)), key), 422); p.Type != "/problems/idempotency-reuse" {
		t.Errorf("the same key with another photo: %+v", p)
	}

	operator := h.as(access.Operator, district())
	list := operator.lists(r)
	if len(list.Photos) != 1 || list.Photos[0].ID != got.ID || list.Photos[0].By != "sender" || list.Photos[0].Boxes != nil || list.Photos[0].Public || list.Photos[0].Address != "" {
		t.Fatalf("list %+v", list)
	}
	shown := operator.try("GET", "/api/v1/photos/"+got.ID, nil)
	checkPhoto(t, shown, "no-store")
	if len(shown.body) != got.Bytes {
		t.Errorf("%d bytes are shown, %d were told", len(shown.body), got.Bytes)
	}
	known := read[struct {
		Report struct {
			Photos int
			Status string
		}
		Acts []struct{ Act, Actor, Photo string }
	}](t, operator.try("GET", "/api/v1/reports/"+r.ID, nil), 200)
	if last := known.Acts[len(known.Acts)-1]; known.Report.Photos != 1 || known.Report.Status != "moi" || len(known.Acts) != 2 ||
		last.Act != "add_photo" || last.Actor != "citizen" || last.Photo != got.ID {
		t.Errorf("report %+v", known)
	}

	// What the telephone knew is nowhere, and the picture itself lies in no file that could be looked at.
	kept := shown.body
	files := h.files()
	if len(files) != 1 {
		t.Fatalf("files %v", files)
	}
	sealed, err := os.ReadFile(files[0])
	must(t, err)
	if bytes.Contains(sealed, kept[:64]) || bytes.Contains(sealed, kept[len(kept)-64:]) {
		t.Error("the file is not sealed")
	}
	rows := h.text(`select coalesce(string_agg(x, ' '), '') from (select row_to_json(photo)::text x from photo union all select data from event
		union all select row_to_json(report_act)::text from report_act union all select row_to_json(audit)::text from audit
		union all select answer from idempotency) rows`)
	if !strings.Contains(rows, got.ID) {
		t.Fatal("the rows were not looked at")
	}
	for _, word := range planted() {
		for name, where := range map[string][]byte{
			"what is shown": kept, "the file": sealed, "the database": []byte(rows), "the log": []byte(h.log.String()), "the answer": first.body,
		} {
			if bytes.Contains(where, word) {
				t.Errorf("%s holds %q", name, word)
			}
		}
	}
	if strings.Contains(h.log.String(), receipts.Secret(r.ID)) {
		t.Error("the log holds the secret")
	}
}

// text is one value of the database.
func (h *house) text(query string, args ...any) string {
	h.t.Helper()
	var text string
	must(h.t, h.db.Owner.QueryRow(h.t.Context(), query, args...).Scan(&text))
	return text
}

// checkPhoto holds an answer to what every photo is sent with.
func checkPhoto(t *testing.T, a answer, kept string) {
	t.Helper()
	if _, err := jpeg.Decode(bytes.NewReader(a.body)); err != nil || a.status != 200 {
		t.Fatalf("status %d, %v: %.200s", a.status, err, a.body)
	}
	for name, want := range map[string]string{
		"Content-Type": "image/jpeg", "X-Content-Type-Options": "nosniff", "Cache-Control": kept,
		"Content-Disposition": "attachment; filename=", "Content-Security-Policy": "; sandbox",
	} {
		if got := a.header.Get(name); !strings.Contains(got, want) {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestACopyIsCoveredPublishedAndForgotten(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	r := h.post("Rác bên đường")
	id := read[photoAnswer](t, h.sends(r, phototest.JPEG(phototest.Picture(400, 300)), nil), 201).ID
	lead, operator := h.as(access.ShiftLead, district()), h.as(access.Operator, district())
	path := "/api/v1/photos/" + id + "/redaction"
	if p := problem(t, operator.try("GET", "/api/v1/photos/"+id+"?copy=1", nil), 404); !strings.Contains(p.Detail, "chưa có") {
		t.Errorf("a copy before there is one: %+v", p)
	}
	// The box reaches over the edge; it is clamped.
	type covered struct {
		Boxes   []photo.Box
		Public  bool
		Address string
	}
	first := read[covered](t, operator.try("PUT", path, cover(true, photo.Box{X: 300, Y: 200, W: 500, H: 500})), 200)
	if diff := cmp.Diff(covered{[]photo.Box{{X: 300, Y: 200, W: 100, H: 100}}, true, ""}, first); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	whole, copied := operator.try("GET", "/api/v1/photos/"+id, nil), operator.try("GET", "/api/v1/photos/"+id+"?copy=1", nil)
	checkPhoto(t, copied, "no-store")
	if bytes.Equal(whole.body, copied.body) {
		t.Error("the copy is the original")
	}
	name := h.text("select copy from photo where id = $1", id)
	publicNow := func() string {
		return h.text("select coalesce((select array_to_string(photos, ' ') from public_report where code = $1), '')", r.Code)
	}

	key := h.key("reports")
	for i, act := range []map[string]any{
		{"act": "accept"}, {"act": "assign", "unit": "so-xd"}, {"act": "resolve", "text": "Đã dọn"}, {"act": "publish", "text": "Đã dọn sạch"},
	} {
		if i > 0 && publicNow() != "" {
			t.Errorf("before %s the public sees %s", act["act"], publicNow())
		}
		a := h.do(call{method: "POST", path: "/api/v1/reports/" + r.ID + "/acts", body: act, key: key})
		if a.status != 200 {
			t.Fatalf("%v: %d %s", act, a.status, a.body)
		}
	}
	if got := publicNow(); got != "/anh/"+name+".jpg" {
		t.Errorf("published, the public sees %q", got)
	}
	if list := operator.lists(r); list.Photos[0].Address != "/anh/"+name+".jpg" {
		t.Errorf("list %+v", list)
	}
	// What everybody would see at once takes the right to publish; to hide it again does not.
	problem(t, operator.try("PUT", path, cover(true)), 403)
	second := read[covered](t, lead.try("PUT", path, cover(true)), 200)
	if second.Address == "" || second.Address == "/anh/"+name+".jpg" || publicNow() != second.Address {
		t.Errorf("another copy is seen at %q, the public is told %q", second.Address, publicNow())
	}
	if files := h.files(); len(files) != 2 {
		t.Errorf("the copy before is still there: %v", files)
	}
	read[covered](t, operator.try("PUT", path, cover(false)), 200)
	if publicNow() != "" {
		t.Errorf("hidden, the public sees %s", publicNow())
	}
	audited := h.text(`select string_agg(what || ':' || result, ' ' order by id) from audit where what in ('act.add_photo', 'act.redact_photo')`)
	if audited != "act.add_photo:done act.redact_photo:done act.redact_photo:refused act.redact_photo:done act.redact_photo:done" {
		t.Errorf("the audit has %s", audited)
	}

	a := lead.try("POST", "/api/v1/reports/"+r.ID+"/acts", map[string]any{"act": "withdraw", "reason": "Lộ mặt người"})
	if a.status != 200 {
		t.Fatalf("withdrawal: %s", a.body)
	}
	if files := h.files(); len(files) != 0 || h.text("select count(*)::text from photo") != "0" {
		t.Errorf("after the withdrawal are left %v", files)
	}
	problem(t, lead.try("GET", "/api/v1/photos/"+id, nil), 404)
	if list := lead.lists(r); len(list.Photos) != 0 {
		t.Errorf("list %+v", list)
	}
	if p := problem(t, h.sends(r, phototest.WebP(), map[string]string{"Content-Type": "image/webp"}), 409); !hasReason(p.Errors, "withdrawn") {
		t.Errorf("a photo of a withdrawn report: %+v", p)
	}
}

func TestWhoHandsInSeesAndCoversPhotos(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	r := h.post("Rác bên đường")
	key := h.key("reports")
	for _, act := range []map[string]any{{"act": "accept"}, {"act": "assign", "unit": "so-xd"}} {
		if a := h.do(call{method: "POST", path: "/api/v1/reports/" + r.ID + "/acts", body: act, key: key}); a.status != 200 {
			t.Fatalf("%v: %s", act, a.body)
		}
	}
	h.person("dau", access.Scope{}, access.Administrator) // from now on nobody is the desk for nothing
	small := phototest.PNG(phototest.Picture(8, 8))
	png := map[string]string{"Content-Type": "image/png"}

	// A stranger, a wrong secret and a report that is not there are told apart by nobody.
	problem(t, h.do(call{method: "POST", path: "/api/v1/reports/" + r.Code + "/photos", body: small, header: png}), 401)
	wrong := problem(t, h.sends(r, small, map[string]string{"Report-Secret": receipts.Secret("another")}), 404)
	none := problem(t, h.sends(receipt{ID: r.ID, Code: "AAAA-BBBB"}, small, nil), 404)
	if wrong.Detail != none.Detail || !strings.Contains(wrong.Detail, "mã bí mật") {
		t.Errorf("wrong secret: %q, no report: %q", wrong.Detail, none.Detail)
	}
	if p := problem(t, h.do(call{method: "POST", path: "/api/v1/reports/" + r.ID + "/photos?kind=answer", body: small, header: map[string]string{
		"Content-Type": "image/png", "Report-Secret": receipts.Secret(r.ID),
	}}), 422); !hasFault(p, "kind", "not_yours") {
		t.Errorf("an answer of the sender: %+v", p)
	}
	read[photoAnswer](t, h.sends(r, small, png), 201)
	// A team on site hands in what it saw, and a partner everything.
	team := h.as(access.CommunityTeam, district())
	if got := read[photoAnswer](t, team.hands(r, "?kind=visit", small), 201); got.Kind != "visit" {
		t.Errorf("a visit is kept as %+v", got)
	}
	a := h.do(call{method: "POST", path: "/api/v1/reports/" + r.ID + "/photos?kind=answer", body: small, key: key, header: png})
	if got := read[photoAnswer](t, a, 201); got.Kind != "answer" {
		t.Errorf("an answer is kept as %+v", got)
	}
	// By its name the act is not there for anybody.
	if p := problem(t, h.do(call{method: "POST", path: "/api/v1/reports/" + r.ID + "/acts", body: map[string]any{"act": "add_photo"}, key: key}), 422); !hasFault(p, "act", "unknown") {
		t.Errorf("an act without a photo: %+v", p)
	}
}

// photos asks for everything about the photos of a report, of which id is one, and holds each answer to the table.
func (w walker) photos(t *testing.T, r receipt, id string, o access.Object) {
	t.Helper()
	for kind, action := range map[string]access.Action{"scene": "act.add_photo", "answer": "act.add_photo", "visit": access.SendVisitPhoto} {
		// What cannot be read is refused after the right was asked, and adds nothing.
		w.expect(t, "handing in "+kind, w.hands(r, "?kind="+kind, []byte("rác")), w.may(action, o), action, 404)
	}
	reading := w.may(access.ReadReport, o)
	w.expect(t, "listing photos", w.try("GET", "/api/v1/reports/"+r.ID+"/photos", nil), reading, access.ReadReport, 404)
	w.expect(t, "looking at a photo", w.try("GET", "/api/v1/photos/"+id, nil), reading, access.ReadReport, 404)
	// Whoever may is told what is wrong with the box, and nothing changes.
	outside := w.try("PUT", "/api/v1/photos/"+id+"/redaction", cover(false, photo.Box{X: 900, Y: 900, W: 5, H: 5}))
	w.expect(t, "covering a photo", outside, w.may("act.redact_photo", o), "act.redact_photo", 404)
}

// hasReason reports whether one of the faults has a reason.
func hasReason[F any](faults []F, reason string) bool {
	return strings.Contains(fmt.Sprintf("%+v", faults), "Reason:"+reason)
}

func TestAPhotoThatIsNotTakenIsRefusedInWords(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	r := h.post("Rác bên đường")
	small := phototest.JPEG(phototest.Picture(8, 8))
	bomb := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR\x77\x35\x94\x00\x77\x35\x94\x00\x08\x06\x00\x00\x00\x00\x00\x00\x00"), make([]byte, 20_000)...)
	for name, one := range map[string]struct {
		raw    []byte
		header map[string]string
		status int
		reason string
	}{
		"a page":                     {[]byte("<script>alert(1)</script>"), map[string]string{"Content-Type": "text/html"}, 415, ""},
		"an SVG that says JPEG":      {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`), nil, 422, "format"},
		"a PNG of 2e9 by 2e9 pixels": {bomb, nil, 422, "too_many_pixels"},
		"half a picture":             {small[:300], nil, 422, "unreadable"},
		"nothing":                    {[]byte{}, nil, 422, "required"},
		"a compressed picture":       {small, map[string]string{"Content-Encoding": "gzip"}, 415, ""},
		"a key that is none":         {small, map[string]string{"Idempotency-Key": "a b"}, 400, ""},
	} {
		p := problem(t, h.sends(r, one.raw, one.header), one.status)
		if p.Detail == "" || one.reason != "" && !hasFault(p, "photo", one.reason) {
			t.Errorf("%s: %+v", name, p)
		}
	}
	if h.text("select count(*)::text from photo") != "0" || len(h.files()) != 0 {
		t.Errorf("something of it was kept: %v", h.files())
	}

	// Only the head is sent: who sends the body too may find the connection cut before the answer is read.
	for _, path := range []string{"/photos", "/x/photos", "/acts"} {
		head := fmt.Sprintf("POST /api/v1/reports/%s%s HTTP/1.1\r\nHost: a\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n", r.Code, path, map[bool]int{true: photo.MaxBytes, false: 256 << 10}[path == "/photos"]+1)
		if answer := h.raw(head); !strings.Contains(answer, "413") || !strings.Contains(answer, "application/problem+json") {
			t.Errorf("more than the wire may take, to %s: %.200q", path, answer)
		}
	}

	h.shelf.Quota = 10
	full := h.sends(r, small, nil)
	if p := problem(t, full, 503); !hasReason(p.Errors, "photos_full") || full.header.Get("Retry-After") == "" {
		t.Errorf("beyond the quota: %+v", p)
	}
	h.shelf.Quota = 1 << 20
	for range photo.MostOfSender {
		read[photoAnswer](t, h.sends(r, small, nil), 201)
	}
	if p := problem(t, h.sends(r, small, nil), 409); !hasReason(p.Errors, "most_photos") {
		t.Errorf("one more than five: %+v", p)
	}
	operator := h.as(access.Operator, district())
	id := read[photoAnswer](t, operator.hands(r, "", small), 201).ID
	for name, one := range map[string]struct {
		body          any
		field, reason string
	}{
		"no boxes":          {map[string]any{"public": true}, "boxes", "required"},
		"nothing of public": {map[string]any{"boxes": []any{}}, "public", "required"},
		"a box of nothing":  {cover(false, photo.Box{X: 1, Y: 1}), "boxes", "out_of_range"},
		"a box outside":     {cover(false, photo.Box{X: 8, Y: 1, W: 5, H: 5}), "boxes", "outside"},
		"a box without x":   {map[string]any{"public": false, "boxes": []any{map[string]any{"y": 1, "w": 1, "h": 1}}}, "boxes.x", "required"},
	} {
		if p := problem(t, operator.try("PUT", "/api/v1/photos/"+id+"/redaction", one.body), 422); !hasFault(p, one.field, one.reason) {
			t.Errorf("%s: %+v", name, p)
		}
	}
	problem(t, operator.try("GET", "/api/v1/photos/"+id+"?copy=2", nil), 422)
	problem(t, operator.try("GET", "/api/v1/photos/none", nil), 404)
	metrics, err := h.metrics.Gather()
	must(t, err)
	for _, m := range metrics {
		if m.GetName() == "toancanh_photos_refused_total" && m.GetMetric()[0].GetCounter().GetValue() != 1 {
			t.Errorf("refused for want of room: %v", m.GetMetric())
		}
	}
}

// TestWhoIsUnknownPaysForWhatWeReadInVain sends large bodies without a right to, and looks at who is slowed.
func TestWhoIsUnknownPaysForWhatWeReadInVain(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real, limited)
	r := h.post("Rác bên đường")
	lead := h.as(access.ShiftLead, district())
	large := append(phototest.JPEG(phototest.Picture(8, 8)), make([]byte, 11<<20)...)
	stranger := func(body []byte) answer {
		return h.do(call{method: "POST", path: "/api/v1/reports/" + r.Code + "/photos", body: body, header: map[string]string{"Content-Type": "image/jpeg"}})
	}
	left := limit.Photos().Burst
	for _, body := range [][]byte{large[:2048], large, large} {
		problem(t, stranger(body), 401)
		left -= 1 + len(body)>>20
	}
	a := h.sends(r, large, map[string]string{"Report-Secret": receipts.Secret("another")})
	problem(t, a, 404)
	if left -= 1 + len(large)>>20; policy(a) != "photos" || !strings.HasPrefix(a.header.Get("RateLimit"), fmt.Sprintf(`"photos";r=%d;`, left)) {
		t.Errorf("counted as %q, want %d left", a.header.Get("RateLimit"), left)
	}
	// Who is taken pays for one, whatever it weighs; beyond the burst nobody of this network is, and who is known still is.
	small := phototest.JPEG(phototest.Picture(8, 8))
	read[photoAnswer](t, h.sends(r, append(small, make([]byte, 3<<20)...), nil), 201)
	problem(t, stranger(large), 429)
	problem(t, h.sends(r, small, nil), 429)
	read[photoAnswer](t, lead.hands(r, "", phototest.PNG(phototest.Picture(8, 8))), 201)
}
