package report

import (
	"slices"
	"strings"
	"time"

	"toancanh/server/fault"
)

// Citizen is the actor of what a sender does with the secret of their receipt.
const Citizen = "citizen"

// senderLimit is how long after its publication a result may be rated and asked for again, in clock time.
const senderLimit = 15 * 24 * time.Hour

// Solved is what a sender says of a published result: whether it solved what they told us.
type Solved string

// The answers to "solved?".
const (
	SolvedYes    Solved = "yes"
	SolvedPartly Solved = "partly"
	SolvedNo     Solved = "no"
)

// Manner is how content a sender is with the way they were treated, apart from whether it was solved.
type Manner string

// The answers to "how?".
const (
	HaiLong      Manner = "hai_long"
	ChapNhan     Manner = "chap_nhan"
	KhongHaiLong Manner = "khong_hai_long"
)

// Rating is what a sender says of one publication; the last one within the limit counts.
type Rating struct {
	Solved Solved
	Manner Manner
}

// check says what of a rating is missing or unknown.
func (g Rating) check() error {
	return fault.Join(
		oneOf("solved", string(g.Solved), "đã được giải quyết hay chưa", string(SolvedYes), string(SolvedPartly), string(SolvedNo)),
		oneOf("manner", string(g.Manner), "mức độ hài lòng", string(HaiLong), string(ChapNhan), string(KhongHaiLong)),
	)
}

func oneOf(field, given, what string, known ...string) error {
	switch {
	case given == "":
		return fault.Invalid(field, "Chưa chọn %s", what).Because("required")
	case !slices.Contains(known, given):
		return fault.Invalid(field, "Không có lựa chọn này; hãy chọn một trong: %s", strings.Join(known, ", ")).Because("unknown")
	}
	return nil
}

// SenderUntil is until when a published result may be rated and asked for again; nil while there is none.
func (r Report) SenderUntil() *time.Time {
	if r.PublishedAt == nil || r.WithdrawnAt != nil {
		return nil
	}
	until := r.PublishedAt.Add(senderLimit)
	return &until
}

// SenderMay lists what the sender may do now with the secret of their receipt.
func SenderMay(r Report, now time.Time) []ActName {
	var can []ActName
	for _, a := range []ActName{Supplement, Rate, Reopen} {
		if senderRefused(r, a, now) == nil {
			can = append(can, a)
		}
	}
	return can
}

// senderRefused says why the sender cannot do an act now; nil when they can. A result nobody has approved yet is not theirs
// to judge.
func senderRefused(r Report, a ActName, now time.Time) error {
	until := r.SenderUntil()
	switch {
	case r.WithdrawnAt != nil:
		return unlawful(r, a)
	case a == Supplement && r.Status == CanBoSung, a == AddPhoto && lawful(r, AddPhoto):
		return nil
	case a == Supplement:
		return fault.Conflict("Phản ánh không chờ bổ sung thông tin").Because("not_lawful")
	case a != Rate && a != Reopen:
		return fault.Conflict("Người gửi không thể “%s”", a.Label()).Because("not_lawful")
	case until == nil || !slices.Contains(transitionOf(a).from, r.Status):
		return fault.Conflict("Kết quả chưa được công khai nên chưa thể “%s”", a.Label()).Because("not_lawful")
	case now.After(*until):
		return fault.Conflict("Đã quá 15 ngày kể từ khi công khai kết quả nên không thể “%s”; xin gửi phản ánh mới", a.Label()).Because("too_late")
	}
	return nil
}
