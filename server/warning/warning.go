package warning

import (
	"slices"
	"strings"
	"time"

	"toancanh/server/fault"
)

// Stage is where a warning of ours stands.
type Stage string

// The stages. A published one never changes again: what comes after it is a message of its own.
const (
	Drafted   Stage = "draft"
	Waiting   Stage = "waiting" // for a second person
	Approved  Stage = "approved"
	Published Stage = "published"
	Dropped   Stage = "dropped"
)

// Warning is a warning of ours. All times are UTC.
type Warning struct {
	ID      string
	Version int64
	Stage   Stage
	MsgType MsgType
	Origin  string // of the dataset it was written in
	Draft   Draft
	// Division and Path say where it holds: the innermost area that all of its areas lie in.
	Division string
	Path     []string
	// Chain are the messages it follows on, the oldest first; the last is the one it takes the place of.
	Chain []Reference
	// Follows is the warning of ours that it takes the place of; empty for a first message.
	Follows string

	Writers   []string // who wrote of it, the author first; none of them may approve it
	Approver  string
	Publisher string
	Reason    string // why it was sent back last

	CreatedAt   time.Time
	ChangedAt   time.Time
	ApprovedAt  *time.Time
	PublishedAt *time.Time // when it was sent
	EndedAt     *time.Time // when a later message took its place
	EndedBy     string     // that message
}

// Author is who began it.
func (w Warning) Author() string {
	if len(w.Writers) == 0 {
		return ""
	}
	return w.Writers[0]
}

// ActName names what somebody does with a warning.
type ActName string

// The acts.
const (
	Edit    ActName = "edit"
	Send    ActName = "send"   // for approval
	Recall  ActName = "recall" // to be written on
	Approve ActName = "approve"
	Reject  ActName = "reject"
	Publish ActName = "publish"
	Drop    ActName = "drop"
)

// Act is what somebody does with a warning as they saw it.
type Act struct {
	Name    ActName
	Actor   string // a principal's id
	Version int64  // that was seen; 0: whichever it is
	Reason  string
	Draft   Draft // of Edit
}

// acts says in which stage an act is done and which follows.
func acts() map[ActName]struct {
	from []Stage
	to   Stage
} {
	type step = struct {
		from []Stage
		to   Stage
	}
	return map[ActName]step{
		Edit:    {[]Stage{Drafted}, Drafted},
		Send:    {[]Stage{Drafted}, Waiting},
		Recall:  {[]Stage{Waiting, Approved}, Drafted},
		Approve: {[]Stage{Waiting}, Approved},
		Reject:  {[]Stage{Waiting, Approved}, Drafted},
		Publish: {[]Stage{Approved}, Published},
		Drop:    {[]Stage{Drafted, Waiting, Approved}, Dropped},
	}
}

// ActNames are the acts that are asked for by name.
func ActNames() []ActName { return []ActName{Send, Recall, Approve, Reject, Publish, Drop} }

// person is what the ids of people begin with: nobody else writes, approves or publishes.
const person = "person:"

// Apply does an act at an instant and returns the warning after it. What it does not allow is a conflict.
func (w Warning) Apply(a Act, now time.Time) (Warning, error) {
	now = now.UTC().Truncate(time.Second)
	step, known := acts()[a.Name]
	switch {
	case !known:
		return w, fault.Invalid("act", "Không có thao tác này.").Because("unknown")
	case !Named(a.Actor):
		return w, ErrNameless
	case a.Version != 0 && a.Version != w.Version:
		return w, fault.Conflict("Người khác vừa sửa cảnh báo này, xin xem lại rồi làm.").Because("version")
	case w.Stage == Published:
		return w, fault.Conflict("Cảnh báo đã phát không sửa được; xin ra bản cập nhật hoặc thu hồi.").Because("published")
	case !slices.Contains(step.from, w.Stage):
		return w, fault.Conflict("Không làm được việc này khi cảnh báo đang ở bước %q.", w.Stage.Label()).Because("stage")
	}
	if err := w.allow(a, now); err != nil {
		return w, err
	}
	w.Stage, w.ChangedAt = step.to, now
	w.Version++
	switch a.Name {
	case Edit:
		if w.MsgType == Cancel { // it ends what was said, and says nothing else anew
			note := a.Draft.Note
			a.Draft = w.Draft
			a.Draft.Note = note
		}
		w.Draft = a.Draft
		w.write(a.Actor)
	case Send:
		w.write(a.Actor)
		w.Reason = ""
	case Approve:
		w.Approver, w.ApprovedAt, w.Reason = a.Actor, &now, ""
	case Reject:
		w.Approver, w.ApprovedAt, w.Reason = "", nil, a.Reason
	case Recall:
		w.Approver, w.ApprovedAt = "", nil
	case Publish:
		w.Publisher, w.PublishedAt = a.Actor, &now
	case Drop:
	}
	return w, nil
}

// ErrNameless says that warnings are the deeds of people.
//
//nolint:gochecknoglobals // an error value
var ErrNameless = fault.Forbidden("Soạn, duyệt và phát cảnh báo phải dưới tên một người đã đăng nhập.").Because("nameless")

