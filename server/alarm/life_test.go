package alarm_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"toancanh/server/alarm"
	"toancanh/server/fault"
)

func change(kind alarm.ChangeKind, at time.Time) alarm.Change {
	return alarm.Change{Type: "t", Source: alarm.FromSensor, Target: "nuoc", Kind: kind, At: at, Value: new(589.6), Limit: "BĐ2 589,50 m"}
}

func raise(p alarm.Priority, at time.Time) alarm.Alarm {
	t := alarm.Type{Code: "t", Priority: p}
	a, _ := alarm.Raise(t, alarm.Target{Source: alarm.FromSensor, Code: "nuoc", Unit: "m"}, change(alarm.Raised, at), "id", at)
	return a
}

// must does an act that is not refused.
func must(tb testing.TB, a alarm.Alarm, act alarm.Act, now time.Time) alarm.Alarm {
	tb.Helper()
	b, _, err := a.Act(act, now)
	if err != nil {
		tb.Fatalf("%s: %v", act.Name, err)
	}
	return b
}

// acts are all that people do, each complete.
func acts() []alarm.Act {
	list := []alarm.Act{}
	for _, name := range []alarm.ActName{
		alarm.DoAck, alarm.DoSilence, alarm.DoUnsilence, alarm.DoShelve, alarm.DoUnshelve, alarm.DoSuppress, alarm.DoUnsuppress,
		alarm.DoOutOfService, alarm.DoInService, alarm.DoComment, alarm.DoCloseStale,
	} {
		list = append(list, actOf(name))
	}
	return list
}

func actOf(name alarm.ActName) alarm.Act {
	return alarm.Act{Name: name, Minutes: 60, Reason: "bảo trì", Text: "đã gọi trạm", By: "Trần Thị B", As: "truong_ca", Lead: true}
}

// TestEveryStateAndAct is the whole table: what each act makes of each state and way to be aside, or why it is refused.
func TestEveryStateAndAct(t *testing.T) {
	t.Parallel()
	columns := []string{"unacked", "unacked+silenced", "acked", "cleared", "closed"}
	for _, aside := range []string{"shelved", "suppressed", "out_of_service"} {
		for _, state := range []string{"unacked", "acked", "cleared"} {
			columns = append(columns, state+"/"+aside)
		}
	}
	same := func(words ...string) []string { return words }
	of := func(n int, word string) []string { return slices.Repeat([]string{word}, n) }
	put := func(aside string) []string { return []string{"unacked/" + aside, "acked/" + aside, "cleared/" + aside} }
	back := []string{"unacked", "unacked", "closed"}
	want := map[alarm.ActName][]string{
		alarm.DoAck:       slices.Concat(same("acked", "acked", "!acked", "closed", "!closed"), of(9, "!aside")),
		alarm.DoSilence:   slices.Concat(same("unacked+silenced", "!silenced", "!no_sound", "!no_sound", "!closed"), of(9, "!no_sound")),
		alarm.DoUnsilence: slices.Concat(same("!not_silenced", "unacked", "!not_silenced", "!not_silenced", "!closed"), of(9, "!not_silenced")),
		alarm.DoShelve:    slices.Concat(same("unacked/shelved", "unacked/shelved", "acked/shelved", "cleared/shelved", "!closed"), of(9, "!aside")),
		alarm.DoUnshelve:  slices.Concat(of(4, "!not_shelved"), same("!closed"), back, of(6, "!not_shelved")),
		alarm.DoSuppress: slices.Concat(
			same("unacked/suppressed", "unacked/suppressed", "acked/suppressed", "cleared/suppressed", "!closed"), put("suppressed"), of(6, "!aside")),
		alarm.DoUnsuppress: slices.Concat(of(4, "!not_suppressed"), same("!closed"), of(3, "!not_suppressed"), back, of(3, "!not_suppressed")),
		alarm.DoOutOfService: slices.Concat(
			same("unacked/out_of_service", "unacked/out_of_service", "acked/out_of_service", "cleared/out_of_service", "!closed"),
			put("out_of_service"), put("out_of_service"), of(3, "!aside")),
		alarm.DoInService:  slices.Concat(of(4, "!not_out_of_service"), same("!closed"), of(6, "!not_out_of_service"), back),
		alarm.DoComment:    columns,
		alarm.DoCloseStale: slices.Concat(same("!unacked", "!unacked", "closed", "!not_stale", "!closed"), slices.Repeat([]string{"!aside", "!aside", "!not_stale"}, 3)),
	}
	now := start.Add(25 * time.Hour)
	for _, act := range acts() {
		if len(want[act.Name]) != len(columns) {
			t.Fatalf("%s has %d columns, want %d", act.Name, len(want[act.Name]), len(columns))
		}
		for i, column := range columns {
			a := arrange(t, column, now)
			before := a
			got, entry, err := a.Act(act, now)
			if diff := cmp.Diff(before, a); diff != "" {
				t.Fatalf("%s changed its argument:\n%s", act.Name, diff)
			}
			word := describe(got)
			if err != nil {
				word = "!" + reasonOf(err)
				if fault.KindOf(err) != fault.KindConflict || fault.Message(err) == "" || !cmp.Equal(got, before) || !cmp.Equal(entry, alarm.Entry{}) {
					t.Errorf("%s on %s: refused with %v", act.Name, column, err)
				}
			}
			if word != want[act.Name][i] {
				t.Errorf("%s on %s: %s, want %s", act.Name, column, word, want[act.Name][i])
			}
			if err == nil && (got.Version != before.Version+1 || entry.From != before.State || entry.To != got.State || entry.By != act.By || entry.As != act.As) {
				t.Errorf("%s on %s: version %d after %d, entry %+v", act.Name, column, got.Version, before.Version, entry)
			}
		}
	}
}

