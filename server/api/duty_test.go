package api_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"toancanh/server/access"
	"toancanh/server/callout/calltest"
	"toancanh/server/handover"
	"toancanh/server/hook"
)

type shownShift struct {
	ID, Position, Person, Substitute, Name string
	Version                                int64
	PersonName                             string `json:"person_name"`
	From, Until                            time.Time
}

type shownRoster struct {
	Shifts []shownShift
	Gaps   []struct {
		Position    string
		From, Until time.Time
	}
}

func instant(at time.Time) string { return at.UTC().Format(time.RFC3339) }

func TestARosterIsFilledChangedAndItsGapsAreNamed(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	lead := h.as(access.ShiftLead, province())
	operator := h.as(access.Operator, province())
	crews := []map[string]string{{"person": lead.person.ID, "substitute": operator.person.ID}, {"person": operator.person.ID}}
	pattern := map[string]any{
		"position": "truc_ban", "first": "2026-12-01", "days": 2, "crews": crews,
		"slots": []map[string]string{{"name": "Ca 1", "from": "06:00", "until": "18:00"}, {"name": "Ca 2", "from": "18:00", "until": "06:00"}},
	}
	problem(t, operator.try("POST", "/api/v1/duty/pattern", pattern), 403)
	if got := read[map[string]int](t, lead.try("POST", "/api/v1/duty/pattern", pattern), 200); got["made"] != 4 {
		t.Fatalf("filled %v", got)
	}
	problem(t, lead.try("POST", "/api/v1/duty/pattern", pattern), 409)
	pattern["replace"] = true
	if got := read[map[string]int](t, lead.try("POST", "/api/v1/duty/pattern", pattern), 200); got["made"] != 4 || got["replaced"] != 4 {
		t.Errorf("filled again %v", got)
	}
	span := "/api/v1/duty/shifts?from=2026-11-30T23:00:00Z&until=2026-12-02T23:00:00Z"
	roster := read[shownRoster](t, operator.try("GET", span, nil), 200)
	if len(roster.Shifts) != 4 || len(roster.Gaps) != 2 || roster.Shifts[0].PersonName != "Nguyễn Văn An" || roster.Shifts[1].Person != operator.person.ID {
		t.Fatalf("roster %+v", roster)
	}
	first := roster.Shifts[0]
	change := map[string]any{
		"position": "truc_ban", "person": operator.person.ID, "name": "Ca 1", "version": first.Version, "from": instant(first.From), "until": instant(first.From.Add(time.Hour)),
	}
	path := "/api/v1/duty/shifts/" + first.ID
	if got := read[shownShift](t, lead.try("PUT", path, change), 200); got.Version != 2 || got.Person != operator.person.ID || got.Substitute != "" {
		t.Errorf("changed %+v", got)
	}
	problem(t, lead.try("PUT", path, change), 409) // seen before somebody changed it
	if roster = read[shownRoster](t, lead.try("GET", span, nil), 200); len(roster.Gaps) != 3 || !roster.Gaps[0].From.Equal(first.From.Add(time.Hour)) {
		t.Errorf("gaps %+v", roster.Gaps)
	}
	if a := lead.try("DELETE", path, nil); a.status != 204 {
		t.Errorf("drop: %d %s", a.status, a.body)
	}
	problem(t, lead.try("DELETE", path, nil), 404)
	problem(t, lead.try("GET", "/api/v1/duty/shifts?from=2026-01-01T00:00:00Z&until=2026-12-01T00:00:00Z", nil), 422)
	problem(t, h.as(access.CommunityTeam, province()).try("GET", span, nil), 403)
}

