package hook_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"toancanh/server/hook"
)

func local(t *testing.T) []netip.Prefix {
	t.Helper()
	list, err := hook.ParseNetworks([]string{"127.0.0.0/8", " ::1 "})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestNoHookReachesInside(t *testing.T) {
	t.Parallel()
	reached := make(chan string, 10)
	inside := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { reached <- r.URL.Path }))
	defer inside.Close()
	port := inside.Listener.Addr().(*net.TCPAddr).Port
	strict := hook.NewClient(nil)
	for _, address := range []string{
		inside.URL, strings.Replace(inside.URL, "http", "https", 1), "https://localhost:" + itoa(port) + "/", "https://127.1:" + itoa(port) + "/",
		"https://[::ffff:127.0.0.1]:" + itoa(port) + "/", "https://[::1]:" + itoa(port) + "/", "https://0.0.0.0:" + itoa(port) + "/",
		"https://10.0.0.1/", "https://169.254.169.254/latest/meta-data", "https://100.64.0.1/", "https://192.168.1.1/", "https://[fd00::1]/",
		"https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/", "https://198.18.0.1/", "https://224.0.0.1/",
	} {
		o := strict.Deliver(t.Context(), address, []byte("[]"), nil)
		if o.Taken() || o.Problem != "inside" && o.Problem != "name" {
			t.Errorf("%s: %+v, want it refused before it is reached", address, o)
		}
	}
	// A redirection is an answer and not an order.
	away := httptest.NewServer(http.RedirectHandler(inside.URL+"/stolen", http.StatusTemporaryRedirect))
	defer away.Close()
	if o := hook.NewClient(local(t)).Deliver(t.Context(), away.URL, []byte("[]"), nil); o.Problem != "307" {
		t.Errorf("a redirection: %+v", o)
	}
	select {
	case path := <-reached:
		t.Errorf("%s was reached inside", path)
	default:
	}
}

func TestAddressesOfHooksAreCheckedWhenTheyAreMade(t *testing.T) {
	t.Parallel()
	for address, fine := range map[string]bool{
		"https://bo.example/nhan": true, "https://bo.example:8443/a?b=c": true, "http://bo.example/": false, "ftp://bo.example/": false,
		"bo.example": false, "https://": false, "https://a:b@bo.example/": false, "https://bo.example/#x": false, "https://10.1.2.3/": false,
		"https://[::1]/": false, "javascript:alert(1)": false, "https://bo.example/" + strings.Repeat("x", 500): false,
	} {
		if err := hook.NewClient(nil).Check(address); (err == nil) != fine {
			t.Errorf("Check(%q) = %v", address, err)
		}
	}
	allowed, err := hook.ParseNetworks([]string{"10.1.0.0/16"})
	if err != nil {
		t.Fatal(err)
	}
	for address, fine := range map[string]bool{"http://10.1.2.3/": true, "https://10.1.2.3/": true, "http://10.2.0.1/": false, "http://bo.example/": true} {
		if err := hook.NewClient(allowed).Check(address); (err == nil) != fine {
			t.Errorf("with a network allowed Check(%q) = %v", address, err)
		}
	}
	if _, err := hook.ParseNetworks([]string{"10.1.0.0/40"}); err == nil {
		t.Error("a network that is none was taken")
	}
}

func TestAnAnswerIsReadAsFarAsItMatters(t *testing.T) {
	t.Parallel()
	endless := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if ct := r.Header.Get("Content-Type"); !strings.HasPrefix(ct, "application/cloudevents-batch+json") || r.Header.Get("webhook-id") != "d1" {
			t.Errorf("content type %q, id %q", ct, r.Header.Get("webhook-id"))
		}
		if raw, _ := io.ReadAll(r.Body); string(raw) != "[1]" {
			t.Errorf("body %q", raw)
		}
		for {
			if _, err := w.Write(make([]byte, 64<<10)); err != nil {
				return
			}
		}
	}))
	defer endless.Close()
	if o := hook.NewClient(local(t)).Deliver(t.Context(), endless.URL, []byte("[1]"), map[string]string{"webhook-id": "d1"}); !o.Taken() {
		t.Errorf("%+v", o)
	}
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if o := hook.NewClient(local(t)).Deliver(ctx, "http://"+silent.Addr().String(), []byte("[]"), nil); o.Problem != "timeout" {
		t.Errorf("a silent receiver: %+v", o)
	}
	gone := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) }))
	defer gone.Close()
	if o := hook.NewClient(local(t)).Deliver(t.Context(), gone.URL, []byte("[]"), nil); !o.Gone {
		t.Errorf("410: %+v", o)
	}
}

func itoa(n int) string {
	return strings.TrimPrefix(netip.AddrPortFrom(netip.IPv4Unspecified(), uint16(n)).String(), "0.0.0.0:")
} //nolint:gosec // a port
