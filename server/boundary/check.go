package boundary

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/paulmach/orb"

	"toancanh/server/area"
)

// What is mended without asking, and what is too much.
const (
	mostOverlap = 0.01 // of the smaller area
	mostTwist   = 0.01 // of a polygon
	slit        = 3.0  // km²: gaps are filled up to this size
	slitShare   = 0.01 // and up to this share of the smallest neighbour
	crumb       = 0.005
)

// Accepted is a layer that may become the map.
type Accepted struct {
	Shapes   map[string]orb.MultiPolygon // by code, five decimals, neighbours share every corner
	Findings []Finding                   // what was mended or left out
	Points   int
	KM2      float64
}

// Check turns a layer into shapes or refuses it; then the error is a *Refusal with everything found against it.
func Check(layer Layer, o Order) (*Accepted, error) {
	if len(layer.Features) == 0 {
		return nil, Refuse("empty", "Tệp không có đối tượng nào.")
	}
	var f findings
	m := newMatcher(&layer, o, &f)
	if len(m.expected) == 0 {
		return nil, Refuse("level", "Bộ địa giới %s không có %s.", o.Division, o.Level.Word())
	}
	if err := degrees(&layer); err != nil {
		return nil, err
	}
	if err := areasOnly(&layer); err != nil {
		return nil, err
	}
	if err := m.columns(); err != nil {
		return nil, err
	}
	matched, strangers := m.run()
	if len(matched) == 0 && len(f.against) == 0 {
		return nil, m.nothing()
	}
	m.complete(matched)
	if err := f.refusal(); err != nil {
		return nil, err
	}
	return m.lay(matched, strangers)
}

// Vietnam with its islands lies in this box.
func vietnam() orb.Bound { return orb.Bound{Min: orb.Point{102, 6}, Max: orb.Point{118, 24}} }

// degrees turns all coordinates into WGS 84 and looks whether they can be.
func degrees(layer *Layer) error {
	home := vietnam()
	var outside, swapped, metres, all int
	var first *Feature
	var where orb.Point
	for i := range layer.Features {
		f := &layer.Features[i]
		for _, p := range f.Shape {
			for _, r := range p {
				for k, raw := range r {
					all++
					at := layer.Projection.Degrees(raw)
					r[k] = at
					if home.Contains(at) {
						continue
					}
					outside++
					if first == nil {
						first, where = f, raw
					}
					if home.Contains(orb.Point{at[1], at[0]}) {
						swapped++
					}
					if math.Abs(raw[0]) > 180 || math.Abs(raw[1]) > 180 {
						metres++
					}
				}
			}
		}
	}
	switch {
	case outside == 0:
		return nil
	case swapped == all:
		return Refuse("swapped", "Vĩ độ và kinh độ bị đảo chỗ trong cả tệp (ví dụ %g, %g). GeoJSON viết kinh độ trước, vĩ độ sau.", where[0], where[1])
	case metres == outside && !layer.Projection.Plane:
		return Refuse("projection", "Tọa độ là mét (ví dụ %.2f, %.2f), không phải độ WGS 84, mà tệp không nói hệ tọa độ. Hãy xuất lại theo WGS 84, hoặc nói rõ bằng --crs, ví dụ --crs EPSG:9218 (VN-2000, kinh tuyến trục 108°30').", where[0], where[1])
	}
	reason := ""
	if layer.Projection.Plane {
		reason = " Hệ tọa độ khai báo (" + layer.Projection.Name + ") có thể không đúng với tệp."
	}
	return Refuse("outside", "%d trong %d điểm nằm ngoài Việt Nam, trước hết ở đối tượng số %d (%g, %g).%s", outside, all, first.Number, where[0], where[1], reason)
}

