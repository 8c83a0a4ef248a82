package mqtt_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"toancanh/schema/sample"
	"toancanh/server/area"
	"toancanh/server/auth"
	"toancanh/server/embedded/testpg"
	"toancanh/server/gateway"
	"toancanh/server/intake"
	"toancanh/server/limit"
	"toancanh/server/mqtt"
	"toancanh/server/mqtt/testmqtt"
	"toancanh/server/report"
	"toancanh/server/sensor"
	"toancanh/server/store"
)

func TestMain(m *testing.M) { testpg.Main(m) }

// patience bounds every wait of these tests.
const patience = 60 * time.Second

// house is an intake on a database, which a bridge fills.
type house struct {
	t      *testing.T
	store  *store.Store
	intake *intake.Intake
}

func newHouse(t *testing.T, dsn string) *house {
	t.Helper()
	h := &house{t: t}
	var err error
	h.store, err = store.Open(t.Context(), dsn, store.Sizes{Write: 3, Read: 2})
	must(t, err)
	t.Cleanup(h.store.Close)
	zone, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	must(t, err)
	atlas, err := area.Sample()
	must(t, err)
	rules, _, err := report.Load(sample.Files(), zone)
	must(t, err)
	sealer, err := auth.NewSealer(bytes.Repeat([]byte{1}, 32))
	must(t, err)
	log := slog.New(slog.DiscardHandler)
	h.intake, err = intake.New(intake.Config{
		Store: h.store, Rules: rules, Atlas: atlas, Division: "vn-2022", Sealer: sealer, Origin: report.Simulated, Location: zone,
		Now: time.Now, Wake: func() {}, Log: log, Limits: limit.New(limit.Config{Now: time.Now, Log: log}),
	})
	must(t, err)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = h.intake.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })
	return h
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (h *house) gateway(g gateway.Gateway) {
	h.t.Helper()
	g.Name, g.Lat, g.Lon = "Cổng "+g.Code, 12.007, 107.696
	_, err := h.intake.RegisterGateway(h.t.Context(), g, "put")
	must(h.t, err)
}

func (h *house) sensors(gateway string, codes ...string) {
	h.t.Helper()
	var list []sensor.Sensor
	for _, code := range codes {
		list = append(list, sensor.Sensor{Code: code, Name: code, Kind: "river", Lat: 12.007, Lon: 107.696, Gateway: gateway})
	}
	must(h.t, h.intake.RegisterSensors(h.t.Context(), list))
}

// bridge is one life of a bridge, as in one process.
type bridge struct {
	metrics *prometheus.Registry
	stop    func() // returns when it is over
}

func (h *house) bridge(s mqtt.Settings) *bridge {
	h.t.Helper()
	b := &bridge{metrics: prometheus.NewRegistry()}
	m, err := mqtt.New(mqtt.Config{Settings: s, Intake: h.intake, Now: time.Now, Log: slog.New(slog.DiscardHandler), Metrics: b.metrics})
	must(h.t, err)
	ctx, cancel := context.WithCancel(context.Background())
	var life sync.WaitGroup
	life.Go(func() { m.Lead(ctx, nil) })
	b.stop = func() { cancel(); life.Wait() }
	h.t.Cleanup(b.stop)
	return b
}

func (b *bridge) connected() bool {
	families, err := b.metrics.Gather()
	if err != nil {
		return false
	}
	for _, f := range families {
		if f.GetName() == "toancanh_mqtt_connected" {
			return f.GetMetric()[0].GetGauge().GetValue() == 1
		}
	}
	return false
}

