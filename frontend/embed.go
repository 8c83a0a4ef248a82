//go:build dist

// Package frontend holds the built browser faces (wall and console) inside the binary. It serves nothing
// by itself and never builds them: run `npm run build` first, then build with the tag "dist".
package frontend

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Files returns the built faces rooted at dist (wall.html, console.html, assets/…); ok is true in this build.
func Files() (files fs.FS, ok bool) {
	sub, err := fs.Sub(dist, "dist")
	return sub, err == nil
}
