package sensor

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"testing"
	"time"
)

// slowItem decodes one object with the library, as the hand-written way must.
func slowItem(raw []byte) (Reading, bool) {
	var v struct {
		Sensor *string          `json:"sensor"`
		At     *string          `json:"at"`
		Value  *json.RawMessage `json:"value"`
	}
	if json.Unmarshal(raw, &v) != nil || v.Sensor == nil || v.At == nil || v.Value == nil {
		return Reading{}, false
	}
	at, err := time.Parse(time.RFC3339, *v.At)
	value, err2 := strconv.ParseFloat(string(*v.Value), 64)
	if err != nil || err2 != nil || len(*v.Sensor) == 0 || len(*v.Sensor) > 64 || math.IsInf(value, 0) {
		return Reading{}, false
	}
	return Reading{Sensor: *v.Sensor, At: at.UTC().Truncate(time.Microsecond), Value: value}, true
}

// Whatever the library takes, we take alike; whatever we take is a reading with a code, a time and a number.
func FuzzDecodeReadings(f *testing.F) {
	for _, seed := range []string{
		`{"sensor":"a","at":"2026-11-23T02:00:00Z","value":1.5}`,
		`[{"sensor":"a","at":"2026-11-23T02:00:00.123456789+07:00","value":-0.0},{"value":1e-7}]`,
		`{"sensor":"\u0061\ud83d\ude00","at":"2024-02-29T23:59:60Z","value":123456789012345678}`,
		"{\"sensor\":\"a\"}\n[]\n\"", `[[[[[[`, `{"a":"\`, `[{"sensor":"a","at":"2026-11-23T02:00:00Z","value":NaN},`,
	} {
		f.Add([]byte(seed), false)
		f.Add([]byte(seed), true)
	}
	f.Fuzz(func(t *testing.T, body []byte, lines bool) {
		enc := JSON
		if lines {
			enc = NDJSON
		}
		items, err := DecodeReadings(body, enc)
		if err != nil {
			return
		}
		for i, it := range items {
			if it.Index != i {
				t.Fatalf("item %d has index %d", i, it.Index)
			}
			if taken := it.Reason == Taken; taken != (it.Detail == "") || taken && (it.Reading.Sensor == "" || math.IsNaN(it.Reading.Value) || math.IsInf(it.Reading.Value, 0)) {
				t.Fatalf("item %d: %+v", i, it)
			}
		}
		compareWithLibrary(t, body, items)
	})
}

func compareWithLibrary(t *testing.T, body []byte, items []Item) {
	t.Helper()
	if !json.Valid(body) {
		return
	}
	raws := []json.RawMessage{body}
	if bytes.HasPrefix(bytes.TrimSpace(body), []byte("[")) {
		if json.Unmarshal(body, &raws) != nil {
			return
		}
	}
	if len(raws) != len(items) {
		return // lines
	}
	for i, raw := range raws {
		// The library folds the case of keys and lets null pass; where it is that lenient there is nothing to compare.
		if bytes.Contains(bytes.ToLower(raw), []byte("null")) || !bytes.Equal(bytes.ToLower(raw), raw) && !bytes.Contains(raw, []byte(`Z"`)) {
			continue
		}
		want, ok := slowItem(raw)
		if ok && items[i].Reason == Taken && (items[i].Reading.Sensor != want.Sensor || !items[i].Reading.At.Equal(want.At) || items[i].Reading.Value != want.Value) {
			t.Fatalf("item %d of %q: %+v, the library reads %+v", i, raw, items[i].Reading, want)
		}
	}
}

func FuzzParseTimeReadsWhatTheLibraryReads(f *testing.F) {
	for _, seed := range []string{"2026-11-23T02:00:00Z", "2024-02-29T00:00:00.5Z", "2023-02-29T00:00:00Z", "2026-11-23t02:00:00z", "0000-01-01T00:00:00Z", "2026-11-31T23:59:59.999999999Z", "2026-11-23T02:00:00,5Z", "2026-11-23T24:00:00Z", "2026-11-23T02:00:00.Z"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := parseTime([]byte(text))
		want, err := time.Parse(time.RFC3339, text)
		if len(text) > 40 || len(text) < 20 {
			return
		}
		// The library also takes a comma before the fraction and one digit for the hour; so do we, through it.
		if ok != (err == nil) || ok && !got.Equal(want) {
			t.Fatalf("parseTime(%q) = %s, %v; the library %s, %v", text, got, ok, want, err)
		}
	})
}

func TestParseNumberIsExact(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"0", "-0", "0.1", "-12.345", "588.50", "123456789012345", "1234567890123456", "0.000000000000001", "9007199254740993", "1e22", "2.2250738585072011e-308", "99999999.9999999", "0.30000000000000004", "179769313486231570000"} {
		got, ok := parseNumber([]byte(text))
		want, err := strconv.ParseFloat(text, 64)
		if err != nil || !ok || math.Float64bits(got) != math.Float64bits(want) {
			t.Errorf("parseNumber(%s) = %v, %v; want %v", text, got, ok, want)
		}
	}
	for i := range 200_000 {
		text := fmt.Sprintf("%d.%03d", i*7919%1_000_000, i%1000)
		got, _ := parseNumber([]byte(text))
		if want, _ := strconv.ParseFloat(text, 64); got != want {
			t.Fatalf("parseNumber(%s) = %v, want %v", text, got, want)
		}
	}
}

// readings is a body of n readings of 50 sensors.
func readings(n int, enc Encoding) []byte {
	var b bytes.Buffer
	at := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	for i := range n {
		switch {
		case enc == NDJSON && i > 0:
			b.WriteByte('\n')
		case enc == JSON && i == 0:
			b.WriteByte('[')
		case enc == JSON:
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"sensor":"mua-%d","at":%q,"value":%d.%d}`, 24611+i%50, at.Add(time.Duration(i)*time.Second).Format(time.RFC3339), i%100, i%10)
	}
	if enc == JSON {
		b.WriteByte(']')
	}
	return b.Bytes()
}

func BenchmarkDecodeReadings(b *testing.B) {
	const n = 1000
	for name, enc := range map[string]Encoding{"array": JSON, "lines": NDJSON} {
		body := readings(n, enc)
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				items, err := DecodeReadings(body, enc)
				if err != nil || len(items) != n || items[n-1].Reason != Taken {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/reading")
		})
	}
	body := readings(n, JSON)
	b.Run("library", func(b *testing.B) {
		b.SetBytes(int64(len(body)))
		b.ReportAllocs()
		for b.Loop() {
			var v []struct {
				Sensor string    `json:"sensor"`
				At     time.Time `json:"at"`
				Value  float64   `json:"value"`
			}
			if err := json.Unmarshal(body, &v); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/reading")
	})
}
