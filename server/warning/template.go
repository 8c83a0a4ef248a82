package warning

import (
	"bytes"
	_ "embed" // the texts
	"encoding/json"
	"fmt"
	"slices"
	"sync"
)

// Template is how warnings of one hazard begin: its words with places to fill in, and what is usual of it.
type Template struct {
	Code          string   `json:"code"`
	Name          Both     `json:"name"`
	Category      string   `json:"category"`
	Urgency       string   `json:"urgency"`
	Severity      string   `json:"severity"`
	Certainty     string   `json:"certainty"`
	ResponseTypes []string `json:"response_types"`
	RiskLevel     int      `json:"risk_level"` // 0 where the law knows none
	Hours         int      `json:"hours"`      // that such a warning usually holds
	Fields        []Field  `json:"fields"`
	Vi            Words    `json:"vi"`
	En            Words    `json:"en"`
}

// Both is a name in both languages.
type Both struct {
	Vi string `json:"vi"`
	En string `json:"en"`
}

// Field is a place of a template that its author fills in.
type Field struct {
	Name    string `json:"name"`
	Label   Both   `json:"label"`
	Example string `json:"example"`
}

//go:embed templates.json
var templatesJSON []byte

//nolint:gochecknoglobals // a constant Go has no literal for
var templates = sync.OnceValue(func() []Template {
	var list []Template
	d := json.NewDecoder(bytes.NewReader(templatesJSON))
	d.DisallowUnknownFields()
	if err := d.Decode(&list); err != nil {
		panic(fmt.Sprintf("templates.json: %v", err)) // it is part of the program
	}
	return list
})

// Templates are the hazards there are words for, in the order people look for them.
func Templates() []Template { return slices.Clone(templates()) }

// TemplateOf finds a template by its code.
func TemplateOf(code string) (Template, bool) {
	i := slices.IndexFunc(templates(), func(t Template) bool { return t.Code == code })
	if i < 0 {
		return Template{}, false
	}
	return templates()[i], true
}
