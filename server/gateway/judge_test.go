package gateway_test

import (
	"testing"

	"toancanh/server/gateway"
	"toancanh/server/sensor"
)

func TestBehaviourIsJudgedByTheLastTenMinutes(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		before gateway.State
		w      gateway.Tally
		want   gateway.State
	}{
		"nothing came":                             {gateway.OK, gateway.Tally{}, gateway.OK},
		"all good":                                 {gateway.OK, gateway.Tally{Taken: 900}, gateway.OK},
		"a few bad ones are no judgement":          {gateway.OK, gateway.Tally{Refused: 19}, gateway.OK},
		"a fifth refused":                          {gateway.OK, gateway.Tally{Taken: 80, Refused: 20}, gateway.Garbage},
		"less than a fifth refused":                {gateway.OK, gateway.Tally{Taken: 81, Refused: 19}, gateway.OK},
		"garbage until it is half of that":         {gateway.Garbage, gateway.Tally{Taken: 89, Refused: 11}, gateway.Garbage},
		"and no longer below":                      {gateway.Garbage, gateway.Tally{Taken: 91, Refused: 9}, gateway.OK},
		"a quiet one is forgiven":                  {gateway.Garbage, gateway.Tally{}, gateway.OK},
		"half known already":                       {gateway.OK, gateway.Tally{Taken: 50, Repeated: 50}, gateway.Replaying},
		"known and too old together":               {gateway.OK, gateway.Tally{Taken: 50, Repeated: 25, Late: 25}, gateway.Replaying},
		"one frame in three twice":                 {gateway.OK, gateway.Tally{Taken: 60, Repeated: 40}, gateway.OK},
		"replaying until a quarter":                {gateway.Replaying, gateway.Tally{Taken: 74, Repeated: 26}, gateway.Replaying},
		"all it may bring":                         {gateway.OK, gateway.Tally{Taken: 1000}, gateway.OK},
		"one more":                                 {gateway.OK, gateway.Tally{Taken: 1001}, gateway.Flooding},
		"a flood that was not looked at":           {gateway.OK, gateway.Tally{Limited: 1}, gateway.Flooding},
		"a flood of garbage is a flood":            {gateway.Garbage, gateway.Tally{Refused: 500, Limited: 10}, gateway.Flooding},
		"garbage goes before what is told again":   {gateway.OK, gateway.Tally{Repeated: 60, Refused: 40}, gateway.Garbage},
		"one state's mercy is not another's entry": {gateway.Replaying, gateway.Tally{Taken: 85, Refused: 15}, gateway.OK},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := gateway.Judge(tt.before, tt.w, 100); got != tt.want {
				t.Errorf("Judge(%s, %+v) = %s, want %s", tt.before, tt.w, got, tt.want)
			}
		})
	}
}

func TestEveryReasonCountsOnceAndUnregisteredFieldsNotAtAll(t *testing.T) {
	t.Parallel()
	tests := map[sensor.Reason]gateway.Tally{
		sensor.Taken: {Taken: 3}, sensor.Duplicate: {Repeated: 3}, sensor.TooOld: {Late: 3}, gateway.Limited: {Limited: 3},
		sensor.OutOfRange: {Refused: 3}, sensor.Malformed: {Refused: 3}, gateway.UnknownThing: {Refused: 3}, gateway.UnknownField: {},
	}
	for reason, want := range tests {
		var got gateway.Tally
		if got.Count(reason, 3); got != want {
			t.Errorf("%q: %+v, want %+v", reason, got, want)
		}
		if reason != sensor.Taken && gateway.Detail(reason) == "" {
			t.Errorf("%q has no words", reason)
		}
	}
}

func TestWhatBehavesBadlyMayBringATenth(t *testing.T) {
	t.Parallel()
	for state, want := range map[gateway.State]int{gateway.OK: 600, gateway.Flooding: 600, gateway.Garbage: 60, gateway.Replaying: 60} {
		g := gateway.Gateway{PerMinute: 600, State: state}
		if got := g.Allowance(); got != want {
			t.Errorf("%s may bring %d a minute, want %d", state, got, want)
		}
		if g.Burst() < sensor.MaxItems {
			t.Errorf("a burst of %d lets no whole body pass", g.Burst())
		}
		if (state.Notice() == "") != (state == gateway.OK) {
			t.Errorf("%s is told %q", state, state.Notice())
		}
	}
	if got := (gateway.Gateway{PerMinute: 5, State: gateway.Garbage}).Allowance(); got != 1 {
		t.Errorf("the least allowance is %d, want 1", got)
	}
}

func TestAGatewayIsCleanedAndEveryFaultTold(t *testing.T) {
	t.Parallel()
	known := map[string]gateway.Gateway{
		"a": {Code: "a"}, "b": {Code: "b", Parent: "a"}, "c": {Code: "c", Parent: "b"},
	}
	good := gateway.Gateway{Code: "lora-01", Name: "  Cổng LoRa Gia Nghĩa ", Lat: 12, Lon: 107.7, Parent: "c"}
	got, err := good.Clean(known)
	if err != nil {
		t.Fatal(err)
	}
	if got.Name != "Cổng LoRa Gia Nghĩa" || got.StaleAfter != gateway.UsualStale || got.PerMinute != gateway.UsualPerMinute ||
		got.Standing != gateway.Active || got.Kind != "lorawan" {
		t.Errorf("cleaned to %+v", got)
	}
	tests := map[string]func(*gateway.Gateway){
		"code":          func(g *gateway.Gateway) { g.Code = "cổng/1" },
		"name":          func(g *gateway.Gateway) { g.Name = " " },
		"kind":          func(g *gateway.Gateway) { g.Kind = "zigbee" },
		"lat":           func(g *gateway.Gateway) { g.Lat = 91 },
		"stale_after_s": func(g *gateway.Gateway) { g.StaleAfter = 1 },
		"per_minute":    func(g *gateway.Gateway) { g.PerMinute = -1 },
		"standing":      func(g *gateway.Gateway) { g.Standing = "gone" },
		"parent":        func(g *gateway.Gateway) { g.Parent = "nowhere" },
	}
	for field, spoil := range tests {
		t.Run(field, func(t *testing.T) {
			t.Parallel()
			g := good
			spoil(&g)
			if _, err := g.Clean(known); fieldOf(err) != field {
				t.Errorf("error %v, want one of %s", err, field)
			}
		})
	}
	circle := gateway.Gateway{Code: "a", Name: "A", Parent: "c"}
	if _, err := circle.Clean(known); fieldOf(err) != "parent" {
		t.Errorf("a gateway under itself: %v", err)
	}
}
