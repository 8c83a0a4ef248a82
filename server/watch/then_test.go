package watch

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"toancanh/schema"
	"toancanh/schema/sample"
	"toancanh/server/area"
	"toancanh/server/auth"
	"toancanh/server/embedded/testpg"
	"toancanh/server/intake"
	"toancanh/server/report"
	"toancanh/server/sensor"
	"toancanh/server/store"
	"toancanh/server/storm"
)

// town is a province whose clock the test sets, lived in and watched as in life.
type town struct {
	t      *testing.T
	db     testpg.DB
	clock  atomic.Int64
	dice   *rand.Rand
	store  *store.Store
	intake *intake.Intake
	watch  *Watch
	open   []report.Report
	shown  map[string]schema.Level // by topic and key, the newest
}

func (c *town) now() time.Time { return time.UnixMicro(c.clock.Load()).UTC() }

func newTown(t *testing.T, begin time.Time) *town {
	t.Helper()
	c := &town{t: t, db: testpg.New(t), dice: rand.New(rand.NewPCG(3, 5)), shown: map[string]schema.Level{}}
	c.clock.Store(begin.UnixMicro())
	zone, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	c.must(err)
	c.store, err = store.Open(t.Context(), c.db.DSN("toancanh_app"), store.Sizes{Write: 3, Read: 3})
	c.must(err)
	t.Cleanup(c.store.Close)
	atlas, err := area.Sample()
	c.must(err)
	rules, units, err := report.Load(sample.Files(), zone)
	c.must(err)
	sealer, err := auth.NewSealer(bytes.Repeat([]byte{1}, 32))
	c.must(err)
	log := slog.New(slog.DiscardHandler)
	c.intake, err = intake.New(intake.Config{
		Store: c.store, Rules: rules, Atlas: atlas, Division: "vn-2022", Sealer: sealer, Origin: report.Simulated,
		Location: zone, Units: units, Now: c.now, Wake: func() {}, Log: log,
	})
	c.must(err)
	c.watch = New(Config{
		Store: c.store, Actor: c.intake, Atlas: atlas, Rules: rules, Division: "vn-2022", Origin: report.Simulated,
		Location: zone, Keep: store.Retention{Readings: 400 * 24 * time.Hour, Events: 48 * time.Hour}, Now: c.now, Log: log,
	})
	c.watch.sources = newSources(c.watch)
	c.watch.reload = true
	c.watch.announce = func(levels []schema.Level) {
		for _, l := range levels {
			c.shown[l.Topic+" "+l.Key] = l
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = c.intake.Run(ctx) })
	t.Cleanup(func() { stop(); running.Wait() })
	return c
}

// withdrawn are the reports that are withdrawn today.
func (c *town) withdrawn() map[string]bool {
	rows, err := c.db.Owner.Query(c.t.Context(), "select id::text from report where withdrawn_at is not null")
	c.must(err)
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	c.must(err)
	all := map[string]bool{}
	for _, id := range ids {
		all[id] = true
	}
	return all
}

// withoutWithdrawn takes what a wall must not be told any more out of what it was told.
func withoutWithdrawn(levels map[string]any, withdrawn map[string]bool) {
	changed, ok := levels[storm.KeyChanged].(map[string]any)
	if !ok {
		return
	}
	items, _ := changed["items"].([]any)
	changed["items"] = slices.DeleteFunc(items, func(item any) bool {
		id, _ := item.(map[string]any)["id"].(string)
		return withdrawn[id]
	})
}

func (c *town) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c *town) sensors() {
	c.must(c.intake.RegisterSensors(c.t.Context(), []sensor.Sensor{
		{Code: "mua-1", Name: "Mưa 1", Kind: "rain", Unit: "mm", Lat: 12.0, Lon: 107.69, StaleAfter: 30 * time.Minute},
		{Code: "mua-2", Name: "Mưa 2", Kind: "rain", Unit: "mm", Lat: 12.2, Lon: 107.7, StaleAfter: 30 * time.Minute},
		{Code: "song-1", Name: "Sông 1", Kind: "river", Unit: "m", Lat: 12.1, Lon: 107.8, StaleAfter: time.Hour, Levels: []sensor.Level{{At: 5, State: sensor.Warning, Label: "BĐ2", Source: "mẫu"}}},
	}))
	_, err := c.db.Owner.Exec(c.t.Context(), "update sensor set created_at = created_at - interval '100 days'")
	c.must(err)
}

