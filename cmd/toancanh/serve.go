package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"syscall"

	"toancanh/server"
)

type serveCmd struct {
	server.Config
}

// Run serves against the database and Redis of the settings.
func (c serveCmd) Run(ctx context.Context) error {
	if err := c.Validate(); err != nil {
		return err
	}
	if c.DatabaseURL == "" {
		return errors.New("TOANCANH_DATABASE_URL is not set: serve runs against a database that exists; toancanh up brings one of its own")
	}
	listener, err := listen(ctx, c.Listen)
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }()
	log := newLog(c.Config)
	s, err := server.New(ctx, server.Options{Config: c.Config, Build: build, Log: log})
	if err != nil {
		return err
	}
	if err := printFirstLink(ctx, s, "http://"+c.Listen); err != nil {
		// The schema is older than this program until toancanh migrate has run; people can be let in by toancanh user.
		log.LogAttrs(ctx, slog.LevelWarn, "there is no first administrator yet: run toancanh migrate, then toancanh user link", slog.Any("err", err))
	}
	return s.Run(ctx, listener)
}

// listen takes the address before anything else is touched, so that a busy one costs nothing.
func listen(ctx context.Context, address string) (net.Listener, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("address %s is in use by another program: stop it, or choose another with --listen or TOANCANH_LISTEN", address)
	case err != nil:
		return nil, fmt.Errorf("cannot listen on %s: %w", address, err)
	}
	return listener, nil
}
