package drill

import (
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"path"
	"slices"
	"strings"
	"time"

	"toancanh/server/fault"
	"toancanh/server/sensor"
)

// Scenario is a storm, a fire or an outage written down for any province: it names roles, not sensors.
type Scenario struct {
	Code    string   `json:"code"`
	Title   string   `json:"title"`
	About   string   `json:"about"`
	Minutes int      `json:"minutes"`
	Cast    []Role   `json:"cast"`
	Reports []Report `json:"reports"`
}

// Role is played by a copy of a sensor of the province.
type Role struct {
	Name  string `json:"name"`
	Kind  string `json:"kind"`
	State string `json:"state,omitempty"` // it needs a limit of this state that a source confirms: the top of its curve
	Nth   int    `json:"nth,omitempty"`   // which of the sensors that could play it, from 0, by code; beyond the last, the last
	// Top is what the curve's 1 stands for, in the kind's unit; with State it is how far above that limit.
	Top float64 `json:"top"`
	// Calm is what the curve's 0 stands for when the sensor has not spoken.
	Calm   float64      `json:"calm"`
	Every  float64      `json:"every"`            // minutes between readings
	Curve  [][2]float64 `json:"curve"`            // minute, share from calm (0) to top (1); straight between
	Silent *float64     `json:"silent,omitempty"` // from this minute on it says nothing
}

// Report is what somebody in need would write.
type Report struct {
	At        float64 `json:"at"` // minute
	Category  string  `json:"category"`
	Text      string  `json:"text"`
	Near      string  `json:"near"` // the name of a role
	Emergency bool    `json:"emergency,omitempty"`
}

// Scenarios reads scenarios, by code.
func Scenarios(files embed.FS) ([]Scenario, error) {
	names, err := fs.Glob(files, "drills/*.json")
	if err != nil {
		return nil, fmt.Errorf("list scenarios: %w", err)
	}
	var list []Scenario
	for _, name := range names {
		raw, err := files.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read scenario %s: %w", name, err)
		}
		var s Scenario
		if err := json.Unmarshal(raw, &s); err != nil {
			return nil, fmt.Errorf("read scenario %s: %w", name, err)
		}
		if s.Code != strings.TrimSuffix(path.Base(name), ".json") || s.Minutes <= 0 || len(s.Cast) == 0 {
			return nil, fmt.Errorf("read scenario %s: it needs its own name as code, minutes and a cast", name)
		}
		list = append(list, s)
	}
	return list, nil
}

// Script is a scenario cast with the sensors of a province.
type Script struct {
	Lasts  time.Duration `json:"lasts"`
	Actors []Actor       `json:"actors"`
	Deeds  []Deed        `json:"deeds"`
}

// Actor is a sensor made for the drill: the copy of one of the province, under a code of its own, so that no value of a drill is ever
// a value of the real sensor.
type Actor struct {
	Role   string        `json:"role"`
	Of     string        `json:"of"` // code of the copied sensor
	Sensor sensor.Sensor `json:"sensor"`
}

// Deed is one thing to send: a reading, or a report.
type Deed struct {
	After  time.Duration `json:"after"` // since the start, in the script's time
	Sensor string        `json:"sensor,omitempty"`
	Value  float64       `json:"value,omitempty"`
	Report *Words        `json:"report,omitempty"`
}

// Words are a report to send.
type Words struct {
	Category  string  `json:"category"`
	Text      string  `json:"text"`
	Lat       float64 `json:"lat"`
	Lon       float64 `json:"lon"`
	Emergency bool    `json:"emergency"`
}

// Prefix stands before every text and name of a drill, so that nobody who meets one without its screen takes it for real.
const Prefix = "[DIỄN TẬP] "

// Known is a sensor of the province with its newest value, nil when it never spoke.
type Known struct {
	sensor.Sensor
	Value *float64
}

// Of reports whether a sensor's code is one made for a drill.
func Of(code string) bool { return strings.HasPrefix(code, sensorSign) }

