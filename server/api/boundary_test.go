package api_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"

	"toancanh/server/area"
	"toancanh/server/auth"
	"toancanh/server/embedded/testpg"
	"toancanh/server/intake"
	"toancanh/server/store"
)

type proposals struct {
	Proposals []struct {
		Report, Code, From, To string
		FromName               string `json:"from_name"`
		ToName                 string `json:"to_name"`
	}
	Total int
	Next  string
}

type decided struct {
	Decided, Left int
	Refused       []struct{ Code, Detail string }
}

// moveBorder imports boundaries by which the commune of new reports is another one, and returns both.
func (h *house) moveBorder() (from, to string) {
	h.t.Helper()
	atlas, err := sampleAtlas()
	must(h.t, err)
	drawn, _ := atlas.Schematic("vn-2022")
	at, err := drawn.Place(area.Point{Lat: 12.007, Lon: 107.696})
	must(h.t, err)
	shapes := map[string]orb.MultiPolygon{}
	for _, f := range drawn.Features(area.Commune) {
		shapes[f.Area.Code] = f.Shape
	}
	to = "24736"
	shapes[at.Code], shapes[to] = shapes[to], shapes[at.Code] // two communes change places
	m, err := atlas.Around(area.Source{Division: "vn-2022"}, area.Commune, shapes)
	must(h.t, err)
	_, _, err = h.store.ImportBoundary(h.t.Context(), store.Boundary{
		Division: "vn-2022", Level: area.Commune, Importer: "người nhập", Credit: "Sở", File: "xa.zip", SHA256: []byte{0xab}, Shapes: shapes,
	}, intake.Locate(m), false)
	must(h.t, err)
	return at.Code, to
}

func (h *house) waiting() proposals {
	h.t.Helper()
	return read[proposals](h.t, h.do(call{method: "GET", path: "/api/v1/boundaries/proposals"}), 200)
}

func (h *house) decide(body map[string]any, status int) decided {
	h.t.Helper()
	return read[decided](h.t, h.do(call{method: "POST", path: "/api/v1/boundaries/proposals", body: body}), status)
}

func TestNewBoundariesProposeAndSomebodyDecides(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	moved, kept, late, closed := h.post("Một"), h.post("Hai"), h.post("Ba"), h.post("Bốn")
	read[opsAnswer](t, h.act(closed.ID, map[string]any{"act": "refuse", "version": 1, "reason": "Trùng"}), 200)
	from, to := h.moveBorder()
	got := h.waiting()
	if got.Total != 3 || len(got.Proposals) != 3 || got.Proposals[0].From != from || got.Proposals[0].To != to || got.Proposals[0].ToName == "" {
		t.Fatalf("proposals %+v, want three from %s to %s", got, from, to)
	}

	if d := h.decide(map[string]any{"decision": "apply", "reports": []string{moved.ID}, "reason": "Ranh giới mới"}, 200); d.Decided != 1 || d.Left != 2 {
		t.Errorf("applied %+v, want one, two left", d)
	}
	r := h.get(moved.ID)
	last := r.Acts[len(r.Acts)-1]
	if r.Report.Version != 2 || last.Act != "confirm_place" || last.Actor == "" {
		t.Errorf("the report is at version %d, its last act %+v", r.Report.Version, last)
	}
	list := read[struct{ Reports []struct{ ID string } }](t, h.do(call{method: "GET", path: "/api/v1/reports?area=" + to}), 200)
	if len(list.Reports) != 1 || list.Reports[0].ID != moved.ID {
		t.Errorf("in %s lie %+v", to, list.Reports)
	}

	if d := h.decide(map[string]any{"decision": "dismiss", "reports": []string{kept.ID}, "reason": "Đúng như cũ"}, 200); d.Decided != 1 || d.Left != 1 {
		t.Errorf("dismissed %+v", d)
	}
	if r := h.get(kept.ID); r.Report.Version != 1 {
		t.Errorf("the dismissed report is at version %d", r.Report.Version)
	}

	read[opsAnswer](t, h.act(late.ID, map[string]any{"act": "refuse", "version": 1, "reason": "Trùng"}), 200)
	if got := h.waiting(); got.Total != 0 {
		t.Errorf("a report that was closed meanwhile still waits: %+v", got)
	}
	if d := h.decide(map[string]any{"decision": "apply", "all": true, "reason": "Hết"}, 200); d.Decided != 0 || d.Left != 0 {
		t.Errorf("nothing waits and %+v was decided", d)
	}
}

