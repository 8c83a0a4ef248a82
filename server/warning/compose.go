package warning

import (
	"strconv"
	"strings"
	"time"

	"toancanh/server/fault"
)

// Place is an area a warning may hold for.
type Place struct {
	Code, Division string
	Title, TitleEN string
	// Polygons are its outlines; none where its borders are a drawing of ours and no survey.
	Polygons [][]Point
}

// House is who warns.
type House struct {
	Sender string // globally unique, never a person: "toancanh.67"
	Name   string // as people know it
	Zone   *time.Location
	// Places finds areas of the division in force.
	Place func(code string) (Place, bool)
}

// Names of the lists our codes come from.
const (
	EventList = "toancanh:hazard"
	RiskList  = "VN:DisasterRiskLevel"
)

// Compose is the message a warning goes out as when it is sent at an instant. The words are filled, and what is no real
// warning says so at the head of them.
func (h House) Compose(w Warning, sent time.Time) (Alert, error) {
	sent = sent.In(h.Zone).Truncate(time.Second)
	a := Alert{
		Version: "1.2", Identifier: w.ID, Sender: h.Sender, Sent: sent, Status: w.Draft.Status, MsgType: w.MsgType, Scope: ScopePublic,
		References: make([]Reference, 0, len(w.Chain)),
	}
	for _, r := range w.Chain {
		r.Sent = r.Sent.In(h.Zone)
		a.References = append(a.References, r)
	}
	a.Note = w.mark(false)
	places, err := h.places(w.Draft.Areas)
	if err != nil {
		return a, err
	}
	c := composer{h, w, sent, places}
	a.Infos = append(a.Infos, c.info(w.Draft.Vi, false))
	if w.Draft.En != nil {
		a.Infos = append(a.Infos, c.info(*w.Draft.En, true))
	}
	for i, said := range a.Infos {
		if length(said.Headline) > mostHead {
			field := [...]string{"vi.headline", "en.headline"}[i]
			return a, fault.Invalid(field, "Tiêu đề khi điền xong dài %d ký tự, tối đa %d.", length(said.Headline), mostHead).Because("too_long")
		}
	}
	return a, nil
}

// mostHead bounds a headline with its mark and the names in it.
const mostHead = 240

func (h House) places(codes []string) ([]Place, error) {
	var list []Place
	for _, code := range codes {
		p, ok := h.Place(code)
		if !ok {
			return nil, fault.Invalid("areas", "Không có địa bàn mang mã %q.", clip(code)).Because("unknown")
		}
		list = append(list, p)
	}
	return list, nil
}

type composer struct {
	House
	w      Warning
	sent   time.Time
	places []Place
}

func (c composer) info(words Words, english bool) Info {
	d := c.w.Draft
	i := Info{
		Language: "vi-VN", Categories: []string{d.Category}, ResponseTypes: d.ResponseTypes, Urgency: d.Urgency, Severity: d.Severity,
		Certainty: d.Certainty, EventCodes: []Pair{{EventList, d.Template}}, Effective: c.sent, Expires: d.Expires.In(c.Zone),
		SenderName: c.Name,
	}
	if english {
		i.Language = "en"
	}
	if d.Onset != nil {
		i.Onset = d.Onset.In(c.Zone)
	}
	if d.RiskLevel > 0 {
		i.Parameters = []Pair{{RiskList, strconv.Itoa(d.RiskLevel)}}
	}
	fill := c.filler(english)
	i.Event = fill.Replace(words.Event)
	i.Headline = c.head(fill.Replace(words.Headline), english)
	i.Description, i.Instruction = fill.Replace(words.Description), fill.Replace(words.Instruction)
	if c.w.MsgType == Cancel {
		i.ResponseTypes = []string{"AllClear"}
		i.Description, i.Instruction = c.cancelled(english), ""
	} else if d.Note != "" && !english {
		i.Description = "Nội dung cập nhật: " + d.Note + "\n" + i.Description
	}
	if mark := c.w.mark(english); mark != "" {
		i.Description = mark + ".\n" + i.Description
	}
	for _, p := range c.places {
		title := p.Title
		if english {
			title = p.TitleEN
		}
		i.Areas = append(i.Areas, Area{Description: title, Polygons: p.Polygons, Geocodes: []Pair{{p.Division, p.Code}}})
	}
	return i
}

// mark says in words that something is no warning to be heeded, or was made up.
func (w Warning) mark(english bool) string {
	var words []string
	say := func(vi, en string) {
		if english {
			vi = en
		}
		words = append(words, vi)
	}
	switch w.Draft.Status {
	case Exercise:
		say("DIỄN TẬP – không phải cảnh báo thật", "EXERCISE – this is not a real warning")
	case Test:
		say("THỬ NGHIỆM – không phải cảnh báo thật", "TEST – this is not a real warning")
	case Actual, System, DraftStatus:
	}
	if w.Origin != "real" {
		say("Dữ liệu mô phỏng", "Simulated data")
	}
	return strings.Join(words, ". ")
}

// Head is the short mark that stands before a title.
func Head(s Status, origin string, english bool) string {
	var words []string
	switch {
	case s == Exercise && english:
		words = append(words, "EXERCISE")
	case s == Exercise:
		words = append(words, "DIỄN TẬP")
	case s == Test && english:
		words = append(words, "TEST")
	case s == Test:
		words = append(words, "THỬ NGHIỆM")
	case s != Actual:
		words = append(words, strings.ToUpper(string(s)))
	}
	switch {
	case origin == "real":
	case english:
		words = append(words, "SIMULATED")
	default:
		words = append(words, "MÔ PHỎNG")
	}
	if len(words) == 0 {
		return ""
	}
	return "[" + strings.Join(words, " · ") + "] "
}

// head puts before a headline what kind of message it is.
func (c composer) head(headline string, english bool) string {
	kind := ""
	switch {
	case c.w.MsgType == Update && english:
		kind = "Update: "
	case c.w.MsgType == Update:
		kind = "Cập nhật: "
	case c.w.MsgType == Cancel && english:
		kind = "Cancelled: "
	case c.w.MsgType == Cancel:
		kind = "Thu hồi: "
	}
	return Head(c.w.Draft.Status, c.w.Origin, english) + kind + headline
}

func (c composer) cancelled(english bool) string {
	if english {
		return "This warning is cancelled."
	}
	return "Cảnh báo này được thu hồi. Lý do: " + c.w.Draft.Note
}

// filler fills the placeholders. A value an author left out stays visible as its placeholder.
func (c composer) filler(english bool) *strings.Replacer {
	d := c.w.Draft
	names := make([]string, len(c.places))
	for i, p := range c.places {
		if names[i] = p.Title; english {
			names[i] = p.TitleEN
		}
	}
	begin := c.sent
	if d.Onset != nil {
		begin = d.Onset.In(c.Zone)
	}
	pairs := []string{"{dia_ban}", strings.Join(names, ", "), "{trung_tam}", c.Name, "{tu}", clock(begin)}
	if !d.Expires.IsZero() {
		pairs = append(pairs, "{den}", clock(d.Expires.In(c.Zone)))
	}
	if word := RiskWord(d.RiskLevel, english); word != "" {
		pairs = append(pairs, "{cap}", word)
	}
	for key, value := range d.Values {
		if value != "" {
			pairs = append(pairs, "{"+key+"}", value)
		}
	}
	return strings.NewReplacer(pairs...)
}

// clock is an instant as people here read it, in both languages.
func clock(t time.Time) string { return t.Format("15:04 02/01/2006") }
