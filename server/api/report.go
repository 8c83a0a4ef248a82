package api

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"golang.org/x/text/unicode/norm"

	"toancanh/server/access"
	"toancanh/server/auth"
	"toancanh/server/fault"
	"toancanh/server/intake"
	"toancanh/server/limit"
	"toancanh/server/report"
	"toancanh/server/view"
)

func (a *API) postReport(ctx context.Context, c *fiber.Ctx) error {
	key, err := a.caller(ctx, c)
	if err != nil {
		return err
	}
	// A partner system speaks for a whole city; its key is its limit.
	if !key.May(auth.RightReports) {
		if err := a.Frame.Limit(c, limit.Reports(), ""); err != nil {
			return err
		}
	}
	o, raw, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	s := intake.Submission{Draft: readDraft(o), Contact: readContact(o), May: a.ReportWithin(key)}
	s.Draft.Source, s.Draft.Origin = sourceOf(c, key), originOf(key)
	if err := o.done(); err != nil {
		return err
	}
	if s.Key, err = promise(c, key.Name(), raw); err != nil {
		return err
	}
	receipt, repeated, err := a.Intake.AcceptReport(ctx, s)
	if err != nil {
		return err
	}
	return a.sendToSender(c, receipt, repeated)
}

// sourceOf is the door a report came by. The form's script marks what it sends as our own pages do; a key is a partner's whatever
// it says. Nothing is decided by it, so that whoever sets the mark by hand is counted with the form and gains nothing.
func sourceOf(c *fiber.Ctx, key auth.Key) report.Source {
	if key.ID == "" && len(c.Request().Header.Peek(headerOwn)) > 0 {
		return report.FromForm
	}
	return report.FromAPI
}

// originOf is the origin of all that comes with a key; empty is the dataset's own.
func originOf(key auth.Key) report.Origin {
	if key.May(auth.RightDrill) {
		return report.Drill
	}
	return ""
}

// sendReceipt answers 201 also to a repeat: it is the first answer again.
func sendReceipt(c *fiber.Ctx, receipt json.RawMessage, repeated bool) error {
	var named struct {
		Code string `json:"code"`
	}
	if err := json.Unmarshal(receipt, &named); err != nil {
		return fault.Internal(err)
	}
	c.Set(fiber.HeaderLocation, "/phan-anh/"+named.Code)
	if repeated {
		c.Set("Idempotency-Replayed", "true")
	}
	return sendRaw(c, fiber.StatusCreated, receipt)
}

// sendToSender is sendReceipt with the secret that makes its reader the sender. It is made for the answer and kept nowhere.
func (a *API) sendToSender(c *fiber.Ctx, receipt json.RawMessage, repeated bool) error {
	var given struct {
		intake.Receipt
		Secret string `json:"secret"`
	}
	if err := json.Unmarshal(receipt, &given.Receipt); err != nil {
		return fault.Internal(err)
	}
	given.Secret = a.Receipts.Secret(given.ID)
	whole, err := json.Marshal(given) //nolint:gosec // the secret is meant for whoever reads this answer
	if err != nil {
		return fault.Internal(err)
	}
	return sendReceipt(c, whole, repeated)
}

// readDraft reads what a report holds. What a sender may not say, such as an origin, is an unknown field.
func readDraft(o *object) report.Draft {
	d := report.Draft{
		Category: o.text("category"), Description: o.text("description"), Address: o.text("address"),
		OccurredAt: o.instant("occurred_at"), Emergency: o.flag("emergency"),
	}
	d.Location = readPoint(o)
	return d
}

func readPoint(o *object) report.Point {
	at, ok := o.child("location")
	if !ok && !o.given("location") {
		o.wrong("location", "required", "Thiếu vị trí: cần location.lat và location.lon.")
	}
	if !ok {
		return report.Point{}
	}
	p := report.Point{Lat: at.need("lat"), Lon: at.need("lon")}
	at.refuseUnknown()
	return p
}

func readContact(o *object) report.Contact {
	c, _ := o.child("contact")
	contact := report.Contact{Name: c.text("name"), Phone: c.text("phone"), Email: c.text("email")}
	c.refuseUnknown()
	return contact
}

// reportID makes what stands in the address fit for a question to the store: a UUID, or a public code however it is
// typed.
func reportID(c *fiber.Ctx) (string, error) {
	return parseReportID(c.Params("id"))
}

func parseReportID(text string) (string, error) {
	const uuidLength = 36
	if len(text) == uuidLength {
		if id, err := uuid.Parse(text); err == nil {
			return id.String(), nil
		}
	}
	if code, ok := report.ParseCode(text); ok {
		return code, nil
	}
	return "", errNoReport
}

//nolint:gochecknoglobals // an error value
var errNoReport = fault.NotFound("Không có phản ánh mang mã này.")

