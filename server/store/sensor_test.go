package store_test

import (
	"testing"
	"time"

	"toancanh/server/embedded/testpg"
	"toancanh/server/sensor"
	"toancanh/server/store"
)

func TestObserveMeasuresTheUsualInterval(t *testing.T) {
	t.Parallel()
	db := testpg.New(t)
	s, err := store.Open(t.Context(), db.DSN(testpg.App), store.Sizes{Write: 2, Read: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	gauge := func(code string) sensor.Sensor {
		return sensor.Sensor{
			Code: code, Name: code, Kind: "rain", Unit: "mm", StaleAfter: time.Hour, StaleAuto: true, Division: "vn-2022", Area: "24611",
			Path: []string{"67", "660", "24611"}, Origin: "simulated",
		}
	}
	if err := s.RegisterSensors(t.Context(), []sensor.Sensor{gauge("deu"), gauge("it"), gauge("ngat")}); err != nil {
		t.Fatal(err)
	}
	known, err := s.Sensors(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC().Truncate(time.Second)
	readings := store.NewReadings(0)
	speak := func(code string, ago ...int) {
		for _, minutes := range ago {
			readings.Add(store.ReadingRow{SensorID: known[code].ID, At: now.Add(-time.Duration(minutes) * time.Minute), Value: 1})
		}
	}
	speak("deu", 25, 20, 15, 10, 5, 0)
	speak("it", 10, 5)
	speak("ngat", 600, 22, 20, 18, 16, 14) // a rest of hours among two minutes
	if _, err := s.AcceptReadings(t.Context(), readings); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second finds nothing to change
		if err := s.Observe(t.Context(), now); err != nil {
			t.Fatal(err)
		}
	}
	if known, err = s.Sensors(t.Context()); err != nil {
		t.Fatal(err)
	}
	for code, want := range map[string]time.Duration{"deu": 5 * time.Minute, "it": 0, "ngat": 2 * time.Minute} {
		if x := known[code]; x.Observed != want || x.Version != 1 {
			t.Errorf("%s usually speaks every %s at version %d, want %s", code, x.Observed, x.Version, want)
		}
	}
	if x := known["deu"]; x.SilenceLimit() != 25*time.Minute {
		t.Errorf("it is silent after %s", x.SilenceLimit())
	}
}
