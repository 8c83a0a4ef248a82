package alarming

import (
	"context"
	"slices"
	"time"

	"toancanh/server/alarm"
)

// passAlarms names the alarms of which something ends by now, or begins to be kept aside.
func (r *round) passAlarms(now time.Time) {
	for id, a := range r.board.Open() {
		if due, ok := a.Due(); ok && !now.Before(due) {
			r.pending.ids = append(r.pending.ids, id)
		}
	}
}

// judgeEmergencies raises an alarm for each emergency that nobody took in within its limit, and returns it when somebody did.
func (r *round) judgeEmergencies(ctx context.Context, now time.Time) error {
	types := r.enabled(alarm.ByReport)
	var ids []string
	open := map[string]bool{}
	for _, a := range r.board.Open() {
		if a.Source == alarm.FromReport {
			ids = append(ids, a.Target)
			open[a.Type+" "+a.Target] = a.Active()
		}
	}
	if len(types)+len(ids) == 0 {
		return nil
	}
	list, err := r.Store.LateEmergencies(ctx, now, ids)
	if err != nil {
		return err
	}
	clear(r.late)
	for _, late := range list {
		if late.Division != r.Division {
			continue
		}
		r.late[late.ID] = late
		for _, t := range types {
			active := open[t.Code+" "+late.ID]
			c := alarm.Change{Type: t.Code, Source: alarm.FromReport, Target: late.ID}
			switch {
			case late.Late && !active && (t.Condition.Area == "" || slices.Contains(late.Path, t.Condition.Area)):
				c.Kind, c.At = alarm.Raised, late.DueAt
			case !late.Late && active:
				c.Kind, c.At = alarm.Returned, now
			default:
				continue
			}
			r.later(late.Origin, []alarm.Change{c})
		}
	}
	return nil
}
