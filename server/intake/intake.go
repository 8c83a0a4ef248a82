// Package intake accepts what comes in: reports, acts, readings, sensors and the past. It checks, lets the pure rules
// decide, keeps the result in one transaction with its events, and only then answers. It publishes nothing itself
// and knows no HTTP.
package intake

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"toancanh/server/area"
	"toancanh/server/auth"
	"toancanh/server/fault"
	"toancanh/server/gateway"
	"toancanh/server/report"
	"toancanh/server/screen"
	"toancanh/server/sensor"
	"toancanh/server/store"
	"toancanh/server/view"
)

// Store is what the intake needs kept.
type Store interface {
	PhotoStore
	FileStore
	AcceptReports(ctx context.Context, list []store.Acceptance) ([]store.Accepted, error)
	AcceptHistory(ctx context.Context, body store.PastBody) (store.Accepted, error)
	Act(ctx context.Context, id string, lens view.Lens, decide store.Decide) (report.Report, error)
	AskVisit(ctx context.Context, v report.Visit, lens view.Lens, decide store.Decide) (report.Visit, error)
	MoveVisit(ctx context.Context, m store.VisitMove) (report.Visit, error)
	AssignmentRules(ctx context.Context, version int) (store.AssignmentVersion, error)
	AcceptReadings(ctx context.Context, b store.Readings) (store.KeptReadings, error)
	KeepReadingDays(ctx context.Context, first, last time.Time) error
	Sensors(ctx context.Context) (map[string]store.Sensor, error)
	RegisterSensors(ctx context.Context, list []sensor.Sensor) error
	ImportSensors(ctx context.Context, list []sensor.Sensor) error
	ProposeSensors(ctx context.Context, list []sensor.Sensor, by string, now time.Time) (map[string]sensor.Standing, error)
	DecideSensors(ctx context.Context, d store.SensorDecision) ([]string, error)
	ChangeSensor(ctx context.Context, x sensor.Sensor, version int64, changed []string) error
	LatestSince(ctx context.Context, since time.Time) ([]store.Latest, time.Time, error)
	ReadingSource(ctx context.Context, name string) (int32, error)
	CountRefused(ctx context.Context, refused map[int32]int64, at time.Time) error
	Gateways(ctx context.Context) (map[string]gateway.Gateway, error)
	RegisterGateway(ctx context.Context, g gateway.Gateway, why string) (gateway.Gateway, error)
	NoteGateways(ctx context.Context, now time.Time, notes []store.GatewayNote) error
	ChangeScreens(ctx context.Context, c store.ScreenChange) ([]screen.Screen, error)
	DecideProposals(ctx context.Context, ids []string, v store.Verdict, lens view.Lens, decide store.DecidePlace) (int, []store.RefusedProposal, error)
}

// Config names what an intake needs. Wake is called after each commit that wrote events; it must not block.
type Config struct {
	Store    Store
	Rules    *report.Rulebook
	Atlas    *area.Atlas
	Division string // the division in whose areas reports are placed and announced
	Sealer   *auth.Sealer
	Shelf    *Shelf        // keeps the pixels of photos; nil: photos are refused
	Origin   report.Origin // of whatever does not say otherwise: what the dataset was born as
	Location *time.Location
	Units    []report.Unit // who acts, as a wall names them
	Now      func() time.Time
	Wake     func()
	Log      *slog.Logger
	Limits   Limits                // counts what gateways bring; nil: nobody does
	Metrics  prometheus.Registerer // nil: nothing is counted

	// Heard is told of readings once they are committed; past says that they came by the history door. It must not block, and
	// must not change what it gets. Nil: nobody asks.
	Heard func(b store.Readings, moved []store.Moved, past bool)

	Committers int // transactions under way at once, of reports and of readings; default 2
	Together   int // posts in one transaction; default 500
}

// Intake accepts. Make it with New, start its committers with Run.
type Intake struct {
	Config
	lens     view.Lens
	reports  *batcher[store.Acceptance, store.Accepted]
	readings *batcher[store.Readings, []int]
	past     *batcher[store.Readings, []int] // of the history door: what it brings asks nobody to act
	sensors  sensorCache
	brought  sourceBook
	unwanted unwanted
	doubted  *prometheus.CounterVec
	gateways *gatewayBook
	running  inflight
}

