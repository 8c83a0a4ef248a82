package api_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/cmd/toancanh/replaying"
	"toancanh/server/access"
	"toancanh/server/api"
	"toancanh/server/auth"
	"toancanh/server/forecast"
	"toancanh/server/store"
)

type scoreAnswer struct {
	Precision, Recall, F1 float64
	Hits, False, Silent   int
}

type forecastAnswer struct {
	Shown  bool
	WhyNot string    `json:"why_not"`
	AsOf   time.Time `json:"as_of"`
	Skill  *struct {
		From, Split, To                time.Time
		Learned, Judged, Missed, Hours int
		Threshold                      float64
		Rule                           scoreAnswer
		NotStarted                     scoreAnswer `json:"not_started"`
		AllDue                         scoreAnswer `json:"all_due"`
	}
	Reports []struct {
		ID, Code, Category, Unit, Area, Why, Act string
		Due                                      time.Time
		Chance                                   float64
		Alike                                    struct {
			Unit, Category, Stage, Left string
			Kept, Of                    int
		}
	}
	More bool
}

// played is a real file of another city: where it lies beside the repository, of which it is no part, and when its newest
// report comes in. That is the day of the week and the hour it has in the file, so that its city works while offices work
// here, and no holiday of ours is near.
type played struct {
	name, file string
	newest     time.Time
}

// answered is how long after the newest report the files are judged: by then nearly all is closed that ever is.
const answered = 30 * 24 * time.Hour

// TestTheForecastOnReplayedFiles plays real files in through the replay and prints the backtest, the figures of
// docs/forecast.md. It holds the product to its word: what is not better is not shown.
func TestTheForecastOnReplayedFiles(t *testing.T) {
	t.Parallel()
	if os.Getenv("TOANCANH_LONG") == "" {
		t.Skip("plays thousands of reports; set TOANCANH_LONG=1")
	}
	for _, p := range []played{
		{"New York 2025", "../../../shared/data/311/nyc-animals-2025.csv", time.Date(2025, 7, 17, 18, 20, 1, 0, time.UTC)},
		{"San Francisco 2011", "../../../shared/data/open311/sf-2011-requests.json", time.Date(2011, 6, 28, 5, 59, 1, 0, time.UTC)},
	} {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			if _, err := os.Stat(p.file); err != nil {
				t.Skipf("the file is missing: %v", err)
			}
			got := p.judged(t)
			s := got.Skill
			if s == nil {
				t.Fatalf("nothing was learned: %s", got.WhyNot)
			}
			var table strings.Builder
			fmt.Fprintf(&table, "learned %d, judged %d (%d missed) at %d working hours, warned from a chance of %.2f\n",
				s.Learned, s.Judged, s.Missed, s.Hours, s.Threshold)
			for _, line := range []struct {
				name string
				scoreAnswer
			}{{"rule", s.Rule}, {"not started", s.NotStarted}, {"all due", s.AllDue}} {
				fmt.Fprintf(&table, "%-12s precision %.3f recall %.3f F1 %.3f (%d hits, %d false, %d silent)\n",
					line.name, line.Precision, line.Recall, line.F1, line.Hits, line.False, line.Silent)
			}
			t.Logf("%sshown: %t. %s", table.String(), got.Shown, got.WhyNot)
			if better := s.Rule.F1 > max(s.NotStarted.F1, s.AllDue.F1); got.Shown && !better || !got.Shown && len(got.Reports) > 0 {
				t.Errorf("shown %t with %d reports", got.Shown, len(got.Reports))
			}
		})
	}
}

// judged plays the file into a house and asks for its forecast.
func (p played) judged(t *testing.T) forecastAnswer {
	t.Helper()
	h := newHouse(t, func(c *api.Config, _ *fiber.App) { c.Now = func() time.Time { return p.newest.Add(answered) } })
	base, err := url.Parse(h.base)
	must(t, err)
	// The replay lays the newest report at the first instant it is told, and leaves out what comes after those it is told
	// while it sends.
	now := p.newest
	summary, err := replaying.Run(t.Context(), replaying.Options{
		Base: base, Key: h.key(auth.RightHistory), Files: []string{p.file}, Span: -1,
		Now: func() time.Time { at := now; now = p.newest.Add(answered); return at },
	})
	must(t, err)
	t.Logf("%d reports played, refused %v", summary.Reports, summary.Refused)
	return read[forecastAnswer](t, h.do(call{method: "GET", path: "/api/v1/forecast"}), 200)
}

