package auth_test

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"toancanh/server/access"
	"toancanh/server/auth"
	"toancanh/server/fault"
)

const pin = "582914"

func TestADeskStandsByItsSession(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 29, 7, 0, 0, 0, time.UTC)
	at := start.Add
	locked := at(time.Hour)
	for name, tc := range map[string]struct {
		session auth.Session
		now     time.Time
		want    auth.DeskStanding
	}{
		"nobody signed in":                   {auth.Session{}, start, auth.Vacant},
		"a code is still to be shown":        {auth.Session{ID: "1", Stage: auth.StageCode, CreatedAt: start, SeenAt: start}, start, auth.Vacant},
		"a hand a moment ago":                {auth.Session{ID: "1", Stage: auth.StageFull, CreatedAt: start, SeenAt: start}, at(time.Second), auth.Manned},
		"a moment before it locks":           {auth.Session{ID: "1", Stage: auth.StageFull, CreatedAt: start, SeenAt: start}, at(10*time.Minute - 1), auth.Manned},
		"no hand for ten minutes":            {auth.Session{ID: "1", Stage: auth.StageFull, CreatedAt: start, SeenAt: start}, at(10 * time.Minute), auth.Locked},
		"locked by hand":                     {auth.Session{ID: "1", Stage: auth.StageFull, CreatedAt: start, SeenAt: locked, LockedAt: &locked}, locked, auth.Locked},
		"idle for hours, still theirs":       {auth.Session{ID: "1", Stage: auth.StageFull, CreatedAt: start, SeenAt: start}, at(11 * time.Hour), auth.Locked},
		"used all day until the shift's end": {auth.Session{ID: "1", Stage: auth.StageFull, CreatedAt: start, SeenAt: at(12 * time.Hour)}, at(12 * time.Hour), auth.Vacant},
		"the clock was set back":             {auth.Session{ID: "1", Stage: auth.StageFull, CreatedAt: start, SeenAt: start}, at(-time.Minute), auth.Manned},
	} {
		if got := tc.session.Standing(tc.now, auth.DeskIdle); got != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
}

func TestAPINIsNotTheFirstGuess(t *testing.T) {
	t.Parallel()
	for text, good := range map[string]bool{
		pin: true, "00294817": true, "12345": false, "123456789012": false, "12a456": false, "": false, "１２３４５６": false,
		"111111": false, "121212": false, "123456": false, "987654": false, "890123": false, "583583": false, "246802": false,
	} {
		if err := auth.CheckPIN(text); (err == nil) != good {
			t.Errorf("%q: %v, want good %t", text, err, good)
		}
	}
}

// desk pairs a desk by a shift lead who signs in for it.
func (l *lodge) desk(login string) (auth.Desk, auth.Session) {
	l.t.Helper()
	token, s := l.mustSignIn(login)
	_, d, err := l.keeper.PairDesk(l.t.Context(), auth.Desk{Label: "Bàn trực 1", Areas: []string{"vn-2022/67"}}, s)
	must(l.t, err)
	s, err = l.keeper.Open(l.t.Context(), token, true)
	must(l.t, err)
	if s.DeskID != d.ID {
		l.t.Fatalf("who paired the desk is at %q", s.DeskID)
	}
	return d, s
}

func (l *lodge) pin(login string) {
	l.t.Helper()
	_, s := l.mustSignIn(login)
	must(l.t, l.keeper.SetPIN(l.t.Context(), s, password, pin))
}

func (l *lodge) take(d auth.Desk, c auth.Credentials) (string, auth.Session, error) {
	if !c.Address.IsValid() {
		c.Address = home
	}
	return l.keeper.TakeDesk(l.t.Context(), d, c)
}

func reason(err error) string {
	if items := fault.Items(err); len(items) > 0 {
		return items[0].Reason
	}
	return ""
}

