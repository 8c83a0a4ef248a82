package alarm

import (
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"toancanh/server/fault"
)

// ActName names what is done to an alarm, or what happens to it.
type ActName string

// What people do.
const (
	DoAck          ActName = "ack"
	DoSilence      ActName = "silence" // of the horn: never an acknowledgement
	DoUnsilence    ActName = "unsilence"
	DoShelve       ActName = "shelve"
	DoUnshelve     ActName = "unshelve"
	DoSuppress     ActName = "suppress"
	DoUnsuppress   ActName = "unsuppress"
	DoOutOfService ActName = "out_of_service" // lead
	DoInService    ActName = "in_service"     // lead
	DoComment      ActName = "comment"
	DoCloseStale   ActName = "close_stale" // lead
)

// What happens by itself. Entries of changes bear the name of the change: raise, return, worse, again, calm.
const (
	ShelfEnded       ActName = "shelf_ended"
	SuppressionEnded ActName = "suppression_ended"
	SilenceEnded     ActName = "silence_ended"
	TargetGone       ActName = "target_gone" // the sensor is no more, so nothing can say that it is normal again
)

// Act is something that a person, or the house by design, wants done.
type Act struct {
	Name    ActName
	Version int64      // what the doer saw; 0: whatever it is
	Minutes int        // shelve
	Until   *time.Time // suppress: when it ends by itself; nil: when taken back
	Reason  string
	Text    string // comment
	By      string // the name shown to colleagues
	As      string // role
	Lead    bool   // whether the doer leads the shift
}

const (
	longestShelf = 8 * time.Hour // domain AL-5
	maxReason    = 500
	maxText      = 2000
)

// Act does it, or says in a Vietnamese sentence why not.
func (a Alarm) Act(act Act, now time.Time) (Alarm, Entry, error) {
	from := a.State
	var err error
	if act, err = act.clean(); err == nil {
		err = a.refuse(act, now)
	}
	if err != nil {
		return a, Entry{}, err
	}
	b := a
	b.Version++
	until := b.do(act, now)
	e := b.entry(act.Name, from, now)
	e.Until, e.By, e.As, e.Reason, e.Text = until, act.By, act.As, act.Reason, act.Text
	return b, e, nil
}

// clean checks what the act itself says.
func (act Act) clean() (Act, error) {
	act.Reason = strings.TrimSpace(norm.NFC.String(act.Reason))
	act.Text = strings.TrimSpace(norm.NFC.String(act.Text))
	switch {
	case !act.Name.known():
		return act, fault.Invalid("act", "Không có thao tác này với cảnh báo").Because("unknown")
	case act.Name.leads() && !act.Lead:
		return act, fault.Forbidden("Chỉ trưởng ca được ngừng dùng, dùng lại hoặc đóng một cảnh báo kéo dài")
	case !plain(act.Reason, maxReason):
		return act, fault.Invalid("reason", "Lý do dài tối đa %d ký tự và không có ký tự điều khiển", maxReason).Because("too_long")
	case !plain(act.Text, maxText):
		return act, fault.Invalid("text", "Ghi chú dài tối đa %d ký tự và không có ký tự điều khiển", maxText).Because("too_long")
	case act.Name.reasoned() && act.Reason == "":
		return act, fault.Invalid("reason", "Cần nêu lý do").Because("required")
	case act.Name == DoComment && act.Text == "":
		return act, fault.Invalid("text", "Cần viết nội dung ghi chú").Because("required")
	case act.Name == DoShelve && (act.Minutes < 1 || act.Minutes > int(longestShelf.Minutes())):
		return act, fault.Invalid("minutes", "Tạm hoãn từ 1 phút đến %d phút (8 giờ)", int(longestShelf.Minutes())).Because("out_of_range")
	}
	return act, nil
}

func (n ActName) known() bool {
	switch n {
	case DoAck, DoSilence, DoUnsilence, DoShelve, DoUnshelve, DoSuppress, DoUnsuppress, DoOutOfService, DoInService, DoComment, DoCloseStale:
		return true
	default:
		return false
	}
}

// leads reports whether only the lead of the shift does it.
func (n ActName) leads() bool { return n == DoOutOfService || n == DoInService || n == DoCloseStale }

// reasoned reports whether it needs a reason.
func (n ActName) reasoned() bool {
	return n == DoShelve || n == DoSuppress || n == DoOutOfService || n == DoCloseStale
}

// plain reports whether a text is short enough and of letters and lines only.
func plain(text string, most int) bool {
	return utf8.ValidString(text) && utf8.RuneCountInString(text) <= most &&
		!strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r == 0x7f })
}

