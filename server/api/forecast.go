package api

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/access"
	"toancanh/server/fault"
	"toancanh/server/forecast"
	"toancanh/server/report"
	"toancanh/server/store"
)

// Bounds of forecasts.
const (
	learnedFor    = time.Hour            // what was learned is used so long
	learnAgain    = time.Minute          // after learning has failed
	learnedSpan   = 180 * 24 * time.Hour // of the past
	mostLearned   = 20_000               // reports
	mostDue       = 1000                 // open reports looked at
	mostForecasts = 200                  // reports shown
)

// seer keeps what was learned last. One request learns at a time; the others use what there is.
type seer struct {
	newest   atomic.Pointer[learned]
	learning sync.Mutex
	failed   time.Time // when learning failed last; guarded by learning
}

type learned struct {
	forecast.Learned
	at time.Time
}

// scoreShown is how well warnings met what happened.
type scoreShown struct {
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
	F1        float64 `json:"f1"`
	Hits      int     `json:"hits"`
	False     int     `json:"false"`
	Silent    int     `json:"silent"`
}

func showScore(s forecast.Score) scoreShown {
	return scoreShown{s.Precision(), s.Recall(), s.F1(), s.Hits, s.False, s.Silent}
}

// skillShown is the backtest.
type skillShown struct {
	From       time.Time  `json:"from"`
	Split      time.Time  `json:"split"`
	To         time.Time  `json:"to"`
	Learned    int        `json:"learned"`
	Judged     int        `json:"judged"`
	Missed     int        `json:"missed"`
	Hours      int        `json:"hours"`
	Threshold  float64    `json:"threshold"`
	Margin     float64    `json:"margin"`
	Rule       scoreShown `json:"rule"`
	NotStarted scoreShown `json:"not_started"`
	AllDue     scoreShown `json:"all_due"`
}

func showSkill(s forecast.Skill) *skillShown {
	return &skillShown{
		s.From, s.Split, s.To, s.Learned, s.Judged, s.Missed, s.Hours, s.Threshold, forecast.Margin,
		showScore(s.Rule), showScore(s.NotStarted), showScore(s.AllDue),
	}
}

// alikeShown is the count behind a chance; an empty unit or category stands for all.
type alikeShown struct {
	Unit     string         `json:"unit"`
	Category string         `json:"category"`
	Stage    forecast.Stage `json:"stage"`
	Left     forecast.Left  `json:"left"`
	Kept     int            `json:"kept"`
	Of       int            `json:"of"`
}

// forecastShown is a report that will probably miss its due date.
type forecastShown struct {
	ID       string       `json:"id"`
	Code     string       `json:"code"`
	Category string       `json:"category"`
	Unit     string       `json:"unit"`
	Area     string       `json:"area"`
	Due      time.Time    `json:"due"`
	Chance   float64      `json:"chance"`
	Why      string       `json:"why"`
	Alike    alikeShown   `json:"alike"`
	Act      forecast.Act `json:"act"`
}

// forecastsShown is the answer; shown false says that forecasts are not good enough here, and why.
type forecastsShown struct {
	Shown   bool            `json:"shown"`
	WhyNot  string          `json:"why_not"`
	Skill   *skillShown     `json:"skill"` // null until something was learned
	AsOf    time.Time       `json:"as_of"`
	Reports []forecastShown `json:"reports"`
	More    bool            `json:"more"` // there are more than are shown
}

// getForecast answers with the open reports that will probably miss their due date within four working hours, as far as the
// caller may see them.
func (a *API) getForecast(ctx context.Context, c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	shown := forecastsShown{AsOf: a.Now().UTC(), Reports: []forecastShown{}}
	l, err := a.learned(ctx)
	if err != nil {
		return err
	}
	if l == nil {
		shown.WhyNot = "Chưa học xong từ các phản ánh đã xử lý; xin xem lại sau một phút."
		return send(c, fiber.StatusOK, shown)
	}
	shown.Skill, shown.WhyNot, shown.Shown = showSkill(l.Skill), l.Skill.WhyNot(), l.Skill.Better()
	if !shown.Shown {
		return send(c, fiber.StatusOK, shown)
	}
	shown.Reports, shown.More, err = a.forecasts(ctx, l, access.ReachOf(asking(c).Principal, access.ListReports), shown.AsOf)
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, shown)
}

