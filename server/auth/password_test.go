package auth_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/text/unicode/norm"

	"toancanh/server/auth"
	"toancanh/server/fault"
)

func TestAPasswordIsTakenByLengthAndNotByComposition(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, password, reason string }{
		{"four words", "trâu ngựa ghế đèn", ""},
		{"small letters only", "correcthorsebattery", ""},
		{"twelve characters of many bytes", "ắằẳẵặấầẩẫậớờ", ""},
		{"eleven characters", "ắằẳẵặấầẩẫậớ", "too_short"},
		{"nothing", "", "too_short"},
		{"129 characters", strings.Repeat("xyzt.", 26), "too_long"},
		{"a control character", "trâu ngựa\x00 ghế đèn", "encoding"},
		{"one character repeated", "aaaaaaaaaaaaaaaa", "common"},
		{"what everybody tries", "Password1234!", "common"},
		{"in Vietnamese", "MatKhau123456", "common"},
		{"the product", "ToanCanh@2026", "common"},
		{"the login and a year", "nguyen.van.an2026", "common"},
		{"a row of digits", "123456789012", "common"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			err := auth.CheckPassword("password", tc.password, "nguyen.van.an")
			if got := fault.Items(err); (len(got) > 0) != (tc.reason != "") || len(got) > 0 && got[0].Reason != tc.reason {
				t.Errorf("got %v, want reason %q", err, tc.reason)
			}
		})
	}
}

func TestAPasswordIsTheSameHoweverItIsEncoded(t *testing.T) {
	t.Parallel()
	h := auth.NewHasher()
	phc, err := h.Hash(t.Context(), "Tiếng Việt có dấu") // NFC
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(phc, "$argon2id$v=19$m=19456,t=2,p=1$") || strings.Contains(phc, "Tiếng") {
		t.Errorf("phc %q", phc)
	}
	again, err := h.Hash(t.Context(), "Tiếng Việt có dấu")
	if err != nil || again == phc {
		t.Errorf("the same salt twice (%v)", err)
	}
	const right = "Tiếng Việt có dấu"
	for password, want := range map[string]bool{
		right: true, norm.NFD.String(right): true, strings.ReplaceAll(right, " ", "\u00a0"): true, // another kind of space
		"tiếng việt có dấu": false, "Tieng Viet co dau": false, "": false,
	} {
		if got, err := h.Verify(t.Context(), phc, password); err != nil || got != want {
			t.Errorf("%q: %t, %v", password, got, err)
		}
	}
	for _, bad := range []string{"", "$argon2id$v=19$m=9999999,t=2,p=1$AAAA$AAAA", "plain", strings.Replace(phc, "argon2id", "argon2i", 1)} {
		if got, err := h.Verify(t.Context(), bad, ""); err != nil || got {
			t.Errorf("hash %q: %t, %v", bad, got, err)
		}
	}
}

func TestAFullHasherSendsPeopleBack(t *testing.T) {
	t.Parallel()
	h := auth.NewHasher()
	const many = 300
	var mu sync.Mutex
	busy, right := 0, 0
	var wg sync.WaitGroup
	for range many {
		wg.Go(func() {
			_, err := h.Verify(t.Context(), "", "trâu ngựa ghế đèn")
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				right++
			case fault.Is(err, fault.KindUnavailable):
				busy++
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if busy == 0 || right == 0 {
		t.Errorf("%d were served and %d sent back: a queue without end, or none", right, busy)
	}
	if _, err := h.Verify(t.Context(), "", "x"); err != nil {
		t.Errorf("the hasher did not recover: %v", err)
	}
}

func TestCodesAreThoseOfTheStandard(t *testing.T) {
	t.Parallel()
	secret := []byte("12345678901234567890") // RFC 6238, appendix B: the last six of eight digits
	for unix, want := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		at := time.Unix(unix, 0)
		if got := auth.TOTPCode(secret, at); got != want {
			t.Errorf("at %d: %s, want %s", unix, got, want)
		}
		step, ok := auth.CheckTOTP(secret, want, at.Add(29*time.Second), 0)
		if !ok || step != unix/30 {
			t.Errorf("at %d: step %d, %t", unix, step, ok)
		}
		if _, ok := auth.CheckTOTP(secret, want, at, step); ok {
			t.Error("a code worked twice")
		}
		if _, ok := auth.CheckTOTP(secret, want, at.Add(2*time.Minute), 0); ok {
			t.Error("an old code worked")
		}
	}
	codes, hashes, err := auth.NewRecoveryCodes()
	if err != nil || len(codes) != 10 || len(hashes) != 10 {
		t.Fatal(codes, err)
	}
	typed := strings.ToUpper(strings.ReplaceAll(codes[3], "-", " "))
	if string(auth.HashRecovery(typed)) != string(hashes[3]) {
		t.Error("a recovery code is not known again as it is typed")
	}
}

func TestGuessingIsSlowedAndLocksNobodyElseOut(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		name  string
		tries auth.Tries
		want  time.Duration
	}{
		{"the first", auth.Tries{FirstHere: now, LastHere: now}, 0},
		{"four failures", auth.Tries{Here: 4, FirstHere: now, LastHere: now}, 0},
		{"five", auth.Tries{Here: 5, FirstHere: now, LastHere: now}, time.Second},
		{"ten", auth.Tries{Here: 10, FirstHere: now, LastHere: now}, 32 * time.Second},
		{"a thousand", auth.Tries{Here: 1000, FirstHere: now, LastHere: now}, 15 * time.Minute},
		{"after the pause", auth.Tries{Here: 10, FirstHere: now, LastHere: now.Add(-32 * time.Second)}, 0},
		{"a known address while strangers guess", auth.Tries{Account: 10_000, Known: true, FirstHere: now, LastHere: now}, 0},
		{"a new address while strangers guess", auth.Tries{Account: 10_000, FirstHere: now, LastHere: now}, 30 * time.Second},
		{"and once it has waited", auth.Tries{Account: 10_000, FirstHere: now.Add(-30 * time.Second), LastHere: now}, 0},
		{"a clock set back", auth.Tries{Here: 6, FirstHere: now, LastHere: now.Add(24 * time.Hour)}, 15 * time.Minute},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := tc.tries.Wait(now); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}
