package hub_test

import (
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/gofiber/fiber/v2"

	"toancanh/hub"
	"toancanh/schema"
)

// certificate is a throw-away one for 127.0.0.1.
func certificate(t *testing.T) tls.Certificate {
	t.Helper()
	pub, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(nil, template, template, pub, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// A connection whose descriptor cannot be taken has a goroutine that writes; everything else is the same.
func TestConnectionsOverTLSAreServedToo(t *testing.T) {
	t.Parallel()
	r := newRecord(hub.NewLocalBus())
	r.lead(t)
	h := hub.New(hub.Config{Bus: r.bus, Source: r, FlushEvery: 5 * time.Millisecond, BeatEvery: 100 * time.Millisecond, SnapshotEvery: time.Nanosecond, PublicBeatEach: 1})
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	h.Routes(app)
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = h.Run(ctx) })
	wg.Go(func() {
		_ = app.Listener(tls.NewListener(plain, &tls.Config{Certificates: []tls.Certificate{certificate(t)}, MinVersion: tls.VersionTLS13}))
	})
	defer func() { cancel(); _ = app.Shutdown(); wg.Wait() }()
	eventually(t, "the hub is ready", func() bool { return h.Ready() == nil })
	for i := range 300 {
		r.event(openAll, schema.KindReport, fmt.Sprint("r", i), strings.Repeat("ơ", 400))
	}
	d := websocket.Dialer{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, HandshakeTimeout: patience} //nolint:gosec // a test's own certificate
	conn, _, err := d.Dial("wss://"+plain.Addr().String()+"/live?topics="+openAll, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	b := &browser{t: t, conn: conn}
	if snap := b.untilType(schema.TypeSnapshot); len(snap.raw) < 200_000 {
		t.Errorf("the snapshot is %d bytes, want the big one", len(snap.raw))
	}
	r.event(openAll, schema.KindReport, "x", "sau")
	b.untilSeq(openAll, 301)
	if err := conn.WriteMessage(websocket.TextMessage, []byte("?")); err != nil {
		t.Fatal(err)
	}
	if code := b.untilClosed(); code != schema.CloseBadMessage {
		t.Errorf("close code = %d, want %d", code, schema.CloseBadMessage)
	}
}
