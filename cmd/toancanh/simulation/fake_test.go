package simulation_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"toancanh/cmd/toancanh/client"
	"toancanh/cmd/toancanh/simulation"
	"toancanh/schema/sample"
	"toancanh/server/area"
	"toancanh/server/fault"
	"toancanh/server/report"
)

// sampleRules are the rules that ship with the product.
func sampleRules(t *testing.T) *report.Rulebook {
	t.Helper()
	rules, _, err := report.Load(sample.Files(), zone(t))
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

func zone(t *testing.T) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func config(t *testing.T, api *fakeAPI) simulation.Config {
	t.Helper()
	return simulation.Config{
		Base: &url.URL{Scheme: "http", Host: "server.test"}, Key: "khoa", Seed: 7,
		Rules: api.rules, Atlas: api.atlas, Units: []string{"ubnd-660", "ubnd-661", "ubnd-663"},
		HTTP: &http.Client{Transport: api},
	}
}

// fakeAPI is the API in memory, kept to the real rules of reports. It is a
// transport, so that a test with a simulated clock needs no socket.
type fakeAPI struct {
	rules *report.Rulebook
	atlas *area.Atlas
	down  func(time.Time) bool // nil: never

	mu       sync.Mutex
	under    int // requests under way
	most     int
	gateways []string
	sensors  []client.Sensor
	readings []client.Reading
	past     []client.PastReport
	reports  map[string]*report.Report
	order    []string
	answers  map[string][]byte // by Idempotency-Key
	unlawful []string
	foreign  []string // bodies or paths that are no part of the API
}

func newFakeAPI(t *testing.T) *fakeAPI {
	t.Helper()
	atlas, err := area.Sample()
	if err != nil {
		t.Fatal(err)
	}
	return &fakeAPI{
		rules: sampleRules(t), atlas: atlas,
		reports: make(map[string]*report.Report), answers: make(map[string][]byte),
	}
}

func (f *fakeAPI) RoundTrip(req *http.Request) (*http.Response, error) {
	f.mu.Lock()
	f.under++
	f.most = max(f.most, f.under)
	f.mu.Unlock()
	time.Sleep(3 * time.Millisecond) // simulated time: lets requests overlap
	f.mu.Lock()
	defer f.mu.Unlock()
	f.under--
	if f.down != nil && f.down(time.Now()) {
		if len(f.order)%2 == 0 {
			return nil, errors.New("connection refused")
		}
		return respond(req, http.StatusServiceUnavailable, []byte(`{"title":"đang khởi động lại"}`)), nil
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, fmt.Errorf("read request: %w", err)
	}
	key := req.Header.Get("Idempotency-Key")
	if answer, ok := f.answers[key]; ok && key != "" {
		return respond(req, http.StatusOK, answer), nil
	}
	status, answer := f.serve(req, body)
	raw, err := json.Marshal(answer)
	if err != nil {
		return nil, fmt.Errorf("encode answer: %w", err)
	}
	if key != "" && status < 300 {
		f.answers[key] = raw
	}
	return respond(req, status, raw), nil
}

func respond(req *http.Request, status int, body []byte) *http.Response {
	header := http.Header{"Content-Type": {"application/json"}}
	if status == http.StatusServiceUnavailable {
		header.Set("Retry-After", "1")
	}
	return &http.Response{
		StatusCode: status, Header: header, Body: io.NopCloser(bytes.NewReader(body)), Request: req,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
}

// serve does one request; the lock is held.
func (f *fakeAPI) serve(req *http.Request, body []byte) (int, any) {
	if req.Header.Get("Authorization") != "Bearer khoa" {
		return http.StatusUnauthorized, map[string]string{"title": "khóa sai"}
	}
	path := strings.TrimPrefix(req.URL.Path, "/api/v1/")
	switch {
	case req.Method == http.MethodPut && strings.HasPrefix(path, "gateways/"):
		f.gateways = append(f.gateways, strings.TrimPrefix(path, "gateways/"))
		return http.StatusOK, struct{}{}
	case req.Method == http.MethodPut && path == "sensors":
		var in struct{ Sensors []client.Sensor }
		f.decode(body, &in)
		f.sensors = in.Sensors
		return http.StatusOK, map[string]int{"registered": len(in.Sensors)}
	case req.Method == http.MethodPost && (path == "readings" || path == "history/readings"):
		var in []client.Reading
		f.decode(body, &in)
		f.readings = append(f.readings, in...)
		return http.StatusOK, client.Taken{Accepted: len(in)}
	case req.Method == http.MethodPost && path == "history":
		var in struct{ Reports []client.PastReport }
		f.decode(body, &in)
		f.past = append(f.past, in.Reports...)
		return http.StatusOK, client.Taken{Accepted: len(in.Reports)}
	case req.Method == http.MethodPost && path == "reports":
		var in client.NewReport
		f.decode(body, &in)
		return f.receive(in)
	case req.Method == http.MethodGet && path == "reports":
		return http.StatusOK, f.list(req.URL.Query())
	case req.Method == http.MethodPost && strings.HasPrefix(path, "reports/") && strings.HasSuffix(path, "/acts"):
		var in client.Act
		f.decode(body, &in)
		return f.act(strings.TrimSuffix(strings.TrimPrefix(path, "reports/"), "/acts"), in)
	}
	f.foreign = append(f.foreign, req.Method+" "+req.URL.Path)
	return http.StatusNotFound, map[string]string{"title": "không có"}
}

func (f *fakeAPI) decode(body []byte, into any) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		f.foreign = append(f.foreign, err.Error())
	}
}

