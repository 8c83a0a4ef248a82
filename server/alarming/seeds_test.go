package alarming_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"toancanh/schema"
	"toancanh/schema/sample"
	"toancanh/server/alarm"
	"toancanh/server/alarming"
	"toancanh/server/sensor"
)

// TestTheSampleTypesAreWholeAndNoneJudgesWithoutASource holds the shipped types to their own rules.
func TestTheSampleTypesAreWholeAndNoneJudgesWithoutASource(t *testing.T) {
	t.Parallel()
	list, err := alarming.Seeds(sample.Files(), true)
	if err != nil || len(list) < 16 {
		t.Fatalf("%d types, %v", len(list), err)
	}
	unconfirmed := sensor.Sensor{Code: "nuoc", Kind: "river", Levels: []sensor.Level{{At: 1, State: sensor.Critical, Label: "BĐ3"}}}
	n := map[alarm.Priority]int{}
	for _, x := range list {
		if !x.Sample || !x.Enabled {
			t.Errorf("%s: sample %t, enabled %t", x.Code, x.Sample, x.Enabled)
		}
		if x.Condition.Class == alarm.ByLevel && alarm.Applies(x.Condition, &unconfirmed) {
			t.Errorf("%s judges a limit that nobody confirmed", x.Code)
		}
		n[x.Priority]++
	}
	if n[alarm.High] == 0 || n[alarm.Medium] == 0 || n[alarm.Low] == 0 {
		t.Errorf("priorities %v", n)
	}
	waiting, err := alarming.Seeds(sample.Files(), false)
	if err != nil || waiting[0].Enabled {
		t.Errorf("types of a house with real data are enabled: %v", err)
	}
}

// TestTheGoldenLevelsHaveTheFieldsOfTheBoard holds the example that pages are written by to what is announced.
func TestTheGoldenLevelsHaveTheFieldsOfTheBoard(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../schema/testdata/frames/level-alarms.json")
	if err != nil {
		t.Fatal(err)
	}
	var frame schema.LevelFrame
	if err := json.Unmarshal(raw, &frame); err != nil {
		t.Fatal(err)
	}
	for i, into := range []any{&alarming.Summary{}, &alarming.Groups{}} {
		in := json.NewDecoder(bytes.NewReader(frame.Items[i].Data))
		in.DisallowUnknownFields()
		if err := in.Decode(into); err != nil {
			t.Fatalf("%s: %v", frame.Items[i].Key, err)
		}
		back, err := json.Marshal(into)
		if err != nil {
			t.Fatal(err)
		}
		var want, got any
		if err := errors.Join(json.Unmarshal(frame.Items[i].Data, &want), json.Unmarshal(back, &got)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-golden +board):\n%s", frame.Items[i].Key, diff)
		}
	}
}
