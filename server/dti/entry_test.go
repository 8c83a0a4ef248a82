package dti_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"toancanh/server/dti"
	"toancanh/server/fault"
)

func today() time.Time { return time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC) }

func entry(change func(*dti.Entry)) dti.Entry {
	e := dti.Entry{
		Key: dti.Key{Scheme: "922-2022", Year: 2022, Code: "7.12"}, Name: "Dịch vụ công trực tuyến", Value: 8.25, Most: 10,
		Evidence: dti.Evidence{
			Title: "Báo cáo xếp hạng mức độ chuyển đổi số năm 2022", Issuer: "Bộ Thông tin và Truyền thông", Number: "922/QĐ-BTTTT",
			Reference: "https://dti.gov.vn/xep-hang-2022", Dated: "2023-07-12",
		},
	}
	if change != nil {
		change(&e)
	}
	return e
}

func TestWhatIsEnteredIsJudgedFieldByField(t *testing.T) {
	t.Parallel()
	b := book(t)
	for _, good := range []func(*dti.Entry){
		nil,
		func(e *dti.Entry) { e.Code, e.Value, e.Most, e.Name = "7", 0.8575, 0, "" },
		func(e *dti.Entry) { e.Code, e.Value, e.Most = "6.3", 900, 1000 }, // not scored: no weight bounds it
		func(e *dti.Entry) { e.Value = 0 },
		func(e *dti.Entry) { e.Number = "" },
		func(e *dti.Entry) { e.Reference = "" },
		func(e *dti.Entry) { e.Reference = "Văn thư Sở, hồ sơ 12" },
		func(e *dti.Entry) { e.Dated = "2026-11-30" },
	} {
		e, err := b.Clean(entry(good), today())
		if err != nil || e.Area != "67" || e.Most == 0 {
			t.Errorf("%+v: %v", e, err)
		}
	}
	for want, bad := range map[string]func(*dti.Entry){
		"scheme unknown":      func(e *dti.Entry) { e.Scheme = "1-2020" },
		"scheme no_structure": func(e *dti.Entry) { e.Scheme = "405-2025" },
		"year out_of_range":   func(e *dti.Entry) { e.Year = 2021 },
		"code unknown":        func(e *dti.Entry) { e.Code = "7.23" },
		"value out_of_range":  func(e *dti.Entry) { e.Value = 10.5 },
		"most out_of_range":   func(e *dti.Entry) { e.Most = 201 },
		"value format":        func(e *dti.Entry) { e.Value = 1.23456 },
		"title required":      func(e *dti.Entry) { e.Title = " " },
		"issuer required":     func(e *dti.Entry) { e.Issuer = "" },
		"number required":     func(e *dti.Entry) { e.Number, e.Reference = "", "" },
		"dated required":      func(e *dti.Entry) { e.Dated = "" },
		"dated format":        func(e *dti.Entry) { e.Dated = "12/7/2023" },
		"dated out_of_range":  func(e *dti.Entry) { e.Dated = "2026-12-01" },
		"title encoding":      func(e *dti.Entry) { e.Title = "a\x00b" },
		"name too_long":       func(e *dti.Entry) { e.Name = strings.Repeat("ă", 301) },
		"title personal":      func(e *dti.Entry) { e.Title = "Hỏi ông A, 0912 345 678" },
		"issuer personal":     func(e *dti.Entry) { e.Issuer = "a.b@example.vn" },
		"number personal":     func(e *dti.Entry) { e.Number = "https://example.vn" },
		"reference format":    func(e *dti.Entry) { e.Reference = "javascript://alert(1)" },
		"reference personal":  func(e *dti.Entry) { e.Reference = "gọi 0912345678" },
	} {
		if got := faults(b, entry(bad)); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	for _, code := range []string{"", "0", "10", "7.0", "7.01", "7.", "7.1.1", "07", "7.-1", "٧"} {
		if got := faults(b, entry(func(e *dti.Entry) { e.Code = code })); got != "code unknown" {
			t.Errorf("code %q: %q", code, got)
		}
	}
	for _, x := range []float64{math.NaN(), math.Inf(1), -1} {
		if got := faults(b, entry(func(e *dti.Entry) { e.Value = x })); got != "value out_of_range" {
			t.Errorf("value %g: %q", x, got)
		}
		if got := faults(b, entry(func(e *dti.Entry) { e.Most = x })); got != "most out_of_range" {
			t.Errorf("most %g: %q", x, got)
		}
	}
	if got := faults(b, entry(func(e *dti.Entry) { e.Code, e.Value = "7", 0.5 })); got != "most out_of_range" {
		t.Errorf("a main index out of ten: %q", got)
	}
	if got := faults(b, entry(func(e *dti.Entry) { e.Reference = "https://an:mat@example.vn/" })); got != "reference format" {
		t.Errorf("an address with a name: %q", got)
	}
}

func faults(b dti.Book, e dti.Entry) string {
	_, err := b.Clean(e, today())
	var list []string
	for _, f := range fault.Items(err) {
		list = append(list, f.Field+" "+f.Reason)
	}
	return strings.Join(list, ", ")
}

// Of each published row the values of the main indices, entered as such or as components that make them, give the published index.
func TestEnteredValuesGiveThePublishedIndex(t *testing.T) {
	t.Parallel()
	s := scheme(t)
	x := map[string]float64{"1": 1, "2": 0.9, "3": 0.8253, "4": 0.8487, "5": 0.7578, "7": 0.8575, "8": 0.7836, "9": 0.5197} // Đà Nẵng 2022
	var entries []dti.Entry
	add := func(code string, value, most float64) {
		entries = append(entries, dti.Entry{Key: dti.Key{Scheme: s.Code, Year: 2022, Code: code}, Value: value, Most: most})
	}
	for _, index := range s.Scored() {
		if index.Code != "7" {
			add(index.Code, x[index.Code], 1)
			continue
		}
		each := float64(index.Weight) / float64(index.Components)
		for n := range index.Components {
			add(fmt.Sprintf("7.%d", n+1), each*x["7"], each)
		}
	}
	got := s.Tallies(entries)
	if len(got) != 1 || !got[0].Whole || dti.Round(got[0].Value) != 0.8002 || got[0].Have != 8 || got[0].Need != 8 {
		t.Fatalf("%+v", got)
	}
	of := func(t dti.Tally, code string) dti.Sum {
		for _, sum := range t.Sums {
			if sum.Code == code {
				return sum
			}
		}
		return dti.Sum{}
	}
	if sum := of(got[0], "7"); sum.From != dti.Summed || dti.Round(sum.Value) != x["7"] || !sum.Fits {
		t.Errorf("%+v", sum)
	}
	if sum := of(got[0], "6"); sum.From != dti.None || sum.Entered != 0 {
		t.Errorf("%+v", sum)
	}
	t.Run("a missing component leaves no index", func(t *testing.T) {
		t.Parallel()
		less := s.Tallies(entries[:len(entries)-3]) // 7.22, 8 and 9
		if sum := of(less[0], "7"); less[0].Whole || less[0].Value != 0 || sum.From != dti.None || sum.Entered != 21 || less[0].Have != 5 {
			t.Errorf("%+v", less[0])
		}
	})
	t.Run("points that are not the weight are no value", func(t *testing.T) {
		t.Parallel()
		other := append([]dti.Entry{}, entries...)
		for i := range other {
			if other[i].Code == "7.1" {
				other[i].Most++
			}
		}
		if sum := of(s.Tallies(other)[0], "7"); sum.From != dti.None || sum.Fits || sum.Entered != 22 {
			t.Errorf("%+v", sum)
		}
	})
	t.Run("a published value counts, and says when its components give another", func(t *testing.T) {
		t.Parallel()
		for value, apart := range map[float64]bool{0.8575: false, 0.8576: false, 0.9: true} {
			both := append([]dti.Entry{{Key: dti.Key{Scheme: s.Code, Year: 2022, Code: "7"}, Value: value, Most: 1}}, entries...)
			if sum := of(s.Tallies(both)[0], "7"); sum.From != dti.Published || sum.Value != value || sum.Apart != apart {
				t.Errorf("%+v", sum)
			}
		}
	})
	t.Run("years and schemes do not mix", func(t *testing.T) {
		t.Parallel()
		more := append([]dti.Entry{}, entries...)
		more = append(more, dti.Entry{Key: dti.Key{Scheme: s.Code, Year: 2023, Code: "1"}, Value: 1, Most: 1},
			dti.Entry{Key: dti.Key{Scheme: "405-2025", Year: 2025, Code: "1"}, Value: 1, Most: 1})
		var years []int
		for _, t := range s.Tallies(more) {
			years = append(years, t.Year)
		}
		if d := cmp.Diff([]int{2023, 2022}, years); d != "" {
			t.Error(d)
		}
	})
}

func TestEntriesStandInTheOrderOfTheirScheme(t *testing.T) {
	t.Parallel()
	b := book(t)
	var list []dti.Entry
	for _, text := range []string{"2022 7.10", "2022 7.2", "2022 7", "2023 9", "2022 1"} {
		var e dti.Entry
		if _, err := fmt.Sscan(text, &e.Year, &e.Code); err != nil {
			t.Fatal(err)
		}
		e.Scheme = "922-2022"
		list = append(list, e)
	}
	b.Sort(list)
	var got []string
	for _, e := range list {
		got = append(got, e.String())
	}
	want := []string{"922-2022/2023/9", "922-2022/2022/1", "922-2022/2022/7", "922-2022/2022/7.2", "922-2022/2022/7.10"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
