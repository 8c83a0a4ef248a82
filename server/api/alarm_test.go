package api_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"toancanh/server/access"
	"toancanh/server/alarm"
	"toancanh/server/store"
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
