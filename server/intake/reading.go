package intake

import (
	"cmp"
	"context"
	"slices"
	"time"

	"toancanh/server/report"
	"toancanh/server/sensor"
	"toancanh/server/store"
)

// Refusal is one reading that was not taken.
type Refusal struct {
	Index  int    `json:"index"`
	Sensor string `json:"sensor,omitempty"`
	Thing  string `json:"thing,omitempty"` // of what came from a network server
	Field  string `json:"field,omitempty"`
	Reason string `json:"reason"`
	Detail string `json:"detail"`
}

// historyLimit is how far back the history door takes readings.
const historyLimit = 400 * 24 * time.Hour

// ReadingBody is a body of readings. An empty origin is the dataset's own; May says of which sensors the sender may send,
// nil of all.
type ReadingBody struct {
	Items  []sensor.Item
	Door   sensor.Door
	Origin report.Origin
	May    func(sensor.Sensor) bool
	Via    string // who brought it, by name: a key or a gateway; empty: nobody says
	// Gateway is the code of the one that brought it; empty when no gateway did. Again: see UplinkBody.
	Gateway string
	Again   bool
}

// AcceptReadings is AcceptReadingsAs for somebody who may send of every sensor.
func (in *Intake) AcceptReadings(ctx context.Context, items []sensor.Item, door sensor.Door, origin report.Origin) (int, []Refusal, error) {
	return in.AcceptReadingsAs(ctx, ReadingBody{Items: items, Door: door, Origin: origin})
}

// AcceptReadingsAs keeps the good readings of a body and says of each other one why not. It answers after the commit.
func (in *Intake) AcceptReadingsAs(ctx context.Context, b ReadingBody) (int, []Refusal, error) {
	items := b.Items
	origin, err := in.original(b.Origin)
	if err != nil {
		return 0, nil, err
	}
	rows, refused, err := in.checkReadings(ctx, b)
	if err != nil {
		return 0, nil, err
	}
	if len(rows) == 0 {
		in.bookReadings(b, nil, refused)
		return 0, refused, nil
	}
	via, err := in.brought.id(ctx, b.Via)
	if err != nil {
		return 0, nil, err
	}
	heard := in.judge(rows, b)
	if b.Door == sensor.History {
		first, last := span(rows)
		if err := in.Store.KeepReadingDays(ctx, first, last); err != nil {
			return 0, nil, err
		}
	}
	batch := in.readings
	if b.Door == sensor.History {
		batch = in.past
	}
	duplicates, err := batch.do(ctx, columns(rows, originCode(origin), via))
	if err != nil {
		return 0, nil, err
	}
	in.sensors.hear(heard)
	in.countDoubts(rows, duplicates)
	for _, i := range duplicates {
		refused = append(refused, refusal(items[rows[i].index], sensor.Duplicate))
	}
	slices.SortFunc(refused, func(a, b Refusal) int { return cmp.Compare(a.Index, b.Index) })
	in.bookReadings(b, takenOf(items, rows, duplicates), refused)
	return len(rows) - len(duplicates), refused, nil
}

// row is a good reading and where it stood in the body.
type row struct {
	id      int32
	at      time.Time
	value   float64
	index   int
	sensor  *store.Sensor
	quality sensor.Quality
	since   time.Time // since when its value has not changed
}

func (in *Intake) checkReadings(ctx context.Context, b ReadingBody) ([]row, []Refusal, error) {
	items, now := b.Items, in.Now()
	rows := make([]row, 0, len(items))
	var refused []Refusal
	for i, item := range items {
		if item.Reason != sensor.Taken {
			refused = append(refused, Refusal{Index: item.Index, Sensor: item.Reading.Sensor, Reason: string(item.Reason), Detail: item.Detail})
			continue
		}
		s, ok, err := in.sensors.get(ctx, item.Reading.Sensor)
		if err != nil {
			return nil, nil, err
		}
		if !ok {
			refused = append(refused, refusal(item, sensor.UnknownSensor))
			continue
		}
		if b.May != nil && !b.May(s.Sensor) {
			refused = append(refused, refusal(item, sensor.OutOfScope))
			continue
		}
		reason := s.Check(item.Reading, now, b.Door)
		if reason == sensor.NotApproved {
			in.unwanted.add(s.ID)
		}
		if reason == sensor.Taken && now.Sub(item.Reading.At) > historyLimit {
			reason = sensor.TooOld
		}
		if reason != sensor.Taken {
			refused = append(refused, refusal(item, reason))
			continue
		}
		rows = append(rows, row{id: s.ID, at: item.Reading.At.UTC().Truncate(time.Microsecond), value: item.Reading.Value, index: i, sensor: s})
	}
	return dropRepeats(items, rows, refused)
}

