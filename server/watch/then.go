package watch

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"toancanh/schema"
	"toancanh/server/kpi"
	"toancanh/server/report"
	"toancanh/server/store"
	"toancanh/server/storm"
	"toancanh/server/view"
)

// PastStore is what looking back reads.
type PastStore interface {
	PastFacts(ctx context.Context, division string, from, to time.Time) (store.PastFacts, error)
	NewestAt(ctx context.Context, h store.Heard) ([]store.Latest, error)
	Sensors(ctx context.Context) (map[string]store.Sensor, error)
	MaintenanceBetween(ctx context.Context, from, to time.Time) ([]store.MaintenanceWindow, error)
	SensorsSince(ctx context.Context) (map[int32]time.Time, error)
	ReadingsUntil(ctx context.Context, wants []store.Want, until time.Time) ([]store.Latest, error)
	ReportsByID(ctx context.Context, ids []string) ([]report.Report, error)
}

// words is the part of a Store that the scene of a Then asks for: what was reported, as it may be shown today.
type words struct {
	Store
	source PastStore
}

// ReportsByID reads reports as they are today.
func (w words) ReportsByID(ctx context.Context, ids []string) ([]report.Report, error) {
	list, err := w.source.ReportsByID(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("read words of the past: %w", err)
	}
	return list, nil
}

// Then is the province as it stood at an instant of the past. It moves forward through what is stored and counts by the
// code that counts the present. One goroutine at a time may use it.
type Then struct {
	w     *Watch // of its own: it announces nothing
	facts store.PastFacts
	at    time.Time

	reports   map[string]*report.Report // as of at
	withdrawn map[string]bool           // today
	changes   []change                  // not yet reached, by time
	heard     []store.Latest            // not yet reached, by time
	readings  []store.Latest            // for the windows of the scene; not yet reached, by time
	until     time.Time                 // as far as is read

	tellsStorm bool
	asleep     []sleeper // sensors that were not there yet
	trend      *trend
}

// change is an entry of a report's timeline.
type change struct {
	today *report.Report
	entry report.Entry
}

// sleeper is a sensor before it was registered or first heard.
type sleeper struct {
	store.Sensor
	since time.Time
}

// Change is what an act made of a report. Before is nil at birth.
type Change struct {
	Before *report.Report
	After  report.Report
	At     time.Time
}

// ReadThen reads what is stored of the time from the first to the last of some rising instants and stands at the first.
// The values of sensors are exact at these instants. Of c it needs Atlas, Division, Origin, Rules, Location, Keep and
// Log.
func ReadThen(ctx context.Context, c Config, s PastStore, instants []time.Time) (*Then, error) {
	from, to := instants[0], instants[len(instants)-1]
	t := &Then{
		w: &Watch{Config: c, versions: map[string]int64{}, board: kpi.NewBoard(c.Location)}, at: from, until: to,
		reports: map[string]*report.Report{}, withdrawn: map[string]bool{},
	}
	t.w.Store = words{source: s}
	t.w.sources, t.w.scene = newSources(t.w), newScene(t.w)
	t.trend = newTrend(t.w)
	var err error
	if t.facts, err = s.PastFacts(ctx, c.Division, from, to); err != nil {
		return nil, err
	}
	if err := t.readSensors(ctx, s, instants); err != nil {
		return nil, err
	}
	t.stand(ctx)
	t.hear(from)
	return t, nil
}

func (t *Then) readSensors(ctx context.Context, s PastStore, instants []time.Time) error {
	byCode, err := s.Sensors(ctx)
	if err != nil {
		return err
	}
	since, err := s.SensorsSince(ctx)
	if err != nil {
		return err
	}
	windows, err := s.MaintenanceBetween(ctx, instants[0], instants[len(instants)-1])
	if err != nil {
		return err
	}
	t.w.sources.upkeep = store.NewUpkeep(windows)
	t.w.sources.sensors = map[int32]*store.Sensor{}
	heard := store.Heard{At: instants, RawSince: rawSince(t.w.Now(), t.w.Keep.Readings)}
	for _, x := range byCode {
		if x.Division == t.w.Division && x.InUse() {
			heard.Sensors = append(heard.Sensors, x.ID)
			t.asleep = append(t.asleep, sleeper{x, since[x.ID]})
		}
	}
	t.heard, err = s.NewestAt(ctx, heard)
	return err
}

