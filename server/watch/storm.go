package watch

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"math"
	"slices"
	"time"

	"toancanh/schema"
	"toancanh/server/kpi"
	"toancanh/server/store"
	"toancanh/server/storm"
	"toancanh/server/view"
)

// scene keeps what the scene mưa bão needs of the readings, and makes its levels. The windows are filled once from the
// reading tables; then only sensors that moved are read, and late buckets as the rollup finds them. Owned by Lead.
type scene struct {
	w       *Watch
	windows map[int32]window
	texts   map[string]string // of the reports that items name, by id; empty for what a wall may not show
	said    map[string]string // area and key -> the data as last announced, but for its time
	turnAt  time.Time
	checked int32 // the last sensor whose window agreed with SQL
}

type window struct {
	kind string
	*storm.Window
}

const (
	// sceneEvery is the pace of the scene: a river does not rise four times a second.
	sceneEvery = time.Second
	// overlap is how far back a sensor that moved is read again: readings come out of order.
	overlap = 2 * time.Minute
	// reordered is how late a reading may come without being named by the rollup, which marks what is older. So much is
	// read again of every sensor before the windows are checked.
	reordered = 10 * time.Minute
)

func newScene(w *Watch) *scene {
	return &scene{w: w, windows: map[int32]window{}, texts: map[string]string{}, said: map[string]string{}}
}

// levels brings the windows to now and returns what changed of the scene, or all of it.
func (s *scene) levels(ctx context.Context, now time.Time, all bool) ([]schema.Level, error) {
	if !all && now.Sub(s.turnAt) < sceneEvery {
		return nil, nil
	}
	s.turnAt = now
	if err := s.read(ctx, now, overlap); err != nil {
		return nil, err
	}
	measured := s.w.sources.measured(now)
	changed, err := s.changed(ctx, measured, now)
	if err != nil {
		return nil, err
	}
	var levels []schema.Level
	for _, a := range s.w.areas() {
		levels = append(levels, s.areaLevels(a, measured[a.Code], changed[a.Code], turn{now, all})...)
	}
	return levels, nil
}

// turn is one look at the scene: all asks for every level, whether it changed or not.
type turn struct {
	now time.Time
	all bool
}

// areaLevels are the levels of an area: those that changed, or all.
func (s *scene) areaLevels(a kpi.Area, list []storm.Measured, news storm.ChangedLevel, t turn) []schema.Level {
	path := s.w.Atlas.Tree.Path(a.Division, a.Code)
	p := storm.Proof{AsOf: t.now, Origin: originOf(list, string(s.w.Origin))}
	rivers, rain := storm.Rivers(list, p), storm.RainOf(list, p)
	bareRivers, bareRain, bareNews := rivers, rain, news
	bareRivers.AsOf, bareRain.AsOf, bareNews.AsOf = time.Time{}, time.Time{}, time.Time{}
	var levels []schema.Level
	for _, l := range []struct {
		key         string
		bare, whole any
	}{
		{storm.KeyRivers, bareRivers, rivers}, {storm.KeyRain, bareRain, rain}, {storm.KeyChanged, bareNews, news},
	} {
		if s.moved(a.Code+" "+l.key, l.bare) || t.all {
			levels = append(levels, s.w.level(path, l.key, l.whole, t.now)...)
		}
	}
	return levels
}

// moved notes data and reports whether it differs from what was noted last.
func (s *scene) moved(key string, data any) bool {
	body, err := json.Marshal(data)
	if err != nil {
		s.w.Log.Error("encode level", slog.String("key", key), slog.Any("err", err))
		return false
	}
	same := s.said[key] == string(body)
	s.said[key] = string(body)
	return !same
}

// originOf is the origin that must be named for values of these sensors.
func originOf(list []storm.Measured, otherwise string) string {
	origin := ""
	for _, m := range list {
		origin = worse(origin, m.Origin)
	}
	return cmp.Or(origin, otherwise)
}

// read brings the windows up to date: new sensors whole, those that moved from a little before their newest reading,
// late ones from their earliest late bucket. What could not be read is asked for again.
func (s *scene) read(ctx context.Context, now time.Time, back time.Duration) error {
	maps.DeleteFunc(s.windows, func(id int32, _ window) bool { return s.w.sources.sensors[id] == nil })
	late := s.w.takeLate()
	wants := s.wants(now, back, late)
	err := s.w.Store.ReadingsFor(ctx, wants, now, func(id int32, at time.Time, value float64) {
		s.windows[id].Add(storm.NewPoint(at, value), now)
	})
	if err != nil {
		s.w.giveLate(late)
		return err
	}
	clear(s.w.sources.moved)
	return nil
}

func (s *scene) wants(now time.Time, back time.Duration, late map[int32]time.Time) []store.Want {
	var wants []store.Want
	for id, x := range s.w.sources.sensors {
		latest, heard := s.w.sources.latest[id]
		if !heard || !storm.Keeps(&x.Sensor) {
			continue
		}
		span, bin := storm.Span(x.Kind)
		kept, known := s.windows[id]
		newest, filled := storm.Point{}, false
		if known && kept.kind == x.Kind {
			newest, filled = kept.Newest()
		}
		_, moved := s.w.sources.moved[id]
		bucket, isLate := late[id]
		switch {
		case !filled:
			s.windows[id] = window{x.Kind, storm.NewWindow(x.Kind)}
			end := latest.At
			if end.After(now) {
				end = now
			}
			wants = append(wants, store.Want{SensorID: id, After: end.Add(-span), Bin: bin, Before: true})
		case moved || isLate || back > overlap:
			after := newest.At().Add(-back)
			if isLate && bucket.Before(after) {
				after = bucket.Add(-1)
			}
			// What is older than the span may still be the last word before it.
			oldest := newest.At().Add(-span)
			older := after.Before(oldest)
			if older {
				after = oldest
			}
			wants = append(wants, store.Want{SensorID: id, After: after, Bin: bin, Before: older})
		}
	}
	return wants
}

