package api

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/auth"
	"toancanh/server/door"
	"toancanh/server/fault"
	"toancanh/server/gateway"
	"toancanh/server/intake"
	"toancanh/server/report"
	"toancanh/server/sensor"
)

// Types of CloudEvents taken, and the media types of their modes (CloudEvents 1.0, HTTP binding 3).
const (
	typeReading = "vn.toancanh.reading"
	typeReport  = "vn.toancanh.report"

	mediaEvent = "application/cloudevents+json"
	mediaBatch = "application/cloudevents-batch+json"
)

// Bounds of events.
const (
	mostEvents     = 500
	mostAttribute  = 1000 // bytes
	reportsAtATime = 16
)

// cloudEvent is an event whose envelope is sound. Its data is JSON.
type cloudEvent struct {
	id, source, kind string
	time             string
	data             []byte
}

// outcome is what became of one event: a receipt, or nothing, or why not.
type outcome struct {
	receipt json.RawMessage
	err     error
}

// postEvents takes CloudEvents: one, structured or binary, or a batch in which each stands for itself. Source and id
// together are an event's name: one that comes again is answered like the first and does nothing.
func (a *API) postEvents(ctx context.Context, c *fiber.Ctx) error {
	key, err := a.caller(ctx, c)
	if err != nil {
		return err
	}
	if key.ID == "" {
		return fault.Unauthenticated("Thiếu khóa: cần dòng tiêu đề Authorization: Bearer <khóa>.")
	}
	switch mediaType(c) {
	case mediaBatch:
		raw, err := body(c, bulkBody)
		if err != nil {
			return err
		}
		return a.takeBatch(ctx, c, batch{key, raw})
	case mediaEvent, jsonType:
	default:
		return takes(c, mediaEvent, mediaBatch, jsonType)
	}
	raw, err := body(c, smallBody)
	if err != nil {
		return err
	}
	e, err := readEvent(c, raw)
	if err != nil {
		return err
	}
	g, err := a.admitEvents(ctx, c, key, []cloudEvent{e})
	if err != nil {
		return err
	}
	done := a.takeEvents(ctx, sender{key, g}, []cloudEvent{e})[0]
	switch {
	case done.err != nil:
		return done.err
	case done.receipt != nil:
		return a.sendToSender(c, done.receipt, false)
	}
	return c.SendStatus(fiber.StatusNoContent)
}

func readEvent(c *fiber.Ctx, raw []byte) (cloudEvent, error) {
	if mediaType(c) == jsonType {
		return binaryEvent(c, raw)
	}
	v, err := parseJSON(raw)
	if err != nil {
		return cloudEvent{}, err
	}
	return structuredEvent(v)
}

type batch struct {
	key auth.Key
	raw []byte
}

func (a *API) takeBatch(ctx context.Context, c *fiber.Ctx, b batch) error {
	v, err := parseJSON(b.raw)
	if err != nil {
		return err
	}
	if v.kind != isArray {
		return &door.Refusal{Status: fiber.StatusBadRequest, Detail: "Một lô CloudEvents phải là một mảng JSON."}
	}
	if len(v.items) > mostEvents {
		return &door.Refusal{Status: fiber.StatusRequestEntityTooLarge, Detail: "Mỗi lô có tối đa 500 sự kiện."}
	}
	answer := takenPast{Refused: []refusedFault{}}
	var events []cloudEvent
	var place []int
	for i, item := range v.items {
		e, err := structuredEvent(item)
		if err != nil {
			answer.Refused = append(answer.Refused, asRefused(i, err))
			continue
		}
		events, place = append(events, e), append(place, i)
	}
	g, err := a.admitEvents(ctx, c, b.key, events)
	if err != nil {
		return err
	}
	for i, done := range a.takeEvents(ctx, sender{b.key, g}, events) {
		switch k := fault.KindOf(done.err); {
		case done.err == nil:
			answer.Accepted++
		case k == fault.KindUnavailable || k == fault.KindInternal:
			return done.err // the sender repeats the whole batch; what was taken is known by its name
		default:
			answer.Refused = append(answer.Refused, asRefused(place[i], done.err))
		}
	}
	slices.SortFunc(answer.Refused, func(x, y refusedFault) int { return x.Index - y.Index })
	return send(c, fiber.StatusOK, answer)
}

// sender is a key and the gateway it belongs to, if any.
type sender struct {
	key     auth.Key
	gateway gateway.Gateway
}

