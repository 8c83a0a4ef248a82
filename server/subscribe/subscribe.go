// Package subscribe tells browsers of public facts without knowing whose they are: published results as they leave on the
// quarter hour, and warnings as they are published. A browser shows that a subscription is its own by the endpoint and the
// secret that only it and its push service know. On the leader what is new is put into an outbox, once, and from there handed
// to push services at a bounded pace. It reads nothing that has not left for everybody, and calls nobody on duty.
package subscribe

import (
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	webpush "github.com/SherClockHolmes/webpush-go"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"toancanh/schema"
	"toancanh/server/auth"
	"toancanh/server/callout"
	"toancanh/server/fault"
	"toancanh/server/hook"
	"toancanh/server/store"
)

// Paces and bounds. Pushes go out by a queue of their own with a client of its own: a warning to all does not delay a call to
// anybody on duty. A push that was taken and not settled, as after a crash, is sent again after lease, which is longer than a
// whole batch may last; it carries a tag by which the device shows it once.
const (
	lookEvery  = 2 * time.Second
	sweepEvery = 10 * time.Minute
	together   = 50
	atOnce     = 16
	pace       = 500 * time.Millisecond // between two batches: 100 a second
	patience   = 10 * time.Second       // with a push service, for one push
	lease      = 2 * time.Minute
	firstWait  = 30 * time.Second
	mostWait   = time.Hour
	mostTries  = 8
)

// MostSubscriptions bounds how many browsers hear of something; Life is how long one does without being renewed.
const (
	MostSubscriptions = 20_000
	Life              = 180 * 24 * time.Hour
)

// Store keeps subscriptions and the outbox.
type Store interface {
	KeepSubscription(ctx context.Context, s store.Subscription, most int) error
	MoveSubscription(ctx context.Context, mark, proof []byte, to func(id string) (store.Subscription, error)) error
	EndSubscription(ctx context.Context, mark, proof []byte) error
	QueuePushes(ctx context.Context, q store.Queueing) (queued int, err error)
	DuePushes(ctx context.Context, now, again time.Time, most int) ([]store.PushToSend, error)
	SettlePushes(ctx context.Context, list []store.PushSettled, now time.Time) error
	SweepPushes(ctx context.Context, now, renewedSince time.Time) (waiting int, err error)
}

// Config names what a desk needs. Push nil: the feature is off, as in a closed network.
type Config struct {
	Store  Store
	Sealer *auth.Sealer
	Client *hook.Client // reaches push services
	Push   *callout.Push
	Ground Ground
	// Place and Category are what people call an area and a category.
	Place    func(division, area string) string
	Category func(code string) string
	Real     bool          // the data are
	Patience time.Duration // with a push service, for one push; zero: ten seconds
	Location *time.Location
	Now      func() time.Time
	Log      *slog.Logger
	Metrics  prometheus.Registerer // nil: nothing is counted
}

// Desk keeps subscriptions. Make it with New; on the leader Lead tells them.
type Desk struct {
	Config
	texts   map[string][2]string // Vietnamese, English
	pushes  *prometheus.CounterVec
	waiting prometheus.Gauge
}

//go:embed texts.json
var textsFile []byte

// New makes a desk.
func New(c Config) (*Desk, error) {
	c.Patience = cmp.Or(c.Patience, patience)
	d := &Desk{
		Config: c,
		pushes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "toancanh_public_pushes_total", Help: "Tries to hand a public push over, by kind and outcome: sent, later, gone, dead.",
		}, []string{"kind", "outcome"}),
		waiting: prometheus.NewGauge(prometheus.GaugeOpts{Name: "toancanh_public_pushes_waiting", Help: "Public pushes in the outbox."}),
	}
	if c.Metrics != nil {
		c.Metrics.MustRegister(d.pushes, d.waiting)
	}
	if err := json.Unmarshal(textsFile, &d.texts); err != nil {
		return nil, fmt.Errorf("read texts of subscriptions: %w", err)
	}
	return d, nil
}

// Key is the public key that browsers subscribe with; empty when pushes are off.
func (d *Desk) Key() string {
	if d.Push == nil {
		return ""
	}
	return d.Push.Key()
}

//nolint:gochecknoglobals // an error value
var errOff = fault.Conflict("Trung tâm này chưa bật tin đẩy tới trình duyệt. Nguồn tin Atom vẫn dùng được.").Because("off")

