package area

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/text/unicode/norm"
)

// check collects every fault of the rows a tree was built from.
func check(t *Tree, rows Rows) error {
	var faults []error
	faults = append(faults, checkDivisions(t, rows.Divisions)...)
	seen := make(map[key]bool, len(rows.Areas))
	for _, a := range rows.Areas {
		k := key{a.Division, a.Code}
		if seen[k] {
			faults = append(faults, fmt.Errorf("area %s/%s: given twice", a.Division, a.Code))
		}
		seen[k] = true
		faults = append(faults, checkArea(t, a)...)
	}
	faults = append(faults, checkCrosswalk(t, rows.Crosswalk)...)
	return errors.Join(faults...)
}

func checkDivisions(t *Tree, divisions []Division) []error {
	var faults []error
	if len(divisions) == 0 {
		return []error{errors.New("divisions: none given")}
	}
	seen, defaults := make(map[string]bool), 0
	for _, d := range divisions {
		fault := func(format string, args ...any) {
			faults = append(faults, fmt.Errorf("division %q: "+format, append([]any{d.Code}, args...)...))
		}
		if d.Code == "" || seen[d.Code] {
			fault("code empty or given twice")
		}
		seen[d.Code] = true
		if d.Default {
			defaults++
		}
		for _, day := range []string{d.ValidFrom, d.ValidTo} {
			if _, err := time.Parse(time.DateOnly, day); day != "" && err != nil {
				fault("day %q is not yyyy-mm-dd", day)
			}
		}
		if d.ValidTo != "" && d.ValidTo <= d.ValidFrom {
			fault("ends on %s, before it begins on %s", d.ValidTo, d.ValidFrom)
		}
		if _, ok := t.Division(d.CellsOf); d.CellsOf != "" && !ok {
			fault("takes the cells of unknown division %q", d.CellsOf)
		}
		if roots := countRoots(t, d.Code); roots != 1 {
			fault("has %d roots, wants 1", roots)
		}
	}
	if defaults != 1 {
		faults = append(faults, fmt.Errorf("divisions: %d defaults, want 1", defaults))
	}
	return faults
}

func countRoots(t *Tree, division string) int {
	roots := 0
	for _, a := range t.byLevel[division] {
		if a.Parent == "" {
			roots++
		}
	}
	return roots
}

func checkArea(t *Tree, a Area) []error {
	var faults []error
	fault := func(format string, args ...any) {
		args = append([]any{a.Division, a.Code}, args...)
		faults = append(faults, fmt.Errorf("area %s/%s: "+format, args...))
	}
	if a.Code == "" || a.Name == "" {
		fault("code or name is empty")
	}
	if _, ok := t.Division(a.Division); !ok {
		fault("unknown division")
	}
	if a.Level.rank() == 0 {
		fault("unknown level %q", a.Level)
	}
	for _, text := range append([]string{a.Kind, a.Name}, a.Aliases...) {
		if !norm.NFC.IsNormalString(text) {
			fault("%q is not in Unicode NFC", text)
		}
	}
	if err := a.Centre.Check(); err != nil {
		fault("centre: %w", err)
	}
	if a.Parent != "" {
		// Levels strictly widen upwards, so a ring of parents cannot pass.
		parent, ok := t.Get(a.Division, a.Parent)
		switch {
		case !ok:
			fault("unknown parent %q", a.Parent)
		case parent.Level.rank() >= a.Level.rank():
			fault("parent %s is a %s, not wider than a %s", a.Parent, parent.Level, a.Level)
		}
	}
	return faults
}

// checkCrosswalk holds each pair of divisions to: known leaves only, every old
// leaf goes to one new leaf, every new leaf has a source.
func checkCrosswalk(t *Tree, steps []Step) []error {
	var faults []error
	type pair struct{ from, to string }
	sources := make(map[pair]map[string]string)
	for _, s := range steps {
		for _, k := range []key{{s.FromDivision, s.FromCode}, {s.ToDivision, s.ToCode}} {
			if _, ok := t.areas[k]; !ok || len(t.children[k]) > 0 {
				faults = append(faults, fmt.Errorf("cross-walk: %s/%s is no leaf area", k.division, k.code))
			}
		}
		p := pair{s.FromDivision, s.ToDivision}
		if sources[p] == nil {
			sources[p] = make(map[string]string)
		}
		if _, twice := sources[p][s.FromCode]; twice {
			faults = append(faults, fmt.Errorf("cross-walk: %s/%s goes to two areas", s.FromDivision, s.FromCode))
		}
		sources[p][s.FromCode] = s.ToCode
	}
	for _, d := range t.divisions {
		for _, other := range t.divisions {
			went := sources[pair{d.Code, other.Code}]
			if went == nil {
				continue
			}
			faults = append(faults, checkComplete(t, d.Code, other.Code, went)...)
		}
	}
	return faults
}

func checkComplete(t *Tree, from, to string, went map[string]string) []error {
	var faults []error
	reached := make(map[string]bool)
	for _, leaf := range t.Leaves(from) {
		code, ok := went[leaf.Code]
		if !ok {
			faults = append(faults, fmt.Errorf("cross-walk: %s/%s goes nowhere in %s", from, leaf.Code, to))
		}
		reached[code] = true
	}
	for _, leaf := range t.Leaves(to) {
		if !reached[leaf.Code] {
			faults = append(faults, fmt.Errorf("cross-walk: %s/%s comes from nothing in %s", to, leaf.Code, from))
		}
	}
	return faults
}
