package kpi

import "time"

// RecentSpan is how far back Recent looks.
const RecentSpan = 15 * time.Minute

// The kinds of happenings.
const (
	Received      = "received"
	Closed        = "closed" // stopped being open: handled, refused or merged
	BecameOverdue = "overdue"
)

// Happening is one thing that happened to a report. A withdrawn report leaves none.
type Happening struct {
	At    time.Time
	Kind  string
	ID    string
	Path  []string // root first
	State string   // of the report
}

// Recent lists what happened in the RecentSpan before the last Apply, Advance or Load, in no order. What it looks
// through is what happened lately, not all that is held.
func (b *Board) Recent() []Happening {
	var list []Happening
	for h := range b.recent {
		n := len(list)
		if list = happenings(list, &h.Fact, b.now); len(list) == n {
			delete(b.recent, h)
		}
	}
	return list
}

// note keeps a fact in mind to which something happened lately.
func (b *Board) note(h *held) {
	if len(happenings(nil, &h.Fact, b.now)) > 0 {
		b.recent[h] = struct{}{}
	} else {
		delete(b.recent, h)
	}
}

// happenings appends what happened to f in (now-RecentSpan, now]. Overdue is after, not at, the deadline, and so the
// deadline itself is in [now-RecentSpan, now).
func happenings(list []Happening, f *Fact, now time.Time) []Happening {
	if f.Withdrawn {
		return list
	}
	begin := now.Add(-RecentSpan)
	add := func(kind string, at time.Time) {
		list = append(list, Happening{At: at, Kind: kind, ID: f.ID, Path: f.Path, State: f.State})
	}
	if f.ReceivedAt.After(begin) && !f.ReceivedAt.After(now) {
		add(Received, f.ReceivedAt)
	}
	if !f.Open && f.EndedAt != nil && f.EndedAt.After(begin) && !f.EndedAt.After(now) {
		add(Closed, *f.EndedAt)
	}
	if f.Open && f.DueNow != nil && f.DueNow.Before(now) && !f.DueNow.Before(begin) {
		add(BecameOverdue, *f.DueNow)
	}
	return list
}
