package relay

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"toancanh/schema"
)

// sender publishes batches one after the other. Its queue is bounded: when the bus hangs, batches are dropped and
// counted, and the next pulse makes the hubs fetch what they miss.
type sender struct {
	bus    Publisher
	log    *slog.Logger
	counts counters
	queue  chan message
	failed bool // owned by run: the last publish failed, so that a broken bus is logged once
}

type message struct {
	channel string
	batch   schema.Batch
}

func newSender(bus Publisher, log *slog.Logger, counts counters) *sender {
	return &sender{bus: bus, log: log, counts: counts, queue: make(chan message, queueLength)}
}

func (s *sender) offer(m message) {
	select {
	case s.queue <- m:
	default:
		s.counts.lost.WithLabelValues("queue_full").Inc()
	}
}

func (s *sender) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			s.drain()
			return
		case m := <-s.queue:
			s.publish(ctx, m)
		}
	}
}

// drain sends what is queued when the process ends, so that a clean stop leaves no gap to repair.
func (s *sender) drain() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	for ctx.Err() == nil {
		select {
		case m := <-s.queue:
			s.publish(ctx, m)
		default:
			return
		}
	}
}

func (s *sender) publish(ctx context.Context, m message) {
	body, err := json.Marshal(m.batch)
	if err != nil {
		s.counts.lost.WithLabelValues("encode").Inc()
		s.log.LogAttrs(ctx, slog.LevelError, "encode batch", slog.Any("err", err))
		return
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	err = s.bus.Publish(ctx, m.channel, body)
	if err != nil {
		s.counts.lost.WithLabelValues("publish").Inc()
	}
	if failed := err != nil; failed != s.failed {
		s.failed = failed
		s.log.LogAttrs(ctx, slog.LevelWarn, "bus changed its health", slog.Bool("failing", failed), slog.Any("err", err))
	}
}

func (r *Relay) sendEvents(out *sender, events []schema.Announced) {
	byChannel := map[string][]schema.Announced{}
	for _, e := range events {
		channel := schema.Channel(e.Topic)
		byChannel[channel] = append(byChannel[channel], e)
	}
	epoch, term := r.identity()
	for channel, list := range byChannel {
		out.offer(message{channel, schema.Batch{Epoch: epoch, Term: term, Events: list}})
	}
}

func (r *Relay) sendLevels(out *sender, levels []schema.Level) {
	byChannel := map[string][]schema.Level{}
	for _, l := range levels {
		channel := schema.Channel(l.Topic)
		byChannel[channel] = append(byChannel[channel], l)
	}
	epoch, term := r.identity()
	for channel, list := range byChannel {
		out.offer(message{channel, schema.Batch{Epoch: epoch, Term: term, Levels: list}})
	}
}

// pulse tells every channel, each second, where its topics stand and when PostgreSQL was last reached. It goes on
// while PostgreSQL is away: then source_at stands still, and that is what screens see.
func (r *Relay) pulse(ctx context.Context, out *sender) {
	tick := time.NewTicker(PulseEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		epoch, term := r.identity()
		if epoch == "" {
			continue // never led: another process pulses
		}
		if !r.leading.Load() && r.now().Sub(r.SourceAt()) > standAside {
			continue // long lost the lead: the new leader's pulse is the true one
		}
		for channel, heads := range byChannel(r.headsCopy()) {
			out.offer(message{channel, schema.Batch{Epoch: epoch, Term: term, Pulse: &schema.Pulse{
				At: r.now().UTC(), SourceAt: r.SourceAt(), Heads: heads,
			}}})
		}
	}
}

// standAside is how long a process that lost the lead goes on pulsing. While PostgreSQL is down nobody can
// lead, and the hubs must go on hearing that source_at stands still; the term lets them ignore a former leader.
const standAside = time.Hour

// byChannel sorts heads by bus channel; every channel has an entry.
func byChannel(heads map[string]int64) map[string]map[string]int64 {
	sorted := make(map[string]map[string]int64, schema.Channels)
	for i := range schema.Channels {
		sorted[schema.ChannelName(i)] = map[string]int64{}
	}
	for topic, seq := range heads {
		sorted[schema.Channel(topic)][topic] = seq
	}
	return sorted
}
