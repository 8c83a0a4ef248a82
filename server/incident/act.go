package incident

import (
	"slices"
	"time"

	"toancanh/server/fault"
	"toancanh/server/report"
)

// ActName names what is done to an incident.
type ActName string

// The acts. Born is how each begins.
const (
	Born       ActName = "propose"
	Grow       ActName = "grow" // the rule adds to a proposal
	Accept     ActName = "accept"
	Dismiss    ActName = "dismiss"
	Rename     ActName = "rename"
	Join       ActName = "join"
	Leave      ActName = "leave"
	Command    ActName = "command" // name who commands
	Note       ActName = "note"
	GiveTask   ActName = "task"
	AckTask    ActName = "ack_task"
	FinishTask ActName = "finish_task"
	CancelTask ActName = "cancel_task"
	Attach     ActName = "attach"
	Update     ActName = "update" // tell its reporters
	Close      ActName = "close"
	Reopen     ActName = "reopen"
)

// Label is the act in Vietnamese, empty for an unknown one.
func (a ActName) Label() string {
	switch a {
	case Born:
		return "Đề xuất sự cố"
	case Grow:
		return "Thêm vào đề xuất"
	case Accept:
		return "Nhận là sự cố"
	case Dismiss:
		return "Bỏ qua đề xuất"
	case Rename:
		return "Đổi tên"
	case Join:
		return "Đưa vào sự cố"
	case Leave:
		return "Đưa ra khỏi sự cố"
	case Command:
		return "Cử người chỉ huy"
	case Note:
		return "Ghi diễn biến"
	case GiveTask:
		return "Giao nhiệm vụ"
	case AckTask:
		return "Đơn vị xác nhận nhiệm vụ"
	case FinishTask:
		return "Báo xong nhiệm vụ"
	case CancelTask:
		return "Thôi giao nhiệm vụ"
	case Attach:
		return "Thêm tệp đính kèm"
	case Update:
		return "Báo tin cho người phản ánh"
	case Close:
		return "Đóng sự cố"
	case Reopen:
		return "Mở lại sự cố"
	}
	return ""
}

// OfTask reports whether the act changes a task that was given.
func (a ActName) OfTask() bool { return a == AckTask || a == FinishTask || a == CancelTask }

// states are those in which an act is lawful.
func (a ActName) states() []State {
	switch a {
	case Grow, Accept, Dismiss:
		return []State{Proposed}
	case Rename, Join, Leave:
		return []State{Proposed, Open}
	case Command, Note, GiveTask, AckTask, FinishTask, CancelTask, Attach, Update, Close:
		return []State{Open}
	case Reopen:
		return []State{Closed}
	case Born:
	}
	return nil
}

// Act is one thing somebody does.
type Act struct {
	Name    ActName
	Version int64 // of the incident its actor saw; 0 skips the check
	By      Person
	Text    string  // note, finish_task, update, close; task: what is to be done
	Reason  string  // dismiss, leave, cancel_task, reopen
	Title   string  // rename; accept may name another
	Things  []Thing // grow, join, leave
	Person  Person  // command
	Unit    string  // task
	Due     *time.Time
	Task    Task // the one an act of a task is about, as it is; task: its ID is the new one's
	// TaskVersion is that of the task its actor saw; 0 skips the check.
	TaskVersion int64
	Attachment  Attachment
	Told        Told
}

// Attachment is a file kept with an incident.
type Attachment struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Type  string `json:"type"`
	Bytes int    `json:"bytes"`
	Hash  string `json:"sha256"`
}

// Told is how many heard an update.
type Told struct {
	Reports int `json:"reports"` // whose follow page shows it
	Mails   int `json:"mails"`   // that wait to be sent
	Left    int `json:"left"`    // withdrawn: nobody is told
}

// Entry is an act as it happened; the log of an incident is its entries, N from 1.
type Entry struct {
	N      int64
	At     time.Time
	Act    ActName
	By     Person
	Text   string
	Reason string
	Detail Detail
}

// Detail is what an entry names beside its words.
type Detail struct {
	Things     []Ref       `json:"things,omitempty"`
	Person     *Person     `json:"person,omitempty"`
	Task       string      `json:"task,omitempty"`
	Unit       string      `json:"unit,omitempty"`
	Due        *time.Time  `json:"due,omitempty"`
	Attachment *Attachment `json:"attachment,omitempty"`
	Told       *Told       `json:"told,omitempty"`
}

// Done is what an act makes.
type Done struct {
	Incident Incident
	Entry    Entry
	Task     Task // of an act that gives or changes one
}

//nolint:gochecknoglobals // an error value
var errChanged = fault.Conflict("Sự cố vừa được người khác cập nhật, hãy xem lại rồi thao tác").Because("version")

// Birth is what a new incident is made of.
type Birth struct {
	ID           string
	Year, Number int
	Family       Family
	Title        string
	Things       []Thing
	By           Person // the zero person: the rule
}

