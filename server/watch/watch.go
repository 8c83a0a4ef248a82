// Package watch makes true what the clock alone makes true, and counts. On the leader it keeps the counters of every
// area from committed reports, publishes them and the newest readings as levels, checks them against SQL, closes what
// waited too long, and keeps the partitions. It decides nothing about who may see what and speaks no HTTP.
package watch

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"toancanh/schema"
	"toancanh/server/area"
	"toancanh/server/kpi"
	"toancanh/server/report"
	"toancanh/server/store"
	"toancanh/server/storm"
	"toancanh/server/view"
)

// The paces of the leader.
const (
	LevelEvery     = 250 * time.Millisecond // conflation: at most four values a second and key
	RepublishEvery = 4 * time.Second        // every level again, so that whatever the bus lost is repaired
	checkEvery     = time.Minute            // counters against SQL
	rollupEvery    = time.Minute
	observeEvery   = 5 * time.Minute // how often sensors usually speak
	tidyEvery      = time.Hour       // partitions, old keys
	closeEvery     = 30 * time.Second
	mailEvery      = 5 * time.Second
	hooksEvery     = time.Second
	sealEvery      = 500 * time.Millisecond // an audit row is sealed within two seconds
	pendingMost    = 50_000                 // changed reports waiting to be read; beyond it everything is read again
)

// Store is what the watch reads and keeps.
type Store interface {
	PastStore
	Facts(ctx context.Context, each func(report.Report)) (time.Time, error)
	ReportsByID(ctx context.Context, ids []string) ([]report.Report, error)
	CountAreas(ctx context.Context, division string, realOnly bool, at time.Time) (map[string]store.Counts, error)
	LatestSince(ctx context.Context, since time.Time) ([]store.Latest, time.Time, error)
	Rollup(ctx context.Context, late func(sensorID int32, bucket time.Time)) error
	Observe(ctx context.Context, now time.Time) error
	ReadingsFor(ctx context.Context, wants []store.Want, now time.Time, each func(sensorID int32, at time.Time, value float64)) error
	SensorFigures(ctx context.Context, division string, ids []int32, at time.Time) (map[string]storm.Figures, error)
	KeepPartitions(ctx context.Context, now time.Time, keep store.Retention) error
	ForgetPromises(ctx context.Context) error
	Expired(ctx context.Context, now time.Time) ([]store.Expiry, error)
}

// Actor does acts on reports for the clock.
type Actor interface {
	Act(ctx context.Context, id string, act report.Act) (report.Report, error)
}

// Config names what a watch needs.
type Config struct {
	Store    Store
	Actor    Actor
	Atlas    *area.Atlas
	Rules    *report.Rulebook
	Division string
	Origin   report.Origin // what the dataset was born as; real and not real are never summed
	Location *time.Location
	Keep     store.Retention
	Now      func() time.Time
	Log      *slog.Logger
	Metrics  prometheus.Registerer

	Seal   func(context.Context) error // seals the audit's newest rows; nil: there is none
	Forget func(context.Context) error // drops sessions long over; nil: there are none
	// DropContacts forgets some contacts of reports closed before an instant and says how many, 0 at the end; nil: there
	// are none.
	DropContacts func(ctx context.Context, closedBefore time.Time) (int, error)
	Mail         func(context.Context) error // hands over the mails that are due; nil: there are none
	Hooks        func(context.Context) error // tells other systems what they have not heard; nil: there are none
	// Silent is since when each sensor is silent that an alarm says so of, by its code; nil: nobody tells.
	Silent func() map[string]time.Time
}

// Watch follows the relay: it works while its process leads. It implements relay.Follower.
type Watch struct {
	Config
	counts counters

	mu      sync.Mutex // guards pending, reload, boardAt and late
	pending map[string]struct{}
	reload  bool
	boardAt time.Time
	late    map[int32]time.Time // sensors with late readings -> their earliest late bucket

	// Owned by Lead.
	board    *kpi.Board
	announce func([]schema.Level)
	versions map[string]int64
	sources  *sources
	trend    *trend
	scene    *scene

	mapVersion int64
}

