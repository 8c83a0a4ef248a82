package kpi_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"toancanh/server/kpi"
)

const day = 24 * time.Hour

var begin = time.Date(2026, 2, 10, 2, 20, 0, 0, time.UTC)

// model counts the slow way: all facts ever, from the definitions.
type model struct {
	facts map[string]kpi.Fact
	since time.Time
}

func (m *model) apply(f kpi.Fact) {
	if old, ok := m.facts[f.ID]; !ok || f.Version > old.Version {
		m.facts[f.ID] = f
		if m.since.IsZero() || f.ReceivedAt.Before(m.since) {
			m.since = f.ReceivedAt
		}
	}
}

func (m *model) values(a kpi.Area, now time.Time, loc *time.Location) kpi.Values {
	v := kpi.Values{Area: a, AsOf: now, Origin: "simulated"}
	var dayAgo, dayBefore int
	var oldest time.Time
	children := map[string]kpi.RowCounts{}
	for _, f := range m.facts {
		depth := slices.Index(f.Path, a.Code)
		if f.Division != a.Division || depth < 0 {
			continue
		}
		within := func(t *time.Time, from, to time.Duration) bool {
			return t != nil && t.After(now.Add(-from)) && !t.After(now.Add(-to))
		}
		late := f.Open && f.DueNow != nil && f.DueNow.Before(now)
		var n kpi.RowCounts
		if f.Open {
			n.Open++
			n.Overdue += count(late)
			n.Critical += count(f.State == "critical")
			n.Warning += count(f.State == "warning")
		}
		if late && (oldest.IsZero() || f.DueNow.Before(oldest)) {
			oldest = *f.DueNow
		}
		v.Open += n.Open
		v.Overdue += n.Overdue
		v.OverdueHigh += count(late && f.State != "normal")
		v.Critical += n.Critical
		v.Warning += n.Warning
		v.Received24h += count(within(&f.ReceivedAt, day, 0))
		dayBefore += count(within(&f.ReceivedAt, 2*day, day))
		dayAgo += count(!f.ReceivedAt.After(now.Add(-day)) && (f.Open || f.EndedAt != nil && f.EndedAt.After(now.Add(-day))))
		if within(f.Original, 30*day, 0) && !f.Excluded {
			v.OnTimeDue++
			v.OnTimeMet += count(f.ResolvedAt != nil && !f.ResolvedAt.After(*f.Original))
		}
		if depth+1 < len(f.Path) {
			c := children[f.Path[depth+1]]
			children[f.Path[depth+1]] = kpi.RowCounts{Open: c.Open + n.Open, Overdue: c.Overdue + n.Overdue, Critical: c.Critical + n.Critical, Warning: c.Warning + n.Warning}
		}
	}
	if !oldest.IsZero() {
		v.OldestHours = new(float64(int(now.Sub(oldest).Hours()*10+0.5)) / 10)
	}
	if !m.since.After(now.Add(-day)) {
		v.OpenDayAgo = &dayAgo
	}
	if !m.since.After(now.Add(-2 * day)) {
		v.ReceivedDayBefore = &dayBefore
	}
	m.hours(&v, now, loc)
	for code, n := range children {
		v.Rows = append(v.Rows, kpi.NewRow(code, n))
	}
	return v
}

func (m *model) hours(v *kpi.Values, now time.Time, loc *time.Location) {
	received := map[time.Time]int{}
	for _, f := range m.facts {
		if f.Division == v.Area.Division && slices.Contains(f.Path, v.Area.Code) && !f.ReceivedAt.After(now) {
			received[hourIn(f.ReceivedAt, loc)]++
		}
	}
	for i := range v.Hourly {
		at := hourIn(now, loc).Add(time.Duration(i-23) * time.Hour)
		v.Hourly[i] = kpi.Hour{At: at, Count: received[at]}
		sum, days := 0, 0
		for d := 1; d <= 28; d++ {
			if past := at.Add(-time.Duration(d) * day); !past.Before(hourIn(m.since, loc)) {
				sum += received[past]
				days++
			}
		}
		if days > 0 {
			v.Hourly[i].Average = new(float64(sum) / float64(days))
		}
	}
}

