package store

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestNewestAndFirstsOfABatchAreThoseOfEveryRow compares what is picked from a sorted batch with a slow walk over all rows.
func TestNewestAndFirstsOfABatchAreThoseOfEveryRow(t *testing.T) {
	t.Parallel()
	type pair struct {
		sensor int32
		bucket time.Time
	}
	dice := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a fixed sequence
	for range 200 {
		var b Readings
		latest, first := map[int32]time.Time{}, map[pair]time.Time{}
		for sensor := range int32(1 + dice.IntN(4)) {
			at := time.Date(2026, 11, 23, 23, 50, 0, 0, time.UTC)
			for range dice.IntN(12) {
				at = at.Add(time.Duration(1 + dice.IntN(200_000_000_000)))
				b.Add(ReadingRow{SensorID: sensor, At: at, Value: dice.Float64()})
				latest[sensor] = at
				// The bucket as date_bin counts it, from midnight of 1 January 2000.
				origin := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
				p := pair{sensor, origin.Add(at.Sub(origin) / (5 * time.Minute) * (5 * time.Minute))}
				if _, known := first[p]; !known {
					first[p] = at
				}
			}
		}
		gotLatest, gotFirst := map[int32]time.Time{}, map[pair]time.Time{}
		newest, firsts := b.newest(), b.firsts()
		for i, at := range newest.At {
			gotLatest[newest.SensorIDs[i]] = at
		}
		for i, at := range firsts.At {
			gotFirst[pair{firsts.SensorIDs[i], at.Truncate(5 * time.Minute)}] = at
		}
		if diff := cmp.Diff(latest, gotLatest); diff != "" || len(newest.At) != len(latest) {
			t.Fatalf("newest (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(first, gotFirst, cmp.AllowUnexported(pair{})); diff != "" || len(firsts.At) != len(first) {
			t.Fatalf("firsts (-want +got):\n%s", diff)
		}
	}
}
