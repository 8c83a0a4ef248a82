package api

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/access"
	"toancanh/server/auth"
	"toancanh/server/fault"
	"toancanh/server/sensor"
	"toancanh/server/store"
)

// mostSensors bounds one registration.
const mostSensors = 2000

// levelShown is a limit of a sensor. One that no source confirms has no band: no value reaches it.
type levelShown struct {
	At        float64 `json:"at"`
	State     string  `json:"state"`
	Label     string  `json:"label"`
	Source    string  `json:"source"`
	Confirmed bool    `json:"confirmed"`
}

func showLevels(levels []sensor.Level) []levelShown {
	shown := make([]levelShown, len(levels))
	for i, l := range levels {
		shown[i] = levelShown{l.At, string(l.State), l.Label, l.Source, l.Confirmed()}
	}
	return shown
}

// sensorShown is a sensor with its newest value; Value and At are null while it never spoke.
type sensorShown struct {
	Code        string     `json:"code"`
	Name        string     `json:"name"`
	Kind        string     `json:"kind"`
	Unit        string     `json:"unit"`
	Lat         float64    `json:"lat"`
	Lon         float64    `json:"lon"`
	Area        string     `json:"area"`
	StaleAfterS int64      `json:"stale_after_s"`
	Min         *float64   `json:"min"`
	Max         *float64   `json:"max"`
	Value       *float64   `json:"value"`
	At          *time.Time `json:"at"`
	State       string     `json:"state"`
	Limit       string     `json:"limit"`

	AreaName      string          `json:"area_name"`
	Thing         string          `json:"thing,omitempty"`
	Field         string          `json:"field,omitempty"`
	Gateway       string          `json:"gateway,omitempty"`
	Owner         string          `json:"owner,omitempty"`
	Standing      string          `json:"standing"`
	Sample        bool            `json:"sample,omitempty"`
	Origin        string          `json:"origin"`
	StaleAuto     bool            `json:"stale_auto,omitempty"`
	SilenceAfterS int64           `json:"silence_after_s"`      // the limit in force
	ObservedS     float64         `json:"observed_s,omitempty"` // usual time between readings
	MaxRate       *float64        `json:"max_rate,omitempty"`
	StuckAfterS   int64           `json:"stuck_after_s,omitempty"`
	Levels        []levelShown    `json:"levels"`
	Unconfirmed   []string        `json:"unconfirmed"` // names of limits without a value, as no source confirms them
	Note          string          `json:"note,omitempty"`
	Version       int64           `json:"version"`
	Quality       []string        `json:"quality,omitempty"`
	ReceivedAt    *time.Time      `json:"received_at,omitempty"`
	Silent        bool            `json:"silent,omitempty"` // in use, not in maintenance, and its limit is over
	Maintenance   bool            `json:"maintenance,omitempty"`
	Proposal      *admissionShown `json:"proposal,omitempty"`
}

// admissionShown is how a sensor was let in, or is to be.
type admissionShown struct {
	Key       string     `json:"key"` // its label
	At        *time.Time `json:"at"`
	DecidedAt *time.Time `json:"decided_at"`
	Why       string     `json:"why,omitempty"`
	Refused   int64      `json:"refused"` // readings it sent that were not taken
	RefusedAt *time.Time `json:"refused_at"`
}

// listSensors lists the sensors in use, or those of another standing.
func (a *API) listSensors(ctx context.Context, c *fiber.Ctx) error {
	q, err := query(c, "standing")
	if err != nil {
		return err
	}
	standing := sensor.Standing(cmp.Or(q["standing"], string(sensor.Active)))
	if standing != "all" && !standing.Known() {
		return fault.Invalid("standing", "Tình trạng là active, proposed, retired hoặc all.").Because("unknown")
	}
	shown, err := a.sensorsNow(ctx, asking(c).Bounds)
	if err != nil {
		return err
	}
	shown = slices.DeleteFunc(shown, func(s sensorShown) bool { return standing != "all" && s.Standing != string(standing) })
	return send(c, fiber.StatusOK, struct {
		Sensors []sensorShown `json:"sensors"`
	}{shown})
}

