//go:build e2e

package e2e_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"toancanh/server/auth"
	"toancanh/server/embedded/testpg"
	"toancanh/server/mqtt/testmqtt"
	"toancanh/server/store"
)

// TestEveryDoorOfReadingsEndsOnAWall sends one value through each door, as a stranger would, and sees it on the socket of the
// province's wall. Then the program and the broker are killed while a station publishes: every value is kept once.
func TestEveryDoorOfReadingsEndsOnAWall(t *testing.T) {
	t.Parallel()
	broker := testmqtt.New(t)
	w := newTown(t, "")
	s := w.serve("TOANCANH_MQTT_URL="+broker.URL(), "TOANCANH_MQTT_TOPICS=toancanh/v1/+/readings,chirpstack:lora:application/+/device/+/event/+")
	f := newField(t, w, s, broker)
	for _, code := range []string{"lora", "tts", "tram"} {
		f.must(http.MethodPut, "/api/v1/gateways/"+code, "application/json", map[string]any{"name": "Cổng " + code, "lat": 12.007, "lon": 107.696})
	}
	now := time.Now().UTC().Truncate(time.Millisecond)
	reading := func(code string, x float64) map[string]any {
		return map[string]any{"sensor": code, "at": now, "value": x}
	}
	event := func(code string, x float64) map[string]any {
		return map[string]any{"specversion": "1.0", "id": code, "source": "/tram", "type": "vn.toancanh.reading", "data": reading(code, x)}
	}
	uplink := func(device string, x float64) map[string]any {
		return map[string]any{"time": now, "deviceInfo": map[string]any{"devEui": device}, "object": map[string]any{"level": x, "bad": nil}}
	}
	const jsonType = "application/json"
	doors := map[string]func(code string, x float64){
		"readings": func(code string, x float64) { f.must("POST", "/api/v1/readings", jsonType, reading(code, x)) },
		"lines": func(code string, x float64) {
			raw, _ := json.Marshal(reading(code, x))
			f.must("POST", "/api/v1/readings", "application/x-ndjson", append(raw, '\n'))
		},
		"event": func(code string, x float64) {
			f.must("POST", "/api/v1/events", "application/cloudevents+json", event(code, x))
		},
		"binary": func(code string, x float64) { f.must("POST", "/api/v1/events", jsonType, reading(code, x)) },
		"batch": func(code string, x float64) {
			f.must("POST", "/api/v1/events", "application/cloudevents-batch+json", []any{7, event(code, x)})
		},
		"chirpstack": func(code string, x float64) {
			f.must("POST", "/api/v1/gateways/lora/chirpstack?event=up", jsonType, uplink(code, x))
		},
		"tts": func(code string, x float64) {
			f.must("POST", "/api/v1/gateways/tts/tts", jsonType, map[string]any{
				"end_device_ids": map[string]any{"device_id": code}, "received_at": now,
				"uplink_message": map[string]any{"decoded_payload": map[string]any{"level": x}, "received_at": now},
			})
		},
		"mqtt":            func(code string, x float64) { f.publish("toancanh/v1/tram/readings", []any{reading(code, x), 7}) },
		"mqtt-chirpstack": func(code string, x float64) { f.publish("application/x/device/"+code+"/event/up", uplink(code, x)) },
	}
	names := slices.Sorted(maps.Keys(doors))
	through := map[string]string{"chirpstack": "lora", "mqtt-chirpstack": "lora", "tts": "tts", "mqtt": "tram"}
	f.register(names, through)
	wall := watch(t, s, wallTopic)
	for i, name := range names {
		doors[name](name, float64(100+i))
	}
	shown := func() map[string]float64 {
		values := map[string]float64{}
		wall.mu.Lock()
		defer wall.mu.Unlock()
		for key, item := range wall.topic[wallTopic].levels {
			var data struct {
				Value float64 `json:"value"`
			}
			if code, ok := strings.CutPrefix(key, "sensor/"); ok && json.Unmarshal(item.Data, &data) == nil {
				values[code] = data.Value
			}
		}
		return values
	}
	want := map[string]float64{}
	for i, name := range names {
		want[name] = float64(100 + i)
	}
	eventually(t, "what came through every door is on the wall", 20*time.Second, func() bool { return maps.Equal(shown(), want) },
		func() string { return fmt.Sprintf("shown %v, want %v", shown(), want) })
	wall.sound()

	f.storm(s, now)
}

// field is what speaks to the doors: partners with a key, and stations at a broker.
type field struct {
	t       testing.TB
	town    *town
	api     api
	key     string
	broker  *testmqtt.Broker
	station paho.Client
}

