// Package auth decides who is who: people and the desks they sit at, pairings of screens, keys of gateways and tools, tickets
// for the live feed, the sealing of a sender's contact, and who may open it. It knows no report, and opens no network
// connection but to the sign-in provider of the settings.
package auth

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"

	"toancanh/server/fault"
)

// keyBytes is the length of every secret, 256 bits; idBytes that of the name of a key.
const (
	keyBytes = 32
	idBytes  = 6
)

// Sealed is something sealed, with the name of its key.
type Sealed struct {
	KeyID string
	Bytes []byte
}

// Sealer seals with AES-256-GCM. Its keys lie in files outside the database: one is active and seals, those before it
// open what they sealed until nothing is left under them.
type Sealer struct {
	file string // of the active key; empty when the one key was given

	mu     sync.Mutex
	locks  map[string]cipher.AEAD // by key id
	active string
	seen   os.FileInfo // of the active key's file as it was read
}

// NewSealer makes a sealer of one 32-byte key.
func NewSealer(key []byte) (*Sealer, error) {
	id, lock, err := lockOf(key)
	if err != nil {
		return nil, err
	}
	return &Sealer{locks: map[string]cipher.AEAD{id: lock}, active: id}, nil
}

// OpenSealer makes a sealer of the keys in files: the active one, made when there is none, and those beside it. It follows
// a rotation by another process by itself.
func OpenSealer(file string) (*Sealer, error) {
	if _, err := KeyFile(file); err != nil {
		return nil, err
	}
	s := &Sealer{file: file}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s, s.readLocked()
}

// lockOf is a key's lock and its name, which does not tell the key.
func lockOf(key []byte) (id string, lock cipher.AEAD, err error) {
	if len(key) != keyBytes {
		return "", nil, fmt.Errorf("sealing key has %d bytes, want %d", len(key), keyBytes)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return "", nil, fmt.Errorf("make sealing cipher: %w", err)
	}
	if lock, err = cipher.NewGCM(block); err != nil {
		return "", nil, fmt.Errorf("make sealing cipher: %w", err)
	}
	return keyID(key), lock, nil
}

// keyID names a key without telling it.
func keyID(key []byte) string {
	mark := sha256.Sum256(key)
	return hex.EncodeToString(mark[:idBytes])
}

// readLocked reads every key there is.
func (s *Sealer) readLocked() error {
	seen, err := os.Stat(s.file)
	if err != nil {
		return fmt.Errorf("read sealing key: %w", err)
	}
	set, err := readSealKeys(s.file)
	if err != nil {
		return err
	}
	locks := map[string]cipher.AEAD{}
	for id, key := range set.keys {
		if _, locks[id], err = lockOf(key); err != nil {
			return err
		}
	}
	s.locks, s.active, s.seen = locks, set.active, seen
	return nil
}

// KeyID names the active key.
func (s *Sealer) KeyID() (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.active, s.followLocked()
}

// KeyIDs names the active key and all that are here.
func (s *Sealer) KeyIDs() (active string, all []string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	err = s.followLocked()
	return s.active, slices.Sorted(maps.Keys(s.locks)), err
}

// followLocked takes another active key into use as soon as its file is there. While there is no file the key that is held
// stays active.
func (s *Sealer) followLocked() error {
	if s.file == "" {
		return nil
	}
	now, err := os.Stat(s.file)
	if err != nil || os.SameFile(now, s.seen) && now.ModTime().Equal(s.seen.ModTime()) {
		return nil //nolint:nilerr // it stays active
	}
	return s.readLocked()
}

// Seal encrypts plain for the thing with a name, such as a report's id: what was sealed opens for no other.
func (s *Sealer) Seal(name string, plain []byte) (Sealed, error) {
	s.mu.Lock()
	// A new key that cannot be read, for want of a right perhaps, must not keep a report out: the key held seals on, and the
	// rotation finds its rows.
	_ = s.followLocked()
	id, lock := s.active, s.locks[s.active]
	s.mu.Unlock()
	nonce := make([]byte, lock.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return Sealed{}, fmt.Errorf("draw nonce: %w", err)
	}
	return Sealed{id, lock.Seal(nonce, nonce, plain, []byte(name))}, nil
}

// Open decrypts what Seal made; unavailable when its key is not here.
func (s *Sealer) Open(name string, sealed Sealed) ([]byte, error) {
	lock, err := s.lock(sealed.KeyID)
	if err != nil {
		return nil, err
	}
	n := lock.NonceSize()
	if len(sealed.Bytes) < n {
		return nil, errors.New("what was sealed is too short")
	}
	plain, err := lock.Open(nil, sealed.Bytes[:n], sealed.Bytes[n:], []byte(name))
	if err != nil {
		return nil, fmt.Errorf("open what was sealed: %w", err)
	}
	return plain, nil
}

// lock finds the lock of a key, also of one that came since.
func (s *Sealer) lock(id string) (cipher.AEAD, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if lock, ok := s.locks[id]; ok {
		return lock, nil
	}
	if s.file != "" {
		if err := s.readLocked(); err != nil {
			return nil, err
		}
	}
	if lock, ok := s.locks[id]; ok {
		return lock, nil
	}
	return nil, fault.Unavailable("Khóa niêm phong %s không có trên máy chủ này.", id).Because("seal_key")
}
