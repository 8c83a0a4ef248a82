package reading

import (
	"bytes"
	"encoding/binary"
	"strings"

	"toancanh/server/boundary"
)

// table is the attribute table of a Shapefile: dBASE III and its kin.
type table struct {
	fields  []field
	rows    [][]byte
	deleted []bool
}

type field struct {
	name       []byte
	kind       byte
	start, end int
}

func readTable(raw []byte) (*table, error) {
	broken := boundary.Refuse("format", "Tệp .dbf hỏng hoặc bị cắt cụt.")
	if len(raw) < 33 {
		return nil, broken
	}
	count := int64(binary.LittleEndian.Uint32(raw[4:]))
	head, size := int64(binary.LittleEndian.Uint16(raw[8:])), int64(binary.LittleEndian.Uint16(raw[10:]))
	if head < 33 || size < 1 || head > int64(len(raw)) || head+count*size > int64(len(raw)) {
		return nil, broken
	}
	t := &table{}
	at := 1 // the first byte of a row says whether it was deleted
	for d := raw[32:head]; len(d) >= 32 && d[0] != '\r'; d = d[32:] {
		name, _, _ := bytes.Cut(d[:11], []byte{0})
		f := field{name: name, kind: d[11], start: at, end: at + int(d[16])}
		if at = f.end; int64(at) > size {
			return nil, broken
		}
		t.fields = append(t.fields, f)
	}
	for i := range count {
		row := raw[head+i*size : head+(i+1)*size]
		t.rows, t.deleted = append(t.rows, row), append(t.deleted, row[0] == '*')
	}
	return t, nil
}

// encoding is how the texts are written: as asked, as the .cpg says, or as the bytes look. Programs write "1252" or
// nothing beside texts of TCVN3, so only a plain UTF-8 or 1258 of the .cpg is believed.
func (t *table) encoding(asked Encoding, cpg []byte) Encoding {
	if asked != Auto {
		return asked
	}
	var texts [][]byte
	for _, f := range t.fields {
		for _, row := range t.rows {
			if f.kind == 'C' {
				texts = append(texts, row[f.start:f.end])
			}
		}
	}
	said := strings.ToLower(strings.TrimSpace(string(bytes.TrimPrefix(cpg, []byte("\ufeff")))))
	switch {
	case strings.Contains(said, "1258"):
		return Windows1258
	case strings.Contains(said, "tcvn"), said == "abc":
		return TCVN3
	}
	return Detect(texts)
}

func (t *table) columns(e Encoding) []string {
	var names []string
	for _, f := range t.fields {
		names = append(names, e.Decode(f.name))
	}
	return names
}

func (t *table) attributes(i int, e Encoding) map[string]string {
	row := make(map[string]string, len(t.fields))
	for _, f := range t.fields {
		row[e.Decode(f.name)] = strings.Trim(e.Decode(t.rows[i][f.start:f.end]), " \x00")
	}
	return row
}