// refuse says why the alarm as it is does not allow an act.
func (a Alarm) refuse(act Act, now time.Time) error {
	if act.Version != 0 && act.Version != a.Version {
		return fault.Conflict("Cảnh báo đã thay đổi từ khi bạn xem; hãy xem lại rồi thao tác").Because("version")
	}
	if a.State == Closed && act.Name != DoComment {
		return fault.Conflict("Cảnh báo đã đóng").Because("closed")
	}
	switch act.Name {
	case DoAck:
		return a.refuseAck()
	case DoSilence:
		return a.refuseSilence()
	case DoUnsilence:
		return unless(a.SilencedUntil != nil, "not_silenced", "Cảnh báo không bị tắt tiếng")
	case DoShelve:
		return a.refuseAside(Shelved)
	case DoSuppress:
		if act.Until != nil && !act.Until.After(now) {
			return fault.Invalid("until", "Thời điểm kết thúc phải ở tương lai").Because("out_of_range")
		}
		return a.refuseAside(Suppressed)
	case DoOutOfService:
		return a.refuseAside(OutOfService)
	case DoUnshelve:
		return unless(a.Aside == Shelved, "not_shelved", "Cảnh báo không bị tạm hoãn")
	case DoUnsuppress:
		return unless(a.Aside == Suppressed, "not_suppressed", "Cảnh báo không bị tạm ẩn theo thiết kế")
	case DoInService:
		return unless(a.Aside == OutOfService, "not_out_of_service", "Cảnh báo vẫn đang được dùng")
	case DoCloseStale:
		return a.refuseClose(now)
	default:
		return nil
	}
}

func unless(allowed bool, reason, message string) error {
	if allowed {
		return nil
	}
	return fault.Conflict("%s", message).Because(reason)
}

func (a Alarm) refuseAck() error {
	switch {
	case a.Priority == Journal:
		return fault.Conflict("Mục nhật ký không cần xác nhận").Because("journal")
	case a.Aside != "":
		return fault.Conflict("Cảnh báo đang để riêng (%s): hãy đưa trở lại rồi mới xác nhận", a.Aside.Label()).Because("aside")
	}
	return unless(a.State != Acked, "acked", "Cảnh báo đã có người nhận")
}

func (a Alarm) refuseSilence() error {
	switch {
	case a.Priority == Journal || a.Aside != "":
		return fault.Conflict("Cảnh báo không phát tiếng").Because("no_sound")
	case a.State != Unacked:
		return fault.Conflict("Chỉ tắt tiếng cảnh báo đang diễn ra mà chưa ai nhận").Because("no_sound")
	}
	return unless(a.SilencedUntil == nil, "silenced", "Cảnh báo đang tắt tiếng")
}

// refuseAside says why an alarm may not be put aside so. Whoever stands above may take over: design takes a shelf's place, and
// being out of service that of both.
func (a Alarm) refuseAside(to Aside) error {
	switch {
	case a.Priority == Journal && to == Shelved:
		return fault.Conflict("Mục nhật ký không gọi ai nên không cần tạm hoãn").Because("journal")
	case a.Aside == to:
		return fault.Conflict("Cảnh báo đã ở trạng thái %s", strings.ToLower(to.Label())).Because("aside")
	}
	return unless(a.Aside.rank() < to.rank(), "aside", "Cảnh báo đang để riêng ("+a.Aside.Label()+"): hãy đưa trở lại trước")
}

func (a Aside) rank() int {
	switch a {
	case Shelved:
		return 1
	case Suppressed:
		return 2
	case OutOfService:
		return 3
	}
	return 0
}

// refuseClose: nothing active is closed but what somebody has taken and has been so for more than a day, by the lead of the
// shift. Its condition may be one that can never return, of a sensor that is gone.
func (a Alarm) refuseClose(now time.Time) error {
	switch {
	case !a.Stale(now):
		return fault.Conflict("Chỉ đóng được cảnh báo kéo dài trên 24 giờ").Because("not_stale")
	case a.Aside != "":
		return fault.Conflict("Cảnh báo đang để riêng (%s): hãy đưa trở lại trước", a.Aside.Label()).Because("aside")
	}
	return unless(a.State == Acked, "unacked", "Hãy xác nhận cảnh báo trước khi đóng")
}

// do does what was not refused, and returns until when it holds.
func (a *Alarm) do(act Act, now time.Time) *time.Time {
	switch act.Name {
	case DoAck:
		a.ack(act, now)
	case DoSilence:
		a.SilencedUntil = new(now.Add(a.Priority.horn()))
		return a.SilencedUntil
	case DoUnsilence:
		a.SilencedUntil = nil
	case DoShelve:
		return a.put(Shelved, act.Reason, new(now.Add(time.Duration(act.Minutes)*time.Minute)))
	case DoSuppress:
		return a.put(Suppressed, act.Reason, act.Until)
	case DoOutOfService:
		return a.put(OutOfService, act.Reason, nil)
	case DoUnshelve, DoUnsuppress, DoInService:
		a.back(now)
	case DoCloseStale:
		a.close(now)
	default: // a comment changes nothing but the timeline
	}
	return nil
}

// horn is how long its sound may be silenced.
func (p Priority) horn() time.Duration {
	if p == High {
		return hornHigh
	}
	return horn
}

func (a *Alarm) ack(act Act, now time.Time) {
	a.AckedAt, a.AckedBy, a.AckedAs, a.SilencedUntil = new(now), act.By, act.As, nil
	if a.State == Cleared {
		a.close(now)
		return
	}
	a.State = Acked
}

func (a *Alarm) put(aside Aside, reason string, until *time.Time) *time.Time {
	a.Aside, a.AsideReason, a.Until, a.SilencedUntil = aside, reason, until, nil
	return until
}
