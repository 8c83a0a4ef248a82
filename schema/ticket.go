package schema

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Ticket lets its bearer listen to some topics until it expires. It is signed by the server (Ed25519); the
// hub holds only the public key. It says nothing about a person but an opaque subject.
type Ticket struct {
	Subject   string    `json:"sub"` // opaque id of a session, a screen or a tool; what a revocation names
	Screen    bool      `json:"scr"` // a screen keeps its socket while revocations are unsure, a person does not
	Topics    []string  `json:"top"`
	IssuedAt  time.Time `json:"iat"`
	ExpiresAt time.Time `json:"exp"`
}

// Faults of a ticket; branch with errors.Is.
var (
	ErrTicketMalformed = errors.New("ticket is malformed")
	ErrTicketSignature = errors.New("ticket's signature is wrong")
	ErrTicketExpired   = errors.New("ticket has expired")
)

// maxTicket bounds an encoded ticket in bytes, so that it fits a request header.
const maxTicket = 6000

// SignTicket encodes a ticket as "<base64url payload>.<base64url signature>", which is a legal
// WebSocket sub-protocol token.
func SignTicket(key ed25519.PrivateKey, t Ticket) (string, error) {
	body, err := json.Marshal(t)
	if err != nil {
		return "", fmt.Errorf("encode ticket: %w", err)
	}
	enc := base64.RawURLEncoding
	token := enc.EncodeToString(body) + "." + enc.EncodeToString(ed25519.Sign(key, body))
	if len(token) > maxTicket {
		return "", fmt.Errorf("ticket for %d topics is %d bytes, at most %d are allowed", len(t.Topics), len(token), maxTicket)
	}
	return token, nil
}

// OpenTicket checks a ticket's signature and expiry and returns it.
func OpenTicket(key ed25519.PublicKey, token string, now time.Time) (Ticket, error) {
	if len(token) > maxTicket {
		return Ticket{}, ErrTicketMalformed
	}
	payload, sig, ok := strings.Cut(token, ".")
	if !ok {
		return Ticket{}, ErrTicketMalformed
	}
	body, err1 := base64.RawURLEncoding.DecodeString(payload)
	mark, err2 := base64.RawURLEncoding.DecodeString(sig)
	if err1 != nil || err2 != nil {
		return Ticket{}, ErrTicketMalformed
	}
	if !ed25519.Verify(key, body, mark) {
		return Ticket{}, ErrTicketSignature
	}
	var t Ticket
	if err := json.Unmarshal(body, &t); err != nil {
		return Ticket{}, ErrTicketMalformed
	}
	if !now.Before(t.ExpiresAt) {
		return Ticket{}, ErrTicketExpired
	}
	return t, nil
}

// Allows reports whether the ticket covers a topic.
func (t Ticket) Allows(topic string) bool { return slices.Contains(t.Topics, topic) }
