//go:build e2e

package browser_test

import (
	"cmp"
	"image"
	"image/color"
	"image/png"
	"maps"
	"os"
	"slices"
	"testing"
)

// mostPicture is what the README's picture may weigh, in bytes.
const mostPicture = 400_000

// TestPictureOfTheReadme makes docs/wall.png anew when TOANCANH_WALL_PNG names it: a wall with 35 days behind it.
func TestPictureOfTheReadme(t *testing.T) {
	path := os.Getenv("TOANCANH_WALL_PNG")
	if path == "" {
		t.Skip("TOANCANH_WALL_PNG names no file to write the README's picture to")
	}
	calm := states()[0]
	p := settle(t, calm.args, calm.env)
	calm.come(t, p)
	wall := browse(t, p, "/wall/tinh", size{1920, 1080})
	wall.awaitLive(liveWithin)
	eventually(t, "the numbers have come", liveWithin, wall.hasNumbers, func() string { return wall.body() })
	wall.settle()
	wall.awaitMarks()
	picture := fewColours(pixels(t, wall.shoot(false)))
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := cmp.Or(encoder.Encode(file, picture), file.Close()); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() > mostPicture {
		t.Errorf("the picture weighs %d bytes, want at most %d", info.Size(), mostPicture)
	}
}

// fewColours draws a picture with its 256 most used colours: a page has few, and shades of them at the edges of letters.
func fewColours(picture image.Image) *image.Paletted {
	used := map[color.NRGBA]int{}
	b := picture.Bounds()
	count(picture, b, func(c color.NRGBA) bool { used[c]++; return false })
	colours := slices.SortedFunc(maps.Keys(used), func(x, y color.NRGBA) int { return cmp.Compare(used[y], used[x]) })
	var palette color.Palette
	near := map[color.NRGBA]bool{} // of each colour in the palette
	for _, c := range colours {
		if len(palette) < 256 && !near[coarse(c)] {
			near[coarse(c)] = true
			palette = append(palette, c)
		}
	}
	few := image.NewPaletted(b, palette)
	nearest := map[color.NRGBA]uint8{}
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			c, _ := color.NRGBAModel.Convert(picture.At(x, y)).(color.NRGBA)
			i, known := nearest[c]
			if !known {
				i = uint8(palette.Index(c)) //nolint:gosec // a palette has at most 256 colours
				nearest[c] = i
			}
			few.SetColorIndex(x, y, i)
		}
	}
	return few
}

// coarse puts colours that nobody can tell apart together.
func coarse(c color.NRGBA) color.NRGBA {
	const step = 3
	return color.NRGBA{R: c.R / step * step, G: c.G / step * step, B: c.B / step * step, A: c.A}
}
