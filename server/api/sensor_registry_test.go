package api_test

import (
	"encoding/csv"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"toancanh/server/access"
	"toancanh/server/auth"
)

type sensorAnswer struct {
	Code, Name, State, Standing, Owner, Gateway, Thing, Limit string
	StaleAfterS                                               int `json:"stale_after_s"`
	SilenceAfterS                                             int `json:"silence_after_s"`
	Version                                                   int64
	Value, Min                                                *float64
	Levels                                                    []struct {
		Label     string
		Confirmed bool
	}
	Unconfirmed         []string
	Quality             []string
	Silent, Maintenance bool
	Proposal            *struct {
		Key     string
		Refused int64
	}
	Windows []struct {
		ID          int64
		Open, Ended bool
	}
	May struct{ Manage, Maintain bool }
}

func (v *visitor) sensor(code string) sensorAnswer {
	v.h.t.Helper()
	return read[sensorAnswer](v.h.t, v.try("GET", "/api/v1/sensors/"+code, nil), 200)
}

func (v *visitor) sensors(query string) []sensorAnswer {
	v.h.t.Helper()
	return read[struct{ Sensors []sensorAnswer }](v.h.t, v.try("GET", "/api/v1/sensors"+query, nil), 200).Sensors
}

func (h *house) send(list ...map[string]any) {
	h.t.Helper()
	a := h.do(call{method: "POST", path: "/api/v1/readings", key: h.key(auth.RightReadings), body: list})
	if got := read[struct{ Accepted int }](h.t, a, 200).Accepted; got != len(list) {
		h.t.Fatalf("accepted %d of %d: %s", got, len(list), a.body)
	}
}

func TestALeadChangesWhatABodyNamesOfASensor(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	h.registerSensors(1)
	lead := h.as(access.ShiftLead, district())
	was := lead.sensor("mua-0")
	if !was.May.Manage || was.Standing != "active" || was.Version != 1 || !was.Silent || len(was.Levels) != 1 || !was.Levels[0].Confirmed {
		t.Fatalf("%+v", was)
	}
	got := read[sensorAnswer](t, lead.try("PATCH", "/api/v1/sensors/mua-0", map[string]any{
		"version": 1, "owner": "so-tnmt", "gateway": "cong-1", "thing": "a84041ffff000001", "min": nil, "stale_after_s": 600, "unconfirmed": []string{"mưa cực to"},
		"levels": []map[string]any{{"at": 15, "state": "attention", "label": "mưa to", "source": ""}},
	}), 200)
	if got.Owner != "so-tnmt" || got.Gateway != "cong-1" || got.Thing != "a84041ffff000001" || got.Min != nil || got.SilenceAfterS != 600 ||
		got.Version != 2 || got.Levels[0].Confirmed || got.Unconfirmed[0] != "mưa cực to" || got.Name != was.Name {
		t.Errorf("%+v", got)
	}
	h.send(reading("mua-0", time.Now().Add(-time.Minute), 20))
	if got := lead.sensor("mua-0"); got.State != "normal" || got.Limit != "" || got.Silent {
		t.Errorf("20 mm over a limit nobody confirms: %+v", got)
	}
	problem(t, lead.try("PATCH", "/api/v1/sensors/mua-0", map[string]any{"version": 1, "note": "cũ"}), 409)
	for field, body := range map[string]map[string]any{
		"version": {"note": "x"}, "owner": {"version": 2, "owner": "khong-co"}, "max_rate": {"version": 2, "max_rate": -1},
		"standing": {"version": 2, "standing": "proposed"}, "lat": {"version": 2, "lat": 12.0, "lon": 107.95}, "mau": {"version": 2, "mau": 1},
	} {
		if p := problem(t, lead.try("PATCH", "/api/v1/sensors/mua-0", body), 422); !strings.Contains(fmt.Sprintf("%+v", p.Errors), field) {
			t.Errorf("%s: %+v", field, p.Errors)
		}
	}
	problem(t, h.as(access.Operator, district()).try("PATCH", "/api/v1/sensors/mua-0", map[string]any{"version": 2, "note": "x"}), 403)
	problem(t, h.as(access.ShiftLead, foreign()).try("PATCH", "/api/v1/sensors/mua-0", map[string]any{"version": 2, "note": "x"}), 403)
	problem(t, lead.try("GET", "/api/v1/sensors/khong-co", nil), 404)

	// A gateway that registers its sensors anew does not take away who answers for them.
	h.registerSensors(1)
	if got := lead.sensor("mua-0"); got.Owner != "so-tnmt" || got.Gateway != "cong-1" {
		t.Errorf("registered anew: %+v", got)
	}
	read[sensorAnswer](t, lead.try("PATCH", "/api/v1/sensors/mua-0", map[string]any{"version": 3, "standing": "retired"}), 200)
	if list := lead.sensors(""); len(list) != 0 {
		t.Errorf("a retired sensor is listed: %+v", list)
	}
	a := h.do(call{method: "POST", path: "/api/v1/readings", key: h.key(auth.RightReadings), body: []any{reading("mua-0", time.Now(), 1)}})
	if !strings.Contains(string(a.body), `"not_approved"`) {
		t.Errorf("a retired sensor's reading: %s", a.body)
	}
}

