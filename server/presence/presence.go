// Package presence says who has a report before them and who is writing about it, so that two operators do not do the same
// work. It is a courtesy: a lock here keeps nobody from anything, and all of it may be lost at any time. It holds who is there
// in Redis, or in this process alone, and never touches the database.
package presence

import (
	"slices"
	"time"
)

// Times of presence.
const (
	BeatEvery = 10 * time.Second // how often a page says that it is still there
	GoneAfter = 30 * time.Second // how long a silent page counts as there
)

// mostPages bounds the pages that have one report open; who comes later is not shown.
const mostPages = 20

// Beat is what a page says of itself.
type Beat struct {
	Report   string // UUID
	Division string // where the report lies
	Path     []string
	ID, Name string // of the person
	Page     string // tells the pages of one person apart
	Typing   bool   // holds the lock while nobody else does
	Take     bool   // holds it whoever does
}

// Page is one page that has the report open.
type Page struct {
	ID    string    `json:"id"`
	Name  string    `json:"name"`
	Page  string    `json:"page"`
	Since time.Time `json:"since"`
	Seen  time.Time `json:"seen"`
}

// State is who has one report open, and who holds its lock.
type State struct {
	Report   string   `json:"report"`
	Division string   `json:"division"`
	Path     []string `json:"path"`
	Pages    []Page   `json:"pages"` // in the order they came
	Lock     *Page    `json:"lock"`
}

// At is the state without those who have been silent too long.
func (s State) At(now time.Time) State {
	silent := func(p Page) bool { return now.Sub(p.Seen) > GoneAfter }
	s.Pages = slices.DeleteFunc(slices.Clone(s.Pages), silent)
	if s.Lock != nil && silent(*s.Lock) {
		s.Lock = nil
	}
	return s
}

// Empty reports whether nobody is there.
func (s State) Empty() bool { return len(s.Pages) == 0 }

// After is the state after a page's beat.
func (s State) After(b Beat, now time.Time) State {
	s = s.At(now)
	s.Report, s.Division, s.Path = b.Report, b.Division, b.Path
	i := s.find(b.ID, b.Page)
	if i < 0 {
		if len(s.Pages) >= mostPages {
			return s
		}
		s.Pages = append(s.Pages, Page{ID: b.ID, Page: b.Page, Since: now})
		i = len(s.Pages) - 1
	}
	s.Pages[i].Name, s.Pages[i].Seen = b.Name, now
	held := s.Held(b.ID, b.Page)
	switch {
	case held && b.Typing:
		s.Lock = &Page{b.ID, b.Name, b.Page, s.Lock.Since, now}
	case b.Take, b.Typing && s.Lock == nil:
		s.Lock = &Page{b.ID, b.Name, b.Page, now, now}
	case held:
		s.Lock = nil
	}
	return s
}

// Without is the state after a page has left.
func (s State) Without(id, page string, now time.Time) State {
	s = s.At(now)
	if i := s.find(id, page); i >= 0 {
		s.Pages = slices.Delete(s.Pages, i, i+1)
	}
	if s.Held(id, page) {
		s.Lock = nil
	}
	return s
}

// Held reports whether a page holds the lock.
func (s State) Held(id, page string) bool {
	return s.Lock != nil && s.Lock.ID == id && s.Lock.Page == page
}

func (s State) find(id, page string) int {
	return slices.IndexFunc(s.Pages, func(p Page) bool { return p.ID == id && p.Page == page })
}

// People are those who are there, each once, since their first page.
func (s State) People() []Page {
	var people []Page
	for _, p := range s.Pages {
		if !slices.ContainsFunc(people, func(q Page) bool { return q.ID == p.ID }) {
			people = append(people, p)
		}
	}
	return people
}
