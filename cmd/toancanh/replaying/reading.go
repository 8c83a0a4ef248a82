package replaying

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"toancanh/cmd/toancanh/client"
	"toancanh/server/area"
)

const (
	readingBatch = 5000
	longestCode  = 48
	longestName  = 60
	// A sensor is late after so many of its usual intervals.
	lateAfter    = 3
	leastStale   = 2 * time.Hour
	longestStale = 30 * 24 * time.Hour
)

// kind is what a parameter of a file is to the server.
type kind struct {
	code, name, unit string
}

func kindOf(parameter string) (kind, bool) {
	k, ok := map[string]kind{
		"pm25":          {"pm25", "Bụi PM2.5", "µg/m³"},
		"pm10":          {"pm10", "Bụi PM10", "µg/m³"},
		"no2":           {"no2", "NO₂", "µg/m³"},
		"so2":           {"so2", "SO₂", "µg/m³"},
		"o3":            {"o3", "O₃", "µg/m³"},
		"co":            {"co", "CO", "µg/m³"},
		"precipitation": {"rain_24h", "Mưa 24 giờ", "mm"},
		"rain":          {"rain_24h", "Mưa 24 giờ", "mm"},
		"rainfall":      {"rain_24h", "Mưa 24 giờ", "mm"},
		"temperature":   {"temperature", "Nhiệt độ", "°C"},
	}[strings.NewReplacer(".", "", "_", "").Replace(folded(parameter))]
	return k, ok
}

// measured is a reading as its line tells it.
type measured struct {
	line   int
	sensor string
	at     time.Time
	value  float64
}

// playReadings registers the sensors of a table and sends its readings.
func (p *player) playReadings(ctx context.Context, t *table) error {
	r := &readingReader{reader: p.reader(t), file: t.name, seen: make(map[string]bool), sensors: make(map[string]client.Sensor), locator: p.locator}
	r.calendar = p.calendarOf(r.reader, fieldAt)
	var readings []measured
	for _, w := range t.rows {
		one, bad := r.read(w)
		if bad != nil {
			p.refuse(t.name, *bad)
			continue
		}
		readings = append(readings, one)
	}
	if len(readings) == 0 {
		return nil
	}
	slices.SortStableFunc(readings, func(a, b measured) int { return a.at.Compare(b.at) })
	times := make([]time.Time, len(readings))
	for i, one := range readings {
		times[i] = one.at
	}
	moved := p.begin(times)
	if err := p.register(ctx, r.sensors, usualGaps(readings), moved); err != nil {
		return err
	}
	return p.play(ctx, stream{times: times, batch: readingBatch, send: func(ctx context.Context, from, to int) error {
		now := p.Now()
		batch := make([]client.Reading, 0, to-from)
		for _, one := range readings[from:to] {
			at := moved.apply(one.at)
			if at.After(now) {
				at = now.Truncate(time.Millisecond)
			}
			batch = append(batch, client.Reading{Sensor: one.sensor, At: at, Value: one.value})
		}
		taken, err := p.client.PostPastReadings(ctx, batch)
		if err != nil {
			return err
		}
		p.summary.Readings += taken.Accepted
		for _, bad := range taken.Refused {
			p.refuse(t.name, fromServer(readings[from+min(max(bad.Index, 0), to-from-1)].line, bad))
		}
		return nil
	}})
}

// register tells the server of the file's sensors.
func (p *player) register(ctx context.Context, sensors map[string]client.Sensor, gaps map[string]time.Duration, s shift) error {
	var list []client.Sensor
	for code, sensor := range sensors {
		late := time.Duration(float64(lateAfter*gaps[code]) * s.factor)
		sensor.StaleAfterS = int(min(max(late, leastStale), longestStale) / time.Second)
		list = append(list, sensor)
	}
	slices.SortFunc(list, func(a, b client.Sensor) int { return cmp.Compare(a.Code, b.Code) })
	if err := p.client.PutSensors(ctx, list); err != nil {
		return err
	}
	p.summary.Sensors += len(list)
	return nil
}

