package client_test

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"toancanh/cmd/toancanh/client"
)

// script answers requests one after the other and keeps what it was sent.
type script struct {
	answers []func() (*http.Response, error)
	keys    []string
	bodies  []string
	at      []time.Duration
	begin   time.Time
}

func (s *script) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	s.keys = append(s.keys, req.Header.Get("Idempotency-Key"))
	s.bodies = append(s.bodies, string(body))
	s.at = append(s.at, time.Since(s.begin))
	answer := s.answers[min(len(s.keys), len(s.answers))-1]
	return answer()
}

func says(status int, body string, headers ...string) func() (*http.Response, error) {
	return func() (*http.Response, error) {
		h := http.Header{}
		for i := 0; i+1 < len(headers); i += 2 {
			h.Set(headers[i], headers[i+1])
		}
		return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}, nil
	}
}

func breaks() (*http.Response, error) { return nil, errors.New("connection reset") }

func newClient(t *testing.T, transport http.RoundTripper) *client.Client {
	t.Helper()
	c, err := client.New(client.Options{
		Base: &url.URL{Scheme: "http", Host: "server.test"}, Patience: time.Minute, HTTP: &http.Client{Transport: transport},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestRepeatsCarryOneKeyAndOneBody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &script{begin: time.Now(), answers: []func() (*http.Response, error){
			breaks,
			says(503, "", "Retry-After", "7"),
			says(409, `{"title":"đang xử lý"}`, "Retry-After", "2"),
			says(201, `{"code":"K7M2-Q9XD"}`),
		}}
		code, err := newClient(t, s).PostReport(t.Context(), client.NewReport{Category: "MT", Description: "Rác"})
		if err != nil || code != "K7M2-Q9XD" {
			t.Errorf("PostReport = %q, %v", code, err)
		}
		for i := range s.keys {
			if s.keys[i] == "" || s.keys[i] != s.keys[0] || s.bodies[i] != s.bodies[0] {
				t.Errorf("try %d came with key %q and body %s", i, s.keys[i], s.bodies[i])
			}
		}
		if len(s.at) != 4 || s.at[2]-s.at[1] < 7*time.Second || s.at[3]-s.at[2] < 2*time.Second {
			t.Errorf("tries came at %v, want the waits that the server asked for", s.at)
		}
	})
}

func TestRefusalsAreFinal(t *testing.T) {
	t.Parallel()
	for status, body := range map[int]string{
		409: `{"detail":"phiên bản đã cũ"}`, 422: `{"detail":"thiếu lý do","errors":[{"field":"reason","reason":"required"}]}`,
		403: "<html>proxy</html>", 404: "",
	} {
		s := &script{begin: time.Now(), answers: []func() (*http.Response, error){says(status, body)}}
		err := newClient(t, s).PostAct(t.Context(), "id", client.Act{Act: "accept", Version: 1})
		var problem *client.Problem
		if !errors.As(err, &problem) || problem.Status != status || len(s.keys) != 1 {
			t.Errorf("status %d: %v after %d tries, want a refusal after one", status, err, len(s.keys))
		}
	}
}

func TestPatienceEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &script{begin: time.Now(), answers: []func() (*http.Response, error){breaks}}
		err := newClient(t, s).PutSensors(t.Context(), nil)
		if took := time.Since(s.begin); err == nil || took > time.Minute+time.Second || took < 30*time.Second {
			t.Errorf("PutSensors = %v after %s, want an error after a minute", err, took)
		}
	})
}

func TestRequestsUnderWayAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var under, most atomic.Int64
		c := newClient(t, roundTrip(func(*http.Request) (*http.Response, error) {
			n := under.Add(1)
			for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
			}
			time.Sleep(time.Second)
			under.Add(-1)
			return says(200, `{"accepted":1}`)()
		}))
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				if taken, err := c.PostReadings(t.Context(), nil); err != nil || taken.Accepted != 1 {
					t.Errorf("PostReadings = %+v, %v", taken, err)
				}
			})
		}
		all.Wait()
		if got := most.Load(); got != client.DefaultOutstanding {
			t.Errorf("%d requests were under way at once, want %d", got, client.DefaultOutstanding)
		}
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func TestActsCarryOnlyWhatTheySay(t *testing.T) {
	t.Parallel()
	s := &script{begin: time.Now(), answers: []func() (*http.Response, error){says(200, "{}")}}
	if err := newClient(t, s).PostAct(t.Context(), "id", client.Act{Act: "accept", Version: 3}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{`{"act":"accept","version":3}`}, s.bodies); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
}
