package photo_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"toancanh/server/fault"
	"toancanh/server/photo"
	"toancanh/server/photo/phototest"
)

// decoded reads a kept picture and holds it to what every kept picture is.
func decoded(t testing.TB, p photo.Picture) image.Image {
	t.Helper()
	m, err := jpeg.Decode(bytes.NewReader(p.JPEG))
	if err != nil {
		t.Fatal(err)
	}
	if m.Bounds().Dx() != p.Width || m.Bounds().Dy() != p.Height || max(p.Width, p.Height) > photo.MaxSide || min(p.Width, p.Height) < 1 {
		t.Fatalf("kept as %v, told as %d × %d", m.Bounds(), p.Width, p.Height)
	}
	// The segments before the picture's data: none may carry words (APPn e0 to ef, COM fe).
	for i := 2; i+4 <= len(p.JPEG) && p.JPEG[i+1] != 0xda; i += 2 + int(binary.BigEndian.Uint16(p.JPEG[i+2:])) {
		if marker := p.JPEG[i+1]; marker >= 0xe0 && marker <= 0xef || marker == 0xfe {
			t.Fatalf("a segment %x is left", marker)
		}
	}
	if !bytes.HasSuffix(p.JPEG, []byte{0xff, 0xd9}) {
		t.Fatal("something stands behind the picture")
	}
	return m
}

func normalized(t testing.TB, raw []byte) photo.Picture {
	t.Helper()
	p, err := photo.Normalize(raw)
	if err != nil {
		t.Fatal(err)
	}
	decoded(t, p)
	return p
}

func TestEveryFormatIsMadeAPlainJPEGThatFits(t *testing.T) {
	t.Parallel()
	gray := image.NewGray16(image.Rect(5, 5, 45, 25))
	paletted := image.NewPaletted(image.Rect(0, 0, 10, 20), color.Palette{color.Black, color.White})
	for name, one := range map[string]struct {
		raw  []byte
		w, h int
	}{
		"a small JPEG stays as large":    {phototest.JPEG(phototest.Picture(40, 30)), 40, 30},
		"a large one is made smaller":    {phototest.JPEG(phototest.Picture(3300, 1000)), 1600, 485},
		"a high one too":                 {phototest.PNG(phototest.Picture(500, 2000)), 400, 1600},
		"just too long":                  {phototest.PNG(phototest.Picture(1601, 3)), 1600, 3},
		"a line stays a line":            {phototest.PNG(phototest.Picture(4000, 1)), 1600, 1},
		"a PNG of sixteen bits":          {phototest.PNG(gray), 40, 20},
		"a PNG of a palette":             {phototest.PNG(paletted), 10, 20},
		"a WebP":                         {phototest.WebP(), 1, 1},
		"a telephone's, upright":         {phototest.Phone(phototest.Picture(40, 30), 1), 40, 30},
		"a telephone's, lying, is stood": {phototest.Phone(phototest.Picture(40, 30), 6), 30, 40},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := normalized(t, one.raw)
			if p.Width != one.w || p.Height != one.h {
				t.Errorf("kept as %d × %d, want %d × %d", p.Width, p.Height, one.w, one.h)
			}
		})
	}
}

// quarters names the colours of a picture's quarters, row by row.
func quarters(m image.Image) string {
	w, h := m.Bounds().Dx(), m.Bounds().Dy()
	var found strings.Builder
	for _, at := range []image.Point{{w / 4, h / 4}, {3 * w / 4, h / 4}, {w / 4, 3 * h / 4}, {3 * w / 4, 3 * h / 4}} {
		r, g, b, _ := m.At(at.X, at.Y).RGBA()
		switch r, g, b := r > 0x8000, g > 0x8000, b > 0x8000; {
		case r && g && b:
			found.WriteByte('W')
		case r:
			found.WriteByte('R')
		case g:
			found.WriteByte('G')
		case b:
			found.WriteByte('B')
		}
	}
	return found.String()
}

// The eight orientations of Exif: which way a viewer must turn what the camera wrote, whose quarters are RG over BW.
func TestPicturesAreTurnedUpright(t *testing.T) {
	t.Parallel()
	for held, want := range []string{1: "RGBW", 2: "GRWB", 3: "WBGR", 4: "BWRG", 5: "RBGW", 6: "BRWG", 7: "WGBR", 8: "GWRB"} {
		if held == 0 {
			continue
		}
		p := normalized(t, phototest.Phone(phototest.Picture(64, 32), uint16(held)))
		if got := quarters(decoded(t, p)); got != want {
			t.Errorf("orientation %d: quarters %s, want %s", held, got, want)
		}
		if lying := held > 4; lying != (p.Height > p.Width) {
			t.Errorf("orientation %d: kept as %d × %d", held, p.Width, p.Height)
		}
	}
}

