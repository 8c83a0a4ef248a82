package report

import (
	"time"

	"toancanh/server/fault"
)

// UndoWithin is how long whoever did an act may take it back.
const UndoWithin = 30 * time.Second

// Undo is the act that leads back from the last entry of a timeline: a new act, which stays in the timeline like any other.
// Only three have such a way in the workflow: an assignment goes back to the unit before when it had the report assigned, a
// return is assigned to its unit again, and a place that was confirmed goes back to the one before. pathOf finds that place.
// The error is a conflict that says why there is no way back.
func Undo(r Report, timeline []Entry, actor string, now time.Time, pathOf PathOf) (Act, error) {
	n := len(timeline)
	if n < 2 {
		return Act{}, errNoWayBack
	}
	last := timeline[n-1]
	switch {
	case last.Actor != actor:
		return Act{}, fault.Conflict("Chỉ người vừa thao tác mới hoàn tác được.").Because("not_own")
	case now.Sub(last.At) > UndoWithin:
		return Act{}, fault.Conflict("Đã quá 30 giây, không hoàn tác được nữa.").Because("too_late")
	}
	before, err := Fold(timeline[:n-1])
	if err != nil {
		return Act{}, fault.Internal(err)
	}
	act := Act{Version: r.Version, Actor: actor}
	switch last.Act {
	case Assign, Return:
		if before.Status != DaPhanCong || before.Unit == "" {
			return Act{}, errNoWayBack
		}
		act.Name, act.Unit = Assign, before.Unit
		return act, nil
	case ConfirmPlace:
		code := placeBefore(timeline[:n-1])
		path := pathOf(r.Division, code)
		if code == "" || code == r.Area || path == nil {
			return Act{}, errNoWayBack
		}
		act.Name, act.Place = ConfirmPlace, &Placed{Division: r.Division, Area: code, Path: path}
		return act, nil
	default:
		return Act{}, errNoWayBack
	}
}

//nolint:gochecknoglobals // an error value
var errNoWayBack = fault.Conflict("Quy trình không có thao tác nào đưa phản ánh trở lại như trước.").Because("no_inverse")

// placeBefore is the area a timeline left a report in.
func placeBefore(timeline []Entry) string {
	code := ""
	for _, e := range timeline {
		if e.Area != "" {
			code = e.Area
		}
	}
	return code
}
