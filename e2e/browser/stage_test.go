//go:build e2e

package browser_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
)

// stage stands between a wall and its province. Pages and answers are the province's own; the live feed is played here,
// so that a test decides what comes, how much, how fast, and by which clock.
type stage struct {
	t    testing.TB
	p    *province
	addr string
	show show

	mu      sync.Mutex
	sockets map[*websocket.Conn]bool
	wall    string                    // the topic that is played
	others  map[string]any            // the snapshots of the other topics, by topic
	levels  map[string]map[string]any // the newest item of each level, by key
	reports []map[string]any          // what the snapshot holds, the oldest first
	head    int64
	born    int64 // reports so far
	version int64 // of the levels
	joined  int   // sockets so far
	mute    bool  // nothing is said any more
	frozen  time.Time
	hold    time.Duration // between the first word to a new socket and what follows

	acting sync.Mutex // held while one thing comes to pass (alone)
}

// show says how a stage plays.
type show struct {
	now   func() time.Time
	beat  time.Duration
	bound bool // beats are said in bars only (bar)
	marks int  // open reports
	grave bool
}

// ordinaryShow plays by the real clock.
func ordinaryShow(marks int) show {
	return show{now: time.Now, beat: 2 * time.Second, marks: marks}
}

// play builds a stage before a province.
func play(t testing.TB, p *province, how show) *stage {
	t.Helper()
	s := &stage{t: t, p: p, show: how, sockets: map[*websocket.Conn]bool{}, others: map[string]any{}, levels: map[string]map[string]any{}, head: stageHead}
	s.learn()
	for range how.marks {
		s.reports = append(s.reports, s.newReport())
	}
	target := &url.URL{Scheme: "http", Host: p.addr}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target); r.Out.Host = r.In.Host }}
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // loopback, at once
	if err != nil {
		t.Fatal(err)
	}
	s.addr = l.Addr().String()
	server := &http.Server{ReadHeaderTimeout: requestWithin, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/live" {
			s.live(w, r)
			return
		}
		proxy.ServeHTTP(w, r)
	})}
	go func() { _ = server.Serve(l) }()
	ctx, cancel := context.WithCancel(context.Background())
	var playing sync.WaitGroup
	if !how.bound {
		playing.Go(func() { s.beats(ctx) })
	}
	t.Cleanup(func() {
		cancel()
		_ = server.Close()
		s.cut()
		playing.Wait()
	})
	return s
}

// browse opens a page on this stage.
func (s *stage) browse(path string, at size) *tab {
	s.t.Helper()
	return browse(s.t, &province{addr: s.addr}, path, at)
}

// learn takes from the province what a wall is told when it joins.
func (s *stage) learn() {
	s.t.Helper()
	var screen struct{ Topics []string }
	s.p.get("/api/v1/screens/tinh", &screen)
	var ticket struct{ Ticket string }
	s.p.post("/api/v1/tickets", map[string]any{"topics": screen.Topics, "screen": "tinh"}, &ticket)
	d := websocket.Dialer{Subprotocols: []string{"toancanh.v1", "ticket." + ticket.Ticket}, HandshakeTimeout: requestWithin}
	conn, _, err := d.Dial("ws://"+s.p.addr+"/live?topics="+url.QueryEscape(strings.Join(screen.Topics, ",")), nil)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetReadDeadline(time.Now().Add(readyWithin))
	for !s.knows("kpi/open", "kpi/overdue", "kpi/received_24h", "kpi/on_time_30d", "kpi/sources", "kpi/rain_1h", "kpi/areas") || s.wall == "" {
		_, body, err := conn.ReadMessage()
		if err != nil {
			s.t.Fatalf("learn what a wall is told: %v (levels %d)", err, len(s.levels))
		}
		var frame struct {
			Type, Topic string
			Data        any
			Items       []map[string]any
		}
		if err := json.Unmarshal(body, &frame); err != nil {
			s.t.Fatal(err)
		}
		switch {
		case frame.Type == "snapshot" && strings.HasPrefix(frame.Topic, "wall/"):
			s.wall = frame.Topic
		case frame.Type == "snapshot":
			s.others[frame.Topic] = frame.Data
		case frame.Type == "level":
			for _, item := range frame.Items {
				s.levels[fmt.Sprint(item["key"])] = item
			}
		}
	}
}

