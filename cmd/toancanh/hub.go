package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"toancanh/hub"
	"toancanh/server"
	"toancanh/server/door"
)

type hubCmd struct {
	Listen         string   `env:"TOANCANH_LISTEN" default:"127.0.0.1:8090" help:"Address to serve the live feed on, host:port."`
	RedisURL       string   `env:"TOANCANH_REDIS_URL" required:"" help:"Redis of the servers' bus."`
	SourceURL      string   `env:"TOANCANH_SOURCE_URL" required:"" help:"Server to ask for snapshots and missed events, http://host:port."`
	HubSecret      string   `env:"TOANCANH_HUB_SECRET" required:"" help:"The secret the server expects from hubs."`
	Origins        []string `env:"TOANCANH_ORIGINS" help:"Further web origins that may open the live feed, with commas."`
	TrustedProxies []string `env:"TOANCANH_TRUSTED_PROXIES" help:"Reverse proxies whose X-Forwarded-For is believed, with commas."`
	Limits         string   `env:"TOANCANH_LIMITS" default:"on" enum:"on,off" help:"off: lift socket limits, for measuring only."`
	LogFormat      string   `env:"TOANCANH_LOG_FORMAT" default:"text" enum:"text,json" help:"Form of the log on standard error: text or json."`
	LogLevel       string   `env:"TOANCANH_LOG_LEVEL" default:"info" enum:"debug,info,warn,error" help:"Least level that is logged."`
}

// keyPatience bounds the wait for a server that starts beside the hub.
const keyPatience = 60 * time.Second

// Run serves the live feed until ctx ends.
func (c hubCmd) Run(ctx context.Context) error {
	log := newLog(server.Config{LogFormat: c.LogFormat, LogLevel: c.LogLevel})
	listener, err := listen(ctx, c.Listen)
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }()
	bus, closer, err := server.OpenBus(c.RedisURL)
	if err != nil {
		return err
	}
	if closer != nil {
		defer func() { _ = closer.Close() }()
	}
	source := hub.NewHTTPSource(c.SourceURL, c.HubSecret)
	defer source.Close()
	key, err := awaitKey(ctx, source, log)
	if err != nil {
		return err
	}
	metrics := prometheus.NewRegistry()
	edges := server.Config{Listen: c.Listen, TrustedProxies: c.TrustedProxies, Origins: c.Origins}
	h := hub.New(hub.Config{
		Bus: bus, Source: source, TicketKey: key, Build: build, Log: log, Registerer: metrics,
		Origins: c.Origins, NoLimits: c.Limits == "off", Caller: edges.Caller(),
	})
	app := server.HubApp(edges, log, metrics, h.Ready)
	h.Routes(app)

	life, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	g, life := errgroup.WithContext(life)
	g.Go(func() error { return h.Run(life) })
	g.Go(func() error { return app.Listener(door.Patient(listener, log)) })
	g.Go(func() error {
		select {
		case <-ctx.Done():
		case <-life.Done():
		}
		defer end()
		stop, cancel := context.WithTimeout(context.Background(), keyPatience/4)
		defer cancel()
		return errors.Join(h.Shutdown(stop), app.ShutdownWithContext(stop))
	})
	log.LogAttrs(ctx, slog.LevelInfo, "hub serves", slog.String("address", c.Listen))
	if err := g.Wait(); err != nil && ctx.Err() == nil {
		return fmt.Errorf("run hub: %w", err)
	}
	return nil
}

// awaitKey asks the server for the key of tickets until it answers: both may be starting at once.
func awaitKey(ctx context.Context, source *hub.HTTPSource, log *slog.Logger) (key []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, keyPatience)
	defer cancel()
	for {
		if key, err = source.TicketKey(ctx); err == nil {
			return key, nil
		}
		log.LogAttrs(ctx, slog.LevelWarn, "server does not answer yet", slog.Any("err", err))
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("the server at TOANCANH_SOURCE_URL did not answer within %s: %w", keyPatience, err)
		case <-time.After(time.Second):
		}
	}
}
