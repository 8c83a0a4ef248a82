package api_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"toancanh/server/access"
	"toancanh/server/auth"
	"toancanh/server/storm"
)

type stormAnswer struct {
	AsOf  time.Time `json:"as_of"`
	KPIs  map[string]map[string]any
	Storm struct {
		Rivers  storm.RiversLevel
		Rain    storm.RainLevel
		Changed storm.ChangedLevel
	}
}

func (h *house) storm(area string) stormAnswer {
	h.t.Helper()
	return read[stormAnswer](h.t, h.do(call{method: "GET", path: "/api/v1/kpis?area=" + area}), 200)
}

func TestTheStormIsComputedFromReadingsAndReports(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	empty := h.storm("67")
	if empty.Storm.Rivers.Rivers == nil || empty.Storm.Rain.Communes == nil || empty.Storm.Changed.Items == nil {
		t.Errorf("a list of nothing is null: %+v", empty.Storm)
	}
	a := h.do(call{method: "PUT", path: "/api/v1/sensors", key: h.key(auth.RightSensors), body: `{"sensors":[
		{"code":"nuoc","name":"Mực nước (mẫu)","kind":"river","unit":"m","lat":12.007,"lon":107.696,"stale_after_s":1800,
			"levels":[{"at":588.5,"state":"attention","label":"BĐ1","source":"bản tin"},{"at":589.5,"state":"warning","label":"BĐ2","source":"bản tin"}]},
		{"code":"mua","name":"Mưa (mẫu)","kind":"rain","unit":"mm","lat":12.007,"lon":107.696,"stale_after_s":1800}]}`})
	if a.status != 200 {
		t.Fatalf("register sensors: %d %s", a.status, a.body)
	}
	// The water rises by 60 cm/h and stands at 588.65, above BĐ1 for five minutes; 12 mm of rain fell in each of the last three hours.
	now := time.Now()
	lines := ""
	for ago := 60; ago >= 0; ago -= 10 {
		lines += fmt.Sprintf(`{"sensor":"nuoc","at":%q,"value":%.2f}`+"\n", now.Add(-time.Duration(ago)*time.Minute).Format(time.RFC3339), 588.65-0.01*float64(ago))
	}
	for ago := 120; ago >= 0; ago -= 60 {
		lines += fmt.Sprintf(`{"sensor":"mua","at":%q,"value":12}`+"\n", now.Add(-time.Duration(ago)*time.Minute).Format(time.RFC3339))
	}
	header := map[string]string{"Content-Type": "application/x-ndjson"}
	if got := read[taken](t, h.do(call{method: "POST", path: "/api/v1/readings", key: h.key(auth.RightReadings), body: lines, header: header}), 200); got.Accepted != 10 {
		t.Fatalf("readings: %+v", got)
	}
	got := h.storm("660")
	if len(got.Storm.Rivers.Rivers) != 1 || len(got.Storm.Rain.Communes) != 1 {
		t.Fatalf("storm = %+v, want the river and the commune", got.Storm)
	}
	river := got.Storm.Rivers.Rivers[0]
	if diff := cmp.Diff([]any{new(588.65), new(60.0), &storm.Next{Label: "BĐ2", At: 589.5}, new(85)}, []any{river.Value, river.Rate, river.Next, river.ETA}); diff != "" {
		t.Errorf("value, rate, next, eta (-want +got):\n%s", diff)
	}
	commune := got.Storm.Rain.Communes[0]
	if diff := cmp.Diff([]*float64{new(12.0), new(36.0), nil}, []*float64{commune.MM1h, commune.MM3h, commune.MM24h}); diff != "" {
		t.Errorf("rain of 1, 3 and 24 hours (-want +got):\n%s", diff)
	}
	if n := got.Storm.Changed; n.Raised != 1 || len(n.Items) != 1 || n.Items[0].Text != "Mực nước (mẫu): BĐ1 588,50 m" {
		t.Errorf("changed = %+v, want the river's rise", n)
	}
	if got.KPIs["sources"]["live"] != 2.0 || got.KPIs["rain_1h"]["value"] != 12.0 {
		t.Errorf("tiles = %v", got.KPIs)
	}
	if other := h.storm("663"); len(other.Storm.Rivers.Rivers)+len(other.Storm.Rain.Communes)+len(other.Storm.Changed.Items) > 0 {
		t.Errorf("another district has %+v, want nothing", other.Storm)
	}
}

func TestWhatChangedShowsRedactedTextsAndNoWithdrawnReport(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.post("Ngập, gọi 0912 345 678").ID
	got := h.storm("67").Storm.Changed
	if got.Received != 1 || len(got.Items) != 1 || got.Items[0].Text != "Ngập, gọi [ẩn số]" || got.Items[0].ID != id {
		t.Errorf("changed = %+v", got)
	}
	// Who may know numbers and not hear a wall gets no words.
	unit := h.as(access.UnitOfficer, access.Scope{Places: district().Places, Units: []string{"so-xd"}})
	counted := read[stormAnswer](t, unit.try("GET", "/api/v1/kpis?area=660", nil), 200).Storm.Changed
	if counted.Received != 1 || len(counted.Items) > 0 {
		t.Errorf("a unit's officer sees %+v, want the count alone", counted)
	}
	if a := h.act(id, map[string]any{"act": "withdraw", "version": 1, "reason": "Nhầm"}); a.status != 200 {
		t.Fatalf("withdraw: %d %s", a.status, a.body)
	}
	if got := h.storm("67").Storm.Changed; got.Received+got.Closed+len(got.Items) > 0 {
		t.Errorf("after the withdrawal = %+v, want nothing", got)
	}
}
