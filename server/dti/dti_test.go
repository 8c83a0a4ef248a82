package dti_test

import (
	"math"
	"strings"
	"testing"
	"testing/fstest"
	"testing/quick"

	"github.com/google/go-cmp/cmp"

	"toancanh/schema/sample"
	"toancanh/server/dti"
)

func book(t *testing.T) dti.Book {
	t.Helper()
	b, err := dti.Load(sample.Files())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func scheme(t *testing.T) dti.Scheme {
	t.Helper()
	s, ok := book(t).Scheme("922-2022")
	if !ok {
		t.Fatal("no scheme 922-2022")
	}
	return s
}

// The rows of dti.gov.vn/xep-hang-2022: values of the indices 1 to 5 and 7 to 9, and the index that was published.
func TestTheFormulaGivesThePublishedRows(t *testing.T) {
	t.Parallel()
	codes := []string{"1", "2", "3", "4", "5", "7", "8", "9"}
	for _, row := range []struct {
		name            string
		x               [8]float64
		want, published float64
	}{
		{"Đà Nẵng", [8]float64{1.0000, 0.9000, 0.8253, 0.8487, 0.7578, 0.8575, 0.7836, 0.5197}, 0.8002, 0.8002},
		// One ten-thousandth above what was published: the values of its row are themselves rounded.
		{"TP. Hồ Chí Minh", [8]float64{0.8917, 0.9000, 0.8258, 0.6267, 0.5580, 0.8406, 0.7611, 0.3590}, 0.7164, 0.7163},
		{"Quảng Ninh", [8]float64{0.9581, 0.9000, 0.7648, 0.6250, 0.5382, 0.8385, 0.5904, 0.4505}, 0.7024, 0.7024},
		{"Thừa Thiên - Huế", [8]float64{0.9500, 0.9000, 0.6823, 0.6794, 0.6423, 0.8262, 0.6787, 0.3001}, 0.6975, 0.6975},
		{"Cần Thơ", [8]float64{0.9000, 0.8000, 0.7233, 0.7376, 0.7226, 0.7325, 0.7556, 0.2947}, 0.6924, 0.6924},
	} {
		of := map[string]float64{}
		for i, code := range codes {
			of[code] = row.x[i]
		}
		got, ok := scheme(t).Value(of)
		if !ok || dti.Round(got) != row.want {
			t.Errorf("%s: %.5f (%t), want %.4f", row.name, got, ok, row.want)
		}
		if math.Abs(dti.Round(got)-row.published) > 1.00001e-4 {
			t.Errorf("%s: %.4f is far from the published %.4f", row.name, got, row.published)
		}
	}
}

func TestAnIndexIsAValueOnlyWhenItIsWhole(t *testing.T) {
	t.Parallel()
	s := scheme(t)
	all := map[string]float64{}
	for _, x := range s.Scored() {
		all[x.Code] = 1
	}
	if v, ok := s.Value(all); !ok || v != 1 {
		t.Errorf("all ones give %g (%t)", v, ok)
	}
	all["6"] = 0.5
	if v, ok := s.Value(all); !ok || v != 1 {
		t.Errorf("an index of no weight counts: %g (%t)", v, ok)
	}
	delete(all, "9")
	if _, ok := s.Value(all); ok {
		t.Error("a sum with a gap is told as an index")
	}
	empty, _ := book(t).Scheme("405-2025")
	if _, ok := empty.Value(all); ok || empty.Known() {
		t.Error("a scheme without structure gives an index")
	}
}

// Raising one value by d raises the index by its weight times d, and the index stays between 0 and 1.
func TestEachValueCountsByItsWeight(t *testing.T) {
	t.Parallel()
	s := scheme(t)
	scored := s.Scored()
	holds := func(raw [8]uint16, which uint8) bool {
		of := map[string]float64{}
		for i, x := range scored {
			of[x.Code] = float64(raw[i]) / math.MaxUint16
		}
		x := scored[int(which)%len(scored)]
		before, ok := s.Value(of)
		d := 1 - of[x.Code]
		of[x.Code] = 1
		after, _ := s.Value(of)
		return ok && before >= 0 && after <= 1+1e-12 && math.Abs(after-before-d*float64(x.Weight)/1000) < 1e-12
	}
	if err := quick.Check(holds, nil); err != nil {
		t.Error(err)
	}
}

func TestWhatWasPublishedOfTheSample(t *testing.T) {
	t.Parallel()
	b := book(t)
	var got [][2]int
	for _, r := range b.Ranks {
		got = append(got, [2]int{r.Year, r.Rank})
	}
	if d := cmp.Diff([][2]int{{2020, 54}, {2021, 41}, {2022, 49}}, got); d != "" {
		t.Error(d)
	}
	if n := len(dti.Runs(b.Ranks)); n != 3 {
		t.Errorf("%d runs: years of unconfirmed schemes are joined", n)
	}
}

func TestAChartBreaksWhereTheSchemeChanges(t *testing.T) {
	t.Parallel()
	runs := dti.Runs([]dti.Rank{
		{Year: 2022, Scheme: "922-2022"}, {Year: 2023, Scheme: "922-2022"}, {Year: 2025, Scheme: "405-2025"}, {Year: 2026}, {Year: 2027},
	})
	var years [][]int
	for _, run := range runs {
		var of []int
		for _, r := range run {
			of = append(of, r.Year)
		}
		years = append(years, of)
	}
	if d := cmp.Diff([][]int{{2022, 2023}, {2025}, {2026}, {2027}}, years); d != "" {
		t.Error(d)
	}
}

func TestAFileThatContradictsItselfIsRefused(t *testing.T) {
	t.Parallel()
	good := `{"schemes":[{"code":"a","decision":"1","date":"2022-05-20","components":1,"source":{"vi":"x","en":"x"},"indices":[{"code":"1","weight":1000,"components":1}]}],
		"ranks":[{"year":2022,"rank":3,"of":63,"scheme":"a","source":{"vi":"x","en":"x"}}]}`
	load := func(text string) error {
		_, err := dti.Load(fstest.MapFS{"dti.json": {Data: []byte(text)}})
		return err
	}
	if err := load(good); err != nil {
		t.Fatal(err)
	}
	for _, change := range [][2]string{
		{`"weight":1000`, `"weight":900`},
		{`"components":1,`, `"components":2,`},
		{`"scheme":"a"`, `"scheme":"b"`},
		{`"rank":3`, `"rank":64`},
		{`"rank":3`, `"rank":0`},
		{`"2022-05-20"`, `"20/5/2022"`},
		{`"vi":"x","en":"x"}}]}`, `"vi":"","en":"x"}}]}`},
		{`"year"`, `"jahr"`},
	} {
		if err := load(strings.Replace(good, change[0], change[1], 1)); err == nil {
			t.Errorf("%s is taken", change[1])
		}
	}
}
