package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"toancanh/server/embedded/testpg"
	"toancanh/server/sensor"
	"toancanh/server/store"
)

func TestThePastOfASensorFromReadingsAndFromSums(t *testing.T) {
	t.Parallel()
	db := testpg.New(t)
	s, err := store.Open(t.Context(), db.DSN("toancanh_app"), store.Sizes{Write: 1, Read: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	if err := s.RegisterSensors(t.Context(), []sensor.Sensor{{
		Code: "mua-1", Name: "Mưa 1", Kind: "rain", Unit: "mm", StaleAfter: time.Hour, Division: "vn-2022", Area: "67", Path: []string{"67"}, Origin: "simulated",
	}}); err != nil {
		t.Fatal(err)
	}
	sensors, err := s.Sensors(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	id := sensors["mua-1"].ID
	begin := time.Now().UTC().Add(-20 * 24 * time.Hour).Truncate(time.Hour)
	minute := func(n int) time.Time { return begin.Add(time.Duration(n) * time.Minute) }
	type said struct {
		Minute int
		Value  float64
	}
	readings := store.NewReadings(4)
	for _, x := range []said{{0, 2}, {1, 4}, {30, 8}, {62, 16}} {
		readings.Add(store.ReadingRow{SensorID: id, At: minute(x.Minute), Value: x.Value, Origin: 1})
	}
	if _, err := s.AcceptReadings(t.Context(), readings); err != nil {
		t.Fatal(err)
	}
	if err := s.Rollup(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	ask := func(rawSince time.Time, at ...int) []said {
		t.Helper()
		h := store.Heard{Sensors: []int32{id}, RawSince: rawSince}
		for _, n := range at {
			h.At = append(h.At, minute(n))
		}
		list, err := s.NewestAt(t.Context(), h)
		if err != nil {
			t.Fatal(err)
		}
		var all []said
		for _, l := range list {
			all = append(all, said{int(l.At.Sub(begin).Minutes()), l.Value})
		}
		return all
	}
	for name, tc := range map[string]struct {
		rawSince time.Time
		at       []int
		want     []said
	}{
		"single readings":                     {begin.Add(-100 * 24 * time.Hour), []int{1, 29, 30, 90}, []said{{1, 4}, {30, 8}, {62, 16}}},
		"before any":                          {begin.Add(-100 * 24 * time.Hour), []int{-1}, nil},
		"an exact instant belongs to its end": {begin.Add(-100 * 24 * time.Hour), []int{0}, []said{{0, 2}}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, ask(tc.rawSince, tc.at...)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	t.Run("sums of five minutes where single readings are gone", func(t *testing.T) {
		if _, err := db.Owner.Exec(t.Context(), "delete from reading where ts < $1", minute(60)); err != nil {
			t.Fatal(err)
		}
		want := []said{{5, 3}, {35, 8}, {62, 16}}
		if diff := cmp.Diff(want, ask(minute(60), 10, 40, 90)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}
