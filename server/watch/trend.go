package watch

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"toancanh/schema"
	"toancanh/server/kpi"
)

// TrendKey is the level of an area's trend.
const TrendKey = "kpi/trend"

// TrendStep is the step of a trend, which holds 24 hours: 48 full half hours, and last the value of now.
const (
	TrendStep   = 30 * time.Minute
	trendPoints = 49
	trendEvery  = time.Minute      // announced at most so often
	trendLoad   = 15 * time.Second // how often somebody looks whether it must be counted from the facts
	// trendLate is how old the counters may be when a half hour passes, to stand for it.
	trendLate = 5 * time.Second
)

// trendPoint are the numbers of an area at an instant; nil is unknown.
type trendPoint struct{ open, overdue, received, onTime, rain, sources *float64 }

// trendRow are the points of areas, by code, at a full half hour.
type trendRow struct {
	at     time.Time
	points map[string]trendPoint
}

// trend keeps the last rows. All but loaded and wanted is owned by whoever counts.
type trend struct {
	w      *Watch
	rows   []trendRow // rising
	passed time.Time  // the last half hour that was looked at
	said   time.Time

	mu     sync.Mutex
	loaded []trendRow // counted from the facts, not yet taken over
	wanted bool       // rows are missing or no longer true
}

func newTrend(w *Watch) *trend { return &trend{w: w} }

// trendInstant is the last full half hour at or before at.
func trendInstant(at time.Time) time.Time { return at.UTC().Truncate(TrendStep) }

// TrendInstants are the 48 half hours that a trend of now holds.
func TrendInstants(now time.Time) []time.Time {
	last := trendInstant(now)
	list := make([]time.Time, trendPoints-1)
	for i := range list {
		list[i] = last.Add(-time.Duration(len(list)-1-i) * TrendStep)
	}
	return list
}

// want asks for the rows to be counted from the facts.
func (t *trend) want() {
	t.mu.Lock()
	t.wanted = true
	t.mu.Unlock()
}

// load counts the rows from the facts when somebody wants them.
func (t *trend) load(ctx context.Context) error {
	t.mu.Lock()
	wanted := t.wanted
	t.wanted = false
	t.mu.Unlock()
	if !wanted {
		return nil
	}
	rows, err := t.w.countTrend(ctx, t.w.Now().UTC())
	if err != nil {
		t.want()
		return err
	}
	t.mu.Lock()
	t.loaded = rows
	t.mu.Unlock()
	return nil
}

// countTrend counts the rows of now from the stored facts.
func (w *Watch) countTrend(ctx context.Context, now time.Time) ([]trendRow, error) {
	instants := TrendInstants(now)
	then, err := ReadThen(ctx, w.Config, w.Store, instants)
	if err != nil {
		return nil, err
	}
	var rows []trendRow
	for _, at := range instants {
		then.Go(ctx, at)
		rows = append(rows, then.w.trendRow(at))
	}
	return rows, nil
}

// trendRow are the numbers of every area as the board and the sources have them.
func (w *Watch) trendRow(at time.Time) trendRow {
	row := trendRow{at: at, points: map[string]trendPoint{}}
	for _, a := range w.areas() {
		row.points[a.Code] = w.pointOf(a, at)
	}
	return row
}

func (w *Watch) pointOf(a kpi.Area, at time.Time) trendPoint {
	var p trendPoint
	if !w.board.Next().IsZero() { // some report was there: 0 is a number and not ignorance
		v := w.board.Values(a)
		p.open, p.overdue, p.received = number(v.Open), number(v.Overdue), number(v.Received24h)
		p.onTime = v.OnTime()
	}
	if count, _ := w.sources.count(a.Code, at); count.Total > 0 {
		p.sources = number(count.Live)
	}
	if id, gauges := w.sources.wettest(a.Code, at); gauges.Live > 0 {
		mm := tenths(w.sources.latest[id].Value)
		p.rain = &mm
	}
	return p
}

func number(n int) *float64 {
	x := float64(n)
	return &x
}

// pass notes a half hour that has passed. It is called before the board takes what happened later. Where the board cannot
// stand for that instant, the rows are counted from the facts.
func (t *trend) pass(now time.Time) {
	at := trendInstant(now)
	if !at.After(t.passed) {
		return
	}
	t.passed = at
	board := t.w.board
	if board == nil || at.Sub(board.Now()) > trendLate {
		t.want()
		return
	}
	board.Advance(at)
	t.keep(t.w.trendRow(at))
}

// keep adds a row and forgets what no trend needs any more.
func (t *trend) keep(row trendRow) {
	i, found := slices.BinarySearchFunc(t.rows, row.at, func(r trendRow, at time.Time) int { return r.at.Compare(at) })
	if found {
		t.rows[i] = row
	} else {
		t.rows = slices.Insert(t.rows, i, row)
	}
	if extra := len(t.rows) - (trendPoints - 1); extra > 0 {
		t.rows = slices.Delete(t.rows, 0, extra)
	}
}

// levels are the trends of all areas: once a minute, and when they were counted anew.
func (t *trend) levels(now time.Time) []schema.Level {
	t.mu.Lock()
	loaded := t.loaded
	t.loaded = nil
	t.mu.Unlock()
	for _, row := range loaded {
		t.keep(row)
	}
	if len(t.rows) == 0 || loaded == nil && now.Sub(t.said) < trendEvery {
		return nil
	}
	t.said = now
	var levels []schema.Level
	for _, a := range t.w.areas() {
		levels = append(levels, t.level(a, now)...)
	}
	return levels
}

// trendLevel is the data of the level kpi/trend.
type trendLevel struct {
	From   time.Time   `json:"from"`
	StepS  int         `json:"step_s"`
	Series trendSeries `json:"series"`
	AsOf   time.Time   `json:"as_of"`
	Origin string      `json:"origin"`
}

// trendSeries are the points number by number; the last of each is of AsOf, the one before it of the last full half hour.
type trendSeries struct {
	Open       []*float64 `json:"open"`
	Overdue    []*float64 `json:"overdue"`
	Received   []*float64 `json:"received_24h"`
	OnTime     []*float64 `json:"on_time_30d"`
	Rain       []*float64 `json:"rain_1h"`
	SourceLive []*float64 `json:"sources"`
}

func (s *trendSeries) add(p trendPoint) {
	s.Open, s.Overdue = append(s.Open, p.open), append(s.Overdue, p.overdue)
	s.Received, s.OnTime = append(s.Received, p.received), append(s.OnTime, p.onTime)
	s.Rain, s.SourceLive = append(s.Rain, p.rain), append(s.SourceLive, p.sources)
}

func (t *trend) level(a kpi.Area, now time.Time) []schema.Level {
	path := t.w.Atlas.Tree.Path(a.Division, a.Code)
	if path == nil {
		return nil
	}
	instants := TrendInstants(now)
	data := trendLevel{
		From: instants[0], StepS: int(TrendStep.Seconds()), AsOf: now,
		Origin: cmp.Or(t.w.board.Values(a).Origin, string(t.w.Origin)),
	}
	rows := t.rows
	for _, at := range instants {
		for len(rows) > 0 && rows[0].at.Before(at) {
			rows = rows[1:]
		}
		var p trendPoint
		if len(rows) > 0 && rows[0].at.Equal(at) {
			p = rows[0].points[a.Code]
		}
		data.Series.add(p)
	}
	data.Series.add(t.w.pointOf(a, now))
	return t.w.level(path, TrendKey, data, now)
}
