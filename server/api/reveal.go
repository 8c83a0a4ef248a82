package api

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"
	"golang.org/x/text/unicode/norm"

	"toancanh/server/access"
	"toancanh/server/audit"
	"toancanh/server/auth"
	"toancanh/server/fault"
	"toancanh/server/report"
	"toancanh/server/store"
)

// Contacts keeps who was shown the contact of a sender.
type Contacts interface {
	RevealContact(ctx context.Context, o store.Opening, check store.Checks) error
	Reveals(ctx context.Context, f store.RevealFilter) ([]store.Reveal, error)
	RevealCounts(ctx context.Context, now time.Time) ([]store.RevealCount, error)
	SeeReveal(ctx context.Context, id int64, personID string, now time.Time) error
	AskCallback(ctx context.Context, o store.Opening, check store.Checks) (auth.Callback, error)
	MoveCallback(ctx context.Context, m store.CallbackMove) (auth.Callback, error)
	Callbacks(ctx context.Context, since time.Time) ([]store.KnownCallback, error)
}

// Bounds of the reason for a reveal, in characters.
const (
	leastReason = 10
	mostReason  = 500
)

// named is the person who asks: whoever opens a contact does it under a name.
func named(c *fiber.Ctx) (auth.Person, error) {
	if s := asking(c).Session; s != nil {
		return s.Person, nil
	}
	return auth.Person{}, fault.Forbidden("Việc này cần đăng nhập bằng tên của mình.").Because("person")
}

// mayOpen says whether the caller may do an action to a report as it stands in the transaction of the deed.
func mayOpen(who access.Principal, action access.Action) func(report.Report) error {
	return func(r report.Report) error {
		switch access.Decide(who, action, objectOf(r)) {
		case access.Allow:
			return nil
		case access.Forbid:
			return fault.Forbidden("Vai trò của bạn không có quyền này.").Because("right")
		case access.Hide:
		}
		return errNoReport
	}
}

// opener opens a sealed contact into contact.
func (a *API) opener(contact *report.Contact) func(string, auth.Sealed) error {
	return func(reportID string, s auth.Sealed) error {
		plain, err := a.Sealer.Open(reportID, s)
		if err != nil {
			return err
		}
		return fault.Internal(json.Unmarshal(plain, contact))
	}
}

// noteRefused notes in the audit that somebody was refused to open a contact, and returns why.
func (a *API) noteRefused(c *fiber.Ctx, action access.Action, id string, why error) error {
	if k := fault.KindOf(why); k != fault.KindForbidden && k != fault.KindTooMany {
		return hideID(why)
	}
	row := audit.Row{What: string(action), Object: "report:" + id, Result: audit.Refused, Why: fault.Items(why)[0].Reason}
	if err := a.People.KeepAudit(c.UserContext(), row); err != nil {
		return err
	}
	if fault.Is(why, fault.KindTooMany) {
		c.Set(fiber.HeaderRetryAfter, retryHourly)
	}
	return why
}

// retryHourly is when to try again after an hour's share is used up, in seconds: some of it comes back by then.
const retryHourly = "600"

// opening reads who wants to open the contact of which report, and the body in which they say why.
func (a *API) opening(c *fiber.Ctx) (store.Opening, *object, error) {
	person, err := named(c)
	if err != nil {
		return store.Opening{}, nil, err
	}
	id, err := reportID(c)
	if err != nil {
		return store.Opening{}, nil, err
	}
	o, _, err := readObject(c, smallBody)
	return store.Opening{ReportID: id, PersonID: person.ID, At: a.Now().UTC()}, o, err
}

