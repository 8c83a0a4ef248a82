package auth

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// KeyFile reads a 32-byte secret from a file, or makes it (mode 0600, synced before it counts) when there is none. A
// file that others may read is refused: it is no secret any more.
func KeyFile(path string) ([]byte, error) {
	key, err := readKeyFile(path)
	if !errors.Is(err, os.ErrNotExist) {
		return key, err
	}
	if key, err = drawKey(); err != nil {
		return nil, err
	}
	err = writeKeyFile(path, key)
	if errors.Is(err, os.ErrExist) {
		return readKeyFile(path)
	}
	return key, err
}

func readKeyFile(path string) ([]byte, error) {
	raw, err := os.ReadFile(path) //nolint:gosec // the operator's own setting
	if err != nil {
		return nil, fmt.Errorf("read key file: %w", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read key file: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("key file %s may be read by others (mode %o): chmod 600 it, and replace the key if anyone did", path, info.Mode().Perm())
	}
	if len(raw) != keyBytes {
		return nil, fmt.Errorf("key file %s has %d bytes, want %d", path, len(raw), keyBytes)
	}
	return raw, nil
}

func drawKey() ([]byte, error) {
	key := make([]byte, keyBytes)
	if _, err := rand.Read(key); err != nil {
		return nil, fmt.Errorf("draw key: %w", err)
	}
	return key, nil
}

// writeKeyFile makes a key file that is whole before it has its name.
func writeKeyFile(path string, key []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make key folder: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".key-*") // mode 0600
	if err != nil {
		return fmt.Errorf("make key file: %w", err)
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.Write(key)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write key file: %w", err)
	}
	// Link, not rename: of two processes that start together the second must take the first one's key.
	if err := os.Link(f.Name(), path); err != nil {
		return fmt.Errorf("make key file: %w", err)
	}
	return nil
}

// The files of a sealing key NAME.key: itself, the active one; NAME-<id>.key, one a key, the active one's among them once
// there was a rotation; and in retired/ those that nothing is sealed under any more. None of them is ever deleted here:
// a backup of the database may still need it.
const retiredFolder = "retired"

// retireAfter is how long the active key must have been active before those before it go: by then no process holds a
// report sealed under one of them that is not stored yet.
const retireAfter = 10 * time.Minute

type sealKeys struct {
	active string
	keys   map[string][]byte // by id
}

func sealFile(active, id string) string {
	return strings.TrimSuffix(active, ".key") + "-" + id + ".key"
}

// readSealKeys reads the active key and those beside it.
func readSealKeys(active string) (sealKeys, error) {
	key, err := readKeyFile(active)
	if err != nil {
		return sealKeys{}, err
	}
	set := sealKeys{active: keyID(key), keys: map[string][]byte{keyID(key): key}}
	others, err := filepath.Glob(sealFile(active, "*"))
	if err != nil {
		return set, fmt.Errorf("look for sealing keys: %w", err)
	}
	for _, path := range others {
		if key, err = readKeyFile(path); err != nil {
			return set, err
		}
		if path != sealFile(active, keyID(key)) {
			return set, fmt.Errorf("key file %s holds the key %s: it was renamed or damaged", path, keyID(key))
		}
		set.keys[keyID(key)] = key
	}
	return set, nil
}

// RenewSealKey draws another sealing key and makes it the active one; the one before stays beside it. Ended at any moment
// it leaves either of them active and both readable.
func RenewSealKey(active string) (id string, err error) {
	before, err := readKeyFile(active)
	if err != nil {
		return "", err
	}
	if err := linkOnce(active, sealFile(active, keyID(before))); err != nil {
		return "", err
	}
	key, err := drawKey()
	if err != nil {
		return "", err
	}
	id = keyID(key)
	own := sealFile(active, id)
	if err := writeKeyFile(own, key); err != nil {
		return "", err
	}
	next := filepath.Join(filepath.Dir(active), ".next-"+id)
	if err := linkOnce(own, next); err != nil {
		return "", err
	}
	if err := os.Rename(next, active); err != nil {
		return "", fmt.Errorf("make key active: %w", err)
	}
	return id, syncFolder(active)
}

// RetireSealKeys puts the keys that nothing is sealed under aside and returns their ids. used tells how many things are
// sealed under each key.
func RetireSealKeys(active string, used map[string]int, now time.Time) ([]string, error) {
	info, err := os.Stat(active)
	if err != nil {
		return nil, fmt.Errorf("read sealing key: %w", err)
	}
	if age := now.Sub(info.ModTime()); age < retireAfter {
		return nil, fmt.Errorf("the active key is %s old: wait until it is %s", age.Round(time.Second), retireAfter)
	}
	set, err := readSealKeys(active)
	if err != nil {
		return nil, err
	}
	folder := filepath.Join(filepath.Dir(active), retiredFolder)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("make folder of retired keys: %w", err)
	}
	var retired []string
	for id := range set.keys {
		if id == set.active || used[id] > 0 {
			continue
		}
		path := sealFile(active, id)
		if err := os.Rename(path, filepath.Join(folder, filepath.Base(path))); err != nil {
			return retired, fmt.Errorf("retire key: %w", err)
		}
		retired = append(retired, id)
	}
	return retired, nil
}

func linkOnce(from, to string) error {
	if err := os.Link(from, to); err != nil && !errors.Is(err, os.ErrExist) {
		return fmt.Errorf("make key file: %w", err)
	}
	return nil
}

// syncFolder makes sure that the names in a file's folder outlive a power cut.
func syncFolder(file string) error {
	folder, err := os.Open(filepath.Dir(file))
	if err != nil {
		return fmt.Errorf("sync key folder: %w", err)
	}
	if err := errors.Join(folder.Sync(), folder.Close()); err != nil {
		return fmt.Errorf("sync key folder: %w", err)
	}
	return nil
}
