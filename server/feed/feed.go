// Package feed is the door for machines that spread warnings to the public: an Atom feed of what this house sent, and every
// message byte for byte as it went out. It reads the public table alone; no person is named in it, and nothing of it ever
// changes but the list.
package feed

import (
	"context"
	"encoding/xml"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/door"
	"toancanh/server/fault"
	"toancanh/server/limit"
	"toancanh/server/store"
	"toancanh/server/warning"
)

// Rhythm and bounds.
const (
	lookEvery   = time.Second
	readLimit   = 3 * time.Second
	answerLimit = 3 * time.Second
	mostListed  = 100
	mostBases   = 16 // addresses this house is known by
)

// Types of the answers.
const (
	atomType = "application/atom+xml; charset=utf-8"
	capType  = warning.MediaType + "; charset=utf-8"
)

// Store is the public table.
type Store interface {
	NewestWarning(ctx context.Context) (int64, error)
	PublicWarnings(ctx context.Context, most int) ([]store.PublicWarning, error)
	PublicWarning(ctx context.Context, id string) (store.PublicWarning, error)
}

// Config names what the door needs.
type Config struct {
	Frame  *door.Frame
	Store  Store
	Sender string // of the messages; names the feed
	Centre string // as people know it
	Origin string // what the dataset was born as
	Log    *slog.Logger
}

// Feed is the door. Make it with New, hang it in with Routes, and let Run keep the list.
type Feed struct {
	Config
	now atomic.Pointer[edition]
}

// edition is what the list says at one time. It does not change but for the forms made of it on demand.
type edition struct {
	newest   int64
	list     []store.PublicWarning
	messages map[string]*door.Prepared

	mu    sync.Mutex
	feeds map[string]*door.Prepared // by the address the reader knows this house by
}

// New makes the door.
func New(c Config) *Feed { return &Feed{Config: c} }

// Routes hangs the door in.
func (f *Feed) Routes(app *fiber.App) {
	app.Get("/feed/alerts.atom", f.getFeed)
	app.Get("/feed/cap/:id.xml", f.getMessage)
}

// Run looks for new messages until ctx ends.
func (f *Feed) Run(ctx context.Context) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	failing := false
	for {
		err := f.look(ctx)
		if err != nil && !failing && ctx.Err() == nil {
			f.Log.LogAttrs(ctx, slog.LevelWarn, "warnings cannot be listed", slog.Any("err", err))
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// look makes the list anew when there is a newer message.
func (f *Feed) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readLimit)
	defer cancel()
	newest, err := f.Store.NewestWarning(ctx)
	if before := f.now.Load(); err != nil || before != nil && before.newest == newest {
		return err
	}
	list, err := f.Store.PublicWarnings(ctx, mostListed)
	if err != nil {
		return err
	}
	e := &edition{newest: newest, list: list, messages: make(map[string]*door.Prepared, len(list)), feeds: map[string]*door.Prepared{}}
	for _, w := range list {
		e.messages[w.ID] = prepareMessage(w)
	}
	f.now.Store(e)
	return nil
}

func prepareMessage(w store.PublicWarning) *door.Prepared {
	return door.Prepare(door.Content{Body: w.Body, Type: capType, Cache: door.CacheForever})
}

func (f *Feed) getFeed(c *fiber.Ctx) error {
	if err := f.Frame.Limit(c, limit.Reads(), ""); err != nil {
		return err
	}
	e := f.now.Load()
	if e == nil {
		return fault.Unavailable("Danh sách cảnh báo chưa sẵn sàng, xin thử lại sau ít giây.")
	}
	base := "http://"
	if f.Frame.HTTPS(c.Context()) {
		base = "https://"
	}
	prepared, err := f.list(e, base+string(c.Context().Host()))
	if err != nil {
		return err
	}
	prepared.Serve(c.Context())
	return nil
}

// list is the feed for readers who know this house by an address. Links are whole, for readers that follow no others.
func (f *Feed) list(e *edition, base string) (*door.Prepared, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if p, ok := e.feeds[base]; ok {
		return p, nil
	}
	body, err := xml.MarshalIndent(f.atom(e, base), "", " ")
	if err != nil {
		return nil, fault.Internal(fmt.Errorf("encode feed: %w", err))
	}
	p := door.Prepare(door.Content{Body: append([]byte(xml.Header), body...), Type: atomType, Cache: door.CacheAsk})
	if len(e.feeds) >= mostBases {
		clear(e.feeds)
	}
	e.feeds[base] = p
	return p, nil
}

func (f *Feed) getMessage(c *fiber.Ctx) error {
	if err := f.Frame.Limit(c, limit.Reads(), ""); err != nil {
		return err
	}
	id := c.Params("id")
	if e := f.now.Load(); e != nil {
		if p, ok := e.messages[id]; ok {
			p.Serve(c.Context())
			return nil
		}
	}
	ctx, cancel := context.WithTimeout(c.UserContext(), answerLimit)
	defer cancel()
	w, err := f.Store.PublicWarning(ctx, id)
	if err != nil {
		return err
	}
	prepareMessage(w).Serve(c.Context())
	return nil
}