func (f *fakeAPI) receive(in client.NewReport) (int, any) {
	division := f.atlas.Tree.Default().Code
	drawn, _ := f.atlas.Map(division)
	code, ok := drawn.Locator().Locate(area.Point{Lat: in.Location.Lat, Lon: in.Location.Lon})
	if !ok {
		return http.StatusUnprocessableEntity, map[string]string{"title": "ngoài tỉnh"}
	}
	id := fmt.Sprintf("id-%d", len(f.order)+1)
	r, _, err := f.rules.New(report.Draft{
		Category: in.Category, Description: in.Description, Address: in.Address,
		Location:  report.Point{Lat: in.Location.Lat, Lon: in.Location.Lon},
		Emergency: in.Emergency, HasContact: in.Contact != nil, Source: report.FromSimulator, Origin: report.Simulated,
	}, report.Birth{
		ID: id, Code: report.Code([8]byte{byte(len(f.order)), byte(len(f.order) >> 8)}), At: time.Now(),
		Placed: report.Placed{Division: division, Area: code, Path: f.atlas.Tree.Path(division, code)},
	})
	if err != nil {
		return http.StatusUnprocessableEntity, map[string]string{"title": err.Error()}
	}
	f.reports[id] = &r
	f.order = append(f.order, id)
	return http.StatusCreated, map[string]string{"id": id, "code": r.Code}
}

func (f *fakeAPI) act(id string, in client.Act) (int, any) {
	r, ok := f.reports[id]
	if !ok {
		return http.StatusNotFound, map[string]string{"title": "không có"}
	}
	act := report.Act{
		Name: report.ActName(in.Act), Version: in.Version, Unit: in.Unit, Reason: in.Reason, Text: in.Text, Parent: in.Parent,
	}
	if !in.Until.IsZero() {
		act.Until = &in.Until
	}
	after, _, err := f.rules.Apply(*r, act, time.Now())
	if err != nil {
		f.unlawful = append(f.unlawful, fmt.Sprintf("%s at %s: %v", in.Act, r.Status, err))
		var refused *fault.Error
		if errors.As(err, &refused) && refused.Kind == fault.KindConflict {
			return http.StatusConflict, map[string]string{"title": err.Error()}
		}
		return http.StatusUnprocessableEntity, map[string]string{"title": err.Error()}
	}
	*r = after
	return http.StatusOK, map[string]any{}
}

func (f *fakeAPI) list(q url.Values) any {
	var all []report.Report
	for _, id := range f.order {
		r := *f.reports[id]
		if q.Get("open") == "true" && !r.Open() || q.Get("status") != "" && string(r.Status) != q.Get("status") {
			continue
		}
		all = append(all, r)
	}
	slices.SortStableFunc(all, func(a, b report.Report) int {
		if q.Get("sort") == "due" && a.Running() != nil && b.Running() != nil {
			return a.Running().Compare(*b.Running())
		}
		return b.ReceivedAt.Compare(a.ReceivedAt)
	})
	from, limit := 0, 50
	_, _ = fmt.Sscan(q.Get("cursor"), &from)
	_, _ = fmt.Sscan(q.Get("limit"), &limit)
	next := ""
	if from+limit < len(all) {
		next = fmt.Sprint(from + limit)
		all = all[:from+limit]
	}
	page := []client.Report{}
	for _, r := range all[min(from, len(all)):] {
		page = append(page, client.Report{
			ID: r.ID, Code: r.Code, Version: r.Version, Origin: string(r.Origin), Source: string(r.Source),
			Category: r.Category, Status: string(r.Status), Emergency: r.Emergency, Area: r.Area, Unit: r.Unit,
			ReceivedAt: r.ReceivedAt, AcceptedAt: r.AcceptedAt, AssignedAt: r.AssignedAt, ResolvedAt: r.ResolvedAt,
			PublicAt: r.PublishedAt, Bounces: r.Bounces, Reopens: r.Reopens, HasContact: r.HasContact,
			Due: client.Due{
				Accept: r.Due.Accept, Assign: r.Due.Assign, Resolve: r.Due.Resolve,
				Original: r.Due.Original, Publish: r.Due.Publish,
			},
		})
	}
	return map[string]any{"reports": page, "next": next}
}
