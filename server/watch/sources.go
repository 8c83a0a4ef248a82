package watch

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"
	"time"

	"toancanh/schema"
	"toancanh/server/kpi"
	"toancanh/server/report"
	"toancanh/server/sensor"
	"toancanh/server/store"
	"toancanh/server/storm"
)

// sources knows the newest value of every sensor and says what changed. Owned by Lead.
type sources struct {
	w        *Watch
	sensors  map[int32]*store.Sensor
	inside   map[string]place // by code: the areas that hold a sensor, and the root
	readAt   time.Time        // when the sensors were read
	latest   map[int32]store.Latest
	moved    map[int32]struct{} // sensors with a newer value than the scene has read
	since    time.Time          // the database's clock at the last look, less an overlap for late commits
	lastLive map[string]tally   // area -> as announced
	upkeep   store.Upkeep
	silent   map[string]time.Time // by code, as announced
}

// tally is how many sources of an area are heard among those registered, and how many are in maintenance, which count
// in neither.
type tally struct {
	storm.Sources
	maintained int
}

// place is an area with the sensors that lie in it.
type place struct {
	path    []string
	sensors []int32
}

// Paces and bounds of the sources.
const (
	sensorsEvery = 10 * time.Second
	// lateCommits is how far back each look reaches: updated_at is set before the commit, and a commit takes at most
	// a statement's limit.
	lateCommits = 2 * store.StatementTimeout
)

func newSources(w *Watch) *sources {
	return &sources{w: w, latest: map[int32]store.Latest{}, moved: map[int32]struct{}{}, lastLive: map[string]tally{}}
}

// levels reads what is new and returns the values that moved, or all of them.
func (s *sources) levels(ctx context.Context, now time.Time, all bool) ([]schema.Level, error) {
	if err := s.refresh(ctx, now); err != nil {
		return nil, err
	}
	moved, err := s.look(ctx)
	if err != nil {
		return nil, err
	}
	moved = append(moved, s.hush(moved)...)
	if all {
		moved = slices.Collect(maps.Keys(s.latest))
	}
	var levels []schema.Level
	for _, id := range moved {
		levels = append(levels, s.reading(id, now)...)
	}
	for _, p := range s.inside {
		levels = append(levels, s.live(p.path, now, all)...)
		if all || len(moved) > 0 {
			levels = append(levels, s.heaviestRain(p.path, now)...)
		}
	}
	return levels, nil
}

func (s *sources) refresh(ctx context.Context, now time.Time) error {
	if now.Sub(s.readAt) <= sensorsEvery {
		return nil
	}
	byCode, err := s.w.Store.Sensors(ctx)
	if err != nil {
		return err
	}
	windows, err := s.w.Store.MaintenanceBetween(ctx, now, now.Add(2*sensorsEvery))
	if err != nil {
		return err
	}
	s.upkeep = store.NewUpkeep(windows)
	s.sensors = make(map[int32]*store.Sensor, len(byCode))
	for _, x := range byCode {
		if x.Division == s.w.Division && x.InUse() {
			s.sensors[x.ID] = &x
		}
	}
	s.arrange()
	s.readAt = now
	return nil
}

// look finds the sensors with a newer value than known.
func (s *sources) look(ctx context.Context) ([]int32, error) {
	list, now, err := s.w.Store.LatestSince(ctx, s.since)
	if err != nil {
		return nil, err
	}
	s.since = now.Add(-lateCommits)
	var moved []int32
	for _, l := range list {
		if old, known := s.latest[l.SensorID]; !known || l.Version > old.Version {
			s.latest[l.SensorID] = l
			s.moved[l.SensorID] = struct{}{}
			moved = append(moved, l.SensorID)
		}
	}
	return moved, nil
}

// value is the data of a level "sensor/<code>".
type value struct {
	Value      float64   `json:"value"`
	At         time.Time `json:"at"`
	Kind       string    `json:"kind"`
	Unit       string    `json:"unit"`
	Name       string    `json:"name"`
	Lat        float64   `json:"lat"`
	Lon        float64   `json:"lon"`
	Area       string    `json:"area"`
	StaleAfter int       `json:"stale_after_s"`
	State      string    `json:"state"`
	Limit      string    `json:"limit"`
	Origin     string    `json:"origin"`
	// Quality are the doubts about the value; Maintenance is there while the sensor or its gateway is worked on.
	Quality     []string `json:"quality,omitempty"`
	Maintenance bool     `json:"maintenance,omitempty"`
	// Silent says that the alarm of the sensor's silence, or that of its gateway, is active, and Since since when.
	Silent bool       `json:"silent,omitempty"`
	Since  *time.Time `json:"since,omitempty"`
}

// hush takes up which sensors are silent, and names those of which that is new and that have not moved anyway.
func (s *sources) hush(moved []int32) []int32 {
	if s.w.Silent == nil {
		return nil
	}
	before := s.silent
	s.silent = s.w.Silent()
	var list []int32
	for id, x := range s.sensors {
		was, is := before[x.Code], s.silent[x.Code]
		if _, known := s.latest[id]; known && !was.Equal(is) && !slices.Contains(moved, id) {
			list = append(list, id)
		}
	}
	return list
}