// New makes a watch.
func New(c Config) *Watch {
	w := &Watch{
		Config: c, counts: newCounters(c.Metrics), pending: map[string]struct{}{}, late: map[int32]time.Time{},
		versions: map[string]int64{},
	}
	w.trend, w.scene = newTrend(w), newScene(w)
	return w
}

// Stamped notes which reports changed. It never blocks; when too many wait, everything is read again.
func (w *Watch) Stamped(events []schema.Announced) {
	root := w.rootTopic()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range events {
		switch {
		case e.Kind == schema.KindReset:
			w.reload = true
			w.trend.want()
		case e.Topic != root || e.ID == "" || e.Kind != schema.KindReport && e.Kind != schema.KindGone: // of nothing the counters know
		case len(w.pending) >= pendingMost:
			w.reload = true
		default:
			w.pending[e.ID] = struct{}{}
		}
	}
}

func (w *Watch) rootTopic() string {
	root, _ := w.Atlas.Tree.Root(w.Division)
	return schema.AreaTopic(schema.Ops, w.Division, root.Code)
}

// Lead works until ctx ends.
func (w *Watch) Lead(ctx context.Context, announce func([]schema.Level)) {
	w.announce = announce
	w.board = nil
	w.sources, w.scene = newSources(w), newScene(w)
	w.trend.passed = trendInstant(w.Now())
	w.trend.want()
	w.mu.Lock()
	w.reload = true
	w.mu.Unlock()

	var jobs sync.WaitGroup
	jobs.Go(func() { w.every(ctx, rollupEvery, "roll readings up", w.rollUp) })
	jobs.Go(func() { w.every(ctx, observeEvery, "observe sensors", w.observe) })
	jobs.Go(func() { w.every(ctx, tidyEvery, "tidy", w.tidy) })
	if w.Seal != nil {
		jobs.Go(func() { w.every(ctx, sealEvery, "seal the audit", w.Seal) })
	}
	if w.Forget != nil {
		jobs.Go(func() { w.every(ctx, tidyEvery, "forget sessions", w.Forget) })
	}
	if w.DropContacts != nil {
		jobs.Go(func() { w.every(ctx, tidyEvery, "drop contacts", w.dropContacts) })
	}
	if w.Mail != nil {
		jobs.Go(func() { w.every(ctx, mailEvery, "send mails", w.Mail) })
	}
	if w.Hooks != nil {
		jobs.Go(func() { w.every(ctx, hooksEvery, "tell other systems", w.Hooks) })
	}
	jobs.Go(func() { w.every(ctx, closeEvery, "close what waited too long", w.closeExpired) })
	jobs.Go(func() { w.every(ctx, trendLoad, "count the trend", w.trend.load) })
	defer jobs.Wait()
	w.count(ctx)
}

