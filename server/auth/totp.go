package auth

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // RFC 6238 as every authenticator app has it
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// A code of six digits changes every 30 seconds (RFC 6238); the neighbours of the present one are taken too, for clocks
// that are a little off.
const (
	totpPeriod = 30
	totpDigits = 1_000_000
	totpBytes  = 20
	totpDrift  = 1
)

// NewTOTP draws a second factor's secret.
func NewTOTP() ([]byte, error) {
	secret := make([]byte, totpBytes)
	if _, err := rand.Read(secret); err != nil {
		return nil, fmt.Errorf("draw second factor: %w", err)
	}
	return secret, nil
}

// TOTPText is the secret as a person types it, and TOTPAddress as an app scans it.
func TOTPText(secret []byte) string {
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret)
}

// TOTPAddress is the otpauth address of a secret.
func TOTPAddress(secret []byte, login string) string {
	q := url.Values{"secret": {TOTPText(secret)}, "issuer": {"Toan Canh"}, "period": {fmt.Sprint(totpPeriod)}, "digits": {"6"}, "algorithm": {"SHA1"}}
	return "otpauth://totp/" + url.PathEscape("Toan Canh:"+login) + "?" + strings.ReplaceAll(q.Encode(), "+", "%20")
}

// CheckTOTP reports whether code is right now, and its time step. Steps up to lastStep are used up.
func CheckTOTP(secret []byte, code string, now time.Time, lastStep int64) (step int64, ok bool) {
	present := now.Unix() / totpPeriod
	for step = present - totpDrift; step <= present+totpDrift; step++ {
		if subtle.ConstantTimeCompare([]byte(totpCode(secret, step)), []byte(code)) == 1 {
			return step, step > lastStep
		}
	}
	return 0, false
}

// totpCode is the code of a time step (RFC 4226, section 5.3).
func totpCode(secret []byte, step int64) string {
	mac := hmac.New(sha1.New, secret)
	_ = binary.Write(mac, binary.BigEndian, step) // a hash takes everything
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 0xf
	n := binary.BigEndian.Uint32(sum[at:at+4]) & 0x7fffffff
	return fmt.Sprintf("%06d", n%totpDigits)
}

// TOTPCode is the code an authenticator app shows at an instant: for tests and tools of the sample.
func TOTPCode(secret []byte, at time.Time) string { return totpCode(secret, at.Unix()/totpPeriod) }

// recoveryCodes is how many a person gets.
const recoveryCodes = 10

// NewRecoveryCodes draws codes that each stand in for the second factor once: 80 random bits in four groups.
func NewRecoveryCodes() (codes []string, hashes [][]byte, err error) {
	for range recoveryCodes {
		raw := make([]byte, 10)
		if _, err := rand.Read(raw); err != nil {
			return nil, nil, fmt.Errorf("draw recovery code: %w", err)
		}
		text := strings.ToLower(base32.StdEncoding.EncodeToString(raw))
		code := text[:4] + "-" + text[4:8] + "-" + text[8:12] + "-" + text[12:]
		codes, hashes = append(codes, code), append(hashes, HashRecovery(code))
	}
	return codes, hashes, nil
}

// HashRecovery is the hash of a recovery code however it was typed.
func HashRecovery(code string) []byte {
	plain := strings.Map(func(r rune) rune {
		if r == '-' || r == ' ' {
			return -1
		}
		return r
	}, strings.ToLower(code))
	sum := sha256.Sum256([]byte(plain))
	return sum[:]
}
