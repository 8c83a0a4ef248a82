package opendata_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/schema/sample"
	"toancanh/server/area"
	"toancanh/server/auth"
	"toancanh/server/disclosing/telltest"
	"toancanh/server/door"
	"toancanh/server/embedded/testpg"
	"toancanh/server/intake"
	"toancanh/server/opendata"
	"toancanh/server/report"
	"toancanh/server/store"
)

func TestMain(m *testing.M) { testpg.Main(m) }

// house is the door on a loopback address with a real intake and a database behind it. The projection is read when a test says so.
type house struct {
	t      testing.TB
	base   string
	db     testpg.DB
	store  *store.Store
	intake *intake.Intake
	teller *telltest.Teller
	door   *opendata.Door
	broken atomic.Bool  // the projection cannot be read
	ahead  atomic.Int64 // how far the door's clock is ahead, in nanoseconds
}

// projection reads as the public role, unless it is broken.
type projection struct {
	*store.PublicStore
	broken *atomic.Bool
}

var errBroken = errors.New("the database is away")

func (p projection) Picture(ctx context.Context, division string) (store.PublicPicture, error) {
	if p.broken.Load() {
		return store.PublicPicture{}, errBroken
	}
	return p.PublicStore.Picture(ctx, division)
}

// sampleAtlas is drawn once; it does not change.
var sampleAtlas = sync.OnceValues(area.Sample)

func newHouse(t testing.TB, change ...func(*opendata.Config)) *house {
	t.Helper()
	h := &house{t: t, db: testpg.New(t)}
	zone, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	must(t, err)
	h.store, err = store.Open(t.Context(), h.db.DSN(testpg.App), store.Sizes{Write: 3, Read: 2})
	must(t, err)
	t.Cleanup(h.store.Close)
	_, err = h.store.Born(t.Context(), "simulated")
	must(t, err)
	reader, err := store.OpenPublic(t.Context(), h.db.DSN(testpg.Public))
	must(t, err)
	t.Cleanup(reader.Close)
	atlas, err := sampleAtlas()
	must(t, err)
	rules, _, err := report.Load(sample.Files(), zone)
	must(t, err)
	sealer, err := auth.NewSealer(bytes.Repeat([]byte{1}, 32))
	must(t, err)
	log := slog.New(slog.DiscardHandler)
	h.intake, err = intake.New(intake.Config{
		Store: h.store, Rules: rules, Atlas: atlas, Division: "vn-2022", Sealer: sealer, Origin: report.Simulated,
		Location: zone, Now: time.Now, Wake: func() {}, Log: log,
	})
	must(t, err)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = h.intake.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })
	h.teller = telltest.New(t, h.store, atlas.Tree, time.Now)

	frame := door.New(door.Config{Log: log, Now: time.Now})
	app := fiber.New(frame.AppConfig())
	frame.Install(app)
	licence, err := opendata.ParseLicence("")
	must(t, err)
	c := opendata.Config{
		Frame: frame, Projection: projection{reader, &h.broken}, Atlas: atlas, Rules: rules, Location: zone, Log: log,
		Now:      func() time.Time { return time.Now().Add(time.Duration(h.ahead.Load())) },
		Division: "vn-2022", Title: "Trung tâm Giám sát, điều hành thông minh", Licence: licence,
	}
	for _, f := range change {
		f(&c)
	}
	h.door, err = opendata.New(c)
	must(t, err)
	h.door.Routes(app)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	ended := make(chan struct{})
	go func() { defer close(ended); _ = app.Listener(listener) }()
	t.Cleanup(func() { _ = app.ShutdownWithTimeout(5 * time.Second); <-ended })
	h.base = "http://" + listener.Addr().String()
	return h
}

