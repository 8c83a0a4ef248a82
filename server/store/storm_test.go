package store_test

import (
	"fmt"
	"testing"
	"time"

	"toancanh/server/embedded/testpg"
	"toancanh/server/sensor"
	"toancanh/server/store"
)

// BenchmarkSensorFigures is the check of once a minute: a thousand sensors, half of them gauges, that spoke every five
// minutes for a day.
func BenchmarkSensorFigures(b *testing.B) {
	db := testpg.New(b)
	s, err := store.Open(b.Context(), db.DSN("toancanh_app"), store.Sizes{Write: 1, Read: 1})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(s.Close)
	var list []sensor.Sensor
	for i := range 1000 {
		kind := []string{"rain", "rain", "rain", "rain", "rain", "river", "river", "pm25", "power", "temperature"}[i%10]
		list = append(list, sensor.Sensor{
			Code: fmt.Sprint(i), Name: "Trạm", Kind: kind, Unit: "m", StaleAfter: 30 * time.Minute, Division: "vn-2022", Area: "67",
			Path: []string{"67"}, Origin: "simulated", Levels: []sensor.Level{{At: 7, State: sensor.Attention}},
		})
	}
	now := time.Now()
	if err := s.RegisterSensors(b.Context(), list); err != nil {
		b.Fatal(err)
	}
	if err := s.KeepReadingDays(b.Context(), now.Add(-48*time.Hour), now.Add(48*time.Hour)); err != nil {
		b.Fatal(err)
	}
	if _, err := db.Owner.Exec(b.Context(), `insert into reading (ts, value, sensor_id, origin)
		select t, 5 + 4 * sin(extract(epoch from t) / 4000 + id), id, 1
		from sensor, generate_series($1::timestamptz - interval '25 hours', $1, interval '5 minutes') as t`, now); err != nil {
		b.Fatal(err)
	}
	if _, err := db.Owner.Exec(b.Context(), "analyze reading"); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		figures, err := s.SensorFigures(b.Context(), "vn-2022", nil, now)
		if err != nil || len(figures) != 1000 {
			b.Fatalf("%d figures, %v", len(figures), err)
		}
	}
}
