package api

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"toancanh/server/access"
	"toancanh/server/fault"
	"toancanh/server/report"
	"toancanh/server/store"
	"toancanh/server/view"
)

type templateShown struct {
	ID        string `json:"id"`
	Version   int64  `json:"version"`
	Name      string `json:"name"`
	Act       string `json:"act"`
	Category  string `json:"category"`
	Text      string `json:"text"`
	Division  string `json:"division"`
	Area      string `json:"area"`
	MayChange bool   `json:"may_change"`
}

func showTemplate(t store.Template, who access.Principal) templateShown {
	return templateShown{
		ID: t.ID, Version: t.Version, Name: t.Name, Act: t.Act, Category: t.Category, Text: t.Text, Division: t.Place.Division,
		Area: t.Place.Path[len(t.Place.Path)-1], MayChange: mayTemplate(who)(t) == nil,
	}
}

// errNoTemplate says that there is no such template, or none that the caller may see.
//
//nolint:gochecknoglobals // an error value
var errNoTemplate = fault.NotFound("Không có mẫu trả lời này.")

// mayTemplate says whether somebody may change a template as it stands.
func mayTemplate(who access.Principal) func(store.Template) error {
	return func(t store.Template) error {
		return allow(access.Decide(who, access.ManageTemplates, access.Object{Place: t.Place}), errNoTemplate)
	}
}

// allow turns a decision into the answer of a refusal; hidden is what is said of things that are not to be seen.
func allow(d access.Decision, hidden error) error {
	switch d {
	case access.Allow:
		return nil
	case access.Forbid:
		return fault.Forbidden("Vai trò của bạn không có quyền này.").Because("right")
	case access.Hide:
	}
	return hidden
}

// templatesFor are the templates of the areas that somebody works in, as far as a report lies in them too.
func (a *API) templatesFor(ctx context.Context, who access.Principal, fits func(store.Template) bool) ([]store.Template, error) {
	list, err := a.Queue.Templates(ctx)
	return slices.DeleteFunc(list, func(t store.Template) bool {
		return !fits(t) || !works(who, access.ReadTemplates, t.Place)
	}), err
}

// works reports whether what is meant for a place is meant for somebody: they may do the action there, or in a part of it.
func works(who access.Principal, action access.Action, p access.Place) bool {
	if access.Decide(who, action, access.Object{Place: p}) == access.Allow {
		return true
	}
	return slices.ContainsFunc(access.ReachOf(who, action).Places, p.Holds)
}

func (a *API) listTemplates(ctx context.Context, c *fiber.Ctx) error {
	who := asking(c).Principal
	list, err := a.templatesFor(ctx, who, func(store.Template) bool { return true })
	if err != nil {
		return err
	}
	return sendTemplates(c, list, who)
}

func sendTemplates(c *fiber.Ctx, list []store.Template, who access.Principal) error {
	shown := make([]templateShown, len(list))
	for i, t := range list {
		shown[i] = showTemplate(t, who)
	}
	return send(c, fiber.StatusOK, map[string]any{"templates": shown})
}

// listTemplatesOf are the templates that fit a report, filled in: those of its category first.
func (a *API) listTemplatesOf(ctx context.Context, c *fiber.Ctx) error {
	q, err := query(c, "act")
	if err != nil {
		return err
	}
	r, err := a.reportFor(ctx, c, access.ReadReport)
	if err != nil {
		return err
	}
	who := asking(c).Principal
	list, err := a.templatesFor(ctx, who, func(t store.Template) bool {
		return (t.Category == "" || t.Category == r.Category) && (q["act"] == "" || t.Act == "" || t.Act == q["act"]) &&
			t.Place.Holds(access.Place{Division: r.Division, Path: r.Path})
	})
	if err != nil {
		return err
	}
	names, err := a.unitNames(ctx)
	if err != nil {
		return err
	}
	fill := a.filler(r, names)
	for i := range list {
		list[i].Text = fill.Replace(list[i].Text)
	}
	slices.SortStableFunc(list, func(x, y store.Template) int { return strings.Compare(y.Category, x.Category) })
	return sendTemplates(c, list, who)
}

