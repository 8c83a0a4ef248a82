package api_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"toancanh/server/auth"
)

type taken struct {
	Accepted int
	Refused  []struct {
		Index                  int
		Sensor, Reason, Detail string
	}
}

// reasons lists index and reason of what was refused.
func (r taken) reasons() map[int]string {
	m := map[int]string{}
	for _, x := range r.Refused {
		m[x.Index] = x.Reason
	}
	return m
}

func zipped(t *testing.T, body []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write(body)
	must(t, err)
	must(t, w.Close())
	return b.Bytes()
}

func TestReadingsAreTakenOneByOne(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.registerSensors(3)
	key := h.key(auth.RightReadings)
	now := time.Now().Truncate(time.Second)
	send := func(body any, header map[string]string) answer {
		return h.do(call{method: "POST", path: "/api/v1/readings", body: body, key: key, header: header})
	}
	t.Run("one object", func(t *testing.T) {
		if got := read[taken](t, send(reading("mua-0", now, 1), nil), 200); got.Accepted != 1 || len(got.Refused) != 0 {
			t.Errorf("%+v", got)
		}
	})
	t.Run("a list with everything that can be wrong", func(t *testing.T) {
		list := []any{
			reading("mua-1", now, 2), reading("nobody", now, 2), reading("mua-1", now, 999), reading("mua-1", now.Add(time.Hour), 2),
			reading("mua-1", now.Add(-100*time.Hour), 2), reading("mua-0", now, 1), reading("mua-1", now, 2),
			map[string]any{"sensor": "mua-1"},
			7, reading("mua-2", now, 3),
			map[string]any{"sensor": "mua-2", "at": now, "value": "ba"},
		}
		got := read[taken](t, send(list, nil), 200)
		want := map[int]string{
			1: "unknown_sensor", 2: "out_of_range", 3: "future", 4: "too_old", 5: "duplicate", 6: "duplicate", 7: "malformed",
			8: "malformed", 10: "bad_value",
		}
		if diff := cmp.Diff(want, got.reasons()); diff != "" || got.Accepted != 2 {
			t.Errorf("accepted %d; refusals differ: %s", got.Accepted, diff)
		}
	})
	t.Run("lines, also compressed", func(t *testing.T) {
		var lines bytes.Buffer
		for i := range 100 {
			must(t, json.NewEncoder(&lines).Encode(reading("mua-0", now.Add(-time.Duration(i+1)*time.Minute), float64(i))))
		}
		lines.WriteString("\n{\"sensor\":\n")
		a := send(zipped(t, lines.Bytes()), map[string]string{"Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"})
		got := read[taken](t, a, 200)
		if diff := cmp.Diff(map[int]string{100: "malformed"}, got.reasons()); diff != "" || got.Accepted != 100 {
			t.Errorf("accepted %d; refusals differ: %s", got.Accepted, diff)
		}
	})
	t.Run("a repeat under a key gets the first answer", func(t *testing.T) {
		list := []any{reading("mua-2", now.Add(-time.Minute), 1)}
		header := map[string]string{"Idempotency-Key": "batch-1"}
		first, again := send(list, header), send(list, header)
		if string(first.body) != string(again.body) || read[taken](t, again, 200).Accepted != 1 {
			t.Errorf("first %s, again %s", first.body, again.body)
		}
		problem(t, send([]any{}, header), 422)
	})
	t.Run("an empty list is taken", func(t *testing.T) {
		if got := read[taken](t, send("[]", nil), 200); got.Accepted != 0 || got.Refused == nil {
			t.Errorf("%+v", got)
		}
	})
	for _, tc := range []struct {
		name   string
		body   any
		header map[string]string
		status int
	}{
		{"no JSON", "rác", nil, 400},
		{"an object cut short", `{"sensor":"mua-0"`, nil, 400},
		{"nothing", "", nil, 400},
		{"another media type", "[]", map[string]string{"Content-Type": "text/csv"}, 415},
		{"another compression", "[]", map[string]string{"Content-Encoding": "br"}, 415},
		{"two compressions", "[]", map[string]string{"Content-Encoding": "gzip, gzip"}, 415},
		{"no gzip", "[]", map[string]string{"Content-Encoding": "gzip"}, 400},
		{"a gzip cut short", zipped(t, []byte(strings.Repeat("[]", 500)))[:20], map[string]string{"Content-Encoding": "gzip"}, 400},
		{"a gzip bomb", zipped(t, bytes.Repeat([]byte{' '}, 256<<20)), map[string]string{"Content-Encoding": "gzip"}, 413},
		{"too many", "[" + strings.Repeat("1,", 10_000) + "1]", nil, 413},
	} {
		t.Run(tc.name+" is refused whole", func(t *testing.T) {
			problem(t, send(tc.body, tc.header), tc.status)
		})
	}
	t.Run("the newest value is shown", func(t *testing.T) {
		type list struct {
			Sensors []struct {
				Code, State, Area string
				Value             *float64
			}
		}
		got := read[list](t, h.do(call{method: "GET", path: "/api/v1/sensors"}), 200)
		if len(got.Sensors) != 3 || got.Sensors[1].Value == nil || *got.Sensors[1].Value != 2 || got.Sensors[1].State != "normal" || got.Sensors[1].Area == "" {
			t.Errorf("%+v", got)
		}
		type series struct{ Points [][2]float64 }
		points := read[series](t, h.do(call{method: "GET", path: "/api/v1/sensors/mua-0/readings?hours=2"}), 200)
		if len(points.Points) < 20 || points.Points[0][0] >= points.Points[1][0] {
			t.Errorf("%d points", len(points.Points))
		}
		problem(t, h.do(call{method: "GET", path: "/api/v1/sensors/nobody/readings"}), 404)
		for _, hours := range []string{"0", "-1", "x", "99999"} {
			problem(t, h.do(call{method: "GET", path: "/api/v1/sensors/mua-0/readings?hours=" + hours}), 422)
		}
	})
}

