package simulation_test

import (
	"context"
	"math"
	"net/http"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"

	"toancanh/cmd/toancanh/client"
	"toancanh/cmd/toancanh/simulation"
	"toancanh/server/area"
	"toancanh/server/report"
)

// pastNow is a Wednesday afternoon at the end of a wet season.
var pastNow = time.Date(2026, 10, 28, 8, 30, 0, 0, time.UTC)

// loaded is the fake after the whole past was loaded into it, once for all tests.
var loaded = sync.OnceValues(func() (*fakeAPI, error) {
	t := &testing.T{}
	api := newFakeAPI(t)
	cfg := config(t, api)
	cfg.Now = func() time.Time { return pastNow }
	return api, simulation.History(context.Background(), cfg, simulation.DefaultHistoryDays)
})

func past(t *testing.T) *fakeAPI {
	t.Helper()
	api, err := loaded()
	if err != nil {
		t.Fatal(err)
	}
	return api
}

// relive applies the acts of a past report to the rules.
func relive(t *testing.T, api *fakeAPI, p client.PastReport) report.Report {
	t.Helper()
	division := api.atlas.Tree.Default().Code
	drawn, _ := api.atlas.Map(division)
	code, ok := drawn.Locator().Locate(area.Point{Lat: p.Location.Lat, Lon: p.Location.Lon})
	if !ok {
		t.Fatalf("report at %v lies outside the province", p.Location)
	}
	r, entry, err := api.rules.New(report.Draft{
		Category: p.Category, Description: p.Description, Address: p.Address,
		Location:  report.Point{Lat: p.Location.Lat, Lon: p.Location.Lon},
		Emergency: p.Emergency, HasContact: p.Contact != nil, Origin: report.Origin(p.Origin),
	}, report.Birth{At: p.ReceivedAt, Placed: report.Placed{Division: division, Area: code, Path: []string{code}}})
	if err != nil {
		t.Fatal(err)
	}
	entries := []report.Entry{entry}
	for _, a := range p.Acts {
		act := report.Act{Name: report.ActName(a.Act), Actor: a.Actor, Unit: a.Unit, Reason: a.Reason, Text: a.Text}
		if !a.Until.IsZero() {
			act.Until = &a.Until
		}
		if r, entry, err = api.rules.Apply(r, act, a.At); err != nil {
			t.Fatalf("report received at %s: %v", p.ReceivedAt, err)
		}
		if !entry.At.Equal(a.At) {
			t.Errorf("%s at %s was moved to %s: it lies before the act before it", a.Act, a.At, entry.At)
		}
		entries = append(entries, entry)
	}
	folded, err := report.Fold(entries)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(r.Standing(), folded); diff != "" {
		t.Errorf("timeline and report differ (-report +timeline):\n%s", diff)
	}
	return r
}

func TestPastIsLawfulAndPlausible(t *testing.T) {
	t.Parallel()
	api := past(t)
	var open, overdue, met, due int
	acts := map[string]int{}
	for _, p := range api.past {
		r := relive(t, api, p)
		if p.Contact != nil {
			t.Errorf("the report received at %s has a contact, which the past does not keep", p.ReceivedAt)
		}
		for _, a := range p.Acts {
			acts[a.Act]++
			if a.At.After(pastNow) {
				t.Errorf("%s at %s lies in the future", a.Act, a.At)
			}
		}
		if r.Open() {
			open++
		}
		if r.Overdue(pastNow) {
			overdue++
		}
		promised := r.Due.Original
		if promised == nil || r.Excluded() || promised.After(pastNow) || promised.Before(pastNow.AddDate(0, 0, -30)) {
			continue
		}
		due++
		if r.ResolvedAt != nil && !r.ResolvedAt.After(*promised) {
			met++
		}
	}
	onTime := 100 * float64(met) / float64(due)
	t.Logf("%d reports, %d open, %d overdue, %.1f %% of %d on time, acts %v", len(api.past), open, overdue, onTime, due, acts)
	if n := len(api.past); n < 9_800 || n > 11_800 {
		t.Errorf("%d reports in 35 days, want about 10,800", n)
	}
	if open < 60 || open > 350 {
		t.Errorf("%d reports are open, want a plausible backlog", open)
	}
	if overdue < 3 || overdue > 60 {
		t.Errorf("%d reports are overdue, want some", overdue)
	}
	if onTime < 93 || onTime > 97.5 {
		t.Errorf("%.1f %% on time, want 93 to 97.5", onTime)
	}
	for _, name := range []string{
		"accept", "refuse", "assign", "return", "start", "request_extension",
		"approve_extension", "resolve", "publish", "reopen", "complete",
	} {
		if acts[name] == 0 {
			t.Errorf("nobody ever did %s", name)
		}
	}
}

