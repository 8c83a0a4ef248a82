package auth_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/netip"
	"sync"
	"testing"
	"time"

	"toancanh/schema"
	"toancanh/server/access"
	"toancanh/server/auth"
	"toancanh/server/embedded/testpg"
	"toancanh/server/fault"
	"toancanh/server/store"
)

func TestMain(m *testing.M) { testpg.Main(m) }

const password = "trâu ngựa ghế đèn"

// lodge is a keeper with a database of its own and a clock that tests move.
type lodge struct {
	t      *testing.T
	db     testpg.DB
	store  *store.Store
	keeper *auth.Keeper
	mu     sync.Mutex
	at     time.Time
}

func newLodge(t *testing.T) *lodge {
	t.Helper()
	l := &lodge{t: t, db: testpg.New(t), at: time.Now().UTC().Truncate(time.Microsecond)}
	var err error
	if l.store, err = store.Open(t.Context(), l.db.DSN(testpg.App), store.Sizes{Write: 3, Read: 2}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.store.Close)
	sealer, err := auth.NewSealer(bytes.Repeat([]byte{3}, 32))
	if err != nil {
		t.Fatal(err)
	}
	l.keeper = auth.NewKeeper(l.store, auth.NewHasher(), sealer, l.now)
	return l
}

func (l *lodge) now() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.at
}

func (l *lodge) move(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.at = l.at.Add(d)
}

// person makes somebody who has set the password.
func (l *lodge) person(login string, roles ...access.Role) auth.Person {
	l.t.Helper()
	id, err := auth.NewPersonID()
	if err != nil {
		l.t.Fatal(err)
	}
	p := auth.Person{ID: id, Login: login, Name: "Nguyễn Văn An", Roles: roles}
	token, hash, err := auth.NewSecret()
	if err != nil {
		l.t.Fatal(err)
	}
	if err := l.store.AddPerson(l.t.Context(), p, store.Invitation{Hash: hash, ExpiresAt: l.now().Add(time.Hour)}); err != nil {
		l.t.Fatal(err)
	}
	if _, err := l.keeper.TakeInvitation(l.t.Context(), token, password); err != nil {
		l.t.Fatal(err)
	}
	return p
}

var home = netip.MustParseAddr("203.0.113.7")

func (l *lodge) signIn(login, password string, from netip.Addr) (string, auth.Session, error) {
	return l.keeper.SignIn(l.t.Context(), auth.Credentials{Login: login, Password: password, Address: from})
}

func (l *lodge) mustSignIn(login string) (string, auth.Session) {
	l.t.Helper()
	token, s, err := l.signIn(login, password, home)
	if err != nil {
		l.t.Fatal(err)
	}
	return token, s
}

// revoked are the subjects that hubs are told to close.
func (l *lodge) revoked() map[string]bool {
	l.t.Helper()
	rows, err := l.db.Owner.Query(l.t.Context(), "select data from event where $1 = any(topics)", schema.ControlTopic)
	if err != nil {
		l.t.Fatal(err)
	}
	defer rows.Close()
	subjects := map[string]bool{}
	for rows.Next() {
		var raw string
		var r schema.Revocation
		if err := rows.Scan(&raw); err != nil {
			l.t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(raw), &r); err != nil || r.Before.Before(time.Now().Add(auth.ScreenTicket)) {
			l.t.Errorf("revocation %s (%v) ends before a ticket may", raw, err)
		}
		subjects[r.Subject] = true
	}
	return subjects
}

func TestASessionLastsAsLongAsItIsUsed(t *testing.T) {
	t.Parallel()
	l := newLodge(t)
	l.person("an", access.ShiftLead)
	token, _ := l.mustSignIn("AN ")
	open := func(active bool) error { _, err := l.keeper.Open(t.Context(), token, active); return err }
	for range 20 { // ten hours
		l.move(29 * time.Minute)
		if err := open(true); err != nil {
			t.Fatalf("a used session ended: %v", err)
		}
	}
	l.move(29 * time.Minute)
	if err := open(false); err != nil {
		t.Fatal(err)
	}
	l.move(2 * time.Minute)
	if err := open(false); !fault.Is(err, fault.KindUnauthenticated) {
		t.Errorf("a page that renewed itself kept an idle session: %v", err)
	}
	token, _ = l.mustSignIn("an")
	for range 25 {
		l.move(29 * time.Minute)
		_ = open(true)
	}
	if err := open(true); !fault.Is(err, fault.KindUnauthenticated) {
		t.Errorf("a session outlived twelve hours: %v", err)
	}
	if _, err := l.keeper.Open(t.Context(), "x", true); !fault.Is(err, fault.KindUnauthenticated) {
		t.Errorf("a token nobody gave: %v", err)
	}
}

