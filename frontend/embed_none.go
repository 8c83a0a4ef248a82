//go:build !dist

// Package frontend holds the built browser faces (wall and console) inside the binary. It serves nothing
// by itself and never builds them: run `npm run build` first, then build with the tag "dist".
package frontend

import "io/fs"

// Files returns no faces: this binary was built without the tag "dist", so ok is false and the server
// reads the built folder its configuration names.
func Files() (files fs.FS, ok bool) { return nil, false }
