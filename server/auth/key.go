package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// Right is something a key allows.
type Right string

// The rights of keys.
const (
	RightReadings Right = "readings" // post readings and sensor events
	RightSensors  Right = "sensors"  // register sensors
	RightReports  Right = "reports"  // post reports and act on them as a partner system
	RightScreens  Right = "screens"  // order and set up screens
	RightHistory  Right = "history"  // load the past: alone may set received_at and origin
)

// Rights lists every right.
func Rights() []Right {
	return []Right{RightReadings, RightSensors, RightReports, RightScreens, RightHistory}
}

const keyPrefix = "tck_"

// Key is a gateway's or tool's key as the store keeps it.
type Key struct {
	ID     string
	Hash   []byte // SHA-256 of the secret
	Label  string
	Rights []Right
}

// NewKey draws a key; the token is told to its owner once and kept nowhere.
func NewKey(label string, rights ...Right) (Key, string, error) {
	raw := make([]byte, 6+keyBytes)
	if _, err := rand.Read(raw); err != nil {
		return Key{}, "", fmt.Errorf("draw key: %w", err)
	}
	id, secret := hex.EncodeToString(raw[:6]), hex.EncodeToString(raw[6:])
	hash := sha256.Sum256([]byte(secret))
	return Key{ID: id, Hash: hash[:], Label: label, Rights: rights}, keyPrefix + id + "_" + secret, nil
}

// SplitKey takes a token apart.
func SplitKey(token string) (id, secret string, ok bool) {
	rest, ok := strings.CutPrefix(token, keyPrefix)
	if !ok {
		return "", "", false
	}
	id, secret, ok = strings.Cut(rest, "_")
	return id, secret, ok && len(id) == 12 && len(secret) == 2*keyBytes
}

// Matches reports whether the secret is this key's, in constant time.
func (k Key) Matches(secret string) bool {
	hash := sha256.Sum256([]byte(secret))
	return subtle.ConstantTimeCompare(hash[:], k.Hash) == 1
}

// May reports whether the key has a right.
func (k Key) May(r Right) bool { return slices.Contains(k.Rights, r) }

// Name is the key as deeds and audit name it; empty for the zero key.
func (k Key) Name() string {
	if k.ID == "" {
		return ""
	}
	return "key:" + k.ID
}
