package intake_test

import (
	"context"
	"testing"
	"time"

	"toancanh/server/intake"
	"toancanh/server/sensor"
	"toancanh/server/store"
)

// sensorOf registers a river gauge with narrow limits of doubt.
func (h house) sensorOf(t *testing.T, code string) {
	t.Helper()
	err := h.intake.RegisterSensors(t.Context(), []sensor.Sensor{{
		Code: code, Name: "Mực nước (mẫu)", Kind: "river", Unit: "m", Lat: 12.0, Lon: 107.69, StaleAfter: 30 * time.Minute,
		MaxRate: new(6.0), StuckAfter: time.Hour,
	}})
	if err != nil {
		t.Fatal(err)
	}
}

// send hands readings in as one body and fails when one is refused.
func (h house) send(t *testing.T, by sensor.Door, list ...sensor.Reading) {
	t.Helper()
	body := intake.ReadingBody{Door: by, Via: "key:thu"}
	for i, r := range list {
		body.Items = append(body.Items, sensor.Item{Index: i, Reading: r})
	}
	if _, refused, err := h.intake.AcceptReadingsAs(t.Context(), body); err != nil || len(refused) > 0 {
		t.Fatalf("refused %+v, %v", refused, err)
	}
}

func (h house) newest(t *testing.T) store.Latest {
	t.Helper()
	list, _, err := h.store.LatestSince(t.Context(), time.Time{})
	if err != nil || len(list) != 1 {
		t.Fatalf("newest = %+v, %v", list, err)
	}
	return list[0]
}

func TestDoubtedReadingsAreKeptWithTheirDoubtAndLateOnesChangeHistoryOnly(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.sensorOf(t, "nuoc-1")
	now := time.Now().UTC().Truncate(time.Second)
	at := func(minutes int, value float64) sensor.Reading {
		return sensor.Reading{Sensor: "nuoc-1", At: now.Add(time.Duration(minutes) * time.Minute), Value: value}
	}
	h.send(t, sensor.Ordinary, at(-100, 587), at(-90, 587.2), at(-80, 595))
	if got := h.newest(t); got.Quality != sensor.DoubtRate || got.Value != 595 {
		t.Errorf("newest %+v, want the spike with its doubt", got)
	}
	h.send(t, sensor.Ordinary, at(-70, 587.4), at(-1, 587.4))
	got := h.newest(t)
	if got.Quality != sensor.DoubtStuck || !got.ChangedAt.Equal(now.Add(-70*time.Minute)) {
		t.Errorf("newest %+v, want it stuck since its value came", got)
	}
	version := got.Version
	h.send(t, sensor.Ordinary, at(-75, 587.3))
	if got := h.newest(t); got.Version != version || got.Value != 587.4 {
		t.Errorf("a late reading moved the newest value: %+v", got)
	}
	if n := h.count(t, "select count(*) from reading where quality = $1", int16(sensor.Late)); n != 1 {
		t.Errorf("%d readings are marked late, want 1", n)
	}
	if n := h.count(t, "select count(*) from reading_dirty"); n == 0 {
		t.Error("the late reading's bucket is not to be summed again")
	}
	if n := h.count(t, "select count(*) from reading r join reading_source s on s.id = r.source where s.name = 'key:thu' and r.received_at > r.ts"); n != 6 {
		t.Errorf("%d of 6 readings say who brought them and when", n)
	}
}

func TestDoubtsGoOnAfterARestart(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.sensorOf(t, "nuoc-1")
	now := time.Now().UTC().Truncate(time.Second)
	h.send(t, sensor.Ordinary, sensor.Reading{Sensor: "nuoc-1", At: now.Add(-61 * time.Minute), Value: 587})
	h.send(t, sensor.Ordinary, sensor.Reading{Sensor: "nuoc-1", At: now.Add(-30 * time.Minute), Value: 587})

	config := h.intake.Config
	again, err := intake.New(config)
	if err != nil {
		t.Fatal(err)
	}
	h.intake = again
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = again.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })
	h.send(t, sensor.Ordinary, sensor.Reading{Sensor: "nuoc-1", At: now, Value: 587})
	if got := h.newest(t); got.Quality != sensor.DoubtStuck {
		t.Errorf("newest %+v: what it stood at before the restart is forgotten", got)
	}
}

func TestHistoryIsNeverLateNorSkewed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.sensorOf(t, "nuoc-1")
	now := time.Now().UTC().Truncate(time.Second)
	h.send(t, sensor.History, sensor.Reading{Sensor: "nuoc-1", At: now.Add(-100 * time.Hour), Value: 587})
	h.send(t, sensor.History, sensor.Reading{Sensor: "nuoc-1", At: now.Add(-110 * time.Hour), Value: 599})
	if n := h.count(t, "select count(*) from reading where quality <> 0"); n != 0 {
		t.Errorf("%d readings of history are doubted", n)
	}
}

func TestReadingsOfAProposedSensorAreRefusedAndCounted(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.sensorOf(t, "nuoc-1")
	if _, err := h.db.Owner.Exec(t.Context(), "update sensor set standing = 'proposed'"); err != nil {
		t.Fatal(err)
	}
	items := []sensor.Item{{Reading: sensor.Reading{Sensor: "nuoc-1", At: time.Now(), Value: 587}}}
	for range 2 {
		accepted, refused, err := h.intake.AcceptReadings(t.Context(), items, sensor.Ordinary, "")
		if err != nil || accepted != 0 || len(refused) != 1 || refused[0].Reason != string(sensor.NotApproved) {
			t.Fatalf("accepted %d, refused %+v, %v", accepted, refused, err)
		}
	}
	deadline := time.Now().Add(20 * time.Second)
	for h.count(t, "select refused from sensor") != 2 {
		if time.Now().After(deadline) {
			t.Fatalf("%d refusals are written down, want 2", h.count(t, "select refused from sensor"))
		}
		time.Sleep(50 * time.Millisecond)
	}
}
