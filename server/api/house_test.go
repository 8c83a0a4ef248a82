package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/prometheus/client_golang/prometheus"

	"toancanh/schema"
	"toancanh/schema/sample"
	"toancanh/server/alarm"
	"toancanh/server/api"
	"toancanh/server/area"
	"toancanh/server/auth"
	"toancanh/server/callout"
	"toancanh/server/callout/calltest"
	"toancanh/server/disclosing/telltest"
	"toancanh/server/door"
	"toancanh/server/dti"
	"toancanh/server/embedded/testpg"
	"toancanh/server/follow"
	"toancanh/server/hook"
	"toancanh/server/intake"
	"toancanh/server/limit"
	"toancanh/server/mail"
	"toancanh/server/past"
	"toancanh/server/presence"
	"toancanh/server/report"
	"toancanh/server/store"
	"toancanh/server/subscribe"
	"toancanh/server/view"
	"toancanh/server/watch"
)

func TestMain(m *testing.M) { testpg.Main(m) }

// house is the door on a loopback address, with a real intake and a database of its own behind it.
type house struct {
	t       *testing.T
	base    string
	db      testpg.DB
	store   *store.Store
	api     *api.API
	signer  *auth.Signer
	log     *lockedBuffer
	metrics *prometheus.Registry
	storms  chan struct{}
	teller  *telltest.Teller
	deeds   *intake.Intake
	shelf   *intake.Shelf
	photos  string // their directory
	duty    *callout.Desk
	gateway *calltest.Gateway
}

// lockedBuffer keeps what was logged.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

const hubSecret = "a secret of sixteen or more"

// newHouse builds a house; change may alter the door's configuration, and routes may hang in more.
func newHouse(t *testing.T, change ...func(*api.Config, *fiber.App)) *house {
	t.Helper()
	h := &house{
		t: t, db: testpg.New(t), log: &lockedBuffer{}, metrics: prometheus.NewRegistry(), storms: make(chan struct{}, 10),
		signer: auth.NewSigner(bytes.Repeat([]byte{7}, 32)),
	}
	zone, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	must(t, err)
	h.store, err = store.Open(t.Context(), h.db.DSN(testpg.App), store.Sizes{Write: 4, Read: 3})
	must(t, err)
	t.Cleanup(h.store.Close)
	atlas, err := sampleAtlas()
	must(t, err)
	rules, units, err := report.Load(sample.Files(), zone)
	must(t, err)
	sealer, err := auth.NewSealer(bytes.Repeat([]byte{1}, 32))
	must(t, err)
	h.teller = telltest.New(t, h.store, atlas.Tree, time.Now)
	h.newShelf(sealer)
	log := slog.New(slog.NewJSONHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	in, err := intake.New(intake.Config{
		Store: h.store, Rules: rules, Atlas: atlas, Division: "vn-2022", Sealer: sealer, Origin: report.Simulated,
		Location: zone, Now: time.Now, Wake: func() {}, Log: log, Shelf: h.shelf,
		Limits: limit.New(limit.Config{Now: time.Now, Log: log}),
	})
	must(t, err)
	h.deeds = in
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = in.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })

	frame := door.New(door.Config{Log: log, Now: time.Now, Metrics: h.metrics})
	app := fiber.New(frame.AppConfig())
	frame.Install(app)
	keeper := auth.NewKeeper(h.store, auth.NewHasher(), sealer, time.Now)
	must(t, h.store.SeedUnits(t.Context(), units))
	assignments, err := report.LoadAssignments(sample.Files())
	must(t, err)
	must(t, h.store.SeedAssignments(t.Context(), assignments))
	mails, err := mail.New(mail.Config{Store: h.store, Sealer: sealer, Now: time.Now, Log: log})
	must(t, err)
	desk := h.callout(log, sealer)
	browsers, err := subscribe.New(subscribe.Config{
		Store: h.store, Sealer: sealer, Client: desk.Client, Push: desk.Push, Now: time.Now, Location: zone, Log: log,
		Ground: subscribe.Ground{Tree: atlas.Tree, Division: "vn-2022", Category: func(code string) bool { _, ok := rules.Category(code); return ok }},
	})
	must(t, err)
	published, err := dti.Load(sample.Files())
	must(t, err)
	c := api.Config{
		Subscriptions: browsers,
		Receipts:      receipts,
		Follow:        follow.New(follow.Config{Store: h.store, Actor: in, Receipts: receipts, Mails: mails, Location: zone, Now: time.Now, Photos: true}),
		Keeper:        keeper, Walls: auth.NewScreenKeeper(h.store, time.Now), People: h.store,
		Queue: h.store, Presence: presence.NewBoard(nil, time.Now, log), Keys: h.store, Hooks: h.store, HookDesk: h.hooks(log), Contacts: h.store, Sealer: sealer, Log: log,
		Duty: h.store, Callout: desk,
		Frame: frame, Intake: in, Store: h.store, Atlas: atlas, Rules: rules, Units: units, Signer: h.signer,
		Past: past.New(past.Config{Store: h.store, Lens: view.NewLens(zone, units), Watch: watch.Config{
			Atlas: atlas, Rules: rules, Division: "vn-2022", Origin: report.Simulated, Location: zone,
			Keep: store.Retention{Readings: 400 * 24 * time.Hour}, Now: time.Now, Log: log,
		}}),
		Location: zone, Evidence: auth.NewSigner(bytes.Repeat([]byte{5}, 32)), Now: time.Now, Division: "vn-2022", Title: "Trung tâm Giám sát, điều hành thông minh",
		Origin: report.Simulated, Build: "test", Sample: true, Live: h.store.Live(view.NewLens(zone, nil), func(schema.Topic) bool { return true }), HubSecret: hubSecret,
		Handovers: h.store, Drills: h.store, DrillsChanged: func() {}, Storm: func() { h.storms <- struct{}{} }, Ready: h.store.Ready,
		Warnings: h.store, CapSender: "toancanh.67", DTI: published,
	}
	for _, f := range change {
		f(&c, app)
	}
	h.api, err = api.New(c)
	must(t, err)
	h.api.Routes(app)
	h.base = serve(t, app)
	return h
}

