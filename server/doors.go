package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"net/netip"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/adaptor"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/valyala/fasthttp"
	"golang.org/x/sync/errgroup"

	"toancanh/frontend"
	"toancanh/hub"
	"toancanh/server/api"
	"toancanh/server/door"
	"toancanh/server/intake"
	"toancanh/server/limit"
	"toancanh/server/open311"
	"toancanh/server/past"
	"toancanh/server/public"
	"toancanh/server/report"
	"toancanh/server/store"
	"toancanh/server/view"
)

// openDoors makes the application and hangs every door into it.
func (s *Server) openDoors() error {
	frame := newFrame(s.options.Config, s.log, s.metrics)
	frame.Limits, s.frame = s.limits, frame
	s.app = fiber.New(frame.AppConfig())
	frame.Install(s.app)
	tiles, err := s.openTiles()
	if err != nil {
		return err
	}
	s.api, err = api.New(api.Config{
		Frame: frame, Intake: s.intake, Store: s.store, Past: s.lookBack(), Atlas: s.atlas, Rules: s.rules, Units: s.units,
		Signer: s.signer, Evidence: s.evidence, Location: s.location, Now: time.Now, Division: s.options.Division, Title: s.options.Title,
		Origin: report.Origin(s.dataset.Origin), Build: s.options.Build, Open: s.options.Open == "yes",
		Sample: s.options.Sample, Live: s.live(),
		Keeper: s.keeper, Walls: s.walls, People: s.store, Keys: s.store, Hooks: s.store, HookDesk: s.hooks, Duty: s.store, Callout: s.callout, Contacts: s.store, Sealer: s.sealer, Log: s.log,
		Provider: s.provider, HubSecret: s.options.HubSecret, Storm: s.options.Storm, Ready: s.ready,
		Queue: s.store, Presence: s.presence, Tiles: tiles, Wake: func() { s.relay.Wake() }, Handovers: s.store, Drills: s.store, DrillsChanged: s.drills.Look,
		Follow: s.follow, Receipts: s.receipts, Warnings: s.store, CapSender: s.capSender(), Subscriptions: s.subscribe, DTI: s.published,
	})
	if err != nil {
		return err
	}
	s.api.Routes(s.app)
	s.openFeed(frame)
	if err := s.openPartners(frame); err != nil {
		return err
	}
	if err := s.openData(frame); err != nil {
		return err
	}
	if err := s.openPages(frame, s.api.EnterSample); err != nil {
		return err
	}
	s.boundaries = &boundaries{
		store: s.store, atlas: s.atlas, log: s.log, changed: []func() error{s.api.RefreshMaps, s.pages.RefreshMaps},
	}
	if s.hub != nil {
		s.hub.Routes(s.app)
	}
	if s.options.Loopback() {
		s.app.Get("/metrics", ownMachine(frame), adaptor.HTTPHandler(metricsDoor(s.metrics)))
	}
	return nil
}

// ownMachine hides a door from everybody but this machine's own user: the main address may be a loopback one while other
// listeners of the process are not.
func ownMachine(frame *door.Frame) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if !frame.Loopback(c.Context()) {
			return fiber.ErrNotFound
		}
		return c.Next()
	}
}

// openLimits makes the count of who does what how often, shared over Redis where there is one.
func (s *Server) openLimits() error {
	if s.options.Limits == "off" {
		return nil
	}
	c := limit.Config{Now: time.Now, Log: s.log}
	if s.options.RedisURL != "" {
		// A client of its own: what publishes must not wait behind what counts.
		client, err := hub.OpenRedis(s.options.RedisURL)
		if err != nil {
			return fmt.Errorf("TOANCANH_REDIS_URL: %w", err)
		}
		s.counting, c.Shared = client, limit.NewRedis(client)
	}
	s.limits = limit.New(c)
	return nil
}

// openTiles hangs in the operator's base map and returns its address; empty without one.
func (s *Server) openTiles() (string, error) {
	if s.options.PMTiles == "" {
		return "", nil
	}
	file, err := door.NewPMTiles(s.options.PMTiles)
	if err != nil {
		return "", fmt.Errorf("TOANCANH_PMTILES: %w", err)
	}
	const address = "/tiles/base.pmtiles"
	s.app.Get(address, file.Serve)
	return address, nil
}

// lookBack answers for the past by what counts the present.
func (s *Server) lookBack() *past.Desk {
	return past.New(past.Config{Store: s.store, Watch: s.watch.Config, Lens: view.NewLens(s.location, s.units)})
}

// openPartners hangs the door for partner systems in.
func (s *Server) openPartners(frame *door.Frame) error {
	partners, err := open311.New(open311.Config{
		Frame: frame, Records: s.partners, Intake: s.intake, Store: s.store, Keys: s.api, Atlas: s.atlas, Rules: s.rules,
		Receipts: s.receipts,
		Location: s.location, Now: time.Now, Log: s.log, Division: s.options.Division, Title: s.options.Title,
		Origin: report.Origin(s.dataset.Origin),
	})
	if err != nil {
		return err
	}
	partners.Routes(s.app)
	return nil
}

