// Package server wires a serving process: the store, the intake, the relay with its watch, the hub and the doors. New
// makes them, Run owns every goroutine and stops them in order. It decides nothing itself.
package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"golang.org/x/sync/errgroup"

	"toancanh/hub"
	"toancanh/schema"
	"toancanh/schema/sample"
	"toancanh/server/alarming"
	"toancanh/server/api"
	"toancanh/server/area"
	"toancanh/server/audit"
	"toancanh/server/auth"
	"toancanh/server/callout"
	"toancanh/server/disclosing"
	"toancanh/server/door"
	"toancanh/server/drilling"
	"toancanh/server/dti"
	"toancanh/server/feed"
	"toancanh/server/follow"
	"toancanh/server/hook"
	"toancanh/server/intake"
	"toancanh/server/limit"
	"toancanh/server/mail"
	"toancanh/server/opendata"
	"toancanh/server/presence"
	"toancanh/server/public"
	"toancanh/server/relay"
	"toancanh/server/report"
	"toancanh/server/store"
	"toancanh/server/subscribe"
	"toancanh/server/view"
	"toancanh/server/watch"
)

// Options are what the verb that starts a server adds to the settings.
type Options struct {
	Config
	Sample bool   // a sample province: what is stored without an origin is simulated, and /bat-dau exists
	Build  string // shown to people and pages
	Storm  func() // plays a storm; nil when nothing here can
	Intake Intake // zero but for measuring
	// Disk tells one copy of the database's files from another (embedded.Postgres.Disk); empty where nobody knows.
	Disk string
	Log  *slog.Logger
}

// Intake says how posts share commits; zeros stand for what intake takes by default.
type Intake struct{ Committers, Together int }

// Server is one serving process.
type Server struct {
	options  Options
	log      *slog.Logger
	location *time.Location
	metrics  *prometheus.Registry

	store     *store.Store
	public    *store.PublicStore
	partners  *store.PublicStore // connections of their own: long lists must not make the public page old
	dataset   store.Dataset
	atlas     *area.Atlas
	rules     *report.Rulebook
	units     []report.Unit
	signer    *auth.Signer
	evidence  *auth.Signer // of files that leave the house
	keeper    *auth.Keeper
	sealer    *auth.Sealer // of contacts
	receipts  *auth.Receipts
	follow    *follow.Desk
	mails     *mail.Desk // nil: no mail is sent
	hooks     *hook.Desk
	callout   *callout.Desk
	subscribe *subscribe.Desk
	walls     *auth.ScreenKeeper
	provider  *auth.Provider // nil: none
	chain     *audit.Chain
	bus       io.Closer
	limits    *limit.Limits // nil: lifted
	intake    *intake.Intake
	shelf     *intake.Shelf // nil: photos are refused
	watch     *watch.Watch
	alarming  *alarming.Alarming
	relay     *relay.Relay
	hub       *hub.Hub
	frame     *door.Frame // of the app
	app       *fiber.App
	api       *api.API
	feed      *feed.Feed
	pages     *public.Site
	openSets  *opendata.Door

	published dti.Book // of digital transformation

	drills     *drilling.Player
	disclosing *disclosing.Teller
	ownDoors   *drilling.Loopback
	presence   *presence.Board
	seeing     io.Closer // what presence is shared through; may be nil
	counting   io.Closer // what limits count through; may be nil
	boundaries *boundaries
}

// poolSizes leave room on a PostgreSQL of 100 connections for several processes.
func (o Options) poolSizes() store.Sizes {
	return store.Sizes{Write: max(6, int32(o.Intake.Committers)), Read: 8} //nolint:gosec // a handful
}

// New opens the database and the bus and wires everything. The database must be migrated. Close what it returns by
// running it, or with Close.
func New(ctx context.Context, o Options) (*Server, error) {
	s := &Server{options: o, log: o.Log, location: o.Location(), metrics: prometheus.NewRegistry(), ownDoors: drilling.NewLoopback()}
	s.metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if err := s.open(ctx); err != nil {
		s.Close()
		return nil, err
	}
	if err := s.wire(); err != nil {
		s.Close()
		return nil, err
	}
	if o.Sample {
		if err := s.intake.SeedScreens(ctx); err != nil {
			s.Close()
			return nil, err
		}
	}
	// Before the first report is placed. A schema older than this program has none; /readyz says so.
	if err := s.boundaries.look(ctx); err != nil {
		s.log.LogAttrs(ctx, slog.LevelWarn, "boundaries cannot be read", slog.Any("err", err))
	}
	return s, nil
}

