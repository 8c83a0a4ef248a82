package view

import (
	"time"

	"toancanh/schema"
	"toancanh/server/report"
)

// Note says that a note was written beside a report, to the operators of its area: which and by whom. Its words are fetched
// by whoever has the report before them, so that no feed and no stored event has to forget them.
type Note struct {
	Report string    `json:"report"`
	N      int64     `json:"n"`
	By     Author    `json:"by"`
	At     time.Time `json:"at"`
}

// Author is an officer as colleagues know them.
type Author struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// NoteEvent announces a note of a report; id is the note's own.
func NoteEvent(r report.Report, id string, n Note) Draft {
	return Draft{
		Audience: schema.Ops, Kind: schema.KindNote, ID: id, Version: 1, Topics: schema.AreaTopics(schema.Ops, r.Division, r.Path...),
		Data: encode(n),
	}
}
