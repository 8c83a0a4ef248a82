package boundary

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/paulmach/orb"
	"github.com/wroge/wgs84"
)

// Projection turns a file's coordinates into WGS 84 degrees. The zero value takes them as they are.
type Projection struct {
	Name  string // as people know it: "VN-2000, kinh tuyến trục 108°30', múi 3°"
	Plane bool   // the coordinates are metres
	to    wgs84.Func
}

// Degrees turns one position.
func (p Projection) Degrees(at orb.Point) orb.Point {
	if p.to == nil {
		return at
	}
	lon, lat, _ := p.to(at[0], at[1], 0)
	return orb.Point{lon, lat}
}

// vn2000 is the national datum: the ellipsoid of WGS 84, moved and turned by the seven parameters of the ministry's
// decision 05/2007/QĐ-BTNMT (EPSG operation 6960). There the turns are those of the coordinate frame; the library wants
// those of the position vector, which are the opposite. Getting that wrong would cost 1.2 m, as much as the grid here.
func vn2000() wgs84.Datum {
	return wgs84.Helmert(wgs84.A, wgs84.Fi, -191.90441429, -39.30318279, -111.45032835,
		0.00928836, -0.01975479, 0.00427372, 0.252906278)
}

// datum is one of the two that are understood.
type datum int

const (
	onWGS84 datum = iota
	onVN2000
)

func (d datum) system() wgs84.Datum {
	if d == onVN2000 {
		return vn2000()
	}
	return wgs84.WGS84()
}

func (d datum) String() string {
	if d == onVN2000 {
		return "VN-2000"
	}
	return "WGS 84"
}

// geographic is degrees on a datum.
func geographic(d datum) Projection {
	if d == onWGS84 {
		return Projection{Name: "WGS 84, kinh độ và vĩ độ"}
	}
	return Projection{Name: "VN-2000, kinh độ và vĩ độ", to: d.system().LonLat().To(wgs84.LonLat())}
}

// mercator is a transverse Mercator projection: degrees of its axis, scale there, and what is added, in metres.
type mercator struct{ axis, origin, scale, east, north float64 }

func (m mercator) on(d datum) Projection {
	degrees, minutes := math.Floor(m.axis), math.Round(math.Mod(m.axis, 1)*60)
	name := fmt.Sprintf("%s, kinh tuyến trục %.0f°%02.0f'", d, degrees, minutes)
	switch {
	case math.Abs(m.scale-0.9999) < 1e-7:
		name += ", múi 3°"
	case math.Abs(m.scale-0.9996) < 1e-7:
		name += ", múi 6° (UTM)"
	}
	return Projection{
		Name: name, Plane: true,
		to: d.system().TransverseMercator(m.axis, m.origin, m.scale, m.east, m.north).To(wgs84.LonLat()),
	}
}

// zone is a zone of three degrees of VN-2000.
func zone(axis float64) Projection {
	return mercator{axis: axis, scale: 0.9999, east: 500_000}.on(onVN2000)
}

func utm(axis float64, d datum) Projection {
	return mercator{axis: axis, scale: 0.9996, east: 500_000}.on(d)
}

// ByEPSG is the projection with a number of the EPSG registry: WGS 84, VN-2000, their UTM zones 48 and 49 north and the
// zones of three degrees that Circular 973/2001/TT-TCĐC gives the provinces.
func ByEPSG(code int) (Projection, error) {
	switch code {
	case 4326, 4979:
		return geographic(onWGS84), nil
	case 4756, 4755:
		return geographic(onVN2000), nil
	case 32648:
		return utm(105, onWGS84), nil
	case 32649:
		return utm(111, onWGS84), nil
	case 3405:
		return utm(105, onVN2000), nil
	case 3406:
		return utm(111, onVN2000), nil
	case 5896:
		return zone(102), nil
	case 5897:
		return zone(105), nil
	case 5898:
		return zone(108), nil
	case 5899:
		return zone(107.75), nil
	}
	// EPSG 9205 to 9218, in the registry's order.
	axes := [...]float64{103, 104, 104.5, 104.75, 105.5, 105.75, 106, 106.25, 106.5, 107, 107.25, 107.5, 108.25, 108.5}
	if i := code - 9205; i >= 0 && i < len(axes) {
		return zone(axes[i]), nil
	}
	return Projection{}, Refuse("projection", "Hệ tọa độ EPSG:%d chưa được hỗ trợ. Hãy xuất lại theo WGS 84 (EPSG:4326) hoặc VN-2000.", code)
}

