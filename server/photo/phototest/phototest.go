// Package phototest makes photos for tests: small ones of every format, as a telephone makes them, with words planted where
// a telephone leaves what it knows. It never reads a file.
package phototest

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
)

// Words that a telephone's picture of Phone holds outside of its pixels. None may reach anybody.
const (
	Camera  = "MÁY ẢNH CỦA CHIM HOÀNG YẾN"
	Comment = "chim-hoang-yen-0912345678"
	Behind  = "PHIM PHÍA SAU ẢNH"
)

// Latitude and Longitude are where Phone says it was, as the bytes of Exif rationals: 12°00'37.41"N 107°41'53.27"E.
func Latitude() []byte { return rationals(12, 1, 0, 1, 3741, 100) }

// Longitude is the other half of the position.
func Longitude() []byte { return rationals(107, 1, 41, 1, 5327, 100) }

// Picture is an image of four plain quarters, so that a turn can be told: red and green above, blue and white below.
func Picture(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetRGBA(x, y, quarter(x < w/2, y < h/2))
		}
	}
	return m
}

func quarter(left, above bool) color.RGBA {
	switch {
	case left && above:
		return color.RGBA{R: 220, A: 255}
	case above:
		return color.RGBA{G: 220, A: 255}
	case left:
		return color.RGBA{B: 220, A: 255}
	}
	return color.RGBA{R: 240, G: 240, B: 240, A: 255}
}

// JPEG is an image coded as such.
func JPEG(m image.Image) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 90}); err != nil {
		panic(err) // into memory nothing fails
	}
	return b.Bytes()
}

// PNG is an image coded as such.
func PNG(m image.Image) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// WebP is a picture of one pixel.
func WebP() []byte {
	return []byte("RIFF\x22\x00\x00\x00WEBPVP8 \x16\x00\x00\x000\x01\x00\x9d\x01*\x01\x00\x01\x00\x0e\xc0\xfe%\xa4\x00\x03p\x00\x00\x00\x00")
}

// Phone is a picture as a telephone leaves it: held in an orientation (1 to 8), with its camera, its position, a comment and
// something behind the picture.
func Phone(m image.Image, held uint16) []byte {
	plain := JPEG(m)
	out := append([]byte{}, plain[:2]...)
	out = append(out, segment(0xe1, append([]byte("Exif\x00\x00"), exif(held)...))...)
	out = append(out, segment(0xfe, []byte(Comment))...)
	out = append(out, plain[2:]...)
	return append(out, Behind...)
}

func segment(marker byte, content []byte) []byte {
	head := []byte{0xff, marker, 0, 0}
	binary.BigEndian.PutUint16(head[2:], uint16(len(content)+2)) //nolint:gosec // a few hundred bytes
	return append(head, content...)
}

// The parts of an Exif block (TIFF 6.0): types of values and the tags used here.
const (
	typeASCII, typeShort, typeLong, typeRational = 2, 3, 4, 5

	tagMake, tagOrientation, tagGPS                   = 0x010f, 0x0112, 0x8825
	tagLatRef, tagLatitude, tagLonRef, tagLongitude   = 1, 2, 3, 4
	firstEntries, gpsEntries, entrySize, headOfFolder = 3, 4, 12, 2
)

// exif is a TIFF with the folder of the picture and that of its position.
func exif(held uint16) []byte {
	order := binary.LittleEndian
	const first = 8
	const words = first + headOfFolder + firstEntries*entrySize + 4
	gps := words + len(Camera) + 1
	position := gps + headOfFolder + gpsEntries*entrySize + 4
	b := order.AppendUint16([]byte("II"), 42)
	b = order.AppendUint32(b, first)
	entry := func(tag, kind uint16, n, value int) {
		b = order.AppendUint16(order.AppendUint16(b, tag), kind)
		b = order.AppendUint32(order.AppendUint32(b, uint32(n)), uint32(value)) //nolint:gosec // small
	}
	b = order.AppendUint16(b, firstEntries)
	entry(tagMake, typeASCII, len(Camera)+1, words)
	entry(tagOrientation, typeShort, 1, int(held))
	entry(tagGPS, typeLong, 1, gps)
	b = order.AppendUint32(b, 0)
	b = append(b, Camera+"\x00"...)
	b = order.AppendUint16(b, gpsEntries)
	entry(tagLatRef, typeASCII, 2, 'N')
	entry(tagLatitude, typeRational, 3, position)
	entry(tagLonRef, typeASCII, 2, 'E')
	entry(tagLongitude, typeRational, 3, position+len(Latitude()))
	b = order.AppendUint32(b, 0)
	return append(append(b, Latitude()...), Longitude()...)
}

func rationals(parts ...uint32) []byte {
	var b []byte
	for _, p := range parts {
		b = binary.LittleEndian.AppendUint32(b, p)
	}
	return b
}
