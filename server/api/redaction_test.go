package api_test

import (
	"strings"
	"testing"

	"toancanh/server/access"
	"toancanh/server/auth"
	"toancanh/server/view"
)

func TestAPreviewIsWhatThePublicWouldRead(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	type preview struct {
		Text   string
		Hidden int
	}
	const path = "/api/v1/redactions"
	written := "Đã gọi 0912 345 678 và 0987654321, xe 48A-123.45; [ẩn số] là do người viết gõ."
	lead := h.as(access.ShiftLead, district())
	got := read[preview](t, lead.try("POST", path, map[string]any{"text": written}), 200)
	if got.Text != view.Redact(written) || got.Hidden != 3 {
		t.Errorf("%+v, want %q with 3 places", got, view.Redact(written))
	}
	if got := read[preview](t, h.as(access.UnitOfficer, access.Scope{Units: []string{"so-xd"}}).try("POST", path, map[string]any{"text": "Đã vá QL28."}), 200); got.Hidden != 0 || got.Text != "Đã vá QL28." {
		t.Errorf("%+v", got)
	}
	if p := problem(t, lead.try("POST", path, map[string]any{"text": strings.Repeat("ễ", 4001)}), 422); !hasFault(p, "text", "too_long") {
		t.Errorf("%+v", p.Errors)
	}
	problem(t, lead.try("POST", path, map[string]any{"text": 5}), 422)
	problem(t, h.as(access.Operator, district()).try("POST", path, map[string]any{"text": "a"}), 403)
	problem(t, h.do(call{method: "POST", path: path, body: map[string]any{"text": "a"}}), 401)
	read[preview](t, h.do(call{method: "POST", path: path, body: map[string]any{"text": "a"}, key: h.key(auth.RightReports)}), 200)
}
