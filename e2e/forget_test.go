//go:build e2e

package e2e_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"

	"toancanh/schema"
)

// forgetWithin is how long a withdrawn word may be found anywhere.
const forgetWithin = 5 * time.Second

// nowhere is where a word must not be found after its withdrawal, and where it stood before.
type nowhere struct {
	t     *testing.T
	w     *town
	s     *server
	word  string
	code  string
	token string
	since map[string]string // topic -> a position from before the word
}

func TestWithdrawnWordIsNowhere(t *testing.T) {
	t.Parallel()
	w := newTown(t, "")
	s := w.serve()
	screens := []*screen{watch(t, s, wallTopic), watch(t, s, opsTopic), watch(t, s, publicTopic)}
	author := newAuthor(t, s)
	before := author.report("một phản ánh khác")
	author.publish(before, "đoạn đường khác")
	agree(t, w.pool, time.Now(), limit(healBus), screens...)
	topics := []string{wallTopic, opsTopic, publicTopic}
	token, err := s.token(topics...)
	if err != nil {
		t.Fatal(err)
	}
	n := &nowhere{t: t, w: w, s: s, token: token, since: map[string]string{}}
	for i, topic := range topics {
		screens[i].mu.Lock()
		n.since[topic] = screens[i].since()
		screens[i].mu.Unlock()
	}
	for round := range times(2, 30) {
		n.word = fmt.Sprintf("bíẩn%d", round)
		r := author.report("Có người tên " + n.word)
		n.code = r.Code
		author.publish(r, n.word)
		agree(t, w.pool, time.Now(), limit(healBus), screens...)
		if found := n.find(); len(found) < 6 {
			t.Errorf("the published word stands only in %v", found)
		}
		author.do(r, "withdraw", map[string]any{"reason": "lộ thông tin cá nhân"})
		withdrawn := time.Now()
		var left []string
		eventually(t, "the word is nowhere", limit(forgetWithin), func() bool {
			left = n.find()
			for _, sc := range screens {
				sc.mu.Lock()
				for topic, place := range sc.topic {
					if place.holds(n.word) {
						left = append(left, "screen of "+topic)
					}
				}
				sc.mu.Unlock()
			}
			return len(left) == 0
		}, func() string { return strings.Join(left, ", ") })
		t.Logf("forgotten after %v", time.Since(withdrawn).Round(time.Millisecond))
		agree(t, w.pool, withdrawn, limit(forgetWithin), screens...)
	}
	sound(screens...)
}

// find lists where the word stands.
func (n *nowhere) find() (found []string) {
	n.t.Helper()
	look := func(where, text string) {
		if strings.Contains(text, n.word) {
			found = append(found, where)
		}
	}
	for _, path := range []string{
		"/", "/tinh-hinh/" + division + "/" + root, "/tinh-hinh/" + division + "/" + root + "/feed.atom",
		"/phan-anh/" + n.code, "/phan-anh/" + n.code + "/feed.atom", "/api/v1/follow/" + n.code, "/api/v1/reports?limit=200", "/api/v1/reports/" + n.code,
	} {
		for _, encoding := range []string{"identity", "gzip"} {
			a, err := n.s.api().send(http.MethodGet, path, http.Header{"Accept-Encoding": {encoding}, "Accept": {"text/html, application/json"}}, nil)
			if err != nil || a.status >= 500 {
				found = append(found, fmt.Sprintf("%s does not answer: %d %v", path, a.status, err))
				continue
			}
			look(path+" "+encoding, plain(n.t, a))
		}
	}
	for topic, position := range n.since {
		look("snapshot of "+topic, n.frames(topic, ""))
		look("since= of "+topic, n.frames(topic, position))
	}
	look("sse of "+publicTopic, since(n.t, n.s.addr, publicTopic, "", requestLimit))
	look("sse since= of "+publicTopic, since(n.t, n.s.addr, publicTopic, n.since[publicTopic], requestLimit))
	return append(found, n.stored()...)
}

// frames joins over WebSocket and returns what comes until the first beat.
func (n *nowhere) frames(topic, position string) string {
	n.t.Helper()
	d := websocket.Dialer{Subprotocols: []string{schema.Protocol, schema.TicketPrefix + n.token}, HandshakeTimeout: requestLimit}
	address := "ws://" + n.s.addr + "/live?topics=" + topic
	if position != "" {
		address += "&since=" + position
	}
	conn, _, err := d.Dial(address, nil)
	if err != nil {
		n.t.Fatalf("join %s: %v", topic, err)
	}
	defer func() { _ = conn.Close() }()
	var all strings.Builder
	_ = conn.SetReadDeadline(time.Now().Add(requestLimit))
	for {
		_, body, err := conn.ReadMessage()
		if err != nil {
			n.t.Fatalf("join %s: %v", topic, err)
		}
		all.Write(body)
		if strings.HasPrefix(string(body), `{"type":"beat"`) {
			return all.String()
		}
	}
}

// stored looks into what is kept for announcing and for the public. The sealed past of the report itself is the
// archive's, which no face shows.
func (n *nowhere) stored() (found []string) {
	n.t.Helper()
	ctx, cancel := context.WithTimeout(n.t.Context(), 5*time.Second)
	defer cancel()
	for _, table := range []string{"event", "public_report", "public_record", "idempotency"} {
		var rows int
		err := n.w.pool.QueryRow(ctx, "select count(*) from "+table+" x where x::text like '%' || $1 || '%'", n.word).Scan(&rows)
		if err != nil {
			n.t.Fatal(err)
		}
		if rows > 0 {
			found = append(found, fmt.Sprintf("%d rows of %s", rows, table))
		}
	}
	return found
}

// readUntilBeat reads an event stream up to its first beat.
func readUntilBeat(r io.Reader) string {
	var all strings.Builder
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		all.WriteString(lines.Text())
		if strings.HasPrefix(lines.Text(), `data: {"type":"beat"`) {
			break
		}
	}
	return all.String()
}
