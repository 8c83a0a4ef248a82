package api

import (
	"slices"
	"strings"
	"time"

	"toancanh/server/fault"
	"toancanh/server/report"
	"toancanh/server/warning"
)

// readWarning reads a draft to be kept: what its author leaves out is as the template has it. Where it holds is worked out, too, for
// it says who may write of it.
func (a *API) readWarning(o *object) (warning.Warning, error) {
	if len(o.list("areas")) == 0 {
		o.wrong("areas", "required", "Chưa chọn địa bàn.")
	}
	return a.readUnfinished(o)
}

// readUnfinished reads a draft that may hold nowhere yet.
func (a *API) readUnfinished(o *object) (warning.Warning, error) {
	_, ground, err := a.house()
	if err != nil {
		return warning.Warning{}, err
	}
	w := warning.Warning{Origin: string(a.Origin), Division: a.Division}
	w.Draft = a.readDraft(o)
	w.Path = a.readWarned(o, &w.Draft, ground)
	err = o.done()
	return w, fault.Join(err, w.Draft.Check())
}

func (a *API) readDraft(o *object) warning.Draft {
	code := o.text("template")
	t, _ := warning.TemplateOf(code) // an unknown one is named by the draft's own check
	usual := warning.Actual
	if a.Origin != report.Real {
		usual = warning.Exercise
	}
	d := warning.Draft{
		Template: code, Status: warning.Status(o.word("status", string(usual))), Category: o.word("category", t.Category),
		Urgency: o.word("urgency", t.Urgency), Severity: o.word("severity", t.Severity), Certainty: o.word("certainty", t.Certainty),
		ResponseTypes: t.ResponseTypes, RiskLevel: t.RiskLevel, Onset: o.instant("onset"), Values: map[string]string{},
		Note: a.cleanedTo(o, "note", warning.MostReason, true), Incident: o.text("incident"),
	}
	if o.named("response_types") {
		d.ResponseTypes = append([]string{}, o.texts("response_types")...)
	}
	if o.named("risk_level") {
		d.RiskLevel = int(min(max(o.whole("risk_level"), -1), 6))
	}
	if at := o.instant("expires"); at != nil {
		d.Expires = at.Truncate(time.Second)
	} else if !o.named("expires") && t.Hours > 0 {
		d.Expires = a.Now().UTC().Truncate(time.Minute).Add(time.Duration(t.Hours) * time.Hour)
	}
	if d.Onset != nil {
		*d.Onset = d.Onset.Truncate(time.Second)
	}
	if len(d.Incident) > 64 || !clean(d.Incident) {
		o.wrong("incident", "format", "Mã sự cố không đọc được.")
	}
	a.readValues(o, &d)
	d.Vi = a.readWords(o, "vi", t.Vi)
	if en := a.readWords(o, "en", t.En); !o.named("en") || o.given("en") {
		d.En = &en
	}
	return d
}

// word is a member that is a text, or what is usual where there is none.
func (o *object) word(name, usual string) string {
	if text := o.text(name); o.given(name) {
		return text
	}
	return usual
}

func (a *API) cleanedTo(o *object, name string, most int, lines bool) string {
	text, err := report.CleanText(o.field(name), o.text(name), most, lines)
	if err != nil {
		*o.faults = append(*o.faults, err)
	}
	return text
}

// readValues reads what fills the placeholders.
func (a *API) readValues(o *object, d *warning.Draft) {
	values, _ := o.child("values")
	for _, m := range values.value.members {
		if name := m.name; len(name) > 30 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
			values.wrong(clip(name), "format", "Tên chỗ điền gồm chữ thường, số và gạch dưới.")
			continue
		}
		d.Values[m.name] = a.cleanedTo(values, m.name, warning.MostValue, false)
		if strings.ContainsAny(d.Values[m.name], "{}") {
			values.wrong(m.name, "format", "Chỗ điền không được chứa dấu ngoặc nhọn.")
		}
	}
}

func (a *API) readWords(o *object, name string, usual warning.Words) warning.Words {
	words, ok := o.child(name)
	if !ok {
		return usual
	}
	w := warning.Words{
		Event: a.cleanedTo(words, "event", warning.MostEvent, false), Headline: a.cleanedTo(words, "headline", warning.MostHeadline, false),
		Description: a.cleanedTo(words, "description", warning.MostText, true), Instruction: a.cleanedTo(words, "instruction", warning.MostText, true),
	}
	words.refuseUnknown()
	return w
}

// readWarned reads for which areas a warning is and returns the innermost one that holds them all.
func (a *API) readWarned(o *object, d *warning.Draft, g warning.Ground) []string {
	d.Areas = append([]string{}, o.texts("areas")...)
	if len(d.Areas) > warning.MostAreas {
		return nil // the draft's own check names it
	}
	for i, code := range d.Areas {
		if _, ok := a.Atlas.Tree.Get(a.Division, code); !ok {
			o.wrong("areas", "unknown", "Không có địa bàn mang mã %q.", clip(code))
			return nil
		}
		if slices.Contains(d.Areas[:i], code) {
			o.wrong("areas", "duplicate", "Địa bàn %s được ghi hai lần.", code)
			return nil
		}
	}
	return g.PathOf(d.Areas)
}