// admitEvents finds the gateway of a key and counts the readings it brings.
func (a *API) admitEvents(ctx context.Context, c *fiber.Ctx, key auth.Key, events []cloudEvent) (gateway.Gateway, error) {
	g, err := a.gatewayOf(ctx, key)
	if err != nil {
		return g, err
	}
	n := 0
	for _, e := range events {
		if e.kind == typeReading {
			n++
		}
	}
	return g, a.bear(ctx, c, load{g, n})
}

// takeEvents hands readings on together and reports side by side, and says for each event what became of it.
func (a *API) takeEvents(ctx context.Context, from sender, events []cloudEvent) []outcome {
	key := from.key
	done := make([]outcome, len(events))
	var readings []int
	var wg sync.WaitGroup
	slots := make(chan struct{}, reportsAtATime)
	for i, e := range events {
		switch {
		case e.kind == typeReading && key.May(auth.RightReadings):
			readings = append(readings, i)
		case e.kind == typeReport && key.May(auth.RightReports):
			slots <- struct{}{}
			wg.Go(func() {
				defer func() { <-slots }()
				done[i].receipt, done[i].err = a.takeReportEvent(ctx, key, e)
			})
		case e.kind == typeReading || e.kind == typeReport:
			done[i].err = fault.Forbidden("Khóa này không có quyền gửi sự kiện loại %s.", e.kind).Because("right")
		default:
			done[i].err = fault.Invalid("type", "Chỉ nhận sự kiện loại %s và %s.", typeReading, typeReport).Because("unknown")
		}
	}
	a.takeReadingEvents(ctx, events, readingEvents{from, readings}, done)
	wg.Wait()
	return done
}

// readingEvents are the places of the readings a key sent among its events.
type readingEvents struct {
	sender
	at []int
}

// takeReadingEvents takes the readings of the events at the given places. One known already is no fault: the event
// came again.
func (a *API) takeReadingEvents(ctx context.Context, events []cloudEvent, sent readingEvents, done []outcome) {
	at := sent.at
	if len(at) == 0 {
		return
	}
	items := make([]sensor.Item, 0, len(at))
	for n, i := range at {
		read, err := sensor.DecodeReadings(withTime(events[i]), sensor.JSON)
		item := sensor.Item{Reason: sensor.Malformed, Detail: sensor.Malformed.Detail()}
		if err == nil && len(read) == 1 {
			item = read[0]
		}
		item.Index = n
		items = append(items, item)
	}
	_, refused, err := a.Intake.AcceptReadingsAs(ctx, intake.ReadingBody{
		Items: items, Door: sensor.Ordinary, May: a.readingWithin(sent.key), Origin: originOf(sent.key),
		Via: sent.key.Name(), Gateway: sent.gateway.Code,
	})
	for _, i := range at {
		done[i].err = err
	}
	for _, r := range refused {
		if r.Reason != string(sensor.Duplicate) {
			done[at[r.Index]].err = fault.Invalid("data", "%s", r.Detail).Because(r.Reason)
		}
	}
}

// withTime gives a reading without its own time that of its event.
func withTime(e cloudEvent) []byte {
	v, err := parseJSON(e.data)
	if err != nil || v.kind != isObject || e.time == "" {
		return e.data
	}
	if slices.ContainsFunc(v.members, func(m member) bool { return m.name == "at" }) {
		return e.data
	}
	at, _ := json.Marshal(e.time)
	inner := strings.TrimPrefix(strings.TrimSpace(string(e.data)), "{")
	if len(v.members) > 0 {
		inner = "," + inner
	}
	return []byte(`{"at":` + string(at) + inner)
}

func (a *API) takeReportEvent(ctx context.Context, key auth.Key, e cloudEvent) (json.RawMessage, error) {
	o, err := decodeObject(e.data)
	if err != nil {
		return nil, fault.Invalid("data", "Dữ liệu của sự kiện phải là một đối tượng JSON hợp lệ.").Because("malformed")
	}
	s := intake.Submission{Draft: readDraft(o), Contact: readContact(o), May: a.ReportWithin(key)}
	s.Draft.Source, s.Draft.Origin = report.FromAPI, originOf(key)
	if err := o.done(); err != nil {
		return nil, err
	}
	hash := sha256.Sum256(e.data)
	s.Key = &intake.Key{
		Scope: scope(key.Name(), "POST /api/v1/events"), Key: hashed(e.source + "\x00" + e.id), BodyHash: hash[:],
	}
	receipt, _, err := a.Intake.AcceptReport(ctx, s)
	return receipt, err
}

