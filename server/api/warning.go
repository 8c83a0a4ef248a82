package api

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"toancanh/server/access"
	"toancanh/server/bulletin"
	"toancanh/server/fault"
	"toancanh/server/report"
	"toancanh/server/store"
	"toancanh/server/warning"
)

// Warnings keeps warnings to the public, and what came of others.
type Warnings interface {
	Warning(ctx context.Context, id string) (warning.Warning, error)
	Warnings(ctx context.Context, f store.WarningFilter) ([]warning.Warning, error)
	WarningEntries(ctx context.Context, id string) ([]store.WarningEntry, error)
	AddWarning(ctx context.Context, w warning.Warning, d store.WarningDeed) error
	ChangeWarning(ctx context.Context, id string, d store.WarningDeed, decide func(warning.Warning) (store.WarningDecision, error)) (warning.Warning, error)
	AddReceived(ctx context.Context, r warning.Received, right string) (id string, added bool, err error)
	ReceivedWarnings(ctx context.Context, f store.WarningFilter) ([]warning.Received, error)
	ReceivedWarning(ctx context.Context, id string) (warning.Received, error)
	WarningFeeds(ctx context.Context) ([]bulletin.Feed, error)
}

// warningRoutes are warnings to the public. What stands beside :id comes before it.
func (a *API) warningRoutes(v1 guarded) {
	v1.Get("/warning-templates", a.within(answerLimit, a.listWarningTemplates))
	v1.Get("/warning-feeds", a.within(answerLimit, a.listWarningFeeds))
	v1.Get("/warnings", a.within(answerLimit, a.listWarnings))
	v1.Post("/warnings", a.within(answerLimit, a.postWarning))
	v1.Post("/warnings/preview", a.within(answerLimit, a.postWarningPreview))
	v1.Post("/warnings/import", a.within(answerLimit, a.postWarningImport))
	v1.Get("/warnings/received", a.within(answerLimit, a.listReceived))
	v1.Get("/warnings/received/:id", a.within(answerLimit, a.getReceived))
	v1.Get("/warnings/:id", a.within(answerLimit, a.getWarning))
	v1.Put("/warnings/:id", a.within(answerLimit, a.putWarning))
	v1.Post("/warnings/:id/acts", a.within(answerLimit, a.postWarningAct))
	v1.Post("/warnings/:id/update", a.within(answerLimit, a.postWarningUpdate))
	v1.Post("/warnings/:id/cancel", a.within(answerLimit, a.postWarningCancel))
}

// warningShown is a warning of ours as staff see it. People are named, for these are their colleagues.
type warningShown struct {
	ID          string          `json:"id"`
	Version     int64           `json:"version"`
	Stage       warning.Stage   `json:"stage"`
	MsgType     warning.MsgType `json:"msg_type"`
	Origin      string          `json:"origin"`
	Division    string          `json:"division"`
	Path        []string        `json:"path"`
	Title       string          `json:"title"` // as it goes out, with its marks
	InForce     bool            `json:"in_force"`
	Draft       warning.Draft   `json:"draft"`
	References  []string        `json:"references"`
	Follows     string          `json:"follows"`
	Writers     []string        `json:"writers"`
	Approver    string          `json:"approver"`
	Publisher   string          `json:"publisher"`
	Reason      string          `json:"reason"`
	CreatedAt   time.Time       `json:"created_at"`
	ChangedAt   time.Time       `json:"changed_at"`
	ApprovedAt  *time.Time      `json:"approved_at"`
	PublishedAt *time.Time      `json:"published_at"`
	EndedAt     *time.Time      `json:"ended_at"`
	EndedBy     string          `json:"ended_by"`
	Allowed     []string        `json:"allowed"` // to whoever asks
	CAP         string          `json:"cap"`     // where everybody reads it; empty before it went out
}

// house is who warns here, and the ground it warns for.
func (a *API) house() (warning.House, warning.Ground, error) {
	m, ok := a.Atlas.Map(a.Division)
	if !ok {
		return warning.House{}, warning.Ground{}, fault.Internal(errors.New("no map of the division in force"))
	}
	root, _ := a.Atlas.Tree.Root(a.Division)
	g := warning.Ground{Tree: a.Atlas.Tree, Map: m}
	return warning.House{
		Sender: a.CapSender, Name: a.Title + " " + strings.ToLower(root.Kind) + " " + root.Name, Zone: a.Location, Place: g.Places(),
	}, g, nil
}

