package api

import (
	"context"
	"maps"
	"math"
	"slices"
	"time"

	"toancanh/server/kpi"
	"toancanh/server/report"
	"toancanh/server/store"
	"toancanh/server/storm"
	"toancanh/server/view"
)

// placeAt is an area at an instant, as somebody sees it who may or may not read the words of a wall. Others may know how
// many reports came, and not what each says.
type placeAt struct {
	division, code string
	at             time.Time
	words          bool
}

// measured are the sensors of an area with what SQL computes from their readings.
func (a *API) measured(ctx context.Context, p placeAt) ([]storm.Measured, error) {
	sensors, err := a.Store.Sensors(ctx)
	if err != nil {
		return nil, err
	}
	ids := []int32{}
	var list []storm.Measured
	for _, code := range slices.Sorted(maps.Keys(sensors)) {
		x := sensors[code]
		if x.Origin != string(report.Drill) && x.InUse() && x.Division == p.division && slices.Contains(x.Path, p.code) {
			ids = append(ids, x.ID)
			list = append(list, storm.Measured{Sensor: &x.Sensor})
		}
	}
	figures, err := a.Store.SensorFigures(ctx, p.division, ids, p.at)
	for i := range list {
		list[i].Figures = figures[list[i].Code]
	}
	return list, err
}

// sensorTiles are the KPIs made from sensors. Those in maintenance count in neither number of the sources.
func sensorTiles(list []storm.Measured, upkeep store.Upkeep, at time.Time) (sources, rain map[string]any) {
	counted := slices.DeleteFunc(slices.Clone(list), func(m storm.Measured) bool { return upkeep.Holds(m.Sensor, at) })
	live, gauges := storm.Live(counted, at), storm.LiveGauges(list, at)
	sources = map[string]any{"live": live.Live, "total": live.Total, "target": kpi.SourcesTarget, "sources": live}
	if n := len(list) - len(counted); n > 0 {
		sources["maintenance"] = n
	}
	rain = map[string]any{"value": nil, "unit": "mm", "target": nil, "sources": gauges}
	if m, ok := storm.Heaviest(list, at); ok {
		rain["value"], rain["sensor"], rain["name"], rain["area"] = math.Round(m.Value*10)/10, m.Code, m.Name, m.Area
		rain["at"], rain["unit"], rain["state"] = m.At, m.Unit, m.State(m.Value)
	}
	return sources, rain
}

// stormShown is what the levels storm/… of an area say, computed by SQL.
type stormShown struct {
	Rivers  storm.RiversLevel  `json:"rivers"`
	Rain    storm.RainLevel    `json:"rain"`
	Changed storm.ChangedLevel `json:"changed"`
}

func (a *API) storm(ctx context.Context, p placeAt, list []storm.Measured) (stormShown, error) {
	proof := storm.Proof{AsOf: p.at, Origin: string(a.Origin)}
	s := stormShown{storm.Rivers(list, proof), storm.RainOf(list, proof), storm.NewChanged(proof)}
	counts, err := a.Store.ChangedCounts(ctx, p.division, a.Origin == report.Real, p.at)
	if err != nil {
		return s, err
	}
	for kind, n := range counts[p.code] {
		s.Changed.Count(kind, n)
	}
	rises := storm.Rises(list)
	s.Changed.Count(storm.SensorRose, len(rises))
	s.Changed.Tell(rises...)
	if !p.words {
		return s, nil
	}
	items, err := a.Store.ChangedItems(ctx, p.division, p.code, a.Origin == report.Real, p.at)
	if err != nil {
		return s, err
	}
	for _, h := range items {
		if w, ok := view.Wall(h.Report, view.Lens{}); ok {
			s.Changed.Tell(storm.Change{At: h.At, Kind: h.Kind, Text: w.Summary, Area: w.Area, State: w.State, ID: w.ID})
		}
	}
	return s, nil
}
