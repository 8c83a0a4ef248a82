package callout

import (
	"context"
	"crypto/ecdh"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"toancanh/server/auth"
	"toancanh/server/duty"
	"toancanh/server/fault"
	"toancanh/server/hook"
	"toancanh/server/report"
	"toancanh/server/store"
)

//nolint:gochecknoglobals // an error value
var errReport = fault.Invalid("status", "Báo cáo của cổng tin nhắn cần id và status là accepted, delivered hoặc failed.").Because("format")

// reach is what is sealed of a way.
type reach struct {
	Endpoint string `json:"endpoint,omitempty"`
	Key      string `json:"p256dh,omitempty"`
	Auth     string `json:"auth,omitempty"`
	To       string `json:"to,omitempty"`
}

// Browser is a push subscription as a browser hands it over.
type Browser struct {
	Endpoint string
	Key      string // p256dh, base64url
	Auth     string // base64url
	Device   string // in two words
}

// Bounds of a subscription.
const (
	keyBytes   = 65
	authBytes  = 16
	mostDevice = 60 // characters
)

// Check says everything that is wrong with a subscription. Its address comes from a browser, hence from anybody: only the
// push services of the settings are spoken to.
func (p *Push) Check(client *hook.Client, b Browser) error {
	var faults []error
	wrong := func(field, reason, format string, args ...any) {
		faults = append(faults, fault.Invalid(field, format, args...).Because(reason))
	}
	if err := client.Check(b.Endpoint); err != nil {
		wrong("endpoint", "format", "Địa chỉ đẩy không dùng được: %s.", err.Error())
	} else if u, err := url.Parse(b.Endpoint); err != nil || !p.may(u.Hostname()) {
		wrong("endpoint", "host", "Máy chủ đẩy này chưa được cho phép (TOANCANH_PUSH_HOSTS).")
	}
	point, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(b.Key, "="))
	if err == nil {
		_, err = ecdh.P256().NewPublicKey(point)
	}
	if err != nil || len(point) != keyBytes {
		wrong("p256dh", "format", "Khóa p256dh phải là một điểm P-256 65 byte, base64url.")
	}
	if secret, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(b.Auth, "=")); err != nil || len(secret) != authBytes {
		wrong("auth", "format", "Khóa auth phải dài 16 byte, base64url.")
	}
	if utf8.RuneCountInString(b.Device) > mostDevice {
		wrong("device", "too_long", "Tên thiết bị dài tối đa %d ký tự.", mostDevice)
	}
	return fault.Join(faults...)
}

// KeepBrowser keeps a browser that takes pushes for a person.
func (d *Desk) KeepBrowser(ctx context.Context, person string, b Browser) (store.Way, error) {
	if d.Push == nil {
		return store.Way{}, errOff(duty.Push)
	}
	if err := d.Push.Check(d.Client, b); err != nil {
		return store.Way{}, err
	}
	return d.keep(ctx, store.Way{Person: person, Channel: duty.Push, Device: b.Device, Mark: auth.HashSecret(b.Endpoint)},
		reach{Endpoint: b.Endpoint, Key: b.Key, Auth: b.Auth})
}

// KeepAddress keeps a person's phone or mail address for calls, in place of the one before.
func (d *Desk) KeepAddress(ctx context.Context, person string, channel duty.Channel, to string) (store.Way, error) {
	contact, field := report.Contact{Phone: to}, "phone"
	if channel == duty.Mail {
		contact, field = report.Contact{Email: to}, "email"
	}
	contact, err := contact.Check()
	if err != nil || contact.Phone+contact.Email == "" {
		if channel == duty.Mail {
			return store.Way{}, fault.Invalid(field, "Địa chỉ thư điện tử không đúng.").Because("format")
		}
		return store.Way{}, fault.Invalid(field, "Số điện thoại không đúng.").Because("format")
	}
	return d.keep(ctx, store.Way{Person: person, Channel: channel, Mark: auth.HashSecret(string(channel) + " of " + person)},
		reach{To: contact.Phone + contact.Email})
}

func (d *Desk) keep(ctx context.Context, w store.Way, to reach) (store.Way, error) {
	plain, err := json.Marshal(to)
	if err != nil {
		return w, fault.Internal(fmt.Errorf("encode way: %w", err))
	}
	w.ID, w.MadeAt = uuid.NewString(), d.Now().UTC()
	if w.Sealed, err = d.Sealer.Seal(w.ID, plain); err != nil {
		return w, fault.Internal(err)
	}
	return w, d.Store.KeepWay(ctx, w)
}

func (d *Desk) open(w store.Way) (reach, error) {
	var to reach
	plain, err := d.Sealer.Open(w.ID, w.Sealed)
	if err != nil {
		return to, err
	}
	if err := json.Unmarshal(plain, &to); err != nil {
		return to, fmt.Errorf("read way: %w", err)
	}
	return to, nil
}

// Shown is what its own person may see of a way: a phone or an address; of a browser nothing.
func (d *Desk) Shown(w store.Way) string {
	to, err := d.open(w)
	if err != nil {
		return ""
	}
	return to.To
}

// PushKey is the public key that browsers subscribe with; empty when pushes are off.
func (d *Desk) PushKey() string {
	if d.Push == nil {
		return ""
	}
	return d.Push.Key()
}

func errOff(c duty.Channel) error {
	return fault.Conflict("Kênh %s chưa được bật ở trung tâm này.", c).Because("off")
}
