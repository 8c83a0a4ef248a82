package area

import (
	"fmt"
	"math"
	"strconv"

	"github.com/paulmach/orb"
)

// SVG is a level drawn in whole pixels: north up, longitudes squeezed by the
// cosine of the middle latitude.
type SVG struct {
	Width, Height int
	Paths         []SVGPath

	west, north, scaleX, scaleY float64
}

// SVGPath is the drawing of one area.
type SVGPath struct {
	Code   string
	D      string // path data; fill-rule evenodd
	LabelX int
	LabelY int
}

// ViewBox is the attribute of that name.
func (s SVG) ViewBox() string { return fmt.Sprintf("0 0 %d %d", s.Width, s.Height) }

// Project is where a point appears in the drawing, in pixels.
func (s SVG) Project(p Point) (x, y float64) {
	return (p.Lon - s.west) * s.scaleX, (s.north - p.Lat) * s.scaleY
}

type svgKey struct {
	level Level
	width int
}

// mostWidth bounds a drawing, and with it how many drawings a map keeps.
const mostWidth = 8192

// Frame is what Project computes with: the longitude and latitude of the upper
// left corner, and the pixels that a degree of each takes.
func (s SVG) Frame() (west, north, perLon, perLat float64) {
	return s.west, s.north, s.scaleX, s.scaleY
}

// SVG draws a level about width pixels wide, for pages that have no map
// library. Lines are straightened by at most half a pixel, the same at every
// level, so that a wider level drawn on top fits the narrower one exactly. A drawing is
// made once: its paths are shared, do not change them.
func (m *Map) SVG(level Level, width int) (SVG, error) {
	if len(m.levels[level]) == 0 || width < 1 || width > mostWidth {
		return SVG{}, fmt.Errorf("draw svg of %s: no level %q or no width", m.Division, level)
	}
	key := svgKey{level, width}
	if kept, ok := m.svgs.Load(key); ok {
		return kept.(SVG), nil //nolint:forcetypeassert // nothing else is kept there
	}
	s, err := m.drawSVG(level, width)
	if err == nil {
		m.svgs.Store(key, s)
	}
	return s, err
}

func (m *Map) drawSVG(level Level, width int) (SVG, error) {
	s := m.canvas(width)
	plain := m.plain(grid / s.scaleY / 2)
	patches, err := plain.dissolve(m.rename(level)).patches()
	if err != nil {
		return SVG{}, fmt.Errorf("draw svg of %s: %w", m.Division, err)
	}
	for _, f := range m.levels[level] {
		x, y := s.Project(f.Label)
		s.Paths = append(s.Paths, SVGPath{
			Code: f.Area.Code, D: s.path(shape(patches[f.Area.Code])),
			LabelX: int(math.Round(x)), LabelY: int(math.Round(y)),
		})
	}
	return s, nil
}

// canvas fits the whole division into the width, with a margin of a pixel.
func (m *Map) canvas(width int) SVG {
	root := m.levels[m.tree.Levels(m.Division)[0]][0].Shape.Bound()
	squeeze := math.Cos(radians(root.Center().Lat()))
	scaleX := float64(max(width-2, 1)) / (root.Max.Lon() - root.Min.Lon())
	s := SVG{Width: width, scaleX: scaleX, scaleY: scaleX / squeeze}
	s.west, s.north = root.Min.Lon()-1/s.scaleX, root.Max.Lat()+1/s.scaleY
	s.Height = int(math.Ceil((root.Max.Lat()-root.Min.Lat())*s.scaleY)) + 2
	return s
}

// path writes rings as relative lines, as short as the grammar of SVG allows.
func (s SVG) path(shape orb.MultiPolygon) string {
	var d []byte
	for _, polygon := range shape {
		for _, r := range polygon {
			d = s.appendRing(d, r)
		}
	}
	return string(d)
}

func (s SVG) appendRing(d []byte, r orb.Ring) []byte {
	start := len(d)
	var px, py, corners int
	for i, c := range r[:len(r)-1] {
		fx, fy := s.Project(Point{Lat: c.Lat(), Lon: c.Lon()})
		x, y := int(math.Round(fx)), int(math.Round(fy))
		switch {
		case i == 0:
			d = append(d, 'M')
			d = strconv.AppendInt(d, int64(x), 10)
			d = appendNumber(d, y)
			d = append(d, 'l')
		case x == px && y == py:
			continue
		default:
			if corners == 1 {
				d = strconv.AppendInt(d, int64(x-px), 10)
			} else {
				d = appendNumber(d, x-px)
			}
			d = appendNumber(d, y-py)
		}
		px, py = x, y
		corners++
	}
	if corners < 3 {
		return d[:start]
	}
	return append(d, 'z')
}

// appendNumber puts a space before a number unless its sign separates it.
func appendNumber(d []byte, v int) []byte {
	if v >= 0 {
		d = append(d, ' ')
	}
	return strconv.AppendInt(d, int64(v), 10)
}