func TestProposedSensorsWaitForPeople(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	lead := h.as(access.ShiftLead, district())
	key := h.key(auth.RightProvision, auth.RightReadings)
	one := func(code string, name string) map[string]any {
		return map[string]any{"code": code, "name": name, "kind": "river", "lat": 12.007, "lon": 107.696, "gateway": "cong-1"}
	}
	propose := func(list ...map[string]any) map[string]string {
		t.Helper()
		a := h.do(call{method: "POST", path: "/api/v1/sensor-proposals", key: key, body: map[string]any{"sensors": list}})
		standing := map[string]string{}
		for _, s := range read[struct{ Sensors []sensorAnswer }](t, a, 202).Sensors {
			standing[s.Code] = s.Standing
		}
		return standing
	}
	want := map[string]string{"nuoc-1": "proposed", "nuoc-2": "proposed", "nuoc-3": "proposed"}
	if diff := cmp.Diff(want, propose(one("nuoc-1", "Trạm 1"), one("nuoc-2", "Trạm 2"), one("nuoc-3", "Trạm 3"))); diff != "" {
		t.Errorf("standing (-want +got):\n%s", diff)
	}
	a := h.do(call{method: "POST", path: "/api/v1/readings", key: key, body: []any{reading("nuoc-1", time.Now(), 1)}})
	if !strings.Contains(string(a.body), `"not_approved"`) {
		t.Errorf("a proposed sensor's reading: %s", a.body)
	}
	if list := lead.sensors(""); len(list) != 0 {
		t.Errorf("proposed sensors are listed as ours: %+v", list)
	}
	if list := lead.sensors("?standing=proposed"); len(list) != 3 || list[0].Proposal == nil || list[0].Proposal.Key != "test" {
		t.Errorf("waiting: %+v", list)
	}
	decide := func(decision, why string, codes ...string) answer {
		return lead.try("POST", "/api/v1/sensor-decisions", map[string]any{"decision": decision, "why": why, "codes": codes})
	}
	problem(t, decide("refuse", "", "nuoc-3"), 422)
	problem(t, decide("approve", ""), 422)
	problem(t, decide("approve", "", "khong-co"), 404)
	if got := read[struct{ Decided []string }](t, decide("approve", "", "nuoc-1", "nuoc-2"), 200).Decided; len(got) != 2 {
		t.Errorf("decided %v", got)
	}
	read[struct{}](t, decide("refuse", "Trùng trạm cũ", "nuoc-3"), 200)
	if got := read[struct{ Already int }](t, decide("approve", "", "nuoc-3"), 200).Already; got != 1 {
		t.Errorf("a refused sensor was decided about again")
	}
	// The device proposes itself at each start: nothing that was decided changes.
	want = map[string]string{"nuoc-1": "active", "nuoc-3": "retired"}
	if diff := cmp.Diff(want, propose(one("nuoc-1", "Tên khác"), one("nuoc-3", "Tên khác"))); diff != "" {
		t.Errorf("standing (-want +got):\n%s", diff)
	}
	if got := lead.sensor("nuoc-1"); got.Name != "Trạm 1" {
		t.Errorf("a key renamed an approved sensor: %+v", got)
	}
	h.send(reading("nuoc-1", time.Now(), 1))
	var n int
	must(t, h.db.Owner.QueryRow(t.Context(), "select count(*) from audit where what = 'sensor.manage' and detail::text like '%decision%'").Scan(&n))
	if n != 3 {
		t.Errorf("%d decisions are in the audit, want 3", n)
	}
	problem(t, h.do(call{method: "POST", path: "/api/v1/sensor-proposals", key: h.key(auth.RightSensors), body: map[string]any{"sensors": []any{}}}), 403)
}

