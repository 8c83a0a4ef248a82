// Package reading decodes boundary files: GeoJSON, TopoJSON and zipped Shapefiles, with the attribute tables of old
// Vietnamese programs. It gets bytes and gives layers; what they mean it does not judge. A file it cannot read is
// refused with a *boundary.Refusal that says what to do instead.
package reading

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/paulmach/orb"
	"golang.org/x/text/unicode/norm"

	"toancanh/server/boundary"
)

// Options say what the file does not.
type Options struct {
	Encoding Encoding             // of a Shapefile's table; Auto looks at the bytes
	Layer    string               // the object of a TopoJSON file, or the layer of an archive; empty: the only one
	CRS      *boundary.Projection // in place of what the file says
}

// File decodes a file of at most boundary.MostBytes.
func File(name string, raw []byte, o Options) (boundary.Layer, error) {
	if len(raw) > boundary.MostBytes {
		return boundary.Layer{}, boundary.Refuse("size", "Tệp lớn hơn %d MiB.", boundary.MostBytes>>20)
	}
	layer, err := decode(name, raw, o)
	if err != nil {
		return boundary.Layer{}, err
	}
	if o.CRS != nil {
		layer.Projection = *o.CRS
	}
	points := 0
	for i := range layer.Features {
		layer.Features[i].Number = i + 1
		for key, text := range layer.Features[i].Attributes {
			layer.Features[i].Attributes[key] = strings.TrimSpace(norm.NFC.String(text))
		}
		for _, p := range layer.Features[i].Shape {
			for _, r := range p {
				points += len(r)
			}
		}
	}
	if points > boundary.MostPoints {
		return boundary.Layer{}, boundary.Refuse("size", "Tệp có hơn %d triệu điểm.", boundary.MostPoints/1_000_000)
	}
	return layer, nil
}

func decode(name string, raw []byte, o Options) (boundary.Layer, error) {
	text := bytes.TrimLeft(bytes.TrimPrefix(raw, []byte("\ufeff")), " \t\r\n")
	switch {
	case len(text) == 0:
		return boundary.Layer{}, boundary.Refuse("empty", "Tệp trống.")
	case bytes.HasPrefix(raw, []byte("PK\x03\x04")), bytes.HasPrefix(raw, []byte("PK\x05\x06")):
		return readArchive(raw, o)
	case bytes.HasPrefix(raw, []byte{0, 0, 0x27, 0x0a}):
		return boundary.Layer{}, boundary.Refuse("format", "Đây là riêng tệp .shp. Hãy nén .shp, .shx, .dbf, .prj, .cpg vào một tệp .zip.")
	case bytes.HasPrefix(raw, []byte{0x1f, 0x8b}):
		return boundary.Layer{}, boundary.Refuse("format", "Đây là tệp nén gzip. Hãy giải nén trước.")
	case text[0] == '<':
		return boundary.Layer{}, boundary.Refuse("format", "Đây là tệp XML (KML, GML). Hãy xuất thành GeoJSON hoặc Shapefile nén .zip.")
	case text[0] == '{':
		return readJSON(text, o)
	}
	return boundary.Layer{}, boundary.Refuse("format", "Không nhận ra định dạng của tệp %s. Đọc được GeoJSON, TopoJSON và Shapefile nén .zip.", filepath.Base(name))
}

// readJSON tells GeoJSON and TopoJSON apart.
func readJSON(raw []byte, o Options) (boundary.Layer, error) {
	if !utf8.Valid(raw) {
		return boundary.Layer{}, boundary.Refuse("encoding", "Tệp JSON không phải mã UTF-8. Hãy lưu lại theo UTF-8.")
	}
	var head struct {
		Type string          `json:"type"`
		CRS  json.RawMessage `json:"crs"`
	}
	if err := json.Unmarshal(raw, &head); err != nil {
		return boundary.Layer{}, badJSON(raw, err)
	}
	projection, err := crsOf(head.CRS)
	if err != nil {
		return boundary.Layer{}, err
	}
	var layer boundary.Layer
	if head.Type == "Topology" {
		layer, err = readTopology(raw, o.Layer)
	} else {
		layer, err = readGeoJSON(raw, head.Type)
	}
	layer.Projection = projection
	return layer, err
}

// badJSON says where a text stops being JSON.
func badJSON(raw []byte, err error) error {
	var syntax *json.SyntaxError
	if asError(err, &syntax) {
		line := 1 + bytes.Count(raw[:min(int(syntax.Offset), len(raw))], []byte("\n"))
		return boundary.Refuse("format", "Tệp không phải JSON hợp lệ, lỗi ở dòng %d (byte %d).", line, syntax.Offset)
	}
	return boundary.Refuse("format", "Tệp JSON không đúng cấu trúc: %v.", err)
}

// crsOf reads the member that GeoJSON had before RFC 7946.
func crsOf(raw json.RawMessage) (boundary.Projection, error) {
	var crs struct {
		Properties struct {
			Name string `json:"name"`
		} `json:"properties"`
	}
	if len(raw) == 0 || string(raw) == "null" {
		return boundary.Projection{}, nil
	}
	if err := json.Unmarshal(raw, &crs); err != nil || crs.Properties.Name == "" {
		return boundary.Projection{}, boundary.Refuse("projection", "Không hiểu mục \"crs\" của tệp.")
	}
	return boundary.ByName(crs.Properties.Name)
}

// textOf is a JSON value as an attribute: numbers without a tail, null as nothing.
func textOf(v any) (string, bool) {
	switch v := v.(type) {
	case nil:
		return "", true
	case string:
		return v, true
	case bool:
		return strconv.FormatBool(v), true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	}
	return "", false // lists and objects name nothing
}

// attributes keeps what can be read as text, in the order the columns were first seen.
func attributes(layer *boundary.Layer, seen map[string]bool, properties members) map[string]string {
	out := make(map[string]string, len(properties))
	for _, m := range properties {
		text, ok := textOf(m.value)
		if !ok {
			continue
		}
		out[m.name] = text
		if !seen[m.name] {
			seen[m.name] = true
			layer.Columns = append(layer.Columns, m.name)
		}
	}
	return out
}

// members are an object's in the order of the text.
type members []member

type member struct {
	name  string
	value any
}

// UnmarshalJSON keeps the order.
func (m *members) UnmarshalJSON(raw []byte) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return err
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		var value any
		if err := d.Decode(&value); err != nil {
			return err
		}
		*m = append(*m, member{name.(string), value}) //nolint:forcetypeassert // what comes before a colon is a text
	}
	return nil
}

// polygonOf makes a polygon of its rings; an open ring is closed.
func polygonOf(rings [][]orb.Point) orb.Polygon {
	p := make(orb.Polygon, 0, len(rings))
	for _, r := range rings {
		if len(r) > 0 && r[0] != r[len(r)-1] {
			r = append(r, r[0])
		}
		p = append(p, orb.Ring(r))
	}
	return p
}
