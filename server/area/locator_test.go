package area_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"

	"toancanh/server/area"
)

func box(west, south, east, north float64) orb.Ring {
	return orb.Ring{{west, south}, {east, south}, {east, north}, {west, north}, {west, south}}
}

func named(code string, polygons ...orb.Polygon) area.Feature {
	return area.Feature{Area: area.Area{Code: code, Name: code}, Shape: polygons}
}

// A square with a square hole, a town filling the hole, two neighbours.
func fixture() *area.Locator {
	hole := box(2, 2, 4, 4)
	hole.Reverse()
	return area.NewLocator([]area.Feature{
		named("ring", orb.Polygon{box(0, 0, 6, 6), hole}),
		named("town", orb.Polygon{box(2, 2, 4, 4)}),
		named("east", orb.Polygon{box(6, 0, 9, 6)}),
		named("islands", orb.Polygon{box(20, 0, 21, 1)}, orb.Polygon{box(22, 0, 23, 1)}),
	})
}

func TestLocate(t *testing.T) {
	t.Parallel()
	l := fixture()
	for _, c := range []struct {
		name     string
		lon, lat float64
		want     string
	}{
		{"inside", 1, 1, "ring"},
		{"inside the hole", 3, 3, "town"},
		{"in the second piece", 22.5, 0.5, "islands"},
		{"between the pieces", 21.5, 0.5, ""},
		{"a shared border belongs to the eastern one", 6, 3, "east"},
		{"the hole's western border belongs to the hole", 2, 3, "town"},
		{"the hole's eastern border belongs to the ring", 4, 3, "ring"},
		{"the hole's southern border belongs to the hole", 3, 2, "town"},
		{"the hole's northern border belongs to the ring", 3, 4, "ring"},
		{"the hole's south-western corner", 2, 2, "town"},
		{"the hole's north-eastern corner", 4, 4, "ring"},
		{"the outer western border is inside", 0, 3, "ring"},
		{"the outer eastern border is outside", 9, 3, ""},
		{"level with corners, outside", -1, 2, ""},
		{"level with corners, far east", 30, 4, ""},
		{"no number", math.NaN(), 3, ""},
		{"no number north", 3, math.NaN(), ""},
		{"without end", math.Inf(1), 3, ""},
		{"no place on earth", 200, 3, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, ok := l.Locate(area.Point{Lat: c.lat, Lon: c.lon})
			if got != c.want || ok != (c.want != "") {
				t.Errorf("Locate(lon %v, lat %v) = %q, %v, want %q", c.lon, c.lat, got, ok, c.want)
			}
		})
	}
}

// Corners and points on borders lie in exactly one area: with each feature in a
// locator of its own, exactly one of them takes the point.
func TestABorderBelongsToExactlyOneArea(t *testing.T) {
	t.Parallel()
	m := sampleMap(t, old)
	features := m.Features(area.Commune)
	outer := make(map[orb.Point]bool)
	for _, p := range m.Features(area.Province)[0].Shape[0][0] {
		outer[p] = true
	}
	var alone []*area.Locator
	for _, f := range features {
		alone = append(alone, area.NewLocator([]area.Feature{f}))
	}
	count := func(p orb.Point) (n int) {
		for i, l := range alone {
			if !features[i].Shape.Bound().Pad(1e-9).Contains(p) {
				continue
			}
			if _, ok := l.Locate(area.Point{Lat: p.Lat(), Lon: p.Lon()}); ok {
				n++
			}
		}
		return n
	}
	for _, f := range features {
		r := f.Shape[0][0]
		for i, b := range r[1:] {
			a := r[i]
			if outer[a] || outer[b] {
				continue // owned by one area or by none
			}
			middle := orb.Point{(a[0] + b[0]) / 2, (a[1] + b[1]) / 2}
			for _, p := range []orb.Point{a, middle} {
				if n := count(p); n != 1 {
					t.Errorf("%v on the border of %s lies in %d areas", p, f.Area.Title(), n)
				}
			}
		}
	}
}

func TestLocateAgreesWithWalkingEveryEdge(t *testing.T) {
	t.Parallel()
	m := sampleMap(t, old)
	dice := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		p := orb.Point{107.1 + dice.Float64()*1.1, 11.65 + dice.Float64()*1.2}
		want := ""
		for _, f := range m.Features(area.Commune) {
			if planar.MultiPolygonContains(f.Shape, p) {
				want = f.Area.Code
			}
		}
		if got, _ := m.Locator().Locate(area.Point{Lat: p.Lat(), Lon: p.Lon()}); got != want {
			t.Errorf("%v lies in %q, want %q", p, got, want)
		}
	}
}