// open connects the outside: database, province, keys, bus.
func (s *Server) open(ctx context.Context) (err error) {
	if s.store, err = store.Open(ctx, s.options.DatabaseURL, s.options.poolSizes()); err != nil {
		return err
	}
	if s.public, err = store.OpenPublic(ctx, s.options.publicURL()); err != nil {
		return err
	}
	if s.partners, err = store.OpenPublic(ctx, s.options.publicURL()); err != nil {
		return err
	}
	if s.atlas, err = area.Sample(); err != nil {
		return err
	}
	if s.options.Division == "" {
		s.options.Division = s.atlas.Tree.Default().Code
	}
	if _, ok := s.atlas.Tree.Division(s.options.Division); !ok {
		return fmt.Errorf("TOANCANH_DIVISION: there is no division %q", s.options.Division)
	}
	if s.rules, s.units, err = report.Load(sample.Files(), s.location); err != nil {
		return err
	}
	if s.published, err = dti.Load(sample.Files()); err != nil {
		return err
	}
	born := string(report.Real)
	if s.options.Sample {
		born = string(report.Simulated)
	}
	if s.dataset, err = s.store.Born(ctx, born); err != nil {
		return err
	}
	if s.options.Sample && s.dataset.Origin != born {
		return errors.New("this database holds real data; the sample province and its simulator are refused: start with --empty, or choose another data directory")
	}
	seed, err := auth.KeyFile(s.options.KeyFile("ticket.key"))
	if err != nil {
		return err
	}
	s.signer = auth.NewSigner(seed)
	if s.evidence, err = EvidenceSigner(s.options.Config); err != nil {
		return err
	}
	return s.openPeople(ctx)
}

// wire makes the deeds and the doors.
func (s *Server) wire() error {
	var err error
	if s.sealer, err = auth.OpenSealer(s.options.SealKey(auth.SealedContacts)); err != nil {
		return err
	}
	if s.receipts, err = auth.OpenReceipts(s.options.KeyFile("receipt.key")); err != nil {
		return err
	}
	bus, closer, err := OpenBus(s.options.RedisURL)
	if err != nil {
		return err
	}
	s.bus = closer
	if err := s.openLimits(); err != nil {
		return err
	}
	if err := s.openPresence(); err != nil {
		return err
	}
	if err := s.openShelf(); err != nil {
		return err
	}
	origin := report.Origin(s.dataset.Origin)
	s.metrics.MustRegister(screenCounts{s})
	s.openAlarms()
	s.intake, err = intake.New(intake.Config{
		Store: s.store, Rules: s.rules, Atlas: s.atlas, Division: s.options.Division, Sealer: s.sealer, Shelf: s.shelf,
		Origin: origin, Location: s.location, Units: s.units, Now: time.Now, Wake: func() { s.relay.Wake() }, Log: s.log, Heard: s.alarming.Heard,
		Committers: s.options.Intake.Committers, Together: s.options.Intake.Together, Limits: s.limits, Metrics: s.metrics,
	})
	if err != nil {
		return err
	}
	if err := s.openFollowing(); err != nil {
		return err
	}
	if s.hooks, err = s.openHooks(); err != nil {
		return err
	}
	if err := s.openCallout(); err != nil {
		return err
	}
	if err := s.openSubscribe(); err != nil {
		return err
	}
	s.metrics.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "toancanh_database_full", Help: "1 while the database refuses to store for want of room.",
	}, func() float64 {
		if s.store.Full() {
			return 1
		}
		return 0
	}))
	s.watch = watch.New(watch.Config{
		Store: s.store, Actor: s.intake, Atlas: s.atlas, Rules: s.rules, Division: s.options.Division, Origin: origin,
		Location: s.location, Keep: store.Retention{Readings: s.options.KeepReadings, Events: keepEvents},
		Now: time.Now, Log: s.log, Metrics: s.metrics, Seal: s.sealAudit, Forget: s.forget, DropContacts: s.dropContacts, Mail: s.deliver(), Hooks: s.hooks.Deliver,
		Silent: s.alarming.Silent,
	})
	s.drills = drilling.New(drilling.Config{
		Store: s.store, Doors: s.ownDoors, Actor: s.intake, Atlas: s.atlas, Division: s.options.Division, Now: time.Now, Log: s.log,
	})
	if err := s.openDisclosing(); err != nil {
		return err
	}
	bridges, err := s.openBridges()
	if err != nil {
		return err
	}
	bulletin, err := s.openBulletin()
	if err != nil {
		return err
	}
	s.relay = relay.New(relay.Config{
		Store: store.NewSeats(s.options.DatabaseURL, processName()).On(s.options.Disk), Bus: bus,
		Follower: followers{s.watch, append([]leader{
			presence.NewAnnouncer(s.presence, time.Now),
			s.drills,
			s.gatherer(),
			bulletin,
			s.callout,
			s.subscribe,
			s.disclosing,
		}, bridges...), s.alarming},
		Log: s.log, Now: time.Now, Metrics: s.metrics,
	})
	if s.options.Hub == "on" {
		s.hub = hub.New(hub.Config{
			Bus: bus, Source: s.live(), TicketKey: s.signer.Public(), Build: s.options.Build,
			Log: s.log, Registerer: s.metrics, Origins: s.options.Origins, NoLimits: s.options.Limits == "off",
			Caller: s.options.Caller(),
		})
	}
	return s.openDoors()
}

