package api

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"toancanh/server/access"
	"toancanh/server/fault"
	"toancanh/server/report"
	"toancanh/server/transfer"
	"toancanh/server/view"
)

type transferShown struct {
	ID         string     `json:"id"`
	Number     int        `json:"number"`
	Symbol     string     `json:"symbol"`
	Year       int        `json:"year"`
	N          int64      `json:"n"` // the entry of the timeline that made it
	IssuedAt   time.Time  `json:"issued_at"`
	From       string     `json:"from"`
	FromName   string     `json:"from_name"`
	To         string     `json:"to"`
	ToName     string     `json:"to_name"`
	Subject    string     `json:"subject"`
	Due        *time.Time `json:"due"`
	State      string     `json:"state"`
	StateLabel string     `json:"state_label"`
	StateAt    *time.Time `json:"state_at"`
	StateBy    string     `json:"state_by"`
	Serial     string     `json:"serial"`
	PDF        string     `json:"pdf"`
}

func (a *API) showTransfer(t report.Transfer, code string) transferShown {
	return transferShown{
		ID: t.ID, Number: t.Number, Symbol: t.Symbol(), Year: t.Year, N: t.N, IssuedAt: t.IssuedAt, From: t.From, FromName: t.FromName,
		To: t.To, ToName: t.ToName, Subject: a.subject(t, code), Due: t.Due, State: string(t.State), StateLabel: t.State.Label(),
		StateAt: t.StateAt, StateBy: t.StateBy, Serial: t.Serial, PDF: "/api/v1/transfers/" + t.ID + ".pdf",
	}
}

// subject is what a note is about. It holds no word of the sender.
func (a *API) subject(t report.Transfer, code string) string {
	return fmt.Sprintf("Chuyển xử lý phản ánh %s, lĩnh vực “%s”, tại %s", code, a.categoryName(t.Category), a.areaName(t.Division, t.Area))
}

func (a *API) listTransfers(ctx context.Context, c *fiber.Ctx) error {
	r, err := a.reportFor(ctx, c, access.ReadReport)
	if err != nil {
		return err
	}
	list, err := a.Store.Transfers(ctx, r.ID)
	if err != nil {
		return err
	}
	shown := make([]transferShown, len(list))
	for i, t := range list {
		shown[i] = a.showTransfer(t, r.Code)
	}
	return send(c, fiber.StatusOK, map[string]any{"transfers": shown})
}

//nolint:gochecknoglobals // an error value
var errNoTransfer = fault.NotFound("Không có phiếu chuyển này.")

func transferID(c *fiber.Ctx) (string, error) {
	id, err := uuid.Parse(c.Params("id"))
	if err != nil {
		return "", errNoTransfer
	}
	return id.String(), nil
}

// getTransferPDF is a note as a document. The words of the sender in it are redacted: a document travels.
func (a *API) getTransferPDF(ctx context.Context, c *fiber.Ctx) error {
	id, err := transferID(c)
	if err != nil {
		return err
	}
	t, err := a.Store.Transfer(ctx, id)
	if err != nil {
		return err
	}
	r, err := a.Store.Report(ctx, t.ReportID)
	if err != nil {
		return err
	}
	if access.Decide(asking(c).Principal, access.ReadReport, objectOf(r)) != access.Allow {
		return errNoTransfer
	}
	var body bytes.Buffer
	if err := transfer.Write(&body, a.note(t, r)); err != nil {
		return err
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	c.Set(fiber.HeaderContentSecurityPolicy, "sandbox; default-src 'none'; style-src 'unsafe-inline'")
	c.Set(fiber.HeaderContentDisposition, fmt.Sprintf(`inline; filename="phieu-chuyen-%d-PC-%s-%d.pdf"`, t.Number, t.Office, t.Year))
	c.Response().Header.SetContentType("application/pdf")
	return c.Send(body.Bytes())
}

func (a *API) note(t report.Transfer, r report.Report) transfer.Note {
	seen := view.Ops(r)
	place := a.areaName(t.Division, t.Area)
	root, _ := a.Atlas.Tree.Root(a.Division)
	return transfer.Note{
		Transfer: t, Office: a.Title, Province: root.Name, Code: r.Code, Subject: a.subject(t, r.Code),
		Category: a.categoryName(t.Category), Place: place, Words: view.Redact(seen.Description), Simulated: r.Origin != report.Real,
		Location: a.Location,
	}
}

// putTransfer says what became of a note: signed with which certificate, or made out on paper.
func (a *API) putTransfer(ctx context.Context, c *fiber.Ctx) error {
	who := asking(c).Principal
	id, err := transferID(c)
	if err != nil {
		return err
	}
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	move := report.TransferMove{To: report.TransferState(o.text("state")), Serial: o.text("serial"), By: actor(who)}
	if err := o.done(); err != nil {
		return err
	}
	var code string
	t, err := a.Store.MoveTransfer(ctx, id, func(t report.Transfer, r report.Report) (report.Transfer, error) {
		code = r.Code
		if err := mayOpen(who, access.SignTransfer)(r); err != nil {
			return t, err
		}
		return t.Move(move, a.Now())
	})
	switch {
	case fault.Is(err, fault.KindForbidden):
		return a.refuse(c, refused{access.SignTransfer, "transfer:" + id, err})
	case fault.Is(err, fault.KindNotFound):
		return errNoTransfer
	case err != nil:
		return err
	}
	return send(c, fiber.StatusOK, a.showTransfer(t, code))
}
