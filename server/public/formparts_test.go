package public_test

import (
	"bytes"
	"fmt"
	"maps"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
	"testing"

	"toancanh/server/photo"
	"toancanh/server/photo/phototest"
	"toancanh/server/public"
	"toancanh/server/report"
)

// parts is a form with files as a browser without a script sends it, under a boundary of its own each time.
func parts(t *testing.T, form url.Values, files ...[]byte) (body []byte, kind string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for name, values := range form {
		for _, v := range values {
			must(t, w.WriteField(name, v))
		}
	}
	for i, file := range files {
		name := fmt.Sprintf("Canary ảnh %d.jpg", i)
		if len(file) == 0 {
			name = "" // nothing was chosen
		}
		part, err := w.CreatePart(textproto.MIMEHeader{
			"Content-Disposition": {fmt.Sprintf(`form-data; name="photo"; filename="%s"`, name)}, "Content-Type": {"image/jpeg"},
		})
		must(t, err)
		_, err = part.Write(file)
		must(t, err)
	}
	must(t, w.Close())
	return b.Bytes(), w.FormDataContentType()
}

// sendParts posts a body as it is, from a page of our own.
func (h *house) sendParts(path string, body []byte, header map[string]string) answer {
	h.t.Helper()
	all := map[string]string{"Sec-Fetch-Site": "same-origin"}
	maps.Copy(all, header)
	return h.do(http.MethodPost, path, body, all)
}

// sendForm posts a form with files, and says what report it leads to and what the address tells of the photos.
func (h *house) sendForm(form url.Values, files ...[]byte) (r sent, told string) {
	h.t.Helper()
	body, kind := parts(h.t, form, files...)
	a := h.sendParts("/phan-anh", body, map[string]string{"Content-Type": kind})
	path, query, _ := strings.Cut(a.header.Get("Location"), "?moi=1")
	code, ok := strings.CutPrefix(path, "/phan-anh/")
	if a.status != 303 || !ok {
		h.t.Fatalf("status %d, Location %q: %s", a.status, a.header.Get("Location"), a.body)
	}
	secret := h.cookieOf(a, code)
	return sent{code, secret, "giu=" + secret}, strings.TrimPrefix(query, "&anh=")
}

// kept is how many photos of its sender a report has.
func (h *house) kept(code string) int {
	h.t.Helper()
	r, err := h.store.Report(h.t.Context(), code)
	must(h.t, err)
	return r.Photos
}

func (h *house) count(query string) (n int) {
	h.t.Helper()
	must(h.t, h.db.Owner.QueryRow(h.t.Context(), query).Scan(&n))
	return n
}

func TestAFormBringsItsPhotosWithoutAScript(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	holds(t, "the form", h.get("/phan-anh", nil).body, `enctype="multipart/form-data"`, `name="photo" type="file" accept="image/*" multiple`)
	form := h.fill(map[string]string{"description": "Rác, có ảnh", "name": "Canary Lê Thị Mận"})
	good, broken := phototest.Phone(phototest.Picture(64, 48), 1), []byte("<svg xmlns='http://www.w3.org/2000/svg'/>")
	r, told := h.sendForm(form, good, broken, nil)
	if told != "ok,format" {
		t.Errorf("of the photos it says %q", told)
	}
	known, err := h.store.Report(t.Context(), r.code)
	must(t, err)
	if known.Description != "Rác, có ảnh" || known.Source != report.FromForm || !known.HasContact || known.Photos != 1 {
		t.Errorf("stored %+v", known)
	}
	page := "/phan-anh/" + r.code
	mine := h.get(page+"?moi=1&anh="+told, map[string]string{"Cookie": r.cookie})
	holds(t, "the receipt", mine.body, "Ảnh thứ 1 đã được nhận", "Ảnh thứ 2 chưa được nhận: chỉ nhận ảnh JPEG", `action="`+page+`/anh"`, `<a href="#anh">`, r.secret)
	lacks(t, "the receipt", mine.body, "Canary")
	holds(t, "the receipt in English", h.get(page+"?moi=1&lang=en&anh="+told, map[string]string{"Cookie": r.cookie}).body, "Photo 2 was not received: only JPEG")
	stranger := h.get(page+"?moi=1&anh="+told+",<b>", nil)
	lacks(t, "a stranger's page", stranger.body, "Ảnh thứ", page+"/anh")

	t.Run("pressing the button twice makes neither a second report nor a second photo", func(t *testing.T) {
		again, told := h.sendForm(form, good, broken, nil)
		if again.code != r.code || told != "ok,format" || h.kept(r.code) != 1 {
			t.Errorf("report %s with %d photos (%s), want %s with 1", again.code, h.kept(again.code), told, r.code)
		}
	})
	t.Run("the same words with another photo are the same report", func(t *testing.T) {
		again, told := h.sendForm(form, good, phototest.PNG(phototest.Picture(32, 32)))
		if again.code != r.code || told != "ok,ok" || h.kept(r.code) != 2 {
			t.Errorf("report %s with %d photos (%s), want %s with 2", again.code, h.kept(again.code), told, r.code)
		}
	})
	t.Run("other words are another report", func(t *testing.T) {
		form.Set("description", "Chuyện khác")
		if other, _ := h.sendForm(form, good); other.code == r.code {
			t.Error("two tales are one report")
		}
	})
	t.Run("what is wrong keeps the words and asks for the photos again", func(t *testing.T) {
		body, kind := parts(t, h.fill(map[string]string{"category": "", "description": "Giữ lời"}), good)
		a := h.sendParts("/phan-anh", body, map[string]string{"Content-Type": kind})
		if a.status != 422 {
			t.Errorf("status %d", a.status)
		}
		holds(t, "the form", a.body, "Giữ lời", "Xin chọn lại ảnh", `aria-describedby="photo-wrong photo-note"`)
	})
	if n := h.count("select count(*) from report"); n != 2 {
		t.Errorf("%d reports are kept, want 2", n)
	}
}

