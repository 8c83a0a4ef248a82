package schema

import "embed"

// Drills are the scenarios of exercises, drills/<code>.json; server/drill reads them.
//
//go:embed drills/*.json
var Drills embed.FS
