package api_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"toancanh/schema"
	"toancanh/server/access"
	"toancanh/server/alarm"
	"toancanh/server/store"
	"toancanh/server/view"
)

// riverType is a type with all that it needs.
func riverType() alarm.Type {
	return alarm.Type{
		Code: "river_bd2", Version: 1, Label: "Mực nước vượt BĐ2", Source: alarm.FromSensor, Priority: alarm.High, Enabled: true,
		Condition: alarm.Condition{Class: alarm.ByLevel, Kinds: []string{"river"}, State: "warning"}, Cause: "Mưa lớn ở thượng nguồn",
		Consequence: "Ngập vùng trũng ven sông", Response: "Báo xã, cho dân rời vùng trũng", ResponseTime: 10 * time.Minute, Owner: "so-xd",
		CallList: []string{"truong_ca", "truc_ban"},
	}
}

// alarm keeps a new one of a type at a place, in a state.
func (h *house) alarm(t alarm.Type, target string, path ...string) string {
	h.t.Helper()
	must(h.t, h.store.SeedAlarmTypes(h.t.Context(), []alarm.Type{t}, time.Now()))
	watch, err := h.store.ClaimAlarms(h.t.Context())
	must(h.t, err)
	id, now := uuid.NewString(), time.Now().UTC()
	on := alarm.Target{
		Source: alarm.FromSensor, Code: target, Name: "Trạm Đắk Nông", Kind: "river", Unit: "m", Origin: "simulated", Division: "vn-2022",
		Area: path[len(path)-1], Path: path, Lat: 12, Lon: 107.69,
	}
	value := 589.61
	a, entry := alarm.Raise(t, on, alarm.Change{Type: t.Code, Source: on.Source, Target: target, Kind: alarm.Raised, At: now, Value: &value, Limit: "BĐ2 589,50 m"}, id, now)
	_, err = h.store.JudgeAlarms(h.t.Context(), store.AlarmDeed{Term: watch.Term, At: now, Decide: func([]store.Alarm) ([]store.AlarmStep, error) {
		return []store.AlarmStep{{After: store.Alarm{Alarm: a, Of: t}, Entries: []alarm.Entry{entry}, New: true}}, nil
	}})
	must(h.t, err)
	return id
}

// alarms asks for the alarms of the walker's area and of others.
func (w walker) alarms(t *testing.T) {
	t.Helper()
	o := place("67", "660", "24611")
	read := w.may(access.ReadAlarm, o)
	one := w.try("GET", "/api/v1/alarms/"+w.alarm, nil)
	w.expect(t, "reading an alarm", one, read, access.ReadAlarm, 404)
	attempts := w.try("GET", "/api/v1/alarms/"+w.alarm+"/attempts", nil)
	w.expect(t, "who was called for an alarm", attempts, w.may(access.ReadCalls, o), access.ReadCalls, 404)
	list := w.try("GET", "/api/v1/alarms?state=all", nil)
	if listed := strings.Contains(string(list.body), w.alarm); listed != (w.may(access.ListAlarms, o) == access.Allow) {
		t.Errorf("the alarm is listed: %t", listed)
	}
	for act, action := range map[string]access.Action{
		"ack": access.AckAlarm, "shelve": access.ShelveAlarm, "suppress": access.SuppressAlarm, "out_of_service": access.ServiceAlarm,
	} {
		// An old version: whoever may is told of the conflict, and nothing changes.
		a := w.try("POST", "/api/v1/alarms/"+w.alarm+"/acts", map[string]any{"act": act, "version": 99, "minutes": 10, "reason": "lý do đủ dài"})
		w.expect(t, act, a, w.may(action, o), access.AckAlarm, 404)
	}
	for _, area := range []string{"67", "660", "661"} {
		path := place("67")
		if area != "67" {
			path = place("67", area)
		}
		flood := w.try("GET", "/api/v1/alarm-flood?area="+area, nil)
		w.expect(t, "flood of "+area, flood, w.may(access.ListAlarms, path), access.ListAlarms, 404)
		health := w.try("GET", "/api/v1/alarm-health?area="+area, nil)
		w.expect(t, "health of "+area, health, w.may(access.ReadAlarmHealth, path), access.ReadAlarmHealth, 404)
	}
	changes := w.may(access.ChangeAlarmTypes, place("67"))
	if changes == access.Hide {
		changes = access.Forbid // the list is there; only those of the whole province change what is not confined
	}
	enable := w.try("POST", "/api/v1/alarm-types/river_bd2/disable", map[string]any{"version": 99, "why": "thử"})
	w.expect(t, "disabling a type", enable, changes, access.ChangeAlarmTypes, 403)
}