// every runs do at once and then at a pace until ctx ends; a failure is logged and tried again at the next turn.
func (w *Watch) every(ctx context.Context, pace time.Duration, name string, do func(context.Context) error) {
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for {
		if err := do(ctx); err != nil && ctx.Err() == nil {
			w.counts.failures.WithLabelValues(name).Inc()
			w.Log.LogAttrs(ctx, slog.LevelWarn, "watch job failed", slog.String("job", name), slog.Any("err", err))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// count keeps and publishes the counters and the newest readings.
func (w *Watch) count(ctx context.Context) {
	level, full, check := time.NewTicker(LevelEvery), time.NewTicker(RepublishEvery), time.NewTicker(checkEvery)
	defer level.Stop()
	defer full.Stop()
	defer check.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-level.C:
			w.step(ctx, false)
		case <-full.C:
			w.step(ctx, true)
		case <-check.C:
			w.check(ctx)
		}
	}
}

// step brings the board and the sources to now and announces what moved, or everything.
func (w *Watch) step(ctx context.Context, all bool) {
	w.trend.pass(w.Now().UTC())
	if err := w.catchUp(ctx); err != nil {
		if ctx.Err() != nil {
			return // the term is over; the next one reads everything anew
		}
		w.counts.failures.WithLabelValues("catch up").Inc()
		w.Log.LogAttrs(ctx, slog.LevelWarn, "counters cannot catch up", slog.Any("err", err))
		return // better no level than one that is not true any more: screens show its age
	}
	now := w.Now().UTC()
	w.board.Advance(now)
	areas := w.board.TakeChanged()
	if all {
		areas = w.areas()
	}
	levels := w.kpiLevels(areas, now)
	readings, err := w.sources.levels(ctx, now, all)
	if err != nil {
		w.counts.failures.WithLabelValues("read sensors").Inc()
		w.Log.LogAttrs(ctx, slog.LevelWarn, "newest readings cannot be read", slog.Any("err", err))
	}
	levels = append(levels, readings...)
	if err == nil { // without the newest readings the scene would not be true
		scene, err := w.scene.levels(ctx, now, all)
		if err != nil && ctx.Err() == nil {
			w.counts.failures.WithLabelValues("storm").Inc()
			w.Log.LogAttrs(ctx, slog.LevelWarn, "what a storm does cannot be read", slog.Any("err", err))
		}
		levels = append(levels, scene...)
	}
	levels = append(levels, w.mapLevels(all, now)...)
	if levels = append(levels, w.trend.levels(now)...); len(levels) > 0 {
		w.announce(levels)
	}
	w.mu.Lock()
	w.boardAt = now
	w.mu.Unlock()
}

// catchUp reads what changed, or everything when the board is new or too much changed.
func (w *Watch) catchUp(ctx context.Context) error {
	w.mu.Lock()
	reload := w.reload || w.board == nil
	ids := slices.Collect(maps.Keys(w.pending))
	w.pending, w.reload = map[string]struct{}{}, false
	w.mu.Unlock()
	if reload {
		if err := w.load(ctx); err != nil {
			w.again()
			return err
		}
		return nil
	}
	if len(ids) == 0 {
		return nil
	}
	changed, err := w.Store.ReportsByID(ctx, ids)
	if err != nil {
		w.again()
		return err
	}
	now := w.Now().UTC()
	for _, r := range changed {
		if w.counted(r) {
			w.board.Apply(view.Fact(r), now)
		}
	}
	return nil
}

// again makes the next step read everything: what was pending has been taken off the list.
func (w *Watch) again() {
	w.mu.Lock()
	w.reload = true
	w.mu.Unlock()
}

func (w *Watch) load(ctx context.Context) error {
	var facts []kpi.Fact
	_, err := w.Store.Facts(ctx, func(r report.Report) {
		if w.counted(r) {
			facts = append(facts, view.Fact(r))
		}
	})
	if err != nil {
		return err
	}
	board := kpi.NewBoard(w.Location)
	board.Load(facts, w.Now().UTC())
	w.board = board
	return nil
}

// counted reports whether a report belongs to this dataset's numbers: real and not real are never summed, and a drill with nothing.
func (w *Watch) counted(r report.Report) bool {
	return r.Origin != report.Drill && (r.Origin == report.Real) == (w.Origin == report.Real) && r.Division == w.Division
}

// areas are all areas of the division: an area nothing happened in has its zeros too.
func (w *Watch) areas() []kpi.Area {
	list := w.Atlas.Tree.Areas(w.Division)
	areas := make([]kpi.Area, len(list))
	for i, a := range list {
		areas[i] = kpi.Area{Division: a.Division, Code: a.Code}
	}
	return areas
}

// check compares every area's numbers, and the figures of the sensors, with one SQL statement each. What is in memory
// lags behind commits by a step, so a difference counts only when it stands after two more; then everything is counted
// again.
func (w *Watch) check(ctx context.Context) {
	for try := range 3 {
		if try > 0 && !pause(ctx, 2*LevelEvery) {
			return
		}
		w.step(ctx, false)
		if w.board == nil {
			return
		}
		now := w.Now().UTC()
		found, sensors, err := w.compare(ctx, now)
		if err != nil {
			w.Log.LogAttrs(ctx, slog.LevelWarn, "counters cannot be checked", slog.Any("err", err))
		}
		if len(found)+len(sensors) == 0 {
			return
		}
		if try < 2 {
			continue
		}
		w.correct(ctx, found, sensors)
	}
}

func (w *Watch) compare(ctx context.Context, now time.Time) (areas map[string][]string, sensors []string, err error) {
	counts, err := w.Store.CountAreas(ctx, w.Division, w.Origin == report.Real, now)
	if err != nil {
		return nil, nil, err
	}
	w.board.Advance(now)
	sensors, err = w.scene.check(ctx, now)
	return w.differences(counts), sensors, err
}

// correct counts again what differs from SQL.
func (w *Watch) correct(ctx context.Context, areas map[string][]string, sensors []string) {
	if len(areas) > 0 {
		w.counts.corrected.Add(float64(len(areas)))
		w.Log.LogAttrs(ctx, slog.LevelError, "counters differed from sql and are counted again", slog.Any("areas", areas))
		w.again()
	}
	if len(sensors) > 0 {
		w.counts.reread.Add(float64(len(sensors)))
		w.Log.LogAttrs(ctx, slog.LevelError, "windows of sensors differed from sql and are read again", slog.Any("sensors", sensors))
		w.scene.forget()
	}
}

func (w *Watch) differences(counts map[string]store.Counts) map[string][]string {
	found := map[string][]string{}
	for _, a := range w.areas() {
		if names := counts[a.Code].Differs(w.board.Values(a)); len(names) > 0 {
			found[a.Code] = names
		}
	}
	return found
}

func (w *Watch) rollUp(ctx context.Context) error { return w.Store.Rollup(ctx, w.NoteLate) }

// observe measures how often each sensor usually speaks.
func (w *Watch) observe(ctx context.Context) error { return w.Store.Observe(ctx, w.Now()) }

func (w *Watch) tidy(ctx context.Context) error {
	if err := w.Store.KeepPartitions(ctx, w.Now(), w.Keep); err != nil {
		return err
	}
	return w.Store.ForgetPromises(ctx)
}

// keepContacts is for how many months after its report was closed a sender's contact is kept.
const keepContacts = 12

// dropContacts forgets, a bounded number at a time, the contacts whose time is over.
func (w *Watch) dropContacts(ctx context.Context) error {
	before := w.Now().In(w.Location).AddDate(0, -keepContacts, 0)
	for {
		n, err := w.DropContacts(ctx, before)
		if err != nil || n == 0 {
			return err
		}
		w.counts.dropped.Add(float64(n))
	}
}

// closeExpired does the acts that only the clock asks for: a question nobody answered, a result nobody objected to.
func (w *Watch) closeExpired(ctx context.Context) error {
	expired, err := w.Store.Expired(ctx, w.Now().UTC())
	if err != nil {
		return err
	}
	for _, e := range expired {
		act := report.Act{Name: report.Complete, Actor: "dong_ho", Version: e.Version}
		if e.Status == report.CanBoSung {
			act.Name, act.Reason = report.Refuse, "Không nhận được thông tin bổ sung trong 72 giờ."
		}
		if _, err := w.Actor.Act(ctx, e.ID, act); err != nil {
			w.Log.LogAttrs(ctx, slog.LevelWarn, "report cannot be closed", slog.String("report_id", e.ID), slog.Any("err", err))
		}
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
