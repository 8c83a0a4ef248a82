package photo

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/jpeg"
	"image/png"
	"slices"

	"golang.org/x/image/webp"

	"toancanh/server/fault"
)

// Format is how a picture is coded.
type Format string

// The formats that are taken.
const (
	JPEG Format = "image/jpeg"
	PNG  Format = "image/png"
	WebP Format = "image/webp"
)

// Header is what a file says of itself before anything of it is decoded.
type Header struct {
	Format        Format
	Width, Height int
	Memory        int64 // how many bytes decoding takes at most
}

// Is reports whether a file begins as a picture that could be taken.
func Is(raw []byte) bool { return formatOf(raw) != "" }

// mostScans bounds the passes of a progressive JPEG. Each may cost a walk over the whole picture for a few bytes, and real
// ones have about ten.
const mostScans = 64

// Look reads the header of a file and refuses, before anything is decoded, what is no photo or would cost too much. The file
// may claim anything: a picture of 20 kB may say it is 2,000,000,000 pixels wide.
func Look(raw []byte) (Header, error) {
	if len(raw) == 0 {
		return Header{}, fault.Invalid(field, "Chưa có ảnh.").Because("required")
	}
	if len(raw) > MaxBytes {
		return Header{}, fault.Invalid(field, "Ảnh lớn hơn %d MB.", MaxBytes>>20).Because("too_large")
	}
	h := Header{Format: formatOf(raw)}
	var c image.Config
	var err error
	switch h.Format {
	case JPEG:
		c, err = jpeg.DecodeConfig(bytes.NewReader(raw))
	case PNG:
		c, err = png.DecodeConfig(bytes.NewReader(raw))
	case WebP:
		c, err = webp.DecodeConfig(bytes.NewReader(raw))
	default:
		return h, errFormat(raw)
	}
	switch {
	case h.Format == PNG && hugePNG(raw): // the library calls it unsupported
		return h, errPixels
	case err != nil:
		return h, unreadable(err)
	}
	h.Width, h.Height = c.Width, c.Height
	return h, h.weigh(raw)
}

//nolint:gochecknoglobals // an error value
var errPixels = fault.Invalid(field, "Ảnh có quá nhiều điểm ảnh: nhiều nhất %d triệu, mỗi cạnh không quá %d.", MaxPixels/1_000_000, maxEdge).
	Because("too_many_pixels")

// hugePNG reports whether the header claims a side that nobody can hold.
func hugePNG(raw []byte) bool {
	const sizeAt, sizeEnd = 16, 24
	return len(raw) >= sizeEnd && (binary.BigEndian.Uint32(raw[sizeAt:]) > maxEdge || binary.BigEndian.Uint32(raw[sizeAt+4:]) > maxEdge)
}

// weigh says why a picture of a readable header costs too much, or how much memory it takes.
func (h *Header) weigh(raw []byte) error {
	switch {
	case h.Width < 1 || h.Height < 1:
		return unreadable(nil)
	case h.Width > maxEdge || h.Height > maxEdge || int64(h.Width)*int64(h.Height) > MaxPixels:
		return errPixels
	}
	perPixel := int64(8) // WebP: a copy beside the picture
	switch h.Format {
	case JPEG:
		s := shapeOfJPEG(raw)
		if s.scans > mostScans {
			return fault.Invalid(field, "Ảnh JPEG có quá nhiều lượt quét.").Because("too_many_scans")
		}
		perPixel = int64(s.components)
		if s.progressive { // coefficients of 32 bits beside the samples
			perPixel *= 5
		}
	case PNG:
		perPixel = pngBytes(raw)
	case WebP:
	}
	// What is drawn from it takes little: a strip at a time, and less than twice MaxSide squared.
	h.Memory = int64(h.Width)*int64(h.Height)*perPixel + 4*(2*MaxSide)*(2*MaxSide)
	if h.Memory > MaxMemory {
		return fault.Invalid(field, "Ảnh quá lớn cho dạng tệp này; hãy gửi ảnh JPEG thường hoặc nhỏ hơn.").Because("too_much_memory")
	}
	return nil
}

// formatOf goes by the first bytes alone, whatever a sender or a name says.
func formatOf(raw []byte) Format {
	switch {
	case bytes.HasPrefix(raw, []byte("\xff\xd8\xff")):
		return JPEG
	case bytes.HasPrefix(raw, []byte("\x89PNG\r\n\x1a\n")):
		return PNG
	case len(raw) > 12 && string(raw[:4]) == "RIFF" && string(raw[8:12]) == "WEBP":
		return WebP
	}
	return ""
}

// errFormat names what people send by mistake.
func errFormat(raw []byte) error {
	e := fault.Invalid(field, "Chỉ nhận ảnh JPEG, PNG hoặc WebP.").Because("format")
	if len(raw) > 12 && string(raw[4:8]) == "ftyp" && slices.Contains([]string{"heic", "heix", "hevc", "mif1", "msf1", "avif"}, string(raw[8:12])) {
		e.Message = "Chưa nhận ảnh HEIC hoặc AVIF; hãy chọn định dạng JPEG (“tương thích nhất”) trong máy ảnh rồi gửi lại."
	}
	return e
}

// pngBytes is how many bytes a pixel of a PNG takes at most while it is decoded: an interlaced one is decoded in passes
// beside the whole.
func pngBytes(raw []byte) int64 {
	const depthAt, interlaceAt, deep = 24, 28, 16
	n := int64(4)
	if raw[depthAt] == deep {
		n = 8
	}
	if raw[interlaceAt] != 0 {
		n += n / 2
	}
	return n
}

// jpegShape is what the segments of a JPEG tell of the work it makes.
type jpegShape struct {
	progressive bool
	components  int
	scans       int
}

// Markers of a JPEG (ITU-T T.81, table B.1).
const (
	markerSOF0, markerSOF2, markerSOF15 = 0xc0, 0xc2, 0xcf
	markerDHT, markerJPG, markerDAC     = 0xc4, 0xc8, 0xcc
	markerRST0, markerRST7              = 0xd0, 0xd7
	markerSOI, markerEOI, markerSOS     = 0xd8, 0xd9, 0xda
)

// shapeOfJPEG walks from marker to marker as a decoder does.
func shapeOfJPEG(raw []byte) jpegShape {
	var s jpegShape
	for i := 2; i+4 <= len(raw); {
		at := bytes.IndexByte(raw[i:], 0xff)
		if at < 0 || i+at+4 > len(raw) {
			break
		}
		i += at + 1
		m := raw[i]
		switch {
		case m == 0xff:
			continue // filling
		case m == 0 || m == 1 || m >= markerRST0 && m <= markerSOI:
			i++
			continue // alone: no length follows
		case m == markerEOI:
			return s
		case m == markerSOS:
			s.scans++
		case m >= markerSOF0 && m <= markerSOF15 && m != markerDHT && m != markerJPG && m != markerDAC:
			s.progressive = m == markerSOF2
			const componentsAt = 8
			if i+componentsAt < len(raw) {
				s.components = int(raw[i+componentsAt])
			}
		}
		i += 1 + max(2, int(raw[i+1])<<8|int(raw[i+2]))
	}
	return s
}
