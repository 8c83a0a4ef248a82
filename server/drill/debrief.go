package drill

import (
	"slices"
	"time"
)

// Debrief is how a room did. Times are told at the speed of the drill: those of a drill played twice as fast count twice.
type Debrief struct {
	Score    *int      `json:"score"` // 0 to 100; null when nothing could be judged
	Lines    []Line    `json:"lines"`
	Alarms   []Judged  `json:"alarms"`  // that should have been taken, late or never taken first
	Reports  []Judged  `json:"reports"` // emergencies
	MadeAt   time.Time `json:"made_at"`
	Deeds    int       `json:"deeds"`    // sent
	Unplayed int       `json:"unplayed"` // not sent, because the drill was ended early
}

// Line is one thing a room is judged by.
type Line struct {
	Code string `json:"code"`
	Met  int    `json:"met"`
	Of   int    `json:"of"`
	// P50 and Worst are in seconds; null where nothing was answered.
	P50    *int `json:"p50_s"`
	Worst  *int `json:"worst_s"`
	Target int  `json:"target_s"`
	Weight int  `json:"weight"`
}

// Judged is one alarm or report with its answer.
type Judged struct {
	ID       string     `json:"id"`
	Label    string     `json:"label"`
	Priority string     `json:"priority"`
	At       time.Time  `json:"at"`
	Answered *time.Time `json:"answered_at"`
	Seconds  *int       `json:"seconds"`
	Target   int        `json:"target_s"`
	Met      bool       `json:"met"`
}

// Seen is an alarm or a report as it was when the drill ended.
type Seen struct {
	ID, Label, Priority string
	At                  time.Time
	Answered            *time.Time
}

// The lines of a debrief, with what a room should keep (domain model AL-7; the emergency limit of intake).
const (
	LineHigh   = "ack_high"
	LineMedium = "ack_medium"
	LineLow    = "ack_low"
	LineMissed = "missed_high"
	LineIntake = "intake_emergency"
)

// Judge scores what a room did between the start and the end of a drill. Alarms of the journal ask for no answer and are left out.
func Judge(d Drill, alarms, emergencies []Seen, now time.Time) Debrief {
	b := Debrief{MadeAt: now, Deeds: d.Played, Unplayed: len(d.Script.Deeds) - d.Played, Alarms: []Judged{}, Reports: []Judged{}, Lines: []Line{}}
	for _, l := range []struct {
		code, priority string
		target         time.Duration
		weight         int
	}{
		{LineHigh, "high", 2 * time.Minute, 4}, {LineMedium, "medium", 10 * time.Minute, 2}, {LineLow, "low", 30 * time.Minute, 1},
	} {
		var some []Judged
		for _, a := range alarms {
			if a.Priority == l.priority {
				some = append(some, judge(d, a, l.target))
			}
		}
		b.Alarms = append(b.Alarms, some...)
		b.Lines = append(b.Lines, line(l.code, some, l.target, l.weight))
	}
	missed := Line{Code: LineMissed, Weight: 4}
	for _, a := range b.Alarms {
		if a.Priority == "high" {
			missed.Of++
			if a.Answered != nil {
				missed.Met++
			}
		}
	}
	const intake = 5 * time.Minute
	for _, r := range emergencies {
		b.Reports = append(b.Reports, judge(d, r, intake))
	}
	b.Lines = append(b.Lines, missed, line(LineIntake, b.Reports, intake, 3))
	b.Lines = slices.DeleteFunc(b.Lines, func(l Line) bool { return l.Of == 0 })
	late := func(x, y Judged) int {
		switch {
		case x.Met != y.Met && y.Met:
			return -1
		case x.Met != y.Met:
			return 1
		}
		return x.At.Compare(y.At)
	}
	slices.SortStableFunc(b.Alarms, late)
	slices.SortStableFunc(b.Reports, late)
	b.Score = score(b.Lines)
	return b
}

func judge(d Drill, s Seen, target time.Duration) Judged {
	j := Judged{ID: s.ID, Label: s.Label, Priority: s.Priority, At: s.At, Answered: s.Answered, Target: int(target.Seconds())}
	if s.Answered == nil {
		return j
	}
	took := time.Duration(float64(max(0, s.Answered.Sub(s.At))) * d.speed())
	j.Seconds, j.Met = new(int(took.Seconds())), took <= target
	return j
}

func line(code string, list []Judged, target time.Duration, weight int) Line {
	l := Line{Code: code, Of: len(list), Target: int(target.Seconds()), Weight: weight}
	var took []int
	for _, j := range list {
		if j.Met {
			l.Met++
		}
		if j.Seconds != nil {
			took = append(took, *j.Seconds)
		}
	}
	if len(took) > 0 {
		slices.Sort(took)
		l.P50, l.Worst = &took[(len(took)-1)/2], &took[len(took)-1]
	}
	return l
}

// score weighs the lines; what did not happen in the drill weighs nothing.
func score(lines []Line) *int {
	const whole = 100
	sum, weights := 0.0, 0
	for _, l := range lines {
		sum += float64(l.Weight) * float64(l.Met) / float64(l.Of)
		weights += l.Weight
	}
	if weights == 0 {
		return nil
	}
	return new(int(sum*whole/float64(weights) + 0.5)) //nolint:mnd // rounding
}