// Keep keeps what a browser wants to hear of, in place of what it chose before, from today on.
func (d *Desk) Keep(ctx context.Context, b callout.Browser, c Choice) error {
	if d.Push == nil {
		return errOff
	}
	if err := fault.Join(d.Push.Check(d.Client, b), d.Ground.Check(c)); err != nil {
		return err
	}
	s, err := d.seal(uuid.NewString(), b)
	if err != nil {
		return err
	}
	s.English, s.Areas, s.Categories, s.Severity = c.English, c.Areas, c.Categories, c.Severity
	if s.Categories == nil {
		s.Categories = []string{}
	}
	return d.Store.KeepSubscription(ctx, s, MostSubscriptions)
}

// Move keeps what a browser chose under the endpoint it has from now on.
func (d *Desk) Move(ctx context.Context, before, after callout.Browser) error {
	if d.Push == nil {
		return errOff
	}
	if err := d.Push.Check(d.Client, after); err != nil {
		return err
	}
	mark, proof := marks(before)
	return d.Store.MoveSubscription(ctx, mark, proof, func(id string) (store.Subscription, error) { return d.seal(id, after) })
}

// End forgets a subscription. It works while pushes are off, too.
func (d *Desk) End(ctx context.Context, b callout.Browser) error {
	mark, proof := marks(b)
	return d.Store.EndSubscription(ctx, mark, proof)
}

// marks are what a subscription is found by, and what shows that it is one's own.
func marks(b callout.Browser) (mark, proof []byte) {
	return auth.HashSecret(b.Endpoint), auth.HashSecret(b.Endpoint + "\n" + strings.TrimRight(b.Auth, "="))
}

// sealed is what is sealed of a subscription.
type sealed struct {
	Endpoint string `json:"endpoint"`
	Key      string `json:"p256dh"`
	Auth     string `json:"auth"`
}

func (d *Desk) seal(id string, b callout.Browser) (store.Subscription, error) {
	s := store.Subscription{ID: id, RenewedOn: d.today()}
	s.Mark, s.Proof = marks(b)
	plain, err := json.Marshal(sealed{b.Endpoint, b.Key, b.Auth})
	if err != nil {
		return s, fault.Internal(fmt.Errorf("encode subscription: %w", err))
	}
	if s.Sealed, err = d.Sealer.Seal(id, plain); err != nil {
		return s, fault.Internal(err)
	}
	return s, nil
}

// today is the day in the centre's zone, as the database keeps days.
func (d *Desk) today() time.Time {
	l := d.Now().In(d.Location)
	return time.Date(l.Year(), l.Month(), l.Day(), 0, 0, 0, 0, time.UTC)
}

// Lead tells browsers until ctx ends.
func (d *Desk) Lead(ctx context.Context, _ func([]schema.Level)) {
	var jobs sync.WaitGroup
	defer jobs.Wait()
	if d.Push != nil {
		jobs.Go(func() { d.every(ctx, lookEvery, "news were not queued", d.Queue) })
		jobs.Go(func() { d.every(ctx, lookEvery, "pushes were not sent", d.Deliver) })
	}
	d.every(ctx, sweepEvery, "subscriptions were not swept", d.Sweep)
}

