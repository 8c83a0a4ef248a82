//go:build e2e

package e2e_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fasthttp/websocket"

	"toancanh/schema"
)

// screen is a page without pixels: it keeps its topics as a browser does, comes back as a browser does, and knows when
// it must not be believed. It notes what a browser would forgive: events missing, doubled or out of order.
type screen struct {
	t      testing.TB
	topics []string
	ticket func() (string, error)

	mu          sync.Mutex
	addr        string
	moved       chan struct{} // closed and replaced when addr changes
	token       string
	epoch       string
	topic       map[string]*situation
	connected   bool
	confirmed   bool
	confirmedAt time.Time
	heardAt     time.Time
	sourceAt    time.Time
	beat        time.Duration
	retry       time.Duration
	notes       notes
}

// notes are what happened to a screen.
type notes struct {
	faults    []string
	snapshots int
	resets    []string
	closes    []int
	sessions  int
	events    int
	asks      int // times it came back because a head stayed ahead
}

// watch opens a screen on the topics, with tickets from the server, and waits until it shows something it can believe.
func watch(t testing.TB, from *server, topics ...string) *screen {
	t.Helper()
	return watchAt(t, from.addr, func() (string, error) { return from.token(topics...) }, topics...)
}

// watchAt is watch on a hub elsewhere.
func watchAt(t testing.TB, addr string, ticket func() (string, error), topics ...string) *screen {
	t.Helper()
	s := &screen{
		t: t, topics: topics, ticket: ticket, addr: addr, moved: make(chan struct{}), topic: map[string]*situation{},
		confirmedAt: time.Now(), beat: 2 * time.Second,
	}
	for _, name := range topics {
		s.topic[name] = newSituation()
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { s.live(ctx) })
	t.Cleanup(func() {
		cancel()
		wg.Wait()
	})
	eventually(t, "the screen shows something", 20*time.Second, s.settledNow, s.state)
	return s
}

// live keeps the screen connected until ctx ends.
func (s *screen) live(ctx context.Context) {
	for attempt := 0; ctx.Err() == nil; attempt++ {
		s.session(ctx)
		s.mu.Lock()
		if s.confirmed {
			attempt = 0
		}
		s.confirmed, s.connected = false, false
		first, moved := max(pauseFirst, s.retry), s.moved
		s.mu.Unlock()
		middle := min(pauseMost, first<<min(attempt, 10))
		select {
		case <-ctx.Done():
		case <-moved: // whoever moved it has it come at once
			attempt = -1
		case <-time.After(min(pauseMost, middle/2+rand.N(middle))):
		}
	}
}

// session is one connection from its attempt to its end.
func (s *screen) session(ctx context.Context) {
	conn, moved, err := s.open(ctx)
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	ended := make(chan struct{})
	defer close(ended)
	go func() {
		select {
		case <-ctx.Done():
		case <-moved:
		case <-ended:
		}
		_ = conn.Close()
	}()
	for {
		_ = conn.SetReadDeadline(time.Now().Add(s.patience()))
		_, body, err := conn.ReadMessage()
		if err != nil {
			s.closed(err)
			return
		}
		if !s.hear(body) {
			return
		}
	}
}

// patience is how long a page waits for a word before it tries another connection.
func (s *screen) patience() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.allowed() * 3 / 2
}

// allowed is how long no word may come; topics with slow beats allow more. The lock is held.
func (s *screen) allowed() time.Duration { return max(staleAfter, s.beat*12/5) }

