package opendata

import (
	"context"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"toancanh/server/disclosure"
	"toancanh/server/door"
	"toancanh/server/report"
	"toancanh/server/store"
)

// Rhythm. A withdrawn word is gone, and a dead database is told, within seconds.
const (
	readEvery  = 2500 * time.Millisecond
	readLimit  = 2 * time.Second
	oldAfter   = 4 * time.Second  // without a good reading the answers say that they are old
	renewAfter = 15 * time.Second // their own time moves on although nothing else changed
)

// Bounds of what is kept.
const (
	mostResults = 10_000 // the newest; the dataset says so
	mostAnswers = 256    // of one dataset
)

// source is everything the datasets are made of.
type source struct {
	picture store.PublicPicture
	mark    string // of results and cells
	results []store.OpenResult
	cells   []disclosure.Cell
	maps    []int64 // versions, by division
	areas   []place
	places  map[[2]string]place // by division and code
}

// edition is what all datasets say at one time.
type edition struct {
	source
	old  bool
	data map[string]*data // by dataset

	mu        sync.Mutex
	catalogue *door.Prepared // guarded by mu; made at the first request
}

// data is what one dataset says. It does not change but for the answers made of it on demand.
type data struct {
	rows           []row
	asOf, modified time.Time
	origin         string
	old            bool

	mu      sync.Mutex
	answers map[string]*door.Prepared
}

// Run reads the projection and swaps the datasets until ctx ends.
func (d *Door) Run(ctx context.Context) error {
	tick := time.NewTicker(readEvery)
	defer tick.Stop()
	for {
		d.look(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// look reads once.
func (d *Door) look(ctx context.Context) {
	before, asked := d.now.Load(), d.Now()
	src, err := d.read(ctx, before)
	switch {
	case ctx.Err() != nil:
	case err == nil:
		d.lastGood = asked
		d.now.Store(d.edition(before, src, src.picture.Idle))
	case before != nil && !before.old && d.Now().Sub(d.lastGood) > oldAfter:
		d.Log.WarnContext(ctx, "open data are old", slog.Any("err", err))
		d.now.Store(d.edition(before, &before.source, true))
	}
}

// read asks for what there is now; results and cells only when they are others than before.
func (d *Door) read(ctx context.Context, before *edition) (*source, error) {
	ctx, cancel := context.WithTimeout(ctx, readLimit)
	defer cancel()
	src := &source{}
	var err error
	if src.picture, err = d.Projection.Picture(ctx, d.Division); err != nil {
		return nil, err
	}
	if before != nil && src.picture.At.Sub(before.picture.At) < renewAfter && before.picture.Same(src.picture) {
		src.picture.At = before.picture.At // nothing is new but the time
	}
	realOnes := src.picture.Origin == string(report.Real)
	if src.mark, err = d.Projection.OpenMark(ctx, d.Division, realOnes); err != nil {
		return nil, err
	}
	if before != nil && before.mark == src.mark {
		src.results, src.cells = before.results, before.cells
	} else {
		if src.results, err = d.Projection.OpenResults(ctx, d.Division, realOnes, mostResults); err != nil {
			return nil, err
		}
		if src.cells, err = d.Projection.Cells(ctx, d.Division); err != nil {
			return nil, err
		}
	}
	return src, d.mapped(src, before)
}

// mapped lays the areas out anew when a map was exchanged.
func (d *Door) mapped(src *source, before *edition) error {
	for _, division := range d.Atlas.Tree.Divisions() {
		if m, ok := d.Atlas.Map(division.Code); ok {
			src.maps = append(src.maps, m.Version)
		}
	}
	if before != nil && slices.Equal(before.maps, src.maps) {
		src.areas, src.places = before.areas, before.places
		return nil
	}
	return d.layOut(src)
}

// edition is the next one. Datasets that say the same as before are the same.
func (d *Door) edition(before *edition, src *source, old bool) *edition {
	e := &edition{source: *src, old: old, data: map[string]*data{}}
	for _, s := range d.sets {
		at := s.asOf(src).UTC().Truncate(time.Second)
		next := &data{asOf: at, modified: at, origin: src.picture.Origin, old: old, answers: map[string]*door.Prepared{}}
		var was *data
		if before != nil {
			was = before.data[s.ID]
		}
		switch {
		case was != nil && reflect.DeepEqual(s.input(&before.source), s.input(src)):
			next.rows, next.modified = was.rows, was.modified
			if s.still {
				next.asOf = was.asOf
			}
			if next.asOf.Equal(was.asOf) && was.old == old && was.origin == next.origin {
				next = was
			}
		default:
			if was != nil {
				next.modified = d.Now().UTC().Truncate(time.Second)
			}
			next.rows = s.rows(d, src)
			slices.SortFunc(next.rows, func(a, b row) int { return strings.Compare(a.key, b.key) })
		}
		e.data[s.ID] = next
	}
	return e
}
