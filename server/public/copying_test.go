package public_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"toancanh/server/public"
	"toancanh/server/report"
)

// newCopier is one that copies the house's pages into a directory.
func (h *house) newCopier(dir string) (*public.Copier, *atomic.Bool, error) {
	h.t.Helper()
	var broken atomic.Bool
	c := h.site.Config
	c.Pictures = pictures{h.reader, &broken}
	copier, err := public.NewCopier(public.CopyConfig{Config: c, Dir: dir, Every: time.Minute})
	return copier, &broken, err
}

func TestACopyIsThePagesAsFiles(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.act(h.report(report.Point{Lat: 12.007, Lon: 107.696}), report.Act{Name: report.Accept})
	h.publish("Đã dọn sạch dòng suối")
	h.wait(func() bool { return strings.Contains(h.get("/", nil).body, "Đã dọn sạch") })
	dir := t.TempDir()
	copier, broken, err := h.newCopier(dir)
	must(t, err)
	must(t, copier.Once(t.Context()))
	read := func(name string) string {
		t.Helper()
		raw, err := os.ReadFile(filepath.Join(dir, name))
		must(t, err)
		return string(raw)
	}
	home := read("index.html")
	holds(t, "the copy of a board", read("hieu-qua.html"), "BẢN SAO LƯU", `href="hieu-qua/2025/68.html"`)
	holds(t, "the copy of an area's board", read("hieu-qua/2022/660.html"), `href="../../hieu-qua.html"`)
	for _, want := range []string{"BẢN SAO LƯU", "Đã dọn sạch", "DỮ LIỆU MÔ PHỎNG", `href="tinh-hinh/2022/660.html"`, `href="en/index.html"`, "Số liệu lúc"} {
		if !strings.Contains(home, want) {
			t.Errorf("the copy lacks %q", want)
		}
	}
	if strings.Contains(home, "<script") || strings.Contains(home, "SỐ LIỆU CŨ") {
		t.Error("a good copy has a script, or says that it is old")
	}
	pages := 0
	must(t, filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(name, ".html") {
			return err
		}
		pages++
		raw, err := os.ReadFile(name)
		must(t, err)
		for _, link := range regexp.MustCompile(`href="([^"#:]+)"`).FindAllStringSubmatch(string(raw), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(name), link[1])); err != nil {
				t.Errorf("%s leads to %s, which is not there", name, link[1])
			}
		}
		return nil
	}))
	if pages < 200 {
		t.Errorf("%d pages, want those of all areas in two languages", pages)
	}

	t.Run("and stays, marked old, while nothing can be read", func(t *testing.T) {
		broken.Store(true)
		again, itsBroken, err := h.newCopier(dir) // another process, which has read nothing itself
		must(t, err)
		itsBroken.Store(true)
		if err := again.Once(t.Context()); err == nil {
			t.Error("that nothing could be read is not told")
		}
		if page := read("index.html"); !strings.Contains(page, "SỐ LIỆU CŨ") || !strings.Contains(page, "Đã dọn sạch") {
			t.Error("the copy does not say that it is old, or has lost what it knew")
		}
	})
	t.Run("and nothing is written over another's files", func(t *testing.T) {
		other := t.TempDir()
		must(t, os.WriteFile(filepath.Join(other, "index.html"), []byte("mine"), 0o600))
		if _, _, err := h.newCopier(other); err == nil || !strings.Contains(err.Error(), "index.html") {
			t.Errorf("a directory with files of others: %v", err)
		}
	})
	t.Run("and says so when nothing is known", func(t *testing.T) {
		empty, itsBroken, err := h.newCopier(filepath.Join(t.TempDir(), "deep", "new"))
		must(t, err)
		itsBroken.Store(true)
		if err := empty.Once(t.Context()); err == nil || !strings.Contains(err.Error(), "nothing is known") {
			t.Errorf("a copy of nothing: %v", err)
		}
	})
}
