package alarming

import (
	"context"
	"slices"
	"time"

	"toancanh/schema"
	"toancanh/server/alarm"
	"toancanh/server/gateway"
	"toancanh/server/sensor"
	"toancanh/server/store"
)

// Paces of a round.
const (
	tickEvery      = 100 * time.Millisecond // delays that run out, and suspicions
	lookEvery      = 400 * time.Millisecond // for what other processes took in
	secondEvery    = time.Second            // silence, emergencies, what ends by itself
	groundEvery    = 2 * time.Second        // types, sensors, gateways, windows
	touchEvery     = 5 * time.Second
	saveEvery      = time.Minute // checkpoints of sensors that nothing happened to
	deafAfter      = 5 * time.Second
	levelEvery     = 250 * time.Millisecond // conflation: at most four values a second and key
	republishEvery = 4 * time.Second
	// grace is how long a newer value that was seen in the store may still be on its way through memory.
	grace     = 150 * time.Millisecond
	mostGrace = 2 * time.Second
	// lateCommits is how far back each look reaches: updated_at is set before the commit.
	lateCommits = 2 * store.StatementTimeout
	// oldest is how far back the ordinary door takes readings.
	oldest = 48 * time.Hour
)

// watched is a sensor with how far it is judged.
type watched struct {
	store.Sensor
	judge  *alarm.Judge
	clock  alarm.Clock
	after  time.Time // the newest reading considered
	seen   int64     // version of the newest value, as far as it is judged
	origin string    // of the newest reading
	kept   bool      // it has a checkpoint
	dirty  bool      // further than that
}

// suspect is a newer value that the store has and memory has not brought.
type suspect struct {
	version int64
	since   time.Time
}

// round is judging from one beginning to the next. It belongs to one goroutine.
type round struct {
	*Alarming
	announce func([]schema.Level)
	term     int64
	first    time.Time // since when alarms are judged here at all

	types    map[string]alarm.Type
	sensors  map[int32]*watched
	byCode   map[string]*watched
	gateways map[string]gateway.Gateway
	windows  []store.MaintenanceWindow
	late     map[string]store.LateReport // by id
	ground   string

	silence *alarm.Silence
	joints  *alarm.Joints
	jointly alarm.Clock // of the newest reading judged
	board   *Board
	levels  *levels

	suspects  map[int32]suspect
	strangers map[int32]bool // sensors that the ground does not hold
	fresh     []*watched     // judged for the first time, and not kept yet
	since     time.Time      // the database's clock at the last look, less lateCommits
	pending   pending

	at struct{ look, second, ground, touch, save, listened time.Time } // when each was done last
}

// begin makes this process the one that judges, and takes up what is kept.
func (a *Alarming) begin(ctx context.Context, announce func([]schema.Level)) (*round, error) {
	w, err := a.Store.ClaimAlarms(ctx)
	if err != nil {
		return nil, err
	}
	r := &round{
		Alarming: a, announce: announce, term: w.Term, first: w.Since, sensors: map[int32]*watched{}, byCode: map[string]*watched{},
		suspects: map[int32]suspect{}, late: map[string]store.LateReport{}, strangers: map[int32]bool{},
	}
	now := a.now()
	if r.ground, err = a.Store.AlarmGround(ctx); err != nil {
		return nil, err
	}
	if err := r.readGround(ctx); err != nil {
		return nil, err
	}
	if err := r.takeUp(ctx, w, now); err != nil {
		return nil, err
	}
	r.at.look, r.at.second, r.at.ground, r.at.save, r.at.listened = now, now, now, now, now
	r.levels = newLevels(r)
	return r, nil
}

// takeUp goes on from what is kept: checkpoints, open alarms, joined rules, floods, and when everything was last heard.
func (r *round) takeUp(ctx context.Context, w store.AlarmWatch, now time.Time) error {
	checkpoints, err := r.Store.AlarmCheckpoints(ctx)
	if err != nil {
		return err
	}
	for _, c := range checkpoints {
		x, ok := r.sensors[c.SensorID]
		if !ok {
			continue
		}
		if err := x.judge.Resume(c.State); err != nil {
			return err
		}
		x.after, x.seen, x.kept = c.JudgedAt, c.Version, true
		x.clock.Hear(c.JudgedAt, now)
		r.jointly.Hear(c.JudgedAt, now)
	}
	open, err := r.Store.OpenAlarms(ctx)
	if err != nil {
		return err
	}
	calls, err := r.Store.AlarmCalls(ctx, r.Division, now.Add(-CallsWithin))
	if err != nil {
		return err
	}
	r.board = NewBoard(r.Division, r.Origin, r.pathOf)
	r.board.Load(open, calls, w.Floods)
	if err := r.judgeJointly(w.Joints); err != nil {
		return err
	}
	return r.listen(ctx, w.HeardAt, now)
}

// listen takes up when everything was last heard, less the time in which this house did not listen.
func (r *round) listen(ctx context.Context, heardAt *time.Time, now time.Time) error {
	latest, clock, err := r.Store.LatestSince(ctx, time.Time{})
	if err != nil {
		return err
	}
	r.since = clock.Add(-lateCommits)
	r.silence = alarm.NewSilence(r.enabled(alarm.ByAbsence))
	if heardAt != nil {
		r.silence.Deaf(heardAt.UTC(), now)
	}
	r.later("", r.silence.Watch(r.things(), r.stillness(), now, nil))
	for _, a := range r.board.Open() {
		if a.Of.Condition.Class != alarm.ByAbsence || !a.Active() {
			continue
		}
		if !r.silence.Restore(a.Type, a.Source, a.Target, a.RaisedAt) {
			r.later(a.Origin, []alarm.Change{{Type: a.Type, Source: a.Source, Target: a.Target, Kind: alarm.Returned, At: now}})
		}
	}
	for _, l := range latest {
		x, ok := r.sensors[l.SensorID]
		if !ok {
			continue
		}
		r.later("", r.silence.Heard(x.Code, earlier(l.UpdatedAt.UTC(), now), nil))
		if l.Version > x.seen && !r.skipped(x, l) {
			r.suspects[l.SensorID] = suspect{version: l.Version}
		}
	}
	for _, g := range r.gateways {
		if !g.SeenAt.IsZero() {
			r.later("", r.silence.Gateway(g.Code, earlier(g.SeenAt, now), nil))
		}
	}
	r.endOrphans(now)
	return nil
}