// knows reports whether all of these levels were heard: others come from elsewhere and may come first.
func (s *stage) knows(keys ...string) bool {
	return !slices.ContainsFunc(keys, func(key string) bool { return s.levels[key] == nil })
}

// newReport is one more open report, somewhere in the province. The lock is held, or nobody else is there yet.
func (s *stage) newReport() map[string]any {
	s.born++
	n := s.born
	path := strings.Split(s.wall, "/")[2:]
	state := "normal"
	if s.show.grave && n%20 == 0 {
		state = "critical"
	}
	return map[string]any{
		"id": fmt.Sprintf("stage-%d", n), "code": fmt.Sprintf("S%07d", n), "version": 1, "origin": "simulated", "category": "MT",
		"summary": fmt.Sprintf("Đèn đường hỏng ở ngã ba số %d, cả tuần nay chưa ai sửa.", n), "state": state,
		"lat": 11.8 + float64(n*7919%900)/1000, "lon": 107.3 + float64(n*104729%900)/1000,
		"area": path[len(path)-1], "path": path, "status": "moi", "open": true, "received_at": s.show.now().UTC().Format(time.RFC3339Nano),
	}
}

func (s *stage) live(w http.ResponseWriter, r *http.Request) {
	up := websocket.Upgrader{Subprotocols: []string{"toancanh.v1"}, CheckOrigin: func(*http.Request) bool { return true }}
	conn, err := up.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	s.mu.Lock()
	s.write(conn, map[string]any{
		"type": "hello", "protocol": "toancanh.v1", "at": s.stamp(), "epoch": stageEpoch, "build": "stage",
		"beat_ms": s.show.beat.Milliseconds(), "retry_ms": 500,
	})
	hold := s.hold
	s.mu.Unlock()
	time.Sleep(hold) //nolint:forbidigo // the wait is what is played
	s.mu.Lock()
	s.greet(conn, strings.Split(r.URL.Query().Get("topics"), ","))
	s.sockets[conn] = true
	s.joined++
	s.mu.Unlock()
	for err == nil {
		_, _, err = conn.ReadMessage() // a wall says nothing: this ends with the socket
	}
	s.mu.Lock()
	delete(s.sockets, conn)
	s.mu.Unlock()
	_ = conn.Close()
}

const (
	stageEpoch = "stage"
	stageHead  = 1000 // the number before the first that is played
	// stageBefore is how many reports had come before: a digit more is four nodes more.
	stageBefore = 20_000
)

// greet tells a new socket everything. The lock is held.
func (s *stage) greet(conn *websocket.Conn, topics []string) {
	say := func(frame map[string]any) { s.write(conn, frame) }
	for _, topic := range topics {
		if data, ok := s.others[topic]; ok {
			say(map[string]any{"type": "snapshot", "topic": topic, "epoch": stageEpoch, "seq": 1, "at": s.stamp(), "data": data})
		}
	}
	say(map[string]any{
		"type": "snapshot", "topic": s.wall, "epoch": stageEpoch, "seq": s.head, "at": s.stamp(),
		"data": map[string]any{"reports": s.reports, "truncated": 0},
	})
	say(s.levelFrame())
	say(s.beat())
}

func (s *stage) stamp() string { return s.show.now().UTC().Format(time.RFC3339Nano) }

// write sends a frame; a socket that takes none within a second is given up. Its page comes back.
func (s *stage) write(conn *websocket.Conn, frame any) {
	_ = conn.SetWriteDeadline(time.Now().Add(time.Second))
	if err := conn.WriteJSON(frame); err != nil {
		_ = conn.Close()
	}
}

// broadcast sends a frame to everybody. The lock is held.
func (s *stage) broadcast(frame any) {
	if s.mute {
		return
	}
	for conn := range s.sockets {
		s.write(conn, frame)
	}
}

