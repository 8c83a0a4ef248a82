package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"toancanh/server/auth"
	"toancanh/server/gateway"
	"toancanh/server/sensor"
)

type gatewayAnswer struct {
	Code, Name, Kind, Area, Parent, Standing, State, Notice, Complaint string

	KeyID       string `json:"key_id"`
	PerMinute   int    `json:"per_minute"`
	StaleAfterS int    `json:"stale_after_s"`
	SeenAt      *time.Time
	Since       *time.Time
	Today       map[string]int64
	Sensors     []string
}

// theGateway puts a gateway into use with some changes to the usual one.
func (h *house) theGateway(code string, changes ...map[string]any) gatewayAnswer {
	h.t.Helper()
	body := map[string]any{"name": "Cổng " + code, "lat": 12.007, "lon": 107.696}
	for _, change := range changes {
		maps.Copy(body, change)
	}
	a := h.do(call{method: "PUT", path: "/api/v1/gateways/" + code, body: body, key: h.key(auth.RightSensors)})
	return read[gatewayAnswer](h.t, a, 200)
}

// things registers sensors of a device: field by code.
func (h *house) things(gateway, thing string, fields map[string]string) {
	h.t.Helper()
	var list []sensor.Sensor
	for code, field := range fields {
		list = append(list, sensor.Sensor{
			Code: code, Name: "Cảm biến " + code, Kind: "river", Lat: 12.007, Lon: 107.696, Gateway: gateway, Thing: thing, Field: field,
		})
	}
	must(h.t, h.deeds.RegisterSensors(h.t.Context(), list))
}

type uplinkAnswer struct {
	Event    string
	Accepted int
	Refused  []struct{ Thing, Field, Sensor, Reason, Detail string }
	Notice   string
}

func (u uplinkAnswer) reasons() map[string]string {
	m := map[string]string{}
	for _, r := range u.Refused {
		m[r.Thing+" "+r.Field] = r.Reason
	}
	return m
}

func chirpStackUp(dev string, at time.Time, object string) string {
	return fmt.Sprintf(`{"deduplicationId":"x","time":%q,"deviceInfo":{"devEui":%q},"fCnt":1,"fPort":1,"data":"AQ==","object":%s,
		"rxInfo":[{"gatewayId":"0016c001f153a14c","rssi":-36,"snr":10.5}]}`, at.Format(time.RFC3339Nano), dev, object)
}

func TestEventsOfChirpStackAreTakenAndToldApart(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	key := h.key(auth.RightReadings)
	h.theGateway("lora")
	h.things("lora", "0101010101010101", map[string]string{"muc-nuoc": "level", "pin": "status.battery"})
	post := func(event string, body any) answer {
		return h.do(call{
			method: "POST", path: "/api/v1/gateways/lora/chirpstack?event=" + event, body: body, key: key,
			header: map[string]string{"Content-Type": "application/json"},
		})
	}
	now := time.Now().UTC()
	t.Run("good values of a message are kept beside bad ones", func(t *testing.T) {
		got := read[uplinkAnswer](t, post("up", chirpStackUp("0101010101010101", now, `{"level":589.5,"humidity":70,"note":"x"}`)), 200)
		want := map[string]string{"0101010101010101 humidity": "unknown_field"}
		if diff := cmp.Diff(want, got.reasons()); diff != "" || got.Accepted != 1 || got.Event != "up" {
			t.Errorf("%+v: %s", got, diff)
		}
	})
	t.Run("the same message again changes nothing", func(t *testing.T) {
		got := read[uplinkAnswer](t, post("up", chirpStackUp("0101010101010101", now, `{"level":589.5}`)), 200)
		if want := map[string]string{"0101010101010101 level": "duplicate"}; got.Accepted != 0 || !cmp.Equal(want, got.reasons()) {
			t.Errorf("%+v", got)
		}
	})
	t.Run("a device nobody registered is told", func(t *testing.T) {
		got := read[uplinkAnswer](t, post("up", chirpStackUp("ffffffffffffffff", now, `{"level":1}`)), 200)
		if want := map[string]string{"ffffffffffffffff ": "unknown_thing"}; got.Accepted != 0 || !cmp.Equal(want, got.reasons()) {
			t.Errorf("%+v", got)
		}
	})
	t.Run("a value that is none is told", func(t *testing.T) {
		got := read[uplinkAnswer](t, post("up", chirpStackUp("0101010101010101", now.Add(time.Second), `{"level":"cao"}`)), 200)
		if want := map[string]string{"0101010101010101 level": "bad_value"}; got.Accepted != 0 || !cmp.Equal(want, got.reasons()) {
			t.Errorf("%+v", got)
		}
	})
	for name, tc := range map[string]struct{ event, body string }{
		"no JSON":               {"up", `{"time":`},
		"a list":                {"up", `[]`},
		"an event nobody knows": {"nothing", `{}`},
		"no device":             {"up", `{"time":"2026-11-30T01:00:00Z"}`},
		"nothing":               {"up", ""},
	} {
		t.Run(name+" is refused whole", func(t *testing.T) { problem(t, post(tc.event, tc.body), 400) })
	}
	t.Run("another media type", func(t *testing.T) {
		a := h.do(call{
			method: "POST", path: "/api/v1/gateways/lora/chirpstack?event=up", body: "x", key: key, header: map[string]string{"Content-Type": "application/octet-stream"},
		})
		problem(t, a, 415)
	})
	for _, event := range []string{"join", "ack", "txack", "log", "location", "status", "up", "integration"} {
		t.Run("an event as it was recorded: "+event, func(t *testing.T) {
			raw, err := os.ReadFile("../../../shared/data/lorawan/chirpstack-" + event + ".json")
			if err != nil {
				if raw, err = os.ReadFile("../../../../shared/data/lorawan/chirpstack-" + event + ".json"); err != nil {
					t.Skip("recorded events of a ChirpStack are not here")
				}
			}
			got := read[uplinkAnswer](t, post(event, raw), 200)
			want := map[string]string{
				"status": "0101010101010101 status.battery too_old", "up": "0101010101010101  not_decoded", "integration": "0016c001f000175a  unknown_thing",
			}
			told := ""
			for what, reason := range got.reasons() {
				told += what + " " + reason
			}
			if told != want[event] || got.Accepted != 0 || got.Event != event {
				t.Errorf("told %q of %+v, want %q", told, got, want[event])
			}
		})
	}
}

