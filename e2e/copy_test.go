//go:build e2e

package e2e_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"toancanh/server/embedded/testpg"
	"toancanh/server/embedded/testredis"
)

// copiedWithin bounds one writing of a copy.
const copiedWithin = time.Minute

// truthWithin is how soon page and copy say what is wrong.
const truthWithin = 10 * time.Second

// TestThePublicPageTellsTheTruthOfWhatIsDead kills PostgreSQL, Redis and the program in turn, and reads the live page and the
// copy that another process keeps.
func TestThePublicPageTellsTheTruthOfWhatIsDead(t *testing.T) {
	t.Parallel()
	redis := testredis.New(t)
	w := newTown(t, redis.URL())
	s := w.serve()
	s.awaitReady(readyWithin)
	dir := filepath.Join(t.TempDir(), "copy")
	run(t, order{args: []string{"export", "public", dir, "--every=1m", "--live=http://" + s.addr}, env: []string{
		"TOANCANH_DATABASE_URL=" + w.postgres.DSN(testpg.App),
	}})
	live := func() string {
		a, err := s.api().get("/")
		if err != nil || a.status != 200 {
			return ""
		}
		return string(a.body)
	}
	saved := func() string {
		raw, _ := os.ReadFile(filepath.Join(dir, "index.html"))
		return string(raw)
	}
	const aged, silent = "SỐ LIỆU CŨ", "Trang của trung tâm không trả lời từ"
	fresh := func(page string) bool {
		return strings.Contains(page, "Số liệu lúc") && !strings.Contains(page, aged) && !strings.Contains(page, silent)
	}
	tiles := regexp.MustCompile(`(?s)<dl class="tiles">.*?</dl>`)
	eventually(t, "page and copy are there", limit(truthWithin), func() bool { return fresh(live()) && fresh(saved()) }, saved)
	numbers := tiles.FindString(live())
	if numbers == "" || numbers != tiles.FindString(saved()) {
		t.Errorf("page and copy tell different numbers: %s and %s", numbers, tiles.FindString(saved()))
	}

	w.postgres.Kill()
	t.Logf("PostgreSQL dead: the page says so after %v", eventually(t, "the page says that it is old", limit(truthWithin), func() bool {
		return strings.Contains(live(), aged)
	}, live))
	eventually(t, "the copy says that it is old", limit(truthWithin), func() bool { return strings.Contains(saved(), aged) }, saved)
	if tiles.FindString(live()) != numbers || tiles.FindString(saved()) != numbers {
		t.Error("without a database, page or copy tells other numbers than the last good ones")
	}
	w.postgres.Restart()
	w.pool.Reset()
	eventually(t, "both are good again", limit(healDatabase), func() bool { return fresh(live()) && fresh(saved()) }, live)

	redis.Kill()
	for range 20 { // it needs no bus: nothing may change by its absence
		if page := live(); !fresh(page) {
			t.Fatalf("without Redis the page is no more what it was: %.300s", page)
		}
		time.Sleep(poll)
	}
	redis.Restart()

	s.kill()
	t.Logf("program dead: the copy says so after %v", eventually(t, "the copy says that nobody answers", limit(truthWithin), func() bool {
		return strings.Contains(saved(), silent)
	}, saved))
	eventually(t, "the copy says that nobody counts", limit(truthWithin), func() bool { return strings.Contains(saved(), aged) }, saved)
	s.start()
	s.awaitReady(readyWithin)
	eventually(t, "both are good again", limit(healProgram), func() bool { return fresh(live()) && fresh(saved()) }, saved)

	cutShort(t, s, w.postgres.DSN(testpg.App))
}

// cutShort kills whoever writes a copy again and again at any instant: each page is whole, whichever of two writings it is
// of, and whoever comes next goes on.
func cutShort(t *testing.T, s *server, address string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "cut")
	write := order{args: []string{"export", "public", dir, "--live=http://" + s.addr}, env: []string{"TOANCANH_DATABASE_URL=" + address}}
	whole := func() (pages int) {
		err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || filepath.Ext(path) != ".html" || strings.Contains(path, "/.") {
				return err
			}
			pages++
			raw, err := os.ReadFile(path)
			if page := string(raw); err == nil && (!strings.HasPrefix(page, "<!doctype html>") || !strings.HasSuffix(page, "</html>\n")) {
				t.Errorf("%s is cut short: %d bytes, %.60q", path, len(raw), raw)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
		return pages
	}
	last := run(t, write)
	last.await(copiedWithin)
	all := whole()
	began := time.Now()
	last = run(t, write)
	last.await(copiedWithin)
	takes := time.Since(began)
	const kills = 8
	for i := range kills {
		p := run(t, write)
		time.Sleep(takes * time.Duration(i+1) / kills)
		p.kill()
		if pages := whole(); pages != all {
			t.Errorf("after kill %d there are %d pages of %d", i, pages, all)
		}
	}
	last = run(t, write)
	if code := last.await(copiedWithin); code != 0 || whole() != all || all < 100 {
		t.Errorf("after all kills the next ended with %d, and there are %d pages of %d", code, whole(), all)
	}
}
