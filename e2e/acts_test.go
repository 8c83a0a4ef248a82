//go:build e2e

package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"toancanh/server/report"
)

// TestKilledMidActLeavesWhatTheTimelineSays kills the program at random instants while officers act on reports, each act sent
// again until it is answered. Then every report stands where its timeline leads, and every act is there once.
func TestKilledMidActLeavesWhatTheTimelineSays(t *testing.T) {
	t.Parallel()
	s := up(t)
	s.start()
	s.awaitReady(readyWithin)
	o := officersOf(t, s)
	for range times(3, 200) {
		o.awaitDone(2 + rand.N(12))
		time.Sleep(time.Duration(rand.IntN(40)) * time.Millisecond) // any instant of an act
		s.kill()
		s.start()
		s.awaitReady(readyWithin)
	}
	o.awaitDone(10)
	o.stop()
	o.check(s.embeddedPool())
}

// officers act on reports of their own, one officer a report, so that nobody else can be why an act is refused.
type officers struct {
	t      testing.TB
	server *server
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu   sync.Mutex
	done []deed
}

func officersOf(t testing.TB, s *server) *officers {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	o := &officers{t: t, server: s, cancel: cancel}
	category, at := s.categories()[0], s.communes()[0]
	for range 4 {
		o.wg.Go(func() {
			for ctx.Err() == nil {
				o.live(ctx, category, at)
			}
		})
	}
	t.Cleanup(o.stop)
	return o
}

func (o *officers) stop() {
	o.cancel()
	o.wg.Wait()
}

// awaitDone waits until so many more acts are answered.
func (o *officers) awaitDone(more int) {
	o.t.Helper()
	count := func() int {
		o.mu.Lock()
		defer o.mu.Unlock()
		return len(o.done)
	}
	want := count() + more
	eventually(o.t, "officers go on", 30*time.Second, func() bool { return count() >= want }, func() string {
		return fmt.Sprintf("%d of %d acts", count(), want)
	})
}

// stand is where a report stands, as an act's answer tells it.
type stand struct {
	Report struct {
		ID      string
		Status  string
		Unit    string
		Version int64
		Due     struct{ Resolve *time.Time }
	}
	Allowed []report.ActName
}

// live takes one report through some of its acts.
func (o *officers) live(ctx context.Context, category string, at place) {
	var made struct{ ID string }
	o.ask(ctx, "/api/v1/reports", map[string]any{
		"category": category, "description": "Ổ gà " + uuid.NewString(), "location": map[string]float64{"lat": at.Lat, "lon": at.Lon},
		"contact": map[string]string{"phone": "0912345678"},
	}, http.StatusCreated, &made)
	now := stand{Allowed: []report.ActName{report.Accept}}
	now.Report.ID, now.Report.Version = made.ID, 1
	for range 12 {
		possible := slices.DeleteFunc(now.Allowed, func(a report.ActName) bool { return acting(a, now) == nil })
		if len(possible) == 0 || ctx.Err() != nil {
			return
		}
		act := possible[rand.N(len(possible))]
		before := now.Report.Version
		var after stand
		if !o.ask(ctx, "/api/v1/reports/"+made.ID+"/acts", acting(act, now), http.StatusOK, &after) {
			return
		}
		now = after
		o.mu.Lock()
		o.done = append(o.done, deed{made.ID, string(act), before + 1})
		o.mu.Unlock()
	}
}

// acting is what an act carries; nil for those of which there is no telling here what they need, and for the withdrawal, which
// ends everything.
func acting(a report.ActName, now stand) map[string]any {
	body := map[string]any{"act": a, "version": now.Report.Version}
	switch a {
	case report.Accept, report.Start, report.Complete, report.ConfirmPlace, report.ApproveExtension:
	case report.Refuse, report.Ask, report.Return, report.DenyExtension, report.Reopen:
		body["reason"] = "Lý do của lần thử"
	case report.Assign:
		body["unit"] = "so-xd"
		if now.Report.Unit == "so-xd" { // the same again would be refused
			body["unit"] = "so-yt"
		}
	case report.Supplement, report.Resolve, report.Publish:
		body["text"] = "Nội dung của lần thử"
	case report.RequestExtension:
		if now.Report.Due.Resolve == nil {
			return nil
		}
		body["reason"], body["until"] = "Chờ vật tư", now.Report.Due.Resolve.AddDate(0, 0, 1).Format(time.RFC3339)
	default:
		return nil
	}
	return body
}

// ask sends until somebody answers. The same key and body each time: an answer that was lost is found again.
func (o *officers) ask(ctx context.Context, path string, body map[string]any, status int, into any) bool {
	raw, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	key := uuid.NewString()
	for ctx.Err() == nil {
		a, err := o.server.api().send(http.MethodPost, path, header(key), raw)
		switch {
		case err != nil || a.status >= 500 || a.status == http.StatusTooManyRequests:
			time.Sleep(20 * time.Millisecond)
		case a.status != status:
			o.t.Errorf("%s %s was answered %d: %s", path, raw, a.status, a.body)
			return false
		default:
			if err := json.Unmarshal(a.body, into); err != nil {
				o.t.Errorf("%s: %v", path, err)
				return false
			}
			return true
		}
	}
	return false
}

// check folds every timeline and compares it with its report, and finds every answered act once.
func (o *officers) check(pool *pgxpool.Pool) {
	t := o.t
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	timelines := map[string][]report.Entry{}
	rows, err := pool.Query(ctx, `select report_id::text, n, act, from_status, to_status, unit, level, at from report_act order by report_id, n`)
	if err != nil {
		t.Fatal(err)
	}
	var id string
	var e report.Entry
	if _, err := pgx.ForEachRow(rows, []any{&id, &e.N, (*string)(&e.Act), (*string)(&e.From), (*string)(&e.To), &e.Unit, (*string)(&e.Level), &e.At}, func() error {
		e.At = e.At.UTC()
		timelines[id] = append(timelines[id], e)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	kept := map[string]report.Standing{}
	rows, err = pool.Query(ctx, `select id::text, status, version, accepted_at, assigned_at, resolved_at, published_at, closed_at, withdrawn_at,
		unit, level, bounces, reopens from report`)
	if err != nil {
		t.Fatal(err)
	}
	var k report.Standing
	if _, err := pgx.ForEachRow(rows, []any{
		&id, (*string)(&k.Status), &k.Version, &k.AcceptedAt, &k.AssignedAt, &k.ResolvedAt, &k.PublishedAt, &k.ClosedAt, &k.WithdrawnAt,
		&k.Unit, (*string)(&k.Level), &k.Bounces, &k.Reopens,
	}, func() error {
		kept[id] = k
		k = report.Standing{}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if len(kept) == 0 || len(kept) != len(timelines) {
		t.Errorf("%d reports, %d timelines", len(kept), len(timelines))
	}
	sameTime := cmp.Comparer(func(x, y time.Time) bool { return x.Equal(y) })
	for id, r := range kept {
		folded, err := report.Fold(timelines[id])
		if err != nil {
			t.Errorf("timeline of %s: %v", id, err)
		} else if diff := cmp.Diff(folded, r, sameTime); diff != "" {
			t.Errorf("report %s is not what its timeline says (-timeline +report):\n%s", id, diff)
		}
	}
	for _, d := range o.done {
		line := timelines[d.id]
		if int64(len(line)) < d.version || string(line[d.version-1].Act) != d.act {
			t.Errorf("answered act %s of %s is not its entry %d", d.act, d.id, d.version)
		}
	}
	t.Logf("%d acts on %d reports", len(o.done), len(kept))
}