// pass lets time go by, looking at the board a little before and at each full half hour.
func (c *town) pass(to time.Time) {
	for _, at := range []time.Time{trendInstant(to).Add(-time.Second), trendInstant(to), to} {
		if at.After(c.now()) {
			c.clock.Store(at.UnixMicro())
			c.watch.step(c.t.Context(), true)
		}
	}
}

// live lets one thing happen.
func (c *town) live() {
	ctx := c.t.Context()
	switch n := c.dice.IntN(10); {
	case n < 3 || len(c.open) == 0:
		at := report.Point{Lat: 11.9 + 0.4*c.dice.Float64(), Lon: 107.5 + 0.3*c.dice.Float64()}
		codes := []string{"MT", "XD", "AN"}
		raw, _, err := c.intake.AcceptReport(ctx, intake.Submission{Draft: report.Draft{
			Category: codes[c.dice.IntN(3)], Description: "Rác", Location: at, Source: report.FromAPI, Emergency: c.dice.IntN(6) == 0,
		}})
		if err != nil {
			return // outside the province
		}
		var receipt intake.Receipt
		c.must(json.Unmarshal(raw, &receipt))
		r, err := c.store.Report(ctx, receipt.ID)
		c.must(err)
		c.open = append(c.open, r)
		c.tell(r.ID)
	case n < 5:
		items := []sensor.Item{{Reading: sensor.Reading{
			Sensor: []string{"mua-1", "mua-2", "song-1"}[c.dice.IntN(3)], At: c.now(), Value: float64(c.dice.IntN(90)) / 10,
		}}}
		_, _, err := c.intake.AcceptReadings(ctx, items, sensor.Ordinary, "")
		c.must(err)
	default:
		i := c.dice.IntN(len(c.open))
		acts := slices.DeleteFunc(report.Allowed(c.open[i]), func(a report.ActName) bool {
			return a == report.Withdraw && c.dice.IntN(20) > 0
		})
		if len(acts) == 0 {
			c.open = slices.Delete(c.open, i, i+1)
			return
		}
		until := c.now().Add(90 * 24 * time.Hour)
		act := report.Act{
			Name: acts[c.dice.IntN(len(acts))], Actor: "x", Reason: "lý do", Text: "nội dung", Parent: "AAAA-BBBB",
			Unit: fmt.Sprintf("so-%d", c.dice.IntN(1000)), Until: &until,
		}
		if others := slices.DeleteFunc(report.Levels(), func(l report.Level) bool { return l == c.open[i].Level }); act.Name == report.Escalate {
			act.Level = others[c.dice.IntN(len(others))]
		}
		if act.Name == report.ConfirmPlace {
			communes := c.watch.Atlas.Tree.Children("vn-2022", "660")
			place, err := c.intake.PlaceAt(communes[c.dice.IntN(len(communes))].Code)
			c.must(err)
			act.Place = place
		}
		r, err := c.intake.Act(ctx, c.open[i].ID, act)
		c.must(err)
		c.open[i] = r
		c.tell(r.ID)
	}
}

func (c *town) tell(id string) {
	c.watch.Stamped([]schema.Announced{{Topic: c.watch.rootTopic(), Kind: schema.KindReport, ID: id}})
}

// told is what the walls of every area are shown at present, by area and key.
func (c *town) told() map[string]map[string]any {
	all := map[string]map[string]any{}
	for _, l := range c.shown {
		topic, err := schema.ParseTopic(l.Topic)
		c.must(err)
		if topic.Audience == schema.Wall {
			put(c.t, all, topic.Area(), l.LevelItem)
		}
	}
	return all
}

func put(t *testing.T, all map[string]map[string]any, code string, item schema.LevelItem) {
	t.Helper()
	if all[code] == nil {
		all[code] = map[string]any{}
	}
	var data any
	if err := json.Unmarshal(item.Data, &data); err != nil {
		t.Fatal(err)
	}
	all[code][item.Key] = data
}

