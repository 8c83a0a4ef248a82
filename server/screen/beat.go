package screen

import (
	"time"

	"toancanh/server/fault"
)

// ConnectedFor is how long after its last beat a screen counts as connected; a page beats every 10 s.
const ConnectedFor = 25 * time.Second

// Beat is what a page said last about itself. Numbers that a browser does not tell are nil.
type Beat struct {
	At        time.Time `json:"at"`
	Build     string    `json:"build"`
	Seq       int64     `json:"seq"` // the highest number it has applied
	HeapBytes *int64    `json:"heap_bytes"`
	Nodes     *int64    `json:"nodes"`
	LongTasks int64     `json:"long_tasks"`
	FPS       *float64  `json:"fps"`
	SkewMS    *float64  `json:"skew_ms"` // its clock minus the server's
	Width     int64     `json:"width"`
	Height    int64     `json:"height"`
	Scene     string    `json:"scene"`
	Area      string    `json:"area"`
	Density   string    `json:"density"`
	Phase     string    `json:"phase"` // "live", "stale" or "connecting"
	Version   int64     `json:"version"`
}

// Seen is what a page said last about what it was told: that it shows it, or why it does not.
type Seen struct {
	At      time.Time `json:"at"`
	Version int64     `json:"version"`
	Applied bool      `json:"applied"`
	Reason  string    `json:"reason"` // for people
}

// Connected reports whether the page spoke lately.
func (b *Beat) Connected(now time.Time) bool { return b != nil && now.Sub(b.At) < ConnectedFor }

// Check names every part of a beat that no page of ours would send; texts and numbers are bounded, since anybody who
// reaches the door may send one.
func (b Beat) Check() error {
	var faults []error
	wrong := func(field, format string, args ...any) {
		faults = append(faults, fault.Invalid(field, format, args...).Because("out_of_range"))
	}
	for field, text := range map[string]string{"build": b.Build, "scene": b.Scene, "area": b.Area, "density": b.Density} {
		const most = 80
		if len(text) > most || !readable(text) {
			wrong(field, "Cần một từ dài tối đa %d byte.", most)
		}
	}
	whole := func(field string, n *int64, most int64) {
		if n != nil && (*n < 0 || *n > most) {
			wrong(field, "Cần một số nguyên từ 0 đến %d.", most)
		}
	}
	const safe = 1<<53 - 1
	whole("seq", &b.Seq, safe)
	whole("version", &b.Version, safe)
	whole("heap_bytes", b.HeapBytes, 1<<40)
	whole("nodes", b.Nodes, 1e9)
	whole("long_tasks", &b.LongTasks, 1e9)
	whole("width", &b.Width, 1e6)
	whole("height", &b.Height, 1e6)
	if b.FPS != nil && (*b.FPS < 0 || *b.FPS > 1000) {
		wrong("fps", "Cần một số từ 0 đến 1000.")
	}
	if b.SkewMS != nil && (*b.SkewMS < -1e12 || *b.SkewMS > 1e12) {
		wrong("skew_ms", "Cần số mili giây lệch giờ.")
	}
	switch b.Phase {
	case "live", "stale", "connecting":
	default:
		faults = append(faults, fault.Invalid("phase", "Trạng thái phải là live, stale hoặc connecting.").Because("unknown"))
	}
	return fault.Join(faults...)
}

// Clean brings a confirmation into the form it is kept in.
func (s Seen) Clean() Seen {
	s.Reason = cleanText(s.Reason)
	return s
}

// Check says what is wrong with a confirmation.
func (s Seen) Check() error {
	const most = 300
	var faults []error
	if len([]rune(s.Reason)) > most || !readable(s.Reason) {
		faults = append(faults, fault.Invalid("reason", "Lý do dài tối đa %d ký tự, không có ký tự điều khiển.", most).Because("too_long"))
	}
	if s.Version < 0 {
		faults = append(faults, fault.Invalid("version", "Phiên bản không thể âm.").Because("out_of_range"))
	}
	return fault.Join(faults...)
}
