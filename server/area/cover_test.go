package area_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
	"github.com/paulmach/orb/simplify"

	"toancanh/server/area"
)

// square is a square of a place, its corners in thousandths of a degree near 107.5 E, 12 N.
func square(x, y, width, height float64) orb.Polygon {
	at := func(x, y float64) orb.Point { return orb.Point{107.5 + x/1000, 12 + y/1000} }
	return orb.Polygon{{at(x, y), at(x+width, y), at(x+width, y+height), at(x, y+height), at(x, y)}}
}

func mending() area.Tolerance { return area.Tolerance{Gap: 3, GapShare: 0.01, Crumb: 0.005} }

func cover(t *testing.T, pieces ...area.Piece) *area.Cover {
	t.Helper()
	c, err := area.NewCover(pieces, mending())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func shapesOf(t *testing.T, c *area.Cover) map[string]orb.MultiPolygon {
	t.Helper()
	shapes, err := c.Shapes()
	if err != nil {
		t.Fatal(err)
	}
	return shapes
}

func TestCoverGivesNeighboursTheSameCorners(t *testing.T) {
	t.Parallel()
	// "a" has one long side; "b" and "c" meet in its middle.
	c := cover(t, area.Piece{"a", square(0, 0, 10, 20)}, area.Piece{"b", square(10, 0, 10, 10)}, area.Piece{"c", square(10, 10, 10, 10)})
	if len(c.Overlaps)+len(c.Gaps)+len(c.Twists)+c.Crumbs != 0 {
		t.Errorf("clean neighbours have findings: %+v", c)
	}
	if got := len(shapesOf(t, c)["a"][0][0]); got != 6 {
		t.Errorf("a has %d positions, want 6: its corners and the one its neighbours meet in", got)
	}
	// 0.01 degree squares at 12 N: 1.0883 km by 1.1063 km on the ellipsoid.
	if got := c.KM2()["b"]; math.Abs(got-1.2044) > 0.001 {
		t.Errorf("b has %.4f km², want 1.2044", got)
	}
}

func TestCoverTellsAndSharesOutOverlaps(t *testing.T) {
	t.Parallel()
	c := cover(t, area.Piece{"a", square(0, 0, 10, 10)}, area.Piece{"b", square(9, 2, 10, 5)})
	if len(c.Overlaps) != 1 {
		t.Fatalf("overlaps %+v, want one", c.Overlaps)
	}
	o := c.Overlaps[0]
	if o.A != "a" || o.B != "b" || math.Abs(o.Share-0.1) > 0.001 || math.Abs(o.KM2-0.0602) > 0.0005 {
		t.Errorf("overlap %+v, want a tenth of b, 0.06 km²", o)
	}
	if math.Abs(o.At.Lon-107.5095) > 0.001 || math.Abs(o.At.Lat-12.0045) > 0.003 {
		t.Errorf("overlap at %+v", o.At)
	}
	size := c.KM2()
	if whole := size["a"] + size["b"]; math.Abs(whole-c.Claimed["a"]-c.Claimed["b"]+o.KM2) > 1e-6 {
		t.Errorf("%v km² after mending, want the union", whole)
	}
}

func TestCoverFillsSlitsAndLeavesLakes(t *testing.T) {
	t.Parallel()
	ring := func(x float64) orb.Polygon {
		p := square(0, 0, 100, 100)
		return append(p, square(x, 40, 9, 9)[0])
	}
	for _, c := range []struct {
		name   string
		pieces []area.Piece
		filled bool
		gaps   int
	}{
		{"a hole of a hundredth is filled", []area.Piece{{"a", ring(20)}}, true, 1},
		{
			"a slit between two neighbours is filled",
			[]area.Piece{{"a", square(0, 0, 50, 100)}, {"b", append(square(50, 0, 50, 100), square(50, 20, 0.1, 60)[0])}},
			true, 1,
		},
		{"a lake stays", []area.Piece{{"a", append(square(0, 0, 100, 100), square(20, 20, 50, 50)[0])}}, false, 1},
		{"another area fills the hole", []area.Piece{{"a", ring(20)}, {"b", square(20, 40, 9, 9)}}, false, 0},
		{"water around an island stays", []area.Piece{{"a", ring(20)}, {"b", square(22, 42, 6, 6)}}, false, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := cover(t, c.pieces...)
			if len(got.Gaps) != c.gaps || c.gaps > 0 && got.Gaps[0].Filled != c.filled {
				t.Errorf("gaps %+v, want %d, filled %v", got.Gaps, c.gaps, c.filled)
			}
		})
	}
}