// arrange makes an alarm of a day ago that is as a column says.
func arrange(tb testing.TB, column string, now time.Time) alarm.Alarm {
	tb.Helper()
	a := raise(alarm.High, start)
	state, aside, _ := strings.Cut(column, "/")
	switch state {
	case "acked":
		a = must(tb, a, actOf(alarm.DoAck), now)
	case "cleared":
		a, _ = a.Take(change(alarm.Returned, now), now)
	case "closed":
		a = must(tb, a, actOf(alarm.DoAck), now)
		a, _ = a.Take(change(alarm.Returned, now), now)
	case "unacked+silenced":
		a = must(tb, a, actOf(alarm.DoSilence), now)
	}
	switch aside {
	case "shelved":
		a = must(tb, a, actOf(alarm.DoShelve), now)
	case "suppressed":
		a = must(tb, a, actOf(alarm.DoSuppress), now)
	case "out_of_service":
		a = must(tb, a, actOf(alarm.DoOutOfService), now)
	}
	if got := describe(a); got != column {
		tb.Fatalf("arranged %s, want %s", got, column)
	}
	return a
}

func describe(a alarm.Alarm) string {
	word := string(a.State)
	if a.SilencedUntil != nil {
		word += "+silenced"
	}
	if a.Aside != "" {
		word += "/" + string(a.Aside)
	}
	return word
}

func reasonOf(err error) string {
	if e, ok := errors.AsType[*fault.Error](err); ok {
		return e.Reason
	}
	return ""
}

