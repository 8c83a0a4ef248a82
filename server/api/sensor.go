package api

import (
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
}

func (a *API) listSensors(ctx context.Context, c *fiber.Ctx) error {
	shown, err := a.sensorsNow(ctx, asking(c).Bounds)
	if err != nil {
		return err
	}
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
	latest := make(map[int32]store.Latest, len(newest))
	for _, l := range newest {
		latest[l.SensorID] = l
	}
	shown := make([]sensorShown, 0, len(sensors))
	for _, s := range sensors {
		if !b.HoldsSensor(s.Code, placeOfSensor(s.Sensor)) {
			continue
		}
		l, ok := latest[s.ID]
		shown = append(shown, showSensor(s, l, ok, a.Now()))
	}
	slices.SortFunc(shown, func(x, y sensorShown) int { return strings.Compare(x.Code, y.Code) })
	return shown, nil
}

func showSensor(s store.Sensor, l store.Latest, spoke bool, now time.Time) sensorShown {
	shown := sensorShown{
		Code: s.Code, Name: s.Name, Kind: s.Kind, Unit: s.Unit, Lat: s.Lat, Lon: s.Lon, Area: s.Area,
		StaleAfterS: int64(s.StaleAfter / time.Second), Min: s.Min, Max: s.Max, State: string(sensor.Unknown),
	}
	if !spoke {
		return shown
	}
	shown.Value, shown.At, shown.Limit = &l.Value, &l.At, s.Limit(l.Value)
	if !s.Stale(l.At, now) {
		shown.State = string(s.State(l.Value))
	}
	return shown
}

func (a *API) putSensors(ctx context.Context, c *fiber.Ctx) error {
	key, err := a.need(ctx, c, auth.RightSensors)
	if err != nil {
		return err
	}
	o, _, err := readObject(c, listBody)
	if err != nil {
		return err
	}
	items := o.list("sensors")
	if len(items) > mostSensors {
		o.wrong("sensors", "too_many_items", "Mỗi lần đăng ký tối đa %d cảm biến.", mostSensors)
		return o.done()
	}
	if !o.given("sensors") {
		o.wrong("sensors", "required", "Thiếu danh sách sensors.")
	}
	if err := o.done(); err != nil {
		return err
	}
	list := make([]sensor.Sensor, len(items))
	var faults []error
	for i, v := range items {
		var wrong []error
		list[i] = readSensor(asObject(v, "", &wrong))
		faults = append(faults, fault.At(i, fault.Join(wrong...)))
	}
	if err := fault.Join(faults...); err != nil {
		return err
	}
	for i := range list {
		list[i].Origin = string(originOf(key))
	}
	if err := a.Intake.RegisterSensorsAs(ctx, list, a.sensorWithin(key)); err != nil {
		return err
	}
	return send(c, fiber.StatusOK, map[string]int{"registered": len(list)})
}

func readSensor(o *object) sensor.Sensor {
	s := sensor.Sensor{
		Code: o.text("code"), Name: o.text("name"), Kind: o.text("kind"), Unit: o.text("unit"),
		Lat: o.need("lat"), Lon: o.need("lon"), StaleAfter: seconds(o, "stale_after_s"),
		Min: o.optional("min"), Max: o.optional("max"),
	}
	for _, v := range o.list("levels") {
		l := o.item("levels", v)
		s.Levels = append(s.Levels, sensor.Level{
			At: l.need("at"), State: sensor.State(l.text("state")), Label: l.text("label"), Source: l.text("source"),
		})
		l.refuseUnknown()
	}
	o.refuseUnknown()
	return s
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
	sensors, err := a.Store.Sensors(ctx)
	if err != nil {
		return err
	}
	s, ok := sensors[c.Params("code")]
	if !ok || !asking(c).Bounds.HoldsSensor(s.Code, placeOfSensor(s.Sensor)) {
		return fault.NotFound("Không có cảm biến mang mã này.")
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
