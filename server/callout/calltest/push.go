// Package calltest provides what stands at the far end of calls to staff: a push service with browsers behind it, and a gateway for
// short messages. Both listen on a loopback address and keep what they are told. Tests alone use it.
package calltest

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// PushService takes pushes (RFC 8030) and opens them as the browsers would that they are for.
type PushService struct {
	t        testing.TB
	server   *httptest.Server
	mu       sync.Mutex
	browsers map[string]*Browser
	status   int
	hangs    bool
}

// Browser is a subscription with the keys that only the browser has.
type Browser struct {
	Endpoint string
	Key      string // p256dh
	Auth     string
	private  *ecdh.PrivateKey
	secret   []byte
	got      []Pushed
}

// Pushed is a push as the browser opened it.
type Pushed struct {
	Data   []byte
	Header http.Header
	Claims Claims
}

// Claims are what the sender shows of itself (RFC 8292).
type Claims struct {
	Audience string `json:"aud"`
	Subject  string `json:"sub"`
	Expires  int64  `json:"exp"`
	Key      string `json:"-"` // public, base64url
}

// NewPushService opens a push service on a free port.
func NewPushService(t testing.TB) *PushService {
	t.Helper()
	p := &PushService{t: t, browsers: map[string]*Browser{}, status: http.StatusCreated}
	p.server = httptest.NewServer(http.HandlerFunc(p.take))
	t.Cleanup(p.server.Close)
	return p
}

// URL is where the service listens.
func (p *PushService) URL() string { return p.server.URL }

// Close ends the service: who calls it finds nobody there.
func (p *PushService) Close() { p.server.Close() }

// Answer is what every push is answered from now on.
func (p *PushService) Answer(status int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.status = status
}

// Hang has every push wait for an answer that does not come, or answered again.
func (p *PushService) Hang(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hangs = on
}

// Subscribe makes a browser.
func (p *PushService) Subscribe() *Browser {
	p.t.Helper()
	private, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		p.t.Fatal(err)
	}
	secret := make([]byte, 16)
	if _, err := rand.Read(secret); err != nil {
		p.t.Fatal(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	path := fmt.Sprintf("/push/%d", len(p.browsers)+1)
	b := &Browser{
		Endpoint: p.server.URL + path, Key: base64.RawURLEncoding.EncodeToString(private.PublicKey().Bytes()),
		Auth: base64.RawURLEncoding.EncodeToString(secret), private: private, secret: secret,
	}
	p.browsers[path] = b
	return b
}

// Got is what a browser was pushed so far.
func (p *PushService) Got(b *Browser) []Pushed {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Pushed(nil), b.got...)
}

func (p *PushService) take(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.hangs {
		p.mu.Unlock()
		<-r.Context().Done() // whoever asked has given up
		p.mu.Lock()
		return
	}
	b := p.browsers[r.URL.Path]
	switch {
	case err != nil:
		w.WriteHeader(http.StatusBadRequest)
	case b == nil:
		w.WriteHeader(http.StatusGone)
	case p.status != http.StatusCreated:
		w.WriteHeader(p.status)
	default:
		claims, err := readClaims(r.Header.Get("Authorization"))
		if err != nil {
			p.t.Errorf("push: %v", err)
			w.WriteHeader(http.StatusForbidden)
			return
		}
		data, err := b.open(body)
		if err != nil || r.Header.Get("TTL") == "" || r.Header.Get("Content-Encoding") != "aes128gcm" {
			p.t.Errorf("push with headers %v: %v", r.Header, err)
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		b.got = append(b.got, Pushed{data, r.Header.Clone(), claims})
		w.WriteHeader(http.StatusCreated)
	}
}

// open decrypts a push (RFC 8291 on 8188), written anew.
func (b *Browser) open(body []byte) ([]byte, error) {
	const head = 16 + 4 + 1
	if len(body) < head || len(body) < head+int(body[20]) {
		return nil, errors.New("no header")
	}
	salt, size, sender := body[:16], binary.BigEndian.Uint32(body[16:20]), body[head:head+int(body[20])]
	sealed := body[head+len(sender):]
	if len(sealed) > int(size) {
		return nil, errors.New("more than one record")
	}
	public, err := ecdh.P256().NewPublicKey(sender)
	if err != nil {
		return nil, err
	}
	shared, err := b.private.ECDH(public)
	if err != nil {
		return nil, err
	}
	info := "WebPush: info\x00" + string(b.private.PublicKey().Bytes()) + string(sender)
	material, err := hkdf.Key(sha256.New, shared, b.secret, info, 32)
	if err != nil {
		return nil, err
	}
	key, err := hkdf.Key(sha256.New, material, salt, "Content-Encoding: aes128gcm\x00", 16)
	if err != nil {
		return nil, err
	}
	nonce, err := hkdf.Key(sha256.New, material, salt, "Content-Encoding: nonce\x00", 12)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	lock, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	plain, err := lock.Open(nil, nonce, sealed, nil)
	if err != nil {
		return nil, err
	}
	plain = []byte(strings.TrimRight(string(plain), "\x00"))
	if len(plain) == 0 || plain[len(plain)-1] != 2 {
		return nil, errors.New("no delimiter")
	}
	return plain[:len(plain)-1], nil
}

// readClaims checks the sender's signature with the key it names.
func readClaims(header string) (Claims, error) {
	var c Claims
	rest, ok := strings.CutPrefix(header, "vapid t=")
	token, key, found := strings.Cut(rest, ", k=")
	parts := strings.Split(token, ".")
	if !ok || !found || len(parts) != 3 {
		return c, fmt.Errorf("authorization %q is none of vapid", header)
	}
	point, err := base64.RawURLEncoding.DecodeString(key)
	if err != nil {
		return c, fmt.Errorf("key %q is none", key)
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || len(signature) != 64 {
		return c, errors.New("signature is none")
	}
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		return c, fmt.Errorf("key %q: %w", key, err)
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if !ecdsa.Verify(public, sum[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])) {
		return c, errors.New("signature does not verify")
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return c, err
	}
	c.Key = key
	return c, json.Unmarshal(raw, &c)
}