func await(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

func settings(b *testmqtt.Broker, version string) mqtt.Settings {
	return mqtt.Settings{URL: b.URL(), Version: version, Client: "toancanh-test", Topics: []string{mqtt.UsualTopic}, Refused: mqtt.UsualRefused}
}

// station is a gateway in the field: it publishes until its broker has taken a message, over as many connections as it needs.
type station struct {
	t      *testing.T
	broker *testmqtt.Broker
	client paho.Client
}

func newStation(t *testing.T, b *testmqtt.Broker) *station {
	t.Helper()
	s := &station{t: t, broker: b}
	o := paho.NewClientOptions().AddBroker("tcp://" + b.Addr()).SetClientID("station").SetCleanSession(false).
		SetAutoReconnect(true).SetConnectRetry(true).SetConnectRetryInterval(50 * time.Millisecond).
		SetMaxReconnectInterval(100 * time.Millisecond).SetConnectTimeout(time.Second).SetWriteTimeout(time.Second)
	s.client = paho.NewClient(o)
	if token := s.client.Connect(); !token.WaitTimeout(patience) || token.Error() != nil {
		t.Fatalf("station: %v", token.Error())
	}
	t.Cleanup(func() { s.client.Disconnect(0) })
	return s
}

func (s *station) publish(topic string, payload any) {
	raw, ok := payload.([]byte)
	if !ok {
		var err error
		if raw, err = json.Marshal(payload); err != nil {
			s.t.Error(err)
		}
	}
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if token := s.client.Publish(topic, 1, false, raw); token.WaitTimeout(patience) && token.Error() == nil {
			return
		}
	}
	s.t.Error("station: the broker takes nothing")
}

// value is one reading as its station knows it.
type value struct {
	Sensor string    `json:"sensor"`
	At     time.Time `json:"at"`
	Value  float64   `json:"value"`
}

// journal is what a station has measured and sent.
type journal struct {
	values []value
	next   int
}

// measure is n messages of two values each, none like another.
func (j *journal) measure(n int) [][]value {
	messages := make([][]value, n)
	for i := range messages {
		for k := range 2 {
			j.next++
			v := value{
				Sensor: fmt.Sprintf("song-%d", k), At: time.Now().UTC().Add(-time.Hour).Truncate(time.Second).Add(time.Duration(j.next) * time.Millisecond),
				Value: float64(j.next) / 100,
			}
			messages[i] = append(messages[i], v)
		}
		j.values = append(j.values, messages[i]...)
	}
	return messages
}

// kept is what the database holds, in no order.
func kept(t *testing.T, dsn string) ([]value, error) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close(context.Background()) }()
	rows, err := conn.Query(t.Context(), "select s.code, r.ts, r.value from reading r join sensor s on s.id = r.sensor_id")
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (value, error) {
		var v value
		err := row.Scan(&v.Sensor, &v.At, &v.Value)
		v.At = v.At.UTC()
		return v, err
	})
}

func TestNothingIsLostOrDoubledWhoeverStops(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"5", "3.1.1"} {
		t.Run("MQTT "+version, func(t *testing.T) {
			t.Parallel()
			broker := testmqtt.New(t)
			postgres := testpg.Server(t)
			dsn := postgres.DSN(testpg.App)
			h := newHouse(t, dsn)
			h.gateway(gateway.Gateway{Code: "tram", PerMinute: 600_000})
			h.sensors("tram", "song-0", "song-1")
			s := settings(broker, version)
			ours := h.bridge(s)
			await(t, "the broker is read", ours.connected) // and so the session is there
			field := newStation(t, broker)
			var book journal
			count := func() int {
				list, err := kept(t, dsn)
				if err != nil {
					return -1
				}
				return len(list)
			}
			all := func(when string) {
				t.Helper()
				await(t, fmt.Sprintf("%d values are kept %s", len(book.values), when), func() bool { return count() >= len(book.values) })
			}
			send := func(messages [][]value) {
				for _, m := range messages {
					field.publish("toancanh/v1/tram/readings", m)
				}
			}

			// Our process ends in the middle of a stream, and another begins.
			var sending sync.WaitGroup
			before := len(book.values)
			messages := book.measure(200)
			sending.Go(func() { send(messages) })
			await(t, "something is kept", func() bool { return count() > before+20 })
			ours.stop()
			sending.Wait()
			ours = h.bridge(s)
			all("after a restart of ours")

			// PostgreSQL is killed, and comes back.
			postgres.Kill()
			send(book.measure(100))
			await(t, "the broker is not read while nothing can be kept", func() bool { return !ours.connected() })
			postgres.Restart()
			all("after PostgreSQL came back")

			// The broker is killed with what it holds for us while we are away.
			ours.stop()
			send(book.measure(100))
			broker.Save()
			broker.Kill()
			broker.Restart()
			ours = h.bridge(s)
			all("after the broker was killed while we were away")

			// The broker is killed in the middle of a stream. What it took since it last saved is lost with it, and only the
			// station still has it: it sends its day anew.
			before = len(book.values)
			messages = book.measure(200)
			sending.Go(func() { send(messages) })
			await(t, "something of the stream is kept", func() bool { return count() > before+20 })
			broker.Kill()
			broker.Restart()
			sending.Wait()
			send(messages)
			all("after the broker was killed at work")

			got, err := kept(t, dsn)
			must(t, err)
			order := func(a, b value) int { return a.At.Compare(b.At) }
			slices.SortFunc(got, order)
			slices.SortFunc(book.values, order)
			if diff := cmp.Diff(book.values, got); diff != "" {
				t.Errorf("what stations sent and what is kept (-want +got):\n%s", diff)
			}
			t.Logf("%d values sent, %d kept, each once, over a restart of ours, of PostgreSQL and two of the broker", len(book.values), len(got))
		})
	}
}

