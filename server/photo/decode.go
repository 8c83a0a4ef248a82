package photo

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"

	"github.com/bep/imagemeta"
	"golang.org/x/image/draw"
	"golang.org/x/image/webp"
)

// Normalize makes a photo harmless: its pixels are decoded, turned upright, made at most MaxSide long and coded anew.
// Nothing else of the file is left: no position, no camera, no thumbnail, no profile, nothing behind the picture.
func Normalize(raw []byte) (Picture, error) {
	h, err := Look(raw)
	if err != nil {
		return Picture{}, err
	}
	var m image.Image
	switch h.Format {
	case JPEG:
		m, err = jpeg.Decode(bytes.NewReader(raw))
	case PNG:
		m, err = png.Decode(bytes.NewReader(raw))
	case WebP:
		m, err = webp.Decode(bytes.NewReader(raw))
	}
	if err != nil {
		return Picture{}, unreadable(err)
	}
	return encode(upright(shrink(m), orientation(raw, h.Format)))
}

func encode(m *image.RGBA) (Picture, error) {
	var out bytes.Buffer
	if err := jpeg.Encode(&out, m, &jpeg.Options{Quality: quality}); err != nil {
		return Picture{}, fmt.Errorf("encode photo: %w", err)
	}
	return Picture{JPEG: out.Bytes(), Width: m.Rect.Dx(), Height: m.Rect.Dy()}, nil
}

// shrink draws the picture on white, at most MaxSide long. Blocks of pixels are averaged first: the library's better kernels
// keep a picture of floats as high as the source.
func shrink(m image.Image) *image.RGBA {
	b := m.Bounds()
	long := max(b.Dx(), b.Dy())
	reduced := averaged(m, max(1, long/MaxSide))
	if long <= MaxSide {
		return reduced
	}
	scale := float64(MaxSide) / float64(long)
	side := func(n int) int { return max(1, int(math.Round(float64(n)*scale))) }
	out := image.NewRGBA(image.Rect(0, 0, side(b.Dx()), side(b.Dy())))
	draw.ApproxBiLinear.Scale(out, out.Rect, reduced, reduced.Rect, draw.Src, nil)
	return out
}

// averaged is the picture on white with every k by k pixels made one, a strip of k rows at a time.
func averaged(m image.Image, k int) *image.RGBA {
	b := m.Bounds()
	out := image.NewRGBA(image.Rect(0, 0, (b.Dx()+k-1)/k, (b.Dy()+k-1)/k))
	strip := image.NewRGBA(image.Rect(0, 0, b.Dx(), min(k, b.Dy())))
	for row := range out.Rect.Dy() {
		high := min(k, b.Dy()-row*k)
		part := image.Rect(0, 0, b.Dx(), high)
		draw.Draw(strip, part, image.White, image.Point{}, draw.Src)
		draw.Draw(strip, part, m, image.Pt(b.Min.X, b.Min.Y+row*k), draw.Over)
		for col := range out.Rect.Dx() {
			out.SetRGBA(col, row, average(strip, image.Rect(col*k, 0, min((col+1)*k, b.Dx()), high)))
		}
	}
	return out
}

// average is the mean colour of an opaque part, which must not be empty.
func average(m *image.RGBA, part image.Rectangle) color.RGBA {
	var r, g, b int
	for y := part.Min.Y; y < part.Max.Y; y++ {
		row := m.Pix[m.PixOffset(part.Min.X, y):m.PixOffset(part.Max.X, y)]
		for ; len(row) > 0; row = row[4:] {
			r, g, b = r+int(row[0]), g+int(row[1]), b+int(row[2])
		}
	}
	n := part.Dx() * part.Dy()
	mean := func(sum int) uint8 { return uint8((sum + n/2) / n) } //nolint:gosec // a mean of bytes
	return color.RGBA{mean(r), mean(g), mean(b), math.MaxUint8}
}

// orientation is how the camera was held, 1 to 8 (Exif 2.32, tag 274); 1 where the file does not say.
func orientation(raw []byte, f Format) int {
	const tag, mostTags = "Orientation", 500
	format := map[Format]imagemeta.ImageFormat{JPEG: imagemeta.JPEG, PNG: imagemeta.PNG, WebP: imagemeta.WebP}[f]
	held := 1
	_, err := imagemeta.Decode(imagemeta.Options{
		R: bytes.NewReader(raw), ImageFormat: format, Sources: imagemeta.EXIF, LimitNumTags: mostTags,
		ShouldHandleTag: func(t imagemeta.TagInfo) bool { return t.Tag == tag && t.Namespace == "IFD0" },
		HandleTag: func(t imagemeta.TagInfo) error {
			if n, ok := t.Value.(uint16); ok && n >= 1 && n <= 8 {
				held = int(n)
			}
			return imagemeta.ErrStopWalking
		},
	})
	if err != nil {
		return 1 // metadata that cannot be read says nothing
	}
	return held
}

// upright turns and mirrors a picture that was taken in an orientation.
func upright(m *image.RGBA, held int) *image.RGBA {
	if held == 1 {
		return m
	}
	w, h := m.Rect.Dx(), m.Rect.Dy()
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	if held > 4 { // lying on its side
		out = image.NewRGBA(image.Rect(0, 0, h, w))
	}
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			from := source(held, image.Pt(x, y), image.Pt(w-1, h-1))
			out.SetRGBA(x, y, m.RGBAAt(from.X, from.Y))
		}
	}
	return out
}

// source is where a pixel of the upright picture lies in one of which last is the last pixel.
func source(held int, p, last image.Point) image.Point {
	switch held {
	case 2:
		return image.Pt(last.X-p.X, p.Y)
	case 3:
		return image.Pt(last.X-p.X, last.Y-p.Y)
	case 4:
		return image.Pt(p.X, last.Y-p.Y)
	case 5:
		return image.Pt(p.Y, p.X)
	case 6:
		return image.Pt(p.Y, last.Y-p.X)
	case 7:
		return image.Pt(last.X-p.Y, last.Y-p.X)
	case 8:
		return image.Pt(last.X-p.Y, p.X)
	}
	return p
}
