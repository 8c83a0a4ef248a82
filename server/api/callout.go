package api

import (
	"context"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/access"
	"toancanh/server/auth"
	"toancanh/server/callout"
	"toancanh/server/duty"
	"toancanh/server/fault"
	"toancanh/server/store"
)

// calledOut is what the store knows of ways to people and of calls.
type calledOut interface {
	Ways(ctx context.Context, people []string) ([]store.Way, error)
	AllChannels(ctx context.Context) (map[string][]duty.Channel, error)
	DropWay(ctx context.Context, person, id string) error
	Calls(ctx context.Context, alarmID string) ([]store.Call, error)
	AlarmPlace(ctx context.Context, id string) (access.Place, error)
	ContactTest(ctx context.Context, id string) (store.ContactTest, error)
	LastContactTest(ctx context.Context) (store.ContactTest, error)
}

func (a *API) calloutRoutes(v1 guarded) {
	v1.Get("/duty/ways", a.within(answerLimit, a.listWays))
	v1.Post("/duty/ways/push", a.within(answerLimit, a.postBrowser))
	v1.Put("/duty/ways/sms", a.within(answerLimit, a.putAddress(duty.SMS, "phone")))
	v1.Put("/duty/ways/mail", a.within(answerLimit, a.putAddress(duty.Mail, "email")))
	v1.Post("/duty/ways/test", a.within(answerLimit, a.postOwnTest))
	v1.Delete("/duty/ways/:id", a.within(answerLimit, a.deleteWay))
	v1.Post("/duty/tests", a.within(answerLimit, a.postContactTest))
	v1.Get("/duty/tests/last", a.within(answerLimit, a.getLastTest))
	v1.Get("/duty/tests/:id", a.within(answerLimit, a.getContactTest))
	v1.Get("/alarms/:id/attempts", a.within(answerLimit, a.listAttempts))
	v1.Post("/callout/arrivals", a.within(answerLimit, a.postArrival))
	v1.Post("/callout/reports", a.within(answerLimit, a.postCallReport))
}

// oneself is the person who asks; a machine is none.
func oneself(c *fiber.Ctx) (auth.Person, error) {
	if s := asking(c).Session; s != nil {
		return s.Person, nil
	}
	return auth.Person{}, fault.Forbidden("Việc này cần đăng nhập bằng tài khoản của chính mình.").Because("right")
}

type wayShown struct {
	ID        string       `json:"id"`
	Channel   duty.Channel `json:"channel"`
	Device    string       `json:"device"`
	To        string       `json:"to"` // one's own phone or address
	MadeAt    time.Time    `json:"made_at"`
	ReachedAt *time.Time   `json:"reached_at"`
	FailedAt  *time.Time   `json:"failed_at"`
	Problem   string       `json:"problem"`
}

func (a *API) showWay(w store.Way) wayShown {
	return wayShown{w.ID, w.Channel, w.Device, a.Callout.Shown(w), w.MadeAt, w.ReachedAt, w.FailedAt, w.Problem}
}

// listWays tells somebody how they themselves are reached, and which channels there are.
func (a *API) listWays(ctx context.Context, c *fiber.Ctx) error {
	p, err := oneself(c)
	if err != nil {
		return err
	}
	list, err := a.Duty.Ways(ctx, []string{p.ID})
	if err != nil {
		return err
	}
	shown := make([]wayShown, len(list))
	for i, w := range list {
		shown[i] = a.showWay(w)
	}
	return send(c, fiber.StatusOK, map[string]any{"channels": a.Callout.Channels(), "push_key": a.Callout.PushKey(), "ways": shown})
}

// postBrowser keeps a browser that takes pushes.
func (a *API) postBrowser(ctx context.Context, c *fiber.Ctx) error {
	p, err := oneself(c)
	if err != nil {
		return err
	}
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	b := callout.Browser{
		Endpoint: o.text("endpoint"), Key: o.text("p256dh"), Auth: o.text("auth"), Device: agentOf(c.Get(fiber.HeaderUserAgent)),
	}
	if err := o.done(); err != nil {
		return err
	}
	w, err := a.Callout.KeepBrowser(ctx, p.ID, b)
	if err != nil {
		return err
	}
	return send(c, fiber.StatusCreated, a.showWay(w))
}

// putAddress keeps one's phone or mail address.
func (a *API) putAddress(channel duty.Channel, field string) func(context.Context, *fiber.Ctx) error {
	return func(ctx context.Context, c *fiber.Ctx) error {
		p, err := oneself(c)
		if err != nil {
			return err
		}
		o, _, err := readObject(c, smallBody)
		if err != nil {
			return err
		}
		to := strings.TrimSpace(o.text(field))
		if err := o.done(); err != nil {
			return err
		}
		w, err := a.Callout.KeepAddress(ctx, p.ID, channel, to)
		if err != nil {
			return err
		}
		return send(c, fiber.StatusOK, a.showWay(w))
	}
}

