package gateway_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"toancanh/server/fault"
	"toancanh/server/gateway"
)

// recorded are events as a ChirpStack v4 sent them; they are not part of this repository.
const recorded = "../../../shared/data/lorawan"

func recordedEvent(t *testing.T, event string) []byte {
	t.Helper()
	for _, dir := range []string{recorded, filepath.Join("..", recorded)} {
		if raw, err := os.ReadFile(filepath.Join(dir, "chirpstack-"+event+".json")); err == nil {
			return raw
		}
	}
	t.Skipf("%s is not here: events recorded from a ChirpStack are not read", recorded)
	return nil
}

func TestRecordedEventsOfChirpStackAreRead(t *testing.T) {
	t.Parallel()
	at := func(text string) time.Time {
		x, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	aside := func(field string, x float64) gateway.Value {
		return gateway.Value{Field: field, Number: x, Aside: true}
	}
	const device = "0101010101010101"
	tests := map[string]gateway.Uplink{
		"up": {
			Things: []string{device}, At: at("2022-07-18T09:34:15.775023Z"), Undecoded: true,
			Values: []gateway.Value{aside("radio.rssi", -36), aside("radio.snr", 10.5)},
		},
		"status": {
			Things: []string{device}, At: at("2022-07-18T09:35:06.927172Z"),
			Values: []gateway.Value{aside("status.battery", 88.3), aside("status.external_power", 0), aside("status.margin", 10)},
		},
		"join":     {Things: []string{device}, At: at("2022-07-18T09:33:28.823500Z")},
		"ack":      {Things: []string{device}, At: at("2022-07-18T09:38:49.235700Z")},
		"txack":    {Things: []string{device}, At: at("2022-07-18T09:37:48.929184Z")},
		"log":      {Things: []string{device}, At: at("2022-07-18T09:39:57.311414Z")},
		"location": {Things: []string{device}, At: at("2022-07-18T09:55:11.059481Z")},
	}
	for event, want := range tests {
		t.Run(event, func(t *testing.T) {
			t.Parallel()
			want.Event = event
			got, err := gateway.DecodeChirpStack(event, recordedEvent(t, event))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
	t.Run("integration", func(t *testing.T) {
		t.Parallel()
		u, err := gateway.DecodeChirpStack("integration", recordedEvent(t, "integration"))
		if err != nil {
			t.Fatal(err)
		}
		values := map[string]gateway.Value{}
		for _, v := range u.Values {
			values[v.Field] = v
		}
		for field, want := range map[string]gateway.Value{
			"info_fields.temp.value":    {Field: "info_fields.temp.value", Number: 25},
			"info_fields.voltage.value": {Field: "info_fields.voltage.value", Number: 3.04},
			"stream_records.0.0":        {Field: "stream_records.0.0", Number: 43},
			"stream_records.0.1":        {Field: "stream_records.0.1", Bad: true},
			"info_fields.interval":      {Field: "info_fields.interval", Bad: true},
		} {
			if got := values[field]; got != want {
				t.Errorf("%s = %+v, want %+v", field, got, want)
			}
		}
	})
}

func TestABodyThatIsNoneOfChirpStackNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	const good = `{"time":"2026-11-30T01:00:00Z","deviceInfo":{"devEui":"0101010101010101"},"object":{"t":1}}`
	tests := map[string]struct{ event, body, field string }{
		"an event nobody knows": {"uplink", good, "event"},
		"no JSON":               {"up", `{"time":`, ""},
		"a list":                {"up", "[" + good + "]", ""},
		"no device":             {"up", `{"time":"2026-11-30T01:00:00Z"}`, "deviceInfo.devEui"},
		"no time":               {"up", `{"deviceInfo":{"devEui":"01"}}`, "time"},
		"a time without a zone": {"up", `{"time":"2026-11-30T01:00:00","deviceInfo":{"devEui":"01"}}`, "time"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := gateway.DecodeChirpStack(tt.event, []byte(tt.body))
			if !fault.Is(err, fault.KindInvalid) {
				t.Fatalf("error %v, want an invalid one", err)
			}
			if got := fieldOf(err); got != tt.field {
				t.Errorf("field %q, want %q", got, tt.field)
			}
		})
	}
}

func fieldOf(err error) string {
	var e *fault.Error
	if x, ok := err.(*fault.Error); ok { //nolint:errorlint // decoders wrap nothing
		e = x
		return e.Field
	}
	return ""
}

func TestGoodValuesOfADecodedObjectAreKeptBesideBadOnes(t *testing.T) {
	t.Parallel()
	body := `{"time":"2026-11-30T08:00:00+07:00","deviceInfo":{"devEui":"A840411F7182F3B1"},"rxInfo":[{"rssi":-110,"snr":-2},{"rssi":-71,"snr":9.5}],
		"data":"AA==","object":{"probes":[{"level":1.5},{"level":null}],"text":"ok","huge":1e999,"door":true,"nested":{"a":{"b":-3}}}}`
	u, err := gateway.DecodeChirpStack("up", []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	want := gateway.Uplink{
		Event: "up", Things: []string{"a840411f7182f3b1"}, At: time.Date(2026, 11, 30, 1, 0, 0, 0, time.UTC),
		Values: []gateway.Value{
			{Field: "door", Number: 1},
			{Field: "huge", Bad: true, Number: u.Values[1].Number},
			{Field: "nested.a.b", Number: -3},
			{Field: "probes.0.level", Number: 1.5},
			{Field: "probes.1.level", Bad: true},
			{Field: "radio.rssi", Number: -71, Aside: true},
			{Field: "radio.snr", Number: 9.5, Aside: true},
			{Field: "text", Bad: true},
		},
	}
	if diff := cmp.Diff(want, u); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestWhatOneMessageMayHoldIsBounded(t *testing.T) {
	t.Parallel()
	wide := `{"time":"2026-11-30T01:00:00Z","deviceInfo":{"devEui":"01"},"object":{"list":[` + strings.TrimSuffix(strings.Repeat("1,", 5000), ",") + `]}}`
	u, err := gateway.DecodeChirpStack("up", []byte(wide))
	if err != nil || len(u.Values) != gateway.MostValues || u.Omitted != 5000-gateway.MostValues {
		t.Errorf("%d values and %d left out (%v), want %d and the rest", len(u.Values), u.Omitted, err, gateway.MostValues)
	}
	deep := `{"time":"2026-11-30T01:00:00Z","deviceInfo":{"devEui":"01"},"object":` + strings.Repeat(`{"a":`, 500) + "1" + strings.Repeat("}", 500) + "}"
	if u, err = gateway.DecodeChirpStack("up", []byte(deep)); err != nil || len(u.Values) != 0 || u.Omitted != 1 {
		t.Errorf("%d values and %d left out (%v) of one too deep, want 0 and 1", len(u.Values), u.Omitted, err)
	}
}

func TestMessagesOfTheThingsStackAreRead(t *testing.T) {
	t.Parallel()
	ids := `"end_device_ids":{"device_id":"tram-mua-07","dev_eui":"70B3D57ED005B89A","application_ids":{"application_id":"mua"}},"received_at":"2026-11-30T01:00:09Z"`
	things := []string{"tram-mua-07", "70b3d57ed005b89a"}
	at := time.Date(2026, 11, 30, 1, 0, 8, 500_000_000, time.UTC)
	tests := map[string]struct {
		body string
		want gateway.Uplink
	}{
		"an uplink with what its formatter decoded": {
			`{` + ids + `,"uplink_message":{"received_at":"2026-11-30T01:00:08.5Z","frm_payload":"AQ==","f_cnt":3,"decoded_payload":{"rain":{"mm":12.5}},
				"rx_metadata":[{"rssi":-68,"snr":9.2}],"last_battery_percentage":{"value":81.5}}}`,
			gateway.Uplink{Event: "up", Things: things, At: at, Values: []gateway.Value{
				{Field: "radio.rssi", Number: -68, Aside: true},
				{Field: "radio.snr", Number: 9.2, Aside: true},
				{Field: "rain.mm", Number: 12.5},
				{Field: "status.battery", Number: 81.5, Aside: true},
			}},
		},
		"both decoded and normalized": {
			`{` + ids + `,"uplink_message":{"received_at":"2026-11-30T01:00:08.5Z","decoded_payload":{"t":20},"normalized_payload":[{"air":{"temperature":20}}]}}`,
			gateway.Uplink{Event: "up", Things: things, At: at, Values: []gateway.Value{
				{Field: "normalized.air.temperature", Number: 20, Aside: true}, {Field: "t", Number: 20},
			}},
		},
		"a normalized uplink by itself": {
			`{` + ids + `,"uplink_normalized":{"received_at":"2026-11-30T01:00:08.5Z","normalized_payload":{"air":{"temperature":20}}}}`,
			gateway.Uplink{Event: "normalized", Things: things, At: at, Values: []gateway.Value{{Field: "normalized.air.temperature", Number: 20}}},
		},
		"an uplink nobody decoded": {
			`{` + ids + `,"uplink_message":{"received_at":"2026-11-30T01:00:08.5Z","frm_payload":"AQ=="}}`,
			gateway.Uplink{Event: "up", Things: things, At: at, Undecoded: true},
		},
		"a join": {
			`{` + ids + `,"join_accept":{"session_key_id":"x"}}`,
			gateway.Uplink{Event: "join", Things: things, At: at.Truncate(time.Second).Add(time.Second)},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := gateway.DecodeTTS([]byte(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
	for _, body := range []string{"", "[]", `{"received_at":"2026-11-30T01:00:09Z"}`, `{"end_device_ids":{"device_id":"x"}}`, `{"end_device_ids":7}`} {
		if _, err := gateway.DecodeTTS([]byte(body)); !fault.Is(err, fault.KindInvalid) {
			t.Errorf("%s: error %v, want an invalid one", body, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"time":"2026-11-30T01:00:00Z","deviceInfo":{"devEui":"01"},"object":{"a":[1,"x",null]}}`))
	f.Add([]byte(`{"end_device_ids":{"device_id":"x"},"received_at":"2026-11-30T01:00:09Z","uplink_message":{"normalized_payload":[{}]}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, event := range gateway.ChirpStackEvents() {
			u, err := gateway.DecodeChirpStack(event, body)
			if err == nil && (len(u.Things) == 0 || u.At.IsZero() && !json.Valid(body) || len(u.Values) > gateway.MostValues) {
				t.Fatalf("%s: read %+v", event, u)
			}
		}
		if u, err := gateway.DecodeTTS(body); err == nil && len(u.Things) == 0 {
			t.Fatalf("read %+v", u)
		}
	})
}