func TestNothingOfWhatATelephoneKnowsIsLeft(t *testing.T) {
	t.Parallel()
	sent := phototest.Phone(phototest.Picture(64, 32), 6)
	kept := normalized(t, sent)
	for name, planted := range map[string][]byte{
		"latitude": phototest.Latitude(), "longitude": phototest.Longitude(), "camera": []byte(phototest.Camera),
		"comment": []byte(phototest.Comment), "what stands behind": []byte(phototest.Behind), "an Exif block": []byte("Exif"),
	} {
		if !bytes.Contains(sent, planted) {
			t.Errorf("%s: not planted", name)
		}
		if bytes.Contains(kept.JPEG, planted) {
			t.Errorf("%s is still there", name)
		}
	}
}

// pngOf is the beginning of a PNG that claims a size.
func pngOf(w, h uint32, depth, colour, interlaced byte) []byte {
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32([]byte("IHDR"), w), h)
	head = append(head, depth, colour, 0, 0, interlaced)
	out := binary.BigEndian.AppendUint32([]byte("\x89PNG\r\n\x1a\n"), uint32(len(head)-4))
	return binary.BigEndian.AppendUint32(append(out, head...), crc32.ChecksumIEEE(head))
}

// jpegOf is the beginning of a JPEG that claims a size.
func jpegOf(marker byte, w, h uint16) []byte {
	b := []byte{0xff, 0xd8, 0xff, marker, 0, 17, 8}
	b = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(b, h), w)
	b = append(b, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0)
	return append(b, 0xff, 0xda, 0, 12, 3, 1, 0, 2, 0, 3, 0, 0, 63, 0)
}

// webpOf is a WebP that claims a canvas and holds a frame of another size.
func webpOf(canvas, frame uint32) []byte {
	b := []byte("WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00")
	for range 2 {
		n := binary.LittleEndian.AppendUint32(nil, canvas-1)
		b = append(b, n[:3]...)
	}
	lossless := binary.LittleEndian.AppendUint32([]byte{0x2f}, (frame-1)|(frame-1)<<14)
	b = append(b, "VP8L\x06\x00\x00\x00"...)
	b = append(append(b, lossless...), 0)
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(b))), b...)
}

// scans repeats a pass of a progressive picture.
func scans(n int) []byte {
	b := jpegOf(0xc2, 64, 64)
	for range n {
		b = append(b, 0xff, 0xda, 0, 8, 1, 1, 0, 0, 0, 0, 0x12, 0xff, 0x00, 0x34, 0xff, 0xd0)
	}
	return append(b, 0xff, 0xd9)
}

func TestBombsAreRefusedByTheirHeader(t *testing.T) {
	t.Parallel()
	heic := []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic")
	for name, one := range map[string]struct {
		raw    []byte
		reason string
	}{
		"nothing":                          {nil, "required"},
		"more than the wire takes":         {append(phototest.JPEG(phototest.Picture(9, 9)), make([]byte, photo.MaxBytes)...), "too_large"},
		"a PNG of 2e9 by 2e9":              {pngOf(2_000_000_000, 2_000_000_000, 8, 6, 0), "too_many_pixels"},
		"a PNG of a line without end":      {pngOf(40_000_000, 1, 8, 6, 0), "too_many_pixels"},
		"a PNG just too large":             {pngOf(10_000, 5_001, 8, 2, 0), "too_many_pixels"},
		"a PNG of nothing":                 {pngOf(0, 5, 8, 2, 0), "unreadable"},
		"a deep interlaced PNG":            {pngOf(7_000, 7_000, 16, 6, 1), "too_much_memory"},
		"a JPEG of the largest size":       {jpegOf(0xc0, 65_535, 65_535), "too_many_pixels"},
		"a large progressive JPEG":         {jpegOf(0xc2, 7_000, 7_000), "too_much_memory"},
		"a JPEG of passes without end":     {scans(64), "too_many_scans"},
		"a WebP of a large canvas":         {webpOf(1<<15, 1), "too_many_pixels"},
		"a WebP with more than its canvas": {webpOf(10, 1<<14), "unreadable"},
		"an SVG":                           {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), "format"},
		"a page":                           {[]byte("<!doctype html><title>x</title>"), "format"},
		"a GIF":                            {[]byte("GIF89a\x01\x00\x01\x00\x00\x00\x00"), "format"},
		"a HEIC":                           {heic, "format"},
		"half a JPEG":                      {phototest.JPEG(phototest.Picture(300, 300))[:900], "unreadable"},
		"a page that begins like a JPEG":   {[]byte("\xff\xd8\xff<!doctype html><script>alert(1)</script>"), "unreadable"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := photo.Normalize(one.raw)
			items := fault.Items(err)
			if len(items) != 1 || items[0].Kind != fault.KindInvalid || items[0].Field != "photo" || items[0].Reason != one.reason || items[0].Message == "" {
				t.Errorf("refused as %+v, want %s", items, one.reason)
			}
		})
	}
	if _, err := photo.Normalize(heic); !strings.Contains(fault.Message(err), "HEIC") {
		t.Errorf("a HEIC is refused as %q", fault.Message(err))
	}
	if _, err := photo.Look(scans(63)); err != nil {
		t.Errorf("64 passes: %v", err)
	}
}

