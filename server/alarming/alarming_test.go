package alarming_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"toancanh/schema"
	"toancanh/schema/sample"
	"toancanh/server/alarm"
	"toancanh/server/alarming"
	"toancanh/server/area"
	"toancanh/server/auth"
	"toancanh/server/embedded/testpg"
	"toancanh/server/gateway"
	"toancanh/server/intake"
	"toancanh/server/report"
	"toancanh/server/sensor"
	"toancanh/server/store"
)

func TestMain(m *testing.M) { testpg.Main(m) }

const division = "vn-2022"

// clock is a time that only the test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// faulty is a store of which some steps of judging fail, before they are kept or after: then nobody can know.
type faulty struct {
	*store.Store
	mu   sync.Mutex
	dice *rand.Rand // nil: nothing fails
	kept int        // steps kept
	most int        // alarms of the largest
	beat int        // seconds that were judged
}

// Gateways is asked once in each second that is judged.
func (f *faulty) Gateways(ctx context.Context) (map[string]gateway.Gateway, error) {
	list, err := f.Store.Gateways(ctx)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.beat++
	return list, err
}

func (f *faulty) beats() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.beat
}

var errCut = errors.New("the connection was cut")

func (f *faulty) roll() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.dice == nil {
		return -1
	}
	return f.dice.IntN(4)
}

func (f *faulty) JudgeAlarms(ctx context.Context, d store.AlarmDeed) ([]store.Alarm, error) {
	fate := f.roll()
	if fate == 0 {
		return nil, errCut
	}
	list, err := f.Store.JudgeAlarms(ctx, d)
	if err == nil && fate == 1 {
		err = errCut
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.kept++
	f.most = max(f.most, len(list))
	return list, err
}

// room is a house with an intake of which the alarms are judged, as often as somebody leads.
type room struct {
	t      *testing.T
	db     testpg.DB
	store  *faulty
	clock  *clock
	atlas  *area.Atlas
	intake *intake.Intake
	judges []*alarming.Alarming
	tells  bool // the intake hands over what it keeps
	stop   func()

	mu     sync.Mutex
	levels map[string]json.RawMessage // by topic and key
	heard  map[string]int64           // by alarm: the newest version a listener was told
	older  int                        // versions told after a newer one
}

func newRoom(t *testing.T, types ...alarm.Type) *room {
	t.Helper()
	r := &room{t: t, db: testpg.New(t), clock: &clock{now: time.Now()}, levels: map[string]json.RawMessage{}, heard: map[string]int64{}, tells: true}
	zone, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	r.must(err)
	open, err := store.Open(t.Context(), r.db.DSN(testpg.App), store.Sizes{Write: 4, Read: 3})
	r.must(err)
	t.Cleanup(open.Close)
	r.store = &faulty{Store: open}
	r.atlas, err = area.Sample()
	r.must(err)
	rules, _, err := report.Load(sample.Files(), zone)
	r.must(err)
	sealer, err := auth.NewSealer(bytes.Repeat([]byte{1}, 32))
	r.must(err)
	r.intake, err = intake.New(intake.Config{
		Store: open, Rules: rules, Atlas: r.atlas, Division: division, Sealer: sealer, Origin: report.Simulated, Location: zone,
		Now: r.clock.Now, Wake: func() {}, Log: slog.New(slog.DiscardHandler), Heard: r.handOver,
	})
	r.must(err)
	r.must(open.SeedAlarmTypes(t.Context(), types, r.clock.Now()))
	ctx, end := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = r.intake.Run(ctx) }()
	t.Cleanup(func() { r.halt(); end(); <-done })
	return r
}

func (r *room) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *room) handOver(b store.Readings, moved []store.Moved, past bool) {
	r.mu.Lock()
	judges, tells := r.judges, r.tells
	r.mu.Unlock()
	if !tells {
		return
	}
	for _, j := range judges {
		j.Heard(b, moved, past)
	}
}

// Heard implements alarming.Listener.
func (r *room) Heard(a store.Alarm) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if a.Version < r.heard[a.ID] {
		r.older++
	}
	r.heard[a.ID] = a.Version
}

