package api

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/fault"
	"toancanh/server/sensor"
	"toancanh/server/sheet"
	"toancanh/server/store"
)

// seriesBook is what the store knows of a sensor's past.
type seriesBook interface {
	RawReadings(ctx context.Context, h store.HistoryAsk) ([]store.Measured, error)
	SummedReadings(ctx context.Context, h store.HistoryAsk, step time.Duration) ([]store.Summed, error)
	Doubts(ctx context.Context, h store.HistoryAsk, step time.Duration) ([]store.Doubt, error)
	SourceNames(ctx context.Context, ids []int32) (map[int32]string, error)
}

// Bounds of a series.
const (
	mostPoints   = 5000 // of one sensor; beyond it a coarser step is taken, and said
	mostCompared = 4
	longestPast  = 10 * 366 * 24 * time.Hour
	doubtsPast   = 31 * 24 * time.Hour // single readings are walked through for their doubts no further
)

// seriesShown is a sensor's past in columns of equal length. Where a line would be a lie a point stands whose values are
// null.
type seriesShown struct {
	Sensor      string       `json:"sensor"`
	Name        string       `json:"name"`
	Kind        string       `json:"kind"`
	Unit        string       `json:"unit"`
	Area        string       `json:"area"`
	Sample      bool         `json:"sample,omitempty"`
	Step        string       `json:"step"`
	Asked       string       `json:"asked"`
	Coarser     bool         `json:"coarser"` // a coarser step than asked: so many points there are
	From        time.Time    `json:"from"`
	To          time.Time    `json:"to"`
	Zone        string       `json:"zone"`
	GapAfterS   int64        `json:"gap_after_s"`
	Limits      []levelShown `json:"limits"`      // those that are drawn
	Unconfirmed []string     `json:"unconfirmed"` // those that are only named

	T     []float64  `json:"t"`     // Unix seconds; of a step, where it begins
	Value []*float64 `json:"value"` // of a step, the mean
	Min   []*float64 `json:"min,omitempty"`
	Max   []*float64 `json:"max,omitempty"`
	N     []int64    `json:"n,omitempty"`

	Received []*float64   `json:"received,omitempty"` // of single readings, when they came
	Source   []int        `json:"source,omitempty"`   // of single readings, who brought them: a place in Sources
	Origin   []int        `json:"origin,omitempty"`   // of single readings, a place in Origins
	Sources  []string     `json:"sources,omitempty"`
	Origins  []string     `json:"origins,omitempty"`
	Doubts   []doubtShown `json:"doubts"`
	DoubtsAt *time.Time   `json:"doubts_since,omitempty"` // before it nothing is known of doubts
}

type doubtShown struct {
	T       float64  `json:"t"`
	Quality []string `json:"quality"`
}

// seriesAsk is what of the past is asked for.
type seriesAsk struct {
	from, to time.Time
	step     sensor.Step
	csv      bool
}

func (a *API) getSensorSeries(ctx context.Context, c *fiber.Ctx) error {
	q, err := query(c, "from", "to", "step", "format")
	if err != nil {
		return err
	}
	ask, err := a.seriesAsked(q)
	if err != nil {
		return err
	}
	s, err := a.sensorNamed(ctx, c, c.Params("code"))
	if err != nil {
		return err
	}
	shown, err := a.seriesOf(ctx, s, ask)
	if err != nil {
		return err
	}
	if ask.csv {
		return a.sendSeriesCSV(c, []seriesShown{shown})
	}
	return send(c, fiber.StatusOK, shown)
}

// getManySeries tells several sensors of one unit of measure for comparison, all in one step.
func (a *API) getManySeries(ctx context.Context, c *fiber.Ctx) error {
	q, wrongQuery := query(c, "codes", "from", "to", "step", "format")
	ask, wrongAsk := a.seriesAsked(q)
	if err := fault.Join(wrongQuery, wrongAsk); err != nil {
		return err
	}
	codes := strings.Split(q["codes"], ",")
	if q["codes"] == "" || len(codes) > mostCompared {
		return fault.Invalid("codes", "Cần từ 1 đến %d mã cảm biến, cách nhau bằng dấu phẩy.", mostCompared).Because("out_of_range")
	}
	var list []store.Sensor
	for i, code := range codes {
		s, err := a.sensorNamed(ctx, c, code)
		if err != nil {
			return err
		}
		if slices.Contains(codes[:i], code) {
			return fault.Invalid("codes", "Mã %s được ghi hai lần.", clip(code)).Because("duplicate")
		}
		if len(list) > 0 && s.Unit != list[0].Unit {
			return fault.Invalid("codes", "Chỉ so sánh cảm biến cùng đơn vị đo: %s là %q, %s là %q.", list[0].Code, list[0].Unit, s.Code, s.Unit).Because("unit")
		}
		list = append(list, s)
	}
	asked := ask.step.Name
	shown := make([]seriesShown, len(list))
	for i := 0; i < len(list); i++ {
		one, err := a.seriesOf(ctx, list[i], ask)
		if err != nil {
			return err
		}
		if one.Coarser { // the others must be told in the same step
			ask.step, _ = sensor.StepNamed(one.Step)
			if i > 0 {
				i = -1
				continue
			}
		}
		one.Asked, one.Coarser = asked, one.Step != asked
		shown[i] = one
	}
	if ask.csv {
		return a.sendSeriesCSV(c, shown)
	}
	return send(c, fiber.StatusOK, map[string]any{"series": shown})
}

