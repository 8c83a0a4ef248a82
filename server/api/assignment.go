package api

import (
	"context"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"
	"golang.org/x/text/unicode/norm"

	"toancanh/server/access"
	"toancanh/server/fault"
	"toancanh/server/report"
	"toancanh/server/store"
)

// assigning is what the store knows of how reports are handed to units.
type assigning interface {
	AssignmentRules(ctx context.Context, version int) (store.AssignmentVersion, error)
	ChangeAssignments(ctx context.Context, v store.AssignmentVersion, seen int) error
	Overruled(ctx context.Context, p store.Span) (list []store.Overruled, proposed int, err error)
	Bounces(ctx context.Context, p store.Span) (list []report.Bounce, assignments int, err error)
	Transfers(ctx context.Context, reportID string) ([]report.Transfer, error)
	Transfer(ctx context.Context, id string) (report.Transfer, error)
	MoveTransfer(ctx context.Context, id string, move func(report.Transfer, report.Report) (report.Transfer, error)) (report.Transfer, error)
	CountTransfers(ctx context.Context, p store.Span) (store.TransferCounts, error)
}

// proposalOfUnit is the unit that the rules propose, for a human to decide.
type proposalOfUnit struct {
	Unit string     `json:"unit"`
	Rule *ruleNamed `json:"rule"` // null: none fits, the category's own unit is meant
	Why  string     `json:"why"`
}

type ruleNamed struct {
	Version int `json:"version"`
	N       int `json:"n"` // its place, from 1
}

// proposal is the unit proposed for a report now; nil while it cannot be assigned, or when no unit takes it.
func (a *API) proposal(ctx context.Context, r report.Report) (*proposalOfUnit, error) {
	if !r.May(report.Assign) {
		return nil, nil //nolint:nilnil // no proposal is no fault
	}
	rules, err := a.Store.AssignmentRules(ctx, 0)
	if err != nil {
		return nil, err
	}
	p, ok := a.Rules.Propose(rules.AssignmentRules, r, a.Now(), rules.Takes)
	if !ok {
		return nil, nil //nolint:nilnil // no proposal is no fault
	}
	shown := &proposalOfUnit{Unit: p.Unit, Why: p.Why(a.categoryName(r.Category), a.areaName(p.Matched.Division, p.Matched.Area))}
	if p.Rule > 0 {
		shown.Rule = &ruleNamed{p.Version, p.Rule}
	}
	return shown, nil
}

// categoryName is what people call a category; one that is no more goes by its code.
func (a *API) categoryName(code string) string {
	if c, ok := a.Rules.Category(code); ok {
		return c.Name
	}
	return code
}

// areaName is what people call an area; one that is no more goes by its code.
func (a *API) areaName(division, code string) string {
	if p, ok := a.Atlas.Tree.Get(division, code); ok {
		return p.Title()
	}
	return code
}

type assignmentRule struct {
	Category string `json:"category"`
	Division string `json:"division"`
	Area     string `json:"area"`
	Hours    string `json:"hours"`
	Unit     string `json:"unit"`
}

type assignmentShown struct {
	Version int              `json:"version"`
	MadeAt  *time.Time       `json:"made_at"` // null: there are no rules yet
	MadeBy  string           `json:"made_by"`
	Reason  string           `json:"reason"`
	Rules   []assignmentRule `json:"rules"`
}

func showAssignment(v store.AssignmentVersion) assignmentShown {
	shown := assignmentShown{Version: v.Version, MadeBy: v.MadeBy, Reason: v.Reason, Rules: []assignmentRule{}}
	if v.Version > 0 {
		shown.MadeAt = &v.MadeAt
	}
	for _, r := range v.List {
		shown.Rules = append(shown.Rules, assignmentRule{r.Category, r.Division, r.Area, string(r.Hours), r.Unit})
	}
	return shown
}

// mostVersion bounds a version somebody asks for.
const mostVersion = 1_000_000

