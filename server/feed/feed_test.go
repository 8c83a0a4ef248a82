package feed_test

import (
	"bytes"
	"context"
	"encoding/xml"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"toancanh/server/area"
	"toancanh/server/door"
	"toancanh/server/embedded/testpg"
	"toancanh/server/feed"
	"toancanh/server/store"
	"toancanh/server/warning"
)

func TestMain(m *testing.M) { testpg.Main(m) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// house is the door on a loopback address over a database of its own. Without an origin nobody makes the list.
type house struct {
	t     *testing.T
	base  string
	store *store.Store
	words warning.House
}

func newHouse(t *testing.T, origin string) *house {
	t.Helper()
	db := testpg.New(t)
	kept, err := store.Open(t.Context(), db.DSN(testpg.App), store.Sizes{Write: 2, Read: 2})
	must(t, err)
	t.Cleanup(kept.Close)
	reader, err := store.OpenPublic(t.Context(), db.DSN(testpg.Public))
	must(t, err)
	t.Cleanup(reader.Close)
	log := slog.New(slog.DiscardHandler)
	frame := door.New(door.Config{Log: log, Now: time.Now})
	app := fiber.New(frame.AppConfig())
	frame.Install(app)
	f := feed.New(feed.Config{Frame: frame, Store: reader, Sender: "toancanh.67", Centre: "Trung tâm tỉnh Đắk Nông", Origin: origin, Log: log})
	f.Routes(app)
	if origin != "" {
		ctx, stop := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() { defer close(done); _ = f.Run(ctx) }()
		t.Cleanup(func() { stop(); <-done })
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	ended := make(chan struct{})
	go func() { defer close(ended); _ = app.Listener(listener) }()
	t.Cleanup(func() { _ = app.ShutdownWithTimeout(5 * time.Second); <-ended })
	atlas, err := area.Sample()
	must(t, err)
	m, _ := atlas.Map("vn-2022")
	h := &house{t: t, base: "http://" + listener.Addr().String(), store: kept, words: warning.House{
		Sender: "toancanh.67", Name: "Trung tâm tỉnh Đắk Nông", Zone: time.FixedZone("", 7*3600), Place: warning.Ground{Tree: atlas.Tree, Map: m}.Places(),
	}}
	h.get("/feed/alerts.atom", nil) // a server told to stop before it began to serve never ends
	return h
}

// sends takes a warning out over two people and returns the message.
func (h *house) sends(w warning.Warning) warning.Message {
	h.t.Helper()
	must(h.t, h.store.AddWarning(h.t.Context(), w, store.WarningDeed{Act: "create", Actor: w.Author(), Right: "warning.write"}))
	var sent warning.Message
	for _, a := range []warning.Act{
		{Name: warning.Send, Actor: w.Author()}, {Name: warning.Approve, Actor: "person:b"}, {Name: warning.Publish, Actor: w.Author()},
	} {
		deed := store.WarningDeed{Act: string(a.Name), Actor: a.Actor, Right: "warning.publish"}
		_, err := h.store.ChangeWarning(h.t.Context(), w.ID, deed, func(w warning.Warning) (store.WarningDecision, error) {
			next, err := w.Apply(a, time.Now())
			if err != nil || next.Stage != warning.Published {
				return store.WarningDecision{After: next}, err
			}
			sent, err = h.words.Write(next, next.ChangedAt)
			return store.WarningDecision{After: next, Message: &sent}, err
		})
		must(h.t, err)
	}
	return sent
}

func draft(origin string, status warning.Status) warning.Warning {
	hazard, _ := warning.TemplateOf("mua_lon")
	now := time.Now().UTC().Truncate(time.Second)
	return warning.Warning{
		ID: uuid.NewString(), Version: 1, Stage: warning.Drafted, MsgType: warning.New, Origin: origin, Division: "vn-2022", Path: []string{"67", "661", "24616"},
		Writers: []string{"person:a"}, CreatedAt: now, ChangedAt: now,
		Draft: warning.Draft{
			Template: "mua_lon", Status: status, Category: "Met", Urgency: "Expected", Severity: "Severe", Certainty: "Likely", RiskLevel: 2,
			Expires: now.Add(time.Hour), Areas: []string{"24616"}, Values: map[string]string{"luong_mua": "100 mm <b> & hơn"}, Vi: hazard.Vi, En: &hazard.En,
		},
	}
}

type answer struct {
	status int
	header http.Header
	body   []byte
}

func (h *house) get(path string, header map[string]string) answer {
	h.t.Helper()
	req, err := http.NewRequest(http.MethodGet, h.base+path, nil)
	must(h.t, err)
	for name, value := range header {
		req.Header.Set(name, value)
	}
	res, err := (&http.Client{Transport: &http.Transport{DisableCompression: true}, Timeout: 10 * time.Second}).Do(req)
	must(h.t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	must(h.t, err)
	return answer{res.StatusCode, res.Header, body}
}

type atomFeed struct {
	XMLName xml.Name `xml:"http://www.w3.org/2005/Atom feed"`
	ID      string   `xml:"id"`
	Title   string   `xml:"title"`
	Updated string   `xml:"updated"`
	Author  string   `xml:"author>name"`
	Links   []struct {
		Rel  string `xml:"rel,attr"`
		Href string `xml:"href,attr"`
	} `xml:"link"`
	Entries []struct {
		ID      string `xml:"id"`
		Title   string `xml:"title"`
		Updated string `xml:"updated"`
		Summary string `xml:"summary"`
		Link    struct {
			Type string `xml:"type,attr"`
			Href string `xml:"href,attr"`
		} `xml:"link"`
		Severity string `xml:"urn:oasis:names:tc:emergency:cap:1.2 severity"`
	} `xml:"entry"`
}

// awaits reads the feed until it has so many entries.
func (h *house) awaits(n int) (atomFeed, answer) {
	h.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		a := h.get("/feed/alerts.atom", nil)
		var f atomFeed
		if a.status == 200 {
			must(h.t, xml.Unmarshal(a.body, &f))
			if len(f.Entries) == n {
				return f, a
			}
		}
		if time.Now().After(deadline) {
			h.t.Fatalf("never %d entries: %d %s", n, a.status, a.body)
		}
	}
}

func TestTheFeedLeadsToEveryMessageAsItWentOut(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "real")
	if f, _ := h.awaits(0); f.ID != "tag:toancanh.67,2026:canh-bao" || f.Updated != "1970-01-01T00:00:00Z" || f.Author == "" {
		t.Errorf("an empty feed: %+v", f)
	}
	first := h.sends(draft("real", warning.Actual))
	second := h.sends(draft("real", warning.Exercise))
	f, a := h.awaits(2)
	if a.header.Get("Content-Type") != "application/atom+xml; charset=utf-8" || a.header.Get("Etag") == "" || f.Links[0].Rel != "self" || f.Links[0].Href != h.base+"/feed/alerts.atom" {
		t.Errorf("%v %+v", a.header, f)
	}
	if again := h.get("/feed/alerts.atom", map[string]string{"If-None-Match": a.header.Get("Etag")}); again.status != 304 || len(again.body) != 0 {
		t.Errorf("asked again: %d", again.status)
	}
	for i, want := range []warning.Message{second, first} { // the newest first
		e := f.Entries[i]
		if e.ID != "urn:uuid:"+want.Alert.Identifier || e.Title != want.Title || e.Link.Type != warning.MediaType || e.Severity != "Severe" || e.Summary != want.Summary {
			t.Errorf("%+v", e)
		}
		m := h.get(strings.TrimPrefix(e.Link.Href, h.base), nil)
		if !bytes.Equal(m.body, want.Body) || m.header.Get("Content-Type") != "application/cap+xml; charset=utf-8" ||
			m.header.Get("Cache-Control") != "public, max-age=31536000, immutable" {
			t.Errorf("%v %s", m.header, m.body)
		}
		if _, err := warning.Decode(m.body); err != nil {
			t.Error(err)
		}
		if bytes.Contains(m.body, []byte("person:")) || bytes.Contains(a.body, []byte("person:")) {
			t.Error("somebody is named")
		}
	}
	if !strings.HasPrefix(f.Entries[0].Title, "[DIỄN TẬP] ") || strings.HasPrefix(f.Entries[1].Title, "[") {
		t.Errorf("%q %q", f.Entries[0].Title, f.Entries[1].Title)
	}
	for _, path := range []string{"/feed/cap/x.xml", "/feed/cap/" + uuid.NewString() + ".xml", "/feed/cap/" + first.Alert.Identifier, "/feed/cap/.xml"} {
		if a := h.get(path, nil); a.status != 404 {
			t.Errorf("%s: %d", path, a.status)
		}
	}
}

func TestWhatIsNotRealSaysSoInEveryTitle(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "simulated")
	h.sends(draft("simulated", warning.Exercise))
	f, a := h.awaits(1)
	if !strings.HasPrefix(f.Title, "[MÔ PHỎNG] ") || !strings.HasPrefix(f.Entries[0].Title, "[DIỄN TẬP · MÔ PHỎNG] ") || !bytes.Contains(a.body, []byte("<rights>")) {
		t.Errorf("%s", a.body)
	}
}

// TestAMessageNeedsNoList asks before the list was ever made, as for one that it has no room for any more.
func TestAMessageNeedsNoList(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "")
	first := h.sends(draft("real", warning.Actual))
	if a := h.get("/feed/cap/"+first.Alert.Identifier+".xml", nil); !bytes.Equal(a.body, first.Body) {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := h.get("/feed/alerts.atom", nil); a.status != 503 || a.header.Get("Retry-After") == "" {
		t.Errorf("a list that was not made: %d %v", a.status, a.header)
	}
}
