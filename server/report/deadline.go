package report

import "time"

// askLimit is how long a report waits for its sender before it is closed, in clock time.
const askLimit = 72 * time.Hour

// Open reports whether somebody still has to do something before it is handled.
func (r Report) Open() bool { return r.WithdrawnAt == nil && r.Status.Open() }

// Running is the deadline of the clock that runs now; nil when none does: while the sender is asked, and after
// publication.
func (r Report) Running() *time.Time {
	if r.WithdrawnAt != nil {
		return nil
	}
	switch r.Status {
	case Moi:
		return r.Due.Accept
	case DaTiepNhan, TraLai:
		return r.Due.Assign
	case DaPhanCong, DangXuLy, XinGiaHan, MoLai:
		return r.Due.Resolve
	case DaXuLy:
		return r.Due.Publish
	default:
		return nil
	}
}

// NextAct is the act that the running clock waits for; empty while none runs.
func (r Report) NextAct() ActName {
	if r.Running() == nil {
		return ""
	}
	switch r.Status {
	case Moi:
		return Accept
	case DaTiepNhan, TraLai:
		return Assign
	case DaXuLy:
		return Publish
	default:
		return Resolve
	}
}

// Overdue reports whether the report is open and its running deadline lies before now.
func (r Report) Overdue(now time.Time) bool {
	due := r.Running()
	return r.Open() && due != nil && due.Before(now)
}

// EndedAt is when the report stopped being open; nil while it is open.
func (r Report) EndedAt() *time.Time {
	if r.Open() {
		return nil
	}
	for _, at := range []*time.Time{r.ResolvedAt, r.ClosedAt, r.WithdrawnAt} {
		if at != nil {
			return at
		}
	}
	return nil
}

// Excluded reports whether it is left out of the rate of reports handled on time: refused, merged, withdrawn.
func (r Report) Excluded() bool {
	return r.WithdrawnAt != nil || r.Status == KhongTiepNhan || r.Status == TrungLap
}

// AnswerUntil is when a report that waits for its sender is closed; nil when it does not wait.
func (r Report) AnswerUntil() *time.Time {
	if r.Status != CanBoSung || r.PausedAt == nil {
		return nil
	}
	until := r.PausedAt.Add(askLimit)
	return &until
}
