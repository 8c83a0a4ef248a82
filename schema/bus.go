package schema

import (
	"encoding/json"
	"time"
)

// Batch is one message on a bus channel: all its topics hash to that channel. The bus may lose a batch;
// seq, pulse and the periodic levels repair it.
type Batch struct {
	Epoch  string      `json:"epoch"`
	Term   int64       `json:"term"` // the leader's term; a hub ignores batches of a lower term than it has seen
	Events []Announced `json:"events,omitempty"`
	Levels []Level     `json:"levels,omitempty"`
	Pulse  *Pulse      `json:"pulse,omitempty"`
}

// Announced is an event as stamped for one topic. Data is not parsed by the hub.
type Announced struct {
	Topic   string          `json:"topic"`
	Seq     int64           `json:"seq"`
	Kind    string          `json:"kind"`
	ID      string          `json:"id"`
	Version int64           `json:"version"`
	At      time.Time       `json:"at"`
	Purge   bool            `json:"purge,omitempty"` // with kind gone: erase every earlier trace of ID
	Data    json.RawMessage `json:"data,omitempty"`
}

// Level is a LevelItem with its topic.
type Level struct {
	Topic string `json:"topic"`
	LevelItem
}

// Pulse is sent each second on every channel: the heads of that channel's topics, and when the leader last
// reached PostgreSQL. A topic without an entry in Heads has head 0.
type Pulse struct {
	At       time.Time        `json:"at"`
	SourceAt time.Time        `json:"source_at"`
	Heads    map[string]int64 `json:"heads"`
}

// Frame is the event as its finished frame payload.
func (a Announced) Frame() ([]byte, error) {
	return json.Marshal(EventFrame{
		Type: TypeEvent, Topic: a.Topic, Seq: a.Seq, Kind: a.Kind, ID: a.ID, Version: a.Version, At: a.At, Data: a.Data,
	})
}

// Revocation is the data of an event on ControlTopic: tickets of Subject issued before Before are void.
type Revocation struct {
	Subject string    `json:"subject"`
	Before  time.Time `json:"before"`
}
