package kpi

import (
	"container/heap"
	"slices"
	"time"
)

// shownHours is how many clock hours a wall shows; keptHours how many are needed for their averages.
const (
	shownHours = 24
	keptHours  = (averageDays+1)*24 + 1
)

// tally holds the sums of one area and class.
type tally struct {
	counts
	origins map[string]int
	hours   hours
	late    late
}

func newTally() *tally { return &tally{origins: map[string]int{}, hours: hours{}} }

// hours counts receipts by clock hour.
type hours map[int64]int

func (h hours) add(hour int64, n int) {
	h[hour] += n
	if h[hour] <= 0 {
		delete(h, hour)
	}
}

func (h hours) prune(oldest int64) {
	for hour := range h {
		if hour < oldest {
			delete(h, hour)
		}
	}
}

// hour numbers the clock hours of the board's zone; hourStart is where one begins.
func (b *Board) hour(t time.Time) int64 {
	_, offset := t.In(b.loc).Zone()
	return floorDiv(t.Unix()+int64(offset), 3600)
}

func (b *Board) hourStart(hour int64) time.Time {
	_, offset := b.now.In(b.loc).Zone()
	return time.Unix(hour*3600-int64(offset), 0).UTC()
}

func floorDiv(a, b int64) int64 {
	if a < 0 {
		return (a - b + 1) / b
	}
	return a / b
}

// late is a heap of overdue facts, the one longest overdue first. Entries whose fact changed since are void and
// dropped when they come up, or all at once when they are most of the heap.
type late []lateEntry

type lateEntry struct {
	due     time.Time
	fact    *held
	version int64
}

func (t *tally) pushLate(h *held) {
	const slack = 64
	if len(t.late) > slack+2*t.overdue {
		t.late = slices.DeleteFunc(t.late, lateEntry.void)
		heap.Init(&t.late)
	}
	heap.Push(&t.late, lateEntry{due: *h.DueNow, fact: h, version: h.Version})
}

// oldest is the deadline missed longest ago.
func (l *late) oldest() (time.Time, bool) {
	for len(*l) > 0 {
		if !(*l)[0].void() {
			return (*l)[0].due, true
		}
		heap.Pop(l)
	}
	return time.Time{}, false
}

func (e lateEntry) void() bool { return e.version != e.fact.Version || e.fact.counted.overdue == 0 }

func (l late) Len() int           { return len(l) }
func (l late) Less(i, j int) bool { return l[i].due.Before(l[j].due) }
func (l late) Swap(i, j int)      { l[i], l[j] = l[j], l[i] }
func (l *late) Push(x any)        { *l = append(*l, x.(lateEntry)) }
func (l *late) Pop() any {
	old := *l
	last := old[len(old)-1]
	*l = old[:len(old)-1]
	return last
}
