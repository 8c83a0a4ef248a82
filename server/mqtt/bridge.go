// Package mqtt brings what gateways publish on a broker to the intake: MQTT 5 and 3.1.1, quality of service 1, one session
// that outlives connections and processes. A message is acknowledged to the broker only after its readings are committed, so
// that whoever stops in between, we, the broker or the database, neither loses nor doubles one. What cannot be taken is told
// on a topic. It runs on the leader alone, is no broker itself and decides nothing about a reading.
package mqtt

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"toancanh/schema"
	"toancanh/server/fault"
	"toancanh/server/gateway"
	"toancanh/server/intake"
	"toancanh/server/sensor"
)

// Intake accepts what gateways bring.
type Intake interface {
	Gateway(ctx context.Context, code string) (gateway.Gateway, error)
	Through(ctx context.Context, code string) (func(sensor.Sensor) bool, error)
	AdmitGateway(ctx context.Context, g gateway.Gateway, n int) (wait time.Duration)
	MisreadGateway(g gateway.Gateway, detail string)
	AcceptUplink(ctx context.Context, b intake.UplinkBody) (int, []intake.Refusal, error)
	AcceptReadingsAs(ctx context.Context, b intake.ReadingBody) (int, []intake.Refusal, error)
}

// Config names what a bridge needs.
type Config struct {
	Settings
	Intake  Intake
	Now     func() time.Time
	Log     *slog.Logger
	Metrics prometheus.Registerer
}

// Bridge reads a broker. Make it with New; it runs where Lead does.
type Bridge struct {
	Config
	routes  []route
	dial    func(ctx context.Context, s Settings, in *inbox) (link, error)
	counts  counters
	stuck   [32]byte // hash of the message that could not be kept
	stuckAt int      // how often in a row
}

// New makes a bridge; it fails on settings that cannot work.
func New(c Config) (*Bridge, error) {
	var faults []error
	c.Check(func(setting, problem string) {
		faults = append(faults, fmt.Errorf("mqtt %s: %s", strings.ToLower(setting), problem))
	})
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	routes, err := parseRoutes(c.Topics)
	if err != nil {
		return nil, err
	}
	b := &Bridge{Config: c, routes: routes, dial: dialFive, counts: newCounters(c.Metrics)}
	if c.Version == "3.1.1" {
		b.dial = dialThree
	}
	return b, nil
}

// Lead reads the broker until ctx ends, connecting again whenever the connection is lost. It announces nothing: what was
// kept is announced by the relay.
func (b *Bridge) Lead(ctx context.Context, _ func([]schema.Level)) {
	pause := leastBackoff
	for ctx.Err() == nil {
		worked, err := b.serve(ctx)
		b.counts.connected.Set(0)
		if ctx.Err() != nil {
			return
		}
		if worked {
			pause = leastBackoff
		}
		b.Log.LogAttrs(ctx, slog.LevelWarn, "mqtt broker is not read", slog.Any("err", err), slog.Duration("again_in", pause))
		rest := time.NewTimer(pause + rand.N(pause/4))
		select {
		case <-ctx.Done():
		case <-rest.C:
		}
		rest.Stop()
		pause = min(2*pause, mostBackoff)
	}
}

var errLost = errors.New("connection lost")

// serve reads one connection until it ends. worked says that something was taken over it.
func (b *Bridge) serve(ctx context.Context) (worked bool, err error) {
	in := newInbox()
	l, err := b.dial(ctx, b.Settings, in)
	if err != nil {
		return false, err
	}
	var asking sync.WaitGroup
	defer asking.Wait()
	defer l.close()
	// What the session kept arrives before the answer to a subscription, so both are waited for.
	subscribed := make(chan error, 1)
	asking.Go(func() {
		filters := make([]string, len(b.routes))
		for i, r := range b.routes {
			filters[i] = r.filter
		}
		subscribed <- l.subscribe(ctx, filters)
	})
	for {
		select {
		case <-ctx.Done():
			return worked, ctx.Err()
		case <-l.gone():
			return worked, errLost
		case err := <-subscribed:
			if err != nil {
				return worked, err
			}
			b.counts.connected.Set(1)
			b.Log.LogAttrs(ctx, slog.LevelInfo, "mqtt broker is read", slog.String("version", b.Version), slog.Int("topics", len(b.routes)))
		case m := <-in.messages:
			if err := b.takeAll(ctx, l, in.gather(m)); err != nil {
				return worked, err
			}
			worked = true
		}
	}
}

// gather is a message and whatever else waits already: they are committed together.
func (i *inbox) gather(first message) []message {
	list := []message{first}
	for len(list) < inflight {
		select {
		case m := <-i.messages:
			list = append(list, m)
		default:
			return list
		}
	}
	return list
}

// takeAll takes messages and acknowledges them in their order, up to the first that could not be kept: the broker delivers
// that one and all behind it again, over the next connection.
func (b *Bridge) takeAll(ctx context.Context, l link, list []message) error {
	for i, r := range b.takeEach(ctx, list) {
		if r.err != nil && !b.hopeless(list[i], r.err) {
			return r.err
		}
		if r.err != nil {
			b.Log.LogAttrs(ctx, slog.LevelError, "mqtt message cannot be kept and is given up", slog.Any("err", r.err))
			r.told.refuseAll("internal", "Hệ thống không lưu được bản tin này.")
		}
		list[i].ack()
		b.counts.messages.WithLabelValues(r.told.outcome()).Inc()
		if err := b.tell(ctx, l, r.told); err != nil {
			return err
		}
	}
	return nil
}

// atATime bounds the topics that go through the intake side by side, which commits together what waits.
const atATime = 32

// takeEach takes the messages of a topic one after the other, as MQTT orders them (4.6), and topics side by side. Behind one
// that could not be kept nothing of its topic is taken.
func (b *Bridge) takeEach(ctx context.Context, list []message) []result {
	results := make([]result, len(list))
	topics := map[string][]int{}
	for i, m := range list {
		topics[m.topic] = append(topics[m.topic], i)
	}
	slots := make(chan struct{}, atATime)
	var all sync.WaitGroup
	for _, places := range topics {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			var failed error
			for _, i := range places {
				if results[i].err = failed; failed == nil {
					results[i] = b.take(ctx, list[i])
					failed = results[i].err
				}
			}
		})
	}
	all.Wait()
	return results
}

// hopelessAfter is how often one message may fail for a reason that does not pass, before it is given up: it must not stand
// in the way of all others for ever.
const hopelessAfter = 5

func (b *Bridge) hopeless(m message, err error) bool {
	if fault.Is(err, fault.KindUnavailable) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	sum := sumOf(m)
	if sum != b.stuck {
		b.stuck, b.stuckAt = sum, 0
	}
	b.stuckAt++
	return b.stuckAt >= hopelessAfter
}