func TestMessagesOfTheThingsStackAreTaken(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.theGateway("tts")
	h.things("tts", "Tram-07", map[string]string{"muc-nuoc": "probes.0.level"})
	body := fmt.Sprintf(`{"end_device_ids":{"device_id":"tram-07","dev_eui":"70B3D57ED005B89A"},"received_at":%q,
		"uplink_message":{"frm_payload":"AQ==","decoded_payload":{"probes":[{"level":589.25}]},"received_at":%[1]q}}`, time.Now().UTC().Format(time.RFC3339Nano))
	a := h.do(call{
		method: "POST", path: "/api/v1/gateways/tts/tts", body: body, key: h.key(auth.RightReadings), header: map[string]string{"Content-Type": "application/json"},
	})
	if got := read[uplinkAnswer](t, a, 200); got.Accepted != 1 || len(got.Refused) != 0 {
		t.Errorf("%+v", got)
	}
}

func TestOnlyTheKeyOfAGatewayMaySpeakForIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	own, other := h.key(auth.RightReadings), h.key(auth.RightReadings)
	id, _, _ := auth.SplitKey(own)
	h.theGateway("lora", map[string]any{"key_id": id})
	h.theGateway("retired", map[string]any{"standing": "retired"})
	post := func(code, key string) answer {
		return h.do(call{
			method: "POST", path: "/api/v1/gateways/" + code + "/tts", body: `{"end_device_ids":{"device_id":"x"},"received_at":"2026-11-30T01:00:00Z"}`,
			key: key, header: map[string]string{"Content-Type": "application/json"},
		})
	}
	for name, tc := range map[string]struct {
		code, key string
		status    int
	}{
		"its own key": {"lora", own, 200}, "another": {"lora", other, 403}, "none": {"lora", "", 401},
		"a key for something else": {"lora", h.key(auth.RightReports), 403},
		"a gateway of nobody":      {"nowhere", own, 404}, "a gateway out of use": {"retired", own, 403},
	} {
		t.Run(name, func(t *testing.T) {
			if a := post(tc.code, tc.key); a.status != tc.status {
				t.Errorf("status %d, want %d: %s", a.status, tc.status, a.body)
			}
		})
	}
	revoked := strings.Repeat("0", 12)
	a := h.do(call{
		method: "PUT", path: "/api/v1/gateways/next", key: h.key(auth.RightSensors),
		body: map[string]any{"name": "Cổng", "lat": 12.007, "lon": 107.696, "key_id": revoked, "owner": "khong-co", "parent": "nowhere", "per_minute": 0},
	})
	p := problem(t, a, 422)
	fields := map[string]bool{}
	for _, e := range p.Errors {
		fields[e.Field] = true
	}
	if !fields["key_id"] || !fields["owner"] {
		t.Errorf("faults of %v, want those of key and owner", fields)
	}
}

