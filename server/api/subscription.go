package api

import (
	"context"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/callout"
	"toancanh/server/subscribe"
)

// Subscriptions keeps browsers that hear of public facts.
type Subscriptions interface {
	Keep(ctx context.Context, b callout.Browser, c subscribe.Choice) error
	Move(ctx context.Context, before, after callout.Browser) error
	End(ctx context.Context, b callout.Browser) error
}

// postSubscription keeps what a browser wants to hear of. Who asks is looked at by nobody.
func (a *API) postSubscription(ctx context.Context, c *fiber.Ctx) error {
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	b := callout.Browser{Endpoint: o.text("endpoint"), Key: o.text("p256dh"), Auth: o.text("auth")}
	choice := subscribe.Choice{
		Areas: o.texts("areas"), Categories: o.texts("categories"), Severity: o.text("severity"), English: o.text("language") == "en",
	}
	if err := o.done(); err != nil {
		return err
	}
	if err := a.Subscriptions.Keep(ctx, b, choice); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

// moveSubscription follows a browser to another endpoint.
func (a *API) moveSubscription(ctx context.Context, c *fiber.Ctx) error {
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	before := callout.Browser{Endpoint: o.text("old_endpoint"), Auth: o.text("old_auth")}
	after := callout.Browser{Endpoint: o.text("endpoint"), Key: o.text("p256dh"), Auth: o.text("auth")}
	if err := o.done(); err != nil {
		return err
	}
	if err := a.Subscriptions.Move(ctx, before, after); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

// endSubscription forgets a browser, which shows by its secret that it is its own.
func (a *API) endSubscription(ctx context.Context, c *fiber.Ctx) error {
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	b := callout.Browser{Endpoint: o.text("endpoint"), Auth: o.text("auth")}
	if err := o.done(); err != nil {
		return err
	}
	if err := a.Subscriptions.End(ctx, b); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}
