//go:build e2e

package e2e_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"toancanh/server/embedded"
	"toancanh/server/embedded/testpg"
)

// TestZoneOfTheHostChangesNothing loads the same past into two installations, one of which believes to be in New York,
// and compares everything that depends on hours, days and working times.
func TestZoneOfTheHostChangesNothing(t *testing.T) {
	t.Parallel()
	now := time.Now().UTC().Truncate(time.Hour)
	here, there := newZoned(t, "Asia/Ho_Chi_Minh", now), newZoned(t, "America/New_York", now)
	// The tiles move with the clock: compared within one answer's time of each other, at most a few tries apart.
	var diff string
	eventually(t, "the tiles are the same", limit(healBus), func() bool {
		diff = cmp.Diff(here.tiles(), there.tiles())
		return diff == ""
	}, func() string { return diff })
	for _, query := range []string{
		`select json_agg(x order by x.description) from (select description, status, received_at at time zone 'UTC' as r,
			due_accept at time zone 'UTC' as a, due_assign at time zone 'UTC' as b, due_resolve at time zone 'UTC' as c,
			due_original at time zone 'UTC' as d, due_publish at time zone 'UTC' as e, area from report) x`,
		`select json_agg(x order by x.text) from (select text, status, received_hour at time zone 'UTC' as h, due_date,
			resolved_date from public_report) x`,
	} {
		one, two := here.query(query), there.query(query)
		if diff := cmp.Diff(one, two); diff != "" {
			t.Errorf("what is kept differs by the zone of the host:\n%s", diff)
		}
		if len(one) < 100 {
			t.Errorf("nothing to compare: %s", one)
		}
	}
	// Half past midnight here is still yesterday in UTC and in New York.
	loc, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	if err != nil {
		t.Fatal(err)
	}
	want := midnight(now, loc).Format(time.DateOnly)
	if got := there.query("select string_agg(distinct resolved_date::text, ',') from public_report"); got != want {
		t.Errorf("resolved on %s, want %s", got, want)
	}
}

// zoned is an installation whose host and database stand in a zone.
type zoned struct {
	t testing.TB
	w *town
	s *server
}

func newZoned(t testing.TB, zone string, now time.Time) *zoned {
	t.Helper()
	w := newTown(t, "", "TimeZone="+zone, "log_timezone="+zone)
	s := w.prepare("up", "TZ="+zone, "PGTZ="+zone, "TOANCANH_OWNER_URL="+w.postgres.DSN(embedded.Owner),
		"TOANCANH_SIMULATE=off", "TOANCANH_HISTORY_DAYS=0")
	s.start()
	s.awaitReady(readyWithin)
	z := &zoned{t, w, s}
	z.load(now)
	return z
}

// midnight is half an hour into the day of a zone that was two hours ago.
func midnight(now time.Time, loc *time.Location) time.Time {
	l := now.Add(-2 * time.Hour).In(loc)
	return time.Date(l.Year(), l.Month(), l.Day(), 0, 30, 0, 0, loc)
}

// load sends a past whose instants lie around the midnights and the working hours of the province.
func (z *zoned) load(now time.Time) {
	z.t.Helper()
	loc, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	if err != nil {
		z.t.Fatal(err)
	}
	p := z.s.communes()[0]
	night := midnight(now, loc)
	var past []map[string]any
	for i, category := range z.s.categories() {
		for hours := 1; hours <= 73; hours += 12 {
			received := night.Add(-time.Duration(hours) * time.Hour)
			acts := []map[string]any{}
			for n, act := range []string{"accept", "assign", "start", "resolve", "publish"} {
				at := received.Add(time.Duration(n+1) * time.Minute)
				if act == "resolve" || act == "publish" {
					at = night.Add(time.Duration(n) * time.Minute)
				}
				if at.After(now) {
					break
				}
				acts = append(acts, map[string]any{"act": act, "at": at.UTC(), "unit": "so-xd", "text": fmt.Sprintf("Kết quả %d %d", i, hours)})
			}
			past = append(past, map[string]any{
				"category": category, "description": fmt.Sprintf("Đèn đường hỏng %d %d", i, hours), "origin": "simulated",
				"location": map[string]float64{"lat": p.Lat, "lon": p.Lon}, "received_at": received.UTC(), "acts": acts[:len(acts)-i%3],
			})
		}
	}
	z.history(past)
}

func (z *zoned) history(past []map[string]any) {
	z.t.Helper()
	path, err := program()
	if err != nil {
		z.t.Fatal(err)
	}
	cmd := exec.CommandContext(z.t.Context(), path, "key", "new", "history of the test", "history")
	cmd.Env = append(surroundings(z.t), "TOANCANH_DATABASE_URL="+z.w.postgres.DSN(testpg.App))
	token, err := cmd.Output()
	if err != nil {
		z.t.Fatalf("make a key: %v", err)
	}
	body, err := json.Marshal(map[string]any{"reports": past})
	if err != nil {
		z.t.Fatal(err)
	}
	a, err := z.s.api().send(http.MethodPost, "/api/v1/history", http.Header{"Authorization": {"Bearer " + strings.TrimSpace(string(token))}}, body)
	var answer struct {
		Accepted int               `json:"accepted"`
		Refused  []json.RawMessage `json:"refused"`
	}
	if err := a.into(err, "/api/v1/history", &answer); err != nil {
		z.t.Fatal(err)
	}
	if answer.Accepted != len(past) {
		z.t.Fatalf("%d of %d reports of the past were taken: %.500s", answer.Accepted, len(past), a.body)
	}
}

// tiles are the counters without the instant they are of.
func (z *zoned) tiles() map[string]any {
	z.t.Helper()
	var answer struct {
		KPIs map[string]map[string]any `json:"kpis"`
	}
	if err := z.s.api().getJSON("/api/v1/kpis?area="+root+"&division="+division, &answer); err != nil {
		z.t.Fatal(err)
	}
	tiles := map[string]any{}
	for key, data := range answer.KPIs {
		delete(data, "as_of")
		delete(data, "oldest_hours") // moves by the second
		tiles[key] = data
	}
	if len(tiles) < 4 {
		z.t.Fatalf("only %d tiles: %v", len(tiles), tiles)
	}
	return tiles
}

// query is one text of the database.
func (z *zoned) query(sql string) string {
	z.t.Helper()
	var text string
	if err := z.w.pool.QueryRow(z.t.Context(), sql).Scan(&text); err != nil {
		z.t.Fatalf("%s: %v", sql, err)
	}
	return text
}
