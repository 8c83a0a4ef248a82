package api

import (
	"context"
	"math"
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/area"
	"toancanh/server/fault"
	"toancanh/server/report"
	"toancanh/server/store"
	"toancanh/server/view"
)

// mostNearby bounds the list: whoever has one report to send reads a few.
const mostNearby = 5

// getNearby says which open reports of a kind lie near a place, before somebody sends the same again. It tells only what
// the public projection tells, and where they lie only as closely as a tile of view.NearbyZoom.
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
	n.Areas = []string{here.Code}
	if view.NearbyByArea(n.Category) {
		return n, nil
	}
	n.Tiles = area.Neighbourhood(at, view.NearbyZoom)
	n.Areas = append(n.Areas, areasBeside(m, at)...)
	return n, nil
}

// areasBeside are the areas that the tiles around a point reach into.
func areasBeside(m *area.Map, at area.Point) []string {
	const wide = 360.0 / (1 << view.NearbyZoom) // degrees of longitude
	high := wide * math.Cos(at.Lat*math.Pi/180)
	var list []string
	for _, dy := range []float64{-1, 0, 1} {
		for _, dx := range []float64{-1, 0, 1} {
			beside, err := m.Place(area.Point{Lat: at.Lat + dy*high, Lon: at.Lon + dx*wide})
			if err == nil && !slices.Contains(list, beside.Code) {
				list = append(list, beside.Code)
			}
		}
	}
	return list
}

// degreesParam is a parameter that must be there and lie between -most and most degrees.
func degreesParam(q map[string]string, name string, most float64) (float64, error) {
	x, err := strconv.ParseFloat(q[name], 64)
	if err != nil || !(math.Abs(x) <= most) { // also NaN
		return 0, fault.Invalid(name, "Tham số %s phải là số từ -%g đến %g.", name, most, most).Because("out_of_range")
	}
	return x, nil
}
