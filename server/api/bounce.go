package api

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/access"
	"toancanh/server/fault"
	"toancanh/server/kpi"
	"toancanh/server/report"
	"toancanh/server/store"
)

// The time a question about the handing over of reports is asked of, when it names none, and the longest.
const (
	usualSpan = 30 * 24 * time.Hour
	mostSpan  = 366 * 24 * time.Hour
)

type spanShown struct {
	Division string    `json:"division"`
	Area     string    `json:"area"`
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
}

func showSpan(p store.Span) spanShown { return spanShown{p.Division, p.Area, p.From, p.To} }

// span reads from, to and area, and holds the area against the caller's right to an action. Without them the last thirty
// days of the caller's first area are meant.
func (a *API) span(c *fiber.Ctx, action access.Action) (store.Span, error) {
	p := store.Span{Division: a.Division, Real: a.Origin == report.Real}
	q, err := query(c, "from", "to", "area")
	if err != nil {
		return p, err
	}
	now := a.Now().UTC()
	to, toErr := momentParam(q, "to", now)
	from, fromErr := momentParam(q, "from", to.Add(-usualSpan))
	if err := fault.Join(fromErr, toErr); err != nil {
		return p, err
	}
	p.From, p.To = from, to
	switch {
	case !from.Before(to):
		return p, fault.Invalid("from", "Thời điểm from phải trước to.").Because("order")
	case to.Sub(from) > mostSpan:
		return p, fault.Invalid("from", "Khoảng thời gian dài tối đa 366 ngày.").Because("too_long")
	}
	root, _ := a.Atlas.Tree.Root(a.Division)
	who := asking(c).Principal
	if p.Area = q["area"]; p.Area == "" {
		p.Area = first(who.Scope, p.Division, root.Code)
	}
	path := a.Atlas.Tree.Path(p.Division, p.Area)
	if path == nil || access.Decide(who, action, access.Object{Place: access.Place{Division: p.Division, Path: path}}) != access.Allow {
		return p, fault.NotFound("Không có địa bàn mang mã này.")
	}
	return p, nil
}

func momentParam(q map[string]string, name string, usual time.Time) (time.Time, error) {
	text, ok := q[name]
	if !ok {
		return usual, nil
	}
	at, ok := parseTime(text)
	if !ok {
		return usual, fault.Invalid(name, "Tham số %s phải là thời điểm RFC 3339, ví dụ 2026-11-01T00:00:00Z.", name).Because("format")
	}
	return at, nil
}

// percent is a part of a whole; nil while the whole is nothing.
func percent(part, whole int) *float64 {
	if whole == 0 {
		return nil
	}
	return new(100 * float64(part) / float64(whole))
}

// hoursLost are hours by the clock they were counted in; the two are never summed.
type hoursLost struct {
	Working float64 `json:"working"`
	Clock   float64 `json:"clock"`
}

func (h *hoursLost) add(lost time.Duration, clock report.Clock) {
	if clock == report.ClockTime {
		h.Clock += lost.Hours()
		return
	}
	h.Working += lost.Hours()
}

// pairShown is what went back from a unit, and to which it went next; To is empty while it went to none.
type pairShown struct {
	From     string    `json:"from"`
	FromName string    `json:"from_name"`
	To       string    `json:"to"`
	ToName   string    `json:"to_name"`
	Bounces  int       `json:"bounces"`
	Hours    hoursLost `json:"hours"`
}

// bounced is what returns cost.
type bounced struct {
	Bounces     int       `json:"bounces"`
	Assignments int       `json:"assignments"`
	Value       *float64  `json:"value"` // per cent of the assignments
	Target      float64   `json:"target"`
	Hours       hoursLost `json:"hours"`
	pairs       map[[2]string]*pairShown
}

// bounces adds up what returns cost in a span.
func (a *API) bounces(ctx context.Context, p store.Span) (bounced, error) {
	list, assignments, err := a.Store.Bounces(ctx, p)
	if err != nil {
		return bounced{}, err
	}
	sum := bounced{
		Bounces: len(list), Assignments: assignments, Value: percent(len(list), assignments), Target: kpi.BouncesTarget,
		pairs: map[[2]string]*pairShown{},
	}
	for _, b := range list {
		lost, clock, err := a.Rules.Lost(b)
		if err != nil {
			return bounced{}, err
		}
		key := [2]string{b.From, b.To}
		pair := sum.pairs[key]
		if pair == nil {
			pair = &pairShown{From: b.From, To: b.To}
			sum.pairs[key] = pair
		}
		pair.Bounces++
		pair.Hours.add(lost, clock)
		sum.Hours.add(lost, clock)
	}
	return sum, nil
}

// getBounces is the table of returns between units, the dearest pair first.
func (a *API) getBounces(ctx context.Context, c *fiber.Ctx) error {
	p, err := a.span(c, access.ReadBounces)
	if err != nil {
		return err
	}
	sum, err := a.bounces(ctx, p)
	if err != nil {
		return err
	}
	names, err := a.unitNames(ctx)
	if err != nil {
		return err
	}
	pairs := []pairShown{}
	for _, pair := range slices.SortedFunc(maps.Values(sum.pairs), dearest) {
		pair.FromName, pair.ToName = names.UnitName(pair.From), names.UnitName(pair.To)
		pairs = append(pairs, *pair)
	}
	return send(c, fiber.StatusOK, struct {
		spanShown
		bounced
		Pairs []pairShown `json:"pairs"`
	}{showSpan(p), sum, pairs})
}

func dearest(a, b *pairShown) int {
	return cmp.Or(
		cmp.Compare(b.Hours.Working+b.Hours.Clock, a.Hours.Working+a.Hours.Clock), cmp.Compare(b.Bounces, a.Bounces),
		cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To),
	)
}

// handedOver adds to the KPIs of an area what was handed over in its last thirty days: returns, and notes that are electronic.
func (a *API) handedOver(ctx context.Context, p store.Span, shown kpisShown) error {
	p.From, p.To = shown.AsOf.Add(-usualSpan), shown.AsOf
	sum, err := a.bounces(ctx, p)
	if err != nil {
		return err
	}
	notes, err := a.Store.CountTransfers(ctx, p)
	if err != nil {
		return err
	}
	shown.KPIs["bounces_30d"] = sum
	shown.KPIs["e_documents_30d"] = map[string]any{
		"value": percent(notes.Electronic, notes.All), "electronic": notes.Electronic, "signed": notes.Signed, "all": notes.All, "target": nil,
	}
	return nil
}
