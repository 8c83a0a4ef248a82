package open311

import (
	"errors"
	"log/slog"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/door"
	"toancanh/server/fault"
)

// fail is one error as the standard lists it.
type fail struct {
	Code        int    `json:"code" xml:"code"`
	Description string `json:"description" xml:"description"`
}

// mostFails bounds the errors of one answer.
const mostFails = 20

// wrong says that a parameter cannot be taken.
func wrong(field, format string, args ...any) error { return fault.Invalid(field, format, args...) }

// missing says that what a parameter names is not there.
func missing(field, format string, args ...any) error {
	e := fault.NotFound(format, args...)
	e.Field = field
	return e
}

// refuse answers with an error. What is our own fault is told to the log alone.
func (d *Door) refuse(c *fiber.Ctx, f format, err error) error {
	status, fails := failsOf(err)
	if status >= fiber.StatusInternalServerError {
		d.Log.LogAttrs(c.UserContext(), slog.LevelError, "open311 request failed",
			slog.String("request_id", string(c.Response().Header.Peek(fiber.HeaderXRequestID))),
			slog.Int("status", status), slog.Any("err", err))
	}
	if (status == fiber.StatusServiceUnavailable || status == fiber.StatusConflict) && len(c.Response().Header.Peek(fiber.HeaderRetryAfter)) == 0 {
		c.Set(fiber.HeaderRetryAfter, "2")
	}
	return send(c, f, status, list[fail]{"errors", "error", fails})
}

// failsOf turns what went wrong into the standard's codes: 404 what is not there, 403 a key, 400 all else the client did.
func failsOf(err error) (status int, fails []fail) {
	if refusal, ok := errors.AsType[*door.Refusal](err); ok {
		return refusal.Status, []fail{{refusal.Status, refusal.Detail}}
	}
	status = statusOf(fault.KindOf(err))
	if status == fiber.StatusInternalServerError {
		return status, []fail{{status, fault.Message(nil)}}
	}
	for _, e := range fault.Items(err) {
		description := e.Message
		if name := parameter(e.Field); name != "" {
			description = name + ": " + description
		}
		fails = append(fails, fail{statusOf(e.Kind), description})
	}
	return status, fails[:min(len(fails), mostFails)]
}

// statusOf turns kinds of fault into the standard's statuses.
func statusOf(k fault.Kind) int {
	switch k {
	case fault.KindInvalid:
		return fiber.StatusBadRequest
	case fault.KindUnauthenticated:
		return fiber.StatusForbidden
	default:
		return door.StatusOf(k)
	}
}

// parameter is the standard's name of a field of ours.
func parameter(field string) string {
	switch field {
	case "category":
		return "service_code"
	case "location":
		return "lat, long"
	case "location.lat":
		return "lat"
	case "location.lon":
		return "long"
	case "address":
		return "address_string"
	case codeOccurredAt:
		return "attribute[" + codeOccurredAt + "]"
	case "contact.name":
		return "first_name, last_name"
	case "contact.phone":
		return "phone"
	case "contact.email":
		return "email"
	}
	return field
}
