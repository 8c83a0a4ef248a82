package simulation_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"toancanh/cmd/toancanh/client"
	"toancanh/cmd/toancanh/simulation"
	"toancanh/server/report"
)

func asProblem(err error, target **client.Problem) bool { return errors.As(err, target) }

// play runs a simulation against the fake for a while of simulated time.
func play(t *testing.T, api *fakeAPI, cfg simulation.Config, during func(*simulation.Simulation)) {
	t.Helper()
	s, err := simulation.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	during(s)
	stop()
	if err := <-ended; err != nil {
		t.Errorf("Run = %v, want nil after its context ended", err)
	}
	for _, problem := range slices.Concat(api.unlawful, api.foreign) {
		t.Errorf("the simulation asked for what it may not: %s", problem)
	}
	if api.most > client.DefaultOutstanding {
		t.Errorf("%d requests were under way at once, want at most %d", api.most, client.DefaultOutstanding)
	}
}

func TestDefaultPaceKeepsAProvinceAlive(t *testing.T) {
	t.Parallel()
	api := newFakeAPI(t)
	cfg := config(t, api)
	synctest.Test(t, func(t *testing.T) {
		play(t, api, cfg, func(*simulation.Simulation) { time.Sleep(90 * time.Minute) })
		begin := time.Now().Add(-90 * time.Minute)

		if n := len(api.order); n < 90*60/30 || n > 90*60/20 {
			t.Errorf("%d reports in 90 minutes, want one every 20 to 30 s", n)
		}
		status := map[report.Status]int{}
		for _, r := range api.reports {
			status[r.Status]++
		}
		t.Logf("after 90 minutes: %v", status)
		if done := status[report.DaXuLy] + status[report.CongKhai] + status[report.HoanThanh]; done < len(api.order)/5 {
			t.Errorf("%d of %d reports are resolved, want the staff to keep up", done, len(api.order))
		}

		moved := map[string]float64{}
		last := begin
		for _, r := range api.readings {
			if old, seen := moved[r.Sensor]; seen && old == r.Value {
				continue
			}
			moved[r.Sensor] = r.Value
			if gap := r.At.Sub(last); gap > 8*time.Second {
				t.Errorf("no value changed for %s before %s", gap, r.At)
			}
			last = r.At
		}
		if len(moved) != len(api.sensors) {
			t.Errorf("%d of %d sensors ever spoke", len(moved), len(api.sensors))
		}
	})
}

func TestPaceOneIsRealTime(t *testing.T) {
	t.Parallel()
	api := newFakeAPI(t)
	cfg := config(t, api)
	cfg.Pace = 1
	synctest.Test(t, func(t *testing.T) {
		// The simulated clock begins at 7:00 on a Saturday.
		play(t, api, cfg, func(*simulation.Simulation) { time.Sleep(6 * time.Hour) })
		if n := len(api.order); n < 60 || n > 160 {
			t.Errorf("%d reports in the six hours of a morning, want about 100", n)
		}
	})
}

func TestStormPassesBothFloodLevelsWithinSixMinutes(t *testing.T) {
	t.Parallel()
	api := newFakeAPI(t)
	cfg := config(t, api)
	var begin time.Time
	synctest.Test(t, func(t *testing.T) {
		play(t, api, cfg, func(s *simulation.Simulation) {
			time.Sleep(time.Minute)
			if err := s.Storm(t.Context()); err != nil {
				t.Errorf("Storm = %v", err)
			}
			begin = time.Now()
			time.Sleep(time.Minute)
			if err := s.Storm(t.Context()); !errors.Is(err, simulation.ErrStorming) {
				t.Errorf("a second Storm = %v, want ErrStorming", err)
			}
			time.Sleep(40 * time.Minute)
		})
		checkRiver(t, api, begin)
		checkStormReports(t, api, begin)
	})
}

func checkRiver(t *testing.T, api *fakeAPI, begin time.Time) {
	t.Helper()
	var first, second, rain time.Duration
	var final float64
	for _, r := range api.readings {
		age := r.At.Sub(begin)
		switch {
		case r.Sensor == "mua-24611" && rain == 0 && r.Value >= 30:
			rain = age
		case r.Sensor != "nuoc-dak-nong":
			continue
		case first == 0 && r.Value >= 588.5:
			first = age
		case second == 0 && r.Value >= 589.5:
			second = age
		}
		if r.Sensor == "nuoc-dak-nong" {
			final = r.Value
		}
	}
	t.Logf("rain after %s, BĐ1 after %s, BĐ2 after %s, %.2f m at the end", rain, first, second, final)
	if !(0 < rain && rain < first && first < second && second < 6*time.Minute) {
		t.Error("want rain, then BĐ1, then BĐ2 within 6 minutes")
	}
	if final >= 588.5 {
		t.Errorf("the river stands at %.2f m long after the storm, want below BĐ1", final)
	}
}

func checkStormReports(t *testing.T, api *fakeAPI, begin time.Time) {
	t.Helper()
	count := map[string]int{}
	var emergencies, taken int
	for _, r := range api.reports {
		if r.ReceivedAt.Before(begin) || r.ReceivedAt.After(begin.Add(6*time.Minute)) {
			continue
		}
		count[r.Category]++
		if r.Emergency {
			emergencies++
			if r.AcceptedAt != nil && r.AcceptedAt.Sub(r.ReceivedAt) <= 5*time.Minute {
				taken++
			}
		}
	}
	t.Logf("storm reports %v, %d emergencies, %d of them taken in within 5 minutes", count, emergencies, taken)
	if count["TT"] < 8 || count["CS"] < 3 || count["DN"] < 3 || emergencies < 5 {
		t.Error("want reports of flooding, fallen trees and power, some of them emergencies")
	}
	if taken*10 < emergencies*7 {
		t.Error("want most emergencies taken in within 5 minutes")
	}
}

func TestServerRestartLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	api := newFakeAPI(t)
	cfg := config(t, api)
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		api.down = func(now time.Time) bool {
			age := now.Sub(begin)
			return age < 20*time.Second || age > 10*time.Minute && age < 11*time.Minute || age > 20*time.Minute && age < 26*time.Minute
		}
		play(t, api, cfg, func(*simulation.Simulation) { time.Sleep(40 * time.Minute) })
		var late int
		for _, r := range api.reports {
			if r.ReceivedAt.After(begin.Add(26 * time.Minute)) {
				late++
			}
		}
		if late < 20 {
			t.Errorf("%d reports came after the last outage, want the simulation to go on", late)
		}
	})
}

func TestWrongKeyEndsTheSimulation(t *testing.T) {
	t.Parallel()
	api := newFakeAPI(t)
	cfg := config(t, api)
	cfg.Key = "sai"
	s, err := simulation.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var problem *client.Problem
	if err := s.Run(t.Context()); !asProblem(err, &problem) {
		t.Errorf("Run with a wrong key = %v, want the server's refusal", err)
	}
}

func TestAStormAskedForTooEarlyWaits(t *testing.T) {
	t.Parallel()
	s, err := simulation.New(config(t, newFakeAPI(t)))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Storm(t.Context()); err != nil {
		t.Errorf("Storm before Run = %v, want that it waits", err)
	}
	if err := s.Storm(t.Context()); !errors.Is(err, simulation.ErrStorming) {
		t.Errorf("a second Storm before Run = %v, want %v", err, simulation.ErrStorming)
	}
}
