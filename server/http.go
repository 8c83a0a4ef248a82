package server

import (
	"context"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/adaptor"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Bounds of the HTTP server. The body limit is that of the largest door, bulk readings, before inflation.
const (
	bodyLimit    = 8 << 20
	readTimeout  = 30 * time.Second
	writeTimeout = 60 * time.Second
	idleTimeout  = 2 * time.Minute
	headerBytes  = 16 << 10 // a ticket for many topics stands in one header
	readyLimit   = 2 * time.Second
)

// FiberConfig is the framework's configuration for every process that listens. Immutable makes it copy what handlers
// get: otherwise a string kept beyond its handler changes under the keeper's feet.
func FiberConfig(c Config) fiber.Config {
	f := fiber.Config{
		AppName: "Toàn Cảnh", DisableStartupMessage: true, Immutable: true, StrictRouting: false,
		BodyLimit: bodyLimit, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		ReadBufferSize: headerBytes, ServerHeader: "", DisableDefaultDate: false,
		RequestMethods: []string{"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"},
	}
	if len(c.TrustedProxies) > 0 {
		f.EnableTrustedProxyCheck, f.TrustedProxies = true, c.TrustedProxies
		f.ProxyHeader, f.EnableIPValidation = fiber.HeaderXForwardedFor, true
	}
	return f
}

// HealthDoors serves /healthz and /readyz, and /metrics while only this machine can reach the address. ready answers
// nil when the process can do its work.
func HealthDoors(app *fiber.App, ready func(context.Context) error, listen string, metrics *prometheus.Registry) {
	app.Get("/healthz", func(c *fiber.Ctx) error { return c.SendString("ok\n") })
	app.Get("/readyz", func(c *fiber.Ctx) error {
		ctx, cancel := context.WithTimeout(c.UserContext(), readyLimit)
		defer cancel()
		if err := ready(ctx); err != nil {
			c.Set(fiber.HeaderRetryAfter, "2")
			return c.Status(fiber.StatusServiceUnavailable).SendString("not ready\n")
		}
		return c.SendString("ready\n")
	})
	if (Config{Listen: listen}).Loopback() {
		app.Get("/metrics", adaptor.HTTPHandler(promhttp.HandlerFor(metrics, promhttp.HandlerOpts{})))
	}
}
