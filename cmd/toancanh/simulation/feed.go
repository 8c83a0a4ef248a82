package simulation

import (
	"context"
	"slices"
	"time"

	"toancanh/cmd/toancanh/client"
)

const (
	feedTick     = 2 * time.Second
	feedPatience = 8 * time.Second // an older reading is worth less than the next one
	quickest     = 20 * time.Second
	earlyMost    = 6               // sensors that speak before they are due
	stormEvery   = 5 * time.Second // sensors that follow a storm
)

// feed sends readings: each sensor at its own interval, shortened by the pace,
// and in every tick one whose value has moved, so that a watcher sees life.
func (s *Simulation) feed(ctx context.Context) error {
	wire := &wire{
		Simulation: s, link: s.newLink("readings"),
		due: make([]time.Time, len(s.Sensors)), last: make([]float64, len(s.Sensors)),
	}
	ticker := time.NewTicker(feedTick)
	defer ticker.Stop()
	for {
		if err := wire.send(ctx); err != nil {
			return err
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// wire is the state of the one goroutine that sends readings.
type wire struct {
	*Simulation
	link *link
	due  []time.Time // of each sensor; the zero time: at once
	last []float64   // value each sensor sent last
}

func (w *wire) send(ctx context.Context) error {
	readings := w.speaking(w.Now())
	if len(readings) == 0 {
		return nil
	}
	call, cancel := context.WithTimeout(ctx, feedPatience)
	defer cancel()
	taken, err := w.client.PostReadings(call, readings)
	if err := w.link.seen(ctx, err); final(err) {
		return err
	}
	if slices.ContainsFunc(taken.Refused, func(r client.Refusal) bool { return r.Reason == "unknown_sensor" }) {
		// The server began anew behind our back.
		if err := w.client.PutSensors(call, definitions(w.Sensors)); final(err) {
			return err
		}
	}
	return nil
}

// speaking makes the readings of now: of the sensors that are due and, when
// none of those has moved, of a few that are due next, until one has.
func (w *wire) speaking(now time.Time) []client.Reading {
	order := make([]int, 0, len(w.Sensors))
	for i, sensor := range w.Sensors {
		if !w.weather.silent(sensor, now) {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return w.due[a].Compare(w.due[b]) })
	var readings []client.Reading
	moved, early := false, 0
	for _, i := range order {
		sensor := w.Sensors[i]
		if w.due[i].After(now) {
			if moved || early == earlyMost {
				break
			}
			if tremble, _ := grain(sensor.Kind); tremble == 0 {
				continue
			}
			early++
		}
		value := w.weather.value(sensor, now, w.storm.Load())
		moved = moved || value != w.last[i]
		w.last[i], w.due[i] = value, now.Add(w.interval(sensor, now))
		readings = append(readings, client.Reading{Sensor: sensor.Code, At: now.UTC().Truncate(time.Millisecond), Value: value})
	}
	return readings
}

func (s *Simulation) interval(sensor Sensor, now time.Time) time.Duration {
	usual := max(min(sensor.Every, quickest), time.Duration(float64(sensor.Every)/max(s.Pace, 1)))
	if storm := s.storm.Load(); sensor.Storm != nil && !storm.ebbed(now) {
		return min(usual, storm.stretched(stormEvery))
	}
	return usual
}
