package hub_test

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/gofiber/fiber/v2"

	"toancanh/hub"
	"toancanh/schema"
)

// The topics of most tests.
const (
	wall    = "wall/vn-2022/67"
	ops     = "ops/vn-2022/67"
	openAll = "public/vn-2022/67"
	screen  = "screen/tinh"
)

// patience bounds every wait of a test.
const patience = time.Minute

// record is PostgreSQL and the relay's leader in one: it numbers events, answers a hub's questions and speaks on
// the bus.
type record struct {
	bus hub.Bus

	mu       sync.Mutex
	epoch    string
	term     int64
	events   map[string][]schema.Announced
	kept     map[string]int64 // events up to this seq are no longer kept
	state    map[string]map[string]json.RawMessage
	screens  map[string]json.RawMessage // by topic
	levels   map[string]schema.Level
	failing  bool
	sourceAt time.Time
	mute     bool // publish nothing
	lose     int  // batches of events to lose

	snapshots atomic.Int64
	sinces    atomic.Int64
}

var errSourceDown = errors.New("source is down")

func newRecord(bus hub.Bus) *record {
	return &record{
		bus: bus, epoch: "e1", term: 1, events: map[string][]schema.Announced{}, kept: map[string]int64{},
		state: map[string]map[string]json.RawMessage{}, screens: map[string]json.RawMessage{}, levels: map[string]schema.Level{},
	}
}

func (r *record) Snapshot(_ context.Context, topic string) (schema.SourceSnapshot, error) {
	r.snapshots.Add(1)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failing {
		return schema.SourceSnapshot{}, errSourceDown
	}
	reports := []json.RawMessage{}
	for _, id := range slices.Sorted(maps.Keys(r.state[topic])) {
		reports = append(reports, r.state[topic][id])
	}
	data, err := json.Marshal(schema.Snapshot{Reports: reports, Screen: r.screens[topic]})
	return schema.SourceSnapshot{Epoch: r.epoch, Seq: int64(len(r.events[topic])), At: time.Now().UTC(), Data: data}, err
}

func (r *record) Since(_ context.Context, topic string, seq int64, limit int) (schema.SourceSince, error) {
	r.sinces.Add(1)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failing {
		return schema.SourceSince{}, errSourceDown
	}
	all := r.events[topic]
	res := schema.SourceSince{Epoch: r.epoch, Head: int64(len(all)), TooOld: seq < r.kept[topic]}
	if !res.TooOld && seq < res.Head {
		res.Events = slices.Clone(all[seq:min(res.Head, seq+int64(limit))])
	}
	return res, nil
}

// event commits one event and announces it.
func (r *record) event(topic, kind, id, word string) schema.Announced {
	r.mu.Lock()
	a := r.commit(topic, kind, id, word)
	lost := r.lose > 0
	if lost {
		r.lose--
	}
	r.mu.Unlock()
	if !lost {
		r.announce(a)
	}
	return a
}

// commit is the part of event that needs the lock.
func (r *record) commit(topic, kind, id, word string) schema.Announced {
	a := schema.Announced{Topic: topic, Seq: int64(len(r.events[topic])) + 1, Kind: kind, ID: id, Version: int64(len(r.events[topic])) + 1, At: time.Now().UTC()}
	if kind == schema.KindReport {
		a.Data = json.RawMessage(fmt.Sprintf(`{"id":%q,"word":%q}`, id, word))
		if r.state[topic] == nil {
			r.state[topic] = map[string]json.RawMessage{}
		}
		r.state[topic][id] = a.Data
	} else {
		delete(r.state[topic], id)
	}
	r.events[topic] = append(r.events[topic], a)
	return a
}

// withdraw purges a thing as the server does: from what is stored too.
func (r *record) withdraw(topic, id string) {
	r.mu.Lock()
	for i := range r.events[topic] {
		if e := &r.events[topic][i]; e.ID == id {
			e.Kind, e.Data = schema.KindGone, nil
		}
	}
	a := r.commit(topic, schema.KindGone, id, "")
	a.Purge = true
	r.events[topic][a.Seq-1] = a
	r.mu.Unlock()
	r.announce(a)
}

// revoke voids a subject's tickets.
func (r *record) revoke(subject string, before time.Time) {
	r.mu.Lock()
	data, _ := json.Marshal(schema.Revocation{Subject: subject, Before: before})
	n := int64(len(r.events[schema.ControlTopic])) + 1
	a := schema.Announced{Topic: schema.ControlTopic, Seq: n, Kind: "revocation", ID: subject, Version: n, At: time.Now().UTC(), Data: data}
	r.events[schema.ControlTopic] = append(r.events[schema.ControlTopic], a)
	r.mu.Unlock()
	r.announce(a)
}