// entry is one line of a report's timeline.
type entry struct {
	N     int64  `json:"n"`
	Act   string `json:"act"`
	From  string `json:"from"`
	To    string `json:"to"`
	Actor string `json:"actor"`
	Unit  string `json:"unit,omitempty"`
	// Proposed is, at an assignment, the unit that the rules proposed.
	Proposed string `json:"proposed,omitempty"`
	Level    string `json:"level,omitempty"`
	Reason   string `json:"reason"`
	Text     string `json:"text"`
	Parent   string `json:"parent,omitempty"`
	Area     string `json:"area,omitempty"`
	Until    string `json:"until,omitempty"`
	Photo    string `json:"photo,omitempty"`
	Solved   string `json:"solved,omitempty"`
	Manner   string `json:"manner,omitempty"`
	At       string `json:"at"`
}

func (a *API) getReport(ctx context.Context, c *fiber.Ctx) error {
	id, err := reportID(c)
	if err != nil {
		return err
	}
	who := asking(c)
	r, err := a.Store.Report(ctx, id)
	if err != nil {
		return hideID(err)
	}
	if access.Decide(who.Principal, access.ReadReport, objectOf(r)) != access.Allow {
		return errNoReport
	}
	entries, err := a.Store.Timeline(ctx, r.ID)
	if err != nil {
		return err
	}
	answered, err := a.attributes(ctx, r)
	if err != nil {
		return err
	}
	proposed, err := a.proposal(ctx, r)
	if err != nil {
		return err
	}
	actors, err := a.actors(ctx, who.acting(), r, entries)
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, struct {
		Report     view.OpsReport   `json:"report"`
		Acts       []entry          `json:"acts"`
		Allowed    []report.ActName `json:"allowed"`
		Attributes []attribute      `json:"attributes"`
		// Proposal is null while nobody can be assigned.
		Proposal *proposalOfUnit `json:"proposal"`
		// Actors are names, by what the timeline says of who acted.
		Actors map[string]string `json:"actors"`
	}{view.Ops(r), timeline(r, entries), allowed(who.acting(), r), answered, proposed, actors})
}

// actors names the people of a timeline for those who meet them at the report anyway, by presence or notes. Machines and
// everybody else are told opaque ids alone.
func (a *API) actors(ctx context.Context, who access.Principal, r report.Report, entries []report.Entry) (map[string]string, error) {
	meets := func(action access.Action) bool { return access.Decide(who, action, objectOf(r)) == access.Allow }
	if !meets(access.ShowPresence) && !meets(access.ReadNotes) {
		return map[string]string{}, nil
	}
	list := make([]string, len(entries))
	for i, e := range entries {
		list[i] = e.Actor
	}
	return a.Store.PersonNames(ctx, list)
}

// attribute is what a door asked beside the description, with the sender's answer.
type attribute struct {
	Code   string   `json:"code"`
	Name   string   `json:"name"`
	Values []string `json:"values"`
}