type alarmAnswer struct {
	ID        string
	Version   int64
	State     string
	Aside     string
	AckedBy   string `json:"acked_by"`
	Until     *time.Time
	Response  string
	CalloutTo struct{ State string } `json:"callout"`
	Entries   []struct{ Act, Role, Reason string }
}

func TestAnAlarmIsTakenPutAsideAndItsTimelineTellsWho(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.alarm(riverType(), "song-1", "67", "660", "24611")
	path := "/api/v1/alarms/" + id
	act := func(body map[string]any) answer { return h.do(call{method: "POST", path: path + "/acts", body: body}) }

	taken := read[alarmAnswer](t, act(map[string]any{"act": "ack", "version": 1}), 200)
	if taken.State != "acked" || taken.Version != 2 || taken.AckedBy != "Trưởng ca" || taken.Response == "" {
		t.Errorf("taken: %+v", taken)
	}
	problem(t, act(map[string]any{"act": "ack", "version": 1}), 409)
	problem(t, act(map[string]any{"act": "shelve", "minutes": 30}), 422) // without a reason
	problem(t, act(map[string]any{"act": "ack_all"}), 422)
	shelved := read[alarmAnswer](t, act(map[string]any{"act": "shelve", "minutes": 30, "reason": "đang sửa trạm"}), 200)
	if shelved.Aside != "shelved" || shelved.Until == nil {
		t.Errorf("shelved: %+v", shelved)
	}
	one := read[alarmAnswer](t, h.do(call{method: "GET", path: path}), 200)
	if len(one.Entries) != 3 || one.Entries[2].Act != "shelve" || one.Entries[2].Reason != "đang sửa trạm" || one.Entries[2].Role != "Trưởng ca" {
		t.Errorf("timeline: %+v", one.Entries)
	}
	var audited int
	must(t, h.db.Owner.QueryRow(t.Context(), "select count(*) from audit where object = $1 and result = 'done'", "alarm:"+id).Scan(&audited))
	if audited != 2 {
		t.Errorf("%d rows of audit, want 2", audited)
	}
	for state, want := range map[string]int{"open": 1, "shelved": 1, "closed": 0, "all": 1} {
		list := read[struct{ Alarms []alarmAnswer }](t, h.do(call{method: "GET", path: "/api/v1/alarms?state=" + state}), 200)
		if len(list.Alarms) != want {
			t.Errorf("state %s: %d alarms, want %d", state, len(list.Alarms), want)
		}
	}
	problem(t, h.do(call{method: "GET", path: "/api/v1/alarms?state=none"}), 422)
	must(t, h.store.NoteCallout(t.Context(), id, alarm.Callout{State: alarm.CalloutCalling, Step: 1, To: "truong_ca"}))
	if called := read[alarmAnswer](t, h.do(call{method: "GET", path: path}), 200); called.CalloutTo.State != "calling" || called.Version != 4 {
		t.Errorf("called: %+v", called)
	}
}

