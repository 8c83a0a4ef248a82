package auth

import (
	"context"
	"strings"
	"time"

	"toancanh/server/fault"
)

// Bounds of a PIN, in digits. It is shorter than any password, so that one field takes both.
const (
	leastPIN = 6
	mostPIN  = LeastPassword - 1
)

// Wrong PINs of one person that a desk takes, and all desks together in an hour; then the password is asked for, which
// nobody else can use up.
const (
	pinTries    = 5
	pinTriesAll = 20
)

// looksLikePIN tells a PIN from a password by its form.
func looksLikePIN(text string) bool {
	return len(text) >= leastPIN && len(text) <= mostPIN && strings.Trim(text, "0123456789") == ""
}

// pinTrial is a try of a PIN: one person's at one desk.
func pinTrial(login, deskID string, now time.Time) Trial {
	return Trial{Login: login, Account: hashOf("pin", login), Network: hashOf("desk", deskID), At: now}
}

// PINSpent reports whether so many wrong PINs came that only the password opens the desk.
func (t Tries) PINSpent() bool { return t.Here >= pinTries || t.Account >= pinTriesAll }

// CheckPIN says why a new PIN is refused.
func CheckPIN(pin string) error {
	switch {
	case !looksLikePIN(pin):
		return fault.Invalid("pin", "Mã PIN có từ %d đến %d chữ số.", leastPIN, mostPIN).Because("format")
	case fewSteps(pin):
		return fault.Invalid("pin", "Mã PIN này quá dễ đoán.").Because("common")
	}
	return nil
}

// fewSteps finds what guessers try first: one or two digits over and over, runs such as 123456 and 987654, and a half
// that is said twice, such as 123123.
func fewSteps(pin string) bool {
	kinds := map[rune]bool{}
	for _, r := range pin {
		kinds[r] = true
	}
	if half := len(pin) / 2; len(kinds) < 3 || len(pin)%2 == 0 && pin[:half] == pin[half:] {
		return true
	}
	step := int(pin[1]) - int(pin[0])
	for i := 1; i < len(pin); i++ {
		if (int(pin[i])-int(pin[i-1])-step)%10 != 0 {
			return false
		}
	}
	return true
}

// SetPIN sets the person's PIN after their password.
func (k *Keeper) SetPIN(ctx context.Context, s Session, password, pin string) error {
	if err := CheckPIN(pin); err != nil {
		return err
	}
	if err := k.again(ctx, s, "password", password); err != nil {
		return err
	}
	phc, err := k.hasher.Hash(ctx, pin)
	if err != nil {
		return err
	}
	return k.store.SetPIN(ctx, s.Person.ID, phc)
}

// DropPIN takes the person's PIN away.
func (k *Keeper) DropPIN(ctx context.Context, s Session) error {
	return k.store.SetPIN(ctx, s.Person.ID, "")
}

// again asks a person who is signed in for their password once more; too many wrong ones end the session.
func (k *Keeper) again(ctx context.Context, s Session, field, password string) error {
	_, secrets, err := k.store.Secret(ctx, s.Person.Login)
	if err != nil {
		return err
	}
	right, err := k.hasher.Verify(ctx, secrets.Password, password)
	switch {
	case err != nil:
		return err
	case !right:
		if err := k.store.CountCode(ctx, s.ID, mostCodes); err != nil {
			return err
		}
		return fault.Invalid(field, "Mật khẩu hiện tại không đúng.").Because("credentials")
	}
	return nil
}
