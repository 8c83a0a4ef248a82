package sensor_test

import (
	"testing"
	"time"

	"toancanh/server/sensor"
)

func TestSilenceLimitIsFixedOrFiveUsualIntervalsWithinIt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		s    sensor.Sensor
		want time.Duration
	}{
		{"fixed", sensor.Sensor{StaleAfter: 30 * time.Minute, Observed: time.Minute}, 30 * time.Minute},
		{"five intervals", sensor.Sensor{StaleAfter: 30 * time.Minute, Observed: time.Minute, StaleAuto: true}, 5 * time.Minute},
		{"never beyond the fixed one", sensor.Sensor{StaleAfter: 30 * time.Minute, Observed: 10 * time.Minute, StaleAuto: true}, 30 * time.Minute},
		{"nothing observed yet", sensor.Sensor{StaleAfter: 30 * time.Minute, StaleAuto: true}, 30 * time.Minute},
		{"one that never rests", sensor.Sensor{StaleAfter: 30 * time.Minute, Observed: 100 * time.Millisecond, StaleAuto: true}, 10 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := c.s.SilenceLimit(); got != c.want {
				t.Errorf("SilenceLimit() = %s, want %s", got, c.want)
			}
			now := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
			if c.s.Stale(now.Add(-c.want), now) || !c.s.Stale(now.Add(-c.want-time.Nanosecond), now) {
				t.Errorf("Stale does not begin after %s", c.want)
			}
		})
	}
}

func TestReadingsAreTakenOnlyOfActiveSensors(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	for standing, want := range map[sensor.Standing]sensor.Reason{
		"": sensor.Taken, sensor.Active: sensor.Taken, sensor.Proposed: sensor.NotApproved, sensor.Retired: sensor.NotApproved,
	} {
		s := sensor.Sensor{Standing: standing}
		if got := s.Check(sensor.Reading{At: now, Value: 1}, now, sensor.Ordinary); got != want {
			t.Errorf("reading of a sensor %q: %q, want %q", standing, got, want)
		}
	}
}
