package view

import (
	"time"

	"toancanh/schema"
	"toancanh/server/incident"
)

// Incident is an incident as operators and screens draw it. Screens learn the commander's role, never the name, and a redacted title.
type Incident struct {
	ID         string     `json:"id"`
	Version    int64      `json:"version"`
	Code       string     `json:"code"`
	Origin     string     `json:"origin"`
	State      string     `json:"state"`
	Kind       string     `json:"kind"` // flood, fire, air, power, other
	Title      string     `json:"title"`
	Division   string     `json:"division"`
	Area       string     `json:"area"`
	Path       []string   `json:"path"`
	Lat        float64    `json:"lat"`
	Lon        float64    `json:"lon"`
	ProposedAt time.Time  `json:"proposed_at"`
	OpenedAt   *time.Time `json:"opened_at"`
	ClosedAt   *time.Time `json:"closed_at"`
	ChangedAt  time.Time  `json:"changed_at"`
	Commander  string     `json:"commander"`
	Alarms     []string   `json:"alarms"`
	Reports    []string   `json:"reports"`
	Tasks      TaskCounts `json:"tasks"`
}

// TaskCounts are the tasks of an incident.
type TaskCounts struct {
	Open int `json:"open"`
	Done int `json:"done"`
}

// UnitIncident is an incident as the staff of a unit that has tasks in it see it: nothing of what residents sent.
type UnitIncident struct {
	ID      string     `json:"id"`
	Version int64      `json:"version"`
	Code    string     `json:"code"`
	Origin  string     `json:"origin"`
	State   string     `json:"state"`
	Kind    string     `json:"kind"`
	Title   string     `json:"title"`
	Area    string     `json:"area"`
	Path    []string   `json:"path"`
	Tasks   TaskCounts `json:"tasks"` // of the unit
}

// UnitTasks are how many tasks a unit has in an incident.
type UnitTasks struct {
	Unit string
	TaskCounts
}

// OpsIncident is the incident for operators.
func OpsIncident(i incident.Incident) Incident {
	return Incident{
		ID: i.ID, Version: i.Version, Code: i.Code(), Origin: i.Origin, State: string(i.State), Kind: string(i.Family), Title: i.Title,
		Division: i.Division, Area: i.Area, Path: orNone(i.Path), Lat: i.Point.Lat, Lon: i.Point.Lon, ProposedAt: i.ProposedAt.UTC(), OpenedAt: utc(i.OpenedAt),
		ClosedAt: utc(i.ClosedAt), ChangedAt: i.ChangedAt.UTC(), Commander: i.Commander.Name, Alarms: orNone(i.Alarms), Reports: orNone(i.Reports),
		Tasks: TaskCounts{i.TasksOpen, i.TasksDone},
	}
}

// WallIncident is the incident for screens.
func WallIncident(i incident.Incident) Incident {
	w := OpsIncident(i)
	w.Title, w.Commander = Redact(i.Title), i.Commander.As
	return w
}

// ForUnit is the incident for the staff of a unit.
func ForUnit(i incident.Incident, tasks TaskCounts) UnitIncident {
	return UnitIncident{
		ID: i.ID, Version: i.Version, Code: i.Code(), Origin: i.Origin, State: string(i.State), Kind: string(i.Family), Title: Redact(i.Title),
		Area: i.Area, Path: orNone(i.Path), Tasks: tasks,
	}
}

// orNone is never null in JSON.
func orNone(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// IncidentEvents are the events of a change of an incident. One that was dismissed leaves every topic.
func IncidentEvents(i incident.Incident, units []UnitTasks) []Draft {
	draft := Draft{Kind: schema.KindIncident, ID: i.ID, Version: i.Version}
	if i.State == incident.Dismissed {
		draft.Kind = schema.KindGone
	}
	ops, wall := draft, draft
	ops.Audience, ops.Topics = schema.Ops, schema.AreaTopics(schema.Ops, i.Division, i.Path...)
	wall.Audience, wall.Topics = schema.Wall, schema.AreaTopics(schema.Wall, i.Division, i.Path...)
	if draft.Kind == schema.KindIncident {
		ops.Data, wall.Data = encode(OpsIncident(i)), encode(WallIncident(i))
	}
	drafts := []Draft{ops, wall}
	for _, u := range units {
		drafts = append(drafts, Draft{
			Audience: schema.Unit, Kind: schema.KindIncident, ID: i.ID, Version: i.Version, Topics: []string{schema.UnitTopic(u.Unit)}, Data: encode(ForUnit(i, u.TaskCounts)),
		})
	}
	return drafts
}