// tell lets everything leave that was done before, and the door read it.
func (h *house) tell() {
	h.t.Helper()
	h.teller.Leave()
	h.door.Look(h.t.Context())
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

type answer struct {
	status int
	header http.Header
	body   string
}

func (h *house) get(path string, header ...string) answer { return h.do("GET", path, header...) }

// do asks under /api/open/v1/; headers are names and values in turn.
func (h *house) do(method, path string, header ...string) answer {
	h.t.Helper()
	if !strings.HasPrefix(path, "/") {
		path = "/api/open/v1/" + path
	}
	req, err := http.NewRequest(method, h.base+path, nil)
	must(h.t, err)
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	must(h.t, err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	must(h.t, err)
	return answer{res.StatusCode, res.Header, string(raw)}
}

// list is an answer in JSON or GeoJSON.
type list struct {
	Type                       string
	Old                        bool
	Origin, Notice, OldNotice  string
	AsOf                       time.Time `json:"as_of"`
	Total                      int
	Next                       string
	Licence                    opendata.Licence
	Items                      []map[string]any
	Features                   []feature
	Attribution, Dataset, Note string
}

type feature struct {
	Type     string
	Geometry *struct {
		Type        string
		Coordinates json.RawMessage
	}
	Properties map[string]any
}

func (h *house) list(path string) list {
	h.t.Helper()
	a := h.get(path)
	if a.status != 200 {
		h.t.Fatalf("%s: status %d: %s", path, a.status, a.body)
	}
	var l list
	must(h.t, json.Unmarshal([]byte(a.body), &l))
	return l
}

// report takes a report in; its place is in a commune of Gia Nghĩa.
func (h *house) report(category string) string {
	h.t.Helper()
	raw, _, err := h.intake.AcceptReport(h.t.Context(), intake.Submission{
		Draft: report.Draft{Category: category, Description: "Lời kể riêng", Location: report.Point{Lat: 12.007, Lon: 107.696}, Source: report.FromAPI},
	})
	must(h.t, err)
	_, rest, _ := strings.Cut(string(raw), `"code":"`)
	return rest[:9]
}

func (h *house) act(code string, acts ...report.Act) {
	h.t.Helper()
	for _, act := range acts {
		act.Actor = "test"
		_, err := h.intake.Act(h.t.Context(), code, act)
		must(h.t, err)
	}
}

// publish sends a report through its whole life to a published result, and returns its code.
func (h *house) publish(text string) string {
	h.t.Helper()
	code := h.report("MT")
	h.act(code, report.Act{Name: report.Accept}, report.Act{Name: report.Assign, Unit: "so-tnmt"},
		report.Act{Name: report.Resolve, Text: "nội bộ"}, report.Act{Name: report.Publish, Text: text})
	return code
}

// furnish puts something into every dataset.
func (h *house) furnish() {
	h.t.Helper()
	_, err := h.db.Owner.Exec(h.t.Context(), `
		insert into sensor (code, name, kind, unit, lat, lon, stale_after, division, area, path, origin, standing, levels)
			select code, '=cmd ' || code, 'river', 'm', 12.05, 107.69, '1h', 'vn-2022', '24611', '{67,660,24611}', origin, standing,
				'[{"At":1,"State":"attention","Label":"BĐ1","Source":"05/2020/QĐ-TTg"},{"At":2,"State":"warning","Label":"Riêng","Source":""}]'
			from (values ('song-1', 'simulated', 'active'), ('dien-tap', 'drill', 'active'), ('de-xuat', 'simulated', 'proposed')) x (code, origin, standing);
		insert into reading_latest (sensor_id, value, ts) select id, -1.5, now() from sensor where code = 'song-1'`)
	must(h.t, err)
}

// furnishCells tells of two weeks of received reports, as a batch would, and lets the door read it.
func (h *house) furnishCells() {
	h.t.Helper()
	_, err := h.db.Owner.Exec(h.t.Context(), `insert into public_cell (division, area, category, from_date, until_date, rest, value)
			values ('vn-2022', '24611', 'MT', '2026-01-05', '2026-01-11', false, 7), ('vn-2022', '67', '', '2026-01-05', '2026-02-15', true, 5)`)
	must(h.t, err)
	h.door.Look(h.t.Context())
}

// warn has a warning in force, of a status of CAP.
func (h *house) warn(status string) {
	h.t.Helper()
	_, err := h.db.Owner.Exec(h.t.Context(), `
		insert into warning (created_at, changed_at, version, id, stage, msg_type, origin, division, path, writers, chain, draft)
		values (now(), now(), 1, gen_random_uuid(), 'published', 'Alert', 'simulated', 'vn-2022', '{67}', '{}', '{}', '{}')`)
	must(h.t, err)
	_, err = h.db.Owner.Exec(h.t.Context(), `
		insert into public_warning (id, sent_at, expires_at, msg_type, status, origin, title, summary, shown, body)
		select id, now(), now() + '1 hour'::interval, 'Alert', $1, origin, 'x', 'x',
			json_build_object('id', id, 'headline', 'Lũ trên sông', 'event', 'Lũ', 'severity', 'Severe', 'areas', '["24611"]'::json, 'status', $1::text,
				'effective', now(), 'expires', now() + '1 hour'::interval), 'x' from warning`, status)
	must(h.t, err)
}

// record puts a published result into the projection.
func (h *house) record(code, origin string) {
	h.t.Helper()
	_, err := h.db.Owner.Exec(h.t.Context(), `
		insert into public_record (received_hour, changed_at, published_at, version, is_open, code, category, division, area, path, status, origin, text)
		values (date_trunc('hour', now()), now(), date_trunc('hour', now()), 1, false, $1, 'MT', 'vn-2022', '24611', '{67,660,24611}', 'cong_khai', $2, 'Đã dọn')`,
		code, origin)
	must(h.t, err)
}
