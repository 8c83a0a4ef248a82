package bulletin_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"toancanh/schema"
	"toancanh/server/area"
	"toancanh/server/bulletin"
	"toancanh/server/embedded/testpg"
	"toancanh/server/hook"
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

// clock is a time we hold.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// leader runs a bulletin over a database of its own and keeps the newest level of each topic.
type leader struct {
	t     *testing.T
	store *store.Store
	atlas *area.Atlas
	clock *clock

	mu     sync.Mutex
	levels map[string]warning.Level
}

func lead(t *testing.T, feeds ...string) *leader {
	t.Helper()
	db := testpg.New(t)
	kept, err := store.Open(t.Context(), db.DSN(testpg.App), store.Sizes{Write: 3, Read: 3})
	must(t, err)
	t.Cleanup(kept.Close)
	atlas, err := area.Sample()
	must(t, err)
	here, err := hook.ParseNetworks([]string{"127.0.0.1"})
	must(t, err)
	l := &leader{t: t, store: kept, atlas: atlas, clock: &clock{at: time.Now().UTC()}, levels: map[string]warning.Level{}}
	b := bulletin.New(bulletin.Config{
		Store: kept, Client: hook.NewClient(here), Feeds: feeds, Sender: "toancanh.67", Atlas: atlas, Division: "vn-2022", Origin: "real",
		Now: l.clock.now, Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(),
	})
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); b.Lead(ctx, l.announce) }()
	t.Cleanup(func() { stop(); <-done })
	return l
}

func (l *leader) announce(levels []schema.Level) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, level := range levels {
		var data warning.Level
		if level.Key != warning.LevelKey || json.Unmarshal(level.Data, &data) != nil {
			l.t.Errorf("%+v", level)
		}
		l.levels[level.Topic] = data
	}
}

// headlines are what a topic tells, sorted; nil before it told anything.
func (l *leader) headlines(topic string) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	level, ok := l.levels[topic]
	if !ok {
		return nil
	}
	list := []string{}
	for _, w := range level.Warnings {
		list = append(list, w.Headline)
	}
	slices.Sort(list)
	return list
}

func (l *leader) awaits(topic string, want ...string) {
	l.t.Helper()
	if want == nil {
		want = []string{}
	}
	l.until(topic+" tells "+strings.Join(want, ", "), func() bool { return cmp.Equal(want, l.headlines(topic)) }, func() string { return fmt.Sprint(l.headlines(topic)) })
}

func (l *leader) until(what string, is func() bool, otherwise func() string) {
	l.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			l.t.Fatalf("never: %s; %s", what, otherwise())
		}
	}
}

// publish takes a warning of ours for an area out.
func (l *leader) publish(code, headline string) warning.Warning {
	l.t.Helper()
	now := l.clock.now().Truncate(time.Second)
	m, _ := l.atlas.Map("vn-2022")
	g := warning.Ground{Tree: l.atlas.Tree, Map: m}
	words := warning.Words{Event: "Lũ", Headline: headline, Description: "a", Instruction: "b"}
	w := warning.Warning{
		ID: uuid.NewString(), Version: 1, Stage: warning.Drafted, MsgType: warning.New, Origin: "real", Division: "vn-2022", Path: g.PathOf([]string{code}),
		Writers: []string{"person:a"}, CreatedAt: now, ChangedAt: now,
		Draft: warning.Draft{
			Template: "lu", Status: warning.Actual, Category: "Met", Urgency: "Expected", Severity: "Severe", Certainty: "Likely",
			Expires: now.Add(time.Hour), Areas: []string{code}, Vi: words,
		},
	}
	must(l.t, l.store.AddWarning(l.t.Context(), w, store.WarningDeed{Act: "create", Actor: "person:a", Right: "warning.write"}))
	h := warning.House{Sender: "toancanh.67", Name: "Trung tâm", Zone: time.UTC, Place: g.Places()}
	for _, a := range []warning.Act{
		{Name: warning.Send, Actor: "person:a"}, {Name: warning.Approve, Actor: "person:b"}, {Name: warning.Publish, Actor: "person:a"},
	} {
		_, err := l.store.ChangeWarning(l.t.Context(), w.ID, store.WarningDeed{Act: string(a.Name), Actor: a.Actor, Right: "x"}, func(w warning.Warning) (store.WarningDecision, error) {
			next, err := w.Apply(a, l.clock.now())
			if err != nil || next.Stage != warning.Published {
				return store.WarningDecision{After: next}, err
			}
			message, err := h.Write(next, next.ChangedAt)
			return store.WarningDecision{After: next, Message: &message}, err
		})
		must(l.t, err)
	}
	return w
}

