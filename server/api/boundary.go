package api

import (
	"context"
	"encoding/hex"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"toancanh/server/access"
	"toancanh/server/area"
	"toancanh/server/boundary"
	"toancanh/server/fault"
	"toancanh/server/intake"
	"toancanh/server/store"
)

type boundaryShown struct {
	Version    int64              `json:"version"`
	Division   string             `json:"division"`
	Level      area.Level         `json:"level"`
	Active     bool               `json:"active"`
	Removed    bool               `json:"removed"`
	ImportedAt time.Time          `json:"imported_at"`
	Importer   string             `json:"importer"`
	Source     string             `json:"source"`
	Licence    string             `json:"licence"`
	Credit     string             `json:"credit"`
	File       string             `json:"file"`
	SHA256     string             `json:"sha256"`
	Bytes      int64              `json:"bytes"`
	Findings   []boundary.Finding `json:"findings"`
}

// listBoundaries tells every boundary file that was ever imported, and which count.
func (a *API) listBoundaries(ctx context.Context, c *fiber.Ctx) error {
	list, err := a.Store.Boundaries(ctx)
	if err != nil {
		return err
	}
	shown := make([]boundaryShown, len(list))
	for i, b := range list {
		shown[i] = boundaryShown{
			Version: b.Version, Division: b.Division, Level: b.Level, Active: b.Active, Removed: b.Removed, ImportedAt: b.ImportedAt,
			Importer: b.Importer, Source: b.Source, Licence: b.Licence, Credit: b.Credit, File: b.File,
			SHA256: hex.EncodeToString(b.SHA256), Bytes: b.Bytes, Findings: b.Findings,
		}
	}
	return send(c, fiber.StatusOK, map[string]any{"boundaries": shown})
}

// wholeProvince lets those through who answer for every area: proposals name reports of all of them.
func (a *API) wholeProvince(c *fiber.Ctx) error {
	if !a.everywhere(c, access.DecidePlaces) {
		return fault.Forbidden("Chỉ người phụ trách toàn tỉnh xem và quyết định được các đề xuất này.").Because("right")
	}
	return nil
}

// everywhere reports whether the caller's right to an action holds for the whole province.
func (a *API) everywhere(c *fiber.Ctx, action access.Action) bool {
	root, _ := a.Atlas.Tree.Root(a.Division)
	about := access.Object{Place: access.Place{Division: a.Division, Path: []string{root.Code}}}
	return access.Decide(asking(c).Principal, action, about) == access.Allow
}

type proposalShown struct {
	Version  int64     `json:"version"`
	Report   string    `json:"report"`
	Code     string    `json:"code"`
	Division string    `json:"division"`
	From     string    `json:"from"`
	FromName string    `json:"from_name"`
	To       *string   `json:"to"` // null: outside every area
	ToName   string    `json:"to_name"`
	Address  string    `json:"address"`
	MadeAt   time.Time `json:"made_at"`
}

func (a *API) listProposals(ctx context.Context, c *fiber.Ctx) error {
	q, err := query(c, "cursor")
	if err != nil {
		return err
	}
	if err := a.wholeProvince(c); err != nil {
		return err
	}
	list, total, err := a.Store.Proposals(ctx, q["cursor"], mostPage)
	if err != nil {
		return err
	}
	shown, next := make([]proposalShown, len(list)), ""
	for i, p := range list {
		shown[i] = a.showProposal(p)
	}
	if len(list) == mostPage {
		next = list[len(list)-1].ReportID
		c.Set(fiber.HeaderLink, `</api/v1/boundaries/proposals?cursor=`+next+`>; rel="next"`)
	}
	return send(c, fiber.StatusOK, struct {
		Proposals []proposalShown `json:"proposals"`
		Total     int             `json:"total"`
		Next      string          `json:"next"`
	}{shown, total, next})
}

func (a *API) showProposal(p store.Proposal) proposalShown {
	shown := proposalShown{
		Version: p.Version, Report: p.ReportID, Code: p.Code, Division: p.Division, From: p.Old, Address: p.Address, MadeAt: p.MadeAt,
	}
	if from, ok := a.Atlas.Tree.Get(p.Division, p.Old); ok {
		shown.FromName = from.Title()
	}
	if to, ok := a.Atlas.Tree.Get(p.Division, p.New); ok {
		shown.To, shown.ToName = &p.New, to.Title()
	}
	return shown
}

// decideProposals applies or dismisses some proposals, or all that wait now.
func (a *API) decideProposals(ctx context.Context, c *fiber.Ctx) error {
	if err := a.wholeProvince(c); err != nil {
		return err
	}
	o, _, err := readObject(c, proposalsBody)
	if err != nil {
		return err
	}
	d := intake.PlaceDecision{Actor: actor(asking(c).Principal), Reason: o.text("reason")}
	switch o.text("decision") {
	case "apply":
		d.Apply = true
	case "dismiss":
	default:
		o.wrong("decision", "unknown", "Quyết định phải là apply hoặc dismiss.")
	}
	all := o.flag("all")
	d.Reports = readIDs(o)
	if all == (len(d.Reports) > 0) {
		o.wrong("reports", "required", "Cần danh sách reports, hoặc all: true, không cả hai.")
	}
	if strings.TrimSpace(d.Reason) == "" {
		o.wrong("reason", "required", "Cần ghi lý do.")
	}
	if err := o.done(); err != nil {
		return err
	}
	if all {
		if d.Reports, err = a.allProposals(ctx); err != nil {
			return err
		}
	}
	decided, err := a.Intake.DecidePlaces(ctx, d)
	if err != nil {
		return err
	}
	_, left, err := a.Store.Proposals(ctx, "", 1)
	if err != nil {
		return err
	}
	refused := []refusedPlace{}
	for _, r := range decided.Refused {
		refused = append(refused, refusedPlace{Report: r.ReportID, Code: r.Code, Detail: fault.Message(r.Err)})
	}
	return send(c, fiber.StatusOK, struct {
		Decided int            `json:"decided"`
		Refused []refusedPlace `json:"refused"`
		Left    int            `json:"left"`
	}{decided.Decided, refused, left})
}

type refusedPlace struct {
	Report string `json:"report"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

// proposalsBody bounds a list of reports to decide on; "all" is for more.
const proposalsBody = 512 << 10

func readIDs(o *object) []string {
	var ids []string
	for _, v := range o.list("reports") {
		id := ""
		if v.kind == isText {
			id = unquote(v.raw)
		}
		if _, err := uuid.Parse(id); err != nil {
			o.wrong("reports", "format", "Mỗi mục của reports phải là id của một phản ánh.")
			return nil
		}
		ids = append(ids, id)
	}
	return ids
}

// allProposals lists the reports of everything that waits.
func (a *API) allProposals(ctx context.Context) ([]string, error) {
	var ids []string
	after := ""
	for {
		page, _, err := a.Store.Proposals(ctx, after, 5000)
		if err != nil {
			return nil, err
		}
		for _, p := range page {
			ids = append(ids, p.ReportID)
		}
		if len(page) < 5000 {
			return ids, nil
		}
		after = page[len(page)-1].ReportID
	}
}
