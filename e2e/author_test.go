//go:build e2e

package e2e_test

import (
	"fmt"
	"maps"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
)

// author writes single reports and does single acts, each acknowledged or the test fails.
type author struct {
	t        testing.TB
	s        *server
	places   []place
	category string
	turn     int
}

// written is a report an author has written.
type written struct {
	ID      string `json:"id"`
	Code    string `json:"code"`
	version int64
}

func newAuthor(t testing.TB, s *server) *author {
	t.Helper()
	return &author{t: t, s: s, places: s.communes(), category: s.categories()[0]}
}

func (a *author) report(text string) *written {
	a.t.Helper()
	a.turn++
	p := a.places[a.turn%len(a.places)]
	r := &written{version: 1}
	err := a.s.api().postJSON("/api/v1/reports", map[string]any{
		"category": a.category, "description": fmt.Sprintf("%s %s", text, uuid.NewString()),
		"location": map[string]float64{"lat": p.Lat, "lon": p.Lon},
	}, r)
	if err != nil {
		a.t.Fatal(err)
	}
	return r
}

// do does an act on a report as it stands.
func (a *author) do(r *written, act string, more map[string]any) {
	a.t.Helper()
	body := map[string]any{"act": act, "version": r.version}
	maps.Copy(body, more)
	var answer struct {
		Report struct {
			Version int64 `json:"version"`
		} `json:"report"`
	}
	if err := a.s.api().postJSON("/api/v1/reports/"+r.ID+"/acts", body, &answer); err != nil {
		a.t.Fatal(err)
	}
	r.version = answer.Report.Version
}

// publish takes a report from its birth to the public page, where the words then stand.
func (a *author) publish(r *written, words string) {
	a.t.Helper()
	a.do(r, "accept", nil)
	a.do(r, "assign", map[string]any{"unit": "so-xd"})
	a.do(r, "start", nil)
	a.do(r, "resolve", map[string]any{"text": "Đã sửa xong " + words})
	a.do(r, "publish", map[string]any{"text": "Đã khắc phục " + words})
}

// since asks for a topic's frames from a position, over server-sent events, and returns everything that comes until a
// beat or the limit.
func since(t testing.TB, addr, topic, position string, within time.Duration) string {
	t.Helper()
	client := &http.Client{Timeout: within}
	address := "http://" + addr + "/live/sse?topics=" + topic
	if position != "" {
		address += "&since=" + position
	}
	res, err := client.Get(address) //nolint:noctx // bounded by the client
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	return readUntilBeat(res.Body)
}