// hooks reach this machine alone, where the systems of tests listen.
func (h *house) hooks(log *slog.Logger) *hook.Desk {
	here, err := hook.ParseNetworks([]string{"127.0.0.1"})
	must(h.t, err)
	return hook.NewDesk(h.store, hook.NewClient(here), hook.NewSecrets(bytes.Repeat([]byte{9}, 32)), time.Now, log, h.metrics)
}

// callout is the desk that reaches people on duty; its channels end at this machine.
func (h *house) callout(log *slog.Logger, sealer *auth.Sealer) *callout.Desk {
	h.t.Helper()
	here, err := hook.ParseNetworks([]string{"127.0.0.1"})
	must(h.t, err)
	push, err := callout.OpenPush(filepath.Join(h.t.TempDir(), "push.key"), []string{"127.0.0.1"}, "mailto:truc@example.vn")
	must(h.t, err)
	h.gateway = calltest.NewGateway(h.t, time.Now)
	h.duty, err = callout.New(callout.Config{
		Store: h.store, Sealer: sealer, Client: hook.NewClient(here), Push: push, SMS: callout.SMS{URL: h.gateway.URL(), Secret: h.gateway.Secret},
		Place: func(_, area string) string { return area }, Now: time.Now, Location: time.UTC, Log: log,
		Note: func(context.Context, string, alarm.Callout) error { return nil },
	})
	must(h.t, err)
	return h.duty
}

func serve(t *testing.T, app *fiber.App) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	ended := make(chan struct{})
	go func() { defer close(ended); _ = app.Listener(listener) }()
	t.Cleanup(func() { _ = app.ShutdownWithTimeout(5 * time.Second); <-ended })
	base := "http://" + listener.Addr().String()
	// A server that is told to stop before it began to serve never ends: see it serve first.
	res, err := client.Get(base + "/healthz")
	must(t, err)
	must(t, res.Body.Close())
	return base
}

// sampleAtlas is drawn once; it does not change.
var sampleAtlas = sync.OnceValues(area.Sample)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// key makes a key with rights and returns its token.
func (h *house) key(rights ...auth.Right) string {
	h.t.Helper()
	k, token, err := auth.NewKey("test", rights...)
	must(h.t, err)
	must(h.t, h.store.AddKey(h.t.Context(), k))
	return token
}

// call is a request; a body that is no string or bytes is sent as JSON.
type call struct {
	method, path string
	body         any
	key          string
	header       map[string]string
}

type answer struct {
	status int
	header http.Header
	body   []byte
}

func (h *house) do(c call) answer {
	h.t.Helper()
	a, err := h.try(c)
	must(h.t, err)
	return a
}

// client does not ask for gzip behind the tests' back.
var client = &http.Client{Transport: &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 64}, Timeout: 30 * time.Second}

