package benching

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"toancanh/hub"
	"toancanh/schema"
	"toancanh/server"
)

// playHub is the verb hub as it stands, without limits on sockets. Without a Redis its bus is in the process and fed
// from standard input.
func playHub(ctx context.Context, r role, listener net.Listener) error {
	bus, closer, err := server.OpenBus(r.Redis)
	if err != nil {
		return err
	}
	if closer != nil {
		defer func() { _ = closer.Close() }()
	}
	source := hub.NewHTTPSource(r.Source, "") // the bench answers without one
	defer source.Close()
	key, err := source.TicketKey(ctx)
	if err != nil {
		return fmt.Errorf("ask for the key of tickets: %w", err)
	}
	log, metrics := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})), prometheus.NewRegistry()
	h := hub.New(hub.Config{Bus: bus, Source: source, TicketKey: key, Build: "bench", Log: log, Registerer: metrics, NoLimits: true})
	app := server.HubApp(server.Config{Listen: listener.Addr().String()}, log, metrics, h.Ready)
	h.Routes(app)

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { defer cancel(); pump(ctx, bus) }()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return h.Run(ctx) })
	g.Go(func() error { return app.Listener(listener) })
	g.Go(func() error { <-ctx.Done(); return app.Shutdown() })
	tell(listener)
	if err := g.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("play hub: %w", err)
	}
	return nil
}

// pump publishes the records of standard input until it ends; a record's tag is the number of its channel.
func pump(ctx context.Context, bus hub.Bus) {
	in := bufio.NewReaderSize(os.Stdin, 1<<16)
	for {
		channel, payload, err := readRecord(in)
		if err != nil || bus.Publish(ctx, schema.ChannelName(int(channel)), payload) != nil {
			return
		}
	}
}
