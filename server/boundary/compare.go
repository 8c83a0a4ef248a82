package boundary

import (
	"fmt"

	"github.com/paulmach/orb"

	"toancanh/server/area"
)

// How far an area may differ from what is known of it before the file is of something else. The schematic is rough: its
// communes are right in three places of four, its outline within a few kilometres.
const (
	leastWhole    = 0.75 // province: common ground of the ground of both
	leastDistrict = 0.4
	farCentre     = 10.0 // km from a commune's known centre to its shape
	farLeaf       = 0.5  // km from a commune's known centre to the shape of the area around it
	raster        = 40   // places looked at along each side
)

// compare holds every area against the known map.
func (m *matcher) compare(shapes map[string]orb.MultiPolygon, km2 map[string]float64) {
	if m.order.Known == nil {
		return
	}
	known := map[string]orb.MultiPolygon{}
	for _, f := range m.order.Known.Features(m.order.Level) {
		known[f.Area.Code] = f.Shape
	}
	var far, codes []string
	for _, a := range m.expected {
		switch m.order.Level {
		case area.Commune:
			_, km := locatorOf(a, shapes[a.Code]).Nearest(a.Centre)
			if km > farCentre {
				far, codes = append(far, fmt.Sprintf("%s cách vị trí đã biết %s km", named(a), number(km, 0))), append(codes, a.Code)
			}
		default:
			least := leastDistrict
			if m.order.Level == area.Province {
				least = leastWhole
			}
			if share := common(shapes[a.Code], known[a.Code]); share < least {
				far, codes = append(far, fmt.Sprintf("%s rộng %s km², chỉ trùng %s %% với địa bàn đã biết (khoảng %s km²)", named(a),
					number(km2[a.Code], 0), number(share*100, 0), number(area.KM2(known[a.Code]), 0))), append(codes, a.Code)
			}
		}
	}
	m.compareLeaves(shapes)
	if len(far) > 0 {
		m.findings.oppose(Finding{Kind: "elsewhere", Codes: codes, Text: "Hình không đúng nơi hoặc không đúng phạm vi của đơn vị: " +
			someOf(far) + ". Hãy kiểm tra bộ địa giới, cấp và thuộc tính mã."})
	}
}

// compareLeaves looks whether the shapes hold the centres of the communes that belong to them.
func (m *matcher) compareLeaves(shapes map[string]orb.MultiPolygon) {
	if m.order.Level == area.Commune {
		return
	}
	var outside, codes []string
	for _, a := range m.expected {
		around := locatorOf(a, shapes[a.Code])
		for _, code := range m.order.Tree.LeavesUnder(a.Division, a.Code) {
			leaf, _ := m.order.Tree.Get(a.Division, code)
			if _, km := around.Nearest(leaf.Centre); km > farLeaf {
				outside, codes = append(outside, fmt.Sprintf("%s cách %s %s km", named(leaf), a.Title(), number(km, 1))), append(codes, code)
			}
		}
	}
	if len(outside) > 0 {
		m.findings.oppose(Finding{Kind: "elsewhere", Codes: codes, Text: "Trung tâm của đơn vị nằm ngoài ranh giới cấp trên của nó: " +
			someOf(outside) + ". Ranh giới quá thô hoặc sai mã."})
	}
}

func locatorOf(a area.Area, shape orb.MultiPolygon) *area.Locator {
	return area.NewLocator([]area.Feature{{Area: a, Shape: shape}})
}

// common is the ground two shapes have in common, as a share of the ground of both.
func common(a, b orb.MultiPolygon) float64 {
	first, second := locatorOf(area.Area{}, a), locatorOf(area.Area{}, b)
	both, either := 0, 0
	over(a.Bound().Union(b.Bound()), func(p area.Point) {
		_, inA := first.Locate(p)
		_, inB := second.Locate(p)
		if inA && inB {
			both++
		}
		if inA || inB {
			either++
		}
	})
	return float64(both) / float64(max(either, 1))
}

// shareInside is how much of a shape a locator knows.
func shareInside(shape orb.MultiPolygon, known *area.Locator) float64 {
	own := locatorOf(area.Area{}, shape)
	inside, all := 0, 0
	over(shape.Bound(), func(p area.Point) {
		if _, ok := own.Locate(p); ok {
			all++
			if _, ok := known.Locate(p); ok {
				inside++
			}
		}
	})
	return float64(inside) / float64(max(all, 1))
}

// over visits a raster of places in a box.
func over(box orb.Bound, visit func(area.Point)) {
	for i := range raster {
		for j := range raster {
			visit(area.Point{
				Lon: box.Min[0] + (box.Max[0]-box.Min[0])*(float64(i)+0.5)/raster,
				Lat: box.Min[1] + (box.Max[1]-box.Min[1])*(float64(j)+0.5)/raster,
			})
		}
	}
}
