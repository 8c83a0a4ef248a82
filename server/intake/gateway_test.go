package intake_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"toancanh/server/fault"
	"toancanh/server/gateway"
	"toancanh/server/intake"
	"toancanh/server/sensor"
	"toancanh/server/store"
)

func (h house) gateway(t *testing.T, g gateway.Gateway) gateway.Gateway {
	t.Helper()
	g.Name, g.Lat, g.Lon, g.Division, g.Area, g.Path, g.Origin = "Cổng "+g.Code, 12.007, 107.696, "vn-2022", "24611", []string{"67", "660", "24611"}, "simulated"
	g, err := g.Clean(map[string]gateway.Gateway{g.Parent: {Code: g.Parent}})
	if err != nil {
		t.Fatal(err)
	}
	if g, err = h.store.RegisterGateway(t.Context(), g, "made"); err != nil {
		t.Fatal(err)
	}
	h.intake.ForgetGateways()
	return g
}

func (h house) thing(t *testing.T, code, gateway, thing, field string) {
	t.Helper()
	err := h.intake.RegisterSensors(t.Context(), []sensor.Sensor{{
		Code: code, Name: "Cảm biến " + code, Kind: "river", Lat: 12.007, Lon: 107.696, Gateway: gateway, Thing: thing, Field: field,
	}})
	if err != nil {
		t.Fatal(err)
	}
}

