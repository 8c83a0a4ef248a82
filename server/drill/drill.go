// Package drill holds the rules of exercises: what a script needs of a province, what it sends when, and how a room is judged
// by what it did. What a drill sends is of the origin drill: it is never summed with anything else, and every screen says what
// it is. Everything here is a pure function of its arguments; nothing is stored, sent or logged.
package drill

import (
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"toancanh/server/fault"
)

// State is where a drill is on its way.
type State string

// The states.
const (
	Planned   State = "planned"
	Running   State = "running"
	Ended     State = "ended"     // played to its end, or ended early
	Cancelled State = "cancelled" // before it began
)

// Drill is one exercise.
type Drill struct {
	ID       string // UUID
	Version  int64
	Scenario string // code
	Title    string
	Division string
	Area     string
	Path     []string
	Speed    float64 // how many times faster than its script it is played
	Note     string
	State    State

	PlannedBy string // person
	StartsAt  time.Time
	StartedAt *time.Time
	EndedAt   *time.Time
	EndedBy   string // person, or empty when it came to its end
	Script    Script // made when it was planned
	Played    int    // deeds done
	KeyID     string // of the key it was last played with
	Problem   string // why the newest deed could not be done; empty when it could
	Cleared   bool   // what it left has been taken away
	Debrief   *Debrief
}

// Bounds of a plan.
const (
	MostSpeed  = 20.0
	mostNote   = 500
	mostAhead  = 90 * 24 * time.Hour
	AfterCalm  = 15 * time.Minute // how long a room may still answer after the last deed, in the script's time
	mostTitle  = 120
	sensorSign = "dien-tap-"
)

// Length is how long the drill is played, with the time in which the room may still answer.
func (d Drill) Length() time.Duration {
	return time.Duration(float64(d.Script.Lasts+AfterCalm) / d.speed())
}

func (d Drill) speed() float64 {
	if d.Speed <= 0 {
		return 1
	}
	return d.Speed
}

// DueAt is when a deed of a running drill is due.
func (d Drill) DueAt(deed Deed) time.Time {
	return d.StartedAt.Add(time.Duration(float64(deed.After) / d.speed()))
}

// Due are the deeds that have to be done by now, the first first.
func (d Drill) Due(now time.Time) []Deed {
	if d.State != Running || d.StartedAt == nil {
		return nil
	}
	end := d.Played
	for end < len(d.Script.Deeds) && !d.DueAt(d.Script.Deeds[end]).After(now) {
		end++
	}
	return d.Script.Deeds[d.Played:end]
}

// Over reports whether a running drill has come to its end.
func (d Drill) Over(now time.Time) bool {
	return d.State == Running && d.StartedAt != nil && d.Played >= len(d.Script.Deeds) && !now.Before(d.StartedAt.Add(d.Length()))
}

// Clean makes a new plan canonical and says all that is wrong with it. The title is the scenario's unless one is given.
func (d Drill) Clean(now time.Time) (Drill, error) {
	var wrong []error
	d.Title, d.Note = strings.TrimSpace(norm.NFC.String(d.Title)), strings.TrimSpace(norm.NFC.String(d.Note))
	if n := len([]rune(d.Title)); n == 0 || n > mostTitle {
		wrong = append(wrong, fault.Invalid("title", "Tên cuộc diễn tập có từ 1 đến %d ký tự.", mostTitle).Because("length"))
	}
	if len([]rune(d.Note)) > mostNote {
		wrong = append(wrong, fault.Invalid("note", "Ghi chú dài tối đa %d ký tự.", mostNote).Because("too_long"))
	}
	if d.Speed < 1 || d.Speed > MostSpeed {
		wrong = append(wrong, fault.Invalid("speed", "Tốc độ diễn từ 1 đến %.0f lần.", MostSpeed).Because("out_of_range"))
	}
	if d.StartsAt.Before(now.Add(-time.Minute)) || d.StartsAt.After(now.Add(mostAhead)) {
		wrong = append(wrong, fault.Invalid("starts_at", "Thời điểm bắt đầu từ bây giờ đến 90 ngày sau.").Because("out_of_range"))
	}
	return d, fault.Join(wrong...)
}

// Start begins a planned drill.
func (d Drill) Start(now time.Time) (Drill, error) {
	if d.State != Planned {
		return d, fault.Conflict("Cuộc diễn tập này không còn chờ bắt đầu.").Because("state")
	}
	d.State, d.StartedAt = Running, &now
	d.Version++
	return d, nil
}

// End ends a running drill early, or calls a planned one off. by is the person, empty when it came to its end.
func (d Drill) End(by string, now time.Time) (Drill, error) {
	switch d.State {
	case Planned:
		d.State = Cancelled
	case Running:
		d.State = Ended
	case Ended, Cancelled:
		return d, fault.Conflict("Cuộc diễn tập này đã kết thúc.").Because("state")
	}
	d.EndedAt, d.EndedBy = &now, by
	d.Version++
	return d, nil
}
