package folder_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"toancanh/server/photo/folder"
)

const (
	one = "0123456789abcdef0123456789abcdef"
	two = "ffffffffffffffffffffffffffffffff"
)

func opened(t *testing.T, root string) *folder.Folder {
	t.Helper()
	f, err := folder.Open(root, time.Now)
	must(t, err)
	return f
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func listed(t *testing.T, f *folder.Folder) []string {
	t.Helper()
	var names []string
	must(t, f.List(t.Context(), func(one folder.File) error {
		if one.Size == 0 || time.Since(one.At) > time.Hour {
			t.Errorf("%+v", one)
		}
		names = append(names, one.Name)
		return nil
	}))
	slices.Sort(names)
	return names
}

func TestAFileIsKeptListedAndDeleted(t *testing.T) {
	t.Parallel()
	root := filepath.Join(t.TempDir(), "deep", "photos")
	f := opened(t, root)
	for _, name := range []string{one, two} {
		must(t, f.Put(t.Context(), name, []byte("of "+name)))
	}
	again := opened(t, root)
	got, err := again.Open(t.Context(), one)
	if err != nil || !bytes.Equal(got, []byte("of "+one)) {
		t.Errorf("%q, %v", got, err)
	}
	if diff := cmp.Diff([]string{one, two}, listed(t, again)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	must(t, again.Delete(t.Context(), one))
	must(t, again.Delete(t.Context(), one))
	if _, err := again.Open(t.Context(), one); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a deleted file: %v", err)
	}
	if diff := cmp.Diff([]string{two}, listed(t, again)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestNobodyElseMayRead(t *testing.T) {
	t.Parallel()
	root := filepath.Join(t.TempDir(), "photos")
	must(t, opened(t, root).Put(t.Context(), one, []byte("x")))
	for path, want := range map[string]fs.FileMode{
		root: 0o700, filepath.Join(root, one[:2]): 0o700, filepath.Join(root, one[:2], one): 0o600,
	} {
		info, err := os.Stat(path)
		must(t, err)
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", path, got, want)
		}
	}
}

func TestNoNameLeadsElsewhere(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	f := opened(t, filepath.Join(root, "photos"))
	for _, name := range []string{"", "..", "../" + one, "/etc/passwd", strings.ToUpper(two), one + "/", one[:31], one + "0", "..\x00" + one[:29]} {
		_, opening := f.Open(t.Context(), name)
		for what, err := range map[string]error{"put": f.Put(t.Context(), name, []byte("x")), "open": opening, "delete": f.Delete(t.Context(), name)} {
			if err == nil || errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s %q: %v", what, name, err)
			}
		}
	}
	entries, err := os.ReadDir(root)
	must(t, err)
	if len(entries) != 1 {
		t.Errorf("beside the folder stands %v", entries)
	}
}

func TestWhatNeverGotItsNameIsTidiedLater(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	f := opened(t, root)
	must(t, f.Put(t.Context(), one, []byte("x")))
	old, young, strange := filepath.Join(root, one[:2], ".half-1"), filepath.Join(root, one[:2], ".half-2"), filepath.Join(root, "note.txt")
	for _, path := range []string{old, young, strange} {
		must(t, os.WriteFile(path, []byte("x"), 0o600))
	}
	before := time.Now().Add(-2 * time.Hour)
	must(t, os.Chtimes(old, before, before))
	must(t, os.Chtimes(strange, before, before))
	if diff := cmp.Diff([]string{one}, listed(t, f)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for path, want := range map[string]bool{old: false, young: true, strange: true} {
		if _, err := os.Stat(path); (err == nil) != want {
			t.Errorf("%s is there: %t, want %t", filepath.Base(path), err == nil, want)
		}
	}
}

func TestAFolderThatCannotBeWrittenIsSaidAtOnce(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "a-file")
	must(t, os.WriteFile(file, nil, 0o600))
	if _, err := folder.Open(filepath.Join(file, "photos"), time.Now); err == nil {
		t.Error("a folder within a file was opened")
	}
}
