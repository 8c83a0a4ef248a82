package simulation

import (
	"net/url"
	"slices"
	"testing"
	"time"

	"toancanh/server/sensor"
	scene "toancanh/server/storm"
)

// gauges are the sensors of a province in a storm, asked as often as real ones speak.
type gauges struct {
	*province
	storm *storm
}

func newGauges(t *testing.T, lasts time.Duration) gauges {
	t.Helper()
	p, err := newProvince(Config{Base: &url.URL{Scheme: "http", Host: "127.0.0.1"}, Key: "x", StormLasts: lasts})
	if err != nil {
		t.Fatal(err)
	}
	// A dry afternoon: what is seen is the storm's.
	begin := time.Date(2026, 2, 11, 2, 0, 0, 0, time.UTC)
	return gauges{p, &storm{from: begin, lasts: p.StormLasts, centre: p.stormCentre()}}
}

// told is what the scene says of a sensor some time after the storm began.
func (g gauges) told(t *testing.T, code string, after time.Duration) scene.Figures {
	t.Helper()
	i := slices.IndexFunc(g.Sensors, func(s Sensor) bool { return s.Code == code })
	if i < 0 {
		t.Fatalf("there is no sensor %s", code)
	}
	played, at := g.Sensors[i], g.storm.from.Add(after)
	x := sensor.Sensor{Code: code, Kind: played.Kind, Unit: played.Unit, StaleAfter: 30 * time.Minute}
	span, _ := scene.Span(played.Kind)
	w := scene.NewWindow(played.Kind)
	for ago := span; ago >= 0; ago -= time.Minute {
		w.Add(scene.NewPoint(at.Add(-ago), g.weather.value(played, at.Add(-ago), g.storm)), at)
	}
	return scene.Measure(&x, w, at)
}

const (
	stormRiver = "nuoc-dak-nong"
	stormGauge = "mua-24611"
)

func TestAStormOfTenHoursRisesAsRiversDo(t *testing.T) {
	t.Parallel()
	g := newGauges(t, 10*time.Hour)
	var fastest, wettest float64
	var passed []time.Duration
	for after := time.Duration(0); after < 12*time.Hour; after += 10 * time.Minute {
		f := g.told(t, stormRiver, after)
		fastest = max(fastest, *f.Rate)
		for i, limit := range []float64{588.5, 589.5} {
			if len(passed) == i && f.Value >= limit {
				passed = append(passed, after)
			}
		}
		wettest = max(wettest, *g.told(t, stormGauge, after).Rain1h)
	}
	t.Logf("BĐ1 and BĐ2 passed after %v, at most %.0f cm/h and %.0f mm in an hour", passed, fastest, wettest)
	if len(passed) != 2 || passed[1]-passed[0] < 30*time.Minute {
		t.Error("want the river over both limits, one well after the other")
	}
	// The flash floods of the Highlands rise by half a metre to a metre and a half an hour.
	if fastest < 30 || fastest > 150 {
		t.Errorf("the river rises by %.0f cm/h at most, want 30 to 150", fastest)
	}
	if wettest < 15 || wettest > 60 {
		t.Errorf("%.0f mm fall in an hour at most, want 15 to 60", wettest)
	}
}

// What fell stays in the sums for as long as they reach, however short the storm.
func TestTheRainOfAStormStaysInTheSums(t *testing.T) {
	t.Parallel()
	g := newGauges(t, 0)
	fell := *g.told(t, stormGauge, 5*time.Minute).Rain1h
	if fell < 40 {
		t.Fatalf("%.1f mm fell in the storm, want more than 40", fell)
	}
	for _, c := range []struct {
		after       time.Duration
		hour, three bool // whether it is in the rain of one hour, of three
	}{
		{-time.Minute, false, false},
		{30 * time.Minute, true, true},
		{55 * time.Minute, true, true},
		{80 * time.Minute, false, true},
		{150 * time.Minute, false, true},
		{220 * time.Minute, false, false},
	} {
		f := g.told(t, stormGauge, c.after)
		if (*f.Rain1h >= fell-1) != c.hour || (*f.Rain3h >= fell-1) != c.three {
			t.Errorf("after %s: %.1f mm in an hour, %.1f in three, of %.1f that fell", c.after, *f.Rain1h, *f.Rain3h, fell)
		}
	}
	if day := g.told(t, stormGauge, 20*time.Hour).Rain24h; day == nil || *day < fell-1 {
		t.Errorf("the day's rain = %v, want the %.1f that fell in it", day, fell)
	}
}

func TestTheSceneSeesTheRiverRiseInAStormOfSixMinutes(t *testing.T) {
	t.Parallel()
	g := newGauges(t, 0)
	if f := g.told(t, stormRiver, 0); *f.Rate < -5 || *f.Rate > 5 {
		t.Errorf("rate before the storm = %v cm/h, want calm", *f.Rate)
	}
	if f := g.told(t, stormRiver, 4*time.Minute); *f.Rate < 50 {
		t.Errorf("rate four minutes into the storm = %v cm/h, want a rise", *f.Rate)
	}
}