func TestKeysOpenWhatTheyMay(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	weak := h.key(auth.RightReports)
	for _, c := range []call{
		{method: "POST", path: "/api/v1/readings", body: "[]"},
		{method: "POST", path: "/api/v1/history", body: `{"reports":[]}`},
		{method: "POST", path: "/api/v1/history/readings", body: "[]"},
		{method: "PUT", path: "/api/v1/sensors", body: `{"sensors":[]}`},
	} {
		a := h.do(c)
		problem(t, a, 401)
		if a.header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s %s: 401 without WWW-Authenticate", c.method, c.path)
		}
		c.key = weak
		problem(t, h.do(c), 403)
		for _, wrong := range []string{"tck_", "x", weak[:len(weak)-1] + "x", "tck_000000000000_" + strings.Repeat("0", 64), strings.Repeat("a", 5000)} {
			c.key = wrong
			problem(t, h.do(c), 401)
		}
	}
	problem(t, h.do(call{method: "POST", path: "/api/v1/events", body: "{}"}), 401)
	problem(t, h.do(call{method: "POST", path: "/api/v1/reports", body: newReport("Rác"), key: "tck_wrong"}), 401)
	problem(t, h.do(call{method: "POST", path: "/api/v1/reports", body: newReport("Rác"), header: map[string]string{"Authorization": "Basic eDp5"}}), 401)
	if log := h.log.String(); strings.Contains(log, "tck_") || strings.Contains(log, weak[4:16]) {
		t.Error("a key stands in the log")
	}
	t.Run("a revoked one for a little while at most", func(t *testing.T) {
		k, token, err := auth.NewKey("gone", auth.RightReadings)
		must(t, err)
		must(t, h.store.AddKey(t.Context(), k))
		must(t, h.store.RevokeKey(t.Context(), k.ID))
		problem(t, h.do(call{method: "POST", path: "/api/v1/readings", body: "[]", key: token}), 401)
	})
}