func TestDecisionsOnPlacesAreWhole(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.post("Một")
	for name, body := range map[string]map[string]any{
		"no reason":    {"decision": "apply", "all": true},
		"no decision":  {"all": true, "reason": "x"},
		"nothing":      {"decision": "apply", "reason": "x"},
		"both":         {"decision": "apply", "all": true, "reports": []string{r.ID}, "reason": "x"},
		"no report id": {"decision": "apply", "reports": []string{"1"}, "reason": "x"},
	} {
		if a := h.do(call{method: "POST", path: "/api/v1/boundaries/proposals", body: body}); a.status != 422 && a.status != 400 {
			t.Errorf("%s is answered %d", name, a.status)
		}
	}
	if a := h.do(call{method: "POST", path: "/api/v1/boundaries/proposals", key: h.key(auth.RightReadings), body: map[string]any{
		"decision": "apply", "all": true, "reason": "x",
	}}); a.status != 403 {
		t.Errorf("a gateway's key is answered %d, want 403", a.status)
	}
}

func TestManyMovesAreOneResetForEachTopic(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const many = 1100
	conn, err := pgx.Connect(t.Context(), h.db.DSN(testpg.App))
	must(t, err)
	defer conn.Close(context.Background())
	h.post("Một")
	var columns string
	must(t, conn.QueryRow(t.Context(), `select string_agg(quote_ident(attname), ', ') from pg_attribute
		where attrelid = 'report'::regclass and attnum > 0 and not attisdropped and attgenerated = ''`).Scan(&columns))
	_, err = conn.Exec(t.Context(), fmt.Sprintf(`
		insert into report (%[1]s) select %[1]s from (
			select (jsonb_populate_record(null::report, to_jsonb(r) || jsonb_build_object(
				'id', gen_random_uuid(), 'code', upper(substr(md5(i::text), 1, 4) || '-' || substr(md5(i::text), 5, 4))))).*
			from report r, generate_series(1, $1) i) copies`, columns), many-1)
	must(t, err)
	h.moveBorder()
	if got := h.waiting(); got.Total != many || len(got.Proposals) != 200 || got.Next == "" {
		t.Fatalf("%d proposals, a page of %d, next %q", got.Total, len(got.Proposals), got.Next)
	}
	before, begun := count(t, conn, "select count(*) from outbox"), time.Now()
	if d := h.decide(map[string]any{"decision": "apply", "all": true, "reason": "Ranh giới mới"}, 200); d.Decided != many || d.Left != 0 || len(d.Refused) != 0 {
		t.Fatalf("decided %+v, want %d", d, many)
	}
	t.Logf("%d moves took %s", many, time.Since(begun))
	written := count(t, conn, "select count(*) from outbox") - before
	resets := count(t, conn, "select count(*) from event where kind = 'reset'")
	if written != resets || resets == 0 || resets > 100 {
		t.Errorf("%d events, %d of them resets, want only resets and few", written, resets)
	}
	if got := count(t, conn, "select count(*) from report where area = '24736' and place_confirmed"); got != many {
		t.Errorf("%d reports moved, want %d", got, many)
	}
	if got := count(t, conn, "select count(*) from place_proposal where decision = 'applied' and reason = 'Ranh giới mới' and actor <> ''"); got != many {
		t.Errorf("%d decisions were kept, want %d", got, many)
	}
}

func count(t *testing.T, conn *pgx.Conn, sql string) int {
	t.Helper()
	var n int
	must(t, conn.QueryRow(t.Context(), sql).Scan(&n))
	return n
}

func TestEveryImportIsOnRecord(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.moveBorder()
	got := read[struct {
		Boundaries []struct {
			Version                int64
			Importer, SHA256, File string
			Active                 bool
		}
	}](t, h.do(call{method: "GET", path: "/api/v1/boundaries"}), 200)
	if len(got.Boundaries) != 1 {
		t.Fatalf("%+v", got)
	}
	if b := got.Boundaries[0]; !b.Active || b.Importer != "người nhập" || b.SHA256 != "ab" || b.File != "xa.zip" {
		t.Errorf("the record is %+v", b)
	}
}

func TestGeometryHasDetails(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for query, status := range map[string]int{"": 200, "?detail=wall": 200, "?detail=console&level=district": 200, "?detail=full&level=province": 200, "?detail=near": 422} {
		a := h.do(call{method: "GET", path: "/api/v1/areas/vn-2022/geometry" + query})
		if a.status != status {
			t.Errorf("%s is answered %d, want %d", query, a.status, status)
		}
		if status == 200 && !strings.Contains(string(a.body), `"schematic":true,"version":0`) {
			t.Errorf("%s does not say that it is a schematic: %.200s", query, a.body)
		}
		if cache := a.header.Get("Cache-Control"); status == 200 && cache != "no-cache" {
			t.Errorf("%s may be kept: %s", query, fmt.Sprint(cache))
		}
	}
}
