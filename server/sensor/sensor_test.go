package sensor_test

import (
	"encoding/csv"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"toancanh/schema/sample"
	"toancanh/server/fault"
	"toancanh/server/sensor"
)

var now = time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)

// river is the gauge of trạm Đắk Nông.
func river() *sensor.Sensor {
	return &sensor.Sensor{
		Code: "song-dak-nong", Name: "Trạm Đắk Nông", Kind: "river", Unit: "m", Lat: 12, Lon: 107.69, StaleAfter: 30 * time.Minute,
		Min: new(580.0), Max: new(600.0),
		Levels: []sensor.Level{{At: 588.5, State: sensor.Warning, Label: "BĐ1", Source: "bản tin"}, {At: 589.5, State: sensor.Critical, Label: "BĐ2", Source: "bản tin"}},
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		value float64
		at    time.Time
		door  sensor.Door
		want  sensor.Reason
	}{
		{"an ordinary reading", 587, now, sensor.Ordinary, sensor.Taken},
		{"the lowest plausible", 580, now, sensor.Ordinary, sensor.Taken},
		{"the highest plausible", 600, now, sensor.Ordinary, sensor.Taken},
		{"below it", 579.99, now, sensor.Ordinary, sensor.OutOfRange},
		{"above it", 600.01, now, sensor.Ordinary, sensor.OutOfRange},
		{"no number", math.NaN(), now, sensor.Ordinary, sensor.BadValue},
		{"infinity", math.Inf(-1), now, sensor.Ordinary, sensor.BadValue},
		{"five minutes ahead", 587, now.Add(5 * time.Minute), sensor.Ordinary, sensor.Taken},
		{"more than that", 587, now.Add(5*time.Minute + 1), sensor.Ordinary, sensor.Future},
		{"48 hours ago", 587, now.Add(-48 * time.Hour), sensor.Ordinary, sensor.Taken},
		{"longer ago", 587, now.Add(-48*time.Hour - 1), sensor.Ordinary, sensor.TooOld},
		{"longer ago by the door of history", 587, now.AddDate(-5, 0, 0), sensor.History, sensor.Taken},
		{"from a device without a clock", 587, time.Unix(60, 0), sensor.History, sensor.TooOld},
		{"the future by the door of history", 587, now.Add(time.Hour), sensor.History, sensor.Future},
	}
	s := river()
	for _, c := range cases {
		if got := s.Check(sensor.Reading{Sensor: s.Code, At: c.at, Value: c.value}, now, c.door); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		if c.want != sensor.Taken && c.want.Detail() == "" {
			t.Errorf("%q has no sentence", c.want)
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	s, r := river(), sensor.Reading{At: now, Value: 587}
	b.ReportAllocs()
	for b.Loop() {
		s.Check(r, now, sensor.Ordinary)
	}
}

func TestStateAndLimit(t *testing.T) {
	t.Parallel()
	s := river()
	cases := []struct {
		value float64
		state sensor.State
		limit string
	}{
		{588.49, sensor.Normal, ""},
		{588.5, sensor.Warning, "BĐ1 588,50 m"},
		{589.49, sensor.Warning, "BĐ1 588,50 m"},
		{589.5, sensor.Critical, "BĐ2 589,50 m"},
		{math.NaN(), sensor.Unknown, ""},
	}
	for _, c := range cases {
		if got := s.State(c.value); got != c.state {
			t.Errorf("State(%v) = %s, want %s", c.value, got, c.state)
		}
		if got := s.Limit(c.value); got != c.limit {
			t.Errorf("Limit(%v) = %q, want %q", c.value, got, c.limit)
		}
	}
	rain := sensor.Sensor{Unit: "mm", Levels: []sensor.Level{{At: 100, State: sensor.Attention, Label: "Cấp 1", Source: "18/2021/QĐ-TTg"}}}
	if got, want := rain.Limit(120), "Cấp 1 100 mm"; got != want {
		t.Errorf("Limit = %q, want %q", got, want)
	}
	fire := sensor.Sensor{Unit: "cấp", Levels: []sensor.Level{{At: 4, State: sensor.Warning, Label: "cấp IV – nguy hiểm", Source: "156/2018/NĐ-CP"}}}
	if got, want := fire.Limit(4), "cấp IV – nguy hiểm"; got != want {
		t.Errorf("Limit = %q, want %q", got, want)
	}
}

func TestStale(t *testing.T) {
	t.Parallel()
	s := river()
	if s.Stale(now.Add(-30*time.Minute), now) || !s.Stale(now.Add(-30*time.Minute-1), now) || !s.Stale(time.Time{}, now) {
		t.Error("stale begins after stale_after, and a value never measured is stale")
	}
}

func TestKindsAreWhole(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, k := range sensor.Kinds() {
		s := sensor.Sensor{Code: "x", Name: k.Name, Kind: k.Code, Lat: 12, Lon: 107}
		got, err := s.Clean()
		if err != nil {
			t.Errorf("kind %s: %v", k.Code, err)
		}
		if got.StaleAfter != k.StaleAfter || got.Unit != k.Unit || len(got.Levels) != len(k.Levels) {
			t.Errorf("kind %s: defaults were not filled in: %+v", k.Code, got)
		}
		if seen[k.Code] {
			t.Errorf("kind %s twice", k.Code)
		}
		seen[k.Code] = true
	}
}

func TestEverySampleSensorIsOfAKnownKind(t *testing.T) {
	t.Parallel()
	file, err := sample.Files().Open("sensors.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := slices.Index(rows[0], "kind")
	for _, row := range rows[1:] {
		if _, ok := sensor.KindOf(row[column]); !ok {
			t.Errorf("%s is of kind %q", row[0], row[column])
		}
	}
}

func TestClean(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		spoil func(*sensor.Sensor)
		want  []string
	}{
		{"a good one", func(*sensor.Sensor) {}, nil},
		{"levels in any order", func(s *sensor.Sensor) { s.Levels[0], s.Levels[1] = s.Levels[1], s.Levels[0] }, nil},
		{"no code", func(s *sensor.Sensor) { s.Code = "" }, []string{"code"}},
		{"a code with a slash", func(s *sensor.Sensor) { s.Code = "a/b" }, []string{"code"}},
		{"no name", func(s *sensor.Sensor) { s.Name = " " }, []string{"name"}},
		{"a name of two lines", func(s *sensor.Sensor) { s.Name = "a\nb" }, []string{"name"}},
		{"an unknown kind", func(s *sensor.Sensor) { s.Kind = "soul" }, []string{"kind"}},
		{"no place", func(s *sensor.Sensor) { s.Lat = math.NaN() }, []string{"lat"}},
		{"stale at once", func(s *sensor.Sensor) { s.StaleAfter = time.Millisecond }, []string{"stale_after_s"}},
		{"an empty range", func(s *sensor.Sensor) { s.Min = new(601.0) }, []string{"min"}},
		{"a level twice", func(s *sensor.Sensor) { s.Levels[1].At = 588.5 }, []string{"levels"}},
		{"a level of no state", func(s *sensor.Sensor) { s.Levels[1].State = "loud" }, []string{"levels"}},
		{"a level without a word", func(s *sensor.Sensor) { s.Levels[1].Label = "" }, []string{"levels"}},
		{"a level at no number", func(s *sensor.Sensor) { s.Levels[1].At = math.NaN() }, []string{"levels"}},
		{"all of it", func(s *sensor.Sensor) { *s = sensor.Sensor{Lat: 200} }, []string{"code", "name", "kind", "lat", "stale_after_s"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := river()
			c.spoil(s)
			cleaned, err := s.Clean()
			var got []string
			for _, e := range fault.Items(err) {
				got = append(got, e.Field)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("fields (-want +got):\n%s", diff)
			}
			if err == nil && cleaned.State(589) != sensor.Warning {
				t.Errorf("levels came out as %v", cleaned.Levels)
			}
		})
	}
}

func item(i int, code string, minute int, value float64) sensor.Item {
	return sensor.Item{Index: i, Reading: sensor.Reading{Sensor: code, At: now.Add(time.Duration(minute) * time.Minute), Value: value}}
}

func TestDecodeReadings(t *testing.T) {
	t.Parallel()
	const a, b = `{"sensor":"a","at":"2026-11-23T02:00:00Z","value":1.5}`, `{"sensor":"b","at":"2026-11-23T09:01:00.000+07:00","value":-2e1}`
	bad := func(i int, code string, reason sensor.Reason) sensor.Item {
		return sensor.Item{Index: i, Reading: sensor.Reading{Sensor: code}, Reason: reason, Detail: "*"}
	}
	both := []sensor.Item{item(0, "a", 0, 1.5), item(1, "b", 1, -20)}
	cases := []struct {
		name string
		body string
		enc  sensor.Encoding
		want []sensor.Item
	}{
		{"one object", a, sensor.JSON, both[:1]},
		{"an object with spaces and strange members", " {\n\"x\":{\"y\":[1,\"}\",null,true,false,{}]} , \"value\" : 1.5, \"at\":\"2026-11-23T02:00:00Z\",\"s\\u0065nsor\":\"\\u0061\"}\r\n", sensor.JSON, both[:1]},
		{"a byte order mark", "\ufeff" + a, sensor.JSON, both[:1]},
		{"an array", "[" + a + ",\n" + b + "]", sensor.JSON, both},
		{"an empty array", " [ ] ", sensor.JSON, []sensor.Item{}},
		{"lines", a + "\r\n\n" + b, sensor.NDJSON, both},
		{"no lines", "\n\n", sensor.NDJSON, []sensor.Item{}},
		{"the last of doubled members", `{"sensor":"z","at":"2026-11-23T02:00:00Z","value":0,"sensor":"a","value":1.5}`, sensor.JSON, both[:1]},
		{
			"bad items between good ones",
			`[` + a + `,{"sensor":"c","at":"yesterday","value":1},7,{"sensor":"d","at":"2026-11-23T02:00:00Z","value":null},{"sensor":"e","at":"2026-11-23T02:00:00Z","value":"1"},{"at":"2026-11-23T02:00:00Z","value":1},` +
				`{"sensor":"f","value":1},{"sensor":"g","at":"2026-11-23T02:00:00Z"},{"sensor":"h","at":"2026-11-23T02:00:00Z","value":1e999},{"sensor":"i" "at"},{"sensor":"j","at":"2026-11-23T02:00:00Z","value":NaN},{},` + b + `]`,
			sensor.JSON,
			[]sensor.Item{
				both[0], bad(1, "c", sensor.Malformed), bad(2, "", sensor.Malformed), bad(3, "d", sensor.BadValue), bad(4, "e", sensor.BadValue),
				bad(5, "", sensor.Malformed), bad(6, "f", sensor.Malformed), bad(7, "g", sensor.Malformed), bad(8, "h", sensor.BadValue),
				bad(9, "i", sensor.Malformed), bad(10, "j", sensor.BadValue), bad(11, "", sensor.Malformed), item(12, "b", 1, -20),
			},
		},
		{"bad lines between good ones", a + "\n{\n[]\n" + b, sensor.NDJSON, []sensor.Item{both[0], bad(1, "", sensor.Malformed), bad(2, "", sensor.Malformed), item(3, "b", 1, -20)}},
		{"an array cut within an item", "[" + a + `,{"sensor":"c","at"`, sensor.JSON, []sensor.Item{both[0], bad(1, "", sensor.Malformed)}},
		{"an array cut within a string", "[" + a + `,{"sensor":"c`, sensor.JSON, []sensor.Item{both[0], bad(1, "", sensor.Malformed)}},
		{"an array cut after an item", "[" + a, sensor.JSON, []sensor.Item{bad(0, "", sensor.Malformed)}},
		{"an array cut after a comma", "[" + a + ",", sensor.JSON, []sensor.Item{both[0], bad(1, "", sensor.Malformed)}},
		{"something behind the array", "[" + a + "] x", sensor.JSON, []sensor.Item{both[0], bad(1, "", sensor.Malformed)}},
		{"something behind the object", a + a, sensor.JSON, []sensor.Item{bad(0, "a", sensor.Malformed)}},
		{"a leading zero", `{"sensor":"a","at":"2026-11-23T02:00:00Z","value":01}`, sensor.JSON, []sensor.Item{bad(0, "a", sensor.Malformed)}},
		{"nesting without end", `{"x":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`, sensor.JSON, []sensor.Item{bad(0, "", sensor.Malformed)}},
		{"a code that is too long", `{"sensor":"` + strings.Repeat("a", 65) + `","at":"2026-11-23T02:00:00Z","value":1}`, sensor.JSON, []sensor.Item{bad(0, "", sensor.Malformed)}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := sensor.DecodeReadings([]byte(c.body), c.enc)
			if err != nil {
				t.Fatal(err)
			}
			for i := range got {
				if got[i].Reason != sensor.Taken && got[i].Detail != "" {
					got[i].Detail = "*"
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("items (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDecodeReadingsRefusesWhatIsNoList(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", " ", "null", "7", `"a"`, "sensor=a&value=1"} {
		if items, err := sensor.DecodeReadings([]byte(body), sensor.JSON); !fault.Is(err, fault.KindInvalid) {
			t.Errorf("%q: %v, %v; want invalid", body, items, err)
		}
	}
	one := `{"sensor":"a","at":"2026-11-23T02:00:00Z","value":1}`
	for enc, join := range map[sensor.Encoding]string{sensor.JSON: ",", sensor.NDJSON: "\n"} {
		body := func(n int) []byte {
			text := strings.TrimSuffix(strings.Repeat(one+join, n), join)
			if enc == sensor.JSON {
				text = "[" + text + "]"
			}
			return []byte(text)
		}
		if items, err := sensor.DecodeReadings(body(sensor.MaxItems), enc); err != nil || len(items) != sensor.MaxItems {
			t.Errorf("%d items: %d, %v", sensor.MaxItems, len(items), err)
		}
		if _, err := sensor.DecodeReadings(body(sensor.MaxItems+1), enc); !fault.Is(err, fault.KindTooMany) {
			t.Errorf("one item more: %v, want too many", err)
		}
	}
}