func TestADeskLocksAndOpensAgain(t *testing.T) {
	t.Parallel()
	l := newLodge(t)
	l.person("an", access.ShiftLead)
	l.pin("an")
	d, _ := l.desk("an")
	token, _, err := l.take(d, auth.Credentials{Login: "an", Password: pin})
	must(t, err)
	open := func(active bool) auth.Session {
		t.Helper()
		s, err := l.keeper.Open(t.Context(), token, active)
		must(t, err)
		return s
	}
	l.move(9 * time.Minute)
	if open(true).Locked {
		t.Error("it locked under a hand")
	}
	l.move(auth.DeskIdle)
	if !open(false).Locked || !open(true).Locked {
		t.Error("it does not lock when nobody touches it, or a request opens it")
	}
	l.move(2 * time.Hour) // longer than other sessions live unused
	s := open(true)
	if _, _, err := l.keeper.UnlockDesk(t.Context(), d, s, auth.Credentials{Password: "000111", Address: home}); reason(err) != "credentials" {
		t.Errorf("a wrong PIN: %v", err)
	}
	before := token
	token, s, err = l.keeper.UnlockDesk(t.Context(), d, s, auth.Credentials{Password: pin, Address: home})
	must(t, err)
	if s.Locked || open(true).Locked {
		t.Error("it stays locked")
	}
	if _, err := l.keeper.Open(t.Context(), before, true); err == nil {
		t.Error("the token from before the lock still works")
	}
	s, err = l.keeper.LockDesk(t.Context(), open(true))
	must(t, err)
	if !s.Locked || !open(true).Locked {
		t.Error("its key does not lock it")
	}
	token, _, err = l.keeper.UnlockDesk(t.Context(), d, s, auth.Credentials{Password: password, Address: home})
	must(t, err)
	l.move(10 * time.Hour)
	if _, err := l.keeper.Open(t.Context(), token, true); !fault.Is(err, fault.KindUnauthenticated) {
		t.Errorf("it outlived twelve hours: %v", err)
	}
	rows := l.audited()
	for _, want := range []string{"desk.manage paired", "session.pin ", "desk.lock ", "desk.unlock ", "session.open credentials"} {
		if !slices.Contains(rows, want) {
			t.Errorf("the audit lacks %q: %q", want, rows)
		}
	}
}

// audited are "what why" of the audit's rows.
func (l *lodge) audited() (rows []string) {
	l.t.Helper()
	found, err := l.db.Owner.Query(l.t.Context(), "select what || ' ' || why from audit order by id")
	must(l.t, err)
	defer found.Close()
	for found.Next() {
		var row string
		must(l.t, found.Scan(&row))
		rows = append(rows, row)
	}
	return rows
}

func TestAChangeOfPersonEndsTheOneBeforeAndNothingElse(t *testing.T) {
	t.Parallel()
	l := newLodge(t)
	l.person("an", access.ShiftLead)
	l.person("binh", access.Operator)
	l.pin("binh")
	d, before := l.desk("an")
	elsewhere, _ := l.mustSignIn("an")
	token, s, err := l.take(d, auth.Credentials{Login: "Binh ", Password: pin})
	must(t, err)
	if s.Person.Login != "binh" || s.DeskID != d.ID || s.Stage != auth.StageFull {
		t.Errorf("%+v", s)
	}
	revoked := l.revoked()
	if !revoked[before.Subject] || revoked[d.Principal()] || revoked[s.Subject] {
		t.Errorf("revoked are %v; want the person before and neither desk nor the one on duty", revoked)
	}
	if _, err := l.keeper.Open(t.Context(), elsewhere, true); err != nil {
		t.Errorf("a session at another machine ended: %v", err)
	}
	must(t, l.store.EndDesk(t.Context(), d.ID))
	if _, err := l.keeper.Open(t.Context(), token, true); err == nil {
		t.Error("the desk was ended, its person is still on duty")
	}
	if !l.revoked()[d.Principal()] {
		t.Error("the desk was ended, its tickets are still good")
	}
	if err := l.store.EndDesk(t.Context(), d.ID); !fault.Is(err, fault.KindNotFound) {
		t.Errorf("ended twice: %v", err)
	}
}

func TestAPINCannotBeGuessedAndItsOwnerIsNotLockedOut(t *testing.T) {
	t.Parallel()
	l := newLodge(t)
	l.person("an", access.ShiftLead)
	l.person("binh", access.Operator)
	l.pin("an")
	l.pin("binh")
	d, _ := l.desk("an")
	for range 5 {
		if _, _, err := l.take(d, auth.Credentials{Login: "an", Password: "000111"}); reason(err) != "credentials" {
			t.Fatalf("a wrong PIN: %v", err)
		}
	}
	if _, _, err := l.take(d, auth.Credentials{Login: "an", Password: pin}); reason(err) != "pin_spent" {
		t.Errorf("the right PIN after five wrong ones: %v", err)
	}
	if _, _, err := l.take(d, auth.Credentials{Login: "binh", Password: pin}); err != nil {
		t.Errorf("another person waits with them: %v", err)
	}
	if _, _, err := l.take(d, auth.Credentials{Login: "an", Password: password}); err != nil {
		t.Errorf("the owner is locked out: %v", err)
	}
	if _, _, err := l.take(d, auth.Credentials{Login: "an", Password: pin}); err != nil {
		t.Errorf("the password does not give the PIN back: %v", err)
	}
	if _, _, err := l.signIn("an", pin, home); err == nil {
		t.Error("a PIN signs in without a desk")
	}
	for i := range 30 { // a guesser who pairs with many desks
		_, _, _ = l.take(auth.Desk{ID: string(rune('a' + i))}, auth.Credentials{Login: "binh", Password: "000111"})
	}
	if _, _, err := l.take(d, auth.Credentials{Login: "binh", Password: pin}); reason(err) != "pin_spent" {
		t.Errorf("thirty guesses at thirty desks: %v", err)
	}
}