func TestWhatAnActItselfLacksIsSaid(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		act   alarm.ActName
		set   func(*alarm.Act)
		kind  fault.Kind
		field string
	}{
		"an act there is not":             {"ack_all", func(*alarm.Act) {}, fault.KindInvalid, "act"},
		"a shelf without a reason":        {alarm.DoShelve, func(a *alarm.Act) { a.Reason = "  " }, fault.KindInvalid, "reason"},
		"a suppression without a reason":  {alarm.DoSuppress, func(a *alarm.Act) { a.Reason = "" }, fault.KindInvalid, "reason"},
		"a suppression that is over":      {alarm.DoSuppress, func(a *alarm.Act) { a.Until = new(start) }, fault.KindInvalid, "until"},
		"a service without a reason":      {alarm.DoOutOfService, func(a *alarm.Act) { a.Reason = "" }, fault.KindInvalid, "reason"},
		"a close without a reason":        {alarm.DoCloseStale, func(a *alarm.Act) { a.Reason = "" }, fault.KindInvalid, "reason"},
		"a shelf of no minute":            {alarm.DoShelve, func(a *alarm.Act) { a.Minutes = 0 }, fault.KindInvalid, "minutes"},
		"a shelf of more than 8 hours":    {alarm.DoShelve, func(a *alarm.Act) { a.Minutes = 481 }, fault.KindInvalid, "minutes"},
		"an empty comment":                {alarm.DoComment, func(a *alarm.Act) { a.Text = "\n" }, fault.KindInvalid, "text"},
		"a long comment":                  {alarm.DoComment, func(a *alarm.Act) { a.Text = strings.Repeat("ễ", 2001) }, fault.KindInvalid, "text"},
		"a reason with a control":         {alarm.DoShelve, func(a *alarm.Act) { a.Reason = "a\x00b" }, fault.KindInvalid, "reason"},
		"a service by an operator":        {alarm.DoOutOfService, func(a *alarm.Act) { a.Lead = false }, fault.KindForbidden, ""},
		"back in service by an operator":  {alarm.DoInService, func(a *alarm.Act) { a.Lead = false }, fault.KindForbidden, ""},
		"a close by an operator":          {alarm.DoCloseStale, func(a *alarm.Act) { a.Lead = false }, fault.KindForbidden, ""},
		"what was seen before it changed": {alarm.DoAck, func(a *alarm.Act) { a.Version = 7 }, fault.KindConflict, ""},
	} {
		act := actOf(c.act)
		c.set(&act)
		a := raise(alarm.High, start)
		_, _, err := a.Act(act, start)
		var e *fault.Error
		if !errors.As(err, &e) || e.Kind != c.kind || e.Field != c.field || e.Message == "" {
			t.Errorf("%s: %v, want %s of field %q", name, err, c.kind, c.field)
		}
	}
	act := actOf(alarm.DoShelve)
	act.Minutes, act.Version = 480, 1
	if got := must(t, raise(alarm.Low, start), act, start); !got.Until.Equal(start.Add(8 * time.Hour)) {
		t.Errorf("shelved until %s, want 8 h", got.Until)
	}
}

func TestSilenceEndsByItselfAndIsNoAcknowledgement(t *testing.T) {
	t.Parallel()
	for p, span := range map[alarm.Priority]time.Duration{alarm.High: 30 * time.Second, alarm.Medium: 2 * time.Minute, alarm.Low: 2 * time.Minute} {
		a := must(t, raise(p, start), actOf(alarm.DoSilence), start)
		if a.State != alarm.Unacked || a.AckedAt != nil || !a.Asks() || !a.AckBy().Equal(raise(p, start).AckBy()) {
			t.Errorf("%s: silence acknowledged: %+v", p, a)
		}
		if due, ok := a.Due(); !ok || !due.Equal(start.Add(span)) {
			t.Errorf("%s: silent until %s, want %s", p, due, span)
		}
		if b, list := a.Pass(start.Add(span - 1)); len(list) != 0 || b.SilencedUntil == nil {
			t.Errorf("%s: the silence ended early", p)
		}
		b, list := a.Pass(start.Add(span))
		if len(list) != 1 || list[0].Act != alarm.SilenceEnded || b.SilencedUntil != nil || b.State != alarm.Unacked || b.Version != a.Version+1 {
			t.Errorf("%s: after its silence %+v with %+v", p, b, list)
		}
	}
	if _, _, err := raise(alarm.Journal, start).Act(actOf(alarm.DoSilence), start); reasonOf(err) != "no_sound" {
		t.Errorf("a journal entry is silenced: %v", err)
	}
}

