package auth

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"toancanh/server/audit"
	"toancanh/server/fault"
)

// How long what belongs to a screen lasts.
const (
	CodeLimit   = 10 * time.Minute    // a code, until the page shows another
	ScreenLimit = 90 * 24 * time.Hour // a screen that was away for longer pairs again
	renewAfter  = 24 * time.Hour      // a token older than that is replaced, with overlap
	shownEvery  = 10 * time.Minute    // how exactly the last use of a token is kept
)

// Bounds of those who wait. Whoever asks too often displaces himself.
const (
	mostWaiting       = 512
	mostWaitingSource = 32
	mostOffers        = 8 // tokens of one pairing that were given and not shown yet
	drawsOfCode       = 5
)

// Letters of a code are told apart from five metres and never read for another, so no B, G, I, L, O, Q, S, U, V, Z, 0, 1, 2, 5
// or 8; and they make no words, so no A and E.
const (
	codeLetters = "CDFHJKMNPRTWXY34679"
	codeLength  = 6
)

// Why a pairing ended.
const (
	LostRevoked  = "revoked"
	LostReplaced = "replaced"
	LostDeleted  = "deleted"
)

// Pairing is what makes one browser a screen.
type Pairing struct {
	ID       string
	Screen   string
	Subject  string // whom tickets name
	PairedAt time.Time
	PairedBy string // the principal who entered the code
	Own      bool   // on the sample's own machine, without a code
	Agent    string // browser and system in two words
	Network  string // see audit.Network
	SeenAt   time.Time
	EndedAt  *time.Time
	EndedWhy string // LostRevoked, LostReplaced, LostDeleted
}

// Principal is the screen's ID as deeds and audit name it.
func (p Pairing) Principal() string { return "screen:" + p.Screen }

// alive reports whether the pairing still makes a screen.
func (p Pairing) alive(now time.Time) bool {
	return p.EndedAt == nil && now.Sub(p.SeenAt) < ScreenLimit
}

// ScreenToken is a token of a pairing as it is kept.
type ScreenToken struct {
	Pairing
	Hash     []byte
	IssuedAt time.Time
	ShownAt  time.Time // zero until it was shown
}

// Waiting is a browser that shows a code.
type Waiting struct {
	TokenHash []byte
	Code      string
	Wish      string // the screen its address names
	Source    []byte // see sourceOf
	Agent     string
	Network   string
	Lost      string // why its earlier pairing ended
	ExpiresAt time.Time
}

// WaitBounds bound those who wait.
type WaitBounds struct{ All, Source int }

// PairOrder is a code entered for a screen.
type PairOrder struct {
	Code    string
	Trial   Trial   // forgiven when the code is right
	Pairing Pairing // without agent and network, which the waiting browser brings
	At      time.Time
}

// ScreenStore is what the keeper of screens needs kept. Each writing method is one transaction with its audit row.
type ScreenStore interface {
	// ScreenToken finds a token that belongs to a pairing, alive or ended; ok is false for any other.
	ScreenToken(ctx context.Context, hash []byte) (t ScreenToken, ok bool, err error)
	// ShowScreenToken notes that a token was shown, and drops the tokens it has outlived.
	ShowScreenToken(ctx context.Context, t ScreenToken, now time.Time) error
	// OfferScreenToken keeps a further token of a pairing, beside those that were given and not shown yet.
	OfferScreenToken(ctx context.Context, t ScreenToken, most int) error
	// Waiting finds a browser that waits, also with a code that is over; ok is false for any other.
	Waiting(ctx context.Context, hash []byte) (w Waiting, ok bool, err error)
	// KeepWaiting keeps a waiting browser or its new code; conflict when another shows the same code.
	KeepWaiting(ctx context.Context, w Waiting, bounds WaitBounds, now time.Time) error
	// PairScreen makes whoever shows the code the screen, in place of the browser that was it; invalid when nobody does.
	PairScreen(ctx context.Context, o PairOrder) (Pairing, error)
	// PairOwn pairs a browser of the sample's own machine.
	PairOwn(ctx context.Context, t ScreenToken, most int) error
	// EndPairings ends what a screen's browsers have, and closes their sockets; not found when there is none.
	EndPairings(ctx context.Context, screen, why string, now time.Time) error
	TrySignIn(ctx context.Context, t Trial, decide func(Tries) time.Duration) (time.Duration, error)
	KeepAudit(ctx context.Context, row audit.Row) error
}

// ScreenKeeper pairs browsers with screens and knows them again.
type ScreenKeeper struct {
	store ScreenStore
	now   func() time.Time
}

// NewScreenKeeper makes a keeper of screens.
func NewScreenKeeper(store ScreenStore, now func() time.Time) *ScreenKeeper {
	return &ScreenKeeper{store, now}
}