// allow says why an act may not be done although the stage would let it.
func (w Warning) allow(a Act, now time.Time) error {
	switch a.Name {
	case Send, Publish:
		return w.Complete(now)
	case Approve:
		if slices.Contains(w.Writers, a.Actor) {
			return fault.Forbidden("Người soạn không tự duyệt được; cần người thứ hai duyệt.").Because("own_words")
		}
		return w.Complete(now)
	case Reject:
		if a.Reason == "" {
			return fault.Invalid("reason", "Trả lại phải nêu lý do.").Because("required")
		}
	case Edit:
		if len(w.Chain) > 0 && a.Draft.Status != w.Draft.Status {
			return fault.Invalid("status", "Bản sau phải cùng loại với bản trước: thật, diễn tập hay thử nghiệm.").Because("fixed")
		}
		if w.MsgType == Cancel && a.Draft.Note == "" {
			return fault.Invalid("note", "Thu hồi phải nêu lý do để người dân biết.").Because("required")
		}
	case Recall, Drop:
	}
	return nil
}

func (w *Warning) write(actor string) {
	if !slices.Contains(w.Writers, actor) {
		w.Writers = append(slices.Clone(w.Writers), actor)
	}
}

// Complete says everything that is still missing before the warning could go out at an instant.
func (w Warning) Complete(now time.Time) error {
	return fault.Join(w.Draft.complete(now), originFault(w.Draft.Status, w.Origin))
}

// originFault keeps what is not real from going out as if it were: programs that read the feed look at the status alone.
func originFault(s Status, origin string) error {
	if s == Actual && origin != "real" {
		return fault.Invalid("status", "Dữ liệu ở đây không phải thật: chỉ phát được diễn tập (Exercise) hoặc thử nghiệm (Test).").Because("origin")
	}
	return nil
}

// Label is the stage in Vietnamese.
func (s Stage) Label() string {
	return map[Stage]string{
		Drafted: "bản thảo", Waiting: "chờ duyệt", Approved: "đã duyệt, chờ phát", Published: "đã phát", Dropped: "đã bỏ",
	}[s]
}

// InForce reports whether the public has to heed the warning at an instant.
func (w Warning) InForce(now time.Time) bool {
	return w.Stage == Published && w.MsgType != Cancel && w.EndedAt == nil && now.Before(w.Draft.Expires)
}

// Reference is how later messages name a published warning.
func (w Warning) Reference(sender string) Reference {
	r := Reference{Sender: sender, Identifier: w.ID}
	if w.PublishedAt != nil {
		r.Sent = *w.PublishedAt
	}
	return r
}

// mostChain bounds the messages of one chain.
const mostChain = 100

// Next begins the message that takes the place of a published one: the same words to be changed, or its end with a reason.
// The new warning has no id yet.
func (w Warning) Next(kind MsgType, a Act, sender string, now time.Time) (Warning, error) {
	now = now.UTC().Truncate(time.Second)
	switch {
	case !Named(a.Actor):
		return Warning{}, ErrNameless
	case w.Stage != Published || w.MsgType == Cancel:
		return Warning{}, fault.Conflict("Chỉ cập nhật hoặc thu hồi được cảnh báo đã phát.").Because("stage")
	case w.EndedAt != nil:
		return Warning{}, fault.Conflict("Cảnh báo này đã có bản mới thay hoặc đã thu hồi; xin làm từ bản mới nhất.").Because("superseded")
	case !w.InForce(now):
		return Warning{}, fault.Conflict("Cảnh báo này đã hết hiệu lực; xin soạn cảnh báo mới.").Because("expired")
	case kind == Cancel && a.Reason == "":
		return Warning{}, fault.Invalid("reason", "Thu hồi phải nêu lý do để người dân biết.").Because("required")
	case len(w.Chain)+1 > mostChain:
		return Warning{}, fault.Conflict("Chuỗi cảnh báo đã có %d bản; xin soạn cảnh báo mới.", mostChain).Because("full")
	}
	next := Warning{
		Version: 1, Stage: Drafted, MsgType: kind, Origin: w.Origin, Draft: w.Draft, Division: w.Division, Path: w.Path,
		Chain: append(slices.Clone(w.Chain), w.Reference(sender)), Follows: w.ID, Writers: []string{a.Actor}, CreatedAt: now, ChangedAt: now,
	}
	next.Draft.Note = a.Reason
	return next, nil
}

// End is the warning after a later message took its place.
func (w Warning) End(by Warning) (Warning, error) {
	if w.EndedAt != nil {
		return w, fault.Conflict("Cảnh báo trước đã có bản khác thay; xin bỏ bản này và làm từ bản mới nhất.").Because("superseded")
	}
	w.EndedAt, w.EndedBy = by.PublishedAt, by.ID
	w.Version++
	return w, nil
}

// Named reports whether a principal is a person who signed in under a name.
func Named(principal string) bool { return strings.HasPrefix(principal, person) }