// sceneBin is how close together readings are read for the windows of the scene: closer than any of its numbers can tell.
const sceneBin = time.Minute

// ReadScene reads what the scene mưa bão needs of the readings from the present instant on; without it Levels does not tell
// of a storm. The time before comes along as far as windows reach.
func (t *Then) ReadScene(ctx context.Context, s PastStore) error {
	const spare = 3 * time.Hour // for the last word before a window
	var wants []store.Want
	want := func(x *store.Sensor) {
		if !storm.Keeps(&x.Sensor) {
			return
		}
		span, _ := storm.Span(x.Kind)
		wants = append(wants, store.Want{SensorID: x.ID, After: t.at.Add(-span - spare), Bin: sceneBin})
		t.w.scene.windows[x.ID] = window{x.Kind, storm.NewWindow(x.Kind)}
	}
	for _, x := range t.w.sources.sensors {
		want(x)
	}
	for i := range t.asleep {
		want(&t.asleep[i].Sensor)
	}
	var err error
	if t.readings, err = s.ReadingsUntil(ctx, wants, t.until); err != nil {
		return err
	}
	t.tellsStorm = true
	t.hear(t.at)
	return nil
}

// rawSince is from when single readings are there: whole days are dropped.
func rawSince(now time.Time, keep time.Duration) time.Time {
	const day = 24 * time.Hour
	return now.Add(-keep).UTC().Truncate(day).Add(day)
}

// stand puts every report where it stood at the beginning and counts.
func (t *Then) stand(ctx context.Context) {
	var counted []kpi.Fact
	for i := range t.facts.Reports {
		today := &t.facts.Reports[i]
		t.withdrawn[today.ID] = today.WithdrawnAt != nil
		state, ok := t.standing(ctx, today)
		if !ok {
			continue
		}
		t.reports[today.ID] = state
		if t.w.counted(*state) {
			counted = append(counted, view.Fact(*state))
		}
	}
	t.w.board.Load(counted, t.at)
	slices.SortStableFunc(t.changes, func(a, b change) int {
		return cmp.Or(a.entry.At.Compare(b.entry.At), cmp.Compare(a.today.ID, b.today.ID), cmp.Compare(a.entry.N, b.entry.N))
	})
}

// standing is the report at the beginning, false when it was not there; what its timeline says of later waits.
func (t *Then) standing(ctx context.Context, today *report.Report) (*report.Report, bool) {
	if !today.ChangedAt.After(t.at) {
		return today, true
	}
	timeline := t.facts.Timelines[today.ID]
	past, _ := slices.BinarySearchFunc(timeline, t.at.Add(1), func(e report.Entry, at time.Time) int { return e.At.Compare(at) })
	for _, e := range timeline[past:] {
		t.changes = append(t.changes, change{today, e})
	}
	if past == 0 {
		return nil, false
	}
	state, _, err := t.w.Rules.At(*today, timeline[:past], t.at, t.w.Atlas.Tree.Path)
	if err != nil {
		t.leaveOut(ctx, err)
		return nil, false
	}
	return &state, true
}

func (t *Then) leaveOut(ctx context.Context, err error) {
	t.w.Log.LogAttrs(ctx, slog.LevelWarn, "report left out of the past", slog.Any("err", err))
}

// At is the instant it stands at.
func (t *Then) At() time.Time { return t.at }

// Epoch is that of the database.
func (t *Then) Epoch() string { return t.facts.Epoch }

// First is the earliest receipt in the database.
func (t *Then) First() time.Time { return t.facts.First }

// Go moves forward to an instant and returns what became of reports on the way, those withdrawn today left out.
func (t *Then) Go(ctx context.Context, at time.Time) []Change {
	var done []Change
	for len(t.changes) > 0 && !t.changes[0].entry.At.After(at) {
		c := t.changes[0]
		t.changes = t.changes[1:]
		before, after, err := t.redo(c)
		if err != nil {
			t.leaveOut(ctx, err)
			continue
		}
		t.reports[after.ID] = after
		if t.w.counted(*after) {
			t.w.board.Apply(view.Fact(*after), c.entry.At)
		}
		if !t.withdrawn[after.ID] {
			done = append(done, Change{Before: before, After: *after, At: c.entry.At})
		}
	}
	t.at = at
	t.w.board.Advance(at)
	t.hear(at)
	return done
}