// sensorsNow are the sensors within bounds with their newest values, by code.
func (a *API) sensorsNow(ctx context.Context, b access.Bounds) ([]sensorShown, error) {
	sensors, err := a.Store.Sensors(ctx)
	if err != nil {
		return nil, err
	}
	newest, _, err := a.Store.LatestSince(ctx, time.Time{})
	if err != nil {
		return nil, err
	}
	now := a.Now()
	windows, err := a.Store.Maintenance(ctx, now)
	if err != nil {
		return nil, err
	}
	upkeep := store.NewUpkeep(windows)
	latest := make(map[int32]*store.Latest, len(newest))
	for i := range newest {
		latest[newest[i].SensorID] = &newest[i]
	}
	shown := make([]sensorShown, 0, len(sensors))
	for _, s := range sensors {
		if b.HoldsSensor(s.Code, placeOfSensor(s.Sensor)) {
			shown = append(shown, a.showSensor(s, momentOf{latest[s.ID], upkeep.Holds(&s.Sensor, now), now}))
		}
	}
	slices.SortFunc(shown, func(x, y sensorShown) int { return strings.Compare(x.Code, y.Code) })
	return shown, nil
}

// momentOf is what is true of a sensor now; latest is nil while it never spoke.
type momentOf struct {
	latest      *store.Latest
	maintenance bool
	now         time.Time
}

func (a *API) showSensor(s store.Sensor, m momentOf) sensorShown {
	shown := sensorShown{
		Code: s.Code, Name: s.Name, Kind: s.Kind, Unit: s.Unit, Lat: s.Lat, Lon: s.Lon, Area: s.Area,
		StaleAfterS: int64(s.StaleAfter / time.Second), Min: s.Min, Max: s.Max, State: string(sensor.Unknown),

		AreaName: a.areaName(s.Division, s.Area), Thing: s.Thing, Field: s.Field, Gateway: s.Gateway, Owner: s.Owner,
		Standing: string(s.Standing), Sample: s.Sample, Origin: s.Origin, StaleAuto: s.StaleAuto,
		SilenceAfterS: int64(s.SilenceLimit() / time.Second), ObservedS: s.Observed.Seconds(), MaxRate: s.MaxRate,
		StuckAfterS: int64(s.StuckAfter / time.Second), Levels: showLevels(s.Levels),
		Unconfirmed: append([]string{}, s.Unconfirmed...), Note: s.Note, Version: s.Version, Maintenance: m.maintenance,
	}
	if p := s.Admission; p.By != "" {
		shown.Proposal = &admissionShown{p.Label, p.At, p.DecidedAt, p.Why, p.Refused, p.RefusedAt}
	}
	l := m.latest
	stale := l == nil || s.Stale(l.At, m.now)
	shown.Silent = stale && s.InUse() && !m.maintenance
	if l == nil {
		return shown
	}
	shown.Value, shown.At, shown.Limit = &l.Value, &l.At, s.Limit(l.Value)
	shown.Quality, shown.ReceivedAt = l.Quality.Words(), &l.UpdatedAt
	if !stale {
		shown.State = string(s.State(l.Value))
	}
	return shown
}

func (a *API) putSensors(ctx context.Context, c *fiber.Ctx) error {
	key, err := a.need(ctx, c, auth.RightSensors)
	if err != nil {
		return err
	}
	list, err := a.readSensors(ctx, c, key)
	if err != nil {
		return err
	}
	if err := a.Intake.RegisterSensorsAs(ctx, list, a.sensorWithin(key)); err != nil {
		return err
	}
	return send(c, fiber.StatusOK, map[string]int{"registered": len(list)})
}

