package reading_test

import (
	"bytes"
	"errors"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"toancanh/server/boundary"
	"toancanh/server/boundary/reading"
)

const wgs84PRJ = `GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]`

// tcvn3 writes what the test needs in the old encoding, by hand: bytes of TCVN 5712:1993.
var tcvn3 = map[string]string{ //nolint:gochecknoglobals // a constant table
	"Đắk R'Lấp":            "\xa7\xbek R'L\xcap",
	"Quảng Trực":           "Qu\xb6ng Tr\xf9c",
	"Nghĩa Đức":            "Ngh\xdca \xa7\xf8c",
	"Thị trấn Đắk Mil":     "Th\xde tr\xcan \xa7\xbek Mil",
	"Xã Đắk N'Drung":       "X\xb7 \xa7\xbek N'Drung",
	"Phường Bắc Gia Nghĩa": "Ph\xad\xeang B\xbec Gia Ngh\xdca",
	"Buôn Choáh":           "Bu\xabn Cho\xb8h",
	"Tuy Đức":              "Tuy \xa7\xf8c",
	"Kiến Đức":             "Ki\xd5n \xa7\xf8c",
	"Lâm Đồng":             "L\xa9m \xa7\xe5ng",
	"Huế, Thừa Thiên":      "Hu\xd5, Th\xf5a Thi\xaan",
	"Mỹ Đức, Hà Nội":       "M\xfc \xa7\xf8c, H\xb5 N\xe9i",
}

func TestTCVN3(t *testing.T) {
	t.Parallel()
	for want, raw := range tcvn3 {
		if got := reading.TCVN3.Decode([]byte(raw)); got != want {
			t.Errorf("%q is read %q, want %q", raw, got, want)
		}
	}
}

// The C library's own table is an independent judge of every byte that is a letter here.
func TestTCVN3AgreesWithTheSystem(t *testing.T) {
	t.Parallel()
	iconv, err := exec.LookPath("iconv")
	if err != nil {
		t.Skip("there is no iconv on this machine")
	}
	letters := 0
	for b := 0xa1; b <= 0xfe; b++ {
		got := reading.TCVN3.Decode([]byte{byte(b)})
		if got == "\ufffd" {
			continue
		}
		letters++
		cmd := exec.Command(iconv, "-f", "TCVN", "-t", "UTF-8")
		cmd.Stdin = bytes.NewReader([]byte{byte(b), 'x'})
		out, err := cmd.Output()
		if err != nil {
			t.Skip("this iconv does not know TCVN")
		}
		if want := strings.TrimSuffix(string(out), "x"); got != want {
			t.Errorf("byte %#x is %q here and %q there", b, got, want)
		}
	}
	if letters != 74 {
		t.Errorf("%d letters, want 14 without and 60 with a tone", letters)
	}
}

func TestDetectTellsEncodingsApart(t *testing.T) {
	t.Parallel()
	words := []string{"Đắk R'Lấp", "Quảng Trực", "Nghĩa Đức", "Thị trấn Đắk Mil", "Tuy Đức"}
	in := map[reading.Encoding][][]byte{}
	for _, w := range words {
		in[reading.UTF8] = append(in[reading.UTF8], []byte(w))
		in[reading.TCVN3] = append(in[reading.TCVN3], []byte(tcvn3[w]))
		in[reading.Auto] = append(in[reading.Auto], []byte("Dak R'Lap"))
	}
	// windows-1258 writes the tones after the letters.
	in[reading.Windows1258] = [][]byte{[]byte("\xd0\xe3\xeck R'L\xe2\xecp"), []byte("Qua\xd2ng Tr\xfd\xf2c"), []byte("Nghi\xdea \xd0\xfd\xecc")}
	for want, texts := range in {
		if got := reading.Detect(texts); got != want {
			t.Errorf("detected %v, want %v", got, want)
		}
	}
	if got := reading.Windows1258.Decode(in[reading.Windows1258][0]); got != "Đắk R'Lấp" {
		t.Errorf("windows-1258 reads %q", got)
	}
}

