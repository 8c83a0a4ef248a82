package open311

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"toancanh/server/fault"
	"toancanh/server/report"
)

//go:embed attributes.csv
var questions string

// attribute is a question of a service.
type attribute struct {
	Variable            bool     `json:"variable" xml:"variable"`
	Code                string   `json:"code" xml:"code"`
	Datatype            string   `json:"datatype" xml:"datatype"`
	Required            bool     `json:"required" xml:"required"`
	DatatypeDescription text     `json:"datatype_description" xml:"datatype_description"`
	Order               int      `json:"order" xml:"order"`
	Description         string   `json:"description" xml:"description"`
	Values              *choices `json:"values,omitempty" xml:"values,omitempty"`
}

// choices are the values of a list.
type choices = list[choice]

type choice struct {
	Key  string `json:"key" xml:"key"`
	Name string `json:"name" xml:"name"`
}

// The questions whose answers a report has fields of its own for.
const (
	codeEmergency  = "emergency"
	codeOccurredAt = "occurred_at"
	yes            = "co"
)

// Bounds of answers, in characters.
const (
	mostString = 300
	mostText   = 2000
)

// book holds the questions of every service.
type book struct{ of map[string][]attribute }

// readBook reads attributes.csv: a list of services or "*" for all, and the question.
func readBook(categories []report.Category) (*book, error) {
	rows, err := csv.NewReader(strings.NewReader(questions)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read attributes: %w", err)
	}
	b := &book{of: map[string][]attribute{}}
	for _, row := range rows[1:] {
		a := attribute{
			Code: row[1], Datatype: row[2], Variable: row[3] == "true", Required: row[4] == "true", Description: norm.NFC.String(row[5]),
			DatatypeDescription: text(norm.NFC.String(row[6])),
		}
		if row[7] != "" {
			a.Values = &choices{root: "values", item: "value"}
			for pair := range strings.SplitSeq(norm.NFC.String(row[7]), ";") {
				key, name, _ := strings.Cut(pair, "=")
				a.Values.items = append(a.Values.items, choice{key, name})
			}
		}
		for _, k := range categories {
			if row[0] == "*" || slices.Contains(strings.Split(row[0], ","), k.Code) {
				a.Order = len(b.of[k.Code]) + 1
				b.of[k.Code] = append(b.of[k.Code], a)
			}
		}
	}
	return b, nil
}

// answers are what was sent for the questions, by code.
type answers map[string][]string

// take checks the answers to a service's questions and puts each where it belongs: into a field of the report, or into the
// list of those that have none.
func (b *book) take(service string, sent answers, d *report.Draft) ([]report.Attribute, error) {
	var faults []error
	var kept []report.Attribute
	asked := map[string]bool{}
	for _, a := range b.of[service] {
		if !a.Variable {
			continue
		}
		asked[a.Code] = true
		values, err := a.read(sent[a.Code])
		switch {
		case err != nil:
			faults = append(faults, err)
		case len(values) == 0:
		case a.Code == codeEmergency:
			d.Emergency = values[0] == yes
		case a.Code == codeOccurredAt:
			at, _ := parseInstant(values[0])
			d.OccurredAt = &at
		default:
			kept = append(kept, report.Attribute{Code: a.Code, Name: a.Description, Values: a.named(values)})
		}
	}
	for code := range sent {
		if !asked[code] {
			known := strings.Join(slices.Sorted(maps.Keys(asked)), ", ")
			faults = append(faults, wrong("attribute", "Dịch vụ %s chỉ hỏi: %s.", service, known))
			break
		}
	}
	return kept, fault.Join(faults...)
}

// read checks one answer; nothing is nothing, if nothing must be.
func (a attribute) read(sent []string) ([]string, error) {
	field := "attribute[" + a.Code + "]"
	var values []string
	for _, v := range sent {
		if v = strings.TrimSpace(norm.NFC.String(v)); v != "" && !slices.Contains(values, v) {
			values = append(values, v)
		}
	}
	switch {
	case len(values) == 0 && a.Required:
		return nil, wrong(field, "Cần trả lời: %s", a.Description)
	case len(values) > 1 && a.Datatype != "multivaluelist":
		return nil, wrong(field, "Chỉ nhận một giá trị.")
	}
	for _, v := range values {
		if why := a.fault(v); why != "" {
			return nil, wrong(field, "%s", why)
		}
	}
	return values, nil
}

// fault is what is wrong with a value; empty for nothing.
func (a attribute) fault(v string) string {
	switch a.Datatype {
	case "singlevaluelist", "multivaluelist":
		if a.name(v) == "" {
			return "Giá trị không có trong danh sách."
		}
	case "number":
		if n, err := strconv.ParseFloat(v, 64); err != nil || math.IsNaN(n) || math.IsInf(n, 0) || n < 0 {
			return "Cần một số không âm."
		}
	case "datetime":
		if _, err := parseInstant(v); err != nil {
			return err.Error()
		}
	case "string":
		return faultOfText(v, mostString, false)
	case "text":
		return faultOfText(v, mostText, true)
	}
	return ""
}

func faultOfText(v string, most int, lines bool) string {
	switch {
	case utf8.RuneCountInString(v) > most:
		return fmt.Sprintf("Dài quá %d ký tự.", most)
	case strings.ContainsFunc(v, func(r rune) bool {
		return r == utf8.RuneError || unicode.IsControl(r) && !(lines && (r == '\n' || r == '\r' || r == '\t'))
	}):
		return "Có ký tự điều khiển không được phép."
	}
	return ""
}

// named puts the words of a list's choices in place of their keys: staff read words.
func (a attribute) named(values []string) []string {
	if a.Values == nil {
		return values
	}
	names := make([]string, len(values))
	for i, v := range values {
		names[i] = a.name(v)
	}
	return names
}

func (a attribute) name(key string) string {
	if a.Values == nil {
		return ""
	}
	for _, c := range a.Values.items {
		if c.Key == key {
			return c.Name
		}
	}
	return ""
}

// parseInstant reads the W3C subset of ISO 8601 with a time and a zone. A plus sign that was sent bare in an address
// arrives as a space. Years before 1970 stand for no date in many systems.
func parseInstant(sent string) (time.Time, error) {
	sent = strings.Replace(strings.TrimSpace(sent), " ", "+", 1)
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00"} {
		at, err := time.Parse(layout, sent)
		if at = at.UTC(); err == nil && at.Year() >= 1970 && at.Year() < 9999 {
			return at, nil
		}
	}
	return time.Time{}, fault.Invalid("", "Cần ngày giờ kèm múi giờ, ví dụ 2026-11-23T08:00:00Z hoặc 2026-11-23T08:00:00+07:00.")
}
