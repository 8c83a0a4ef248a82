package watch

import (
	"testing"
	"time"

	"toancanh/server/sensor"
	"toancanh/server/storm"
)

func (c *town) measured(code string, value float64, ago time.Duration) {
	c.t.Helper()
	item := sensor.Item{Reading: sensor.Reading{Sensor: code, At: c.now().Add(-ago), Value: value}}
	if n, refused, err := c.intake.AcceptReadings(c.t.Context(), []sensor.Item{item}, sensor.Ordinary, ""); err != nil || n != 1 {
		c.t.Fatalf("AcceptReadings = %d, %v, %v", n, refused, err)
	}
}

// figures are what the windows say of a sensor at present.
func (c *town) figures(code string) storm.Figures {
	for id, x := range c.watch.sources.sensors {
		if x.Code == code {
			return c.watch.sources.figures(id, x, c.now())
		}
	}
	return storm.Figures{}
}

func TestAWindowThatDiffersFromSQLIsReadAgain(t *testing.T) {
	t.Parallel()
	c := newTown(t, time.Now().Add(-time.Hour))
	c.sensors()
	for ago := 60 * time.Minute; ago >= 0; ago -= 10 * time.Minute {
		c.measured("song-1", 4+0.1*(60-ago.Minutes())/60, ago)
	}
	c.watch.step(t.Context(), true)
	if f := c.figures("song-1"); f.Rate == nil || *f.Rate != 10 {
		t.Fatalf("figures = %+v, want 10 cm/h", f)
	}
	for _, kept := range c.watch.scene.windows {
		for ago := range 59 { // what no table holds
			kept.Add(storm.NewPoint(c.now().Add(-time.Duration(ago)*time.Minute-30*time.Second), float64(ago)), c.now())
		}
	}
	if f := c.figures("song-1"); f.Rate == nil || *f.Rate == 10 {
		t.Fatalf("figures = %+v, want them turned", f)
	}
	c.watch.check(t.Context())
	c.clock.Add(sceneEvery.Microseconds())
	c.watch.step(t.Context(), false)
	if f := c.figures("song-1"); f.Rate == nil || *f.Rate != 10 {
		t.Errorf("figures = %+v after a check, want those of the readings", f)
	}
}

func TestReadingsThatComeLateAreInTheWindow(t *testing.T) {
	t.Parallel()
	c := newTown(t, time.Now())
	c.sensors()
	c.measured("song-1", 4, 50*time.Minute)
	c.measured("song-1", 4.5, 0)
	c.watch.step(t.Context(), true)
	if f := c.figures("song-1"); f.Rate != nil {
		t.Fatalf("rate of two readings = %v, want none", *f.Rate)
	}
	// Half an hour late: no newest value moves, but the rollup finds the bucket.
	c.measured("song-1", 4.2, 30*time.Minute)
	if err := c.watch.rollUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.clock.Add(sceneEvery.Microseconds())
	c.watch.step(t.Context(), false)
	if f := c.figures("song-1"); f.Rate == nil || *f.Rate != 60 {
		t.Errorf("figures = %+v, want 60 cm/h with the late reading", f)
	}
}

func TestALateReadingMayBeTheLastWordBeforeARise(t *testing.T) {
	t.Parallel()
	c := newTown(t, time.Now())
	c.sensors()
	c.measured("song-1", 5.5, 2*time.Minute)
	c.watch.step(t.Context(), true)
	if f := c.figures("song-1"); f.RaisedAt == nil {
		t.Fatalf("figures = %+v, want a rise of what nobody knew before", f)
	}
	c.measured("song-1", 5.4, 6*time.Hour)
	if err := c.watch.rollUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.clock.Add(sceneEvery.Microseconds())
	c.watch.step(t.Context(), false)
	if f := c.figures("song-1"); f.RaisedAt != nil {
		t.Errorf("figures = %+v, want no rise: it was as loud six hours ago", f)
	}
}

func TestNothingIsSaidTwice(t *testing.T) {
	t.Parallel()
	c := newTown(t, time.Now())
	c.sensors()
	c.measured("song-1", 4, time.Minute)
	c.watch.step(t.Context(), true)
	said := func() int {
		c.clock.Add(sceneEvery.Microseconds())
		levels, err := c.watch.scene.levels(t.Context(), c.now(), false)
		if err != nil {
			t.Fatal(err)
		}
		return len(levels)
	}
	if n := said(); n > 0 {
		t.Errorf("%d levels are announced when nothing moved, want none", n)
	}
	c.clock.Add(sceneEvery.Microseconds())
	c.measured("song-1", 4.1, 0)
	c.watch.step(t.Context(), false)
	if n := said(); n > 0 {
		t.Errorf("%d levels are announced again, want none", n)
	}
}