// unitNames is what people call the units now.
func (a *API) unitNames(ctx context.Context) (view.Lens, error) {
	list, err := a.unitList(ctx)
	units := make([]report.Unit, len(list))
	for i, u := range list {
		units[i] = u.Unit
	}
	return view.NewLens(a.Location, units), err
}

// filler puts what a report says in place of a template's placeholders. What the report has not got yet is a dash.
func (a *API) filler(r report.Report, names view.Lens) *strings.Replacer {
	unit, due := "–", "–"
	if r.Unit != "" {
		unit = names.UnitName(r.Unit)
	}
	if r.Due.Resolve != nil {
		due = r.Due.Resolve.In(a.Location).Format("15:04 02/01/2006")
	}
	return strings.NewReplacer("{ma}", r.Code, "{don_vi}", unit, "{han}", due)
}

// placeholders are whatever stands in braces.
var placeholders = regexp.MustCompile(`\{[^{}]*\}`)

func (a *API) readTemplate(c *fiber.Ctx) (store.Template, error) {
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return store.Template{}, err
	}
	t := store.Template{
		Name: a.cleaned(o, "name", report.CleanName), Text: a.cleaned(o, "text", report.CleanNote),
		Act: o.text("act"), Category: o.text("category"), Version: o.whole("version"),
	}
	for _, p := range placeholders.FindAllString(t.Text, -1) {
		if !slices.Contains([]string{"{ma}", "{don_vi}", "{han}"}, p) {
			o.wrong("text", "unknown", "Không có chỗ điền %s; chỉ có {ma}, {don_vi} và {han}.", clip(p))
		}
	}
	if act := report.ActName(t.Act); t.Act != "" && !slices.Contains(report.ActNames(), act) {
		o.wrong("act", "unknown", "Không có thao tác này.")
	}
	if _, ok := a.Rules.Category(t.Category); t.Category != "" && !ok {
		o.wrong("category", "unknown", "Lĩnh vực không có trong danh mục.")
	}
	t.Place = a.readPlace(o)
	return t, o.done()
}

// readPlace reads division and area; without an area it is the whole division.
func (a *API) readPlace(o *object) access.Place {
	division, code := o.text("division"), o.text("area")
	if division == "" {
		division = a.Division
	}
	root, ok := a.Atlas.Tree.Root(division)
	if !ok {
		o.wrong("division", "unknown", "Không có bộ địa giới này.")
		return access.Place{}
	}
	if code == "" {
		code = root.Code
	}
	path := a.Atlas.Tree.Path(division, code)
	if path == nil {
		o.wrong("area", "unknown", "Không có địa bàn mang mã này.")
	}
	return access.Place{Division: division, Path: path}
}

func (a *API) postTemplate(ctx context.Context, c *fiber.Ctx) error {
	t, err := a.readTemplate(c)
	if err != nil {
		return err
	}
	who := asking(c).Principal
	t.ID, t.Version = uuid.NewString(), 1
	err = mayTemplate(who)(t)
	if err == nil {
		err = a.Queue.AddTemplate(ctx, t, who.ID)
	}
	if err != nil {
		return a.refuse(c, refused{access.ManageTemplates, "template:" + t.ID, err})
	}
	return send(c, fiber.StatusCreated, showTemplate(t, who))
}

func (a *API) putTemplate(ctx context.Context, c *fiber.Ctx) error {
	t, err := a.readTemplate(c)
	if err != nil {
		return err
	}
	who := asking(c).Principal
	t.ID = c.Params("id")
	may := mayTemplate(who)
	after, err := t, may(t) // also where it is to be
	if err == nil {
		after, err = a.Queue.ChangeTemplate(ctx, t, who.ID, may)
	}
	if err != nil {
		return a.refuse(c, refused{access.ManageTemplates, "template", err})
	}
	return send(c, fiber.StatusOK, showTemplate(after, who))
}

func (a *API) deleteTemplate(ctx context.Context, c *fiber.Ctx) error {
	if err := a.Queue.DropTemplate(ctx, c.Params("id"), mayTemplate(asking(c).Principal)); err != nil {
		return a.refuse(c, refused{access.ManageTemplates, "template", err})
	}
	return c.SendStatus(fiber.StatusNoContent)
}
