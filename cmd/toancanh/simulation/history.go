package simulation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"toancanh/cmd/toancanh/client"
	"toancanh/server/report"
)

// DefaultHistoryDays covers the 30 days of the rate of reports handled on time,
// and the deadlines of those received before.
const DefaultHistoryDays = 35

const (
	reportBatch  = 500
	readingBatch = 5000
	loaders      = 2 // requests at once: the server has live work to do
)

// History loads the past of a province, newest first: the reports of so many
// days with all that happened to them, and the readings of the sensors. It
// registers the sensors first. The same seed at the same time makes the same
// past. It returns when all is loaded; items the server refuses are counted in
// the log.
func History(ctx context.Context, cfg Config, days int) error {
	p, err := newProvince(cfg)
	if err != nil {
		return err
	}
	if days < 1 {
		return fmt.Errorf("load history: %d days", days)
	}
	now := p.Now()
	if err := p.register(ctx); err != nil {
		return fmt.Errorf("load history: %w", err)
	}
	loader := &loader{province: p, now: now}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(loaders)
	// What a screen shows first comes first.
	loader.readings(ctx, group, window{from: now.Add(-2 * time.Hour), to: now, step: fineStep})
	for day := range days {
		loader.day(ctx, group, now.AddDate(0, 0, -day))
	}
	loader.readings(ctx, group, window{from: now.Add(-fineHours), to: now.Add(-2 * time.Hour), step: fineStep})
	for to := now.Add(-fineHours); to.After(now.AddDate(0, 0, -days)); to = to.Add(-coarseBlock) {
		loader.readings(ctx, group, window{from: to.Add(-coarseBlock), to: to, step: coarseStep})
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("load history: %w", err)
	}
	return loader.close(ctx)
}

// loader sends batches and counts what became of them.
type loader struct {
	*province
	now     time.Time
	reports atomic.Int64
	values  atomic.Int64
	refused atomic.Int64
}

func (l *loader) close(ctx context.Context) error {
	l.Log.InfoContext(ctx, "history is loaded", slog.Int64("reports", l.reports.Load()),
		slog.Int64("readings", l.values.Load()), slog.Int64("refused", l.refused.Load()))
	if l.reports.Load() == 0 && l.refused.Load() > 0 {
		return errors.New("load history: the server took no report")
	}
	return nil
}

func (l *loader) count(ctx context.Context, taken client.Taken, total *atomic.Int64) {
	total.Add(int64(taken.Accepted))
	if len(taken.Refused) == 0 {
		return
	}
	l.refused.Add(int64(len(taken.Refused)))
	first := taken.Refused[0]
	l.Log.WarnContext(ctx, "part of the history was refused", slog.Int("refused", len(taken.Refused)),
		slog.Int("index", first.Index), slog.String("field", first.Field), slog.String("reason", first.Reason))
}

// day loads the reports of the local day of t, newest first.
func (l *loader) day(ctx context.Context, group *errgroup.Group, t time.Time) {
	group.Go(func() error {
		past := l.pastDay(t, l.now)
		slices.Reverse(past)
		for batch := range slices.Chunk(past, reportBatch) {
			taken, err := l.client.PostHistory(ctx, batch)
			if err != nil {
				return err
			}
			l.count(ctx, taken, &l.reports)
		}
		return nil
	})
}

// pastDay makes the reports received on the local day of t and before now, in
// the order of their receipt.
func (p *province) pastDay(t, now time.Time) []client.PastReport {
	local := t.In(p.Location)
	day := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, p.Location)
	roll := dice(p.Seed, "reports of "+day.Format(time.DateOnly))
	mean := reportsPerDay * weekdays[day.Weekday()]
	count := int(math.Round(mean + math.Sqrt(mean)*roll.NormFloat64()))
	var past []client.PastReport
	for i := range count {
		one := p.pastReport(fmt.Sprintf("%s %d", day.Format(time.DateOnly), i), day, now)
		if one.ReceivedAt.Before(now) {
			past = append(past, one)
		}
	}
	slices.SortFunc(past, func(a, b client.PastReport) int { return a.ReceivedAt.Compare(b.ReceivedAt) })
	return past
}

// pastReport makes one report of a day and what has happened to it until now.
func (p *province) pastReport(key string, day, now time.Time) client.PastReport {
	r := dice(p.Seed, "report "+key)
	categories := p.Rules.Current().Categories
	shares := make([]float64, len(categories))
	for i, c := range categories {
		shares[i] = c.Share
	}
	category := categories[pickWeighted(r, shares)]
	course := hoursOf(category.Code)
	hour := float64(pickWeighted(r, course[:])) + r.Float64()
	from := p.places.draw(r)
	past := client.PastReport{
		NewReport:  p.write(r, category, from),
		ReceivedAt: day.Add(time.Duration(hour * float64(time.Hour))).UTC().Truncate(time.Millisecond),
		Origin:     string(report.Simulated),
	}
	// The past keeps no contacts, so nobody in it was asked for more.
	past.Contact = nil
	past.Acts = p.live(past, now)
	return past
}

// maxSteps bounds a life; the longest planned one has about 15.
const maxSteps = 40

// live is what happens to a report from its receipt until now, every act tried
// on the rules themselves. It returns the acts after the receipt.
func (p *province) live(past client.PastReport, now time.Time) []client.Act {
	standing, err := p.born(past)
	if err != nil {
		return nil
	}
	l, key := life{province: p, pace: 1}, keyOf(past.ReceivedAt, past.Category)
	var acts []client.Act
	for range maxSteps {
		next, ok := l.next(standing, key)
		if !ok || !next.at.Before(now) {
			break
		}
		at := laterOf(next.at, standing.ChangedAt.Add(time.Second)).Truncate(time.Millisecond)
		if !at.Before(now) {
			break
		}
		if standing, _, err = p.Rules.Apply(standing, rulesAct(next.act), at); err != nil {
			break
		}
		next.act.At = at.UTC()
		acts = append(acts, next.act)
	}
	return acts
}

// born is a past report at its receipt, as the rules see it.
func (p *province) born(past client.PastReport) (report.Report, error) {
	point := place{}
	point.point.Lat, point.point.Lon = past.Location.Lat, past.Location.Lon
	code, _ := p.places.locator.Locate(point.point)
	r, _, err := p.Rules.New(report.Draft{
		Category: past.Category, Description: past.Description, Address: past.Address,
		Location:  report.Point{Lat: past.Location.Lat, Lon: past.Location.Lon},
		Emergency: past.Emergency, HasContact: past.Contact != nil,
		Source: report.FromHistory, Origin: report.Origin(past.Origin),
	}, report.Birth{
		Placed: report.Placed{Division: p.places.division, Area: code, Path: p.places.tree.Path(p.places.division, code)},
		At:     past.ReceivedAt,
	})
	if err != nil {
		return report.Report{}, fmt.Errorf("make report of the past: %w", err)
	}
	return r, nil
}

func rulesAct(a client.Act) report.Act {
	act := report.Act{
		Name: report.ActName(a.Act), Actor: a.Actor, Unit: a.Unit,
		Reason: a.Reason, Text: a.Text, Parent: a.Parent,
	}
	if !a.Until.IsZero() {
		act.Until = &a.Until
	}
	return act
}
