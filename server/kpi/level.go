package kpi

import "time"

// Level is a KPI as it travels: Key is "kpi/open", Data becomes its JSON.
type Level struct {
	Key  string
	Data any
}

// proof stands in every KPI: when it was true, and of what kind of facts.
type proof struct {
	AsOf   time.Time `json:"as_of"`
	Origin string    `json:"origin"`
}

// tile stands in the KPIs that a wall shows as one number. These are counted from reports: no sensor is a source.
type tile struct {
	Target  *float64  `json:"target"`
	Sources *struct{} `json:"sources"`
}

type openLevel struct {
	Value  int  `json:"value"`
	DayAgo *int `json:"day_ago"`
	tile
	proof
}

type overdueLevel struct {
	Value       int      `json:"value"`
	OldestHours *float64 `json:"oldest_hours"`
	High        int      `json:"high"` // of these those of high priority: the target is none of them
	tile
	proof
}

type receivedLevel struct {
	Value     int  `json:"value"`
	DayBefore *int `json:"day_before"`
	tile
	proof
}

type onTimeLevel struct {
	Value *float64 `json:"value"`
	Met   int      `json:"met"`
	Due   int      `json:"due"`
	tile
	proof
}

type hourlyLevel struct {
	Hours   []hourLevel `json:"hours"`
	Average []*float64  `json:"average"`
	proof
}

type hourLevel struct {
	At    time.Time `json:"at"`
	Count int       `json:"count"`
}

type areasLevel struct {
	Areas []Row `json:"areas"`
	proof
}

// OnTime is the share of reports handled on time; nil when none was due.
func (v Values) OnTime() *float64 { return Percent(v.OnTimeMet, v.OnTimeDue) }

// Percent is a share in per cent to one decimal; nil of nothing. Only all is 100 and only none is 0: rounding does not make
// either.
func Percent(part, whole int) *float64 {
	if whole == 0 {
		return nil
	}
	const least, most = 0.1, 99.9
	p := round1(100 * float64(part) / float64(whole))
	switch {
	case part == whole:
		p = 100
	case part > 0:
		p = min(max(p, least), most)
	}
	return &p
}

// Levels are kpi/open, kpi/overdue, kpi/received_24h, kpi/on_time_30d, kpi/hourly and kpi/areas.
func (v Values) Levels() []Level {
	p := proof{AsOf: v.AsOf.UTC(), Origin: v.Origin}
	hourly := hourlyLevel{proof: p}
	for _, h := range v.Hourly {
		hourly.Hours = append(hourly.Hours, hourLevel{h.At, h.Count})
		hourly.Average = append(hourly.Average, rounded(h.Average))
	}
	rows := v.Rows
	if rows == nil {
		rows = []Row{}
	}
	return []Level{
		{"kpi/open", openLevel{v.Open, v.OpenDayAgo, tile{}, p}},
		{"kpi/overdue", overdueLevel{v.Overdue, v.OldestHours, v.OverdueHigh, tile{Target: new(OverdueHighTarget)}, p}},
		{"kpi/received_24h", receivedLevel{v.Received24h, v.ReceivedDayBefore, tile{}, p}},
		{"kpi/on_time_30d", onTimeLevel{v.OnTime(), v.OnTimeMet, v.OnTimeDue, tile{Target: new(OnTimeTarget)}, p}},
		{"kpi/hourly", hourly},
		{"kpi/areas", areasLevel{rows, p}},
	}
}

// rounded is x to two decimals, enough for a chart.
func rounded(x *float64) *float64 {
	if x == nil {
		return nil
	}
	y := round1(*x*10) / 10
	return &y
}
