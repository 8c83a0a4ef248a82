package alarm_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"toancanh/server/alarm"
	"toancanh/server/fault"
)

// whole is a type that may be enabled.
func whole() alarm.Type {
	return alarm.Type{
		Code: "river_bd2", Label: "Mực nước vượt BĐ2", Source: alarm.FromSensor, Priority: alarm.High,
		Condition: alarm.Condition{Class: alarm.ByLevel, Kinds: []string{"river"}, State: "warning"},
		Cause:     "Mưa lớn ở thượng nguồn", Consequence: "Ngập vùng trũng ven sông", Response: "Báo UBND xã ven sông, cử người đo tại trạm",
		ResponseTime: 10 * time.Minute, Owner: "so-nnmt", CallList: []string{"truong_ca", "lanh_dao_truc"},
	}
}

// fields are those at fault with their reasons.
func fields(err error) []string {
	var list []string
	for _, e := range fault.Items(err) {
		list = append(list, e.Field+" "+e.Reason)
	}
	slices.Sort(list)
	return list
}

func TestAWholeTypeIsEnabledWithItsDefaults(t *testing.T) {
	t.Parallel()
	in := whole()
	in.Label, in.Response = "  Mực nước vượt BĐ2 ", "Báo UBND xã"
	got, err := in.Enable()
	if err != nil {
		t.Fatal(err)
	}
	want := whole()
	want.Enabled, want.Response = true, "Báo UBND xã"
	want.Condition.OnDelay, want.Condition.OffDelay = seconds(60), seconds(0)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if again, err := got.Clean(); err != nil || !cmp.Equal(again, got) {
		t.Errorf("what is clean is cleaned again: %v", err)
	}
}

func TestATypeWithoutAnAnswerIsNotEnabled(t *testing.T) {
	t.Parallel()
	bare := whole()
	bare.Cause, bare.Consequence, bare.Response, bare.ResponseTime, bare.Owner, bare.CallList = " ", "", "", 0, "", nil
	got, err := bare.Enable()
	want := []string{"call_list required", "cause required", "consequence required", "owner required", "response required", "response_minutes required"}
	if diff := cmp.Diff(want, fields(err)); diff != "" || got.Enabled {
		t.Errorf("enabled %v (-want +got):\n%s", got.Enabled, diff)
	}
	for _, e := range fault.Items(err) {
		if e.Message == "" || e.Kind != fault.KindInvalid {
			t.Errorf("%+v", e)
		}
	}
	if _, err := bare.Clean(); err != nil {
		t.Errorf("it may be kept: %v", err)
	}
	bare.Priority = alarm.Journal
	if got, err := bare.Enable(); err != nil || !got.Enabled {
		t.Errorf("the journal asks nobody: %v", err)
	}
	bare.Priority = "urgent"
	if _, err := bare.Enable(); !slices.Contains(fields(err), "priority unknown") || !slices.Contains(fields(err), "owner required") {
		t.Errorf("all that is wrong and missing: %v", fields(err))
	}
}

