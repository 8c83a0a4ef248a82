package callout

import (
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	webpush "github.com/SherClockHolmes/webpush-go"

	"toancanh/server/duty"
	"toancanh/server/hook"
)

// Push is what pushes are sent with. Make it with OpenPush.
type Push struct {
	hosts   []string
	subject string
	private string
	public  string
}

// OpenPush reads the key with which this house shows push services who it is (RFC 8292), or makes it when there is none: with
// another key every browser would have to ask anew. hosts are the push services that may be spoken to, "*.name" for all
// below a name; subject is a mailto: or https: address for those who run them.
func OpenPush(file string, hosts []string, subject string) (*Push, error) {
	if err := CheckHosts(hosts); err != nil {
		return nil, err
	}
	raw, err := os.ReadFile(file) //nolint:gosec // a setting names it
	if errors.Is(err, os.ErrNotExist) {
		raw, err = newPushKey(file)
	}
	if err != nil {
		return nil, fmt.Errorf("read push key: %w", err)
	}
	private := strings.TrimSpace(string(raw))
	scalar, err := base64.RawURLEncoding.DecodeString(private)
	if err != nil {
		return nil, fmt.Errorf("read push key %s: it is no base64url", file)
	}
	key, err := ecdh.P256().NewPrivateKey(scalar)
	if err != nil {
		return nil, fmt.Errorf("read push key %s: it is no P-256 key", file)
	}
	return &Push{hosts, subject, private, base64.RawURLEncoding.EncodeToString(key.PublicKey().Bytes())}, nil
}

// CheckHosts says what is wrong with a list of push services.
func CheckHosts(hosts []string) error {
	for _, h := range hosts {
		if name := strings.TrimPrefix(h, "*."); name == "" || strings.ContainsAny(name, "*/@: ") {
			return fmt.Errorf("%q is no host such as fcm.googleapis.com or *.push.apple.com", h)
		}
	}
	return nil
}

// newPushKey makes the key. Whoever comes second takes that of the first.
func newPushKey(file string) ([]byte, error) {
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, err
	}
	temporary, err := os.CreateTemp(filepath.Dir(file), ".push-*") // mode 0600
	if err != nil {
		return nil, err
	}
	defer os.Remove(temporary.Name())
	_, err = temporary.WriteString(base64.RawURLEncoding.EncodeToString(key.Bytes()) + "\n")
	if err = errors.Join(err, temporary.Sync(), temporary.Close()); err != nil {
		return nil, err
	}
	if err := os.Link(temporary.Name(), file); err != nil && !errors.Is(err, os.ErrExist) {
		return nil, err
	}
	return os.ReadFile(file) //nolint:gosec // a setting names it
}

// Key is the public key that browsers subscribe with, base64url.
func (p *Push) Key() string { return p.public }

// may reports whether a push service may be spoken to.
func (p *Push) may(host string) bool {
	for _, h := range p.hosts {
		if below, any := strings.CutPrefix(h, "*"); host == h || any && strings.HasSuffix(host, below) {
			return true
		}
	}
	return false
}

// notice is what the service worker gets.
type notice struct {
	Token  string `json:"token"`
	Kind   string `json:"kind"` // alarm or test
	Title  string `json:"title"`
	Body   string `json:"body"`
	Action string `json:"action"`
	Path   string `json:"path"`
	Tag    string `json:"tag"` // a newer notice with it takes the place of the one before
}

// timeToLive is how long a push service keeps a message for a device that is away.
const timeToLive = 10 * time.Minute

func (d *Desk) sendPush(ctx context.Context, to reach, m message, token string) (o outcome, gone bool) {
	n := notice{Token: token, Kind: "alarm", Title: m.title, Body: m.body, Action: m.action, Path: m.path, Tag: m.id}
	if m.test {
		n.Kind = "test"
	}
	raw, err := json.Marshal(n)
	if err != nil {
		return failed("encode"), false
	}
	told := d.Push.Send(ctx, d.Client, Letter{
		To: Browser{Endpoint: to.Endpoint, Key: to.Key, Auth: to.Auth}, Body: raw, Keep: timeToLive, Urgency: webpush.UrgencyHigh,
		Topic: strings.ReplaceAll(m.id, "-", ""),
	})
	if !told.Taken() {
		return failed(told.Problem), told.Gone
	}
	return outcome{result: duty.Sent}, false
}

// Letter is what a browser is sent.
type Letter struct {
	To      Browser
	Body    []byte
	Keep    time.Duration // how long the push service keeps it for a device that is away
	Urgency webpush.Urgency
	Topic   string // a newer one takes the place of one that still waits there
}

// Told is what a push service said.
type Told struct {
	hook.Outcome
	Wait time.Duration // how long it wants to be left alone; zero when it does not say
}

// Send hands a letter to the push service of its browser.
func (p *Push) Send(ctx context.Context, client *hook.Client, l Letter) Told {
	u, err := url.Parse(l.To.Endpoint)
	if err != nil || !p.may(u.Hostname()) {
		return Told{Outcome: hook.Outcome{Problem: "host"}}
	}
	res, err := webpush.SendNotificationWithContext(ctx, l.Body, &webpush.Subscription{
		Endpoint: l.To.Endpoint, Keys: webpush.Keys{Auth: l.To.Auth, P256dh: l.To.Key},
	}, &webpush.Options{
		HTTPClient: client, Subscriber: strings.TrimPrefix(p.subject, "mailto:"), TTL: int(l.Keep.Seconds()), Urgency: l.Urgency,
		Topic: l.Topic, VAPIDPublicKey: p.public, VAPIDPrivateKey: p.private,
	})
	if err != nil {
		return Told{Outcome: hook.Outcome{Problem: hook.ProblemOf(err)}}
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusNotFound || res.StatusCode == http.StatusGone {
		return Told{Outcome: hook.Outcome{Problem: "gone", Gone: true}}
	}
	told := Told{Outcome: hook.OutcomeOf(res.StatusCode)}
	if seconds, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && seconds > 0 {
		told.Wait = time.Duration(seconds) * time.Second
	}
	return told
}