func (t *Then) redo(c change) (before, after *report.Report, err error) {
	var state report.Report
	before = t.reports[c.today.ID]
	switch {
	case before == nil && c.entry.N > 1:
		return nil, nil, fmt.Errorf("report %s: entry %d follows none", c.today.ID, c.entry.N)
	case before == nil:
		state, err = t.w.Rules.Newborn(*c.today, c.entry, t.w.Atlas.Tree.Path)
	default:
		state, err = t.w.Rules.Redo(*before, c.entry, t.w.Atlas.Tree.Path)
	}
	return before, &state, err
}

// hear takes the values measured until at. A sensor is there once it was registered or heard.
func (t *Then) hear(at time.Time) {
	for len(t.readings) > 0 && !t.readings[0].At.After(at) {
		l := t.readings[0]
		t.readings = t.readings[1:]
		t.w.scene.windows[l.SensorID].Add(storm.NewPoint(l.At, l.Value), at)
	}
	for len(t.heard) > 0 && !t.heard[0].At.After(at) {
		l := t.heard[0]
		t.heard = t.heard[1:]
		t.w.sources.latest[l.SensorID] = l
	}
	asleep := len(t.asleep)
	t.asleep = slices.DeleteFunc(t.asleep, func(x sleeper) bool {
		_, spoke := t.w.sources.latest[x.ID]
		if !spoke && x.since.After(at) {
			return false
		}
		t.w.sources.sensors[x.ID] = &x.Sensor
		return true
	})
	if len(t.asleep) < asleep || t.w.sources.inside == nil {
		t.w.sources.arrange()
	}
}

// Reports are those in an area, in no order, those withdrawn today left out. They have no texts.
func (t *Then) Reports(area string) []report.Report {
	var list []report.Report
	for _, r := range t.reports {
		if !t.withdrawn[r.ID] && r.Division == t.w.Division && slices.Contains(r.Path, area) {
			list = append(list, *r)
		}
	}
	return list
}

// KeepTrend notes the numbers of an area for its trend, when the instant is one of those a trend holds.
func (t *Then) KeepTrend(area string) {
	if t.at.Equal(trendInstant(t.at)) {
		a := kpi.Area{Division: t.w.Division, Code: area}
		t.trend.keep(trendRow{at: t.at, points: map[string]trendPoint{area: t.w.pointOf(a, t.at)}})
	}
}

// Levels are what the walls of an area were told at the instant.
func (t *Then) Levels(ctx context.Context, area string) ([]schema.LevelItem, error) {
	path := t.w.Atlas.Tree.Path(t.w.Division, area)
	a := kpi.Area{Division: t.w.Division, Code: area}
	var levels []schema.Level
	if !t.w.board.Next().IsZero() { // before the first report nobody counted: there is no 0
		levels = t.w.kpiLevels([]kpi.Area{a}, t.at)
	}
	for id, x := range t.w.sources.sensors {
		if _, spoke := t.w.sources.latest[id]; spoke && slices.Contains(x.Path, area) {
			levels = append(levels, t.w.sources.reading(id, t.at)...)
		}
	}
	if _, holds := t.w.sources.inside[area]; holds {
		levels = append(levels, t.w.sources.live(path, t.at, true)...)
		levels = append(levels, t.w.sources.heaviestRain(path, t.at)...)
	}
	if len(t.trend.rows) > 0 {
		levels = append(levels, t.trend.level(a, t.at)...)
	}
	if t.tellsStorm {
		scene, err := t.storm(ctx, a)
		if err != nil {
			return nil, err
		}
		levels = append(levels, scene...)
	}
	topic := schema.AreaTopic(schema.Wall, t.w.Division, path...)
	items := make([]schema.LevelItem, 0, len(levels)/2)
	for _, l := range levels {
		if l.Topic == topic {
			items = append(items, l.LevelItem)
		}
	}
	slices.SortFunc(items, func(a, b schema.LevelItem) int { return strings.Compare(a.Key, b.Key) })
	return items, nil
}

// storm are the levels of the scene mưa bão.
func (t *Then) storm(ctx context.Context, a kpi.Area) ([]schema.Level, error) {
	measured := t.w.sources.measured(t.at)
	changed, err := t.w.scene.changed(ctx, measured, t.at)
	if err != nil {
		return nil, err
	}
	return t.w.scene.areaLevels(a, measured[a.Code], changed[a.Code], turn{t.at, true}), nil
}
