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

func TestALimitNobodyConfirmsMeansNothing(t *testing.T) {
	t.Parallel()
	s, err := sensor.Sensor{
		Code: "a", Name: "Trạm", Kind: "river", Unconfirmed: []string{"BĐ3"},
		Levels: []sensor.Level{
			{At: 590.5, State: sensor.Critical, Label: "mức nhà máy"}, {At: 588.5, State: sensor.Attention, Label: "BĐ1", Source: "05/2020/QĐ-TTg"},
		},
	}.Clean()
	if err != nil {
		t.Fatal(err)
	}
	if got := s.State(600); got != sensor.Attention {
		t.Errorf("state %q, want that of the confirmed limit", got)
	}
	if got := s.Limit(600); got != "BĐ1 588,50 m" {
		t.Errorf("limit %q", got)
	}
	if got := s.Doubtful(); len(got) != 2 || got[0] != "mức nhà máy" || got[1] != "BĐ3" {
		t.Errorf("doubtful %q", got)
	}
	if got := s.Confirmed(); len(got) != 1 || got[0].Label != "BĐ1" {
		t.Errorf("confirmed %v", got)
	}
}

func TestFourteenRowsOfKindsHaveWhatTheyNeed(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"river", "inflow", "rain_24h", "fire", "pm25", "pm10", "so2", "no2", "co", "o3", "aqi", "risk", "health", "slope", "power"} {
		k, ok := sensor.KindOf(code)
		if !ok || k.Name == "" || k.StaleAfter <= 0 || k.Min == nil || k.Max == nil {
			t.Errorf("kind %s: %+v", code, k)
		}
		for _, l := range k.Levels {
			if !l.Confirmed() {
				t.Errorf("kind %s has the limit %q without a source", code, l.Label)
			}
		}
	}
}

func TestStepsBeginAtMidnightOfTheCentre(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 23, 18, 7, 31, 0, time.UTC) // 01:07:31 of the 24th
	for name, want := range map[string]string{
		"raw": "2026-11-24T01:07:31+07:00", "5m": "2026-11-24T01:05:00+07:00", "6h": "2026-11-24T00:00:00+07:00", "day": "2026-11-24T00:00:00+07:00",
	} {
		step, ok := sensor.StepNamed(name)
		if got := step.Begin(at, zone).In(zone).Format(time.RFC3339); !ok || got != want {
			t.Errorf("%s begins at %s, want %s", name, got, want)
		}
	}
	if _, ok := sensor.StepNamed("1s"); ok {
		t.Error("there is a step nobody knows")
	}
	last := sensor.Steps()[len(sensor.Steps())-1]
	if _, ok := last.Coarser(); ok {
		t.Error("there is a step coarser than the coarsest")
	}
}