// openPages hangs the HTML pages and the built faces in.
func (s *Server) openPages(frame *door.Frame, enter func(*fiber.Ctx, string) error) (err error) {
	config := public.Config{
		Frame: frame, Pictures: s.public, Intake: s.intake, Follow: s.follow, Receipts: s.receipts, Atlas: s.atlas, Rules: s.rules, DTI: s.published,
		Location: s.location, Now: time.Now, Log: s.log, Division: s.options.Division, Title: s.options.Title,
		Origin: report.Origin(s.dataset.Origin), Sample: s.options.Sample, Storm: s.options.Storm, Enter: enter,
		OpenData: s.openPage(), Visits: visits{s.store, s.intake}, Member: s.api.Member, Duty: s.callout, PushKey: s.subscribe.Key(),
	}
	if s.shelf != nil {
		config.Photos = s.intake
	}
	if s.mails != nil {
		config.Mails = s.mails
	}
	if faces, ok := frontend.Files(); ok {
		config.Faces = faces
	}
	if s.pages, err = public.New(config); err != nil {
		return err
	}
	s.pages.Routes(s.app)
	return nil
}

// visits is what community teams are asked for, and what they tell of it.
type visits struct {
	*store.Store
	*intake.Intake
}

// AddPhoto is the intake's: the store keeps what is harmless already.
func (v visits) AddPhoto(ctx context.Context, b intake.PhotoBody) (json.RawMessage, bool, error) {
	return v.Intake.AddPhoto(ctx, b)
}

// errNoPages says that the public pages wait for their first reading.
var errNoPages = errors.New("the public pages have not been read yet")

// ready says why a report could not be stored now, or could not be announced; at the start also that there is no public
// page yet. Later a page that cannot be read anew says itself that it is old.
func (s *Server) ready(ctx context.Context) error {
	if err := s.store.Ready(ctx); err != nil {
		return err
	}
	if !s.pages.Begun() {
		return errNoPages
	}
	return nil
}

// newFrame makes the frame of a process's doors.
func newFrame(c Config, log *slog.Logger, metrics prometheus.Registerer) *door.Frame {
	return door.New(door.Config{Log: log, Now: time.Now, Metrics: metrics, Trusted: c.trusted(), Origins: c.Origins})
}

// Caller is where a request comes from, by the trusted proxies of the setting.
func (c Config) Caller() func(*fasthttp.RequestCtx) netip.Addr {
	return door.New(door.Config{Trusted: c.trusted()}).Caller
}

// trusted are the networks of reverse proxies; Validate has seen that they can be read.
func (c Config) trusted() []netip.Prefix {
	var list []netip.Prefix
	for _, text := range c.TrustedProxies {
		if p, err := netip.ParsePrefix(text); err == nil {
			list = append(list, p)
		} else if a, err := netip.ParseAddr(text); err == nil {
			list = append(list, netip.PrefixFrom(a, a.BitLen()))
		}
	}
	return list
}

func metricsDoor(metrics *prometheus.Registry) http.Handler {
	return promhttp.HandlerFor(metrics, promhttp.HandlerOpts{})
}

// headerLimit is how long a caller of the private listener may take to ask.
const headerLimit = 5 * time.Second

// servePrivate serves /metrics and /debug/pprof on the private address until ctx ends.
func (s *Server) servePrivate(ctx context.Context) error {
	mux := http.NewServeMux()
	mux.Handle("/metrics", metricsDoor(s.metrics))
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	private := &http.Server{Handler: mux, ReadHeaderTimeout: headerLimit}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.options.MetricsListen)
	if err != nil {
		return fmt.Errorf("TOANCANH_METRICS_LISTEN: cannot listen on %s: %w", s.options.MetricsListen, err)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return private.Serve(listener) })
	g.Go(func() error { <-ctx.Done(); return private.Close() })
	if err := g.Wait(); err != nil && !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve private address: %w", err)
	}
	return nil
}

// HubApp makes the application of a stand-alone hub: health, and metrics while only this machine can reach it.
func HubApp(c Config, log *slog.Logger, metrics *prometheus.Registry, ready func() error) *fiber.App {
	frame := newFrame(c, log, metrics)
	app := fiber.New(frame.AppConfig())
	frame.Install(app)
	app.Get("/healthz", func(c *fiber.Ctx) error { return c.SendString("ok\n") })
	app.Get("/readyz", func(c *fiber.Ctx) error {
		if ready() != nil {
			c.Set(fiber.HeaderRetryAfter, "2")
			return fiber.ErrServiceUnavailable
		}
		return c.SendString("ready\n")
	})
	if c.Loopback() {
		app.Get("/metrics", ownMachine(frame), adaptor.HTTPHandler(metricsDoor(metrics)))
	}
	return app
}
