package watch

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"testing"
	"time"

	"toancanh/schema"
	"toancanh/server/area"
	"toancanh/server/report"
	"toancanh/server/sensor"
	"toancanh/server/store"
	"toancanh/server/storm"
)

// still is a store of a thousand sensors that answers from memory, so that what is measured is the watch. Embedded is
// nothing: what a step does not ask for is not there.
type still struct {
	Store
	sensors map[string]store.Sensor
	moved   int // sensors with a new value at each look
	now     time.Time
	version int64
	next    int
}

func (s *still) Facts(context.Context, func(report.Report)) (time.Time, error) { return s.now, nil }

func (s *still) Sensors(context.Context) (map[string]store.Sensor, error) { return s.sensors, nil }

func (s *still) LatestSince(_ context.Context, since time.Time) ([]store.Latest, time.Time, error) {
	n := s.moved
	if since.IsZero() {
		n = len(s.sensors)
	}
	var list []store.Latest
	for range n {
		s.next = s.next%len(s.sensors) + 1
		s.version++
		list = append(list, store.Latest{SensorID: int32(s.next), At: s.now, Value: s.value(s.now), Version: s.version}) //nolint:gosec // a thousand
	}
	return list, s.now, nil
}

func (s *still) value(at time.Time) float64 { return 5 + 4*math.Sin(float64(at.Unix())/4000) }

func (s *still) ReadingsFor(_ context.Context, wants []store.Want, now time.Time, each func(int32, time.Time, float64)) error {
	for _, w := range wants {
		for at := w.After.Add(5 * time.Minute); !at.After(now); at = at.Add(5 * time.Minute) {
			each(w.SensorID, at, s.value(at))
		}
		each(w.SensorID, now, s.value(now))
	}
	return nil
}

// thousand are a thousand sensors over the communes of a division: half of them gauges, a fifth rivers.
func thousand(tree *area.Tree, division string) map[string]store.Sensor {
	var communes []area.Area
	for _, a := range tree.Areas(division) {
		if len(tree.Children(division, a.Code)) == 0 {
			communes = append(communes, a)
		}
	}
	sensors := map[string]store.Sensor{}
	for i := range 1000 {
		at := communes[i%len(communes)]
		kind := []string{"rain", "rain", "rain", "rain", "rain", "river", "river", "pm25", "power", "temperature"}[i%10]
		x := sensor.Sensor{
			Code: fmt.Sprintf("%s-%d", kind, i), Name: "Trạm quan trắc (mẫu)", Kind: kind, Unit: "m", StaleAfter: 30 * time.Minute,
			Division: division, Area: at.Code, Path: tree.Path(division, at.Code), Origin: "simulated",
			Levels: []sensor.Level{{At: 7, State: sensor.Attention, Label: "BĐ1", Source: "mẫu"}, {At: 8.5, State: sensor.Warning, Label: "BĐ2", Source: "mẫu"}},
		}
		sensors[x.Code] = store.Sensor{ID: int32(i + 1), Sensor: x} //nolint:gosec // a thousand
	}
	return sensors
}

// BenchmarkStep is one step of the watch, four of which a second are taken, with a thousand sensors. The clock goes on by
// a step each time, so that the scene is made at its pace.
func BenchmarkStep(b *testing.B) {
	atlas, err := area.Sample()
	if err != nil {
		b.Fatal(err)
	}
	for _, division := range []string{"vn-2022", "vn-2025"} {
		for _, c := range []struct {
			name  string
			moved int
			all   bool
		}{{"nothing moves", 0, false}, {"fifty sensors speak", 50, false}, {"everything again", 50, true}} {
			b.Run(division+"/"+c.name, func(b *testing.B) {
				s := &still{sensors: thousand(atlas.Tree, division), now: time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)}
				w := New(Config{
					Store: s, Atlas: atlas, Division: division, Origin: report.Simulated, Location: time.UTC,
					Now: func() time.Time { return s.now }, Log: slog.New(slog.DiscardHandler),
				})
				w.sources, w.scene, w.reload = newSources(w), newScene(w), true
				said, bytes := 0, 0
				w.announce = func(levels []schema.Level) {
					said += len(levels)
					for _, l := range levels {
						bytes += len(l.Data)
					}
				}
				w.step(b.Context(), true)
				said, bytes, s.moved = 0, 0, c.moved
				b.ResetTimer()
				b.ReportAllocs()
				for b.Loop() {
					s.now = s.now.Add(LevelEvery)
					w.step(b.Context(), c.all)
				}
				b.ReportMetric(float64(said)/float64(b.N), "levels/op")
				b.ReportMetric(float64(bytes)/float64(b.N)/1e3, "kB/op")
			})
		}
	}
}

// BenchmarkWindows is what the figures of a thousand full windows cost, and what they hold.
func BenchmarkWindows(b *testing.B) {
	now := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	for _, kind := range []string{storm.River, storm.Rain} {
		b.Run(kind, func(b *testing.B) {
			x := sensor.Sensor{Kind: kind, Unit: "m", StaleAfter: time.Hour, Levels: []sensor.Level{{At: 7, State: sensor.Attention, Source: "mẫu"}}}
			windows := make([]*storm.Window, 1000)
			for i := range windows {
				windows[i] = storm.NewWindow(kind)
				for ago := 1500; ago >= 0; ago-- {
					at := now.Add(-time.Duration(ago) * time.Minute)
					windows[i].Add(storm.NewPoint(at, float64(ago%13)), now)
				}
			}
			b.ReportAllocs()
			for b.Loop() {
				for _, w := range windows {
					storm.Measure(&x, w, now)
				}
			}
		})
	}
}
