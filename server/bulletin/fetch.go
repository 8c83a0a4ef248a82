package bulletin

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"toancanh/server/fault"
	"toancanh/server/hook"
	"toancanh/server/warning"
)

// Bounds of feeds.
const (
	askEvery    = time.Minute // a feed that answers
	mostNew     = 20          // messages of a feed that one turn fetches; the others wait for the next
	atOnce      = 4           // feeds: one that is slow holds up few
	feedBudget  = 30 * time.Second
	keepLinks   = 30 * 24 * time.Hour // a message that no feed lists any more
	keepEnded   = 90 * 24 * time.Hour // a received message after its end
	capAccept   = "application/cap+xml, application/atom+xml, application/rss+xml, application/xml;q=0.9, text/xml;q=0.8"
	importRight = "warning.import"
)

// Feed is how a feed of others answers. All times are UTC.
type Feed struct {
	URL       string
	ETag      string
	Modified  string
	NextAt    time.Time
	CheckedAt *time.Time
	GoodAt    *time.Time
	Attempts  int // since it failed
	Taken     int64
	Refused   int64
	Problem   string
}

// Host is as much of a feed's address as anybody needs to see: the rest may hold a key.
func (f Feed) Host() string {
	if u, err := url.Parse(f.URL); err == nil {
		return u.Host
	}
	return ""
}

// Keeper keeps what comes from others.
type Keeper interface {
	WarningFeeds(ctx context.Context) ([]Feed, error)
	KeepWarningFeed(ctx context.Context, f Feed) error
	// NewWarningLinks are those of some addresses that were never fetched.
	NewWarningLinks(ctx context.Context, feed string, addresses []string, now time.Time) ([]string, error)
	KeepWarningLink(ctx context.Context, feed, address, problem string, now time.Time) error
	AddReceived(ctx context.Context, r warning.Received, right string) (id string, added bool, err error)
	ForgetReceived(ctx context.Context, endedBefore, unseenSince time.Time) error
}

// fetch asks the feeds whose turn it is. One that was never asked is due at once.
func (b *Bulletin) fetch(ctx context.Context) error {
	known, err := b.Store.WarningFeeds(ctx)
	if err != nil {
		return err
	}
	var turns errgroup.Group
	turns.SetLimit(atOnce)
	for _, address := range b.Feeds {
		f := Feed{URL: address}
		if i := slices.IndexFunc(known, func(k Feed) bool { return k.URL == address }); i >= 0 {
			f = known[i]
		}
		if !f.NextAt.After(b.Now()) {
			turns.Go(func() error { return b.ask(ctx, f) })
		}
	}
	return turns.Wait()
}

// ask reads one feed and fetches what it lists and nobody has seen. A feed is read whole again until nothing is left.
func (b *Bulletin) ask(ctx context.Context, f Feed) error {
	now := b.Now().UTC()
	found := b.Client.Get(ctx, hook.Question{Address: f.URL, Accept: capAccept, ETag: f.ETag, Modified: f.Modified, Most: warning.MostBytes})
	if ctx.Err() != nil {
		return nil //nolint:nilerr // the leader's term is over: nobody's fault
	}
	f.CheckedAt, f.Problem = &now, found.Problem
	left := 0
	if found.Taken() && !found.Same {
		limited, cancel := context.WithTimeout(ctx, feedBudget)
		var err error
		left, err = b.read(limited, &f, found.Body)
		cancel()
		if err != nil {
			if !isRefusal(err) {
				return err
			}
			f.Problem = reasonOf(err)
		}
	}
	if f.Problem != "" {
		b.asked.WithLabelValues("failed").Inc()
		f.Attempts++
		f.NextAt = now.Add(max(askEvery, hook.Wait(f.Attempts)))
		b.Log.LogAttrs(ctx, slog.LevelWarn, "cap feed was not read", slog.String("host", f.Host()), slog.String("reason", f.Problem))
		return b.Store.KeepWarningFeed(ctx, f)
	}
	b.asked.WithLabelValues("read").Inc()
	f.Attempts, f.GoodAt, f.NextAt = 0, &now, now.Add(askEvery)
	if left == 0 {
		f.ETag, f.Modified = found.ETag, found.Modified
	}
	return b.Store.KeepWarningFeed(ctx, f)
}

