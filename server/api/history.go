package api

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/area"
	"toancanh/server/auth"
	"toancanh/server/door"
	"toancanh/server/fault"
	"toancanh/server/intake"
	"toancanh/server/report"
)

// Bounds of one body of the past.
const (
	mostPast     = 2000
	mostPastActs = 100
)

// refusedFault is an item that was not taken, by its place in the body.
type refusedFault struct {
	Index  int    `json:"index"`
	Field  string `json:"field"`
	Reason string `json:"reason"`
	Detail string `json:"detail"`
}

type takenPast struct {
	Accepted int            `json:"accepted"`
	Refused  []refusedFault `json:"refused"`
}

// postHistory loads reports of the past with their acts. Only keys with the right may: nobody else may say when a
// report was received or where its data come from.
func (a *API) postHistory(ctx context.Context, c *fiber.Ctx) error {
	key, err := a.need(ctx, c, auth.RightHistory)
	if err != nil {
		return err
	}
	o, raw, err := readObject(c, bulkBody)
	if err != nil {
		return err
	}
	items := o.list("reports")
	if !o.given("reports") {
		o.wrong("reports", "required", "Thiếu danh sách reports.")
	}
	if err := o.done(); err != nil {
		return err
	}
	if len(items) > mostPast {
		return &door.Refusal{Status: fiber.StatusRequestEntityTooLarge, Detail: fmt.Sprintf("Mỗi lần gửi tối đa %d phản ánh.", mostPast)}
	}
	once, err := promise(c, key.Name(), raw)
	if err != nil {
		return err
	}
	answer, repeated, err := a.takeHistory(ctx, items, pastSender{key, once})
	if err != nil {
		return err
	}
	if repeated {
		c.Set("Idempotency-Replayed", "true")
	}
	return sendRaw(c, fiber.StatusOK, answer)
}

// pastSender is the key that loads the past, and its Idempotency-Key.
type pastSender struct {
	key  auth.Key
	once *intake.Key
}

func (a *API) takeHistory(ctx context.Context, items []value, by pastSender) (json.RawMessage, bool, error) {
	units, err := a.unitsNow(ctx)
	if err != nil {
		return nil, false, err
	}
	answer := takenPast{Refused: []refusedFault{}}
	var list []intake.PastReport
	var place []int // of each in the body
	for i, v := range items {
		past, err := a.readPast(v, units)
		if err != nil {
			answer.Refused = append(answer.Refused, asRefused(i, err))
			continue
		}
		list, place = append(list, past), append(place, i)
	}
	return a.Intake.AcceptHistory(ctx, intake.PastBody{Reports: list, Key: by.once, May: a.ReportWithin(by.key), Answer: func(taken int, refused error) (json.RawMessage, error) {
		answer.Accepted = taken
		last := -1
		for _, e := range fault.Items(refused) {
			if e.Index == nil || *e.Index == last {
				continue // one line an item, its first fault
			}
			last = *e.Index
			answer.Refused = append(answer.Refused, asRefused(place[last], e))
		}
		return json.Marshal(answer)
	}})
}

func asRefused(index int, err error) refusedFault {
	e := fault.Items(err)[0]
	reason := e.Reason
	if reason == "" {
		reason = e.Kind.String()
	}
	return refusedFault{Index: index, Field: e.Field, Reason: reason, Detail: e.Message}
}

// readPast reads one report of the past. Contacts of the past are not taken.
func (a *API) readPast(v value, units map[string]bool) (intake.PastReport, error) {
	var faults []error
	o := asObject(v, "", &faults)
	past := intake.PastReport{Draft: readDraft(o)}
	past.Draft.Source = report.FromHistory
	past.Draft.Origin = report.Origin(o.text("origin"))
	if past.Draft.Origin == "" {
		past.Draft.Origin = report.Imported
	}
	if at := o.instant("received_at"); at != nil {
		past.ReceivedAt = *at
	}
	acts := o.list("acts")
	if len(acts) > mostPastActs {
		o.wrong("acts", "too_many_items", "Một phản ánh có tối đa %d thao tác.", mostPastActs)
		acts = nil
	}
	for _, v := range acts {
		past.Acts = append(past.Acts, a.readPastAct(o.item("acts", v), units))
	}
	return past, o.done()
}

func (a *API) readPastAct(o *object, units map[string]bool) intake.PastAct {
	done := intake.PastAct{Act: a.readAct(o, units)}
	done.Act.Actor = o.text("actor")
	if done.Act.Actor == "" {
		done.Act.Actor = "history"
	}
	if !opaque(done.Act.Actor) {
		o.wrong("actor", "format", "Người thao tác phải là một mã không dấu, tối đa 64 ký tự.")
	}
	at := o.instant("at")
	if at == nil {
		o.wrong("at", "required", "Thiếu thời điểm thao tác.")
	} else {
		done.At = *at
	}
	o.refuseUnknown()
	return done
}

// opaque keeps names of people out of timelines: an actor is an id.
func opaque(actor string) bool {
	const most = 64
	return len(actor) <= most && !strings.ContainsFunc(actor, func(r rune) bool {
		return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("._:-", r)
	})
}

// inSentence is an area's name as it stands inside a Vietnamese sentence: "tỉnh Đắk Nông".
func inSentence(p area.Area) string {
	first, size := utf8.DecodeRuneInString(p.Kind)
	if size == 0 {
		return p.Title()
	}
	return string(unicode.ToLower(first)) + p.Title()[size:]
}

// hashed shortens any text to an idempotency key.
func hashed(text string) string {
	return fmt.Sprintf("%x", sha256.Sum256([]byte(text)))
}