// Faults of a screen's token.
//
//nolint:gochecknoglobals // error values
var (
	errNoPairing = fault.Unauthenticated("Màn hình này chưa được ghép.").Because("screen_unpaired")
	errLost      = fault.Unauthenticated("Màn hình này đã bị thu hồi quyền.").Because("screen_revoked")
)

// IsLost reports whether an error of Open says that a pairing has ended.
func IsLost(err error) bool { return errors.Is(err, errLost) }

// Open finds the pairing of a token a screen shows. Unauthenticated because of "screen_revoked" when it has ended, else of
// "screen_unpaired".
func (k *ScreenKeeper) Open(ctx context.Context, screen, token string) (Pairing, error) {
	t, ok, err := k.store.ScreenToken(ctx, HashSecret(token))
	now := k.now().UTC()
	switch {
	case err != nil:
		return Pairing{}, err
	case !ok || t.Screen != screen:
		return Pairing{}, errNoPairing
	case t.EndedAt != nil:
		return Pairing{}, errLost
	case !t.alive(now):
		return Pairing{}, errNoPairing
	}
	return t.Pairing, k.show(ctx, t, now)
}

func (k *ScreenKeeper) show(ctx context.Context, t ScreenToken, now time.Time) error {
	if !t.ShownAt.IsZero() && now.Sub(t.ShownAt) < shownEvery {
		return nil
	}
	return k.store.ShowScreenToken(ctx, t, now)
}

// Asking is a browser that wants to be a screen.
type Asking struct {
	Token   string // what it has stored; empty for none
	Screen  string // what its address names
	Address netip.Addr
	Agent   string
}

// Standing is how a browser stands.
type Standing struct {
	Screen    string // whose it is; empty while it is nobody's
	Code      string // what it shows while it waits
	ExpiresAt time.Time
	Lost      string // why what it had ended; empty when it had nothing
	Token     string // to be stored in place of what it has; empty for nothing new
}

// Look says how a browser stands, and renews its token when that is old or came with another address.
func (k *ScreenKeeper) Look(ctx context.Context, a Asking) (Standing, error) {
	if a.Token == "" {
		return Standing{}, nil
	}
	now := k.now().UTC()
	hash := HashSecret(a.Token)
	t, ok, err := k.store.ScreenToken(ctx, hash)
	switch {
	case err != nil:
		return Standing{}, err
	case ok && t.EndedAt != nil:
		return Standing{Lost: t.EndedWhy}, nil
	case ok && t.alive(now):
		return k.known(ctx, t, a, now)
	}
	w, ok, err := k.store.Waiting(ctx, hash)
	if err != nil || !ok {
		return Standing{}, err
	}
	s := Standing{Lost: w.Lost}
	if w.ExpiresAt.After(now) {
		s.Code, s.ExpiresAt = w.Code, w.ExpiresAt
	}
	return s, nil
}

func (k *ScreenKeeper) known(ctx context.Context, t ScreenToken, a Asking, now time.Time) (Standing, error) {
	s := Standing{Screen: t.Screen}
	if err := k.show(ctx, t, now); err != nil {
		return s, err
	}
	if t.Screen == a.Screen && now.Sub(t.IssuedAt) < renewAfter {
		return s, nil
	}
	token, hash, err := NewSecret()
	if err != nil {
		return s, fault.Internal(err)
	}
	s.Token = token
	return s, k.store.OfferScreenToken(ctx, ScreenToken{Pairing: t.Pairing, Hash: hash, IssuedAt: now}, mostOffers)
}

// Wait gives a browser a code to show: the first, or another in place of one that is over. What Look said comes with it.
func (k *ScreenKeeper) Wait(ctx context.Context, a Asking, s Standing) (Standing, error) {
	now := k.now().UTC()
	w, ok := Waiting{}, false
	if a.Token != "" {
		var err error
		if w, ok, err = k.store.Waiting(ctx, HashSecret(a.Token)); err != nil {
			return s, err
		}
	}
	if !ok {
		var err error
		if s.Token, w.TokenHash, err = NewSecret(); err != nil {
			return s, fault.Internal(err)
		}
	}
	w.Wish, w.Lost, w.Agent = a.Screen, s.Lost, a.Agent
	w.Source, w.Network = sourceOf(a.Address), audit.Network(a.Address)
	w.ExpiresAt = now.Add(CodeLimit).Truncate(time.Second)
	for try := 1; ; try++ {
		var err error
		if w.Code, err = NewPairingCode(); err != nil {
			return s, fault.Internal(err)
		}
		err = k.store.KeepWaiting(ctx, w, WaitBounds{mostWaiting, mostWaitingSource}, now)
		if fault.Is(err, fault.KindConflict) && try < drawsOfCode {
			continue // somebody else shows this one
		}
		s.Code, s.ExpiresAt = w.Code, w.ExpiresAt
		return s, err
	}
}

