package public

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"toancanh/server/store"
)

// What the program keeps for itself in a copy's directory.
const (
	ownDir       = ".toancanh"
	manifestFile = ownDir + "/copy.json"
	lockFile     = ownDir + "/lock"
	newDir       = ownDir + "/new"
	// together is how many files are brought to disk at a time: the disk gathers them.
	together = 8
	copyForm = 1 // of the manifest
)

// copied is a page of a copy: its file and its bytes.
type copied struct {
	path string
	body []byte
}

// manifest says what of the directory the program made, and of what. All of it may be read by everybody.
type manifest struct {
	Form    int                  `json:"form"`
	At      time.Time            `json:"at"` // when the copy was written
	Files   []string             `json:"files"`
	Picture *store.PublicPicture `json:"picture"` // nil: there never were numbers
}

// copyDir is a directory with a copy, held by this process alone.
type copyDir struct {
	name string
	root *os.Root
	lock *os.File
	kept manifest
}

// openCopyDir makes or opens the directory. It changes nothing in it but what is the program's own.
func openCopyDir(name string) (*copyDir, error) {
	if err := os.MkdirAll(name, 0o755); err != nil { //nolint:gosec // a web server reads it
		if errors.Is(err, syscall.ENOTDIR) || errors.Is(err, fs.ErrExist) {
			return nil, fmt.Errorf("%s is not a directory", name)
		}
		return nil, fmt.Errorf("make directory of the copy: %w", err)
	}
	root, err := os.OpenRoot(name)
	if err != nil {
		return nil, fmt.Errorf("open directory of the copy: %w", err)
	}
	d := &copyDir{name: name, root: root}
	if err := d.take(); err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

// take holds the directory against another process, and reads what an earlier one left.
func (d *copyDir) take() (err error) {
	if err := d.root.MkdirAll(ownDir, 0o755); err != nil {
		return fmt.Errorf("%s cannot be written: %w", d.name, err)
	}
	if d.lock, err = d.root.OpenFile(lockFile, os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return fmt.Errorf("%s cannot be written: %w", d.name, err)
	}
	if syscall.Flock(int(d.lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil { //nolint:gosec // a descriptor fits
		return fmt.Errorf("another process writes its copy into %s", d.name)
	}
	if d.kept, err = readManifest(d.root); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := d.root.RemoveAll(newDir); err != nil { // of one that was killed
		return fmt.Errorf("%s cannot be written: %w", d.name, err)
	}
	return nil
}

func (d *copyDir) close() {
	if d.lock != nil {
		_ = d.lock.Close()
	}
	_ = d.root.Close()
}

func readManifest(root *os.Root) (m manifest, err error) {
	raw, err := root.ReadFile(manifestFile)
	if err != nil {
		return manifest{}, fmt.Errorf("read what the copy was made of: %w", err)
	}
	if err := json.Unmarshal(raw, &m); err != nil || m.Form != copyForm {
		return manifest{}, fmt.Errorf("%s/%s is damaged or of another version, so nobody knows which files were made by this command: choose another directory, or empty this one", root.Name(), manifestFile)
	}
	return m, nil
}

// CopyWritten is when the copy in a directory was last written.
func CopyWritten(dir string) (time.Time, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return time.Time{}, fmt.Errorf("open directory of the copy: %w", err)
	}
	defer func() { _ = root.Close() }()
	m, err := readManifest(root)
	return m.At, err
}

// write exchanges the copy. All new files are on disk before the first takes its place, so that a full disk leaves the copy
// before; each takes its place at once, so that no reader sees a half. Files that are as they should be are left alone, and
// those of pages that are gone are removed.
func (d *copyDir) write(ctx context.Context, pages []copied, m manifest) error {
	m.Form, m.Files = copyForm, nil
	for _, p := range pages {
		m.Files = append(m.Files, p.path)
	}
	fresh, err := d.changed(pages)
	if err != nil {
		return err
	}
	if err := d.prepare(ctx, fresh); err != nil {
		return err
	}
	// What is about to be made is noted first: a copy that was cut short is known again as ours.
	noted := d.kept
	noted.Form = copyForm
	for _, f := range m.Files {
		if !slices.Contains(noted.Files, f) {
			noted.Files = append(noted.Files, f)
		}
	}
	if len(noted.Files) > len(d.kept.Files) {
		if err := d.note(noted); err != nil {
			return err
		}
	}
	if err := d.place(fresh); err != nil {
		return err
	}
	if err := d.remove(m.Files); err != nil {
		return err
	}
	return d.note(m)
}

// changed are the pages that differ from what is there. A file that somebody else put there is no place for a page.
func (d *copyDir) changed(pages []copied) ([]copied, error) {
	var list []copied
	for _, p := range pages {
		info, err := d.root.Lstat(p.path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return nil, fmt.Errorf("look at %s: %w", p.path, err)
		case !info.Mode().IsRegular() || !slices.Contains(d.kept.Files, p.path):
			return nil, fmt.Errorf("%s in %s was not made by this command and is left alone: choose an empty directory", p.path, d.name)
		default:
			if there, err := d.root.ReadFile(p.path); err == nil && bytes.Equal(there, p.body) {
				continue
			}
		}
		list = append(list, p)
	}
	return list, nil
}

// prepare brings files to disk under other names.
func (d *copyDir) prepare(ctx context.Context, pages []copied) error {
	if err := d.root.MkdirAll(newDir, 0o755); err != nil {
		return fmt.Errorf("write the copy: %w", err)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(together)
	for i, p := range pages {
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return d.toDisk(newName(i), p.body)
		})
	}
	if err := g.Wait(); err != nil {
		_ = d.root.RemoveAll(newDir) // what it took is needed more by others; the first error is told
		return fmt.Errorf("write the copy: %w", err)
	}
	return nil
}

func newName(i int) string { return newDir + "/" + strconv.Itoa(i) }

func (d *copyDir) toDisk(name string, body []byte) error {
	f, err := d.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(body)
	return errors.Join(err, f.Sync(), f.Close())
}

// place lets prepared files take their places, in their order.
func (d *copyDir) place(pages []copied) error {
	dirs := map[string]bool{".": true}
	for i, p := range pages {
		dir := path.Dir(p.path)
		if !dirs[dir] {
			if err := d.root.MkdirAll(dir, 0o755); err != nil {
				return fmt.Errorf("write the copy: %w", err)
			}
			for ; dir != "."; dir = path.Dir(dir) {
				dirs[dir] = true
			}
		}
		if err := d.root.Rename(newName(i), p.path); err != nil {
			return fmt.Errorf("write the copy: %w", err)
		}
	}
	for dir := range dirs {
		if err := d.syncDir(dir); err != nil {
			return err
		}
	}
	return nil
}

func (d *copyDir) syncDir(name string) error {
	f, err := d.root.Open(name)
	if err != nil {
		return fmt.Errorf("write the copy: %w", err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write the copy: %w", err)
	}
	return nil
}

// remove takes away what the program made and makes no more, and directories that are empty by that.
func (d *copyDir) remove(now []string) error {
	for _, name := range d.kept.Files {
		if slices.Contains(now, name) {
			continue
		}
		if err := d.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove a page that is gone: %w", err)
		}
		for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
			if d.root.Remove(dir) != nil {
				break // something is in it
			}
		}
	}
	return nil
}

// note writes the manifest.
func (d *copyDir) note(m manifest) error {
	raw, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("note what the copy was made of: %w", err)
	}
	const fresh = manifestFile + ".new"
	if err := d.toDisk(fresh, raw); err != nil {
		return fmt.Errorf("note what the copy was made of: %w", err)
	}
	if err := d.root.Rename(fresh, manifestFile); err != nil {
		return fmt.Errorf("note what the copy was made of: %w", err)
	}
	d.kept = m
	return d.syncDir(ownDir)
}