func (r *room) announce(levels []schema.Level) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range levels {
		r.levels[l.Topic+" "+l.Key] = l.Data
	}
}

// lead lets n processes judge at once; of several only one is right.
func (r *room) lead(n int) {
	r.t.Helper()
	r.halt()
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	judges := make([]*alarming.Alarming, n)
	for i := range judges {
		judges[i] = alarming.New(alarming.Config{
			Store: r.store, Atlas: r.atlas, Division: division, Origin: "simulated", Now: r.clock.Now, Wake: func() {},
			Log: slog.New(slog.DiscardHandler), Listeners: []alarming.Listener{r},
		})
		running.Go(func() { judges[i].Lead(ctx, r.announce) })
	}
	r.mu.Lock()
	r.judges = judges
	r.mu.Unlock()
	r.stop = func() { stop(); running.Wait() }
	if n == 1 {
		// What was received before anybody judged here at all is judged by nobody.
		r.until("somebody judges", func() bool { return judges[0].Silent() != nil })
	}
}

// halt ends whoever judges, in the midst of whatever it does: nothing is kept at the end.
func (r *room) halt() {
	if r.stop != nil {
		r.stop()
		r.stop = nil
	}
}

func (r *room) register(list ...sensor.Sensor) {
	r.t.Helper()
	r.must(r.intake.RegisterSensors(r.t.Context(), list))
}

func rain(code string) sensor.Sensor {
	return sensor.Sensor{Code: code, Name: "Mưa " + code, Kind: "rain", Unit: "mm", Lat: 12.0, Lon: 107.69, StaleAfter: 30 * time.Minute}
}

// send takes values of a sensor in, one a minute, the first at at.
func (r *room) send(code string, at time.Time, values ...float64) {
	r.t.Helper()
	items := make([]sensor.Item, len(values))
	for i, v := range values {
		items[i] = sensor.Item{Index: i, Reading: sensor.Reading{Sensor: code, At: at.Add(time.Duration(i) * time.Minute), Value: v}}
	}
	n, refused, err := r.intake.AcceptReadings(r.t.Context(), items, sensor.Ordinary, "")
	if err != nil || n != len(values) {
		r.t.Fatalf("AcceptReadings = %d, %v, %v", n, refused, err)
	}
}

// live lets time pass second by second, each of them judged.
func (r *room) live(d time.Duration) {
	r.t.Helper()
	for range int(d / time.Second) {
		before := r.store.beats()
		r.clock.pass(time.Second)
		r.until("a second to be judged", func() bool {
			r.judges[0].Stamped(nil)
			return r.store.beats() > before
		})
	}
}

// until waits for something to be true.
func (r *room) until(what string, ok func() bool) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), 20*time.Second)
	defer cancel()
	for !ok() {
		select {
		case <-ctx.Done():
			r.t.Fatalf("waited in vain for %s; alarms:\n%s", what, strings.Join(r.story(), "\n"))
		case <-time.After(time.Millisecond):
		}
	}
}

// story is every line of every alarm's timeline, without what differs from one run to another.
func (r *room) story() []string {
	r.t.Helper()
	rows, err := r.db.Owner.Query(r.t.Context(), `select concat_ws(' ', a.type, a.target, e.act, e.to_state, e.value)
		from alarm a join alarm_entry e on e.alarm_id = a.id order by a.target, a.type, a.raised_at, a.id, e.n`)
	r.must(err)
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	r.must(err)
	return list
}

func (r *room) count(query string, args ...any) int {
	r.t.Helper()
	var n int
	r.must(r.db.Owner.QueryRow(r.t.Context(), query, args...).Scan(&n))
	return n
}

// typeOf is a type with all that it needs.
func typeOf(code string, source alarm.Source, p alarm.Priority, c alarm.Condition) alarm.Type {
	return alarm.Type{
		Code: code, Label: "Loại " + code, Source: source, Priority: p, Condition: c, Enabled: true, Cause: "Nguyên nhân", Consequence: "Hậu quả",
		Response: "Ứng phó", ResponseTime: 10 * time.Minute, Owner: "pctt", CallList: []string{"truong_ca"},
	}
}