func newField(t testing.TB, w *town, s *server, broker *testmqtt.Broker) *field {
	t.Helper()
	f := &field{t: t, town: w, api: s.api(), broker: broker}
	k, token, err := auth.NewKey("doors", auth.RightReadings, auth.RightSensors)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := store.Open(t.Context(), w.postgres.DSN(testpg.App), store.Sizes{Write: 1, Read: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer keys.Close()
	if err := keys.AddKey(t.Context(), k); err != nil {
		t.Fatal(err)
	}
	f.key = token
	f.station = paho.NewClient(paho.NewClientOptions().AddBroker("tcp://" + broker.Addr()).SetClientID("station").SetCleanSession(false).
		SetConnectRetry(true).SetConnectRetryInterval(50 * time.Millisecond).SetMaxReconnectInterval(100 * time.Millisecond))
	if c := f.station.Connect(); !c.WaitTimeout(20*time.Second) || c.Error() != nil {
		t.Fatal(c.Error())
	}
	t.Cleanup(func() { f.station.Disconnect(0) })
	return f
}

// must sends a body that has to be taken.
func (f *field) must(method, path, media string, body any) {
	f.t.Helper()
	raw, ok := body.([]byte)
	if !ok {
		raw, _ = json.Marshal(body)
	}
	header := http.Header{"Authorization": {"Bearer " + f.key}, "Content-Type": {media}}
	if media == "application/json" && path == "/api/v1/events" {
		for name, text := range map[string]string{"specversion": "1.0", "id": "b1", "source": "/tram", "type": "vn.toancanh.reading"} {
			header.Set("Ce-"+name, text)
		}
	}
	if a, err := f.api.send(method, path, header, raw); err != nil || a.status > 299 {
		f.t.Fatalf("%s %s: %d %s %v", method, path, a.status, a.body, err)
	}
}

// register makes a sensor for each name, the ones of gateways with the device and the field they are known by there.
func (f *field) register(names []string, through map[string]string) {
	f.t.Helper()
	var list []any
	for _, name := range names {
		list = append(list, map[string]any{"code": name, "name": name, "kind": "river", "lat": 12.007, "lon": 107.696})
	}
	f.must(http.MethodPut, "/api/v1/sensors", "application/json", map[string]any{"sensors": list})
	for name, gateway := range through {
		if _, err := f.town.pool.Exec(f.t.Context(), "update sensor set gateway = $2, thing = code, field = 'level' where code = $1", name, gateway); err != nil {
			f.t.Fatal(err)
		}
	}
}

// publish hands a message to the broker, over as many connections as it takes.
func (f *field) publish(topic string, body any) {
	raw, err := json.Marshal(body)
	if err != nil {
		f.t.Error(err)
	}
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if p := f.station.Publish(topic, 1, false, raw); p.WaitTimeout(time.Minute) && p.Error() == nil {
			return
		}
	}
	f.t.Error("the broker takes nothing")
}

// storm publishes while the program is killed, and then the broker.
func (f *field) storm(s *server, now time.Time) {
	const messages = 150
	var sent int
	publish := func(from int) {
		for i := range messages {
			f.publish("toancanh/v1/tram/readings", map[string]any{"sensor": "mqtt", "at": now.Add(-time.Duration(from+i+1) * time.Second), "value": 7})
		}
	}
	kept := func() (n int) {
		if err := f.town.pool.QueryRow(f.t.Context(), "select count(*) from reading r join sensor s on s.id = r.sensor_id where s.code = 'mqtt'").Scan(&n); err != nil {
			return -1
		}
		return n - 1 // the one before the storm
	}
	all := func(after string) {
		eventually(f.t, "every value is kept once after "+after, 30*time.Second, func() bool { return kept() == sent },
			func() string { return fmt.Sprintf("%d sent, %d kept", sent, kept()) })
	}
	for _, hurt := range []struct {
		name string
		do   func()
		lost bool // what the broker took and did not save is only with the station
	}{
		{"the program was killed", func() { s.kill(); s.start(); s.awaitReady(readyWithin) }, false},
		{"the broker was killed", func() { f.broker.Save(); f.broker.Kill(); f.broker.Restart() }, true},
	} {
		var sending sync.WaitGroup
		before, from := kept(), sent
		sending.Go(func() { publish(from) })
		eventually(f.t, "the storm has begun", 20*time.Second, func() bool { return kept() > before+10 }, func() string { return fmt.Sprint(kept()) })
		hurt.do()
		sending.Wait()
		if hurt.lost {
			publish(from)
		}
		sent += messages
		all(hurt.name)
	}
	f.t.Logf("%d values published over a killed program and a killed broker, %d kept", sent, kept())
}