// showWarnings fills in the names of people and what the caller may do.
func (a *API) showWarnings(ctx context.Context, who access.Principal, list []warning.Warning) ([]warningShown, error) {
	h, _, err := a.house()
	if err != nil {
		return nil, err
	}
	var principals []string
	for _, w := range list {
		principals = append(principals, append([]string{w.Approver, w.Publisher}, w.Writers...)...)
	}
	names, err := a.Store.PersonNames(ctx, principals)
	if err != nil {
		return nil, err
	}
	shown := make([]warningShown, len(list))
	for i, w := range list {
		shown[i] = a.showWarning(w, names, h)
		shown[i].Allowed = a.allowedWarning(who, w)
	}
	return shown, nil
}

func (a *API) showWarning(w warning.Warning, names map[string]string, h warning.House) warningShown {
	now := a.Now().UTC()
	sent := now
	if w.PublishedAt != nil {
		sent = *w.PublishedAt
	}
	s := warningShown{
		ID: w.ID, Version: w.Version, Stage: w.Stage, MsgType: w.MsgType, Origin: w.Origin, Division: w.Division, Path: w.Path,
		InForce: w.InForce(now), Draft: w.Draft, References: []string{}, Follows: w.Follows, Writers: []string{}, Approver: names[w.Approver],
		Publisher: names[w.Publisher], Reason: w.Reason, CreatedAt: w.CreatedAt, ChangedAt: w.ChangedAt, ApprovedAt: w.ApprovedAt,
		PublishedAt: w.PublishedAt, EndedAt: w.EndedAt, EndedBy: w.EndedBy,
	}
	if alert, err := h.Compose(w, sent); err == nil || len(alert.Infos) > 0 {
		s.Title = alert.Infos[0].Headline
	}
	for _, r := range w.Chain {
		s.References = append(s.References, r.Key())
	}
	for _, writer := range w.Writers {
		s.Writers = append(s.Writers, names[writer])
	}
	if w.Stage == warning.Published {
		s.CAP = "/feed/cap/" + w.ID + ".xml"
	}
	return s
}

// Acts that are not among those of a warning's own machine.
const (
	actCreate = "create"
	actUpdate = "update"
	actCancel = "cancel"
)

// rightOf is the right an act on a warning needs.
func rightOf(act warning.ActName) access.Action {
	switch act {
	case warning.Approve, warning.Reject:
		return access.ApproveWarnings
	case warning.Publish:
		return access.PublishWarnings
	case warning.Edit, warning.Send, warning.Recall, warning.Drop:
	}
	return access.WriteWarnings
}

func mayWarning(who access.Principal, action access.Action, w warning.Warning) error {
	return allow(access.Decide(who, action, access.Object{Place: access.Place{Division: w.Division, Path: w.Path}}), errNoWarning)
}

//nolint:gochecknoglobals // an error value
var errNoWarning = fault.NotFound("Không có cảnh báo này.")

// allowedWarning lists what somebody may do with a warning now; what is still missing from it hinders nobody from trying.
func (a *API) allowedWarning(who access.Principal, w warning.Warning) []string {
	allowed := []string{}
	now := a.Now()
	for _, act := range append([]warning.ActName{warning.Edit}, warning.ActNames()...) {
		_, err := w.Apply(warning.Act{Name: act, Actor: who.ID, Reason: "–", Draft: w.Draft}, now)
		if (err == nil || fault.Is(err, fault.KindInvalid)) && mayWarning(who, rightOf(act), w) == nil {
			allowed = append(allowed, string(act))
		}
	}
	for act, kind := range map[string]warning.MsgType{actUpdate: warning.Update, actCancel: warning.Cancel} {
		if _, err := w.Next(kind, warning.Act{Actor: who.ID, Reason: "–"}, a.CapSender, now); err == nil && mayWarning(who, access.WriteWarnings, w) == nil {
			allowed = append(allowed, act)
		}
	}
	slices.Sort(allowed)
	return allowed
}