func (r *record) announce(events ...schema.Announced) {
	r.send(events[0].Topic, schema.Batch{Events: events})
}

// send publishes a batch in the present epoch and term unless it names its own.
func (r *record) send(topic string, b schema.Batch) {
	r.mu.Lock()
	if b.Epoch == "" {
		b.Epoch, b.Term = r.epoch, r.term
	}
	mute := r.mute
	r.mu.Unlock()
	if mute {
		return
	}
	body, err := json.Marshal(b)
	if err != nil {
		panic(err)
	}
	_ = r.bus.Publish(context.Background(), schema.Channel(topic), body)
}

func (r *record) level(topic, key string, version int64, data string) {
	l := schema.Level{Topic: topic, LevelItem: schema.LevelItem{Key: key, Version: version, At: time.Now().UTC(), Data: json.RawMessage(data)}}
	r.mu.Lock()
	r.levels[topic+" "+key] = l
	r.mu.Unlock()
	r.send(topic, schema.Batch{Levels: []schema.Level{l}})
}

// pulse sends one pulse on every channel.
func (r *record) pulse() {
	r.mu.Lock()
	if !r.failing {
		r.sourceAt = time.Now().UTC()
	}
	pulses := map[string]*schema.Pulse{}
	for i := range schema.Channels {
		pulses[schema.ChannelName(i)] = &schema.Pulse{At: time.Now().UTC(), SourceAt: r.sourceAt, Heads: map[string]int64{}}
	}
	for topic, events := range r.events {
		pulses[schema.Channel(topic)].Heads[topic] = int64(len(events))
	}
	epoch, term, mute := r.epoch, r.term, r.mute
	r.mu.Unlock()
	for channel, p := range pulses {
		if body, err := json.Marshal(schema.Batch{Epoch: epoch, Term: term, Pulse: p}); err == nil && !mute {
			_ = r.bus.Publish(context.Background(), channel, body)
		}
	}
}

// set changes a field under the lock.
func (r *record) set(change func(*record)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(r)
}

// lead pulses until the test ends.
func (r *record) lead(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			r.pulse()
			select {
			case <-time.After(50 * time.Millisecond):
			case <-ctx.Done():
				return
			}
		}
	})
	t.Cleanup(func() { cancel(); wg.Wait() })
}

// served is a running hub behind a real listener.
type served struct {
	*hub.Hub
	addr string
	key  ed25519.PrivateKey
	stop func()
}

// serve runs a hub with short times until the test ends.
func serve(t testing.TB, r *record, change func(*hub.Config)) *served {
	t.Helper()
	pub, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	cfg := hub.Config{
		Bus: r.bus, Source: r, TicketKey: pub, Build: "test", Shards: 2,
		FlushEvery: 5 * time.Millisecond, LevelEvery: 50 * time.Millisecond, BeatEvery: 100 * time.Millisecond, PublicBeatEach: 2,
		RepairPause: 20 * time.Millisecond, DrainSpread: 40 * time.Millisecond, SnapshotEvery: 50 * time.Millisecond,
	}
	if change != nil {
		change(&cfg)
	}
	h := hub.New(cfg)
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	h.Routes(app)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := h.Run(ctx); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	wg.Go(func() { _ = app.Listener(listener) })
	s := &served{Hub: h, addr: listener.Addr().String(), key: key}
	s.stop = sync.OnceFunc(func() {
		cancel()
		_ = app.Shutdown()
		wg.Wait()
	})
	t.Cleanup(s.stop)
	eventually(t, "the hub is ready", func() bool { return h.Ready() == nil })
	return s
}

// world is a local bus, a record that leads on it and one hub.
func world(t testing.TB, change func(*hub.Config)) (*record, *served) {
	t.Helper()
	r := newRecord(hub.NewLocalBus())
	r.lead(t)
	return r, serve(t, r, change)
}

// eventually waits until a claim holds.
func eventually(t testing.TB, claim string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !holds(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", patience, claim)
		}
	}
}