func (d *Desk) every(ctx context.Context, pause time.Duration, what string, do func(context.Context) error) {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for {
		if err := do(ctx); err != nil && ctx.Err() == nil {
			d.Log.LogAttrs(ctx, slog.LevelWarn, "public push failed", slog.String("job", what), slog.Any("err", err))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Queue puts what is new for everybody into the outbox.
func (d *Desk) Queue(ctx context.Context) error {
	m := Moment{Now: d.Now().UTC(), Today: d.today(), Zone: d.Location}
	_, err := d.Store.QueuePushes(ctx, store.Queueing{
		Now: m.Now, Today: m.Today, Division: d.Ground.Division,
		Tell: func(news store.PublicNews, all []store.Subscription) []store.Push { return d.Ground.Tell(news, all, m) },
	})
	return err
}

// Sweep forgets what has outlived its time.
func (d *Desk) Sweep(ctx context.Context) error {
	n, err := d.Store.SweepPushes(ctx, d.Now().UTC(), d.today().Add(-Life))
	d.waiting.Set(float64(n))
	return err
}

// Deliver sends what is due, batch after batch.
func (d *Desk) Deliver(ctx context.Context) error {
	for ctx.Err() == nil {
		next := time.After(pace)
		now := d.Now().UTC()
		due, err := d.Store.DuePushes(ctx, now, now.Add(lease), together)
		if err != nil || len(due) == 0 {
			return err
		}
		if err := d.deliver(ctx, due); err != nil {
			return err
		}
		if len(due) < together {
			return nil
		}
		select {
		case <-ctx.Done():
		case <-next:
		}
	}
	return nil
}

func (d *Desk) deliver(ctx context.Context, due []store.PushToSend) error {
	settled := make([]store.PushSettled, len(due))
	turns := make(chan struct{}, atOnce)
	var wg sync.WaitGroup
	for i, p := range due {
		turns <- struct{}{}
		wg.Go(func() {
			defer func() { <-turns }()
			settled[i] = d.send(ctx, p)
		})
	}
	wg.Wait()
	if ctx.Err() != nil {
		// Whoever leads next sends them when the lease has passed.
		return nil //nolint:nilerr // the term is over
	}
	return d.Store.SettlePushes(ctx, settled, d.Now().UTC())
}

// send hands one push over and says what becomes of it.
func (d *Desk) send(ctx context.Context, p store.PushToSend) store.PushSettled {
	ctx, cancel := context.WithTimeout(ctx, d.Patience)
	defer cancel()
	so := store.PushSettled{ID: p.ID, Subscription: p.Subscription, N: p.N}
	l, err := d.letter(p)
	if err != nil {
		so.Problem = "unreadable"
		d.pushes.WithLabelValues(p.Kind, "dead").Inc()
		return so
	}
	told := d.Push.Send(ctx, d.Client, l)
	so.Gone, so.Problem = told.Gone, told.Problem
	outcome := "sent"
	switch {
	case so.Gone:
		outcome = "gone"
	case !told.Taken() && p.Tries < mostTries && again(told.Problem):
		wait := min(mostWait, max(told.Wait, firstWait<<max(0, p.Tries-1)))
		later := d.Now().UTC().Add(wait)
		so.Later, outcome = &later, "later"
	case !told.Taken():
		outcome = "dead"
	}
	d.pushes.WithLabelValues(p.Kind, outcome).Inc()
	return so
}

// again reports whether another try may help: not when a push service says that what it got is wrong.
func again(problem string) bool {
	switch problem {
	case "408", "425", "429":
		return true
	case "host", "inside":
		return false
	}
	return !strings.HasPrefix(problem, "4")
}

// notice is what the service worker gets.
type notice struct {
	Title string `json:"title"`
	Body  string `json:"body"`
	Path  string `json:"path"`
	Tag   string `json:"tag"` // a newer notice with it takes the place of the one before
	Lang  string `json:"lang"`
}

func (d *Desk) letter(p store.PushToSend) (callout.Letter, error) {
	var to sealed
	plain, err := d.Sealer.Open(p.Subscription, p.Sealed)
	if err != nil {
		return callout.Letter{}, err
	}
	if err := json.Unmarshal(plain, &to); err != nil {
		return callout.Letter{}, fmt.Errorf("read subscription: %w", err)
	}
	l := callout.Letter{To: callout.Browser{Endpoint: to.Endpoint, Key: to.Key, Auth: to.Auth}, Keep: p.ExpiresAt.Sub(d.Now())}
	n := d.notice(p)
	if p.Kind == store.PushWarning {
		_, id, _ := strings.Cut(p.Event, " ")
		l.Urgency, l.Topic = webpush.UrgencyHigh, strings.ReplaceAll(id, "-", "")
	} else {
		l.Urgency, l.Topic = webpush.UrgencyLow, "ket-qua"
	}
	l.Body, err = json.Marshal(n)
	return l, err
}

// notice writes a push out in the language of its browser.
func (d *Desk) notice(p store.PushToSend) notice {
	language := 0
	n := notice{Path: "/", Tag: p.Event, Lang: "vi"}
	if p.English {
		language, n.Lang = 1, "en"
	}
	say := func(key string, args ...any) string {
		if len(args) == 0 {
			return d.texts[key][language]
		}
		return fmt.Sprintf(d.texts[key][language], args...)
	}
	place := say("several")
	if p.Area != "" {
		place = d.Place(d.Ground.Division, p.Area)
		n.Path = "/tinh-hinh/" + strings.TrimPrefix(d.Ground.Division, "vn-") + "/" + p.Area
	}
	switch {
	case p.Kind == store.PushWarning:
		headline := p.Headline
		if p.English && p.HeadlineEN != "" {
			headline = p.HeadlineEN
		}
		n.Title, n.Body = say("warning title", headline), say("warning body", place)
		if strings.HasPrefix(p.Event, cancelled) {
			n.Title = say("cancel title", headline)
		}
	default:
		if p.Category != "" {
			place = d.Category(p.Category) + " – " + place
		}
		n.Title, n.Body = say("result title"), say("result more", p.N, place)
		if p.N == 1 {
			n.Body = say("result one", place)
		}
	}
	if !d.Real {
		n.Title = say("not real") + n.Title
	}
	if p.Last {
		n.Body += say("last")
	}
	return n
}
