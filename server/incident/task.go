package incident

import (
	"time"

	"toancanh/server/fault"
)

// TaskState is where a task stands.
type TaskState string

// The states of a task.
const (
	TaskGiven     TaskState = "given" // its unit has not said that it has seen it
	TaskAcked     TaskState = "acked"
	TaskDone      TaskState = "done"
	TaskCancelled TaskState = "cancelled"
)

// Running reports whether somebody still has to do it.
func (s TaskState) Running() bool { return s == TaskGiven || s == TaskAcked }

// Task is what a unit is asked to do for an incident. It holds nothing of a resident.
type Task struct {
	ID       string
	Incident string
	N        int // 1 is the first of its incident
	Version  int64
	State    TaskState
	Text     string
	Unit     string
	Due      *time.Time
	GivenAt  time.Time
	GivenBy  Person
	AckedAt  *time.Time
	AckedBy  Person
	EndedAt  *time.Time
	EndedBy  Person
	Result   string // of what was done, or why it is not wanted any more
}

// Overdue reports whether it should have been done by now.
func (t Task) Overdue(now time.Time) bool {
	return t.State.Running() && t.Due != nil && t.Due.Before(now)
}

// answer is the task after an act on it, with the words the act carries.
func (t Task) answer(a Act, at time.Time) (Task, error) {
	if a.TaskVersion != 0 && a.TaskVersion != t.Version {
		return t, errChanged
	}
	switch {
	case !t.State.Running():
		return t, fault.Conflict("Nhiệm vụ này đã kết thúc.").Because("ended")
	case a.Name == AckTask && t.State == TaskAcked:
		return t, fault.Conflict("Đơn vị đã xác nhận nhiệm vụ này.").Because("acked")
	}
	t.Version++
	switch a.Name {
	case AckTask:
		t.State, t.AckedAt, t.AckedBy = TaskAcked, &at, a.By
	case FinishTask:
		if t.AckedAt == nil { // who has done it has seen it
			t.AckedAt, t.AckedBy = &at, a.By
		}
		t.State, t.EndedAt, t.EndedBy, t.Result = TaskDone, &at, a.By, a.Text
	case CancelTask:
		t.State, t.EndedAt, t.EndedBy, t.Result = TaskCancelled, &at, a.By, a.Reason
	default:
		return t, fault.Invalid("act", "Không có thao tác này").Because("unknown")
	}
	return t, nil
}
