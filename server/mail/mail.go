// Package mail tells addresses what becomes of a report. An address is asked first whether it wants to hear, lies sealed,
// and can end it by a link in every mail. What is to be told waits in the outbox that the store fills with each act; on the
// leader it is handed to a mail server, at least once, under a message id that stays. It tells only what everybody may read.
package mail

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"toancanh/server/auth"
	"toancanh/server/fault"
	"toancanh/server/report"
	"toancanh/server/store"
)

// Bounds of delivery. A mail that was taken and not settled, as after a crash, is taken again after lease, which is longer
// than a whole batch may last.
const (
	batchSize = 20
	lease     = 10 * time.Minute
	firstWait = time.Minute
	mostWait  = 6 * time.Hour
	mostTries = 12 // within about a day
)

// Store keeps followers and the outbox.
type Store interface {
	AddMailFollower(ctx context.Context, f store.MailFollower, messageID string) error
	MailFollowed(ctx context.Context, tokenHash []byte) (code string, confirmed bool, err error)
	ConfirmMail(ctx context.Context, tokenHash []byte) error
	EndMail(ctx context.Context, tokenHash []byte) error
	DueMails(ctx context.Context, now, again time.Time, most int) ([]store.MailToSend, error)
	MailDone(ctx context.Context, id string) error
	MailLater(ctx context.Context, id string, until time.Time) error
	MailsWaiting(ctx context.Context) (int, error)
}

// Config names what a desk needs.
type Config struct {
	Store   Store
	Sealer  *auth.Sealer
	Post    *Post
	Home    string // this house as readers reach it, https://host
	Centre  string // who writes, in words
	Now     func() time.Time
	Log     *slog.Logger
	Metrics prometheus.Registerer // nil: nothing is counted
}

// Desk keeps addresses and writes to them.
type Desk struct {
	Config
	texts   map[string][2]string // Vietnamese, English
	settled *prometheus.CounterVec
	waiting prometheus.Gauge
	silent  bool // the mail server did not answer last time; Deliver's alone
}

//go:embed texts.json
var textsFile []byte

// New makes a desk.
func New(c Config) (*Desk, error) {
	d := &Desk{
		Config: c,
		settled: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "toancanh_mails_total", Help: "Tries to hand a mail over, by outcome: sent, later, away, refused, given_up, unreadable.",
		}, []string{"outcome"}),
		waiting: prometheus.NewGauge(prometheus.GaugeOpts{Name: "toancanh_mails_waiting", Help: "Mails in the outbox."}),
	}
	if c.Metrics != nil {
		c.Metrics.MustRegister(d.settled, d.waiting)
	}
	if err := json.Unmarshal(textsFile, &d.texts); err != nil {
		return nil, fmt.Errorf("read mail texts: %w", err)
	}
	return d, nil
}

// sealed is what is sealed of a follower: where to write, and the token of the links in each mail.
type sealed struct {
	Address string `json:"address"`
	Token   string `json:"token"`
}

// Follow keeps an address that wants to hear of a report and asks it to confirm.
func (d *Desk) Follow(ctx context.Context, reportID, address string, english bool) error {
	contact, err := report.Contact{Email: address}.Check()
	if err != nil || contact.Email == "" {
		return fault.Invalid("email", "Địa chỉ thư điện tử không đúng").Because("format")
	}
	token, hash, err := auth.NewSecret()
	if err != nil {
		return fault.Internal(err)
	}
	plain, err := json.Marshal(sealed{contact.Email, token})
	if err != nil {
		return fault.Internal(fmt.Errorf("encode follower: %w", err))
	}
	f := store.MailFollower{ID: uuid.NewString(), ReportID: reportID, TokenHash: hash, English: english}
	if f.Sealed, err = d.Sealer.Seal(f.ID, plain); err != nil {
		return fault.Internal(err)
	}
	return d.Store.AddMailFollower(ctx, f, uuid.NewString())
}

// Followed is the report that the address of a link hears of; not found when it was ended.
func (d *Desk) Followed(ctx context.Context, token string) (code string, confirmed bool, err error) {
	return d.Store.MailFollowed(ctx, auth.HashSecret(token))
}

