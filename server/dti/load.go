package dti

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"time"
)

// Load reads dti.json and refuses one that contradicts itself or names no source.
func Load(files fs.FS) (Book, error) {
	f, err := files.Open("dti.json")
	if err != nil {
		return Book{}, fmt.Errorf("open dti.json: %w", err)
	}
	defer func() { _ = f.Close() }()
	read := json.NewDecoder(f)
	read.DisallowUnknownFields()
	var b Book
	if err := read.Decode(&b); err != nil {
		return Book{}, fmt.Errorf("read dti.json: %w", err)
	}
	if err := b.check(); err != nil {
		return Book{}, fmt.Errorf("read dti.json: %w", err)
	}
	return b, nil
}

func (b Book) check() error {
	for _, s := range b.Schemes {
		if err := s.check(); err != nil {
			return err
		}
	}
	for i, r := range b.Ranks {
		_, known := b.Scheme(r.Scheme)
		switch {
		case r.Source.VI == "" || r.Source.EN == "":
			return fmt.Errorf("rank of %d: no source", r.Year)
		case r.Scheme != "" && !known:
			return fmt.Errorf("rank of %d: no scheme %q", r.Year, r.Scheme)
		case r.Rank < 1 || r.Of != 0 && r.Rank > r.Of:
			return fmt.Errorf("rank of %d: %d of %d", r.Year, r.Rank, r.Of)
		case i > 0 && r.Year <= b.Ranks[i-1].Year:
			return fmt.Errorf("rank of %d: the years do not rise", r.Year)
		}
	}
	if len(b.Scores) > 0 && (b.ScoresSource.VI == "" || b.ScoresSource.EN == "") {
		return fmt.Errorf("scores: no source")
	}
	for _, s := range b.Scores {
		if s.Kind != "department" && s.Kind != "district" || s.Score < 0 {
			return fmt.Errorf("score of %s: kind %q, %g points", s.VI, s.Kind, s.Score)
		}
	}
	return nil
}

func (s Scheme) check() error {
	if _, err := time.Parse(time.DateOnly, s.Date); err != nil {
		return fmt.Errorf("scheme %s: %w", s.Code, err)
	}
	if s.Decision == "" || s.Source.VI == "" || s.Source.EN == "" {
		return fmt.Errorf("scheme %s: no source", s.Code)
	}
	weight, components, seen := 0, 0, map[string]bool{}
	for _, x := range s.Indices {
		if seen[x.Code] || x.Weight < 0 {
			return fmt.Errorf("scheme %s: index %s", s.Code, x.Code)
		}
		seen[x.Code] = true
		weight += x.Weight
		components += x.Components
	}
	if s.Known() && (weight != whole || components != s.Components) {
		return fmt.Errorf("scheme %s: weights of %d, %d components of %d", s.Code, weight, components, s.Components)
	}
	return nil
}