func (a *API) listWarnings(ctx context.Context, c *fiber.Ctx) error {
	f, err := a.warningFilter(c, store.WarningsWaiting, store.WarningsInForce, store.WarningsPast)
	if err != nil {
		return err
	}
	f.Limit++ // one more tells whether there is another page
	list, err := a.Warnings.Warnings(ctx, f)
	if err != nil {
		return err
	}
	list, next := paged(list, f.Limit, func(w warning.Warning) string { return cursorOf(w.ChangedAt, w.ID) })
	shown, err := a.showWarnings(ctx, asking(c).acting(), list)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderLink, links(c, next))
	return send(c, fiber.StatusOK, map[string]any{"warnings": shown, "next": next})
}

// warningFilter reads which warnings a list is asked for.
func (a *API) warningFilter(c *fiber.Ctx, states ...store.WarningState) (store.WarningFilter, error) {
	q, err := query(c, "state", "limit", "cursor")
	if err != nil {
		return store.WarningFilter{}, err
	}
	f := store.WarningFilter{State: store.WarningState(q["state"]), Now: a.Now().UTC()}
	if f.State == "all" {
		f.State = ""
	}
	var badState, badCursor error
	if f.State != "" && !slices.Contains(states, f.State) {
		badState = fault.Invalid("state", "Không có nhóm cảnh báo này.").Because("unknown")
	}
	if f.BeforeAt, f.BeforeID, badCursor = readCursor(q["cursor"]); badCursor != nil {
		badCursor = fault.Invalid("cursor", "Dấu trang không đọc được; xin tải lại danh sách.").Because("format")
	}
	var badLimit error
	f.Limit, badLimit = wholeParam(q, "limit", bounded{usualPage, 1, mostPage})
	return f, fault.Join(badState, badCursor, badLimit)
}

// paged cuts off the one more that was asked for to tell whether there is another page, which begins after the mark.
func paged[T any](list []T, asked int, mark func(T) string) (page []T, next string) {
	if len(list) < asked {
		return list, ""
	}
	page = list[:asked-1]
	return page, mark(page[len(page)-1])
}

func cursorOf(at time.Time, id string) string {
	return strconv.FormatInt(at.UnixMicro(), 10) + "." + id
}

func readCursor(text string) (at time.Time, id string, err error) {
	if text == "" {
		return time.Time{}, "", nil
	}
	micros, id, _ := strings.Cut(text, ".")
	n, err := strconv.ParseInt(micros, 10, 64)
	if err != nil {
		return time.Time{}, "", err
	}
	_, err = uuid.Parse(id)
	return time.UnixMicro(n).UTC(), id, err
}

// previewShown is what the public will read.
type previewShown struct {
	Infos  []infoShown  `json:"infos"`
	XML    string       `json:"xml"`
	Faults []faultShown `json:"faults"` // what is missing before it may go out
}

type infoShown struct {
	Language    string   `json:"language"`
	Event       string   `json:"event"`
	Headline    string   `json:"headline"`
	Description string   `json:"description"`
	Instruction string   `json:"instruction"`
	Areas       []string `json:"areas"`
}

type faultShown struct {
	Field  string `json:"field"`
	Reason string `json:"reason"`
	Detail string `json:"detail"`
}

func showInfos(alert warning.Alert) []infoShown {
	list := []infoShown{}
	for _, i := range alert.Infos {
		shown := infoShown{i.Language, i.Event, i.Headline, i.Description, i.Instruction, []string{}}
		for _, x := range i.Areas {
			shown.Areas = append(shown.Areas, x.Description)
		}
		list = append(list, shown)
	}
	return list
}

func showFaults(err error) []faultShown {
	list := []faultShown{}
	for _, f := range fault.Items(err) {
		list = append(list, faultShown{f.Field, f.Reason, f.Message})
	}
	return list
}

