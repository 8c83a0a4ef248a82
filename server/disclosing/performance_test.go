package disclosing_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"toancanh/server/disclosure"
	"toancanh/server/report"
	"toancanh/server/store"
)

// A played quarter: what happened to each report is said beside it.
func TestTheRatesOfAPlayedQuarter(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	on := h.on
	on("2026-01-05")
	h.send("GT") // long before: quarters are told
	on("2026-08-03")
	codes := make([]string, 9)
	for i := range codes {
		codes[i] = h.send("GT")
	}
	on("2026-08-04")
	for _, code := range codes[:7] { // answered in time
		h.publish(code, "Đã vá xong mặt đường.")
	}
	h.act(codes[7], report.Act{Name: report.Assign, Unit: "so-tnmt"})
	on("2026-08-06")
	for i, manner := range []report.Manner{report.ChapNhan, report.KhongHaiLong} {
		_, err := h.intake.Act(t.Context(), codes[i], report.Act{Name: report.Rate, Actor: report.Citizen, Rating: report.Rating{Solved: report.SolvedPartly, Manner: manner}})
		must(t, err)
	}
	on("2026-08-10") // opened again at once, given to others, and published anew: not resolved, and charged to whom it was
	h.act(codes[5], report.Act{Name: report.Reopen, Reason: "Chưa xong"}, report.Act{Name: report.Assign, Unit: "so-gtvt"},
		report.Act{Name: report.Resolve, Text: "x"}, report.Act{Name: report.Publish, Text: "Đã vá lại."})
	on("2026-08-30")
	h.act(codes[6], report.Act{Name: report.Reopen, Reason: "Hỏng lại"}) // after 15 days: it was resolved
	h.act(codes[8], report.Act{Name: report.Withdraw, Reason: "Gửi nhầm"})
	on("2026-10-02")
	h.act(codes[7], report.Act{Name: report.Resolve, Text: "x"}, report.Act{Name: report.Publish, Text: "Đã xong."}) // late
	h.send("GT")                                                                                                     // of the next quarter

	rates := func() (map[disclosure.Measure]int, string, map[string]int) {
		h.look()
		p, err := h.public.Picture(t.Context(), "vn-2022")
		must(t, err)
		got, units := map[disclosure.Measure]int{}, map[string]int{}
		for _, r := range p.Performance.Rates {
			switch {
			case r.Kind == disclosure.OfArea && r.Place == "67":
				got[r.Measure] = r.N
			case r.Kind == disclosure.OfUnit && r.Measure == disclosure.Accepted:
				units[r.Place] = r.N
			}
		}
		return got, spanned(p.Performance.Newest) + ", " + spanned(p.Performance.Ripe), units
	}
	young := map[disclosure.Measure]int{disclosure.Accepted: 8, disclosure.Due: 8, disclosure.Met: 7}
	on("2026-10-17")
	got, periods, _ := rates()
	if diff := cmp.Diff(young, got); diff != "" || periods != "2026-07-01 2026-09-30 2026-10-16, 2026-06-16 2026-06-30 2026-08-15" {
		t.Errorf("soon after the quarter, of %s (-want +got):\n%s", periods, diff)
	}
	on("2026-11-16")
	want := map[disclosure.Measure]int{
		disclosure.Accepted: 8, disclosure.Due: 8, disclosure.Met: 7, disclosure.Cohort: 8, disclosure.Verified: 7, disclosure.Reopened: 1,
		disclosure.Rated: 2, disclosure.Content: 1,
	}
	got, periods, units := rates()
	if diff := cmp.Diff(want, got); diff != "" || periods != "2026-07-01 2026-09-30 2026-10-16, 2026-07-01 2026-09-30 2026-11-15" {
		t.Errorf("when it is old enough, of %s (-want +got):\n%s", periods, diff)
	}
	if diff := cmp.Diff(map[string]int{"so-tnmt": 8}, units); diff != "" {
		t.Errorf("charged (-want +got):\n%s", diff)
	}
}

