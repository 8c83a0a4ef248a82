package simulation

import (
	"context"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"toancanh/cmd/toancanh/client"
)

// The last two days are told every ten minutes, what lies before every half
// hour; a sensor that reads more seldom keeps its own interval.
const (
	fineStep    = 10 * time.Minute
	fineHours   = 48 * time.Hour
	coarseStep  = 30 * time.Minute
	coarseBlock = 48 * time.Hour
)

// window is a time from which readings are made: after from, not after to.
type window struct {
	from, to time.Time
	step     time.Duration
}

// readings loads the readings of a window.
func (l *loader) readings(ctx context.Context, group *errgroup.Group, w window) {
	group.Go(func() error {
		for batch := range slices.Chunk(l.pastReadings(w), readingBatch) {
			taken, err := l.client.PostPastReadings(ctx, batch)
			if err != nil {
				return err
			}
			l.count(ctx, taken, &l.values)
		}
		return nil
	})
}

// pastReadings are the readings of all sensors in a window, newest first.
// Instants lie on a grid of whole steps, so that windows join without doubles.
func (p *province) pastReadings(w window) []client.Reading {
	var readings []client.Reading
	for _, sensor := range p.Sensors {
		step := max(w.step, sensor.Every)
		for at := w.to.Truncate(step); at.After(w.from); at = at.Add(-step) {
			if p.weather.silent(sensor, at) {
				continue
			}
			readings = append(readings, client.Reading{
				Sensor: sensor.Code, At: at.UTC(), Value: p.weather.value(sensor, at, nil),
			})
		}
	}
	slices.SortStableFunc(readings, func(a, b client.Reading) int { return b.At.Compare(a.At) })
	return readings
}
