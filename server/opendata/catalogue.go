package opendata

import (
	"encoding/json"
	"fmt"
	"time"

	"toancanh/server/door"
	"toancanh/server/fault"
)

// The catalogue, in the words of DCAT 3. Addresses are relative to this house.
type (
	catalogue struct {
		Title     inBoth       `json:"title"`
		Publisher string       `json:"publisher"`
		Licence   Licence      `json:"licence"`
		Origin    string       `json:"origin"`
		Notice    string       `json:"notice,omitempty"`
		AsOf      time.Time    `json:"as_of"`
		Old       bool         `json:"old"`
		OldNotice string       `json:"old_notice,omitempty"`
		Datasets  []catalogued `json:"dataset"`
	}
	catalogued struct {
		ID            string         `json:"identifier"`
		Title         inBoth         `json:"title"`
		Description   inBoth         `json:"description"`
		Publisher     string         `json:"publisher"`
		Licence       string         `json:"licence"`
		Modified      time.Time      `json:"modified"`
		Temporal      *period        `json:"temporal"`
		Every         string         `json:"accrual_periodicity"` // ISO 8601
		Rows          int            `json:"rows"`
		Protection    string         `json:"protection,omitempty"`
		Schema        string         `json:"schema"`
		Filters       []string       `json:"filters"`
		Distributions []distribution `json:"distribution"`
	}
	inBoth struct {
		VI string `json:"vi"`
		EN string `json:"en"`
	}
	period struct {
		Start string `json:"start_date"`
		End   string `json:"end_date"`
	}
	distribution struct {
		Format    format `json:"format"`
		MediaType string `json:"media_type"`
		URL       string `json:"access_url"`
	}
)

// catalogue is what there is, made at the first request for it.
func (d *Door) catalogue(e *edition) (*door.Prepared, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.catalogue != nil {
		return e.catalogue, nil
	}
	out := catalogue{
		Title: inBoth{"Dữ liệu mở – " + d.centre, "Open data – " + d.centre}, Publisher: d.centre, Licence: d.Licence, Origin: e.picture.Origin,
		Notice: notice(e.picture.Origin), AsOf: e.picture.At.UTC().Truncate(time.Second), Old: e.old,
	}
	if e.old {
		out.OldNotice = oldNotice
	}
	for _, s := range d.sets {
		out.Datasets = append(out.Datasets, d.describe(s, e.data[s.ID]))
	}
	body, err := json.Marshal(out)
	if err != nil {
		return nil, fault.Internal(fmt.Errorf("write catalogue: %w", err))
	}
	e.catalogue = door.Prepare(door.Content{
		Body: body, Type: asJSON.mediaType(), Cache: cacheData, Headers: [][2]string{{"Link", `<` + d.Licence.URL + `>; rel="license"`}},
	})
	return e.catalogue, nil
}

func (d *Door) describe(s set, x *data) catalogued {
	one := catalogued{
		ID: s.ID, Title: inBoth{s.Title[0], s.Title[1]}, Description: inBoth{s.Text[0], s.Text[1]}, Publisher: d.centre, Licence: d.Licence.ID,
		Modified: x.modified, Every: s.Every, Rows: len(x.rows), Schema: Base + "schema/" + s.ID + ".json", Filters: s.filters,
		Temporal: d.period(s, x.rows),
	}
	if s.span != "" {
		one.Filters = append(append([]string{}, s.filters...), "from", "to")
	}
	if s.Protected {
		one.Protection = protection
	}
	for _, f := range s.Formats() {
		one.Distributions = append(one.Distributions, distribution{format(f), format(f).mediaType(), Base + s.ID + "." + f})
	}
	return one
}

// period is from the first to the last day of what rows tell of; nil for what tells of now.
func (d *Door) period(s set, rows []row) *period {
	span := s.column(s.span)
	if span < 0 || len(rows) == 0 {
		return nil
	}
	last := span
	if until := s.column("until"); until >= 0 {
		last = until
	}
	var p period
	for _, r := range rows {
		from, to := dayIn(r.cells[span], d.Location), dayIn(r.cells[last], d.Location)
		if p.Start == "" || from < p.Start {
			p.Start = from
		}
		p.End = max(p.End, to)
	}
	return &p
}

// dayIn is the day of a cell, in a zone.
func dayIn(v any, loc *time.Location) string {
	if t, ok := v.(time.Time); ok {
		return t.In(loc).Format(time.DateOnly)
	}
	text, _ := v.(string)
	return text
}
