package view

import (
	"time"

	"toancanh/server/report"
)

// Step is one line of a report's story as everybody with its code may read it: no officer, no unit, no hour. N is the
// timeline entry it comes from and is not shown: the gaps would tell of what happens inside.
type Step struct {
	N    int64  `json:"-"`
	Step string `json:"step"`
	Date string `json:"date"`
	Text string `json:"text,omitempty"` // of StepInformed: what the centre tells, redacted
}

// The steps, in the words of the API.
const (
	StepReceived   = "received"
	StepAccepted   = "accepted"
	StepAsked      = "asked"
	StepAnswered   = "answered"
	StepProcessing = "processing"
	StepPublished  = "published"
	StepReopened   = "reopened"
	StepCompleted  = "completed"
	StepRefused    = "refused"
	StepMerged     = "merged"
	StepInformed   = "informed"
)

// Steps are the steps of a timeline; nil once it was withdrawn. How units pass a report on, and a result that was sent back
// before anybody published it, stay inside: work has begun once until a published result is asked for again.
func Steps(entries []report.Entry, loc *time.Location) []Step {
	var steps []Step
	begun := false
	for _, e := range entries {
		word := stepOf(e)
		switch {
		case e.Act == report.Withdraw:
			return nil
		case word == "" || word == StepProcessing && begun:
			continue
		case word == StepProcessing:
			begun = true
		case word == StepReopened:
			begun = false
		}
		step := Step{N: e.N, Step: word, Date: *dateOf(&e.At, loc)}
		if word == StepInformed {
			step.Text = Redact(e.Text)
		}
		steps = append(steps, step)
	}
	return steps
}

// stepOf is the word for an act that may be shown; empty for any other.
func stepOf(e report.Entry) string {
	switch e.Act {
	case report.Receive:
		return StepReceived
	case report.Accept:
		return StepAccepted
	case report.Ask:
		return StepAsked
	case report.Supplement:
		return StepAnswered
	case report.Assign:
		return StepProcessing
	case report.Publish:
		return StepPublished
	case report.Refuse:
		return StepRefused
	case report.Merge:
		return StepMerged
	case report.Complete:
		return StepCompleted
	case report.Inform:
		return StepInformed
	case report.Rate:
		if e.From != e.To {
			return StepCompleted
		}
	case report.Reopen:
		if e.From != report.DaXuLy {
			return StepReopened
		}
	default: // what happens inside
	}
	return ""
}