// answer is what a gateway is told.
type answer struct {
	Gateway, Topic string
	Accepted       int
	Refused        []struct {
		Index                                int
		Sensor, Thing, Field, Reason, Detail string
	}
	RetryAfterS int `json:"retry_after_s"`
}

func (a answer) reasons() map[int]string {
	m := map[int]string{}
	for _, r := range a.Refused {
		m[r.Index] = r.Reason
	}
	return m
}

func TestWhatIsRefusedIsToldAndTheRestIsKept(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"5", "3.1.1"} {
		t.Run("MQTT "+version, func(t *testing.T) {
			t.Parallel()
			broker := testmqtt.New(t)
			db := testpg.New(t)
			h := newHouse(t, db.DSN(testpg.App))
			h.gateway(gateway.Gateway{Code: "tram"})
			h.gateway(gateway.Gateway{Code: "khac"})
			h.gateway(gateway.Gateway{Code: "lu", PerMinute: 1})
			h.gateway(gateway.Gateway{Code: "lora"})
			h.gateway(gateway.Gateway{Code: "moi", Standing: gateway.Proposed})
			h.sensors("tram", "song-1")
			h.sensors("khac", "song-2")
			h.sensors("lu", "song-3")
			must(t, h.intake.RegisterSensors(t.Context(), []sensor.Sensor{{
				Code: "lora-1", Name: "LoRa", Kind: "river", Lat: 12.007, Lon: 107.696, Gateway: "lora", Thing: "A840411F7182F3B1", Field: "level",
			}}))
			s := settings(broker, version)
			s.Topics = append(s.Topics, "chirpstack:lora:application/+/device/+/event/+", "tts:lora:v3/+/devices/+/up")
			ours := h.bridge(s)
			await(t, "the broker is read", ours.connected)
			field := newStation(t, broker)
			told := make(chan answer, 100)
			if token := field.client.Subscribe("toancanh/v1/+/refused", 1, func(_ paho.Client, m paho.Message) {
				var a answer
				if err := json.Unmarshal(m.Payload(), &a); err != nil {
					t.Errorf("%s: %v", m.Payload(), err)
				}
				told <- a
			}); !token.WaitTimeout(patience) || token.Error() != nil {
				t.Fatal(token.Error())
			}
			now := time.Now().UTC().Truncate(time.Millisecond)
			good := value{"song-1", now, 3}
			many := make([]value, sensor.MaxItems)
			for i := range many {
				many[i] = value{"song-3", now.Add(-time.Duration(i) * time.Millisecond), 3}
			}
			uplink := func(device, object string) []byte {
				return fmt.Appendf(nil, `{"time":%q,"deviceInfo":{"devEui":%q},"data":"AQ==","object":%s}`, now.Format(time.RFC3339Nano), device, object)
			}
			for _, step := range []struct {
				name, topic string
				payload     any
				accepted    int
				want        map[int]string // nil: nothing is told
			}{
				{"one value", "toancanh/v1/tram/readings", good, 1, nil},
				{"lines", "toancanh/v1/tram/readings", []byte(`{"sensor":"song-1","at":"` + now.Add(-time.Second).Format(time.RFC3339Nano) + `","value":1}` + "\n" +
					`{"sensor":"song-1","at":"` + now.Add(-2*time.Second).Format(time.RFC3339Nano) + `","value":1}` + "\n"), 2, nil},
				{"an object over several lines", "toancanh/v1/tram/readings", []byte("{\n\"sensor\":\"song-1\",\n\"at\":\"" + now.Add(-3*time.Second).Format(time.RFC3339Nano) + "\",\n\"value\":1\n}"), 1, nil},
				{"a list with bad values", "toancanh/v1/tram/readings", []any{
					value{"song-1", now.Add(-time.Minute), 3},
					value{"khong-co", now, 3},
					value{"song-2", now, 3},
					value{"song-1", now, 3},
					value{"song-1", now.Add(-time.Minute), 1e9},
					7,
				}, 1, map[int]string{1: "unknown_sensor", 2: "out_of_scope", 3: "duplicate", 4: "out_of_range", 5: "malformed"}},
				{"no readings at all", "toancanh/v1/tram/readings", []byte("chào"), 0, map[int]string{0: "malformed"}},
				{"nothing", "toancanh/v1/tram/readings", []byte{}, 0, map[int]string{0: "malformed"}},
				{"of a gateway nobody knows", "toancanh/v1/la/readings", good, 0, map[int]string{0: "unknown_gateway"}},
				{"of a gateway nobody approved", "toancanh/v1/moi/readings", good, 0, map[int]string{0: "not_approved"}},
				{"a burst after a pause", "toancanh/v1/lu/readings", many, len(many), nil},
				{"and no more", "toancanh/v1/lu/readings", many[:1], 0, map[int]string{0: "limited"}},
				{"an uplink", "application/17c8/device/a840411f7182f3b1/event/up", uplink("a840411f7182f3b1", `{"level":5,"x":1}`), 1, map[int]string{1: "unknown_field"}},
				{"a join", "application/17c8/device/a840411f7182f3b1/event/join", uplink("a840411f7182f3b1", `null`), 0, nil},
				{"of a device nobody knows", "v3/mua@dak-nong/devices/la/up", []byte(`{"end_device_ids":{"device_id":"la"},"received_at":"` + now.Format(time.RFC3339Nano) + `","uplink_message":{"decoded_payload":{"x":1}}}`), 0, map[int]string{0: "unknown_thing"}},
			} {
				field.publish(step.topic, step.payload)
				if step.want == nil {
					continue // the next that is told says that it was not
				}
				select {
				case a := <-told:
					if diff := cmp.Diff(step.want, a.reasons()); diff != "" || a.Accepted != step.accepted || a.Topic != step.topic {
						t.Errorf("%s: told %+v: %s", step.name, a, diff)
					}
					if step.want[0] == "limited" && a.RetryAfterS < 1 {
						t.Errorf("%s: told to come back in %d s", step.name, a.RetryAfterS)
					}
				case <-time.After(patience):
					t.Fatalf("%s: nothing was told", step.name)
				}
			}
			list, err := kept(t, db.DSN(testpg.App))
			must(t, err)
			by := map[string]int{}
			for _, v := range list {
				by[v.Sensor]++
			}
			if want := map[string]int{"song-1": 5, "song-3": sensor.MaxItems, "lora-1": 1}; !maps.Equal(want, by) {
				t.Errorf("kept %v, want %v", by, want)
			}
			if n, err := testutil.GatherAndCount(ours.metrics, "toancanh_mqtt_messages_total"); err != nil || n != 3 {
				t.Errorf("%d outcomes are counted (%v), want taken, partly and refused", n, err)
			}
		})
	}
}