// What decoding takes is told before: a decoder that ran wild would be seen here. It runs alone, for it counts what the whole
// process takes.
func TestTheHeaderTellsWhatDecodingTakes(t *testing.T) {
	for name, raw := range map[string][]byte{
		"JPEG": phototest.JPEG(phototest.Picture(2600, 2000)), "PNG": phototest.PNG(phototest.Picture(2600, 2000)), "WebP": phototest.WebP(),
	} {
		h, err := photo.Look(raw)
		if err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := photo.Normalize(raw); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		// Buffers beside the picture are forgiven.
		if took := int64(after.TotalAlloc - before.TotalAlloc); took > h.Memory+4<<20 {
			t.Errorf("%s: took %d bytes, told %d", name, took, h.Memory)
		}
	}
}

func noise(seed uint64, w, h int) *image.RGBA {
	random := rand.New(rand.NewPCG(seed, 11))
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		m.Pix[i] = uint8(random.UintN(256)) | 0xff*uint8(b2i(i%4 == 3))
	}
	return m
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func redacted(t testing.TB, kept []byte, boxes ...photo.Box) (photo.Picture, image.Image) {
	t.Helper()
	p, err := photo.Redact(kept, boxes)
	if err != nil {
		t.Fatal(err)
	}
	return p, decoded(t, p)
}

// plate draws a row of black and white bars, as of letters, that say number; each number is as dark as any other.
func plate(m *image.RGBA, at image.Rectangle, number uint) {
	for x := at.Min.X; x < at.Max.X; x++ {
		// Each bit is a pair of bars, dark then light or light then dark, four pixels each.
		bit := number>>uint((x-at.Min.X)/8)&1 == 1
		dark := ((x-at.Min.X)/4)%2 == 0
		for y := at.Min.Y; y < at.Max.Y; y++ {
			c := color.RGBA{255, 255, 255, 255}
			if bit == dark {
				c = color.RGBA{0, 0, 0, 255}
			}
			m.SetRGBA(x, y, c)
		}
	}
}

// Whatever a box held, what is left of it are means of at most sixteen cells: pictures that differ within a box and have
// the same means become the very same bytes, so nobody can tell from the copy which it was.
func TestWhatABoxHidCannotBeHadBack(t *testing.T) {
	t.Parallel()
	at := image.Rect(64, 40, 192, 72)
	box := photo.Box{X: at.Min.X, Y: at.Min.Y, W: at.Dx(), H: at.Dy()}
	var copies [][]byte
	for _, number := range []uint{0, 0xffff, 0x5a3c, 0x1234} {
		m := image.NewRGBA(image.Rect(0, 0, 256, 128))
		for i := range m.Pix {
			m.Pix[i] = 128 | 127*uint8(b2i(i%4 == 3))
		}
		plate(m, at, number)
		// As PNG the plates reach the rule without a coder's traces between box and surroundings.
		out := photo.Burn(m, []photo.Box{box})
		copies = append(copies, out.Pix)
	}
	for i, c := range copies[1:] {
		if !bytes.Equal(c, copies[0]) {
			t.Errorf("plate %d can be told from the first by its copy", i+1)
		}
	}
}

