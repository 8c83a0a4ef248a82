// Package lan lets phones and screens of the same local network reach this machine over HTTPS: a certificate authority that
// lives in one file of the data directory, a certificate that follows the machine's addresses, and a page that says how to
// trust it. It serves nothing of the centre itself.
package lan

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// Lives of certificates. Phones refuse leaves that are good for more than 825 days; ours are short and made anew in time.
const (
	authorityLife = 5 * 365 * 24 * time.Hour
	authorityRest = 90 * 24 * time.Hour // an authority with less left is replaced at a start
	leafLife      = 90 * 24 * time.Hour
	leafRest      = 30 * 24 * time.Hour
	backdated     = time.Hour   // for clocks that run late
	lookEvery     = time.Minute // whether the machine has other names by now
)

// Authority issues the certificate of this machine, and can issue only for its names and for private addresses: whoever
// steals its key cannot stand in for a bank.
type Authority struct {
	cert  *x509.Certificate
	key   *ecdsa.PrivateKey
	here  func() Names
	now   func() time.Time
	fresh bool

	mu     sync.Mutex
	looked time.Time
	names  Names
	leaf   *tls.Certificate
}

// Config says where the authority lives and what it speaks for. All are needed.
type Config struct {
	File string // mode 0600; made when missing
	Here func() Names
	Now  func() time.Time
}

// Open reads the authority, or makes it when there is none or its time is nearly over.
func Open(c Config) (*Authority, error) {
	a := &Authority{here: c.Here, now: c.Now}
	err := a.read(c.File)
	if err == nil && a.cert.NotAfter.Sub(c.Now()) > authorityRest {
		return a, nil
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("read the local certificate authority %s: %w", c.File, err)
	}
	if err := a.make(c.File); err != nil {
		return nil, fmt.Errorf("make the local certificate authority: %w", err)
	}
	return a, nil
}

// Fresh reports whether the authority was made just now, so that no device trusts it yet.
func (a *Authority) Fresh() bool { return a.fresh }

// DER is the authority's certificate as phones take it.
func (a *Authority) DER() []byte { return a.cert.Raw }

// Fingerprint is the SHA-256 of the authority's certificate in pairs of digits, for comparing by eye.
func (a *Authority) Fingerprint() string {
	sum := sha256.Sum256(a.cert.Raw)
	return strings.ReplaceAll(fmt.Sprintf("% X", sum[:]), " ", ":")
}

// TLS is the configuration of a listener that shows the machine's certificate.
func (a *Authority) TLS() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return a.certificate() },
	}
}

var errOpenFile = errors.New("others may read it: chmod 600 it, and remove it if anyone did")

var errBroken = errors.New("it does not hold a certificate and its key: remove it, and trust the new one on every device")

func (a *Authority) read(file string) error {
	raw, err := os.ReadFile(file) //nolint:gosec // the operator's own setting
	if err != nil {
		return err
	}
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return errOpenFile
	}
	first, rest := pem.Decode(raw)
	second, _ := pem.Decode(rest)
	if first == nil || second == nil {
		return errBroken
	}
	if a.cert, err = x509.ParseCertificate(first.Bytes); err != nil {
		return fmt.Errorf("%w (%w)", errBroken, err)
	}
	if a.key, err = x509.ParseECPrivateKey(second.Bytes); err != nil {
		return fmt.Errorf("%w (%w)", errBroken, err)
	}
	if !a.key.PublicKey.Equal(a.cert.PublicKey) {
		return errBroken
	}
	return nil
}

func (a *Authority) make(file string) (err error) {
	if a.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return err
	}
	names := a.here()
	draft := &x509.Certificate{
		Subject:   pkix.Name{CommonName: "Toàn Cảnh trên " + names.title() + " (mạng nội bộ)"},
		NotBefore: a.now().Add(-backdated), NotAfter: a.now().Add(authorityLife),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign,
		PermittedDNSDomainsCritical: true, PermittedDNSDomains: names.Hosts, PermittedIPRanges: names.ranges(),
	}
	if a.cert, err = a.sign(draft, draft, a.key.Public()); err != nil {
		return err
	}
	key, err := x509.MarshalECPrivateKey(a.key)
	if err != nil {
		return err
	}
	a.fresh, a.leaf = true, nil
	return keep(file, append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw}),
		pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: key})...))
}

// sign draws a serial number and issues a certificate.
func (a *Authority) sign(draft, parent *x509.Certificate, key crypto.PublicKey) (*x509.Certificate, error) {
	const serialBits = 127
	var err error
	if draft.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), serialBits)); err != nil {
		return nil, err
	}
	raw, err := x509.CreateCertificate(rand.Reader, draft, parent, key, a.key)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(raw)
}

// certificate is the machine's own, made anew when it grows old or the machine has other names.
func (a *Authority) certificate() (*tls.Certificate, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	if since := now.Sub(a.looked); a.leaf == nil || since >= lookEvery || since < 0 {
		names := a.here()
		if !names.equal(a.names) {
			a.leaf = nil
		}
		a.names, a.looked = names, now
	}
	if a.leaf != nil && a.leaf.Leaf.NotAfter.Sub(now) > leafRest && !now.Before(a.leaf.Leaf.NotBefore) {
		return a.leaf, nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make the local certificate: %w", err)
	}
	draft := &x509.Certificate{
		Subject:   pkix.Name{CommonName: a.names.title()},
		NotBefore: now.Add(-backdated), NotAfter: now.Add(leafLife), KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, host := range a.names.Hosts {
		if slices.Contains(a.cert.PermittedDNSDomains, host) { // one more would spoil the whole certificate
			draft.DNSNames = append(draft.DNSNames, host)
		}
	}
	for _, addr := range a.names.Addrs {
		ip := net.IP(addr.AsSlice())
		if slices.ContainsFunc(a.cert.PermittedIPRanges, func(r *net.IPNet) bool { return r.Contains(ip) }) {
			draft.IPAddresses = append(draft.IPAddresses, ip)
		}
	}
	leaf, err := a.sign(draft, a.cert, key.Public())
	if err != nil {
		return nil, fmt.Errorf("make the local certificate: %w", err)
	}
	a.leaf = &tls.Certificate{Certificate: [][]byte{leaf.Raw, a.cert.Raw}, PrivateKey: key, Leaf: leaf}
	return a.leaf, nil
}

// keep writes a secret file whole or not at all.
func keep(file string, raw []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(file), ".lan-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.Write(raw)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), file)
}

func (n Names) equal(o Names) bool {
	return slices.Equal(n.Hosts, o.Hosts) && slices.Equal(n.Addrs, o.Addrs)
}
