package scene

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"golang.org/x/text/unicode/norm"
)

// The least sizes of a scene, in rem, whatever the panel: below these even a reader at a desk strains.
const (
	leastWords  = 1.5
	leastDigits = 1.2
)

// Validate says everything that is wrong with a scene, each sentence naming the part it is about.
func (s Scene) Validate() error {
	var wrong []error
	say := func(format string, args ...any) {
		wrong = append(wrong, fmt.Errorf("scene %s: "+format, append([]any{s.ID}, args...)...))
	}
	if !idPattern.MatchString(s.ID) {
		say("its id must be small letters, digits and '-'")
	}
	checkName(s.Name, "its name", say)
	s.checkParts(say)
	for _, d := range slices.Sorted(maps.Keys(s.Densities)) {
		if !slices.Contains(Densities(), d) {
			say("there is no density %q", d)
		}
	}
	for _, d := range Densities() {
		l, ok := s.Densities[d]
		if !ok {
			say("density %s is missing", d)
			continue
		}
		s.checkText(d, l, say)
		s.checkShapes(d, l, say)
	}
	if len(wrong) == 0 {
		// What nothing is known of is a single screen of 55 inches in a room of five metres.
		if err := s.Fits(Far, DefaultPanel()); err != nil {
			wrong = append(wrong, err)
		}
	}
	return errors.Join(wrong...)
}

func checkName(n Name, of string, say func(string, ...any)) {
	for lang, text := range map[string]string{"vi": n.VI, "en": n.EN} {
		if text == "" || !norm.NFC.IsNormalString(text) {
			say("%s must be given in %s, composed (NFC)", of, lang)
		}
	}
}

func (s Scene) checkParts(say func(string, ...any)) {
	all, seen := kinds(), map[string]bool{}
	for _, p := range s.Parts {
		if !idPattern.MatchString(p.ID) {
			say("part %q: an id must be small letters, digits and '-'", p.ID)
		}
		if seen[p.ID] {
			say("part %s stands twice in the list of parts", p.ID)
		}
		seen[p.ID] = true
		if _, ok := all[p.Type]; !ok {
			say("part %s: there is no type %q; there are %s", p.ID, p.Type, oneOf(PartTypes()))
		}
		if p.Title != nil {
			checkName(*p.Title, "the title of part "+p.ID, say)
		}
		if (p.Type == "tiles") != (len(p.Tiles) > 0) {
			say("part %s: tiles, and only they, list the numbers they show", p.ID)
		}
		for i, key := range p.Tiles {
			if !slices.Contains(TileKeys(), key) {
				say("part %s: there is no tile %q; there are %s", p.ID, key, oneOf(TileKeys()))
			}
			if slices.Contains(p.Tiles[:i], key) {
				say("part %s: tile %s stands twice", p.ID, key)
			}
		}
	}
}

// checkText looks at the sizes of one density.
func (s Scene) checkText(d Density, l Layout, say func(string, ...any)) {
	for _, id := range slices.Sorted(maps.Keys(l.Text)) {
		p, ok := s.part(id)
		if !ok {
			say("at %s: sizes are given for part %s, which is not among the parts", d, id)
			continue
		}
		roles := kinds()[p.Type].roles
		for _, name := range slices.Sorted(maps.Keys(l.Text[id])) {
			r, known := roles[name]
			size := l.Text[id][name]
			switch {
			case !known:
				say("at %s: part %s has no text %q; it has %s", d, id, name, oneOf(slices.Sorted(maps.Keys(roles))))
			case size < least(r):
				say("at %s: part %s shows %s at %.2f rem, which nobody can read: at least %.1f rem", d, id, name, size, least(r))
			}
		}
	}
}

func least(r role) float64 {
	if r.reads == digits {
		return leastDigits
	}
	return leastWords
}

// checkShapes looks at the layouts of one density.
func (s Scene) checkShapes(d Density, l Layout, say func(string, ...any)) {
	for shape := range l.Shapes {
		if shape != Wide && shape != Ultra && shape != Tall {
			say("at %s: there is no shape %q", d, shape)
		}
	}
	for _, shape := range []Shape{Wide, Ultra, Tall} {
		g, ok := l.Shapes[shape]
		if !ok {
			say("at %s: the layout for a %s picture is missing", d, shape)
			continue
		}
		where := fmt.Sprintf("at %s, %s", d, shape)
		checkTracks(g, where, say)
		s.checkCells(g, l, where, say)
	}
}

func checkTracks(g Grid, where string, say func(string, ...any)) {
	for what, tracks := range map[string][]string{"columns": g.Columns, "rows": g.Rows} {
		if len(tracks) == 0 || len(tracks) > mostTracks {
			say("%s: there must be 1 to %d %s", where, mostTracks, what)
		}
		for _, t := range tracks {
			if _, ok := track(t); !ok {
				say("%s: %q among the %s must be such as \"2fr\" or \"5.5rem\"", where, t, what)
			}
		}
	}
}

func (s Scene) checkCells(g Grid, l Layout, where string, say func(string, ...any)) {
	shown := map[string]bool{}
	for i, c := range g.Cells {
		p, ok := s.part(c.Part)
		if !ok {
			say("%s: a cell names part %s, which is not among the parts", where, c.Part)
			continue
		}
		if shown[c.Part] {
			say("%s: part %s has two cells", where, c.Part)
		}
		shown[c.Part] = true
		if c.X < 0 || c.Y < 0 || c.W < 1 || c.H < 1 || c.X+c.W > len(g.Columns) || c.Y+c.H > len(g.Rows) {
			say("%s: part %s stands outside the grid", where, c.Part)
		}
		for _, other := range g.Cells[:i] {
			if c.overlaps(other) {
				say("%s: part %s overlaps part %s", where, c.Part, other.Part)
			}
		}
		s.checkFilling(p, c, where, say)
		for _, name := range slices.Sorted(maps.Keys(kinds()[p.Type].roles)) {
			if _, sized := l.Text[p.ID][name]; kinds()[p.Type].roles[name].needed && !sized {
				say("%s: part %s has no size for %s", where, p.ID, name)
			}
		}
	}
	for _, t := range PartTypes() {
		stands := slices.ContainsFunc(s.Parts, func(p Part) bool { return p.Type == t && shown[p.ID] })
		if kinds()[t].everywhere && !stands {
			say("%s: there is no %s: without it a wall cannot be believed", where, t)
		}
	}
}

func (s Scene) checkFilling(p Part, c Cell, where string, say func(string, ...any)) {
	if kinds()[p.Type].filled != (c.Most > 0) {
		say("%s: part %s: lists and the ticker, and only they, say how many rows fit (most)", where, p.ID)
	}
	if (p.Type == "tiles") != (c.Columns > 0) {
		say("%s: part %s: tiles, and only they, say how many stand side by side (columns)", where, p.ID)
	}
}

func (c Cell) overlaps(o Cell) bool {
	return c.X < o.X+o.W && o.X < c.X+c.W && c.Y < o.Y+o.H && o.Y < c.Y+c.H
}