// spanned is a period by its days and when it is counted.
func spanned(p store.RatePeriod) string {
	if p.At.IsZero() {
		return ""
	}
	vietnam := time.FixedZone("", 7*60*60)
	return p.From.Format(time.DateOnly) + " " + p.Until.Format(time.DateOnly) + " " + p.At.In(vietnam).Format(time.DateOnly)
}

// on sets the clock to ten in the morning of a day.
func (h *house) on(day string) {
	h.t.Helper()
	at, err := time.Parse(time.DateTime, day+" 03:00:00")
	must(h.t, err)
	h.clock.Store(&at)
}

// sqlAgain counts what the reports of a span came to, from the acts alone and in another way than the store: nothing here was paused
// or extended, so the limit is the one first promised. $1 and $2 are its first and last day, $3 is when replies are counted, and
// $4 results.
const sqlAgain = `
	with first as (
		select report_id, act, min(at) as at from report_act where act in ('accept', 'resolve', 'publish') group by report_id, act
	), life as (
		select r.id, r.area, r.due_original as due,
			(select at from first where report_id = r.id and act = 'resolve') as replied,
			(select at from first where report_id = r.id and act = 'publish') as published,
			(select unit from report_act a where a.report_id = r.id and act = 'assign' order by at limit 1) as unit
		from report r join first f on f.report_id = r.id and f.act = 'accept' and f.at <= $3
		where (r.received_at at time zone 'Asia/Ho_Chi_Minh')::date between $1::date and $2::date
			and not exists (select from report_act a where a.report_id = r.id and a.act in ('withdraw', 'refuse', 'merge'))
	), judged as (
		select l.*, published + interval '15 days' <= $4 as stood, exists (select from report_act a where a.report_id = l.id and a.act = 'reopen'
				and a.at < l.published + interval '15 days') as again,
			(select array_agg(manner order by published_at) from report_rating g where g.report_id = l.id) as manners
		from life l
	), counted as (
		select area, coalesce(unit, '') as unit, 1 as accepted, (due <= $3)::int as due, coalesce(replied <= due and due <= $3, false)::int as met,
			coalesce(stood and not again, false)::int as verified, coalesce(stood and again, false)::int as reopened,
			coalesce(stood and manners is not null, false)::int as rated,
			coalesce(stood and manners[array_length(manners, 1)] <> 'khong_hai_long', false)::int as content
		from judged
	)
	select kind, place, measure, sum(n)::int from counted
	cross join lateral (values ('area', '67'), ('area', area), ('unit', unit)) as of(kind, place)
	cross join lateral (values ('accepted', accepted), ('cohort', accepted), ('due', due), ('met', met), ('verified', verified), ('reopened', reopened),
		('rated', rated), ('content', content)) as m(measure, n)
	group by 1, 2, 3`

