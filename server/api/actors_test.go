package api_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"toancanh/server/access"
	"toancanh/server/auth"
)

func TestATimelineNamesPeopleToThoseWhoMeetThem(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	r := h.post("Ổ gà trên đường Tôn Đức Thắng.")
	lead := h.as(access.ShiftLead, district())
	read[opsAnswer](t, lead.try("POST", "/api/v1/reports/"+r.ID+"/acts", map[string]any{"act": "accept", "version": 1}), 200)
	read[opsAnswer](t, lead.try("POST", "/api/v1/reports/"+r.ID+"/acts", map[string]any{"act": "assign", "unit": "so-xd", "version": 2}), 200)
	type named struct{ Actors map[string]string }
	path := "/api/v1/reports/" + r.ID
	name := map[string]string{lead.person.Principal(): "Nguyễn Văn An"}
	for role, want := range map[access.Role]map[string]string{
		access.Operator: name, access.Leader: name, access.UnitOfficer: name, access.DataOfficer: {},
	} {
		got := read[named](t, h.as(role, district()).try("GET", path, nil), 200)
		if diff := cmp.Diff(want, got.Actors); diff != "" {
			t.Errorf("%s is told (-want +got):\n%s", role, diff)
		}
	}
	a := h.do(call{method: "GET", path: path, key: h.key(auth.RightReports)})
	if got := read[named](t, a, 200).Actors; got == nil || len(got) != 0 {
		t.Errorf("a machine is told %v", got)
	}
	for _, open := range []string{"/api/v1/follow/" + r.Code, "/open311/v2/requests/" + r.Code + ".json"} {
		if a := h.do(call{method: "GET", path: open}); strings.Contains(string(a.body), "Nguyễn Văn An") || strings.Contains(string(a.body), lead.person.ID) {
			t.Errorf("%s: %s", open, a.body)
		}
	}
}
