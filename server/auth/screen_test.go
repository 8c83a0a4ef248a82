package auth_test

import (
	"testing"

	"toancanh/server/auth"
	"toancanh/server/fault"
)

func TestACodeIsReadHoweverItWasTyped(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"CDF349": "CDF349", "cdf349": "CDF349", "cdf 349": "CDF349", "CDF-349": "CDF349", "CDF\u00a0349": "CDF349",
		"": "", "CDF34": "", "CDF3499": "", "CDF34O": "", "CDF340": "", "ĐDF349": "", "CDF34\n": "",
	} {
		got, err := auth.CleanCode(typed)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v, want %q", typed, got, err, want)
		}
		if err != nil && (!fault.Is(err, fault.KindInvalid) || fault.Items(err)[0].Field != "code") {
			t.Errorf("%q: %v", typed, err)
		}
	}
}

func TestACodeHasLettersThatCannotBeMistaken(t *testing.T) {
	t.Parallel()
	seen := map[rune]bool{}
	for range 2000 {
		code, err := auth.NewPairingCode()
		if err != nil {
			t.Fatal(err)
		}
		if clean, err := auth.CleanCode(code); err != nil || clean != code {
			t.Fatalf("%q is read as %q, %v", code, clean, err)
		}
		for _, r := range code {
			seen[r] = true
		}
	}
	for _, r := range "01258ABEGILOQSUVZ" {
		if seen[r] {
			t.Errorf("codes hold %q", r)
		}
	}
	if len(seen) != 19 {
		t.Errorf("codes are made of %d letters, want 19", len(seen))
	}
}
