package store_test

import (
	"fmt"
	"testing"
	"time"

	"toancanh/server/embedded/testpg"
	"toancanh/server/sensor"
	"toancanh/server/store"
)

// thousand is a store of a thousand sensors, half of them gauges, that spoke every five minutes for a day.
func thousand(b *testing.B) (*store.Store, time.Time) {
	b.Helper()
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
			Path: []string{"67"}, Origin: "simulated", Levels: []sensor.Level{{At: 7, State: sensor.Attention, Source: "mẫu"}},
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
	return s, now
}

// BenchmarkSensorFigures is the check of once a minute, of 200 sensors at most.
func BenchmarkSensorFigures(b *testing.B) {
	s, now := thousand(b)
	for _, n := range []int{50, 200, 1000} {
		b.Run(fmt.Sprintf("of %d sensors", n), func(b *testing.B) {
			ids := make([]int32, n)
			for i := range ids {
				ids[i] = int32(i + 1) //nolint:gosec // a thousand
			}
			for b.Loop() {
				figures, err := s.SensorFigures(b.Context(), "vn-2022", ids, now)
				if err != nil || len(figures) != n {
					b.Fatalf("%d figures, %v", len(figures), err)
				}
			}
		})
	}
}

// BenchmarkReadingsFor is what fills the windows of all sensors, and what a step reads of those that moved.
func BenchmarkReadingsFor(b *testing.B) {
	s, now := thousand(b)
	for _, c := range []struct {
		name string
		n    int
		want store.Want
	}{
		{"a day of 1000 sensors", 1000, store.Want{After: now.Add(-24 * time.Hour), Bin: 5 * time.Minute, Before: true}},
		{"what is new of 50 sensors", 50, store.Want{After: now.Add(-2 * time.Minute), Bin: 5 * time.Minute}},
	} {
		b.Run(c.name, func(b *testing.B) {
			read := 0
			for b.Loop() {
				wants := make([]store.Want, c.n)
				for i := range wants {
					wants[i] = c.want
					wants[i].SensorID = int32(i + 1) //nolint:gosec // a thousand
				}
				if err := s.ReadingsFor(b.Context(), wants, now, func(int32, time.Time, float64) { read++ }); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(read)/float64(b.N), "readings/op")
		})
	}
}
