package server

import (
	"context"
	"fmt"
	"sync"
	"time"

	"toancanh/hub"
	"toancanh/schema"
	"toancanh/server/alarming"
	"toancanh/server/presence"
	"toancanh/server/relay"
)

// leader is what works while its process leads.
type leader interface {
	Lead(ctx context.Context, announce func([]schema.Level))
}

// followers are what only the leader does, each beside the others.
type followers struct {
	relay.Follower
	beside   []leader
	alarming *alarming.Alarming
}

// Lead implements relay.Follower.
func (f followers) Lead(ctx context.Context, announce func([]schema.Level)) {
	var jobs sync.WaitGroup
	defer jobs.Wait()
	jobs.Go(func() { f.alarming.Lead(ctx, announce) })
	for _, one := range f.beside {
		jobs.Go(func() { one.Lead(ctx, announce) })
	}
	f.Follower.Lead(ctx, announce)
}

// openPresence makes the board of who has which report open, over Redis where there is one.
func (s *Server) openPresence() error {
	var shared presence.Shared
	if s.options.RedisURL != "" {
		// A client of its own: what publishes must not wait behind it.
		client, err := hub.OpenRedis(s.options.RedisURL)
		if err != nil {
			return fmt.Errorf("TOANCANH_REDIS_URL: %w", err)
		}
		s.seeing, shared = client, presence.NewRedis(client)
	}
	s.presence = presence.NewBoard(shared, time.Now, s.log)
	return nil
}