func (a *API) deleteWay(ctx context.Context, c *fiber.Ctx) error {
	p, err := oneself(c)
	if err != nil {
		return err
	}
	if err := a.Duty.DropWay(ctx, p.ID, c.Params("id")); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

type callShown struct {
	ID          string        `json:"id"`
	Round       int           `json:"round,omitempty"`
	Step        int           `json:"step,omitempty"`
	Position    duty.Position `json:"position"`
	Person      string        `json:"person"`
	Name        string        `json:"name"`
	Channel     duty.Channel  `json:"channel"`
	Result      duty.Result   `json:"result"` // due, sent, delivered or failed
	Reason      string        `json:"reason"`
	At          time.Time     `json:"at"`
	SentAt      *time.Time    `json:"sent_at"`
	DeliveredAt *time.Time    `json:"delivered_at"`
	FailedAt    *time.Time    `json:"failed_at"`
	AnsweredAt  *time.Time    `json:"answered_at"`
}

func showCalls(list []store.Call) []callShown {
	shown := make([]callShown, len(list))
	for i, c := range list {
		shown[i] = callShown{
			c.ID, c.Round, c.Step, c.Position, c.Person, c.Name, c.Channel, c.Result, c.Reason, c.MadeAt, c.SentAt, c.DeliveredAt, c.FailedAt, c.AnsweredAt,
		}
	}
	return shown
}

// listAttempts lists who was called for an alarm, how, and what became of it.
func (a *API) listAttempts(ctx context.Context, c *fiber.Ctx) error {
	id := strings.Clone(c.Params("id"))
	place, err := a.Duty.AlarmPlace(ctx, id)
	if err != nil {
		return err
	}
	switch access.Decide(asking(c).Principal, access.ReadCalls, access.Object{Place: place}) {
	case access.Allow:
	case access.Forbid:
		return fault.Forbidden("Vai trò của bạn không có quyền này.").Because("right")
	case access.Hide:
		return fault.NotFound("Không có cảnh báo này.")
	}
	list, err := a.Duty.Calls(ctx, id)
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, map[string]any{"attempts": showCalls(list)})
}

type testShown struct {
	ID     string      `json:"id"`
	MadeAt time.Time   `json:"made_at"`
	Name   string      `json:"name"` // of who made it
	Own    bool        `json:"own"`
	Calls  []callShown `json:"calls"`
}

func sendTest(c *fiber.Ctx, status int, t store.ContactTest, err error) error {
	if err != nil {
		return err
	}
	return send(c, status, testShown{t.ID, t.MadeAt, t.Name, t.Own, showCalls(t.Calls)})
}

// tester is who makes a test, for the record.
func tester(c *fiber.Ctx) (by, name string) {
	who := asking(c)
	if who.Session != nil {
		name = who.Session.Person.Name
	}
	return who.ID, name
}

func (a *API) postContactTest(ctx context.Context, c *fiber.Ctx) error {
	by, name := tester(c)
	id, err := a.Callout.Test(ctx, by, name)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderLocation, "/api/v1/duty/tests/"+id)
	t, err := a.Duty.ContactTest(ctx, id)
	return sendTest(c, fiber.StatusCreated, t, err)
}

// postOwnTest asks only the caller.
func (a *API) postOwnTest(ctx context.Context, c *fiber.Ctx) error {
	p, err := oneself(c)
	if err != nil {
		return err
	}
	by, name := tester(c)
	id, err := a.Callout.TestOwn(ctx, p.ID, by, name)
	if err != nil {
		return err
	}
	t, err := a.Duty.ContactTest(ctx, id)
	return sendTest(c, fiber.StatusCreated, t, err)
}

func (a *API) getLastTest(ctx context.Context, c *fiber.Ctx) error {
	t, err := a.Duty.LastContactTest(ctx)
	return sendTest(c, fiber.StatusOK, t, err)
}

func (a *API) getContactTest(ctx context.Context, c *fiber.Ctx) error {
	t, err := a.Duty.ContactTest(ctx, c.Params("id"))
	return sendTest(c, fiber.StatusOK, t, err)
}

// postArrival takes a device's word that a message arrived, and whether its person opened it: the secret of the message is
// what it shows.
func (a *API) postArrival(ctx context.Context, c *fiber.Ctx) error {
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	token, answered := o.text("token"), o.flag("answered")
	if err := o.done(); err != nil {
		return err
	}
	test, err := a.Callout.Arrived(ctx, token, answered)
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, map[string]bool{"test": test})
}

// postCallReport takes the gateway's word of what became of a message; its signature is what it shows.
func (a *API) postCallReport(ctx context.Context, c *fiber.Ctx) error {
	if err := takes(c, jsonType); err != nil {
		return err
	}
	raw, err := body(c, smallBody)
	if err != nil {
		return err
	}
	signed, err := a.Callout.Reported(ctx, func(name string) string { return c.Get(name) }, raw)
	if err != nil {
		return err
	}
	if !signed {
		return fault.Unauthenticated("Chữ ký của cổng tin nhắn không đúng.").Because("signature")
	}
	return c.SendStatus(fiber.StatusNoContent)
}