// ticket signs a ticket for a subject.
func (s *served) ticket(t testing.TB, change func(*schema.Ticket)) string {
	t.Helper()
	ticket := schema.Ticket{Subject: "s1", Screen: true, Topics: []string{wall, ops}, IssuedAt: time.Now().UTC(), ExpiresAt: time.Now().Add(time.Hour).UTC()}
	if change != nil {
		change(&ticket)
	}
	token, err := schema.SignTicket(s.key, ticket)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// frame is any frame a browser gets.
type frame struct {
	Type     schema.FrameType   `json:"type"`
	Protocol string             `json:"protocol"`
	Topic    string             `json:"topic"`
	Epoch    string             `json:"epoch"`
	Seq      int64              `json:"seq"`
	Kind     string             `json:"kind"`
	ID       string             `json:"id"`
	Reason   string             `json:"reason"`
	SourceAt time.Time          `json:"source_at"`
	Heads    map[string]int64   `json:"heads"`
	Items    []schema.LevelItem `json:"items"`
	Data     json.RawMessage    `json:"data"`
	BeatMS   int                `json:"beat_ms"`
	raw      string
}

// browser is a client of a test.
type browser struct {
	t    testing.TB
	conn *websocket.Conn
	seen []frame
}

// dial connects and fails the test if that does not work.
func (s *served) dial(t testing.TB, query, ticket string) *browser {
	t.Helper()
	b, res, err := s.tryDial(t, query, ticket, nil)
	if err != nil {
		body := ""
		if res != nil {
			b, _ := io.ReadAll(res.Body)
			body = string(b)
		}
		t.Fatalf("dial %s: %v %s", query, err, body)
	}
	return b
}

func (s *served) tryDial(t testing.TB, query, ticket string, header http.Header) (*browser, *http.Response, error) {
	t.Helper()
	d := websocket.Dialer{Subprotocols: []string{schema.Protocol}, HandshakeTimeout: patience}
	if ticket != "" {
		d.Subprotocols = append(d.Subprotocols, schema.TicketPrefix+ticket)
	}
	conn, res, err := d.Dial("ws://"+s.addr+"/live?"+query, header)
	if err != nil {
		return nil, res, err
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &browser{t: t, conn: conn}, res, nil
}

// next is the next frame.
func (b *browser) next() (frame, error) {
	_ = b.conn.SetReadDeadline(time.Now().Add(patience))
	_, body, err := b.conn.ReadMessage()
	if err != nil {
		return frame{}, err
	}
	var f frame
	if err := json.Unmarshal(body, &f); err != nil {
		return frame{}, fmt.Errorf("frame %.80q: %w", body, err)
	}
	f.raw = string(body)
	b.seen = append(b.seen, f)
	return f, nil
}

// until reads frames up to and with the first that is wanted.
func (b *browser) until(claim string, wanted func(frame) bool) frame {
	b.t.Helper()
	for end := time.Now().Add(patience); ; {
		f, err := b.next()
		if err == nil && time.Now().After(end) {
			err = errors.New("out of patience") // beats never end
		}
		if err != nil {
			b.t.Fatalf("waiting for %s: %v after %d frames, the last of them %v", claim, err, len(b.seen), b.tail())
		}
		if wanted(f) {
			return f
		}
	}
}

func (b *browser) tail() string {
	var parts []string
	for _, f := range b.seen[max(0, len(b.seen)-5):] {
		parts = append(parts, fmt.Sprintf("%.120s", f.raw))
	}
	return strings.Join(parts, "\n")
}

func (b *browser) untilType(kind schema.FrameType) frame {
	b.t.Helper()
	return b.until(string(kind), func(f frame) bool { return f.Type == kind })
}

func (b *browser) untilSeq(topic string, seq int64) frame {
	b.t.Helper()
	return b.until(fmt.Sprintf("event %d of %s", seq, topic), func(f frame) bool {
		return f.Type == schema.TypeEvent && f.Topic == topic && f.Seq == seq
	})
}

// untilClosed reads to the end and returns the close code.
func (b *browser) untilClosed() int {
	b.t.Helper()
	for {
		_, err := b.next()
		var c *websocket.CloseError
		switch {
		case errors.As(err, &c):
			return c.Code
		case err != nil:
			b.t.Fatalf("connection ended without a close frame: %v", err)
		}
	}
}

// seqs are the seqs of a topic's events in the order they came.
func (b *browser) seqs(topic string) []int64 {
	var out []int64
	for _, f := range b.seen {
		if f.Type == schema.TypeEvent && f.Topic == topic {
			out = append(out, f.Seq)
		}
	}
	return out
}

func (b *browser) count(kind schema.FrameType) int {
	n := 0
	for _, f := range b.seen {
		if f.Type == kind {
			n++
		}
	}
	return n
}

// span is the numbers from first to last.
func span(first, last int64) []int64 {
	var out []int64
	for i := first; i <= last; i++ {
		out = append(out, i)
	}
	return out
}
