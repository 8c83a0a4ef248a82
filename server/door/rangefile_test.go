package door_test

import (
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/door"
)

func TestABaseMapIsServedInParts(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "nen.pmtiles")
	const content = "PMTiles\x03 and what follows"
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := door.NewPMTiles(path)
	if err != nil {
		t.Fatal(err)
	}
	app := fiber.New()
	app.Get("/tiles/base.pmtiles", file.Serve)
	etag := ""
	for _, tc := range []struct {
		name, header, value string
		status              int
		body, part          string
	}{
		{"whole without a range", "", "", 200, content, ""},
		{"its beginning", "Range", "bytes=0-7", 206, content[:8], "bytes 0-7/25"},
		{"a part", "Range", "bytes=9-11", 206, "and", "bytes 9-11/25"},
		{"up to its end when more is asked for", "Range", "bytes=18-900", 206, content[18:], "bytes 18-24/25"},
		{"its last bytes", "Range", "bytes=-7", 206, "follows", "bytes 18-24/25"},
		{"nothing behind its end", "Range", "bytes=900-901", 416, "", "bytes */25"},
		{"not at all to who holds it", "If-None-Match", "etag", 304, "", ""},
	} {
		r := httptest.NewRequest("GET", "/tiles/base.pmtiles", nil)
		if tc.header != "" {
			value := tc.value
			if value == "etag" {
				value = etag
			}
			r.Header.Set(tc.header, value)
		}
		res, err := app.Test(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		etag = res.Header.Get("Etag")
		if res.StatusCode != tc.status || res.Header.Get("Content-Range") != tc.part || tc.status < 300 && string(body) != tc.body {
			t.Errorf("%s: got %d %q %q, want %d %q %q", tc.name, res.StatusCode, res.Header.Get("Content-Range"), body, tc.status, tc.part, tc.body)
		}
	}
}

func TestWhatIsNoBaseMapIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, content := range map[string]string{"short": "PMT", "old": "PMTiles\x02...", "other": "SQLite format 3\x00"} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := door.NewPMTiles(path); err == nil {
			t.Errorf("%s: taken, want refused", name)
		}
	}
	if _, err := door.NewPMTiles(filepath.Join(dir, "none")); err == nil {
		t.Error("a missing file was taken")
	}
}
