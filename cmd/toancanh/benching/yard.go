package benching

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"toancanh/hub"
	"toancanh/schema"
	"toancanh/server"
	"toancanh/server/embedded"
)

// yard is a stand-alone hub and a floor, each a process of its own, and what feeds them.
type yard struct {
	feed   *feed
	ticket string
	hub    *part
	floor  *part
	redis  *embedded.Redis // nil: the hub's bus is in its process
	closer func()
	stop   context.CancelFunc
	pulses sync.WaitGroup

	floorHead int64 // the number of the last message the floor was given
}

// wallTopic is what the sockets of the bench listen to.
const wallTopic = "wall/vn-2022/67"

// theYard starts hub and floor, or returns those that run.
func (b *bench) theYard(ctx context.Context) (*yard, error) {
	if b.yard != nil {
		return b.yard, nil
	}
	y := &yard{closer: func() {}, stop: func() {}}
	b.yard = y
	var err error
	if y.feed, err = newFeed(ctx, wallTopic); err != nil {
		return nil, err
	}
	if y.ticket, err = y.feed.ticket(); err != nil {
		return nil, fmt.Errorf("sign ticket: %w", err)
	}
	y.redis, err = embedded.StartRedis(ctx, embedded.Options{DataDir: filepath.Join(b.dir, "yard")})
	r := role{Name: "hub", Source: y.feed.address}
	switch {
	case errors.Is(err, embedded.ErrNoRedis):
		b.table.note("không có Redis, bus nằm trong tiến trình / no Redis: the hub's bus is in its process")
	case err != nil:
		return nil, err
	default:
		r.Redis = y.redis.URL()
	}
	if y.hub, err = b.startPart(ctx, r); err != nil {
		return nil, err
	}
	if err := y.connect(r.Redis); err != nil {
		return nil, err
	}
	if y.floor, err = b.startPart(ctx, role{Name: "floor"}); err != nil {
		return nil, err
	}
	return y, y.ready(ctx)
}

// connect gives the feed its way to the hub.
func (y *yard) connect(redis string) error {
	if redis == "" {
		numbers := map[string]byte{}
		for i := range schema.Channels {
			numbers[schema.ChannelName(i)] = byte(i)
		}
		y.feed.publish = func(channel string, b []byte) error { return writeRecord(y.hub.in, numbers[channel], b) }
		return nil
	}
	bus, closer, err := server.OpenBus(redis)
	if err != nil {
		return err
	}
	y.closer = func() { _ = closer.Close() }
	y.feed.publish = func(channel string, b []byte) error { return publish(bus, channel, b) }
	return nil
}

// publish waits as long as a busy machine may take: the bus itself gives up early, for the relay's sake.
func publish(bus hub.Bus, channel string, b []byte) error {
	var err error
	for range 10 {
		if err = bus.Publish(context.Background(), channel, b); err == nil {
			return nil
		}
	}
	return fmt.Errorf("publish: %w", err)
}

// ready waits until the hub lets somebody in.
func (y *yard) ready(ctx context.Context) error {
	life, stop := context.WithCancel(context.WithoutCancel(ctx))
	y.stop = stop
	y.pulses.Go(func() { y.feed.pulse(life) })
	return awaitHub(ctx, y.wish())
}

// awaitHub waits until a hub lets somebody in: a topic that nobody listened to has to be fetched first.
func awaitHub(ctx context.Context, w wish) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for {
		s, err := open(ctx, w)
		if err == nil {
			return s.conn.Close()
		}
		if !pause(ctx, 50*time.Millisecond) {
			return fmt.Errorf("wait for the hub: %w", err)
		}
	}
}

// wish is what a wall asks of the hub.
func (y *yard) wish() wish { return wish{addr: y.hub.addr, topic: wallTopic, ticket: y.ticket} }

// floorWish is the same handshake, to the floor.
func (y *yard) floorWish() wish { return wish{addr: y.floor.addr, topic: wallTopic, ticket: y.ticket} }

// nextOfFloor gives the floor one message; join says how many travel in one write.
func (y *yard) nextOfFloor(join byte) error {
	text, err := announced(wallTopic, y.floorHead+1).Frame()
	if err != nil {
		return fmt.Errorf("encode frame: %w", err)
	}
	y.floorHead++
	return writeRecord(y.floor.in, join, textFrame(text))
}

func (y *yard) close() {
	y.stop()
	y.pulses.Wait()
	for _, p := range []*part{y.hub, y.floor} {
		if p != nil {
			p.stop()
		}
	}
	y.closer()
	if y.redis != nil {
		ctx, cancel := context.WithTimeout(context.Background(), stopLimit)
		defer cancel()
		_ = y.redis.Stop(ctx)
	}
	if y.feed != nil {
		y.feed.close()
	}
}
