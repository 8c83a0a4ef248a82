package store_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"toancanh/server/embedded/testpg"
	"toancanh/server/forecast"
	"toancanh/server/report"
	"toancanh/server/store"
)

func TestForecastsAreLearnedFromWhatUnitsHandled(t *testing.T) {
	t.Parallel()
	s := openStore(t, testpg.New(t))
	now := time.Now().UTC().Truncate(time.Microsecond)
	span := forecast.Span{From: now.Add(-180 * 24 * time.Hour), To: now}
	var list []store.Past
	for code, change := range map[string]func(*report.Report){
		"REAL-NEWE":  func(*report.Report) {},
		"REAL-OLDE":  func(r *report.Report) { r.ReceivedAt = now.Add(-100 * 24 * time.Hour) },
		"SIMU-LATE":  func(r *report.Report) { r.Origin = report.Simulated },
		"REPL-AYED":  func(r *report.Report) { r.Origin = report.Replayed },
		"NOBO-DYSS":  func(r *report.Report) { r.AssignedAt = nil },
		"WITH-DRAWN": func(r *report.Report) { r.WithdrawnAt = &now },
		"TOOO-OLDD":  func(r *report.Report) { r.ReceivedAt = now.Add(-181 * 24 * time.Hour) },
		"COME-NEXT":  func(r *report.Report) { r.ReceivedAt = now },
	} {
		r := report.Report{
			ID: uuid.NewString(), Code: code, Version: 2, Origin: report.Real, Source: report.FromAPI, Category: "MT", Description: "Rác", Rules: 1,
			Division: "vn-2022", Area: "67", Path: []string{"67"}, Unit: "so-tnmt", Status: report.DaPhanCong, Priority: report.BinhThuong,
			ReceivedAt: now.Add(-50 * 24 * time.Hour), ChangedAt: now, AssignedAt: &now,
		}
		change(&r)
		list = append(list, store.Past{Report: r, Entries: []report.Entry{
			{N: 1, Act: report.Receive, To: report.Moi, At: r.ReceivedAt},
			{N: 2, Act: report.Accept, From: report.Moi, To: report.DaTiepNhan, Reason: "không kể", At: now.Add(-time.Second)},
			{N: 3, Act: report.Assign, From: report.DaTiepNhan, To: report.DaPhanCong, Unit: "so-tnmt", At: now},
		}})
	}
	if _, err := s.AcceptHistory(t.Context(), store.PastBody{List: list, At: now, Location: time.UTC}); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		real bool
		most int
		want []string
	}{
		"real ones, the newest first":    {true, 10, []string{"REAL-NEWE", "REAL-OLDE"}},
		"no more than asked, the newest": {true, 1, []string{"REAL-NEWE"}},
		"the others":                     {false, 10, []string{"REPL-AYED", "SIMU-LATE"}},
	} {
		t.Run(name, func(t *testing.T) {
			past, err := s.HandledReports(t.Context(), store.Handled{Span: span, RealOnly: test.real, Most: test.most})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, p := range past {
				got = append(got, p.Report.Code)
				// What was done at the end of the span or later is not known, and texts are not read.
				if n := len(p.Timeline); n != 2 || p.Timeline[1].Act != report.Accept || p.Timeline[1].Reason != "" || p.Report.Description != "" {
					t.Errorf("%s: %+v", p.Report.Code, p.Timeline)
				}
			}
			if !test.real {
				slices.Sort(got) // received at the same instant
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
