package auth

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"toancanh/server/audit"
	"toancanh/server/fault"
)

// PeopleStore is what the keeper needs kept. Each writing method is one transaction with its audit row.
type PeopleStore interface {
	// TrySignIn tells decide what failed before; when it lets the try pass, the try counts as a failure until a session is
	// full.
	TrySignIn(ctx context.Context, t Trial, decide func(Tries) time.Duration) (time.Duration, error)
	// Secret is who has the login, and the hashes of what they know; zero when nobody has or they may not sign in.
	Secret(ctx context.Context, login string) (Person, Secrets, error)
	OpenSession(ctx context.Context, s Opening) error
	// Session finds a session that is neither over nor its person disabled; unauthenticated when there is none.
	Session(ctx context.Context, tokenHash []byte, now time.Time) (Session, error)
	TouchSession(ctx context.Context, id string, now time.Time) error
	EndSession(ctx context.Context, personID, sessionID, why string) error
	CountCode(ctx context.Context, sessionID string, most int) error
	Factor(ctx context.Context, personID string) (Factor, error)
	OfferFactor(ctx context.Context, personID string, f Factor) error
	Pass(ctx context.Context, p Passing) error
	SetPassword(ctx context.Context, personID, phc, keepSession string) error
	// Invited is whom a one-time link was made for; not found when it was used or is too old.
	Invited(ctx context.Context, hash []byte, now time.Time) (Person, error)
	TakeInvitation(ctx context.Context, hash []byte, now time.Time, phc string) error
	KeepAudit(ctx context.Context, row audit.Row) error

	// AddDesk keeps a new desk; the session of who pairs it is on duty there.
	AddDesk(ctx context.Context, d Desk, tokenHash []byte, sessionID string) error
	// DeskOf finds the desk of a token; unauthenticated when there is none or it was ended.
	DeskOf(ctx context.Context, tokenHash []byte) (Desk, error)
	LockSession(ctx context.Context, s Session) error
	UnlockSession(ctx context.Context, o Opening) error
	SetPIN(ctx context.Context, personID, phc string) error

	// PersonOf is whom a provider knows under a subject, PersonNamed who has a login; zero when nobody, or disabled.
	PersonOf(ctx context.Context, issuer, subject string) (Person, error)
	PersonNamed(ctx context.Context, login string) (Person, error)
	// LinkSubject fails with a conflict when the person or the subject is linked already.
	LinkSubject(ctx context.Context, l Linking) error
}

// Secrets are the hashes of what a person knows; empty where there is none.
type Secrets struct{ Password, PIN string }

// Trial is one try to sign in, named by hashes.
type Trial struct {
	Login            string
	Account, Network []byte
	At               time.Time
}

// Opening is a session about to be kept.
type Opening struct {
	Session
	TokenHash []byte
	Trial     Trial // forgiven when the session opens in full
	Also      []Trial
	Shown     *Passing // a second factor that came with it; nil: none
}

// Factor is a second factor as it is kept.
type Factor struct {
	Sealed    Sealed
	Confirmed bool
	LastStep  int64
}

// Passing is the second factor shown: the session gets a new token and is full.
type Passing struct {
	Session   Session
	TokenHash []byte
	Subject   string
	Step      int64    // of the code; 0 with a recovery code
	Recovery  []byte   // hash of the recovery code shown
	Confirm   bool     // the factor is confirmed by this code
	Codes     [][]byte // hashes of new recovery codes, with Confirm
	Trial     Trial
	Also      []Trial // forgiven with it
}

// Keeper lets people in and out.
type Keeper struct {
	store  PeopleStore
	hasher *Hasher
	sealer *Sealer
	now    func() time.Time

	DeskIdle time.Duration // see the constant of this name; set it before use
}

// NewKeeper makes a keeper; sealer seals second factors.
func NewKeeper(store PeopleStore, hasher *Hasher, sealer *Sealer, now func() time.Time) *Keeper {
	return &Keeper{store: store, hasher: hasher, sealer: sealer, now: now, DeskIdle: DeskIdle}
}

// WaitError says that a try came too early.
type WaitError struct{ Wait time.Duration }

// Error is for the log.
func (e *WaitError) Error() string { return fmt.Sprintf("too many tries, wait %s", e.Wait) }

// Faults of signing in. That a login exists is never told.
//
//nolint:gochecknoglobals // error values
var (
	errSignIn  = fault.Unauthenticated("Tên đăng nhập hoặc mật khẩu không đúng.").Because("credentials")
	errCode    = fault.Unauthenticated("Mã không đúng hoặc đã dùng.").Because("code")
	errNoStage = fault.Conflict("Phiên này không chờ mã xác thực.").Because("stage")
)