// message is one of a weather service for a place, sent a minute ago.
func (l *leader) message(id, words string) string {
	at := l.clock.now().Add(-time.Minute).In(time.FixedZone("", 7*3600))
	const layout = "2006-01-02T15:04:05-07:00"
	return fmt.Sprintf(`<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>%s</identifier><sender>kttv@example.vn</sender><sent>%s</sent>
		<status>Actual</status><msgType>Alert</msgType><scope>Public</scope><info><category>Met</category><event>Dông</event>
		<urgency>Expected</urgency><severity>Minor</severity><certainty>Likely</certainty><expires>%s</expires><headline>%s</headline>
		<area><areaDesc>x</areaDesc>%s</area></info></alert>`, strings.ReplaceAll(id, " ", "-"), at.Format(layout), at.Add(3*time.Hour).Format(layout), id, words)
}

const (
	inGiaNghia   = "<circle>12.007,107.696 1</circle>"
	inCalifornia = "<circle>38,-120 5</circle>"
)

func TestEveryAudienceHearsWhatIsInForceWhereItLooks(t *testing.T) {
	t.Parallel()
	l := lead(t)
	l.awaits("public/vn-2022/67")
	l.publish("661", "Ở huyện")
	l.publish("24611", "Ở phường")
	body := l.message("Của đài", inGiaNghia)
	a, err := warning.Decode([]byte(body))
	must(t, err)
	m, _ := l.atlas.Map("vn-2022")
	r := warning.Receive(a, []byte(body), warning.Ground{Tree: l.atlas.Tree, Map: m})
	r.ID, r.Source, r.ReceivedAt = uuid.NewString(), warning.ImportSource, l.clock.now()
	if _, added, err := l.store.AddReceived(t.Context(), r, "warning.import"); err != nil || !added {
		t.Fatal(added, err)
	}
	for _, c := range []struct {
		topic string
		want  []string
	}{
		{"ops/vn-2022/67", []string{"Của đài", "Ở huyện", "Ở phường"}},
		{"wall/vn-2022/67", []string{"Của đài", "Ở huyện", "Ở phường"}},
		{"public/vn-2022/67", []string{"Ở huyện", "Ở phường"}}, // nobody here has looked at what another says
		{"ops/vn-2022/67/661", []string{"Ở huyện"}},
		{"wall/vn-2022/67/661/24616", []string{"Ở huyện"}}, // it lies in the district
		{"public/vn-2022/67/660/24611", []string{"Ở phường"}},
		{"public/vn-2022/67/662", nil},
	} {
		l.awaits(c.topic, c.want...)
	}
	l.clock.pass(time.Hour)
	l.awaits("ops/vn-2022/67", "Của đài")
	l.clock.pass(2 * time.Hour)
	l.awaits("ops/vn-2022/67")
}

// service is another house with a feed.
type service struct {
	mu    sync.Mutex
	files map[string]string
	etag  string
	asked []string
	fails int // so many questions from now on
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, r.URL.Path)
	file, ok := s.files[r.URL.Path]
	switch {
	case s.fails > 0:
		s.fails--
		w.WriteHeader(http.StatusServiceUnavailable)
	case !ok:
		w.WriteHeader(http.StatusNotFound)
	case r.URL.Path == "/feed" && s.etag != "" && r.Header.Get("If-None-Match") == s.etag:
		w.WriteHeader(http.StatusNotModified)
	default:
		if r.URL.Path == "/feed" {
			w.Header().Set("ETag", s.etag)
		}
		_, _ = w.Write([]byte(file))
	}
}

func (s *service) put(path, file string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files[path] = file
}

// count is how often a path was asked for.
func (s *service) count(path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, p := range s.asked {
		if p == path {
			n++
		}
	}
	return n
}

func listing(paths ...string) string {
	var b strings.Builder
	b.WriteString(`<feed xmlns="http://www.w3.org/2005/Atom">`)
	for _, p := range paths {
		fmt.Fprintf(&b, `<entry><link type="application/cap+xml" href="%s"/></entry>`, p)
	}
	return b.String() + "</feed>"
}

