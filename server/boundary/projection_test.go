package boundary_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"toancanh/server/boundary"
)

const (
	geogcs84 = `GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]`
	geogcsVN = `GEOGCS["VN-2000",DATUM["Vietnam_2000",SPHEROID["WGS 84",6378137,298.257223563]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]]`
)

// projcs is a transverse Mercator as programs write it.
func projcs(geogcs string, axis, scale float64) string {
	return fmt.Sprintf(`PROJCS["x",%s,PROJECTION["Transverse_Mercator"],PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],`+
		`PARAMETER["Central_Meridian",%g],PARAMETER["Scale_Factor",%g],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]`, geogcs, axis, scale)
}

// meridian is the arc from the equator to a latitude in metres, by adding up small steps: no series to agree with.
func meridian(lat float64) float64 {
	const a, e2, steps = 6378137.0, 0.00669437999014, 200_000
	sum := 0.0
	for i := range steps {
		sin := math.Sin((float64(i) + 0.5) / steps * lat * math.Pi / 180)
		sum += a * (1 - e2) / math.Pow(1-e2*sin*sin, 1.5)
	}
	return sum * lat * math.Pi / 180 / steps
}

func apart(a, b orb.Point) float64 {
	return math.Hypot((a[0]-b[0])*111_320*math.Cos(12*math.Pi/180), (a[1]-b[1])*110_600)
}

func TestProjectionsOnTheirAxis(t *testing.T) {
	t.Parallel()
	north := meridian(12)
	// The shift of VN-2000 by its three translations at 12 N on each axis, by the formulas of a local frame; its turns
	// and its scale move nothing by more than two metres.
	shifted := func(axis float64) orb.Point {
		sinL, cosL := math.Sincos(axis * math.Pi / 180)
		sinB, cosB := math.Sincos(12 * math.Pi / 180)
		const dx, dy, dz = -191.90441429, -39.30318279, -111.45032835
		east := -sinL*dx + cosL*dy
		up := -sinB*cosL*dx - sinB*sinL*dy + cosB*dz
		return orb.Point{axis + east/(111_320*cosB), 12 + up/110_600}
	}
	epsg := func(n int) func() (boundary.Projection, error) {
		return func() (boundary.Projection, error) { return boundary.ByEPSG(n) }
	}
	wkt := func(text string) func() (boundary.Projection, error) {
		return func() (boundary.Projection, error) { return boundary.ByWKT(text) }
	}
	for _, c := range []struct {
		name  string
		make  func() (boundary.Projection, error)
		scale float64
		want  orb.Point
	}{
		{"UTM 48 N", epsg(32648), 0.9996, orb.Point{105, 12}},
		{"UTM 49 N", epsg(32649), 0.9996, orb.Point{111, 12}},
		{"UTM 48 N by text", wkt(projcs(geogcs84, 105, 0.9996)), 0.9996, orb.Point{105, 12}},
		{"VN-2000, zone 48", epsg(3405), 0.9996, shifted(105)},
		{"VN-2000, zone 49", epsg(3406), 0.9996, shifted(111)},
		{"VN-2000, 108°30'", epsg(9218), 0.9999, shifted(108.5)},
		{"VN-2000, 107°45'", epsg(5899), 0.9999, shifted(107.75)},
		{"VN-2000, 105°30'", epsg(9209), 0.9999, shifted(105.5)},
		{"VN-2000, 104°45'", epsg(9208), 0.9999, shifted(104.75)},
		{"VN-2000, 108°30' by text", wkt(projcs(geogcsVN, 108.5, 0.9999)), 0.9999, shifted(108.5)},
		{"a datum named by the whole only", wkt(strings.Replace(projcs(geogcs84, 108.5, 0.9999), `"x"`, `"VN-2000 / TM-3 108-30"`, 1)), 0.9999, shifted(108.5)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, err := c.make()
			if err != nil {
				t.Fatal(err)
			}
			if got := p.Degrees(orb.Point{500_000, north * c.scale}); apart(got, c.want) > 2 {
				t.Errorf("%s: %v, want %v: %.1f m apart", p.Name, got, c.want, apart(got, c.want))
			}
		})
	}
}

// Two zones must say the same of one place: away from the axis the formulas are longer than on it.
func TestProjectionsAgreeAwayFromTheirAxis(t *testing.T) {
	t.Parallel()
	near, err := boundary.ByEPSG(9217) // 108°15'
	if err != nil {
		t.Fatal(err)
	}
	far, err := boundary.ByEPSG(3406) // 111°, three degrees away
	if err != nil {
		t.Fatal(err)
	}
	// The first terms of the inverse on the far zone's sphere find coordinates of a place; the near zone has to find it.
	at := orb.Point{500_000 - 0.9996*300_000, 0.9996 * meridian(12.1)}
	want := far.Degrees(at)
	x, y := 500_000.0, meridian(want[1])*0.9999
	for range 50 {
		got := near.Degrees(orb.Point{x, y})
		x += (want[0] - got[0]) * 111_320 * math.Cos(12*math.Pi/180)
		y += (want[1] - got[1]) * 110_600
	}
	// A line of one kilometre is one kilometre in both, but for the scale of the projections there.
	const km = 1000.0
	second := far.Degrees(orb.Point{at[0] + km, at[1]})
	base := near.Degrees(orb.Point{x, y})
	along := apart(base, second)
	if scale := 0.9996 * (1 + math.Pow(300_000/6_371_000.0, 2)/2); math.Abs(along*scale-km) > 3 {
		t.Errorf("a kilometre is %.2f m long, scale %.6f", along*scale, scale)
	}
}

func TestUnknownSystemsAreRefusedByName(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text, says string
	}{
		"another ellipsoid": {strings.Replace(geogcs84, "6378137.0,298.257223563", "6377276.345,300.8017", 1), "D_WGS_1984"},
		"Hanoi 1972":        {`GEOGCS["Hanoi 1972",DATUM["D_Hanoi_1972",SPHEROID["Krasovsky_1940",6378245.0,298.3]],UNIT["Degree",0.0174]]`, "D_Hanoi_1972"},
		"another datum":     {strings.Replace(geogcs84, "D_WGS_1984", "D_ITRF_1992", 1), "D_ITRF_1992"},
		"Lambert":           {strings.Replace(projcs(geogcs84, 105, 1), "Transverse_Mercator", "Lambert_Conformal_Conic", 1), "Lambert"},
		"feet":              {strings.Replace(projcs(geogcs84, 105, 1), `UNIT["Meter",1.0]`, `UNIT["Foot",0.3048]`, 1), "0.3048"},
		"heights":           {`VERTCS["x"]`, "VERTCS"},
		"no text":           {"", "không đọc được"},
		"torn text":         {geogcs84[:60], "không đọc được"},
		"brackets only":     {strings.Repeat("A[", 1000), "không đọc được"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := boundary.ByWKT(c.text)
			var refusal *boundary.Refusal
			if !errors.As(err, &refusal) || !strings.Contains(refusal.Error(), c.says) {
				t.Errorf("%v, want a refusal that says %q", err, c.says)
			}
		})
	}
	for _, name := range []string{"EPSG:3148", "EPSG:", "urn:ogc:def:crs:EPSG::abc", "WGS"} {
		if _, err := boundary.ByName(name); err == nil {
			t.Errorf("%q was understood", name)
		}
	}
	for _, name := range []string{"EPSG:4326", "urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:EPSG::9218", "urn:ogc:def:crs:EPSG:9.8.2:3405", "epsg:4756"} {
		if _, err := boundary.ByName(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
}
