package api

import "github.com/gofiber/fiber/v2"

// HangForgotten hangs a route in that the table of rights does not know.
func HangForgotten(app *fiber.App) {
	guarded{&API{}, app, "/api/v1"}.Get("/api/v1/forgotten", func(c *fiber.Ctx) error { return c.SendString("served") })
}
