package benching

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"toancanh/cmd/toancanh/client"
	"toancanh/server/area"
)

func TestPastOfTheQueueIsLawfulAndTheSameEveryTime(t *testing.T) {
	t.Parallel()
	const count = 600
	one, err := newTeller(count)
	if err != nil {
		t.Fatal(err)
	}
	two, err := newTeller(count)
	if err != nil {
		t.Fatal(err)
	}
	two.now = one.now
	atlas, err := area.Sample()
	if err != nil {
		t.Fatal(err)
	}
	drawn, _ := atlas.Map(atlas.Tree.Default().Code)
	locator, open, last := drawn.Locator(), 0, time.Time{}
	for n := range count {
		r := one.report(n)
		if diff := cmp.Diff(r, two.report(n)); diff != "" {
			t.Fatalf("report %d told twice (-one +two):\n%s", n, diff)
		}
		if _, inside := locator.Locate(area.Point{Lat: r.Location.Lat, Lon: r.Location.Lon}); !inside {
			t.Fatalf("report %d lies outside: %+v", n, r.Location)
		}
		if !r.ReceivedAt.After(last) || !r.ReceivedAt.Before(one.now) {
			t.Fatalf("report %d was received at %v, after %v", n, r.ReceivedAt, last)
		}
		last = r.ReceivedAt
		if !lawful(r, one.now) {
			t.Fatalf("the acts of report %d: %+v", n, r.Acts)
		}
		if len(r.Acts) < 5 {
			open++
		}
	}
	if open < count/20 || open > count/5 {
		t.Errorf("%d of %d are open, want about one in ten", open, count)
	}
}

// lawful reports whether the acts follow each other and none lies ahead.
func lawful(r client.PastReport, now time.Time) bool {
	last := r.ReceivedAt
	for i, a := range r.Acts {
		if a.Act != []string{"accept", "assign", "start", "resolve", "publish"}[i] || a.At.Before(last) || a.At.After(now) {
			return false
		}
		last = a.At
	}
	return true
}