// read takes what a feed answered and says how many of its messages wait for the next turn.
func (b *Bulletin) read(ctx context.Context, f *Feed, body []byte) (left int, err error) {
	alert, links, err := warning.DecodeFeed(body, f.URL)
	if err != nil {
		return 0, err
	}
	if alert != nil {
		return 0, b.take(ctx, f, *alert, body)
	}
	addresses := make([]string, len(links))
	for i, l := range links {
		addresses[i] = l.Address
	}
	fresh, err := b.Store.NewWarningLinks(ctx, f.URL, addresses, b.Now().UTC())
	if err != nil {
		return 0, err
	}
	for i, address := range fresh {
		if i == mostNew || ctx.Err() != nil {
			return len(fresh) - i, nil //nolint:nilerr // the turn is over
		}
		waits, err := b.follow(ctx, f, address)
		if err != nil {
			return 0, err
		}
		if waits {
			left++
		}
	}
	return left, nil
}

// follow fetches one message. What was refused is not asked for again; what could not be reached waits for another turn.
func (b *Bulletin) follow(ctx context.Context, f *Feed, address string) (waits bool, err error) {
	found := b.Client.Get(ctx, hook.Question{Address: address, Accept: capAccept, Most: warning.MostBytes})
	problem := found.Problem
	switch {
	case ctx.Err() != nil:
		return true, nil //nolint:nilerr // it waits for the next turn
	case found.Taken():
		a, err := warning.Decode(found.Body)
		if err == nil {
			err = b.take(ctx, f, a, found.Body)
		}
		if err != nil && !isRefusal(err) {
			return true, err
		}
		problem = reasonOf(err)
	case passing(found.Problem):
		b.taken.WithLabelValues("unreachable").Inc()
		return true, nil
	}
	if problem != "" {
		f.Refused++
		b.taken.WithLabelValues("refused").Inc()
		b.Log.LogAttrs(ctx, slog.LevelWarn, "message of a cap feed was refused", slog.String("host", f.Host()), slog.String("reason", problem))
	}
	return false, b.Store.KeepWarningLink(ctx, f.URL, address, problem, b.Now().UTC())
}

// passing reports whether what kept us from a message may be over soon.
func passing(problem string) bool {
	switch problem {
	case "timeout", "connection", "name", "429", "500", "502", "503", "504":
		return true
	}
	return false
}

// take keeps a message of a feed.
func (b *Bulletin) take(ctx context.Context, f *Feed, a warning.Alert, body []byte) error {
	m, ok := b.Atlas.Map(b.Division)
	if !ok {
		return fmt.Errorf("no map of %s", b.Division)
	}
	now := b.Now().UTC()
	if err := warning.Admit(a, b.Sender, now); err != nil {
		return err
	}
	r := warning.Receive(a, body, warning.Ground{Tree: b.Atlas.Tree, Map: m})
	r.ID, r.Source, r.ReceivedAt = uuid.NewString(), f.Host(), now
	_, added, err := b.Store.AddReceived(ctx, r, importRight)
	if added {
		f.Taken++
		b.taken.WithLabelValues("taken").Inc()
	}
	return err
}

func (b *Bulletin) tidy(ctx context.Context) error {
	now := b.Now().UTC()
	return b.Store.ForgetReceived(ctx, now.Add(-keepEnded), now.Add(-keepLinks))
}

// isRefusal reports whether it is the message that is wrong, and not something of ours.
func isRefusal(err error) bool { return err == nil || fault.Is(err, fault.KindInvalid) }

func reasonOf(err error) string {
	if items := fault.Items(err); len(items) > 0 {
		return items[0].Reason
	}
	return ""
}
