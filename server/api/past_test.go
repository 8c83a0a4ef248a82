package api_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

type pastPicture struct {
	At   time.Time `json:"at"`
	Data struct {
		Reports []struct {
			ID, Status, Summary string
			Version             int64
		}
		Truncated int
	}
	Levels []struct {
		Key  string
		Data map[string]any
	}
	CompleteFrom time.Time `json:"complete_from"`
	Origin       string
}

type pastPage struct {
	From, To time.Time
	StepS    int `json:"step_s"`
	Events   []struct {
		Kind, ID string
		Version  int64
		Seq      int64
		At       time.Time
	}
	Levels []struct {
		At    time.Time
		Items []struct{ Key string }
	}
}

const provinceWall = "wall/vn-2022/67"

func pastPath(path string, pairs ...string) string {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return "/api/v1/past" + path + "?" + v.Encode()
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// told finds a level of a picture.
func (p pastPicture) told(key string) map[string]any {
	for _, l := range p.Levels {
		if l.Key == key {
			return l.Data
		}
	}
	return nil
}

func TestLookingBackAtAReport(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	before := time.Now()
	body := `{"category":"MT","description":"Rác ở cổng chợ, gọi 0912345678","location":{"lat":12.007,"lon":107.696}}`
	receipt := read[struct{ ID string }](t, h.do(call{method: "POST", path: "/api/v1/reports", body: []byte(body)}), 201)
	act := func(name string, version int, more string) {
		t.Helper()
		body := fmt.Sprintf(`{"act":%q,"version":%d%s}`, name, version, more)
		h.do(call{method: "POST", path: "/api/v1/reports/" + receipt.ID + "/acts", body: []byte(body)})
	}
	received := time.Now()
	act("accept", 1, "")
	accepted := time.Now()
	look := func(at time.Time) pastPicture {
		t.Helper()
		return read[pastPicture](t, h.do(call{method: "GET", path: pastPath("", "topic", provinceWall, "at", stamp(at))}), 200)
	}
	pages := func() pastPage {
		t.Helper()
		return read[pastPage](t, h.do(call{method: "GET", path: pastPath("/changes", "topic", provinceWall, "from", stamp(before), "to", stamp(accepted))}), 200)
	}

	t.Run("it is not there before it was received", func(t *testing.T) {
		// Nothing had been counted yet: that is not a 0.
		if p := look(before.Add(-time.Minute)); len(p.Data.Reports) != 0 || p.told("kpi/open") != nil {
			t.Errorf("%d reports, open %v", len(p.Data.Reports), p.told("kpi/open"))
		}
	})
	t.Run("it stands as it stood then, and is redacted", func(t *testing.T) {
		p := look(received)
		if len(p.Data.Reports) != 1 || p.Data.Reports[0].Status != "moi" || p.Data.Reports[0].Version != 1 || p.told("kpi/open")["value"] != 1.0 {
			t.Fatalf("after its receipt: %+v, open %v", p.Data.Reports, p.told("kpi/open"))
		}
		if s := p.Data.Reports[0].Summary; strings.Contains(s, "0912345678") || !strings.Contains(s, "Rác") {
			t.Errorf("summary %q", s)
		}
		if p := look(accepted); p.Data.Reports[0].Status != "da_tiep_nhan" || p.Origin != "simulated" {
			t.Errorf("after its acceptance: %+v, origin %q", p.Data.Reports, p.Origin)
		}
	})
	t.Run("what happened is told in order", func(t *testing.T) {
		p := pages()
		if len(p.Events) != 2 || p.Events[0].Version != 1 || p.Events[1].Version != 2 || p.Events[1].Seq != 2 {
			t.Errorf("events %+v", p.Events)
		}
		if !p.To.Equal(accepted.UTC()) || p.StepS != 10 {
			t.Errorf("to %s, step %d", p.To, p.StepS)
		}
		if len(p.Levels) == 0 {
			t.Error("the counters moved and no level says so")
		}
	})
	t.Run("once withdrawn it was never there, and the numbers stay those of then", func(t *testing.T) {
		act("withdraw", 2, `,"reason":"Người gửi yêu cầu"`)
		p := look(received)
		if raw, err := json.Marshal(p); err != nil || strings.Contains(string(raw), "Rác") || len(p.Data.Reports) != 0 {
			t.Errorf("a withdrawn report is shown: %s, %v", raw, err)
		}
		if p.told("kpi/open")["value"] != 1.0 {
			t.Errorf("open %v", p.told("kpi/open"))
		}
		if got := pages(); len(got.Events) != 0 {
			t.Errorf("events %+v", got.Events)
		}
	})
}

func TestLookingBackRefusesWhatCannotBeLookedAt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	now := time.Now()
	const day = 24 * time.Hour
	for name, tc := range map[string]struct{ path, field, reason string }{
		"the future":           {pastPath("", "topic", provinceWall, "at", stamp(now.Add(time.Hour))), "at", "future"},
		"91 days":              {pastPath("", "topic", provinceWall, "at", stamp(now.Add(-91*day))), "at", "too_old"},
		"no instant":           {pastPath("", "topic", provinceWall), "at", "required"},
		"not an instant":       {pastPath("", "topic", provinceWall, "at", "hôm qua"), "at", "format"},
		"no topic":             {pastPath("", "at", stamp(now)), "topic", "required"},
		"a strange topic":      {pastPath("", "topic", "wall/vn-2022/99", "at", stamp(now)), "topic", "unknown"},
		"no topic at all":      {pastPath("", "topic", "x y", "at", stamp(now)), "topic", "unknown"},
		"topics of the desk":   {pastPath("", "topic", "ops/vn-2022/67", "at", stamp(now)), "topic", "audience"},
		"more than six hours":  {pastPath("/changes", "topic", provinceWall, "from", stamp(now.Add(-7*time.Hour)), "to", stamp(now)), "to", "too_long"},
		"backwards":            {pastPath("/changes", "topic", provinceWall, "from", stamp(now.Add(-time.Hour)), "to", stamp(now.Add(-2*time.Hour))), "to", "order"},
		"a page of the future": {pastPath("/changes", "topic", provinceWall, "from", stamp(now), "to", stamp(now.Add(time.Hour))), "to", "future"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := problem(t, h.do(call{method: "GET", path: tc.path}), 422)
			if len(p.Errors) == 0 || p.Errors[0].Field != tc.field || p.Errors[0].Reason != tc.reason {
				t.Errorf("errors %+v, want %s %s", p.Errors, tc.field, tc.reason)
			}
		})
	}
}

func TestLookingBackIsRefusedRatherThanQueuedWithoutEnd(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var statuses sync.Map
	var crowd sync.WaitGroup
	for range 60 {
		crowd.Go(func() {
			a, err := h.try(call{method: "GET", path: pastPath("", "topic", provinceWall, "at", stamp(time.Now().Add(-time.Hour)))})
			if err != nil {
				t.Errorf("look back: %v", err)
				return
			}
			if a.status == 503 && a.header.Get("Retry-After") == "" {
				t.Error("503 without Retry-After")
			}
			statuses.Store(a.status, true)
		})
	}
	crowd.Wait()
	statuses.Range(func(status, _ any) bool {
		if status != 200 && status != 503 {
			t.Errorf("status %v", status)
		}
		return true
	})
	if _, ok := statuses.Load(200); !ok {
		t.Error("nobody was answered")
	}
}