func TestWhatIsWrongWithARosterIsNamed(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	lead := h.as(access.ShiftLead, province())
	good := map[string]any{"position": "truong_ca", "person": lead.person.ID, "from": "2026-12-01T00:00:00Z", "until": "2026-12-01T08:00:00Z"}
	for field, value := range map[string]any{
		"position": "giam_doc", "person": uuid.NewString(), "substitute": lead.person.ID, "unit": "khong-co", "until": "2026-11-01T00:00:00Z", "from": "hôm nay", "no_such": 1,
	} {
		body := maps.Clone(good)
		body[field] = value
		p := problem(t, lead.try("POST", "/api/v1/duty/shifts", body), 422)
		var named []string
		for _, f := range p.Errors {
			named = append(named, f.Field)
		}
		if !slices.Contains(named, field) {
			t.Errorf("%s: named %v", field, named)
		}
	}
	ladder := read[map[string]any](t, lead.try("GET", "/api/v1/duty/ladder", nil), 200)
	ladder["high"] = []int{0, 60, 900}
	if p := problem(t, lead.try("PUT", "/api/v1/duty/ladder", ladder), 422); !hasFault(p, "high[2]", "out_of_range") {
		t.Errorf("a slower ladder: %+v", p.Errors)
	}
	ladder["high"] = []int{0, 60, 300}
	if got := read[map[string]any](t, lead.try("PUT", "/api/v1/duty/ladder", ladder), 200); got["version"] != 2.0 {
		t.Errorf("ladder %v", got)
	}
	problem(t, lead.try("PUT", "/api/v1/duty/ladder", ladder), 409)
}

type shownWays struct {
	Channels []string
	PushKey  string `json:"push_key"`
	Ways     []struct{ ID, Channel, Device, To string }
}

// onDuty puts somebody on duty now.
func (v *visitor) onDuty(lead *visitor, position string) {
	v.h.t.Helper()
	now := time.Now()
	a := lead.try("POST", "/api/v1/duty/shifts", map[string]any{
		"position": position, "person": v.person.ID, "name": "Ca 1", "from": instant(now.Add(-time.Hour)), "until": instant(now.Add(time.Hour)),
	})
	if a.status != 201 {
		v.h.t.Fatalf("put on duty: %d %s", a.status, a.body)
	}
}