// skipped passes over what a sensor without a rule sent.
func (r *round) skipped(x *watched, l store.Latest) bool {
	if !x.judge.Idle() {
		return false
	}
	x.seen, x.after = l.Version, l.At
	return true
}

// missedOf asks for what a sensor sent and nobody judged. Of one that was never judged that is what came since alarms are
// judged here, and is no older than the ordinary door takes.
func (r *round) missedOf(x *watched, now time.Time) store.ReadingsFrom {
	if x.kept {
		return store.ReadingsFrom{SensorID: x.ID, After: x.after}
	}
	return store.ReadingsFrom{SensorID: x.ID, After: later(x.after, now.Add(-oldest)), Received: r.first}
}

func earlier(x, y time.Time) time.Time {
	if x.Before(y) {
		return x
	}
	return y
}

// run judges until ctx ends or something fails.
func (r *round) run(ctx context.Context) error {
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	for {
		if err := r.step(ctx); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-r.queue.wake:
		case <-tick.C:
		}
	}
}

// step brings everything to now and keeps what that makes of alarms.
func (r *round) step(ctx context.Context) error {
	now := r.now()
	if now.Sub(r.at.listened) > deafAfter || now.Before(r.at.listened) {
		r.silence.Deaf(earlier(r.at.listened, now), now) // this process was stopped, or its clock was set
	}
	r.at.listened = now
	if err := r.hearOthers(ctx); err != nil {
		return err
	}
	r.judgeHeard(now)
	for _, do := range []struct {
		last  *time.Time
		every time.Duration
		do    func(context.Context, time.Time) error
	}{
		{&r.at.look, lookEvery, r.look},
		{&r.at.ground, groundEvery, r.refresh},
		{&r.at.second, secondEvery, r.everySecond},
	} {
		if now.Sub(*do.last) >= do.every || now.Before(*do.last) {
			if err := do.do(ctx, now); err != nil {
				return err
			}
			*do.last = now
		}
	}
	if err := r.readMissed(ctx, now); err != nil {
		return err
	}
	r.passDelays(now)
	if err := r.keep(ctx, now); err != nil {
		return err
	}
	r.levels.tell(now)
	return nil
}

// hearOthers takes in what others did to alarms, and what the relay has numbered of our own.
func (r *round) hearOthers(ctx context.Context) error {
	changed := r.takeChanged()
	if len(changed) == 0 {
		return nil
	}
	ids := make([]string, 0, len(changed))
	for id := range changed {
		ids = append(ids, id)
	}
	for part := range slices.Chunk(ids, together) {
		list, err := r.Store.AlarmsByID(ctx, part)
		if err != nil {
			return err
		}
		r.tell(list)
	}
	return nil
}

// tell brings changed alarms to the board and to whoever listens.
func (r *round) tell(list []store.Alarm) {
	for _, a := range list {
		r.board.Apply(a)
		for _, l := range r.Listeners {
			l.Heard(a)
		}
	}
}

// everySecond does what the clock alone makes true: silence, emergencies that wait, what ends by itself.
func (r *round) everySecond(ctx context.Context, now time.Time) error {
	gateways, err := r.Store.Gateways(ctx)
	if err != nil {
		return err
	}
	for code, g := range gateways {
		if g.SeenAt.After(r.gateways[code].SeenAt) {
			r.later(g.Origin, r.silence.Gateway(code, earlier(g.SeenAt, now), nil))
		}
	}
	r.gateways = gateways
	if err := r.readWindows(ctx, now); err != nil {
		return err
	}
	r.later("", r.silence.Pass(now, nil))
	if err := r.judgeEmergencies(ctx, now); err != nil {
		return err
	}
	r.passAlarms(now)
	if now.Sub(r.at.touch) >= touchEvery || now.Before(r.at.touch) {
		if err := r.Store.TouchAlarms(ctx, r.term, now, r.board.Floods()); err != nil {
			return err
		}
		r.at.touch = now
		if n, err := r.Store.LeaveAlarms(ctx, r.term, now); err != nil {
			return err
		} else if n > 0 {
			r.Wake()
		}
	}
	return nil
}

// pathOf is where a sensor stands.
func (r *round) pathOf(code string) []string {
	if x, ok := r.byCode[code]; ok {
		return x.Path
	}
	return nil
}

func (r *round) jointArea(code, level string) string { return r.areaOf(r.pathOf(code), level) }

// enabled are the enabled types of the given classes; without any, all.
func (r *round) enabled(classes ...alarm.Class) []alarm.Type {
	var list []alarm.Type
	for _, t := range r.types {
		if t.Enabled && (len(classes) == 0 || slices.Contains(classes, t.Condition.Class)) {
			list = append(list, t)
		}
	}
	slices.SortFunc(list, func(x, y alarm.Type) int {
		if x.Code < y.Code {
			return -1
		}
		return 1
	})
	return list
}

// doubtful reports whether a reading is held to be the instrument's fault, and so judged by nobody.
func doubtful(q sensor.Quality) bool { return q&sensor.DoubtRate != 0 }
