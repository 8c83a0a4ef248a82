package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"
)

func TestScreenSetChangesOnlyWhatIsNamed(t *testing.T) {
	t.Parallel()
	var put map[string]any
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			_ = json.NewDecoder(r.Body).Decode(&put)
			put["path"] = r.URL.Path
			_, _ = w.Write([]byte(`{"screens":[{"id":"tinh","version":3}]}`))
			return
		}
		_, _ = w.Write([]byte(`{"screens":[{"id":"xa"},{"id":"tinh","settings":{"point":"Phòng trực","scene":"mua-bao",
			"density":"auto","panel_mm":1370,"viewing_mm":3000}}]}`))
	}))
	defer server.Close()
	var cli struct {
		Screen screenCmd `cmd:""`
	}
	p, err := kong.New(&cli)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Parse([]string{"screen", "set", "tinh", "--key=k", "--area=660", "--scene=", "--viewing=0"}); err != nil {
		t.Fatal(err)
	}
	set := cli.Screen.Set
	if set.URL, err = url.Parse(server.URL); err != nil {
		t.Fatal(err)
	}
	if err := set.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"path": "/api/v1/screens/tinh", "title": "", "point": "Phòng trực", "area": "660", "scene": "", "density": "auto",
		"panel_mm": 1370.0, "viewing_mm": nil,
	}
	if diff := cmp.Diff(want, put); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
}

func TestAScreenIsConfirmedByItsNewestVersion(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"version":0}`: "nothing ordered",
		`{"version":2}`: "waiting",
		`{"version":2,"seen":{"version":1,"applied":true}}`:  "waiting",
		`{"version":2,"seen":{"version":2,"applied":true}}`:  "confirmed",
		`{"version":2,"seen":{"version":2,"applied":false}}`: "refused",
	} {
		var s screenListed
		if err := json.Unmarshal([]byte(body), &s); err != nil {
			t.Fatal(err)
		}
		if got := s.confirmed(); got != want {
			t.Errorf("%s: %s, want %s", body, got, want)
		}
	}
}