func TestPhotosOfAFormHaveTheirBounds(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	large := append(phototest.JPEG(phototest.Picture(16, 16)), make([]byte, photo.MaxBytes)...)
	small := func(n int) []byte { return phototest.PNG(phototest.Picture(8+n, 8)) }
	r, told := h.sendForm(h.fill(nil), large, small(1), small(2), small(3), small(4))
	if told != "too_large,ok,ok,too_many,too_many" || h.kept(r.code) != 2 {
		t.Errorf("%q, %d photos kept", told, h.kept(r.code))
	}
	// The head alone is sent: who sends the body too may find the connection cut before the answer is read.
	for path, want := range map[string]string{"/phan-anh": "413", "/phan-anh/" + r.code + "/anh": "413", "/phan-anh/" + r.code + "/bo-sung": "413"} {
		head := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: %d\r\n\r\n", path, 3*photo.MaxBytes+(128<<10))
		if got := h.raw(head); !strings.Contains(got, want) {
			t.Errorf("%s: %.100q", path, got)
		}
	}
	form := h.fill(map[string]string{"address": strings.Repeat("x", 70<<10)})
	body, kind := parts(t, form)
	for name, one := range map[string]struct {
		body   []byte
		kind   string
		status int
	}{
		"words without end":  {body, kind, 413},
		"half a form":        {body[:200], kind, 400},
		"no boundary":        {[]byte("x"), "multipart/form-data", 400},
		"a form within JSON": {[]byte("{}"), "application/json", 415},
	} {
		if a := h.sendParts("/phan-anh", one.body, map[string]string{"Content-Type": one.kind}); a.status != one.status {
			t.Errorf("%s: status %d, want %d", name, a.status, one.status)
		}
	}
	many := url.Values{}
	for i := range 50 {
		many.Set(fmt.Sprint("x", i), "y")
	}
	body, kind = parts(t, many)
	if a := h.sendParts("/phan-anh", body, map[string]string{"Content-Type": kind}); a.status != 400 {
		t.Errorf("parts without end: status %d", a.status)
	}
	if n := h.count("select count(*) from report"); n != 1 {
		t.Errorf("%d reports are kept, want 1", n)
	}
	bare := newHouse(t, func(c *public.Config) { c.Photos = nil })
	lacks(t, "the form of a house without photos", bare.get("/phan-anh", nil).body, `type="file"`, "multipart")
}

func TestASenderAddsAPhotoOnThePage(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.sendReport(nil)
	page := "/phan-anh/" + r.code
	add := func(cookie string, files ...[]byte) answer {
		t.Helper()
		body, kind := parts(t, nil, files...)
		return h.sendParts(page+"/anh", body, map[string]string{"Content-Type": kind, "Cookie": cookie})
	}
	picture := func(n int) []byte { return phototest.JPEG(phototest.Picture(8+8*n, 8)) }
	holds(t, "the sender's page", h.get(page, map[string]string{"Cookie": r.cookie}).body, `action="`+page+`/anh" enctype="multipart/form-data"`)
	for name, cookie := range map[string]string{"nobody": "", "a guesser": "giu=AAAAAAAAAAAAAAAAAAAAAA"} {
		if a := add(cookie, picture(1)); a.status != 404 || h.kept(r.code) != 0 {
			t.Errorf("%s: status %d, %d photos", name, a.status, h.kept(r.code))
		}
	}
	if a := add(r.cookie, nil); a.status != 422 || !strings.Contains(a.body, "Chưa chọn ảnh") || !strings.Contains(a.body, `aria-invalid="true"`) {
		t.Errorf("nothing chosen: status %d", a.status)
	}
	for i, want := range []string{"ok,ok,ok", "ok,ok,most_photos"} {
		a := add(r.cookie, picture(3*i), picture(3*i+1), picture(3*i+2))
		if a.status != 303 || a.header.Get("Location") != page+"?anh="+want {
			t.Errorf("status %d, Location %q", a.status, a.header.Get("Location"))
		}
	}
	if n := h.kept(r.code); n != 5 {
		t.Errorf("%d photos are kept, want 5", n)
	}
	h.act(r.code, report.Act{Name: report.Refuse, Reason: "Không đủ căn cứ"})
	lacks(t, "the page of a refused report", h.get(page, map[string]string{"Cookie": r.cookie}).body, page+"/anh")
	if a := add(r.cookie, picture(9)); a.status != 409 || !strings.Contains(a.body, "không nhận thêm ảnh") {
		t.Errorf("of a refused report: status %d", a.status)
	}
}
