package report

import (
	"io"
	"time"
)

// Code makes the public code of a report from 8 random bytes: "K7M2-Q9XD".
func Code(random [8]byte) string { panic("unwritten") }

// Check cleans a contact (NFC, trimmed) and says everything that is wrong with it.
func (c Contact) Check() (Contact, error) { panic("unwritten") }

// Empty reports whether nothing was given.
func (c Contact) Empty() bool { panic("unwritten") }

// NewRulebook makes a rulebook; the highest version is in force.
func NewRulebook(versions ...Rules) (*Rulebook, error) { panic("unwritten") }

// Current is the version in force.
func (b *Rulebook) Current() Rules { panic("unwritten") }

// Category finds a category of the version in force.
func (b *Rulebook) Category(code string) (Category, bool) { panic("unwritten") }

// Check cleans a draft (NFC, trimmed) and says everything that is wrong with it at once.
func (b *Rulebook) Check(d Draft, now time.Time) (Draft, error) { panic("unwritten") }

// New makes the report of a draft, and the first entry of its timeline.
func (b *Rulebook) New(d Draft, born Birth) (Report, Entry, error) { panic("unwritten") }

// Apply does an act. r is not changed.
func (b *Rulebook) Apply(r Report, a Act, now time.Time) (Report, Entry, error) { panic("unwritten") }

// Allowed lists the acts lawful for the report as it stands.
func Allowed(r Report) []ActName { panic("unwritten") }

// Standing is what a timeline alone says about a report.
type Standing struct {
	Status                                                                 Status
	Version                                                                int64
	AcceptedAt, AssignedAt, ResolvedAt, PublishedAt, ClosedAt, WithdrawnAt *time.Time
	Bounces, Reopens                                                       int
}

// Fold reads a timeline from its first entry; it says where the chain is broken.
func Fold(entries []Entry) (Standing, error) { panic("unwritten") }

// Standing is the same of the report itself.
func (r Report) Standing() Standing { panic("unwritten") }

// Open reports whether somebody still has to do something before it is handled.
func (r Report) Open() bool { panic("unwritten") }

// Running is the deadline of the clock that runs now; nil when none does.
func (r Report) Running() *time.Time { panic("unwritten") }

// Overdue reports whether the report is open and its running deadline lies before now.
func (r Report) Overdue(now time.Time) bool { panic("unwritten") }

// EndedAt is when the report stopped being open; nil while it is open.
func (r Report) EndedAt() *time.Time { panic("unwritten") }

// Excluded reports whether it is left out of the rate of reports handled on time: refused, merged, withdrawn.
func (r Report) Excluded() bool { panic("unwritten") }

// AnswerUntil is when a report that waits for its sender is closed; nil when it does not wait.
func (r Report) AnswerUntil() *time.Time { panic("unwritten") }

// State is how loudly to draw the report.
func (r Report) State() State { panic("unwritten") }

// Label is the status in Vietnamese.
func (s Status) Label() string { panic("unwritten") }

// Known reports whether s is a status.
func (s Status) Known() bool { panic("unwritten") }

// Open reports whether the status is one of work still to be done.
func (s Status) Open() bool { panic("unwritten") }

// Statuses lists all statuses in the order of the workflow.
func Statuses() []Status { panic("unwritten") }

// Label is the priority in Vietnamese.
func (p Priority) Label() string { panic("unwritten") }

// Label is the act in Vietnamese.
func (a ActName) Label() string { panic("unwritten") }

// String is the limit as it stands in categories.csv: "30m", "4h", "3d".
func (l Limit) String() string { panic("unwritten") }

// ParseCategories reads categories.csv: code,name,clock,accept,assign,resolve,unit,share.
func ParseCategories(r io.Reader) ([]Category, error) { panic("unwritten") }

// ParseUnits reads units.csv: id,name.
func ParseUnits(r io.Reader) ([]Unit, error) { panic("unwritten") }

// ParseHolidays reads holidays.csv: date,day,name,source.
func ParseHolidays(r io.Reader) ([]Holiday, error) { panic("unwritten") }

// NewCalendar makes a calendar. Years without any holiday given are filled by StatutoryHolidays.
func NewCalendar(version int, loc *time.Location, holidays []Holiday) *Calendar { panic("unwritten") }

// Location is the zone whose days and hours count.
func (c *Calendar) Location() *time.Location { panic("unwritten") }

// Add is when a limit that starts at from ends, in UTC.
func (c *Calendar) Add(from time.Time, l Limit) time.Time { panic("unwritten") }

// Between is how much time of the clock lies between a and b; 0 when b is not after a.
func (c *Calendar) Between(a, b time.Time, clock Clock) time.Duration { panic("unwritten") }

// Works reports whether offices work on the day.
func (c *Calendar) Works(d Date) bool { panic("unwritten") }

// StatutoryHolidays computes the holidays of a year from the Labour Code and the lunar calendar.
func StatutoryHolidays(year int) []Holiday { panic("unwritten") }
