package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"runtime"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/secure/precis"

	"toancanh/server/fault"
)

// Cost of a password's hash: Argon2id (RFC 9106) with 19 MiB, two passes and one lane, the OWASP password sheet's first choice.
const (
	hashMemory = 19 << 10 // KiB
	hashPasses = 2
	hashLanes  = 1
	saltBytes  = 16
	hashBytes  = 32
)

// Bounds of a new password, in characters. There are no rules of composition (NIST SP 800-63B, 3.1.1).
const (
	LeastPassword = 12
	mostPassword  = 128
)

// Hasher hashes passwords, few at once, so that people signing in cannot take the processors from reports coming in.
// Whoever finds the queue full is told to come back.
type Hasher struct {
	slots   chan struct{}
	waiting chan struct{}
}

// queueForEach is how many may wait for each hash under way: at about 30 ms a hash, half a second.
const queueForEach = 16

// NewHasher makes a hasher that takes at most half of the processors.
func NewHasher() *Hasher {
	n := max(1, runtime.GOMAXPROCS(0)/2)
	return &Hasher{slots: make(chan struct{}, n), waiting: make(chan struct{}, n*queueForEach)}
}

//nolint:gochecknoglobals // an error value
var errBusy = fault.Unavailable("Nhiều người đang đăng nhập cùng lúc, xin thử lại sau ít giây.").Because("busy")

// do runs work when there is a slot.
func (h *Hasher) do(ctx context.Context, work func()) error {
	select {
	case h.waiting <- struct{}{}:
		defer func() { <-h.waiting }()
	default:
		return errBusy
	}
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	case <-ctx.Done():
		return errBusy.Wrap(ctx.Err())
	}
	work()
	return nil
}

// Hash makes the PHC string of a password that CheckPassword has taken.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	plain, err := precis.OpaqueString.String(password)
	if err != nil {
		return "", fault.Invalid("password", "Mật khẩu có ký tự không dùng được.").Because("encoding")
	}
	salt := make([]byte, saltBytes)
	if _, err := rand.Read(salt); err != nil {
		return "", fmt.Errorf("draw salt: %w", err)
	}
	var key []byte
	if err := h.do(ctx, func() { key = argon2.IDKey([]byte(plain), salt, hashPasses, hashMemory, hashLanes, hashBytes) }); err != nil {
		return "", err
	}
	enc := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, hashMemory, hashPasses, hashLanes,
		enc.EncodeToString(salt), enc.EncodeToString(key)), nil
}

// Verify reports whether the password is the one hashed as phc. An empty phc takes the same time and is never right, so
// that nobody learns from the clock which logins exist.
func (h *Hasher) Verify(ctx context.Context, phc, password string) (bool, error) {
	known, ok := parsePHC(phc)
	if !ok {
		known = phcHash{memory: hashMemory, passes: hashPasses, lanes: hashLanes, salt: make([]byte, saltBytes), key: make([]byte, hashBytes)}
	}
	plain, err := precis.OpaqueString.String(password)
	if err != nil || len(password) > 4*mostPassword {
		plain, ok = "", false
	}
	right := false
	err = h.do(ctx, func() {
		key := argon2.IDKey([]byte(plain), known.salt, known.passes, known.memory, known.lanes, uint32(len(known.key))) //nolint:gosec // 32
		right = subtle.ConstantTimeCompare(key, known.key) == 1
	})
	return right && ok, err
}

type phcHash struct {
	memory, passes uint32
	lanes          uint8
	salt, key      []byte
}

// parsePHC reads what Hash wrote, also with other costs within reason.
func parsePHC(phc string) (phcHash, bool) {
	var h phcHash
	var version int
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return h, false
	}
	if n, err := fmt.Sscanf(parts[2], "v=%d", &version); n != 1 || err != nil || version != argon2.Version {
		return h, false
	}
	if n, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &h.memory, &h.passes, &h.lanes); n != 3 || err != nil {
		return h, false
	}
	var err1, err2 error
	h.salt, err1 = base64.RawStdEncoding.DecodeString(parts[4])
	h.key, err2 = base64.RawStdEncoding.DecodeString(parts[5])
	sane := h.memory <= 64<<10 && h.passes > 0 && h.passes <= 10 && h.lanes > 0 && len(h.key) == hashBytes
	return h, err1 == nil && err2 == nil && sane
}

// CheckPassword says why a new password is refused. Words about the person, such as the login, must not be all of it.
func CheckPassword(field, password string, about ...string) error {
	plain, err := precis.OpaqueString.String(password)
	switch n := utf8.RuneCountInString(plain); {
	case err != nil && password != "":
		return fault.Invalid(field, "Mật khẩu có ký tự không dùng được.").Because("encoding")
	case n < LeastPassword:
		return fault.Invalid(field, "Mật khẩu cần ít nhất %d ký tự.", LeastPassword).Because("too_short")
	case n > mostPassword:
		return fault.Invalid(field, "Mật khẩu dài tối đa %d ký tự.", mostPassword).Because("too_long")
	case guessed(plain, about):
		return fault.Invalid(field, "Mật khẩu này quá dễ đoán; hãy ghép vài từ không liên quan với nhau.").Because("common")
	}
	return nil
}

// denied are beginnings that guessers try first; what remains without them must be long enough to matter.
func denied() []string {
	return []string{
		"password", "passw0rd", "matkhau", "mậtkhẩu", "mật khẩu", "mat khau", "toancanh", "toàncảnh", "toàn cảnh", "toan canh", "quantri", "admin", "administrator", "iloveyou", "qwerty",
		"qwertyuiop", "abcdefghijkl", "vietnam", "việt nam", "viet nam", "daknong", "đắknông", "ioc", "123456789", "0123456789", "987654321", "welcome", "letmein",
	}
}

// guessed reports whether few guesses would find it: hardly any different characters, or nothing of length but words
// that everybody tries or that stand beside the login.
func guessed(plain string, about []string) bool {
	const fewKinds, enough = 5, 6
	rest := strings.ToLower(plain)
	kinds := map[rune]bool{}
	for _, r := range rest {
		kinds[r] = true
	}
	if len(kinds) < fewKinds {
		return true
	}
	for _, word := range append(about, denied()...) {
		if word = strings.ToLower(word); len(word) > 2 {
			rest = strings.ReplaceAll(rest, word, "")
		}
	}
	left := strings.Trim(rest, "0123456789!@#$%^&*()_-+=. ")
	return utf8.RuneCountInString(plain) != utf8.RuneCountInString(rest) && utf8.RuneCountInString(left) < enough
}
