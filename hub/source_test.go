package hub_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"toancanh/hub"
	"toancanh/schema"
)

// sourceServer answers as the server does, from a record.
func sourceServer(t *testing.T, r *record, key ed25519.PublicKey) string {
	t.Helper()
	answer := func(w http.ResponseWriter, v any, err error) {
		if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		_ = json.NewEncoder(w).Encode(v)
	}
	mux := http.NewServeMux()
	mux.HandleFunc(schema.PathHubSnapshot, func(w http.ResponseWriter, q *http.Request) {
		s, err := r.Snapshot(q.Context(), q.URL.Query().Get("topic"))
		answer(w, s, err)
	})
	mux.HandleFunc(schema.PathHubSince, func(w http.ResponseWriter, q *http.Request) {
		seq, _ := strconv.ParseInt(q.URL.Query().Get("seq"), 10, 64)
		limit, _ := strconv.Atoi(q.URL.Query().Get("limit"))
		s, err := r.Since(q.Context(), q.URL.Query().Get("topic"), seq, limit)
		answer(w, s, err)
	})
	mux.HandleFunc(schema.PathHubKey, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(base64.StdEncoding.EncodeToString(key)))
	})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if q.Header.Get(schema.HubSecretHeader) != "bí mật" {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		mux.ServeHTTP(w, q)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestHTTPSourceAsksTheServer(t *testing.T) {
	t.Parallel()
	r := newRecord(hub.NewLocalBus())
	pub, _, _ := ed25519.GenerateKey(nil)
	address := sourceServer(t, r, pub)
	r.event(wall, schema.KindReport, "a", "một")
	r.event(wall, schema.KindReport, "b", "hai")
	s := hub.NewHTTPSource(address+"/", "bí mật")
	t.Cleanup(s.Close)
	snap, err := s.Snapshot(t.Context(), wall)
	if err != nil || snap.Seq != 2 || snap.Epoch != "e1" {
		t.Errorf("Snapshot = %+v, %v", snap, err)
	}
	since, err := s.Since(t.Context(), wall, 1, 10)
	if err != nil || since.Head != 2 || len(since.Events) != 1 || since.Events[0].ID != "b" {
		t.Errorf("Since = %+v, %v", since, err)
	}
	key, err := s.TicketKey(t.Context())
	if diff := cmp.Diff(pub, key); err != nil || diff != "" {
		t.Errorf("TicketKey: %v %s", err, diff)
	}
	r.set(func(r *record) { r.failing = true })
	if _, err := s.Snapshot(t.Context(), wall); err == nil {
		t.Error("Snapshot of a failing server = nil error")
	}
	wrong := hub.NewHTTPSource(address, "khác")
	t.Cleanup(wrong.Close)
	if _, err := wrong.TicketKey(t.Context()); err == nil {
		t.Error("a wrong secret = nil error")
	}
}

func TestAHubOfItsOwnLivesOnHTTPAlone(t *testing.T) {
	t.Parallel()
	r := newRecord(hub.NewLocalBus())
	r.lead(t)
	s := hub.NewHTTPSource(sourceServer(t, r, nil), "bí mật")
	t.Cleanup(s.Close)
	h := serve(t, r, func(c *hub.Config) { c.Source = s })
	b := joined(t, h, wall)
	r.set(func(r *record) { r.lose = 2 })
	for range 4 {
		r.event(wall, schema.KindReport, "a", "x")
	}
	b.untilSeq(wall, 4)
	wantWhole(t, b, 1, 4)
}
