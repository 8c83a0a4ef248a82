// Package screen holds the rules of the screens of a centre: what one is set to and told to show, how an order changes
// it, who follows whom in a meeting. It never stores or sends anything and does not know how a wall is drawn.
package screen

import (
	"time"

	"toancanh/server/area"
)

// Density is how much stands on a screen at once; Auto leaves it to the panel and the farthest seat.
type Density string

// The densities.
const (
	Auto   Density = "auto"
	Far    Density = "far"
	Middle Density = "middle"
	Near   Density = "near"
)

// OrdinaryScene is in force where nothing else was set or sent.
const OrdinaryScene = "ngay-thuong"

// Province is the id of the screen that shows the whole province; like the code of every area it names a screen that
// nobody has to set up first.
const Province = "tinh"

// Screen is one screen, or one wall of several panels that act as one.
type Screen struct {
	ID      string
	Version int64 // grows with every change, also over a deletion; 0 when nothing was ever set

	Title     string // empty: made from the area's name
	Point     string // the connection point (điểm cầu) it stands at
	Area      *Place // its own; nil: what its id names, else the province
	Scene     string // its own; empty: the ordinary one
	Density   Density
	PanelMM   *int // height of the lit picture
	ViewingMM *int // distance of the farthest seat

	Show Show
	// Before is what it showed when it began to follow; nil outside meetings.
	Before  *Show
	Deleted bool
}

// Place is an area of one division.
type Place struct {
	Division string `json:"division"`
	Code     string `json:"code"`
}

// Show is what a screen was told. Zero values mean that nothing was sent and the screen's own setting holds.
type Show struct {
	Scene     string     `json:"scene"`
	Area      *Place     `json:"area"`
	Highlight *Highlight `json:"highlight"`
	Message   *Message   `json:"message"`
	Presenter string     `json:"presenter"` // the screen it follows
	Reload    int64      `json:"reload"`    // a page reloads when this has grown since it started
}

// Highlight names one thing to point at.
type Highlight struct {
	Kind string `json:"kind"` // "report", "sensor" or "area"
	ID   string `json:"id"`   // UUID, sensor's code or area's code
}

// Message is a sentence across the screen.
type Message struct {
	Text  string     `json:"text"`
	State string     `json:"state"` // "attention", "warning" or "critical"
	Until *time.Time `json:"until"` // nil: until it is taken back
}

// State is a screen as its topic and the API say it.
type State struct {
	ID        string  `json:"id"`
	Version   int64   `json:"version"`
	Scene     string  `json:"scene"` // in force
	Density   Density `json:"density"`
	PanelMM   *int    `json:"panel_mm"`
	ViewingMM *int    `json:"viewing_mm"`
	Show      Show    `json:"show"`
}

// Unset is a screen for which nothing is set.
func Unset(id string) Screen { return Screen{ID: id, Density: Auto} }

// State is what the screen's page needs.
func (s Screen) State() State {
	density := s.Density
	if density == "" {
		density = Auto
	}
	return State{s.ID, s.Version, s.SceneInForce(), density, s.PanelMM, s.ViewingMM, s.Show}
}

// SceneInForce is the scene that was sent, else the screen's own, else the ordinary one.
func (s Screen) SceneInForce() string {
	switch {
	case s.Show.Scene != "":
		return s.Show.Scene
	case s.Scene != "":
		return s.Scene
	}
	return OrdinaryScene
}

// Ground is the areas that screens can show: those of the division that is live.
type Ground struct {
	Tree     *area.Tree
	Division string
}

// Names is the area that an id names by itself, set up or not: Province the whole, an area's code that area.
func (g Ground) Names(id string) (area.Area, bool) {
	if id == Province {
		return g.Tree.Root(g.Division)
	}
	return g.Tree.Get(g.Division, id)
}

// Has reports whether a screen can show a place. Of other divisions nothing is live.
func (g Ground) Has(p Place) bool {
	_, ok := g.Tree.Get(p.Division, p.Code)
	return ok && p.Division == g.Division
}

// AreaOf is the area a screen shows: what was sent, its own, what its id names, the province. A place of another
// division, left from before a change of division, counts for nothing.
func (g Ground) AreaOf(s Screen) area.Area {
	for _, p := range []*Place{s.Show.Area, s.Area} {
		if p != nil && g.Has(*p) {
			a, _ := g.Tree.Get(p.Division, p.Code)
			return a
		}
	}
	if a, ok := g.Names(s.ID); ok {
		return a
	}
	a, _ := g.Tree.Root(g.Division)
	return a
}
