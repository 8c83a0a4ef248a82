package api

import (
	"context"
	"math"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/area"
	"toancanh/server/disclosure"
	"toancanh/server/fault"
	"toancanh/server/report"
	"toancanh/server/store"
)

// mostNearby bounds the list: whoever has one report to send reads a few.
const mostNearby = 5

// getNearby says which open reports of a kind lie near a place, before somebody sends the same again. It tells only what
// has left for everybody, and finds by nothing else: by the square of 500 m where one is told, by the commune where that is.
func (a *API) getNearby(ctx context.Context, c *fiber.Ctx) error {
	q, err := query(c, "category", "lat", "lon")
	if err != nil {
		return err
	}
	n, err := a.readNearby(q)
	if err != nil {
		return err
	}
	list, err := a.Store.NearbyReports(ctx, n)
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, map[string]any{"reports": list})
}

func (a *API) readNearby(q map[string]string) (store.Nearby, error) {
	n := store.Nearby{Division: a.Division, Category: q["category"], Real: a.Origin == report.Real, Most: mostNearby}
	lat, errLat := degreesParam(q, "lat", 90)
	lon, errLon := degreesParam(q, "lon", 180)
	var errCategory error
	if _, ok := a.Rules.Category(n.Category); !ok {
		errCategory = fault.Invalid("category", "Lĩnh vực không có trong danh mục.").Because("unknown")
	}
	if err := fault.Join(errCategory, errLat, errLon); err != nil {
		return n, err
	}
	at := area.Point{Lat: lat, Lon: lon}
	m, ok := a.Atlas.Map(a.Division)
	if !ok {
		return n, fault.Unavailable("Chưa có bản đồ của địa bàn.")
	}
	here, err := m.Place(at)
	if err != nil {
		return n, fault.Invalid("lat", "Vị trí nằm ngoài địa bàn phục vụ.").Because("outside").Wrap(err)
	}
	n.Area, n.Squares = here.Code, disclosure.Around(lat, lon)
	return n, nil
}

// degreesParam is a parameter that must be there and lie between -most and most degrees.
func degreesParam(q map[string]string, name string, most float64) (float64, error) {
	x, err := strconv.ParseFloat(q[name], 64)
	if err != nil || !(math.Abs(x) <= most) { // also NaN
		return 0, fault.Invalid(name, "Tham số %s phải là số từ -%g đến %g.", name, most, most).Because("out_of_range")
	}
	return x, nil
}