func (s *sources) reading(id int32, now time.Time) []schema.Level {
	x, ok := s.sensors[id]
	if !ok {
		return nil
	}
	l := s.latest[id]
	v := value{
		Value: l.Value, At: l.At, Kind: x.Kind, Unit: x.Unit, Name: x.Name, Lat: x.Lat, Lon: x.Lon, Area: x.Area,
		StaleAfter: int(x.SilenceLimit().Seconds()), State: string(x.State(l.Value)), Limit: x.Limit(l.Value),
		Origin: store.ReadingOrigins()[l.Origin], Quality: l.Quality.Words(), Maintenance: s.upkeep.Holds(&x.Sensor, now),
	}
	if since, silent := s.silent[x.Code]; silent {
		v.Silent, v.Since = true, &since
	}
	if x.Stale(l.At, now) || v.Silent {
		v.State = string(sensor.Unknown)
	}
	var levels []schema.Level
	for i := range x.Path {
		levels = append(levels, s.w.level(x.Path[:i+1], "sensor/"+x.Code, v, now)...)
	}
	return levels
}

// arrange finds the areas that hold a sensor, root and districts included; the root always. Whoever changes sensors calls
// it.
func (s *sources) arrange() {
	s.inside = map[string]place{}
	if root, ok := s.w.Atlas.Tree.Root(s.w.Division); ok {
		s.inside[root.Code] = place{path: []string{root.Code}}
	}
	for id, x := range s.sensors {
		if x.Origin == string(report.Drill) {
			continue // a screen shows its values and its alarms; no figure of an area holds them
		}
		for i, code := range x.Path {
			p := s.inside[code]
			s.inside[code] = place{path: x.Path[:i+1], sensors: append(p.sensors, id)}
		}
	}
}

// measured are the sensors of every area with all that their readings say.
func (s *sources) measured(now time.Time) map[string][]storm.Measured {
	byID := make(map[int32]storm.Measured, len(s.sensors))
	for id, x := range s.sensors {
		byID[id] = storm.Measured{Sensor: &x.Sensor, Figures: s.figures(id, x, now)}
	}
	areas := make(map[string][]storm.Measured, len(s.inside))
	for code, p := range s.inside {
		list := make([]storm.Measured, len(p.sensors))
		for i, id := range p.sensors {
			list[i] = byID[id]
		}
		areas[code] = list
	}
	return areas
}

// figures are those of a sensor's window, or of its newest reading when none is kept.
func (s *sources) figures(id int32, x *store.Sensor, now time.Time) storm.Figures {
	if kept, ok := s.w.scene.windows[id]; ok {
		return storm.Measure(&x.Sensor, kept.Window, now)
	}
	if l, ok := s.latest[id]; ok {
		return storm.Heard(&x.Sensor, storm.NewPoint(l.At, l.Value), now)
	}
	return storm.Figures{}
}

// sourcesLevel is the data of kpi/sources. The target is of live in per cent of total.
type sourcesLevel struct {
	storm.Sources
	Target float64       `json:"target"`
	Made   storm.Sources `json:"sources"`
	// Maintenance counts the sources in maintenance: they are in neither of the other numbers.
	Maintenance int `json:"maintenance,omitempty"`
	storm.Proof
}

// live announces how many sources are within their limit among those registered.
func (s *sources) live(path []string, now time.Time, all bool) []schema.Level {
	code := path[len(path)-1]
	n, origin := s.count(code, now)
	if !all && s.lastLive[code] == n {
		return nil
	}
	s.lastLive[code] = n
	proof := storm.Proof{AsOf: now, Origin: cmp.Or(origin, string(s.w.Origin))}
	return s.w.level(path, "kpi/sources", sourcesLevel{n.Sources, kpi.SourcesTarget, n.Sources, n.maintained, proof}, now)
}

// count is how many sources of an area are within their limit, and how many are registered.
func (s *sources) count(code string, now time.Time) (n tally, origin string) {
	for _, id := range s.inside[code].sensors {
		x := s.sensors[id]
		if s.upkeep.Holds(&x.Sensor, now) {
			n.maintained++
			continue
		}
		n.Total++
		origin = worse(origin, x.Origin)
		if l, ok := s.latest[id]; ok && !x.Stale(l.At, now) {
			n.Live++
		}
	}
	return n, origin
}

// heaviestRain announces the gauge with the most rain in the last hour.
func (s *sources) heaviestRain(path []string, now time.Time) []schema.Level {
	id, gauges := s.wettest(path[len(path)-1], now)
	data := map[string]any{
		"value": nil, "unit": "mm", "as_of": now, "origin": string(s.w.Origin), "target": nil, "sources": gauges,
	}
	if gauges.Live > 0 {
		x, l := s.sensors[id], s.latest[id]
		data["value"], data["sensor"], data["name"], data["area"] = tenths(l.Value), x.Code, x.Name, x.Area
		data["at"], data["unit"], data["origin"] = l.At, x.Unit, x.Origin
		data["state"] = string(x.State(l.Value))
	}
	return s.w.level(path, "kpi/rain_1h", data, now)
}

// wettest is the gauge with the most rain in the last hour among those of an area that are heard, when any is; of equals
// the first by its code.
func (s *sources) wettest(code string, now time.Time) (wettest int32, gauges storm.Sources) {
	for _, id := range s.inside[code].sensors {
		x := s.sensors[id]
		if x.Kind != storm.Rain {
			continue
		}
		gauges.Total++
		l, ok := s.latest[id]
		if !ok || x.Stale(l.At, now) {
			continue
		}
		most := s.latest[wettest].Value
		if gauges.Live == 0 || l.Value > most || l.Value == most && x.Code < s.sensors[wettest].Code {
			wettest = id
		}
		gauges.Live++
	}
	return wettest, gauges
}

func tenths(x float64) float64 { return math.Round(x*10) / 10 }

// worse is the origin that must be named when both are shown: anything but real.
func worse(a, b string) string {
	if a == "" || a == "real" {
		return b
	}
	return a
}
