package report_test

import (
	"testing"

	"toancanh/server/fault"
	"toancanh/server/report"
)

func TestANoteIsSignedOnceAndForGood(t *testing.T) {
	t.Parallel()
	now := at(t, "2026-11-16 08:00")
	note := func(s report.TransferState) report.Transfer {
		return report.Transfer{Office: "IOC", Number: 15, State: s}
	}
	signed := report.TransferMove{To: report.Signed, Serial: "54:01:0B:2C", By: "person:1"}
	for name, c := range map[string]struct {
		from   report.TransferState
		move   report.TransferMove
		field  string
		reason string // empty: it moves
	}{
		"signed":                 {report.Unsigned, signed, "", ""},
		"on paper":               {report.Unsigned, report.TransferMove{To: report.OnPaper}, "", ""},
		"paper signed after all": {report.OnPaper, signed, "", ""},
		"paper by mistake":       {report.OnPaper, report.TransferMove{To: report.Unsigned}, "", ""},
		"no state":               {report.Unsigned, report.TransferMove{}, "state", "required"},
		"unknown state":          {report.Unsigned, report.TransferMove{To: "fax"}, "state", "unknown"},
		"the same state":         {report.OnPaper, report.TransferMove{To: report.OnPaper}, "", "same"},
		"no longer signed":       {report.Signed, report.TransferMove{To: report.OnPaper}, "", "signed"},
		"signed with what":       {report.Unsigned, report.TransferMove{To: report.Signed}, "serial", "required"},
		"no serial number":       {report.Unsigned, report.TransferMove{To: report.Signed, Serial: "của tôi"}, "serial", "format"},
		"a serial on paper":      {report.Unsigned, report.TransferMove{To: report.OnPaper, Serial: "54"}, "serial", "unexpected"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := note(c.from).Move(c.move, now)
			if c.reason != "" {
				if e := fault.Items(err); len(e) != 1 || e[0].Reason != c.reason || e[0].Field != c.field {
					t.Errorf("Move = %v, want %s %s", err, c.field, c.reason)
				}
				return
			}
			if err != nil || got.State != c.move.To || got.Serial != c.move.Serial || !got.StateAt.Equal(now) || got.StateBy != c.move.By {
				t.Errorf("Move = %+v, %v", got, err)
			}
		})
	}
	if got := note(report.Unsigned).Symbol(); got != "15/PC-IOC" {
		t.Errorf("Symbol = %q", got)
	}
}
