package dti

import (
	"math"
	"slices"
)

// Origin says where the value of a main index comes from.
type Origin string

// The origins. None is the zero value: the index has no value.
const (
	None       Origin = ""
	Published  Origin = "index"      // it was entered as such
	Summed     Origin = "components" // every component of it was
	mostApart         = 1e-4         // of a published value and the sum of its components: what is published is rounded
	sameWeight        = 1e-9
)

// Sum is what is known of one main index.
type Sum struct {
	Index
	Entered int // components that have a value
	Value   float64
	From    Origin
	// Most are the points of the entered components together; Fits reports whether those of all of them are the index's weight, without
	// which their sum is no value of it.
	Most float64
	Fits bool
	// Apart reports that the value that was entered is not what the components give.
	Apart bool
}

// Tally is what is known of one year of a scheme.
type Tally struct {
	Year int
	Sums []Sum
	// Have of Need main indices that count have a value. Whole reports that all do; only then there is a Value.
	Have, Need int
	Value      float64
	Whole      bool
}

// Tallies reckons each year that has entries, the newest first. Entries of other schemes do not count.
func (s Scheme) Tallies(entries []Entry) []Tally {
	byYear := map[int][]Entry{}
	var years []int
	for _, e := range entries {
		if e.Scheme != s.Code {
			continue
		}
		if byYear[e.Year] == nil {
			years = append(years, e.Year)
		}
		byYear[e.Year] = append(byYear[e.Year], e)
	}
	slices.Sort(years)
	slices.Reverse(years)
	list := make([]Tally, len(years))
	for i, year := range years {
		list[i] = s.tally(year, byYear[year])
	}
	return list
}

// Blank is the tally of a year without entries.
func (s Scheme) Blank() []Tally { return []Tally{s.tally(0, nil)} }

func (s Scheme) tally(year int, entries []Entry) Tally {
	t := Tally{Year: year, Need: len(s.Scored())}
	of := map[string]float64{}
	for _, x := range s.Indices {
		sum := s.sum(x, entries)
		t.Sums = append(t.Sums, sum)
		if sum.From == None {
			continue
		}
		of[x.Code] = sum.Value
		if x.Weight > 0 {
			t.Have++
		}
	}
	t.Value, t.Whole = s.Value(of)
	return t
}

// sum is the value of a main index: the one that was entered, or the points of its components by its weight when all of
// them are there.
func (s Scheme) sum(x Index, entries []Entry) Sum {
	out := Sum{Index: x}
	points := 0.0
	for _, e := range entries {
		index, n, ok := s.Part(e.Code)
		switch {
		case !ok || index.Code != x.Code:
		case n == 0:
			out.Value, out.From = e.Value, Published
		default:
			out.Entered++
			points += e.Value
			out.Most += e.Most
		}
	}
	all := x.Components > 0 && out.Entered == x.Components
	out.Fits = all && x.Weight > 0 && math.Abs(out.Most-float64(x.Weight)) < sameWeight
	if !out.Fits {
		return out
	}
	summed := points / float64(x.Weight)
	if out.From == Published {
		out.Apart = math.Abs(Round(summed)-Round(out.Value)) > mostApart+sameWeight
		return out
	}
	out.Value, out.From = summed, Summed
	return out
}