func TestEndingASessionRevokesItsTickets(t *testing.T) {
	t.Parallel()
	l := newLodge(t)
	p := l.person("an", access.ShiftLead)
	check := func(name string, deed func(token string, s auth.Session), survives bool) {
		t.Helper()
		token, s := l.mustSignIn("an")
		if _, err := l.keeper.Open(t.Context(), token, true); err != nil {
			t.Fatal(name, err)
		}
		deed(token, s)
		after, err := l.keeper.Open(t.Context(), token, true)
		if (err == nil) != survives {
			t.Errorf("%s: the session afterwards: %v", name, err)
		}
		if !l.revoked()[s.Subject] {
			t.Errorf("%s: its tickets are still good", name)
		}
		if survives && (after.Subject == s.Subject || l.revoked()[after.Subject]) {
			t.Errorf("%s: new tickets are void too", name)
		}
	}
	check("sign out", func(_ string, s auth.Session) { must(t, l.keeper.SignOut(t.Context(), s)) }, false)
	check("an invitation taken", func(string, auth.Session) {
		token, hash, err := auth.NewSecret()
		must(t, err)
		must(t, l.store.Invite(t.Context(), p.ID, store.Invitation{Hash: hash, ExpiresAt: l.now().Add(time.Hour)}, false))
		_, err = l.keeper.TakeInvitation(t.Context(), token, password)
		must(t, err)
		if _, err = l.keeper.TakeInvitation(t.Context(), token, password); !fault.Is(err, fault.KindNotFound) {
			t.Errorf("a one-time link worked twice: %v", err)
		}
	}, false)
	l.person("chi", access.Administrator)
	change := func(edit func(*auth.Person)) func(string, auth.Session) {
		return func(string, auth.Session) {
			now, err := l.store.Person(t.Context(), p.ID)
			must(t, err)
			edit(&now)
			_, err = l.store.ChangePerson(t.Context(), now)
			must(t, err)
		}
	}
	check("a changed right", change(func(p *auth.Person) { p.Roles = []access.Role{access.Operator} }), true)
	check("a disabled person", change(func(p *auth.Person) { p.DisabledAt = &p.CreatedAt }), false)
	if _, _, err := l.signIn("an", password, home); !fault.Is(err, fault.KindUnauthenticated) {
		t.Errorf("a disabled person signed in: %v", err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestThePasswordOnlyOpensTheFirstDoorOfAnAdministrator(t *testing.T) {
	t.Parallel()
	l := newLodge(t)
	l.person("chi", access.Administrator)
	token, s := l.mustSignIn("chi")
	if s.Stage != auth.StageEnrol {
		t.Fatalf("stage %s", s.Stage)
	}
	secret, err := l.keeper.OfferFactor(t.Context(), s)
	must(t, err)
	if _, _, err := l.keeper.EnterCode(t.Context(), s, "000000", home); !fault.Is(err, fault.KindUnauthenticated) {
		t.Errorf("a wrong code: %v", err)
	}
	code := auth.TOTPCode(secret, l.now())
	full, recovery, err := l.keeper.EnterCode(t.Context(), s, code, home)
	must(t, err)
	if full == token || len(recovery) != 10 {
		t.Error("the token stayed the same, or no recovery codes")
	}
	if _, err := l.keeper.Open(t.Context(), token, true); err == nil {
		t.Error("the token of the half session still works")
	}
	s, err = l.keeper.Open(t.Context(), full, true)
	if err != nil || s.Stage != auth.StageFull {
		t.Fatalf("stage %s, %v", s.Stage, err)
	}

	_, s = l.mustSignIn("chi")
	if s.Stage != auth.StageCode {
		t.Fatalf("stage %s", s.Stage)
	}
	if _, _, err := l.keeper.EnterCode(t.Context(), s, code, home); err == nil {
		t.Error("a code worked twice")
	}
	if _, _, err := l.keeper.EnterCode(t.Context(), s, recovery[0], home); err != nil {
		t.Errorf("a recovery code: %v", err)
	}
	_, s = l.mustSignIn("chi")
	if _, _, err := l.keeper.EnterCode(t.Context(), s, recovery[0], home); err == nil {
		t.Error("a recovery code worked twice")
	}
	if _, err := l.keeper.OfferFactor(t.Context(), s); err == nil {
		t.Error("whoever has the password alone may replace the factor")
	}
	for range 10 {
		_, _, err = l.keeper.EnterCode(t.Context(), s, "000000", home)
	}
	if fault.Items(err)[0].Reason != "session" {
		t.Errorf("codes can be tried without end: %v", err)
	}
	var rows int
	must(t, l.db.Owner.QueryRow(t.Context(), `select count(*) from totp t, audit a
		where position(encode($1, 'escape') in encode(t.sealed, 'escape')) > 0 or a.detail like '%' || $2 || '%'`, secret, recovery[0]).Scan(&rows))
	if rows > 0 {
		t.Error("the database holds the factor in the clear")
	}
}

func TestANewRoleMayAskForASecondFactorFirst(t *testing.T) {
	t.Parallel()
	l := newLodge(t)
	p := l.person("an", access.ShiftLead)
	token, _ := l.mustSignIn("an")
	p, err := l.store.Person(t.Context(), p.ID)
	must(t, err)
	p.Roles = append(p.Roles, access.DataOfficer)
	_, err = l.store.ChangePerson(t.Context(), p)
	must(t, err)
	s, err := l.keeper.Open(t.Context(), token, true)
	if err != nil || s.Stage != auth.StageEnrol {
		t.Fatalf("stage %q, %v", s.Stage, err)
	}
	secret, err := l.keeper.OfferFactor(t.Context(), s)
	must(t, err)
	token, _, err = l.keeper.EnterCode(t.Context(), s, auth.TOTPCode(secret, l.now()), home)
	must(t, err)
	if s, err = l.keeper.Open(t.Context(), token, true); err != nil || s.Stage != auth.StageFull {
		t.Errorf("stage %q, %v", s.Stage, err)
	}
}

func TestOneGuessersDelayIsNotAnothersLock(t *testing.T) {
	t.Parallel()
	l := newLodge(t)
	l.person("an", access.ShiftLead)
	l.mustSignIn("an") // from home
	guesser := netip.MustParseAddr("198.51.100.9")
	guesses, slowed := 0, 0
	for range 40 {
		_, _, err := l.signIn("an", "sai rồi sai rồi", guesser)
		if _, ok := errors.AsType[*auth.WaitError](err); ok {
			slowed++
			continue
		}
		guesses++
	}
	if guesses != 5 || slowed != 35 {
		t.Errorf("%d guesses passed and %d were slowed", guesses, slowed)
	}
	if _, _, err := l.signIn("an", password, guesser); !fault.Is(err, fault.KindTooMany) {
		t.Errorf("the guesser's right guess was told: %v", err)
	}
	if _, _, err := l.signIn("an", password, home); err != nil {
		t.Errorf("the owner is locked out at home: %v", err)
	}
	if _, _, err := l.signIn("an", password, netip.MustParseAddr("192.0.2.1")); err != nil {
		t.Errorf("the owner is locked out elsewhere: %v", err)
	}
	for i := range 60 { // from everywhere
		_, _, _ = l.signIn("an", "sai rồi sai rồi", netip.AddrFrom4([4]byte{10, 1, byte(i), 1}))
	}
	if _, _, err := l.signIn("an", password, home); err != nil {
		t.Errorf("guesses from everywhere lock the owner out at home: %v", err)
	}
	elsewhere := netip.MustParseAddr("192.0.2.77")
	if _, _, err := l.signIn("an", password, elsewhere); !fault.Is(err, fault.KindTooMany) {
		t.Errorf("a new address does not wait: %v", err)
	}
	l.move(31 * time.Second)
	if _, _, err := l.signIn("an", password, elsewhere); err != nil {
		t.Errorf("after the wait a new address is still locked out: %v", err)
	}
}

func TestNobodyLearnsWhichLoginsExist(t *testing.T) {
	t.Parallel()
	l := newLodge(t)
	l.person("an", access.ShiftLead)
	_, _, wrong := l.signIn("an", "sai rồi sai rồi", home)
	_, _, nobody := l.signIn("không-có", "sai rồi sai rồi", home)
	if wrong == nil || nobody == nil || wrong.Error() != nobody.Error() || fault.KindOf(wrong) != fault.KindOf(nobody) {
		t.Errorf("%v differs from %v", wrong, nobody)
	}
}

func TestTheLastAdministratorStays(t *testing.T) {
	t.Parallel()
	l := newLodge(t)
	p := l.person("chi", access.Administrator)
	p, err := l.store.Person(t.Context(), p.ID)
	must(t, err)
	for name, edit := range map[string]func(*auth.Person){
		"disabled": func(p *auth.Person) { p.DisabledAt = &p.CreatedAt },
		"demoted":  func(p *auth.Person) { p.Roles = []access.Role{access.Operator} },
	} {
		q := p
		edit(&q)
		if _, err := l.store.ChangePerson(t.Context(), q); !fault.Is(err, fault.KindConflict) {
			t.Errorf("%s: %v", name, err)
		}
	}
	p.Version--
	if _, err := l.store.ChangePerson(t.Context(), p); !fault.Is(err, fault.KindConflict) {
		t.Errorf("an old version was taken: %v", err)
	}
}

func TestAFirstAdministratorIsMadeOnce(t *testing.T) {
	t.Parallel()
	l := newLodge(t)
	first := func() (token string, made bool) {
		id, err := auth.NewPersonID()
		must(t, err)
		token, hash, err := auth.NewSecret()
		must(t, err)
		made, err = l.store.FirstAdministrator(t.Context(), auth.Person{ID: id, Login: "quantri", Name: "Quản trị", Roles: []access.Role{access.Administrator}},
			store.Invitation{Hash: hash, ExpiresAt: l.now().Add(time.Hour)})
		must(t, err)
		return token, made
	}
	lost, made := first()
	if !made {
		t.Fatal("none was made")
	}
	token, made := first() // the link of a start nobody saw
	if _, err := l.keeper.TakeInvitation(t.Context(), lost, password); !made || err == nil {
		t.Errorf("the link before still works (%v), or no new one was made (%t)", err, made)
	}
	_, err := l.keeper.TakeInvitation(t.Context(), token, password)
	must(t, err)
	if _, made := first(); made {
		t.Error("another was made")
	}
	people, err := l.store.People(t.Context())
	if err != nil || len(people) != 1 || people[0].Login != "quantri" || !people[0].HasSecret {
		t.Errorf("%+v %v", people, err)
	}
}

// TestCodesAreGuessedNoFasterFromManyAddresses has somebody who knows the password guess the second factor.
func TestCodesAreGuessedNoFasterFromManyAddresses(t *testing.T) {
	t.Parallel()
	l := newLodge(t)
	l.person("chi", access.Administrator)
	_, s := l.mustSignIn("chi")
	secret, err := l.keeper.OfferFactor(t.Context(), s)
	must(t, err)
	_, _, err = l.keeper.EnterCode(t.Context(), s, auth.TOTPCode(secret, l.now()), home)
	must(t, err)
	enter := func(from netip.Addr, code string) error {
		t.Helper()
		_, s, err := l.signIn("chi", password, from)
		must(t, err)
		_, _, err = l.keeper.EnterCode(t.Context(), s, code, from)
		return err
	}
	l.move(time.Minute)
	wrong, slowed := 0, 0
	for i := range byte(20) {
		err := enter(netip.AddrFrom4([4]byte{198, 51, 100, i}), "nosuchcode")
		switch reason(err) {
		case "code":
			wrong++
		case "slowed":
			slowed++
		default:
			t.Errorf("guess %d: %v", i, err)
		}
	}
	if wrong != 5 || slowed != 15 {
		t.Errorf("of 20 guesses %d were looked at and %d slowed, want 5 and 15", wrong, slowed)
	}
	l.move(time.Minute)
	if err := enter(home, auth.TOTPCode(secret, l.now())); err != nil {
		t.Errorf("the owner, a minute later: %v", err)
	}
	if err := enter(netip.MustParseAddr("192.0.2.9"), "nosuchcode"); reason(err) != "code" {
		t.Errorf("what went before is not forgotten: %v", err)
	}
}
