package api

import (
	"context"
	"math"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/access"
	"toancanh/server/door"
	"toancanh/server/fault"
	"toancanh/server/intake"
	"toancanh/server/limit"
	"toancanh/server/photo"
	"toancanh/server/report"
	"toancanh/server/store"
	"toancanh/server/view"
)

// errNoSender tells of a report only to whoever knows its secret.
//
//nolint:gochecknoglobals // an error value
var errNoSender = fault.NotFound("Không có phản ánh mang mã này, hoặc mã bí mật trên biên nhận không đúng.").Because("secret")

// handing is a photo about to be handed in, and by whom.
type handing struct {
	report report.Report
	kind   photo.Kind
	who    access.Principal
	sender bool
}

// postPhoto takes one photo of a report: from its sender, who shows the secret of the receipt, or from the staff.
func (a *API) postPhoto(ctx context.Context, c *fiber.Ctx) error {
	h, err := a.handing(ctx, c)
	if err != nil {
		return a.wasted(c, err)
	}
	if err := takes(c, string(photo.JPEG), string(photo.PNG), string(photo.WebP)); err != nil {
		return err
	}
	raw, err := body(c, photo.MaxBytes)
	if err != nil {
		return err
	}
	b := intake.PhotoBody{ReportID: h.report.ID, Kind: h.kind, Content: raw, Actor: report.Citizen, OfSender: h.sender}
	caller := "sender"
	if !h.sender {
		caller, b.Actor, b.May = h.who.ID, actor(h.who), h.may()
	}
	// The same key is for the same photo of the same report.
	if b.Key, err = promise(c, caller, raw); err != nil {
		return err
	}
	if b.Key != nil {
		b.Key.Scope += " " + h.report.ID + " " + string(h.kind)
	}
	answer, repeated, err := a.Intake.AddPhoto(ctx, b)
	if err != nil {
		return hideID(err)
	}
	if repeated {
		c.Set("Idempotency-Replayed", "true")
	}
	return sendRaw(c, fiber.StatusCreated, answer)
}

// wasted counts what somebody unknown had us read for nothing; who is known was counted by themselves.
func (a *API) wasted(c *fiber.Ctx, err error) error {
	switch fault.KindOf(err) {
	case fault.KindUnauthenticated, fault.KindNotFound, fault.KindInvalid:
		if !asking(c).Known() {
			return a.Frame.Wasted(c, limit.Photos(), err)
		}
	case fault.KindForbidden, fault.KindConflict, fault.KindTooMany, fault.KindUnavailable, fault.KindInternal:
	}
	return err
}

// handing finds out who hands in a photo of which report, and that they may.
func (a *API) handing(ctx context.Context, c *fiber.Ctx) (h handing, err error) {
	secret := string(c.Request().Header.Peek(headerSecret))
	h.sender = secret != ""
	// Counted before anything is looked up: the secret of a known code could be guessed here.
	if h.sender {
		if err := a.Frame.Limit(c, limit.Photos(), ""); err != nil {
			return h, err
		}
	}
	q, err := query(c, "kind")
	if err != nil {
		return h, err
	}
	h.kind = photo.Scene
	if given, ok := q["kind"]; ok {
		h.kind = photo.Kind(given)
	}
	if !h.kind.Known() {
		return h, fault.Invalid("kind", "Loại ảnh phải là scene, answer hoặc visit.").Because("unknown")
	}
	if !h.sender {
		if err := a.letIn(c, h.action(), limit.Photos()); err != nil {
			return h, err
		}
		h.who = asking(c).Principal
	}
	id, err := reportID(c)
	if err == nil {
		h.report, err = a.Store.Report(ctx, id)
	}
	switch {
	case fault.Is(err, fault.KindNotFound) && h.sender:
		return h, errNoSender
	case err != nil:
		return h, hideID(err)
	case !h.sender:
		err := h.may()(h.report)
		if fault.Is(err, fault.KindForbidden) {
			return h, a.refuse(c, refused{h.action(), "report:" + h.report.ID, err})
		}
		return h, err
	case !a.Receipts.Check(h.report.ID, secret):
		return h, errNoSender
	case h.kind != photo.Scene:
		return h, fault.Invalid("kind", "Người gửi chỉ gửi được ảnh hiện trường (scene).").Because("not_yours")
	}
	return h, nil
}

// action is what somebody of the staff does by handing in the photo.
func (h handing) action() access.Action {
	if h.kind == photo.Visit {
		return access.SendVisitPhoto
	}
	return access.ActOn(string(report.AddPhoto))
}

// may says whether somebody of the staff may hand it in, to the report as it stands.
func (h handing) may() func(report.Report) error { return mayOpen(h.who, h.action()) }

// shownPhoto is a photo in a list for the staff.
type shownPhoto struct {
	ID     string     `json:"id"`
	Kind   photo.Kind `json:"kind"`
	By     string     `json:"by"` // sender or staff
	At     time.Time  `json:"at"`
	Width  int        `json:"width"`
	Height int        `json:"height"`
	Bytes  int        `json:"bytes"`
	// Boxes are covered in the copy; null while nobody has looked at the photo.
	Boxes  []photo.Box `json:"boxes"`
	Public bool        `json:"public"`
	// Address is where everybody sees the copy now; empty while they do not.
	Address string `json:"address"`
}