func heavyRain() alarm.Type {
	return typeOf("rain_1h", alarm.FromSensor, alarm.Medium, alarm.Condition{Class: alarm.ByLimit, Kinds: []string{"rain"}, Limit: 50, OnDelay: new(alarm.Seconds(0))})
}

func TestAReadingAboveALimitIsAnAlarmAndBelowItReturns(t *testing.T) {
	t.Parallel()
	r := newRoom(t, heavyRain())
	r.register(rain("mua-1"))
	r.lead(1)
	now := r.clock.Now()
	r.send("mua-1", now.Add(-5*time.Minute), 10, 60)
	r.until("the alarm", func() bool { return len(r.story()) == 1 })
	r.send("mua-1", now.Add(-2*time.Minute), 20)
	r.until("its return", func() bool { return len(r.story()) == 2 })
	want := []string{"rain_1h mua-1 raise unacked 60", "rain_1h mua-1 return cleared 60"}
	if diff := cmp.Diff(want, r.story()); diff != "" {
		t.Error(diff)
	}
	// An event a version for the operators and one for the screens, in the transaction of the change.
	if n := r.count("select count(*) from event where kind = 'alarm'"); n != 4 {
		t.Errorf("%d events, want 4", n)
	}
	r.until("the level", func() bool {
		r.clock.pass(100 * time.Millisecond)
		r.mu.Lock()
		defer r.mu.Unlock()
		var s alarming.Summary
		_ = json.Unmarshal(r.levels["wall/vn-2022/67 alarms/summary"], &s)
		return s.Medium.Cleared == 1
	})
	if r.mu.Lock(); r.older != 0 || len(r.heard) != 1 {
		t.Errorf("the listener heard of %d alarms, %d times of an older version", len(r.heard), r.older)
	}
	r.mu.Unlock()
}

func TestWhatAnotherProcessTookInIsFound(t *testing.T) {
	t.Parallel()
	r := newRoom(t, heavyRain())
	r.register(rain("mua-1"))
	r.lead(1)
	r.mu.Lock()
	r.tells = false
	r.mu.Unlock()
	r.send("mua-1", r.clock.Now().Add(-time.Minute), 60)
	r.until("the alarm", func() bool {
		r.clock.pass(100 * time.Millisecond)
		return len(r.story()) == 1
	})
}

func TestThePastAsksNobodyToAct(t *testing.T) {
	t.Parallel()
	r := newRoom(t, heavyRain())
	r.register(rain("mua-1"), rain("mua-2"))
	r.lead(1)
	now := r.clock.Now()
	r.load("mua-1", now.Add(-3*time.Hour), 99)
	r.send("mua-1", now.Add(-time.Minute), 60)
	r.until("the alarm", func() bool { return len(r.story()) > 0 })
	// What the past ends with may still hold: a fire level of this morning, brought with the table of the week.
	r.load("mua-2", now.Add(-3*time.Hour), 99)
	r.load("mua-2", now.Add(-10*time.Minute), 70)
	r.until("the alarm of what still holds", func() bool { return len(r.story()) > 1 })
	if diff := cmp.Diff([]string{"rain_1h mua-1 raise unacked 60", "rain_1h mua-2 raise unacked 70"}, r.story()); diff != "" {
		t.Error(diff)
	}
}

// load brings a value by the door of the past.
func (r *room) load(code string, at time.Time, value float64) {
	r.t.Helper()
	items := []sensor.Item{{Reading: sensor.Reading{Sensor: code, At: at, Value: value}}}
	if n, refused, err := r.intake.AcceptReadings(r.t.Context(), items, sensor.History, ""); err != nil || n != 1 {
		r.t.Fatalf("history: %d, %v, %v", n, refused, err)
	}
}

