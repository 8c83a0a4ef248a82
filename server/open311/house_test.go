package open311_test

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"toancanh/schema/sample"
	"toancanh/server/api"
	"toancanh/server/area"
	"toancanh/server/auth"
	"toancanh/server/disclosing/telltest"
	"toancanh/server/door"
	"toancanh/server/embedded/testpg"
	"toancanh/server/intake"
	"toancanh/server/limit"
	"toancanh/server/open311"
	"toancanh/server/photo/folder"
	"toancanh/server/report"
	"toancanh/server/store"
)

func TestMain(m *testing.M) { testpg.Main(m) }

// house is the door on a loopback address beside the API, with a real intake and a database of its own.
type house struct {
	t      testing.TB
	base   string
	db     testpg.DB
	store  *store.Store
	intake *intake.Intake
	teller *telltest.Teller
}

// newHouse builds a house; change may alter the door's configuration.
func newHouse(t testing.TB, change ...func(*open311.Config)) *house {
	t.Helper()
	h := &house{t: t, db: testpg.New(t)}
	zone, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	must(t, err)
	h.store, err = store.Open(t.Context(), h.db.DSN(testpg.App), store.Sizes{Write: 3, Read: 2})
	must(t, err)
	t.Cleanup(h.store.Close)
	reader, err := store.OpenPublic(t.Context(), h.db.DSN(testpg.Public))
	must(t, err)
	t.Cleanup(reader.Close)
	atlas, err := sampleAtlas()
	must(t, err)
	rules, units, err := report.Load(sample.Files(), zone)
	must(t, err)
	sealer, err := auth.NewSealer(bytes.Repeat([]byte{1}, 32))
	must(t, err)
	h.teller = telltest.New(t, h.store, atlas.Tree, time.Now)
	log := slog.New(slog.DiscardHandler)
	h.intake, err = intake.New(intake.Config{
		Store: h.store, Rules: rules, Atlas: atlas, Division: "vn-2022", Sealer: sealer, Origin: report.Simulated,
		Location: zone, Now: time.Now, Wake: func() {}, Log: log, Shelf: newShelf(t, h.store, sealer),
	})
	must(t, err)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = h.intake.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })

	frame := door.New(door.Config{Log: log, Now: time.Now})
	app := fiber.New(frame.AppConfig())
	frame.Install(app)
	must(t, h.store.SeedUnits(t.Context(), units))
	staff, err := api.New(api.Config{
		Frame: frame, Intake: h.intake, Store: h.store, Atlas: atlas, Rules: rules, Units: units,
		Signer: auth.NewSigner(bytes.Repeat([]byte{7}, 32)), Location: zone, Now: time.Now, Division: "vn-2022",
		Origin: report.Simulated, Sample: true, Log: log,
	})
	must(t, err)
	staff.Routes(app)
	c := open311.Config{
		Frame: frame, Records: reader, Intake: h.intake, Store: h.store, Keys: staff, Receipts: receipts(), Atlas: atlas, Rules: rules,
		Location: zone, Now: time.Now, Log: log, Division: "vn-2022", Title: "Trung tâm Giám sát, điều hành thông minh",
		Origin: report.Simulated,
	}
	for _, f := range change {
		f(&c)
	}
	partners, err := open311.New(c)
	must(t, err)
	partners.Routes(app)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	ended := make(chan struct{})
	go func() { defer close(ended); _ = app.Listener(listener) }()
	t.Cleanup(func() { _ = app.ShutdownWithTimeout(5 * time.Second); <-ended })
	h.base = "http://" + listener.Addr().String()
	h.get("/healthz") // a server told to stop before it began to serve never ends
	return h
}

func receipts() *auth.Receipts { return auth.NewReceipts(bytes.Repeat([]byte{5}, 32)) }

// newShelf keeps photos in a directory of the test's own.
func newShelf(t testing.TB, rows *store.Store, sealer *auth.Sealer) *intake.Shelf {
	t.Helper()
	files, err := folder.Open(t.TempDir(), time.Now)
	must(t, err)
	return intake.NewShelf(intake.ShelfConfig{
		Files: files, Rows: rows, Sealer: sealer, Quota: 64 << 20, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
}

// limited counts what is asked as the running server does.
func limited(c *open311.Config) {
	c.Frame.Limits = limit.New(limit.Config{Now: time.Now, Log: slog.New(slog.DiscardHandler)})
}

// sampleAtlas is drawn once; it does not change.
var sampleAtlas = sync.OnceValues(area.Sample)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

type answer struct {
	status int
	header http.Header
	body   string
}

var client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}, Timeout: 30 * time.Second}

// get reads after a batch has left.
func (h *house) get(path string) answer {
	h.t.Helper()
	h.teller.Leave()
	return h.do("GET", path, nil, nil)
}

