//go:build e2e

package e2e_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"

	"toancanh/schema"
	"toancanh/server/embedded/testredis"
	"toancanh/server/lan"
)

// rawAnswer sends bytes and returns everything that comes back until the server ends the connection, or says nothing more.
func rawAnswer(t testing.TB, addr, text string) string {
	t.Helper()
	conn, err := net.Dial("tcp", addr) //nolint:noctx // loopback, at once
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	_ = conn.(*net.TCPConn).CloseWrite()
	_ = conn.SetReadDeadline(time.Now().Add(requestLimit))
	out, _ := io.ReadAll(conn)
	return string(out)
}

// reportOf is a report as a body.
func reportOf(s *server, words string) []byte {
	at := s.communes()[0]
	raw, _ := json.Marshal(map[string]any{
		"category": s.categories()[0], "description": words, "location": map[string]float64{"lat": at.Lat, "lon": at.Lon},
	})
	return raw
}

// TestProcessesShareTheLimits sends reports to two servers on one Redis from one address, then freezes Redis.
func TestProcessesShareTheLimits(t *testing.T) {
	t.Parallel()
	redis := testredis.New(t)
	w := newTown(t, redis.URL())
	one, other := w.serve("TOANCANH_LIMITS=on"), w.serve("TOANCANH_LIMITS=on")
	body := reportOf(one, "Hố ga mất nắp")
	var last answer
	passed := 0
	began := time.Now()
	for i := range 60 {
		a, err := []*server{one, other}[i%2].api().send(http.MethodPost, "/api/v1/reports", nil, body)
		if err != nil {
			t.Fatal(err)
		}
		switch a.status {
		case http.StatusCreated:
			passed++
		case http.StatusTooManyRequests:
			last = a
		default:
			t.Fatalf("report %d: %d %s", i, a.status, a.body)
		}
	}
	// A token grows in two seconds: what a slow machine lets through more is known by its own clock.
	if grown := int(time.Since(began)/(2*time.Second)) + 1; passed < 20 || passed > 20+grown {
		t.Errorf("%d of 60 passed at two servers, want the burst of 20 and at most %d that grew", passed, grown)
	}
	wait, err := strconv.Atoi(last.header.Get("Retry-After"))
	if err != nil || wait < 1 || last.header.Get("RateLimit-Policy") != `"reports";q=30;w=60` || last.header.Get("RateLimit") != fmt.Sprintf(`"reports";r=0;t=%d`, wait) {
		t.Errorf("refused with %v", last.header)
	}
}