func hourIn(t time.Time, loc *time.Location) time.Time {
	l := t.In(loc)
	return time.Date(l.Year(), l.Month(), l.Day(), l.Hour(), 0, 0, 0, loc).UTC()
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

var places = [][]string{{"67", "660", "24611"}, {"67", "660", "24628"}, {"67", "663", "24664"}, {"67", "663", "24670"}, {"67", "667", "24736"}}

// randomFact makes a fact as a report might be at some version: times lie around now, some exactly on it.
func randomFact(random *rand.Rand, id string, version int64, now time.Time) kpi.Fact {
	around := func(back, ahead time.Duration) time.Time {
		if random.IntN(12) == 0 {
			return now.Add([]time.Duration{0, -day, -2 * day, -30 * day}[random.IntN(4)])
		}
		return now.Add(-back + time.Duration(random.Int64N(int64(back+ahead)))).Truncate(time.Microsecond)
	}
	f := kpi.Fact{
		ID: id, Version: version, Origin: "simulated", Division: "vn-2022", Path: places[random.IntN(len(places))],
		ReceivedAt: around(50*day, 5*time.Minute), Open: random.IntN(3) > 0, State: []string{"normal", "warning", "critical"}[random.IntN(3)],
	}
	if random.IntN(4) > 0 {
		f.Original = new(around(40*day, 4*day))
	}
	switch {
	case f.Open && random.IntN(5) > 0:
		f.DueNow = new(around(5*day, 3*day))
	case !f.Open:
		f.EndedAt = new(around(3*day, 0))
		if f.Excluded = random.IntN(3) == 0; !f.Excluded {
			f.ResolvedAt = f.EndedAt
			if f.Original != nil && random.IntN(4) == 0 {
				f.ResolvedAt = f.Original
			}
		}
	}
	return f
}

func TestABoardMovedByEventsAndTheClockEqualsOneCountedAnew(t *testing.T) {
	t.Parallel()
	loc := vietnam(t)
	for seed := range uint64(16) {
		random := rand.New(rand.NewPCG(seed, 3))
		m := &model{facts: map[string]kpi.Fact{}}
		b := kpi.NewBoard(loc)
		now := begin
		b.Load(nil, now)
		type sent struct {
			kpi.Fact
			at time.Time
		}
		var past []sent
		for step := range 150 {
			id := fmt.Sprintf("r%d", random.IntN(60))
			switch random.IntN(10) {
			case 0, 1, 2, 3, 4:
				f := randomFact(random, id, m.facts[id].Version+1, now)
				if old, ok := m.facts[id]; ok {
					f.ReceivedAt = old.ReceivedAt // which no act changes
				}
				m.apply(f)
				past = append(past, sent{f, now})
				if !b.Apply(f, now) {
					t.Fatalf("seed %d, step %d: %s version %d was no news", seed, step, f.ID, f.Version)
				}
			case 5: // late or doubled
				if len(past) > 0 {
					f := past[random.IntN(len(past))]
					// Beyond 48 h nothing is late any more: the events are gone.
					if now.Sub(f.at) < 2*day && b.Apply(f.Fact, now) {
						t.Fatalf("seed %d, step %d: old version %d of %s was news", seed, step, f.Version, f.ID)
					}
				}
			case 6:
				if next := b.Next(); !next.IsZero() {
					now = next
					b.Advance(now)
				}
			default:
				now = now.Add(time.Duration(random.Int64N(int64(40 * time.Hour)))).Truncate(time.Microsecond)
				b.Advance(now)
			}
			if step%7 == 0 {
				compare(t, b, m, loc)
			}
		}
		compare(t, b, m, loc)
	}
}

// compare holds a board against the model and against a board loaded afresh.
func compare(t *testing.T, b *kpi.Board, m *model, loc *time.Location) {
	t.Helper()
	anew := kpi.NewBoard(loc)
	var facts []kpi.Fact
	for _, f := range m.facts {
		facts = append(facts, f)
	}
	anew.Load(facts, b.Now())
	for _, a := range anew.Areas() {
		got := b.Values(a)
		if diff := kpi.Compare(m.values(a, b.Now(), loc), got); len(diff) > 0 {
			t.Fatalf("%s as of %s, model and board: %v", a.Code, b.Now(), diff)
		}
		if diff := kpi.Compare(anew.Values(a), got); len(diff) > 0 {
			t.Fatalf("%s as of %s, counted anew and board: %v", a.Code, b.Now(), diff)
		}
	}
}

// moving is what of Values moves only at the instants that Next names.
func moving(v kpi.Values) kpi.Values {
	v.AsOf = time.Time{}
	v.OldestHours = nil
	return v
}

func TestNothingMovesBeforeNextAndWhatMovesIsNamed(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(5, 5))
	b := kpi.NewBoard(vietnam(t))
	var facts []kpi.Fact
	for i := range 40 {
		facts = append(facts, randomFact(random, fmt.Sprint(i), 1, begin))
	}
	b.Load(facts, begin)
	b.TakeChanged()
	all := func() map[kpi.Area]kpi.Values {
		values := map[kpi.Area]kpi.Values{}
		for _, a := range b.Areas() {
			values[a] = moving(b.Values(a))
		}
		return values
	}
	before := all()
	for range 400 {
		next := b.Next()
		if !next.After(b.Now()) {
			t.Fatalf("next is %s at %s", next, b.Now())
		}
		b.Advance(next.Add(-1))
		if diff := cmp.Diff(before, all()); diff != "" {
			t.Fatalf("moved before %s (-before +after):\n%s", next, diff)
		}
		b.Advance(next)
		after := all()
		changed := b.TakeChanged()
		for a, v := range after {
			if !cmp.Equal(before[a], v) && !slices.Contains(changed, a) {
				t.Fatalf("%s moved at %s and was not named", a.Code, next)
			}
		}
		before = after
	}
	if len(b.TakeChanged()) != 0 {
		t.Error("changed areas are named twice")
	}
}