func TestPlaceExplainsARefusal(t *testing.T) {
	t.Parallel()
	l := sampleMap(t, old).Locator()
	if a, err := l.Place(area.Point{Lat: 12.014, Lon: 107.714}); err != nil || a.Code != "24611" {
		t.Errorf("Phường Nghĩa Đức is %s, %v", a.Code, err)
	}
	_, err := l.Place(area.Point{Lat: 12.2, Lon: 107.0})
	var outside *area.OutsideError
	if !errors.As(err, &outside) || !errors.Is(err, area.ErrOutside) {
		t.Fatalf("west of the province: %v, want an OutsideError", err)
	}
	if outside.Nearest.Code != "24736" || outside.KM < 20 || outside.KM > 30 || outside.Swapped {
		t.Errorf("west of the province: %+v, want 20 to 30 km from Quảng Trực", outside)
	}
	_, err = l.Place(area.Point{Lat: 107.7, Lon: 12.2})
	if !errors.Is(err, area.ErrPoint) {
		t.Errorf("swapped axes: %v, want ErrPoint", err)
	}
	if want := "latitude and longitude are swapped"; err == nil || err.Error()[:len(want)] != want {
		t.Errorf("swapped axes: %v, want a hint", err)
	}
	_, err = l.Place(area.Point{Lat: math.NaN(), Lon: 107})
	if !errors.Is(err, area.ErrPoint) || errors.Is(err, area.ErrOutside) {
		t.Errorf("no number: %v, want ErrPoint", err)
	}
	_, err = fixture().Place(area.Point{Lat: 20.5, Lon: 0.5})
	if !errors.As(err, &outside) || !outside.Swapped {
		t.Errorf("swapped axes that are on earth: %v, want Swapped", err)
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	l := fixture()
	for _, c := range []struct {
		name     string
		lon, lat float64
		want     string
		km       float64
	}{
		{"inside it is no way", 1, 1, "ring", 0},
		{"a degree west of the equator's edge", -1, 3, "ring", 111.04},
		{"half a degree north of a corner", 9, 6.5, "east", 55.6},
		{"no place on earth", 0, 91, "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			code, km := l.Nearest(area.Point{Lat: c.lat, Lon: c.lon})
			if code != c.want || math.Abs(km-c.km) > 0.1 {
				t.Errorf("nearest is %q, %.2f km, want %q, %.2f km", code, km, c.want, c.km)
			}
		})
	}
	empty := area.NewLocator(nil)
	if code, _ := empty.Nearest(area.Point{}); code != "" {
		t.Errorf("nothing is nearest to %q", code)
	}
	if _, err := empty.Place(area.Point{}); !errors.Is(err, area.ErrOutside) {
		t.Errorf("place in nothing: %v", err)
	}
}

func TestScatter(t *testing.T) {
	t.Parallel()
	l := sampleMap(t, old).Locator()
	perCommune := map[string]int{}
	points := map[area.Point]bool{}
	const count = 7100
	for i := range count {
		key := fmt.Sprintf("a foreign street %d", i)
		p, code := l.Scatter(key)
		if again, _ := l.Scatter(key); again != p {
			t.Fatalf("%q is at %v and at %v", key, p, again)
		}
		if got, _ := l.Locate(p); got != code {
			t.Errorf("%q is at %v in %q, want %q", key, p, got, code)
		}
		perCommune[code]++
		points[p] = true
	}
	for _, f := range sampleMap(t, old).Features(area.Commune) {
		if n := perCommune[f.Area.Code]; n < 50 || n > 150 {
			t.Errorf("%s got %d of %d places, want about 100", f.Area.Title(), n, count)
		}
	}
	if len(points) < count*99/100 {
		t.Errorf("%d keys share %d points", count, len(points))
	}
	if _, code := area.NewLocator(nil).Scatter("x"); code != "" {
		t.Errorf("nowhere has %q", code)
	}
}

func BenchmarkLocate(b *testing.B) {
	b.Run("on the schematic", func(b *testing.B) { locate(b, sampleMap(b, old).Locator()) })
	for name, file := range map[string]struct{ division, name string }{
		"in 71 imported communes": {old, "dak-nong-2022-communes.geojson"},
		"in 28 imported communes": {today, "dak-nong-area-2025-communes.geojson"},
	} {
		b.Run(name, func(b *testing.B) {
			m, err := area.NewMap(sampleAtlas(b).Tree, area.Source{Division: file.division}, readBoundaries(b, file.name))
			if err != nil {
				b.Fatal(err)
			}
			locate(b, m.Locator())
		})
	}
}

func locate(b *testing.B, l *area.Locator) {
	b.Helper()
	dice := rand.New(rand.NewPCG(1, 2))
	points := make([]area.Point, 4096)
	for i := range points {
		points[i] = area.Point{Lat: 11.74 + dice.Float64(), Lon: 107.2 + dice.Float64()*0.9}
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		l.Locate(points[i%len(points)])
		i++
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "points/s")
}

func BenchmarkPlaceOutside(b *testing.B) {
	l := sampleMap(b, old).Locator()
	for b.Loop() {
		_, _ = l.Place(area.Point{Lat: 10, Lon: 106})
	}
}