func TestWhatIsShelvedComesBackUnacknowledged(t *testing.T) {
	t.Parallel()
	end := start.Add(time.Hour)
	shelved := must(t, must(t, raise(alarm.High, start), actOf(alarm.DoAck), start), actOf(alarm.DoShelve), start)
	if b, list := shelved.Pass(end.Add(-1)); len(list) != 0 || b.Aside != alarm.Shelved || b.Asks() {
		t.Errorf("back early: %+v", b)
	}
	b, list := shelved.Pass(end)
	if len(list) != 1 || list[0].Act != alarm.ShelfEnded || b.State != alarm.Unacked || b.Aside != "" || b.AckedAt != nil || b.AckedBy != "" || !b.Asks() {
		t.Errorf("after its shelf %+v with %+v", b, list)
	}
	if want := end.Add(2 * time.Minute); !b.AckBy().Equal(want) {
		t.Errorf("to be taken by %s, want %s: it called anew", b.AckBy(), want)
	}

	over, _ := shelved.Take(change(alarm.Returned, start.Add(time.Minute)), start.Add(time.Minute))
	if over.State != alarm.Cleared || over.Aside != alarm.Shelved {
		t.Errorf("what returns on the shelf is %s", describe(over))
	}
	again, _ := over.Take(change(alarm.Raised, start.Add(2*time.Minute)), start.Add(2*time.Minute))
	if describe(again) != "unacked/shelved" || again.Count != 2 || again.Asks() {
		t.Errorf("what comes again on the shelf is %s for the %d. time", describe(again), again.Count)
	}
	if over, _ = over.Pass(end); over.State != alarm.Closed {
		t.Errorf("what was over when its shelf ended is %s", over.State)
	}
}

func TestASuppressionMayHaveAnEnd(t *testing.T) {
	t.Parallel()
	act := actOf(alarm.DoSuppress)
	act.Until = new(start.Add(time.Minute))
	a := must(t, raise(alarm.Medium, start), act, start)
	b, list := a.Pass(start.Add(time.Minute))
	if len(list) != 1 || list[0].Act != alarm.SuppressionEnded || b.State != alarm.Unacked || b.Aside != "" {
		t.Errorf("after its window %s with %+v", describe(b), list)
	}
	endless := must(t, raise(alarm.Medium, start), actOf(alarm.DoSuppress), start)
	if _, ok := endless.Due(); ok {
		t.Error("a suppression without an end waits for one")
	}
}

func TestTheJournalAsksNobody(t *testing.T) {
	t.Parallel()
	a := raise(alarm.Journal, start)
	if a.State != alarm.Acked || a.Asks() || a.AckedAt != nil {
		t.Errorf("begins as %+v", a)
	}
	for name, reason := range map[alarm.ActName]string{alarm.DoAck: "journal", alarm.DoShelve: "journal"} {
		if _, _, err := a.Act(actOf(name), start); reasonOf(err) != reason {
			t.Errorf("%s: %v", name, err)
		}
	}
	b, _ := a.Take(change(alarm.Returned, start), start)
	if b.State != alarm.Closed {
		t.Errorf("over, it is %s", b.State)
	}
	out := must(t, a, actOf(alarm.DoOutOfService), start)
	out, _ = out.Take(change(alarm.Returned, start), start)
	out, _ = out.Take(change(alarm.Raised, start), start)
	if out = must(t, out, actOf(alarm.DoInService), start); out.State != alarm.Acked || out.Asks() {
		t.Errorf("back in service it is %s", describe(out))
	}
}