func shown(r report.Report, p store.Photo) shownPhoto {
	s := shownPhoto{
		ID: p.ID, Kind: p.Kind, By: "staff", At: p.At, Width: p.Width, Height: p.Height, Bytes: p.Bytes, Boxes: p.Boxes, Public: p.Public,
	}
	if p.OfSender {
		s.By = "sender"
	}
	if p.Public && r.PublishedAt != nil && r.WithdrawnAt == nil {
		s.Address = view.PhotoAddress(p.Copy)
	}
	return s
}

func (a *API) listPhotos(ctx context.Context, c *fiber.Ctx) error {
	id, err := reportID(c)
	if err != nil {
		return err
	}
	r, err := a.readable(ctx, c, id)
	if err != nil {
		return err
	}
	list, err := a.Store.Photos(ctx, r.ID)
	if err != nil {
		return err
	}
	photos := make([]shownPhoto, len(list))
	for i, p := range list {
		photos[i] = shown(r, p)
	}
	return send(c, fiber.StatusOK, map[string]any{"photos": photos})
}

// readable is a report that the caller may read.
func (a *API) readable(ctx context.Context, c *fiber.Ctx, id string) (report.Report, error) {
	r, err := a.Store.Report(ctx, id)
	if err != nil {
		return r, hideID(err)
	}
	if access.Decide(asking(c).Principal, access.ReadReport, objectOf(r)) != access.Allow {
		return r, errNoReport
	}
	return r, nil
}

//nolint:gochecknoglobals // an error value
var errNoPhoto = fault.NotFound("Không có ảnh này.")

// photoOf is the photo of the address, with its report, for a caller who may read that.
func (a *API) photoOf(ctx context.Context, c *fiber.Ctx) (store.Photo, report.Report, error) {
	p, err := a.Store.Photo(ctx, c.Params("photo"))
	if err != nil {
		return p, report.Report{}, err
	}
	r, err := a.readable(ctx, c, p.ReportID)
	if fault.Is(err, fault.KindNotFound) {
		err = errNoPhoto
	}
	return p, r, err
}

// getPhoto is the photo as it was kept, or with ?copy=1 what everybody would see.
func (a *API) getPhoto(ctx context.Context, c *fiber.Ctx) error {
	q, err := query(c, "copy")
	if err != nil {
		return err
	}
	if given, ok := q["copy"]; ok && given != "1" {
		return fault.Invalid("copy", "Tham số copy chỉ nhận giá trị 1.").Because("out_of_range")
	}
	p, _, err := a.photoOf(ctx, c)
	if err != nil {
		return err
	}
	content, err := a.Intake.OpenPhoto(ctx, p, q["copy"] == "1")
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	return door.SendPhoto(c, p.ID, content)
}

// putRedaction burns boxes into a copy and says whether everybody may see it.
func (a *API) putRedaction(ctx context.Context, c *fiber.Ctx) error {
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	cover := intake.PhotoCover{Boxes: readBoxes(o), Public: o.flag("public")}
	if !o.given("public") {
		o.wrong("public", "required", "Cần ghi public: true hoặc false.")
	}
	if err := o.done(); err != nil {
		return err
	}
	p, r, err := a.photoOf(ctx, c)
	if err != nil {
		return err
	}
	who := asking(c).Principal
	cover.PhotoID, cover.Actor = p.ID, actor(who)
	cover.May = func(r report.Report) error { return mayCover(who, r, cover.Public) }
	after, err := a.Intake.CoverPhoto(ctx, cover)
	if fault.Is(err, fault.KindForbidden) {
		return a.refuse(c, refused{access.ActOn(string(report.RedactPhoto)), "report:" + p.ReportID, err})
	}
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, shown(r, after))
}

// mayCover says whether somebody may cover a photo of the report as it stands. What would be seen by everybody at once takes
// the right to publish.
func mayCover(who access.Principal, r report.Report, public bool) error {
	err := mayOpen(who, access.ActOn(string(report.RedactPhoto)))(r)
	if err == nil && public && r.PublishedAt != nil {
		err = mayOpen(who, access.ActOn(string(report.Publish)))(r)
	}
	return err
}

// readBoxes reads what to cover; the list may be empty and must be there.
func readBoxes(o *object) []photo.Box {
	if !o.given("boxes") {
		o.wrong("boxes", "required", "Cần ghi boxes: danh sách vùng che, có thể rỗng.")
	}
	list := o.list("boxes")
	if len(list) > photo.MostBoxes {
		o.wrong("boxes", "too_many", "Nhiều nhất %d vùng che.", photo.MostBoxes)
		list = nil
	}
	boxes := []photo.Box{}
	for _, v := range list {
		one := o.item("boxes", v)
		side := func(name string) int { return int(math.Round(one.need(name))) }
		boxes = append(boxes, photo.Box{X: side("x"), Y: side("y"), W: side("w"), H: side("h")})
		one.refuseUnknown()
	}
	return boxes
}
