package storm_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"toancanh/server/sensor"
	"toancanh/server/storm"
)

var now = time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)

func river() *sensor.Sensor {
	return &sensor.Sensor{
		Code: "nuoc", Name: "Mực nước sông Đắk Nông", Kind: storm.River, Unit: "m", StaleAfter: 30 * time.Minute, Area: "24611",
		Levels: []sensor.Level{
			{At: 588.5, State: sensor.Attention, Label: "BĐ1", Source: "bản tin"},
			{At: 589.5, State: sensor.Warning, Label: "BĐ2", Source: "bản tin"},
		},
	}
}

func gauge() *sensor.Sensor {
	return &sensor.Sensor{
		Code: "mua", Name: "Mưa", Kind: storm.Rain, Unit: "mm", StaleAfter: 30 * time.Minute, Area: "24611",
		Levels: []sensor.Level{{At: 15, State: sensor.Attention, Label: "mưa to", Source: "mẫu"}, {At: 50, State: sensor.Critical, Label: "mưa đặc biệt to", Source: "mẫu"}},
	}
}

// said is a reading so many minutes ago.
type said struct{ ago, value float64 }

func measure(x *sensor.Sensor, readings ...said) storm.Figures {
	w := storm.NewWindow(x.Kind)
	for _, r := range readings {
		w.Add(storm.NewPoint(now.Add(-time.Duration(r.ago*float64(time.Minute))), r.value), now)
	}
	return storm.Measure(x, w, now)
}

// every makes a reading each step minutes from begin minutes ago to now.
func every(step, begin float64, value func(ago float64) float64) []said {
	var list []said
	for ago := begin; ago >= 0; ago -= step {
		list = append(list, said{ago, value(ago)})
	}
	return list
}