// postReveal shows the contact of a report's sender, once, to somebody who says why.
func (a *API) postReveal(ctx context.Context, c *fiber.Ctx) error {
	by, o, err := a.opening(c)
	if err != nil {
		return err
	}
	by.Reason = strings.TrimSpace(norm.NFC.String(o.text("reason")))
	if n := utf8.RuneCountInString(by.Reason); n < leastReason || n > mostReason || strings.ContainsFunc(by.Reason, unicode.IsControl) {
		o.wrong("reason", "format", "Cần ghi lý do, từ %d đến %d ký tự.", leastReason, mostReason)
	}
	if err := o.done(); err != nil {
		return err
	}
	var contact report.Contact
	err = a.Contacts.RevealContact(ctx, by, store.Checks{May: mayOpen(asking(c).Principal, access.RevealContact), Open: a.opener(&contact)})
	if err != nil {
		return a.noteRefused(c, access.RevealContact, by.ReportID, err)
	}
	return send(c, fiber.StatusOK, map[string]any{"contact": map[string]string{
		"name": contact.Name, "phone": contact.Phone, "email": contact.Email,
	}})
}

type revealShown struct {
	ID        string      `json:"id"`
	At        time.Time   `json:"at"`
	Report    reportNamed `json:"report"`
	Person    personNamed `json:"person"`
	Kind      string      `json:"kind"` // reveal, callback
	Reason    string      `json:"reason"`
	Confirmer string      `json:"confirmer"`
	SeenAt    *time.Time  `json:"seen_at"`
	SeenBy    string      `json:"seen_by"`
}

type reportNamed struct {
	ID   string `json:"id"`
	Code string `json:"code"`
}

type personNamed struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type countShown struct {
	Person personNamed `json:"person"`
	Day    int         `json:"day"`
	Month  int         `json:"month"`
	Unseen int         `json:"unseen"`
}

// listReveals is who was shown which contact and why, for the data-protection officer.
func (a *API) listReveals(ctx context.Context, c *fiber.Ctx) error {
	q, err := query(c, "person", "seen", "cursor", "limit")
	if err != nil {
		return err
	}
	f := store.RevealFilter{PersonID: q["person"]}
	if f.Limit, err = wholeParam(q, "limit", bounded{usual: usualPage, least: 1, most: mostPage}); err != nil {
		return err
	}
	if text, ok := q["seen"]; ok {
		seen, err := strconv.ParseBool(text)
		if err != nil {
			return fault.Invalid("seen", "Tham số seen phải là true hoặc false.").Because("format")
		}
		f.Seen = &seen
	}
	if f.Before, err = cursorParam(q); err != nil {
		return err
	}
	list, err := a.Contacts.Reveals(ctx, f)
	if err != nil {
		return err
	}
	counts, err := a.Contacts.RevealCounts(ctx, a.Now().UTC())
	if err != nil {
		return err
	}
	shown, next := make([]revealShown, len(list)), ""
	for i, v := range list {
		shown[i] = revealShown{
			ID: strconv.FormatInt(v.ID, 10), At: v.At, Report: reportNamed{v.ReportID, v.Code}, Person: personNamed{v.PersonID, v.PersonName},
			Kind: "reveal", Reason: v.Reason, Confirmer: v.Confirmer, SeenAt: v.SeenAt, SeenBy: v.SeenBy,
		}
		if v.Callback {
			shown[i].Kind = "callback"
		}
	}
	if len(list) == f.Limit {
		next = shown[len(shown)-1].ID
	}
	counted := make([]countShown, len(counts))
	for i, n := range counts {
		counted[i] = countShown{personNamed{n.PersonID, n.Name}, n.Day, n.Month, n.Unseen}
	}
	return send(c, fiber.StatusOK, map[string]any{"reveals": shown, "counts": counted, "next": next})
}

// cursorParam is a cursor that is the id of the last row; 0 without one.
func cursorParam(q map[string]string) (int64, error) {
	text := q["cursor"]
	if text == "" {
		return 0, nil
	}
	before, err := strconv.ParseInt(text, 10, 64)
	if err != nil || before < 1 {
		return 0, fault.Invalid("cursor", "Dấu trang không đọc được.").Because("format")
	}
	return before, nil
}

// postSeen marks one time that a contact was shown as looked at.
func (a *API) postRevealSeen(ctx context.Context, c *fiber.Ctx) error {
	person, err := named(c)
	if err != nil {
		return err
	}
	id, err := strconv.ParseInt(c.Params("id"), 10, 64)
	if err != nil {
		return fault.NotFound("Không có lần xem này.")
	}
	if err := a.Contacts.SeeReveal(ctx, id, person.ID, a.Now().UTC()); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}
