package view_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"unicode"

	"toancanh/server/view"
)

// What the redaction must reach on each set: of what is personal, and of what it hides.
const (
	wantRecall    = 0.98
	wantPrecision = 0.95
)

// Tally counts one kind of personal data. A mark is found when it can no longer be read, and touched when a hidden
// stretch meets it. A hidden stretch that touches no mark is false, and so is one that reaches from a mark into a
// look-alike: the false ones are counted against the kind that the look-alike resembles. What is marked as "either"
// counts neither way. Several stretches in one mark are one hit, so that hiding in pieces gains nothing.
//
//	recall    = found / marks
//	precision = touched / (touched + false)
type tally struct{ marks, found, touched, wrong int }

func (t *tally) add(o tally) {
	t.marks, t.found, t.touched, t.wrong = t.marks+o.marks, t.found+o.found, t.touched+o.touched, t.wrong+o.wrong
}

func (t *tally) recall() float64 { return share(t.found, t.marks) }

func (t *tally) precision() float64 { return share(t.touched, t.touched+t.wrong) }

func share(part, whole int) float64 {
	if whole == 0 {
		return 1
	}
	return float64(part) / float64(whole)
}

// Signs are the letters and figures of a text and where they stand in it; spaces and points between them say nothing.
func signs(text []rune) (runes []rune, at []int) {
	for i, r := range text {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			runes, at = append(runes, r), append(at, i)
		}
	}
	return runes, at
}

// Kept says of each rune of a text whether it is still in what is shown of it; what is no sign always is.
func kept(text, shown []rune) []bool {
	before, at := signs(text)
	after, _ := signs(shown)
	out := slices.Repeat([]bool{true}, len(text))
	for i, k := range aligned(before, after) {
		out[at[i]] = k
	}
	return out
}

// Aligned says of each rune of before whether it is still in after. It takes the alignment with the fewest and shortest
// breaks, so that a letter of the word put in place of a number is not taken for a letter that stayed.
func aligned(before, after []rune) []bool {
	const breaks, each = 4, 1
	wide := len(after) + 1
	// Two states a cell: the last runes were equal, or a break is open.
	equal, open := make([]int, (len(before)+1)*wide), make([]int, (len(before)+1)*wide)
	const never = 1 << 30
	for i := range len(before) + 1 {
		for j := range wide {
			at := i*wide + j
			equal[at], open[at] = never, never
			if at == 0 {
				equal[at] = 0
				continue
			}
			if i > 0 && j > 0 && before[i-1] == after[j-1] {
				equal[at] = min(equal[at-wide-1], open[at-wide-1])
			}
			if i > 0 {
				open[at] = min(open[at], open[at-wide]+each, equal[at-wide]+breaks+each)
			}
			if j > 0 {
				open[at] = min(open[at], open[at-1]+each, equal[at-1]+breaks+each)
			}
		}
	}
	out := make([]bool, len(before))
	i, j := len(before), len(after)
	broken := open[i*wide+j] < equal[i*wide+j]
	for i > 0 || j > 0 {
		at := i*wide + j
		switch {
		case !broken:
			i, j = i-1, j-1
			out[i] = true
			broken = open[i*wide+j] < equal[i*wide+j]
		case i > 0 && open[at] == open[at-wide]+each:
			i--
		case i > 0 && open[at] == equal[at-wide]+breaks+each:
			i--
			broken = false
		case open[at] == open[at-1]+each:
			j--
		default:
			j--
			broken = false
		}
	}
	return out
}

// Stretches are where signs were hidden. Two with no sign between them are one.
func stretches(text []rune, stays []bool) []span {
	var out []span
	apart := true
	_, at := signs(text)
	for _, i := range at {
		switch {
		case stays[i]:
			apart = true
		case apart:
			out, apart = append(out, span{"", i, i + 1}), false
		default:
			out[len(out)-1].to = i + 1
		}
	}
	return out
}

// Readable: four digits in a row are left of a number, or four letters in a row (or the whole, if it is shorter) of
// what stands before the @ of an address.
func readable(kind string, text []rune, stays []bool) bool {
	parts := digits(text)
	if kind == "email" {
		parts = nil
		address := string(text)
		_, at := signs([]rune(address[:atSign.FindStringIndex(address)[0]]))
		for _, i := range at {
			parts = append(parts, span{"", i, i + 1})
		}
	}
	row, most := 0, 0
	for _, p := range parts {
		row++
		if slices.Contains(stays[p.from:p.to], false) {
			row = 0
		}
		most = max(most, row)
	}
	return most >= min(4, len(parts))
}

func (s span) meets(others []span) bool {
	return slices.ContainsFunc(others, func(o span) bool { return s.from < o.to && o.from < s.to })
}

// Result is the tally by kind ("" is a false stretch in no look-alike) and what went wrong, in words.
type result struct {
	kinds  map[string]*tally
	misses []string
}

