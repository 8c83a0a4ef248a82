package benching

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"toancanh/schema"
)

// feed stands for relay and server before a stand-alone hub: it publishes numbered events and the pulse, and answers
// what the hub asks.
type feed struct {
	topic   string
	epoch   string
	key     ed25519.PrivateKey
	publish func(channel string, b []byte) error
	server  *http.Server
	address string

	mu     sync.Mutex // held while publishing: the pulse must not overtake an event
	head   int64
	recent []schema.Announced
}

// keptEvents is how many events the feed can answer again.
const keptEvents = 4096

// payload is what an event of the bench carries: as large as a report on the wall.
const payload = `{"code":"PA-7K2M-9QXC","status":"tiep_nhan","category":"MT","lat":12.0071,"lon":107.6963,"area":"24611",` +
	`"received_at":"2026-11-23T02:00:00Z","due":"2026-11-25T02:00:00Z","priority":"thuong","origin":"simulated"}`

func newFeed(ctx context.Context, topic string) (*feed, error) {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, fmt.Errorf("make key of tickets: %w", err)
	}
	f := &feed{topic: topic, epoch: "bench", key: key}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+schema.PathHubKey, f.answerKey)
	mux.HandleFunc("GET "+schema.PathHubSnapshot, f.answerSnapshot)
	mux.HandleFunc("GET "+schema.PathHubSince, f.answerSince)
	f.server = &http.Server{Handler: mux, ReadHeaderTimeout: handshakeLimit}
	f.address = "http://" + listener.Addr().String()
	go func() { _ = f.server.Serve(listener) }()
	return f, nil
}

func (f *feed) close() { _ = f.server.Close() }

// ticket lets a screen listen to the topic.
func (f *feed) ticket() (string, error) {
	now := time.Now()
	return schema.SignTicket(f.key, schema.Ticket{
		Subject: "bench", Screen: true, Topics: []string{f.topic}, IssuedAt: now, ExpiresAt: now.Add(time.Hour),
	})
}

// next announces one event.
func (f *feed) next() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	a := announced(f.topic, f.head+1)
	body, err := json.Marshal(schema.Batch{Epoch: f.epoch, Term: 1, Events: []schema.Announced{a}})
	if err != nil {
		return fmt.Errorf("encode batch: %w", err)
	}
	f.head++
	if f.recent = append(f.recent, a); len(f.recent) > 2*keptEvents {
		f.recent = append([]schema.Announced(nil), f.recent[keptEvents:]...)
	}
	return f.publish(schema.Channel(f.topic), body)
}

// announced is the bench's event with a number.
func announced(topic string, seq int64) schema.Announced {
	return schema.Announced{
		Topic: topic, Seq: seq, Kind: schema.KindReport, ID: "0193f0a2-5c1e-7c3a-9d41-6b1f0e2a7c55", Version: seq,
		At: time.Now().UTC(), Data: json.RawMessage(payload),
	}
}

// pulse tells the hub each second where the topics stand, until ctx ends.
func (f *feed) pulse(ctx context.Context) {
	for {
		f.beat()
		if !pause(ctx, time.Second) {
			return
		}
	}
}

func (f *feed) beat() {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now().UTC()
	for i := range schema.Channels {
		heads := map[string]int64{}
		if f.head > 0 && schema.ChannelName(i) == schema.Channel(f.topic) {
			heads[f.topic] = f.head
		}
		body, err := json.Marshal(schema.Batch{Epoch: f.epoch, Term: 1, Pulse: &schema.Pulse{At: now, SourceAt: now, Heads: heads}})
		if err == nil {
			_ = f.publish(schema.ChannelName(i), body) // the next pulse says it again
		}
	}
}

func (f *feed) answerKey(w http.ResponseWriter, _ *http.Request) {
	public, _ := f.key.Public().(ed25519.PublicKey)
	_, _ = w.Write([]byte(base64.StdEncoding.EncodeToString(public)))
}

func (f *feed) answerSnapshot(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	answer(w, schema.SourceSnapshot{
		Epoch: f.epoch, Seq: f.headOf(r.URL.Query().Get("topic")), At: time.Now().UTC(), Data: json.RawMessage(`{"reports":[],"truncated":0}`),
	})
}

func (f *feed) answerSince(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	q := r.URL.Query()
	seq, _ := strconv.ParseInt(q.Get("seq"), 10, 64)
	limit, _ := strconv.Atoi(q.Get("limit"))
	since := schema.SourceSince{Epoch: f.epoch, Head: f.headOf(q.Get("topic"))}
	if since.Head > 0 {
		for _, a := range f.recent {
			if a.Seq > seq && len(since.Events) < limit {
				since.Events = append(since.Events, a)
			}
		}
		since.TooOld = len(since.Events) > 0 && since.Events[0].Seq != seq+1
	}
	answer(w, since)
}

func (f *feed) headOf(topic string) int64 {
	if topic != f.topic {
		return 0
	}
	return f.head
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}