// New makes an intake; it fails when the division has no map to place reports on.
func New(c Config) (*Intake, error) {
	_, ok := c.Atlas.Map(c.Division)
	if !ok {
		return nil, fmt.Errorf("make intake: division %q has no map", c.Division)
	}
	c.Committers, c.Together = cmp.Or(c.Committers, committers), cmp.Or(c.Together, together)
	in := &Intake{Config: c, lens: view.NewLens(c.Location, c.Units), running: inflight{keys: map[string]chan struct{}{}}}
	in.reports = newBatcher(c.Together, in.commitReports)
	in.readings = newBatcher(c.Together, in.commitReadings(false))
	in.past = newBatcher(c.Together, in.commitReadings(true))
	in.sensors.load, in.sensors.newest, in.sensors.now = c.Store.Sensors, c.Store.LatestSince, c.Now
	in.brought.find = c.Store.ReadingSource
	in.doubted = newDoubts(c.Metrics)
	in.gateways = newGatewayBook(c)
	return in, nil
}

// Run commits until ctx ends and the queues are empty: what was accepted into a queue gets its answer.
func (in *Intake) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	wg.Go(func() { in.gateways.run(ctx) })
	for range in.Committers {
		wg.Go(func() { in.reports.run(ctx.Done()) })
		wg.Go(func() { in.readings.run(ctx.Done()) })
	}
	wg.Go(func() { in.past.run(ctx.Done()) })
	wg.Go(func() { in.countUnwanted(ctx) })
	wg.Wait()
	return nil
}

// place finds the area of a point on the map in use, or says how far outside it lies.
func (in *Intake) place(p report.Point) (report.Placed, error) {
	m, _ := in.Atlas.Map(in.Division)
	a, err := m.Place(area.Point(p))
	if err != nil {
		return report.Placed{}, outside(err)
	}
	return report.Placed{Division: in.Division, Area: a.Code, Path: in.Atlas.Tree.Path(in.Division, a.Code)}, nil
}

// original says whether data of an origin may enter: a database born simulated stays so, and a real one takes nothing
// invented. An empty origin is the database's own.
func (in *Intake) original(o report.Origin) (report.Origin, error) {
	switch {
	case o == "":
		return in.Origin, nil
	case in.Origin != report.Real && o == report.Real:
		return o, fault.Invalid("origin", "Cơ sở dữ liệu này là dữ liệu mô phỏng, không nhận dữ liệu thật.").Because("simulated_dataset")
	case in.Origin == report.Real && o == report.Simulated:
		return o, fault.Invalid("origin", "Cơ sở dữ liệu này là dữ liệu thật, không nhận dữ liệu mô phỏng.").Because("real_dataset")
	}
	return o, nil
}

// identity draws a report's id and public code. The id is ordered by time for the index's sake and is never shown
// to the public; the code is random.
func identity() (id, code string, err error) {
	u, err := uuid.NewV7()
	if err != nil {
		return "", "", fault.Internal(fmt.Errorf("draw report id: %w", err))
	}
	var random [8]byte
	if _, err := rand.Read(random[:]); err != nil {
		return "", "", fault.Internal(fmt.Errorf("draw report code: %w", err))
	}
	return u.String(), report.Code(random), nil
}

// inflight knows the idempotency keys whose first request has not been answered yet.
type inflight struct {
	mu   sync.Mutex
	keys map[string]chan struct{} // closed when the first request is answered
}

// inflightWait is how long a second request with the same key waits for the first.
const inflightWait = 2 * time.Second

// enter waits for an earlier request with the key, and returns the function to call when this one is answered.
func (f *inflight) enter(ctx context.Context, key string) (leave func(), err error) {
	limit := time.NewTimer(inflightWait)
	defer limit.Stop()
	for {
		f.mu.Lock()
		earlier, busy := f.keys[key]
		if !busy {
			mine := make(chan struct{})
			f.keys[key] = mine
			f.mu.Unlock()
			return func() {
				f.mu.Lock()
				delete(f.keys, key)
				f.mu.Unlock()
				close(mine)
			}, nil
		}
		f.mu.Unlock()
		select {
		case <-earlier:
		case <-ctx.Done():
			return nil, errBusy
		case <-limit.C:
			return nil, fault.Conflict("Yêu cầu trước với cùng khóa đang được xử lý, xin thử lại sau.").Because("in_progress")
		}
	}
}