// Credentials are what somebody shows at the door.
type Credentials struct {
	Login, Password string // at a desk a PIN may stand for the password
	Code            string // of the second factor, where it is asked for at once
	Address         netip.Addr
	Agent           string
	DeskID          string // the desk they stand at; empty elsewhere
}

// SignIn checks a password and opens a session, full or waiting for the second factor. The token is told once.
func (k *Keeper) SignIn(ctx context.Context, c Credentials) (token string, s Session, err error) {
	now := k.now().UTC()
	login := Login(c.Login)
	trial := trialOf(login, c.Address, now)
	wait, err := k.store.TrySignIn(ctx, trial, func(t Tries) time.Duration { return t.Wait(now) })
	if err != nil {
		return "", s, err
	}
	if wait > 0 {
		return "", s, slowDown(wait)
	}
	person, secrets, err := k.store.Secret(ctx, login)
	if err != nil {
		return "", s, err
	}
	right, err := k.hasher.Verify(ctx, secrets.Password, c.Password)
	if err != nil {
		return "", s, err
	}
	if !right {
		return "", s, k.turnAway(ctx, person, "credentials", errSignIn)
	}
	return k.open(ctx, Opening{Session: c.session(person, now), Trial: trial})
}

// session is a new one of a person who shows the credentials.
func (c Credentials) session(p Person, now time.Time) Session {
	return Session{Person: p, Agent: c.Agent, Network: audit.Network(c.Address), CreatedAt: now, SeenAt: now, DeskID: c.DeskID}
}

func slowDown(wait time.Duration) error {
	return fault.TooMany("Đã thử quá nhiều lần, xin thử lại sau.").Because("slowed").Wrap(&WaitError{wait})
}

// open opens a session at the stage that the person's second factor asks for.
func (k *Keeper) open(ctx context.Context, o Opening) (token string, s Session, err error) {
	switch {
	case o.Vouched, o.Sample:
		return k.keep(ctx, StageFull, o)
	case o.Person.HasFactor:
		return k.keep(ctx, StageCode, o)
	case o.Person.NeedsFactor():
		return k.keep(ctx, StageEnrol, o)
	}
	return k.keep(ctx, StageFull, o)
}

// keep draws what names the session and keeps it.
func (k *Keeper) keep(ctx context.Context, stage Stage, o Opening) (token string, s Session, err error) {
	o.Stage = stage
	if token, o.TokenHash, err = NewSecret(); err != nil {
		return "", s, fault.Internal(err)
	}
	if o.ID, err = newID(); err != nil {
		return "", s, fault.Internal(err)
	}
	if o.Subject, err = newSubject(); err != nil {
		return "", s, fault.Internal(err)
	}
	return token, o.Session, k.store.OpenSession(ctx, o)
}

func trialOf(login string, addr netip.Addr, now time.Time) Trial {
	return Trial{Login: login, Account: hashOf("login", login), Network: hashOf("address", household(addr)), At: now}
}

// codeTrial is a try of a second factor, from wherever it comes: who gets so far knows the password or was let in by the
// provider, so that no stranger can slow another by it, and whoever can be at a thousand addresses guesses no faster.
func codeTrial(login string, now time.Time) Trial {
	return Trial{Login: login, Account: hashOf("code", login), Network: hashOf("code", ""), At: now}
}

// seenEvery is how exactly the last use of a session is kept.
const seenEvery = time.Minute

// Open finds the session of a token. With active its idle time begins anew: a page that renews itself is no person.
func (k *Keeper) Open(ctx context.Context, token string, active bool) (Session, error) {
	now := k.now().UTC()
	s, err := k.store.Session(ctx, HashSecret(token), now)
	if err != nil {
		return s, err
	}
	s.Locked = s.DeskID != "" && s.Standing(now, k.DeskIdle) == Locked
	if s.Stage == StageFull && s.Person.NeedsFactor() && !s.Person.HasFactor && !s.Vouched && !s.Sample {
		s.Stage = StageEnrol // a role that needs one was given since; behind a locked desk nobody sets it up
	}
	if active && !s.Locked && s.Stage == StageFull && now.Sub(s.SeenAt) >= seenEvery {
		s.SeenAt = now
		err = k.store.TouchSession(ctx, s.ID, now)
	}
	return s, err
}

