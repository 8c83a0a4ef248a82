package report_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"toancanh/server/report"
)

// Random lawful acts: whatever a report goes through, it stays whole.
func TestRandomLawfulActsKeepAReportWhole(t *testing.T) {
	t.Parallel()
	b := rulebook(t)
	codes := []string{"XD", "AN", "MT", "CR", "KH", "DN"}
	done := map[report.ActName]int{}
	for seed := range uint64(800) {
		random := rand.New(rand.NewPCG(seed, 7))
		d := draft()
		d.Category = codes[random.IntN(len(codes))]
		d.Emergency = random.IntN(5) == 0
		d.HasContact = random.IntN(4) > 0
		now := at(t, "2026-01-01 00:00").Add(time.Duration(random.Int64N(int64(360 * 24 * time.Hour))))
		r, e, err := b.New(d, born(now))
		if err != nil {
			t.Fatal(err)
		}
		first, entries, states := r, []report.Entry{e}, []report.Report{r}
		for range 25 {
			checkWhole(t, r)
			now = now.Add(time.Duration(random.Int64N(int64(40 * time.Hour))))
			checkLate(t, b, r)
			acts, sender := allowed(r), report.SenderMay(r, now)
			if len(acts)+len(sender) == 0 {
				break
			}
			i := random.IntN(len(acts) + len(sender))
			name := append(acts, sender...)[i]
			if name == report.Withdraw && random.IntN(10) > 0 {
				continue
			}
			before := snapshot(t, r)
			act := lawfulAct(random, r, name, now)
			if i >= len(acts) {
				act.Actor = report.Citizen
			}
			next, entry, err := b.Apply(r, act, now)
			if err != nil {
				t.Fatalf("seed %d: %s at %s: %v", seed, name, r.Status, err)
			}
			if got := snapshot(t, r); got != before {
				t.Fatalf("seed %d: %s changed its argument:\n%s\n%s", seed, name, before, got)
			}
			done[name]++
			checkStep(t, r, next)
			r, entries, states = next, append(entries, entry), append(states, next)
		}
		checkWhole(t, r)
		checkTimeline(t, r, entries)
		checkReplay(t, b, first, r, entries)
		checkRewind(t, b, entries, states)
	}
	for _, a := range []report.ActName{report.Accept, report.Refuse, report.Merge, report.Ask, report.Supplement, report.Assign, report.Return, report.Start, report.RequestExtension, report.ApproveExtension, report.DenyExtension, report.Resolve, report.Publish, report.Reopen, report.Complete, report.Withdraw, report.ConfirmPlace, report.AddPhoto, report.RedactPhoto, report.Rate, report.Escalate, report.Inform, report.AskVisit, report.ArriveVisit, report.FinishVisit} {
		if done[a] == 0 {
			t.Errorf("no walk came to %s", a)
		}
	}
}

// allowed are the acts lawful now, also those that come with a photo, a visit or a happening.
func allowed(r report.Report) []report.ActName {
	acts := report.Allowed(r)
	if r.TakesPhotos() {
		acts = append(acts, report.AddPhoto)
	}
	for _, a := range []report.ActName{report.AskVisit, report.ArriveVisit, report.FinishVisit} {
		if r.May(a) {
			acts = append(acts, a)
		}
	}
	if r.WithdrawnAt == nil {
		acts = append(acts, report.RedactPhoto, report.Inform)
	}
	return acts
}

// lawfulAct fills in what an act needs.
func lawfulAct(random *rand.Rand, r report.Report, name report.ActName, now time.Time) report.Act {
	until := now.Add(time.Hour)
	if r.Due.Resolve != nil && r.Due.Resolve.After(until) {
		until = *r.Due.Resolve
	}
	until = until.Add(time.Duration(1+random.IntN(100)) * time.Hour)
	a := report.Act{Name: name, Version: r.Version, Reason: "lý do", Text: "nội dung", Parent: "AAAA-BBBB", Unit: fmt.Sprintf("so-%d", random.IntN(1000)), Until: &until}
	a.Photo = fmt.Sprintf("ảnh-%d", random.IntN(3))
	if random.IntN(3) > 0 {
		a.Copy = fmt.Sprintf("bản-%d", random.IntN(1000))
	}
	a.Rating = report.Rating{
		Solved: []report.Solved{report.SolvedYes, report.SolvedPartly, report.SolvedNo}[random.IntN(3)],
		Manner: []report.Manner{report.HaiLong, report.ChapNhan, report.KhongHaiLong}[random.IntN(3)],
	}
	if a.Unit == r.Unit {
		a.Unit += "b"
	}
	for a.Level = r.Level; a.Level == r.Level; {
		a.Level = report.Levels()[random.IntN(len(report.Levels()))]
	}
	if name == report.ApproveExtension && random.IntN(2) == 0 {
		a.Until = nil
	}
	if random.IntN(2) == 0 {
		area := fmt.Sprint(24611 + random.IntN(5))
		a.Place = &report.Placed{Division: "vn-2022", Area: area, Path: []string{"67", "660", area}}
	}
	return a
}

