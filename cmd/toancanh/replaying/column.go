package replaying

import (
	"slices"
	"strings"
)

// Names under which the known exports keep a field, the best first: New York's
// 311, GeoReport v2, OpenAQ, daily weather tables.
func knownColumns(field string) []string {
	switch field {
	case fieldDescription:
		return []string{"description", "descriptor", "resolution description", "service_name"}
	case fieldCategory:
		return []string{"category", "complaint type", "problem (formerly complaint type)", "problem", "service_name", "service_code", "type"}
	case fieldLat:
		return []string{"lat", "latitude", "y"}
	case fieldLon:
		return []string{"lon", "long", "lng", "longitude", "x"}
	case fieldReceived:
		return []string{"received_at", "received", "requested_datetime", "created date", "created_date", "created_at", "opened"}
	case fieldClosed:
		return []string{"closed_at", "closed date", "closed_date", "closed", "resolved_at"}
	case fieldAddress:
		return []string{"address", "incident address", "incident_address"}
	case fieldStatus:
		return []string{"status"}
	case fieldUpdated:
		return []string{"updated_datetime", "updated_at", "resolution action updated date"}
	case fieldSensor:
		return []string{"sensor", "location", "station", "location_id", "location_name"}
	case fieldParameter:
		return []string{"parameter", "pollutant"}
	case fieldValue:
		return []string{"value", "precipitation", "rain", "rainfall"}
	case fieldAt:
		return []string{"at", "datetime", "date.utc", "utc", "datetimeutc", "datetime_utc", "timestamp", "date", "local"}
	case fieldMeasure:
		return []string{"unit", "units"}
	default:
		return nil
	}
}

// The fields a file is read for.
const (
	fieldDescription = "description"
	fieldCategory    = "category"
	fieldLat         = "lat"
	fieldLon         = "lon"
	fieldReceived    = "received"
	fieldClosed      = "closed"
	fieldAddress     = "address"
	fieldStatus      = "status"
	fieldUpdated     = "updated"
	fieldSensor      = "sensor"
	fieldParameter   = "parameter"
	fieldValue       = "value"
	fieldAt          = "at"
	fieldMeasure     = "unit"
)

// Fields lists the fields that Options.Map may name.
func Fields() []string {
	return []string{
		fieldDescription, fieldCategory, fieldLat, fieldLon, fieldReceived, fieldClosed, fieldAddress,
		fieldStatus, fieldUpdated, fieldSensor, fieldParameter, fieldValue, fieldAt,
		fieldMeasure,
	}
}

// reader reads fields from the rows of one table.
type reader struct {
	table *table
	at    map[string][]int // columns of each field
}

func (p *player) reader(t *table) reader {
	r := reader{table: t, at: make(map[string][]int)}
	for _, field := range Fields() {
		if names := p.Map[field]; len(names) > 0 {
			for _, name := range names {
				if i := t.column(name); i >= 0 {
					r.at[field] = append(r.at[field], i)
				}
			}
			continue
		}
		for _, name := range knownColumns(field) {
			if i := t.column(name); i >= 0 {
				r.at[field] = append(r.at[field], i)
				if field != fieldDescription {
					break
				}
			}
		}
	}
	return r
}

func (t *table) column(name string) int {
	return slices.IndexFunc(t.columns, func(c string) bool { return strings.EqualFold(c, strings.TrimSpace(name)) })
}

// has reports whether the table has columns for all the fields.
func (r reader) has(fields ...string) bool {
	return !slices.ContainsFunc(fields, func(f string) bool { return len(r.at[f]) == 0 })
}

// name is the column a field is read from, for telling people.
func (r reader) name(field string) string {
	if columns := r.at[field]; len(columns) > 0 {
		return r.table.columns[columns[0]]
	}
	return field
}

// text joins the cells of a field that hold something; a text that another one
// repeats is left out.
func (r reader) text(w row, field string) string {
	var parts []string
	for _, i := range r.at[field] {
		if cell := w.cells[i]; cell != "" && !slices.Contains(parts, cell) {
			parts = append(parts, cell)
		}
	}
	return strings.Join(parts, ". ")
}

func (p *player) isReadings(t *table) bool {
	r := p.reader(t)
	return r.has(fieldValue, fieldAt) && !r.has(fieldLat, fieldReceived)
}

func (p *player) isReports(t *table) bool {
	return p.reader(t).has(fieldReceived, fieldLat, fieldLon)
}
