package deploy_test

import (
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestProxyShowsTheCopyWhileTheServerIsAway runs the proxy's own configuration, but for TLS, names of containers and
// paths, before a server that is not there.
func TestProxyShowsTheCopyWhileTheServerIsAway(t *testing.T) {
	t.Parallel()
	nginx, err := exec.LookPath("nginx")
	if err != nil {
		t.Skip("no nginx is installed")
	}
	raw, err := os.ReadFile("nginx.conf")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	address, gone := closedAddress(t), closedAddress(t)
	conf := regexp.MustCompile(`(?m)^\s*(ssl_\w+|http2|resolver) .*$`).ReplaceAllString(string(raw), "")
	conf = regexp.MustCompile(`server (server|hub-\d):8080 resolve`).ReplaceAllString(conf, "server "+gone)
	conf = strings.NewReplacer(
		"listen 8443 ssl", "listen "+address, "listen 8080", "listen "+closedAddress(t), "/usr/share/nginx/copy", dir,
		"/tmp/", dir+"/.", "worker_processes auto", "daemon off; master_process off", "worker_rlimit_nofile 65536;", "",
		"worker_connections 20000", "worker_connections 100", "/dev/stdout", dir+"/.access", "/dev/stderr", dir+"/.error",
	).Replace(conf)
	for name, text := range map[string]string{
		"index.html": "trang đầu", "en/index.html": "front page", "tinh-hinh/2022/660.html": "thành phố", ".conf": conf,
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var log strings.Builder
	proxy := exec.CommandContext(t.Context(), nginx, "-c", filepath.Join(dir, ".conf"), "-p", dir)
	proxy.Stderr = &log
	if err := proxy.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- proxy.Wait() }()
	t.Cleanup(func() {
		_ = proxy.Process.Kill()
		if err := <-ended; err == nil {
			t.Error("nginx ended by itself")
		}
	})
	for deadline := time.Now().Add(10 * time.Second); ; {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
		if err == nil {
			_ = conn.Close()
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("nginx does not listen: %v", err)
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("nginx ended: %v\n%s", err, log.String())
		case <-time.After(20 * time.Millisecond):
		}
	}
	for _, c := range []struct {
		path, cookie, want string
		status             int
	}{
		{"/", "", "trang đầu", 200},
		{"/", "nhin=en.0.0", "front page", 200},
		{"/?lang=vi", "nhin=en.0.0", "trang đầu", 200},
		{"/?lang=en", "", "front page", 200},
		{"/tinh-hinh/2022/660", "", "thành phố", 200},
		{"/tinh-hinh/2022/660.html", "", "thành phố", 200},
		{"/en/index.html", "", "front page", 200},
		{"/tinh-hinh/2022/1", "", "", 502},
		{"/phan-anh", "", "", 502},
		{"/.toancanh/copy.json", "", "", 502}, // no page: the server is asked
		{"/api/v1/reports", "", "", 502},
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+c.path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Cookie", c.cookie)
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if err != nil || answer.StatusCode != c.status || c.status == 200 && string(body) != c.want {
			t.Errorf("%s with cookie %q: %d %.40q, %v, want %d %q", c.path, c.cookie, answer.StatusCode, body, err, c.status, c.want)
		}
		if c.status != 200 {
			continue
		}
		if got := answer.Header.Get("Content-Type"); got != "text/html; charset=utf-8" {
			t.Errorf("%s is %q", c.path, got)
		}
		if answer.Header.Get("Cache-Control") != "no-store" || !strings.Contains(answer.Header.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s may be kept, or has no policy: %v", c.path, answer.Header)
		}
	}
}

// closedAddress is one of this machine that nobody listens on.
func closedAddress(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}