func TestWhatChangesMakeOfAnAlarm(t *testing.T) {
	t.Parallel()
	a := raise(alarm.High, start)
	a, list := a.Take(alarm.Change{Kind: alarm.Worse, At: start, Value: new(590.1), Limit: "BĐ3", Unit: "m/giờ", Members: []string{"x"}}, start)
	if len(list) != 1 || *a.Value != 590.1 || a.Limit != "BĐ3" || a.Unit != "m/giờ" || a.Members[0] != "x" || a.Count != 1 {
		t.Errorf("worse: %+v", a)
	}
	if b, list := a.Take(change(alarm.Raised, start), start); len(list) != 0 || b.Version != a.Version {
		t.Error("what is active is raised again")
	}
	cleared, _ := a.Take(change(alarm.Returned, start.Add(time.Minute)), start.Add(time.Minute))
	if b, list := cleared.Take(change(alarm.Worse, start), start); len(list) != 0 || b.State != alarm.Cleared {
		t.Error("what is over grows worse")
	}
	later := start.Add(time.Hour)
	again, _ := cleared.Take(change(alarm.Raised, later), later)
	if again.State != alarm.Unacked || again.Count != 2 || again.ClearAt != nil || !again.AgainAt.Equal(later) || !again.AckBy().Equal(later.Add(2*time.Minute)) || !again.RaisedAt.Equal(start) {
		t.Errorf("again: %+v", again)
	}
	latched := change(alarm.Again, later)
	latched.Chattering = true
	acked := must(t, again, actOf(alarm.DoAck), later)
	flapping, _ := acked.Take(latched, later)
	if flapping.State != alarm.Acked || flapping.Count != 3 || !flapping.Chattering {
		t.Errorf("latched: %+v", flapping)
	}
	if calm, _ := flapping.Take(change(alarm.Calm, later), later); calm.Chattering || calm.State != alarm.Acked || calm.Count != 3 {
		t.Errorf("calm: %+v", calm)
	}
	closed, _ := acked.Take(change(alarm.Returned, later), later)
	if closed.State != alarm.Closed || closed.AckedBy != "Trần Thị B" {
		t.Errorf("taken and over: %+v", closed)
	}
	if b, list := closed.Take(change(alarm.Raised, later), later); len(list) != 0 || !cmp.Equal(b, closed) {
		t.Error("what is closed is opened again")
	}
}

func TestStaleIsMoreThanADayActive(t *testing.T) {
	t.Parallel()
	a := raise(alarm.Low, start)
	day := start.Add(24 * time.Hour)
	if a.Stale(day) || !a.Stale(day.Add(1)) {
		t.Error("stale is not: after 24 hours")
	}
	if want := start.Add(30 * time.Minute); !a.AckBy().Equal(want) || !raise(alarm.Medium, start).AckBy().Equal(start.Add(10*time.Minute)) {
		t.Error("low and medium have 30 and 10 minutes")
	}
	a, _ = a.Take(change(alarm.Returned, day), day)
	if a.Stale(day.Add(1)) {
		t.Error("what is over is stale")
	}
	if a, _ = a.Take(change(alarm.Raised, day), day); a.Stale(day.Add(time.Hour)) {
		t.Error("what came again an hour ago is stale")
	}
}

// TestAnyOrderOfChangesActsAndTime holds the invariants of alarms in a room where anything happens in any order.
func TestAnyOrderOfChangesActsAndTime(t *testing.T) {
	t.Parallel()
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 3))
		room := &room{t: t, now: start, open: map[string]alarm.Alarm{}, seed: seed}
		for range 200 {
			room.now = room.now.Add(time.Duration(r.Int64N(int64(3 * time.Hour))))
			target := fmt.Sprintf("s%d", r.IntN(3))
			switch r.IntN(5) {
			case 0, 1:
				kinds := []alarm.ChangeKind{alarm.Raised, alarm.Returned, alarm.Worse, alarm.Again, alarm.Calm}
				c := change(kinds[r.IntN(len(kinds))], room.now)
				c.Chattering = c.Kind == alarm.Again
				room.change(target, c)
			case 2, 3:
				room.act(target, acts()[r.IntN(len(acts()))])
			default:
				room.pass()
			}
		}
	}
}

