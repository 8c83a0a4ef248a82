package lan_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"toancanh/server/lan"
)

// machine is a computer whose clock and names tests change.
type machine struct {
	mu    sync.Mutex
	at    time.Time
	names lan.Names
	file  string
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	return &machine{
		at: time.Now(), file: filepath.Join(t.TempDir(), "keys", "lan-ca.pem"),
		names: lan.Names{Hosts: []string{"may-chu", "may-chu.local"}, Addrs: []netip.Addr{netip.MustParseAddr("127.0.0.1")}},
	}
}

func (m *machine) now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.at
}

func (m *machine) here() lan.Names {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.names
}

func (m *machine) change(f func(*machine)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f(m)
}

func (m *machine) open(t *testing.T) *lan.Authority {
	t.Helper()
	a, err := lan.Open(lan.Config{File: m.file, Here: m.here, Now: m.now})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// serve listens as up does, and returns the port.
func serve(t *testing.T, a *lan.Authority) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") })}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = s.Serve(tls.NewListener(l, a.TLS())) }()
	t.Cleanup(func() { _ = s.Close(); <-ended })
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// shown is the certificate that a client who trusts only the authority gets, at the machine's time.
func (m *machine) shown(a *lan.Authority, port, name string) (*x509.Certificate, error) {
	roots := x509.NewCertPool()
	ca, err := x509.ParseCertificate(a.DER())
	if err != nil {
		return nil, err
	}
	roots.AddCert(ca)
	d := &tls.Dialer{Config: &tls.Config{RootCAs: roots, ServerName: name, Time: m.now}}
	conn, err := d.DialContext(context.Background(), "tcp", "127.0.0.1:"+port)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	state := conn.(*tls.Conn).ConnectionState()
	return state.PeerCertificates[0], nil
}

func TestAClientThatTrustsOnlyTheAuthorityIsServed(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	a := m.open(t)
	port := serve(t, a)
	for _, name := range []string{"127.0.0.1", "may-chu", "may-chu.local"} {
		if _, err := m.shown(a, port, name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := m.shown(a, port, "example.com"); err == nil {
		t.Error("the certificate is good for a stranger's name")
	}
	if _, err := m.shown(newMachine(t).open(t), port, "127.0.0.1"); err == nil {
		t.Error("another machine's authority vouches for this one")
	}
	conn, err := tls.Dial("tcp", "127.0.0.1:"+port, &tls.Config{MaxVersion: tls.VersionTLS11, InsecureSkipVerify: true})
	if err == nil {
		_ = conn.Close()
		t.Error("TLS 1.1 is spoken")
	}
}

func TestTheAuthorityStaysAndItsKeyIsSecret(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	first := m.open(t)
	info, err := os.Stat(m.file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v, %v", info.Mode(), err)
	}
	again := m.open(t)
	if !first.Fresh() || again.Fresh() || again.Fingerprint() != first.Fingerprint() || len(first.Fingerprint()) != 95 {
		t.Errorf("fresh %t then %t, fingerprints %s and %s", first.Fresh(), again.Fresh(), first.Fingerprint(), again.Fingerprint())
	}
	if err := os.Chmod(m.file, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := lan.Open(lan.Config{File: m.file, Here: m.here, Now: m.now}); err == nil {
		t.Error("a key that others may read is used")
	}
	if err := os.WriteFile(m.file, []byte("rác"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(m.file, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := lan.Open(lan.Config{File: m.file, Here: m.here, Now: m.now}); err == nil {
		t.Error("a broken file is silently replaced")
	}
}

func TestTheCertificateIsMadeAnewInTime(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	a := m.open(t)
	port := serve(t, a)
	see := func() *x509.Certificate {
		t.Helper()
		c, err := m.shown(a, port, "127.0.0.1")
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	first := see()
	if first.SerialNumber.Cmp(see().SerialNumber) != 0 {
		t.Error("each caller gets another certificate")
	}
	if life := first.NotAfter.Sub(first.NotBefore); life > 825*24*time.Hour {
		t.Errorf("good for %v: phones refuse more than 825 days", life)
	}
	for day := range 400 {
		m.change(func(m *machine) { m.at = m.at.Add(24 * time.Hour) })
		if left := see().NotAfter.Sub(m.now()); left < 29*24*time.Hour {
			t.Fatalf("on day %d the certificate has %v left", day, left)
		}
	}
	m.change(func(m *machine) {
		m.at = m.at.Add(2 * time.Minute)
		m.names.Addrs = append(m.names.Addrs, netip.MustParseAddr("192.168.7.9"), netip.MustParseAddr("203.0.113.7"))
		m.names.Hosts = append(m.names.Hosts, "a-new-name")
	})
	moved := see()
	if err := moved.VerifyHostname("192.168.7.9"); err != nil {
		t.Errorf("after the machine got another address: %v", err)
	}
	if moved.VerifyHostname("a-new-name") == nil || moved.VerifyHostname("203.0.113.7") == nil {
		t.Error("a name the authority may not vouch for spoils the certificate")
	}
	public := newMachine(t)
	public.names.Addrs = []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("203.0.113.7")}
	b := public.open(t)
	if c, err := public.shown(b, serve(t, b), "203.0.113.7"); err != nil || c == nil {
		t.Errorf("a machine with a public address: %v", err)
	}
	m.change(func(m *machine) { m.at = m.at.Add(5 * 365 * 24 * time.Hour) })
	if old := a.Fingerprint(); m.open(t).Fingerprint() == old {
		t.Error("an authority that is over was kept")
	}
}

// TestAStolenAuthorityIsNoUseElsewhere signs for a bank with the authority's own key.
func TestAStolenAuthorityIsNoUseElsewhere(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	a := m.open(t)
	raw, err := os.ReadFile(m.file)
	if err != nil {
		t.Fatal(err)
	}
	_, rest := pem.Decode(raw)
	block, _ := pem.Decode(rest)
	key, err := x509.ParseECPrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	ca, err := x509.ParseCertificate(a.DER())
	if err != nil {
		t.Fatal(err)
	}
	for name, draft := range map[string]*x509.Certificate{
		"bank.example": {DNSNames: []string{"bank.example"}},
		"203.0.113.7":  {IPAddresses: []net.IP{net.ParseIP("203.0.113.7")}},
	} {
		if err := verify(t, ca, key, draft, name); err == nil {
			t.Errorf("%s: the authority vouches for it", name)
		}
	}
	if err := verify(t, ca, key, &x509.Certificate{DNSNames: []string{"may-chu"}}, "may-chu"); err != nil {
		t.Errorf("the machine itself: %v", err)
	}
}

func verify(t *testing.T, ca *x509.Certificate, key *ecdsa.PrivateKey, draft *x509.Certificate, name string) error {
	t.Helper()
	draft.SerialNumber, draft.NotBefore, draft.NotAfter = big.NewInt(7), time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	der, err := x509.CreateCertificate(rand.Reader, draft, ca, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	forged, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(ca)
	_, err = forged.Verify(x509.VerifyOptions{Roots: roots, DNSName: name})
	return err
}

func TestThePageOfTrustHandsOutTheCertificateAndNoKey(t *testing.T) {
	t.Parallel()
	a := newMachine(t).open(t)
	page, err := a.Trust("https://192.168.7.9:8443/")
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]struct {
		status      int
		contentType string
	}{
		"/":                 {200, "text/html; charset=utf-8"},
		lan.CertificatePath: {200, "application/x-x509-ca-cert"},
		"/lan-ca.pem":       {404, "text/plain; charset=utf-8"},
	} {
		w := httptest.NewRecorder()
		page.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code != want.status || w.Header().Get("Content-Type") != want.contentType || strings.Contains(w.Body.String(), "PRIVATE") {
			t.Errorf("%s: %d %s", path, w.Code, w.Header().Get("Content-Type"))
		}
		switch path {
		case "/":
			policy := w.Header().Get("Content-Security-Policy")
			if !strings.Contains(w.Body.String(), a.Fingerprint()) || !strings.Contains(w.Body.String(), "https://192.168.7.9:8443/") ||
				!strings.Contains(policy, "'sha256-") || strings.Contains(policy, "unsafe") {
				t.Errorf("the page lacks something, or its policy does: %s", policy)
			}
		case lan.CertificatePath:
			if got, err := x509.ParseCertificate(w.Body.Bytes()); err != nil || !got.IsCA {
				t.Errorf("what is handed out is no authority: %v", err)
			}
		}
	}
}

func TestThisMachineKnowsItself(t *testing.T) {
	t.Parallel()
	n := lan.Here()
	if n.First.IsValid() && (n.First.IsLoopback() || !slices.Contains(n.Addrs, n.First)) {
		t.Errorf("nobody else reaches %s", n.First)
	}
	for _, h := range n.Hosts {
		if h == "localhost" || h != strings.ToLower(h) {
			t.Errorf("host %q", h)
		}
	}
}
