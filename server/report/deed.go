package report

import "time"

// deed carries out an act that was found lawful and complete.
type deed struct {
	cal    *Calendar
	limits Limits
	clock  Clock // in which pauses are counted
	at     time.Time
}

// do returns the report after the act.
func (d deed) do(r Report, a Act) Report {
	before := r.Status
	r.Version++
	r.ChangedAt = d.at
	if to := transitionOf(a.Name).to; to != "" {
		r.Status = to
	}
	if needsReason(a.Name) {
		r.Reason = a.Reason
	}
	switch a.Name {
	case Accept:
		r.AcceptedAt = d.now()
		r.Due.Assign = d.due(d.limits.Assign)
	case Refuse:
		r = d.close(r)
	case Merge:
		r.Parent = a.Parent
		r = d.close(r)
	case Ask:
		r.Before = before
		r.PausedAt = d.now()
	case Supplement:
		r = d.resume(r)
		r.Status, r.Before = r.Before, ""
	case Assign:
		r = d.assign(r, a.Unit)
	case Return:
		r.Unit = ""
		r.Bounces++
		r.PausedAt = d.now()
		r.Due.Assign = d.due(d.limits.Assign)
	case RequestExtension:
		r.Before = before
		r.ExtensionUntil = a.Until
	case ApproveExtension, DenyExtension:
		if a.Name == ApproveExtension {
			r.Due.Resolve = a.Until
		}
		r.Status, r.Before, r.ExtensionUntil = r.Before, "", nil
	case Resolve:
		r.Answer = a.Text
		r.ResolvedAt = d.now()
		r.Due.Publish = d.due(publishLimit())
		r.Before, r.ExtensionUntil = "", nil
	case Publish:
		r.PublicText = a.Text
		r.PublishedAt = d.now()
	case Reopen:
		r = d.reopen(r)
	case Complete:
		r.ClosedAt = d.now()
	case Rate:
		if a.Rating.Solved == SolvedYes && r.Status == CongKhai {
			r.Status, r.ClosedAt = HoanThanh, d.now()
		}
	case Withdraw:
		r.WithdrawnAt = d.now()
		r.Photos, r.PublicPhotos = 0, nil
	case ConfirmPlace:
		r.PlaceConfirmed = true
		if a.Place != nil {
			r.Division, r.Area, r.Path = a.Place.Division, a.Place.Area, a.Place.Path
		}
	case AddPhoto:
		r.Photos++
	case RedactPhoto:
		r.PublicPhotos = covered(r.PublicPhotos, PublicPhoto{a.Photo, a.Copy})
	case Escalate:
		r.Level = a.Level
	case Receive, Start, Inform, AskVisit, ArriveVisit, FinishVisit: // the birth is New's; to start changes the status only, a visit not even that
	}
	return r
}

// covered is the list with another copy of a photo, or without the photo when it has none any more. The photo keeps its place.
func covered(list []PublicPhoto, now PublicPhoto) []PublicPhoto {
	var after []PublicPhoto
	known := false
	for _, p := range list {
		if p.Photo == now.Photo {
			p, known = now, true
		}
		if p.Copy != "" {
			after = append(after, p)
		}
	}
	if !known && now.Copy != "" {
		after = append(after, now)
	}
	return after
}

// now is a pointer of its own, so that no two fields share one.
func (d deed) now() *time.Time {
	at := d.at
	return &at
}

func (d deed) due(l Limit) *time.Time {
	at := d.cal.Add(d.at, l)
	return &at
}

// assign starts T3 the first time; later it goes on, longer by the pause while nobody was responsible.
func (d deed) assign(r Report, unit string) Report {
	r.Unit = unit
	if r.AssignedAt == nil {
		r.AssignedAt = d.now()
		r.Due.Resolve = d.due(d.limits.Resolve)
		r.Due.Original = d.due(d.limits.Resolve)
		return r
	}
	return d.resume(r)
}

// resume ends a pause: every deadline whose clock stood still moves by the time paused, except Original. T2 is
// not moved where it ran during the pause, after a unit returned the report.
func (d deed) resume(r Report) Report {
	if r.PausedAt == nil {
		return r
	}
	paused := d.cal.Between(*r.PausedAt, d.at, d.clock)
	shift := func(due *time.Time) *time.Time {
		moved := d.cal.Add(*due, Limit{Clock: d.clock, Time: paused})
		return &moved
	}
	switch {
	case r.AcceptedAt == nil:
		r.Due.Accept = shift(r.Due.Accept)
	case r.AssignedAt == nil:
		r.Due.Assign = shift(r.Due.Assign)
	default:
		r.Due.Resolve = shift(r.Due.Resolve)
	}
	r.PausedAt = nil
	return r
}

// reopen starts T3 anew. The result that did not hold is taken down; the timeline keeps it.
func (d deed) reopen(r Report) Report {
	r.Reopens++
	r.Due.Resolve, r.Due.Publish = d.due(d.limits.Resolve), nil
	r.ResolvedAt, r.PublishedAt, r.ClosedAt = nil, nil, nil
	r.Answer, r.PublicText = "", ""
	return r
}

func (d deed) close(r Report) Report {
	r.ClosedAt = d.now()
	r.Before, r.PausedAt, r.ExtensionUntil = "", nil, nil
	return r
}
