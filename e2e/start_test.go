//go:build e2e

package e2e_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"toancanh/server/embedded/testpg"
)

// refused starts a program that must end by itself, and returns what it said.
func refused(t *testing.T, o order) string {
	t.Helper()
	began := time.Now()
	p := run(t, o)
	if code := p.await(20 * time.Second); code <= 0 {
		t.Errorf("exit code %d, want one above 0", code)
	}
	said := strings.TrimSpace(p.log.String())
	t.Logf("said after %v:\n%s", time.Since(began).Round(time.Millisecond), said)
	if strings.Contains(said, "goroutine ") || strings.Contains(said, "panic") {
		t.Errorf("not a sentence for people:\n%s", said)
	}
	return said
}

// says fails the test unless every word stands in the text.
func says(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Errorf("nothing is said of %q in:\n%s", word, text)
		}
	}
}

func TestBusyAddressIsRefusedBeforeAnythingIsMade(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // loopback, at once
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	dir := filepath.Join(t.TempDir(), "data")
	said := refused(t, order{args: []string{"up", "--listen", l.Addr().String(), "--data", dir}})
	says(t, said, l.Addr().String(), "--listen")
	if strings.Count(said, "\n") > 0 {
		t.Errorf("more than one sentence:\n%s", said)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("the data directory was made although nothing could start")
	}
}

func TestSecondStartOnTheSameDataIsRefused(t *testing.T) {
	t.Parallel()
	s := up(t)
	s.start()
	s.awaitReady(readyWithin)
	dir := s.setting("TOANCANH_DATA")
	second := s.order
	second.env = append(second.env, "TOANCANH_LISTEN="+freeAddress(t))
	says(t, refused(t, second), dir, "toancanh: ")
	if a, err := s.api().get("/readyz"); err != nil || a.status != 200 {
		t.Errorf("the first program answers %d, %v after the second was refused", a.status, err)
	}
}

func TestWhoeverIsReadyHasAPublicPage(t *testing.T) {
	t.Parallel()
	s := up(t)
	for range 2 {
		s.start()
		s.awaitReady(readyWithin)
		if a, err := s.api().get("/"); err != nil || a.status != 200 {
			t.Errorf("the public page of a program that is ready: %d %v", a.status, err)
		}
		s.stop()
	}
}

func TestUnusableDataDirectoryIsRefused(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, dir := range map[string]string{"below a file": filepath.Join(file, "data"), "below /proc": "/proc/toancanh"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			says(t, refused(t, order{args: []string{"up", "--listen", freeAddress(t), "--data", dir}}), dir, "toancanh: ")
		})
	}
}

func TestEveryWrongSettingIsToldAtOnce(t *testing.T) {
	t.Parallel()
	said := refused(t, order{args: []string{"serve"}, env: []string{
		"TOANCANH_LISTEN=nowhere", "TOANCANH_TIMEZONE=Asia/Nowhere", "TOANCANH_ORIGINS=ftp://x/y",
		"TOANCANH_TRUSTED_PROXIES=everybody", "TOANCANH_HUB_SECRET=short", "TOANCANH_DATABASE_URL=postgres://x@/x",
	}})
	says(t, said, "TOANCANH_LISTEN", "TOANCANH_TIMEZONE", "TOANCANH_ORIGINS", "TOANCANH_TRUSTED_PROXIES", "TOANCANH_HUB_SECRET")
	if strings.Contains(said, "short") {
		t.Error("a secret is repeated in an error")
	}
	said = refused(t, order{args: []string{"up"}, env: []string{
		"TOANCANH_LOG_LEVEL=loud", "TOANCANH_PACE=fast", "TOANCANH_HISTORY_DAYS=many", "TOANCANH_KEEP_READINGS=long",
		"TOANCANH_LIMITS=perhaps",
	}})
	says(t, said, "TOANCANH_LOG_LEVEL", "TOANCANH_PACE", "TOANCANH_HISTORY_DAYS", "TOANCANH_KEEP_READINGS", "TOANCANH_LIMITS")
}

func TestServeNeedsADatabaseWithASchema(t *testing.T) {
	t.Parallel()
	says(t, refused(t, order{args: []string{"serve"}}), "TOANCANH_DATABASE_URL", "toancanh up")
	says(t, refused(t, order{args: []string{"hub"}}), "redis-url", "source-url", "hub-secret")
	says(t, refused(t, order{args: []string{"serve"}, env: []string{
		"TOANCANH_DATABASE_URL=" + testpg.Empty(t), "TOANCANH_LISTEN=" + freeAddress(t), "TOANCANH_DATA=" + t.TempDir(),
	}}), "toancanh migrate")
}

func TestServeIsNotReadyOnAnOlderSchema(t *testing.T) {
	t.Parallel()
	w := newTown(t, "")
	s := w.serve()
	ready := func() int {
		a, err := s.api().get("/readyz")
		if err != nil {
			t.Fatal(err)
		}
		return a.status
	}
	newest := "version_id = (select max(version_id) from goose_db_version)"
	w.execute("create table set_aside as select * from goose_db_version where " + newest)
	w.execute("delete from goose_db_version where " + newest)
	eventually(t, "/readyz says 503", limit(readyFalse), func() bool { return ready() == 503 }, nil)
	w.execute("insert into goose_db_version overriding system value select * from set_aside")
	eventually(t, "/readyz says 200", limit(readyFalse), func() bool { return ready() == 200 }, nil)
}
