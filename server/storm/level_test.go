package storm_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"toancanh/server/kpi"
	"toancanh/server/sensor"
	"toancanh/server/storm"
)

var proof = storm.Proof{AsOf: now, Origin: "simulated"}

func measured(x *sensor.Sensor, change func(*sensor.Sensor), readings ...said) storm.Measured {
	if change != nil {
		change(x)
	}
	return storm.Measured{Sensor: x, Figures: measure(x, readings...)}
}

func rising(from, perHour float64) []said {
	return every(5, 60, func(ago float64) float64 { return from - perHour*ago/60 })
}

func TestRiversSayWhenTheNextLimitIsReached(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		change   func(*sensor.Sensor)
		readings []said
		next     *storm.Next
		eta      *int
		limits   int
		state    sensor.State
	}{
		{"rising to the first limit", nil, rising(588, 0.5), &storm.Next{Label: "BĐ1", At: 588.5}, new(60), 2, sensor.Normal},
		{"above the first, rising to the second", nil, rising(588.75, 0.5), &storm.Next{Label: "BĐ2", At: 589.5}, new(90), 2, sensor.Attention},
		{"above all", nil, rising(590, 0.5), nil, nil, 2, sensor.Warning},
		{"falling", nil, rising(588, -0.5), &storm.Next{Label: "BĐ1", At: 588.5}, nil, 2, sensor.Normal},
		{"still", nil, rising(588, 0), &storm.Next{Label: "BĐ1", At: 588.5}, nil, 2, sensor.Normal},
		{"over 24 h away", nil, rising(586, 0.1), &storm.Next{Label: "BĐ1", At: 588.5}, nil, 2, sensor.Normal},
		{"24 h away", nil, rising(586.1, 0.1), &storm.Next{Label: "BĐ1", At: 588.5}, new(1440), 2, sensor.Normal},
		{"no limit is confirmed", func(x *sensor.Sensor) { x.Levels = nil }, rising(588, 0.5), nil, nil, 0, sensor.Normal},
		{"a limit nobody vouches for is none", func(x *sensor.Sensor) { x.Levels[0].Source = "" }, rising(588, 0.5), &storm.Next{Label: "BĐ2", At: 589.5}, new(180), 1, sensor.Normal},
		{"not heard", nil, []said{{90, 588}, {60, 588.6}}, &storm.Next{Label: "BĐ2", At: 589.5}, nil, 2, sensor.Unknown},
		{"never heard", nil, nil, nil, nil, 2, sensor.Unknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			level := storm.Rivers([]storm.Measured{measured(river(), c.change, c.readings...), measured(gauge(), nil)}, proof)
			if len(level.Rivers) != 1 {
				t.Fatalf("%d rivers, want the one", len(level.Rivers))
			}
			row := level.Rivers[0]
			if diff := cmp.Diff([]any{c.next, c.eta, c.limits, c.state}, []any{row.Next, row.ETA, len(row.Limits), row.State}); diff != "" {
				t.Errorf("next, eta, limits, state (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTheWorstRiverComesFirst(t *testing.T) {
	t.Parallel()
	named := func(code string) func(*sensor.Sensor) { return func(x *sensor.Sensor) { x.Code = code } }
	level := storm.Rivers([]storm.Measured{
		measured(river(), named("lặng"), rising(586, 0)...),
		measured(river(), named("lên"), rising(586, 0.01)...),
		measured(river(), named("không nghe"), said{40, 586}),
		measured(river(), named("sắp tới"), rising(588.4, 0.5)...),
		measured(river(), named("báo động hai"), rising(589.6, 0)...),
		measured(river(), named("báo động một"), rising(588.6, 0.5)...),
	}, proof)
	var got []string
	for _, r := range level.Rivers {
		got = append(got, r.Code)
	}
	want := []string{"báo động hai", "báo động một", "không nghe", "sắp tới", "lên", "lặng"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRainOfACommuneIsTheMostOfItsGauges(t *testing.T) {
	t.Parallel()
	in := func(area string) func(*sensor.Sensor) {
		return func(x *sensor.Sensor) { x.Area, x.Code = area, area+x.Code }
	}
	steady := func(mm float64) []said { return every(10, 1500, func(float64) float64 { return mm }) }
	got := storm.RainOf([]storm.Measured{
		measured(gauge(), in("khô"), steady(0)...),
		measured(gauge(), in("ướt"), steady(2)...),
		measured(gauge(), in("ướt"), every(10, 60, func(float64) float64 { return 16 })...),
		measured(gauge(), in("câm"), said{31, 60}),
		measured(gauge(), in("ướt"), said{31, 60}),
		measured(river(), in("khác")),
	}, proof).Communes
	want := []storm.RainRow{
		{Area: "ướt", MM1h: new(16.0), MM3h: new(6.0), MM24h: new(48.0), State: sensor.Attention, Sensors: storm.Sources{Live: 2, Total: 3}},
		{Area: "khô", MM1h: new(0.0), MM3h: new(0.0), MM24h: new(0.0), State: sensor.Normal, Sensors: storm.Sources{Live: 1, Total: 1}},
		{Area: "câm", State: sensor.Unknown, Sensors: storm.Sources{Live: 0, Total: 1}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWhatChangedIsToldNewestFirstAndBounded(t *testing.T) {
	t.Parallel()
	level := storm.NewChanged(proof)
	for i := range 20 {
		at := now.Add(-time.Duration(i%15) * time.Minute)
		level.Tell(storm.Change{At: at, Kind: kpi.Received, ID: fmt.Sprint(i)})
		level.Count(kpi.Received, 1)
	}
	rises := storm.Rises([]storm.Measured{
		measured(river(), nil, said{20, 588}, said{1, 588.6}),
		measured(river(), nil, said{20, 588}, said{1, 588.1}),
	})
	level.Count(storm.SensorRose, len(rises))
	level.Tell(rises...)
	if len(level.Items) != 12 || level.Received != 20 || level.Raised != 1 {
		t.Fatalf("%d items, %d received, %d raised; want 12, 20, 1", len(level.Items), level.Received, level.Raised)
	}
	if !slices.IsSortedFunc(level.Items, func(a, b storm.Change) int { return b.At.Compare(a.At) }) {
		t.Errorf("items are not newest first: %v", level.Items)
	}
	i := slices.IndexFunc(level.Items, func(c storm.Change) bool { return c.Kind == storm.SensorRose })
	want := storm.Change{
		At: now.Add(-time.Minute), Kind: "sensor", Text: "Mực nước sông Đắk Nông: BĐ1 588,50 m", Area: "24611", State: "attention", ID: "nuoc",
	}
	if i < 0 || level.Items[i] != want {
		t.Errorf("items = %v, want %v among them", level.Items, want)
	}
}

// The golden frame is read by the screens' tests too.
func TestTheGoldenFrameIsTheLevelsOfTheScene(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../schema/testdata/frames/level-storm.json")
	if err != nil {
		t.Fatal(err)
	}
	var frame struct {
		Items []struct {
			Key  string
			Data json.RawMessage
		}
	}
	if err := json.Unmarshal(raw, &frame); err != nil {
		t.Fatal(err)
	}
	levels := map[string]any{storm.KeyRivers: &storm.RiversLevel{}, storm.KeyRain: &storm.RainLevel{}, storm.KeyChanged: &storm.ChangedLevel{}}
	for _, item := range frame.Items {
		level := levels[item.Key]
		decoder := json.NewDecoder(strings.NewReader(string(item.Data)))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(level); err != nil {
			t.Errorf("%s: %v", item.Key, err)
			continue
		}
		again, err := json.Marshal(level)
		if err != nil {
			t.Fatal(err)
		}
		var want, got any
		if err := errors.Join(json.Unmarshal(item.Data, &want), json.Unmarshal(again, &got)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-golden +level):\n%s", item.Key, diff)
		}
		delete(levels, item.Key)
	}
	if len(levels) > 0 {
		t.Errorf("the golden frame lacks %v", levels)
	}
}