// TestTheSameReadingsMakeTheSameAlarmsWhateverFails sends the same day to a house where nothing fails and to one where who judges
// is ended at any instant, where steps fail before they are kept or after, and where two judge at once.
func TestTheSameReadingsMakeTheSameAlarmsWhateverFails(t *testing.T) {
	t.Parallel()
	const sensors, minutes = 12, 60
	at := time.Now().Add(-2 * time.Hour).Truncate(time.Minute)
	play := func(t *testing.T, seed uint64, fails bool) []string {
		t.Helper()
		r := newRoom(t, heavyRain(), typeOf("rain_total", alarm.FromSensor, alarm.Low, alarm.Condition{Class: alarm.ByTotal, Kinds: []string{"rain"}, Limit: 150, Over: new(alarm.Seconds(3600)), OnDelay: new(alarm.Seconds(0))}))
		dice := rand.New(rand.NewPCG(seed, 2)) //nolint:gosec // a fixed sequence
		if fails {
			r.store.dice = rand.New(rand.NewPCG(seed, 3)) //nolint:gosec // a fixed sequence
		}
		for i := range sensors {
			r.register(rain(fmt.Sprintf("mua-%02d", i)))
		}
		r.lead(1)
		weather := rand.New(rand.NewPCG(7, 7)) //nolint:gosec // the same in every house
		level := make([]float64, sensors)
		for m := 0; m < minutes; m += 5 {
			for i := range sensors {
				values := make([]float64, 5)
				for k := range values {
					level[i] = max(0, min(90, level[i]+20*(weather.Float64()-0.48)))
					values[k] = level[i]
				}
				r.send(fmt.Sprintf("mua-%02d", i), at.Add(time.Duration(m)*time.Minute), values...)
			}
			if fails && dice.IntN(2) == 0 {
				r.lead(1 + dice.IntN(2))
			}
		}
		r.store.mu.Lock()
		r.store.dice = nil
		r.store.mu.Unlock()
		if fails {
			r.lead(1)
		}
		r.until("all to be judged", func() bool {
			r.clock.pass(200 * time.Millisecond)
			r.clock.pass(time.Minute) // checkpoints are kept now and then
			return r.count(`select count(*) from alarm_checkpoint c join reading_latest l on l.sensor_id = c.sensor_id and l.version = c.version`) == sensors
		})
		if n := r.count("select count(*) from alarm where state <> 'closed' group by type, target having count(*) > 1 union all select 0 limit 1"); n != 0 {
			t.Errorf("%d open alarms of one type and target", n)
		}
		return r.story()
	}
	want := play(t, 1, false)
	if len(want) < 20 {
		t.Fatalf("the day makes %d entries only", len(want))
	}
	for seed := range uint64(3) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			if diff := cmp.Diff(want, play(t, seed, true)); diff != "" {
				t.Errorf("the alarms differ (-undisturbed +disturbed):\n%s", diff)
			}
		})
	}
}

func silentTypes() []alarm.Type {
	return []alarm.Type{
		typeOf("sensor_silent", alarm.FromSensor, alarm.Low, alarm.Condition{Class: alarm.ByAbsence}),
		typeOf("gateway_silent", alarm.FromGateway, alarm.Medium, alarm.Condition{Class: alarm.ByAbsence}),
	}
}

// gateway registers one with sensors that speak through it every minute.
func (r *room) gateway(code string, sensors int) []string {
	r.t.Helper()
	_, err := r.db.Owner.Exec(r.t.Context(), `insert into gateway (code, name, kind, lat, lon, division, area, path, stale_after, per_minute, origin, seen_at)
		values ($1, 'Trạm gom', 'lorawan', 12, 107.69, 'vn-2022', '24611', '{67,660,24611}', interval '1 minute', 1000, 'simulated', $2)`, code, r.clock.Now())
	r.must(err)
	codes := make([]string, sensors)
	for i := range codes {
		s := rain(fmt.Sprintf("%s-%02d", code, i))
		s.Gateway, s.StaleAfter = code, time.Minute
		r.register(s)
		codes[i] = s.Code
	}
	return codes
}

