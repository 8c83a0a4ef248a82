// Package tree copies a directory with what is in it. It keeps modes and symbolic links, never owners
// or times, and never follows a link out of the source.
package tree

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Copy copies the content of src into dst, which is made if absent. Files that exist are replaced.
func Copy(dst, src string) error {
	err := filepath.WalkDir(src, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(src, path)
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		return copyEntry(filepath.Join(dst, rel), path, info.Mode())
	})
	if err != nil {
		return fmt.Errorf("copy %s: %w", src, err)
	}
	return nil
}

func copyEntry(dst, src string, mode fs.FileMode) error {
	switch {
	case mode.IsDir():
		if err := os.MkdirAll(dst, 0o700); err != nil {
			return err
		}
		return os.Chmod(dst, mode.Perm())
	case mode&fs.ModeSymlink != 0:
		target, err := os.Readlink(src)
		if err != nil {
			return err
		}
		_ = os.Remove(dst)
		return os.Symlink(target, dst)
	case mode.IsRegular():
		return copyFile(dst, src, mode.Perm())
	}
	return nil // a socket or a pipe belongs to a process, not to the tree
}

func copyFile(dst, src string, perm fs.FileMode) error {
	in, err := os.Open(src)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(dst, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, perm)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		_ = out.Close()
		return err
	}
	// The mask of the caller must not take the right to execute or to pass away.
	if err := out.Chmod(perm); err != nil {
		_ = out.Close()
		return err
	}
	return out.Close()
}
