// Package simulation plays a province's day: sensors under a weather that makes
// sense, residents who report what they see, staff who take the reports in,
// hand them on, resolve them and now and then miss a deadline; a storm on
// demand; and a past of some weeks to start from. It is a stranger to the
// server: it speaks only the HTTP API, names everything it makes as simulated
// and never touches the database, the bus or the live wire.
package simulation

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"toancanh/cmd/toancanh/client"
	"toancanh/schema/sample"
	"toancanh/server/area"
	"toancanh/server/report"
)

// DefaultPace makes a report every 20 to 30 seconds.
const DefaultPace = 11

// reportsPerDay is what the sample province sends on an average day at pace 1.
const reportsPerDay = 310

// Config says what is played, and to whom.
type Config struct {
	Base *url.URL // root of the server
	Key  string   // of a sender with the rights readings, sensors and history

	// Pace is how many times faster than a real province residents and staff
	// are; 1 is real time, 0 takes DefaultPace. The weather always keeps real
	// time. Above 1 the hours of the day no longer matter: a visitor at
	// midnight sees a living province too.
	Pace  float64
	Seed  uint64
	Storm bool // begin with a storm

	// StormLasts is how long a storm takes; 0 takes six minutes, so that a
	// visitor sees all of it. Over some hours it is as slow as nature.
	StormLasts time.Duration

	Location *time.Location   // zone of the province's hours; nil: Asia/Ho_Chi_Minh
	Atlas    *area.Atlas      // nil: the sample's
	Rules    *report.Rulebook // nil: the sample's, with its units
	Units    []string         // ids of the units that act; a district's own, "ubnd-<code>", gets part of its reports
	Sensors  []Sensor         // nil: the sample's, with the gateways they speak through
	Gateways []client.Gateway

	HTTP *http.Client     // nil: the client's own
	Log  *slog.Logger     // nil: slog.Default()
	Now  func() time.Time // nil: time.Now; for tests
}

// province is a configuration made whole, with what is computed from it once.
type province struct {
	Config
	client  *client.Client
	weather *weather
	places  *places
	phrases phrases
}

func newProvince(cfg Config) (*province, error) {
	cfg, err := cfg.filled()
	if err != nil {
		return nil, err
	}
	p := &province{Config: cfg}
	if p.places, err = newPlaces(cfg.Atlas); err != nil {
		return nil, err
	}
	if p.phrases, err = readPhrases(sentenceFile); err != nil {
		return nil, err
	}
	if p.client, err = client.New(client.Options{Base: cfg.Base, Key: cfg.Key, HTTP: cfg.HTTP, Log: cfg.Log}); err != nil {
		return nil, err
	}
	p.weather = newWeather(cfg.Seed, cfg.Location, p.places.centre)
	return p, nil
}

func (c Config) filled() (Config, error) {
	if c.Pace < 0 {
		return c, fmt.Errorf("simulate: pace %v is below 0", c.Pace)
	}
	if c.Pace == 0 {
		c.Pace = DefaultPace
	}
	if c.StormLasts < 0 {
		return c, fmt.Errorf("simulate: a storm of %s", c.StormLasts)
	}
	if c.StormLasts == 0 {
		c.StormLasts = stormLasts
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	c, err := c.withSample(sample.Files())
	if err != nil {
		return c, fmt.Errorf("simulate: %w", err)
	}
	return c, nil
}

// withSample takes from the sample what is not given.
func (c Config) withSample(files fs.FS) (Config, error) {
	var err error
	if c.Location == nil {
		if c.Location, err = time.LoadLocation("Asia/Ho_Chi_Minh"); err != nil {
			return c, fmt.Errorf("load zone: %w", err)
		}
	}
	if c.Atlas == nil {
		if c.Atlas, err = area.Load(files); err != nil {
			return c, err
		}
	}
	if c.Rules == nil {
		var units []report.Unit
		if c.Rules, units, err = report.Load(files, c.Location); err != nil {
			return c, err
		}
		for _, u := range units {
			c.Units = append(c.Units, u.ID)
		}
	}
	if c.Sensors == nil {
		table, err := files.Open("sensors.csv")
		if err != nil {
			return c, fmt.Errorf("open sensors: %w", err)
		}
		defer func() { _ = table.Close() }()
		if c.Sensors, err = ReadSensors(table); err != nil {
			return c, err
		}
		through, err := files.Open("gateways.csv")
		if err != nil {
			return c, fmt.Errorf("open gateways: %w", err)
		}
		defer func() { _ = through.Close() }()
		if c.Gateways, err = ReadGateways(through); err != nil {
			return c, err
		}
	}
	return c, nil
}

// Simulation is a province that lives while Run runs.
type Simulation struct {
	*province
	storm   atomic.Pointer[storm]
	storms  chan struct{} // one waiting request at most
	running atomic.Bool
}

// New makes a simulation. It does not connect.
func New(cfg Config) (*Simulation, error) {
	p, err := newProvince(cfg)
	if err != nil {
		return nil, err
	}
	return &Simulation{province: p, storms: make(chan struct{}, 1)}, nil
}

// Run registers the sensors and plays until ctx ends, which is no error. A
// server that is away is waited for; only one that refuses the key, or the
// simulation as a whole, ends it. Call it once.
func (s *Simulation) Run(ctx context.Context) error {
	if s.running.Swap(true) {
		return errors.New("run simulation: it runs already")
	}
	if err := s.register(ctx); err != nil {
		return endOf(ctx, err)
	}
	s.Log.InfoContext(ctx, "simulation begins", slog.Float64("pace", s.Pace), slog.Int("sensors", len(s.Sensors)))
	if s.Config.Storm {
		s.storms <- struct{}{}
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.feed(ctx) })
	group.Go(func() error { return s.residents(ctx) })
	group.Go(func() error { return s.staff(ctx) })
	group.Go(func() error { return s.stormWatch(ctx) })
	return endOf(ctx, group.Wait())
}

// endOf drops the error of a simulation that was told to end.
func endOf(ctx context.Context, err error) error {
	if ctx.Err() != nil && (errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)) {
		return nil
	}
	return err
}

// ErrStorming says that a storm is playing already.
var ErrStorming = errors.New("a storm is under way")

// Storm begins a storm and returns at once; before Run it begins with it. It fails with ErrStorming while one plays or
// waits.
func (s *Simulation) Storm(ctx context.Context) error {
	if s.storm.Load().raging(s.Now()) {
		return ErrStorming
	}
	select {
	case s.storms <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	default:
		return ErrStorming
	}
}

// wait sleeps and reports whether ctx still lives.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
