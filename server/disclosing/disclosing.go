// Package disclosing tells everybody on the leader what may be told, protected: numbers of the whole as soon as they change, and in
// batches on the quarter hour those of narrower areas and facts of single reports. It decides nothing of what may be told; disclosure and view do.
package disclosing

import (
	"context"
	"log/slog"
	"reflect"
	"slices"
	"time"

	"toancanh/schema"
	"toancanh/server/disclosure"
	"toancanh/server/kpi"
	"toancanh/server/store"
)

// Paces.
const (
	lookEvery = 2 * time.Second
	together  = 500  // reports that leave in one transaction
	aloud     = 2000 // a batch of more asks the listeners to read anew instead of telling each
)

// Store keeps what is told.
type Store interface {
	Tallies(ctx context.Context, division string, loc *time.Location) ([]disclosure.Tally, error)
	ToldOfAreas(ctx context.Context) ([]disclosure.Told, error)
	TellNumbers(ctx context.Context, n *store.PublicNumbers) error
	Batches(ctx context.Context) (store.Batches, error)
	Received(ctx context.Context, division string, loc *time.Location, realOnes bool) ([]disclosure.Received, error)
	Leaving(ctx context.Context, b store.PublicBatch) ([]string, error)
	Leave(ctx context.Context, b store.PublicBatch, codes []string, quiet bool) error
	EndBatch(ctx context.Context, b store.PublicBatch, cells []disclosure.Cell) error
	FirstCase(ctx context.Context, division string) (time.Time, error)
	Cases(ctx context.Context, division string, span kpi.Span) ([]kpi.Case, error)
	TellRates(ctx context.Context, p store.RatePeriods, list []disclosure.Rate) error
}

// Config names what a teller needs.
type Config struct {
	Store      Store
	Ground     *disclosure.Ground
	Categories []string
	Places     disclosure.Places
	Division   string
	Location   *time.Location
	Real       bool          // the dataset was born as real
	Every      time.Duration // between two batches; disclosure.Batch but in a demonstration
	Wake       func()        // there are events to number
	Now        func() time.Time
	Log        *slog.Logger
}

// Teller tells while its process leads.
type Teller struct {
	Config

	// Owned by Lead.
	told    *store.PublicNumbers
	held    []disclosure.Told // of areas, as they were told with the batch of heldAt
	heldAt  time.Time
	loads   int64 // of the past, as of the newest batch of this term
	counted int64 // loads whose numbers are held
	blind   bool
}

// New makes a teller.
func New(c Config) *Teller { return &Teller{Config: c, loads: -1} }

// Lead tells until ctx ends.
func (t *Teller) Lead(ctx context.Context, _ func([]schema.Level)) {
	t.told, t.held, t.loads = nil, nil, -1
	tick := time.NewTicker(min(lookEvery, t.Every))
	defer tick.Stop()
	for {
		err := t.Look(ctx)
		if err != nil && !t.blind && ctx.Err() == nil {
			t.Log.LogAttrs(ctx, slog.LevelWarn, "what everybody may know is not renewed", slog.Any("err", err))
		}
		t.blind = err != nil
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Look tells the numbers of now, and lets the batch leave that is due.
func (t *Teller) Look(ctx context.Context) error {
	so, err := t.Store.Batches(ctx)
	if err != nil {
		return err
	}
	b := store.PublicBatch{At: t.Now().UTC().Truncate(t.Every)}
	if so.At != nil {
		b.Before = so.At.UTC()
	}
	if err := t.count(ctx, b, so.Loads); err != nil {
		return err
	}
	// What a load of the past brought has had its quarter hour long ago: the batch of now is done again for it.
	if !b.At.After(b.Before) && (so.Loads == t.loads || t.loads < 0) {
		t.loads = so.Loads
		return nil
	}
	if err := t.leave(ctx, b); err != nil {
		return err
	}
	t.loads = so.Loads
	return nil
}

// count tells the numbers of now: those of the whole as they are, those of narrower areas as they were when the newest batch
// left, so that nobody sees a single report come into its commune.
func (t *Teller) count(ctx context.Context, b store.PublicBatch, loads int64) error {
	tallies, err := t.Store.Tallies(ctx, t.Division, t.Location)
	if err != nil {
		return err
	}
	fresh := &store.PublicNumbers{Areas: t.Ground.Areas(tallies), Categories: t.Ground.Categories(t.Categories, tallies)}
	if t.held == nil { // a new term
		if t.held, err = t.Store.ToldOfAreas(ctx); err != nil {
			return err
		}
		t.heldAt, t.counted = b.Before, loads
	}
	due := b.At.After(t.heldAt) || t.counted != loads
	if !due {
		fresh.Areas = t.Ground.Hold(fresh.Areas, t.held)
	}
	change := fresh
	if t.told != nil && reflect.DeepEqual(t.told, fresh) {
		change = nil
	}
	if err := t.Store.TellNumbers(ctx, change); err != nil {
		return err
	}
	t.told = fresh
	if due {
		t.held, t.heldAt, t.counted = fresh.Areas, b.At, loads
	}
	return nil
}

// leave lets a batch leave. Ended half way it is taken up again: what has left does not leave twice.
func (t *Teller) leave(ctx context.Context, b store.PublicBatch) error {
	b.Division, b.Location, b.Squared = t.Division, t.Location, t.Places.Squared()
	realOnes, err := t.Store.Received(ctx, t.Division, t.Location, true)
	if err != nil {
		return err
	}
	others, err := t.Store.Received(ctx, t.Division, t.Location, false)
	if err != nil {
		return err
	}
	b.Real, b.Others = t.Ground.Reaches(realOnes), t.Ground.Reaches(others)
	codes, err := t.Store.Leaving(ctx, b)
	if err != nil {
		return err
	}
	quiet := len(codes) > aloud
	for some := range slices.Chunk(codes, together) {
		if err := t.Store.Leave(ctx, b, some, quiet); err != nil {
			return err
		}
		t.Wake()
	}
	counted := others
	if t.Real {
		counted = realOnes
	}
	cells := t.Ground.Cells(counted, wall(b.At, t.Location))
	if err := t.rate(ctx, b.At, cells); err != nil {
		return err
	}
	return t.Store.EndBatch(ctx, b, cells)
}

// wall is an instant as the clocks in loc show it, without the zone: days of the projection have none.
func wall(at time.Time, loc *time.Location) time.Time {
	l := at.In(loc)
	return time.Date(l.Year(), l.Month(), l.Day(), l.Hour(), l.Minute(), 0, 0, time.UTC)
}