func TestShapefile(t *testing.T) {
	t.Parallel()
	hole := box(107.52, 12.02, 0.01)
	shapes := shp(5, []orb.Ring{box(107.5, 12, 0.1), hole}, []orb.Ring{box(107.6, 12, 0.1), box(107.8, 12, 0.05)})
	table := func(a, b string) []byte {
		return dbf([]string{"MA_XA", "TEN"}, []string{"24611", a}, []string{"24612", b})
	}
	for name, c := range map[string]struct {
		files    map[string][]byte
		encoding string
	}{
		"TCVN3, with a .cpg that lies": {map[string][]byte{
			"Xa.shp": shapes, "Xa.dbf": table(tcvn3["Nghĩa Đức"], tcvn3["Quảng Trực"]), "Xa.prj": []byte(wgs84PRJ), "Xa.cpg": []byte("1252"),
		}, "TCVN3 (ABC)"},
		"UTF-8, in a folder, upper case": {map[string][]byte{
			"RANH/XA.SHP": shapes, "RANH/XA.DBF": table("Nghĩa Đức", "Quảng Trực"), "RANH/XA.PRJ": []byte(wgs84PRJ), "__MACOSX/RANH/XA.SHP": {1},
		}, "UTF-8"},
		"measured points": {map[string][]byte{
			"x.shp": shp(25, []orb.Ring{box(107.5, 12, 0.1), hole}, []orb.Ring{box(107.6, 12, 0.1), box(107.8, 12, 0.05)}),
			"x.dbf": table("Nghĩa Đức", "Quảng Trực"), "x.prj": []byte(wgs84PRJ),
		}, "UTF-8"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := reading.File("xa.zip", archive(t, c.files), reading.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got.Encoding != c.encoding || len(got.Features) != 2 {
				t.Fatalf("%d features, encoding %q, want 2 of %q", len(got.Features), got.Encoding, c.encoding)
			}
			want := []map[string]string{{"MA_XA": "24611", "TEN": "Nghĩa Đức"}, {"MA_XA": "24612", "TEN": "Quảng Trực"}}
			if diff := cmp.Diff(want, []map[string]string{got.Features[0].Attributes, got.Features[1].Attributes}); diff != "" {
				t.Errorf("attributes (-want +got):\n%s", diff)
			}
			if first, second := got.Features[0].Shape, got.Features[1].Shape; len(first) != 1 || len(first[0]) != 2 || len(second) != 2 {
				t.Errorf("shapes %v and %v, want one with a hole and one in two pieces", first, second)
			}
		})
	}
}

