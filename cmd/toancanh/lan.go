package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"time"

	"github.com/mdp/qrterminal/v3"
	"golang.org/x/net/netutil"
	"golang.org/x/sync/errgroup"

	"toancanh/server/door"
	"toancanh/server/lan"
)

// lanFlags are the settings of up for a local network.
type lanFlags struct {
	Lan       bool   `env:"TOANCANH_LAN" help:"Also serve the local network over HTTPS, with a certificate authority of this machine's own, and show how a phone trusts it."`
	LanListen string `env:"TOANCANH_LAN_LISTEN" default:":8443" help:"With --lan: address to serve HTTPS on, host:port."`
	LanTrust  string `env:"TOANCANH_LAN_TRUST" default:":8480" help:"With --lan: address to hand out the authority's certificate on, by plain HTTP, host:port."`
}

// lanFile holds the authority's certificate and key, beside the other keys.
const lanFile = "lan-ca.pem"

// Bounds of the page of trust: how long a caller may take, and how many there may be at a time.
const (
	trustLimit   = 5 * time.Second
	trustCallers = 64
)

func (f lanFlags) validate() error {
	var faults []error
	for name, address := range map[string]string{"TOANCANH_LAN_LISTEN": f.LanListen, "TOANCANH_LAN_TRUST": f.LanTrust} {
		if _, _, err := net.SplitHostPort(address); f.Lan && err != nil {
			faults = append(faults, fmt.Errorf("%s: %q is not host:port", name, address))
		}
	}
	return errors.Join(faults...)
}

// local are the listeners of a local network, and the address it reaches them by; empty without --lan.
type local struct {
	secure, trust net.Listener
	address       netip.Addr
}

// listen takes the addresses.
func (f lanFlags) listen(ctx context.Context) (l local, err error) {
	if !f.Lan {
		return l, nil
	}
	if l.address = lan.Here().First; !l.address.IsValid() {
		return l, errors.New("TOANCANH_LAN: this machine has no address but its own loopback: it is in no network")
	}
	if l.secure, err = listen(ctx, f.LanListen); err != nil {
		return l, fmt.Errorf("TOANCANH_LAN_LISTEN: %w", err)
	}
	if l.trust, err = listen(ctx, f.LanTrust); err != nil {
		return l, errors.Join(fmt.Errorf("TOANCANH_LAN_TRUST: %w", err), l.secure.Close())
	}
	return l, nil
}

func (l local) close() {
	for _, one := range []net.Listener{l.secure, l.trust} {
		if one != nil {
			_ = one.Close()
		}
	}
}

// open reads or makes the authority, says how to trust it, and returns the encrypted listener and what serves the page of
// trust until its context ends. All is empty without --lan.
func (l local) open(file string, log *slog.Logger) (secure []net.Listener, serve func(context.Context) error, err error) {
	serve = func(context.Context) error { return nil }
	if l.secure == nil {
		return nil, serve, nil
	}
	authority, err := lan.Open(lan.Config{File: file, Here: lan.Here, Now: time.Now})
	if err != nil {
		return nil, serve, err
	}
	home := "https://" + net.JoinHostPort(l.address.String(), port(l.secure)) + "/"
	page, err := authority.Trust(home)
	if err != nil {
		return nil, serve, err
	}
	sayLAN(authority, home, "http://"+net.JoinHostPort(l.address.String(), port(l.trust))+"/")
	serve = func(ctx context.Context) error { return serveTrust(ctx, door.Patient(l.trust, log), page) }
	return []net.Listener{tls.NewListener(door.Patient(l.secure, log), authority.TLS())}, serve, nil
}

func port(l net.Listener) string {
	_, p, _ := net.SplitHostPort(l.Addr().String())
	return p
}

// sayLAN prints where a phone finds the centre, and how it comes to trust it.
func sayLAN(a *lan.Authority, home, trust string) {
	lines := []string{
		"Mạng nội bộ / local network: " + home,
		"  1. tin cậy máy chủ này một lần / trust this server once: " + trust,
		"     dấu vân tay / fingerprint (SHA-256): " + a.Fingerprint(),
	}
	for _, line := range lines {
		_, _ = fmt.Fprintln(os.Stdout, line)
	}
	show(trust)
	_, _ = fmt.Fprintln(os.Stdout, "  2. mở Toàn Cảnh / open it: "+home)
	show(home)
	if a.Fresh() {
		_, _ = fmt.Fprintln(os.Stdout, "  chứng thư vừa được tạo: chưa thiết bị nào tin nó / it was made just now: no device trusts it yet")
	}
}

// show draws a QR code.
func show(text string) {
	qrterminal.GenerateWithConfig(text, qrterminal.Config{
		Level: qrterminal.M, Writer: os.Stdout, HalfBlocks: true, QuietZone: 2,
		BlackChar: qrterminal.BLACK_BLACK, WhiteChar: qrterminal.WHITE_WHITE,
		BlackWhiteChar: qrterminal.BLACK_WHITE, WhiteBlackChar: qrterminal.WHITE_BLACK,
	})
}

// serveTrust serves the page of trust until ctx ends.
func serveTrust(ctx context.Context, listener net.Listener, page http.Handler) error {
	server := &http.Server{
		Handler: page, ReadHeaderTimeout: trustLimit, ReadTimeout: trustLimit, WriteTimeout: trustLimit, IdleTimeout: trustLimit,
		MaxHeaderBytes: 8 << 10,
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return server.Serve(netutil.LimitListener(listener, trustCallers)) })
	g.Go(func() error { <-ctx.Done(); return server.Close() })
	if err := g.Wait(); err != nil && !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve the page of trust: %w", err)
	}
	return nil
}
