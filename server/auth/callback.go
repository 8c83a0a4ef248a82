package auth

import (
	"time"

	"toancanh/server/fault"
)

// Callback is an emergency call-back, opened with two keys: one person asks with a preset reason, another confirms, and
// then the first sees the number, once. Times are nil for what has not happened.
type Callback struct {
	ID          string
	ReportID    string
	Requester   string // a person's id
	Reason      string // code of a CallbackReason
	RequestedAt time.Time
	Confirmer   string
	ConfirmedAt *time.Time
	RefusedBy   string
	RefusedAt   *time.Time
	ShownAt     *time.Time
}

// How long the steps of a call-back may take.
const (
	ConfirmWithin = 10 * time.Minute // after it was asked for
	ShowWithin    = 5 * time.Minute  // after it was confirmed
	NumberStays   = time.Minute      // on the screen
)

// How often one person may open contacts within an hour.
const (
	RevealsAnHour   = 10
	CallbacksAnHour = 20
)

// CallbackState is where a call-back stands.
type CallbackState string

// The states. Only the first two can still move.
const (
	CallbackWaiting   CallbackState = "waiting"   // for the second key
	CallbackConfirmed CallbackState = "confirmed" // the number may be seen
	CallbackShown     CallbackState = "shown"
	CallbackRefused   CallbackState = "refused"
	CallbackExpired   CallbackState = "expired"
)

// CallbackReason is one of the reasons there are.
type CallbackReason struct {
	Code  string `json:"code"`
	Label string `json:"label"` // Vietnamese
}

// CallbackReasons lists them in the order people choose from.
func CallbackReasons() []CallbackReason {
	return []CallbackReason{
		{"nguy_hiem_tinh_mang", "Có người đang nguy hiểm đến tính mạng"},
		{"xac_minh_vi_tri", "Xác minh vị trí để lực lượng đến đúng nơi"},
		{"huong_dan_so_cuu", "Hướng dẫn sơ cứu trong lúc chờ cấp cứu"},
		{"huong_dan_so_tan", "Hướng dẫn sơ tán, tránh nguy hiểm"},
		{"mat_lien_lac", "Thông tin báo bị đứt quãng, thiếu để cử lực lượng"},
	}
}

// KnownCallbackReason reports whether a code is one of the reasons.
func KnownCallbackReason(code string) bool {
	for _, r := range CallbackReasons() {
		if r.Code == code {
			return true
		}
	}
	return false
}

// State is where the call-back stands at an instant.
func (c Callback) State(now time.Time) CallbackState {
	switch {
	case c.ShownAt != nil:
		return CallbackShown
	case c.RefusedAt != nil:
		return CallbackRefused
	case c.ConfirmedAt != nil && now.Before(c.ConfirmedAt.Add(ShowWithin)):
		return CallbackConfirmed
	case c.ConfirmedAt == nil && now.Before(c.RequestedAt.Add(ConfirmWithin)):
		return CallbackWaiting
	}
	return CallbackExpired
}

// EndsAt is when the call-back expires if nothing is done.
func (c Callback) EndsAt() time.Time {
	if c.ConfirmedAt != nil {
		return c.ConfirmedAt.Add(ShowWithin)
	}
	return c.RequestedAt.Add(ConfirmWithin)
}

// Confirm turns the second key. It is never the hand that turned the first.
func (c Callback) Confirm(who string, now time.Time) (Callback, error) {
	switch {
	case who == c.Requester:
		return c, fault.Forbidden("Người yêu cầu không tự xác nhận được; cần một người khác.").Because("same_person")
	case c.State(now) != CallbackWaiting:
		return c, c.over(now)
	}
	c.Confirmer, c.ConfirmedAt = who, &now
	return c, nil
}

// Refuse ends the call-back, also by who asked for it, until the number was seen.
func (c Callback) Refuse(who string, now time.Time) (Callback, error) {
	if s := c.State(now); s != CallbackWaiting && s != CallbackConfirmed {
		return c, c.over(now)
	}
	c.RefusedBy, c.RefusedAt = who, &now
	return c, nil
}

// Show lets the one who asked see the number, once.
func (c Callback) Show(who string, now time.Time) (Callback, error) {
	switch {
	case who != c.Requester:
		return c, fault.Forbidden("Chỉ người yêu cầu xem được số gọi lại.").Because("not_requester")
	case c.State(now) != CallbackConfirmed:
		return c, c.over(now)
	}
	c.ShownAt = &now
	return c, nil
}

// over says why the call-back does not move that way.
func (c Callback) over(now time.Time) error {
	switch s := c.State(now); s {
	case CallbackWaiting:
		return fault.Conflict("Yêu cầu gọi lại chưa có người thứ hai xác nhận.").Because(string(s))
	case CallbackConfirmed:
		return fault.Conflict("Yêu cầu gọi lại đã được xác nhận.").Because(string(s))
	case CallbackShown:
		return fault.Conflict("Số gọi lại đã hiện một lần; cần yêu cầu mới.").Because(string(s))
	case CallbackRefused:
		return fault.Conflict("Yêu cầu gọi lại đã bị từ chối hoặc rút lại.").Because(string(s))
	case CallbackExpired:
	}
	return fault.Conflict("Yêu cầu gọi lại đã quá hạn; cần yêu cầu mới.").Because(string(CallbackExpired))
}