// ByName reads what a GeoJSON file may name in its old member "crs": "EPSG:4326", "urn:ogc:def:crs:OGC:1.3:CRS84",
// "urn:ogc:def:crs:EPSG::9218".
func ByName(name string) (Projection, error) {
	upper := strings.ToUpper(name)
	if strings.HasSuffix(upper, "CRS84") {
		return geographic(onWGS84), nil
	}
	if i := strings.LastIndex(upper, "EPSG:"); i >= 0 {
		number := strings.Trim(upper[i+len("EPSG:"):], ":")
		if j := strings.LastIndex(number, ":"); j >= 0 { // a version in between
			number = number[j+1:]
		}
		if code, err := strconv.Atoi(number); err == nil {
			return ByEPSG(code)
		}
	}
	return Projection{}, Refuse("projection", "Không hiểu hệ tọa độ %q của tệp.", name)
}

// ByWKT reads the text of a .prj file: WKT 1 as ESRI or OGC write it.
func ByWKT(text string) (Projection, error) {
	root, err := parseWKT(text)
	if err != nil {
		return Projection{}, Refuse("projection", "Tệp .prj không đọc được: %v.", err)
	}
	if root.name != "GEOGCS" && root.name != "PROJCS" {
		return Projection{}, Refuse("projection", "Tệp .prj khai báo loại hệ tọa độ %q chưa được hỗ trợ.", root.name)
	}
	d, err := datumOf(root)
	if err != nil {
		return Projection{}, err
	}
	if root.name == "GEOGCS" {
		return geographic(d), nil
	}
	method := root.child("PROJECTION").text()
	if fold(method) != "transversemercator" && fold(method) != "gausskruger" {
		return Projection{}, Refuse("projection", "Tệp .prj khai báo phép chiếu %q; chỉ đọc được Transverse Mercator (UTM, VN-2000).", method)
	}
	if factor := root.child("UNIT").value(1); factor != 1 {
		return Projection{}, Refuse("projection", "Tệp .prj dùng đơn vị dài %g mét; chỉ đọc được mét.", factor)
	}
	m := mercator{scale: 1}
	for _, p := range root.children("PARAMETER") {
		v := p.value(1)
		switch fold(p.text()) {
		case "centralmeridian", "longitudeofcenter":
			m.axis = v
		case "latitudeoforigin":
			m.origin = v
		case "scalefactor":
			m.scale = v
		case "falseeasting":
			m.east = v
		case "falsenorthing":
			m.north = v
		}
	}
	return m.on(d), nil
}

// datumOf reads which earth the coordinates stand on.
func datumOf(root *wkt) (datum, error) {
	geo := root
	if root.name == "PROJCS" {
		geo = root.child("GEOGCS")
	}
	d := geo.child("DATUM")
	ball := d.child("SPHEROID")
	name := fold(d.text())
	if math.Abs(ball.value(1)-wgs84.A) > 0.01 || math.Abs(ball.value(2)-298.257223563) > 1e-3 {
		return 0, Refuse("projection", "Tệp .prj dùng hệ quy chiếu %q trên e-líp-xô-ít %q; chỉ đọc được WGS 84 và VN-2000.", d.text(), ball.text())
	}
	switch {
	case strings.Contains(name, "vn2000"), strings.Contains(name, "vietnam2000"):
		return onVN2000, nil
	case strings.Contains(name, "wgs1984"), strings.Contains(name, "wgs84"):
		// Some programs write VN-2000 only into the name of the whole.
		if whole := fold(root.text()); strings.Contains(whole, "vn2000") {
			return onVN2000, nil
		}
		return onWGS84, nil
	}
	return 0, Refuse("projection", "Tệp .prj dùng hệ quy chiếu %q; chỉ đọc được WGS 84 và VN-2000.", d.text())
}

// fold keeps the letters and digits of a name, in lower case.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		}
		return -1
	}, s)
}