func TestAGatewayThatIsCutIsOneAlarmOfAllItsSensors(t *testing.T) {
	t.Parallel()
	r := newRoom(t, silentTypes()...)
	codes := r.gateway("gom-1", 40)
	r.lead(1)
	for _, code := range codes {
		r.send(code, r.clock.Now(), 1)
	}
	r.live(66 * time.Second)
	r.until("the gateway's alarm", func() bool { return len(r.story()) > 0 })
	r.live(80 * time.Second)
	if n := len(r.judges[0].Silent()); n != 40 {
		t.Errorf("%d sensors are silent, want 40", n)
	}
	if diff := cmp.Diff([]string{"gateway_silent gom-1 raise unacked"}, r.story()); diff != "" {
		t.Error(diff)
	}
	if n := r.count("select cardinality(members) from alarm"); n != 40 {
		t.Errorf("the alarm names %d sensors", n)
	}
	r.send(codes[0], r.clock.Now(), 1)
	r.live(time.Second)
	r.until("its return", func() bool { return len(r.story()) == 2 && len(r.judges[0].Silent()) == 0 })
}

func TestTimeInWhichWeDidNotListenIsNobodysSilence(t *testing.T) {
	t.Parallel()
	r := newRoom(t, silentTypes()...)
	quick := rain("mua-1")
	quick.StaleAfter = time.Minute
	r.register(quick)
	codes := r.gateway("gom-1", 5)
	r.lead(1)
	for _, code := range append(codes, "mua-1") {
		r.send(code, r.clock.Now(), 1)
	}
	r.live(10 * time.Second)
	r.halt()
	r.clock.pass(20 * time.Minute)
	r.lead(1)
	r.until("the first second", func() bool {
		return len(r.judges) > 0 && r.count("select count(*) from alarm_watch where term = 2") == 1
	})
	r.live(45 * time.Second)
	if got := r.story(); len(got) != 0 {
		t.Errorf("alarms of a time in which nobody listened: %q", got)
	}
	r.live(30 * time.Second) // within the limit of a minute, a little more than five seconds later, it is known
	if diff := cmp.Diff([]string{"gateway_silent gom-1 raise unacked", "sensor_silent mua-1 raise unacked"}, r.story()); diff != "" {
		t.Errorf("what is silent since (-want +got):\n%s", diff)
	}
}

func TestAnEmergencyThatNobodyTakesInIsAnAlarm(t *testing.T) {
	t.Parallel()
	r := newRoom(t, typeOf("emergency_waiting", alarm.FromReport, alarm.High, alarm.Condition{Class: alarm.ByReport}))
	r.lead(1)
	raw, _, err := r.intake.AcceptReport(t.Context(), intake.Submission{Draft: report.Draft{
		Category: "XD", Description: "Tường sắp đổ vào nhà dân", Location: report.Point{Lat: 12.0, Lon: 107.69}, Source: "api", Emergency: true,
	}})
	r.must(err)
	var receipt struct{ ID string }
	r.must(json.Unmarshal(raw, &receipt))
	if n := r.count("select count(*) from report where emergency"); n != 1 {
		t.Fatalf("%d emergencies; it is none", n)
	}
	r.until("the alarm", func() bool {
		r.clock.pass(time.Minute)
		return len(r.story()) == 1
	})
	_, err = r.intake.Act(t.Context(), receipt.ID, report.Act{Name: report.Accept, Version: 1, Actor: "test"})
	r.must(err)
	r.until("its return", func() bool {
		r.clock.pass(time.Second)
		return len(r.story()) == 2
	})
}

func TestAFloodIsKeptInFewTransactions(t *testing.T) {
	t.Parallel()
	r := newRoom(t, heavyRain())
	const sensors = 1200
	list := make([]sensor.Sensor, sensors)
	items := make([]sensor.Item, sensors)
	for i := range list {
		list[i] = rain(fmt.Sprintf("mua-%04d", i))
		items[i] = sensor.Item{Index: i, Reading: sensor.Reading{Sensor: list[i].Code, At: r.clock.Now(), Value: 70}}
	}
	r.register(list...)
	r.lead(1)
	if n, _, err := r.intake.AcceptReadings(t.Context(), items, sensor.Ordinary, ""); err != nil || n != sensors {
		t.Fatalf("AcceptReadings = %d, %v", n, err)
	}
	r.until("every alarm", func() bool { return r.count("select count(*) from alarm") == sensors })
	r.store.mu.Lock()
	defer r.store.mu.Unlock()
	if r.store.kept > 20 || r.store.most < 200 {
		t.Errorf("%d transactions, the largest of %d alarms", r.store.kept, r.store.most)
	}
}

