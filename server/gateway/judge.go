package gateway

import (
	"time"

	"toancanh/server/sensor"
)

// Reasons of refusal beside those of readings.
const (
	UnknownThing sensor.Reason = "unknown_thing"
	UnknownField sensor.Reason = "unknown_field"
	NotDecoded   sensor.Reason = "not_decoded"
	Limited      sensor.Reason = "limited"
)

// Detail is a reason as a Vietnamese sentence, also those of readings.
func Detail(r sensor.Reason) string {
	switch r {
	case UnknownThing:
		return "Chưa có cảm biến nào khai báo thiết bị này"
	case UnknownField:
		return "Chưa có cảm biến nào khai báo trường này của thiết bị"
	case NotDecoded:
		return "Bản tin chưa được giải mã: thiết bị cần bộ giải mã (codec) trên máy chủ mạng"
	case Limited:
		return "Cổng gửi vượt mức được phép"
	default:
		return r.Detail()
	}
}

// Window is how far back a gateway's behaviour is judged.
const Window = 10 * time.Minute

// Tally counts values by what became of them.
type Tally struct {
	Taken    int
	Repeated int // known already
	Late     int // too old for the door
	Refused  int // for any other reason
	Limited  int // not looked at: more than the gateway may bring
}

// Count adds n values with one reason. Fields nobody registered say nothing about the gateway.
func (t *Tally) Count(r sensor.Reason, n int) {
	switch r {
	case sensor.Taken:
		t.Taken += n
	case sensor.Duplicate:
		t.Repeated += n
	case sensor.TooOld:
		t.Late += n
	case Limited:
		t.Limited += n
	case UnknownField:
	default:
		t.Refused += n
	}
}

// Add adds another tally.
func (t *Tally) Add(o Tally) {
	t.Taken += o.Taken
	t.Repeated += o.Repeated
	t.Late += o.Late
	t.Refused += o.Refused
	t.Limited += o.Limited
}

// seen is how many values were looked at.
func (t Tally) seen() int { return t.Taken + t.Repeated + t.Late + t.Refused }

// The rules of behaviour. A state is entered at its share and left at half of it, so that it does not flutter.
const (
	fewValues    = 20 // below them nothing is judged
	garbageShare = 0.2
	replayShare  = 0.5
)

// Judge says how a gateway behaves after what it brought in a Window, given how it did before. A flood hides the rest:
// what was not looked at cannot be judged.
func Judge(before State, w Tally, perMinute int) State {
	share := func(n int, s State, enter float64) bool {
		if before == s {
			enter /= 2
		}
		return w.seen() >= fewValues && float64(n) >= enter*float64(w.seen())
	}
	switch {
	case w.Limited > 0 || w.seen() > perMinute*int(Window/time.Minute):
		return Flooding
	case share(w.Refused, Garbage, garbageShare):
		return Garbage
	case share(w.Repeated+w.Late, Replaying, replayShare):
		return Replaying
	}
	return OK
}

// Burst is how many values a gateway may bring at once after a pause: half an hour's worth, so that one that was cut off
// may catch up, and never less than one body may hold.
func (g Gateway) Burst() int { return max(sensor.MaxItems, 30*g.PerMinute) }

// badShare is the part of its allowance that is left to a gateway that sends what cannot be used.
const badShare = 10

// Allowance is how many values it may bring in a minute, as it behaves.
func (g Gateway) Allowance() int {
	if g.State == Garbage || g.State == Replaying {
		return max(1, g.PerMinute/badShare)
	}
	return g.PerMinute
}

// Notice tells a sender how its gateway is judged; empty while all is well.
func (s State) Notice() string {
	switch s {
	case Garbage:
		return "Nhiều giá trị của cổng này không nhận được trong 10 phút qua; mức gửi được phép giảm còn một phần mười."
	case Flooding:
		return "Cổng này đã gửi vượt mức được phép trong 10 phút qua; phần vượt bị từ chối."
	case Replaying:
		return "Phần lớn giá trị của cổng này đã có hoặc quá cũ; mức gửi được phép giảm còn một phần mười."
	default:
		return ""
	}
}