func TestPastKeepsTheSharesOfTheCategories(t *testing.T) {
	t.Parallel()
	api := past(t)
	count := map[string]int{}
	for _, p := range api.past {
		count[p.Category]++
	}
	// Chi-square over 15 categories: 99.99 % of honest draws stay below 44.
	var chi float64
	for _, c := range api.rules.Current().Categories {
		want := c.Share * float64(len(api.past))
		chi += (float64(count[c.Code]) - want) * (float64(count[c.Code]) - want) / want
	}
	if chi > 44 {
		t.Errorf("chi-square of the categories is %.1f, want at most 44: %v", chi, count)
	}
}

func TestPastFollowsTheHoursOfTheDay(t *testing.T) {
	t.Parallel()
	var day, night, weekday, sunday int
	for _, p := range past(t).past {
		local := p.ReceivedAt.In(zone(t))
		switch h := local.Hour(); {
		case h >= 7 && h < 19:
			day++
		case h < 5:
			night++
		}
		switch local.Weekday() {
		case time.Sunday:
			sunday++
		case time.Tuesday:
			weekday++
		}
		if p.ReceivedAt.After(pastNow) {
			t.Errorf("a report was received at %s, in the future", p.ReceivedAt)
		}
	}
	if day < 8*night {
		t.Errorf("%d reports by day and %d by night, want far more by day", day, night)
	}
	if float64(weekday) < 1.3*float64(sunday) {
		t.Errorf("%d reports on Tuesdays and %d on Sundays, want more on Tuesdays", weekday, sunday)
	}
}

// digits finds what could be somebody's number.
var digits = regexp.MustCompile(`\d[\d .\-]{5,}\d`)

func TestTextsAreCleanAndNameNobody(t *testing.T) {
	t.Parallel()
	api := past(t)
	distinct := map[string]bool{}
	check := func(text string) {
		if !norm.NFC.IsNormalString(text) {
			t.Errorf("%q is not NFC", text)
		}
		if digits.MatchString(text) || regexp.MustCompile(`[{}@\[\]]`).MatchString(text) {
			t.Errorf("%q holds a number, an address or an unfilled gap", text)
		}
	}
	for _, p := range api.past {
		check(p.Description)
		check(p.Address)
		distinct[p.Description] = true
		for _, a := range p.Acts {
			check(a.Reason)
			check(a.Text)
		}
	}
	if len(distinct) < len(api.past)/2 {
		t.Errorf("%d different texts in %d reports, want more variety", len(distinct), len(api.past))
	}
}

func TestSameSeedMakesTheSamePast(t *testing.T) {
	t.Parallel()
	load := func(seed uint64) ([]client.PastReport, []client.Reading) {
		api := newFakeAPI(t)
		cfg := config(t, api)
		cfg.Seed, cfg.Now = seed, func() time.Time { return pastNow }
		if err := simulation.History(t.Context(), cfg, 3); err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(api.past, func(a, b client.PastReport) int {
			return a.ReceivedAt.Compare(b.ReceivedAt)
		})
		slices.SortFunc(api.readings, func(a, b client.Reading) int {
			if c := a.At.Compare(b.At); c != 0 {
				return c
			}
			return cmpString(a.Sensor, b.Sensor)
		})
		return api.past, api.readings
	}
	reportsA, readingsA := load(3)
	reportsB, readingsB := load(3)
	if diff := cmp.Diff(reportsA, reportsB); diff != "" {
		t.Errorf("reports of one seed differ:\n%.2000s", diff)
	}
	if diff := cmp.Diff(readingsA, readingsB); diff != "" {
		t.Errorf("readings of one seed differ:\n%.2000s", diff)
	}
	if reportsC, _ := load(4); cmp.Equal(reportsA, reportsC) {
		t.Error("another seed made the same reports")
	}
}