func TestRealAndNotRealAreNeverSummed(t *testing.T) {
	t.Parallel()
	root := kpi.Area{Division: "vn-2022", Code: "67"}
	fact := func(id, origin string) kpi.Fact {
		return kpi.Fact{ID: id, Version: 1, Origin: origin, Division: "vn-2022", Path: places[0], ReceivedAt: begin.Add(-time.Hour), Open: true, State: "normal"}
	}
	b := kpi.NewBoard(vietnam(t))
	b.Load([]kpi.Fact{fact("a", "replayed"), fact("b", "simulated"), fact("c", "drill")}, begin)
	if v := b.Values(root); v.Open != 3 || v.Origin != "simulated" {
		t.Errorf("open %d, origin %s; want 3 simulated", v.Open, v.Origin)
	}
	b.Apply(fact("d", "real"), begin)
	if v := b.Values(root); v.Open != 1 || v.Origin != "real" {
		t.Errorf("open %d, origin %s; want 1 real", v.Open, v.Origin)
	}
	if v := b.Values(kpi.Area{Division: "vn-2022", Code: "663"}); v.Open != 0 || v.Origin != "real" {
		t.Errorf("an area of no report: open %d, origin %s", v.Open, v.Origin)
	}
}

func TestDivisionsAreKeptApart(t *testing.T) {
	t.Parallel()
	b := kpi.NewBoard(vietnam(t))
	old := kpi.Fact{ID: "a", Version: 1, Origin: "real", Division: "vn-2022", Path: []string{"67", "663", "24670"}, ReceivedAt: begin, Open: true}
	young := kpi.Fact{ID: "b", Version: 1, Origin: "real", Division: "vn-2025", Path: []string{"68", "24670"}, ReceivedAt: begin, Open: true}
	b.Load([]kpi.Fact{old, young}, begin)
	for _, a := range []kpi.Area{{Division: "vn-2022", Code: "24670"}, {Division: "vn-2025", Code: "24670"}} {
		if v := b.Values(a); v.Open != 1 {
			t.Errorf("%v: open %d, want 1", a, v.Open)
		}
	}
}