func TestAGroupIsTakenInOneActAndNothingElseIs(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	river, other := riverType(), riverType()
	other.Code = "river_bd1"
	var ids []string
	for _, target := range []string{"song-1", "song-2", "song-3"} {
		ids = append(ids, h.alarm(river, target, "67", "660", "24611"))
	}
	group := func(ids ...string) answer {
		return h.do(call{method: "POST", path: "/api/v1/alarms/group-acts", body: map[string]any{"act": "ack", "ids": ids, "label": "Gia Nghĩa – sông"}})
	}
	read[alarmAnswer](t, h.do(call{method: "POST", path: "/api/v1/alarms/" + ids[0] + "/acts", body: map[string]any{"act": "ack"}}), 200)
	got := read[struct {
		ActID         string `json:"act_id"`
		Done, Refused int
	}](t, group(ids...), 200)
	if got.Done != 2 || got.Refused != 1 || got.ActID == "" {
		t.Errorf("group: %+v", got)
	}
	var acts, audited int
	must(t, h.db.Owner.QueryRow(t.Context(), "select count(*) from alarm_entry where act_id::text = $1", got.ActID).Scan(&acts))
	must(t, h.db.Owner.QueryRow(t.Context(), "select count(*) from audit where object = $1", "alarm_group:"+got.ActID).Scan(&audited))
	if acts != 2 || audited != 1 {
		t.Errorf("%d entries and %d rows of audit of one act", acts, audited)
	}
	far := h.alarm(other, "song-9", "67", "661", "24616")
	problem(t, group(ids[0], far), 422)
	problem(t, group(), 422)
}

func TestATypeIsEnabledOnlyWhole(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	path := "/api/v1/alarm-types/nuoc_thap"
	body := map[string]any{
		"version": 0, "why": "thử", "label": "Nước thấp", "source": "sensor", "priority": "low",
		"condition": map[string]any{"class": "limit", "kinds": []string{"river"}, "limit": 1, "below": true, "on_delay_s": 60},
	}
	type typeAnswer struct {
		Version int64
		Enabled bool
		Missing []string
		History []struct{ Why string }
	}
	made := read[typeAnswer](t, h.do(call{method: "PUT", path: path, body: body}), 200)
	if made.Version != 1 || made.Enabled || len(made.Missing) < 5 {
		t.Errorf("made: %+v", made)
	}
	refused := h.do(call{method: "POST", path: path + "/enable", body: map[string]any{"version": 1, "why": "bật"}})
	problem(t, refused, 422)
	for _, field := range []string{"cause", "consequence", "response", "owner", "call_list"} {
		if !strings.Contains(string(refused.body), `"`+field+`"`) {
			t.Errorf("the refusal does not name %s: %s", field, refused.body)
		}
	}
	body["version"], body["cause"], body["consequence"], body["response"] = 1, "Hạn", "Thiếu nước", "Điều tiết hồ"
	body["response_minutes"], body["owner"], body["call_list"] = 60, "pctt", []string{"truc_ban"}
	read[typeAnswer](t, h.do(call{method: "PUT", path: path, body: body}), 200)
	problem(t, h.do(call{method: "PUT", path: path, body: body}), 409)
	on := read[typeAnswer](t, h.do(call{method: "POST", path: path + "/enable", body: map[string]any{"version": 2, "why": "bật"}}), 200)
	one := read[typeAnswer](t, h.do(call{method: "GET", path: path}), 200)
	if !on.Enabled || on.Version != 3 || len(one.History) != 3 || one.History[0].Why != "bật" {
		t.Errorf("enabled: %+v, %+v", on, one)
	}
	body["version"], body["condition"] = 3, map[string]any{"class": "limit", "sideways": 1}
	problem(t, h.do(call{method: "PUT", path: path, body: body}), 422)
}

func TestTheSnapshotHoldsOpenAlarmsAndTheWallNoNames(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.alarm(riverType(), "song-1", "67", "660", "24611")
	read[alarmAnswer](t, h.do(call{method: "POST", path: "/api/v1/alarms/" + id + "/acts", body: map[string]any{"act": "shelve", "minutes": 5, "reason": "gọi 0905 000 111"}}), 200)
	for _, topic := range []string{"ops/vn-2022/67", "wall/vn-2022/67/660", "wall/vn-2022/67/661", "public/vn-2022/67"} {
		snap, err := h.store.Live(view.NewLens(time.UTC, nil), func(schema.Topic) bool { return true }).Snapshot(t.Context(), topic)
		must(t, err)
		holds := strings.Contains(string(snap.Data), id)
		if want := topic == "ops/vn-2022/67" || topic == "wall/vn-2022/67/660"; holds != want {
			t.Errorf("%s holds the alarm: %t", topic, holds)
		}
		if strings.HasPrefix(topic, "wall") && strings.Contains(string(snap.Data), "0905") {
			t.Errorf("%s tells a number: %s", topic, snap.Data)
		}
	}
}