// sourceOf names whose browsers wait together: those of an address, or of the /48 that one organisation has of IPv6, in
// which a stranger could be as many households as it takes to displace everybody else's code.
func sourceOf(addr netip.Addr) []byte {
	if addr = addr.Unmap().WithZone(""); addr.Is6() {
		return hashOf("address", audit.Network(addr))
	}
	return hashOf("address", addr.String())
}

// mostOwn bounds the browsers of the sample's own machine that are one screen.
const mostOwn = 20

// PairOwn makes a browser of the sample's own machine a screen, without a code.
func (k *ScreenKeeper) PairOwn(ctx context.Context, a Asking) (Standing, error) {
	now := k.now().UTC()
	p, err := newPairing(a.Screen, audit.AuthorOf(ctx).Who, now)
	if err != nil {
		return Standing{}, err
	}
	p.Own, p.Agent, p.Network = true, a.Agent, audit.Network(a.Address)
	s := Standing{Screen: a.Screen}
	t := ScreenToken{Pairing: p, IssuedAt: now}
	if s.Token, t.Hash, err = NewSecret(); err != nil {
		return s, fault.Internal(err)
	}
	return s, k.store.PairOwn(ctx, t, mostOwn)
}

func newPairing(screen, by string, now time.Time) (Pairing, error) {
	id, err := newID()
	if err != nil {
		return Pairing{}, fault.Internal(err)
	}
	return Pairing{ID: id, Screen: screen, Subject: "pairing:" + id, PairedAt: now, PairedBy: by, SeenAt: now}, nil
}

// Guesser is who enters codes: each is slowed alone, so that nobody who guesses holds up another.
type Guesser struct {
	ID      string // a principal's
	Address netip.Addr
	Shared  bool // several may be behind the ID: then the address counts too
}

func (g Guesser) trial(now time.Time) Trial {
	t := Trial{Account: hashOf("pairing", g.ID), Network: hashOf("pairing", ""), At: now}
	if g.Shared {
		t.Network = hashOf("address", household(g.Address))
	}
	return t
}

// Pair makes the browser that shows a code a screen, in place of the one that was it.
func (k *ScreenKeeper) Pair(ctx context.Context, g Guesser, screen, code string) (Pairing, error) {
	code, err := CleanCode(code)
	if err != nil {
		return Pairing{}, err
	}
	now := k.now().UTC()
	trial := g.trial(now)
	wait, err := k.store.TrySignIn(ctx, trial, func(t Tries) time.Duration { return t.alone().Wait(now) })
	if err != nil {
		return Pairing{}, err
	}
	if wait > 0 {
		return Pairing{}, fault.TooMany("Đã nhập sai quá nhiều mã, xin thử lại sau.").Because("slowed").Wrap(&WaitError{wait})
	}
	p, err := newPairing(screen, g.ID, now)
	if err != nil {
		return p, err
	}
	p, err = k.store.PairScreen(ctx, PairOrder{Code: code, Trial: trial, Pairing: p, At: now})
	if fault.Is(err, fault.KindInvalid) {
		row := audit.Row{What: "screen.pair", Object: "screen:" + screen, Result: audit.Refused, Why: "code"}
		if err := k.store.KeepAudit(ctx, row); err != nil {
			return p, err
		}
	}
	return p, err
}

// Revoke ends what a screen's browsers have; their sockets close.
func (k *ScreenKeeper) Revoke(ctx context.Context, screen string) error {
	return k.store.EndPairings(ctx, screen, LostRevoked, k.now().UTC())
}

// NewPairingCode draws a code.
func NewPairingCode() (string, error) {
	const even = 256 / len(codeLetters) * len(codeLetters) // above, some letters would come more often
	var code strings.Builder
	for raw := make([]byte, 1); code.Len() < codeLength; {
		if _, err := rand.Read(raw); err != nil {
			return "", fmt.Errorf("draw code: %w", err)
		}
		if n := int(raw[0]); n < even {
			code.WriteByte(codeLetters[n%len(codeLetters)])
		}
	}
	return code.String(), nil
}

// CleanCode is a code however it was typed: small letters, spaces and dashes are no matter.
func CleanCode(text string) (string, error) {
	code := strings.ToUpper(strings.NewReplacer(" ", "", "-", "", "\u00a0", "", "\t", "").Replace(text))
	unknown := func(r rune) bool { return !strings.ContainsRune(codeLetters, r) }
	if len(code) != codeLength || strings.ContainsFunc(code, unknown) {
		return "", fault.Invalid("code", "Mã có %d ký tự trong số %s, như màn hình đang hiện.", codeLength, codeLetters).Because("format")
	}
	return code, nil
}