// Plan casts a scenario with the sensors of an area; short is a few letters that tell the drill's sensors from those of another.
// The fault names every role nobody can play.
func Plan(s Scenario, known []Known, area, short string) (Script, error) {
	script := Script{Lasts: minutes(float64(s.Minutes))}
	var missing []error
	points := map[string]sensor.Sensor{}
	for _, role := range s.Cast {
		k, top, ok := cast(role, known, area)
		if !ok {
			missing = append(missing, fault.Invalid("area", "Địa bàn này không có cảm biến cho vai “%s”.", role.Name).Because("no_actor"))
			continue
		}
		x := k.Sensor
		x.Code = sensorSign + short + "-" + fmt.Sprint(len(script.Actors)+1)
		x.Name = Prefix + x.Name
		x.Origin = "drill"
		script.Actors = append(script.Actors, Actor{role.Name, k.Code, x})
		script.Deeds = append(script.Deeds, role.readings(x, calmOf(role, k), top, float64(s.Minutes))...)
		points[role.Name] = x
	}
	for i, r := range s.Reports {
		x, ok := points[r.Near]
		if !ok {
			continue // its role is missing, which is told already
		}
		lat, lon := beside(x.Lat, x.Lon, i)
		script.Deeds = append(script.Deeds, Deed{After: minutes(r.At), Report: &Words{r.Category, Prefix + r.Text, lat, lon, r.Emergency}})
	}
	if err := fault.Join(missing...); err != nil {
		return Script{}, err
	}
	slices.SortStableFunc(script.Deeds, func(a, b Deed) int { return cmp.Compare(a.After, b.After) })
	return script, nil
}

// cast finds who plays a role and how high its curve goes.
func cast(r Role, known []Known, area string) (Known, float64, bool) {
	var able []Known
	tops := map[string]float64{}
	for _, k := range known {
		if k.Kind != r.Kind || Of(k.Code) || !slices.Contains(k.Path, area) {
			continue
		}
		top := r.Top
		if r.State != "" {
			i := slices.IndexFunc(k.Levels, func(l sensor.Level) bool { return string(l.State) == r.State && l.Source != "" })
			if i < 0 {
				continue
			}
			top += k.Levels[i].At
		}
		able, tops[k.Code] = append(able, k), top
	}
	if len(able) == 0 {
		return Known{}, 0, false
	}
	slices.SortFunc(able, func(a, b Known) int { return cmp.Compare(a.Code, b.Code) })
	k := able[min(max(r.Nth, 0), len(able)-1)]
	return k, tops[k.Code], true
}

func calmOf(r Role, k Known) float64 {
	if k.Value != nil {
		return *k.Value
	}
	return r.Calm
}

// readings follow the role's curve.
func (r Role) readings(x sensor.Sensor, calm, top, lasts float64) []Deed {
	var deeds []Deed
	for at := 0.0; at <= lasts; at += max(r.Every, 0.25) {
		if r.Silent != nil && at >= *r.Silent {
			break
		}
		const whole = 100
		value := math.Round((calm+(top-calm)*r.height(at))*whole) / whole
		if x.Min != nil {
			value = max(value, *x.Min)
		}
		if x.Max != nil {
			value = min(value, *x.Max)
		}
		deeds = append(deeds, Deed{After: minutes(at), Sensor: x.Code, Value: value})
	}
	return deeds
}

// height is the curve's share at a minute.
func (r Role) height(at float64) float64 {
	for i, p := range r.Curve {
		if at > p[0] {
			continue
		}
		if i == 0 || p[0] == r.Curve[i-1][0] {
			return p[1]
		}
		before := r.Curve[i-1]
		return before[1] + (p[1]-before[1])*(at-before[0])/(p[0]-before[0])
	}
	if len(r.Curve) == 0 {
		return 0
	}
	return r.Curve[len(r.Curve)-1][1]
}

// beside is a point a few hundred metres from another, each number another way.
func beside(lat, lon float64, n int) (float64, float64) {
	const step, around, decimals = 0.002, 2.399963, 1e6 // the golden angle spreads them
	away := step * math.Sqrt(float64(n%16+1))
	at := around * float64(n)
	round := func(x float64) float64 { return math.Round(x*decimals) / decimals }
	return round(lat + away*math.Sin(at)), round(lon + away*math.Cos(at))
}

func minutes(m float64) time.Duration { return time.Duration(m * float64(time.Minute)) }