func TestABoxLeavesFewColours(t *testing.T) {
	t.Parallel()
	const w, h = 400, 300
	for i, box := range []photo.Box{{X: 10, Y: 10, W: 100, H: 80}, {X: 0, Y: 0, W: w, H: h}, {X: 350, Y: 250, W: 50, H: 50}, {X: 100, Y: 100, W: 1, H: 1}} {
		out := photo.Burn(noise(uint64(i), w, h), []photo.Box{box})
		at := image.Rect(box.X, box.Y, box.X+box.W, box.Y+box.H)
		sharpest := 0
		for y := at.Min.Y; y < at.Max.Y; y++ {
			for x := at.Min.X + 1; x < at.Max.X; x++ {
				a, b := out.RGBAAt(x-1, y), out.RGBAAt(x, y)
				sharpest = max(sharpest, abs(int(a.R)-int(b.R)), abs(int(a.G)-int(b.G)), abs(int(a.B)-int(b.B)))
			}
		}
		// Noise jumps by up to 255 between neighbours; means that flow into each other hardly do.
		if sharpest > 16 {
			t.Errorf("box %v: neighbours still differ by %d", box, sharpest)
		}
		if box.W > 1 {
			continue
		}
		// The smallest box takes its surroundings with it.
		if cmp.Equal(out.RGBAAt(95, 95), noise(uint64(i), w, h).RGBAAt(95, 95)) {
			t.Error("a box of one pixel hides one pixel")
		}
	}
}

func abs(n int) int { return max(n, -n) }

func TestWhatLiesOutsideABoxStays(t *testing.T) {
	t.Parallel()
	kept := normalized(t, phototest.JPEG(phototest.Picture(320, 240))).JPEG
	_, m := redacted(t, kept, photo.Box{X: 100, Y: 60, W: 120, H: 120})
	if got := quarters(m); got != "RGBW" {
		t.Errorf("quarters %s", got)
	}
	r, g, b, _ := m.At(160, 120).RGBA()
	if r>>8 > 200 || g>>8 > 200 || b>>8 > 200 {
		t.Errorf("in the middle of the box the picture still stands: %d %d %d", r>>8, g>>8, b>>8)
	}
	p, _ := redacted(t, kept)
	if p.Width != 320 || p.Height != 240 {
		t.Errorf("a copy without boxes is %d × %d", p.Width, p.Height)
	}
}

func TestBoxesAreClampedToThePicture(t *testing.T) {
	t.Parallel()
	got, err := photo.CheckBoxes([]photo.Box{{X: -5, Y: -5, W: 10, H: 10}, {X: 90, Y: 40, W: 1000, H: 1000}, {X: -1000, Y: 0, W: 5000, H: 1}}, 100, 50)
	want := []photo.Box{{X: 0, Y: 0, W: 5, H: 5}, {X: 90, Y: 40, W: 10, H: 10}, {X: 0, Y: 0, W: 100, H: 1}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	_, err = photo.CheckBoxes([]photo.Box{{X: 100, W: 5, H: 5}, {W: 0, H: 5}, {W: 5, H: -5}, {X: 1 << 62, W: 1 << 62, H: 5}, {X: 1, Y: 1, W: 2, H: 2}}, 100, 50)
	var found []string
	for _, e := range fault.Items(err) {
		found = append(found, fmt.Sprint(*e.Index, e.Reason))
	}
	if diff := cmp.Diff([]string{"0outside", "1out_of_range", "2out_of_range", "3out_of_range"}, found); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := photo.CheckBoxes(make([]photo.Box, photo.MostBoxes+1), 100, 50); !fault.Is(err, fault.KindInvalid) {
		t.Errorf("more boxes than anybody draws: %v", err)
	}
}

// FuzzNormalize holds the decoders to their bounds: whatever comes, it is refused in words or becomes a plain small JPEG, and
// the memory told before is not above its bound.
func FuzzNormalize(f *testing.F) {
	for _, seed := range [][]byte{
		phototest.JPEG(phototest.Picture(16, 8)), phototest.PNG(phototest.Picture(16, 8)), phototest.WebP(),
		phototest.Phone(phototest.Picture(16, 8), 6), pngOf(2_000_000_000, 2_000_000_000, 8, 6, 0), jpegOf(0xc0, 65_535, 65_535),
		webpOf(10, 1<<14), scans(3),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		h, err := photo.Look(raw)
		if err == nil && (h.Memory > photo.MaxMemory || h.Width*h.Height > photo.MaxPixels) {
			t.Fatalf("let in: %+v", h)
		}
		if err == nil && h.Memory > 64<<20 {
			return // lawful, and too slow to try thousands of
		}
		p, err := photo.Normalize(raw)
		if err != nil {
			if !fault.Is(err, fault.KindInvalid) {
				t.Fatalf("refused without a word: %v", err)
			}
			return
		}
		decoded(t, p)
	})
}
