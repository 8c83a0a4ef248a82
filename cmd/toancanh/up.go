package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"toancanh/cmd/toancanh/simulation"
	"toancanh/schema"
	"toancanh/server"
	"toancanh/server/auth"
	"toancanh/server/embedded"
)

type upCmd struct {
	server.Config
	lanFlags
	OwnerURL    string  `env:"TOANCANH_OWNER_URL" help:"With a database of your own: PostgreSQL as the role that owns the schema."`
	Empty       bool    `help:"Start clean and real: no sample province, no simulator."`
	Simulate    string  `env:"TOANCANH_SIMULATE" default:"on" enum:"on,off" help:"off: show the sample province without its simulator."`
	Pace        float64 `env:"TOANCANH_PACE" default:"11" help:"How many times faster than a real province the simulator plays; 1 is real time."`
	HistoryDays int     `env:"TOANCANH_HISTORY_DAYS" default:"35" help:"Days of history the sample province starts with; 0: none."`

	Disk string `kong:"-"` // of the embedded database
}

// localLabel and localKeyFile name the key up makes at every start for tools of the same machine.
const (
	localLabel   = "Công cụ trên máy này (toancanh up)"
	localKeyFile = "local.token"
)

// sampleSeed makes every start play the same weather and the same people: what staff planned for a report of yesterday
// must still be their plan today.
const sampleSeed = 67

// stopChildren bounds the stop of the embedded servers.
const stopChildren = 40 * time.Second

// Run starts the machine's own servers, serves, and plays the sample province.
func (c upCmd) Run(ctx context.Context) error {
	if err := c.validate(); err != nil {
		return err
	}
	if c.Photos == "" {
		c.Photos = filepath.Join(c.Data, "photos")
	}
	log := newLog(c.Config)
	listener, err := listen(ctx, c.Listen) // first: a busy address must not create anything
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }()
	near, err := c.lanFlags.listen(ctx)
	if err != nil {
		return err
	}
	defer near.close()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	children, err := c.startChildren(ctx, log)
	if err != nil {
		return err
	}
	watched := make(chan struct{})
	go func() { defer close(watched); children.watch(ctx, cancel) }()
	defer func() {
		cancel(nil)
		<-watched
		children.stop()
	}()
	err = c.serve(ctx, listening{listener, near}, log)
	// A signal is a cause too, and no failure.
	if cause := context.Cause(ctx); errors.Is(cause, errDatabaseEnded) {
		return cause
	}
	return err
}

var errDatabaseEnded = errors.New("the embedded database ended")

func (c upCmd) validate() error {
	faults := []error{c.Validate(), c.lanFlags.validate()}
	if c.DatabaseURL != "" && c.OwnerURL == "" {
		faults = append(faults, errors.New("TOANCANH_OWNER_URL: is needed with TOANCANH_DATABASE_URL, since up also migrates"))
	}
	if c.Pace <= 0 {
		faults = append(faults, fmt.Errorf("TOANCANH_PACE: %v is not above 0", c.Pace))
	}
	if c.HistoryDays < 0 || c.HistoryDays > 365 {
		faults = append(faults, fmt.Errorf("TOANCANH_HISTORY_DAYS: %d is not within 0 to 365", c.HistoryDays))
	}
	return errors.Join(faults...)
}

// listening is where a started program is reached.
type listening struct {
	main net.Listener
	near local
}

// serve migrates, serves, and plays.
func (c upCmd) serve(ctx context.Context, on listening, log *slog.Logger) error {
	if err := schema.Migrate(ctx, c.OwnerURL); err != nil {
		return err
	}
	player := &player{log: log}
	s, err := server.New(ctx, server.Options{
		Config: c.Config, Sample: !c.Empty, Build: build, Log: log, Storm: player.storm, Disk: c.Disk,
	})
	if err != nil {
		return err
	}
	key, err := c.localKey(ctx, s)
	if err != nil {
		return err
	}
	c.announce(s)
	if err := printFirstLink(ctx, s, "http://"+c.Listen); err != nil {
		return err
	}
	secure, trust, err := on.near.open(c.KeyFile(lanFile), log)
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.Run(ctx, on.main, secure...) })
	g.Go(func() error { return trust(ctx) })
	if !c.Empty && c.Simulate == "on" {
		g.Go(func() error { return c.play(ctx, s, player, on.main.Addr().String(), key) })
	}
	return g.Wait()
}

