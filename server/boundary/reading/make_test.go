package reading_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"math"
	"strings"
	"testing"

	"github.com/paulmach/orb"
)

// shp writes polygons as a .shp file of ESRI's description of 1998; the index beside it nobody reads here.
func shp(kind uint32, shapes ...[]orb.Ring) []byte {
	var body bytes.Buffer
	for i, rings := range shapes {
		var record bytes.Buffer
		points := 0
		for _, r := range rings {
			points += len(r)
		}
		little(&record, kind, [4]float64{}, uint32(len(rings)), uint32(points))
		start := 0
		for _, r := range rings {
			little(&record, uint32(start))
			start += len(r)
		}
		for _, r := range rings {
			for _, p := range r {
				little(&record, p[0], p[1])
			}
		}
		big(&body, uint32(i+1), uint32(record.Len()/2))
		body.Write(record.Bytes())
	}
	var out bytes.Buffer
	big(&out, uint32(9994), [5]uint32{}, uint32((100+body.Len())/2))
	little(&out, uint32(1000), kind, [8]float64{})
	out.Write(body.Bytes())
	return out.Bytes()
}

// dbf writes a table of texts, each as the bytes given.
func dbf(columns []string, rows ...[]string) []byte {
	const width = 40
	var out bytes.Buffer
	little(&out, uint8(3), [3]uint8{126, 11, 23}, uint32(len(rows)), uint16(32+32*len(columns)+1), uint16(1+width*len(columns)), [20]uint8{})
	for _, c := range columns {
		var name [11]byte
		copy(name[:], c)
		little(&out, name, uint8('C'), uint32(0), uint8(width), [15]uint8{})
	}
	out.WriteByte('\r')
	for _, row := range rows {
		out.WriteByte(' ')
		for _, text := range row {
			out.WriteString(text + strings.Repeat(" ", width-len(text)))
		}
	}
	return append(out.Bytes(), 0x1a)
}

func little(out *bytes.Buffer, values ...any) {
	for _, v := range values {
		_ = binary.Write(out, binary.LittleEndian, v)
	}
}

func big(out *bytes.Buffer, values ...any) {
	for _, v := range values {
		_ = binary.Write(out, binary.BigEndian, v)
	}
}

func archive(t *testing.T, files map[string][]byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for name, body := range files {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write(body)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// box is a clockwise ring, as Shapefiles turn their outer rings.
func box(x, y, size float64) orb.Ring {
	return orb.Ring{{x, y}, {x, y + size}, {x + size, y + size}, {x + size, y}, {x, y}}
}

func near(a, b, tolerance float64) bool { return math.Abs(a-b) <= tolerance }