// dropRepeats sorts the rows as the store wants them and refuses what one body holds twice.
func dropRepeats(items []sensor.Item, rows []row, refused []Refusal) ([]row, []Refusal, error) {
	slices.SortStableFunc(rows, func(a, b row) int { return cmp.Or(cmp.Compare(a.id, b.id), a.at.Compare(b.at)) })
	kept := rows[:0]
	for _, r := range rows {
		if n := len(kept); n > 0 && kept[n-1].id == r.id && kept[n-1].at.Equal(r.at) {
			refused = append(refused, refusal(items[r.index], sensor.Duplicate))
			continue
		}
		kept = append(kept, r)
	}
	return kept, refused, nil
}

func refusal(item sensor.Item, r sensor.Reason) Refusal {
	return Refusal{Index: item.Index, Sensor: item.Reading.Sensor, Reason: string(r), Detail: r.Detail()}
}

// takenOf are the items of the rows that were not there already.
func takenOf(items []sensor.Item, rows []row, duplicates []int) []sensor.Item {
	known := make(map[int]bool, len(duplicates))
	for _, i := range duplicates {
		known[i] = true
	}
	taken := make([]sensor.Item, 0, len(rows))
	for i, r := range rows {
		if !known[i] {
			taken = append(taken, items[r.index])
		}
	}
	return taken
}

func span(rows []row) (first, last time.Time) {
	first, last = rows[0].at, rows[0].at
	for _, r := range rows {
		if r.at.Before(first) {
			first = r.at
		}
		if r.at.After(last) {
			last = r.at
		}
	}
	return first, last
}

func columns(rows []row, origin int16, via int32) store.Readings {
	b := store.NewReadings(len(rows))
	for _, r := range rows {
		b.Add(store.ReadingRow{SensorID: r.id, At: r.at, Value: r.value, Origin: origin, Source: via, Quality: int16(r.quality), Since: r.since})
	}
	return b
}

// originCode is an origin as readings keep it.
func originCode(o report.Origin) int16 {
	return int16(max(0, slices.Index(store.ReadingOrigins(), string(o)))) //nolint:gosec // at most five
}

// commitReadings commits the bodies of several senders together. Each body is sorted and without repeats; between
// bodies the first sender of a reading keeps it and the other is told.
func (in *Intake) commitReadings(past bool) func(context.Context, []store.Readings) ([][]int, error) {
	keep := func(ctx context.Context, b store.Readings) ([]int, error) {
		kept, err := in.Store.AcceptReadings(ctx, b)
		if err == nil && in.Heard != nil {
			in.Heard(b, kept.Moved, past)
		}
		return kept.Duplicates, err
	}
	return func(ctx context.Context, bodies []store.Readings) ([][]int, error) {
		if len(bodies) == 1 {
			duplicates, err := keep(ctx, bodies[0])
			return [][]int{duplicates}, err
		}
		merged, from, duplicates := merge(bodies)
		known, err := keep(ctx, merged)
		if err != nil {
			return nil, err
		}
		for _, i := range known {
			duplicates[from[i].body] = append(duplicates[from[i].body], from[i].row)
		}
		return duplicates, nil
	}
}

// source says where a row of a merged batch came from.
type source struct{ body, row int }

func merge(bodies []store.Readings) (merged store.Readings, from []source, duplicates [][]int) {
	var all []source
	for b := range bodies {
		for r := range bodies[b].At {
			all = append(all, source{b, r})
		}
	}
	slices.SortStableFunc(all, func(x, y source) int {
		bx, by := bodies[x.body], bodies[y.body]
		return cmp.Or(cmp.Compare(bx.SensorIDs[x.row], by.SensorIDs[y.row]), bx.At[x.row].Compare(by.At[y.row]))
	})
	duplicates = make([][]int, len(bodies))
	for _, s := range all {
		b, n := bodies[s.body], len(merged.At)
		if n > 0 && merged.SensorIDs[n-1] == b.SensorIDs[s.row] && merged.At[n-1].Equal(b.At[s.row]) {
			duplicates[s.body] = append(duplicates[s.body], s.row)
			continue
		}
		merged.Add(b.Row(s.row))
		from = append(from, s)
	}
	return merged, from, duplicates
}