// worked is a report of the past: where it lies, whose it is, how far the work on it came and, for a resolved one, after how
// long. AN and DN are due 24 hours after they are assigned, by the clock of all hours.
type worked struct {
	category, unit string
	lat, lon       float64
	at             time.Time
	acts           []string
	took           time.Duration
}

func (w worked) sent() map[string]any {
	acts := []map[string]any{}
	for i, name := range w.acts {
		act := map[string]any{"act": name, "at": w.at.Add(time.Duration(i+1) * time.Second)}
		switch name {
		case "assign":
			act["unit"] = w.unit
		case "resolve":
			act["text"], act["at"] = "Đã xong", w.at.Add(w.took)
		}
		acts = append(acts, act)
	}
	return map[string]any{
		"category": w.category, "description": "Việc của " + w.unit, "location": map[string]float64{"lat": w.lat, "lon": w.lon},
		"received_at": w.at, "acts": acts,
	}
}

func (h *house) load(list ...worked) {
	h.t.Helper()
	sent := make([]map[string]any, len(list))
	for i, w := range list {
		sent[i] = w.sent()
	}
	a := h.do(call{method: "POST", path: "/api/v1/history", key: h.key(auth.RightHistory), body: map[string]any{"reports": sent}})
	if got := read[struct{ Accepted int }](h.t, a, 200).Accepted; got != len(list) {
		h.t.Fatalf("took %d of %d reports: %s", got, len(list), a.body)
	}
}

// habits are two units of the last weeks: what the power company is late with nine times of ten, the police is in time with.
func habits(now time.Time) []worked {
	var list []worked
	started := []string{"accept", "assign", "start", "resolve"}
	for i := range 100 {
		late, soon := 30*time.Hour, 23*time.Hour+50*time.Minute
		if i%10 == 0 {
			late, soon = soon, late
		}
		at := now.Add(-3*24*time.Hour - time.Duration(i)*11*time.Hour)
		list = append(list, worked{"DN", "dien-luc", 12.007, 107.696, at, started, late}, worked{"AN", "cong-an", 12.007, 107.696, at, started, soon})
	}
	return list
}

func (v *visitor) forecast() forecastAnswer {
	v.h.t.Helper()
	return read[forecastAnswer](v.h.t, v.try("GET", "/api/v1/forecast", nil), 200)
}

func TestTheForecastWarnsOfWhatIsUsuallyLate(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	now := time.Now().UTC()
	h.load(habits(now)...)
	begun := []string{"accept", "assign", "start"}
	h.load(
		worked{"DN", "dien-luc", 12.007, 107.696, now.Add(-22*time.Hour - 30*time.Minute), begun, 0}, // in Gia Nghĩa
		worked{"DN", "dien-luc", 12.034, 107.905, now.Add(-22*time.Hour - 30*time.Minute), begun, 0}, // in Đăk Glong
		worked{"AN", "cong-an", 12.007, 107.696, now.Add(-22*time.Hour - 30*time.Minute), begun, 0},  // will be in time
		worked{"DN", "dien-luc", 12.007, 107.696, now.Add(-19 * time.Hour), begun, 0},                // due in five hours
		worked{"DN", "dien-luc", 12.007, 107.696, now.Add(-25 * time.Hour), begun, 0},                // late already
		worked{"DN", "dien-luc", 12.007, 107.696, now.Add(-22 * time.Hour), []string{"accept"}, 0},   // nobody's: no T3 runs
	)
	lead := h.as(access.ShiftLead, province())
	got := lead.forecast()
	if !got.Shown || got.WhyNot != "" || got.Skill == nil {
		t.Fatalf("not shown: %s", got.WhyNot)
	}
	if s := got.Skill; s.Learned < 100 || s.Judged < 50 || s.Rule.F1 < s.AllDue.F1+.05 || s.NotStarted.F1 != 0 || s.Rule.Hits == 0 {
		t.Errorf("skill %+v", s)
	}
	if len(got.Reports) != 2 || got.More {
		t.Fatalf("warned of %+v, want the two that are due in an hour and a half", got.Reports)
	}
	for _, r := range got.Reports {
		if r.Category != "DN" || r.Unit != "dien-luc" || r.Act != "extend" || r.Chance < .8 || r.Chance > .95 || r.Code == "" || r.Due.Before(now.Add(time.Hour)) {
			t.Errorf("warned of %+v", r)
		}
		if n := r.Alike; n.Unit != "dien-luc" || n.Category != "DN" || n.Stage != "started" || n.Left != "1_2h" || n.Of < 90 ||
			r.Why != fmt.Sprintf("Công ty Điện lực kịp %d trong %d việc “Điện, viễn thông” đang xử lý khi còn 1–2 giờ.", n.Kept, n.Of) {
			t.Errorf("because of %+v: %s", n, r.Why)
		}
	}
	t.Run("each sees what they may", func(t *testing.T) {
		seen := map[string]bool{}
		for _, scope := range []access.Scope{district(), foreign()} {
			mine := h.as(access.Operator, scope).forecast()
			if len(mine.Reports) != 1 {
				t.Fatalf("within %v: warned of %+v", scope, mine.Reports)
			}
			seen[mine.Reports[0].Code] = true
		}
		if len(seen) != 2 {
			t.Error("both districts see the same report")
		}
		problem(t, h.as(access.CommunityTeam, province()).try("GET", "/api/v1/forecast", nil), 403)
		problem(t, h.do(call{method: "GET", path: "/api/v1/forecast"}), 401)
		problem(t, lead.try("GET", "/api/v1/forecast?hours=8", nil), 422)
	})
}

