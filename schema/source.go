package schema

import (
	"encoding/json"
	"time"
)

// SourceSnapshot is what a hub's Source answers for a topic: the snapshot's data and the seq up to which it
// is complete, read in one repeatable-read transaction.
type SourceSnapshot struct {
	Epoch string          `json:"epoch"`
	Seq   int64           `json:"seq"`
	At    time.Time       `json:"at"`
	Data  json.RawMessage `json:"data"`
}

// SourceSince is what a hub's Source answers for "events of a topic after seq". Events are in order and
// without a gap from seq+1; TooOld says that the first of them is no longer kept.
type SourceSince struct {
	Epoch  string      `json:"epoch"`
	Head   int64       `json:"head"`
	TooOld bool        `json:"too_old,omitempty"`
	Events []Announced `json:"events"`
}

// Paths under which the server answers a hub of its own process group (header HubSecretHeader).
const (
	PathHubSnapshot = "/internal/hub/snapshot" // ?topic=
	PathHubSince    = "/internal/hub/since"    // ?topic=&seq=&limit=
	PathHubKey      = "/internal/hub/key"      // the Ed25519 public key of tickets, base64
	HubSecretHeader = "Toancanh-Hub-Secret"    //nolint:gosec // the header's name, not a secret
)
