package storm

import (
	"cmp"
	"math"
	"slices"
	"time"

	"toancanh/server/sensor"
)

// The keys of the levels.
const (
	KeyRivers  = "storm/rivers"
	KeyRain    = "storm/rain"
	KeyChanged = "storm/changed"
)

// Measured is a sensor with its figures.
type Measured struct {
	*sensor.Sensor
	Figures
}

// fresh reports whether the sensor is heard.
func (m Measured) fresh(now time.Time) bool { return m.At != nil && !m.Stale(*m.At, now) }

// state is how loud the sensor is, unknown while it is not heard.
func (m Measured) state(now time.Time) sensor.State {
	if !m.fresh(now) {
		return sensor.Unknown
	}
	return m.Sensor.State(m.Value)
}

// Proof stands in every level: when it was true, and of what kind of facts it is made.
type Proof struct {
	AsOf   time.Time `json:"as_of"`
	Origin string    `json:"origin"`
}

// RiversLevel is the data of storm/rivers, the worst river first.
type RiversLevel struct {
	Rivers []RiverRow `json:"rivers"`
	Proof
}

// RiverRow is a river at one station. Without a limit that a source confirms, Limits is empty and nothing is said of a
// next one.
type RiverRow struct {
	Code       string       `json:"code"`
	Name       string       `json:"name"`
	Area       string       `json:"area"`
	At         *time.Time   `json:"at"`
	Value      *float64     `json:"value"`
	Unit       string       `json:"unit"`
	State      sensor.State `json:"state"`
	Limits     []Limit      `json:"limits"`
	Rate       *float64     `json:"rate_cm_h"`
	Next       *Next        `json:"next"`
	ETA        *int         `json:"eta_min"` // minutes to Next at the present rate; null when it does not rise or that is over 24 h
	StaleAfter int          `json:"stale_after_s"`
}

// Limit is a height that a source names.
type Limit struct {
	Label  string       `json:"label"`
	At     float64      `json:"at"`
	State  sensor.State `json:"state"`
	Source string       `json:"source"`
}

// Next is the first limit above the water.
type Next struct {
	Label string  `json:"label"`
	At    float64 `json:"at"`
}

// Rivers arranges the rivers among the sensors of an area.
func Rivers(list []Measured, p Proof) RiversLevel {
	level := RiversLevel{Rivers: []RiverRow{}, Proof: p}
	for _, m := range list {
		if m.Kind == River {
			level.Rivers = append(level.Rivers, riverRow(m, p.AsOf))
		}
	}
	slices.SortFunc(level.Rivers, worseRiver)
	return level
}

func riverRow(m Measured, now time.Time) RiverRow {
	row := RiverRow{
		Code: m.Code, Name: m.Name, Area: m.Area, At: m.At, Unit: m.Unit, State: m.state(now), Limits: []Limit{},
		Rate: m.Rate, StaleAfter: int(m.SilenceLimit().Seconds()),
	}
	for _, l := range m.Confirmed() {
		row.Limits = append(row.Limits, Limit{l.Label, l.At, l.State, l.Source})
	}
	if m.At == nil {
		return row
	}
	row.Value = new(m.Value)
	if i := slices.IndexFunc(row.Limits, func(l Limit) bool { return l.At > m.Value }); i >= 0 {
		row.Next = &Next{row.Limits[i].Label, row.Limits[i].At}
		row.ETA = reach(row.Limits[i].At-m.Value, m.Rate, m.Unit)
	}
	return row
}

// reach is how many minutes the water needs for the way up at a rate.
func reach(way float64, rate *float64, unit string) *int {
	const most = 24 * 60
	if rate == nil || *rate <= 0 {
		return nil
	}
	const whole = 1e6 // 85.0000000002 are 85
	minutes := math.Ceil(math.Round(way*centimetres(unit) / *rate * 60 * whole) / whole)
	if minutes > most {
		return nil
	}
	return new(int(minutes))
}

// worseRiver puts the loudest first, then those unheard, then the one that reaches a limit soonest or rises fastest.
func worseRiver(a, b RiverRow) int {
	return cmp.Or(
		loudness(b.State)-loudness(a.State),
		cmp.Compare(orFar(a.ETA), orFar(b.ETA)),
		cmp.Compare(orStill(b.Rate), orStill(a.Rate)),
		cmp.Compare(a.Code, b.Code),
	)
}

// loudness is Rank with room for what is not known: it may be anything, so it stands before what is known to be normal.
func loudness(s sensor.State) int {
	if s == sensor.Unknown {
		return 1
	}
	return 2 * Rank(s)
}

func orFar(minutes *int) int {
	if minutes == nil {
		return math.MaxInt
	}
	return *minutes
}

func orStill(rate *float64) float64 {
	if rate == nil {
		return 0
	}
	return *rate
}

// RainLevel is the data of storm/rain, the wettest commune first.
type RainLevel struct {
	Communes []RainRow `json:"communes"`
	Proof
}

// RainRow is the rain of a commune: of each span the most that any of its gauges tells.
type RainRow struct {
	Area    string       `json:"area"`
	MM1h    *float64     `json:"mm_1h"`
	MM3h    *float64     `json:"mm_3h"`
	MM24h   *float64     `json:"mm_24h"`
	State   sensor.State `json:"state"`
	Sensors Sources      `json:"sensors"`
}

// Sources counts the sensors that are heard among those there are.
type Sources struct {
	Live  int `json:"live"`
	Total int `json:"total"`
}

// IsGauge reports whether a kind measures rain.
func IsGauge(kind string) bool { return kind == Rain || kind == RainDay }

// RainOf arranges the rain of the communes that have a gauge.
func RainOf(list []Measured, p Proof) RainLevel {
	rows := map[string]*RainRow{}
	for _, m := range list {
		if !IsGauge(m.Kind) {
			continue
		}
		row := rows[m.Area]
		if row == nil {
			row = &RainRow{Area: m.Area, State: sensor.Unknown}
			rows[m.Area] = row
		}
		row.Sensors.Total++
		if !m.fresh(p.AsOf) {
			continue
		}
		row.Sensors.Live++
		row.MM1h, row.MM3h, row.MM24h = most(row.MM1h, m.Rain1h), most(row.MM3h, m.Rain3h), most(row.MM24h, m.Rain24h)
		if s := m.state(p.AsOf); row.State == sensor.Unknown || Rank(s) > Rank(row.State) {
			row.State = s
		}
	}
	level := RainLevel{Communes: make([]RainRow, 0, len(rows)), Proof: p}
	for _, row := range rows {
		level.Communes = append(level.Communes, *row)
	}
	slices.SortFunc(level.Communes, wetter)
	return level
}

func most(a, b *float64) *float64 {
	if a == nil || b != nil && *b > *a {
		return b
	}
	return a
}

// wetter puts the most rain of an hour first, then of three, then of a day; what is not known comes last.
func wetter(a, b RainRow) int {
	return cmp.Or(
		cmp.Compare(orDry(b.MM1h), orDry(a.MM1h)),
		cmp.Compare(orDry(b.MM3h), orDry(a.MM3h)),
		cmp.Compare(orDry(b.MM24h), orDry(a.MM24h)),
		cmp.Compare(a.Area, b.Area),
	)
}

func orDry(mm *float64) float64 {
	if mm == nil {
		return -1
	}
	return *mm
}
