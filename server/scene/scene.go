// Package scene knows what a wall may show and whether it can be read from the farthest seat: the scenes as data,
// what makes one valid, and the rule of legibility. It never draws, and it never asks what a screen shows now.
package scene

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
)

// Density is how much stands on a wall at once.
type Density string

// The densities, from the fewest and largest things to the most and smallest.
const (
	Far    Density = "far"
	Middle Density = "middle"
	Near   Density = "near"
)

// Densities lists them, the densest first.
func Densities() []Density { return []Density{Near, Middle, Far} }

// Shape is the shape of a picture. A wall of two by two screens has the shape of one.
type Shape string

// The shapes: about 16:9; at least 2.2:1; higher than wide, where the page scrolls and is read in the hand.
const (
	Wide  Shape = "wide"
	Ultra Shape = "ultra"
	Tall  Shape = "tall"
)

// Scene is one way to fill a wall.
type Scene struct {
	ID        string             `json:"id"`
	Name      Name               `json:"name"`
	Parts     []Part             `json:"parts"`
	Densities map[Density]Layout `json:"densities"`
}

// Name is a text in both languages, composed (NFC).
type Name struct {
	VI string `json:"vi"`
	EN string `json:"en"`
}

// Part is one thing a scene shows.
type Part struct {
	ID   string `json:"id"`
	Type string `json:"type"`
	// Title replaces the part's own title; nil keeps it.
	Title *Name `json:"title,omitempty"`
	// Tiles are the keys of the numbers that a part of type tiles shows, in their order.
	Tiles []string `json:"tiles,omitempty"`
}

// Layout is a scene at one density: sizes of text by part and role in rem (16 px at 1080 lines), and where the
// parts stand in each shape of wall. A part without a place is not shown, a role without a size neither.
type Layout struct {
	Text   map[string]map[string]float64 `json:"text"`
	Shapes map[Shape]Grid                `json:"shapes"`
}

// Grid is rows and columns, each "<n>fr" (a share of what is left) or "<n>rem", and the parts in their cells.
type Grid struct {
	Columns []string `json:"columns"`
	Rows    []string `json:"rows"`
	Cells   []Cell   `json:"cells"`
}

// Cell is the rectangle of one part, counted from the upper left at 0, and how the part fills it.
type Cell struct {
	Part string `json:"part"`
	X    int    `json:"x"`
	Y    int    `json:"y"`
	W    int    `json:"w"`
	H    int    `json:"h"`
	// Columns is how many tiles stand side by side.
	Columns int `json:"columns,omitempty"`
	// Most is how many rows or lines there is room for.
	Most int `json:"most,omitempty"`
}

// mostTracks bounds the rows and columns of a grid.
const mostTracks = 24

var (
	idPattern    = regexp.MustCompile(`^[a-z][a-z0-9-]{0,39}$`)
	trackPattern = regexp.MustCompile(`^([0-9]{1,3}(?:\.[0-9]{1,2})?)(fr|rem)$`)
)

// Parse reads a scene and checks it. A field it does not know is an error.
func Parse(raw []byte) (Scene, error) {
	var s Scene
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return Scene{}, fmt.Errorf("read scene: %w", err)
	}
	if _, err := d.Token(); err != io.EOF { //nolint:errorlint // Token answers the bare io.EOF
		return Scene{}, fmt.Errorf("read scene %s: something follows it", s.ID)
	}
	if err := s.Validate(); err != nil {
		return Scene{}, err
	}
	return s, nil
}

// Load reads every scene of a folder named scenes, ordered by id. A file is named by its scene.
func Load(files fs.FS) ([]Scene, error) {
	names, err := fs.Glob(files, "scenes/*.json")
	if err != nil {
		return nil, fmt.Errorf("list scenes: %w", err)
	}
	all := make([]Scene, 0, len(names))
	for _, name := range names {
		raw, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("read scene: %w", err)
		}
		s, err := Parse(raw)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if name != "scenes/"+s.ID+".json" {
			return nil, fmt.Errorf("%s: its id is %q", name, s.ID)
		}
		all = append(all, s)
	}
	return all, nil
}

// part finds a part by its id.
func (s Scene) part(id string) (Part, bool) {
	i := slices.IndexFunc(s.Parts, func(p Part) bool { return p.ID == id })
	if i < 0 {
		return Part{}, false
	}
	return s.Parts[i], true
}

// track reads a row's height or a column's width.
func track(text string) (size float64, ok bool) {
	found := trackPattern.FindStringSubmatch(text)
	if found == nil {
		return 0, false
	}
	size, err := strconv.ParseFloat(found[1], 64)
	return size, err == nil && size > 0
}
