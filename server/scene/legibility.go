package scene

import (
	"fmt"
	"maps"
	"math"
	"slices"
)

// What must be kept at the farthest seat, in minutes of arc of the height of a capital letter: 16 is the least of
// NUREG-0700 for group displays; Vietnamese stacks two marks on a letter and needs 20.
const (
	WordsArcmin  = 20.0
	DigitsArcmin = 16.0
)

const (
	// capHeight is the height of a capital letter of Be Vietnam Pro in em.
	capHeight = 0.70
	// lines is the number of lines that a size in px speaks of, whatever the panel has.
	lines = 1080.0
	// remPx is one rem at that many lines.
	remPx = 16.0
)

// Panel is a wall as it stands in its room: the height of the picture and the distance of the farthest seat, in mm.
type Panel struct {
	HeightMM, ViewingMM float64
}

// DefaultPanel is what is assumed where nothing is set: one screen of 55 inches seen from 5 m.
func DefaultPanel() Panel { return Panel{HeightMM: 685, ViewingMM: 5000} }

// Height is how high something must be, in mm, to be seen under an angle of arcmin minutes from distance mm away.
func Height(arcmin, distance float64) float64 {
	return 2 * distance * math.Tan(arcmin/60*math.Pi/180/2)
}

// NeededPX is the least size of a font, in px at 1080 lines, whose capitals keep arcmin minutes at the farthest seat.
func (p Panel) NeededPX(arcmin float64) float64 {
	return Height(arcmin, p.ViewingMM) / capHeight * lines / p.HeightMM
}

// TooSmallError says which text of a scene cannot be read from the farthest seat of a panel.
type TooSmallError struct {
	Scene      string
	Density    Density
	Part, Role string
	PX, NeedPX float64 // at 1080 lines
	Panel      Panel
}

func (e *TooSmallError) Error() string {
	return fmt.Sprintf("scene %s at %s: part %s shows %s at %.1f px; a picture %.0f mm high seen from %.0f mm needs %.1f px",
		e.Scene, e.Density, e.Part, e.Role, e.PX, e.Panel.HeightMM, e.Panel.ViewingMM, e.NeedPX)
}

// Fits reports whether every text of a scene at a density can be read on a panel: nil, or a *TooSmallError naming the
// text that falls furthest short.
func (s Scene) Fits(d Density, p Panel) error {
	if !(p.HeightMM > 0) || !(p.ViewingMM > 0) { // false for NaN too
		return fmt.Errorf("scene %s: a panel needs a height and a farthest seat in mm, not %v and %v", s.ID, p.HeightMM, p.ViewingMM)
	}
	l, ok := s.Densities[d]
	if !ok {
		return fmt.Errorf("scene %s: there is no density %q", s.ID, d)
	}
	var worst *TooSmallError
	for _, part := range s.Parts {
		roles := kinds()[part.Type].roles
		for _, name := range slices.Sorted(maps.Keys(l.Text[part.ID])) {
			px, need := l.Text[part.ID][name]*remPx, p.NeededPX(arcmin(roles[name]))
			if px < need && (worst == nil || px/need < worst.PX/worst.NeedPX) {
				worst = &TooSmallError{s.ID, d, part.ID, name, px, need, p}
			}
		}
	}
	if worst == nil {
		return nil
	}
	return worst
}

// Check chooses the densest layout of a scene that can be read on a panel. When none can, the error is the
// *TooSmallError of the least dense.
func Check(s Scene, p Panel) (Density, error) {
	var last error
	for _, d := range Densities() {
		if last = s.Fits(d, p); last == nil {
			return d, nil
		}
	}
	return "", last
}

func arcmin(r role) float64 {
	if r.reads == digits {
		return DigitsArcmin
	}
	return WordsArcmin
}
