// Package alarming makes alarms real, on the leader: it judges committed readings, silence and emergencies by the pure rules
// of server/alarm, keeps what they make of alarms together with how far it came, and announces how the alarms stand. It
// speaks no HTTP, and what people do to alarms is kept by whoever they ask.
package alarming

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"toancanh/schema"
	"toancanh/server/alarm"
	"toancanh/server/area"
	"toancanh/server/gateway"
	"toancanh/server/relay"
	"toancanh/server/store"
)

// Store is what alarming reads and keeps.
type Store interface {
	ClaimAlarms(ctx context.Context) (store.AlarmWatch, error)
	TouchAlarms(ctx context.Context, term int64, now time.Time, floods map[string]time.Time) error
	JudgeAlarms(ctx context.Context, d store.AlarmDeed) ([]store.Alarm, error)
	LeaveAlarms(ctx context.Context, term int64, now time.Time) (int, error)
	AlarmTypes(ctx context.Context) ([]store.AlarmTypeChange, error)
	AlarmCheckpoints(ctx context.Context) ([]store.AlarmCheckpoint, error)
	AlarmCalls(ctx context.Context, division string, since time.Time) ([]store.AlarmCall, error)
	AlarmGround(ctx context.Context) (string, error)
	OpenAlarms(ctx context.Context) ([]store.Alarm, error)
	AlarmsByID(ctx context.Context, ids []string) ([]store.Alarm, error)
	LatestSince(ctx context.Context, since time.Time) ([]store.Latest, time.Time, error)
	MissedReadings(ctx context.Context, wants []store.ReadingsFrom) ([]store.Missed, error)
	LateEmergencies(ctx context.Context, now time.Time, ids []string) ([]store.LateReport, error)
	Sensors(ctx context.Context) (map[string]store.Sensor, error)
	Gateways(ctx context.Context) (map[string]gateway.Gateway, error)
	Maintenance(ctx context.Context, now time.Time) ([]store.MaintenanceWindow, error)
}

// Listener is told of alarms on the leader, once what happened to them is committed: new ones and changed ones, by
// whomever. It may be told a version twice, and never an older one after a newer one. It must not block.
type Listener interface {
	Heard(a store.Alarm)
}

// Config names what alarming needs.
type Config struct {
	Store     Store
	Atlas     *area.Atlas
	Division  string
	Origin    string // what the dataset was born as
	Now       func() time.Time
	Wake      func() // says that events were written; it must not block
	Log       *slog.Logger
	Metrics   prometheus.Registerer
	Listeners []Listener
}

// Alarming judges while its process leads. It follows the relay, and is told by the intake what was committed.
type Alarming struct {
	Config
	counts counters
	queue  *queue
	silent atomic.Pointer[map[string]time.Time]

	mu      sync.Mutex          // guards changed
	changed map[string]struct{} // alarms that somebody changed
}

// New makes it; Lead starts it.
func New(c Config) *Alarming {
	return &Alarming{Config: c, counts: newCounters(c.Metrics), queue: newQueue(), changed: map[string]struct{}{}}
}

// Heard takes committed readings from the intake of this process. It never blocks: what there is no room for is found in
// the store.
func (a *Alarming) Heard(b store.Readings, moved []store.Moved, past bool) {
	if !a.queue.put(heard{b, moved, past}) {
		a.counts.overflowed.Inc()
	}
}

// Silent is since when each sensor is silent, by its code; nil while this process does not lead.
func (a *Alarming) Silent() map[string]time.Time {
	if list := a.silent.Load(); list != nil {
		return *list
	}
	return nil
}

// Stamped notes which alarms changed. It never blocks.
func (a *Alarming) Stamped(events []schema.Announced) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, e := range events {
		if e.Kind == schema.KindAlarm {
			a.changed[e.ID] = struct{}{}
		}
	}
	a.queue.knock()
}

func (a *Alarming) takeChanged() map[string]struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	changed := a.changed
	if len(changed) > 0 {
		a.changed = map[string]struct{}{}
	}
	return changed
}

// retryAfter is the pause before everything is read anew, after what could not be kept or read.
const retryAfter = 250 * time.Millisecond

// Lead judges until ctx ends. Whatever goes wrong, it begins anew from what is kept: what was judged and not kept is judged
// again, and comes out the same.
func (a *Alarming) Lead(ctx context.Context, announce func([]schema.Level)) {
	a.queue.open()
	defer a.queue.close()
	defer a.silent.Store(nil)
	defer a.counts.sensors.Set(0)
	for ctx.Err() == nil {
		r, err := a.begin(ctx, announce)
		if err == nil {
			err = r.run(ctx)
		}
		if err == nil || ctx.Err() != nil {
			continue
		}
		a.counts.begun.Inc()
		level := slog.LevelWarn
		if errors.Is(err, relay.ErrNotLeader) {
			level = slog.LevelInfo
		}
		a.Log.LogAttrs(ctx, level, "alarms are judged anew from what is kept", slog.Any("err", err))
		pause(ctx, retryAfter)
	}
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// now is the present as PostgreSQL keeps it.
func (a *Alarming) now() time.Time { return a.Now().UTC().Truncate(time.Microsecond) }

// areaOf is the area of a level that a path lies in.
func (a *Alarming) areaOf(path []string, level string) string {
	for _, code := range path {
		if at, ok := a.Atlas.Tree.Get(a.Division, code); ok && string(at.Level) == level {
			return code
		}
	}
	return ""
}

// areaTarget is an area as something alarms are about.
func (a *Alarming) areaTarget(code string) (alarm.Target, bool) {
	at, ok := a.Atlas.Tree.Get(a.Division, code)
	return alarm.Target{
		Source: alarm.FromArea, Code: code, Name: at.Title(), Origin: a.Origin, Division: a.Division, Area: code,
		Path: a.Atlas.Tree.Path(a.Division, code), Lat: at.Centre.Lat, Lon: at.Centre.Lon,
	}, ok
}