func TestSensorsThatAreWrongAreNamedByPlace(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	key := h.key(auth.RightSensors)
	const fine = `"code":"a","name":"Mưa","kind":"rain","lat":12.007,"lon":107.696`
	for _, tc := range []struct{ body, field, reason string }{
		{`{}`, "sensors", "required"},
		{`{"sensors":7}`, "sensors", "type"},
		{`{"sensors":[7]}`, "", "type"},
		{`{"sensors":[{` + fine + `,"x":1}]}`, "x", "unknown_field"},
		{`{"sensors":[{` + fine + `,"levels":[{"at":"1","state":"warning","label":"a"}]}]}`, "levels.at", "type"},
		{`{"sensors":[{` + fine + `,"stale_after_s":1e300}]}`, "stale_after_s", "out_of_range"},
		{`{"sensors":[{"code":"a b","name":"Mưa","kind":"rain","lat":12.007,"lon":107.696}]}`, "code", "format"},
		{`{"sensors":[{"code":"a","name":"Mưa","kind":"rain","lat":21.0,"lon":105.8}]}`, "location", "outside"},
	} {
		p := problem(t, h.do(call{method: "PUT", path: "/api/v1/sensors", body: tc.body, key: key}), 422)
		if !hasFault(p, tc.field, tc.reason) {
			t.Errorf("%s: faults %+v, want %s %s", tc.body, p.Errors, tc.field, tc.reason)
		}
	}
	p := problem(t, h.do(call{method: "PUT", path: "/api/v1/sensors", key: key, body: `{"sensors":[` + strings.Repeat(`{"x":1},`, 500) + `{}]}`}), 422)
	if p.Omitted == 0 || p.Errors[0].Index == nil || *p.Errors[0].Index != 0 {
		t.Errorf("faults %+v, %d left out", p.Errors, p.Omitted)
	}
}

