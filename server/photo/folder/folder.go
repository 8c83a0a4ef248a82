// Package folder keeps files under random names in a local directory: each in a folder of its name's first two signs, whole
// before it has its name, and readable by nobody but this user. It does not know what it keeps.
package folder

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// Folder is a directory of files. Make it with Open.
type Folder struct {
	root string
	now  func() time.Time
}

// File is one as a list tells of it.
type File struct {
	Name string
	Size int64
	At   time.Time // when it was written
}

// name is what files are called: 128 random bits in hex.
var name = regexp.MustCompile(`^[0-9a-f]{32}$`)

// half is the beginning of the name of a file that has not got its own yet.
const half = ".half-"

// Open takes a directory into use, and makes it when there is none.
func Open(root string, now func() time.Time) (*Folder, error) {
	if err := os.MkdirAll(root, 0o700); err != nil {
		return nil, fmt.Errorf("open folder: %w", err)
	}
	probe, err := os.CreateTemp(root, half+"*")
	if err != nil {
		return nil, fmt.Errorf("open folder: %w", err)
	}
	if err := errors.Join(probe.Close(), os.Remove(probe.Name())); err != nil {
		return nil, fmt.Errorf("open folder: %w", err)
	}
	return &Folder{root, now}, nil
}

// path is where a file lies. Other names than those this package is given are refused: none may lead elsewhere.
func (f *Folder) path(file string) (string, error) {
	if !name.MatchString(file) {
		return "", errors.New("the name of a file is not 32 signs of hex")
	}
	return filepath.Join(f.root, file[:2], file), nil
}

// Put keeps a file. When it returns without an error the file outlives a power cut; ended before, no part of it is left under
// its name.
func (f *Folder) Put(ctx context.Context, file string, content []byte) error {
	path, err := f.path(file)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("put file: %w", err)
	}
	if err := f.write(path, content); err != nil {
		return fmt.Errorf("put file: %w", err)
	}
	return nil
}

func (f *Folder) write(path string, content []byte) error {
	dir := filepath.Dir(path)
	switch err := os.Mkdir(dir, 0o700); {
	case err == nil:
		if err := syncDir(f.root); err != nil {
			return err
		}
	case !errors.Is(err, fs.ErrExist):
		return err
	}
	part, err := os.CreateTemp(dir, half+"*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(part.Name()) }() // when it has not got its name
	_, err = part.Write(content)
	if err == nil {
		err = part.Sync()
	}
	if err = errors.Join(err, part.Close()); err != nil {
		return err
	}
	if err := os.Rename(part.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}

// syncDir makes sure that the names in a directory outlive a power cut.
func syncDir(path string) error {
	dir, err := os.Open(path) //nolint:gosec // below our own root
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// Open reads a file; the error is fs.ErrNotExist when there is none.
func (f *Folder) Open(_ context.Context, file string) ([]byte, error) {
	path, err := f.path(file)
	if err != nil {
		return nil, err
	}
	content, err := os.ReadFile(path) //nolint:gosec // the name was checked
	if err != nil {
		return nil, fmt.Errorf("open file: %w", err)
	}
	return content, nil
}

// Delete removes a file. It is no fault when there is none.
func (f *Folder) Delete(_ context.Context, file string) error {
	path, err := f.path(file)
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("delete file: %w", err)
	}
	return nil
}

// List tells of every file, in no order. Files that never got their name and are older than an hour are removed on the way;
// whatever else lies there is left alone and not told.
func (f *Folder) List(ctx context.Context, each func(File) error) error {
	err := filepath.WalkDir(f.root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil // removed meanwhile
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case !entry.Type().IsRegular():
			return nil
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		if own, err := f.path(entry.Name()); err != nil || own != path {
			return f.tidy(path, info)
		}
		return each(File{Name: entry.Name(), Size: info.Size(), At: info.ModTime()})
	})
	if err != nil {
		return fmt.Errorf("list files: %w", err)
	}
	return nil
}

// halfLife is for how long a file may be without its name.
const halfLife = time.Hour

func (f *Folder) tidy(path string, info fs.FileInfo) error {
	if !strings.HasPrefix(info.Name(), half) || f.now().Sub(info.ModTime()) < halfLife {
		return nil
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
