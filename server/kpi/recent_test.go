package kpi_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	diffing "github.com/google/go-cmp/cmp"

	"toancanh/server/kpi"
)

// expected is what happened lately by its definition: received and ended in (now-15m, now], due in [now-15m, now).
func expected(facts map[string]kpi.Fact, now time.Time) []kpi.Happening {
	const quarter = 15 * time.Minute
	var list []kpi.Happening
	for _, f := range facts {
		if f.Withdrawn {
			continue
		}
		add := func(kind string, at time.Time) {
			list = append(list, kpi.Happening{At: at, Kind: kind, ID: f.ID, Path: f.Path, State: f.State})
		}
		if age := now.Sub(f.ReceivedAt); age >= 0 && age < quarter {
			add("received", f.ReceivedAt)
		}
		if f.EndedAt != nil && !f.Open {
			if age := now.Sub(*f.EndedAt); age >= 0 && age < quarter {
				add("closed", *f.EndedAt)
			}
		}
		if f.DueNow != nil && f.Open {
			if age := now.Sub(*f.DueNow); age > 0 && age <= quarter {
				add("overdue", *f.DueNow)
			}
		}
	}
	return list
}

func ordered(list []kpi.Happening) []kpi.Happening {
	slices.SortFunc(list, func(a, b kpi.Happening) int { return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Kind, b.Kind)) })
	return list
}

func TestRecentIsWhatHappenedInAQuarterOfAnHour(t *testing.T) {
	t.Parallel()
	seen := map[string]int{}
	for seed := range uint64(8) {
		random := rand.New(rand.NewPCG(seed, 7))
		b := kpi.NewBoard(vietnam(t))
		facts := map[string]kpi.Fact{}
		now := begin
		around := func() time.Time { return now.Add(time.Duration(random.IntN(40)-20) * time.Minute) }
		for range 300 {
			f := kpi.Fact{
				ID: fmt.Sprint(random.IntN(40)), Origin: "simulated", Division: "vn-2022", Path: places[random.IntN(len(places))],
				ReceivedAt: around(), Open: random.IntN(3) > 0, Withdrawn: random.IntN(6) == 0, State: "warning",
			}
			if old, held := facts[f.ID]; held {
				f.ReceivedAt = old.ReceivedAt
				f.Version = old.Version
			}
			f.Version++
			if f.Open {
				f.DueNow = new(around())
			} else {
				f.EndedAt = new(around())
			}
			facts[f.ID] = f
			b.Apply(f, now)
			now = now.Add(time.Duration(random.IntN(180)) * time.Second)
			b.Advance(now)
			want := ordered(expected(facts, now))
			if diff := diffing.Diff(want, ordered(b.Recent())); diff != "" {
				t.Fatalf("seed %d (-want +got):\n%s", seed, diff)
			}
			for _, h := range want {
				seen[h.Kind]++
			}
		}
		anew := kpi.NewBoard(vietnam(t))
		var all []kpi.Fact
		for _, f := range facts {
			all = append(all, f)
		}
		anew.Load(all, now)
		if diff := diffing.Diff(ordered(anew.Recent()), ordered(b.Recent())); diff != "" {
			t.Errorf("seed %d: loaded anew (-anew +moved):\n%s", seed, diff)
		}
	}
	if len(seen) != 3 {
		t.Errorf("only %v was ever seen", seen)
	}
}

func TestAWithdrawnReportLeavesWhatIsRecent(t *testing.T) {
	t.Parallel()
	b := kpi.NewBoard(vietnam(t))
	f := kpi.Fact{ID: "a", Version: 1, Origin: "real", Division: "vn-2022", Path: places[0], ReceivedAt: begin, Open: true, State: "normal"}
	b.Apply(f, begin)
	if got := b.Recent(); len(got) != 1 {
		t.Fatalf("Recent = %v, want the received report", got)
	}
	f.Version, f.Open, f.Withdrawn, f.EndedAt = 2, false, true, new(begin)
	b.Apply(f, begin)
	if got := b.Recent(); len(got) != 0 {
		t.Errorf("Recent = %v after a withdrawal, want nothing", got)
	}
}
