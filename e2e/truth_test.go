//go:build e2e

package e2e_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"toancanh/schema"
)

// row is a report as the database has it.
type row struct {
	ID, Code, Status, Category, Description string
	Version                                 int64
	Open, Withdrawn, Recent                 bool
	Path                                    []string
}

// truth is what every screen must come to show.
type truth struct {
	rows   []row
	public map[string]thing // by code
}

func readTruth(ctx context.Context, pool *pgxpool.Pool) (*truth, error) {
	rows, err := pool.Query(ctx, `select id::text, code, status, category, description, version, is_open,
		withdrawn_at is not null, received_at > now() - interval '24 hours', path from report`)
	if err != nil {
		return nil, err
	}
	w := &truth{public: map[string]thing{}}
	if w.rows, err = pgx.CollectRows(rows, pgx.RowToStructByPos[row]); err != nil {
		return nil, err
	}
	if rows, err = pool.Query(ctx, "select code, status, category, text from public_report"); err != nil {
		return nil, err
	}
	var g thing
	_, err = pgx.ForEachRow(rows, []any{&g.Code, &g.Status, &g.Category, &g.Text}, func() error { w.public[g.Code] = g; return nil })
	return w, err
}

// difference says how a screen differs from the truth, empty when it does not.
func (w *truth) difference(s *screen) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range s.topics {
		topic, err := schema.ParseTopic(name)
		if err != nil {
			return err.Error()
		}
		place := s.topic[name]
		shown := place.copyThings()
		if topic.Audience == schema.Public {
			if d := w.publicDifference(shown, place.cut); d != "" {
				return name + ": " + d
			}
			continue
		}
		if d := cmp.Or(w.inDifference(topic, shown, place.cut), w.tileDifference(topic, place.levels)); d != "" {
			return name + ": " + d
		}
	}
	return ""
}

// inDifference compares what people inside see: every open report, unless the snapshot was cut, and nothing as it is not.
func (w *truth) inDifference(topic schema.Topic, shown map[string]thing, cut bool) string {
	for _, r := range w.rows {
		if !slices.Contains(r.Path, topic.Area()) {
			continue
		}
		g, ok := shown[r.ID]
		delete(shown, r.ID)
		switch {
		case ok && r.Withdrawn && topic.Audience != schema.Ops:
			return fmt.Sprintf("withdrawn report %s is still shown", r.ID)
		case !ok && r.Open && !r.Withdrawn && !cut:
			return fmt.Sprintf("open report %s version %d is missing", r.ID, r.Version)
		case !ok || r.Withdrawn:
			continue
		case g.Version != r.Version || g.Status != r.Status || g.Code != r.Code || g.Category != r.Category:
			return fmt.Sprintf("report %s is shown as version %d %s, and is version %d %s", r.ID, g.Version, g.Status, r.Version, r.Status)
		case topic.Audience == schema.Ops && g.Description != r.Description:
			return fmt.Sprintf("report %s says %q, and was sent as %q", r.ID, g.Description, r.Description)
		case topic.Audience == schema.Wall && g.Summary == "":
			return fmt.Sprintf("report %s has no summary", r.ID)
		}
	}
	for id := range shown {
		return fmt.Sprintf("report %s is shown and does not exist there", id)
	}
	return ""
}

func (w *truth) publicDifference(shown map[string]thing, cut bool) string {
	for code, g := range shown {
		r, ok := w.public[code]
		if !ok || r.Status != g.Status || r.Text != g.Text {
			return fmt.Sprintf("%s is shown as %s %q, and is %s %q", code, g.Status, g.Text, r.Status, r.Text)
		}
	}
	for code, r := range w.public {
		if _, ok := shown[code]; !ok && r.Status != "da_xu_ly" && !cut {
			return fmt.Sprintf("open report %s is missing", code)
		}
	}
	return ""
}

// tileDifference compares the counters with what they count.
func (w *truth) tileDifference(topic schema.Topic, levels map[string]schema.LevelItem) string {
	open, received := 0, 0
	for _, r := range w.rows {
		if !slices.Contains(r.Path, topic.Area()) {
			continue
		}
		if r.Recent {
			received++ // also what was withdrawn since
		}
		if r.Open && !r.Withdrawn {
			open++
		}
	}
	for key, want := range map[string]int{"kpi/open": open, "kpi/received_24h": received} {
		var tile struct {
			Value *int `json:"value"`
		}
		raw := levels[key].Data
		if err := json.Unmarshal(raw, &tile); err != nil || tile.Value == nil || *tile.Value != want {
			return fmt.Sprintf("tile %s is %s, want %d", key, raw, want)
		}
	}
	return ""
}

// agree waits until every screen is connected, believed and equal to the database, and returns how long after the
// instant the last one was.
func agree(t testing.TB, pool *pgxpool.Pool, after time.Time, within time.Duration, screens ...*screen) time.Duration {
	t.Helper()
	var missing string
	eventually(t, "every screen is equal to the database", within-time.Since(after), func() bool {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		w, err := readTruth(ctx, pool)
		if err != nil {
			missing = err.Error()
			return false
		}
		for i, s := range screens {
			if d := w.difference(s); d != "" || !s.settledNow() {
				missing = fmt.Sprintf("screen %d: %s\n%s", i, d, s.state())
				return false
			}
		}
		return true
	}, func() string { return missing })
	took := time.Since(after)
	t.Logf("%d screens equal to the database after %v", len(screens), took.Round(time.Millisecond))
	return took
}

// marked waits until every screen carries its stale mark.
func marked(t testing.TB, after time.Time, within time.Duration, screens ...*screen) {
	t.Helper()
	eventually(t, "every screen is marked stale", within-time.Since(after), func() bool {
		return !slices.ContainsFunc(screens, (*screen).believed)
	}, func() string { return states(screens) })
	t.Logf("every screen was marked stale %v after the fault", time.Since(after).Round(time.Millisecond))
}

func states(screens []*screen) string {
	var lines []string
	for _, s := range screens {
		lines = append(lines, s.state())
	}
	return strings.Join(lines, "\n")
}

// sound fails the test when a screen saw what must never happen.
func sound(screens ...*screen) {
	for _, s := range screens {
		s.t.Helper()
		s.sound()
	}
}
