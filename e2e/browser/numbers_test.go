//go:build e2e

package browser_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"
)

// How long a wall lives through the traffic of a province before its weight and its numbers are looked at.
const (
	warmUp   = 10 * time.Second
	soak     = 20 * time.Second
	soakLong = 3 * time.Minute
)

// The growth a wall may show: nodes come and go by a name's line to its place; the heap breathes.
const (
	mostNodes = 0.02
	mostHeap  = 2 << 20
)

// lively plays fast and has a past of days.
func lively(days int) []string {
	return []string{"TOANCANH_HISTORY_DAYS=" + strconv.Itoa(days), "TOANCANH_PACE=40"}
}

// TestAWallStaysLightAndEveryNumberIsTrue lets the simulator play before one wall, weighs the wall meanwhile, stops the
// simulator and compares every number with SQL. The wall is never reloaded: what it counts wrong stays wrong.
func TestAWallStaysLightAndEveryNumberIsTrue(t *testing.T) {
	t.Parallel()
	p := settle(t, nil, lively(2))
	eventually(t, "the past is loaded", readyWithin, func() bool { return p.log.says("history is loaded") }, func() string { return p.log.tail(5) })
	wall := browse(t, p, "/wall/tinh", size{1366, 768})
	wall.hurt = true
	wall.awaitLive(liveWithin)
	eventually(t, "every tile has its trend", liveWithin, func() bool {
		var trends int
		wall.eval(`document.querySelectorAll('.tile .trend svg').length`, &trends)
		return trends == 6
	}, nil)
	weighWhile(t, wall)
	p.stop()
	p.start(quiet())
	wall.awaitLive(liveWithin)
	took := agree(t, p, wall, healWithin)
	t.Logf("every number is true %v after the page was live again: %s", took.Round(time.Millisecond), asText(wall.readWall()))
	checkSensors(t, p, wall)
	if wall.number(tileOpen) == "0" || wall.number(tileReceived) == "0" || wall.number(tileOnTime) == "?" {
		t.Error("the province played, and nothing is counted: there was nothing to compare")
	}
	checkByHand(t, p, wall)
}

// weighWhile watches the weight of a wall under traffic.
func weighWhile(t *testing.T, wall *tab) {
	t.Helper()
	rest := soak
	if long() {
		rest = soakLong
	}
	time.Sleep(warmUp) //nolint:forbidigo // the wait is the test
	type weight struct{ Heap, Nodes, Listeners float64 }
	var first, last weight
	wall.do("weigh", nil, &first)
	time.Sleep(rest) //nolint:forbidigo // the wait is the test
	wall.do("weigh", nil, &last)
	t.Logf("nodes %.0f to %.0f, listeners %.0f to %.0f, heap %.2f to %.2f MiB in %v",
		first.Nodes, last.Nodes, first.Listeners, last.Listeners, first.Heap/(1<<20), last.Heap/(1<<20), rest)
	if grown := last.Nodes - first.Nodes; grown > mostNodes*first.Nodes {
		t.Errorf("the page has %.0f nodes more than the %.0f it had, want at most %.0f %%", grown, first.Nodes, mostNodes*100)
	}
	if grown := last.Heap - first.Heap; grown > mostHeap {
		t.Errorf("the heap has grown by %.2f MiB, want at most %d", grown/(1<<20), mostHeap>>20)
	}
}

// checkSensors compares the tiles of the sensors with the list of sensors.
func checkSensors(t *testing.T, p *province, wall *tab) {
	t.Helper()
	var list struct {
		Sensors []struct {
			Kind       string
			Value      *float64
			At         *time.Time
			StaleAfter int `json:"stale_after_s"`
		}
	}
	var want, got string
	eventually(t, "the tiles of the sensors are true", healWithin, func() bool {
		p.get("/api/v1/sensors", &list)
		live, rain := 0, -1.0
		for _, s := range list.Sensors {
			if s.At == nil || time.Since(*s.At) > time.Duration(s.StaleAfter)*time.Second {
				continue
			}
			live++
			if s.Kind == "rain" {
				rain = max(rain, *s.Value)
			}
		}
		want = fmt.Sprintf("%d/%d", live, len(list.Sensors))
		if rain >= 0 {
			want += " " + tenths(&rain)
		} else {
			want += " ?"
		}
		got = wall.number(tileSources) + " " + wall.number(tileRain)
		return want == got
	}, func() string { return "want " + want + ", got " + got })
}

// byHand are the numbers of the tiles in the plainest SQL, without any of the program's.
const byHand = `
	select count(*) filter (where is_open),
		count(*) filter (where is_open and due_now < now()),
		count(*) filter (where received_at > now() - interval '24 hours'),
		count(*) filter (where not is_excluded and due_original between now() - interval '30 days' and now()
			and resolved_at <= due_original),
		count(*) filter (where not is_excluded and due_original between now() - interval '30 days' and now())
	from report`

// checkByHand compares the tiles with the database.
func checkByHand(t *testing.T, p *province, wall *tab) {
	t.Helper()
	conn := p.database()
	var want, got string
	eventually(t, "the tiles equal SQL", healWithin, func() bool {
		var open, overdue, received, met, due int
		if err := conn.QueryRow(t.Context(), byHand).Scan(&open, &overdue, &received, &met, &due); err != nil {
			t.Fatal(err)
		}
		want = fmt.Sprint(number(&open), number(&overdue), number(&received), number(&met)+"/"+number(&due)+" · mục tiêu 95 %")
		s := wall.readWall()
		got = fmt.Sprint(s.Open, s.Overdue, s.Received, s.Share)
		return want == got
	}, func() string { return "want " + want + ", got " + got })
}