func TestNoDataIsNotZero(t *testing.T) {
	t.Parallel()
	b := kpi.NewBoard(vietnam(t))
	b.Load([]kpi.Fact{{ID: "a", Version: 1, Origin: "real", Division: "d", Path: []string{"67"}, ReceivedAt: begin.Add(-23 * time.Hour), Open: true}}, begin)
	v := b.Values(kpi.Area{Division: "d", Code: "67"})
	if v.OpenDayAgo != nil || v.ReceivedDayBefore != nil || v.OldestHours != nil || v.OnTime() != nil {
		t.Errorf("with facts of 23 hours: %v, %v, %v, %v; want no data", v.OpenDayAgo, v.ReceivedDayBefore, v.OldestHours, v.OnTime())
	}
	for _, h := range v.Hourly {
		if h.Average != nil {
			t.Errorf("average of %s = %v, want no data", h.At, *h.Average)
		}
	}
	b.Advance(begin.Add(time.Hour))
	if v := b.Values(kpi.Area{Division: "d", Code: "67"}); v.OpenDayAgo == nil || *v.OpenDayAgo != 1 {
		t.Errorf("after 24 hours: open a day ago %v, want 1", v.OpenDayAgo)
	}
}

func TestOnTimeIsRoundedToNeitherAllNorNone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		met, due int
		want     float64
	}{{1, 1, 100}, {0, 3, 0}, {1, 3, 33.3}, {9999, 10_000, 99.9}, {1, 10_000, 0.1}, {210, 218, 96.3}} {
		v := kpi.Values{OnTimeMet: c.met, OnTimeDue: c.due}
		if got := v.OnTime(); *got != c.want {
			t.Errorf("%d of %d = %v, want %v", c.met, c.due, *got, c.want)
		}
	}
}

func TestRowState(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		n    kpi.RowCounts
		want string
	}{
		{kpi.RowCounts{Open: 12}, "normal"},
		{kpi.RowCounts{Open: 12, Overdue: 1, Warning: 2}, "attention"},
		{kpi.RowCounts{Open: 12, Warning: 1}, "attention"},
		{kpi.RowCounts{Open: 2, Overdue: 2}, "attention"},
		{kpi.RowCounts{Open: 15, Overdue: 3}, "warning"},
		{kpi.RowCounts{Open: 16, Overdue: 3}, "attention"},
		{kpi.RowCounts{Open: 16, Overdue: 9, Critical: 1}, "critical"},
	} {
		if got := kpi.NewRow("x", c.n).State; got != c.want {
			t.Errorf("%+v is %s, want %s", c.n, got, c.want)
		}
	}
}

func TestLevelsSpeakTheContract(t *testing.T) {
	t.Parallel()
	facts, asOf := fixtureFacts(t)
	b := kpi.NewBoard(vietnam(t))
	b.Load(facts, asOf)
	want := map[string]string{
		"kpi/open":         `{"value":12,"day_ago":11,"target":null,"sources":null,"as_of":"2026-11-23T02:20:00Z","origin":"real"}`,
		"kpi/overdue":      `{"value":4,"oldest_hours":52.5,"high":1,"target":0,"sources":null,"as_of":"2026-11-23T02:20:00Z","origin":"real"}`,
		"kpi/received_24h": `{"value":5,"day_before":4,"target":null,"sources":null,"as_of":"2026-11-23T02:20:00Z","origin":"real"}`,
		"kpi/on_time_30d":  `{"value":33.3,"met":3,"due":9,"target":95,"sources":null,"as_of":"2026-11-23T02:20:00Z","origin":"real"}`,
		"kpi/areas":        `{"areas":[{"area":"660","open":8,"overdue":3,"critical":1,"warning":0,"state":"critical"},{"area":"663","open":4,"overdue":1,"critical":0,"warning":1,"state":"attention"}],"as_of":"2026-11-23T02:20:00Z","origin":"real"}`,
	}
	for _, l := range b.Values(kpi.Area{Division: "vn-2022", Code: "67"}).Levels() {
		got, err := json.Marshal(l.Data)
		if err != nil {
			t.Fatal(err)
		}
		if l.Key == "kpi/hourly" {
			if !strings.HasPrefix(string(got), `{"hours":[{"at":"2026-11-22T03:00:00Z","count":0},`) || !strings.Contains(string(got), `"average":[0.04,`) {
				t.Errorf("kpi/hourly = %s", got)
			}
			continue
		}
		if string(got) != want[l.Key] {
			t.Errorf("%s = %s, want %s", l.Key, got, want[l.Key])
		}
		delete(want, l.Key)
	}
	if len(want) > 0 {
		t.Errorf("missing: %v", want)
	}
	empty, err := json.Marshal(kpi.Values{}.Levels()[3].Data)
	if err != nil || !strings.HasPrefix(string(empty), `{"value":null,"met":0,"due":0`) {
		t.Errorf("on time of nothing = %s, %v", empty, err)
	}
}