// room keeps alarms as a store would: one open of a type and target.
type room struct {
	t    *testing.T
	seed uint64
	now  time.Time
	open map[string]alarm.Alarm
	ids  int
}

func (r *room) change(target string, c alarm.Change) {
	before, ok := r.open[target]
	if !ok {
		if c.Kind == alarm.Returned {
			return
		}
		r.ids++
		p := []alarm.Priority{alarm.High, alarm.Low, alarm.Journal}[r.ids%3]
		a, e := alarm.Raise(alarm.Type{Code: "t", Priority: p}, alarm.Target{Code: target}, c, fmt.Sprint(r.ids), r.now)
		r.check(alarm.Alarm{}, a, []alarm.Entry{e}, "raise")
		r.keep(target, a)
		return
	}
	a, list := before.Take(c, r.now)
	r.check(before, a, list, string(c.Kind))
	more := 0
	if c.Kind == alarm.Again && before.Active() || c.Kind == alarm.Raised && before.State == alarm.Cleared {
		more = 1
	}
	if a.Count != before.Count+more {
		r.fail("%s: count %d after %d", c.Kind, a.Count, before.Count)
	}
	if before.State == alarm.Acked && a.State == alarm.Unacked {
		r.fail("%s took it from who had it", c.Kind)
	}
	r.keep(target, a)
}

func (r *room) act(target string, act alarm.Act) {
	before, ok := r.open[target]
	if !ok {
		return
	}
	a, e, err := before.Act(act, r.now)
	if err != nil {
		if !cmp.Equal(a, before) || fault.Message(err) == "" {
			r.fail("%s was refused and done", act.Name)
		}
		return
	}
	r.check(before, a, []alarm.Entry{e}, string(act.Name))
	if act.Name != alarm.DoAck && a.State == alarm.Acked && before.State != alarm.Acked && a.Priority != alarm.Journal {
		r.fail("%s acknowledged", act.Name)
	}
	r.keep(target, a)
}

func (r *room) pass() {
	for target, before := range r.open {
		a, list := before.Pass(r.now)
		r.check(before, a, list, "pass")
		if a.Until != nil && !a.Until.After(r.now) || a.SilencedUntil != nil && !a.SilencedUntil.After(r.now) {
			r.fail("what ends by itself did not: %+v", a)
		}
		if before.Aside != "" && a.Aside == "" && before.Active() && a.State != alarm.Unacked && a.Priority != alarm.Journal {
			r.fail("came back as %s", a.State)
		}
		r.keep(target, a)
	}
}

func (r *room) check(before, a alarm.Alarm, list []alarm.Entry, what string) {
	r.t.Helper()
	if a.Version != before.Version+int64(len(list)) || len(list) == 0 && !cmp.Equal(a, before) {
		r.fail("%s: version %d after %d with %d entries", what, a.Version, before.Version, len(list))
	}
	if before.Active() && a.State == alarm.Closed && what != string(alarm.DoCloseStale) && what != string(alarm.Returned) {
		r.fail("%s closed what is active", what)
	}
	if (a.State == alarm.Closed) != (a.ClosedAt != nil) || (a.State == alarm.Cleared) && a.ClearAt == nil || a.Active() && a.ClearAt != nil {
		r.fail("%s: %s with the times %v, %v", what, a.State, a.ClearAt, a.ClosedAt)
	}
	if a.State == alarm.Closed && (a.Aside != "" || a.Until != nil || a.SilencedUntil != nil) {
		r.fail("%s: closed and aside: %+v", what, a)
	}
	if a.Aside == "" && a.Until != nil || a.Aside == alarm.Shelved && (a.Until == nil || a.Until.After(r.now.Add(8*time.Hour)) || a.AsideReason == "") {
		r.fail("%s: %q until %v because %q", what, a.Aside, a.Until, a.AsideReason)
	}
	if a.Priority == alarm.Journal && (a.Asks() || a.State == alarm.Unacked) {
		r.fail("%s: the journal asks", what)
	}
	if a.SilencedUntil != nil && a.State != alarm.Unacked && a.State != alarm.Cleared {
		r.fail("%s: silenced and %s", what, a.State)
	}
}