func TestTheRateOfARiver(t *testing.T) {
	t.Parallel()
	// 30 cm an hour.
	rising := func(ago float64) float64 { return 588 - 0.3*ago/60 }
	spiked := func(at float64) func(float64) float64 {
		return func(ago float64) float64 {
			if ago == at {
				return rising(ago) + 7
			}
			return rising(ago)
		}
	}
	for _, c := range []struct {
		name     string
		readings []said
		want     *float64
	}{
		{"of an even rise is its slope", every(10, 60, rising), new(30.0)},
		{"of readings every minute is the same", every(1, 60, rising), new(30.0)},
		{"counts only the last hour", append(every(10, 50, rising), said{65, 500}, said{70, 500}), new(30.0)},
		{"is not turned by one false reading of the past", every(5, 60, spiked(30)), new(30.0)},
		{"is not turned by a false newest reading", every(5, 60, spiked(0)), new(30.0)},
		{"of still water is 0", every(5, 60, func(float64) float64 { return 587 }), new(0.0)},
		{"of falling water is below 0", every(5, 60, func(ago float64) float64 { return 588 + 0.6*ago/60 }), new(-60.0)},
		{"of three readings over 20 minutes is known", []said{{20, 587}, {10, 587.1}, {0, 587.2}}, new(60.0)},
		{"of less than 20 minutes is not known", every(1, 19, rising), nil},
		{"of two readings is not known", []said{{40, 587}, {0, 588}}, nil},
		{"of a river not heard is not known", []said{{90, 587}, {60, 587.1}, {31, 587.2}}, nil},
		{"of nothing is not known", nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, measure(river(), c.readings...).Rate); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestTheRateSeesARiseWithinMinutes(t *testing.T) {
	t.Parallel()
	// Calm for most of the hour, then 2 m/h for ten minutes.
	onset := func(ago float64) float64 { return 587 + max(0, 10-ago)*2/60 }
	got := measure(river(), every(1, 60, onset)...).Rate
	// The way up within the hour, as seen from its middle: 33 cm in about half an hour.
	if got == nil || *got < 40 || *got > 120 {
		t.Errorf("rate ten minutes after the water began to rise = %v cm/h, want it seen", show(got))
	}
}

// A station that speaks every ten minutes and, once it rises, every minute: the last minutes are not the hour.
func TestTheRateIsThatOfTheHourHoweverOftenAStationSpeaks(t *testing.T) {
	t.Parallel()
	onset := func(ago float64) float64 { return 587 + max(0, 10-ago)*2/60 }
	even := measure(river(), every(1, 60, onset)...).Rate
	uneven := measure(river(), append(every(10, 60, onset), every(1, 10, onset)...)...).Rate
	if even == nil || uneven == nil || *uneven > *even+15 || *uneven < *even-15 {
		t.Errorf("rate = %v cm/h told unevenly, want about the %v told each minute", show(uneven), show(even))
	}
}

func show(x *float64) any {
	if x == nil {
		return "null"
	}
	return *x
}

func TestRainIsSummedFromReadingsAnHourApart(t *testing.T) {
	t.Parallel()
	// A sliding gauge under steady rain of 6 mm/h says 6 at every reading.
	steady := func(float64) float64 { return 6 }
	hole := func(list []said, from, to float64) []said {
		var kept []said
		for _, r := range list {
			if r.ago < from || r.ago > to {
				kept = append(kept, r)
			}
		}
		return kept
	}
	// 20 mm fell within ten minutes 90 minutes ago: the gauge says so from 80 to 150 minutes ago and is silent on it since.
	burst := func(ago float64) float64 {
		fallen := func(t float64) float64 { return 20 * min(max((100-t)/10, 0), 1) } // by t minutes ago
		return fallen(ago) - fallen(ago+60)
	}
	for _, c := range []struct {
		name              string
		readings          []said
		hour, three, full *float64
	}{
		{"steady rain", every(10, 1500, steady), new(6.0), new(18.0), new(144.0)},
		{"steady rain told every five minutes", every(5, 1500, steady), new(6.0), new(18.0), new(144.0)},
		{"steady rain told by the hour", every(60, 1500, steady), new(6.0), new(18.0), new(144.0)},
		{"a burst is counted once, not with the hour in which it slides out", every(5, 1500, burst), new(0.0), new(20.0), new(20.0)},
		{"a gauge that began three hours ago knows no day", every(10, 180, steady), new(6.0), new(18.0), nil},
		{"a gauge that began an hour ago knows but its hour", every(10, 60, steady), new(6.0), nil, nil},
		{"half an hour is missing of three: summed over the rest", hole(every(10, 1500, steady), 55, 85), new(6.0), new(18.0), new(144.0)},
		{"forty minutes are missing of three", hole(every(10, 1500, steady), 55, 95), new(6.0), nil, new(144.0)},
		{"four hours and a half are missing of the day: that rain is not in the sum", hole(every(10, 1500, steady), 475, 755), new(6.0), new(18.0), new(120.0)},
		{"five hours and more are missing of the day", hole(every(10, 1500, steady), 475, 855), new(6.0), new(18.0), nil},
		{"a gauge not heard for long says nothing", hole(every(10, 1500, steady), 0, 39), nil, nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := measure(gauge(), c.readings...)
			if diff := cmp.Diff([]*float64{c.hour, c.three, c.full}, []*float64{f.Rain1h, f.Rain3h, f.Rain24h}); diff != "" {
				t.Errorf("1, 3 and 24 hours (-want +got):\n%s", diff)
			}
		})
	}
	x := gauge()
	x.Kind = storm.RainDay
	if f := measure(x, said{3, 120.04}); f.Rain24h == nil || *f.Rain24h != 120 || f.Rain1h != nil || f.Rain3h != nil {
		t.Errorf("a gauge of 24 hours = %+v, want its own word for the day alone", f)
	}
}

func TestASensorRoseWhenItIsLouderThanAQuarterOfAnHourAgo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		readings []said
		since    float64 // minutes ago, -1 for not risen
	}{
		{"it has not changed", []said{{20, 588}, {5, 588.1}, {0, 588.2}}, -1},
		{"it passed a limit", []said{{20, 588}, {10, 588.4}, {7, 588.6}, {3, 588.7}}, 7},
		{"it passed two", []said{{20, 588}, {10, 588.6}, {4, 589.6}, {1, 589.7}}, 4},
		{"it passed a limit, fell below and passed it again", []said{{20, 588}, {12, 588.6}, {8, 588.4}, {5, 588.6}, {2, 588.6}}, 5},
		{"it passed a limit and fell back", []said{{20, 588}, {10, 588.6}, {2, 588.4}}, -1},
		{"it fell from a louder state", []said{{20, 589.6}, {5, 588.7}}, -1},
		{"it was as loud before it fell silent", []said{{200, 588.6}, {2, 588.7}}, -1},
		{"nothing was known of it before", []said{{9, 588.6}, {2, 588.7}}, 9},
		{"it rose longer ago", []said{{40, 588}, {16, 588.6}, {2, 588.7}}, -1},
		{"it is not heard", []said{{60, 588}, {40, 589.6}}, -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var want *time.Time
			if c.since >= 0 {
				want = new(now.Add(-time.Duration(c.since) * time.Minute))
			}
			if diff := cmp.Diff(want, measure(river(), c.readings...).RaisedAt); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestAWindowIsTheSameInWhateverOrderReadingsCome(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(4, 4))
	for _, x := range []*sensor.Sensor{river(), gauge()} {
		var list []said
		for _, second := range random.Perm(1560 * 60)[:2000] { // no two at one instant: the database keeps one
			list = append(list, said{float64(second) / 60, float64(random.IntN(3000)) / 5})
		}
		want := measure(x, list...)
		for range 5 {
			random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
			if diff := cmp.Diff(want, measure(x, append(list, list[:50]...)...)); diff != "" {
				t.Fatalf("%s shuffled and doubled (-want +got):\n%s", x.Kind, diff)
			}
		}
	}
}

func TestAReadingOfAFastClockWaitsForItsTime(t *testing.T) {
	t.Parallel()
	w := storm.NewWindow(storm.River)
	w.Add(storm.NewPoint(now.Add(-5*time.Minute), 588), now)
	w.Add(storm.NewPoint(now.Add(3*time.Minute), 590), now)
	if f := storm.Measure(river(), w, now); f.Value != 588 {
		t.Errorf("value = %v before its time, want 588", f.Value)
	}
	if f := storm.Measure(river(), w, now.Add(3*time.Minute)); f.Value != 590 || f.RaisedAt == nil {
		t.Errorf("figures at its time = %+v, want 590 and a rise", f)
	}
}

func TestASensorUnheardForEightDaysWasNeverHeard(t *testing.T) {
	t.Parallel()
	if f := measure(river(), said{8*24*60 + 1, 588}); f != (storm.Figures{}) {
		t.Errorf("figures = %+v, want none", f)
	}
	if f := measure(river(), said{8*24*60 - 1, 588}); f.At == nil || f.Value != 588 || f.Rate != nil {
		t.Errorf("figures = %+v, want the last word alone", f)
	}
}
