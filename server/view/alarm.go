package view

import (
	"time"

	"toancanh/schema"
	"toancanh/server/alarm"
)

// OpsAlarm is an alarm as operators, leads and leaders of its area see it. What is to be done about it are the words of its type
// as they stood when it was raised.
type OpsAlarm struct {
	ID              string       `json:"id"`
	Version         int64        `json:"version"`
	Origin          string       `json:"origin"`
	Type            string       `json:"type"`
	Label           string       `json:"label"`
	Source          string       `json:"source"`
	Target          string       `json:"target"`
	TargetName      string       `json:"target_name"`
	Priority        string       `json:"priority"`
	State           string       `json:"state"`
	Aside           string       `json:"aside"`
	Division        string       `json:"division"`
	Area            string       `json:"area"`
	Path            []string     `json:"path"`
	Lat             float64      `json:"lat"`
	Lon             float64      `json:"lon"`
	Value           *float64     `json:"value"`
	Unit            string       `json:"unit"`
	Limit           string       `json:"limit"`
	RaisedAt        time.Time    `json:"raised_at"`
	KnownAt         time.Time    `json:"known_at"`
	AgainAt         *time.Time   `json:"again_at"`
	AckedAt         *time.Time   `json:"acked_at"`
	AckedBy         string       `json:"acked_by"` // a name for colleagues, the word of a role for screens
	ClearedAt       *time.Time   `json:"cleared_at"`
	ClosedAt        *time.Time   `json:"closed_at"`
	Until           *time.Time   `json:"until"` // when what keeps it aside ends by itself
	AsideReason     string       `json:"aside_reason"`
	SilencedUntil   *time.Time   `json:"silenced_until"`
	Count           int          `json:"count"`
	Chattering      bool         `json:"chattering"`
	AckBy           time.Time    `json:"ack_by"`
	Stale           bool         `json:"stale"` // as of this version: active for more than a day
	Kind            string       `json:"kind"`
	Cause           string       `json:"cause"`
	Consequence     string       `json:"consequence"`
	Response        string       `json:"response"`
	ResponseMinutes int          `json:"response_minutes"`
	Owner           string       `json:"owner"`
	Members         []string     `json:"members"`
	Incident        string       `json:"incident"`
	Callout         AlarmCallout `json:"callout"`
}

// AlarmCallout is how far calling people out of the room has come. It names positions, never people.
type AlarmCallout struct {
	State   string     `json:"state"` // empty: nobody has to be called
	Step    int        `json:"step"`
	To      string     `json:"to"`
	At      *time.Time `json:"at"`
	Channel string     `json:"channel"`
	Result  string     `json:"result"`
}

// WallAlarm is an alarm as a screen in the room shows it: the same, but who took it goes by the role, and what officers wrote
// is redacted. It is a type of its own, so that nothing reaches a screen by being added for operators.
type WallAlarm struct {
	ID              string       `json:"id"`
	Version         int64        `json:"version"`
	Origin          string       `json:"origin"`
	Type            string       `json:"type"`
	Label           string       `json:"label"`
	Source          string       `json:"source"`
	Target          string       `json:"target"`
	TargetName      string       `json:"target_name"`
	Priority        string       `json:"priority"`
	State           string       `json:"state"`
	Aside           string       `json:"aside"`
	Division        string       `json:"division"`
	Area            string       `json:"area"`
	Path            []string     `json:"path"`
	Lat             float64      `json:"lat"`
	Lon             float64      `json:"lon"`
	Value           *float64     `json:"value"`
	Unit            string       `json:"unit"`
	Limit           string       `json:"limit"`
	RaisedAt        time.Time    `json:"raised_at"`
	KnownAt         time.Time    `json:"known_at"`
	AgainAt         *time.Time   `json:"again_at"`
	AckedAt         *time.Time   `json:"acked_at"`
	AckedBy         string       `json:"acked_by"`
	ClearedAt       *time.Time   `json:"cleared_at"`
	ClosedAt        *time.Time   `json:"closed_at"`
	Until           *time.Time   `json:"until"`
	AsideReason     string       `json:"aside_reason"`
	SilencedUntil   *time.Time   `json:"silenced_until"`
	Count           int          `json:"count"`
	Chattering      bool         `json:"chattering"`
	AckBy           time.Time    `json:"ack_by"`
	Stale           bool         `json:"stale"`
	Kind            string       `json:"kind"`
	Cause           string       `json:"cause"`
	Consequence     string       `json:"consequence"`
	Response        string       `json:"response"`
	ResponseMinutes int          `json:"response_minutes"`
	Owner           string       `json:"owner"`
	Members         []string     `json:"members"`
	Incident        string       `json:"incident"`
	Callout         AlarmCallout `json:"callout"`
}

