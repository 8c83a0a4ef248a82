package screen

import (
	"unicode/utf8"

	"toancanh/server/fault"
)

// Bounds of settings. A panel of 100 mm is a tablet's; 20 m is a video wall's.
const (
	mostID      = 40
	mostTitle   = 120
	mostPoint   = 80
	leastPanel  = 100
	mostPanel   = 20_000
	leastSeat   = 300
	mostSeat    = 100_000
	mostScreens = 500
)

// Settings are what is set of a screen once, by whoever hangs it up.
type Settings struct {
	Title, Point       string
	Area               *Place
	Scene              string
	Density            Density
	PanelMM, ViewingMM *int
}

// Settings are those of the screen.
func (s Screen) Settings() Settings {
	return Settings{s.Title, s.Point, s.Area, s.Scene, s.State().Density, s.PanelMM, s.ViewingMM}
}

// Clean brings settings into the form they are kept in.
func (s Settings) Clean() Settings {
	s.Title, s.Point = cleanText(s.Title), cleanText(s.Point)
	if s.Density == "" {
		s.Density = Auto
	}
	return s
}

// Check names every setting that cannot hold.
func (s Settings) Check(w World) error {
	var faults []error
	wrong := func(field, reason, format string, args ...any) {
		faults = append(faults, fault.Invalid(field, format, args...).Because(reason))
	}
	for _, t := range []struct {
		field, text string
		most        int
	}{{"title", s.Title, mostTitle}, {"point", s.Point, mostPoint}} {
		switch {
		case utf8.RuneCountInString(t.text) > t.most:
			wrong(t.field, "too_long", "Tên dài quá %d ký tự.", t.most)
		case !readable(t.text):
			wrong(t.field, "encoding", "Tên có ký tự điều khiển hoặc ký tự không đọc được.")
		}
	}
	if s.Area != nil && !w.Ground.Has(*s.Area) {
		wrong("area", "unknown", "Không có địa bàn %q trong địa giới đang dùng.", clip(s.Area.Code))
	}
	if s.Scene != "" && !w.HasScene(s.Scene) {
		wrong("scene", "unknown", "Không có cảnh %q.", clip(s.Scene))
	}
	switch s.Density {
	case Auto, Far, Middle, Near:
	default:
		wrong("density", "unknown", "Mật độ phải là auto, far, middle hoặc near.")
	}
	if mm := s.PanelMM; mm != nil && (*mm < leastPanel || *mm > mostPanel) {
		wrong("panel_mm", "out_of_range", "Chiều cao hình phải từ %d đến %d mm.", leastPanel, mostPanel)
	}
	if mm := s.ViewingMM; mm != nil && (*mm < leastSeat || *mm > mostSeat) {
		wrong("viewing_mm", "out_of_range", "Khoảng cách ghế xa nhất phải từ %d đến %d mm.", leastSeat, mostSeat)
	}
	return fault.Join(faults...)
}

// CheckID says whether a screen may be set up under an id: it stands in addresses and topics.
func CheckID(id string) error {
	ok := id != "" && len(id) <= mostID && id != "orders" && id != "all"
	for _, r := range id {
		ok = ok && (r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z')
	}
	if !ok {
		return fault.Invalid("id", "Mã màn hình gồm 1 đến %d chữ thường không dấu, chữ số, “-” hoặc “_”, và không phải là “orders” hay “all”.",
			mostID).Because("format")
	}
	return nil
}
