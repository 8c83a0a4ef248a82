package server

import (
	"fmt"
	"io"

	"toancanh/hub"
)

// OpenBus makes the bus of a Redis address, or the in-process one of an empty address. The closer ends its
// connections and may be nil.
func OpenBus(redisURL string) (hub.Bus, io.Closer, error) {
	if redisURL == "" {
		return hub.NewLocalBus(), nil, nil
	}
	client, err := hub.OpenRedis(redisURL)
	if err != nil {
		return nil, nil, fmt.Errorf("TOANCANH_REDIS_URL: %w", err)
	}
	return hub.NewRedisBus(client), client, nil
}
