//go:build e2e

package e2e_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"toancanh/server/photo/phototest"
)

// withPassword is the address of a database with a planted password in it, which the database itself does not ask for.
func withPassword(t *testing.T, address, password string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(u.User.Username(), password)
	return u.String()
}

// plantInPhoto has the sender of a report add a photo as a telephone leaves it, and staff cover it for everybody.
func (p *planting) plantInPhoto(receipt answer) {
	p.t.Helper()
	var r struct{ Code, Secret string }
	if err := receipt.into(nil, "report", &r); err != nil {
		p.t.Fatal(err)
	}
	raw := phototest.Phone(phototest.Picture(320, 240), 6)
	for _, word := range []string{"a photo's camera", "a photo's comment", "behind a photo"} {
		if !bytes.Contains(raw, []byte(p.words[word])) {
			p.t.Fatalf("the photo has no %s: nothing is planted", word)
		}
	}
	a, err := p.s.api().send(http.MethodPost, "/api/v1/reports/"+r.Code+"/photos", http.Header{"Content-Type": {"image/jpeg"}, "Report-Secret": {r.Secret}}, raw)
	if err != nil || a.status != http.StatusCreated {
		p.t.Fatalf("a photo: %d %.300s %v", a.status, a.body, err)
	}
	var kept struct{ ID string }
	if err := json.Unmarshal(a.body, &kept); err != nil {
		p.t.Fatal(err)
	}
	p.answers = append(p.answers, a)
	p.must(request{http.MethodPut, "/api/v1/photos/" + kept.ID + "/redaction", fields{"boxes": []fields{{"x": 10, "y": 10, "w": 20, "h": 20}}, "public": true}, http.StatusOK})
}

// publicPhoto finds the address of the photo on the page of its report, and looks at the picture.
func (p *planting) publicPhoto() string {
	p.t.Helper()
	a, err := p.s.api().get("/phan-anh/" + p.codes[0])
	if err != nil {
		p.t.Fatal(err)
	}
	address := regexp.MustCompile(`/anh/[0-9A-Za-z_-]+\.jpg`).FindString(plain(p.t, a))
	if address == "" {
		p.t.Fatal("the page of the report shows no photo: nothing is looked at")
	}
	picture, err := p.s.api().get(address)
	if err != nil || picture.status != http.StatusOK || bytes.Contains(picture.body, []byte("Exif")) ||
		bytes.Contains(picture.body, phototest.Latitude()) || bytes.Contains(picture.body, phototest.Longitude()) {
		p.t.Errorf("%s: %d, %d bytes, which must be a picture that knows nothing of where it was taken (%v)", address, picture.status, len(picture.body), err)
	}
	return address
}

// plantTooMuch announces bodies beyond what is taken, and sends headers beyond it and trailers, as bytes: a client of Go sends
// no such thing.
func (p *planting) plantTooMuch() {
	p.t.Helper()
	words := p.words["citizen's words"] + " " + p.words["citizen's phone"]
	tooLong := func(path, kind string) string {
		return "POST " + path + " HTTP/1.1\r\nHost: a\r\nContent-Type: " + kind + "\r\nContent-Length: 9000000\r\n\r\n" + words
	}
	for what, raw := range map[string]string{
		"a long sign-in":      tooLong("/api/v1/session?x="+url.QueryEscape(words), "application/json"),
		"a long subscription": tooLong("/api/v1/subscriptions", "application/json"),
		"a length beyond all": "POST /api/v1/reports?q=" + url.QueryEscape(words) + " HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n" + words,
		"headers beyond all":  "GET / HTTP/1.1\r\nHost: a\r\nX-A: " + strings.Repeat(words, 2000) + "\r\n\r\n",
		"trailers": fmt.Sprintf("POST /api/v1/session HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nTrailer: X-Name, X-Phone\r\nConnection: close\r\n\r\n"+
			"2\r\n{}\r\n0\r\nX-Name: %s\r\nX-Phone: %s\r\n\r\n", p.words["citizen's name"], p.words["citizen's phone"]),
	} {
		told := rawAnswer(p.t, p.s.addr, raw)
		if !strings.HasPrefix(told, "HTTP/1.1 4") || strings.Contains(what, "long") && !strings.HasPrefix(told, "HTTP/1.1 413") {
			p.t.Errorf("%s is answered %.60q", what, told)
		}
		p.clean("the answer to "+what, []byte(told))
		p.cleanInside("the answer to "+what, []byte(told))
	}
}

// saveCopy has another process write the copy of the public pages, and looks through the files it left and all it said.
// Without a database it says so and writes what it kept.
func (p *planting) saveCopy(dir, address string, without bool) {
	p.t.Helper()
	saving := run(p.t, order{args: []string{"export", "public", dir, "--live=http://" + p.s.addr}, env: []string{"TOANCANH_DATABASE_URL=" + address, "TOANCANH_LOG_LEVEL=debug"}})
	if code := saving.await(copiedWithin); (code != 0) != without {
		p.t.Errorf("without a database %t: the copy ended with %d", without, code)
	}
	p.clean("what the copy's maker says", []byte(saving.log.String()))
	most, files := 1000, 0
	if without { // they differ by a line that all have
		most = 50
	}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || files == most {
			return err
		}
		raw, err := os.ReadFile(path)
		files++
		name := strings.TrimPrefix(path, dir)
		p.clean("the copy's "+name, raw)
		p.cleanInside("the copy's "+name, raw)
		return err
	})
	if err != nil || files < 50 {
		p.t.Errorf("%d files of the copy were looked at: %v", files, err)
	}
}

// guessUntilRefused guesses at a password until no more guesses are taken, and reports until no more are.
func (p *planting) guessUntilRefused() {
	p.t.Helper()
	for _, d := range []attempt{
		{http.MethodPost, "/api/v1/session", nil, map[string]string{"login": p.words["a tried login"], "password": p.words["a tried password"]}},
		{http.MethodPost, "/api/v1/reports", nil, map[string]any{"description": p.words["citizen's words"], "contact": fields{"name": p.words["citizen's name"]}}},
		{http.MethodGet, "/api/v1/reports/nearby?category=" + url.QueryEscape(p.words["a stranger's query"]), nil, nil},
	} {
		const most = 5000
		status := 0
		for range most {
			a := p.send(d.method, d.path, http.Header{"X-Request-Id": {p.words["a stranger's id"]}}, d.body)
			if status = a.status; status == http.StatusTooManyRequests {
				break
			}
		}
		if status != http.StatusTooManyRequests {
			p.t.Errorf("%s %.30s: after %d times %d, want 429", d.method, d.path, most, status)
		}
	}
}
