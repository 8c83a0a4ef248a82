package api

import (
	"context"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/auth"
	"toancanh/server/fault"
	"toancanh/server/store"
)

// Keys keeps the keys of gateways and partner systems.
type Keys interface {
	Keys(ctx context.Context) ([]auth.Key, error)
	AddKey(ctx context.Context, k auth.Key) error
	ChangeKey(ctx context.Context, k auth.Key) (auth.Key, error)
	RotateKey(ctx context.Context, r store.KeyRotation) (auth.Key, error)
	RevokeKey(ctx context.Context, id string) error
}

type keyShown struct {
	ID          string       `json:"id"`
	Label       string       `json:"label"`
	Rights      []auth.Right `json:"rights"`
	Scope       scopeShown   `json:"scope"`
	PerMinute   int          `json:"per_minute"`
	Burst       int          `json:"burst"`
	Version     int64        `json:"version"`
	CreatedAt   time.Time    `json:"created_at"`
	RotatedAt   *time.Time   `json:"rotated_at"`
	FormerUntil *time.Time   `json:"former_until"` // until when the secret before opens; null when it does not
	UsedAt      *time.Time   `json:"used_at"`
}

type scopeShown struct {
	Sensors    []string `json:"sensors"`
	Categories []string `json:"categories"`
	Areas      []string `json:"areas"`
}

func (a *API) showKey(k auth.Key) keyShown {
	shown := keyShown{
		ID: k.ID, Label: k.Label, Rights: k.Rights, Scope: scopeShown{some(k.Scope.Sensors), some(k.Scope.Categories), some(k.Scope.Areas)},
		PerMinute: k.Rate.PerMinute, Burst: k.Rate.Burst, Version: k.Version, CreatedAt: k.CreatedAt, RotatedAt: k.RotatedAt, UsedAt: k.UsedAt,
	}
	if k.FormerUntil != nil && a.Now().Before(*k.FormerUntil) {
		shown.FormerUntil = k.FormerUntil
	}
	return shown
}

// tokenShown is a key with its token, which is told this once.
type tokenShown struct {
	Key   keyShown `json:"key"`
	Token string   `json:"token"`
}

func (a *API) listKeys(ctx context.Context, c *fiber.Ctx) error {
	list, err := a.Keys.Keys(ctx)
	if err != nil {
		return err
	}
	shown := make([]keyShown, len(list))
	for i, k := range list {
		shown[i] = a.showKey(k)
	}
	return send(c, fiber.StatusOK, map[string]any{"keys": shown})
}

func (a *API) postKey(ctx context.Context, c *fiber.Ctx) error {
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	var rights []auth.Right
	for _, name := range texts(o, "rights") {
		rights = append(rights, auth.Right(name))
	}
	key, token, err := auth.NewKey(o.text("label"), rights...)
	if err != nil {
		return fault.Internal(err)
	}
	if key, err = a.readKey(o, key); err != nil {
		return err
	}
	if err := a.Keys.AddKey(ctx, key); err != nil {
		return err
	}
	key.Version, key.CreatedAt = 1, a.Now().UTC()
	c.Set(fiber.HeaderLocation, "/api/v1/keys/"+key.ID)
	return send(c, fiber.StatusCreated, tokenShown{a.showKey(key), token})
}

// readKey reads scope and rate into k and says everything that is wrong.
func (a *API) readKey(o *object, k auth.Key) (auth.Key, error) {
	scope, _ := o.child("scope")
	k.Scope = auth.KeyScope{Sensors: texts(scope, "sensors"), Categories: texts(scope, "categories"), Areas: texts(scope, "areas")}
	scope.refuseUnknown()
	if o.given("per_minute") {
		k.Rate.PerMinute = int(o.whole("per_minute"))
	}
	if o.given("burst") {
		k.Rate.Burst = int(o.whole("burst"))
	}
	k, wrong := auth.CheckKey(k, auth.Known{
		Category: func(code string) bool { _, ok := a.Rules.Category(code); return ok },
		Area:     func(division, code string) bool { return a.Atlas.Tree.Path(division, code) != nil },
	})
	return k, fault.Join(o.done(), wrong)
}

// readKeyInUse finds the key that a request names, and reads what is to become of it.
func (a *API) readKeyInUse(ctx context.Context, c *fiber.Ctx) (auth.Key, *object, error) {
	list, err := a.Keys.Keys(ctx)
	if err != nil {
		return auth.Key{}, nil, err
	}
	i := slices.IndexFunc(list, func(k auth.Key) bool { return k.ID == c.Params("id") })
	if i < 0 {
		return auth.Key{}, nil, fault.NotFound("Không có khóa này, hoặc khóa đã bị thu hồi.")
	}
	o, _, err := readObject(c, smallBody)
	return list[i], o, err
}

// putKey sets label, scope and rate; what is left out of the rate stays. Rights stay: for others there is another key.
func (a *API) putKey(ctx context.Context, c *fiber.Ctx) error {
	key, o, err := a.readKeyInUse(ctx, c)
	if err != nil {
		return err
	}
	key.Version, key.Label = o.whole("version"), o.text("label")
	if key, err = a.readKey(o, key); err != nil {
		return err
	}
	if key, err = a.Keys.ChangeKey(ctx, key); err != nil {
		return err
	}
	return send(c, fiber.StatusOK, a.showKey(key))
}

// postRotation gives a key another secret; the one before opens for the hours asked for.
func (a *API) postRotation(ctx context.Context, c *fiber.Ctx) error {
	key, o, err := a.readKeyInUse(ctx, c)
	if err != nil {
		return err
	}
	overlap := auth.UsualOverlap
	if o.given("overlap_hours") {
		const most = int64(auth.MostOverlap/time.Hour) + 1 // more hours than a Duration holds are as wrong
		overlap = time.Duration(min(max(o.whole("overlap_hours"), -1), most)) * time.Hour
	}
	if err := fault.Join(o.done(), auth.CheckOverlap(overlap)); err != nil {
		return err
	}
	renewed, token, err := key.Renew()
	if err != nil {
		return fault.Internal(err)
	}
	now := a.Now().UTC()
	if key, err = a.Keys.RotateKey(ctx, store.KeyRotation{ID: key.ID, Hash: renewed.Hash, At: now, Until: now.Add(overlap)}); err != nil {
		return err
	}
	return send(c, fiber.StatusOK, tokenShown{a.showKey(key), token})
}

func (a *API) deleteKey(ctx context.Context, c *fiber.Ctx) error {
	if err := a.Keys.RevokeKey(ctx, c.Params("id")); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}
