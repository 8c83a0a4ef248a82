package replaying_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"toancanh/cmd/toancanh/client"
	"toancanh/cmd/toancanh/replaying"
	"toancanh/server/area"
)

// fakeAPI takes what the API takes and fails the test for anything else.
type fakeAPI struct {
	t     *testing.T
	atlas *area.Atlas

	mu       sync.Mutex
	sensors  map[string]client.Sensor
	readings []client.Reading
	reports  []client.PastReport
	arrived  []time.Time // of each report
}

func newFakeAPI(t *testing.T) (*fakeAPI, replaying.Options) {
	t.Helper()
	atlas, err := area.Sample()
	if err != nil {
		t.Fatal(err)
	}
	f := &fakeAPI{t: t, atlas: atlas, sensors: make(map[string]client.Sensor)}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	base, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return f, replaying.Options{Base: base, Key: "khoa", Atlas: atlas}
}

func (f *fakeAPI) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if got := req.Header.Get("Authorization"); got != "Bearer khoa" {
		f.t.Errorf("%s %s came with Authorization %q", req.Method, req.URL, got)
	}
	if req.Method == http.MethodPost && req.Header.Get("Idempotency-Key") == "" {
		f.t.Errorf("%s %s came without Idempotency-Key", req.Method, req.URL)
	}
	answer := client.Taken{Refused: []client.Refusal{}}
	switch req.Method + " " + req.URL.Path {
	case "GET /api/v1/units":
		f.answer(w, map[string]any{"units": []map[string]string{{"code": "so-xd", "name": "Sở Xây dựng"}, {"code": "ioc", "name": "IOC"}}})
		return
	case "PUT /api/v1/sensors":
		var in struct{ Sensors []client.Sensor }
		f.decode(req, &in)
		for _, s := range in.Sensors {
			f.sensors[s.Code] = s
		}
	case "POST /api/v1/history":
		var in struct{ Reports []client.PastReport }
		f.decode(req, &in)
		for _, r := range in.Reports {
			f.check(r)
			f.reports, f.arrived = append(f.reports, r), append(f.arrived, time.Now())
			answer.Accepted++
		}
	case "POST /api/v1/history/readings":
		var in []client.Reading
		f.decode(req, &in)
		for i, r := range in {
			if f.sensors[r.Sensor].Code == "" || r.At.After(time.Now()) {
				f.t.Errorf("reading %+v is from an unknown sensor or the future", r)
			}
			if s := f.sensors[r.Sensor]; s.Min != nil && r.Value < *s.Min {
				answer.Refused = append(answer.Refused, client.Refusal{Index: i, Sensor: r.Sensor, Reason: "out_of_range", Detail: "ngoài khoảng"})
				continue
			}
			f.readings = append(f.readings, r)
			answer.Accepted++
		}
	default:
		f.t.Errorf("%s %s is no part of the API", req.Method, req.URL)
	}
	f.answer(w, answer)
}

func (f *fakeAPI) check(r client.PastReport) {
	drawn, _ := f.atlas.Map(f.atlas.Tree.Default().Code)
	_, inside := drawn.Locator().Locate(area.Point{Lat: r.Location.Lat, Lon: r.Location.Lon})
	if !inside || r.Origin != "replayed" || r.Category == "" || r.Description == "" || r.ReceivedAt.After(time.Now()) {
		f.t.Errorf("report %+v is no report of the province's past", r)
	}
	last := r.ReceivedAt
	for _, act := range r.Acts {
		if act.At.Before(last) || act.At.After(time.Now()) {
			f.t.Errorf("%s at %s comes too early or too late", act.Act, act.At)
		}
		last = act.At
	}
}

func (f *fakeAPI) decode(req *http.Request, into any) {
	decoder := json.NewDecoder(req.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		f.t.Errorf("body of %s %s: %v", req.Method, req.URL, err)
	}
}

func (f *fakeAPI) answer(w http.ResponseWriter, answer any) {
	var body bytes.Buffer
	if err := json.NewEncoder(&body).Encode(answer); err != nil {
		f.t.Error(err)
	}
	w.Header().Set("Content-Type", "application/json")
	if _, err := w.Write(body.Bytes()); err != nil {
		f.t.Log(err)
	}
}
