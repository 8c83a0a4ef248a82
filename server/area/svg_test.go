package area_test

import (
	"bytes"
	"compress/gzip"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"toancanh/server/area"
)

func TestSVGIsSmall(t *testing.T) {
	t.Parallel()
	for division, communes := range map[string]int{old: 71, today: 28} {
		svg, err := sampleMap(t, division).SVG(area.Commune, 800)
		if err != nil {
			t.Fatal(err)
		}
		var packed bytes.Buffer
		zip, _ := gzip.NewWriterLevel(&packed, gzip.BestCompression)
		for _, p := range svg.Paths {
			_, _ = zip.Write([]byte(`<path id="a` + p.Code + `" d="` + p.D + `"/>`))
		}
		if err := zip.Close(); err != nil {
			t.Fatal(err)
		}
		if len(svg.Paths) != communes || packed.Len() > 6*1024 {
			t.Errorf("%s: %d paths in %d bytes, want %d in at most 6144", division, len(svg.Paths), packed.Len(), communes)
		}
	}
}

var (
	pathRE   = regexp.MustCompile(`^(M\d+ \d+l(-?\d+[ -]\d+[ -]?)+z)+$`)
	numberRE = regexp.MustCompile(`-?\d+`)
)

// corners lists the absolute corners of path data.
func corners(t *testing.T, d string) [][][2]int {
	t.Helper()
	var rings [][][2]int
	for part := range strings.SplitSeq(strings.TrimSuffix(d, "z"), "z") {
		var ring [][2]int
		x, y := 0, 0
		numbers := numberRE.FindAllString(part, -1)
		for i := 0; i+1 < len(numbers); i += 2 {
			dx, _ := strconv.Atoi(numbers[i])
			dy, _ := strconv.Atoi(numbers[i+1])
			x, y = x+dx, y+dy
			ring = append(ring, [2]int{x, y})
		}
		rings = append(rings, ring)
	}
	return rings
}

func TestSVGPathsAreWholeNumbersInsideTheBox(t *testing.T) {
	t.Parallel()
	for _, level := range []area.Level{area.Province, area.District, area.Commune} {
		svg, err := sampleMap(t, old).SVG(level, 600)
		if err != nil {
			t.Fatal(err)
		}
		if svg.Width != 600 || svg.ViewBox() != "0 0 600 "+strconv.Itoa(svg.Height) {
			t.Errorf("view box is %q", svg.ViewBox())
		}
		for _, p := range svg.Paths {
			if !pathRE.MatchString(p.D) {
				t.Errorf("path of %s: %s", p.Code, p.D)
			}
			for _, ring := range corners(t, p.D) {
				for _, c := range ring {
					if c[0] < 0 || c[1] < 0 || c[0] > svg.Width || c[1] > svg.Height {
						t.Errorf("corner %v of %s is outside %s", c, p.Code, svg.ViewBox())
					}
				}
			}
		}
	}
}

// Areas drawn side by side must leave no gap, and a district drawn over its
// communes must fit: all levels add up to the same number of square pixels.
func TestSVGLevelsFitOnEachOther(t *testing.T) {
	t.Parallel()
	m := sampleMap(t, old)
	var sums []int
	for _, level := range []area.Level{area.Province, area.District, area.Commune} {
		svg, err := m.SVG(level, 600)
		if err != nil {
			t.Fatal(err)
		}
		double := 0
		for _, p := range svg.Paths {
			for _, ring := range corners(t, p.D) {
				for i, a := range ring {
					b := ring[(i+1)%len(ring)]
					double += a[1]*b[0] - a[0]*b[1]
				}
			}
		}
		sums = append(sums, double)
	}
	if sums[0] != sums[1] || sums[1] != sums[2] || sums[0] <= 0 {
		t.Errorf("province, districts, communes cover %v half pixels, want the same", sums)
	}
}

func TestSVGProjectsNorthUp(t *testing.T) {
	t.Parallel()
	svg, err := sampleMap(t, old).SVG(area.Commune, 600)
	if err != nil {
		t.Fatal(err)
	}
	x1, y1 := svg.Project(area.Point{Lat: 12.1, Lon: 107.5})
	x2, y2 := svg.Project(area.Point{Lat: 12.2, Lon: 107.6})
	if x2 <= x1 || y2 >= y1 {
		t.Errorf("north-east of (%v, %v) is (%v, %v)", x1, y1, x2, y2)
	}
	if ratio := (x2 - x1) / (y1 - y2); math.Abs(ratio-math.Cos(12.26*math.Pi/180)) > 0.001 {
		t.Errorf("a degree east is %v of a degree north", ratio)
	}
	if _, err := sampleMap(t, today).SVG(area.District, 600); err == nil {
		t.Error("a level the division has not was drawn")
	}
}
