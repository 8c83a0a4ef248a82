package api

import (
	"context"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/access"
	"toancanh/server/fault"
	"toancanh/server/report"
)

// mostTogether bounds the reports of one bulk act; a client with more sends them one part after the other and shows how far
// it is.
const mostTogether = 200

// versioned names a report as somebody saw it.
type versioned struct {
	ID      string
	Version int64
}

// bulkItem is what became of one report of a bulk act.
type bulkItem struct {
	ID        string     `json:"id"` // as it was sent
	Done      bool       `json:"done"`
	Version   int64      `json:"version,omitempty"`
	Status    string     `json:"status,omitempty"`
	UndoUntil *time.Time `json:"undo_until,omitempty"`
	Reason    string     `json:"reason,omitempty"`
	Detail    string     `json:"detail,omitempty"`
}

type bulkAnswer struct {
	Done    int        `json:"done"`
	Refused int        `json:"refused"`
	Items   []bulkItem `json:"items"`
}

// readVersioned reads which reports are meant, each once and each with the version that was seen.
func readVersioned(o *object) []versioned {
	values := o.list("reports")
	switch {
	case len(values) == 0:
		o.wrong("reports", "required", "Chưa chọn phản ánh nào.")
	case len(values) > mostTogether:
		o.wrong("reports", "too_long", "Chỉ nhận tối đa %d phản ánh một lần.", mostTogether)
		return nil
	}
	seen := map[string]bool{}
	list := make([]versioned, 0, len(values))
	for i, v := range values {
		var wrong []error
		one := asObject(v, "", &wrong)
		r := versioned{one.text("id"), one.whole("version")}
		switch {
		case r.ID == "":
			one.wrong("id", "required", "Thiếu mã phản ánh.")
		case seen[r.ID]:
			one.wrong("id", "duplicate", "Phản ánh được ghi nhiều lần.")
		case r.Version < 1:
			one.wrong("version", "required", "Thiếu phiên bản đã xem.")
		}
		seen[r.ID] = true
		if err := one.done(); err != nil {
			*o.faults = append(*o.faults, fault.At(i, err))
		}
		list = append(list, r)
	}
	return list
}

// postActs does one act to many reports, each decided by itself.
func (a *API) postActs(ctx context.Context, c *fiber.Ctx) error {
	o, raw, act, err := a.askedAct(ctx, c)
	if err != nil {
		return err
	}
	reports := readVersioned(o)
	if err := o.done(); err != nil {
		return err
	}
	act.Actor = actor(asking(c).Principal)
	return a.bulk(ctx, c, raw, reports, func(_ context.Context, r versioned) (report.Act, error) {
		act := act
		act.Version = r.Version
		return act, nil
	})
}

// postUndo takes back what its caller has just done to reports, as far as the workflow has a way back.
func (a *API) postUndo(ctx context.Context, c *fiber.Ctx) error {
	o, raw, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	reports := readVersioned(o)
	if err := o.done(); err != nil {
		return err
	}
	who := actor(asking(c).Principal)
	return a.bulk(ctx, c, raw, reports, func(ctx context.Context, v versioned) (report.Act, error) {
		r, err := a.Store.Report(ctx, v.ID)
		if err == nil {
			err = mayOpen(asking(c).Principal, access.ReadReport)(r)
		}
		if err != nil {
			return report.Act{}, err
		}
		if r.Version != v.Version {
			return report.Act{}, fault.Conflict("Phản ánh vừa được người khác cập nhật, hãy xem lại rồi thao tác.").Because("version")
		}
		return a.wayBack(ctx, r, who)
	})
}

// wayBack is the act that undoes the last one of a report, if there is one.
func (a *API) wayBack(ctx context.Context, r report.Report, who string) (report.Act, error) {
	entries, err := a.Store.Timeline(ctx, r.ID)
	if err != nil {
		return report.Act{}, err
	}
	return report.Undo(r, entries, who, a.Now().UTC(), a.Atlas.Tree.Path)
}

// bulk does to each report what decide says, in transactions of their own, and answers what became of each.
func (a *API) bulk(ctx context.Context, c *fiber.Ctx, raw []byte, reports []versioned, decide func(context.Context, versioned) (report.Act, error)) error {
	who := asking(c).Principal
	again := c.Request().Header.Peek("Idempotency-Key") != nil
	return a.once(ctx, c, onceDeed{who: who.ID, raw: raw, do: func() (any, error) {
		answer := bulkAnswer{Items: make([]bulkItem, len(reports))}
		for i, v := range reports {
			after, err := a.oneOf(ctx, c, v, again, decide)
			if err != nil {
				answer.Refused++
				answer.Items[i] = refusedItem(v, err)
				continue
			}
			answer.Done++
			answer.Items[i] = bulkItem{ID: v.ID, Done: true, Version: after.Version, Status: string(after.Status)}
			if _, err := a.wayBack(ctx, after, actor(who)); err == nil {
				until := after.ChangedAt.Add(report.UndoWithin)
				answer.Items[i].UndoUntil = &until
			}
		}
		return answer, nil
	}})
}

// oneOf does the act to one report; again says that it may have been done already under the same key.
func (a *API) oneOf(ctx context.Context, c *fiber.Ctx, v versioned, again bool, decide func(context.Context, versioned) (report.Act, error)) (report.Report, error) {
	id, err := parseReportID(v.ID)
	if err != nil {
		return report.Report{}, err
	}
	act, err := decide(ctx, versioned{id, v.Version})
	if err != nil {
		return report.Report{}, hideID(err)
	}
	who := asking(c).Principal
	after, err := a.Intake.ActAs(ctx, id, act, may(who, act.Name))
	switch {
	case fault.Is(err, fault.KindForbidden):
		return after, a.refuse(c, refused{access.ActOn(string(act.Name)), "report:" + id, err})
	case err != nil && again:
		after, err = a.doneBefore(ctx, id, act, err)
	}
	return after, hideID(err)
}

// refusedItem says why an act was not done to one report.
func refusedItem(v versioned, err error) bulkItem {
	item := bulkItem{ID: v.ID, Reason: fault.KindOf(err).String(), Detail: fault.Message(err)}
	if first := fault.Items(err)[0]; first.Reason != "" {
		item.Reason = first.Reason
	}
	return item
}