func (a *API) seriesAsked(q map[string]string) (seriesAsk, error) {
	now := a.Now()
	ask := seriesAsk{to: now, csv: q["format"] == "csv"}
	var faults []error
	instant := func(name string, into *time.Time) {
		if q[name] == "" {
			return
		}
		at, err := instantParam(q, name)
		faults = append(faults, err)
		*into = at
	}
	instant("to", &ask.to)
	ask.from = ask.to.Add(-usualSeries * time.Hour)
	instant("from", &ask.from)
	step, ok := sensor.StepNamed(cmp.Or(q["step"], "5m"))
	if !ok {
		faults = append(faults, fault.Invalid("step", "Bước là raw, 5m, 15m, 1h, 6h hoặc day.").Because("unknown"))
	}
	ask.step = step
	if f := q["format"]; f != "" && f != "csv" && f != "json" {
		faults = append(faults, fault.Invalid("format", "Chỉ xuất được csv hoặc json.").Because("unknown"))
	}
	if err := fault.Join(faults...); err != nil {
		return ask, err
	}
	if !ask.from.Before(ask.to) || ask.to.Sub(ask.from) > longestPast {
		return ask, fault.Invalid("from", "Khoảng thời gian phải dương và dài tối đa 10 năm.").Because("out_of_range")
	}
	return ask, nil
}

// seriesOf tells a sensor's past in the step asked for, or in the finest that has few enough points.
func (a *API) seriesOf(ctx context.Context, s store.Sensor, ask seriesAsk) (seriesShown, error) {
	shown := seriesShown{
		Sensor: s.Code, Name: s.Name, Kind: s.Kind, Unit: s.Unit, Area: s.Area, Sample: s.Sample, Asked: ask.step.Name,
		Zone: a.Location.String(), Limits: showLevels(s.Confirmed()), Unconfirmed: append([]string{}, s.Doubtful()...),
		T: []float64{}, Value: []*float64{}, Doubts: []doubtShown{},
	}
	step := ask.step
	for {
		h := store.HistoryAsk{SensorID: s.ID, From: step.Begin(ask.from, a.Location), To: ask.to, Zone: a.Location.String(), Most: mostPoints}
		shown.From, shown.To, shown.Step = h.From.UTC(), h.To.UTC(), step.Name
		shown.GapAfterS = int64(s.GapAfter(step) / time.Second)
		line := liner{shown: &shown, gap: s.GapAfter(step)}
		var fits bool
		var err error
		if step.Wide == 0 {
			fits, err = a.rawSeries(ctx, h, &line)
		} else {
			fits, err = a.summedSeries(ctx, h, step, &line)
		}
		if err != nil {
			return shown, err
		}
		if fits {
			end := ask.to
			if now := a.Now(); now.Before(end) {
				end = now
			}
			line.end(end)
			return shown, nil
		}
		var ok bool
		if step, ok = step.Coarser(); !ok {
			return shown, fault.Invalid("from", "Khoảng thời gian có quá nhiều điểm.").Because("too_many")
		}
		shown.Coarser = true
	}
}

// liner puts points into a series and breaks the line where there is a gap.
type liner struct {
	shown *seriesShown
	gap   time.Duration
	last  time.Time
	sums  bool // points have a least, a greatest and a count
	raw   bool // points have a receipt, a source and an origin
}

func unix(at time.Time) float64 { return float64(at.UnixMilli()) / 1000 }

// at begins a point, behind a gap if there is one.
func (l *liner) at(at time.Time) {
	if !l.last.IsZero() && at.Sub(l.last) > l.gap {
		l.nothing(l.last.Add(l.gap))
	}
	l.last = at
	l.shown.T = append(l.shown.T, unix(at))
}

// nothing is a point without values.
func (l *liner) nothing(at time.Time) {
	s := l.shown
	s.T, s.Value = append(s.T, unix(at)), append(s.Value, nil)
	if l.sums {
		s.Min, s.Max, s.N = append(s.Min, nil), append(s.Max, nil), append(s.N, 0)
	}
	if l.raw {
		s.Received, s.Source, s.Origin = append(s.Received, nil), append(s.Source, -1), append(s.Origin, -1)
	}
}