// OfferFactor draws a second factor for the session's person and keeps it sealed until a code confirms it.
func (k *Keeper) OfferFactor(ctx context.Context, s Session) (secret []byte, err error) {
	if s.Stage == StageCode || s.Stage == StageFull && s.Person.HasFactor {
		return nil, fault.Conflict("Đã có mã xác thực; quản trị viên có thể bỏ nó để lập lại.").Because("enrolled")
	}
	if secret, err = NewTOTP(); err != nil {
		return nil, fault.Internal(err)
	}
	sealed, err := k.sealer.Seal(factorName(s.Person.ID), secret)
	if err != nil {
		return nil, fault.Internal(err)
	}
	return secret, k.store.OfferFactor(ctx, s.Person.ID, Factor{Sealed: sealed})
}

// factorName is the name a second factor is sealed for.
func factorName(personID string) string { return "totp:" + personID }

// EnterCode takes a code of the second factor, or a recovery code, and makes the session full under a new token. When
// the code confirms a new factor, the recovery codes are told, once.
func (k *Keeper) EnterCode(ctx context.Context, s Session, code string, addr netip.Addr) (token string, recovery []string, err error) {
	factor, err := k.store.Factor(ctx, s.Person.ID)
	if err != nil {
		return "", nil, err
	}
	if s.Stage == StageFull && factor.Confirmed {
		return "", nil, errNoStage
	}
	if err := k.store.CountCode(ctx, s.ID, mostCodes); err != nil {
		return "", nil, err
	}
	now := k.now().UTC()
	codes := codeTrial(s.Person.Login, now)
	wait, err := k.store.TrySignIn(ctx, codes, func(t Tries) time.Duration { return t.alone().Wait(now) })
	if err != nil {
		return "", nil, err
	}
	if wait > 0 {
		return "", nil, slowDown(wait)
	}
	pass := Passing{Session: s, Confirm: !factor.Confirmed, Trial: trialOf(s.Person.Login, addr, now), Also: []Trial{codes}}
	if err := k.show(factor, &pass, code); err != nil {
		return "", nil, k.turnAway(ctx, s.Person, "code", err)
	}
	if pass.Confirm {
		if recovery, pass.Codes, err = NewRecoveryCodes(); err != nil {
			return "", nil, fault.Internal(err)
		}
	}
	if token, pass.TokenHash, err = NewSecret(); err != nil {
		return "", nil, fault.Internal(err)
	}
	if pass.Subject, err = newSubject(); err != nil {
		return "", nil, fault.Internal(err)
	}
	return token, recovery, k.store.Pass(ctx, pass)
}

// show checks what was shown against the factor.
func (k *Keeper) show(f Factor, p *Passing, code string) error {
	const digits = 6
	if len(code) != digits {
		if !f.Confirmed {
			return errCode
		}
		p.Recovery = HashRecovery(code)
		return nil // the store knows which are left
	}
	secret, err := k.sealer.Open(factorName(p.Session.Person.ID), f.Sealed)
	if err != nil {
		return fault.Internal(err)
	}
	step, ok := CheckTOTP(secret, code, k.now(), f.LastStep)
	if !ok {
		return errCode
	}
	p.Step = step
	return nil
}

// SignOut ends a session.
func (k *Keeper) SignOut(ctx context.Context, s Session) error {
	return k.store.EndSession(ctx, s.Person.ID, s.ID, "signed_out")
}

// ChangePassword changes the person's own password; their other sessions end.
func (k *Keeper) ChangePassword(ctx context.Context, s Session, before, after string) error {
	if err := k.again(ctx, s, "before", before); err != nil {
		return err
	}
	if err := CheckPassword("password", after, s.Person.Login); err != nil {
		return err
	}
	phc, err := k.hasher.Hash(ctx, after)
	if err != nil {
		return err
	}
	return k.store.SetPassword(ctx, s.Person.ID, phc, s.ID)
}

// TakeInvitation sets the password of whom a one-time link was made for. Their sessions end; they sign in next.
func (k *Keeper) TakeInvitation(ctx context.Context, token, password string) (Person, error) {
	now := k.now().UTC()
	p, err := k.store.Invited(ctx, HashSecret(token), now)
	if err != nil {
		return p, err
	}
	if err := CheckPassword("password", password, p.Login); err != nil {
		return p, err
	}
	phc, err := k.hasher.Hash(ctx, password)
	if err != nil {
		return p, err
	}
	return p, k.store.TakeInvitation(ctx, HashSecret(token), now, phc)
}