// learned is what was learned within the hour. While another request learns, or after learning has failed, it is what was
// learned before; nil when that is nothing.
func (a *API) learned(ctx context.Context) (*learned, error) {
	now := a.Now().UTC()
	newest := a.seer.newest.Load()
	if newest != nil && now.Sub(newest.at) < learnedFor || !a.seer.learning.TryLock() {
		return newest, nil
	}
	defer a.seer.learning.Unlock()
	if newest = a.seer.newest.Load(); newest != nil && now.Sub(newest.at) < learnedFor || now.Sub(a.seer.failed) < learnAgain {
		return newest, nil
	}
	span := forecast.Span{From: now.Add(-learnedSpan), To: now}
	past, err := a.Store.HandledReports(ctx, store.Handled{Span: span, RealOnly: a.Origin == report.Real, Most: mostLearned})
	if err != nil {
		a.seer.failed = now
		if newest == nil {
			return nil, err
		}
		a.Log.WarnContext(ctx, "forecast not learned anew", slog.Any("error", err))
		return newest, nil
	}
	fresh := learned{forecast.Train(a.Rules, past, span), now}
	if n := len(fresh.Broken); n > 0 {
		a.Log.WarnContext(ctx, "forecast learned without broken timelines", slog.Int("reports", n), slog.Any("first", fresh.Broken[0]))
	}
	a.seer.newest.Store(&fresh)
	return &fresh, nil
}

// forecasts are the reports to warn of, the likeliest to be missed first.
func (a *API) forecasts(ctx context.Context, l *learned, reach access.Reached, now time.Time) (list []forecastShown, more bool, err error) {
	ends := a.Rules.Current().Calendar.Add(now, report.Limit{Clock: report.WorkingTime, Time: forecast.Ahead})
	due, next, err := a.Store.List(ctx, store.Filter{
		Statuses:  []string{string(report.DaPhanCong), string(report.DangXuLy), string(report.XinGiaHan), string(report.MoLai)},
		DueWithin: ends.Sub(now) + time.Microsecond, Now: now, Order: store.ByDue, Limit: mostDue, Reach: reach,
	})
	if err != nil {
		return nil, false, err
	}
	names, err := a.unitNames(ctx)
	if err != nil {
		return nil, false, err
	}
	list, more = []forecastShown{}, next != ""
	for _, r := range due {
		if (r.Origin == report.Real) != (a.Origin == report.Real) {
			continue
		}
		s, near, err := forecast.StandingOf(a.Rules, r, now)
		if err != nil {
			return nil, false, fault.Internal(err)
		}
		e, warn := l.Warn(s)
		if !near || !warn {
			continue
		}
		category, _ := a.Rules.Category(r.Category)
		list = append(list, forecastShown{
			ID: r.ID, Code: r.Code, Category: r.Category, Unit: r.Unit, Area: r.Area, Due: s.Due, Chance: e.Chance,
			Why:   e.Why(forecast.Names{Unit: names.UnitName(r.Unit), Category: cmp.Or(category.Name, r.Category)}),
			Alike: alikeShown{e.Unit, e.Category, e.Stage, e.Left, e.Kept, e.Of}, Act: forecast.Help(r, s.Stage),
		})
	}
	slices.SortStableFunc(list, func(a, b forecastShown) int { return cmp.Compare(b.Chance, a.Chance) })
	if len(list) > mostForecasts {
		list, more = list[:mostForecasts], true
	}
	return list, more, nil
}
