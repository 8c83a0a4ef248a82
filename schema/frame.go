package schema

import (
	"encoding/json"
	"time"
)

// Protocol is the WebSocket sub-protocol of /live.
const Protocol = "toancanh.v1"

// TicketPrefix precedes the ticket among the offered sub-protocols, "ticket.<token>": a ticket never
// stands in a URL, where logs and proxies would keep it.
const TicketPrefix = "ticket."

// Close codes of /live. 4000 to 4499 mean come back (after the hinted pause), 4500 to 4999 stay away.
const (
	CloseGoingAway    = 1001 // the process ends; come back
	CloseSlow         = 4000 // fell behind beyond the bound; come back and resume
	CloseUnsure       = 4001 // the hub cannot vouch for revocations or heads at present; come back
	CloseRenew        = 4002 // the ticket ran out; fetch a new one and come back
	CloseTooMany      = 4003 // too many sockets from this network or in this process; come back later or poll
	CloseBadMessage   = 4500 // what the client sent is not allowed; stay away
	CloseUnauthorized = 4501 // no or a wrong ticket for a topic; stay away
	CloseRevoked      = 4502 // the ticket was revoked; stay away
)

// FrameType is the "type" of a frame.
type FrameType string

// The types of frames a browser gets.
const (
	TypeHello    FrameType = "hello"
	TypeSnapshot FrameType = "snapshot"
	TypeEvent    FrameType = "event"
	TypeLevel    FrameType = "level"
	TypeBeat     FrameType = "beat"
	TypeReset    FrameType = "reset"
)

// Hello is the first frame on a connection.
type Hello struct {
	Type     FrameType `json:"type"`
	Protocol string    `json:"protocol"`
	At       time.Time `json:"at"` // the server's time, UTC
	Epoch    string    `json:"epoch"`
	Build    string    `json:"build"`
	BeatMS   int       `json:"beat_ms"`  // how often a beat comes
	RetryMS  int       `json:"retry_ms"` // the pause before coming back, spread by the client by ±50 %
}

// SnapshotFrame is everything an audience draws of a topic, complete up to Seq.
type SnapshotFrame struct {
	Type  FrameType       `json:"type"`
	Topic string          `json:"topic"`
	Epoch string          `json:"epoch"`
	Seq   int64           `json:"seq"`
	At    time.Time       `json:"at"`
	Data  json.RawMessage `json:"data"` // a Snapshot
}

// Snapshot is the data of a SnapshotFrame: open reports and the newest closed ones, whole. On screen/<id> it holds no
// report but the screen.
type Snapshot struct {
	Reports []json.RawMessage `json:"reports"`
	// Truncated counts the reports left out because the snapshot was full (5,000 items or 512 KiB).
	Truncated int             `json:"truncated"`
	Screen    json.RawMessage `json:"screen,omitempty"` // what the screen is set to and told to show
	// Alarms are those open: high ones first, then the newest; on ops and wall topics.
	Alarms []json.RawMessage `json:"alarms,omitempty"`
	// AlarmsTruncated counts by priority the alarms left out because there were more than 1,000.
	AlarmsTruncated map[string]int    `json:"alarms_truncated,omitempty"`
	Incidents       []json.RawMessage `json:"incidents,omitempty"` // proposed and open ones, on ops and wall topics
}

// EventFrame is one fact. Data is the whole new state of the thing, absent for kind "gone" and "reset".
type EventFrame struct {
	Type    FrameType       `json:"type"`
	Topic   string          `json:"topic"`
	Seq     int64           `json:"seq"`
	Kind    string          `json:"kind"`
	ID      string          `json:"id"`
	Version int64           `json:"version"`
	At      time.Time       `json:"at"`
	Data    json.RawMessage `json:"data,omitempty"`
}

// The kinds of events.
const (
	KindReport   = "report"   // a report was received or changed
	KindScreen   = "screen"   // on screen/<id>: what the screen is told to show has changed
	KindNote     = "note"     // on ops/…: somebody wrote an internal note beside a report; its words are not in it
	KindAlarm    = "alarm"    // an alarm was raised, changed or closed
	KindIncident = "incident" // an incident was proposed, opened, changed or closed
	KindGone     = "gone"     // the thing left this topic: drop it, unless a newer version is held
	KindReset    = "reset"    // more than 1,000 things changed at once: take a snapshot
)

// LevelFrame holds the newest values of some keys of a topic.
type LevelFrame struct {
	Type  FrameType   `json:"type"`
	Topic string      `json:"topic"`
	Items []LevelItem `json:"items"`
}

// LevelItem is the newest value of one key. Version only grows within a key.
type LevelItem struct {
	Key     string          `json:"key"` // "kpi/open", "sensor/mua-24611"
	Version int64           `json:"version"`
	At      time.Time       `json:"at"`
	Data    json.RawMessage `json:"data"`
}

// Beat says that the connection lives and, by SourceAt, whether what stands behind it does.
type Beat struct {
	Type     FrameType        `json:"type"`
	At       time.Time        `json:"at"`        // the server's time, UTC
	SourceAt time.Time        `json:"source_at"` // the leader's last good round trip to PostgreSQL
	Epoch    string           `json:"epoch"`
	Heads    map[string]int64 `json:"heads"` // topic -> highest seq known to the hub
}

// ResetFrame tells the client to forget a topic; a snapshot follows.
type ResetFrame struct {
	Type   FrameType `json:"type"`
	Topic  string    `json:"topic"`
	Reason string    `json:"reason"` // "epoch", "ahead", "too_old", "gap", "slow", "purge"
}
