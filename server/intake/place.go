package intake

import (
	"context"
	"strings"
	"time"

	"toancanh/server/area"
	"toancanh/server/fault"
	"toancanh/server/report"
	"toancanh/server/store"
)

// Bounds of a decision on proposals.
const (
	placesTogether = 100   // in one transaction
	mostAnnounced  = 1000  // beyond it screens are told to ask again, instead of an event a report
	mostPlaces     = 50000 // at once
)

// PlaceDecision is what somebody decides about reports that would lie elsewhere by newer boundaries.
type PlaceDecision struct {
	Reports []string // UUIDs
	Apply   bool     // false: they stay where they are
	Actor   string
	Reason  string
}

// DecidedPlaces is what became of a decision.
type DecidedPlaces struct {
	Decided int
	Refused []store.RefusedProposal
}

// DecidePlaces confirms the proposed places of reports, or dismisses the proposals. Each report goes through the act of
// confirming its place, under the actor's name and reason. An error may leave some decided: what is decided stays so.
func (in *Intake) DecidePlaces(ctx context.Context, d PlaceDecision) (DecidedPlaces, error) {
	var out DecidedPlaces
	if d.Reason = strings.TrimSpace(d.Reason); d.Reason == "" {
		return out, fault.Invalid("reason", "Cần ghi lý do.").Because("required")
	}
	if len(d.Reports) > mostPlaces {
		return out, fault.Invalid("reports", "Mỗi lần nhiều nhất %d phản ánh.", mostPlaces).Because("too_many")
	}
	v := store.Verdict{
		Apply: d.Apply, Actor: d.Actor, Reason: d.Reason, At: in.Now().UTC().Truncate(time.Microsecond), Quiet: len(d.Reports) > mostAnnounced,
	}
	for first := 0; first < len(d.Reports); first += placesTogether {
		ids := d.Reports[first:min(first+placesTogether, len(d.Reports))]
		done, refused, err := in.Store.DecideProposals(ctx, ids, v, in.lens, in.confirm(v))
		if err != nil {
			return out, err
		}
		out.Decided += done
		out.Refused = append(out.Refused, refused...)
		in.Wake()
	}
	return out, nil
}

// confirm moves a report to the area that was proposed.
func (in *Intake) confirm(v store.Verdict) store.DecidePlace {
	return func(r report.Report, p store.Proposal) (report.Report, report.Entry, error) {
		path := in.Atlas.Tree.Path(p.Division, p.New)
		if path == nil {
			return r, report.Entry{}, fault.Conflict("Theo ranh giới mới, vị trí nằm ngoài địa bàn; hãy tự chọn địa bàn cho phản ánh này.").Because("outside")
		}
		return in.Rules.Apply(r, report.Act{
			Name: report.ConfirmPlace, Actor: v.Actor, Reason: v.Reason,
			Place: &report.Placed{Division: p.Division, Area: p.New, Path: path},
		}, v.At)
	}
}

// Locate finds the areas of points by a map, as reports are placed.
func Locate(m *area.Map) store.Locate {
	return func(p area.Point) (string, bool) {
		a, err := m.Place(p)
		return a.Code, err == nil
	}
}
