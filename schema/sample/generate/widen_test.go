package main

import (
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
)

func TestWidenLeavesRoomAroundEveryCentre(t *testing.T) {
	t.Parallel()
	square := orb.Ring{{0, 0}, {1, 0}, {1, 1}, {0, 1}, {0, 0}}
	outside, onTheEdge := orb.Point{1.02, 0.5}, orb.Point{0.5, 0}
	const room = 0.05
	wide, err := widen(square, []orb.Point{outside, onTheEdge, {0.5, 0.5}}, room)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []orb.Point{outside, onTheEdge} {
		if d := depth(wide, c); d < room-step {
			t.Errorf("%v has %.4f room, want about %v", c, d, room)
		}
	}
	if far := (orb.Point{0.02, 0.9}); !planar.RingContains(wide, far) {
		t.Errorf("%v was inside and is no longer", far)
	}
	if got := planar.Area(wide); got < 1 || got > 1.05 {
		t.Errorf("the square covers %v now, want little more than 1", got)
	}
	if !wide.Closed() {
		t.Error("the outline is not closed")
	}
}