// Confirm begins to write to the address of a link.
func (d *Desk) Confirm(ctx context.Context, token string) error {
	return d.Store.ConfirmMail(ctx, auth.HashSecret(token))
}

// End forgets the address of a link.
func (d *Desk) End(ctx context.Context, token string) error {
	return d.Store.EndMail(ctx, auth.HashSecret(token))
}

// Deliver hands over what is due. The leader calls it again and again; a mail server that is away is no error.
func (d *Desk) Deliver(ctx context.Context) error {
	for ctx.Err() == nil {
		now := d.Now()
		due, err := d.Store.DueMails(ctx, now, now.Add(lease), batchSize)
		if err != nil {
			return err
		}
		if len(due) == 0 {
			break
		}
		if err := d.deliver(ctx, due); err != nil {
			return err
		}
		if d.silent {
			break
		}
	}
	n, err := d.Store.MailsWaiting(ctx)
	d.waiting.Set(float64(n))
	return err
}

// deliver settles every mail of a batch, whatever the server does.
func (d *Desk) deliver(ctx context.Context, due []store.MailToSend) error {
	next, gone := 0, false
	var failed error
	err := d.Post.talk(ctx, func(send func(letter) outcome) {
		for next < len(due) && failed == nil && ctx.Err() == nil {
			m := due[next]
			l, err := d.letter(m)
			if err != nil {
				failed = d.settle(ctx, m, unreadable)
				next++
				continue
			}
			result := send(l)
			failed = d.settle(ctx, m, result)
			next++
			if gone = result == away; gone {
				return
			}
		}
	})
	d.note(ctx, gone, err)
	for _, m := range due[next:] { // nobody asked the server about these
		if failed != nil {
			break
		}
		failed = d.settle(ctx, m, away)
	}
	return failed
}

// note says once that the mail server is away, and once that it is back. err is why it was not reached; nil when it went in
// the middle.
func (d *Desk) note(ctx context.Context, gone bool, err error) {
	gone = gone || err != nil
	switch {
	case gone && !d.silent:
		d.Log.LogAttrs(ctx, slog.LevelWarn, "mail server does not answer", slog.Any("err", err))
	case !gone && d.silent:
		d.Log.LogAttrs(ctx, slog.LevelInfo, "mail server answers again")
	}
	d.silent = gone
}

// settle keeps what became of a mail: it is done, or waits longer each time, up to a bound.
func (d *Desk) settle(ctx context.Context, m store.MailToSend, result outcome) error {
	done := result == sent || result == refused
	if !done && m.Tries >= mostTries {
		done, result = true, givenUp
	}
	d.settled.WithLabelValues(string(result)).Inc()
	if done {
		return d.Store.MailDone(ctx, m.ID)
	}
	wait := min(mostWait, firstWait<<max(0, m.Tries-1))
	return d.Store.MailLater(ctx, m.ID, d.Now().Add(wait))
}

// letter writes a mail out. It says what happened in the words of the public page and leads there; of the report it tells
// nothing.
func (d *Desk) letter(m store.MailToSend) (letter, error) {
	plain, err := d.Sealer.Open(m.Follower.ID, m.Follower.Sealed)
	if err != nil {
		return letter{}, err
	}
	var to sealed
	if err := json.Unmarshal(plain, &to); err != nil {
		return letter{}, fmt.Errorf("read follower: %w", err)
	}
	query := "?" + url.Values{"ma": {to.Token}}.Encode()
	l := letter{id: m.ID, to: to.Address, at: m.MadeAt, stop: d.Home + "/thu/ngung" + query}
	say := func(key string, args ...any) string {
		text := d.texts[key][0]
		if m.Follower.English {
			text = d.texts[key][1]
		}
		if len(args) == 0 {
			return text
		}
		return fmt.Sprintf(text, args...)
	}
	if m.Step == "" {
		l.subject = say("confirm subject", m.Code)
		l.body = say("confirm body", m.Code, d.Home+"/thu/xac-nhan"+query, d.Centre)
		return l, nil
	}
	word := say(m.Step)
	l.subject = say("step subject", m.Code, word)
	l.body = say("step body", m.Code, word, d.Home+"/phan-anh/"+m.Code, l.stop, d.Centre)
	return l, nil
}