func TestUplinksFindTheirSensorsAndTheirGatewaysAreKnownToLive(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	app := h.gateway(t, gateway.Gateway{Code: "chirpstack"})
	h.gateway(t, gateway.Gateway{Code: "mast", Parent: "chirpstack"})
	h.gateway(t, gateway.Gateway{Code: "elsewhere"})
	h.thing(t, "lora-level", "mast", "A840411F7182F3B1", "probes.0.level")
	h.thing(t, "lora-other", "elsewhere", "A840411F7182F3B1", "probes.1.level")
	h.thing(t, "lora-battery", "mast", "A840411F7182F3B1", "status.battery")

	at := time.Now().UTC().Truncate(time.Microsecond)
	up := gateway.Uplink{Event: "up", Things: []string{"a840411f7182f3b1"}, At: at, Values: []gateway.Value{
		{Field: "probes.0.level", Number: 589.5},
		{Field: "probes.1.level", Number: 3},
		{Field: "text", Bad: true},
		{Field: "radio.rssi", Number: -70, Aside: true},
	}}
	send := func(u gateway.Uplink, again bool) (int, []intake.Refusal) {
		t.Helper()
		accepted, refused, err := h.intake.AcceptUplink(t.Context(), intake.UplinkBody{Gateway: app, Uplink: u, Again: again})
		if err != nil {
			t.Fatal(err)
		}
		return accepted, refused
	}
	unknownField := intake.Refusal{
		Index: 1, Thing: "a840411f7182f3b1", Field: "probes.1.level", Reason: "unknown_field", Detail: gateway.Detail(gateway.UnknownField),
	}
	accepted, refused := send(up, false)
	if diff := cmp.Diff([]intake.Refusal{unknownField}, refused); diff != "" || accepted != 1 {
		t.Fatalf("%d accepted, want 1; refused (-want +got):\n%s", accepted, diff)
	}
	// What the carrier delivers again is known, and no fault of the gateway.
	known := intake.Refusal{
		Index: 0, Sensor: "lora-level", Thing: "a840411f7182f3b1", Field: "probes.0.level", Reason: "duplicate", Detail: sensor.Duplicate.Detail(),
	}
	accepted, refused = send(up, true)
	if diff := cmp.Diff([]intake.Refusal{known, unknownField}, refused); diff != "" || accepted != 0 {
		t.Fatalf("%d accepted of what came again, want 0; refused (-want +got):\n%s", accepted, diff)
	}
	if accepted, refused = send(gateway.Uplink{Event: "join", Things: []string{"ffff"}, At: at}, false); accepted != 0 || len(refused) != 0 {
		t.Errorf("a join of an unknown thing: %d accepted, refused %+v", accepted, refused)
	}
	if _, refused = send(gateway.Uplink{Event: "up", Things: []string{"ffff"}, At: at, Values: up.Values}, false); len(refused) != 1 ||
		refused[0].Reason != "unknown_thing" || refused[0].Thing != "ffff" {
		t.Errorf("an unknown thing is refused as %+v", refused)
	}
	if _, refused = send(gateway.Uplink{Event: "up", Things: up.Things, At: at, Undecoded: true}, false); len(refused) != 1 || refused[0].Reason != "not_decoded" {
		t.Errorf("what nobody decoded is refused as %+v", refused)
	}
	status := gateway.Uplink{Event: "status", Things: up.Things, At: at, Values: []gateway.Value{{Field: "status.battery", Number: 88, Aside: true}}}
	if accepted, refused = send(status, false); accepted != 1 || len(refused) != 0 {
		t.Errorf("a registered state of the device: %d accepted, refused %+v", accepted, refused)
	}

	h.end()
	gateways, err := h.store.Gateways(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for code, want := range map[string]bool{"chirpstack": true, "mast": true, "elsewhere": false} {
		if got := gateways[code].Heard(time.Now()); got != want {
			t.Errorf("%s heard: %v, want %v", code, got, want)
		}
	}
	if got, want := gateways["chirpstack"].Complaint, gateway.Detail(gateway.NotDecoded); got != "a840411f7182f3b1: "+want {
		t.Errorf("the newest complaint is %q", got)
	}
	y, m, d := time.Now().In(h.zone).Date()
	counts, err := h.store.GatewayCounts(t.Context(), time.Date(y, m, d, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]map[string]int64{"chirpstack": {"taken": 2, "unknown_field": 2, "unknown_thing": 1, "not_decoded": 1}}
	if diff := cmp.Diff(want, counts); diff != "" {
		t.Errorf("counts of the day (-want +got):\n%s", diff)
	}
}

func TestReadingsOfAGatewaysSensorsShowThatItLives(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.gateway(t, gateway.Gateway{Code: "logger"})
	h.thing(t, "river-1", "logger", "", "")
	if _, err := h.intake.Gateway(t.Context(), "logger"); err != nil {
		t.Fatal(err) // and so the gateways are known here
	}
	now := time.Now()
	items := []sensor.Item{
		{Index: 0, Reading: sensor.Reading{Sensor: "river-1", At: now, Value: 3}},
		{Index: 1, Reading: sensor.Reading{Sensor: "river-1", At: now.Add(-time.Minute), Value: 1e9}},
	}
	accepted, _, err := h.intake.AcceptReadings(t.Context(), items, sensor.Ordinary, "")
	if err != nil || accepted != 1 {
		t.Fatalf("%d accepted (%v), want 1", accepted, err)
	}
	h.end()
	gateways, err := h.store.Gateways(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if g := gateways["logger"]; !g.Heard(time.Now()) || g.State != gateway.OK {
		t.Errorf("the gateway of a sensor that spoke: heard %v, state %s", g.Heard(time.Now()), g.State)
	}
}

func TestBehaviourIsJudgedAcrossProcessesAndForgiven(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.gateway(t, gateway.Gateway{Code: "bad", PerMinute: 100})
	h.gateway(t, gateway.Gateway{Code: "good"})
	now := time.Now().UTC().Truncate(time.Minute)
	note := func(at time.Time, code string, brought gateway.Tally) error {
		return h.store.NoteGateways(context.Background(), at, []store.GatewayNote{
			{Code: "nobody", SeenAt: at},
			{Code: code, SeenAt: at, Minutes: map[time.Time]gateway.Tally{at: brought}},
		})
	}
	for i, step := range []struct {
		after   time.Duration
		brought gateway.Tally
		want    gateway.State
		since   time.Duration
	}{
		{0, gateway.Tally{Taken: 10, Refused: 9}, gateway.OK, -1},
		{0, gateway.Tally{Refused: 9}, gateway.Garbage, 0}, // another process adds to the same minute
		{2 * time.Minute, gateway.Tally{Taken: 1}, gateway.Garbage, 0},
		{3 * time.Minute, gateway.Tally{Limited: 5000}, gateway.Flooding, 3 * time.Minute},
		{13 * time.Minute, gateway.Tally{}, gateway.OK, 13 * time.Minute},
		{14 * time.Minute, gateway.Tally{Taken: 20, Repeated: 15, Late: 15}, gateway.Replaying, 14 * time.Minute},
	} {
		at := now.Add(step.after)
		if err := note(at, "bad", step.brought); err != nil {
			t.Fatal(err)
		}
		gateways, err := h.store.Gateways(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		g := gateways["bad"]
		if g.State != step.want || step.since >= 0 && !g.StateSince.Equal(now.Add(step.since)) {
			t.Errorf("step %d: %s since %s, want %s since %s later", i, g.State, g.StateSince, step.want, step.since)
		}
		if gateways["good"].State != gateway.OK || !gateways["good"].SeenAt.IsZero() {
			t.Errorf("step %d: the other gateway became %+v", i, gateways["good"])
		}
	}
	if n := h.count(t, "select count(*) from gateway_minute"); n != 5 {
		t.Errorf("%d minutes are kept, want the 5 of the last hour", n)
	}
	if err := note(now.Add(3*time.Hour), "bad", gateway.Tally{}); err != nil {
		t.Fatal(err)
	}
	if n := h.count(t, "select count(*) from gateway_minute"); n != 1 {
		t.Errorf("%d minutes are kept three hours later, want the newest", n)
	}
}

func TestOnlyAGatewayInUseMayBringAnything(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.gateway(t, gateway.Gateway{Code: "new", Standing: gateway.Proposed, Key: "0123456789ab"})
	h.gateway(t, gateway.Gateway{Code: "old", Standing: gateway.Retired})
	h.gateway(t, gateway.Gateway{Code: "ours", Key: "ba9876543210"})
	for code, want := range map[string]fault.Kind{"new": fault.KindForbidden, "old": fault.KindForbidden, "none": fault.KindNotFound} {
		if _, err := h.intake.Gateway(t.Context(), code); fault.KindOf(err) != want {
			t.Errorf("%s: %v, want %s", code, err, want)
		}
	}
	for key, want := range map[string]string{"ba9876543210": "ours", "0123456789ab": "", "": ""} {
		if g, ok, err := h.intake.GatewayOfKey(t.Context(), key); err != nil || ok != (want != "") || ok && g.Code != want {
			t.Errorf("gateway of key %q: %q, %v, %v; want %q", key, g.Code, ok, err, want)
		}
	}
	g := gateway.Gateway{Code: "twin", Name: "x", Key: "ba9876543210"}
	g, err := g.Clean(nil)
	if err != nil {
		t.Fatal(err)
	}
	g.Path = []string{}
	if _, err := h.store.RegisterGateway(t.Context(), g, "made"); !fault.Is(err, fault.KindConflict) {
		t.Errorf("a key of two gateways: %v, want a conflict", err)
	}
}
