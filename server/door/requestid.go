package door

import (
	"crypto/rand"
	"encoding/hex"

	"github.com/gofiber/fiber/v2"
)

const (
	leastID = 8
	mostID  = 64
)

// requestID is the id the caller gave, when it is one fit for a log, or a new one.
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

func saneID(id []byte) bool {
	if len(id) < leastID || len(id) > mostID {
		return false
	}
	for _, b := range id {
		ok := b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b == '-' || b == '_' || b == '.'
		if !ok {
			return false
		}
	}
	return true
}
