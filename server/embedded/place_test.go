package embedded_test

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"toancanh/server/embedded"
	"toancanh/server/embedded/internal/tree"
)

func TestNewClusterKnowsVietnameseAndIsDurable(t *testing.T) {
	t.Parallel()
	who := everyone()[0]
	address, err := pgx.ParseConfig(who.start(t, who.emptyDir(t)).DSN)
	if err != nil {
		t.Fatal(err)
	}
	delete(address.RuntimeParams, "timezone") // the caller's PGTZ would hide the server's own zone
	conn, err := pgx.ConnectConfig(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	for _, c := range []struct{ name, sql, want string }{
		{"lower case reaches letters outside ASCII", "select lower('ĐẮK NÔNG')", "đắk nông"},
		{"the order is Vietnamese", "select string_agg(w, ' ' order by w) from unnest('{e,đa,ơ,Da,ă,o,a,ê,D,Đ}'::text[]) w", "a ă D Da Đ đa e ê o ơ"},
		{"a commit waits for the disk", "select current_setting('fsync') || ' ' || current_setting('synchronous_commit') || ' ' || current_setting('full_page_writes')", "on on on"},
		{"pages carry checksums", "select current_setting('data_checksums')", "on"},
		{"the log of changes is compressed", "select (current_setting('wal_compression') <> 'off')::text", "true"},
		{"the clock is UTC", "select current_setting('TimeZone')", "UTC"},
		{"there is no TCP port", "select current_setting('listen_addresses')", ""},
		{"the owner is superuser", "select current_user || ' ' || (select rolsuper from pg_roles where rolname = current_user)", embedded.Owner + " true"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got string
			if err := conn.QueryRow(t.Context(), c.sql).Scan(&got); err != nil {
				t.Fatal(err)
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestNobodyElseCanEnterTheSocketDirectory(t *testing.T) {
	t.Parallel()
	who := everyone()[0]
	st, err := os.Stat(socketOf(t, who.start(t, who.cluster(t))))
	if err != nil {
		t.Fatal(err)
	}
	if got := st.Mode().Perm(); got != 0o700 {
		t.Errorf("mode of the socket directory is %o, want 700", got)
	}
}

func TestVeryDeepDirectoryWorks(t *testing.T) {
	t.Parallel()
	for _, who := range some() {
		t.Run(who.name, func(t *testing.T) {
			t.Parallel()
			dir := who.emptyDir(t)
			deep := filepath.Join(dir, strings.Repeat("rất-sâu/", 20)) // a socket's path may have 107 bytes
			if err := os.MkdirAll(filepath.Dir(deep), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := tree.Copy(deep, served.by(t, who)); err != nil {
				t.Fatal(err)
			}
			who.take(t, dir)
			who.start(t, deep).interrupt(t)
			awaitNothing(t, deep)
		})
	}
}

func TestDataOfAnotherMajorIsRefusedAndUntouched(t *testing.T) {
	t.Parallel()
	for _, who := range some() {
		t.Run(who.name, func(t *testing.T) {
			t.Parallel()
			dir := who.emptyDir(t)
			plant(t, dir, "pg99/PG_VERSION", "99\n")
			plant(t, dir, "pg99/base/1", "data of another time")
			who.take(t, dir)
			before := fingerprint(t, filepath.Join(dir, "pg99"))
			got := who.refused(t, dir)
			for _, want := range []string{"PostgreSQL 99", "left untouched", "npm ci", "TOANCANH_DATABASE_URL"} {
				if !strings.Contains(got, want) {
					t.Errorf("refusal %q does not say %q", got, want)
				}
			}
			if diff := cmp.Diff(before, fingerprint(t, filepath.Join(dir, "pg99"))); diff != "" {
				t.Errorf("the data changed (-before +after):\n%s", diff)
			}
		})
	}
}

func TestBrokenClusterIsNotInitialisedOver(t *testing.T) {
	t.Parallel()
	for _, who := range some() {
		t.Run(who.name, func(t *testing.T) {
			t.Parallel()
			dir := who.emptyDir(t)
			plant(t, dir, "pg18/base/1", "half a restore")
			who.take(t, dir)
			before := fingerprint(t, dir)
			got := who.refused(t, dir)
			if want := "not a whole PostgreSQL cluster"; !strings.Contains(got, want) {
				t.Errorf("refusal %q does not say %q", got, want)
			}
			for path, sum := range before {
				if fingerprint(t, dir)[path] != sum {
					t.Errorf("%s changed", path)
				}
			}
		})
	}
}

func TestLeftOverOfAKilledInitdbIsNoCluster(t *testing.T) {
	t.Parallel()
	for _, who := range some() {
		t.Run(who.name, func(t *testing.T) {
			t.Parallel()
			dir := who.emptyDir(t)
			p := who.launch(t, dir)
			await(t, "initdb to be at work", func() bool {
				found, err := filepath.Glob(filepath.Join(dir, "pg*.new", "base"))
				return err == nil && len(found) > 0
			})
			kill(t, p.cmd.Process.Pid)
			<-p.ended
			mustWrite(t, who.start(t, dir).DSN, "new")
			if left, err := filepath.Glob(filepath.Join(dir, "pg*.new")); err != nil || len(left) > 0 {
				t.Errorf("left behind: %v (%v)", left, err)
			}
		})
	}
}

func TestUnwritableDirectoryIsNamed(t *testing.T) {
	t.Parallel()
	people := everyone()
	who := people[len(people)-1] // root may write anywhere
	dir := who.emptyDir(t)
	closed := filepath.Join(dir, "closed")
	if err := os.Mkdir(closed, 0o500); err != nil {
		t.Fatal(err)
	}
	who.take(t, dir)
	for _, target := range []string{closed, filepath.Join(closed, "below")} {
		got := who.refused(t, target)
		for _, want := range []string{target, "cannot be written", "TOANCANH_DATA"} {
			if !strings.Contains(got, want) {
				t.Errorf("refusal %q does not say %q", got, want)
			}
		}
	}
}

func TestForeignClusterIsRefusedByName(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("only root can make a directory of somebody else's")
	}
	people := everyone()
	dir := people[0].cluster(t) // root's
	who := people[1]
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	who.take(t, dir)
	for _, entry := range entries { // all the user's but the cluster
		if strings.HasPrefix(entry.Name(), "pg") {
			if err := os.Lchown(filepath.Join(dir, entry.Name()), 0, 0); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(filepath.Join(dir, entry.Name()), 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got, want := who.refused(t, dir), "belongs to user id 0"; !strings.Contains(got, want) {
		t.Errorf("refusal %q does not say %q", got, want)
	}
}

// npm may be told to run no install scripts; the links of the libraries are then missing.
func TestBlockedInstallScriptsAreMadeUpFor(t *testing.T) {
	t.Parallel()
	for _, who := range some() {
		t.Run(who.name, func(t *testing.T) {
			t.Parallel()
			dir := who.emptyDir(t)
			source := packageRoot(t)
			copied := filepath.Join(filepath.Dir(dir), "package")
			if err := tree.Copy(copied, source); err != nil {
				t.Fatal(err)
			}
			who.take(t, copied)
			if removeLinks(t, copied) == 0 {
				t.Fatal("the package has no links: this case tests nothing")
			}
			bin := filepath.Join(copied, "native", "bin")
			p := who.start(t, dir, "TOANCANH_PG_BIN="+bin)
			if p.FoundIn != bin {
				t.Errorf("started from %s, want %s", p.FoundIn, bin)
			}
		})
	}
}

func TestExistingClusterDecidesTheMajor(t *testing.T) {
	t.Parallel()
	for _, who := range some() {
		t.Run(who.name, func(t *testing.T) {
			t.Parallel()
			dir := who.emptyDir(t)
			installed, err := filepath.Glob("/usr/lib/postgresql/*/bin")
			if err != nil || len(installed) == 0 {
				t.Skip("no second PostgreSQL is installed")
			}
			first := who.start(t, dir, "TOANCANH_PG_BIN="+installed[0])
			mustWrite(t, first.DSN, "kept")
			first.interrupt(t)
			again := who.start(t, dir, "TOANCANH_PG_BIN="+filepath.Join(packageRoot(t), "native", "bin"))
			if again.FoundIn != installed[0] {
				t.Errorf("started from %s, want %s", again.FoundIn, installed[0])
			}
			wantRow(t, again.DSN, "kept")
		})
	}
}

func TestForgottenGuardIsNamed(t *testing.T) {
	t.Setenv("TOANCANH_GUARD", "{}")
	_, err := embedded.StartPostgres(t.Context(), embedded.Options{DataDir: t.TempDir()})
	if err == nil || !strings.Contains(err.Error(), "first call of main") {
		t.Errorf("got %v", err)
	}
}

func TestLinksThatLeaveThePackageAreRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	plant(t, dir, "native/pg-symlinks.json", `[{"source":"native/lib/a","target":"../../outside"}]`)
	if err := embedded.Hydrate(filepath.Join(dir, "native", "bin")); err == nil {
		t.Error("a link that leads out of the package was accepted")
	}
}

// packageRoot is the npm package with the binaries, wherever it is installed.
func packageRoot(t *testing.T) string {
	t.Helper()
	found, err := embedded.FindPostgres(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	root := filepath.Dir(filepath.Dir(strings.Fields(found)[0]))
	if _, err := os.Stat(filepath.Join(root, "native", "pg-symlinks.json")); err != nil {
		t.Skip("PostgreSQL is not from npm here")
	}
	return root
}

func removeLinks(t *testing.T, dir string) (removed int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type()&fs.ModeSymlink != 0 {
			removed++
			err = os.Remove(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return removed
}

func plant(t *testing.T, dir, path, text string) {
	t.Helper()
	path = filepath.Join(dir, path)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// fingerprint is a sum of every file below dir.
func fingerprint(t *testing.T, dir string) map[string]string {
	t.Helper()
	sums := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(filepath.Join(dir, path))
		sums[path] = fmt.Sprintf("%x", sha256.Sum256(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return sums
}
