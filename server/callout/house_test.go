package callout_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"toancanh/server/alarm"
	"toancanh/server/auth"
	"toancanh/server/callout"
	"toancanh/server/callout/calltest"
	"toancanh/server/duty"
	"toancanh/server/embedded/testpg"
	"toancanh/server/hook"
	"toancanh/server/mail"
	"toancanh/server/mail/mailtest"
	"toancanh/server/store"
)

func TestMain(m *testing.M) { testpg.Main(m) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// house is a desk with a database of its own, the far ends of its channels, and a clock we hold.
type house struct {
	t       *testing.T
	db      testpg.DB
	store   *store.Store
	sql     *pgx.Conn
	desk    *callout.Desk
	config  callout.Config
	push    *calltest.PushService
	gateway *calltest.Gateway
	office  *mailtest.Office
	log     *bytes.Buffer
	now     time.Time
	notes   []string // what alarms were told
}

const home = "https://ioc.example"

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{
		t: t, db: testpg.New(t), push: calltest.NewPushService(t), office: mailtest.New(t),
		log: &bytes.Buffer{}, now: time.Now().UTC().Truncate(time.Microsecond),
	}
	h.gateway = calltest.NewGateway(t, func() time.Time { return h.now })
	var err error
	h.store, err = store.Open(t.Context(), h.db.DSN(testpg.App), store.Sizes{Write: 4, Read: 2})
	must(t, err)
	t.Cleanup(h.store.Close)
	h.sql, err = pgx.Connect(t.Context(), h.db.DSN(testpg.App))
	must(t, err)
	t.Cleanup(func() { _ = h.sql.Close(context.Background()) })
	sealer, err := auth.NewSealer(bytes.Repeat([]byte{1}, 32))
	must(t, err)
	here, err := hook.ParseNetworks([]string{"127.0.0.1"})
	must(t, err)
	push, err := callout.OpenPush(filepath.Join(t.TempDir(), "push.key"), []string{"127.0.0.1"}, "mailto:truc@example.vn")
	must(t, err)
	post, err := mail.NewPost(h.office.Address, "Trung tâm <trung-tam@example.vn>")
	must(t, err)
	zone, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	must(t, err)
	h.config = callout.Config{
		Store: h.store, Sealer: sealer, Client: hook.NewClient(here), Push: push, Post: post,
		SMS: callout.SMS{URL: h.gateway.URL(), Secret: h.gateway.Secret}, Home: home, Centre: "Trung tâm",
		Place: func(_, area string) string { return "Xã " + area },
		Note: func(ctx context.Context, id string, c alarm.Callout) error {
			h.notes = append(h.notes, strings.TrimSpace(fmt.Sprintf("%s %d %s %s %s", c.State, c.Step, c.To, c.Channel, c.Result)))
			return h.store.NoteCallout(ctx, id, c)
		},
		Ops: "ops/vn-2022/67", Wall: "wall/vn-2022/67", Location: zone, Now: func() time.Time { return h.now },
		Log: slog.New(slog.NewJSONHandler(h.log, nil)),
	}
	h.open()
	h.do(`insert into alarm_type (code, version) values ('river_bd2', 1)`)
	h.do(`insert into alarm_type_version (at, response_time, version, enabled, sample, code, label, source, priority, cause, consequence, response, owner, call_list, condition, by, why)
		values (now(), '10 min', 1, true, true, 'river_bd2', 'Mực nước vượt BĐ2', 'sensor', 'high', '', '', '', 'so-xd', '{truc_ban,truong_ca,lanh_dao_truc}', '{}', '', '')`)
	return h
}

// open makes a desk as a process that starts does.
func (h *house) open() {
	h.t.Helper()
	var err error
	h.desk, err = callout.New(h.config)
	must(h.t, err)
}

func (h *house) do(sql string, args ...any) {
	h.t.Helper()
	_, err := h.sql.Exec(h.t.Context(), sql, args...)
	must(h.t, err)
}

// person makes somebody on duty at a position for a day.
func (h *house) person(name string, position duty.Position) string {
	h.t.Helper()
	id := uuid.NewString()
	h.do(`insert into person (id, login, name, roles) values ($1, $2, $2, '{can_bo_truc}')`, id, name)
	if position != "" {
		h.duty(duty.Shift{Post: duty.Post{Position: position}, Person: id})
	}
	return id
}

func (h *house) duty(s duty.Shift) {
	h.t.Helper()
	s.ID, s.Name, s.From, s.Until = uuid.NewString(), "Ca 1", h.now.Add(-time.Hour), h.now.Add(23*time.Hour)
	must(h.t, h.store.AddShift(h.t.Context(), s, "person:x"))
}

func (h *house) browser(person string) *calltest.Browser {
	h.t.Helper()
	b := h.push.Subscribe()
	_, err := h.desk.KeepBrowser(h.t.Context(), person, callout.Browser{Endpoint: b.Endpoint, Key: b.Key, Auth: b.Auth, Device: "Chrome"})
	must(h.t, err)
	return b
}

func (h *house) address(person string, channel duty.Channel, to string) {
	h.t.Helper()
	_, err := h.desk.KeepAddress(h.t.Context(), person, channel, to)
	must(h.t, err)
}

// raise makes an alarm that is known now.
func (h *house) raise(priority alarm.Priority) string {
	h.t.Helper()
	id := uuid.NewString()
	h.do(`insert into alarm (id, raised_at, known_at, changed_at, lat, lon, version, type_version, type, origin, source, target, name, priority, state, division, area, path)
		values ($1, $2, $2, $2, 12, 107, 1, 1, 'river_bd2', 'real', 'sensor', $4, 'Trạm Đắk Nông', $3, 'unacked', 'vn-2022', '24611', '{67,660,24611}')`, id, h.now, priority, id)
	return id
}

func (h *house) turn() {
	h.t.Helper()
	must(h.t, h.desk.Turn(h.t.Context()))
}

// pass lets the clock go on second by second, with a turn in each.
func (h *house) pass(d time.Duration) {
	h.t.Helper()
	for end := h.now.Add(d); h.now.Before(end); {
		h.now = h.now.Add(time.Second)
		h.turn()
	}
}

// calls are the calls for an alarm: "+seconds person channel result reason".
func (h *house) calls(id string, since time.Time) string {
	h.t.Helper()
	list, err := h.store.Calls(h.t.Context(), id)
	must(h.t, err)
	var lines []string
	for _, c := range list {
		lines = append(lines, strings.Join(strings.Fields(fmt.Sprintf("%ds %s %s %s %s", int(c.MadeAt.Sub(since).Seconds()), c.Name, c.Channel, c.Result, c.Reason)), " "))
	}
	return strings.Join(lines, "; ")
}
