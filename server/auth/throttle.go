package auth

import (
	"crypto/sha256"
	"net/netip"
	"time"
)

// Slowing of those who guess. Nobody can lock another out: delays belong to the account as seen from one address, and
// when an account is guessed at from everywhere, only addresses it was never signed in from wait once longer.
const (
	freeTries   = 5                // failures of one account from one address without a pause
	mostPause   = 15 * time.Minute // between two tries after many
	hotAccount  = 50               // failures in an hour, from anywhere, that make strangers' addresses wait
	strangerFor = 30 * time.Second // how long a new address waits at a hot account, once
	TriesWindow = time.Hour
)

// Tries is what is known about earlier failures when somebody signs in.
type Tries struct {
	Here      int       // failures of the account from this address
	FirstHere time.Time // when the address first tried the account
	LastHere  time.Time
	Account   int  // failures of the account from everywhere within TriesWindow
	Known     bool // the account was signed in from this address before
}

// Wait is how long the next try must wait; 0 lets it pass.
func (t Tries) Wait(now time.Time) time.Duration {
	wait := time.Duration(0)
	if t.Here >= freeTries {
		pause := min(mostPause, time.Second<<min(t.Here-freeTries, 20))
		wait = t.LastHere.Add(pause).Sub(now)
	}
	if !t.Known && t.Account >= hotAccount {
		wait = max(wait, t.FirstHere.Add(strangerFor).Sub(now))
	}
	return max(0, min(wait, mostPause)) // a clock set back must not lock anybody out
}

// alone are the tries of one guesser who is nobody's stranger.
func (t Tries) alone() Tries { return Tries{Here: t.Here, LastHere: t.LastHere, Known: true} }

// hashOf names an account or address without telling it.
func hashOf(kind, text string) []byte {
	sum := sha256.Sum256([]byte("toancanh:" + kind + ":" + text))
	return sum[:]
}

// household is the address, or of IPv6 the /64 network that one host or household has.
func household(addr netip.Addr) string {
	addr = addr.Unmap().WithZone("")
	if addr.Is6() {
		if p, err := addr.Prefix(64); err == nil {
			return p.String()
		}
	}
	return addr.String()
}
