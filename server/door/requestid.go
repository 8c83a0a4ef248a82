package door

import (
	"crypto/rand"
	"encoding/hex"

	"github.com/gofiber/fiber/v2"
)

// Bounds of an id of a caller's, in characters: it holds 64 bits or more.
const (
	leastID = 16
	mostID  = 64
)

// requestID is the id the caller gave, when it is one fit for a log, or a new one. Callers give what they like, and it is
// logged, audited and sent back: what a machine draws is taken, and no name, number or word.
func requestID(c *fiber.Ctx) string {
	if given := c.Request().Header.Peek(fiber.HeaderXRequestID); saneID(given) {
		return string(given)
	}
	return newRequestID()
}

func newRequestID() string {
	var raw [8]byte
	_, _ = rand.Read(raw[:]) // never fails, by its documentation
	return hex.EncodeToString(raw[:])
}

// saneID takes hexadecimal digits, also with dashes as in a UUID. A number alone may be somebody's.
func saneID(id []byte) bool {
	if len(id) < leastID || len(id) > mostID {
		return false
	}
	letters := false
	for _, b := range id {
		letter := b >= 'a' && b <= 'f' || b >= 'A' && b <= 'F'
		if letters = letters || letter; !letter && b != '-' && (b < '0' || b > '9') {
			return false
		}
	}
	return letters
}
