package sheet

import (
	"strconv"
	"strings"
	"time"

	"toancanh/server/area"
	"toancanh/server/fault"
	"toancanh/server/sensor"
)

// MostSensors is how many sensors one table may hold.
const MostSensors = 2000

// SensorWords are what the cells of a table of sensors may name.
type SensorWords struct {
	Kinds []sensor.Kind
	// Unit finds a unit by its id or name.
	Unit func(text string) (id string, ok bool)
}

// SensorRow is one line of a table as a sensor. Line counts from 1, the headings included.
type SensorRow struct {
	Line   int
	Sensor sensor.Sensor
}

// SensorTable is a table that was read.
type SensorTable struct {
	Rows    []SensorRow
	Wrong   []Wrong
	Ignored []string
	headed
}

// Lines is how many lines the table has below its headings, empty ones left out.
func (t SensorTable) Lines() int {
	lines := map[int]bool{}
	for _, w := range t.Wrong {
		lines[w.Line] = true
	}
	return len(t.Rows) + len(lines)
}

// SensorColumns are the headings of a table of sensors in the order an export writes them.
func SensorColumns() []string {
	known := sensorFields()
	heads := make([]string, len(known))
	for i, f := range known {
		heads[i] = f.name
	}
	return heads
}

func sensorFields() []field {
	of := func(name string, heads ...string) field { return field{name: name, heads: append(heads, name)} }
	return []field{
		of("code", "ma", "ma cam bien"), of("name", "ten", "ten cam bien"), of("kind", "loai", "loai cam bien"),
		of("unit", "don vi do"), of("lat", "latitude", "vi do"), of("lon", "long", "longitude", "kinh do"),
		of("thing", "thiet bi", "ma thiet bi", "deveui"), of("field", "dong du lieu", "truong"),
		of("gateway", "cong", "cong ket noi", "ma cong"), of("owner", "don vi", "don vi phu trach", "chu quan"),
		of("stale_after_s", "qua han sau (giay)", "gioi han im lang (giay)"), of("stale_auto", "gioi han tu dong"),
		of("min", "nho nhat", "can duoi"), of("max", "lon nhat", "can tren"),
		of("max_rate", "toc do lon nhat", "thay doi lon nhat moi gio"), of("stuck_after_s", "dung yen qua (giay)"),
		of("levels", "nguong"), of("unconfirmed", "nguong chua xac nhan"), of("sample", "mau"), of("note", "ghi chu"),
	}
}

// ReadSensors reads a table of sensors in UTF-8, parted by commas, semicolons or tabs. The error says why nothing of it
// can be read; what is wrong with single lines is in the table. What a sensor must be to be taken is not judged here.
func ReadSensors(raw []byte, words SensorWords) (SensorTable, error) {
	r, head, err := open(raw)
	if err != nil {
		return SensorTable{}, err
	}
	f, err := find(head, sensorFields())
	if err != nil {
		return SensorTable{}, err
	}
	needs := []need{{"code", "Mã"}, {"name", "Tên"}, {"kind", "Loại"}, {"lat", "Vĩ độ"}, {"lon", "Kinh độ"}}
	if err := fault.Join(f.without(needs)...); err != nil {
		return SensorTable{}, err
	}
	t := SensorTable{Ignored: f.ignored, headed: headed{f.heads}}
	first := map[string]int{}
	wrong, err := eachLine(r, MostSensors, func(line int, cells []string) {
		l := sensorLine{tableLine{line: line, cells: cells, at: f}}
		s := l.read(words)
		if before, twice := first[s.Code]; twice {
			l.wrong("code", fault.Invalid("code", "Mã này đã có ở dòng %d.", before).Because("duplicate"))
		}
		first[s.Code] = line
		if len(l.faults) > 0 {
			t.Wrong = append(t.Wrong, l.faults...)
			return
		}
		t.Rows = append(t.Rows, SensorRow{line, s})
	})
	if err != nil {
		return SensorTable{}, err
	}
	t.Wrong = append(t.Wrong, wrong...)
	return t, nil
}

