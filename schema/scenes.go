package schema

import "embed"

// Scenes holds the scenes a wall can show, one JSON file each, named by the scene's id. Package server/scene says
// what they may hold and checks them.
//
//go:embed scenes/*.json
var Scenes embed.FS