// changed makes storm/changed of every area from what the counters know and what the sensors say.
func (s *scene) changed(ctx context.Context, measured map[string][]storm.Measured, now time.Time) (map[string]storm.ChangedLevel, error) {
	happened := s.w.board.Recent()
	slices.SortFunc(happened, func(a, b kpi.Happening) int {
		return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID))
	})
	levels := map[string]*storm.ChangedLevel{}
	of := func(code string) *storm.ChangedLevel {
		if levels[code] == nil {
			levels[code] = new(storm.NewChanged(storm.Proof{AsOf: now, Origin: string(s.w.Origin)}))
		}
		return levels[code]
	}
	needed := map[string]struct{}{}
	for _, h := range happened {
		for _, code := range h.Path {
			l := of(code)
			l.Count(h.Kind, 1)
			if len(l.Items) < storm.ItemsMost {
				needed[h.ID] = struct{}{}
				l.Items = append(l.Items, storm.Change{
					At: h.At.UTC(), Kind: h.Kind, Area: h.Path[len(h.Path)-1], State: h.State, ID: h.ID,
				})
			}
		}
	}
	if err := s.readTexts(ctx, needed); err != nil {
		return nil, err
	}
	all := map[string]storm.ChangedLevel{}
	for _, a := range s.w.areas() {
		l := of(a.Code)
		l.Items = slices.DeleteFunc(l.Items, func(c storm.Change) bool { return s.texts[c.ID] == "" })
		for i := range l.Items {
			l.Items[i].Text = s.texts[l.Items[i].ID]
		}
		rises := storm.Rises(measured[a.Code])
		l.Count(storm.SensorRose, len(rises))
		l.Tell(rises...)
		all[a.Code] = *l
	}
	return all, nil
}

// readTexts keeps the words of the reports that are needed, as a wall may show them, and forgets the others. A
// withdrawn report is not among what happened, so its words go at the next turn.
func (s *scene) readTexts(ctx context.Context, needed map[string]struct{}) error {
	maps.DeleteFunc(s.texts, func(id, _ string) bool { _, ok := needed[id]; return !ok })
	var missing []string
	for id := range needed {
		if _, ok := s.texts[id]; !ok {
			missing = append(missing, id)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	list, err := s.w.Store.ReportsByID(ctx, missing)
	if err != nil {
		return err
	}
	for _, r := range list {
		seen, ok := view.Wall(r, view.Lens{})
		if !ok {
			seen.Summary = ""
		}
		s.texts[r.ID] = seen.Summary
	}
	return nil
}

// NoteLate keeps in mind that a bucket of a sensor got late readings: its window is read again from there. The rollup
// calls it.
func (w *Watch) NoteLate(sensorID int32, bucket time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if old, ok := w.late[sensorID]; !ok || bucket.Before(old) {
		w.late[sensorID] = bucket
	}
}

func (w *Watch) takeLate() map[int32]time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	late := w.late
	w.late = map[int32]time.Time{}
	return late
}

func (w *Watch) giveLate(late map[int32]time.Time) {
	for id, bucket := range late {
		w.NoteLate(id, bucket)
	}
}

// checkMost is how many windows one check compares. Where there are more, the checks take turns: SQL over a day of
// readings costs about 2 ms a sensor.
const checkMost = 200

// check compares windows with SQL over the readings and returns the sensors on whose figures they differ. Those that agree
// leave the turn to the next.
func (s *scene) check(ctx context.Context, now time.Time) ([]string, error) {
	if err := s.read(ctx, now, reordered); err != nil {
		return nil, err
	}
	ids := s.turn()
	figures, err := s.w.Store.SensorFigures(ctx, s.w.Division, ids, now)
	if err != nil {
		return nil, err
	}
	var differ []string
	for _, id := range ids {
		x := s.w.sources.sensors[id]
		if !alike(storm.Measure(&x.Sensor, s.windows[id].Window, now), figures[x.Code]) {
			differ = append(differ, x.Code)
		}
	}
	if len(differ) == 0 && len(ids) > 0 {
		s.checked = ids[len(ids)-1]
	}
	return differ, nil
}

// turn are the windows whose turn it is to be checked.
func (s *scene) turn() []int32 {
	ids := slices.Sorted(maps.Keys(s.windows))
	first, _ := slices.BinarySearch(ids, s.checked+1)
	if first == len(ids) {
		first = 0
	}
	return ids[first:min(len(ids), first+checkMost)]
}

// alike finds two figures the same when their numbers lie as near to each other as rounding may bring them.
func alike(a, b storm.Figures) bool {
	const tenth = 0.1 + 1e-6
	near := func(x, y *float64) bool { return (x == nil) == (y == nil) && (x == nil || math.Abs(*x-*y) <= tenth) }
	same := func(x, y *time.Time) bool { return (x == nil) == (y == nil) && (x == nil || x.Equal(*y)) }
	return same(a.At, b.At) && a.Value == b.Value && near(a.Rate, b.Rate) && near(a.Rain1h, b.Rain1h) &&
		near(a.Rain3h, b.Rain3h) && near(a.Rain24h, b.Rain24h) && same(a.RaisedAt, b.RaisedAt)
}

// forget makes the next turn read every window anew.
func (s *scene) forget() { clear(s.windows) }
