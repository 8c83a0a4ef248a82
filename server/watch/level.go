package watch

import (
	"cmp"
	"encoding/json"
	"log/slog"
	"time"

	"toancanh/schema"
	"toancanh/server/area"
	"toancanh/server/kpi"
)

// kpiLevels are the counters of areas, for the screens and the consoles of each.
func (w *Watch) kpiLevels(areas []kpi.Area, now time.Time) []schema.Level {
	var levels []schema.Level
	for _, a := range areas {
		path := w.Atlas.Tree.Path(a.Division, a.Code)
		if path == nil {
			continue
		}
		v := w.board.Values(a)
		v.Rows = w.everyChild(a, v.Rows)
		v.Origin = cmp.Or(v.Origin, string(w.Origin)) // a sum of nothing is of the dataset's origin
		for _, l := range v.Levels() {
			levels = append(levels, w.level(path, l.Key, l.Data, now)...)
		}
	}
	return levels
}

// mapLevels say which boundaries the map is drawn with: screens fetch the shapes again when the version is another.
// They go out with every republishing and at once after a change.
func (w *Watch) mapLevels(all bool, now time.Time) []schema.Level {
	m, ok := w.Atlas.Map(w.Division)
	if !ok || !all && m.Version == w.mapVersion {
		return nil
	}
	w.mapVersion = m.Version
	var levels []schema.Level
	for _, a := range w.areas() {
		levels = append(levels, w.level(w.Atlas.Tree.Path(a.Division, a.Code), "map/boundaries", struct {
			Version   int64  `json:"version"`
			Schematic bool   `json:"schematic"`
			Credit    string `json:"credit"`
		}{m.Version, m.Schematic, m.CreditAt(area.Commune)}, now)...)
	}
	return levels
}

// everyChild adds the areas below a that no report names: that nothing is open there is known, too.
func (w *Watch) everyChild(a kpi.Area, rows []kpi.Row) []kpi.Row {
	counted := map[string]kpi.Row{}
	for _, r := range rows {
		counted[r.Area] = r
	}
	children := w.Atlas.Tree.Children(a.Division, a.Code)
	all := make([]kpi.Row, 0, len(children))
	for _, child := range children {
		r, ok := counted[child.Code]
		if !ok {
			r = kpi.NewRow(child.Code, kpi.RowCounts{})
		}
		all = append(all, r)
	}
	return all
}

// level is one value for the wall and the ops topic of the area at the end of path.
func (w *Watch) level(path []string, key string, data any, now time.Time) []schema.Level {
	body, err := json.Marshal(data)
	if err != nil {
		w.Log.Error("encode level", slog.String("key", key), slog.Any("err", err))
		return nil
	}
	levels := make([]schema.Level, 0, 2)
	for _, audience := range []schema.Audience{schema.Wall, schema.Ops} {
		topic := schema.AreaTopic(audience, w.Division, path...)
		levels = append(levels, schema.Level{Topic: topic, LevelItem: schema.LevelItem{
			Key: key, Version: w.version(topic+" "+key, now), At: now, Data: body,
		}})
	}
	return levels
}

// version grows within a key whatever the clock does: microseconds, or one more than the last. A new leader's
// clock may lie a little behind the old one's; the republishing every few seconds overtakes that.
func (w *Watch) version(key string, now time.Time) int64 {
	v := max(now.UnixMicro(), w.versions[key]+1)
	w.versions[key] = v
	return v
}