// end breaks the line off where the newest point is too old to be drawn on.
func (l *liner) end(at time.Time) {
	if !l.last.IsZero() && at.Sub(l.last) > l.gap {
		l.nothing(l.last.Add(l.gap))
	}
}

func (a *API) rawSeries(ctx context.Context, h store.HistoryAsk, line *liner) (fits bool, err error) {
	list, err := a.Store.RawReadings(ctx, h)
	if err != nil || len(list) > mostPoints {
		return false, err
	}
	var ids []int32
	for _, m := range list {
		if !slices.Contains(ids, m.Source) {
			ids = append(ids, m.Source)
		}
	}
	names, err := a.Store.SourceNames(ctx, ids)
	if err != nil {
		return false, err
	}
	s := line.shown
	line.raw = true
	s.Received, s.Source, s.Origin = []*float64{}, []int{}, []int{}
	origins := store.ReadingOrigins()
	for i := range list {
		m := &list[i]
		line.at(m.At)
		s.Value = append(s.Value, &m.Value)
		var received *float64
		if m.Received != nil {
			received = new(unix(*m.Received))
		}
		s.Received = append(s.Received, received)
		s.Source = append(s.Source, indexIn(&s.Sources, names[m.Source]))
		s.Origin = append(s.Origin, indexIn(&s.Origins, origins[m.Origin]))
		if m.Quality != 0 {
			s.Doubts = append(s.Doubts, doubtShown{unix(m.At), m.Quality.Words()})
		}
	}
	return true, nil
}

// indexIn is where a word stands in a list, to which it is added when it is new.
func indexIn(list *[]string, word string) int {
	if i := slices.Index(*list, word); i >= 0 {
		return i
	}
	*list = append(*list, word)
	return len(*list) - 1
}

func (a *API) summedSeries(ctx context.Context, h store.HistoryAsk, step sensor.Step, line *liner) (fits bool, err error) {
	if h.To.Sub(h.From)/step.Wide > mostPoints {
		return false, nil
	}
	list, err := a.Store.SummedReadings(ctx, h, step.Wide)
	if err != nil || len(list) > mostPoints {
		return false, err
	}
	s := line.shown
	line.sums = true
	s.Min, s.Max, s.N = []*float64{}, []*float64{}, []int64{}
	for i := range list {
		p := &list[i]
		line.at(p.At)
		s.Value, s.Min, s.Max, s.N = append(s.Value, &p.Mean), append(s.Min, &p.Min), append(s.Max, &p.Max), append(s.N, p.N)
	}
	if since := h.To.Add(-doubtsPast); h.From.Before(since) {
		h.From, s.DoubtsAt = since, new(since.UTC())
	}
	doubts, err := a.Store.Doubts(ctx, h, step.Wide)
	for _, d := range doubts {
		s.Doubts = append(s.Doubts, doubtShown{unix(d.At), d.Quality.Words()})
	}
	return true, err
}

// sendSeriesCSV sends series as one table, a line a point; gaps have no line.
func (a *API) sendSeriesCSV(c *fiber.Ctx, list []seriesShown) error {
	var file bytes.Buffer
	w := csv.NewWriter(&file)
	w.UseCRLF = true
	rows := [][]string{{"\ufeffsensor", "name", "unit", "step", "time", "value", "min", "max", "n", "quality", "received_at", "source", "origin"}}
	for _, s := range list {
		rows = append(rows, a.seriesRows(s)...)
	}
	if err := w.WriteAll(rows); err != nil {
		return fault.Internal(err)
	}
	return a.sendFile(c, "so-do", file.Bytes())
}

func (a *API) seriesRows(s seriesShown) [][]string {
	doubts := make(map[float64]string, len(s.Doubts))
	for _, d := range s.Doubts {
		doubts[d.T] = strings.Join(d.Quality, " ")
	}
	at := func(t float64) string {
		return time.UnixMilli(int64(t * 1000)).In(a.Location).Format("2006-01-02T15:04:05.999Z07:00")
	}
	number := func(list []*float64, i int) string {
		if i >= len(list) || list[i] == nil {
			return ""
		}
		return degrees(*list[i])
	}
	word := func(places []int, words []string, i int) string {
		if i >= len(places) || places[i] < 0 {
			return ""
		}
		return sheet.Harmless(words[places[i]])
	}
	var rows [][]string
	for i, t := range s.T {
		if s.Value[i] == nil {
			continue
		}
		n, received := "1", ""
		if i < len(s.N) {
			n = strconv.FormatInt(s.N[i], 10)
		}
		if i < len(s.Received) && s.Received[i] != nil {
			received = at(*s.Received[i])
		}
		rows = append(rows, []string{
			s.Sensor, sheet.Harmless(s.Name), sheet.Harmless(s.Unit), s.Step, at(t), number(s.Value, i), number(s.Min, i), number(s.Max, i), n,
			doubts[t], received, word(s.Source, s.Sources, i), word(s.Origin, s.Origins, i),
		})
	}
	return rows
}
