package api

import (
	"context"
	"encoding/json"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/auth"
	"toancanh/server/door"
	"toancanh/server/fault"
	"toancanh/server/gateway"
	"toancanh/server/intake"
	"toancanh/server/report"
	"toancanh/server/sensor"
	"toancanh/server/store"
)

// taken is the answer to a list of which each item stands for itself.
type taken struct {
	Accepted int              `json:"accepted"`
	Refused  []intake.Refusal `json:"refused"`
	Notice   string           `json:"notice,omitempty"` // how the sender's gateway is judged; none while all is well
}

func (a *API) postReadings(ctx context.Context, c *fiber.Ctx) error {
	key, err := a.need(ctx, c, auth.RightReadings)
	if err != nil {
		return err
	}
	g, err := a.gatewayOf(ctx, key)
	if err != nil {
		return err
	}
	return a.takeReadings(ctx, c, bulk{key: key, door: sensor.Ordinary, origin: originOf(key), gateway: g})
}

func (a *API) postPastReadings(ctx context.Context, c *fiber.Ctx) error {
	key, err := a.need(ctx, c, auth.RightHistory)
	if err != nil {
		return err
	}
	q, err := query(c, "origin")
	if err != nil {
		return err
	}
	origin := report.Origin(q["origin"])
	if origin != "" && !origin.Known() {
		return fault.Invalid("origin", "Nguồn gốc dữ liệu không hợp lệ.").Because("unknown")
	}
	return a.takeReadings(ctx, c, bulk{key: key, door: sensor.History, origin: origin})
}

// bulk says by whom and by which door readings come.
type bulk struct {
	key    auth.Key
	door   sensor.Door
	origin report.Origin
	// gateway is the one the key belongs to, if any.
	gateway gateway.Gateway
}

func (a *API) takeReadings(ctx context.Context, c *fiber.Ctx, b bulk) error {
	raw, err := inflated(c, bulkBody)
	if err != nil {
		return err
	}
	items, err := decodeReadings(c, raw)
	if err != nil {
		if b.gateway.Code != "" {
			a.Intake.MisreadGateway(b.gateway, fault.Message(err))
		}
		return err
	}
	return a.once(ctx, c, onceDeed{who: b.key.Name(), raw: raw, do: func() (any, error) {
		if err := a.bear(ctx, c, load{b.gateway, len(items)}); err != nil {
			return nil, err
		}
		accepted, refused, err := a.Intake.AcceptReadingsAs(ctx, intake.ReadingBody{
			Items: items, Door: b.door, Origin: b.origin, May: a.readingWithin(b.key), Via: b.key.Name(),
			Gateway: b.gateway.Code,
		})
		if err != nil {
			return nil, err
		}
		if accepted == 0 && mediaType(c) == jsonType && !json.Valid(raw) {
			return nil, &door.Refusal{Status: fiber.StatusBadRequest, Detail: "Nội dung không phải là JSON hợp lệ."}
		}
		return taken{accepted, append([]intake.Refusal{}, refused...), b.gateway.State.Notice()}, nil
	}})
}

func decodeReadings(c *fiber.Ctx, raw []byte) ([]sensor.Item, error) {
	lines := []string{"application/x-ndjson", "application/ndjson", "application/jsonl"}
	if err := takes(c, append([]string{jsonType}, lines...)...); err != nil {
		return nil, err
	}
	encoding := sensor.NDJSON
	if mediaType(c) == jsonType {
		encoding = sensor.JSON
	}
	items, err := sensor.DecodeReadings(raw, encoding)
	switch {
	case fault.Is(err, fault.KindTooMany):
		return nil, &door.Refusal{Status: fiber.StatusRequestEntityTooLarge, Detail: fault.Message(err) + "."}
	case err != nil:
		return nil, &door.Refusal{Status: fiber.StatusBadRequest, Detail: fault.Message(err) + "."}
	}
	return items, nil
}

// onceDeed is a deed that may come again under one Idempotency-Key.
type onceDeed struct {
	who string // whose key it is
	raw []byte
	do  func() (any, error)
}

// once answers a known Idempotency-Key by its first answer, and else does the deed and remembers the answer. The deed
// must be able to tell a repeat by itself: between its commit and the remembering the process may end.
func (a *API) once(ctx context.Context, c *fiber.Ctx, d onceDeed) error {
	key, err := promise(c, d.who, d.raw)
	if err != nil {
		return err
	}
	if key != nil {
		name := key.Scope + "\x00" + key.Key
		if _, busy := a.running.LoadOrStore(name, true); busy {
			return fault.Conflict("Yêu cầu trước với cùng khóa đang được xử lý, xin thử lại sau.").Because("in_progress")
		}
		defer a.running.Delete(name)
		first, known, err := a.Store.Promised(ctx, store.Promise{Scope: key.Scope, Key: key.Key, BodyHash: key.BodyHash})
		switch {
		case err != nil:
			return err
		case known && first.Err != nil:
			return first.Err
		case known:
			c.Set("Idempotency-Replayed", "true")
			return sendRaw(c, fiber.StatusOK, []byte(first.Answer))
		}
	}
	answer, err := d.do()
	if err != nil {
		return err
	}
	raw, err := json.Marshal(answer)
	if err != nil {
		return fault.Internal(err)
	}
	if key != nil {
		// The deed is done: failing to remember it must not make the caller believe otherwise.
		_ = a.Store.KeepPromise(ctx, store.Promise{Scope: key.Scope, Key: key.Key, BodyHash: key.BodyHash, Answer: string(raw)})
	}
	return sendRaw(c, fiber.StatusOK, raw)
}
