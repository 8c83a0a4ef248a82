package intake

import (
	"context"
	"time"

	"toancanh/server/area"
	"toancanh/server/fault"
	"toancanh/server/report"
	"toancanh/server/store"
)

// AskVisit asks a team to look at the site of a report; may says, inside the transaction, whether its author may.
func (in *Intake) AskVisit(ctx context.Context, v report.Visit, version int64, may func(report.Report) error) (report.Visit, error) {
	now := in.Now().UTC().Truncate(time.Microsecond)
	act := v.Ask()
	act.Version = version
	v, err := in.Store.AskVisit(ctx, v, in.lens, func(r report.Report) (report.Report, report.Entry, error) {
		if err := may(r); err != nil {
			return report.Report{}, report.Entry{}, err
		}
		return in.Rules.Apply(r, act, now)
	})
	if err == nil {
		in.Wake()
	}
	return v, err
}

// OnSite is what somebody of a team says about a visit. Result is empty on arrival.
type OnSite struct {
	Visit, PersonID string
	Here            *report.Point // where the phone says it is; it is compared with the report's place and not kept
	Result          string
}

// Arrive says that somebody of the team is on the site.
func (in *Intake) Arrive(ctx context.Context, s OnSite) (report.Visit, error) {
	if s.Here != nil {
		if err := area.Point(*s.Here).Check(); err != nil {
			return report.Visit{}, fault.Invalid("lat", "Tọa độ không hợp lệ.").Because("out_of_range").Wrap(err)
		}
	}
	return in.onSite(ctx, s, func(v report.Visit, r report.Report, who string) (report.Visit, report.Act, error) {
		var metres *int
		if s.Here != nil {
			metres = new(report.RoundMetres(1000 * area.Point(*s.Here).DistanceKM(area.Point(r.Location))))
		}
		return v.Arrive(who, metres)
	})
}

// Found says what the team found.
func (in *Intake) Found(ctx context.Context, s OnSite) (report.Visit, error) {
	return in.onSite(ctx, s, func(v report.Visit, _ report.Report, who string) (report.Visit, report.Act, error) {
		return v.Finish(who, s.Result)
	})
}

func (in *Intake) onSite(ctx context.Context, s OnSite, move func(report.Visit, report.Report, string) (report.Visit, report.Act, error)) (report.Visit, error) {
	if s.PersonID == "" {
		return report.Visit{}, fault.Unauthenticated("Cần đăng nhập.").Because("sign_in")
	}
	now := in.Now().UTC().Truncate(time.Microsecond)
	v, err := in.Store.MoveVisit(ctx, store.VisitMove{
		ID: s.Visit, PersonID: s.PersonID, Lens: in.lens,
		Decide: func(v report.Visit, r report.Report) (report.Visit, report.Report, report.Entry, error) {
			v, act, err := move(v, r, "person:"+s.PersonID)
			if err != nil {
				return v, r, report.Entry{}, err
			}
			after, entry, err := in.Rules.Apply(r, act, now)
			if act.Name == report.FinishVisit {
				v.Result = entry.Text // as it was cleaned
			}
			return v, after, entry, err
		},
	})
	if err == nil {
		in.Wake()
	}
	return v, err
}
