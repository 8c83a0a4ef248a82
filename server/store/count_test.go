package store_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"toancanh/server/embedded/testpg"
	"toancanh/server/report"
	"toancanh/server/store"
)

func TestMain(m *testing.M) { testpg.Main(m) }

// handWorked is one report of schema/testdata/kpi: times are distances from as_of.
type handWorked struct {
	ID         string   `json:"id"`
	Version    int64    `json:"version"`
	Origin     string   `json:"origin"`
	Division   string   `json:"division"`
	Area       string   `json:"area"`
	Path       []string `json:"path"`
	Status     string   `json:"status"`
	Priority   string   `json:"priority"`
	Emergency  bool     `json:"emergency"`
	ReceivedAt string   `json:"received_at"`
	Due        struct {
		Accept, Assign, Resolve, Original *string
	} `json:"due"`
	ResolvedAt  *string `json:"resolved_at"`
	ClosedAt    *string `json:"closed_at"`
	WithdrawnAt *string `json:"withdrawn_at"`
}

func readFixture(t *testing.T, name string, into any) {
	t.Helper()
	raw, err := os.ReadFile("../../schema/testdata/kpi/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// at turns "-5h" or "15d" into an instant.
func at(t *testing.T, asOf time.Time, distance string) time.Time {
	t.Helper()
	days, rest, ok := strings.Cut(distance, "d")
	if !ok {
		days, rest = "0", distance
	}
	var n int
	if _, err := fmt.Sscan(days, &n); err != nil {
		t.Fatalf("distance %q: %v", distance, err)
	}
	d, err := time.ParseDuration("0s")
	if rest != "" {
		d, err = time.ParseDuration(rest)
	}
	if err != nil {
		t.Fatalf("distance %q: %v", distance, err)
	}
	if n < 0 || strings.HasPrefix(distance, "-") && n != 0 {
		d = -d
	}
	return asOf.AddDate(0, 0, n).Add(d)
}

func (h handWorked) report(t *testing.T, asOf time.Time, i int) report.Report {
	t.Helper()
	when := func(d *string) *time.Time {
		if d == nil {
			return nil
		}
		x := at(t, asOf, *d)
		return &x
	}
	return report.Report{
		ID: uuid.NewSHA1(uuid.NameSpaceOID, []byte(h.ID)).String(), Code: fmt.Sprintf("CODE-%04d", i), Version: h.Version,
		Origin: report.Origin(h.Origin), Source: report.FromAPI, Category: "MT", Description: "x",
		Division: h.Division, Area: h.Area, Path: h.Path, Status: report.Status(h.Status),
		Priority: report.Priority(h.Priority), Emergency: h.Emergency, ReceivedAt: at(t, asOf, h.ReceivedAt), ChangedAt: asOf,
		Due:        report.Due{Accept: when(h.Due.Accept), Assign: when(h.Due.Assign), Resolve: when(h.Due.Resolve), Original: when(h.Due.Original)},
		ResolvedAt: when(h.ResolvedAt), ClosedAt: when(h.ClosedAt), WithdrawnAt: when(h.WithdrawnAt), Rules: 1,
	}
}

func TestSQLCountsTheHandWorkedReports(t *testing.T) {
	t.Parallel()
	var fixture struct {
		AsOf    time.Time    `json:"as_of"`
		Reports []handWorked `json:"reports"`
	}
	var expected struct {
		Areas map[string]struct {
			Open              int      `json:"open"`
			OpenDayAgo        *int     `json:"open_day_ago"`
			Overdue           int      `json:"overdue"`
			OverdueHigh       int      `json:"overdue_high"`
			OldestHours       *float64 `json:"oldest_hours"`
			Received24h       int      `json:"received_24h"`
			ReceivedDayBefore int      `json:"received_day_before"`
			OnTimeMet         int      `json:"on_time_met"`
			OnTimeDue         int      `json:"on_time_due"`
			Critical          int      `json:"critical"`
			Warning           int      `json:"warning"`
		} `json:"areas"`
	}
	readFixture(t, "reports.json", &fixture)
	readFixture(t, "expected.json", &expected)
	db := testpg.New(t)
	s, err := store.Open(t.Context(), db.DSN("toancanh_app"), store.Sizes{Write: 1, Read: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	var list []store.Past
	for i, h := range fixture.Reports {
		list = append(list, store.Past{Report: h.report(t, fixture.AsOf, i)})
	}
	if _, err := s.AcceptHistory(t.Context(), store.PastBody{List: list, At: fixture.AsOf, Location: time.UTC}); err != nil {
		t.Fatal(err)
	}
	counts, err := s.CountAreas(t.Context(), "vn-2022", true, fixture.AsOf)
	if err != nil {
		t.Fatal(err)
	}
	if len(expected.Areas) < 3 {
		t.Fatalf("the fixture names %d areas", len(expected.Areas))
	}
	for code, want := range expected.Areas {
		if diff := cmp.Diff(store.Counts{
			Open: want.Open, OpenDayAgo: want.OpenDayAgo, Overdue: want.Overdue, OldestHours: want.OldestHours,
			Received24h: want.Received24h, ReceivedDayBefore: want.ReceivedDayBefore,
			OnTimeMet: want.OnTimeMet, OnTimeDue: want.OnTimeDue, Critical: want.Critical, Warning: want.Warning, OverdueHigh: want.OverdueHigh,
		}, counts[code]); diff != "" {
			t.Errorf("area %s (-by hand +sql):\n%s", code, diff)
		}
	}
}
