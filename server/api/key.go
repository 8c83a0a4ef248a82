package api

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/auth"
	"toancanh/server/fault"
	"toancanh/server/limit"
)

const (
	keyLife  = time.Second // a key revoked or changed in any process works at most this much longer in this one
	mostKeys = 1000
	useEvery = 30 * time.Second // how often the last use of keys is written
)

// keyUse reads keys and notes when they were used.
type keyUse interface {
	Key(ctx context.Context, id string) (auth.Key, error)
	NoteKeyUse(ctx context.Context, used map[string]time.Time) error
}

// keyring remembers keys for a moment. Only keys whose secret was right are remembered, so a stranger can neither fill it
// nor learn from its pace which keys exist.
type keyring struct {
	store keyUse
	now   func() time.Time

	mu   sync.Mutex
	held map[string]heldKey   // by id
	used map[string]time.Time // minutes of use not yet written, by id
}

type heldKey struct {
	key auth.Key
	at  time.Time
}

func newKeyring(store keyUse, now func() time.Time) *keyring {
	return &keyring{store: store, now: now, held: map[string]heldKey{}, used: map[string]time.Time{}}
}

func (k *keyring) open(ctx context.Context, token string) (auth.Key, error) {
	id, secret, ok := auth.SplitKey(token)
	if !ok {
		return auth.Key{}, auth.ErrKey
	}
	now := k.now() // before the key is read: what is remembered is never younger than it says
	key, held := k.recall(id, now)
	if !held {
		var err error
		if key, err = k.store.Key(ctx, id); err != nil {
			return auth.Key{}, err
		}
	}
	if err := key.Open(secret, now); err != nil {
		return auth.Key{}, err
	}
	k.remember(heldKey{key, now}, !held)
	return key, nil
}

func (k *keyring) recall(id string, now time.Time) (auth.Key, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	h, ok := k.held[id]
	age := now.Sub(h.at)
	return h.key, ok && age >= 0 && age < keyLife
}

// remember notes the use of a key, and holds one that was just read.
func (k *keyring) remember(h heldKey, read bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if minute := h.at.UTC().Truncate(time.Minute); minute.After(k.used[h.key.ID]) && (h.key.UsedAt == nil || minute.After(*h.key.UsedAt)) {
		k.used[h.key.ID] = minute
	}
	if !read {
		return
	}
	if len(k.held) >= mostKeys {
		clear(k.held)
	}
	k.held[h.key.ID] = h
}

// write keeps the uses noted since, in one statement. What cannot be written is tried again.
func (k *keyring) write(ctx context.Context) error {
	k.mu.Lock()
	used := k.used
	k.used = map[string]time.Time{}
	k.mu.Unlock()
	if len(used) == 0 {
		return nil
	}
	err := k.store.NoteKeyUse(ctx, used)
	if err == nil {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for id, at := range used {
		if at.After(k.used[id]) {
			k.used[id] = at
		}
	}
	return err
}

// Run writes when keys were used last until ctx ends, and then what is left.
func (a *API) Run(ctx context.Context) error {
	tick := time.NewTicker(useEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerLimit)
			defer cancel()
			a.writeKeyUse(last)
			return nil
		case <-tick.C:
			a.writeKeyUse(ctx)
		}
	}
}

func (a *API) writeKeyUse(ctx context.Context) {
	if err := a.keyring.write(ctx); err != nil {
		a.Log.LogAttrs(ctx, slog.LevelWarn, "the use of keys cannot be noted", slog.Any("err", err))
	}
}

type shownKey struct{}

// caller is the key a request shows; the zero key when it shows none. A wrong one is a fault everywhere, so that a
// gateway with a mistyped key is not taken for a citizen. It is looked at, and counted, once a request.
func (a *API) caller(ctx context.Context, c *fiber.Ctx) (auth.Key, error) {
	if key, ok := c.Locals(shownKey{}).(auth.Key); ok {
		return key, nil
	}
	key, err := a.shown(ctx, c)
	if err != nil || key.ID == "" {
		return key, err
	}
	if err := a.Frame.Limit(c, limit.Key(key.Rate.PerMinute, key.Rate.Burst), key.Name()); err != nil {
		return auth.Key{}, err
	}
	c.Locals(shownKey{}, key)
	return key, nil
}

func (a *API) shown(ctx context.Context, c *fiber.Ctx) (auth.Key, error) {
	header := c.Get(fiber.HeaderAuthorization)
	if header == "" {
		return auth.Key{}, nil
	}
	scheme, token, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return auth.Key{}, fault.Unauthenticated("Cần dòng tiêu đề Authorization: Bearer <khóa>.")
	}
	return a.keyring.open(ctx, strings.TrimSpace(token))
}

// OpenKey is the key of a token that another door was shown, counted against its rate as if it had been shown here.
func (a *API) OpenKey(ctx context.Context, c *fiber.Ctx, token string) (auth.Key, error) {
	key, err := a.keyring.open(ctx, token)
	if err != nil {
		return auth.Key{}, err
	}
	return key, a.Frame.Limit(c, limit.Key(key.Rate.PerMinute, key.Rate.Burst), key.Name())
}

// need is the caller's key with a right.
func (a *API) need(ctx context.Context, c *fiber.Ctx, right auth.Right) (auth.Key, error) {
	key, err := a.caller(ctx, c)
	switch {
	case err != nil:
		return key, err
	case key.ID == "":
		return key, fault.Unauthenticated("Thiếu khóa: cần dòng tiêu đề Authorization: Bearer <khóa>.")
	case !key.May(right):
		return key, fault.Forbidden("Khóa này không có quyền %q.", right).Because("right")
	}
	return key, nil
}