// localKey makes the key of this start for tools of this machine, among them the simulator, and leaves it where only
// this user can read it. Those of earlier starts end.
func (c upCmd) localKey(ctx context.Context, s *server.Server) (string, error) {
	if err := s.RevokeKeys(ctx, localLabel); err != nil {
		return "", err
	}
	token, err := s.NewKey(ctx, localLabel, auth.Rights()...)
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(c.KeyFile(localKeyFile), []byte(token+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("leave the key for local tools: %w", err)
	}
	return token, nil
}

// announce prints where every page is.
func (c upCmd) announce(s *server.Server) {
	base := "http://" + c.Listen
	lines := []string{
		"Toàn Cảnh " + build + " đang chạy / is running:",
		"  " + base + "/            trang công khai / public page",
		"  " + base + "/phan-anh    gửi phản ánh / report form",
		"  " + base + "/wall/tinh   màn hình lớn / wall",
		"  " + base + "/console     bàn điều hành / console",
	}
	if !c.Empty {
		lines = append(lines, "  "+base+"/bat-dau     bắt đầu từ đây / start here")
	}
	lines = append(lines, "  bus: "+c.busName()+", data: "+c.Data+", stored as: "+s.Dataset().Origin)
	for _, line := range lines {
		_, _ = fmt.Fprintln(os.Stdout, line)
	}
}

func (c upCmd) busName() string {
	if c.RedisURL == "" {
		return "in this process"
	}
	if u, err := url.Parse(c.RedisURL); err == nil {
		return u.Redacted()
	}
	return "redis"
}

// children are the embedded servers.
type children struct {
	postgres *embedded.Postgres
	redis    *embedded.Redis
	options  embedded.Options
	log      *slog.Logger
}

// startChildren starts what the settings do not name and puts its addresses into them.
func (c *upCmd) startChildren(ctx context.Context, log *slog.Logger) (*children, error) {
	ch := &children{options: embedded.Options{DataDir: c.Data, Log: log}, log: log}
	var err error
	if c.DatabaseURL == "" {
		if ch.postgres, err = embedded.StartPostgres(ctx, ch.options); err != nil {
			return nil, err
		}
		c.OwnerURL = ch.postgres.DSN(embedded.Owner, embedded.Database)
		c.DatabaseURL = ch.postgres.DSN("toancanh_app", embedded.Database)
		c.Disk = ch.postgres.Disk()
		log.LogAttrs(ctx, slog.LevelInfo, "database", slog.String("postgres", ch.postgres.Describe()))
	}
	if c.RedisURL == "" {
		ch.redis, err = embedded.StartRedis(ctx, ch.options)
		switch {
		case errors.Is(err, embedded.ErrNoRedis):
			log.LogAttrs(ctx, slog.LevelInfo, "no redis-server or valkey-server found: the bus is in this process")
		case err != nil:
			ch.stop()
			return nil, err
		default:
			c.RedisURL = ch.redis.URL()
			log.LogAttrs(ctx, slog.LevelInfo, "bus", slog.String("redis", ch.redis.Describe()))
		}
	}
	return ch, nil
}

// watch ends the program when its database dies: restarting it belongs to the service manager, which sees crash loops.
// A dead Redis is started again, for it holds nothing that may not be lost.
func (ch *children) watch(ctx context.Context, cancel context.CancelCauseFunc) {
	var databaseGone <-chan struct{}
	if ch.postgres != nil {
		databaseGone = ch.postgres.Done()
	}
	var redisGone <-chan struct{}
	if ch.redis != nil {
		redisGone = ch.redis.Done()
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-databaseGone:
			cancel(fmt.Errorf("%w: %w; start again, the data is kept", errDatabaseEnded, ch.postgres.Err()))
			return
		case <-redisGone:
			ch.log.LogAttrs(ctx, slog.LevelWarn, "redis ended and is started again", slog.Any("err", ch.redis.Err()))
			_ = ch.redis.Stop(ctx) // it has ended, as was just said; this gives its directory up
			redis, err := embedded.StartRedis(ctx, ch.options)
			if err == nil {
				ch.redis, redisGone = redis, redis.Done()
				continue
			}
			ch.log.LogAttrs(ctx, slog.LevelWarn, "redis does not start", slog.Any("err", err))
			select {
			case <-ctx.Done():
				return
			case <-time.After(time.Second):
			}
		}
	}
}

func (ch *children) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), stopChildren)
	defer cancel()
	if ch.redis != nil {
		if err := ch.redis.Stop(ctx); err != nil {
			ch.log.LogAttrs(ctx, slog.LevelWarn, "redis did not stop cleanly", slog.Any("err", err))
		}
	}
	if ch.postgres != nil {
		if err := ch.postgres.Stop(ctx); err != nil {
			ch.log.LogAttrs(ctx, slog.LevelWarn, "database did not stop cleanly", slog.Any("err", err))
		}
	}
}

// play loads the sample's history on the first start and then plays its days, through the API like any stranger.
func (c upCmd) play(ctx context.Context, s *server.Server, p *player, address, key string) error {
	rules, units := s.Rules()
	cfg := simulation.Config{
		Base: &url.URL{Scheme: "http", Host: address}, Key: key, Pace: c.Pace, Seed: sampleSeed,
		Location: c.Location(), Rules: rules, Log: p.log,
	}
	for _, u := range units {
		cfg.Units = append(cfg.Units, u.ID)
	}
	sim, err := simulation.New(cfg)
	if err != nil {
		return err
	}
	p.ready(sim)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return sim.Run(ctx) })
	if !s.Dataset().History && c.HistoryDays > 0 {
		g.Go(func() error {
			if err := simulation.History(ctx, cfg, c.HistoryDays); err != nil {
				return ended(ctx, fmt.Errorf("load history: %w", err))
			}
			return s.HistoryLoaded(ctx)
		})
	}
	return ended(ctx, g.Wait())
}

// ended drops the error of something that was told to end: then any error is the telling's.
func ended(ctx context.Context, err error) error {
	select {
	case <-ctx.Done():
		return nil
	default:
		return err
	}
}