func (h *house) do(method, path string, form url.Values, header map[string]string) answer {
	h.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequest(method, h.base+path, body)
	must(h.t, err)
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	}
	for name, value := range header {
		req.Header.Set(name, value)
	}
	res, err := client.Do(req)
	must(h.t, err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	must(h.t, err)
	return answer{res.StatusCode, res.Header, string(raw)}
}

// key makes a key with rights and returns its token.
func (h *house) key(change func(*auth.Key), rights ...auth.Right) string {
	h.t.Helper()
	k, token, err := auth.NewKey("test", rights...)
	must(h.t, err)
	if change != nil {
		change(&k)
	}
	must(h.t, h.store.AddKey(h.t.Context(), k))
	return token
}

// form is a report that is taken; more pairs overwrite or add, an empty value takes away.
func form(more ...string) url.Values {
	v := url.Values{"service_code": {"MT"}, "lat": {"12.007"}, "long": {"107.696"}, "description": {"Rác ở chợ"}}
	for i := 0; i < len(more); i += 2 {
		v.Del(more[i])
		if more[i+1] != "" {
			v.Set(more[i], more[i+1])
		}
	}
	return v
}

// send posts a form that is taken and returns the code of the report.
func (h *house) send(f url.Values) string {
	h.t.Helper()
	a := h.do("POST", "/open311/v2/requests.json", f, nil)
	if a.status != 201 {
		h.t.Fatalf("%v: %d %s", f, a.status, a.body)
	}
	valid(h.t, "sent", "json", a.body)
	return read[[]map[string]string](h.t, a)[0]["service_request_id"]
}

func (h *house) act(code string, acts ...report.Act) {
	h.t.Helper()
	for _, act := range acts {
		act.Actor = "test"
		_, err := h.intake.Act(h.t.Context(), code, act)
		must(h.t, err)
	}
}

// publish takes a report from its acceptance to a published result.
func (h *house) publish(code, text string) {
	h.t.Helper()
	h.act(code, report.Act{Name: report.Accept}, report.Act{Name: report.Assign, Unit: "so-tnmt"},
		report.Act{Name: report.Resolve, Text: "nội bộ"}, report.Act{Name: report.Publish, Text: text})
}

func read[T any](t testing.TB, a answer) T {
	t.Helper()
	var out T
	if err := json.Unmarshal([]byte(a.body), &out); err != nil {
		t.Fatalf("no JSON: %v: %s", err, a.body)
	}
	return out
}

// records reads a list in JSON, which must be valid.
func (h *house) records(path string) []map[string]any {
	h.t.Helper()
	a := h.get(path)
	if a.status != 200 {
		h.t.Fatalf("%s: %d %s", path, a.status, a.body)
	}
	valid(h.t, "service_requests", "json", a.body)
	return read[[]map[string]any](h.t, a)
}

// schemas are the compiled ones of JSON, by the name of the answer.
var schemas = sync.OnceValues(func() (map[string]*jsonschema.Schema, error) {
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	all := map[string]*jsonschema.Schema{}
	for _, name := range []string{"errors", "discovery", "services", "service_definition", "service_requests", "sent", "token"} {
		one, err := compiler.Compile("schema/georeport.schema.json#/$defs/" + name)
		if err != nil {
			return nil, err
		}
		all[name] = one
	}
	return all, nil
})

// valid holds an answer to the schema of its kind. Without xmllint the XML is held to its form alone.
func valid(t testing.TB, kind, format, body string) {
	t.Helper()
	if format == "json" {
		all, err := schemas()
		must(t, err)
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(body))
		if err == nil {
			err = all[kind].Validate(value)
		}
		if err != nil {
			t.Errorf("%s: %v: %s", kind, err, body)
		}
		return
	}
	var any struct{}
	if err := xml.Unmarshal([]byte(body), &any); err != nil || !strings.HasPrefix(body, `<?xml version="1.0" encoding="UTF-8"?>`) {
		t.Errorf("%s: %v: %s", kind, err, body)
	}
	if !hasXMLLint(t) {
		return
	}
	file := map[string]string{"sent": "schema/sent.xsd", "token": "schema/token.xsd"}[kind]
	if file == "" {
		file = "schema/georeport.xsd"
	}
	lint := exec.CommandContext(t.Context(), "xmllint", "--nonet", "--noout", "--schema", file, "-")
	lint.Stdin = strings.NewReader(body)
	if out, err := lint.CombinedOutput(); err != nil {
		t.Errorf("%s: %s: %s", kind, out, body)
	}
}

func hasXMLLint(t testing.TB) bool {
	t.Helper()
	_, err := exec.LookPath("xmllint")
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatal("xmllint is missing: .ci/test-deps installs it")
	}
	return err == nil
}
