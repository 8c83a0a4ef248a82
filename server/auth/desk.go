package auth

import (
	"context"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"toancanh/server/audit"
	"toancanh/server/fault"
)

// Desk is a machine of the control room that was paired: it shows the list of its areas whoever sits there, and acts for
// nobody.
type Desk struct {
	ID       string
	Label    string
	Areas    []string // "division/code"
	PairedAt time.Time
	PairedBy string // the principal's ID
}

// Principal is the desk's ID as tickets, deeds and audit name it.
func (d Desk) Principal() string { return "desk:" + d.ID }

// DeskIdle is how long the hands of the person on duty may rest before the desk locks, unless a setting says otherwise.
const DeskIdle = 10 * time.Minute

const mostDeskLabel = 60

// CheckDesk makes a desk's label canonical and says everything that is wrong.
func CheckDesk(d Desk) (Desk, error) {
	var faults []error
	d.Label = strings.TrimSpace(norm.NFC.String(d.Label))
	if n := utf8.RuneCountInString(d.Label); n == 0 || n > mostDeskLabel || strings.ContainsFunc(d.Label, unicode.IsControl) {
		faults = append(faults, fault.Invalid("label", "Tên bàn trực có từ 1 đến %d ký tự.", mostDeskLabel).Because("format"))
	}
	if len(d.Areas) == 0 {
		faults = append(faults, fault.Invalid("areas", "Cần ít nhất một địa bàn.").Because("required"))
	}
	return d, fault.Join(faults...)
}

// DeskStanding is how a desk stands.
type DeskStanding string

// The standings. Whatever stands, the desk's own list goes on; only acts depend on it.
const (
	Vacant DeskStanding = "vacant" // nobody is on duty
	Manned DeskStanding = "manned" // somebody is, and may act
	Locked DeskStanding = "locked" // somebody is, and shows who they are before they act again
)

// Standing is how a desk stands with this session at an instant; the zero session is nobody's.
func (s Session) Standing(now time.Time, idle time.Duration) DeskStanding {
	switch {
	case s.ID == "" || s.Stage != StageFull || !now.Before(s.CreatedAt.Add(AbsoluteLimit)):
		return Vacant
	case s.LockedAt != nil || now.Sub(s.SeenAt) >= idle:
		return Locked
	}
	return Manned
}

// PairDesk makes a desk of the machine whose page asks. The person who pairs it is on duty there from now on. The token
// is told once.
func (k *Keeper) PairDesk(ctx context.Context, d Desk, s Session) (token string, made Desk, err error) {
	if d, err = CheckDesk(d); err != nil {
		return "", d, err
	}
	if d.ID, err = newID(); err != nil {
		return "", d, fault.Internal(err)
	}
	token, hash, err := NewSecret()
	if err != nil {
		return "", d, fault.Internal(err)
	}
	d.PairedAt, d.PairedBy = k.now().UTC().Truncate(time.Microsecond), s.Person.Principal()
	return token, d, k.store.AddDesk(ctx, d, hash, s.ID)
}

// Desk finds the desk of a token; unauthenticated when there is none or it was ended.
func (k *Keeper) Desk(ctx context.Context, token string) (Desk, error) {
	return k.store.DeskOf(ctx, HashSecret(token))
}

// Faults of a desk.
//
//nolint:gochecknoglobals // error values
var (
	errCodeNeeded = fault.Unauthenticated("Người này cần thêm mã xác thực.").Because("code_needed")
	errPINSpent   = fault.Unauthenticated("Mã PIN đã nhập sai nhiều lần; xin dùng mật khẩu.").Because("pin_spent")
	errEnrolFirst = fault.Forbidden("Vai trò này cần mã xác thực; xin đăng nhập ở một máy khác để lập trước.").Because("enrol_first")
	errVacant     = fault.Conflict("Bàn này chưa có người trực.").Because("vacant")
)

