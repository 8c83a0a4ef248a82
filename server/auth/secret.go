package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"

	"github.com/google/uuid"
)

// NewSecret draws a token of 256 bits and its hash, the only part that is kept: SHA-256 is enough for what nobody can
// guess.
func NewSecret() (token string, hash []byte, err error) {
	raw := make([]byte, keyBytes)
	if _, err := rand.Read(raw); err != nil {
		return "", nil, fmt.Errorf("draw token: %w", err)
	}
	token = base64.RawURLEncoding.EncodeToString(raw)
	return token, HashSecret(token), nil
}

// HashSecret is the hash by which a token is found again.
func HashSecret(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// newID draws an id for a row; newSubject one for the tickets of a session.
func newID() (string, error) {
	id, err := uuid.NewRandom()
	return id.String(), err
}

// NewPersonID draws the id of a person.
func NewPersonID() (string, error) { return newID() }

func newSubject() (string, error) {
	id, err := uuid.NewRandom()
	if err != nil {
		return "", fmt.Errorf("draw subject: %w", err)
	}
	return "session:" + id.String(), nil
}