// attributes are what the sender of a report answered; those of a withdrawn one are gone with its other words.
func (a *API) attributes(ctx context.Context, r report.Report) ([]attribute, error) {
	if r.WithdrawnAt != nil || r.Source != report.FromOpen311 {
		return []attribute{}, nil
	}
	kept, err := a.Store.Attributes(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	shown := make([]attribute, len(kept))
	for i, k := range kept {
		shown[i] = attribute(k)
	}
	return shown, nil
}

// hideID says not found in the door's own words: the store's repeat what was asked for.
func hideID(err error) error {
	if fault.Is(err, fault.KindNotFound) {
		return errNoReport
	}
	return err
}

// objectOf is a report as rights see it.
func objectOf(r report.Report) access.Object {
	return access.Object{Place: access.Place{Division: r.Division, Path: r.Path}, Unit: r.Unit, Category: r.Category}
}

// allowed are the acts that are lawful now and that the caller may do; never null in JSON.
func allowed(who access.Principal, r report.Report) []report.ActName {
	list := []report.ActName{}
	for _, act := range report.Allowed(r) {
		if access.Decide(who, access.ActOn(string(act)), objectOf(r)) == access.Allow {
			list = append(list, act)
		}
	}
	return list
}

// may says whether the caller may do the act to the report as it stands in the transaction of the act.
func may(who access.Principal, act report.ActName) func(report.Report) error {
	return func(r report.Report) error {
		switch access.Decide(who, access.ActOn(string(act)), objectOf(r)) {
		case access.Allow:
			return nil
		case access.Forbid:
			return fault.Forbidden("Vai trò của bạn không được “%s”.", act.Label()).Because("right")
		case access.Hide:
		}
		return errNoReport
	}
}

// timeline shows the entries; the words of a withdrawn report are gone from them too.
func timeline(r report.Report, entries []report.Entry) []entry {
	shown := make([]entry, len(entries))
	for i, e := range entries {
		shown[i] = entry{
			N: e.N, Act: string(e.Act), From: string(e.From), To: string(e.To), Actor: e.Actor, Unit: e.Unit,
			Reason: e.Reason, Text: e.Text, Parent: e.Parent, Area: e.Area, Photo: e.Photo, Proposed: e.Proposed, Level: string(e.Level), At: e.At.UTC().Format(timeLayout),
			Solved: string(e.Rating.Solved), Manner: string(e.Rating.Manner),
		}
		if e.Until != nil {
			shown[i].Until = e.Until.UTC().Format(timeLayout)
		}
		if r.WithdrawnAt != nil && e.Text != "" {
			shown[i].Text = view.Withdrawn
		}
		if r.WithdrawnAt != nil && e.Actor == report.Citizen && e.Reason != "" {
			shown[i].Reason = view.Withdrawn
		}
	}
	return shown
}

// timeLayout is RFC 3339 in UTC with the database's microseconds.
const timeLayout = "2006-01-02T15:04:05.999999Z07:00"

func (a *API) postAct(ctx context.Context, c *fiber.Ctx) error {
	who := asking(c).Principal
	id, err := reportID(c)
	if err != nil {
		return err
	}
	o, raw, act, err := a.askedAct(ctx, c)
	if err != nil {
		return err
	}
	act.Version, act.Actor = o.whole("version"), actor(who)
	if err := o.done(); err != nil {
		return err
	}
	once, err := promise(c, who.ID, raw)
	if err != nil {
		return err
	}
	after, err := a.Intake.ActAs(ctx, id, act, may(who, act.Name))
	if fault.Is(err, fault.KindForbidden) {
		return a.refuse(c, refused{access.ActOn(string(act.Name)), "report:" + id, err})
	}
	if err != nil {
		if once == nil {
			return hideID(err)
		}
		if after, err = a.doneBefore(ctx, id, act, err); err != nil {
			return hideID(err)
		}
		c.Set("Idempotency-Replayed", "true")
	}
	return send(c, fiber.StatusOK, struct {
		Report  view.OpsReport   `json:"report"`
		Allowed []report.ActName `json:"allowed"`
	}{view.Ops(after), allowed(who, after)})
}

// askedAct reads which act a body asks for, to be done now. What else the body holds is read by the caller.
func (a *API) askedAct(ctx context.Context, c *fiber.Ctx) (*object, []byte, report.Act, error) {
	o, raw, err := readObject(c, smallBody)
	if err != nil {
		return nil, nil, report.Act{}, err
	}
	units, err := a.unitsNow(ctx)
	if err != nil {
		return nil, nil, report.Act{}, err
	}
	act := a.readAct(o, units)
	if takes, known := units[act.Unit]; known && !takes {
		o.wrong("unit", "disabled", "Đơn vị này không còn nhận việc.")
	}
	return o, raw, act, nil
}

// actor is who acts, as the timeline names them.
func actor(who access.Principal) string {
	if who.ID == desk().ID {
		return "operator"
	}
	return who.ID
}

// readAct reads an act, also one of the past; version and time are read by the caller.
func (a *API) readAct(o *object, units map[string]bool) report.Act {
	act := report.Act{
		Name: report.ActName(o.text("act")), Unit: o.text("unit"), Reason: o.text("reason"), Text: o.text("text"),
		Parent: o.text("parent"), Until: o.instant("until"), Level: report.Level(o.text("level")),
	}
	_, known := units[act.Unit]
	code := o.text("area")
	switch {
	case !o.given("act"):
		o.wrong("act", "required", "Thiếu thao tác.")
	case act.Name.Label() == "" || act.Name == report.Receive || act.Name.WithPhoto() || act.Name.OfVisit() || act.Name == report.Inform:
		o.wrong("act", "unknown", "Không có thao tác này.")
	case act.Unit != "" && !known:
		o.wrong("unit", "unknown", "Không có đơn vị mang mã này.")
	case act.Name == report.ConfirmPlace && code != "":
		place, err := a.Intake.PlaceAt(clip(code))
		if err != nil {
			o.wrong("area", "unknown", "Không có địa bàn mang mã này.")
		}
		act.Place = place
	}
	return act
}

// doneBefore answers a repeated act by what the first one did: the timeline's entry after the version the actor saw is
// the very same act. Anything else keeps its error.
func (a *API) doneBefore(ctx context.Context, id string, act report.Act, cause error) (report.Report, error) {
	if !fault.Is(cause, fault.KindConflict) || act.Version == 0 {
		return report.Report{}, cause
	}
	r, err := a.Store.Report(ctx, id)
	if err != nil || r.Version <= act.Version {
		return r, cause
	}
	entries, err := a.Store.Timeline(ctx, r.ID)
	if err != nil || int64(len(entries)) <= act.Version {
		return r, cause
	}
	e := entries[act.Version]
	same := e.Act == act.Name && e.Actor == act.Actor && e.Unit == act.Unit && e.Level == act.Level && alike(e.Reason, act.Reason) && alike(e.Text, act.Text)
	if !same {
		return r, cause
	}
	return r, nil
}

// alike compares a text as it was kept with one as it was sent.
func alike(kept, sent string) bool { return kept == strings.TrimSpace(norm.NFC.String(sent)) }