// TakeDesk puts somebody on duty in place of whoever was: by PIN or password, and by a code where they have a second
// factor. The session before ends; the desk itself, its list and its sockets stay.
func (k *Keeper) TakeDesk(ctx context.Context, d Desk, c Credentials) (token string, s Session, err error) {
	o, err := k.prove(ctx, d, c)
	if err != nil {
		return "", s, err
	}
	switch {
	case o.Person.HasFactor:
		if o.Shown, err = k.showAtOnce(ctx, o.Person, c.Code); err != nil {
			return "", s, err
		}
	case o.Person.NeedsFactor():
		return "", s, errEnrolFirst
	}
	return k.keep(ctx, StageFull, o)
}

// prove checks the PIN or the password that somebody shows at a desk.
func (k *Keeper) prove(ctx context.Context, d Desk, c Credentials) (o Opening, err error) {
	now, login := k.now().UTC(), Login(c.Login)
	pin := pinTrial(login, d.ID, now)
	o.Trial, o.Also = trialOf(login, c.Address, now), []Trial{pin}
	byPIN := looksLikePIN(c.Password)
	spent := false
	decide := func(t Tries) time.Duration { return t.Wait(now) }
	if byPIN {
		o.Trial, o.Also = pin, nil
		decide = func(t Tries) time.Duration {
			if spent = t.PINSpent(); spent {
				return TriesWindow
			}
			return 0
		}
	}
	wait, err := k.store.TrySignIn(ctx, o.Trial, decide)
	switch {
	case err != nil:
		return o, err
	case spent:
		return o, errPINSpent
	case wait > 0:
		return o, slowDown(wait)
	}
	person, secrets, err := k.store.Secret(ctx, login)
	if err != nil {
		return o, err
	}
	phc := secrets.Password
	if byPIN {
		phc = secrets.PIN
	}
	right, err := k.hasher.Verify(ctx, phc, c.Password)
	switch {
	case err != nil:
		return o, err
	case !right:
		return o, k.turnAway(ctx, person, "credentials", errSignIn)
	}
	c.DeskID = d.ID
	o.Session = c.session(person, now)
	return o, nil
}

// showAtOnce checks a code that came together with the PIN or the password.
func (k *Keeper) showAtOnce(ctx context.Context, p Person, code string) (*Passing, error) {
	if code == "" {
		return nil, errCodeNeeded
	}
	factor, err := k.store.Factor(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	shown := &Passing{Session: Session{Person: p}}
	if err := k.show(factor, shown, code); err != nil {
		return nil, k.turnAway(ctx, p, "code", err)
	}
	return shown, nil
}

// turnAway notes a refused try and returns why it was refused.
func (k *Keeper) turnAway(ctx context.Context, p Person, why string, refusal error) error {
	row := audit.Row{Author: audit.AuthorOf(ctx), What: "session.open", Result: audit.Refused, Why: why}
	if p.ID != "" {
		row.Object = p.Principal()
	}
	if err := k.store.KeepAudit(ctx, row); err != nil {
		return err
	}
	return refusal
}

// UnlockDesk lets the person on duty act again after their PIN or password, under a new token.
func (k *Keeper) UnlockDesk(ctx context.Context, d Desk, s Session, c Credentials) (token string, opened Session, err error) {
	if s.Standing(k.now(), k.DeskIdle) == Vacant {
		return "", s, errVacant
	}
	c.Login = s.Person.Login
	o, err := k.prove(ctx, d, c)
	if err != nil {
		return "", s, err
	}
	token, o.TokenHash, err = NewSecret()
	if err != nil {
		return "", s, fault.Internal(err)
	}
	s.SeenAt, s.LockedAt, s.Locked = o.SeenAt, nil, false
	o.Session = s
	return token, s, k.store.UnlockSession(ctx, o)
}

// LockDesk locks the desk before its person leaves it.
func (k *Keeper) LockDesk(ctx context.Context, s Session) (Session, error) {
	now := k.now().UTC()
	if s.Standing(now, k.DeskIdle) != Manned {
		return s, nil
	}
	s.LockedAt, s.Locked = &now, true
	return s, k.store.LockSession(ctx, s)
}
