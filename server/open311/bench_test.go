package open311_test

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// BenchmarkQuestionsAboutAHundredThousandReports measures answers over loopback from PostgreSQL, with its p95.
func BenchmarkQuestionsAboutAHundredThousandReports(b *testing.B) {
	h := newHouse(b)
	_, err := h.db.Owner.Exec(b.Context(), `
		insert into public_report (code, version, category, division, area, path, status, is_open, received_hour, due_date, origin, text, changed_at)
		select 'X' || lpad(n::text, 7, '0'), 3, (array['MT','XD','GT','CS'])[n % 4 + 1], 'vn-2022', '24673', '{67,663,24673}',
			'dang_xu_ly', n % 3 <> 0, now() - n * interval '5 minutes', now()::date, 'simulated', '', now() - n * interval '4 minutes'
		from generate_series(1, 100000) as n`)
	must(b, err)
	h.teller.Leave()
	_, err = h.db.Owner.Exec(b.Context(), "analyze public_record")
	must(b, err)
	for name, path := range map[string]string{
		"page of 50":            "requests.json?page_size=50",
		"page of 1000 as XML":   "requests.xml",
		"tenth page of 1000":    "requests.json?page=10",
		"closed of one service": "requests.json?status=closed&service_code=CS&page_size=50",
		"changed in an hour":    "requests.json?updated_after=" + time.Now().Add(-time.Hour).UTC().Format(time.RFC3339),
		"one":                   "requests/K7M2-Q9XD.json",
	} {
		b.Run(name, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				start := time.Now()
				if a := h.do("GET", "/open311/v2/"+path, nil, nil); a.status != 200 && a.status != 404 {
					b.Fatal(fmt.Sprint(a.status, a.body))
				}
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
		})
	}
}