// forgetful is a store that tells of the past only when it is let.
type forgetful struct {
	api.Store
	asked chan struct{}
	tell  chan error
}

func (f *forgetful) HandledReports(ctx context.Context, h store.Handled) ([]forecast.Past, error) {
	f.asked <- struct{}{}
	if err := <-f.tell; err != nil {
		return nil, err
	}
	return f.Store.HandledReports(ctx, h)
}

func TestTheForecastLearnsOnceAnHourAndKeepsNobodyWaiting(t *testing.T) {
	t.Parallel()
	begin := time.Now().UTC()
	var ahead atomic.Int64
	f := &forgetful{asked: make(chan struct{}), tell: make(chan error)}
	h := newHouse(t, func(c *api.Config, _ *fiber.App) {
		f.Store, c.Store = c.Store, f
		c.Now = func() time.Time { return begin.Add(time.Duration(ahead.Load())) }
	})
	ask := call{method: "GET", path: "/api/v1/forecast"}
	// asking asks, tells the store what to say, and meanwhile asks once more.
	asking := func(told error) (first, meanwhile answer) {
		done := make(chan answer)
		go func() { a, _ := h.try(ask); done <- a }()
		<-f.asked
		meanwhile = h.do(ask)
		f.tell <- told
		return <-done, meanwhile
	}
	waits := func(a answer) {
		t.Helper()
		if got := read[forecastAnswer](t, a, 200); got.Shown || got.Skill != nil || !strings.Contains(got.WhyNot, "Chưa học xong") || got.Reports == nil {
			t.Errorf("answered %s", a.body)
		}
	}
	failed, meanwhile := asking(errors.New("away"))
	problem(t, failed, 500)
	waits(meanwhile)
	waits(h.do(ask)) // for a minute it is not tried again
	ahead.Add(int64(time.Minute))
	first, meanwhile := asking(nil)
	waits(meanwhile)
	one := read[forecastAnswer](t, first, 200)
	if one.Skill == nil || one.Shown || !strings.Contains(one.WhyNot, "Chưa đủ số liệu") {
		t.Fatalf("answered %s", first.body)
	}
	ahead.Add(int64(time.Hour - time.Second))
	if got := read[forecastAnswer](t, h.do(ask), 200); !got.Skill.To.Equal(one.Skill.To) {
		t.Error("learned anew within the hour")
	}
	ahead.Add(int64(time.Second))
	later, meanwhile := asking(errors.New("away again"))
	for _, a := range []answer{later, meanwhile} { // what was learned before goes on
		if got := read[forecastAnswer](t, a, 200); got.Skill == nil || !got.Skill.To.Equal(one.Skill.To) {
			t.Errorf("answered %s", a.body)
		}
	}
	ahead.Add(int64(time.Minute))
	fresh, _ := asking(nil)
	if got := read[forecastAnswer](t, fresh, 200); !got.Skill.To.After(one.Skill.To) {
		t.Error("not learned anew after the hour")
	}
}
