package incident_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"toancanh/server/fault"
	"toancanh/server/incident"
)

var (
	lead = incident.Person{ID: "person:1", Name: "Nguyễn Thị Lan", As: "Trưởng ca"}
	unit = incident.Person{ID: "person:2", Name: "Trần Văn Sơn", As: "Cán bộ đơn vị"}
)

func proposed(t *testing.T) incident.Incident {
	t.Helper()
	i, e, err := incident.New(incident.Birth{
		ID: "I", Year: 2026, Number: 7, Family: incident.Flood, Title: "Ngập tại Quảng Sơn",
		Things: []incident.Thing{thing("a!", incident.Flood, 0, 0), anAlarm(thing("b", incident.Flood, 30, 1))},
	}, start.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if i.Code() != "SC-2026-0007" || i.Version != 1 || e.N != 1 || !i.ByRule || !i.LastAt.Equal(start.Add(30*time.Minute)) {
		t.Fatalf("born as %+v with %+v", i, e)
	}
	return i
}

func does(t *testing.T, i incident.Incident, acts ...incident.Act) incident.Done {
	t.Helper()
	var d incident.Done
	for n, a := range acts {
		var err error
		if d, err = i.Apply(a, i.ChangedAt.Add(time.Minute)); err != nil {
			t.Fatalf("act %d, %s: %v", n, a.Name, err)
		}
		if d.Incident.Version != i.Version+1 || d.Entry.N != d.Incident.Version {
			t.Fatalf("%s makes version %d with entry %d of version %d", a.Name, d.Incident.Version, d.Entry.N, i.Version)
		}
		i = d.Incident
	}
	return d
}

func accept() incident.Act { return incident.Act{Name: incident.Accept, By: lead} }

func TestTheLifeOfAnIncident(t *testing.T) {
	t.Parallel()
	i := does(t, proposed(t), accept()).Incident
	if i.State != incident.Open || i.Commander != lead || i.OpenedAt == nil {
		t.Fatalf("accepted: %+v", i)
	}
	given := does(t, i, incident.Act{Name: incident.GiveTask, By: lead, Task: incident.Task{ID: "T", N: 1}, Text: " Đưa dân lên cao ", Unit: "pctt"})
	if given.Task.Text != "Đưa dân lên cao" || given.Task.State != incident.TaskGiven || given.Incident.TasksOpen != 1 {
		t.Fatalf("given: %+v of %+v", given.Task, given.Incident)
	}
	closing := incident.Act{Name: incident.Close, By: lead, Text: "Nước đã rút"}
	if _, err := given.Incident.Apply(closing, start); !fault.Is(err, fault.KindConflict) {
		t.Errorf("closed with a task open: %v", err)
	}
	acked := does(t, given.Incident, incident.Act{Name: incident.AckTask, By: unit, Task: given.Task})
	done := does(t, acked.Incident, incident.Act{Name: incident.FinishTask, By: unit, Task: acked.Task, Text: "Đã đưa 12 hộ"})
	if done.Task.State != incident.TaskDone || done.Task.AckedBy != unit || done.Incident.TasksOpen != 0 || done.Incident.TasksDone != 1 {
		t.Fatalf("done: %+v of %+v", done.Task, done.Incident)
	}
	if _, err := done.Incident.Apply(incident.Act{Name: incident.AckTask, By: unit, Task: done.Task}, start); !fault.Is(err, fault.KindConflict) {
		t.Errorf("a finished task was acknowledged: %v", err)
	}
	if _, err := done.Incident.Apply(incident.Act{Name: incident.Close, By: lead, Text: "  "}, start); !fault.Is(err, fault.KindInvalid) {
		t.Errorf("closed without a report: %v", err)
	}
	closed := does(t, done.Incident, closing).Incident
	if closed.State != incident.Closed || closed.Closing != "Nước đã rút" || closed.ClosedAt == nil {
		t.Fatalf("closed: %+v", closed)
	}
	again := does(t, closed, incident.Act{Name: incident.Reopen, By: lead, Reason: "Nước lên lại"}).Incident
	if again.State != incident.Open || again.Closing != "" || again.ClosedAt != nil || again.Reason != "Nước lên lại" || again.Commander != lead {
		t.Errorf("opened again: %+v", again)
	}
}

// Every act in every state: lawful only where its table says so, and it never changes what it was given.
func TestWhatIsLawfulWhere(t *testing.T) {
	t.Parallel()
	open := does(t, proposed(t), accept()).Incident
	states := map[incident.State]incident.Incident{
		incident.Proposed:  proposed(t),
		incident.Open:      open,
		incident.Closed:    does(t, open, incident.Act{Name: incident.Close, Text: "x", By: lead}).Incident,
		incident.Dismissed: does(t, proposed(t), incident.Act{Name: incident.Dismiss, Reason: "x", By: lead}).Incident,
	}
	both, opened, onlyProposed := []incident.State{incident.Proposed, incident.Open}, []incident.State{incident.Open}, []incident.State{incident.Proposed}
	lawful := map[incident.ActName][]incident.State{
		incident.Grow: onlyProposed, incident.Accept: onlyProposed, incident.Dismiss: onlyProposed, incident.Rename: both, incident.Join: both, incident.Leave: both,
		incident.Command: opened, incident.Note: opened, incident.GiveTask: opened, incident.AckTask: opened, incident.FinishTask: opened,
		incident.CancelTask: opened, incident.Attach: opened, incident.Update: opened, incident.Close: opened, incident.Reopen: {incident.Closed},
	}
	for name, where := range lawful {
		for state, i := range states {
			before := i
			act := incident.Act{
				Name: name, By: unit, Text: "x", Reason: "x", Title: "x", Person: unit, Unit: "pctt",
				Things: []incident.Thing{thing("c", incident.Flood, 5, 0)}, Task: incident.Task{ID: "T", Version: 1, State: incident.TaskGiven},
			}
			if name == incident.Leave {
				act.Things = []incident.Thing{thing("a!", incident.Flood, 0, 0)}
			}
			_, err := i.Apply(act, start)
			want := false
			for _, s := range where {
				want = want || s == state
			}
			if want != (err == nil) || err != nil && !fault.Is(err, fault.KindConflict) {
				t.Errorf("%s when %s: %v, want lawful %t", name, state, err, want)
			}
			if diff := cmp.Diff(before, i); diff != "" {
				t.Errorf("%s changed what it was given: %s", name, diff)
			}
		}
	}
	if _, err := open.Apply(incident.Act{Name: "burn"}, start); !fault.Is(err, fault.KindInvalid) {
		t.Errorf("an unknown act: %v", err)
	}
}

func TestWhatActsNeed(t *testing.T) {
	t.Parallel()
	open := does(t, proposed(t), accept()).Incident
	late := start.Add(-time.Hour)
	c := thing("c", incident.Flood, 0, 0)
	cases := []struct {
		name, field, reason string
		act                 incident.Act
	}{
		{"a note without words", "text", "required", incident.Act{Name: incident.Note}},
		{"a task for nobody", "unit", "required", incident.Act{Name: incident.GiveTask, Text: "x"}},
		{"a task that is late already", "due", "too_early", incident.Act{Name: incident.GiveTask, Text: "x", Unit: "pctt", Due: &late}},
		{"nothing to join", "things", "required", incident.Act{Name: incident.Join}},
		{"a thing twice", "", "joined", incident.Act{Name: incident.Join, Things: []incident.Thing{c, c}}},
		{"a stranger's thing out", "", "not_joined", incident.Act{Name: incident.Leave, Reason: "x", Things: []incident.Thing{c}}},
		{"everything out", "", "empty", incident.Act{Name: incident.Leave, Reason: "x", Things: []incident.Thing{thing("a!", incident.Flood, 0, 0), anAlarm(thing("b", incident.Flood, 0, 0))}}},
		{"out without why", "reason", "required", incident.Act{Name: incident.Leave, Things: []incident.Thing{thing("a!", incident.Flood, 0, 0)}}},
		{"the same commander", "", "same", incident.Act{Name: incident.Command, Person: lead}},
		{"an old version", "", "version", incident.Act{Name: incident.Note, Text: "x", Version: 1}},
	}
	for _, k := range cases {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			_, err := open.Apply(k.act, start)
			if err == nil {
				t.Fatal("done")
			}
			if first := fault.Items(err)[0]; first.Field != k.field || first.Reason != k.reason {
				t.Errorf("refused for %q %q: %v", first.Field, first.Reason, err)
			}
		})
	}
}
