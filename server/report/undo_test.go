package report_test

import (
	"testing"
	"time"

	"toancanh/server/fault"
	"toancanh/server/report"
)

func TestUndoIsTheLawfulWayBackOrNone(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	born := report.Entry{N: 1, Act: report.Receive, To: report.Moi, Area: "24611", Actor: "sender", At: at}
	accepted := report.Entry{N: 2, Act: report.Accept, From: report.Moi, To: report.DaTiepNhan, Actor: "a", At: at}
	assigned := report.Entry{N: 3, Act: report.Assign, From: report.DaTiepNhan, To: report.DaPhanCong, Unit: "so-xd", Actor: "a", At: at}
	again := report.Entry{N: 4, Act: report.Assign, From: report.DaPhanCong, To: report.DaPhanCong, Unit: "so-yt", Actor: "a", At: at}
	returned := report.Entry{N: 4, Act: report.Return, From: report.DaPhanCong, To: report.TraLai, Actor: "a", At: at}
	started := report.Entry{N: 4, Act: report.Start, From: report.DaPhanCong, To: report.DangXuLy, Actor: "a", At: at}
	fromWork := report.Entry{N: 5, Act: report.Return, From: report.DangXuLy, To: report.TraLai, Actor: "a", At: at}
	placed := report.Entry{N: 3, Act: report.ConfirmPlace, From: report.DaTiepNhan, To: report.DaTiepNhan, Area: "24612", Actor: "a", At: at}
	pathOf := func(_, code string) []string { return []string{"67", "660", code} }
	for name, c := range map[string]struct {
		timeline []report.Entry
		actor    string
		after    time.Duration
		act      report.ActName
		unit     string
		area     string
		reason   string
	}{
		"a birth":                    {timeline: []report.Entry{born}, actor: "sender", reason: "no_inverse"},
		"an acceptance":              {timeline: []report.Entry{born, accepted}, actor: "a", reason: "no_inverse"},
		"the first assignment":       {timeline: []report.Entry{born, accepted, assigned}, actor: "a", reason: "no_inverse"},
		"an assignment to another":   {timeline: []report.Entry{born, accepted, assigned, again}, actor: "a", act: report.Assign, unit: "so-xd"},
		"a return":                   {timeline: []report.Entry{born, accepted, assigned, returned}, actor: "a", after: 30 * time.Second, act: report.Assign, unit: "so-xd"},
		"a return after work began":  {timeline: []report.Entry{born, accepted, assigned, started, fromWork}, actor: "a", reason: "no_inverse"},
		"a place":                    {timeline: []report.Entry{born, accepted, placed}, actor: "a", act: report.ConfirmPlace, area: "24611"},
		"another person's act":       {timeline: []report.Entry{born, accepted, assigned, again}, actor: "b", reason: "not_own"},
		"an act of a while ago":      {timeline: []report.Entry{born, accepted, assigned, again}, actor: "a", after: 31 * time.Second, reason: "too_late"},
		"an act whose way is broken": {timeline: []report.Entry{born, assigned, again}, actor: "a", reason: "internal"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := report.Report{Version: int64(len(c.timeline)), Division: "vn-2022", Area: "24612"}
			act, err := report.Undo(r, c.timeline, c.actor, at.Add(c.after), pathOf)
			if c.reason == "internal" {
				if !fault.Is(err, fault.KindInternal) {
					t.Fatalf("a broken timeline: %v", err)
				}
				return
			}
			if c.reason != "" {
				if !fault.Is(err, fault.KindConflict) || fault.Items(err)[0].Reason != c.reason {
					t.Fatalf("got %+v, %v, want %s", act, err, c.reason)
				}
				return
			}
			if err != nil || act.Name != c.act || act.Unit != c.unit || act.Version != r.Version || act.Actor != c.actor ||
				c.area != "" && (act.Place == nil || act.Place.Area != c.area) {
				t.Errorf("got %+v, %v", act, err)
			}
		})
	}
}
