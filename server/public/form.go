package public

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"toancanh/server/area"
	"toancanh/server/fault"
	"toancanh/server/intake"
	"toancanh/server/limit"
	"toancanh/server/report"
)

// formPage is the report form with what was typed into it and what is wrong with that.
type formPage struct {
	Categories []report.Category
	Places     []district
	Typed      map[string]string
	Wrong      map[string]string // by the form's field
	Message    string            // above the form; empty when nothing went wrong
	English    bool
	Division   string
	Face       *formFace             // what comes on top of the plain form; nil: not built in
	Photos     bool                  // photos are taken
	Again      bool                  // photos came with what was wrong: a browser cannot keep them in the form
	middles    map[string]area.Point // of the communes, by code
}

// fields of the form. "website" is a trap: people do not see it.
func formFields() []string {
	return []string{
		"category", "description", "commune", "lat", "lon", "address", "emergency", "name", "phone", "email", "website", "key",
	}
}

// mostForm bounds a posted form, in bytes.
const mostForm = 64 << 10

func (s *Site) getForm(c *fiber.Ctx) error {
	if err := s.Frame.Limit(c, limit.Reads(), ""); err != nil {
		return err
	}
	// Whoever looks a report up types its code into a field of this page.
	if typed := c.Query("ma"); typed != "" {
		if code, ok := report.ParseCode(typed); ok {
			return c.Redirect("/phan-anh/"+code, fiber.StatusSeeOther)
		}
		return fault.NotFound("Mã phản ánh không đúng: mã gồm 8 chữ và số, ví dụ K7M2-Q9XD.")
	}
	l, moved := s.lookOf(c)
	if moved {
		return c.Redirect(c.Path(), fiber.StatusSeeOther)
	}
	return s.sendForm(c, l, formPage{Typed: map[string]string{}})
}

func (s *Site) sendForm(c *fiber.Ctx, l look, page formPage) error {
	page.Categories, page.Places, page.English = s.Rules.Current().Categories, s.places, l.English
	page.Division, page.Face, page.middles, page.Photos = s.Division, s.formFace, s.middles(), s.Photos != nil
	if page.Typed["key"] == "" {
		page.Typed["key"] = uuid.NewString()
	}
	m := s.model(c, l)
	m.Title = "Gửi phản ánh"
	if l.English {
		m.Title = "Send a report"
	}
	m.Page = page
	if err := s.send(c, "form", m); err != nil {
		return err
	}
	policy := string(c.Response().Header.Peek(fiber.HeaderContentSecurityPolicy))
	c.Set(fiber.HeaderContentSecurityPolicy, policy+"; manifest-src 'self'")
	return nil
}

func (s *Site) postForm(c *fiber.Ctx) error {
	f, err := readForm(c, formFields())
	if err != nil {
		return err
	}
	l, _ := s.lookOf(c)
	if err := s.Frame.Limit(c, limit.Reports(), ""); err != nil {
		return s.formAgain(c, l, f, err)
	}
	if f.typed["website"] != "" {
		return s.formAgain(c, l, f, fault.Invalid("website", "Ô này phải để trống."))
	}
	submission, err := s.submission(f)
	if err != nil {
		return s.formAgain(c, l, f, err)
	}
	receipt, err := s.accept(c, submission)
	if err != nil {
		return s.formAgain(c, l, f, err)
	}
	s.keepSecret(c, receipt.Code, s.Receipts.Secret(receipt.ID))
	// The report exists: whatever becomes of a photo is told beside its receipt.
	said := s.addPhotos(c, receipt.Code, f.photos)
	return c.Redirect(withNotes("/phan-anh/"+receipt.Code+"?moi=1", said), fiber.StatusSeeOther)
}

func (s *Site) accept(c *fiber.Ctx, submission intake.Submission) (receipt intake.Receipt, err error) {
	ctx, cancel := context.WithTimeout(c.UserContext(), answerLimit)
	defer cancel()
	answer, _, err := s.Intake.AcceptReport(ctx, submission)
	if err != nil {
		return receipt, err
	}
	if err := json.Unmarshal(answer, &receipt); err != nil {
		return receipt, fault.Internal(err)
	}
	return receipt, nil
}

// submission is what a filled form says. Pressing the button twice sends the same form under the same key; the form
// changed and sent again from the browser's history is another report.
func (s *Site) submission(f filled) (intake.Submission, error) {
	typed := f.typed
	at, err := s.placeOf(typed)
	if err != nil {
		return intake.Submission{}, err
	}
	hash := f.hash(formFields())
	sub := intake.Submission{
		Draft: report.Draft{
			Category: typed["category"], Description: typed["description"], Address: typed["address"], Location: at,
			Emergency: typed["emergency"] != "", Source: report.FromForm,
		},
		Contact: report.Contact{Name: typed["name"], Phone: typed["phone"], Email: typed["email"]},
	}
	if id, err := uuid.Parse(typed["key"]); err == nil {
		sub.Key = &intake.Key{Scope: "anyone POST /phan-anh", Key: id.String() + ":" + hex.EncodeToString(hash[:8]), BodyHash: hash[:]}
	}
	return sub, nil
}