func TestCompareFindsEveryDifference(t *testing.T) {
	t.Parallel()
	facts, asOf := fixtureFacts(t)
	b := kpi.NewBoard(vietnam(t))
	b.Load(facts, asOf)
	root := kpi.Area{Division: "vn-2022", Code: "67"}
	if diff := kpi.Compare(b.Values(root), b.Values(root)); len(diff) > 0 {
		t.Fatalf("a board differs from itself: %v", diff)
	}
	for name, spoil := range map[string]func(*kpi.Values){
		"as_of":                               func(v *kpi.Values) { v.AsOf = v.AsOf.Add(time.Second) },
		"origin":                              func(v *kpi.Values) { v.Origin = "drill" },
		"open":                                func(v *kpi.Values) { v.Open++ },
		"open_day_ago":                        func(v *kpi.Values) { v.OpenDayAgo = nil },
		"overdue":                             func(v *kpi.Values) { v.Overdue++ },
		"oldest_hours":                        func(v *kpi.Values) { v.OldestHours = new(*v.OldestHours + 0.2) },
		"received_24h":                        func(v *kpi.Values) { v.Received24h++ },
		"received_day_before":                 func(v *kpi.Values) { v.ReceivedDayBefore = new(0) },
		"on_time_met":                         func(v *kpi.Values) { v.OnTimeMet++ },
		"on_time_due":                         func(v *kpi.Values) { v.OnTimeDue++ },
		"critical":                            func(v *kpi.Values) { v.Critical++ },
		"warning":                             func(v *kpi.Values) { v.Warning++ },
		"hourly 2026-11-23T02:00:00Z":         func(v *kpi.Values) { v.Hourly[23].Count++ },
		"hourly 2026-11-23T02:00:00Z average": func(v *kpi.Values) { v.Hourly[23].Average = new(7.0 / 27) },
		"area 663 open":                       func(v *kpi.Values) { v.Rows = v.Rows[:1] },
	} {
		v := b.Values(root)
		spoil(&v)
		diff := kpi.Compare(b.Values(root), v)
		if !slices.ContainsFunc(diff, func(d kpi.Difference) bool { return d.Name == name }) {
			t.Errorf("%s: found %v", name, diff)
		}
	}
}

// benchmarkBoard holds 20,000 facts in 71 communes, as many as a busy province has in a month.
func benchmarkBoard(b *testing.B) (*kpi.Board, *rand.Rand) {
	b.Helper()
	random := rand.New(rand.NewPCG(1, 1))
	facts := make([]kpi.Fact, 20_000)
	for i := range facts {
		facts[i] = randomFact(random, fmt.Sprint(i), 1, begin)
		facts[i].Path = []string{"67", fmt.Sprint(660 + i%8), fmt.Sprint(24600 + i%71)}
	}
	board := kpi.NewBoard(vietnam(b))
	board.Load(facts, begin)
	return board, random
}

func BenchmarkApply(b *testing.B) {
	board, random := benchmarkBoard(b)
	version := int64(1)
	for b.Loop() {
		version++
		board.Apply(randomFact(random, fmt.Sprint(random.IntN(20_000)), version, begin), begin)
	}
}

func BenchmarkValuesOfTheProvince(b *testing.B) {
	board, _ := benchmarkBoard(b)
	for b.Loop() {
		board.Values(kpi.Area{Division: "vn-2022", Code: "67"})
	}
}