// preview is a warning as everybody would read it if it went out now, or as it went out.
func (a *API) preview(w warning.Warning) (previewShown, error) {
	h, _, err := a.house()
	if err != nil {
		return previewShown{}, err
	}
	sent := a.Now().UTC()
	var missing error
	if w.PublishedAt != nil {
		sent = *w.PublishedAt
	} else {
		missing = w.Complete(sent)
	}
	alert, wrong := h.Compose(w, sent)
	raw, err := warning.Encode(alert)
	if err != nil {
		return previewShown{}, fault.Internal(err)
	}
	return previewShown{showInfos(alert), string(raw), showFaults(fault.Join(missing, wrong))}, nil
}

// postWarningPreview answers what the public would read of words that are still being written. It keeps nothing.
func (a *API) postWarningPreview(_ context.Context, c *fiber.Ctx) error {
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	kind := warning.MsgType(o.text("msg_type"))
	if kind == "" {
		kind = warning.New
	}
	if kind != warning.New && kind != warning.Update && kind != warning.Cancel {
		o.wrong("msg_type", "unknown", "Loại thông điệp là Alert, Update hoặc Cancel.")
	}
	w, err := a.readUnfinished(o)
	if err != nil {
		return err
	}
	w.MsgType, w.ID = kind, "preview"
	p, err := a.preview(w)
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, p)
}

// warningEntry is a line of a warning's timeline.
type warningEntry struct {
	At     time.Time `json:"at"`
	Act    string    `json:"act"`
	Actor  string    `json:"actor"`
	Reason string    `json:"reason"`
}

func (a *API) getWarning(ctx context.Context, c *fiber.Ctx) error {
	w, err := a.Warnings.Warning(ctx, c.Params("id"))
	if err != nil {
		return err
	}
	return a.sendWarning(ctx, c, fiber.StatusOK, w)
}

// sendWarning answers with a warning, its timeline and what the public reads.
func (a *API) sendWarning(ctx context.Context, c *fiber.Ctx, status int, w warning.Warning) error {
	shown, err := a.showWarnings(ctx, asking(c).acting(), []warning.Warning{w})
	if err != nil {
		return err
	}
	entries, err := a.Warnings.WarningEntries(ctx, w.ID)
	if err != nil {
		return err
	}
	principals := make([]string, len(entries))
	for i, e := range entries {
		principals[i] = e.Actor
	}
	names, err := a.Store.PersonNames(ctx, principals)
	if err != nil {
		return err
	}
	timeline := make([]warningEntry, len(entries))
	for i, e := range entries {
		timeline[i] = warningEntry{e.At, e.Act, names[e.Actor], e.Reason}
	}
	p, err := a.preview(w)
	if err != nil {
		return err
	}
	return send(c, status, struct {
		warningShown
		Entries []warningEntry `json:"entries"`
		Public  previewShown   `json:"public"`
	}{shown[0], timeline, p})
}

func (a *API) postWarning(ctx context.Context, c *fiber.Ctx) error {
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	w, err := a.readWarning(o)
	if err != nil {
		return err
	}
	who := asking(c).Principal
	now := a.Now().UTC().Truncate(time.Second)
	w.ID, w.Version, w.Stage, w.MsgType, w.Writers = uuid.NewString(), 1, warning.Drafted, warning.New, []string{who.ID}
	w.CreatedAt, w.ChangedAt = now, now
	return a.addWarning(ctx, c, w, store.WarningDeed{Act: actCreate})
}

// addWarning keeps a new draft of the caller's.
func (a *API) addWarning(ctx context.Context, c *fiber.Ctx, w warning.Warning, d store.WarningDeed) error {
	who := asking(c).Principal
	d.Actor, d.Right = who.ID, string(access.WriteWarnings)
	err := mayWarning(who, access.WriteWarnings, w)
	if err == nil && !warning.Named(who.ID) {
		err = warning.ErrNameless
	}
	if err == nil {
		err = a.Warnings.AddWarning(ctx, w, d)
	}
	if err != nil {
		return a.refuse(c, refused{access.WriteWarnings, "warning", err})
	}
	c.Set(fiber.HeaderLocation, "/api/v1/warnings/"+w.ID)
	return a.sendWarning(ctx, c, fiber.StatusCreated, w)
}

func (a *API) putWarning(ctx context.Context, c *fiber.Ctx) error {
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	version := o.whole("version")
	next, err := a.readWarning(o)
	if err != nil {
		return err
	}
	act := warning.Act{Name: warning.Edit, Actor: asking(c).ID, Version: version, Draft: next.Draft}
	return a.changeWarning(ctx, c, act, func(w *warning.Warning) {
		if w.MsgType != warning.Cancel {
			w.Path = next.Path
		}
	})
}