// New makes a proposal of things; the first says where it lies.
func New(b Birth, now time.Time) (Incident, Entry, error) {
	var wrong [3]error
	b.Title, wrong[0] = cleanTitle(b.Title)
	if b.Family.Label() == "" {
		wrong[1] = fault.Invalid("kind", "Không có loại sự cố này").Because("unknown")
	}
	if len(b.Things) == 0 {
		wrong[2] = fault.Invalid("things", "Chưa chọn cảnh báo hoặc phản ánh nào").Because("required")
	}
	if err := fault.Join(wrong[:]...); err != nil {
		return Incident{}, Entry{}, err
	}
	first := b.Things[0]
	at := now.UTC().Truncate(time.Microsecond)
	i := Incident{
		ID: b.ID, Year: b.Year, Number: b.Number, Version: 1, Origin: first.Origin, State: Proposed, Family: b.Family, Title: b.Title,
		Division: first.Division, Area: first.Area, Path: first.Path, Point: first.Point, ByRule: b.By.ID == "",
		FirstAt: first.At, LastAt: first.At, ProposedAt: at, ChangedAt: at,
	}
	if err := i.join(b.Things); err != nil {
		return Incident{}, Entry{}, err
	}
	return i, Entry{N: 1, At: at, Act: Born, By: b.By, Text: b.Title, Detail: Detail{Things: refs(b.Things)}}, nil
}

// Apply does an act and returns what became of the incident and the entry for its log; i is not changed. An act never goes back
// in time.
//
// The error is a conflict when the version is not the present one or the act is not lawful in the state, and invalid when
// something the act needs is missing.
func (i Incident) Apply(a Act, now time.Time) (Done, error) {
	switch {
	case a.Name.Label() == "" || a.Name == Born:
		return Done{}, fault.Invalid("act", "Không có thao tác này").Because("unknown")
	case a.Version != 0 && a.Version != i.Version:
		return Done{}, errChanged
	case !a.Name.Lawful(i.State):
		return Done{}, fault.Conflict("Sự cố đang ở trạng thái “%s” nên không thể “%s”", i.State.Label(), a.Name.Label()).Because("not_lawful")
	}
	at := later(i.ChangedAt, now.UTC().Truncate(time.Microsecond))
	a, err := a.clean()
	if err != nil {
		return Done{}, err
	}
	i.Alarms, i.Reports = slices.Clone(i.Alarms), slices.Clone(i.Reports)
	d := Done{Task: a.Task, Entry: Entry{At: at, Act: a.Name, By: a.By, Text: a.Text, Reason: a.Reason}}
	if err := d.do(&i, a, at); err != nil {
		return Done{}, err
	}
	i.Version++
	i.ChangedAt = at
	d.Incident, d.Entry.N = i, i.Version
	return d, nil
}

// do carries out an act that was found lawful and complete.
func (d *Done) do(i *Incident, a Act, at time.Time) error {
	switch a.Name {
	case Accept:
		i.State, i.OpenedAt, i.Commander = Open, &at, a.By
		if a.Title != "" {
			i.Title = a.Title
		}
		d.Entry.Text = i.Title
	case Dismiss:
		i.State, i.ClosedAt, i.Reason = Dismissed, &at, a.Reason
	case Rename:
		i.Title, d.Entry.Text = a.Title, a.Title
	case Grow, Join:
		d.Entry.Detail.Things = refs(a.Things)
		return i.join(a.Things)
	case Leave:
		d.Entry.Detail.Things = refs(a.Things)
		return i.leave(a.Things)
	case Command:
		if a.Person.ID == i.Commander.ID {
			return fault.Conflict("Người này đang chỉ huy sự cố.").Because("same")
		}
		i.Commander, d.Entry.Detail.Person = a.Person, &a.Person
	case GiveTask:
		d.Task = Task{
			ID: a.Task.ID, Incident: i.ID, N: a.Task.N, Version: 1, State: TaskGiven, Text: a.Text, Unit: a.Unit, Due: a.Due, GivenAt: at, GivenBy: a.By,
		}
		d.Entry.Detail = Detail{Task: a.Task.ID, Unit: a.Unit, Due: a.Due}
		i.TasksOpen++
		return checkDue(a.Due, at)
	case AckTask, FinishTask, CancelTask:
		return d.answer(i, a, at)
	case Attach:
		if i.Attachments >= MostAttachments {
			return fault.Conflict("Mỗi sự cố giữ tối đa %d tệp.", MostAttachments).Because("too_many")
		}
		i.Attachments++
		d.Entry.Detail.Attachment = &a.Attachment
	case Update:
		d.Entry.Detail.Told = &a.Told
	case Close:
		if i.TasksOpen > 0 {
			return fault.Conflict("Còn %d nhiệm vụ chưa xong: báo xong hoặc thôi giao trước khi đóng.", i.TasksOpen).Because("tasks")
		}
		i.State, i.ClosedAt, i.Closing = Closed, &at, a.Text
	case Reopen:
		i.State, i.ClosedAt, i.Reason = Open, nil, a.Reason
		i.Closing = "" // the log keeps it
	case Note, Born: // the log alone
	}
	return nil
}

