package hook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The headers of a signed delivery (Standard Webhooks).
const (
	HeaderID        = "webhook-id"
	HeaderTime      = "webhook-timestamp"
	HeaderSignature = "webhook-signature"
)

// mostSkew is how far the clock of whoever signed may be from ours.
const mostSkew = 5 * time.Minute

// leastSecret is the shortest secret that others may choose, in bytes.
const leastSecret = 24

// Sign makes the headers of a delivery.
func Sign(secret []byte, delivery string, body []byte, now time.Time) map[string]string {
	at := strconv.FormatInt(now.Unix(), 10)
	return map[string]string{HeaderID: delivery, HeaderTime: at, HeaderSignature: "v1," + base64.StdEncoding.EncodeToString(seal(secret, delivery, at, body))}
}

func seal(secret []byte, delivery, at string, body []byte) []byte {
	mac := hmac.New(sha256.New, secret)
	fmt.Fprintf(mac, "%s.%s.%s", delivery, at, body)
	return mac.Sum(nil)
}

// Verify reports whether somebody who knows the secret signed a delivery, now: header says what its headers are.
func Verify(secret []byte, header func(name string) string, body []byte, now time.Time) bool {
	id, at := header(HeaderID), header(HeaderTime)
	seconds, err := strconv.ParseInt(at, 10, 64)
	if err != nil || id == "" || now.Sub(time.Unix(seconds, 0)).Abs() > mostSkew {
		return false
	}
	want := seal(secret, id, at, body)
	for part := range strings.FieldsSeq(header(HeaderSignature)) {
		version, signature, _ := strings.Cut(part, ",")
		got, err := base64.StdEncoding.DecodeString(signature)
		if err == nil && version == "v1" && hmac.Equal(got, want) {
			return true
		}
	}
	return false
}

// ParseSecret reads a secret as receivers are told it, whsec_ and base64.
func ParseSecret(text string) ([]byte, error) {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(strings.TrimSpace(text), secretPrefix))
	if err != nil || len(raw) < leastSecret {
		return nil, errors.New("a secret is whsec_ and 24 bytes or more in base64")
	}
	return raw, nil
}
