package feed

import (
	"encoding/xml"
	"time"

	"toancanh/server/store"
	"toancanh/server/warning"
)

// The parts of an Atom feed (RFC 4287) that ours has, and what it repeats of a message beside it.
type (
	atomFeed struct {
		XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
		CAP     string      `xml:"xmlns:cap,attr"`
		Lang    string      `xml:"xml:lang,attr"`
		ID      string      `xml:"id"`
		Title   string      `xml:"title"`
		Rights  string      `xml:"rights,omitempty"`
		Updated string      `xml:"updated"`
		Author  string      `xml:"author>name"`
		Links   []atomLink  `xml:"link"`
		Entries []atomEntry `xml:"entry"`
	}
	atomLink struct {
		Rel  string `xml:"rel,attr"`
		Type string `xml:"type,attr"`
		Href string `xml:"href,attr"`
	}
	atomEntry struct {
		ID        string     `xml:"id"`
		Title     string     `xml:"title"`
		Published string     `xml:"published"`
		Updated   string     `xml:"updated"`
		Links     []atomLink `xml:"link"`
		Summary   string     `xml:"summary"`
		Status    string     `xml:"cap:status"`
		MsgType   string     `xml:"cap:msgType"`
		Event     string     `xml:"cap:event"`
		Urgency   string     `xml:"cap:urgency"`
		Severity  string     `xml:"cap:severity"`
		Certainty string     `xml:"cap:certainty"`
		Expires   string     `xml:"cap:expires"`
	}
)

// atom is the list. Its own time is that of the newest message, so that it is the same until there is another.
func (f *Feed) atom(e *edition, base string) atomFeed {
	out := atomFeed{
		CAP: warning.Namespace, Lang: "vi", ID: "tag:" + f.Sender + ",2026:canh-bao", Title: f.title(), Author: f.Centre,
		Updated: time.Unix(0, 0).UTC().Format(time.RFC3339),
		Links:   []atomLink{{"self", "application/atom+xml", base + "/feed/alerts.atom"}},
	}
	if f.Origin != "real" {
		out.Rights = "Dữ liệu mô phỏng, không phải cảnh báo thật."
	}
	for _, w := range e.list {
		out.Updated = max(out.Updated, w.SentAt.Format(time.RFC3339)) // both in UTC
		out.Entries = append(out.Entries, entry(w, base))
	}
	return out
}

func (f *Feed) title() string {
	title := "Cảnh báo tới người dân – " + f.Centre
	if f.Origin != "real" {
		title = "[MÔ PHỎNG] " + title
	}
	return title
}

func entry(w store.PublicWarning, base string) atomEntry {
	at := w.SentAt.Format(time.RFC3339)
	return atomEntry{
		ID: "urn:uuid:" + w.ID, Title: w.Title, Published: at, Updated: at, Summary: w.Summary,
		Links:  []atomLink{{"alternate", warning.MediaType, base + "/feed/cap/" + w.ID + ".xml"}},
		Status: w.Status, MsgType: w.MsgType, Event: w.Shown.Event, Urgency: w.Shown.Urgency, Severity: w.Shown.Severity,
		Certainty: w.Shown.Certainty, Expires: w.ExpiresAt.Format("2006-01-02T15:04:05") + "-00:00",
	}
}
