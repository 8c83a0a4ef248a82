//go:build e2e

package e2e_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/fasthttp/websocket"

	"toancanh/schema"
	"toancanh/server/embedded/testredis"
)

// told is what a screen's topic says of it.
type told struct {
	ID      string
	Version int64
	Scene   string
	Show    struct{ Presenter string }
}

// wallPage listens to a screen's topic and confirms what it hears, as a wall does.
type wallPage struct {
	t    testing.TB
	from api
	id   string
	conn *websocket.Conn
	at   int64 // the version it has heard
}

func openWall(t testing.TB, s, hub *server, id string) *wallPage {
	t.Helper()
	topic := schema.ScreenTopic(id)
	token, err := s.token(topic)
	if err != nil {
		t.Fatal(err)
	}
	d := websocket.Dialer{Subprotocols: []string{schema.Protocol, schema.TicketPrefix + token}, HandshakeTimeout: requestLimit}
	conn, _, err := d.DialContext(context.Background(), "ws://"+hub.addr+"/live?topics="+topic, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &wallPage{t: t, from: s.api(), id: id, conn: conn}
}

// hear waits for a frame of a type and says what it tells of the screen. An event that the snapshot was ahead of comes
// late and is passed over, as every screen does.
func (p *wallPage) hear(kind schema.FrameType) told {
	p.t.Helper()
	_ = p.conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	for {
		_, body, err := p.conn.ReadMessage()
		if err != nil {
			p.t.Fatalf("%s waits for a %s: %v", p.id, kind, err)
		}
		var f struct {
			Type schema.FrameType
			Kind string
			Data json.RawMessage
		}
		if err := json.Unmarshal(body, &f); err != nil || f.Type != kind {
			continue
		}
		var heard told
		raw := f.Data
		if kind == schema.TypeSnapshot {
			var data schema.Snapshot
			_ = json.Unmarshal(raw, &data)
			raw = data.Screen
		}
		if err := json.Unmarshal(raw, &heard); err != nil {
			p.t.Fatalf("%s: %s: %v", p.id, body, err)
		}
		if kind == schema.TypeEvent && heard.Version <= p.at {
			continue
		}
		p.at = heard.Version
		return heard
	}
}

func (p *wallPage) say(what string, body map[string]any) {
	p.t.Helper()
	if err := p.from.postJSON("/api/v1/screens/"+p.id+"/"+what, body, nil); err != nil {
		p.t.Error(err)
	}
}

func TestAnOrderReachesItsScreensAndIsConfirmed(t *testing.T) {
	t.Parallel()
	w := newTown(t, testredis.New(t).URL())
	s := w.serve("TOANCANH_HUB=off")
	hub := w.hub(s)
	a := s.api()
	put, err := a.send(http.MethodPut, "/api/v1/screens/diem-cau-1", nil, []byte(`{"point":"UBND huyện Đắk Mil","area":"663"}`))
	if err := put.into(err, "put", nil); err != nil {
		t.Fatal(err)
	}
	presenter, follower := openWall(t, s, hub, "tinh"), openWall(t, s, hub, "diem-cau-1")
	if got := presenter.hear(schema.TypeSnapshot); got.ID != "tinh" || got.Version != 0 || got.Scene != "ngay-thuong" {
		t.Errorf("the wall begins with %+v", got)
	}
	if got := follower.hear(schema.TypeSnapshot); got.Version != 1 {
		t.Errorf("the follower begins with %+v", got)
	}

	var answer struct{ Screens []told }
	if err := a.postJSON("/api/v1/meetings", map[string]any{"presenter": "tinh", "screens": []string{"diem-cau-1"}}, &answer); err != nil {
		t.Fatal(err)
	}
	if got := follower.hear(schema.TypeEvent); got.Show.Presenter != "tinh" || got.Version != 2 {
		t.Errorf("the follower heard %+v", got)
	}
	order := map[string]any{"screens": []string{"tinh"}, "show": map[string]any{"scene": "mua-bao"}}
	if err := a.postJSON("/api/v1/screens/orders", order, &answer); err != nil {
		t.Fatal(err)
	}
	if len(answer.Screens) != 2 {
		t.Errorf("ordered %+v, want the presenter and its follower", answer.Screens)
	}
	for _, page := range []*wallPage{presenter, follower} {
		got := page.hear(schema.TypeEvent)
		if got.Scene != "mua-bao" {
			t.Errorf("%s heard %+v", page.id, got)
		}
		page.say("seen", map[string]any{"version": got.Version, "applied": true})
		page.say("beat", map[string]any{"phase": "live", "version": got.Version})
	}
	var list struct {
		Screens []struct {
			told
			Connected bool
			Seen      *struct {
				Version int64
				Applied bool
			}
		}
	}
	if err := a.getJSON("/api/v1/screens", &list); err != nil {
		t.Fatal(err)
	}
	for _, one := range list.Screens {
		if !one.Connected || one.Seen == nil || !one.Seen.Applied || one.Seen.Version != one.Version {
			t.Errorf("listed %+v, want it connected and confirmed", one)
		}
	}
	var times int
	if err := w.pool.QueryRow(context.Background(), `select count(distinct e.xmin::text) from event e
		where e.audience = 'screen' and e.data like '%mua-bao%'`).Scan(&times); err != nil || times != 1 {
		t.Errorf("the order's events are of %d transactions, %v; want 1", times, err)
	}
	if len(list.Screens) != 2 {
		t.Errorf("%d screens listed, want 2", len(list.Screens))
	}
}
