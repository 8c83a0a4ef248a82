package api

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/door"
	"toancanh/server/fault"
	"toancanh/server/intake"
	"toancanh/server/warning"
)

// Largest bodies, in bytes after inflation.
const (
	smallBody = 64 << 10
	listBody  = 1 << 20
	bulkBody  = 8 << 20
)

// largeBodies are the doors that take more than the frame's usual bound, in bytes on the wire.
func largeBodies() map[string]int {
	return map[string]int{
		"/api/v1/readings": bulkBody, "/api/v1/events": bulkBody, "/api/v1/history": bulkBody, "/api/v1/history/readings": bulkBody,
		"/api/v1/sensors": listBody, "/api/v1/reports/import": bulkBody, "/api/v1/warnings/import": warning.MostBytes,
		"/api/v1/sensor-proposals": listBody, "/api/v1/sensor-imports": listBody, "/api/v1/dti/import": listBody,
	}
}

const jsonType = "application/json"

// mediaType is the request's media type without its parameters, in small letters.
func mediaType(c *fiber.Ctx) string {
	name, _, _ := strings.Cut(string(c.Request().Header.ContentType()), ";")
	return strings.ToLower(strings.TrimSpace(name))
}

// takes refuses other media types than the given ones.
func takes(c *fiber.Ctx, types ...string) error {
	if slices.Contains(types, mediaType(c)) {
		return nil
	}
	c.Set(fiber.HeaderAccept, strings.Join(types, ", "))
	return &door.Refusal{Status: fiber.StatusUnsupportedMediaType, Detail: "Cần Content-Type: " + strings.Join(types, " hoặc ") + "."}
}

// body is the request's body as sent; fiber's own accessor would inflate it without a limit. It is valid until the
// handler returns.
func body(c *fiber.Ctx, limit int) ([]byte, error) {
	if coding := string(c.Request().Header.Peek(fiber.HeaderContentEncoding)); coding != "" && !strings.EqualFold(coding, "identity") {
		c.Set(fiber.HeaderAcceptEncoding, "identity")
		return nil, &door.Refusal{Status: fiber.StatusUnsupportedMediaType, Detail: "Nội dung nén không được nhận ở đây."}
	}
	return within(c.Request().Body(), limit)
}

// inflated is the body, which may be compressed by gzip; it holds at most limit bytes however small it was sent.
func inflated(c *fiber.Ctx, limit int) ([]byte, error) {
	switch coding := strings.ToLower(string(c.Request().Header.Peek(fiber.HeaderContentEncoding))); coding {
	case "", "identity":
		return within(c.Request().Body(), limit)
	case "gzip", "x-gzip":
	default:
		c.Set(fiber.HeaderAcceptEncoding, "gzip, identity")
		return nil, &door.Refusal{Status: fiber.StatusUnsupportedMediaType, Detail: "Chỉ nhận nội dung nén bằng gzip."}
	}
	zip, err := gzip.NewReader(bytes.NewReader(c.Request().Body()))
	if err != nil {
		return nil, errGzip(err)
	}
	raw, err := io.ReadAll(io.LimitReader(zip, int64(limit)+1))
	if err != nil && len(raw) <= limit {
		return nil, errGzip(err)
	}
	return within(raw, limit)
}

func errGzip(err error) error {
	return &door.Refusal{Status: fiber.StatusBadRequest, Detail: "Nội dung không phải là gzip hợp lệ.", Err: err}
}

func within(raw []byte, limit int) ([]byte, error) {
	if len(raw) > limit {
		return nil, &door.Refusal{
			Status: fiber.StatusRequestEntityTooLarge, Detail: fmt.Sprintf("Nội dung vượt quá %d KiB.", limit>>10),
		}
	}
	return raw, nil
}

// readObject is the body as one JSON object.
func readObject(c *fiber.Ctx, limit int) (*object, []byte, error) {
	if err := takes(c, jsonType); err != nil {
		return nil, nil, err
	}
	raw, err := body(c, limit)
	if err != nil {
		return nil, nil, err
	}
	o, err := decodeObject(raw)
	return o, raw, err
}

// promise reads the Idempotency-Key; nil when there is none. Its scope names caller and route, so one caller's keys
// tell nothing to another.
func promise(c *fiber.Ctx, who string, raw []byte) (*intake.Key, error) {
	text, err := door.IdempotencyKey(c)
	if err != nil || text == "" {
		return nil, err
	}
	hash := sha256.Sum256(raw)
	return &intake.Key{Scope: scope(who, c.Method()+" "+c.Route().Path), Key: text, BodyHash: hash[:]}, nil
}

func scope(who, route string) string {
	if who == "" {
		who = "anyone"
	}
	return who + " " + route
}

// query reads a request's query strictly: a name nobody knows, or one given twice, is a fault and no guess.
func query(c *fiber.Ctx, known ...string) (map[string]string, error) {
	values := map[string]string{}
	var faults []error
	for k, v := range c.Context().QueryArgs().All() {
		name, text := string(k), string(v)
		switch _, twice := values[name]; {
		case !slices.Contains(known, name):
			faults = append(faults, fault.Invalid(clip(name), "Không có tham số tên này.").Because("unknown_field"))
		case twice:
			faults = append(faults, fault.Invalid(name, "Tham số được ghi nhiều lần.").Because("duplicate"))
		case !clean(text):
			faults = append(faults, fault.Invalid(name, "Tham số có ký tự không hợp lệ.").Because("encoding"))
		}
		values[name] = text
	}
	return values, fault.Join(faults...)
}

// bounded says which whole numbers a parameter may be; usual is meant when it is absent.
type bounded struct{ usual, least, most int }

func wholeParam(q map[string]string, name string, b bounded) (int, error) {
	text, ok := q[name]
	if !ok {
		return b.usual, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < b.least || n > b.most {
		return 0, fault.Invalid(name, "Tham số %s phải là số nguyên từ %d đến %d.", name, b.least, b.most).Because("out_of_range")
	}
	return n, nil
}
