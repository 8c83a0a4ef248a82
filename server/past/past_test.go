package past_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"toancanh/schema"
	"toancanh/schema/sample"
	"toancanh/server/area"
	"toancanh/server/embedded/testpg"
	"toancanh/server/fault"
	"toancanh/server/past"
	"toancanh/server/report"
	"toancanh/server/sensor"
	"toancanh/server/store"
	"toancanh/server/view"
	"toancanh/server/watch"
)

func TestMain(m *testing.M) { testpg.Main(m) }

// slow is a store whose first question waits until it is let go.
type slow struct {
	past.Store
	asked chan struct{}
	let   chan struct{}
}

func (s slow) PastFacts(ctx context.Context, _ string, _, _ time.Time) (store.PastFacts, error) {
	s.asked <- struct{}{}
	select {
	case <-s.let:
		return store.PastFacts{}, fault.Unavailable("xong")
	case <-ctx.Done():
		return store.PastFacts{}, ctx.Err()
	}
}

func settings(tb testing.TB, now func() time.Time) watch.Config {
	tb.Helper()
	zone, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	must(tb, err)
	atlas, err := area.Sample()
	must(tb, err)
	rules, _, err := report.Load(sample.Files(), zone)
	must(tb, err)
	return watch.Config{
		Atlas: atlas, Rules: rules, Division: "vn-2022", Origin: report.Simulated, Location: zone,
		Keep: store.Retention{Readings: 400 * 24 * time.Hour}, Now: now, Log: slog.New(slog.DiscardHandler),
	}
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

func wall() schema.Topic {
	return schema.Topic{Audience: schema.Wall, Division: "vn-2022", Path: []string{"67"}}
}

func TestTwoLookBackAtOnceAFewWaitAndTheRestAreSentAway(t *testing.T) {
	t.Parallel()
	s := slow{asked: make(chan struct{}, 100), let: make(chan struct{})}
	desk := past.New(past.Config{Store: s, Watch: settings(t, time.Now)})
	ctx, cancel := context.WithCancel(t.Context())
	answers := make(chan error, 40)
	var running sync.WaitGroup
	look := func(callers int) {
		for range callers {
			running.Go(func() {
				_, err := desk.At(ctx, wall(), time.Now().Add(-time.Hour))
				answers <- err
			})
		}
	}
	look(2)
	for range 2 {
		<-s.asked
	}
	look(28) // eight wait, the others are refused at once
	for range 20 {
		if err := <-answers; !fault.Is(err, fault.KindUnavailable) || fault.Items(err)[0].Reason != "busy" {
			t.Fatalf("a caller too many is told %v", err)
		}
	}
	if n := len(s.asked); n != 0 {
		t.Errorf("%d more than two ask the store at once", n)
	}
	close(s.let)
	for range 10 {
		if err := <-answers; fault.Message(err) != "xong" {
			t.Errorf("who waited is told %v", err)
		}
	}
	cancel()
	running.Wait()
}

// BenchmarkPast looks back in a province of 50,000 reports and 43 sensors over 90 days: the picture of an instant, and
// pages of what happened.
func BenchmarkPast(b *testing.B) {
	const reports, days = 50_000, 90
	db := testpg.New(b)
	s, err := store.Open(b.Context(), db.DSN("toancanh_app"), store.Sizes{Write: 4, Read: 4})
	must(b, err)
	b.Cleanup(s.Close)
	c := settings(b, time.Now)
	now := time.Now().UTC().Truncate(time.Second)
	populate(b, s, c, now, reports)
	measure(b, db, s, now)
	desk := past.New(past.Config{Store: s, Watch: c, Lens: view.NewLens(c.Location, nil)})
	for _, ago := range []int{1, 45, 85} {
		at := now.Add(-time.Duration(ago) * 24 * time.Hour)
		b.Run(fmt.Sprintf("picture-%dd-ago", ago), func(b *testing.B) {
			for b.Loop() {
				p, err := desk.At(b.Context(), wall(), at)
				must(b, err)
				b.ReportMetric(float64(len(p.Data)), "B/snapshot")
			}
		})
		for _, span := range []time.Duration{10 * time.Minute, 6 * time.Hour} {
			b.Run(fmt.Sprintf("page-%s-%dd-ago", span, ago), func(b *testing.B) {
				for b.Loop() {
					p, err := desk.Changes(b.Context(), wall(), at, at.Add(span))
					must(b, err)
					raw, err := json.Marshal(p)
					must(b, err)
					b.ReportMetric(float64(len(raw)), "B/page")
					b.ReportMetric(p.To.Sub(p.From).Hours(), "h/page")
				}
			})
		}
	}
}

// populate stores reports of 90 days with what became of them.
func populate(b *testing.B, s *store.Store, c watch.Config, now time.Time, reports int) {
	b.Helper()
	dice := rand.New(rand.NewPCG(1, 2))
	districts := c.Atlas.Tree.Children(c.Division, "67")
	var list []store.Past
	for i := range reports {
		communes := c.Atlas.Tree.Children(c.Division, districts[dice.IntN(len(districts))].Code)
		code := communes[dice.IntN(len(communes))].Code
		at := now.Add(-time.Duration(dice.Int64N(int64(90 * 24 * time.Hour))))
		r, entry, err := c.Rules.New(report.Draft{
			Category: []string{"MT", "XD", "AN"}[i%3], Description: "Rác thải chất đống bên đường trước cổng chợ, bốc mùi đã nhiều ngày chưa ai dọn",
			Location: report.Point{Lat: 12, Lon: 107.7}, Source: report.FromHistory, Origin: report.Simulated,
		}, report.Birth{
			ID: fmt.Sprintf("00000000-0000-7000-8000-%012d", i), Code: fmt.Sprintf("K%07d", i), At: at,
			Placed: report.Placed{Division: c.Division, Area: code, Path: c.Atlas.Tree.Path(c.Division, code)},
		})
		must(b, err)
		p := store.Past{Report: r, Entries: []report.Entry{entry}}
		for _, act := range []report.Act{
			{Name: report.Accept},
			{Name: report.Assign, Unit: "so-xd"},
			{Name: report.Start},
			{Name: report.Resolve, Text: "Xong"},
			{Name: report.Publish, Text: "Xong"},
			{Name: report.Complete},
		} {
			wait := 36 * time.Hour
			if act.Name == report.Complete {
				wait = 30 * 24 * time.Hour
			}
			if at = at.Add(time.Duration(dice.Int64N(int64(wait)))); at.After(now) || dice.IntN(50) == 0 {
				break
			}
			p.Report, entry, err = c.Rules.Apply(p.Report, act, at)
			must(b, err)
			p.Entries = append(p.Entries, entry)
		}
		if list = append(list, p); len(list) == 500 || i+1 == reports {
			_, err := s.AcceptHistory(b.Context(), store.PastBody{List: list, At: now, Location: c.Location})
			must(b, err)
			list = nil
		}
	}
}

// measure stores what 43 sensors said every five minutes of 90 days.
func measure(b *testing.B, db testpg.DB, s *store.Store, now time.Time) {
	b.Helper()
	var sensors []sensor.Sensor
	for i := range 43 {
		kind := []string{"rain", "river", "temperature"}[i%3]
		sensors = append(sensors, sensor.Sensor{
			Code: fmt.Sprintf("%s-%d", kind, i), Name: kind, Kind: kind, Unit: "mm", Lat: 12, Lon: 107.7, StaleAfter: 30 * time.Minute,
			Division: "vn-2022", Area: "24611", Path: []string{"67", "660", "24611"}, Origin: "simulated",
		})
	}
	must(b, s.RegisterSensors(b.Context(), sensors))
	must(b, s.KeepReadingDays(b.Context(), now.Add(-91*24*time.Hour), now))
	_, err := db.Owner.Exec(b.Context(), `insert into reading (ts, value, sensor_id, origin)
		select t, random() * 20, s.id, 1 from generate_series($1::timestamptz - interval '90 days', $1::timestamptz, interval '5 minutes') t, sensor s`, now)
	must(b, err)
	_, err = db.Owner.Exec(b.Context(), "analyze")
	must(b, err)
}
