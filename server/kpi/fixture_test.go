package kpi_test

import (
	"encoding/json"
	"os"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"

	"toancanh/server/kpi"
	"toancanh/server/report"
	"toancanh/server/view"
)

// offset is a time of the fixture: a distance from as_of.
type offset struct{ time.Duration }

func (o *offset) UnmarshalText(text []byte) (err error) {
	o.Duration, err = time.ParseDuration(string(text))
	return err
}

type fixtureReport struct {
	ID         string   `json:"id"`
	Version    int64    `json:"version"`
	Origin     string   `json:"origin"`
	Division   string   `json:"division"`
	Area       string   `json:"area"`
	Path       []string `json:"path"`
	Status     string   `json:"status"`
	Priority   string   `json:"priority"`
	Emergency  bool     `json:"emergency"`
	ReceivedAt offset   `json:"received_at"`
	Due        struct {
		Accept   *offset `json:"accept"`
		Assign   *offset `json:"assign"`
		Resolve  *offset `json:"resolve"`
		Original *offset `json:"original"`
	} `json:"due"`
	ResolvedAt  *offset `json:"resolved_at"`
	ClosedAt    *offset `json:"closed_at"`
	WithdrawnAt *offset `json:"withdrawn_at"`
}

// fact goes the road of the product: a stored report, seen by the counters.
func (f fixtureReport) fact(asOf time.Time) kpi.Fact {
	at := func(o *offset) *time.Time {
		if o == nil {
			return nil
		}
		return new(asOf.Add(o.Duration))
	}
	return view.Fact(report.Report{
		ID: f.ID, Version: f.Version, Origin: report.Origin(f.Origin), Division: f.Division, Area: f.Area, Path: f.Path,
		Status: report.Status(f.Status), Priority: report.Priority(f.Priority), Emergency: f.Emergency,
		ReceivedAt: asOf.Add(f.ReceivedAt.Duration),
		Due:        report.Due{Accept: at(f.Due.Accept), Assign: at(f.Due.Assign), Resolve: at(f.Due.Resolve), Original: at(f.Due.Original)},
		ResolvedAt: at(f.ResolvedAt), ClosedAt: at(f.ClosedAt), WithdrawnAt: at(f.WithdrawnAt),
	})
}

type expectedArea struct {
	Open              int       `json:"open"`
	OpenDayAgo        *int      `json:"open_day_ago"`
	Overdue           int       `json:"overdue"`
	OverdueHigh       int       `json:"overdue_high"`
	OldestHours       *float64  `json:"oldest_hours"`
	Received24h       int       `json:"received_24h"`
	ReceivedDayBefore *int      `json:"received_day_before"`
	OnTimeMet         int       `json:"on_time_met"`
	OnTimeDue         int       `json:"on_time_due"`
	OnTimePercent     *float64  `json:"on_time_percent"`
	Critical          int       `json:"critical"`
	Warning           int       `json:"warning"`
	Rows              []kpi.Row `json:"rows"`
}

func readFixture[T any](t *testing.T, name string) T {
	t.Helper()
	data, err := os.ReadFile("../../schema/testdata/kpi/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var v T
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func fixtureFacts(t *testing.T) ([]kpi.Fact, time.Time) {
	t.Helper()
	in := readFixture[struct {
		AsOf    time.Time       `json:"as_of"`
		Reports []fixtureReport `json:"reports"`
	}](t, "reports.json")
	facts := make([]kpi.Fact, 0, len(in.Reports))
	for _, r := range in.Reports {
		facts = append(facts, r.fact(in.AsOf))
	}
	return facts, in.AsOf
}

func TestTheFixtureCountsAsWorkedByHand(t *testing.T) {
	t.Parallel()
	facts, asOf := fixtureFacts(t)
	want := readFixture[struct {
		Areas    map[string]expectedArea `json:"areas"`
		Origin   string                  `json:"origin"`
		Division string                  `json:"division"`
		Hourly   struct {
			Count    map[time.Time]int `json:"count"`
			In28Days map[time.Time]int `json:"in_28_days"`
		} `json:"hourly_67"`
	}](t, "expected.json")

	loaded := kpi.NewBoard(vietnam(t))
	loaded.Load(facts, asOf)
	// The same by another road: known 40 days early, then only the clock moves.
	waited := kpi.NewBoard(vietnam(t))
	waited.Load(nil, asOf.AddDate(0, 0, -60))
	for _, f := range facts {
		waited.Apply(f, asOf.AddDate(0, 0, -60))
	}
	waited.Advance(asOf)

	for name, b := range map[string]*kpi.Board{"loaded": loaded, "waited": waited} {
		for code, want := range want.Areas {
			v := b.Values(kpi.Area{Division: "vn-2022", Code: code})
			got := expectedArea{v.Open, v.OpenDayAgo, v.Overdue, v.OverdueHigh, v.OldestHours, v.Received24h, v.ReceivedDayBefore, v.OnTimeMet, v.OnTimeDue, v.OnTime(), v.Critical, v.Warning, v.Rows}
			if got.Rows == nil {
				got.Rows = []kpi.Row{}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s, area %s (-want +got):\n%s", name, code, diff)
			}
			if v.Origin != "real" || !v.AsOf.Equal(asOf) {
				t.Errorf("%s, area %s: origin %s as of %s", name, code, v.Origin, v.AsOf)
			}
		}
		for i, h := range b.Values(kpi.Area{Division: "vn-2022", Code: "67"}).Hourly {
			if at := time.Date(2026, 11, 22, 3+i, 0, 0, 0, time.UTC); !h.At.Equal(at) {
				t.Fatalf("%s: hour %d begins at %s, want %s", name, i, h.At, at)
			}
			if want := want.Hourly.Count[h.At]; h.Count != want {
				t.Errorf("%s: %d received at %s, want %d", name, h.Count, h.At, want)
			}
			if want := float64(want.Hourly.In28Days[h.At]) / 28; h.Average == nil || *h.Average != want {
				t.Errorf("%s: average at %s = %v, want %v", name, h.At, h.Average, want)
			}
		}
	}
}

func vietnam(tb testing.TB) *time.Location {
	tb.Helper()
	loc, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	if err != nil {
		tb.Fatal(err)
	}
	return loc
}