// tableLine reads the cells of one line and collects what is wrong with them.
type tableLine struct {
	line   int
	cells  []string
	at     found
	faults []Wrong
}

func (l *tableLine) text(name string) string { return cellOf(l.at.columns, l.cells, name) }

func (l *tableLine) wrong(name string, f *fault.Error) {
	l.faults = append(l.faults, Wrong{l.line, l.at.heads[name], f})
}

func (l *tableLine) number(name string) *float64 {
	text := l.text(name)
	if text == "" {
		return nil
	}
	x, err := degrees(text)
	if err != nil {
		l.wrong(name, fault.Invalid(name, "Ô này phải là một số, ví dụ 12,5.").Because("format"))
		return nil
	}
	return &x
}

// sensorLine is a line as a sensor.
type sensorLine struct{ tableLine }

func (l *sensorLine) read(words SensorWords) sensor.Sensor {
	s := sensor.Sensor{
		Code: l.text("code"), Name: l.text("name"), Kind: l.kind(words.Kinds), Unit: l.text("unit"),
		Lat: l.need("lat"), Lon: l.need("lon"), Thing: l.text("thing"), Field: l.text("field"), Gateway: l.text("gateway"),
		StaleAfter: l.seconds("stale_after_s"), StaleAuto: l.flag("stale_auto"), Min: l.number("min"), Max: l.number("max"),
		MaxRate: l.number("max_rate"), StuckAfter: l.seconds("stuck_after_s"), Sample: l.flag("sample"), Note: l.text("note"),
	}
	if text := l.text("owner"); text != "" {
		id, ok := words.Unit(text)
		if !ok {
			l.wrong("owner", fault.Invalid("owner", "Không có đơn vị này; ghi mã hoặc tên đơn vị.").Because("unknown"))
		}
		s.Owner = id
	}
	var err error
	if s.Levels, err = sensor.ParseLevels(l.text("levels")); err != nil {
		l.wrong("levels", fault.Invalid("levels", "Ngưỡng ghi như 588,5:attention:BĐ1:nguồn, nhiều ngưỡng cách nhau bằng dấu |.").Because("format"))
	}
	for name := range strings.SplitSeq(l.text("unconfirmed"), "|") {
		if name = strings.TrimSpace(name); name != "" {
			s.Unconfirmed = append(s.Unconfirmed, name)
		}
	}
	return s
}

func (l *sensorLine) kind(known []sensor.Kind) string {
	text := l.text("kind")
	folded := area.Fold(text)
	for _, k := range known {
		if k.Code == folded || area.Fold(k.Name) == folded {
			return k.Code
		}
	}
	l.wrong("kind", fault.Invalid("kind", "Không có loại cảm biến này; dùng mã hoặc tên trong danh mục.").Because("unknown"))
	return ""
}

func (l *sensorLine) need(name string) float64 {
	x := l.number(name)
	switch {
	case l.text(name) == "":
		l.wrong(name, fault.Invalid(name, "Chưa ghi tọa độ.").Because("required"))
	case x != nil:
		return *x
	}
	return 0
}

func (l *sensorLine) seconds(name string) time.Duration {
	text := l.text(name)
	if text == "" {
		return 0
	}
	const most = 1_000_000_000
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > most {
		l.wrong(name, fault.Invalid(name, "Ô này phải là một số giây nguyên.").Because("format"))
		return 0
	}
	return time.Duration(n) * time.Second
}

func (l *sensorLine) flag(name string) bool {
	switch area.Fold(l.text(name)) {
	case "", "0", "khong", "no", "false":
		return false
	case "1", "co", "x", "yes", "true", "mau":
		return true
	}
	l.wrong(name, fault.Invalid(name, "Ô này ghi “có” hoặc “không”.").Because("format"))
	return false
}
