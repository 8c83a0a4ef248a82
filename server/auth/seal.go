// Package auth decides who is who: people and the desks they sit at, keys of gateways and tools, tickets for the live
// feed, and the sealing of a sender's contact. It knows no report, and opens no network connection but to the sign-in
// provider of the settings.
package auth

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// keyBytes is the length of every secret: 256 bits.
const keyBytes = 32

// Sealer seals contacts with AES-256-GCM. Its key lies in a file outside the database.
type Sealer struct {
	id   string
	aead cipher.AEAD
}

// NewSealer makes a sealer of a 32-byte key.
func NewSealer(key []byte) (*Sealer, error) {
	if len(key) != keyBytes {
		return nil, fmt.Errorf("sealing key has %d bytes, want %d", len(key), keyBytes)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("make sealing cipher: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("make sealing cipher: %w", err)
	}
	mark := sha256.Sum256(key)
	return &Sealer{id: hex.EncodeToString(mark[:6]), aead: aead}, nil
}

// KeyID names the key without telling it.
func (s *Sealer) KeyID() string { return s.id }

// Seal encrypts plain for the report with the given id: a sealed contact opens for no other report.
func (s *Sealer) Seal(reportID string, plain []byte) ([]byte, error) {
	nonce := make([]byte, s.aead.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return nil, fmt.Errorf("draw nonce: %w", err)
	}
	return s.aead.Seal(nonce, nonce, plain, []byte(reportID)), nil
}

// Open decrypts what Seal made.
func (s *Sealer) Open(reportID string, sealed []byte) ([]byte, error) {
	n := s.aead.NonceSize()
	if len(sealed) < n {
		return nil, errors.New("sealed contact is too short")
	}
	plain, err := s.aead.Open(nil, sealed[:n], sealed[n:], []byte(reportID))
	if err != nil {
		return nil, fmt.Errorf("open sealed contact: %w", err)
	}
	return plain, nil
}

// KeyFile reads a 32-byte secret from a file, or makes it (mode 0600, synced before it counts) when there is none. A
// file that others may read is refused: it is no secret any more.
func KeyFile(path string) ([]byte, error) {
	raw, err := os.ReadFile(path) //nolint:gosec // the operator's own setting
	if errors.Is(err, os.ErrNotExist) {
		return makeKeyFile(path)
	}
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

func makeKeyFile(path string) ([]byte, error) {
	key := make([]byte, keyBytes)
	if _, err := rand.Read(key); err != nil {
		return nil, fmt.Errorf("draw key: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make key folder: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".key-*") // mode 0600
	if err != nil {
		return nil, fmt.Errorf("make key file: %w", err)
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.Write(key)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("write key file: %w", err)
	}
	// Link, not rename: of two processes that start together the second must take the first one's key.
	if err := os.Link(f.Name(), path); err != nil {
		if errors.Is(err, os.ErrExist) {
			return KeyFile(path)
		}
		return nil, fmt.Errorf("make key file: %w", err)
	}
	return key, nil
}
