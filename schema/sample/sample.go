// Package sample holds the facts of the sample province: the areas of its two
// divisions, the cross-walk between them and a plain outline. It hands out the
// files as they are and never interprets them; that is the work of server/area.
package sample

import (
	"embed"
	"io/fs"
)

//go:embed *.csv outline.geojson alarm_types.json dti.json
var files embed.FS

// Files returns the sample's files: the areas, their outline, the categories, units and holidays, the sensors with the gateways
// they speak through, the types of alarms, and what was published of the digital transformation index.
func Files() fs.FS { return files }
