package opendata

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"toancanh/server/door"
	"toancanh/server/fault"
	"toancanh/server/sheet"
)

// format is how a dataset is written.
type format string

const (
	asJSON format = "json"
	asCSV  format = "csv"
	asGeo  format = "geojson"
)

func (f format) mediaType() string {
	switch f {
	case asCSV:
		return "text/csv; charset=utf-8; header=present"
	case asGeo:
		return "application/geo+json"
	case asJSON:
	}
	return "application/json; charset=utf-8"
}

// envelope is a page in JSON; with its members of GeoJSON it is a collection of features (RFC 7946, 6.1).
type envelope struct {
	Type        string          `json:"type,omitempty"`
	Dataset     string          `json:"dataset"`
	Title       string          `json:"title"`
	Licence     Licence         `json:"licence"`
	Attribution string          `json:"attribution"`
	Origin      string          `json:"origin"`
	Notice      string          `json:"notice,omitempty"`
	AsOf        time.Time       `json:"as_of"`
	Modified    time.Time       `json:"modified"`
	Old         bool            `json:"old"`
	OldNotice   string          `json:"old_notice,omitempty"`
	Protection  string          `json:"protection,omitempty"`
	Schema      string          `json:"schema"`
	Total       int             `json:"total"`
	Next        *string         `json:"next"`
	Items       json.RawMessage `json:"items,omitempty"`
	Features    json.RawMessage `json:"features,omitempty"`
}

// Words of every answer.
const (
	oldNotice  = "Số liệu cũ: tạm thời không đọc được số liệu mới. Old data: newer ones cannot be read at the moment."
	protection = "Số nhỏ hơn 5 không nêu riêng mà gộp với nơi rộng hơn hoặc thời gian dài hơn, ghi trong dòng; đừng cộng các số gộp. " +
		"Numbers below five are told only with a wider place or a longer time, which the row names; do not add those."
)

// answer is a page of a dataset, made at the first request for it.
func (d *Door) answer(e *edition, s set, a asked) (*door.Prepared, error) {
	x := e.data[s.ID]
	key := a.link(s, a.after)
	x.mu.Lock()
	defer x.mu.Unlock()
	if p, ok := x.answers[key]; ok {
		return p, nil
	}
	p, err := d.prepare(x, s, a)
	if err != nil {
		return nil, fault.Internal(fmt.Errorf("write open data %s: %w", s.ID, err))
	}
	if len(x.answers) >= mostAnswers {
		clear(x.answers)
	}
	x.answers[key] = p
	return p, nil
}

func (d *Door) prepare(x *data, s set, a asked) (*door.Prepared, error) {
	page := a.page(s, x.rows, d.Location)
	var body []byte
	var err error
	if a.format == asCSV {
		body, err = table(s, page.rows, a.bom)
	} else {
		body, err = d.object(x, s, a, page)
	}
	if err != nil {
		return nil, err
	}
	links := []string{`<` + a.link(s, "") + `>; rel="first"`, `<` + d.Licence.URL + `>; rel="license"`, `<` + Base + "schema/" + s.ID + `.json>; rel="describedby"`}
	if page.next != "" {
		links = append([]string{`<` + a.link(s, page.next) + `>; rel="next"`}, links...)
	}
	headers := [][2]string{
		{"Link", strings.Join(links, ", ")},
		{"Last-Modified", x.modified.Format(http.TimeFormat)},
		{"Data-As-Of", x.asOf.Format(time.RFC3339)},
		{"Data-Origin", x.origin},
	}
	if x.old {
		headers = append(headers, [2]string{"Data-Old", "true"})
	}
	if a.format == asCSV {
		headers = append(headers, [2]string{"Content-Disposition", `attachment; filename="` + s.ID + `.csv"`})
	}
	return door.Prepare(door.Content{Body: body, Type: a.format.mediaType(), Cache: cacheData, Headers: headers}), nil
}

// object writes a page as JSON or GeoJSON.
func (d *Door) object(x *data, s set, a asked, p page) ([]byte, error) {
	out := envelope{
		Dataset: s.ID, Title: s.Title[0], Licence: d.Licence, Attribution: d.centre, Origin: x.origin, Notice: notice(x.origin),
		AsOf: x.asOf, Modified: x.modified, Old: x.old, Schema: Base + "schema/" + s.ID + ".json", Total: p.total,
	}
	if x.old {
		out.OldNotice = oldNotice
	}
	if s.Protected {
		out.Protection = protection
	}
	if p.next != "" {
		next := a.link(s, p.next)
		out.Next = &next
	}
	list := []json.RawMessage{}
	for _, r := range p.rows {
		one, err := object(s.columns, r)
		if err != nil {
			return nil, err
		}
		if a.format == asGeo {
			shape := r.shape
			if shape == nil {
				shape = []byte("null")
			}
			one = bytes.Join([][]byte{[]byte(`{"type":"Feature","geometry":`), shape, []byte(`,"properties":`), one, []byte("}")}, nil)
		}
		list = append(list, one)
	}
	raw, err := json.Marshal(list)
	if err != nil {
		return nil, err
	}
	if a.format == asGeo {
		out.Type, out.Features = "FeatureCollection", raw
	} else {
		out.Items = raw
	}
	return json.Marshal(out)
}

// object writes a row with its columns in their order.
func object(columns []column, r row) ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, c := range columns {
		if i > 0 {
			b.WriteByte(',')
		}
		raw, err := json.Marshal(r.cells[i])
		if err != nil {
			return nil, fmt.Errorf("encode %s: %w", c.name, err)
		}
		b.WriteString(strconv.Quote(c.name) + ":")
		b.Write(raw)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// table writes rows as RFC 4180. A spreadsheet takes no cell of words for a formula; with a byte order mark it takes the file for
// UTF-8.
func table(s set, rows []row, bom bool) ([]byte, error) {
	var b bytes.Buffer
	if bom {
		b.WriteString("\ufeff")
	}
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	head := make([]string, len(s.columns))
	for i, c := range s.columns {
		head[i] = c.name
	}
	_ = w.Write(head) // a buffer takes everything
	for _, r := range rows {
		cells := make([]string, len(r.cells))
		for i, v := range r.cells {
			cells[i] = cell(v)
		}
		_ = w.Write(cells)
	}
	w.Flush()
	return b.Bytes(), w.Error()
}

// cell is a value in a table; nothing for null.
func cell(v any) string {
	switch v := v.(type) {
	case string:
		return sheet.Harmless(v)
	case int:
		return strconv.Itoa(v)
	case float64:
		return degrees(v)
	case bool:
		return strconv.FormatBool(v)
	case time.Time:
		return v.UTC().Format(time.RFC3339)
	case []string:
		return sheet.Harmless(strings.Join(v, listSign))
	case []threshold:
		var list []string
		for _, l := range v {
			list = append(list, fmt.Sprintf("%s %s (%s, %s)", degrees(l.At), l.Label, l.State, l.Source))
		}
		return sheet.Harmless(strings.Join(list, listSign))
	}
	return ""
}
