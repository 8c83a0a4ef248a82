package watch

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"toancanh/schema"
	"toancanh/server/sensor"
	"toancanh/server/store"
)

// sources knows the newest value of every sensor and says what changed. Owned by Lead.
type sources struct {
	w        *Watch
	sensors  map[int32]store.Sensor
	readAt   time.Time // when the sensors were read
	latest   map[int32]store.Latest
	since    time.Time         // the database's clock at the last look, less an overlap for late commits
	lastLive map[string][2]int // area -> live, total as announced
}

// Paces and bounds of the sources.
const (
	sensorsEvery = 10 * time.Second
	// lateCommits is how far back each look reaches: updated_at is set before the commit, and a commit takes at most
	// a statement's limit.
	lateCommits = 2 * store.StatementTimeout
	// kindRain is the kind of gauges: their value is the rain of the last hour, in mm.
	kindRain = "rain"
)

func newSources(w *Watch) *sources {
	return &sources{w: w, latest: map[int32]store.Latest{}, lastLive: map[string][2]int{}}
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
	var levels []schema.Level
	for id := range s.latest {
		if all || slices.Contains(moved, id) {
			levels = append(levels, s.reading(id, now)...)
		}
	}
	for _, path := range s.paths() {
		levels = append(levels, s.live(path, now, all)...)
		if all || len(moved) > 0 {
			levels = append(levels, s.heaviestRain(path, now)...)
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
	s.sensors = make(map[int32]store.Sensor, len(byCode))
	for _, x := range byCode {
		if x.Division == s.w.Division {
			s.sensors[x.ID] = x
		}
	}
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
}

func (s *sources) reading(id int32, now time.Time) []schema.Level {
	x, ok := s.sensors[id]
	if !ok {
		return nil
	}
	l := s.latest[id]
	v := value{
		Value: l.Value, At: l.At, Kind: x.Kind, Unit: x.Unit, Name: x.Name, Lat: x.Lat, Lon: x.Lon, Area: x.Area,
		StaleAfter: int(x.StaleAfter.Seconds()), State: string(x.State(l.Value)), Limit: x.Limit(l.Value),
		Origin: store.ReadingOrigins()[l.Origin],
	}
	if x.Stale(l.At, now) {
		v.State = string(sensor.Unknown)
	}
	var levels []schema.Level
	for i := range x.Path {
		levels = append(levels, s.w.level(x.Path[:i+1], "sensor/"+x.Code, v, now)...)
	}
	return levels
}

// paths are the areas that hold a sensor, root and districts included; the root always.
func (s *sources) paths() [][]string {
	seen := map[string]bool{}
	var paths [][]string
	add := func(path []string) {
		if code := path[len(path)-1]; !seen[code] {
			seen[code] = true
			paths = append(paths, path)
		}
	}
	if root, ok := s.w.Atlas.Tree.Root(s.w.Division); ok {
		add([]string{root.Code})
	}
	for _, x := range s.sensors {
		for i := range x.Path {
			add(x.Path[:i+1])
		}
	}
	return paths
}

// live announces how many sources are within their limit among those registered.
func (s *sources) live(path []string, now time.Time, all bool) []schema.Level {
	code := path[len(path)-1]
	count, origin := s.count(code, now)
	if !all && s.lastLive[code] == count {
		return nil
	}
	s.lastLive[code] = count
	return s.w.level(path, "kpi/sources", map[string]any{
		"live": count[0], "total": count[1], "as_of": now, "origin": cmp.Or(origin, string(s.w.Origin)),
	}, now)
}

// count is how many sources of an area are within their limit, and how many are registered.
func (s *sources) count(code string, now time.Time) (count [2]int, origin string) {
	for id, x := range s.sensors {
		if !slices.Contains(x.Path, code) {
			continue
		}
		count[1]++
		origin = worse(origin, x.Origin)
		if l, ok := s.latest[id]; ok && !x.Stale(l.At, now) {
			count[0]++
		}
	}
	return count, origin
}

// heaviestRain announces the gauge with the most rain in the last hour.
func (s *sources) heaviestRain(path []string, now time.Time) []schema.Level {
	data := map[string]any{"value": nil, "unit": "mm", "as_of": now, "origin": string(s.w.Origin)}
	if id, ok := s.wettest(path[len(path)-1], now); ok {
		x, l := s.sensors[id], s.latest[id]
		data["value"], data["sensor"], data["name"], data["area"] = tenths(l.Value), x.Code, x.Name, x.Area
		data["at"], data["unit"], data["origin"] = l.At, x.Unit, x.Origin
		data["state"] = string(x.State(l.Value))
	}
	return s.w.level(path, "kpi/rain_1h", data, now)
}

// wettest is the gauge with the most rain in the last hour among those of an area that are heard; of equals the first
// by its code.
func (s *sources) wettest(code string, now time.Time) (wettest int32, found bool) {
	for id, x := range s.sensors {
		l, ok := s.latest[id]
		if x.Kind != kindRain || !ok || x.Stale(l.At, now) || !slices.Contains(x.Path, code) {
			continue
		}
		if most := s.latest[wettest].Value; !found || l.Value > most || l.Value == most && x.Code < s.sensors[wettest].Code {
			wettest, found = id, true
		}
	}
	return wettest, found
}

func tenths(x float64) float64 { return math.Round(x*10) / 10 }

// worse is the origin that must be named when both are shown: anything but real.
func worse(a, b string) string {
	if a == "" || a == "real" {
		return b
	}
	return a
}