// sendSensors hands a table of sensors in.
func (v *visitor) sendSensors(query, table string) answer {
	v.h.t.Helper()
	return v.sendCSV("/api/v1/sensor-imports"+query, table)
}

func TestATableOfSensorsIsTriedThenTaken(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	lead := h.as(access.ShiftLead, district())
	type result struct {
		Lines, Accepted, Known int
		Refused                []struct {
			Line                  int
			Column, Field, Reason string
		}
		Ignored []string `json:"ignored_columns"`
	}
	const head = "Mã;Tên;Loại;Vĩ độ;Kinh độ;Đơn vị phụ trách;Cổng kết nối;Ngưỡng;Ngưỡng chưa xác nhận;Mẫu;Người lập\n"
	const good = "nuoc-1;Trạm Đắk Nông;Mực nước sông;12,007;107,696;so-tnmt;cong-1;588,5:attention:BĐ1:05/2020/QĐ-TTg;BĐ3;có;An\n"
	bad := head + good + "nuoc 2;Trạm;river;12,007;107,696;;;;;;\nnuoc-3;Trạm;song;x;107,696;khong-co;;588,5;;;\nnuoc-1;Trùng;river;12,0;107,69;;;;;;\nnuoc-4;Ngoài;river;12,0;107,95;;;;;;\n"
	got := read[result](t, lead.sendSensors("?dry_run=true", bad), 200)
	var faults []string
	for _, f := range got.Refused {
		faults = append(faults, fmt.Sprintf("%d %s %s", f.Line, f.Column, f.Reason))
	}
	want := []string{"3 Mã format", "4 Loại unknown", "4 Vĩ độ format", "4 Đơn vị phụ trách unknown", "4 Ngưỡng format", "5 Mã duplicate", "6 Vĩ độ out_of_scope"}
	if diff := cmp.Diff(want, faults); diff != "" || got.Accepted != 1 || got.Lines != 5 || got.Ignored[0] != "Người lập" {
		t.Errorf("%+v (-want +got):\n%s", got, diff)
	}
	if got := read[result](t, lead.sendSensors("", bad), 422); got.Accepted != 0 || len(lead.sensors("")) != 0 {
		t.Errorf("a table with bad lines was taken: %+v", got)
	}
	if got := read[result](t, lead.sendSensors("?skip_bad=true", bad), 200); got.Accepted != 1 || got.Known != 0 {
		t.Errorf("%+v", got)
	}
	s := lead.sensor("nuoc-1")
	if s.Owner != "so-tnmt" || s.Gateway != "cong-1" || len(s.Levels) != 1 || s.Unconfirmed[0] != "BĐ3" {
		t.Errorf("%+v", s)
	}
	table := lead.try("GET", "/api/v1/sensors.csv", nil)
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(table.body), "\ufeff"))).ReadAll()
	if err != nil || len(rows) != 2 || rows[1][0] != "nuoc-1" {
		t.Fatalf("%v %q", err, rows)
	}
	again := read[result](t, lead.sendSensors("", string(table.body)), 200)
	if after := lead.sensor("nuoc-1"); again.Known != 1 || after.Owner != s.Owner || len(after.Levels) != 1 || after.Unconfirmed[0] != "BĐ3" || after.StaleAfterS != s.StaleAfterS {
		t.Errorf("what was exported is not what was imported: %+v, %+v", again, after)
	}
	problem(t, lead.sendSensors("", "Tên;Loại\nx;river\n"), 422)
}