func TestOnesChannelsAreOnesOwn(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	lead, operator := h.as(access.ShiftLead, province()), h.as(access.Operator, province())
	browser := calltest.NewPushService(t).Subscribe()
	subscription := map[string]string{"endpoint": browser.Endpoint, "p256dh": browser.Key, "auth": browser.Auth}
	made := operator.try("POST", "/api/v1/duty/ways/push", subscription)
	if made.status != 201 || strings.Contains(string(made.body), browser.Endpoint) {
		t.Fatalf("%d %s", made.status, made.body)
	}
	if a := operator.try("PUT", "/api/v1/duty/ways/sms", map[string]string{"phone": "0905 111 222"}); a.status != 200 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if p := problem(t, operator.try("PUT", "/api/v1/duty/ways/sms", map[string]string{"phone": "gọi tôi"}), 422); !hasFault(p, "phone", "format") {
		t.Errorf("%+v", p.Errors)
	}
	subscription["endpoint"] = "https://169.254.169.254/latest"
	if p := problem(t, operator.try("POST", "/api/v1/duty/ways/push", subscription), 422); !hasFault(p, "endpoint", "format") {
		t.Errorf("%+v", p.Errors)
	}
	own := read[shownWays](t, operator.try("GET", "/api/v1/duty/ways", nil), 200)
	if len(own.Ways) != 2 || own.Ways[1].To != "0905 111 222" || len(own.PushKey) != 87 || !slices.Equal(own.Channels, []string{"push", "sms"}) {
		t.Errorf("own %+v", own)
	}
	operator.onDuty(lead, "truc_ban")
	for _, path := range []string{"/api/v1/duty/people", "/api/v1/duty/now"} {
		a := lead.try("GET", path, nil)
		if a.status != 200 || strings.Contains(string(a.body), "0905") || !strings.Contains(string(a.body), `"channels":["push","sms"]`) {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
	problem(t, lead.try("DELETE", "/api/v1/duty/ways/"+own.Ways[0].ID, nil), 404)
	if a := operator.try("DELETE", "/api/v1/duty/ways/"+own.Ways[0].ID, nil); a.status != 204 {
		t.Errorf("%d %s", a.status, a.body)
	}
	if strings.Contains(h.log.String(), "0905") {
		t.Error("a number is in the log")
	}
}

type shownCall struct {
	Position, Name, Channel, Result, Reason string
	AnsweredAt                              *time.Time `json:"answered_at"`
}

type shownTest struct {
	ID, Name string
	Own      bool
	Calls    []shownCall
}

func TestAContactTestIsAnsweredByTheSecretInTheMessage(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	lead, operator := h.as(access.ShiftLead, province()), h.as(access.Operator, province())
	problem(t, lead.try("GET", "/api/v1/duty/tests/last", nil), 404)
	problem(t, lead.try("POST", "/api/v1/duty/tests", nil), 409) // nobody is on duty
	operator.onDuty(lead, "truc_ban")
	push := calltest.NewPushService(t)
	browser := push.Subscribe()
	a := operator.try("POST", "/api/v1/duty/ways/push", map[string]string{"endpoint": browser.Endpoint, "p256dh": browser.Key, "auth": browser.Auth})
	if a.status != 201 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	made := read[shownTest](t, lead.try("POST", "/api/v1/duty/tests", nil), 201)
	if own := read[shownTest](t, lead.try("POST", "/api/v1/duty/ways/test", nil), 201); !own.Own || own.Calls[0].Reason != "no_channel" {
		t.Errorf("own %+v", own)
	}
	must(t, h.duty.Turn(t.Context()))
	var notice struct{ Token string }
	must(t, json.Unmarshal(push.Got(browser)[0].Data, &notice))
	arrived := func(token string) answer {
		return h.do(call{method: "POST", path: "/api/v1/callout/arrivals", body: map[string]any{"token": token, "answered": true}})
	}
	problem(t, arrived("guessed"), 404)
	if got := read[map[string]bool](t, arrived(notice.Token), 200); !got["test"] {
		t.Error("a test is not told from an alarm")
	}
	last := read[shownTest](t, operator.try("GET", "/api/v1/duty/tests/last", nil), 200)
	i := slices.IndexFunc(last.Calls, func(c shownCall) bool { return c.Channel == "push" })
	if last.ID != made.ID || i < 0 || last.Calls[i].Result != "delivered" || last.Calls[i].AnsweredAt == nil || last.Name != "Nguyễn Văn An" {
		t.Errorf("last %+v", last)
	}
	draft := read[struct {
		Content struct{ Contact *handover.Test }
	}](t, lead.try("GET", "/api/v1/handovers/draft?area=67", nil), 200)
	if c := draft.Content.Contact; c == nil || c.Asked != 3 || c.Ok != 1 || !slices.Equal(c.Failed, []string{"Lãnh đạo trực", "Trưởng ca"}) {
		t.Errorf("the handover tells %+v", c)
	}
	if got := read[shownTest](t, operator.try("GET", "/api/v1/duty/tests/"+made.ID, nil), 200); len(got.Calls) != len(last.Calls) {
		t.Errorf("by id %+v", got)
	}
}

func TestCallsOfAnAlarmAreForThoseOfItsArea(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	lead, other := h.as(access.ShiftLead, district()), h.as(access.ShiftLead, foreign())
	id := h.alarm(riverType(), "tram", "67", "660", "24611")
	must(t, h.duty.Turn(t.Context()))
	path := "/api/v1/alarms/" + id + "/attempts"
	got := read[struct {
		Attempts []struct{ Position, Result, Reason string }
	}](t, lead.try("GET", path, nil), 200)
	if len(got.Attempts) != 2 || got.Attempts[0].Reason != "vacant" {
		t.Errorf("attempts %+v", got)
	}
	problem(t, other.try("GET", path, nil), 404)
	problem(t, lead.try("GET", "/api/v1/alarms/"+uuid.NewString()+"/attempts", nil), 404)
	problem(t, lead.try("GET", "/api/v1/alarms/none/attempts", nil), 404)
}

func TestOnlyTheGatewayReports(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	body := `{"id":"` + uuid.NewString() + `","status":"delivered"}`
	signed := func(secret []byte) map[string]string { return hook.Sign(secret, "r1", []byte(body), time.Now()) }
	problem(t, h.do(call{method: "POST", path: "/api/v1/callout/reports", body: body}), 401)
	problem(t, h.do(call{method: "POST", path: "/api/v1/callout/reports", body: body, header: signed([]byte("another"))}), 401)
	if a := h.do(call{method: "POST", path: "/api/v1/callout/reports", body: body, header: signed(h.gateway.Secret)}); a.status != 204 {
		t.Errorf("%d %s", a.status, a.body)
	}
}
