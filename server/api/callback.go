package api

import (
	"context"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/access"
	"toancanh/server/auth"
	"toancanh/server/fault"
	"toancanh/server/report"
	"toancanh/server/store"
)

type callbackShown struct {
	ID          string             `json:"id"`
	Report      reportNamed        `json:"report"`
	Requester   personNamed        `json:"requester"`
	Confirmer   personNamed        `json:"confirmer"`
	Reason      string             `json:"reason"`
	State       auth.CallbackState `json:"state"`
	RequestedAt time.Time          `json:"requested_at"`
	EndsAt      time.Time          `json:"ends_at"`
	Own         bool               `json:"own"` // asked for by the caller
}

func (a *API) showCallback(k store.KnownCallback, personID string) callbackShown {
	return callbackShown{
		ID: k.ID, Report: reportNamed{k.ReportID, k.Code}, Requester: personNamed{k.Requester, k.RequesterName},
		Confirmer: personNamed{k.Confirmer, k.ConfirmerName}, Reason: k.Reason, State: k.State(a.Now()),
		RequestedAt: k.RequestedAt, EndsAt: k.EndsAt().UTC(), Own: k.Requester == personID,
	}
}

// listCallbacks are the call-backs of the caller's area that are not long over, and the reasons there are.
func (a *API) listCallbacks(ctx context.Context, c *fiber.Ctx) error {
	person, err := named(c)
	if err != nil {
		return err
	}
	list, err := a.Contacts.Callbacks(ctx, a.Now().Add(-auth.ConfirmWithin-auth.ShowWithin))
	if err != nil {
		return err
	}
	shown := []callbackShown{}
	for _, k := range list {
		if access.Decide(asking(c).Principal, access.CallBack, access.Object{Place: k.Place}) == access.Allow {
			shown = append(shown, a.showCallback(k, person.ID))
		}
	}
	return send(c, fiber.StatusOK, map[string]any{"callbacks": shown, "reasons": auth.CallbackReasons()})
}

// errNotUrgent refuses a call-back about what can wait.
//
//nolint:gochecknoglobals // an error value
var errNotUrgent = fault.Conflict("Chỉ gọi lại khẩn cấp cho phản ánh đang mở, khẩn cấp hoặc ưu tiên cao.").Because("not_urgent")

// errNoPhone refuses a call-back to somebody who left no number.
//
//nolint:gochecknoglobals // an error value
var errNoPhone = fault.Conflict("Người gửi không để lại số điện thoại.").Because("no_phone")

// mayCallBack is mayOpen for reports that are urgent.
func mayCallBack(who access.Principal) func(report.Report) error {
	may := mayOpen(who, access.CallBack)
	return func(r report.Report) error {
		if err := may(r); err != nil {
			return err
		}
		if !r.Urgent() {
			return errNotUrgent
		}
		return nil
	}
}

// withPhone opens a sealed contact and wants a number in it.
func (a *API) withPhone(contact *report.Contact) func(string, auth.Sealed) error {
	open := a.opener(contact)
	return func(reportID string, s auth.Sealed) error {
		if err := open(reportID, s); err != nil {
			return err
		}
		if contact.Phone == "" {
			return errNoPhone
		}
		return nil
	}
}

// postCallback asks for a call-back. That there is a number is seen now, so that nobody turns the second key for nothing;
// it is told to nobody.
func (a *API) postCallback(ctx context.Context, c *fiber.Ctx) error {
	by, o, err := a.opening(c)
	if err != nil {
		return err
	}
	by.Reason = o.text("reason")
	if !auth.KnownCallbackReason(by.Reason) {
		o.wrong("reason", "unknown", "Cần chọn một lý do trong danh sách.")
	}
	if err := o.done(); err != nil {
		return err
	}
	var unseen report.Contact
	asked, err := a.Contacts.AskCallback(ctx, by, store.Checks{May: mayCallBack(asking(c).Principal), Open: a.withPhone(&unseen)})
	if err != nil {
		return a.noteRefused(c, access.CallBack, by.ReportID, err)
	}
	return send(c, fiber.StatusCreated, a.showCallback(store.KnownCallback{Callback: asked}, by.PersonID))
}

// step is a step of a call-back by a person.
type step struct {
	name string
	move func(k auth.Callback, who string, now time.Time) (auth.Callback, error)
	may  func(access.Principal) func(report.Report) error
	open func(string, auth.Sealed) error
}

func (a *API) moveCallback(ctx context.Context, c *fiber.Ctx, s step) (auth.Callback, auth.Person, error) {
	person, err := named(c)
	if err != nil {
		return auth.Callback{}, person, err
	}
	now := a.Now().UTC()
	after, err := a.Contacts.MoveCallback(ctx, store.CallbackMove{
		ID: c.Params("id"), Step: s.name,
		Move:   func(k auth.Callback) (auth.Callback, error) { return s.move(k, person.ID, now) },
		Checks: store.Checks{May: s.may(asking(c).Principal), Open: s.open},
	})
	if err != nil {
		err = a.noteRefused(c, access.CallBack, after.ReportID, err)
	}
	return after, person, err
}

func (a *API) answerStep(ctx context.Context, c *fiber.Ctx, s step) error {
	after, person, err := a.moveCallback(ctx, c, s)
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, a.showCallback(store.KnownCallback{Callback: after}, person.ID))
}

// postConfirm turns the second key.
func (a *API) postConfirm(ctx context.Context, c *fiber.Ctx) error {
	return a.answerStep(ctx, c, step{name: "confirmed", move: auth.Callback.Confirm, may: mayCallBack})
}

// postRefusal ends a call-back; what is no longer urgent can be ended too.
func (a *API) postRefusal(ctx context.Context, c *fiber.Ctx) error {
	return a.answerStep(ctx, c, step{name: "refused", move: auth.Callback.Refuse, may: func(who access.Principal) func(report.Report) error {
		return mayOpen(who, access.CallBack)
	}})
}

// postNumber shows the number, once, to the one who asked.
func (a *API) postNumber(ctx context.Context, c *fiber.Ctx) error {
	var contact report.Contact
	_, _, err := a.moveCallback(ctx, c, step{name: "shown", move: auth.Callback.Show, may: mayCallBack, open: a.withPhone(&contact)})
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, map[string]any{"phone": contact.Phone, "visible_s": int(auth.NumberStays / time.Second)})
}
