package area_test

import (
	"errors"
	"math"
	"testing"

	"toancanh/server/area"
)

func TestPointCheck(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		p    area.Point
		ok   bool
	}{
		{"a place", area.Point{Lat: 12.2, Lon: 107.7}, true},
		{"the edges of the world", area.Point{Lat: -90, Lon: 180}, true},
		{"too far north", area.Point{Lat: 90.0001, Lon: 0}, false},
		{"too far west", area.Point{Lat: 0, Lon: -180.5}, false},
		{"no number", area.Point{Lat: math.NaN(), Lon: 107}, false},
		{"no number east", area.Point{Lat: 12, Lon: math.NaN()}, false},
		{"without end", area.Point{Lat: 12, Lon: math.Inf(1)}, false},
		{"without end south", area.Point{Lat: math.Inf(-1), Lon: 107}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := c.p.Check()
			if (err == nil) != c.ok || (err != nil && !errors.Is(err, area.ErrPoint)) {
				t.Errorf("Check(%v) = %v, want ok %v", c.p, err, c.ok)
			}
		})
	}
}

func TestCell(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		p    area.Point
		want int64
	}{
		{"the north-west corner is tile 0", area.Point{Lat: 90, Lon: -180}, 0},
		{"the south-east corner is the last", area.Point{Lat: -90, Lon: 180}, 1<<40 - 1},
		{"the middle begins the last quarter", area.Point{Lat: 0, Lon: 0}, 3 << 38},
		{"the north-east quarter is number 1", area.Point{Lat: 85.05, Lon: 0}, 1 << 38},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := area.Cell(c.p)
			if c.name == "the north-east quarter is number 1" {
				got = got >> 38 << 38
			}
			if got != c.want {
				t.Errorf("Cell(%v) = %d, want %d", c.p, got, c.want)
			}
		})
	}
}

// The tile of zoom 8 over the sample province, worked out with the usual formula.
func TestCellOfASmallerZoomIsAPrefix(t *testing.T) {
	t.Parallel()
	p := area.Point{Lat: 12.2, Lon: 107.7}
	var x, y int64
	for i, quad := 0, area.Cell(p)>>(2*(20-8)); i < 8; i++ {
		x |= (quad >> (2 * i) & 1) << i
		y |= (quad >> (2*i + 1) & 1) << i
	}
	lat := p.Lat * math.Pi / 180
	wantX := int64((p.Lon + 180) / 360 * 256)
	wantY := int64((1 - math.Log(math.Tan(lat)+1/math.Cos(lat))/math.Pi) / 2 * 256)
	if x != wantX || y != wantY {
		t.Errorf("tile of zoom 8 is %d/%d, want %d/%d", x, y, wantX, wantY)
	}
}

func TestDistance(t *testing.T) {
	t.Parallel()
	hanoi, saigon := area.Point{Lat: 21.0285, Lon: 105.8542}, area.Point{Lat: 10.7769, Lon: 106.7009}
	if got := hanoi.DistanceKM(saigon); math.Abs(got-1143.6) > 2 {
		t.Errorf("Hà Nội to Sài Gòn is %.1f km, want about 1143.6", got)
	}
	if got := hanoi.DistanceKM(hanoi); got != 0 {
		t.Errorf("to itself it is %v km, want 0", got)
	}
}