func TestAFactorIsAskedForInTheSameForm(t *testing.T) {
	t.Parallel()
	l := newLodge(t)
	l.person("an", access.ShiftLead)
	l.person("chi", access.Administrator)
	d, _ := l.desk("an")
	chi := auth.Credentials{Login: "chi", Password: password}
	if _, _, err := l.take(d, chi); reason(err) != "enrol_first" {
		t.Errorf("an administrator without a factor: %v", err)
	}
	_, s := l.mustSignIn("chi")
	secret, err := l.keeper.OfferFactor(t.Context(), s)
	must(t, err)
	_, recovery, err := l.keeper.EnterCode(t.Context(), s, auth.TOTPCode(secret, l.now()), home)
	must(t, err)
	if _, _, err := l.take(d, chi); reason(err) != "code_needed" {
		t.Errorf("without a code: %v", err)
	}
	chi.Code = "000000"
	if _, _, err := l.take(d, chi); reason(err) != "code" {
		t.Errorf("with a wrong code: %v", err)
	}
	chi.Code = recovery[0]
	if _, _, err := l.take(d, chi); err != nil {
		t.Errorf("with a recovery code: %v", err)
	}
	if _, _, err := l.take(d, chi); reason(err) != "code" {
		t.Errorf("a recovery code worked twice: %v", err)
	}
	l.move(time.Minute)
	chi.Code = auth.TOTPCode(secret, l.now())
	if _, s, err := l.take(d, chi); err != nil || s.Stage != auth.StageFull {
		t.Errorf("with a code: %v", err)
	}
}

// TestANewRoleDoesNotOpenALockedDesk gives a role that needs a second factor to somebody whose desk is locked: whoever
// passes by must not set that factor up.
func TestANewRoleDoesNotOpenALockedDesk(t *testing.T) {
	t.Parallel()
	l := newLodge(t)
	p := l.person("an", access.ShiftLead)
	d, _ := l.desk("an")
	token, _, err := l.take(d, auth.Credentials{Login: "an", Password: password})
	must(t, err)
	p, err = l.store.Person(t.Context(), p.ID)
	must(t, err)
	p.Roles = append(p.Roles, access.DataOfficer)
	_, err = l.store.ChangePerson(t.Context(), p)
	must(t, err)
	for _, locked := range []bool{false, true} {
		if s, err := l.keeper.Open(t.Context(), token, true); err != nil || s.Locked != locked || s.Stage != auth.StageEnrol {
			t.Errorf("locked %t, want %t, at stage %q, %v", s.Locked, locked, s.Stage, err)
		}
		l.move(auth.DeskIdle)
	}
}

func TestANewPasswordDropsThePIN(t *testing.T) {
	t.Parallel()
	l := newLodge(t)
	l.person("an", access.ShiftLead)
	l.pin("an")
	d, s := l.desk("an")
	if err := l.keeper.SetPIN(t.Context(), s, "sai rồi sai rồi", "739201"); reason(err) != "credentials" {
		t.Errorf("a PIN was set without the password: %v", err)
	}
	must(t, l.keeper.ChangePassword(t.Context(), s, password, "ghế trâu đèn ngựa"))
	if _, _, err := l.take(d, auth.Credentials{Login: "an", Password: pin, Address: netip.MustParseAddr("192.0.2.9")}); reason(err) != "credentials" {
		t.Errorf("the PIN outlived the password: %v", err)
	}
	var clear int
	must(t, l.db.Owner.QueryRow(t.Context(), "select count(*) from credential, audit a where pin like '%' || $1 || '%' or a.detail like '%' || $1 || '%'", pin).Scan(&clear))
	if clear > 0 {
		t.Error("a PIN stands in the clear")
	}
}