// Alarm is an alarm for operators as of an instant; t is its type as it stood when it was raised.
func Alarm(a alarm.Alarm, t alarm.Type, now time.Time) OpsAlarm {
	return OpsAlarm{
		ID: a.ID, Version: a.Version, Origin: a.Origin, Type: a.Type, Label: t.Label, Source: string(a.Source), Target: a.Target,
		TargetName: a.Name, Priority: string(a.Priority), State: string(a.State), Aside: string(a.Aside), Division: a.Division,
		Area: a.Area, Path: never(a.Path), Lat: a.Lat, Lon: a.Lon, Value: a.Value, Unit: a.Unit, Limit: a.Limit,
		RaisedAt: a.RaisedAt.UTC(), KnownAt: a.KnownAt.UTC(), AgainAt: utc(a.AgainAt), AckedAt: utc(a.AckedAt), AckedBy: a.AckedBy,
		ClearedAt: utc(a.ClearAt), ClosedAt: utc(a.ClosedAt), Until: utc(a.Until), AsideReason: a.AsideReason,
		SilencedUntil: utc(a.SilencedUntil), Count: a.Count, Chattering: a.Chattering, AckBy: a.AckBy().UTC(), Stale: a.Stale(now),
		Kind: a.Kind, Cause: t.Cause, Consequence: t.Consequence, Response: t.Response,
		ResponseMinutes: int(t.ResponseTime / time.Minute), Owner: t.Owner, Members: never(a.Members), Incident: a.Incident,
		Callout: AlarmCallout{
			State: string(a.Callout.State), Step: a.Callout.Step, To: a.Callout.To, At: utc(a.Callout.At), Channel: a.Callout.Channel,
			Result: a.Callout.Result,
		},
	}
}

// ScreenAlarm is an alarm for screens; false for a journal entry, which is never annunciated.
func ScreenAlarm(a alarm.Alarm, t alarm.Type, now time.Time) (WallAlarm, bool) {
	if a.Priority == alarm.Journal {
		return WallAlarm{}, false
	}
	a.AckedBy, a.AsideReason = a.AckedAs, Redact(a.AsideReason)
	return WallAlarm(Alarm(a, t, now)), true
}

// AlarmEvents announce an alarm as it is now to the operators and the screens of every area on its path.
func AlarmEvents(a alarm.Alarm, t alarm.Type, now time.Time) []Draft {
	drafts := []Draft{alarmDraft(a, schema.Ops, encode(Alarm(a, t, now)))}
	if w, ok := ScreenAlarm(a, t, now); ok {
		drafts = append(drafts, alarmDraft(a, schema.Wall, encode(w)))
	}
	return drafts
}

// AlarmGone takes an alarm that has long been over from the topics it was on.
func AlarmGone(a alarm.Alarm) []Draft {
	drafts := []Draft{alarmDraft(a, schema.Ops, nil)}
	if a.Priority != alarm.Journal {
		drafts = append(drafts, alarmDraft(a, schema.Wall, nil))
	}
	return drafts
}

// alarmDraft is an event of an alarm; without data it is gone.
func alarmDraft(a alarm.Alarm, audience schema.Audience, data []byte) Draft {
	d := Draft{
		Audience: audience, Kind: schema.KindAlarm, ID: a.ID, Version: a.Version,
		Topics: schema.AreaTopics(audience, a.Division, a.Path...), Data: data,
	}
	if data == nil {
		d.Kind = schema.KindGone
	}
	return d
}

// never is the list, never null in JSON.
func never(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
