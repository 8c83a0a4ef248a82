//go:build e2e

package browser_test

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"testing"
)

// pixels reads a picture.
func pixels(t testing.TB, path string) image.Image {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	picture, err := png.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	return picture
}

// colourful is the difference between a pixel's strongest and weakest channel from which it counts as coloured. The
// greys of the wall stay below 50, the three colours that mean something are above 170.
const colourful = 64

// saturated is the share of coloured pixels, 0 to 1.
func saturated(picture image.Image) float64 {
	b := picture.Bounds()
	n := count(picture, b, func(c color.NRGBA) bool {
		return max(c.R, c.G, c.B)-min(c.R, c.G, c.B) >= colourful
	})
	return float64(n) / float64(b.Dx()*b.Dy())
}

// reds counts the pixels of the colour of emergencies in a part of a picture.
func reds(picture image.Image, part image.Rectangle) int {
	return count(picture, part.Intersect(picture.Bounds()), func(c color.NRGBA) bool {
		return c.R > 200 && c.G < 120 && c.B < 120
	})
}

func count(picture image.Image, part image.Rectangle, holds func(color.NRGBA) bool) int {
	n := 0
	for y := part.Min.Y; y < part.Max.Y; y++ {
		for x := part.Min.X; x < part.Max.X; x++ {
			c, ok := color.NRGBAModel.Convert(picture.At(x, y)).(color.NRGBA)
			if ok && holds(c) {
				n++
			}
		}
	}
	return n
}

// frame is where an element stands on the screen, in pixels.
type frame struct{ X, Y, Width, Height float64 }

// frameOf is where the first element that the selector finds stands.
func (g *tab) frameOf(selector string) frame {
	g.t.Helper()
	var at frame
	g.eval(fmt.Sprintf(`(({x, y, width, height}) => ({x, y, width, height}))(document.querySelector(%q).getBoundingClientRect())`, selector), &at)
	return at
}

// mapItself is the map without its key and credit, which stand in the same part of a scene.
const mapItself = ".map:not(:has(.map))"

// mapPadding is the room between the province and the edge of its map, in root em: 14 px of 1080 lines.
const mapPadding = 14.0 / 16

// spot is where the wall draws a place, found the way a surveyor would: the province in Web Mercator, as large as its
// frame allows.
func spot(t testing.TB, p *province, wall *tab, lat, lon float64) image.Point {
	t.Helper()
	b := p.bounds()
	at := wall.frameOf(mapItself)
	var rem float64
	wall.eval(`parseFloat(getComputedStyle(document.documentElement).fontSize)`, &rem)
	west, east, south, north := b.west, b.east, northing(b.south), northing(b.north)
	pad := mapPadding * rem
	scale := min((at.Width-2*pad)/(east-west), (at.Height-2*pad)/(north-south))
	x := at.X + at.Width/2 + (lon-(west+east)/2)*scale
	y := at.Y + at.Height/2 + ((south+north)/2-northing(lat))*scale
	return image.Pt(int(math.Round(x)), int(math.Round(y)))
}

// bounds is the box around the province, in degrees.
type bounds struct{ west, south, east, north float64 }

func (p *province) bounds() bounds {
	p.t.Helper()
	var shapes struct {
		Features []struct{ Geometry struct{ Coordinates any } }
	}
	p.get("/api/v1/areas/vn-2022/geometry?level=province", &shapes)
	b := bounds{180, 90, -180, -90}
	b.take(shapes.Features[0].Geometry.Coordinates)
	return b
}

// take widens the box by GeoJSON coordinates, however deep the points lie.
func (b *bounds) take(coordinates any) {
	list, _ := coordinates.([]any)
	if len(list) > 1 {
		lon, isLon := list[0].(float64)
		lat, isLat := list[1].(float64)
		if isLon && isLat {
			b.west, b.east = min(b.west, lon), max(b.east, lon)
			b.south, b.north = min(b.south, lat), max(b.north, lat)
			return
		}
	}
	for _, inner := range list {
		b.take(inner)
	}
}

// northing is Web Mercator's y for a latitude, in degrees of longitude at the equator.
func northing(lat float64) float64 {
	return math.Log(math.Tan(math.Pi/4+lat*math.Pi/360)) * 180 / math.Pi
}

// around is the square of a side around a point.
func around(at image.Point, side int) image.Rectangle {
	return image.Rect(at.X-side/2, at.Y-side/2, at.X+side/2, at.Y+side/2)
}
