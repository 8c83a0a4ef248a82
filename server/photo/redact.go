package photo

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"

	"golang.org/x/image/draw"

	"toancanh/server/fault"
)

// Box is a part to hide, in pixels of the kept picture from its left upper corner.
type Box struct {
	X int `json:"x"`
	Y int `json:"y"`
	W int `json:"w"`
	H int `json:"h"`
}

// Bounds of hiding. A box is at least leastBox wide and high; in it at most cells by cells colours are left, each of a part
// no smaller than leastCell.
const (
	MostBoxes = 100
	leastBox  = 24
	leastCell = 16
	cells     = 4
)

// CheckBoxes clamps boxes to a picture's size. Those that lie outside of it or hold nothing are invalid.
func CheckBoxes(boxes []Box, width, height int) ([]Box, error) {
	if len(boxes) > MostBoxes {
		return nil, fault.Invalid("boxes", "Nhiều nhất %d vùng che.", MostBoxes).Because("too_many")
	}
	all := image.Rect(0, 0, width, height)
	checked := make([]Box, len(boxes))
	var faults []error
	for i, b := range boxes {
		// Far outside is as good as just outside; sums of such numbers could overflow.
		const far = 1 << 20
		if b.W < 1 || b.H < 1 || max(b.X, b.Y, b.W, b.H) > far || min(b.X, b.Y) < -far {
			faults = append(faults, fault.At(i, fault.Invalid("boxes", "Vùng che phải có x, y, w, h là số điểm ảnh, w và h từ 1.").Because("out_of_range")))
			continue
		}
		r := image.Rect(b.X, b.Y, b.X+b.W, b.Y+b.H).Intersect(all)
		if r.Empty() {
			faults = append(faults, fault.At(i, fault.Invalid("boxes", "Vùng che nằm ngoài ảnh %d × %d.", width, height).Because("outside")))
			continue
		}
		checked[i] = Box{r.Min.X, r.Min.Y, r.Dx(), r.Dy()}
	}
	return checked, fault.Join(faults...)
}

// Redact burns boxes into a copy of a kept picture. What a box held cannot be had back from the copy: of it a few mean
// colours are left, which flow into each other. Boxes must have been checked.
func Redact(kept []byte, boxes []Box) (Picture, error) {
	h, err := Look(kept)
	if err != nil {
		return Picture{}, err
	}
	if max(h.Width, h.Height) > MaxSide {
		return Picture{}, unreadable(nil)
	}
	m, err := jpeg.Decode(bytes.NewReader(kept))
	if err != nil {
		return Picture{}, unreadable(err)
	}
	return encode(Burn(m, boxes))
}

// Burn is a copy of an image without what the boxes hold.
func Burn(m image.Image, boxes []Box) *image.RGBA {
	out := averaged(m, 1)
	for _, b := range boxes {
		hide(out, widen(image.Rect(b.X, b.Y, b.X+b.W, b.Y+b.H)).Intersect(out.Rect))
	}
	return out
}

// widen makes a box at least leastBox wide and high: many small ones side by side must not be a fine sieve.
func widen(r image.Rectangle) image.Rectangle {
	if short := leastBox - r.Dx(); short > 0 {
		r.Min.X -= short / 2
		r.Max.X = r.Min.X + leastBox
	}
	if short := leastBox - r.Dy(); short > 0 {
		r.Min.Y -= short / 2
		r.Max.Y = r.Min.Y + leastBox
	}
	return r
}

// hide leaves of a part the mean colours of its cells, rounded, and blurs them into each other.
func hide(m *image.RGBA, part image.Rectangle) {
	if part.Empty() {
		return
	}
	cell := max(leastCell, (max(part.Dx(), part.Dy())+cells-1)/cells)
	means := image.NewRGBA(image.Rect(0, 0, (part.Dx()+cell-1)/cell, (part.Dy()+cell-1)/cell))
	for y := range means.Rect.Dy() {
		for x := range means.Rect.Dx() {
			at := part.Min.Add(image.Pt(x*cell, y*cell))
			means.SetRGBA(x, y, coarse(average(m, image.Rectangle{at, at.Add(image.Pt(cell, cell))}.Intersect(part))))
		}
	}
	draw.ApproxBiLinear.Scale(m, part, means, means.Rect, draw.Src, nil)
}

// coarse rounds a colour to sixteen steps a channel.
func coarse(c color.RGBA) color.RGBA {
	const step, middle = 0xf0, 0x08
	return color.RGBA{c.R&step | middle, c.G&step | middle, c.B&step | middle, c.A}
}