// readSensors reads the sensors that a key sends in a body.
func (a *API) readSensors(ctx context.Context, c *fiber.Ctx, key auth.Key) ([]sensor.Sensor, error) {
	units, err := a.unitsNow(ctx)
	if err != nil {
		return nil, err
	}
	o, _, err := readObject(c, listBody)
	if err != nil {
		return nil, err
	}
	items := o.list("sensors")
	if len(items) > mostSensors {
		o.wrong("sensors", "too_many_items", "Mỗi lần đăng ký tối đa %d cảm biến.", mostSensors)
		return nil, o.done()
	}
	if !o.given("sensors") {
		o.wrong("sensors", "required", "Thiếu danh sách sensors.")
	}
	if err := o.done(); err != nil {
		return nil, err
	}
	list := make([]sensor.Sensor, len(items))
	var faults []error
	for i, v := range items {
		var wrong []error
		list[i] = readSensor(asObject(v, "", &wrong), units)
		list[i].Origin = string(originOf(key))
		faults = append(faults, fault.At(i, fault.Join(wrong...)))
	}
	return list, fault.Join(faults...)
}

// readSensor reads a sensor to be registered. An owner must be a unit of units.
func readSensor(o *object, units map[string]bool) sensor.Sensor {
	s := sensor.Sensor{
		Code: o.text("code"), Name: o.text("name"), Kind: o.text("kind"), Unit: o.text("unit"),
		Lat: o.need("lat"), Lon: o.need("lon"), StaleAfter: seconds(o, "stale_after_s"),
		Min: o.optional("min"), Max: o.optional("max"), Levels: readLevels(o), Unconfirmed: o.texts("unconfirmed"),
		Thing: o.text("thing"), Field: o.text("field"), Gateway: o.text("gateway"), Owner: readOwner(o, units),
		StaleAuto: o.flag("stale_auto"), MaxRate: o.optional("max_rate"), StuckAfter: seconds(o, "stuck_after_s"),
		Sample: o.flag("sample"), Note: o.text("note"),
	}
	o.refuseUnknown()
	return s
}

func readOwner(o *object, units map[string]bool) string {
	id := o.text("owner")
	if _, known := units[id]; id != "" && !known {
		o.wrong("owner", "unknown", "Không có đơn vị mang mã này.")
	}
	return id
}

func readLevels(o *object) []sensor.Level {
	var levels []sensor.Level
	for _, v := range o.list("levels") {
		l := o.item("levels", v)
		levels = append(levels, sensor.Level{
			At: l.need("at"), State: sensor.State(l.text("state")), Label: l.text("label"), Source: l.text("source"),
		})
		l.refuseUnknown()
	}
	return levels
}

// texts is a list of texts, empty when absent.
func (o *object) texts(name string) []string {
	var list []string
	for _, v := range o.list(name) {
		if v.kind != isText {
			o.wrongType(o.field(name), isText, v.kind)
			return nil
		}
		list = append(list, unquote(v.raw))
	}
	return list
}

// seconds keeps a length of time inside what a Duration holds; the rules judge it.
func seconds(o *object, name string) time.Duration {
	x, _ := o.number(name)
	const most = 1e9
	return time.Duration(min(max(x, -most), most) * float64(time.Second))
}

// Bounds of a series, in hours.
const (
	usualSeries = 24
	mostSeries  = 31 * 24
)

func (a *API) getSeries(ctx context.Context, c *fiber.Ctx) error {
	q, err := query(c, "hours")
	if err != nil {
		return err
	}
	hours, err := wholeParam(q, "hours", bounded{usual: usualSeries, least: 1, most: mostSeries})
	if err != nil {
		return err
	}
	s, err := a.sensorNamed(ctx, c, c.Params("code"))
	if err != nil {
		return err
	}
	points, err := a.Store.Series(ctx, s.ID, a.Now().Add(-time.Duration(hours)*time.Hour))
	if err != nil {
		return err
	}
	pairs := make([][2]float64, len(points))
	for i, p := range points {
		pairs[i] = [2]float64{float64(p.At.Unix()), p.Value}
	}
	return send(c, fiber.StatusOK, struct {
		Sensor string       `json:"sensor"`
		Unit   string       `json:"unit"`
		Points [][2]float64 `json:"points"`
	}{s.Code, s.Unit, pairs})
}