func TestThePastIsWhatTheBoardSaidThen(t *testing.T) {
	t.Parallel()
	const length, things = 50 * time.Hour, 400
	c := newTown(t, time.Now().Add(-length-10*time.Hour).Truncate(time.Hour).Add(7*time.Minute))
	c.sensors()
	c.history(150)
	c.watch.step(t.Context(), true)
	begin := c.now()
	said := map[time.Time]map[string]map[string]any{}
	for i := range things {
		c.clock.Add(1000) // what happens now was not yet said
		c.live()
		c.pass(c.now().Add(time.Duration(1 + c.dice.Int64N(int64(2*length/things)))))
		if i%80 == 79 {
			said[c.now()] = c.told()
		}
	}
	if c.now().Sub(begin) < 30*time.Hour {
		t.Fatalf("only %s have passed", c.now().Sub(begin))
	}
	withdrawn := c.withdrawn()
	for at, want := range said {
		then, err := ReadThen(t.Context(), c.watch.Config, c.store, append(TrendInstants(at), at))
		c.must(err)
		got := map[string]map[string]any{}
		for _, instant := range TrendInstants(at) {
			then.Go(t.Context(), instant)
			for code := range want {
				then.KeepTrend(code)
			}
		}
		then.Go(t.Context(), at)
		c.must(then.ReadScene(t.Context(), c.store))
		for code := range want {
			items, err := then.Levels(t.Context(), code)
			c.must(err)
			for _, item := range items {
				put(t, got, code, item)
			}
		}
		for code := range want {
			delete(got[code], "kpi/trend")
			delete(want[code], "kpi/trend")
			withoutWithdrawn(want[code], withdrawn)
			delete(want[code], "map/boundaries") // the past is drawn on the map of today
			if diff := cmp.Diff(want[code], got[code]); diff != "" {
				t.Errorf("area %s at %s (-said then +from the past):\n%s", code, at, diff)
				break
			}
		}
	}
	t.Run("the trend kept forward is the one counted from the facts", func(t *testing.T) {
		want, err := c.watch.countTrend(t.Context(), c.now())
		c.must(err)
		if len(c.watch.trend.rows) != len(want) {
			t.Fatalf("%d rows were kept, %d counted", len(c.watch.trend.rows), len(want))
		}
		for i, row := range c.watch.trend.rows {
			if diff := cmp.Diff(want[i].points, row.points, cmp.AllowUnexported(trendPoint{})); diff != "" || !row.at.Equal(want[i].at) {
				t.Fatalf("at %s, kept at %s (-counted +kept):\n%s", want[i].at, row.at, diff)
			}
		}
	})
}

// history loads what happened in the 35 days before.
func (c *town) history(n int) {
	var list []intake.PastReport
	for range n {
		at := c.now().Add(-time.Duration(c.dice.Int64N(int64(35 * 24 * time.Hour))))
		p := intake.PastReport{ReceivedAt: at, Draft: report.Draft{
			Category: "MT", Description: "Rác", Location: report.Point{Lat: 11.9 + 0.4*c.dice.Float64(), Lon: 107.5 + 0.3*c.dice.Float64()}, Source: report.FromHistory,
		}}
		for _, act := range []report.Act{
			{Name: report.Accept}, {Name: report.Assign, Unit: "so-xd"}, {Name: report.Start}, {Name: report.Resolve, Text: "Xong"}, {Name: report.Publish, Text: "Xong"},
		} {
			at = at.Add(time.Duration(c.dice.Int64N(int64(30 * time.Hour))))
			if !at.Before(c.now()) || c.dice.IntN(8) == 0 {
				break
			}
			act.Actor = "x"
			p.Acts = append(p.Acts, intake.PastAct{Act: act, At: at})
		}
		list = append(list, p)
	}
	taken := 0
	_, _, err := c.intake.AcceptHistory(c.t.Context(), intake.PastBody{Reports: list, Answer: func(n int, _ error) (json.RawMessage, error) {
		taken = n // some lie outside the province
		return nil, nil
	}})
	c.must(err)
	if taken < n/3 {
		c.t.Fatalf("%d reports of the past were taken", taken)
	}
}
