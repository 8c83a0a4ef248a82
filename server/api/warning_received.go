package api

import (
	"context"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"toancanh/server/access"
	"toancanh/server/bulletin"
	"toancanh/server/store"
	"toancanh/server/warning"
)

// receivedShown is a message of somebody else as staff see it.
type receivedShown struct {
	ID         string          `json:"id"`
	Source     string          `json:"source"` // the feed's host, or "import"
	Sender     string          `json:"sender"`
	SenderName string          `json:"sender_name"`
	Identifier string          `json:"identifier"`
	SentAt     time.Time       `json:"sent_at"`
	ExpiresAt  time.Time       `json:"expires_at"`
	Status     warning.Status  `json:"status"`
	MsgType    warning.MsgType `json:"msg_type"`
	Scope      string          `json:"scope"`
	Title      string          `json:"title"` // with its marks
	Event      string          `json:"event"`
	Severity   string          `json:"severity"`
	Urgency    string          `json:"urgency"`
	Certainty  string          `json:"certainty"`
	Areas      []string        `json:"areas"`   // of ours that it touches
	Outside    bool            `json:"outside"` // it holds elsewhere
	InForce    bool            `json:"in_force"`
	References []string        `json:"references"`
	ReceivedAt time.Time       `json:"received_at"`
	EndedAt    *time.Time      `json:"ended_at"`
	EndedBy    string          `json:"ended_by"`
}

func showReceived(r warning.Received, now time.Time) receivedShown {
	a := r.Alert
	seen := warning.Show(r.ID, a, r.Areas, r.Named(), "real")
	s := receivedShown{
		ID: r.ID, Source: r.Source, Sender: a.Sender, SenderName: seen.Source, Identifier: a.Identifier, SentAt: a.Sent.UTC(), ExpiresAt: a.End().UTC(),
		Status: a.Status, MsgType: a.MsgType, Scope: a.Scope, Title: warning.Head(a.Status, "real", false) + seen.Headline, Event: seen.Event,
		Severity: seen.Severity, Urgency: seen.Urgency, Certainty: seen.Certainty, Areas: seen.Areas, Outside: r.Outside, InForce: r.Heeded(now),
		References: []string{}, ReceivedAt: r.ReceivedAt, EndedAt: r.EndedAt, EndedBy: r.EndedBy,
	}
	for _, ref := range a.References {
		s.References = append(s.References, ref.Key())
	}
	return s
}

func (a *API) listReceived(ctx context.Context, c *fiber.Ctx) error {
	f, err := a.warningFilter(c, store.WarningsInForce, store.WarningsPast)
	if err != nil {
		return err
	}
	f.Limit++ // one more tells whether there is another page
	list, err := a.Warnings.ReceivedWarnings(ctx, f)
	if err != nil {
		return err
	}
	list, next := paged(list, f.Limit, func(r warning.Received) string { return cursorOf(r.ReceivedAt, r.ID) })
	shown := make([]receivedShown, len(list))
	for i, r := range list {
		shown[i] = showReceived(r, f.Now)
	}
	c.Set(fiber.HeaderLink, links(c, next))
	return send(c, fiber.StatusOK, map[string]any{"warnings": shown, "next": next})
}

func (a *API) getReceived(ctx context.Context, c *fiber.Ctx) error {
	r, err := a.Warnings.ReceivedWarning(ctx, c.Params("id"))
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, struct {
		receivedShown
		Infos []infoShown `json:"infos"`
		XML   string      `json:"xml"`
	}{showReceived(r, a.Now().UTC()), showInfos(r.Alert), string(r.Body)})
}

// postWarningImport keeps one message of somebody else that was brought in by hand.
func (a *API) postWarningImport(ctx context.Context, c *fiber.Ctx) error {
	if err := takes(c, warning.MediaType, "application/xml", "text/xml"); err != nil {
		return err
	}
	raw, err := body(c, warning.MostBytes)
	if err != nil {
		return err
	}
	_, ground, err := a.house()
	if err != nil {
		return err
	}
	raw = slices.Clone(raw)
	alert, err := warning.Decode(raw)
	if err != nil {
		return err
	}
	now := a.Now().UTC()
	if err := warning.Admit(alert, a.CapSender, now); err != nil {
		return err
	}
	r := warning.Receive(alert, raw, ground)
	r.ID, r.Source, r.ReceivedAt = uuid.NewString(), warning.ImportSource, now
	id, added, err := a.Warnings.AddReceived(ctx, r, string(access.ImportWarnings))
	if err != nil {
		return err
	}
	if r, err = a.Warnings.ReceivedWarning(ctx, id); err != nil {
		return err
	}
	status := fiber.StatusOK // it was known
	if added {
		status = fiber.StatusCreated
		c.Set(fiber.HeaderLocation, "/api/v1/warnings/received/"+id)
	}
	return send(c, status, showReceived(r, now))
}

// feedShown is how a feed of others answers. Of its address only the host is told.
type feedShown struct {
	Host      string     `json:"host"`
	CheckedAt *time.Time `json:"checked_at"`
	GoodAt    *time.Time `json:"good_at"`
	NextAt    time.Time  `json:"next_at"`
	Attempts  int        `json:"attempts"` // since it failed
	Taken     int64      `json:"taken"`
	Refused   int64      `json:"refused"`
	Problem   string     `json:"problem"`
}

func (a *API) listWarningFeeds(ctx context.Context, c *fiber.Ctx) error {
	list, err := a.Warnings.WarningFeeds(ctx)
	if err != nil {
		return err
	}
	shown := make([]feedShown, len(list))
	for i, f := range list {
		shown[i] = showFeed(f)
	}
	return send(c, fiber.StatusOK, map[string]any{"feeds": shown})
}

func showFeed(f bulletin.Feed) feedShown {
	return feedShown{f.Host(), f.CheckedAt, f.GoodAt, f.NextAt, f.Attempts, f.Taken, f.Refused, f.Problem}
}