func TestAGatewaysBooksAreShown(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	key := h.key(auth.RightReadings)
	id, _, _ := auth.SplitKey(key)
	h.theGateway("tram", map[string]any{"key_id": id, "per_minute": 300})
	h.theGateway("nhanh", map[string]any{"parent": "tram"})
	h.things("tram", "", map[string]string{"song-1": "", "song-2": ""})
	now := time.Now()
	list := make([]any, 0, 40)
	for i := range 10 {
		list = append(list, reading("song-1", now.Add(-time.Duration(i)*time.Second), 3))
	}
	for range 30 {
		list = append(list, reading("khong-co", now, 3))
	}
	if got := read[taken](t, h.do(call{method: "POST", path: "/api/v1/readings", body: list, key: key}), 200); got.Accepted != 10 {
		t.Fatalf("%+v", got)
	}
	get := func() gatewayAnswer {
		return read[gatewayAnswer](t, h.do(call{method: "GET", path: "/api/v1/gateways/tram", key: h.key(auth.RightSensors)}), 200)
	}
	got := get()
	for deadline := time.Now().Add(20 * time.Second); got.State != string(gateway.Garbage) && time.Now().Before(deadline); got = get() {
		time.Sleep(20 * time.Millisecond)
	}
	if got.State != "garbage" || got.Notice == "" || got.Since == nil || got.Complaint != "khong-co: Cảm biến chưa được đăng ký" {
		t.Errorf("%+v", got)
	}
	if diff := cmp.Diff(map[string]int64{"taken": 10, "unknown_sensor": 30}, got.Today); diff != "" {
		t.Errorf("counts of today (-want +got):\n%s", diff)
	}
	if !cmp.Equal(got.Sensors, []string{"song-1", "song-2"}) || got.PerMinute != 300 || got.KeyID != id {
		t.Errorf("%+v", got)
	}
	// What it is told beside each answer, once other processes have seen how it behaves.
	h.deeds.ForgetGateways()
	var told struct{ Notice string }
	must(t, json.Unmarshal(h.do(call{method: "POST", path: "/api/v1/readings", body: list[:1], key: key}).body, &told))
	if told.Notice != gateway.Garbage.Notice() {
		t.Errorf("told %q", told.Notice)
	}
	all := read[struct{ Gateways []gatewayAnswer }](t, h.do(call{method: "GET", path: "/api/v1/gateways", key: h.key(auth.RightSensors)}), 200)
	if len(all.Gateways) != 2 || all.Gateways[0].Code != "nhanh" || all.Gateways[0].State != "silent" || all.Gateways[0].Parent != "tram" {
		t.Errorf("%+v", all)
	}
	if a := h.do(call{method: "DELETE", path: "/api/v1/gateways/tram", key: h.key(auth.RightSensors)}); a.status != 204 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if got := get(); got.Standing != "retired" || got.KeyID != "" || got.Today["taken"] != 10 {
		t.Errorf("out of use: %+v", got)
	}
}

func TestAFloodIsHeldBackWholeAndTold(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	key := h.key(auth.RightReadings)
	id, _, _ := auth.SplitKey(key)
	h.theGateway("lu", map[string]any{"key_id": id, "per_minute": 60})
	h.registerSensors(1)
	now := time.Now()
	full := make([]any, 0, sensor.MaxItems)
	for i := range sensor.MaxItems {
		full = append(full, reading("mua-0", now.Add(-time.Duration(i)*10*time.Millisecond), 1))
	}
	send := func(n int) answer {
		return h.do(call{method: "POST", path: "/api/v1/readings", body: full[:n], key: key})
	}
	if got := read[taken](t, send(len(full)), 200); got.Accepted != len(full) {
		t.Fatalf("a whole body after a pause: %d taken", got.Accepted)
	}
	a := send(600)
	p := problem(t, a, http.StatusTooManyRequests)
	after, err := strconv.Atoi(a.header.Get("Retry-After"))
	if err != nil || after < 500 || after > 600 || !strings.Contains(p.Detail, "lu") {
		t.Errorf("Retry-After %q of %+v, want about ten minutes at one a second", a.header.Get("Retry-After"), p)
	}
	events := h.do(call{
		method: "POST", path: "/api/v1/events", key: key, header: map[string]string{"Content-Type": "application/cloudevents-batch+json"},
		body: []any{event("1", reading("mua-0", now, 1)), event("2", reading("mua-0", now, 2)), event("3", reading("mua-0", now, 3))},
	})
	problem(t, events, http.StatusTooManyRequests)
	get := func() gatewayAnswer {
		return read[gatewayAnswer](t, h.do(call{method: "GET", path: "/api/v1/gateways/lu", key: h.key(auth.RightSensors)}), 200)
	}
	got := get()
	for deadline := time.Now().Add(20 * time.Second); got.Today["limited"] != 603 && time.Now().Before(deadline); got = get() {
		time.Sleep(20 * time.Millisecond)
	}
	if got.State != "flooding" || got.Today["limited"] != 603 || got.Today["taken"] != int64(len(full)) {
		t.Errorf("%+v", got)
	}
}

func event(id string, data any) map[string]any {
	return map[string]any{"specversion": "1.0", "id": id, "source": "/tram", "type": "vn.toancanh.reading", "data": data}
}