// placeOf is the point of the sender's device when there is one, else the middle of the chosen commune.
func (s *Site) placeOf(typed map[string]string) (report.Point, error) {
	if typed["lat"] != "" || typed["lon"] != "" {
		lat, errLat := degrees(typed["lat"])
		lon, errLon := degrees(typed["lon"])
		if errLat != nil || errLon != nil {
			return report.Point{}, fault.Invalid("location", "Tọa độ phải là hai số, ví dụ 12,0041 và 107,6907.").Because("format")
		}
		return report.Point{Lat: lat, Lon: lon}, nil
	}
	if _, ok := s.Atlas.Map(s.Division); !ok || typed["commune"] == "" {
		return report.Point{}, fault.Invalid("location", "Chưa chọn xã, phường hoặc vị trí.").Because("required")
	}
	if at, ok := s.middles()[typed["commune"]]; ok {
		return report.Point(at), nil
	}
	return report.Point{}, fault.Invalid("location", "Không có xã, phường này.").Because("unknown")
}

// middles are the points that stand for the communes, by code; none without a map.
func (s *Site) middles() map[string]area.Point {
	m, ok := s.Atlas.Map(s.Division)
	if !ok {
		return nil
	}
	levels := s.Atlas.Tree.Levels(s.Division)
	points := map[string]area.Point{}
	for _, f := range m.Features(levels[len(levels)-1]) {
		points[f.Area.Code] = f.Label
	}
	return points
}

// degrees reads a number as Vietnamese write it, too.
func degrees(text string) (float64, error) {
	x, err := strconv.ParseFloat(strings.Replace(strings.TrimSpace(text), ",", ".", 1), 64)
	if err == nil && math.IsNaN(x) {
		return 0, strconv.ErrSyntax
	}
	return x, err
}

// formAgain shows the form with everything that was typed and what is wrong with it. Faults of the house, and of a
// hurry, are told above the form: pressing the button again is enough.
func (s *Site) formAgain(c *fiber.Ctx, l look, f filled, cause error) error {
	typed := f.typed
	page := formPage{Typed: typed, Wrong: map[string]string{}, Again: len(f.photos) > 0}
	for name, text := range typed {
		if !utf8.ValidString(text) {
			typed[name] = strings.ToValidUTF8(text, "�")
		}
	}
	status := fiber.StatusUnprocessableEntity
	switch fault.KindOf(cause) {
	case fault.KindInvalid:
		for _, e := range fault.Items(cause) {
			page.Wrong[fieldOf(e.Field)] = e.Message
		}
		page.Message = "Phản ánh chưa được gửi: xin sửa những chỗ dưới đây."
		if l.English {
			page.Message = "Your report was not sent: please correct the fields below."
		}
	case fault.KindTooMany:
		status = fiber.StatusTooManyRequests
		page.Message = fault.Message(cause)
	case fault.KindUnavailable, fault.KindConflict:
		status = fiber.StatusServiceUnavailable
		c.Set(fiber.HeaderRetryAfter, "5")
		page.Message = "Hệ thống đang bận, phản ánh chưa được gửi. Nội dung vẫn còn đây: xin bấm gửi lại sau ít giây."
		if l.English {
			page.Message = "The system is busy and your report was not sent. Your words are still here: please press send again in a few seconds."
		}
	default:
		return cause
	}
	c.Status(status)
	return s.sendForm(c, l, page)
}

// fieldOf is the form's field for one of the API.
func fieldOf(name string) string {
	switch {
	case strings.HasPrefix(name, "location"):
		return "place"
	case strings.HasPrefix(name, "contact."):
		return strings.TrimPrefix(name, "contact.")
	}
	return name
}

// Title is a place's name in the list of the form.
func (p formPage) Title(a area.Area) string { return titleOf(a, look{English: p.English}) }

// At is the middle of a commune, "latitude,longitude"; empty without a map.
func (p formPage) At(a area.Area) string {
	at, ok := p.middles[a.Code]
	if !ok {
		return ""
	}
	return fmt.Sprintf("%.5f,%.5f", at.Lat, at.Lon)
}

// formFault is what is wrong with one field; Text is empty when nothing is.
type formFault struct{ Field, Text string }

// Fault is what is wrong with a field.
func (p formPage) Fault(field string) formFault { return formFault{field, p.Wrong[field]} }

// Mark ties a field to the notes beside it, for those who do not see them.
func (p formPage) Mark(field string) template.HTMLAttr {
	var notes []string
	if field == "description" {
		notes = append(notes, "description-note")
	}
	mark := ""
	if p.Wrong[field] != "" {
		notes, mark = append(notes, field+"-wrong"), ` aria-invalid="true"`
	}
	if len(notes) > 0 {
		mark += ` aria-describedby="` + strings.Join(notes, " ") + `"`
	}
	return template.HTMLAttr(mark) //nolint:gosec // made of our own words
}

// Is reports whether a field holds a value, for the options of a list.
func (p formPage) Is(field, value string) bool { return p.Typed[field] == value }