func TestWhatIsWrongWithAType(t *testing.T) {
	t.Parallel()
	condition := func(c alarm.Condition) func(*alarm.Type) { return func(t *alarm.Type) { t.Condition = c } }
	part := alarm.Condition{Class: alarm.ByLimit, Limit: 1}
	joint := func(set func(*alarm.Condition)) func(*alarm.Type) {
		c := alarm.Condition{Class: alarm.ByJoint, Level: "district", Parts: []alarm.Condition{part, part}}
		set(&c)
		return func(t *alarm.Type) { t.Source, t.Condition = alarm.FromArea, c }
	}
	for name, c := range map[string]struct {
		set  func(*alarm.Type)
		want string // empty: nothing is wrong
	}{
		"a code with a capital":       {func(t *alarm.Type) { t.Code = "River" }, "code format"},
		"no label":                    {func(t *alarm.Type) { t.Label = " " }, "label required"},
		"a long response":             {func(t *alarm.Type) { t.Response = strings.Repeat("ễ", 141) }, "response too_long"},
		"a response that just fits":   {func(t *alarm.Type) { t.Response = strings.Repeat("ễ", 140) }, ""},
		"a long cause":                {func(t *alarm.Type) { t.Cause = strings.Repeat("a", 501) }, "cause too_long"},
		"a long consequence":          {func(t *alarm.Type) { t.Consequence = strings.Repeat("a", 501) }, "consequence too_long"},
		"a long owner":                {func(t *alarm.Type) { t.Owner = strings.Repeat("a", 121) }, "owner too_long"},
		"more than a day to answer":   {func(t *alarm.Type) { t.ResponseTime = 25 * time.Hour }, "response_minutes out_of_range"},
		"one called twice":            {func(t *alarm.Type) { t.CallList = []string{"a", "a"} }, "call_list format"},
		"a position with spaces":      {func(t *alarm.Type) { t.CallList = []string{"trưởng ca"} }, "call_list format"},
		"eleven to call":              {func(t *alarm.Type) { t.CallList = strings.Split("abcdefghijk", "") }, "call_list format"},
		"a level of a gateway":        {func(t *alarm.Type) { t.Source = alarm.FromGateway }, "source mismatch"},
		"no class":                    {condition(alarm.Condition{}), "condition.class unknown"},
		"a kind there is not":         {condition(alarm.Condition{Class: alarm.ByLimit, Kinds: []string{"wind"}}), "condition.kinds unknown"},
		"too many sensors":            {condition(alarm.Condition{Class: alarm.ByLimit, Sensors: make([]string, 201)}), "condition.sensors too_many"},
		"a state that is no level":    {condition(alarm.Condition{Class: alarm.ByLevel, State: "normal"}), "condition.state unknown"},
		"a level from above":          {condition(alarm.Condition{Class: alarm.ByLevel, State: "warning", Below: true}), "condition.below mismatch"},
		"a limit that is no number":   {condition(alarm.Condition{Class: alarm.ByLimit, Limit: math.NaN()}), "condition.limit out_of_range"},
		"a delay below 0":             {condition(alarm.Condition{Class: alarm.ByLimit, OnDelay: seconds(-1)}), "condition.on_delay_s out_of_range"},
		"an off-delay of days":        {condition(alarm.Condition{Class: alarm.ByLimit, OffDelay: seconds(86401)}), "condition.off_delay_s out_of_range"},
		"a dead-band below 0":         {condition(alarm.Condition{Class: alarm.ByLimit, DeadBand: new(-1.0)}), "condition.dead_band out_of_range"},
		"a dead-band without end":     {condition(alarm.Condition{Class: alarm.ByLimit, DeadBand: new(math.Inf(1))}), "condition.dead_band out_of_range"},
		"a dead-band of all":          {condition(alarm.Condition{Class: alarm.ByLimit, DeadBandShare: new(0.6)}), "condition.dead_band_share out_of_range"},
		"two dead-bands":              {condition(alarm.Condition{Class: alarm.ByLimit, DeadBand: new(1.0), DeadBandShare: new(0.1)}), "condition.dead_band both"},
		"a rate of 0":                 {condition(alarm.Condition{Class: alarm.ByRate}), "condition.limit out_of_range"},
		"a rate over a second":        {condition(alarm.Condition{Class: alarm.ByRate, Limit: 1, Over: seconds(1)}), "condition.over_s out_of_range"},
		"a total of half an hour":     {condition(alarm.Condition{Class: alarm.ByTotal, Limit: 1, Over: seconds(1800)}), "condition.over_s out_of_range"},
		"a total from above":          {condition(alarm.Condition{Class: alarm.ByTotal, Limit: 1, Below: true}), "condition.limit out_of_range"},
		"a total of 0":                {condition(alarm.Condition{Class: alarm.ByTotal}), "condition.limit out_of_range"},
		"a good rate":                 {condition(alarm.Condition{Class: alarm.ByRate, Limit: 0.3, Below: true}), ""},
		"a good total":                {condition(alarm.Condition{Class: alarm.ByTotal, Limit: 38}), ""},
		"a good absence":              {condition(alarm.Condition{Class: alarm.ByAbsence, OnDelay: seconds(1800)}), ""},
		"an absence of two months":    {condition(alarm.Condition{Class: alarm.ByAbsence, OnDelay: seconds(60 * 86400)}), "condition.on_delay_s out_of_range"},
		"a good joint":                {joint(func(*alarm.Condition) {}), ""},
		"a joint of a sensor":         {func(t *alarm.Type) { joint(func(*alarm.Condition) {})(t); t.Source = alarm.FromSensor }, "source mismatch"},
		"a joint of one part":         {joint(func(c *alarm.Condition) { c.Parts = c.Parts[:1] }), "condition.parts out_of_range"},
		"a joint of nine parts":       {joint(func(c *alarm.Condition) { c.Parts = slices.Repeat(c.Parts[:1], 9) }), "condition.parts out_of_range"},
		"a joint of no level":         {joint(func(c *alarm.Condition) { c.Level = "" }), "condition.level unknown"},
		"a joint over two days":       {joint(func(c *alarm.Condition) { c.Over = seconds(2 * 86400) }), "condition.over_s out_of_range"},
		"a joint with its own delay":  {joint(func(c *alarm.Condition) { c.OnDelay = seconds(1) }), "condition.on_delay_s mismatch"},
		"a joint of a joint":          {joint(func(c *alarm.Condition) { c.Parts[1] = *c }), "condition.parts.1.class part"},
		"a joint of an absence":       {joint(func(c *alarm.Condition) { c.Parts[1] = alarm.Condition{Class: alarm.ByAbsence} }), "condition.parts.1.class part"},
		"a joint with a part without": {joint(func(c *alarm.Condition) { c.Parts[1] = alarm.Condition{Class: alarm.ByRate} }), "condition.parts.1.limit out_of_range"},
		"a report nobody takes in":    {func(t *alarm.Type) { t.Source, t.Condition = alarm.FromReport, alarm.Condition{Class: alarm.ByReport} }, ""},
	} {
		in := whole()
		c.set(&in)
		_, err := in.Enable()
		got := fields(err)
		if want := strings.Fields(c.want); len(want) == 0 && err != nil || len(want) > 0 && !slices.Equal(got, []string{c.want}) {
			t.Errorf("%s: %v, want %q", name, got, c.want)
		}
		var e *fault.Error
		if err != nil && (!errors.As(err, &e) || e.Message == "") {
			t.Errorf("%s: no sentence: %v", name, err)
		}
	}
}