// processName tells people reading the relay's row which process leads.
func processName() string {
	host, _ := os.Hostname()
	return fmt.Sprintf("%s:%d", host, os.Getpid())
}

// stopLimit bounds a clean stop.
const stopLimit = 15 * time.Second

// Run serves on listener, and on more of them, until ctx ends or a part fails, and stops in order: no new requests, clients
// told to come back, what is queued committed and announced, connections closed.
func (s *Server) Run(ctx context.Context, listener net.Listener, more ...net.Listener) error {
	defer s.Close()
	s.ownDoors.At(listener.Addr())
	// The deeds outlive the doors by a little, so that accepted requests get their commit and their announcement.
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	g, life := errgroup.WithContext(life)
	g.Go(func() error { return s.intake.Run(life) })
	g.Go(func() error { return s.relay.Run(life) })
	if s.shelf != nil {
		g.Go(func() error { return s.shelf.Run(life) })
	}
	g.Go(func() error { return s.pages.Run(life) })
	g.Go(func() error { return s.openSets.Run(life) })
	g.Go(func() error { return s.api.Run(life) })
	g.Go(func() error { return s.feed.Run(life) })
	g.Go(func() error { return s.boundaries.Run(life) })
	if s.hub != nil {
		g.Go(func() error { return s.hub.Run(life) })
	}
	if s.options.MetricsListen != "" {
		g.Go(func() error { return s.servePrivate(life) })
	}
	s.app.Handler() // lays out the routes, once, before anybody serves
	for _, other := range more {
		g.Go(func() error { return s.app.Server().Serve(s.frame.Quick(other)) })
	}
	g.Go(func() error { return s.app.Listener(s.frame.Quick(door.Patient(listener, s.log))) })
	g.Go(func() error {
		select {
		case <-ctx.Done():
		case <-life.Done():
		}
		s.stop()
		end()
		return nil
	})
	if err := g.Wait(); err != nil && ctx.Err() == nil {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

// stop refuses newcomers and lets those who are here finish.
func (s *Server) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), stopLimit)
	defer cancel()
	if s.hub != nil {
		if err := s.hub.Shutdown(ctx); err != nil {
			s.log.LogAttrs(ctx, slog.LevelWarn, "hub did not stop cleanly", slog.Any("err", err))
		}
	}
	if err := s.app.ShutdownWithContext(ctx); err != nil {
		s.log.LogAttrs(ctx, slog.LevelWarn, "doors did not stop cleanly", slog.Any("err", err))
	}
}

// Close ends the connections. It is safe on a half-made server and may be called twice.
func (s *Server) Close() {
	if s.bus != nil {
		_ = s.bus.Close()
		s.bus = nil
	}
	if s.counting != nil {
		_ = s.counting.Close()
		s.counting = nil
	}
	if s.seeing != nil {
		_ = s.seeing.Close()
		s.seeing = nil
	}
	if s.public != nil {
		s.public.Close()
		s.public = nil
	}
	if s.partners != nil {
		s.partners.Close()
		s.partners = nil
	}
	if s.store != nil {
		s.store.Close()
		s.store = nil
	}
}

// Dataset is what the database was born as.
func (s *Server) Dataset() store.Dataset { return s.dataset }

// HistoryLoaded notes that the sample's history is complete.
func (s *Server) HistoryLoaded(ctx context.Context) error { return s.store.HistoryLoaded(ctx) }

// NewKey makes a key as fast as there is, for tools of this house, and returns its token, which is kept nowhere.
func (s *Server) NewKey(ctx context.Context, label string, rights ...auth.Right) (string, error) {
	k, token, err := auth.NewKey(label, rights...)
	if err != nil {
		return "", err
	}
	k.Rate = auth.MostRate()
	return token, s.store.AddKey(ctx, k)
}

// RevokeKeys ends every key with the label, such as those of earlier starts.
func (s *Server) RevokeKeys(ctx context.Context, label string) error {
	keys, err := s.store.Keys(ctx)
	if err != nil {
		return err
	}
	for _, k := range keys {
		if k.Label == label {
			if err := s.store.RevokeKey(ctx, k.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// Rules are the rules of reports and the units that act on them.
func (s *Server) Rules() (*report.Rulebook, []report.Unit) { return s.rules, s.units }

// live answers the hubs for the topics there are: those of the areas of the division in use, of units, and of screens:
// those that an id names by itself; of the ones that were set up the store knows.
func (s *Server) live() *store.Live {
	return s.store.Live(view.NewLens(s.location, s.units), func(t schema.Topic) bool {
		switch t.Audience {
		case schema.Unit:
			return s.hasUnit(t.Area())
		case schema.Screen:
			_, named := s.intake.Ground().Names(t.Area())
			return named
		case schema.Ops, schema.Wall, schema.Public:
			return t.Division == s.options.Division && slices.Equal(t.Path, s.atlas.Tree.Path(t.Division, t.Area()))
		}
		return false
	})
}