func TestMaintenanceIsSetAndEnded(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	h.registerSensors(2)
	operator := h.as(access.Operator, district())
	lead := h.as(access.ShiftLead, district())
	read[sensorAnswer](t, lead.try("PATCH", "/api/v1/sensors/mua-1", map[string]any{"version": 1, "gateway": "cong-1"}), 200)
	until := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	set := func(of, code string) int64 {
		t.Helper()
		return read[struct{ ID int64 }](t, operator.try("POST", "/api/v1/maintenance", map[string]any{of: code, "until": until, "reason": "Thay pin"}), 201).ID
	}
	set("gateway", "cong-1")
	id := set("sensor", "mua-0")
	for _, code := range []string{"mua-0", "mua-1"} {
		if got := operator.sensor(code); !got.Maintenance || got.Silent || len(got.Windows) != 1 || !got.Windows[0].Open {
			t.Errorf("%s in maintenance: %+v", code, got)
		}
	}
	kpis := read[struct {
		KPIs map[string]struct{ Total, Maintenance int } `json:"kpis"`
	}](t, operator.try("GET", "/api/v1/kpis?area=660", nil), 200)
	if got := kpis.KPIs["sources"]; got.Total != 0 || got.Maintenance != 2 {
		t.Errorf("sources %+v, want both in maintenance and none counted", got)
	}
	for field, body := range map[string]map[string]any{
		"until":  {"sensor": "mua-0", "until": "2020-01-01T00:00:00Z", "reason": "x"},
		"reason": {"sensor": "mua-0", "until": until},
		"sensor": {"until": until, "reason": "x"},
	} {
		if p := problem(t, operator.try("POST", "/api/v1/maintenance", body), 422); !strings.Contains(fmt.Sprintf("%+v", p.Errors), field) {
			t.Errorf("%s: %+v", field, p.Errors)
		}
	}
	problem(t, operator.try("POST", "/api/v1/maintenance", map[string]any{"sensor": "khong-co", "until": until, "reason": "x"}), 404)
	problem(t, h.as(access.Operator, foreign()).try("DELETE", fmt.Sprintf("/api/v1/maintenance/%d", id), nil), 403)
	if a := operator.try("DELETE", fmt.Sprintf("/api/v1/maintenance/%d", id), nil); a.status != 204 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	problem(t, operator.try("DELETE", fmt.Sprintf("/api/v1/maintenance/%d", id), nil), 409)
	if got := operator.sensor("mua-0"); got.Maintenance || !got.Silent || !got.Windows[0].Ended {
		t.Errorf("after maintenance: %+v", got)
	}
	if got := read[struct{ Windows []struct{ Gateway string } }](t, operator.try("GET", "/api/v1/maintenance", nil), 200).Windows; len(got) != 1 || got[0].Gateway != "cong-1" {
		t.Errorf("windows %+v", got)
	}
}

type seriesAnswer struct {
	Sensor, Step, Asked, Unit string
	Coarser                   bool
	T                         []float64
	Value, Min, Max, Received []*float64
	N                         []int64
	Sources, Origins          []string
	Doubts                    []struct{ Quality []string }
	Limits                    []struct{ Label string }
	Unconfirmed               []string
}

// words are the values of a series as text, gaps as dots.
func words(list []*float64) string {
	var all []string
	for _, x := range list {
		if x == nil {
			all = append(all, ".")
			continue
		}
		all = append(all, fmt.Sprint(*x))
	}
	return strings.Join(all, " ")
}