// usualGaps is the median time between two readings of each sensor.
func usualGaps(readings []measured) map[string]time.Duration {
	last := make(map[string]time.Time)
	gaps := make(map[string][]time.Duration)
	for _, one := range readings {
		if before, ok := last[one.sensor]; ok {
			gaps[one.sensor] = append(gaps[one.sensor], one.at.Sub(before))
		}
		last[one.sensor] = one.at
	}
	usual := make(map[string]time.Duration, len(gaps))
	for sensor, all := range gaps {
		slices.Sort(all)
		usual[sensor] = all[len(all)/2]
	}
	return usual
}

// readingReader reads readings from lines and meets the sensors on the way.
type readingReader struct {
	reader
	file     string
	calendar calendar
	locator  *area.Locator
	seen     map[string]bool
	sensors  map[string]client.Sensor
}

func (r *readingReader) read(w row) (measured, *refusal) {
	bad := func(field string, reason Reason, why string) (measured, *refusal) {
		return measured{}, &refusal{w.line, r.name(field), reason, why}
	}
	at, err := r.calendar.instant(r.text(w, fieldAt))
	if err != nil {
		return bad(fieldAt, BadTime, err.Error())
	}
	text := r.text(w, fieldValue)
	if text == "" {
		return bad(fieldValue, Missing, "empty")
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(value) || math.IsInf(value, 0) {
		return bad(fieldValue, BadValue, fmt.Sprintf("%.40q is no number", text))
	}
	parameter := r.text(w, fieldParameter)
	if !r.has(fieldParameter) {
		parameter = r.name(fieldValue) // a table with a column for each parameter
	}
	k, ok := kindOf(parameter)
	if !ok {
		return bad(fieldParameter, BadValue, fmt.Sprintf("%.40q is no kind of sensor", parameter))
	}
	if unit := folded(r.text(w, fieldMeasure)); strings.HasPrefix(unit, "pp") {
		return bad(fieldMeasure, BadValue, fmt.Sprintf("%.40q is not %s", unit, k.unit))
	}
	code := r.sensor(w, k)
	once := fmt.Sprint(code, at.UnixNano())
	if r.seen[once] {
		return bad(fieldAt, "duplicate", "a reading of this sensor at this time stands before")
	}
	r.seen[once] = true
	return measured{line: w.line, sensor: code, at: at, value: value}, nil
}

// sensor is the code of the sensor a line is from. The first line of a sensor
// gives it a place: of a foreign station always the same.
func (r *readingReader) sensor(w row, k kind) string {
	station := r.text(w, fieldSensor)
	if station == "" {
		station = strings.TrimSuffix(filepath.Base(r.file), filepath.Ext(r.file))
	}
	code := codeOf(station, k.code)
	if _, known := r.sensors[code]; known {
		return code
	}
	place, _ := r.locator.Scatter(station)
	low := 0.0
	sensor := client.Sensor{
		Code: code, Name: fmt.Sprintf("%s – %s (phát lại)", k.name, clip(station, longestName)),
		Kind: k.code, Unit: k.unit, Lat: place.Lat, Lon: place.Lon,
		Thing: clip(station, longestName), Field: k.code,
	}
	if k.code != "temperature" {
		sensor.Min = &low
	}
	r.sensors[code] = sensor
	return code
}

// codeOf makes a code from a station's name; one that had to be cut or changed
// much gets a mark that tells it from its like.
func codeOf(station, kind string) string {
	var plain strings.Builder
	for _, c := range area.Fold(station) {
		switch {
		case c <= unicode.MaxASCII && (unicode.IsLetter(c) || unicode.IsDigit(c)):
			plain.WriteRune(unicode.ToLower(c))
		case !strings.HasSuffix(plain.String(), "-"):
			plain.WriteByte('-')
		}
	}
	slug := strings.Trim(plain.String(), "-")
	if len(slug) > longestCode || slug == "" {
		mark := fnv.New32a()
		_, _ = mark.Write([]byte(station))
		slug = strings.Trim(fmt.Sprintf("%.*s-%08x", longestCode-10, slug, mark.Sum32()), "-")
	}
	return "phat-lai-" + slug + "-" + kind
}