// A half month of reports with lives of every sort, counted once by the program and once by SQL of its own. What was told once
// stands, whatever comes later.
func TestRatesAreWhatIndependentSQLCounts(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.on("2026-07-31")
	h.send("GT") // the dataset is young: half months are told, and this one is not of the next
	h.on("2026-08-03")
	var codes []string
	for range 72 { // in each unit six of each life
		codes = append(codes, h.send("GT"))
	}
	waits := h.receive("GT")
	h.on("2026-08-04")
	for i, code := range codes {
		h.act(code, report.Act{Name: report.Assign, Unit: []string{"so-tnmt", "so-gtvt"}[i/6%2]})
	}
	h.on("2026-08-05")
	for i, code := range codes {
		if i%6 != 5 { // every sixth is late
			h.act(code, report.Act{Name: report.Resolve, Text: "x"})
		}
		if i%6 < 4 {
			h.act(code, report.Act{Name: report.Publish, Text: "Đã vá xong."})
		}
	}
	h.on("2026-08-07")
	for i, code := range codes {
		if i%6 < 2 {
			h.act(code, report.Act{Name: report.Rate, Rating: report.Rating{Solved: report.SolvedPartly, Manner: []report.Manner{report.ChapNhan, report.KhongHaiLong}[i%6]}})
		}
	}
	h.on("2026-08-12")
	for i, code := range codes {
		if i%6 == 3 {
			h.act(code, report.Act{Name: report.Reopen, Reason: "Chưa xong"})
		}
	}
	h.on("2026-08-25")
	h.act(codes[2], report.Act{Name: report.Reopen, Reason: "Hỏng lại"}) // it had stood
	h.act(codes[4], report.Act{Name: report.Withdraw, Reason: "Gửi nhầm"})

	told := h.told("2026-09-01")
	h.on("2026-09-10")
	h.act(waits, report.Act{Name: report.Accept}) // too late for the half month
	for i, code := range codes {
		if i%6 == 5 {
			h.act(code, report.Act{Name: report.Resolve, Text: "x"}, report.Act{Name: report.Publish, Text: "Đã xong."})
		}
	}
	if diff := cmp.Diff(told.Rates, h.told("2026-09-15").Rates); diff != "" {
		t.Errorf("what was told of replies is another later (-was +is):\n%s", diff)
	}
	results := h.told("2026-10-01")
	h.on("2026-10-02")
	h.act(codes[8], report.Act{Name: report.Reopen, Reason: "Hỏng lại"})
	if diff := cmp.Diff(results.Rates, h.told("2026-10-15").Rates); diff != "" {
		t.Errorf("what was told of results is another later (-was +is):\n%s", diff)
	}

	if newest, ripe := spanned(told.Newest), spanned(told.Ripe); newest != "2026-08-01 2026-08-15 2026-08-31" || ripe != "" {
		t.Errorf("replies are told of %s and results of %s", newest, ripe)
	}
	if newest, ripe := spanned(results.Newest), spanned(results.Ripe); newest != "2026-09-01 2026-09-15 2026-10-01" || ripe != "2026-08-01 2026-08-15 2026-09-30" {
		t.Errorf("results are told of %s and %s", newest, ripe)
	}
	truth := h.countAgain(told.Newest, results.Ripe)
	kinds := map[string]bool{}
	for _, r := range slices.Concat(told.Rates, results.Rates) { // of the other spans too little came
		kinds[r.Kind+" "+string(r.Measure)] = true
		if n, counted := truth[[3]string{r.Kind, r.Place, string(r.Measure)}]; r.Kind == disclosure.OfUnit || r.Place == "67" {
			if !counted || n != r.N {
				t.Errorf("%s of %s %s is told as %d, SQL counts %d (%t)", r.Measure, r.Kind, r.Place, r.N, n, counted)
			}
		}
	}
	for _, kind := range []string{disclosure.OfArea, disclosure.OfUnit} {
		for _, m := range []disclosure.Measure{
			disclosure.Accepted, disclosure.Due, disclosure.Met, disclosure.Cohort, disclosure.Verified, disclosure.Reopened, disclosure.Rated, disclosure.Content,
		} {
			if !kinds[kind+" "+string(m)] {
				t.Errorf("%s of no %s is told; SQL counts %v", m, kind, truth)
			}
		}
	}
}

// told is what the public role reads on a day.
func (h *house) told(day string) store.Performance {
	h.t.Helper()
	h.on(day)
	h.look()
	p, err := h.public.Picture(h.t.Context(), "vn-2022")
	must(h.t, err)
	return p.Performance
}

// countAgain counts with SQL of the test's own.
func (h *house) countAgain(replies, results store.RatePeriod) map[[3]string]int {
	h.t.Helper()
	rows, err := h.db.Owner.Query(h.t.Context(), sqlAgain, replies.From.Format(time.DateOnly), replies.Until.Format(time.DateOnly), replies.At, results.At)
	must(h.t, err)
	all := map[[3]string]int{}
	var key [3]string
	var n int
	_, err = pgx.ForEachRow(rows, []any{&key[0], &key[1], &key[2], &n}, func() error { all[key] = n; return nil })
	must(h.t, err)
	return all
}
