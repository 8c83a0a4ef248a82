package api_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"toancanh/server/access"
)

type shownHook struct {
	ID, Label, URL, Topic, Problem string
	EndedWhy                       string `json:"ended_why"`
	FormerUntil                    string `json:"former_until"`
}

type madeHook struct {
	Hook   shownHook
	Secret string
}

func TestAHookIsMadeTriedRenewedAndEnded(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	admin := h.as(access.Administrator, province())
	answer := make(chan int, 1)
	pinged := make(chan *http.Request, 1)
	system := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(<-answer)
		pinged <- r
	}))
	defer system.Close()
	body := map[string]any{"label": "Sở Xây dựng", "url": system.URL + "/nhan", "topic": "public/vn-2022/67"}
	made := read[madeHook](t, admin.try("POST", "/api/v1/hooks", body), 201)
	if !strings.HasPrefix(made.Secret, "whsec_") || made.Hook.Topic != "public/vn-2022/67" {
		t.Errorf("made = %+v", made)
	}
	path := "/api/v1/hooks/" + made.Hook.ID

	answer <- 204
	if got := read[map[string]any](t, admin.try("POST", path+"/ping", nil), 200); got["taken"] != true {
		t.Errorf("ping = %v", got)
	}
	if r := <-pinged; r.Header.Get("webhook-signature") == "" {
		t.Error("a ping is not signed")
	}
	answer <- 500
	if got := read[map[string]any](t, admin.try("POST", path+"/ping", nil), 200); got["taken"] != false || got["problem"] != "500" {
		t.Errorf("ping of a broken system = %v", got)
	}

	renewed := read[madeHook](t, admin.try("POST", path+"/rotation", map[string]any{}), 200)
	if renewed.Secret == made.Secret || renewed.Hook.FormerUntil == "" {
		t.Errorf("renewed = %+v", renewed)
	}
	changed := read[shownHook](t, admin.try("PUT", path, map[string]any{"label": "Sở Y tế", "url": "https://bo.example/nhan"}), 200)
	if changed.Label != "Sở Y tế" || changed.URL != "https://bo.example/nhan" {
		t.Errorf("changed = %+v", changed)
	}
	list := admin.try("GET", "/api/v1/hooks", nil)
	if got := read[struct{ Hooks []shownHook }](t, list, 200); len(got.Hooks) != 1 || strings.Contains(string(list.body), "whsec_") {
		t.Errorf("list = %s", list.body)
	}
	if a := admin.try("DELETE", path, nil); a.status != 204 {
		t.Errorf("delete: %d %s", a.status, a.body)
	}
	problem(t, admin.try("DELETE", path, nil), 404)
	problem(t, admin.try("POST", path+"/ping", nil), 404)
	if got := read[struct{ Hooks []shownHook }](t, admin.try("GET", "/api/v1/hooks", nil), 200); got.Hooks[0].EndedWhy != "deleted" {
		t.Errorf("after the end: %+v", got)
	}
}

func TestWhatIsWrongWithAHookIsNamed(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	admin := h.as(access.Administrator, province())
	for name, c := range map[string]struct{ label, url, topic, field string }{
		"no name":           {"", "https://bo.example/", "public/vn-2022/67", "label"},
		"no address":        {"Sở", "", "public/vn-2022/67", "url"},
		"inside":            {"Sở", "https://169.254.169.254/", "public/vn-2022/67", "url"},
		"a password in it":  {"Sở", "https://a:b@bo.example/", "public/vn-2022/67", "url"},
		"no such area":      {"Sở", "https://bo.example/", "public/vn-2022/67/99999", "topic"},
		"another division":  {"Sở", "https://bo.example/", "public/vn-2025/68", "topic"},
		"no such unit":      {"Sở", "https://bo.example/", "unit/khong-co", "topic"},
		"what stays inside": {"Sở", "https://bo.example/", "ops/vn-2022/67", "topic"},
		"a wall":            {"Sở", "https://bo.example/", "wall/vn-2022/67", "topic"},
		"no topic":          {"Sở", "https://bo.example/", "", "topic"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := problem(t, admin.try("POST", "/api/v1/hooks", map[string]any{"label": c.label, "url": c.url, "topic": c.topic}), 422)
			if len(p.Errors) != 1 || p.Errors[0].Field != c.field {
				t.Errorf("faults %+v, want one at %s", p.Errors, c.field)
			}
		})
	}
	read[madeHook](t, admin.try("POST", "/api/v1/hooks", map[string]any{"label": "Sở Xây dựng", "url": "https://bo.example/", "topic": "unit/so-xd"}), 201)
}