// structuredEvent reads an event in JSON (CloudEvents JSON format 1.0). Attributes nobody knows are let pass.
func structuredEvent(v value) (cloudEvent, error) {
	if v.kind != isObject {
		return cloudEvent{}, badEvent("", "Một CloudEvent phải là một đối tượng JSON.")
	}
	attributes := map[string]value{}
	for _, m := range v.members {
		if _, twice := attributes[m.name]; twice {
			return cloudEvent{}, badEvent(clip(m.name), "Thuộc tính được ghi nhiều lần.")
		}
		attributes[m.name] = m.value
	}
	text := func(name string) string {
		if attributes[name].kind != isText {
			return ""
		}
		return unquote(attributes[name].raw)
	}
	e := cloudEvent{id: text("id"), source: text("source"), kind: text("type"), time: text("time")}
	if err := checkEvent(e, text("specversion")); err != nil {
		return e, err
	}
	if at := attributes["time"]; at.kind != isNull && at.kind != isText {
		return e, badEvent("time", "Thuộc tính time phải là thời điểm RFC 3339.")
	}
	data, hasData := attributes["data"]
	coded, hasCoded := attributes["data_base64"]
	switch {
	case hasData && hasCoded:
		return e, badEvent("data", "Chỉ được có một trong data và data_base64.")
	case hasCoded:
		raw, err := base64.StdEncoding.DecodeString(text("data_base64"))
		if err != nil || coded.kind != isText {
			return e, badEvent("data_base64", "data_base64 không phải là base64.")
		}
		e.data = raw
	case hasData:
		e.data = data.encode(nil)
	default:
		return e, badEvent("data", "Sự kiện không có data.")
	}
	return e, nil
}

// binaryEvent reads an event whose attributes are headers.
func binaryEvent(c *fiber.Ctx, raw []byte) (cloudEvent, error) {
	attribute := func(name string) string {
		return headerText(string(c.Request().Header.Peek("ce-" + name)))
	}
	e := cloudEvent{id: attribute("id"), source: attribute("source"), kind: attribute("type"), time: attribute("time"), data: raw}
	return e, checkEvent(e, attribute("specversion"))
}

// headerText is the value of an attribute's header (HTTP binding, 3.1.3.2): quotes around it are taken off, and percent-encoded
// bytes decoded as in a path. A sequence that does not decode stands for itself.
func headerText(text string) string {
	if quoted, ok := strings.CutPrefix(text, `"`); ok {
		if inner, ok := strings.CutSuffix(quoted, `"`); ok {
			text = escaped.ReplaceAllString(inner, "$1")
		}
	}
	return encoded.ReplaceAllStringFunc(text, func(run string) string {
		if decoded, err := url.PathUnescape(run); err == nil && utf8.ValidString(decoded) {
			return decoded
		}
		return run
	})
}

var (
	encoded = regexp.MustCompile(`(?:%[0-9A-Fa-f]{2})+`)
	escaped = regexp.MustCompile(`\\(.)`)
)

// getHandshake agrees to deliveries of CloudEvents (HTTP 1.1 Web Hooks for Event Delivery, 4): whoever shows a key may send, at
// the rate of that key, whatever its origin.
func (a *API) getHandshake(c *fiber.Ctx) error {
	c.Set(fiber.HeaderAllow, "POST, OPTIONS")
	if c.Get("WebHook-Request-Origin") != "" {
		c.Set("WebHook-Allowed-Origin", "*")
		c.Set("WebHook-Allowed-Rate", strconv.Itoa(auth.UsualRate().PerMinute))
	}
	return c.SendStatus(fiber.StatusOK)
}

func checkEvent(e cloudEvent, version string) error {
	if version != "1.0" {
		return badEvent("specversion", "Chỉ nhận CloudEvents với specversion 1.0.")
	}
	for _, a := range []struct{ name, text string }{{"id", e.id}, {"source", e.source}, {"type", e.kind}} {
		switch {
		case a.text == "":
			return badEvent(a.name, "Thiếu thuộc tính "+a.name+".")
		case len(a.text) > mostAttribute || !utf8.ValidString(a.text) || !clean(a.text):
			return badEvent(a.name, "Thuộc tính "+a.name+" quá dài hoặc có ký tự điều khiển.")
		}
	}
	if _, err := url.Parse(e.source); err != nil {
		return badEvent("source", "Thuộc tính source phải là một URI.")
	}
	if _, ok := parseTime(e.time); e.time != "" && !ok {
		return badEvent("time", "Thuộc tính time phải là thời điểm RFC 3339.")
	}
	return nil
}

// badEvent is a fault of the envelope, which makes the whole request unreadable.
func badEvent(attribute, text string) error {
	return &door.Refusal{
		Status: fiber.StatusBadRequest, Detail: text,
		Err: fault.Invalid(attribute, "%s", text).Because("cloudevent"),
	}
}