// checkLate asks for what a sender may do in the last instant of its limit and refuses it in the next.
func checkLate(t *testing.T, b *report.Rulebook, r report.Report) {
	t.Helper()
	until := r.SenderUntil()
	if until == nil || until.Before(r.ChangedAt) {
		return
	}
	for _, name := range []report.ActName{report.Rate, report.Reopen} {
		act := report.Act{Name: name, Actor: report.Citizen, Reason: "lý do", Rating: report.Rating{Solved: report.SolvedYes, Manner: report.HaiLong}}
		if _, _, err := b.Apply(r, act, *until); err != nil {
			t.Fatalf("%s at %s in time: %v", name, r.Status, err)
		}
		if _, _, err := b.Apply(r, act, until.Add(time.Microsecond)); err == nil || len(report.SenderMay(r, until.Add(time.Microsecond))) > 0 {
			t.Fatalf("%s at %s too late is not refused", name, r.Status)
		}
	}
}

func checkWhole(t *testing.T, r report.Report) {
	t.Helper()
	if !r.Status.Known() {
		t.Fatalf("status %q", r.Status)
	}
	if r.Open() && r.Running() == nil && r.Status != report.CanBoSung {
		t.Fatalf("no clock runs at %s", r.Status)
	}
	if paused := r.Status == report.CanBoSung || r.Status == report.TraLai; paused != (r.PausedAt != nil) {
		t.Fatalf("at %s paused at %v", r.Status, r.PausedAt)
	}
	if waits := r.Status == report.CanBoSung || r.Status == report.XinGiaHan; waits != (r.Before != "") {
		t.Fatalf("at %s before is %q", r.Status, r.Before)
	}
	if (r.Status == report.XinGiaHan) != (r.ExtensionUntil != nil) {
		t.Fatalf("at %s extension until %v", r.Status, r.ExtensionUntil)
	}
	if (r.Due.Original == nil) != (r.AssignedAt == nil) || (r.Due.Resolve == nil) != (r.AssignedAt == nil) {
		t.Fatalf("assigned %v, resolve %v, original %v", r.AssignedAt, r.Due.Resolve, r.Due.Original)
	}
	if r.Status.Final() != (r.ClosedAt != nil) {
		t.Fatalf("at %s closed at %v", r.Status, r.ClosedAt)
	}
	if handled := slices.Contains([]report.Status{report.DaXuLy, report.CongKhai, report.HoanThanh}, r.Status); handled != (r.ResolvedAt != nil) {
		t.Fatalf("at %s resolved at %v", r.Status, r.ResolvedAt)
	}
	if r.Open() == (r.EndedAt() != nil) {
		t.Fatalf("open %v, ended at %v", r.Open(), r.EndedAt())
	}
	if r.WithdrawnAt != nil && (r.Photos != 0 || r.PublicPhotos != nil) {
		t.Fatalf("withdrawn with %d photos, %v public", r.Photos, r.PublicPhotos)
	}
	seen := map[string]bool{}
	for _, p := range r.PublicPhotos {
		if p.Photo == "" || p.Copy == "" || seen[p.Photo] {
			t.Fatalf("public photos %v", r.PublicPhotos)
		}
		seen[p.Photo] = true
	}
	order := []*time.Time{&r.ReceivedAt, r.AcceptedAt, r.AssignedAt, r.ResolvedAt, r.PublishedAt}
	last := r.ReceivedAt
	for _, at := range order {
		if at != nil {
			if at.Before(last) || at.After(r.ChangedAt) {
				t.Fatalf("times out of order at %s: %v", r.Status, order)
			}
			last = *at
		}
	}
}

