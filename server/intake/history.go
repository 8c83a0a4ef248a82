package intake

import (
	"context"
	"encoding/json"
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

// PastBody is one body of the past. Key is nil when it must not be recognised when it comes again.
type PastBody struct {
	Reports []PastReport
	Key     *Key
	// Answer is what the sender is told: how many were taken and, as a list of faults by index, why others were not.
	Answer func(taken int, refused error) (json.RawMessage, error)
	// May says why the sender may not load a report; nil: they may load any.
	May func(report.Report) error
}

// AcceptHistory keeps reports of the past, each with its acts run through the same rules as a live one, and answers
// after the commit. The same key with the same body gets the first answer again (repeated), with another body an
// invalid fault. Contacts of the past are not taken.
func (in *Intake) AcceptHistory(ctx context.Context, body PastBody) (answer json.RawMessage, repeated bool, err error) {
	now := in.Now().UTC()
	var kept []store.Past
	var faults []error
	for i, p := range body.Reports {
		past, err := in.live(p, now)
		if err == nil && body.May != nil {
			err = body.May(past.Report)
		}
		if err != nil {
			faults = append(faults, fault.At(i, err))
			continue
		}
		kept = append(kept, past)
	}
	if answer, err = body.Answer(len(kept), fault.Join(faults...)); err != nil || len(kept) == 0 {
		return answer, false, err
	}
	var promise *store.Promise
	if k := body.Key; k != nil {
		promise = &store.Promise{Scope: k.Scope, Key: k.Key, BodyHash: k.BodyHash, Answer: string(answer)}
	}
	first, err := in.Store.AcceptHistory(ctx, store.PastBody{List: kept, At: now, Location: in.Location, Promise: promise})
	switch {
	case err != nil:
		return nil, false, err
	case first.Err != nil:
		return nil, false, first.Err
	case first.Repeated:
		return json.RawMessage(first.Answer), true, nil
	}
	in.Wake()
	return answer, false, nil
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
