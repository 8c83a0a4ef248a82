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
	code := h.publish("Đã dọn sạch dòng suối")
	h.wait(func() bool { return strings.Contains(h.get("/", nil).body, "Đã dọn sạch") })
	dir := t.TempDir()
	copier, broken, err := h.newCopier(dir)
	must(t, err)
	must(t, copier.Once(t.Context()))
	t.Run("held by one process", func(t *testing.T) {
		if _, _, err := h.newCopier(dir); err == nil || !strings.Contains(err.Error(), "another process") {
			t.Errorf("a second one: %v", err)
		}
	})
	copier.Close()
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
		if err != nil || entry.IsDir() || strings.HasSuffix(name, "lock") {
			return err
		}
		raw, err := os.ReadFile(name)
		must(t, err)
		if strings.Contains(string(raw), code) || strings.Contains(string(raw), "Lời kể riêng") {
			t.Errorf("%s names a report or tells its sender's words", name)
		}
		if !strings.HasSuffix(name, ".html") {
			return nil
		}
		pages++
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
		defer again.Close()
		itsBroken.Store(true)
		if err := again.Once(t.Context()); err == nil {
			t.Error("that nothing could be read is not told")
		}
		if page := read("index.html"); !strings.Contains(page, "SỐ LIỆU CŨ") || !strings.Contains(page, "Đã dọn sạch") {
			t.Error("the copy does not say that it is old, or has lost what it knew")
		}
	})
	t.Run("and says so when nothing is known", func(t *testing.T) {
		empty, itsBroken, err := h.newCopier(filepath.Join(t.TempDir(), "deep", "new"))
		must(t, err)
		defer empty.Close()
		itsBroken.Store(true)
		if err := empty.Once(t.Context()); err == nil || !strings.Contains(err.Error(), "nothing is known") {
			t.Errorf("a copy of nothing: %v", err)
		}
	})
}

func TestACopyThatIsKeptLosesAWithdrawnWordAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	code := h.publish("Một chữ rất riêng: phù sa")
	dir := t.TempDir()
	copier, _, err := h.newCopier(dir)
	must(t, err)
	t.Cleanup(copier.Close)
	background(t, copier.Run)
	says := func() bool {
		raw, err := os.ReadFile(filepath.Join(dir, "index.html"))
		return err == nil && strings.Contains(string(raw), "phù sa")
	}
	h.wait(says)
	h.act(code, report.Act{Name: report.Withdraw, Reason: "Sai"})
	h.wait(func() bool { return !says() }) // its minute is far longer
}

func TestACopyTouchesNothingOfOthers(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	once := func(dir string) error {
		copier, _, err := h.newCopier(dir)
		if err != nil {
			return err
		}
		defer copier.Close()
		return copier.Once(t.Context())
	}
	refused := func(t *testing.T, dir, words string) {
		t.Helper()
		if err := once(dir); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("got %v, want an error that says %q", err, words)
		}
	}
	write := func(text string, name ...string) {
		t.Helper()
		file := filepath.Join(name...)
		must(t, os.MkdirAll(filepath.Dir(file), 0o700))
		must(t, os.WriteFile(file, []byte(text), 0o600))
	}
	read := func(name ...string) string {
		t.Helper()
		raw, err := os.ReadFile(filepath.Join(name...))
		must(t, err)
		return string(raw)
	}
	t.Run("a page's name is taken", func(t *testing.T) {
		dir := t.TempDir()
		write("mine", dir, "index.html")
		refused(t, dir, "index.html")
		if read(dir, "index.html") != "mine" {
			t.Error("the file was changed")
		}
		if _, err := os.Stat(filepath.Join(dir, "tinh-hinh")); err == nil {
			t.Error("a part of a copy was written beside it")
		}
	})
	t.Run("a link leads out of the directory", func(t *testing.T) {
		dir, outside := t.TempDir(), t.TempDir()
		must(t, os.Symlink(outside, filepath.Join(dir, "tinh-hinh")))
		refused(t, dir, "tinh-hinh")
		if list, err := os.ReadDir(outside); err != nil || len(list) > 0 {
			t.Errorf("outside lie %v, %v", list, err)
		}
	})
	t.Run("the directory is a file", func(t *testing.T) {
		name := filepath.Join(t.TempDir(), "file")
		write("", name)
		refused(t, name, "is not a directory")
	})
	t.Run("the note is damaged", func(t *testing.T) {
		dir := t.TempDir()
		write("{", dir, ".toancanh", "copy.json")
		refused(t, dir, "damaged")
	})
	t.Run("what is of others stays, what is gone goes", func(t *testing.T) {
		dir := t.TempDir()
		must(t, once(dir))
		write("mine", dir, "tinh-hinh", "ghi-chu.txt")
		write("of an area that is gone", dir, "tinh-hinh", "1999", "1.html")
		note := filepath.Join(dir, ".toancanh", "copy.json")
		write(strings.Replace(read(note), `"files":[`, `"files":["tinh-hinh/1999/1.html",`, 1), note)
		must(t, once(dir))
		if read(dir, "tinh-hinh", "ghi-chu.txt") != "mine" {
			t.Error("a file of somebody else was changed")
		}
		if _, err := os.Stat(filepath.Join(dir, "tinh-hinh", "1999")); err == nil {
			t.Error("the page of an area that is gone is still there")
		}
	})
	t.Run("one that was cut short is taken up", func(t *testing.T) {
		dir := t.TempDir()
		must(t, once(dir))
		must(t, os.Remove(filepath.Join(dir, "index.html")))
		write("half", dir, ".toancanh", "new", "0")
		must(t, once(dir))
		if !strings.Contains(read(dir, "index.html"), "</html>") {
			t.Error("the page is not whole again")
		}
	})
}