func (s *screen) open(ctx context.Context) (*websocket.Conn, <-chan struct{}, error) {
	s.mu.Lock()
	addr, token, since, moved := s.addr, s.token, s.since(), s.moved
	for _, place := range s.topic {
		place.owed = owed{} // a new connection owes nothing yet
	}
	s.mu.Unlock()
	if token == "" && s.ticket != nil {
		var err error
		if token, err = s.ticket(); err != nil {
			return nil, nil, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	d := websocket.Dialer{Subprotocols: []string{schema.Protocol}}
	if token != "" {
		d.Subprotocols = append(d.Subprotocols, schema.TicketPrefix+token)
	}
	address := "ws://" + addr + "/live?topics=" + strings.Join(s.topics, ",")
	if since != "" {
		address += "&since=" + since
	}
	conn, _, err := d.DialContext(ctx, address, nil)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.token = ""
		return nil, nil, err
	}
	s.token, s.connected = token, true
	s.notes.sessions++
	return conn, moved, nil
}

// since is the position to go on from. The lock is held.
func (s *screen) since() string {
	var parts []string
	for _, name := range s.topics {
		if place := s.topic[name]; place.placed {
			parts = append(parts, fmt.Sprintf("%s=%d", name, place.seq))
		}
	}
	if s.epoch == "" || len(parts) == 0 {
		return ""
	}
	return s.epoch + ":" + strings.Join(parts, ",")
}

func (s *screen) closed(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var c *websocket.CloseError
	if !errors.As(err, &c) {
		return
	}
	s.notes.closes = append(s.notes.closes, c.Code)
	if c.Code == schema.CloseRenew || c.Code >= schema.CloseBadMessage {
		s.token = ""
	}
}

// hear takes one frame. It reports false when the page gives the connection up.
func (s *screen) hear(body []byte) bool {
	var frame struct {
		Type  schema.FrameType `json:"type"`
		Topic string           `json:"topic"`
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if err := json.Unmarshal(body, &frame); err != nil {
		s.fault("frame %.80q: %v", body, err)
		return false
	}
	s.heardAt = now
	ok := s.take(frame.Type, s.topic[frame.Topic], body, now)
	settled := true
	for _, place := range s.topic {
		settled = settled && place.settled()
		if place.late(now) {
			s.notes.asks++
			ok = false
		}
	}
	if settled && ok {
		s.confirmed, s.confirmedAt = true, now
	}
	return ok
}

func (s *screen) take(kind schema.FrameType, place *situation, body []byte, now time.Time) bool {
	switch kind {
	case schema.TypeHello:
		return s.greet(body)
	case schema.TypeBeat:
		return s.pulse(body, now)
	}
	if place == nil {
		s.fault("frame of a topic nobody asked for: %.120s", body)
		return false
	}
	switch kind {
	case schema.TypeSnapshot:
		return s.replace(place, body)
	case schema.TypeEvent:
		return s.event(place, body)
	case schema.TypeLevel:
		return s.level(place, body)
	case schema.TypeReset:
		var f schema.ResetFrame
		_ = json.Unmarshal(body, &f)
		s.notes.resets = append(s.notes.resets, f.Reason)
		place.placed, s.confirmed = false, false
		place.owed = owed{}
		return true
	default:
		s.fault("frame of unknown type %q", kind)
		return false
	}
}

func (s *screen) greet(body []byte) bool {
	var f schema.Hello
	if err := json.Unmarshal(body, &f); err != nil || f.BeatMS == 0 || f.Protocol != schema.Protocol {
		s.fault("hello %.200s: %v", body, err)
		return false
	}
	s.beat, s.retry = time.Duration(f.BeatMS)*time.Millisecond, time.Duration(f.RetryMS)*time.Millisecond
	s.enter(f.Epoch)
	return true
}

// enter notes the epoch a hub speaks of; another one makes every position meaningless.
func (s *screen) enter(epoch string) (changed bool) {
	if epoch == s.epoch || epoch == "" {
		return false
	}
	changed = s.epoch != ""
	s.epoch = epoch
	for _, place := range s.topic {
		place.placed, place.owed = false, owed{}
	}
	return changed
}

func (s *screen) pulse(body []byte, now time.Time) bool {
	var f schema.Beat
	if err := json.Unmarshal(body, &f); err != nil {
		s.fault("beat %.200s: %v", body, err)
		return false
	}
	s.sourceAt = f.SourceAt
	if s.enter(f.Epoch) {
		s.confirmed = false
		return false
	}
	for name, place := range s.topic {
		head, known := f.Heads[name]
		place.hear(head, known, now)
	}
	return true
}

func (s *screen) replace(place *situation, body []byte) bool {
	var f schema.SnapshotFrame
	var data schema.Snapshot
	err := json.Unmarshal(body, &f)
	if err == nil {
		err = json.Unmarshal(f.Data, &data)
	}
	if err == nil {
		s.enter(f.Epoch)
		s.notes.snapshots++
		err = place.snapshot(f.Seq, data)
	}
	if err != nil {
		s.fault("snapshot: %v", err)
	}
	return err == nil
}

func (s *screen) event(place *situation, body []byte) bool {
	var f schema.EventFrame
	err := json.Unmarshal(body, &f)
	switch {
	case err != nil:
		s.fault("event %.200s: %v", body, err)
		return false
	case !place.placed:
		s.fault("event %d of %s before its snapshot", f.Seq, f.Topic)
		return false
	case f.Seq <= place.seq:
		s.fault("event %d of %s after %d: doubled or out of order", f.Seq, f.Topic, place.seq)
		return true
	case f.Seq > place.seq+1:
		s.fault("event %d of %s after %d: a gap nobody spoke of", f.Seq, f.Topic, place.seq)
		return false
	}
	s.notes.events++
	if f.Kind == schema.KindReset {
		place.placed = false
		return false
	}
	if err := place.event(&f); err != nil {
		s.fault("%v", err)
	}
	return true
}

func (s *screen) level(place *situation, body []byte) bool {
	var f schema.LevelFrame
	if err := json.Unmarshal(body, &f); err != nil {
		s.fault("level %.200s: %v", body, err)
		return false
	}
	for _, item := range f.Items {
		place.level(item)
	}
	return true
}

// fault notes what must never happen. The lock is held.
func (s *screen) fault(format string, args ...any) {
	if len(s.notes.faults) < 20 {
		s.notes.faults = append(s.notes.faults, fmt.Sprintf(format, args...))
	}
}

// move has the screen go on at another hub, at once, as behind a balancer.
func (s *screen) move(addr string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.addr = addr
	close(s.moved)
	s.moved = make(chan struct{})
}

// believed reports whether the page carries no stale mark: everything it stands on has spoken within the allowed time. One
// that has just lost its connection is believed until that time has passed.
func (s *screen) believed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if !s.confirmed || now.Sub(s.heardAt) > s.allowed() {
		return now.Sub(s.confirmedAt) <= s.allowed()
	}
	return now.Sub(s.sourceAt) <= s.allowed()
}

// settledNow reports whether the page is connected, stands at the newest head and may be believed.
func (s *screen) settledNow() bool {
	s.mu.Lock()
	confirmed := s.confirmed
	s.mu.Unlock()
	return confirmed && s.believed()
}

// state says for people how the screen stands.
func (s *screen) state() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	return fmt.Sprintf("connected %t confirmed %t heard %v ago source %v ago epoch %.6s at %s; %d sessions %d events %d snapshots %d asks resets %v closes %v",
		s.connected, s.confirmed, now.Sub(s.heardAt).Round(time.Millisecond), now.Sub(s.sourceAt).Round(time.Millisecond),
		s.epoch, s.since(), s.notes.sessions, s.notes.events, s.notes.snapshots, s.notes.asks, s.notes.resets, s.notes.closes)
}

// noted is a copy of what happened.
func (s *screen) noted() notes {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.notes
	n.faults, n.resets, n.closes = slices.Clone(n.faults), slices.Clone(n.resets), slices.Clone(n.closes)
	return n
}

// sound fails the test when the screen saw what must never happen.
func (s *screen) sound() {
	s.t.Helper()
	for _, f := range s.noted().faults {
		s.t.Errorf("screen of %v: %s", s.topics, f)
	}
}