// TestReportsAreTakenWhileTheSharedCountHangs freezes Redis under a server that counts by it.
func TestReportsAreTakenWhileTheSharedCountHangs(t *testing.T) {
	t.Parallel()
	redis := testredis.New(t)
	s := newTown(t, redis.URL()).serve("TOANCANH_LIMITS=on")
	body := reportOf(s, "Hố ga mất nắp")
	redis.Pause()
	defer redis.Resume()
	for i := range 15 {
		a, err := s.api().send(http.MethodPost, "/api/v1/reports", nil, body)
		if err != nil || a.status != http.StatusCreated || a.took > limit(time.Second) {
			t.Errorf("report %d while Redis hangs: %d after %v, %v; want it taken at once", i, a.status, a.took, err)
		}
	}
	refused := 0
	for range 15 { // the burst is over: alone is not open
		a, err := s.api().send(http.MethodPost, "/api/v1/reports", nil, body)
		if err != nil {
			t.Fatal(err)
		}
		if a.status == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused == 0 {
		t.Error("while Redis hangs nobody is slowed")
	}
	redis.Resume()
	metric := regexp.MustCompile(`(?m)^toancanh_limits_alone 0$`)
	eventually(t, "the server counts by Redis again", limit(10*time.Second), func() bool {
		_, _ = s.api().get("/api/v1/categories")
		a, err := s.api().get("/metrics")
		return err == nil && metric.MatchString(plain(t, a))
	}, nil)
}

// TestAFloodedAddressLeavesItsPeopleAlone empties the bucket of this address and asks as somebody who is signed in there.
func TestAFloodedAddressLeavesItsPeopleAlone(t *testing.T) {
	t.Parallel()
	w := newTown(t, "")
	s := w.serve("TOANCANH_LIMITS=on", "TOANCANH_OPEN=no")
	p := employ(t, w, s, "binh")
	p.signIn(t)
	refused := false
	for range 20_000 {
		a, err := s.api().get("/api/v1/categories")
		if err != nil {
			t.Fatal(err)
		}
		if refused = a.status == http.StatusTooManyRequests; refused {
			break
		}
	}
	if !refused {
		t.Error("20,000 questions in a row from one address were all answered")
	}
	if a := p.ask(t, http.MethodGet, "/api/v1/reports", ""); a.status != 200 || !strings.HasPrefix(a.header.Get("RateLimit"), `"reads";r=`) {
		t.Errorf("a person at the flooding address: %d %v", a.status, a.header)
	}
	if a, err := s.api().get("/"); err != nil || a.status != 200 || a.header.Get("RateLimit") != "" {
		t.Errorf("the front page: %d, %v", a.status, err)
	}
	if a, err := s.api().get("/readyz"); err != nil || a.status != 200 {
		t.Errorf("the probe: %d, %v", a.status, err)
	}
	if a, err := s.api().send(http.MethodPost, "/api/v1/reports", nil, reportBody()); err != nil || a.status == http.StatusTooManyRequests {
		t.Errorf("a citizen's report: %d, %v", a.status, err)
	}
}

// reportBody is a report nobody asks the server about before.
func reportBody() []byte {
	return []byte(`{"category":"MT","description":"Rác đổ trước chợ","location":{"lat":12.007,"lon":107.696}}`)
}

// TestOddRequestsAreReadOneWayOrNotAtAll sends what a proxy and a server may read in two ways. Each is refused, or read in
// exactly one way, and never is what follows taken for a request.
func TestOddRequestsAreReadOneWayOrNotAtAll(t *testing.T) {
	t.Parallel()
	s := newTown(t, "").serve()
	const smuggled = "GET /healthz HTTP/1.1\r\nHost: a\r\nX-Request-Id: 5309991ed0000001\r\n\r\n"
	post := func(lines ...string) string {
		return "POST /api/v1/reports HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n" + strings.Join(lines, "\r\n") + "\r\n\r\n"
	}
	for name, tc := range map[string]struct {
		raw  string
		want int
	}{
		"a length beside chunks":              {post("Content-Length: 5", "Transfer-Encoding: chunked") + "0\r\n\r\n" + smuggled, 400},
		"chunks beside a length":              {post("Transfer-Encoding: chunked", "Content-Length: 100") + "0\r\n\r\n" + smuggled, 400},
		"two lengths":                         {post("Content-Length: 0", "Content-Length: 70") + smuggled, 400},
		"two lengths in one":                  {post("Content-Length: 0, 70") + smuggled, 400},
		"a length with a sign":                {post("Content-Length: +0") + smuggled, 400},
		"a length below nothing":              {post("Content-Length: -1") + smuggled, 400},
		"two codings":                         {post("Transfer-Encoding: chunked", "Transfer-Encoding: identity") + "0\r\n\r\n" + smuggled, 400},
		"an unknown coding":                   {post("Transfer-Encoding: xchunked") + "0\r\n\r\n" + smuggled, 400},
		"a coding with a tail":                {post("Transfer-Encoding: chunked, identity") + "0\r\n\r\n" + smuggled, 400},
		"a name with a space":                 {post("Content-Length : 0") + smuggled, 400},
		"a folded line":                       {post("X-A: b\r\n Transfer-Encoding: chunked", "Content-Length: 3") + "0\r\n\r\n" + smuggled, 400},
		"a chunk of no size":                  {post("Transfer-Encoding: chunked") + "zz\r\n\r\n" + smuggled, 400},
		"a chunk larger than anything":        {post("Transfer-Encoding: chunked") + "ffffffffffffffff\r\n" + smuggled, 400},
		"coding in HTTP/1.0":                  {strings.Replace(post("Transfer-Encoding: chunked"), "1.1", "1.0", 1) + "0\r\n\r\n" + smuggled, 400},
		"two hosts":                           {"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n" + smuggled, 400},
		"no host":                             {"GET /healthz HTTP/1.1\r\n\r\n" + smuggled, 400},
		"a host with a slash":                 {"GET /healthz HTTP/1.1\r\nHost: a/b\r\n\r\n" + smuggled, 400},
		"a host with a user":                  {"GET /healthz HTTP/1.1\r\nHost: a@b\r\n\r\n" + smuggled, 400},
		"a host with quotes":                  {"GET /healthz HTTP/1.1\r\nHost: \"><script>\r\n\r\n" + smuggled, 400},
		"a body past every limit":             {post("Content-Length: 9000000"), 413},
		"a body past the door's own limit":    {post("Content-Length: 300000"), 413},
		"a sign-in of a megabyte":             {strings.Replace(post("Content-Length: 1000000"), "reports", "session", 1), 413},
		"a question with a length and chunks": {"GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled, 400},
		"TRACE":                               {"TRACE / HTTP/1.1\r\nHost: a\r\nX-Secret: zyxwvu\r\n\r\n", 405},
		"CONNECT":                             {"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 405},
	} {
		got := rawAnswer(t, s.addr, tc.raw)
		if !strings.HasPrefix(got, fmt.Sprintf("HTTP/1.1 %d ", tc.want)) || !strings.Contains(got, "application/problem+json") {
			t.Errorf("%s: answered %.120q, want %d", name, got, tc.want)
		}
		if n := strings.Count(got, "HTTP/1.1 "); n != 1 || strings.Contains(got, "5309991ed0000001") || strings.Contains(got, "zyxwvu") {
			t.Errorf("%s: %d answers: %.300q", name, n, got)
		}
		for _, inner := range []string{"fasthttp", "goroutine", ".go:", "select ", "toancanh/server"} {
			if strings.Contains(got, inner) {
				t.Errorf("%s: the answer tells of its inside: %.300q", name, got)
			}
		}
	}
	// A body that nobody expects is a body all the same.
	for _, head := range []string{"GET /healthz HTTP/1.1\r\nHost: a\r\n", "HEAD /healthz HTTP/1.1\r\nHost: a\r\n", "DELETE /api/v1/session HTTP/1.1\r\nHost: a\r\n"} {
		got := rawAnswer(t, s.addr, head+fmt.Sprintf("Content-Length: %d\r\n\r\n", len(smuggled))+smuggled)
		if strings.Count(got, "HTTP/1.1 ") != 1 || strings.Contains(got, "5309991ed0000001") {
			t.Errorf("%.40q with a body: %.300q", head, got)
		}
	}
	// What a sane client sends is answered twice on one connection.
	if got := rawAnswer(t, s.addr, "GET /healthz HTTP/1.1\r\nHost: a:1\r\n\r\nGET /healthz HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"); strings.Count(got, "HTTP/1.1 200 ") != 2 {
		t.Errorf("two requests in a row: %.200q", got)
	}
	for path, want := range map[string]int{
		"/api/v1/kpis?area=67&area=660": 422, "/api/v1/kpis?area=67&area=67": 422, "/api/v1/kpis?x=1": 422, "/api/v1/kpis/": 404, "/API/v1/kpis": 404,
		"//api/v1/kpis": 404, "/api": 200, "/api/": 404,
	} {
		if a, err := s.api().get(path); err != nil || a.status != want {
			t.Errorf("%s: %d, %v; want %d and never a way elsewhere", path, a.status, err, want)
		}
	}
	eventually(t, "of a doubled parameter of a page the first counts", limit(10*time.Second), func() bool {
		a, err := s.api().get("/?lang=en&lang=vi")
		return err == nil && a.status == 200 && strings.Contains(plain(t, a), `lang="en"`)
	}, nil)
}

// TestTheLocalNetworkIsServedByHTTPS starts up with --lan and comes as a phone that trusts nothing but the authority of the
// page of trust.
func TestTheLocalNetworkIsServedByHTTPS(t *testing.T) {
	t.Parallel()
	first := lan.Here().First
	if !first.IsValid() {
		t.Skip("this machine has no address but loopback: it is in no network")
	}
	secure, trust := portOf(t), portOf(t)
	s := up(t, "TOANCANH_LAN=true", "TOANCANH_LAN_LISTEN="+net.JoinHostPort(first.String(), secure), "TOANCANH_LAN_TRUST="+net.JoinHostPort(first.String(), trust))
	s.start()
	s.awaitReady(readyWithin)
	said := s.log.String()
	fingerprint := regexp.MustCompile(`(?:[0-9A-F]{2}:){31}[0-9A-F]{2}`).FindString(said)
	home := "https://" + net.JoinHostPort(first.String(), secure) + "/"
	if fingerprint == "" || !strings.Contains(said, home) || strings.Count(said, "▄▄▄▄▄▄▄") < 2 {
		t.Fatalf("the terminal says neither where, nor whom to trust, nor shows a code:\n%s", s.log.tail(60))
	}
	page := fetch(t, http.DefaultClient, "http://"+net.JoinHostPort(first.String(), trust)+"/")
	if page.status != 200 || !strings.Contains(string(page.body), fingerprint) || !strings.Contains(string(page.body), home) {
		t.Errorf("the page of trust: %d %.200s", page.status, page.body)
	}
	der := fetch(t, http.DefaultClient, "http://"+net.JoinHostPort(first.String(), trust)+lan.CertificatePath)
	ca, err := x509.ParseCertificate(der.body)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(ca)
	config := &tls.Config{RootCAs: roots}
	phone := &http.Client{Timeout: requestLimit, Transport: &http.Transport{TLSClientConfig: config}}
	for path, want := range map[string]int{
		"": 200, "phan-anh": 200, "api/v1/categories": 200, "bat-dau": 404, "metrics": 404, "api/v1/reports": 401, "api/v1/screens/tinh": 401,
	} {
		a := fetch(t, phone, home+path)
		if a.status != want || a.header.Get("Strict-Transport-Security") == "" {
			t.Errorf("/%s from the network: %d, want %d; Strict-Transport-Security %q", path, a.status, want, a.header.Get("Strict-Transport-Security"))
		}
	}
	if a, err := phone.Post(home+"api/v1/tickets", "application/json", bytes.NewReader([]byte(`{"topics":["`+wallTopic+`"],"screen":"tinh"}`))); err != nil || a.StatusCode != 401 {
		t.Errorf("a ticket for a wall from the network: %v, %v", a, err)
	} else {
		_ = a.Body.Close()
	}
	d := websocket.Dialer{Subprotocols: []string{schema.Protocol}, TLSClientConfig: config, HandshakeTimeout: requestLimit}
	conn, _, err := d.Dial("wss"+strings.TrimPrefix(home, "https")+"live?topics="+publicTopic, http.Header{"Origin": {strings.TrimSuffix(home, "/")}})
	if err != nil {
		t.Fatalf("the live feed from the network: %v", err)
	}
	_ = conn.SetReadDeadline(time.Now().Add(requestLimit))
	if _, frame, err := conn.ReadMessage(); err != nil || !bytes.Contains(frame, []byte(`"hello"`)) {
		t.Errorf("the live feed says %.100s, %v", frame, err)
	}
	_ = conn.Close()
	if _, err := http.Get(home); err == nil {
		t.Error("who does not trust the authority is served")
	}
	if a, err := s.api().get("/bat-dau"); err != nil || a.status != 200 {
		t.Errorf("the machine itself: %d, %v", a.status, err)
	}
	file := filepath.Join(s.setting("TOANCANH_DATA"), "keys", "lan-ca.pem")
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the authority's key: %v, %v", info, err)
	}
	s.stop()
	s.start()
	s.awaitReady(readyWithin)
	if !strings.Contains(s.log.String(), fingerprint) {
		t.Error("the authority is another one after a restart")
	}
	if a := fetch(t, phone, home); a.status != 200 {
		t.Errorf("after a restart: %d", a.status)
	}
}

func portOf(t *testing.T) string {
	t.Helper()
	_, port, _ := net.SplitHostPort(freeAddress(t))
	return port
}

func fetch(t *testing.T, client *http.Client, address string) answer {
	t.Helper()
	res, err := client.Get(address) //nolint:noctx // bounded by the client, or loopback
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{status: res.StatusCode, header: res.Header, body: body}
}
