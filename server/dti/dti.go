// Package dti holds the digital transformation index (chỉ số chuyển đổi số): its versioned schemes, the formula, what was published
// of ranks and scores, and the rules of what may be entered with evidence. It is pure, and never fills a gap with a guess.
package dti

import (
	"math"
	"slices"
)

// whole is the points of a scheme in all: the weights are out of it.
const whole = 1000

// Words is a text in both languages.
type Words struct {
	VI string `json:"vi"`
	EN string `json:"en"`
}

// Index is a main index of a scheme. One of weight 0 is not scored.
type Index struct {
	Words
	Code       string `json:"code"`
	Group      string `json:"group"`
	Weight     int    `json:"weight"`
	Components int    `json:"components"` // how many component indices it has
}

// Scheme is one version of the index, as a decision set it. One without indices is a scheme whose structure is not known.
type Scheme struct {
	Code       string  `json:"code"`
	Decision   string  `json:"decision"`
	Date       string  `json:"date"` // of the decision, YYYY-MM-DD
	Components int     `json:"components"`
	Source     Words   `json:"source"`
	Indices    []Index `json:"indices"`
}

// Known reports whether the scheme's structure is known.
func (s Scheme) Known() bool { return len(s.Indices) > 0 }

// Index is the scheme's main index of a code.
func (s Scheme) Index(code string) (Index, bool) {
	i := slices.IndexFunc(s.Indices, func(x Index) bool { return x.Code == code })
	if i < 0 {
		return Index{}, false
	}
	return s.Indices[i], true
}

// Scored are the main indices that count.
func (s Scheme) Scored() []Index {
	var list []Index
	for _, x := range s.Indices {
		if x.Weight > 0 {
			list = append(list, x)
		}
	}
	return list
}

// Value is DTI = Σ wᵢ·xᵢ / 1000 of the values of main indices, each from 0 to 1 by its code. ok is false while one that counts is
// missing: a part of the sum is no index.
func (s Scheme) Value(of map[string]float64) (value float64, ok bool) {
	scored := s.Scored()
	for _, x := range scored {
		v, given := of[x.Code]
		if !given {
			return 0, false
		}
		value += float64(x.Weight) * v
	}
	return value / whole, len(scored) > 0
}

// Round rounds to the four places that are published.
func Round(value float64) float64 { return math.Round(value*1e4) / 1e4 }

// Rank is the province's published place in one year; the lower the better. An empty scheme is one no source confirms.
type Rank struct {
	Year   int    `json:"year"`
	Rank   int    `json:"rank"`
	Of     int    `json:"of"` // how many were ranked; 0: the source does not say
	Scheme string `json:"scheme"`
	Source Words  `json:"source"`
}

// Runs parts a history into the years that may be compared: those of one scheme that is confirmed. Where one run ends and the next
// begins a chart has a break.
func Runs(history []Rank) [][]Rank {
	var runs [][]Rank
	for i, r := range history {
		if i == 0 || r.Scheme == "" || r.Scheme != history[i-1].Scheme {
			runs = append(runs, nil)
		}
		runs[len(runs)-1] = append(runs[len(runs)-1], r)
	}
	return runs
}

// Score is the published score of an office of the province in one year.
type Score struct {
	Words
	Year  int     `json:"year"`
	Kind  string  `json:"kind"` // department or district; the two are not compared
	Score float64 `json:"score"`
	Place string  `json:"place"` // "highest", "lowest" of its kind, where the source says so
}

// Book is everything that was published.
type Book struct {
	Province     string   `json:"province"` // the area all of it is about
	Schemes      []Scheme `json:"schemes"`
	Ranks        []Rank   `json:"ranks"`
	Scores       []Score  `json:"scores"`
	ScoresSource Words    `json:"scores_source"`
}

// Scheme is the scheme of a code.
func (b Book) Scheme(code string) (Scheme, bool) {
	i := slices.IndexFunc(b.Schemes, func(s Scheme) bool { return s.Code == code })
	if i < 0 {
		return Scheme{}, false
	}
	return b.Schemes[i], true
}
