package hook

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Store keeps hooks and reads the log.
type Store interface {
	// DueHooks are hooks whose next attempt is due, at most so many.
	DueHooks(ctx context.Context, now time.Time, most int) ([]Hook, error)
	// HookBatch is what comes after a hook's last event, at most so many events.
	HookBatch(ctx context.Context, h Hook, most int) (Batch, error)
	// KeepAttempt keeps a hook after an attempt, unless it was changed meanwhile.
	KeepAttempt(ctx context.Context, h Hook) error
}

// Bounds of one round of the leader.
const (
	mostHooks   = 200
	atOnce      = 8 // receivers spoken to at the same time: one that is slow holds up nobody else
	roundBudget = 20 * time.Second
)

// Desk delivers what is due. Make it with NewDesk.
type Desk struct {
	store   Store
	client  *Client
	secrets *Secrets
	now     func() time.Time
	log     *slog.Logger
	tries   *prometheus.CounterVec
}

// NewDesk makes a desk and its counter.
func NewDesk(s Store, client *Client, secrets *Secrets, now func() time.Time, log *slog.Logger, metrics prometheus.Registerer) *Desk {
	d := &Desk{store: s, client: client, secrets: secrets, now: now, log: log, tries: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "toancanh_hook_attempts_total", Help: "Deliveries to hooks by what became of them.",
	}, []string{"outcome"})}
	metrics.MustRegister(d.tries)
	return d
}

// Deliver makes one round: every hook that is due is told what it has not heard, batch after batch as long as the receiver takes
// them and there is time. It ends with ctx; what was taken and not kept is told again.
func (d *Desk) Deliver(ctx context.Context) error {
	due, err := d.store.DueHooks(ctx, d.now(), mostHooks)
	if err != nil || len(due) == 0 {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, roundBudget)
	defer cancel()
	turns := make(chan struct{}, atOnce)
	var wg sync.WaitGroup
	for _, h := range due {
		turns <- struct{}{}
		wg.Go(func() {
			defer func() { <-turns }()
			if err := d.tell(ctx, h); err != nil && ctx.Err() == nil {
				d.log.WarnContext(ctx, "hook was not served", slog.String("hook", h.ID), slog.Any("error", err))
			}
		})
	}
	wg.Wait()
	return nil
}

// tell brings one hook as far as its receiver takes it.
func (d *Desk) tell(ctx context.Context, h Hook) error {
	for ctx.Err() == nil {
		batch, err := d.store.HookBatch(ctx, h, MostEvents)
		if err != nil {
			return err
		}
		body, last := h.Write(batch, d.now())
		if body == nil && last == h.Seq {
			return nil
		}
		outcome := Outcome{}
		if body != nil {
			outcome = d.client.Deliver(ctx, h.URL, body, d.secrets.Headers(h, id(batch.Epoch, last, h.ID), body, d.now()))
			if ctx.Err() != nil {
				return nil //nolint:nilerr // the leader's term is over: nobody's fault
			}
			d.count(outcome)
		}
		h = h.After(outcome, batch, last, d.now())
		if err := d.store.KeepAttempt(ctx, h); err != nil {
			return fmt.Errorf("keep attempt: %w", err)
		}
		if h.EndedAt != nil {
			d.log.WarnContext(ctx, "hook ended", slog.String("hook", h.ID), slog.String("reason", h.EndedWhy))
		}
		if !outcome.Taken() {
			return nil
		}
	}
	return nil
}

func (d *Desk) count(o Outcome) {
	word := "taken"
	if !o.Taken() {
		word = "failed"
	}
	d.tries.WithLabelValues(word).Inc()
}

// Ping asks a hook's receiver whether it is there; it moves nothing.
func (d *Desk) Ping(ctx context.Context, h Hook) Outcome {
	body := h.Ping(d.now())
	return d.client.Deliver(ctx, h.URL, body, d.secrets.Headers(h, id(h.Epoch, h.Seq, "ping-"+h.ID), body, d.now()))
}

// Check says why an address may not be a hook's.
func (d *Desk) Check(address string) error { return d.client.Check(address) }

// Secret is what a hook's receiver checks signatures with.
func (d *Desk) Secret(h Hook) string { return d.secrets.Secret(h) }