func checkStep(t *testing.T, before, after report.Report) {
	t.Helper()
	if after.Version != before.Version+1 || after.ChangedAt.Before(before.ChangedAt) {
		t.Fatalf("version %d to %d, changed %s to %s", before.Version, after.Version, before.ChangedAt, after.ChangedAt)
	}
	if moved := before.Level != after.Level; moved && !cmp.Equal(before.Due, after.Due) {
		t.Fatalf("another level has other deadlines: %+v, %+v", before.Due, after.Due)
	}
	if before.Due.Original != nil && !after.Due.Original.Equal(*before.Due.Original) {
		t.Fatalf("the original deadline moved")
	}
}

func checkTimeline(t *testing.T, r report.Report, entries []report.Entry) {
	t.Helper()
	if int64(len(entries)) != r.Version {
		t.Fatalf("%d entries at version %d", len(entries), r.Version)
	}
	folded, err := report.Fold(entries)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(r.Standing(), folded); diff != "" {
		t.Fatalf("Fold (-report +timeline):\n%s", diff)
	}
	for i := range entries {
		if i > 0 {
			if _, err := report.Fold(slices.Delete(slices.Clone(entries), i-1, i)); err == nil {
				t.Fatalf("Fold does not miss entry %d", i)
			}
		}
	}
}

// checkReplay does the acts of the timeline again: the same report must come out.
func checkReplay(t *testing.T, b *report.Rulebook, r, want report.Report, entries []report.Entry) {
	t.Helper()
	for _, e := range entries[1:] {
		a := report.Act{Name: e.Act, Actor: e.Actor, Unit: e.Unit, Reason: e.Reason, Text: e.Text, Parent: e.Parent, Until: e.Until, Photo: e.Photo, Copy: e.Copy, Rating: e.Rating, Level: e.Level}
		if e.Act == report.ApproveExtension && r.ExtensionUntil.Equal(*e.Until) {
			a.Until = nil // as asked for, though that day may have passed meanwhile
		}
		if e.Area != "" {
			a.Place = &report.Placed{Division: "vn-2022", Area: e.Area, Path: []string{"67", "660", e.Area}}
		}
		var err error
		if r, _, err = b.Apply(r, a, e.At); err != nil {
			t.Fatalf("replay of %s: %v", e.Act, err)
		}
	}
	if diff := cmp.Diff(want, r); diff != "" {
		t.Fatalf("replayed (-want +got):\n%s", diff)
	}
}

func snapshot(t *testing.T, r report.Report) string {
	t.Helper()
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestFoldSaysWhereTheChainIsBroken(t *testing.T) {
	t.Parallel()
	s := begin(t, draft(), "2026-11-16 08:00").does("2026-11-16 09:00", accept).does("2026-11-16 10:00", assign)
	cases := map[string]func([]report.Entry){
		"another status before":   func(es []report.Entry) { es[2].From = report.Moi },
		"another status after":    func(es []report.Entry) { es[2].To = report.DangXuLy },
		"a number twice":          func(es []report.Entry) { es[2].N = 2 },
		"older than its neighbor": func(es []report.Entry) { es[2].At = es[0].At.Add(-time.Second) },
		"no birth":                func(es []report.Entry) { es[0].Act = report.Accept },
		"a rating that leads elsewhere": func(es []report.Entry) {
			es[2].Act, es[2].From, es[2].To = report.Rate, report.CongKhai, report.HoanThanh
			es[1].To = report.CongKhai
		},
		"an unlawful act": func(es []report.Entry) { es[2].Act = report.Publish },
	}
	for name, spoil := range cases {
		entries := slices.Clone(s.entries)
		spoil(entries)
		if got, err := report.Fold(entries); err == nil {
			t.Errorf("%s: Fold = %+v, want an error", name, got)
		}
	}
}

func BenchmarkApply(b *testing.B) {
	s := begin(b, draft(), "2026-11-16 08:00").does("2026-11-16 09:00", accept)
	now := at(b, "2026-11-16 10:00")
	for b.Loop() {
		if _, _, err := s.book.Apply(s.r, assign, now); err != nil {
			b.Fatal(err)
		}
	}
}
