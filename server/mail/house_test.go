package mail_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"regexp"
	"sync"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/prometheus/client_golang/prometheus"

	"toancanh/schema/sample"
	"toancanh/server/area"
	"toancanh/server/auth"
	"toancanh/server/embedded/testpg"
	"toancanh/server/intake"
	"toancanh/server/mail"
	"toancanh/server/mail/mailtest"
	"toancanh/server/report"
	"toancanh/server/store"
)

func TestMain(m *testing.M) { testpg.Main(m) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// room is a desk with a database of its own, a real intake beside it, and a clock we hold.
type room struct {
	t       *testing.T
	db      testpg.DB
	store   *store.Store
	intake  *intake.Intake
	desk    *mail.Desk
	metrics *prometheus.Registry
	log     *bytes.Buffer
	now     time.Time
	report  struct{ ID, Code string }
}

const home = "https://phananh.example"

func newRoom(t *testing.T, address string, change ...func(*mail.Config)) *room {
	t.Helper()
	r := &room{t: t, db: testpg.New(t), metrics: prometheus.NewRegistry(), log: &bytes.Buffer{}, now: time.Now()}
	zone, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	must(t, err)
	r.store, err = store.Open(t.Context(), r.db.DSN(testpg.App), store.Sizes{Write: 2, Read: 2})
	must(t, err)
	t.Cleanup(r.store.Close)
	_, err = r.store.Born(t.Context(), "simulated")
	must(t, err)
	atlas, err := sampleAtlas()
	must(t, err)
	rules, _, err := report.Load(sample.Files(), zone)
	must(t, err)
	sealer, err := auth.NewSealer(bytes.Repeat([]byte{1}, 32))
	must(t, err)
	r.intake, err = intake.New(intake.Config{
		Store: r.store, Rules: rules, Atlas: atlas, Division: "vn-2022", Sealer: sealer, Origin: report.Simulated,
		Location: zone, Now: time.Now, Wake: func() {}, Log: slog.New(slog.DiscardHandler),
	})
	must(t, err)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = r.intake.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })
	c := mail.Config{
		Store: r.store, Sealer: sealer, Home: home, Centre: "Trung tâm", Now: func() time.Time { return r.now },
		Log: slog.New(slog.NewJSONHandler(r.log, nil)), Metrics: r.metrics,
	}
	c.Post, err = mail.NewPostWithin(address, "Trung tâm <trung-tam@example.vn>", 2*time.Second)
	must(t, err)
	for _, f := range change {
		f(&c)
	}
	r.desk, err = mail.New(c)
	must(t, err)
	raw, _, err := r.intake.AcceptReport(t.Context(), intake.Submission{
		Draft:   report.Draft{Category: "MT", Description: "Canary kể riêng", Location: report.Point{Lat: 12.007, Lon: 107.696}, Source: report.FromForm},
		Contact: report.Contact{Phone: "0905 111 222"},
	})
	must(t, err)
	must(t, json.Unmarshal(raw, &r.report))
	return r
}

// sampleAtlas is drawn once; it does not change.
var sampleAtlas = sync.OnceValues(area.Sample)

func (r *room) deliver() {
	r.t.Helper()
	must(r.t, r.desk.Deliver(r.t.Context()))
}

func (r *room) act(acts ...report.Act) {
	r.t.Helper()
	for _, a := range acts {
		_, err := r.intake.Act(r.t.Context(), r.report.ID, a)
		must(r.t, err)
	}
}

// follow adds an address, and returns the token of its links.
func (r *room) follow(o *mailtest.Office, address string) string {
	r.t.Helper()
	must(r.t, r.desk.Follow(r.t.Context(), r.report.ID, address, false))
	r.deliver()
	mails := o.Taken()
	return token(r.t, mails[len(mails)-1])
}

// confirmed adds an address that has confirmed.
func (r *room) confirmed(o *mailtest.Office, address string) string {
	r.t.Helper()
	link := r.follow(o, address)
	must(r.t, r.desk.Confirm(r.t.Context(), link))
	return link
}

func token(t *testing.T, m mailtest.Mail) string {
	t.Helper()
	found := regexp.MustCompile(home + `/thu/[a-z-]+\?ma=([A-Za-z0-9_-]{43})`).FindStringSubmatch(m.Body)
	if found == nil {
		t.Fatalf("no link in %q", m.Body)
	}
	return found[1]
}

// count is how often mails came to an outcome.
func (r *room) count(outcome string) int {
	r.t.Helper()
	families, err := r.metrics.Gather()
	must(r.t, err)
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == "toancanh_mails_total" && m.GetLabel()[0].GetValue() == outcome {
				return int(m.GetCounter().GetValue())
			}
		}
	}
	return 0
}

func (r *room) waiting() int {
	r.t.Helper()
	n, err := r.store.MailsWaiting(r.t.Context())
	must(r.t, err)
	return n
}