func (h *house) try(c call) (answer, error) {
	var body io.Reader
	switch b := c.body.(type) {
	case nil:
	case string:
		body = strings.NewReader(b)
	case []byte:
		body = bytes.NewReader(b)
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			return answer{}, err
		}
		body = bytes.NewReader(raw)
	}
	req, err := http.NewRequest(c.method, h.base+c.path, body)
	if err != nil {
		return answer{}, err
	}
	if c.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.key != "" {
		req.Header.Set("Authorization", "Bearer "+c.key)
	}
	for name, text := range c.header {
		if name == "Host" {
			req.Host = text
			continue
		}
		req.Header.Set(name, text)
	}
	res, err := client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header, raw}, err
}

// read decodes an answer that must have the status.
func read[T any](t *testing.T, a answer, status int) T {
	t.Helper()
	var out T
	if a.status != status {
		t.Fatalf("status %d, want %d: %s", a.status, status, a.body)
	}
	if err := json.Unmarshal(a.body, &out); err != nil {
		t.Fatalf("answer is no JSON: %v: %s", err, a.body)
	}
	return out
}

// problem checks that an answer is a problem of the status, and returns it.
func problem(t *testing.T, a answer, status int) door.Problem {
	t.Helper()
	p := read[door.Problem](t, a, status)
	if got := a.header.Get("Content-Type"); got != door.ProblemType {
		t.Errorf("content type %q, want %q", got, door.ProblemType)
	}
	if p.Status != status || p.Type == "" || p.Title == "" || p.RequestID == "" || p.RequestID != a.header.Get("X-Request-Id") {
		t.Errorf("incomplete problem: %s", a.body)
	}
	if len(a.body) > 4<<10 {
		t.Errorf("problem of %d bytes", len(a.body))
	}
	return p
}

// hasFault reports whether a problem names a field with a reason.
func hasFault(p door.Problem, field, reason string) bool {
	for _, f := range p.Errors {
		if f.Field == field && f.Reason == reason {
			return true
		}
	}
	return false
}

type receipt struct {
	ID, Code, Status, Area, Place, Secret string
	AreaName                              string    `json:"area_name"`
	ReceivedAt                            time.Time `json:"received_at"`
}

func newReport(text string) map[string]any {
	return map[string]any{
		"category": "MT", "description": text, "location": map[string]float64{"lat": 12.007, "lon": 107.696},
	}
}

func (h *house) post(text string) receipt {
	h.t.Helper()
	return read[receipt](h.t, h.do(call{method: "POST", path: "/api/v1/reports", body: newReport(text)}), 201)
}

type opsAnswer struct {
	Report struct {
		ID, Code, Status, Description, Unit, Answer, Origin, Source string
		Version                                                     int64
		HasContact                                                  bool `json:"has_contact"`
	}
	Allowed []string
	Acts    []struct {
		N                          int64
		Act, Actor, Text, From, To string
	}
}

func (h *house) get(id string) opsAnswer {
	h.t.Helper()
	return read[opsAnswer](h.t, h.do(call{method: "GET", path: "/api/v1/reports/" + id}), 200)
}

func (h *house) act(id string, act map[string]any) answer {
	h.t.Helper()
	return h.do(call{method: "POST", path: "/api/v1/reports/" + id + "/acts", body: act})
}

// registerSensors registers n rain gauges, "mua-0" and so on.
func (h *house) registerSensors(n int) {
	h.t.Helper()
	var list []map[string]any
	for i := range n {
		list = append(list, map[string]any{
			"code": fmt.Sprintf("mua-%d", i), "name": fmt.Sprintf("Mưa %d", i), "kind": "rain", "unit": "mm",
			"lat": 12.007, "lon": 107.696, "stale_after_s": 1800, "min": 0, "max": 300,
			"levels": []map[string]any{{"at": 15, "state": "attention", "label": "mưa to", "source": "mẫu"}},
		})
	}
	a := h.do(call{method: "PUT", path: "/api/v1/sensors", key: h.key(auth.RightSensors), body: map[string]any{"sensors": list}})
	if got := read[map[string]int](h.t, a, 200)["registered"]; got != n {
		h.t.Fatalf("registered %d sensors, want %d", got, n)
	}
}

func reading(code string, at time.Time, value float64) map[string]any {
	return map[string]any{"sensor": code, "at": at.UTC().Format(time.RFC3339Nano), "value": value}
}
