package intake

import (
	"context"
	"time"

	"toancanh/server/fault"
	"toancanh/server/report"
	"toancanh/server/store"
)

// PastReport is a report of the past with what became of it. Acts are in the order of their times.
type PastReport struct {
	Draft      report.Draft
	ReceivedAt time.Time
	Acts       []PastAct
}

// PastAct is an act with the time it was done.
type PastAct struct {
	Act report.Act
	At  time.Time
}

// AcceptHistory keeps reports of the past, each with its acts run through the same rules as a live one. It answers how
// many were taken and, as a list of faults by index, why others were not. Contacts of the past are not taken.
func (in *Intake) AcceptHistory(ctx context.Context, list []PastReport) (int, error, error) {
	now := in.Now().UTC()
	var kept []store.Past
	var faults []error
	for i, p := range list {
		past, err := in.live(p, now)
		if err != nil {
			faults = append(faults, fault.At(i, err))
			continue
		}
		kept = append(kept, past)
	}
	if len(kept) == 0 {
		return 0, fault.Join(faults...), nil
	}
	if err := in.Store.AcceptHistory(ctx, kept, now, in.Location); err != nil {
		return 0, nil, err
	}
	in.Wake()
	return len(kept), fault.Join(faults...), nil
}

// live runs a report of the past through its acts.
func (in *Intake) live(p PastReport, now time.Time) (store.Past, error) {
	born := p.ReceivedAt.UTC().Truncate(time.Microsecond)
	switch {
	case born.IsZero():
		return store.Past{}, fault.Invalid("received_at", "Thiếu thời điểm tiếp nhận.").Because("required")
	case born.After(now):
		return store.Past{}, fault.Invalid("received_at", "Thời điểm tiếp nhận nằm trong tương lai.").Because("future")
	}
	origin, err := in.original(p.Draft.Origin)
	if err != nil {
		return store.Past{}, err
	}
	p.Draft.Origin = origin
	draft, err := in.Rules.Check(p.Draft, born)
	if err != nil {
		return store.Past{}, err
	}
	placed, err := in.place(draft.Location)
	if err != nil {
		return store.Past{}, err
	}
	id, code, err := identity()
	if err != nil {
		return store.Past{}, err
	}
	r, entry, err := in.Rules.New(draft, report.Birth{ID: id, Code: code, Placed: placed, At: born})
	if err != nil {
		return store.Past{}, err
	}
	past := store.Past{Report: r, Entries: []report.Entry{entry}}
	for _, a := range p.Acts {
		at := a.At.UTC().Truncate(time.Microsecond)
		if at.After(now) {
			return store.Past{}, fault.Invalid("acts.at", "Thời điểm xử lý nằm trong tương lai.").Because("future")
		}
		past.Report, entry, err = in.Rules.Apply(past.Report, a.Act, at)
		if err != nil {
			return store.Past{}, err
		}
		past.Entries = append(past.Entries, entry)
	}
	return past, nil
}