func TestCloudEventsOfBothKinds(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.registerSensors(2)
	key := h.key(auth.RightReadings, auth.RightReports)
	now := time.Now().UTC().Truncate(time.Second)
	event := func(id, kind string, data any) map[string]any {
		return map[string]any{"specversion": "1.0", "id": id, "source": "/gateway/1", "type": kind, "data": data, "traceparent": "x"}
	}
	send := func(media string, body any, more map[string]string) answer {
		header := map[string]string{"Content-Type": media}
		maps.Copy(header, more)
		return h.do(call{method: "POST", path: "/api/v1/events", body: body, key: key, header: header})
	}
	const one, many = "application/cloudevents+json; charset=UTF-8", "application/cloudevents-batch+json"
	t.Run("structured", func(t *testing.T) {
		for range 2 { // the second time it is known, and that is no fault
			if a := send(one, event("r1", "vn.toancanh.reading", reading("mua-0", now, 3)), nil); a.status != 204 {
				t.Errorf("status %d: %s", a.status, a.body)
			}
		}
		first := send(one, event("p1", "vn.toancanh.report", newReport("Rác")), nil)
		again := send(one, event("p1", "vn.toancanh.report", newReport("Rác")), nil)
		if read[receipt](t, first, 201).ID != read[receipt](t, again, 201).ID {
			t.Error("one event made two reports")
		}
	})
	t.Run("binary", func(t *testing.T) {
		a := send("application/json", reading("mua-1", now, 3), map[string]string{
			"ce-specversion": "1.0", "ce-id": "b%201", "ce-source": "/gateway/1", "ce-type": "vn.toancanh.reading",
		})
		if a.status != 204 {
			t.Errorf("status %d: %s", a.status, a.body)
		}
		problem(t, send("application/json", reading("mua-1", now, 3), nil), 400)
	})
	t.Run("binary, with whatever a header may carry", func(t *testing.T) {
		for name, tc := range map[string]struct {
			id     string
			status int
		}{
			"bytes that do not decode": {"100%-b%20c%zz", 204}, "quotes": {`"b \"1\""`, 204}, "bytes of no text": {"%ff%fe", 204}, "nothing in quotes": {`""`, 400},
			"a control character": {"b%0a", 400},
		} {
			a := send("application/json", reading("mua-1", now, 3), map[string]string{
				"ce-specversion": "1.0", "ce-id": tc.id, "ce-source": "/gateway/1", "ce-type": "vn.toancanh.reading",
			})
			if a.status != tc.status {
				t.Errorf("%s: status %d, want %d: %s", name, a.status, tc.status, a.body)
			}
		}
	})
	t.Run("after a handshake", func(t *testing.T) {
		a := h.do(call{method: "OPTIONS", path: "/api/v1/events", header: map[string]string{"WebHook-Request-Origin": "eventemitter.example.com"}})
		if a.status != 200 || a.header.Get("WebHook-Allowed-Origin") != "*" || a.header.Get("WebHook-Allowed-Rate") == "" || !strings.Contains(a.header.Get("Allow"), "POST") {
			t.Errorf("status %d, header %v", a.status, a.header)
		}
	})
	t.Run("in a batch of which the key may send only some", func(t *testing.T) {
		a := h.do(call{
			method: "POST", path: "/api/v1/events", key: h.key(auth.RightReadings), header: map[string]string{"Content-Type": many},
			body: []any{event("y1", "vn.toancanh.report", newReport("Rác")), event("y2", "vn.toancanh.reading", reading("mua-0", now.Add(-2*time.Minute), 1))},
		})
		got := read[taken](t, a, 200)
		if diff := cmp.Diff(map[int]string{0: "right"}, got.reasons()); diff != "" || got.Accepted != 1 {
			t.Errorf("accepted %d; refusals differ: %s", got.Accepted, diff)
		}
	})
	t.Run("with its own time for a reading without one", func(t *testing.T) {
		e := event("t1", "vn.toancanh.reading", map[string]any{"sensor": "mua-1", "value": 4})
		e["time"] = now.Add(-time.Minute)
		if a := send(one, e, nil); a.status != 204 {
			t.Errorf("status %d: %s", a.status, a.body)
		}
	})
	t.Run("in a batch each for itself", func(t *testing.T) {
		batch := []any{
			event("x1", "vn.toancanh.reading", reading("mua-0", now.Add(-time.Minute), 1)), event("x2", "vn.toancanh.report", newReport("Rác")),
			event("x3", "vn.toancanh.other", 1), event("", "vn.toancanh.reading", 1), event("x4", "vn.toancanh.reading", reading("nobody", now, 1)),
			7, event("x5", "vn.toancanh.report", map[string]any{"category": "ZZ"}),
		}
		got := read[taken](t, send(many, batch, nil), 200)
		want := map[int]string{2: "unknown", 3: "cloudevent", 4: "unknown_sensor", 5: "cloudevent", 6: "required"}
		if diff := cmp.Diff(want, got.reasons()); diff != "" || got.Accepted != 2 {
			t.Errorf("accepted %d; refusals differ: %s", got.Accepted, diff)
		}
		if got := read[taken](t, send(many, "[]", nil), 200); got.Accepted != 0 {
			t.Errorf("%+v", got)
		}
		var huge []any
		for i := range 501 {
			huge = append(huge, event(fmt.Sprint(i), "vn.toancanh.reading", 1))
		}
		problem(t, send(many, huge, nil), 413)
		problem(t, send(many, "{}", nil), 400)
	})
	for _, tc := range []struct {
		body, field string
		status      int
	}{
		{`{`, "", 400},
		{`[]`, "", 400},
		{`{"specversion":"0.3","id":"1","source":"a","type":"vn.toancanh.reading","data":{}}`, "specversion", 400},
		{`{"specversion":"1.0","source":"a","type":"vn.toancanh.reading","data":{}}`, "id", 400},
		{`{"specversion":"1.0","id":"1","type":"vn.toancanh.reading","data":{}}`, "source", 400},
		{`{"specversion":"1.0","id":"1","source":"a","data":{}}`, "type", 400},
		{`{"specversion":"1.0","id":1,"source":"a","type":"vn.toancanh.reading","data":{}}`, "id", 400},
		{`{"specversion":"1.0","id":"1","source":"a","type":"vn.toancanh.reading"}`, "data", 400},
		{`{"specversion":"1.0","id":"1","source":"a","type":"vn.toancanh.reading","data":{},"data_base64":"e30="}`, "data", 400},
		{`{"specversion":"1.0","id":"1","source":"a","type":"vn.toancanh.reading","data_base64":"%"}`, "data_base64", 400},
		{`{"specversion":"1.0","id":"1","source":"a","type":"vn.toancanh.reading","time":"yesterday","data":{}}`, "time", 400},
		{`{"specversion":"1.0","id":"1","source":"a","type":"vn.toancanh.reading","time":1764464400,"data":{}}`, "time", 400},
		{`{"specversion":"1.0","id":"1","source":"a","type":"vn.toancanh.reading","data":"x"}`, "data", 422},
		{`{"specversion":"1.0","id":"1","source":"a","type":"vn.toancanh.report","data_base64":"eA=="}`, "data", 422},
		{`{"specversion":"1.0","id":"1","source":"a","type":"other","data":{}}`, "type", 422},
	} {
		p := problem(t, send(one, tc.body, nil), tc.status)
		if tc.field != "" && (len(p.Errors) == 0 || p.Errors[0].Field != tc.field) {
			t.Errorf("%s: faults %+v, want %s", tc.body, p.Errors, tc.field)
		}
	}
	problem(t, send("text/plain", "x", nil), 415)
	key = h.key(auth.RightSensors)
	problem(t, send(one, event("z", "vn.toancanh.reading", reading("mua-0", now, 3)), nil), 403)
}
