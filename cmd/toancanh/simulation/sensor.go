package simulation

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"toancanh/cmd/toancanh/client"
	"toancanh/server/area"
)

// Sensor is a sensor to be played: its definition, and the figures its values
// start from.
type Sensor struct {
	client.Sensor
	Every time.Duration // between two readings of a real one of its kind
	Base  float64       // the value of an ordinary dry day; only of kinds that have one
	Gain  float64       // river, inflow: rise per millimetre of rain over its catchment
	Lag   time.Duration // river, inflow: from rain to the height of its wave
	Storm *float64      // the value at the height of a storm; nil: as the weather makes it
}

// Point is where the sensor stands.
func (s Sensor) Point() area.Point { return area.Point{Lat: s.Lat, Lon: s.Lon} }

// ReadSensors reads a table as schema/sample/sensors.csv; columns are found by
// name, all faults are reported at once.
func ReadSensors(r io.Reader) ([]Sensor, error) {
	table := csv.NewReader(r)
	header, err := table.Read()
	if err != nil {
		return nil, fmt.Errorf("read first line of sensors: %w", err)
	}
	var sensors []Sensor
	var faults []error
	for {
		fields, err := table.Read()
		if errors.Is(err, io.EOF) {
			return sensors, errors.Join(faults...)
		}
		if err != nil {
			return nil, errors.Join(append(faults, fmt.Errorf("read sensors: %w", err))...)
		}
		row := sensorRow{values: make(map[string]string, len(header))}
		for i, name := range header {
			row.values[name] = strings.TrimSpace(fields[i])
		}
		sensors = append(sensors, row.sensor())
		if len(row.faults) > 0 {
			line, _ := table.FieldPos(0)
			faults = append(faults, fmt.Errorf("sensors line %d: %w", line, errors.Join(row.faults...)))
		}
	}
}

// sensorRow is a line of the table and what is wrong with it.
type sensorRow struct {
	values map[string]string
	faults []error
}

func (r *sensorRow) sensor() Sensor {
	s := Sensor{
		Sensor: client.Sensor{
			Code: r.values["code"], Name: r.values["name"], Kind: r.values["kind"], Unit: r.values["unit"],
			Lat: r.number("lat"), Lon: r.number("lon"), StaleAfterS: int(r.number("stale_after_s")),
			Min: r.optional("min"), Max: r.optional("max"), Levels: r.levels(), Unconfirmed: r.list("unconfirmed"),
			Thing: r.values["thing"], Field: r.values["field"], Gateway: r.values["gateway"], Owner: r.values["owner"],
			Sample: true, Note: r.values["note"],
		},
		Every: time.Duration(r.number("every_s")) * time.Second,
		Storm: r.optional("storm"),
	}
	for name, field := range map[string]*float64{"base": &s.Base, "gain": &s.Gain} {
		if v := r.optional(name); v != nil {
			*field = *v
		}
	}
	if v := r.optional("lag_h"); v != nil {
		s.Lag = time.Duration(*v * float64(time.Hour))
	}
	if s.Code == "" || s.Every <= 0 {
		r.faults = append(r.faults, errors.New("code and every_s are needed"))
	}
	return s
}

func (r *sensorRow) number(name string) float64 {
	v, err := strconv.ParseFloat(r.values[name], 64)
	if err != nil {
		r.faults = append(r.faults, fmt.Errorf("%s: %w", name, err))
	}
	return v
}

// list reads "BĐ2|BĐ3".
func (r *sensorRow) list(name string) []string {
	return strings.FieldsFunc(r.values[name], func(c rune) bool { return c == '|' })
}

func (r *sensorRow) optional(name string) *float64 {
	if r.values[name] == "" {
		return nil
	}
	v := r.number(name)
	return &v
}

// levels reads "588.5:attention:BĐ1:bản tin|…".
func (r *sensorRow) levels() []client.Level {
	if r.values["levels"] == "" {
		return nil
	}
	var levels []client.Level
	for text := range strings.SplitSeq(r.values["levels"], "|") {
		// A label may hold a colon, as in "BĐ2 (BĐ3: chưa có …)": the first two
		// and the last one part the fields.
		at, rest, _ := strings.Cut(text, ":")
		state, rest, _ := strings.Cut(rest, ":")
		cut := strings.LastIndex(rest, ":")
		value, err := strconv.ParseFloat(at, 64)
		if err != nil || cut < 0 {
			r.faults = append(r.faults, fmt.Errorf("levels: %q is not at:state:label:source", text))
			continue
		}
		levels = append(levels, client.Level{At: value, State: state, Label: rest[:cut], Source: rest[cut+1:]})
	}
	return levels
}
