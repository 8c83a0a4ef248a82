package auth

import (
	"crypto/ed25519"
	"time"

	"toancanh/schema"
)

// How long tickets last before they must be renewed.
const (
	PersonTicket = 15 * time.Minute
	ScreenTicket = 24 * time.Hour
)

// Signer signs with one key: tickets for the live feed, or, with a key of their own, files that leave the house.
type Signer struct{ key ed25519.PrivateKey }

// NewSigner makes a signer of a 32-byte seed.
func NewSigner(seed []byte) *Signer { return &Signer{ed25519.NewKeyFromSeed(seed)} }

// Sign signs a message of its own kind; tickets have Ticket.
func (s *Signer) Sign(message []byte) []byte { return ed25519.Sign(s.key, message) }

// Public is the key that hubs check tickets with.
func (s *Signer) Public() ed25519.PublicKey {
	public, _ := s.key.Public().(ed25519.PublicKey)
	return public
}

// Ticket signs a ticket for a subject and topics, and says when it ends.
func (s *Signer) Ticket(subject string, screen bool, topics []string, now time.Time) (string, time.Time, error) {
	life := PersonTicket
	if screen {
		life = ScreenTicket
	}
	ends := now.Add(life).UTC().Truncate(time.Second)
	token, err := schema.SignTicket(s.key, schema.Ticket{
		Subject: subject, Screen: screen, Topics: topics, IssuedAt: now.UTC(), ExpiresAt: ends,
	})
	return token, ends, err
}