func measure(tb testing.TB, set []labelled) result {
	tb.Helper()
	r := result{kinds: map[string]*tally{"": {}}}
	for _, kind := range personalKinds {
		r.kinds[kind] = &tally{}
	}
	for _, l := range set {
		r.judge(tb, l)
	}
	return r
}

func (r *result) judge(tb testing.TB, l labelled) {
	tb.Helper()
	text, shown := []rune(plain(l.Text)), plain(view.Redact(l.Text))
	stays := kept(text, []rune(shown))
	hidden := stretches(text, stays)
	personal, either := l.spans(tb, l.Personal), l.spans(tb, l.Either)
	for _, p := range personal {
		t := r.kinds[p.kind]
		t.marks++
		if readable(p.kind, text[p.from:p.to], stays[p.from:p.to]) {
			r.misses = append(r.misses, fmt.Sprintf("readable %s %+q: %s", p.kind, string(text[p.from:p.to]), shown))
		} else {
			t.found++
		}
		if p.meets(hidden) {
			t.touched++
		}
	}
	accounted := slices.Concat(personal, either)
	for _, s := range l.spans(tb, l.Stays) {
		if s.meets(hidden) {
			r.kinds[likeness[s.kind]].wrong++
			r.misses = append(r.misses, fmt.Sprintf("hidden %s %q: %s", s.kind, string(text[s.from:s.to]), shown))
		}
		accounted = append(accounted, s)
	}
	for _, h := range hidden {
		if !h.meets(accounted) {
			r.kinds[""].wrong++
			r.misses = append(r.misses, fmt.Sprintf("hidden %q: %s", string(text[h.from:h.to]), shown))
		}
	}
}

func (r *result) all() tally {
	var all tally
	for _, t := range r.kinds {
		all.add(*t)
	}
	return all
}

func (r *result) table() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "kind\tmarks\tfound\trecall\ttouched\tfalse\tprecision\t")
	row := func(name string, t tally) {
		fmt.Fprintf(w, "%s\t%d\t%d\t%.4f\t%d\t%d\t%.4f\t\n", name, t.marks, t.found, t.recall(), t.touched, t.wrong, t.precision())
	}
	for _, kind := range personalKinds {
		row(kind, *r.kinds[kind])
	}
	row("elsewhere", *r.kinds[""])
	row("all", r.all())
	w.Flush()
	return b.String()
}

func TestRedactionHidesWhatIsPersonalAndLittleElse(t *testing.T) {
	t.Parallel()
	for name, set := range map[string][]labelled{"handwritten": handwritten(t), "generated": generated()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := measure(t, set)
			t.Logf("%d sentences\n%s", len(set), r.table())
			if all := r.all(); all.recall() < wantRecall || all.precision() < wantPrecision {
				t.Errorf("recall %.4f and precision %.4f, want %.2f and %.2f:\n%s",
					all.recall(), all.precision(), wantRecall, wantPrecision, strings.Join(r.misses, "\n"))
			} else if len(r.misses) > 0 {
				t.Logf("what is wrong all the same:\n%s", strings.Join(r.misses, "\n"))
			}
		})
	}
}

func TestTheMeasureSeesWhatIsHidden(t *testing.T) {
	t.Parallel()
	const number = "Gọi 0912 345 678 vì ổ gà QL28 km 62."
	for name, c := range map[string]struct {
		shown  string
		hidden []string
		left   bool
	}{
		"nothing":                         {number, nil, true},
		"the whole number":                {"Gọi [số điện thoại] vì ổ gà QL28 km 62.", []string{"0912 345 678"}, false},
		"its middle":                      {"Gọi 091* *** *78 vì ổ gà QL28 km 62.", []string{"2 345 6"}, false},
		"too little of it":                {"Gọi 0912 345 *** vì ổ gà QL28 km 62.", []string{"678"}, true},
		"the number and the road":         {"Gọi [đã che] vì ổ gà [đã che].", []string{"0912 345 678", "QL28 km 62"}, false},
		"everything":                      {"[đã che]", []string{"Gọi 0912 345 678 vì ổ gà QL28 km 62"}, false},
		"only the spaces":                 {"Gọi 0912345678 vì ổ gà QL28 km 62.", nil, true},
		"the number behind other figures": {"Gọi [che 10 số 0] vì ổ gà QL28 km 62.", []string{"0912 345 678"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := []rune(number)
			stays := kept(text, []rune(c.shown))
			var hidden []string
			for _, s := range stretches(text, stays) {
				hidden = append(hidden, string(text[s.from:s.to]))
			}
			if !slices.Equal(hidden, c.hidden) {
				t.Errorf("hidden %q, want %q", hidden, c.hidden)
			}
			if left := readable("phone", text[4:16], stays[4:16]); left != c.left {
				t.Errorf("readable %v, want %v", left, c.left)
			}
		})
	}
}
