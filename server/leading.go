package server

import (
	"context"
	"fmt"
	"sync"
	"time"

	"toancanh/hub"
	"toancanh/schema"
	"toancanh/server/alarming"
	"toancanh/server/callout"
	"toancanh/server/presence"
	"toancanh/server/relay"
)

// followers are what only the leader does, each beside the others.
type followers struct {
	relay.Follower
	presence *presence.Announcer
	alarming *alarming.Alarming
	callout  *callout.Desk
}

// Lead implements relay.Follower.
func (f followers) Lead(ctx context.Context, announce func([]schema.Level)) {
	var jobs sync.WaitGroup
	jobs.Go(func() { f.presence.Lead(ctx, announce) })
	jobs.Go(func() { f.alarming.Lead(ctx, announce) })
	jobs.Go(func() { f.callout.Lead(ctx, announce) })
	defer jobs.Wait()
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
