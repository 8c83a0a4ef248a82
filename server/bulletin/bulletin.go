// Package bulletin does what only the leader does for warnings to the public: it tells every screen which are in force, and
// brings in those of others from the feeds that were set. It never sends a stranger's warning as ours and never decides what a
// message says.
package bulletin

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"toancanh/schema"
	"toancanh/server/area"
	"toancanh/server/hook"
	"toancanh/server/warning"
)

// Paces of the leader.
const (
	lookEvery  = time.Second
	repeatMost = 4 // looks between two announcements of what did not change
	feedsEvery = time.Second
	tidyEvery  = time.Hour
)

// Store is what the bulletin reads and keeps.
type Store interface {
	// WarningsShown are the warnings in force at an instant, ours and those of others.
	WarningsShown(ctx context.Context, now time.Time) (ours, others []warning.Shown, err error)
	Keeper
}

// Client asks other houses.
type Client interface {
	Get(ctx context.Context, q hook.Question) hook.Found
}

// Config names what a bulletin needs.
type Config struct {
	Store    Store
	Client   Client
	Feeds    []string // addresses
	Sender   string   // ours: what bears it is no stranger's
	Atlas    *area.Atlas
	Division string
	Origin   string // what the dataset was born as
	Now      func() time.Time
	Log      *slog.Logger
	Metrics  prometheus.Registerer
}

// Bulletin follows the relay: it works while its process leads. Make it with New.
type Bulletin struct {
	Config
	asked *prometheus.CounterVec
	taken *prometheus.CounterVec

	// Owned by Lead.
	said     map[string][]byte // the last data of each topic but for its time
	looks    int
	versions int64
}

// New makes a bulletin and its counters.
func New(c Config) *Bulletin {
	b := &Bulletin{
		Config: c,
		asked: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "toancanh_cap_fetches_total", Help: "Questions to CAP feeds of others by what came of them.",
		}, []string{"outcome"}),
		taken: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "toancanh_cap_messages_total", Help: "Messages of CAP feeds by what became of them.",
		}, []string{"outcome"}),
	}
	c.Metrics.MustRegister(b.asked, b.taken)
	return b
}

// Lead works until ctx ends; announce never blocks.
func (b *Bulletin) Lead(ctx context.Context, announce func([]schema.Level)) {
	b.said, b.looks = map[string][]byte{}, 0
	var jobs sync.WaitGroup
	if len(b.Feeds) > 0 {
		jobs.Go(func() { b.every(ctx, feedsEvery, b.fetch) })
	}
	jobs.Go(func() { b.every(ctx, tidyEvery, b.tidy) })
	defer jobs.Wait()
	b.every(ctx, lookEvery, func(ctx context.Context) error {
		levels, err := b.look(ctx)
		if len(levels) > 0 {
			announce(levels)
		}
		return err
	})
}

// every does something at once and then at a pace until ctx ends. A failure is logged and tried again at the next turn.
func (b *Bulletin) every(ctx context.Context, pace time.Duration, do func(context.Context) error) {
	tick := time.NewTicker(pace)
	defer tick.Stop()
	failing := false
	for {
		err := do(ctx)
		if err != nil && !failing && ctx.Err() == nil {
			b.Log.LogAttrs(ctx, slog.LevelWarn, "warnings cannot be served", slog.Any("err", err))
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// look is what changed since the last look, or every level when its turn has come.
func (b *Bulletin) look(ctx context.Context) ([]schema.Level, error) {
	now := b.Now().UTC()
	ours, others, err := b.Store.WarningsShown(ctx, now)
	if err != nil {
		return nil, err
	}
	m, ok := b.Atlas.Map(b.Division)
	if !ok {
		return nil, nil
	}
	b.looks++
	t := teller{b: b, now: now, all: b.looks%repeatMost == 1, ground: warning.Ground{Tree: b.Atlas.Tree, Map: m}}
	b.versions = max(now.UnixMicro(), b.versions+1)
	for _, a := range b.Atlas.Tree.Areas(b.Division) {
		t.tell(b.Atlas.Tree.Path(b.Division, a.Code), ours, others)
	}
	return t.levels, nil
}

// teller makes the levels of one look.
type teller struct {
	b      *Bulletin
	now    time.Time
	all    bool
	ground warning.Ground
	levels []schema.Level
}

// tell makes the levels of an area. Everybody hears of ours; the house besides of those of others, which nobody here has
// looked at.
func (t *teller) tell(path []string, ours, others []warning.Shown) {
	own := t.here(path, ours)
	both := append(t.here(path, others), own...)
	t.say(schema.Ops, path, both)
	t.say(schema.Wall, path, both)
	t.say(schema.Public, path, own)
}

// here are the warnings that concern an area. One that does not say where it holds is told to the whole province alone.
func (t *teller) here(path []string, list []warning.Shown) []warning.Shown {
	var here []warning.Shown
	for _, s := range list {
		if t.ground.Touches(s.Areas, path) || len(s.Areas) == 0 && len(path) == 1 {
			here = append(here, s)
		}
	}
	return here
}

func (t *teller) say(audience schema.Audience, path []string, list []warning.Shown) {
	topic := schema.AreaTopic(audience, t.b.Division, path...)
	level := warning.Arrange(list, t.b.Origin, time.Time{})
	bare, err := json.Marshal(level)
	if err != nil {
		t.b.Log.Error("encode level", slog.String("key", warning.LevelKey), slog.Any("err", err))
		return
	}
	if !t.all && bytes.Equal(bare, t.b.said[topic]) {
		return
	}
	t.b.said[topic] = bare
	level.AsOf = t.now
	data, _ := json.Marshal(level) // it could be encoded above
	t.levels = append(t.levels, schema.Level{Topic: topic, LevelItem: schema.LevelItem{
		Key: warning.LevelKey, Version: t.b.versions, At: t.now, Data: data,
	}})
}