func TestAFeedIsFollowedAndItsHostileFilesAreNot(t *testing.T) {
	t.Parallel()
	s := &service{files: map[string]string{}, etag: `"1"`}
	system := httptest.NewServer(s)
	defer system.Close()
	l := &leader{clock: &clock{at: time.Now().UTC()}}
	s.put("/good", l.message("Tốt", inGiaNghia))
	s.put("/ours", strings.Replace(l.message("Giả", inGiaNghia), "kttv@example.vn", "toancanh.67", 1))
	s.put("/elsewhere", l.message("Xa", inCalifornia))
	s.put("/laughs", `<!DOCTYPE a [<!ENTITY x "ha">]>`+l.message("Cười", inGiaNghia))
	s.put("/huge", strings.Repeat("a", warning.MostBytes+1))
	s.put("/page", "<html><body>404</body></html>")
	s.put("/feed", listing("/good", "/ours", "/elsewhere", "/laughs", "/huge", "/page", "/gone", "http://192.0.2.1/x", "ftp://a.example/x"))
	l = lead(t, system.URL+"/feed")
	l.awaits("ops/vn-2022/67", "Tốt")

	feed := func() bulletin.Feed {
		list, err := l.store.WarningFeeds(t.Context())
		must(t, err)
		if len(list) != 1 {
			return bulletin.Feed{}
		}
		return list[0]
	}
	l.until("the feed is read to its end", func() bool { return feed().ETag == `"1"` }, func() string { return fmt.Sprintf("%+v", feed()) })
	f := feed()
	// Ours, laughs, huge, page, gone, inside; kept are the good one and the one elsewhere.
	if f.Taken != 2 || f.Refused != 6 || f.Problem != "" || f.Host() != strings.TrimPrefix(system.URL, "http://") {
		t.Errorf("%+v", f)
	}
	received, err := l.store.ReceivedWarnings(t.Context(), store.WarningFilter{Now: l.clock.now(), Limit: 10})
	must(t, err)
	if len(received) != 2 {
		t.Errorf("%d kept", len(received))
	}

	t.Log("nothing new costs one question with its mark, and no file is fetched twice")
	l.clock.pass(2 * time.Minute)
	l.until("it is asked again", func() bool { return s.count("/feed") == 2 && feed().CheckedAt.After(*f.CheckedAt) }, func() string { return fmt.Sprint(s.count("/feed")) })
	for _, path := range []string{"/good", "/laughs", "/huge", "/page", "/gone"} {
		if n := s.count(path); n != 1 {
			t.Errorf("%s was fetched %d times", path, n)
		}
	}

	t.Log("a feed that fails is asked ever more seldom and taken up again")
	s.mu.Lock()
	s.fails, s.etag = 1, `"2"`
	s.mu.Unlock()
	s.put("/next", l.message("Sau", inGiaNghia))
	s.put("/feed", listing("/good", "/next"))
	l.clock.pass(2 * time.Minute)
	l.until("it failed", func() bool { return feed().Problem == "503" && feed().Attempts == 1 }, func() string { return fmt.Sprintf("%+v", feed()) })
	l.clock.pass(time.Hour)
	l.until("it is read again", func() bool { return feed().Problem == "" && feed().ETag == `"2"` }, func() string { return fmt.Sprintf("%+v", feed()) })
	l.awaits("wall/vn-2022/67/660", "Sau", "Tốt")
}

func TestWhatEndedLongAgoIsForgotten(t *testing.T) {
	t.Parallel()
	l := lead(t)
	body := l.message("Cũ", inGiaNghia)
	a, err := warning.Decode([]byte(body))
	must(t, err)
	r := warning.Received{ID: uuid.NewString(), Source: "x", Alert: a, Body: []byte(body), ReceivedAt: l.clock.now()}
	_, _, err = l.store.AddReceived(t.Context(), r, "warning.import")
	must(t, err)
	must(t, l.store.KeepWarningLink(t.Context(), "f", "u", "", l.clock.now()))
	left := func() (received, fresh int) {
		list, err := l.store.ReceivedWarnings(t.Context(), store.WarningFilter{Now: l.clock.now(), Limit: 10})
		must(t, err)
		links, err := l.store.NewWarningLinks(t.Context(), "f", []string{"u"}, l.clock.now())
		must(t, err)
		return len(list), len(links)
	}
	must(t, l.store.ForgetReceived(t.Context(), l.clock.now(), l.clock.now().Add(-time.Hour)))
	if received, fresh := left(); received != 1 || fresh != 0 {
		t.Errorf("forgotten too soon: %d %d", received, fresh)
	}
	must(t, l.store.ForgetReceived(t.Context(), l.clock.now().Add(4*time.Hour), l.clock.now().Add(time.Hour)))
	if received, fresh := left(); received != 0 || fresh != 1 {
		t.Errorf("still kept: %d %d", received, fresh)
	}
}