func TestASeriesHasGapsLimitsDoubtsAndWhereItCameFrom(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	h.registerSensors(2)
	lead := h.as(access.ShiftLead, district())
	read[sensorAnswer](t, lead.try("PATCH", "/api/v1/sensors/mua-0", map[string]any{"version": 1, "max_rate": 100, "unconfirmed": []string{"mưa cực to"}}), 200)
	// At midnight of the centre a day begins.
	zone := time.FixedZone("", 7*3600)
	today := time.Now().In(zone)
	noon := time.Date(today.Year(), today.Month(), today.Day()-1, 12, 0, 0, 0, zone)
	at := func(minutes int, value float64) map[string]any {
		return reading("mua-0", noon.Add(time.Duration(minutes)*time.Minute), value)
	}
	h.send(at(0, 1), at(2, 2), at(4, 90), at(6, 3), at(60, 5), at(62, 7))
	span := "from=" + url.QueryEscape(noon.Add(-time.Hour).Format(time.RFC3339)) + "&to=" + url.QueryEscape(noon.Add(2*time.Hour).Format(time.RFC3339))
	series := func(query string) seriesAnswer {
		t.Helper()
		return read[seriesAnswer](t, lead.try("GET", "/api/v1/sensors/mua-0/series?"+query, nil), 200)
	}
	raw := series(span + "&step=raw")
	if got, want := words(raw.Value), "1 2 90 3 . 5 7 ."; got != want {
		t.Errorf("raw %s, want %s", got, want)
	}
	if len(raw.Doubts) != 1 || raw.Doubts[0].Quality[0] != "rate" || len(raw.Received) != len(raw.T) || raw.Sources[0] != "khóa test" || raw.Origins[0] != "simulated" {
		t.Errorf("%+v", raw)
	}
	if len(raw.Limits) != 1 || raw.Limits[0].Label != "mưa to" || raw.Unconfirmed[0] != "mưa cực to" {
		t.Errorf("limits %+v, %v", raw.Limits, raw.Unconfirmed)
	}
	must(t, h.store.Rollup(t.Context(), nil))
	five := series(span)
	if got, want := words(five.Value)+" | "+words(five.Min)+" | "+words(five.Max), "31 3 . 6 . | 1 3 . 5 . | 90 3 . 7 ."; got != want {
		t.Errorf("five minutes %s, want %s", got, want)
	}
	if len(five.Doubts) != 1 || five.N[0] != 3 {
		t.Errorf("%+v", five)
	}
	h.send(at(-12*60, 8), at(-12*60-1, 4)) // the first of its day, and the last of the day before
	must(t, h.store.Rollup(t.Context(), nil))
	days := series("step=day&from=" + url.QueryEscape(noon.Add(-36*time.Hour).Format(time.RFC3339)))
	if got, want := words(days.Value), "4 16.571428571428573 ."; !strings.HasPrefix(got, "4 16.57142857") || len(days.Value) < 2 {
		t.Errorf("days %s, want %s", got, want)
	}
	if got := series("step=5m&from=" + url.QueryEscape(noon.Add(-300*24*time.Hour).Format(time.RFC3339))); got.Step != "6h" || !got.Coarser || got.Asked != "5m" {
		t.Errorf("300 days in steps of %s", got.Step)
	}
	table := lead.try("GET", "/api/v1/sensors/mua-0/series?format=csv&step=raw&"+span, nil)
	rows, err := csv.NewReader(strings.NewReader(string(table.body))).ReadAll()
	if err != nil || len(rows) != 7 || rows[3][5] != "90" || rows[3][9] != "rate" || !strings.HasSuffix(rows[3][4], "+07:00") {
		t.Errorf("%v %q", err, rows)
	}
	both := read[struct{ Series []seriesAnswer }](t, lead.try("GET", "/api/v1/series?codes=mua-1,mua-0&step=raw&"+span, nil), 200).Series
	if len(both) != 2 || both[0].Sensor != "mua-1" || len(both[0].T) != 0 || len(both[1].T) != 8 {
		t.Errorf("%+v", both)
	}
	for _, query := range []string{"step=1s", "from=2020", "format=xml", "from=" + url.QueryEscape(noon.Format(time.RFC3339)) + "&to=" + url.QueryEscape(noon.Format(time.RFC3339)), "x=1"} {
		problem(t, lead.try("GET", "/api/v1/sensors/mua-0/series?"+query, nil), 422)
	}
	problem(t, lead.try("GET", "/api/v1/series?codes=mua-0,mua-0", nil), 422)
	problem(t, lead.try("GET", "/api/v1/series?codes=mua-0,khong-co", nil), 404)
}