// changeWarning does an act of the caller on a warning; settle notes what the act itself knows nothing of.
func (a *API) changeWarning(ctx context.Context, c *fiber.Ctx, act warning.Act, settle func(*warning.Warning)) error {
	who := asking(c).Principal
	h, _, err := a.house()
	if err != nil {
		return err
	}
	right := rightOf(act.Name)
	deed := store.WarningDeed{Act: string(act.Name), Actor: who.ID, Reason: act.Reason, Right: string(right)}
	after, err := a.Warnings.ChangeWarning(ctx, c.Params("id"), deed, func(w warning.Warning) (store.WarningDecision, error) {
		if err := mayWarning(who, right, w); err != nil {
			return store.WarningDecision{}, err
		}
		next, err := w.Apply(act, a.Now())
		if err != nil {
			return store.WarningDecision{}, err
		}
		settle(&next)
		if err := mayWarning(who, right, next); err != nil { // also where it is to hold
			return store.WarningDecision{}, err
		}
		if next.Stage == warning.Drafted || next.Stage == warning.Dropped {
			return store.WarningDecision{After: next}, nil
		}
		m, err := h.Write(next, next.ChangedAt) // what cannot go out is not waited for
		if err != nil || next.Stage != warning.Published {
			return store.WarningDecision{After: next}, err
		}
		return store.WarningDecision{After: next, Message: &m}, nil
	})
	if err != nil {
		return a.refuse(c, refused{right, "warning:" + c.Params("id"), err})
	}
	return a.sendWarning(ctx, c, fiber.StatusOK, after)
}

func (a *API) postWarningAct(ctx context.Context, c *fiber.Ctx) error {
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	act := warning.Act{
		Name: warning.ActName(o.text("act")), Actor: asking(c).ID, Version: o.whole("version"), Reason: a.reasonOf(o),
	}
	if !slices.Contains(warning.ActNames(), act.Name) {
		o.wrong("act", "unknown", "Không có thao tác này.")
	}
	if err := o.done(); err != nil {
		return err
	}
	return a.changeWarning(ctx, c, act, func(*warning.Warning) {})
}

// reasonOf reads why something is done.
func (a *API) reasonOf(o *object) string {
	return a.cleaned(o, "reason", func(field, text string) (string, error) {
		return report.CleanText(field, text, warning.MostReason, true)
	})
}

func (a *API) postWarningUpdate(ctx context.Context, c *fiber.Ctx) error {
	return a.followOn(ctx, c, warning.Update, actUpdate)
}

func (a *API) postWarningCancel(ctx context.Context, c *fiber.Ctx) error {
	return a.followOn(ctx, c, warning.Cancel, actCancel)
}

// followOn begins the message that takes the place of a published one.
func (a *API) followOn(ctx context.Context, c *fiber.Ctx, kind warning.MsgType, act string) error {
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	reason := a.reasonOf(o)
	if err := o.done(); err != nil {
		return err
	}
	w, err := a.Warnings.Warning(ctx, c.Params("id"))
	if err != nil {
		return err
	}
	next, err := w.Next(kind, warning.Act{Actor: asking(c).ID, Reason: reason}, a.CapSender, a.Now())
	if err != nil {
		return a.refuse(c, refused{access.WriteWarnings, "warning:" + w.ID, err})
	}
	next.ID = uuid.NewString()
	return a.addWarning(ctx, c, next, store.WarningDeed{Act: act, Reason: reason})
}

func (a *API) listWarningTemplates(_ context.Context, c *fiber.Ctx) error {
	levels := make([]map[string]any, 5)
	for i := range levels {
		levels[i] = map[string]any{
			"level": i + 1, "vi": warning.RiskWord(i+1, false), "en": warning.RiskWord(i+1, true), "severity": warning.RiskSeverity(i + 1),
		}
	}
	return send(c, fiber.StatusOK, map[string]any{"templates": warning.Templates(), "risk_levels": levels, "origin": a.Origin})
}