// getAssignment is the rules of assignment in force, or an older version of them.
func (a *API) getAssignment(ctx context.Context, c *fiber.Ctx) error {
	q, err := query(c, "version")
	if err != nil {
		return err
	}
	version, err := wholeParam(q, "version", bounded{usual: 0, least: 1, most: mostVersion})
	if err != nil {
		return err
	}
	v, err := a.Store.AssignmentRules(ctx, version)
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, showAssignment(v))
}

// putAssignment makes a new version of the rules of assignment of the list that is sent.
func (a *API) putAssignment(ctx context.Context, c *fiber.Ctx) error {
	if !a.everywhere(c, access.ChangeAssignments) {
		return a.refuse(c, refused{access.ChangeAssignments, "assignment", fault.Forbidden("Chỉ người phụ trách toàn tỉnh sửa được quy tắc phân công.").Because("right")})
	}
	o, _, err := readObject(c, listBody)
	if err != nil {
		return err
	}
	v := store.AssignmentVersion{MadeAt: a.Now().UTC(), MadeBy: actor(asking(c).Principal)}
	seen := int(o.whole("version"))
	if !o.given("version") || seen < 0 || seen > mostVersion {
		o.wrong("version", "required", "Cần số bản đang sửa; 0 khi chưa có bản nào.")
	}
	v.Reason = strings.TrimSpace(norm.NFC.String(o.text("reason")))
	if n := utf8.RuneCountInString(v.Reason); n == 0 || n > mostReason || strings.ContainsFunc(v.Reason, unicode.IsControl) {
		o.wrong("reason", "format", "Cần ghi lý do, từ 1 đến %d ký tự.", mostReason)
	}
	if !o.given("rules") {
		o.wrong("rules", "required", "Thiếu danh sách rules; danh sách rỗng bỏ mọi quy tắc.")
	}
	v.List = readRules(o)
	if err := o.done(); err != nil {
		return err
	}
	units, err := a.unitsNow(ctx)
	if err != nil {
		return err
	}
	if err := v.Check(a.assignmentNames(units)); err != nil {
		return err
	}
	if err := a.Store.ChangeAssignments(ctx, v, seen); err != nil {
		return err
	}
	v.Version = seen + 1
	return send(c, fiber.StatusOK, showAssignment(v))
}

func readRules(o *object) []report.AssignmentRule {
	var list []report.AssignmentRule
	for _, v := range o.list("rules") {
		r := o.item("rules", v)
		list = append(list, report.AssignmentRule{
			Category: r.text("category"), Division: r.text("division"), Area: r.text("area"), Hours: report.Hours(r.text("hours")),
			Unit: r.text("unit"),
		})
		r.refuseUnknown()
	}
	return list
}

// assignmentNames is what rules may speak of. A rule for the root of a division is one for all of it.
func (a *API) assignmentNames(units map[string]bool) report.AssignmentNames {
	return report.AssignmentNames{
		Category: func(code string) bool { _, ok := a.Rules.Category(code); return ok },
		Area:     func(division, code string) bool { return a.Atlas.Tree.Path(division, code) != nil },
		Unit:     func(id string) bool { return units[id] },
	}
}

type overruledShown struct {
	Category string `json:"category"`
	Proposed string `json:"proposed"`
	Chosen   string `json:"chosen"`
	Times    int    `json:"times"`
}

// getOverruled counts how often people chose another unit than the one proposed.
func (a *API) getOverruled(ctx context.Context, c *fiber.Ctx) error {
	p, err := a.span(c, access.ReadBounces)
	if err != nil {
		return err
	}
	list, proposed, err := a.Store.Overruled(ctx, p)
	if err != nil {
		return err
	}
	shown, sum := []overruledShown{}, 0
	for _, v := range list {
		shown, sum = append(shown, overruledShown(v)), sum+v.Times
	}
	return send(c, fiber.StatusOK, struct {
		spanShown
		Proposed  int              `json:"proposed"` // assignments that had a proposal
		Overruled int              `json:"overruled"`
		Value     *float64         `json:"value"` // per cent
		Pairs     []overruledShown `json:"pairs"`
	}{showSpan(p), proposed, sum, percent(sum, proposed), shown})
}