func (s *stage) beat() map[string]any {
	heads := map[string]int64{s.wall: s.head}
	for topic := range s.others {
		heads[topic] = 1
	}
	source := s.stamp()
	if !s.frozen.IsZero() {
		source = s.frozen.UTC().Format(time.RFC3339Nano)
	}
	return map[string]any{"type": "beat", "at": s.stamp(), "source_at": source, "epoch": stageEpoch, "heads": heads}
}

// beats says every beat that the stage lives, until ctx ends.
func (s *stage) beats(ctx context.Context) {
	tick := time.NewTicker(s.show.beat)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			s.mu.Lock()
			s.broadcast(s.beat())
			s.mu.Unlock()
		}
	}
}

// levelFrame is every level, as of now. The lock is held.
func (s *stage) levelFrame() map[string]any {
	s.version++
	items := make([]map[string]any, 0, len(s.levels))
	for _, old := range s.levels {
		item := maps.Clone(old)
		item["version"], item["at"] = 1_000_000+s.version, s.stamp()
		if data, ok := item["data"].(map[string]any); ok {
			data = maps.Clone(data)
			if _, ok := data["as_of"]; ok {
				data["as_of"] = s.stamp()
			}
			switch item["key"] {
			case "kpi/open":
				data["value"] = len(s.reports)
			case "kpi/received_24h":
				data["value"] = stageBefore + s.born
			}
			item["data"] = data
		}
		items = append(items, item)
	}
	return map[string]any{"type": "level", "topic": s.wall, "items": items}
}

// tellLevels says all levels anew.
func (s *stage) tellLevels() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broadcast(s.levelFrame())
}

// happen lets one more thing come to pass: in turn a report comes, the oldest is closed, and one in the middle changes,
// so that the number of open ones stays.
func (s *stage) happen() {
	s.mu.Lock()
	defer s.mu.Unlock()
	var report map[string]any
	switch s.head % 3 {
	case 0:
		report = s.newReport()
		s.reports = append(s.reports, report)
	case 1:
		report = maps.Clone(s.reports[0])
		s.reports = append(s.reports[:0:0], s.reports[1:]...)
		report["open"], report["status"], report["closed_at"] = false, "hoan_thanh", s.stamp()
	default:
		i := len(s.reports) / 2
		report = maps.Clone(s.reports[i])
		report["status"] = "dang_xu_ly"
		s.reports[i] = report
	}
	version, _ := report["version"].(int)
	report["version"] = version + 1
	s.head++
	s.broadcast(map[string]any{
		"type": "event", "topic": s.wall, "seq": s.head, "kind": "report", "id": report["id"], "version": report["version"],
		"at": s.stamp(), "data": report,
	})
}

// perform lets things happen at a rate a second, and tells the levels four times a second, until the context ends.
func (s *stage) perform(ctx context.Context, rate int) {
	event, level := time.NewTicker(time.Second/time.Duration(rate)), time.NewTicker(time.Second/4)
	defer event.Stop()
	defer level.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-event.C:
			s.alone(s.happen)
		case <-level.C:
			s.alone(s.tellLevels)
		}
	}
}

// alone does something while nothing else comes to pass; beats go on.
func (s *stage) alone(deed func()) {
	s.acting.Lock()
	defer s.acting.Unlock()
	deed()
}

// bar is one step of a bound show: so many things come to pass, and all levels and a beat are said.
func (s *stage) bar(things int) {
	for range things {
		s.happen()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broadcast(s.levelFrame())
	s.broadcast(s.beat())
}

// cut ends every socket without a word.
func (s *stage) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for conn := range s.sockets {
		_ = conn.Close()
	}
}

// delay has whoever comes from now on wait between the first word and the snapshot.
func (s *stage) delay(hold time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hold = hold
}

// silence has the stage say nothing more, or speak again; its sockets stay open.
func (s *stage) silence(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mute = on
}

// freezeSource has beats go on while the time of the newest data stands still, as behind a dead relay.
func (s *stage) freezeSource(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.frozen = time.Time{}
	if on {
		s.frozen = s.show.now()
	}
}

// at is where the stage stands: the newest number, and how many sockets it has had.
func (s *stage) at() (head int64, joined int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.head, s.joined
}