// areasOnly refuses layers of points and lines.
func areasOnly(layer *Layer) error {
	kinds := map[string]int{}
	shapes := 0
	for _, f := range layer.Features {
		kinds[f.Kind]++
		if len(f.Shape) > 0 {
			shapes++
		}
	}
	if shapes > 0 {
		return nil
	}
	var list []string
	for kind, n := range kinds {
		if kind == "" {
			kind = "không có hình"
		}
		list = append(list, fmt.Sprintf("%d %s", n, kind))
	}
	slices.Sort(list)
	return Refuse("geometry", "Tệp không có vùng (Polygon) nào, chỉ có %s. Cần lớp ranh giới dạng vùng.", strings.Join(list, ", "))
}

// complete looks whether every expected area is there with a shape.
func (m *matcher) complete(matched []match) {
	found, shaped := map[string]int{}, map[string]bool{}
	for _, x := range matched {
		found[x.code]++
		shaped[x.code] = shaped[x.code] || len(x.feature.Shape) > 0
	}
	var missing, empty, merged, codes []string
	for _, a := range m.expected {
		switch {
		case found[a.Code] == 0:
			missing, codes = append(missing, named(a)), append(codes, a.Code)
		case !shaped[a.Code]:
			empty, codes = append(empty, named(a)), append(codes, a.Code)
		case found[a.Code] > 1:
			merged = append(merged, fmt.Sprintf("%s (%d phần)", named(a), found[a.Code]))
		}
	}
	if len(missing) > 0 {
		m.findings.oppose(Finding{
			Kind: "missing", Codes: codes,
			Text: fmt.Sprintf("Thiếu %d trong %d đơn vị: %s.", len(missing), len(m.expected), someOf(missing)),
		})
	}
	if len(empty) > 0 {
		m.findings.oppose(Finding{Kind: "missing", Codes: codes, Text: "Có tên nhưng không có hình vùng: " + someOf(empty) + "."})
	}
	if len(merged) > 0 {
		m.findings.tell(Finding{Kind: "merged", Text: "Nhiều đối tượng của cùng một đơn vị được gộp lại: " + someOf(merged) + "."})
	}
}

// lay puts the matched features on one map and judges it.
func (m *matcher) lay(matched []match, strangers []*Feature) (*Accepted, error) {
	var pieces []area.Piece
	var from []*Feature
	add := func(code string, f *Feature) {
		for _, p := range f.Shape {
			pieces, from = append(pieces, area.Piece{Code: code, Shape: p}), append(from, f)
		}
	}
	for _, x := range matched {
		add(x.code, x.feature)
	}
	m.tellStrangers(strangers)
	if err := m.findings.refusal(); err != nil {
		return nil, err
	}
	cover, err := area.NewCover(pieces, area.Tolerance{Gap: slit, GapShare: slitShare, Crumb: crumb})
	if err != nil {
		return nil, Refuse("geometry", "Các đường ranh giới rối đến mức không xếp được lên lưới một mét.")
	}
	m.judge(cover, pieces, from)
	if err := m.findings.refusal(); err != nil {
		return nil, err
	}
	shapes, err := cover.Shapes()
	if err != nil {
		return nil, fmt.Errorf("lay boundaries: %w", err)
	}
	m.compare(shapes, cover.KM2())
	if err := m.findings.refusal(); err != nil {
		return nil, err
	}
	out := &Accepted{Shapes: shapes, Findings: m.findings.told, Points: cover.Points}
	for _, km2 := range cover.KM2() {
		out.KM2 += km2
	}
	return out, nil
}

