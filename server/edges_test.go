package server

import (
	"crypto/sha256"
	"encoding/base64"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/embedded/testpg"
)

// whole is the application as it is served, behind the proxies it trusts.
func whole(t *testing.T, proxies ...string) *Server {
	t.Helper()
	db := testpg.New(t)
	c := valid()
	c.DatabaseURL, c.PublicDatabaseURL, c.Data = db.DSN(testpg.App), db.DSN(testpg.Public), t.TempDir()
	c.Hub, c.HubSecret, c.Open, c.Limits, c.TrustedProxies = "on", "a secret of sixteen or more", "no", "on", proxies
	s, err := New(t.Context(), Options{Config: c, Sample: true, Build: "test", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// testClient is where the application's own test client comes from.
const testClient = "0.0.0.0"

// get asks as a browser does that came to the proxy in the way of scheme from an address.
func get(t *testing.T, s *Server, path, scheme, from string) (*http.Response, string) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Host = "localhost"
	r.Header.Set("Accept", "text/html")
	r.Header.Set("X-Forwarded-For", from)
	r.Header.Set("X-Forwarded-Proto", scheme)
	res, err := s.app.Test(r, -1)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

// pagePaths are the routes that answer GET, with something put in for their parameters: what there is, and what there is
// not.
func pagePaths(s *Server) []string {
	some := strings.NewReplacer(
		":division", "vn-2022", ":area", "67", ":code", "K7M2-Q9XD", ":screen", "tinh", ":id", "660", ":presenter", "tinh", ":dataset", "situation", ":format", "json",
		"/assets/*", "/assets/none.js",
	)
	paths := []string{"/nothing/here", "/api/v1/nothing", "/live/nothing", "/wall/%ff"}
	for _, r := range s.app.GetRoutes(true) {
		if r.Method == fiber.MethodGet {
			paths = append(paths, some.Replace(r.Path))
		}
	}
	return paths
}

// TestEveryAnswerIsGuarded fetches every route and looks at the headers every answer must have (ASVS 3.4, 4.1.1), by
// whoever and however it was asked.
func TestEveryAnswerIsGuarded(t *testing.T) {
	t.Parallel()
	s := whole(t, testClient)
	seen := 0
	for _, path := range pagePaths(s) {
		for _, from := range []string{"127.0.0.1", "203.0.113.7"} {
			for _, scheme := range []string{"http", "https"} {
				res, body := get(t, s, path, scheme, from)
				seen++
				name := path + " by " + scheme + " from " + from
				checkHeaders(t, name, res, scheme == "https")
				checkPage(t, name, res, body)
			}
		}
	}
	if seen < 150 {
		t.Errorf("only %d answers were looked at", seen)
	}
}

func checkHeaders(t *testing.T, name string, res *http.Response, encrypted bool) {
	t.Helper()
	h := res.Header
	readBy, resources := "", "same-origin"
	if strings.HasPrefix(name, "/api/open/v1/") { // open data alone are for the pages of everybody
		readBy, resources = "*", "cross-origin"
	}
	for header, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Cross-Origin-Opener-Policy": "same-origin",
		"Cross-Origin-Resource-Policy": resources,
	} {
		if h.Get(header) != want {
			t.Errorf("%s: %s is %q, want %q", name, header, h.Get(header), want)
		}
	}
	// None of these tells another site more than where the reader came from; same-origin tells it nothing.
	if !slices.Contains([]string{"strict-origin-when-cross-origin", "same-origin", "no-referrer"}, h.Get("Referrer-Policy")) {
		referrer := h.Get("Referrer-Policy")
		t.Errorf("%s: Referrer-Policy %q", name, referrer)
	}
	if powers := h.Get("Permissions-Policy"); !strings.Contains(powers, "camera=()") || !strings.Contains(powers, "microphone=()") {
		t.Errorf("%s: Permissions-Policy %q", name, powers)
	}
	if got := h.Get("Strict-Transport-Security"); (got == "max-age=31536000; includeSubDomains") != encrypted || !encrypted && got != "" {
		t.Errorf("%s: Strict-Transport-Security %q", name, got)
	}
	if server := h.Get("Server") + h.Get("X-Powered-By"); server != "" {
		t.Errorf("%s: the answer says what it is made by: %q", name, server)
	}
	kind := h.Get("Content-Type")
	text := strings.HasPrefix(kind, "text/") || strings.Contains(kind, "xml")
	if text && !strings.Contains(kind, "charset=utf-8") {
		t.Errorf("%s: Content-Type %q names no charset", name, kind)
	}
	if kind == "" && res.StatusCode != http.StatusNoContent && res.StatusCode != http.StatusSeeOther {
		t.Errorf("%s: %d without a Content-Type", name, res.StatusCode)
	}
	if h.Get("Access-Control-Allow-Origin") != readBy {
		t.Errorf("%s: other sites that may read it: %q, want %q", name, h.Get("Access-Control-Allow-Origin"), readBy)
	}
	if res.StatusCode >= 300 && res.StatusCode < 400 && strings.HasPrefix(name, "/api") {
		t.Errorf("%s: the API sends its callers elsewhere (%d)", name, res.StatusCode)
	}
	checkPolicy(t, name, h.Get("Content-Security-Policy"))
}

// checkPolicy reads a content security policy as a browser does.
func checkPolicy(t *testing.T, name, policy string) {
	t.Helper()
	directives := map[string][]string{}
	for part := range strings.SplitSeq(policy, ";") {
		if words := strings.Fields(part); len(words) > 0 {
			directives[words[0]] = words[1:]
		}
	}
	for _, directive := range []string{"default-src", "object-src", "base-uri", "frame-ancestors"} {
		if got := strings.Join(directives[directive], " "); got != "'none'" {
			t.Errorf("%s: %s is %q, want 'none'", name, directive, got)
		}
	}
	for directive, sources := range directives {
		for _, source := range sources {
			switch {
			case source == "'self'", source == "'none'":
			case directive == "style-src" && strings.HasPrefix(source, "'sha256-"):
			case source == "data:" && directive == "img-src":
			case source == "blob:" && (directive == "img-src" || directive == "worker-src" || directive == "child-src"):
			default:
				t.Errorf("%s: %s allows %s", name, directive, source)
			}
		}
	}
}

var (
	scripts  = regexp.MustCompile(`(?i)<script[^>]*>`)
	styles   = regexp.MustCompile(`(?is)<style[^>]*>(.*?)</style>`)
	inlineOn = regexp.MustCompile(`(?i)<[^>]*\s(on[a-z]+|style)\s*=`)
)

// checkPage looks for what its policy would refuse in a page: scripts and handlers written into it, styles nobody hashed.
func checkPage(t *testing.T, name string, res *http.Response, body string) {
	t.Helper()
	if !strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
		return
	}
	for _, tag := range scripts.FindAllString(body, -1) {
		if !strings.Contains(tag, "src=") {
			t.Errorf("%s: a script stands in the page: %s", name, tag)
		}
	}
	for _, style := range styles.FindAllStringSubmatch(body, -1) {
		sum := sha256.Sum256([]byte(style[1]))
		if !strings.Contains(res.Header.Get("Content-Security-Policy"), "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'") {
			t.Errorf("%s: the policy refuses a style of the page", name)
		}
	}
	if found := inlineOn.FindString(body); found != "" {
		t.Errorf("%s: written into the page: %.80s", name, found)
	}
}

// TestForwardedHeadersAreBelievedFromProxiesOnly asks for the newcomer's page, which is for this machine alone.
func TestForwardedHeadersAreBelievedFromProxiesOnly(t *testing.T) {
	t.Parallel()
	s := whole(t, testClient)
	for from, want := range map[string]int{
		"127.0.0.1": 200, "203.0.113.7": 404, "127.0.0.1, 203.0.113.7": 404, "127.0.0.1, x": 404, "203.0.113.7, 127.0.0.1": 200, "::1": 200,
	} {
		if res, _ := get(t, s, "/bat-dau", "http", from); res.StatusCode != want {
			t.Errorf("forwarded for %q: %d, want %d", from, res.StatusCode, want)
		}
	}
	res, _ := get(t, whole(t), "/bat-dau", "https", "127.0.0.1")
	if res.StatusCode != http.StatusNotFound || res.Header.Get("Strict-Transport-Security") != "" {
		t.Errorf("a stranger's word counts: %d %q", res.StatusCode, res.Header.Get("Strict-Transport-Security"))
	}
}