func TestATypeThatIsDisabledReturnsItsAlarms(t *testing.T) {
	t.Parallel()
	r := newRoom(t, heavyRain())
	r.register(rain("mua-1"))
	r.lead(1)
	r.send("mua-1", r.clock.Now(), 60)
	r.until("the alarm", func() bool { return len(r.story()) == 1 })
	off := heavyRain()
	off.Version, off.Enabled = 1, false
	_, err := r.store.ChangeAlarmType(t.Context(), store.AlarmTypeChange{Type: off, At: r.clock.Now(), By: "test", Why: "thử"})
	r.must(err)
	r.until("its return", func() bool {
		r.clock.pass(time.Second)
		return len(r.story()) == 2
	})
	r.send("mua-1", r.clock.Now(), 10, 80)
	on := off
	on.Version, on.Enabled = 2, true
	_, err = r.store.ChangeAlarmType(t.Context(), store.AlarmTypeChange{Type: on, At: r.clock.Now(), By: "test", Why: "thử"})
	r.must(err)
	r.until("the type to be judged again", func() bool {
		r.clock.pass(3 * time.Minute)
		r.send("mua-1", r.clock.Now(), 80)
		return len(r.story()) == 3
	})
}

func TestAShelfEndsInTimeWhoeverJudgesThen(t *testing.T) {
	t.Parallel()
	r := newRoom(t, heavyRain())
	r.register(rain("mua-1"))
	r.lead(1)
	r.send("mua-1", r.clock.Now(), 60)
	r.until("the alarm", func() bool { return len(r.story()) == 1 })
	open, err := r.store.OpenAlarms(t.Context())
	r.must(err)
	done, err := r.store.ActOnAlarms(t.Context(), store.AlarmAct{
		IDs: []string{open[0].ID}, At: r.clock.Now().UTC(), Action: "alarm.shelve", Name: alarm.DoShelve,
		Decide: func(a store.Alarm) (alarm.Alarm, []alarm.Entry, error) {
			after, entry, err := a.Act(alarm.Act{Name: alarm.DoShelve, Minutes: 2, Reason: "xem lại trạm"}, r.clock.Now())
			return after, []alarm.Entry{entry}, err
		},
	})
	r.must(err)
	r.must(done.Outcomes[0].Err)
	r.halt()
	r.clock.pass(time.Minute)
	r.lead(1) // knows of the shelf by what is kept
	r.live(50 * time.Second)
	if n := len(r.story()); n != 2 {
		t.Fatalf("ten seconds too early the alarm has %d entries:\n%s", n, strings.Join(r.story(), "\n"))
	}
	r.halt()
	r.clock.pass(30 * time.Second) // it ends while nobody judges
	r.lead(1)
	r.until("the end of the shelf", func() bool {
		r.clock.pass(time.Second)
		return len(r.story()) == 3
	})
	want := []string{"rain_1h mua-1 raise unacked 60", "rain_1h mua-1 shelve unacked 60", "rain_1h mua-1 shelf_ended unacked 60"}
	if diff := cmp.Diff(want, r.story()); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsWorkedOnRaisesItsAlarmsAside(t *testing.T) {
	t.Parallel()
	r := newRoom(t, heavyRain())
	r.register(rain("mua-1"))
	r.lead(1)
	now := r.clock.Now()
	_, err := r.db.Owner.Exec(t.Context(), `insert into maintenance (from_at, until_at, sensor_code, reason, by) values ($1, $2, 'mua-1', 'thay pin', 'test')`,
		now.Add(-time.Minute), now.Add(time.Hour))
	r.must(err)
	r.live(2 * time.Second)
	r.send("mua-1", r.clock.Now(), 60)
	r.until("the alarm", func() bool { return len(r.story()) == 2 })
	if n := r.count("select count(*) from alarm where aside = 'suppressed' and until_at is not null"); n != 1 {
		t.Errorf("the alarm is not suppressed: %q", r.story())
	}
}
