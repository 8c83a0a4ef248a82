package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"toancanh/server/access"
	"toancanh/server/area"
	"toancanh/server/embedded/testpg"
	"toancanh/server/report"
	"toancanh/server/store"
	"toancanh/server/view"
)

// benchReports is as many as two years of a busy province.
const benchReports = 100_000

// manyReports is a store with a hundred thousand reports as replayed ones lie there: over two years, all communes and
// categories, nine in ten of them closed.
func manyReports(b *testing.B) (*store.Store, *area.Tree) {
	b.Helper()
	db := testpg.New(b)
	s, err := store.Open(b.Context(), db.DSN(testpg.App), store.Sizes{Write: 2, Read: 2})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(s.Close)
	tree := mustTree(b)
	dice := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same reports every time
	for at := 0; at < benchReports; at += 2000 {
		var list []store.Past
		for i := range 2000 {
			list = append(list, store.Past{Report: pastReport(dice, tree, at+i)})
		}
		if _, err := s.AcceptHistory(b.Context(), store.PastBody{List: list, At: time.Now(), Location: time.UTC}); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := db.Owner.Exec(b.Context(), "vacuum analyze report"); err != nil {
		b.Fatal(err)
	}
	return s, tree
}

func mustTree(b *testing.B) *area.Tree {
	b.Helper()
	atlas, err := area.Sample()
	if err != nil {
		b.Fatal(err)
	}
	return atlas.Tree
}

func pastReport(dice *rand.Rand, tree *area.Tree, n int) report.Report {
	leaves := tree.Leaves("vn-2022")
	leaf := leaves[dice.IntN(len(leaves))]
	received := time.Now().UTC().Add(-time.Duration(n) * 10 * time.Minute).Truncate(time.Microsecond)
	r := report.Report{
		ID: uuid.NewString(), Code: fmt.Sprintf("%04X-%04X", n>>16, n&0xffff), Version: 3, Origin: report.Replayed, Source: report.FromReplay,
		Category: []string{"MT", "GT", "DT", "CR", "AN"}[dice.IntN(5)], Description: sentence(dice) + " ở " + leaf.Title(), Address: "Thôn " + fmt.Sprint(dice.IntN(20)),
		Division: "vn-2022", Area: leaf.Code, Path: tree.Path("vn-2022", leaf.Code), Location: report.Point(leaf.Centre),
		Status: report.HoanThanh, Priority: report.BinhThuong, ReceivedAt: received, ChangedAt: received.Add(time.Hour), Rules: 1,
		Unit: []string{"so-tnmt", "so-gtvt", "so-xd"}[dice.IntN(3)], AcceptedAt: &received, AssignedAt: &received, ClosedAt: &received, PublishedAt: &received,
	}
	if dice.IntN(10) == 0 {
		due := received.Add(time.Duration(dice.IntN(200_000)) * 10 * time.Minute)
		r.Status, r.ClosedAt, r.PublishedAt, r.Due = report.DangXuLy, nil, nil, report.Due{Resolve: &due, Original: &due}
	}
	return r
}

// sentence has the words of real reports, the common ones often and the rare ones rarely.
func sentence(dice *rand.Rand) string {
	words := strings.Fields(`rác thải đường hỏng đèn không sáng ổ gà trước chợ mất nước cây đổ bệnh viện trường học xe tải chạy nhanh ngập úng hệ thống
		thoát tiếng ồn ban đêm quán ăn vỉa hè lấn chiếm công trình xây dựng trái phép chặt phá rừng bên suối dịch gia súc thực phẩm bẩn điện nguy hiểm trẻ em
		người dân thôn buôn tổ phố cống nắp biển báo cột vôi sạt lở bùn đất khói bụi hôi thối nhiều ngày nay chưa xử lý đề nghị cơ quan chức năng kiểm tra`)
	picked := make([]string, 12+dice.IntN(14))
	for i := range picked {
		x := dice.Float64()
		picked[i] = words[int(x*x*float64(len(words)))]
	}
	return strings.Join(picked, " ")
}

// BenchmarkQueue answers how long the console's queue waits for PostgreSQL among a hundred thousand reports. The figure is
// p95-ms, of the first page with its total; docs/operations.md has them.
func BenchmarkQueue(b *testing.B) {
	s, tree := manyReports(b)
	yes := true
	named := func(word string) (terms []string, everything bool) {
		for _, x := range tree.Areas("vn-2022") {
			if slices.ContainsFunc(area.Words(x.Title()), func(w string) bool { return strings.HasPrefix(w, word) }) {
				terms = append(terms, store.AreaTerm("vn-2022", x.Code))
			}
		}
		return terms, slices.Contains(terms, store.AreaTerm("vn-2022", "67"))
	}
	now := time.Now()
	month := now.AddDate(0, -1, 0)
	for _, page := range []struct {
		name string
		of   store.Filter
	}{
		{"first page, newest", store.Filter{}},
		{"first page, open by due", store.Filter{Open: &yes, Order: store.ByDue}},
		{"first page, all by due", store.Filter{Order: store.ByDue}},
		{"first page, changed", store.Filter{Order: store.ByChanged}},
		{"first page, overdue", store.Filter{Overdue: &yes, Now: now, Order: store.ByDue}},
		{"first page, a district", store.Filter{Areas: []string{"663"}, Division: "vn-2022", Open: &yes, Order: store.ByDue}},
		{"first page, a unit of a category", store.Filter{Units: []string{"so-xd"}, Categories: []string{"MT"}, Statuses: []string{"dang_xu_ly"}}},
		{"first page, a month", store.Filter{From: &month, Order: store.ByChanged}},
		{"search, dak mil rac", store.Filter{Query: "dak mil rac", Codes: named}},
		{"search, one common word", store.Filter{Query: "rac", Codes: named}},
		{"search, one letter", store.Filter{Query: "t", Codes: named}},
		{"search, six words by due", store.Filter{Query: "rung ben suoi dak song o", Codes: named, Order: store.ByDue}},
		{"search, a code", store.Filter{Query: "0001-869F", Codes: named}},
		{"search, nothing", store.Filter{Query: "khongcogi", Codes: named}},
		{"search, open ones", store.Filter{Query: "gia nghia den", Codes: named, Open: &yes, Order: store.ByDue}},
	} {
		b.Run(page.name, func(b *testing.B) {
			f := page.of
			f.Limit, f.Reach = 50, access.Reached{All: true}
			var took []time.Duration
			for b.Loop() {
				began := time.Now()
				list, next, err := s.List(b.Context(), f)
				if err == nil && next != "" {
					_, err = s.Count(b.Context(), f, store.MostCounted)
				}
				if err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(began))
				b.ReportMetric(float64(len(list)), "reports")
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
			b.ReportMetric(float64(took[0].Microseconds())/1000, "least-ms") // on a machine that does other things too
			b.ReportMetric(0, "ns/op")
		})
	}
	b.Run("rows, fifty thousand", func(b *testing.B) {
		for b.Loop() {
			f := store.Filter{Limit: store.MostRows, Reach: access.Reached{All: true}}
			for n := 0; n < 50_000; {
				rows, next, err := s.Rows(b.Context(), f)
				if err != nil || next == "" {
					b.Fatalf("%d rows, %v", n, err)
				}
				n, f.Cursor = n+len(rows), next
			}
		}
	})
}

// BenchmarkAcceptBesideSearch answers what the index of words costs the intake: commits of sixty-four reports with it and
// without it, turn about. The figures are the medians, in microseconds a report.
func BenchmarkAcceptBesideSearch(b *testing.B) {
	tree := mustTree(b)
	dice := rand.New(rand.NewPCG(3, 4)) //nolint:gosec // the same reports every time
	stores := make([]*store.Store, 2)
	for i, drop := range []string{"", "drop index report_words, report_due; alter table report drop column words"} {
		db := testpg.New(b)
		if _, err := db.Owner.Exec(b.Context(), drop); err != nil {
			b.Fatal(err)
		}
		s, err := store.Open(b.Context(), db.DSN(testpg.App), store.Sizes{Write: 1, Read: 1})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(s.Close)
		stores[i] = s
	}
	const together = 64
	var took [2][]time.Duration
	n, turn := 0, 0
	for b.Loop() {
		turn = 1 - turn
		for _, i := range []int{turn, 1 - turn} {
			batch := make([]store.Acceptance, together)
			for j := range batch {
				n++
				r := pastReport(dice, tree, n)
				batch[j] = store.Acceptance{
					Report: r, Entry: report.Entry{N: 1, Act: report.Receive, To: report.Moi, Actor: "sender", At: r.ReceivedAt},
					Events: view.Events(nil, r, view.Lens{Location: time.UTC}), Promise: &store.Promise{},
				}
			}
			began := time.Now()
			if _, err := stores[i].AcceptReports(b.Context(), batch); err != nil {
				b.Fatal(err)
			}
			took[i] = append(took[i], time.Since(began))
		}
	}
	for i, name := range []string{"with-us/report", "without-us/report"} {
		slices.Sort(took[i])
		b.ReportMetric(float64(took[i][len(took[i])/2].Microseconds())/together, name)
	}
	b.ReportMetric(0, "ns/op")
}