func cmpString(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func TestWeatherOfThePastMakesSense(t *testing.T) {
	t.Parallel()
	api := past(t)
	series := map[string][]client.Reading{}
	for _, r := range api.readings {
		series[r.Sensor] = append(series[r.Sensor], r)
	}
	for _, s := range api.sensors {
		got := series[s.Code]
		slices.SortFunc(got, func(a, b client.Reading) int { return a.At.Compare(b.At) })
		for i, r := range got {
			if s.Min != nil && r.Value < *s.Min || s.Max != nil && r.Value > *s.Max || math.IsNaN(r.Value) {
				t.Errorf("%s shows %v, outside of its range", s.Code, r.Value)
			}
			if r.At.After(pastNow) || i > 0 && r.At.Equal(got[i-1].At) {
				t.Errorf("%s has a reading at %s in the future or twice", s.Code, r.At)
			}
		}
	}

	t.Run("afternoons are warmer than mornings", func(t *testing.T) {
		t.Parallel()
		afternoon := meanWhere(series["nhiet-do-gia-nghia"], func(r client.Reading) bool { return r.At.In(zone(t)).Hour() == 14 })
		dawn := meanWhere(series["nhiet-do-gia-nghia"], func(r client.Reading) bool { return r.At.In(zone(t)).Hour() == 4 })
		if afternoon-dawn < 3 || afternoon-dawn > 15 || afternoon > 38 || dawn < 8 {
			t.Errorf("%.1f °C in the afternoon, %.1f °C at dawn", afternoon, dawn)
		}
	})

	// Rain of the last hour at Gia Nghĩa by the hour of its reading.
	rain := map[int64]float64{}
	for _, r := range series["mua-24611"] {
		rain[r.At.Truncate(time.Hour).Unix()] = max(rain[r.At.Truncate(time.Hour).Unix()], r.Value)
	}
	fellWithin := func(at time.Time, from, to int) (sum float64) {
		for h := from; h <= to; h++ {
			sum += rain[at.Truncate(time.Hour).Add(-time.Duration(h)*time.Hour).Unix()]
		}
		return sum
	}
	t.Run("the river stands higher some hours after rain", func(t *testing.T) {
		t.Parallel()
		river := series["nuoc-dak-nong"]
		after := meanWhere(river, func(r client.Reading) bool { return fellWithin(r.At, 2, 8) >= 5 })
		all := meanWhere(river, func(r client.Reading) bool { return fellWithin(r.At, 0, 20) < 1 })
		if !(after > all+0.05) {
			t.Errorf("the river stands at %.2f m after rain and at %.2f m in dry hours", after, all)
		}
	})
	t.Run("rain washes the dust out", func(t *testing.T) {
		t.Parallel()
		dust := series["bui-min-gia-nghia"]
		wet := meanWhere(dust, func(r client.Reading) bool { return fellWithin(r.At, 0, 20) >= 8 })
		dry := meanWhere(dust, func(r client.Reading) bool { return fellWithin(r.At, 0, 24) < 0.5 })
		if !(wet < dry) {
			t.Errorf("PM2.5 is %.1f after rain and %.1f without", wet, dry)
		}
	})
	t.Run("sensors are silent now and then, and few at once", func(t *testing.T) {
		t.Parallel()
		want, got := 0, 0
		for code, readings := range series {
			if code[:3] == "mua" {
				want += int((35*24 - 48) * 2)
				got += len(readings) - 48*6
			}
		}
		if missing := 1 - float64(got)/float64(want); missing < 0.005 || missing > 0.08 {
			t.Errorf("%.1f %% of the rain readings are missing", 100*missing)
		}
	})
}

func meanWhere(readings []client.Reading, where func(client.Reading) bool) float64 {
	var sum, n float64
	for _, r := range readings {
		if where(r) {
			sum, n = sum+r.Value, n+1
		}
	}
	return sum / n
}

func TestHistoryEndsWhenTheKeyIsRefused(t *testing.T) {
	t.Parallel()
	api := newFakeAPI(t)
	cfg := config(t, api)
	cfg.Key = "sai"
	err := simulation.History(t.Context(), cfg, 1)
	var problem *client.Problem
	if !asProblem(err, &problem) || problem.Status != http.StatusUnauthorized {
		t.Errorf("History with a wrong key = %v, want the server's refusal", err)
	}
}
