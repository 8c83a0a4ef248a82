package api_test

import (
	"strings"
	"testing"
	"time"

	"toancanh/server/access"
	"toancanh/server/handover"
)

type handoverAnswer struct {
	ID      string
	Content handover.Content
	Spoken  []string
	Note    string
	OutName string     `json:"out_name"`
	InAt    *time.Time `json:"in_at"`
	MayTake bool       `json:"may_take"`
}

// alarmRow puts an alarm into the tables as the engine would; what raises alarms has tests of its own.
func (h *house) alarmRow(target, priority, state, aside, class, origin string, minutesAgo int) {
	h.t.Helper()
	_, err := h.db.Owner.Exec(h.t.Context(), `
		with t as (
			insert into alarm_type_version (at, response_time, version, enabled, sample, code, label, source, priority, cause, consequence,
				response, owner, call_list, condition, by, why)
			values (now(), '10 min', 1, true, true, 'type-' || $1, 'Nước dâng', 'sensor', $2, '', '', '', '', '{}',
				jsonb_build_object('class', $5::text), 'test', 'test') returning code)
		insert into alarm (id, raised_at, known_at, changed_at, acked_at, acked_by, lat, lon, version, type_version, type, origin, source, target,
			name, priority, state, aside, aside_reason, until_at, division, area, path)
		select gen_random_uuid(), now() - make_interval(mins => $7), now() - make_interval(mins => $7), now(),
			case when $3 = 'acked' then now() - make_interval(mins => $7 - 1) end, case when $3 = 'acked' then 'An' else '' end, 12, 107.7, 1, 1,
			code, $6, 'sensor', $1, 'Trạm ' || $1, $2, $3, $4, case when $4 = '' then '' else 'đang sửa' end,
			case when $4 = 'shelved' then now() + interval '1 hour' end, 'vn-2022', '24611', '{67,660,24611}' from t`,
		target, priority, state, aside, class, origin, minutesAgo)
	must(h.t, err)
}

func TestAShiftIsHandedOverWithWhatIsOpenAndSignedByTwo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.alarmRow("a", "high", "unacked", "", "level", "simulated", 3)
	h.alarmRow("b", "high", "acked", "", "level", "simulated", 9)
	h.alarmRow("c", "medium", "unacked", "", "level", "simulated", 5)
	h.alarmRow("d", "low", "unacked", "shelved", "level", "simulated", 50)
	h.alarmRow("e", "low", "unacked", "", "absence", "simulated", 20)
	h.alarmRow("f", "high", "unacked", "", "level", "drill", 2)
	late, due := h.post("Rác chưa dọn"), h.post("Đèn hỏng")
	h.text("update report set due_now = now() - interval '1 hour' where id = $1::uuid returning code", late.ID)
	h.text("update report set due_now = now() + interval '2 hours' where id = $1::uuid returning code", due.ID)

	h.text(`insert into incident (proposed_at, changed_at, first_at, last_at, opened_at, lat, lon, version, year, number, by_rule, id, origin, state,
			family, title, division, area, path, commander_as)
		values (now(), now(), now(), now(), now(), 12, 107.7, 1, 2026, 1, false, gen_random_uuid(), 'simulated', 'open', 'flood',
			'Ngập ở Nghĩa Đức', 'vn-2022', '24611', '{67,660,24611}', 'Trưởng ca') returning title`)

	lead := h.as(access.ShiftLead, province())
	draft := read[handoverAnswer](t, lead.try("GET", "/api/v1/handovers/draft", nil), 200).Content
	labels := func(list []handover.Item) string {
		var all []string
		for _, i := range list {
			all = append(all, i.Label)
		}
		return strings.Join(all, ", ")
	}
	for what, got := range map[string][2]string{
		"highs": {labels(draft.Highs), "Nước dâng – Trạm a, Nước dâng – Trạm b"}, "shelved": {labels(draft.Shelved), "Nước dâng – Trạm d"},
		"silent": {labels(draft.Silent), "Nước dâng – Trạm e"}, "overdue": {labels(draft.Overdue), late.Code}, "due": {labels(draft.Due), due.Code},
		"incidents": {labels(draft.Incidents), "Ngập ở Nghĩa Đức"}, "warnings": {labels(draft.Warnings), ""},
	} {
		if got[0] != got[1] {
			t.Errorf("%s: %q, want %q", what, got[0], got[1])
		}
	}
	if draft.Others != 2 || draft.SilentCount != 1 || draft.Figures.Raised["high"] != 2 || draft.Figures.Received != 2 || draft.Figures.AckP50 == nil {
		t.Errorf("figures %+v of %+v", draft.Figures, draft)
	}

	given := read[handoverAnswer](t, lead.try("POST", "/api/v1/handovers", map[string]any{"note": " Máy in hết mực. "}), 201)
	if given.Note != "Máy in hết mực." || given.MayTake || len(given.Spoken) < 5 {
		t.Errorf("given %+v", given)
	}
	problem(t, lead.try("POST", "/api/v1/handovers", map[string]any{}), 409)
	problem(t, lead.try("POST", "/api/v1/handovers/"+given.ID+"/taken", map[string]any{}), 403)
	problem(t, h.as(access.Operator, foreign()).try("POST", "/api/v1/handovers/"+given.ID+"/taken", map[string]any{}), 404)

	// What is told stays as it was told.
	h.text("update alarm set state = 'closed', closed_at = now() where target = 'a' returning target")
	next := h.as(access.Operator, province())
	if shown := read[handoverAnswer](t, next.try("GET", "/api/v1/handovers/"+given.ID, nil), 200); !shown.MayTake || len(shown.Content.Highs) != 2 {
		t.Errorf("shown to who comes: %+v", shown)
	}
	taken := read[handoverAnswer](t, next.try("POST", "/api/v1/handovers/"+given.ID+"/taken", map[string]any{"reply": "Rõ."}), 200)
	if taken.InAt == nil {
		t.Errorf("taken %+v", taken)
	}
	problem(t, next.try("POST", "/api/v1/handovers/"+given.ID+"/taken", map[string]any{}), 409)
	again := read[handoverAnswer](t, next.try("GET", "/api/v1/handovers/draft", nil), 200)
	if !again.Content.From.Equal(taken.Content.At) {
		t.Errorf("the next shift begins at %v, this one ended at %v", again.Content.From, taken.Content.At)
	}
}
