package hub

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"time"
	"unicode/utf8"

	"toancanh/schema"
)

// maxBatch bounds one message of the bus, in bytes.
const maxBatch = 32 << 20

// feed is one bus channel: whether it can be trusted, the heads of its topics, and the topics that are open.
type feed struct {
	// Static after construction.
	hub     *Hub
	channel string

	mu         sync.Mutex
	subscribed bool
	pulsed     bool      // a pulse came since the subscription
	pulseAt    time.Time // when the last pulse arrived
	sourceAt   time.Time // from the newest pulse
	epoch      string
	heads      map[string]int64
	topics     map[string]*topic
}

// run takes what the bus brings until ctx ends.
func (f *feed) run(ctx context.Context) {
	for n := range f.hub.cfg.Bus.Subscribe(ctx, f.channel) {
		switch n.Kind {
		case Message:
			f.message(ctx, n.Payload)
		case Subscribed:
			f.connected(true)
		case Lost:
			f.connected(false)
		case Gap:
			f.hub.metrics.batches.WithLabelValues("gap").Inc()
			f.doubt()
		}
	}
	f.connected(false)
}

// connected notes that the channel is subscribed or lost. After a new subscription anything may have been missed.
func (f *feed) connected(yes bool) {
	f.mu.Lock()
	f.subscribed, f.pulsed = yes, false
	f.mu.Unlock()
	if yes {
		f.doubt()
	}
}

// doubt makes every live topic ask Source whether it missed something.
func (f *feed) doubt() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, t := range f.topics {
		t.mu.Lock()
		if t.state == live {
			t.verify = true
			f.hub.startRepairLocked(t)
		}
		t.mu.Unlock()
	}
}

// message takes one batch. Whatever is not one is counted and left: nothing on the bus may harm the hub.
func (f *feed) message(ctx context.Context, b []byte) {
	var batch schema.Batch
	// encoding/json lets bytes through that are not UTF-8, and those would make browsers close (RFC 6455, 8.1).
	if len(b) > maxBatch || !utf8.Valid(b) || json.Unmarshal(b, &batch) != nil || batch.Epoch == "" || len(batch.Epoch) > maxEpochText {
		f.hub.metrics.batches.WithLabelValues("poison").Inc()
		f.hub.cfg.Log.LogAttrs(ctx, slog.LevelWarn, "bus message is not a batch", slog.String("channel", f.channel))
		return
	}
	if !f.hub.judge(batch.Epoch, batch.Term) {
		f.hub.metrics.batches.WithLabelValues("stale_term").Inc()
		return
	}
	f.hub.metrics.batches.WithLabelValues("ok").Inc()
	f.take(&batch)
}

// take applies a batch of the current epoch.
func (f *feed) take(batch *schema.Batch) {
	now := f.hub.cfg.Clock.Now()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.epoch == "" {
		f.epoch = batch.Epoch
	}
	if f.epoch != batch.Epoch {
		return // the epoch changed while this batch was read
	}
	for i := range batch.Events {
		f.event(batch.Events[i], now)
	}
	for i := range batch.Levels {
		f.level(&batch.Levels[i])
	}
	if batch.Pulse != nil {
		f.pulse(batch.Pulse, now)
	}
}

func (f *feed) event(a schema.Announced, now time.Time) {
	if a.Seq <= 0 || a.Kind == "" || schema.Channel(a.Topic) != f.channel {
		f.hub.metrics.batches.WithLabelValues("poison").Inc()
		return
	}
	f.heads[a.Topic] = max(f.heads[a.Topic], a.Seq)
	t := f.topics[a.Topic]
	if t == nil {
		return
	}
	t.mu.Lock()
	res := t.applyLocked(f.hub, a, now)
	if res.gap {
		f.hub.startRepairLocked(t)
	}
	t.mu.Unlock()
	if res.refresh {
		f.hub.startRefresh(t)
	}
	if res.dirty {
		f.hub.mark(t)
	}
}

func (f *feed) level(l *schema.Level) {
	t := f.topics[l.Topic]
	if t == nil {
		return
	}
	t.mu.Lock()
	taken := t.levels.put(l.LevelItem)
	t.mu.Unlock()
	if taken {
		f.hub.mark(t)
	}
}

// pulse compares what the leader has sent with what arrived.
func (f *feed) pulse(p *schema.Pulse, now time.Time) {
	f.pulsed, f.pulseAt = true, now
	if p.SourceAt.After(f.sourceAt) {
		f.sourceAt = p.SourceAt
	}
	for name, head := range p.Heads {
		f.heads[name] = max(f.heads[name], head)
	}
	for name, t := range f.topics {
		f.compare(t, p.Heads[name])
	}
	if t := f.topics[schema.ControlTopic]; t != nil && f.subscribed {
		f.hub.control.confirm(t, now)
	}
}

func (f *feed) compare(t *topic, head int64) {
	t.begin(f.epoch, f.heads[t.name])
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.state != live {
		return
	}
	t.known = max(t.known, head)
	if t.known > t.ring.head() {
		f.hub.startRepairLocked(t)
	} else {
		t.verify = false
	}
}

// adopt moves the feed into another epoch: nothing that was known counts any more.
func (f *feed) adopt(epoch string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.epoch == epoch {
		return
	}
	first := f.epoch == ""
	f.epoch, f.heads = epoch, map[string]int64{}
	if first {
		return
	}
	f.pulsed, f.sourceAt = false, time.Time{}
	for _, t := range f.topics {
		t.adopt(epoch)
		f.hub.mark(t)
	}
}

// open returns the topic, making it if needed, with one more user.
func (f *feed) open(name string) *topic {
	f.mu.Lock()
	defer f.mu.Unlock()
	t := f.topics[name]
	if t == nil {
		t = newTopic(name, f)
		f.topics[name] = t
		f.hub.openTopics.Add(1)
	}
	t.mu.Lock()
	t.users++
	t.mu.Unlock()
	if f.subscribed && f.pulsed {
		t.begin(f.epoch, f.heads[name])
	}
	return t
}

// release gives a topic back.
func (f *feed) release(t *topic) {
	t.mu.Lock()
	if t.users--; t.users == 0 {
		t.idleSince = f.hub.cfg.Clock.Now()
	}
	t.mu.Unlock()
}

// sweep closes topics nobody has listened to for a while and returns the bytes the others hold.
func (f *feed) sweep(now time.Time) (ringBytes int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for name, t := range f.topics {
		t.mu.Lock()
		t.ring.trim(now.Add(-f.hub.cfg.RingFor), f.hub.cfg.RingBytes)
		if t.users == 0 && now.Sub(t.idleSince) > f.hub.cfg.TopicIdle {
			t.state = closed
			t.signalLocked()
			delete(f.topics, name)
			f.hub.openTopics.Add(-1)
		}
		ringBytes += t.ring.bytes
		t.mu.Unlock()
	}
	return ringBytes
}

// health returns when the last pulse arrived, if the channel is subscribed, and what it said of its source.
func (f *feed) health() (subscribed bool, pulseAt, sourceAt time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.subscribed && f.pulsed, f.pulseAt, f.sourceAt
}
