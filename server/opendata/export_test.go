package opendata

import "context"

// Look reads once.
func (d *Door) Look(ctx context.Context) { d.look(ctx) }

// OpenMap reports whether the terms of a map let everybody have its outlines.
func OpenMap(terms string) bool { return openMap(terms) }