// tellStrangers lists features of no expected area. Those that lie inside the division are a mistake, others belong to
// its neighbours and are left out.
func (m *matcher) tellStrangers(strangers []*Feature) {
	var inside, outside, codes []string
	for _, f := range strangers {
		name := strings.TrimSpace(f.Attributes[m.code] + " " + f.Attributes[m.name])
		if name == "" {
			name = fmt.Sprintf("đối tượng số %d không mã, không tên", f.Number)
		}
		if m.order.Known != nil && len(f.Shape) > 0 && shareInside(f.Shape, m.order.Known.Locator()) > 0.5 {
			inside, codes = append(inside, name), append(codes, f.Attributes[m.code])
		} else {
			outside = append(outside, name)
		}
	}
	if len(inside) > 0 {
		m.findings.oppose(Finding{
			Kind: "unexpected", Codes: codes,
			Text: fmt.Sprintf("%d đơn vị không có trong danh mục %s mà lại nằm trong địa bàn: %s.", len(inside), m.order.Division, someOf(inside)),
		})
	}
	if len(outside) > 0 {
		m.findings.tell(Finding{
			Kind: "left_out",
			Text: fmt.Sprintf("%d đối tượng ngoài danh mục %s được bỏ qua: %s.", len(outside), m.order.Division, someOf(outside)),
		})
	}
}

// judge says what the map's lines did.
func (m *matcher) judge(c *area.Cover, pieces []area.Piece, from []*Feature) {
	for _, t := range c.Twists {
		a, _ := m.order.Tree.Get(m.order.Division, pieces[t.Piece].Code)
		at := t.At
		found := Finding{Kind: "twisted", Codes: []string{a.Code}, At: &at, Text: fmt.Sprintf(
			"Đường ranh giới của %s (đối tượng số %d) tự cắt ở %s, làm %s %% diện tích không rõ.", named(a), from[t.Piece].Number, place(at), number(t.Share*100, 2))}
		if t.Share > mostTwist {
			m.findings.oppose(found)
		} else {
			m.findings.tell(found)
		}
	}
	var small []string
	most := 0.0
	for _, o := range c.Overlaps {
		a, _ := m.order.Tree.Get(m.order.Division, o.A)
		b, _ := m.order.Tree.Get(m.order.Division, o.B)
		at := o.At
		if o.Share <= mostOverlap {
			small, most = append(small, o.A+"–"+o.B), math.Max(most, o.Share)
			continue
		}
		m.findings.oppose(Finding{Kind: "overlap", Codes: []string{a.Code, b.Code}, At: &at, Text: fmt.Sprintf(
			"%s và %s chồng lên nhau %s km², bằng %s %% đơn vị nhỏ hơn, nhiều nhất ở %s. Chỉ nhận đến 1 %%.",
			named(a), named(b), number(o.KM2, 2), number(o.Share*100, 1), place(at))})
	}
	if len(small) > 0 {
		m.findings.tell(Finding{Kind: "overlap", Text: fmt.Sprintf(
			"%d cặp đơn vị chồng nhau không quá 1 %% (nhiều nhất %s %%), phần chồng được chia lại: %s.", len(small), number(most*100, 2), someOf(small))})
	}
	m.tellGaps(c.Gaps)
	if c.Crumbs > 0 {
		m.findings.tell(Finding{Kind: "crumbs", Text: fmt.Sprintf("%d mảnh vụn rời dưới 0,5 ha được nhập vào đơn vị bên cạnh hoặc bỏ đi.", c.Crumbs)})
	}
}

func (m *matcher) tellGaps(gaps []area.Gap) {
	filled, km2 := 0, 0.0
	for _, g := range gaps {
		if g.Filled {
			filled++
			km2 += g.KM2
			continue
		}
		at := g.At
		m.findings.tell(Finding{Kind: "gap", Codes: g.Beside, At: &at, Text: fmt.Sprintf(
			"Có khoảng trống %s km² không thuộc đơn vị nào ở %s, giữa %s. Khoảng trống được giữ nguyên.", number(g.KM2, 2), place(at), strings.Join(g.Beside, ", "))})
	}
	if filled > 0 {
		m.findings.tell(Finding{Kind: "gap", Text: fmt.Sprintf("%d khe hở giữa các đơn vị, cộng %s km², được nhập vào đơn vị bên cạnh.", filled, number(km2, 2))})
	}
}
