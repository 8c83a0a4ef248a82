package auth

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"toancanh/server/access"
	"toancanh/server/fault"
)

// Person is somebody who may sign in.
type Person struct {
	ID         string
	Login      string // as Login makes it
	Name       string
	Roles      []access.Role
	Units      []string // ids of the units the person works for
	Areas      []string // "division/code" of the areas the person answers for
	Version    int64
	CreatedAt  time.Time
	DisabledAt *time.Time
	HasSecret  bool // a password was set
	HasFactor  bool // a second factor is confirmed
	HasPIN     bool // a PIN for desks was set
	HasSubject bool // a sign-in provider knows the person
}

// Principal is the person's ID as deeds and audit name it.
func (p Person) Principal() string { return "person:" + p.ID }

// NeedsFactor reports whether one of the roles demands a second factor.
func (p Person) NeedsFactor() bool {
	for _, r := range p.Roles {
		if r.NeedsCode() {
			return true
		}
	}
	return false
}

// Stage is how far a session has come.
type Stage string

// The stages. Only a full session has rights.
const (
	StageCode  Stage = "code"  // the password was right, the second factor is still to be shown
	StageEnrol Stage = "enrol" // the password was right, a second factor must be set up first
	StageFull  Stage = "full"
)

// Session is one signing in.
type Session struct {
	ID        string
	Subject   string // whom tickets name
	Stage     Stage
	Tries     int // wrong codes
	CreatedAt time.Time
	SeenAt    time.Time
	Agent     string // browser and system in two words
	Network   string // see audit.Network
	Sample    bool   // opened by the sample's start page, without a password
	Person    Person

	DeskID   string     // the desk where the person is on duty; empty elsewhere
	LockedAt *time.Time // when the person locked the desk; nil while they did not
	Locked   bool       // by hand or because nobody touched the desk: Keeper.Open has looked

	Provider bool // opened by the sign-in provider
	Vouched  bool // the provider vouched for a second factor
}

// How long sessions last.
const (
	IdleLimit     = 30 * time.Minute
	AbsoluteLimit = 12 * time.Hour
	HalfLimit     = 10 * time.Minute // until the second factor is shown
	InviteLimit   = 24 * time.Hour
	mostCodes     = 5 // wrong codes in one session
)

// Ends is when the session ends if nothing is done.
func (s Session) Ends() time.Time {
	if s.Stage != StageFull {
		return s.CreatedAt.Add(HalfLimit)
	}
	if idle := s.SeenAt.Add(IdleLimit); s.DeskID == "" && idle.Before(s.CreatedAt.Add(AbsoluteLimit)) {
		return idle
	}
	return s.CreatedAt.Add(AbsoluteLimit)
}

// Bounds of a person's texts, in characters.
const (
	leastLogin = 3
	mostLogin  = 40
	mostName   = 100
)

// Login is a login however it was typed.
func Login(text string) string { return strings.ToLower(strings.TrimSpace(norm.NFC.String(text))) }

// CheckPerson makes a person's texts canonical and says everything that is wrong with them.
func CheckPerson(p Person) (Person, error) {
	var faults []error
	p.Login, p.Name = Login(p.Login), strings.TrimSpace(norm.NFC.String(p.Name))
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || strings.ContainsRune("._-@", r)
	}
	if n := len(p.Login); n < leastLogin || n > mostLogin || strings.ContainsFunc(p.Login, func(r rune) bool { return !plain(r) }) {
		faults = append(faults, fault.Invalid("login", "Tên đăng nhập có từ %d đến %d ký tự a–z, 0–9, dấu chấm, gạch hoặc @.", leastLogin, mostLogin).Because("format"))
	}
	if n := utf8.RuneCountInString(p.Name); n == 0 || n > mostName || strings.ContainsFunc(p.Name, unicode.IsControl) {
		faults = append(faults, fault.Invalid("name", "Họ tên có từ 1 đến %d ký tự.", mostName).Because("format"))
	}
	if len(p.Roles) == 0 {
		faults = append(faults, fault.Invalid("roles", "Cần ít nhất một vai trò.").Because("required"))
	}
	return p, fault.Join(faults...)
}