func (r *room) fail(format string, args ...any) {
	r.t.Helper()
	r.t.Fatalf("seed %d: "+format, append([]any{r.seed}, args...)...)
}

func (r *room) keep(target string, a alarm.Alarm) {
	if r.open[target] = a; a.State == alarm.Closed {
		delete(r.open, target)
	}
}

// TestEveryStateAndChange is the other half of the table: what each change makes of each state and way to be aside. A dash is
// no change at all.
func TestEveryStateAndChange(t *testing.T) {
	t.Parallel()
	now := start.Add(25 * time.Hour)
	columns := []string{"unacked", "unacked+silenced", "acked", "cleared", "closed", "unacked/shelved", "acked/suppressed", "cleared/out_of_service"}
	want := map[alarm.ChangeKind][]string{
		alarm.Raised:   {"-", "-", "-", "unacked 2", "-", "-", "-", "unacked/out_of_service 2"},
		alarm.Returned: {"cleared 1", "cleared+silenced 1", "closed 1", "-", "-", "cleared/shelved 1", "cleared/suppressed 1", "-"},
		alarm.Worse:    {"unacked 1", "unacked+silenced 1", "acked 1", "-", "-", "unacked/shelved 1", "acked/suppressed 1", "-"},
		alarm.Again:    {"unacked 2", "unacked+silenced 2", "acked 2", "-", "-", "unacked/shelved 2", "acked/suppressed 2", "-"},
		alarm.Calm:     {"unacked 1", "unacked+silenced 1", "acked 1", "-", "-", "unacked/shelved 1", "acked/suppressed 1", "-"},
	}
	for kind, row := range want {
		for i, column := range columns {
			before := arrange(t, column, now)
			a, list := before.Take(change(kind, now), now)
			word := "-"
			if len(list) == 1 {
				word = fmt.Sprintf("%s %d", describe(a), a.Count)
				if e := list[0]; e.Act != alarm.ActName(kind) || e.From != before.State || e.To != a.State || e.By != "" || a.Version != before.Version+1 {
					t.Errorf("%s on %s: entry %+v", kind, column, e)
				}
			} else if len(list) > 1 || !cmp.Equal(a, before) {
				t.Errorf("%s on %s: changed with %d entries", kind, column, len(list))
			}
			if word != row[i] {
				t.Errorf("%s on %s: %s, want %s", kind, column, word, row[i])
			}
		}
	}
}

func TestAnAlarmWhoseTargetIsGoneIsOver(t *testing.T) {
	for _, state := range []alarm.State{alarm.Unacked, alarm.Acked, alarm.Cleared} {
		a := alarm.Alarm{State: state, Aside: alarm.Shelved, Version: 3, Until: new(time.Unix(9, 0))}
		b, entries := a.Gone("Kết thúc diễn tập.", time.Unix(5, 0))
		if b.State != alarm.Closed || b.ClosedAt == nil || b.Aside != "" || b.Version != 4 || len(entries) != 1 || entries[0].From != state || entries[0].Reason == "" {
			t.Errorf("from %s: %+v, %+v", state, b, entries)
		}
		if again, none := b.Gone("", time.Unix(6, 0)); again.Version != b.Version || none != nil {
			t.Errorf("it is over twice: %+v", again)
		}
	}
}
