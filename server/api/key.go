package api

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/auth"
	"toancanh/server/fault"
)

const (
	keyLife  = 10 * time.Second // a revoked key works at most this much longer
	mostKeys = 1000
)

// keyring remembers keys for a little while. Only keys whose secret was right are remembered, so a stranger can
// neither fill it nor learn from its pace which keys exist.
type keyring struct {
	load func(context.Context, string) (auth.Key, error)
	now  func() time.Time

	mu   sync.Mutex
	held map[string]heldKey // by id
}

type heldKey struct {
	key auth.Key
	at  time.Time
}

func newKeyring(load func(context.Context, string) (auth.Key, error), now func() time.Time) *keyring {
	return &keyring{load: load, now: now, held: map[string]heldKey{}}
}

var errKey = fault.Unauthenticated("Khóa không đúng hoặc đã bị thu hồi.") //nolint:gochecknoglobals // an error value

func (k *keyring) open(ctx context.Context, token string) (auth.Key, error) {
	id, secret, ok := auth.SplitKey(token)
	if !ok {
		return auth.Key{}, errKey
	}
	key, ok := k.recall(id)
	if !ok {
		var err error
		if key, err = k.load(ctx, id); err != nil {
			return auth.Key{}, err
		}
	}
	if !key.Matches(secret) {
		return auth.Key{}, errKey
	}
	if !ok {
		k.remember(key)
	}
	return key, nil
}

func (k *keyring) recall(id string) (auth.Key, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	h, ok := k.held[id]
	if !ok || k.now().Sub(h.at) > keyLife {
		return auth.Key{}, false
	}
	return h.key, true
}

func (k *keyring) remember(key auth.Key) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.held) >= mostKeys {
		clear(k.held)
	}
	k.held[key.ID] = heldKey{key, k.now()}
}

// caller is the key a request shows; the zero key when it shows none. A wrong one is a fault everywhere, so that a
// gateway with a mistyped key is not taken for a citizen.
func (a *API) caller(ctx context.Context, c *fiber.Ctx) (auth.Key, error) {
	header := c.Get(fiber.HeaderAuthorization)
	if header == "" {
		return auth.Key{}, nil
	}
	scheme, token, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return auth.Key{}, fault.Unauthenticated("Cần dòng tiêu đề Authorization: Bearer <khóa>.")
	}
	return a.keys.open(ctx, strings.TrimSpace(token))
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
