package warning

import (
	"cmp"
	"slices"
	"time"

	"toancanh/server/fault"
)

// LevelKey is the level that tells which warnings are in force in an area.
const LevelKey = "warnings/inforce"

// Shown is a warning as screens and everybody see it: no person is in it.
type Shown struct {
	ID        string    `json:"id"`
	Headline  string    `json:"headline"`
	Event     string    `json:"event"`
	Severity  string    `json:"severity"`
	Urgency   string    `json:"urgency"`
	Certainty string    `json:"certainty"`
	Areas     []string  `json:"areas"`
	Effective time.Time `json:"effective"`
	Expires   time.Time `json:"expires"`
	Status    Status    `json:"status"`
	MsgType   MsgType   `json:"msg_type"`
	Source    string    `json:"source"` // empty for ours, else who says it
	Origin    string    `json:"origin"`
	RiskLevel int       `json:"risk_level"`
}

// Level is what the level says.
type Level struct {
	Warnings []Shown `json:"warnings"`
	// Truncated counts those left out because there were too many.
	Truncated int       `json:"truncated"`
	Origin    string    `json:"origin"`
	AsOf      time.Time `json:"as_of"`
}

// mostShown bounds the warnings of a level: a hub keeps 64 KiB of one.
const mostShown = 50

// Arrange is the level of some warnings: the worst first, then the newest.
func Arrange(list []Shown, origin string, now time.Time) Level {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b Shown) int {
		return cmp.Or(
			cmp.Compare(real(b), real(a)), cmp.Compare(rank(a.Severity), rank(b.Severity)), b.Effective.Compare(a.Effective), cmp.Compare(a.ID, b.ID),
		)
	})
	level := Level{Warnings: list, Origin: origin, AsOf: now}
	if len(list) > mostShown {
		level.Warnings, level.Truncated = list[:mostShown], len(list)-mostShown
	}
	if level.Warnings == nil {
		level.Warnings = []Shown{}
	}
	return level
}

func real(s Shown) int {
	if s.Status == Actual {
		return 1
	}
	return 0
}

func rank(severity string) int { return slices.Index(Severities(), severity) }

// mostShownHeadline bounds what a stranger's headline takes of a level.
const mostShownHeadline = 200

// Show is a message of ours, or of somebody else named as its source, as screens see it.
func Show(id string, a Alert, areas []string, source, origin string) Shown {
	i := a.Info("vi")
	if areas == nil {
		areas = []string{}
	}
	s := Shown{
		ID: id, Headline: shorten(cmp.Or(i.Headline, i.Event)), Event: shorten(i.Event), Severity: i.Severity, Urgency: i.Urgency,
		Certainty: i.Certainty, Areas: areas, Effective: cmp.Or(i.Effective, a.Sent).UTC(), Expires: a.End().UTC(), Status: a.Status,
		MsgType: a.MsgType, Source: source, Origin: origin,
	}
	for _, p := range i.Parameters {
		if level, ok := parseNumber(p.Value); ok && p.Name == RiskList && level >= 1 && level <= 5 {
			s.RiskLevel = int(level)
		}
	}
	return s
}

func shorten(text string) string {
	if runes := []rune(text); len(runes) > mostShownHeadline {
		return string(runes[:mostShownHeadline]) + "…"
	}
	return text
}

// usualHours is how long a message holds that does not say it.
const usualHours = 24 * time.Hour

// End is when an alert ends by its own words: its last info's, and a day after it was sent where none says.
func (a Alert) End() time.Time {
	var end time.Time
	for _, i := range a.Infos {
		if i.Expires.After(end) {
			end = i.Expires
		}
	}
	if end.IsZero() {
		return a.Sent.Add(usualHours)
	}
	return end
}

// Received is a message of somebody else as it is kept.
type Received struct {
	ID         string
	Source     string // the feed's host, or ImportSource
	Alert      Alert
	Areas      []string // of ours that it touches
	Outside    bool     // it says where it holds, and that is none of ours
	Body       []byte   // as it came
	ReceivedAt time.Time
	EndedAt    *time.Time // when a later message of the same sender took its place
	EndedBy    string     // that message's key
}

// ImportSource is the source of messages that somebody brought in by hand.
const ImportSource = "import"

// Heeded reports whether a received message is in force for screens at an instant: System and Draft, what is not public and
// what only machines tell each other never are.
func (r Received) Heeded(now time.Time) bool {
	a := r.Alert
	switch {
	case r.EndedAt != nil || r.Outside || a.Scope != ScopePublic || a.MsgType != New && a.MsgType != Update:
		return false
	case a.Status != Actual && a.Status != Exercise && a.Status != Test:
		return false
	}
	return !now.Before(cmp.Or(a.Info("vi").Effective, a.Sent)) && now.Before(a.End())
}

// Ends reports whether a message takes the place of those it refers to.
func (a Alert) Ends() bool { return a.MsgType == Update || a.MsgType == Cancel }

// Admit says whether a message of somebody else may be kept by now: not one from the future, and none that says it is ours.
func Admit(a Alert, ours string, now time.Time) error {
	if a.Sender == ours {
		return fault.Invalid("sender", "Đây là cảnh báo của chính trung tâm này.").Because("own")
	}
	return a.Timely(now)
}

// Named is who says a received message, as people know them.
func (r Received) Named() string {
	return shorten(cmp.Or(r.Alert.Info("vi").SenderName, r.Alert.Sender))
}

// Receive is a message of somebody else with the areas of ours that it touches. It has no id yet.
func Receive(a Alert, body []byte, g Ground) Received {
	r := Received{Alert: a, Body: body}
	r.Areas, r.Outside = g.Locate(a)
	return r
}