func TestCoverNoticesTwistedLines(t *testing.T) {
	t.Parallel()
	bow := orb.Polygon{{{107.5, 12}, {107.51, 12.01}, {107.51, 12}, {107.5, 12.01}, {107.5, 12}}}
	c := cover(t, area.Piece{"a", bow})
	if len(c.Twists) != 1 || c.Twists[0].Share < 0.5 || math.Abs(c.Twists[0].At.Lon-107.505) > 0.0001 {
		t.Errorf("twists %+v, want one at 107.505", c.Twists)
	}
	spike := square(0, 0, 10, 10)
	spike[0] = append(spike[0][:4:4], orb.Point{107.5, 12.02}, orb.Point{107.5, 12})
	c = cover(t, area.Piece{"a", spike})
	if len(c.Twists) != 0 || len(shapesOf(t, c)["a"][0][0]) != 5 {
		t.Errorf("a spike stayed: %v, %+v", shapesOf(t, c), c.Twists)
	}
}

func TestCoverSweepsCrumbs(t *testing.T) {
	t.Parallel()
	c := cover(
		t, area.Piece{"a", square(0, 0, 10, 10)}, area.Piece{"b", square(10, 0, 10, 10)},
		area.Piece{"a", square(10, 5, 0.3, 0.3)}, area.Piece{"a", square(30, 30, 0.3, 0.3)}, area.Piece{"a", square(40, 40, 5, 5)},
	)
	shapes := shapesOf(t, c)
	if c.Crumbs != 1 || len(shapes["a"]) != 2 || len(shapes["b"]) != 1 {
		t.Errorf("%d crumbs, a in %d pieces, want one crumb and an island that stays", c.Crumbs, len(shapes["a"]))
	}
}

// Polygons straightened one by one, as careless tools do, overlap and gape everywhere along their borders.
func TestCoverMendsBordersOfManyHands(t *testing.T) {
	t.Parallel()
	for name, tolerance := range map[string]float64{"a little": 0.0005, "much": 0.004} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var pieces []area.Piece
			for i, f := range sampleMap(t, old).Features(area.Commune) {
				for _, p := range f.Shape {
					own := simplify.DouglasPeucker(tolerance * float64(1+i%3))
					pieces = append(pieces, area.Piece{f.Area.Code, own.Polygon(p.Clone())})
				}
			}
			c := cover(t, pieces...)
			if len(c.Overlaps) < 50 || len(c.Gaps) < 50 {
				t.Errorf("%d overlaps, %d gaps: the test says nothing", len(c.Overlaps), len(c.Gaps))
			}
			shapes := shapesOf(t, c)
			sameGround(t, c, pieces, shapes)
			again := make([]area.Piece, 0, len(pieces))
			for code, shape := range shapes {
				for _, p := range shape {
					again = append(again, area.Piece{code, p})
				}
			}
			clean := cover(t, again...)
			if len(clean.Overlaps)+len(clean.Twists)+clean.Crumbs != 0 {
				t.Errorf("what was mended has %d overlaps, %d twists", len(clean.Overlaps), len(clean.Twists))
			}
			for _, gap := range clean.Gaps {
				if gap.Filled {
					t.Errorf("what was mended has a slit: %+v", gap)
				}
			}
		})
	}
}

// sameGround asks of many places: one claimant keeps it, several share it among them, nobody's stays nobody's or goes
// to a neighbour.
func sameGround(t *testing.T, c *area.Cover, pieces []area.Piece, shapes map[string]orb.MultiPolygon) {
	t.Helper()
	locator := locatorOf(shapes)
	dice := rand.New(rand.NewPCG(3, 4))
	filled := 0.0
	for _, g := range c.Gaps {
		if g.Filled {
			filled += g.KM2
		}
	}
	wrong, added, count := 0, 0, 20000
	for range count {
		p := orb.Point{107.2 + dice.Float64()*0.9, 11.7 + dice.Float64()*1.1}
		claims := map[string]bool{}
		for _, piece := range pieces {
			if piece.Shape.Bound().Contains(p) && planar.PolygonContains(piece.Shape, p) {
				claims[piece.Code] = true
			}
		}
		got, _ := locator.Locate(area.Point{Lat: p.Lat(), Lon: p.Lon()})
		switch {
		case len(claims) == 0 && got != "":
			added++
		case len(claims) > 0 && !claims[got]:
			wrong++ // within a metre of a border
		}
	}
	if wrong > count/1000 {
		t.Errorf("%d of %d places went to nobody who claims them", wrong, count)
	}
	whole := 0.9 * 1.1 * 110.6 * 108.8
	if got := float64(added) / float64(count) * whole; got > filled*1.5+20 {
		t.Errorf("about %.0f km² were added, %.0f km² of gaps were filled", got, filled)
	}
}
