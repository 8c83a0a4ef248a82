package simulation

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"toancanh/cmd/toancanh/client"
	"toancanh/server/report"
)

const (
	staffTick  = 3 * time.Second // at the default pace, and at the quickest
	staffSlow  = 15 * time.Second
	staffPage  = 100
	actsAtOnce = 8
	// Acts in a report's life, with some room to catch up.
	actsPerReport = 9.0
	merged        = 0.015
)

// staff does what control room and units do: it looks through the reports page
// by page and takes the steps that are due, the most urgent first.
func (s *Simulation) staff(ctx context.Context) error {
	desk := &desk{Simulation: s, link: s.newLink("staff"), cursors: make(map[client.Query]string)}
	desk.tick = min(max(time.Duration(float64(staffTick)*DefaultPace/s.Pace), staffTick), staffSlow)
	ticker := time.NewTicker(desk.tick)
	defer ticker.Stop()
	for turn := 0; ; turn++ {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if err := desk.turn(ctx, turn); final(err) {
			return err
		}
	}
}

// desk is the state of the staff's one goroutine.
type desk struct {
	*Simulation
	tick    time.Duration
	link    *link
	cursors map[client.Query]string // where reading goes on; one entry a round
	ready   float64                 // acts that the staff has time for
}

// rounds are the lists that are looked through in turn: what is due soonest,
// all that is open page by page, what waits to be published, what was.
func rounds() []client.Query {
	return []client.Query{
		{Open: true, Sort: "due", Limit: staffPage},
		{Open: true, Sort: "received", Limit: staffPage},
		{Status: string(report.DaXuLy), Limit: staffPage},
		{Open: true, Sort: "received", Limit: staffPage},
		{Status: string(report.CongKhai), Sort: "received", Limit: staffPage},
	}
}

// turn reads one page and does what is due on it.
func (d *desk) turn(ctx context.Context, turn int) error {
	query := rounds()[turn%len(rounds())]
	walk := query.Sort == "received" && query.Open
	page := query
	if walk {
		page.Cursor = d.cursors[query]
	}
	reports, next, err := d.client.ListReports(ctx, page)
	if d.link.seen(ctx, err) != nil {
		return err
	}
	if walk {
		d.cursors[query] = next
	}
	d.ready = min(d.ready+d.capacity(), actsAtOnce)
	for _, todo := range d.due(reports) {
		if d.ready < 1 {
			return nil
		}
		d.ready--
		err := d.client.PostAct(ctx, todo.report.ID, todo.act)
		if err != nil && !moved(err) && d.link.seen(ctx, err) != nil {
			return err
		}
	}
	return nil
}

// capacity is how many acts the staff has time for in one tick.
func (d *desk) capacity() float64 {
	perTick := actsPerReport * reportsPerDay * d.Pace * d.tick.Hours() / 24
	if d.storm.Load().raging(d.Now()) {
		perTick += 2
	}
	return math.Max(perTick, 0.2)
}

// todo is a step that is due.
type todo struct {
	report client.Report
	step
}

// due lists the steps on a page that are due, emergencies first, then by time.
func (d *desk) due(reports []client.Report) []todo {
	now := d.Now()
	var todos []todo
	for i, r := range reports {
		if !ours(r) {
			continue
		}
		next, ok := d.plan(r)
		if !ok || next.at.After(now) || next.act.Actor == "system" {
			continue
		}
		if parent, twin := d.twin(r, reports[:i]); twin {
			next.act = client.Act{Act: string(report.Merge), Parent: parent, Reason: d.phrases.say(dice(d.Seed, r.ID), "merge.reason")}
		}
		next.act.Version, next.act.Actor = r.Version, ""
		todos = append(todos, todo{report: r, step: next})
	}
	slices.SortStableFunc(todos, func(a, b todo) int {
		if a.report.Emergency != b.report.Emergency {
			if a.report.Emergency {
				return -1
			}
			return 1
		}
		return a.at.Compare(b.at)
	})
	return todos
}

// ours reports whether the simulated staff may act on a report: on what was
// simulated, but never on what a visitor has sent and wants to follow by hand.
func ours(r client.Report) bool {
	if r.Origin != string(report.Simulated) {
		return false
	}
	switch report.Source(r.Source) {
	case report.FromForm, report.FromStaff, report.FromOpen311:
		return false
	default:
		return true
	}
}

// plan is the next step of a report as the API tells of it.
func (d *desk) plan(r client.Report) (step, bool) {
	l := life{province: d.province, pace: math.Max(d.Pace, 1)}
	if report.Source(r.Source) == report.FromHistory {
		// What began in real time ends in real time, or the past would be
		// cleared away in a minute.
		l.pace = 1
	}
	return l.next(standing(r), keyOf(r.ReceivedAt, r.Category))
}

// keyOf names a report in chance: by what is told about it both when it is made
// and when it is read back.
func keyOf(received time.Time, category string) string {
	return fmt.Sprintf("%d %s", received.UnixMilli(), category)
}

// standing is a report as far as decisions rest on it. When it last changed is
// not told; the newest of the known instants stands for it.
func standing(r client.Report) report.Report {
	changed := r.ReceivedAt
	for _, at := range []*time.Time{r.AcceptedAt, r.AssignedAt, r.ResolvedAt, r.PublicAt} {
		if at != nil {
			changed = laterOf(changed, *at)
		}
	}
	return report.Report{
		ID: r.ID, Version: r.Version, Category: r.Category, Status: report.Status(r.Status),
		Emergency: r.Emergency, Area: r.Area, Unit: r.Unit, ReceivedAt: r.ReceivedAt, ChangedAt: changed,
		AcceptedAt: r.AcceptedAt, AssignedAt: r.AssignedAt, ResolvedAt: r.ResolvedAt, PublishedAt: r.PublicAt,
		Due: report.Due{
			Accept: r.Due.Accept, Assign: r.Due.Assign, Resolve: r.Due.Resolve,
			Original: r.Due.Original, Publish: r.Due.Publish,
		},
		Bounces: r.Bounces, Reopens: r.Reopens, HasContact: r.HasContact,
	}
}

// twin finds, for a few new reports, an open one of the same matter and place
// to be merged into.
func (d *desk) twin(r client.Report, others []client.Report) (string, bool) {
	if report.Status(r.Status) != report.Moi || chance(d.Seed, r.ID+" merge") >= merged {
		return "", false
	}
	for _, other := range others {
		if other.Category == r.Category && other.Area == r.Area && other.ReceivedAt.Before(r.ReceivedAt) && report.Status(other.Status) != report.CanBoSung {
			return other.Code, true
		}
	}
	return "", false
}
