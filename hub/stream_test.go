package hub_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"toancanh/hub"
	"toancanh/schema"
)

// listener reads an event stream as a browser does.
type listener struct {
	t    testing.TB
	res  *http.Response
	in   *bufio.Reader
	id   string // as Last-Event-ID
	seen []frame
}

func (s *served) listen(t testing.TB, query, lastID, ticket string) *listener {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.addr+"/live/sse?"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	if lastID != "" {
		req.Header.Set("Last-Event-ID", lastID)
	}
	if ticket != "" {
		req.AddCookie(&http.Cookie{Name: hub.CookieTicket, Value: ticket})
	}
	transport := &http.Transport{DisableKeepAlives: true}
	res, err := (&http.Client{Transport: transport, Timeout: patience}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	return &listener{t: t, res: res, in: bufio.NewReader(res.Body)}
}

// next is the next event; its id counts from then on.
func (l *listener) next() (frame, error) {
	var data, id string
	for {
		line, err := l.in.ReadString('\n')
		if err != nil {
			return frame{}, err
		}
		line = strings.TrimSuffix(line, "\n")
		switch {
		case strings.HasPrefix(line, "data: "):
			data += line[6:]
		case strings.HasPrefix(line, "id: "):
			id = line[4:]
		case line == "" && data != "":
			var f frame
			if err := json.Unmarshal([]byte(data), &f); err != nil {
				return frame{}, err
			}
			if id != "" {
				l.id = id
			}
			f.raw = data
			l.seen = append(l.seen, f)
			return f, nil
		}
	}
}

func (l *listener) until(claim string, wanted func(frame) bool) frame {
	l.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); {
		f, err := l.next()
		if err != nil {
			l.t.Fatalf("waiting for %s: %v", claim, err)
		}
		if wanted(f) {
			return f
		}
	}
	l.t.Fatalf("waiting for %s: out of patience", claim)
	return frame{}
}

func (l *listener) untilSeq(topic string, seq int64) {
	l.t.Helper()
	l.until(fmt.Sprintf("event %d of %s", seq, topic), func(f frame) bool {
		return f.Type == schema.TypeEvent && f.Topic == topic && f.Seq == seq
	})
}

func (l *listener) untilBeat() {
	l.t.Helper()
	l.until("beat", func(f frame) bool { return f.Type == schema.TypeBeat })
}

func TestStreamCarriesTheSameFramesAndResumesWithoutLoss(t *testing.T) {
	t.Parallel()
	r, s := world(t, nil)
	other := openAll + "/663"
	topics := "topics=" + openAll + "," + other
	l := s.listen(t, topics, "", "")
	if got := l.res.Header.Get("Content-Type"); got != "text/event-stream; charset=utf-8" {
		t.Errorf("Content-Type = %q", got)
	}
	if got := l.res.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control = %q, want no-store", got)
	}
	l.untilBeat()
	want := []schema.FrameType{schema.TypeHello, schema.TypeSnapshot, schema.TypeSnapshot, schema.TypeBeat}
	var got []schema.FrameType
	for _, f := range l.seen {
		got = append(got, f.Type)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("first frames (-want +got):\n%s", diff)
	}
	for i := range 10 {
		r.event(openAll, schema.KindReport, fmt.Sprint("a", i), "x")
		r.event(other, schema.KindReport, fmt.Sprint("b", i), "dòng một\nid: giả\r\ndòng hai")
	}
	seen := map[string][]int64{}
	note := func(f frame) bool {
		if f.Type == schema.TypeEvent {
			seen[f.Topic] = append(seen[f.Topic], f.Seq)
		}
		return len(seen[openAll])+len(seen[other]) == 20
	}
	// Cut after each event and come back with the id it left: nothing is lost and nothing doubled.
	for done := false; !done; {
		f := l.until("the next event", func(f frame) bool { return f.Type == schema.TypeEvent })
		done = note(f)
		_ = l.res.Body.Close()
		l = s.listen(t, topics, l.id, "")
	}
	for _, topic := range []string{openAll, other} {
		if diff := cmp.Diff(span(1, 10), seen[topic]); diff != "" {
			t.Errorf("seqs of %s (-want +got):\n%s", topic, diff)
		}
	}
}

func TestAStreamCutAnywhereInItsBeginningConverges(t *testing.T) {
	t.Parallel()
	r, s := world(t, nil)
	other := openAll + "/663"
	for i := range 3 {
		r.event(openAll, schema.KindReport, fmt.Sprint("a", i), "x")
		r.event(other, schema.KindReport, fmt.Sprint("b", i), "x")
	}
	for frames := 1; frames <= 4; frames++ {
		l := s.listen(t, "topics="+openAll+","+other, "", "")
		had := map[string]bool{}
		for range frames {
			f, err := l.next()
			if err != nil {
				t.Fatal(err)
			}
			if f.Type == schema.TypeSnapshot {
				had[f.Topic] = true
			}
		}
		_ = l.res.Body.Close()
		l = s.listen(t, "topics="+openAll+","+other, l.id, "")
		l.untilBeat()
		for _, f := range l.seen {
			if f.Type == schema.TypeSnapshot {
				had[f.Topic] = true
			}
		}
		if len(had) != 2 {
			t.Errorf("cut after %d frames: snapshots of %v only", frames, had)
		}
	}
}

func TestAStreamWithAnIDThatMeansNothingBeginsAnew(t *testing.T) {
	t.Parallel()
	_, s := world(t, nil)
	for _, id := range []string{"x", "e0:" + openAll + "=7", "e1:" + openAll + "=99", "e1:" + strings.Repeat("a", 3000)} {
		l := s.listen(t, "topics="+openAll, id, "")
		if l.res.StatusCode != 200 {
			t.Errorf("Last-Event-ID %.40q: status %d, want 200", id, l.res.StatusCode)
			continue
		}
		l.until("a snapshot", func(f frame) bool { return f.Type == schema.TypeSnapshot })
	}
}

func TestStreamsHaveTheirOwnCeilingAndBringTicketsInACookie(t *testing.T) {
	t.Parallel()
	r, s := world(t, func(c *hub.Config) { c.MaxStreams = 1 })
	s.listen(t, "topics="+openAll, "", "").untilBeat()
	if got := s.listen(t, "topics="+openAll, "", "").res.StatusCode; got != 503 {
		t.Errorf("a second stream: status %d, want 503", got)
	}
	if got := s.listen(t, "topics="+wall, "", "").res.StatusCode; got != 401 {
		t.Errorf("no ticket: status %d, want 401", got)
	}
	l := s.listen(t, "topics="+wall, "", s.ticket(t, nil))
	l.untilBeat()
	r.event(wall, schema.KindReport, "a", "x")
	l.untilSeq(wall, 1)
	b := s.dial(t, "topics="+openAll, "")
	b.untilType(schema.TypeBeat)
}