// MostAttachments bounds the files of one incident, and MostTasks its tasks.
const (
	MostAttachments = 30
	MostTasks       = 200
)

func (d *Done) answer(i *Incident, a Act, at time.Time) (err error) {
	if d.Task, err = a.Task.answer(a, at); err != nil {
		return err
	}
	d.Entry.Detail = Detail{Task: d.Task.ID, Unit: d.Task.Unit}
	if !d.Task.State.Running() {
		i.TasksOpen--
		if d.Task.State == TaskDone {
			i.TasksDone++
		}
	}
	return nil
}

// join adds things that are not there yet.
func (i *Incident) join(things []Thing) error {
	for _, t := range things {
		list := &i.Reports
		if t.Kind == AnAlarm {
			list = &i.Alarms
		}
		switch {
		case i.Holds(t.Ref):
			return fault.Conflict("Mục này đã thuộc sự cố.").Because("joined")
		case len(*list) >= MostEach:
			return fault.Conflict("Một sự cố giữ tối đa %d cảnh báo và %[1]d phản ánh.", MostEach).Because("too_many")
		case t.Division != i.Division:
			return fault.Invalid("things", "Mọi mục của một sự cố phải thuộc cùng một bộ địa giới").Because("division")
		case world(t.Origin) != world(i.Origin):
			return fault.Invalid("things", "Không gộp dữ liệu thật với dữ liệu không thật hoặc diễn tập").Because("origin")
		}
		*list = append(*list, t.ID)
		i.FirstAt, i.LastAt = earlier(i.FirstAt, t.At), later(i.LastAt, t.At)
	}
	return nil
}

// leave takes things out. The last one stays: an incident of nothing is none.
func (i *Incident) leave(things []Thing) error {
	for _, t := range things {
		if !i.Holds(t.Ref) {
			return fault.Conflict("Mục này không thuộc sự cố.").Because("not_joined")
		}
		gone := func(id string) bool { return id == t.ID }
		if t.Kind == AnAlarm {
			i.Alarms = slices.DeleteFunc(i.Alarms, gone)
		} else {
			i.Reports = slices.DeleteFunc(i.Reports, gone)
		}
	}
	if len(i.Alarms)+len(i.Reports) == 0 {
		return fault.Conflict("Sự cố phải còn ít nhất một cảnh báo hoặc phản ánh; nếu không phải sự cố hãy bỏ qua hoặc đóng.").Because("empty")
	}
	return nil
}

func refs(things []Thing) []Ref {
	list := make([]Ref, len(things))
	for i, t := range things {
		list[i] = t.Ref
	}
	return list
}

func checkDue(due *time.Time, at time.Time) error {
	switch {
	case due == nil:
		return nil
	case !due.After(at):
		return fault.Invalid("due", "Hạn phải sau thời điểm này").Because("too_early")
	case due.After(at.AddDate(1, 0, 0)):
		return fault.Invalid("due", "Hạn không được quá một năm").Because("too_late")
	}
	return nil
}

// clean makes what an act carries fit to keep, drops what it has no use for and says all that is missing.
func (a Act) clean() (Act, error) {
	c := Act{
		Name: a.Name, By: a.By, Task: a.Task, TaskVersion: a.TaskVersion, Things: a.Things, Person: a.Person, Attachment: a.Attachment, Told: a.Told,
	}
	var wrong [4]error
	switch a.Name {
	case Close:
		c.Text, wrong[0] = report.CleanAccount("text", a.Text)
	case Note, GiveTask, FinishTask, Update:
		c.Text, wrong[0] = report.CleanNote("text", a.Text)
	case Dismiss, Leave, CancelTask, Reopen:
		c.Reason, wrong[0] = report.CleanNote("reason", a.Reason)
	case Rename:
		c.Title, wrong[0] = cleanTitle(a.Title)
	case Accept:
		if a.Title != "" {
			c.Title, wrong[0] = cleanTitle(a.Title)
		}
	default: // words are no part of the others
	}
	if a.Name == GiveTask {
		c.Due = a.Due
		if c.Unit = a.Unit; a.Unit == "" {
			wrong[1] = fault.Invalid("unit", "Chưa chọn đơn vị nhận nhiệm vụ").Because("required")
		}
	}
	if (a.Name == Grow || a.Name == Join || a.Name == Leave) && len(a.Things) == 0 {
		wrong[2] = fault.Invalid("things", "Chưa chọn cảnh báo hoặc phản ánh nào").Because("required")
	}
	if a.Name == Command && a.Person.ID == "" {
		wrong[3] = fault.Invalid("person", "Chưa chọn người chỉ huy").Because("required")
	}
	return c, fault.Join(wrong[:]...)
}

// cleanTitle makes a title fit to keep.
func cleanTitle(text string) (string, error) { return report.CleanTitle("title", text) }

// Lawful reports whether the act can be done in a state.
func (a ActName) Lawful(s State) bool { return slices.Contains(a.states(), s) }