func TestTopoJSON(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"plain": `{"type":"Topology","objects":{"xa":{"type":"GeometryCollection","geometries":[
			{"type":"Polygon","id":24611,"properties":{"ten":"Nghĩa Đức"},"arcs":[[0,1]]},
			{"type":"MultiPolygon","properties":{"ten":"Quảng Trực"},"arcs":[[[-2,2]]]}]}},
			"arcs":[[[107.6,12.1],[107.5,12.1],[107.5,12],[107.6,12]],[[107.6,12],[107.6,12.1]],[[107.6,12],[107.7,12],[107.7,12.1],[107.6,12.1]]]}`,
		"quantised": `{"type":"Topology","transform":{"scale":[0.1,0.1],"translate":[107.5,12]},"objects":{"xa":{"type":"GeometryCollection","geometries":[
			{"type":"Polygon","id":24611,"properties":{"ten":"Nghĩa Đức"},"arcs":[[0,1]]},
			{"type":"MultiPolygon","properties":{"ten":"Quảng Trực"},"arcs":[[[-2,2]]]}]}},
			"arcs":[[[1,1],[-1,0],[0,-1],[1,0]],[[1,0],[0,1]],[[1,0],[1,0],[0,1],[-1,0]]]}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := reading.File("xa.json", []byte(text), reading.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got.Format != "TopoJSON" || len(got.Features) != 2 || got.Features[0].Attributes["(id)"] != "24611" || got.Features[1].Attributes["ten"] != "Quảng Trực" {
				t.Fatalf("%+v", got)
			}
			for i, want := range []orb.Bound{{Min: orb.Point{107.5, 12}, Max: orb.Point{107.6, 12.1}}, {Min: orb.Point{107.6, 12}, Max: orb.Point{107.7, 12.1}}} {
				b, r := got.Features[i].Shape.Bound(), got.Features[i].Shape[0][0]
				if !near(b.Min[0], want.Min[0], 1e-9) || !near(b.Max[1], want.Max[1], 1e-9) || len(r) != 5 || r[0] != r[4] {
					t.Errorf("feature %d is %v", i, r)
				}
			}
		})
	}
}

func TestGeoJSONOfEveryKind(t *testing.T) {
	t.Parallel()
	polygon := `{"type":"Polygon","coordinates":[[[107.5,12],[107.6,12],[107.6,12.1]]]}` // not closed
	for text, features := range map[string]int{
		`{"type":"FeatureCollection","features":[{"type":"Feature","id":"24611","properties":{"b":1,"a":null},"geometry":` + polygon + `},{"type":"Feature","properties":null,"geometry":null}]}`: 2,
		"\ufeff" + `{"type":"Feature","properties":{"ma":24611.0},"geometry":` + polygon + `}`:                                                                                                    1,
		polygon: 1,
		`{"type":"GeometryCollection","geometries":[` + polygon + `,{"type":"Point","coordinates":[107,12]}]}`:       2,
		`{"type":"Feature","properties":{},"geometry":{"type":"GeometryCollection","geometries":[` + polygon + `]}}`: 1,
	} {
		got, err := reading.File("x.geojson", []byte(text), reading.Options{})
		if err != nil || len(got.Features) != features {
			t.Errorf("%.60s: %d features, %v, want %d", text, len(got.Features), err, features)
			continue
		}
		if r := got.Features[0].Shape[0][0]; len(r) != 4 || r[0] != r[3] {
			t.Errorf("%.60s: the ring is %v, want it closed", text, r)
		}
	}
}

func TestWrongFilesAreRefusedWithTheirReason(t *testing.T) {
	t.Parallel()
	zipped := func(files map[string][]byte) []byte { return archive(t, files) }
	good := shp(5, []orb.Ring{box(107.5, 12, 0.1)})
	row := dbf([]string{"MA"}, []string{"24611"})
	bomb := bytes.Repeat([]byte{0}, 64<<20)
	for name, c := range map[string]struct {
		raw  []byte
		kind string
		says string
	}{
		"nothing":                   {nil, "empty", "trống"},
		"too large":                 {make([]byte, boundary.MostBytes+1), "size", "64 MiB"},
		"a bare .shp":               {good, "format", ".zip"},
		"gzip":                      {[]byte("\x1f\x8b\x08"), "format", "gzip"},
		"KML":                       {[]byte("<?xml version=\"1.0\"?><kml/>"), "format", "KML"},
		"a picture":                 {[]byte("\x89PNG"), "format", "GeoJSON"},
		"broken JSON":               {[]byte("{\n\"type\":\n,"), "format", "dòng 3"},
		"JSON of something else":    {[]byte(`{"type":"Song"}`), "format", "Song"},
		"JSON in another encoding":  {[]byte("{\"type\":\"\xa7\xbek\"}"), "encoding", "UTF-8"},
		"an unknown crs":            {[]byte(`{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"EPSG:3148"}},"features":[]}`), "projection", "3148"},
		"a torn zip":                {[]byte("PK\x03\x04 and no more"), "format", "hỏng"},
		"a zip without a layer":     {zipped(map[string][]byte{"doc.txt": nil}), "format", ".shp"},
		"a zip with two":            {zipped(map[string][]byte{"a.shp": good, "b.shp": good}), "layer", "--layer"},
		"no table":                  {zipped(map[string][]byte{"a.shp": good, "a.prj": []byte(wgs84PRJ)}), "format", ".dbf"},
		"no projection":             {zipped(map[string][]byte{"a.shp": good, "a.dbf": row}), "projection", ".prj"},
		"a table of other length":   {zipped(map[string][]byte{"a.shp": good, "a.dbf": dbf([]string{"MA"}), "a.prj": []byte(wgs84PRJ)}), "format", "1 hình"},
		"a torn shape file":         {zipped(map[string][]byte{"a.shp": good[:150], "a.dbf": row, "a.prj": []byte(wgs84PRJ)}), "format", "cắt cụt"},
		"a torn table":              {zipped(map[string][]byte{"a.shp": good, "a.dbf": row[:40], "a.prj": []byte(wgs84PRJ)}), "format", "cắt cụt"},
		"a zip bomb":                {zipped(map[string][]byte{"a.shp": bomb, "a.dbf": row, "a.prj": []byte(wgs84PRJ)}), "size", "bom nén"},
		"a ring of two":             {[]byte(`{"type":"Polygon","coordinates":[[[107,12],[108,12],[107,12]]]}`), "geometry", "bốn vị trí"},
		"coordinates that are text": {[]byte(`{"type":"Polygon","coordinates":[[["107","12"]]]}`), "geometry", "tọa độ"},
		"an arc that is not there":  {[]byte(`{"type":"Topology","objects":{"a":{"type":"Polygon","arcs":[[7]]}},"arcs":[]}`), "geometry", "tọa độ"},
		"a topology of two layers":  {[]byte(`{"type":"Topology","objects":{"a":{"type":"Polygon","arcs":[]},"b":{"type":"Polygon","arcs":[]}},"arcs":[]}`), "layer", "a, b"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := reading.File("x", c.raw, reading.Options{})
			var refusal *boundary.Refusal
			if !errors.As(err, &refusal) {
				t.Fatalf("%v, want a refusal", err)
			}
			if diff := cmp.Diff([]string{c.kind}, refusal.Kinds()); diff != "" || !strings.Contains(refusal.Error(), c.says) {
				t.Errorf("refused with %q (-want +got):\n%s", refusal, diff)
			}
		})
	}
}

func FuzzFile(f *testing.F) {
	f.Add([]byte(`{"type":"FeatureCollection","features":[]}`))
	f.Add([]byte(`{"type":"Topology","objects":{"a":{"type":"Polygon","arcs":[[0]]}},"arcs":[[[0,0],[1,0],[1,1],[0,0]]]}`))
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		_, err := reading.File("x", raw, reading.Options{})
		var refusal *boundary.Refusal
		if err != nil && !errors.As(err, &refusal) {
			t.Errorf("%T: %v", err, err)
		}
	})
}

func FuzzShapefile(f *testing.F) {
	f.Add(shp(5, []orb.Ring{box(107.5, 12, 0.1)}), dbf([]string{"MA"}, []string{"24611"}))
	f.Fuzz(func(t *testing.T, shapes, table []byte) {
		raw := archive(t, map[string][]byte{"a.shp": shapes, "a.dbf": table, "a.prj": []byte(wgs84PRJ)})
		_, err := reading.File("a.zip", raw, reading.Options{})
		var refusal *boundary.Refusal
		if err != nil && !errors.As(err, &refusal) {
			t.Errorf("%T: %v", err, err)
		}
	})
}
