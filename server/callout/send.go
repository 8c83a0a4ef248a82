package callout

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"toancanh/server/duty"
	"toancanh/server/hook"
	"toancanh/server/mail"
	"toancanh/server/report"
	"toancanh/server/store"
)

// message is what a person is told, whatever the channel.
type message struct {
	id     string // stays the same when it is made again
	test   bool
	title  string
	body   string
	action string // word of its button
	path   string // where it leads in this house
}

// message writes what calls of one person by one channel say: of the most urgent alarm, and how many more there are.
func (d *Desk) message(g group) message {
	first := g.calls[0]
	at := first.KnownAt.In(d.Location).Format("15:04 02/01")
	if first.Test != "" {
		return message{
			id: first.ID, test: true, title: d.texts["test title"], body: fmt.Sprintf(d.texts["test body"], at), action: d.texts["test action"],
			path: "/truc?" + url.Values{"ma": {g.token}}.Encode(),
		}
	}
	m := message{
		id: first.ID, title: fmt.Sprintf(d.texts["alarm title"], d.texts["priority "+string(first.Priority)], first.Label),
		action: d.texts["alarm action"], path: "/console#canh-bao/" + first.Alarm,
	}
	switch report.Origin(first.Origin) {
	case report.Real:
	case report.Drill:
		m.title = d.texts["drill"] + m.title
	default:
		m.title = d.texts["not real"] + m.title
	}
	where := []string{first.Name, d.Place(first.Division, first.Area)}
	where = slices.DeleteFunc(slices.Compact(where), func(part string) bool { return part == "" })
	m.body = fmt.Sprintf(d.texts["alarm body"], strings.Join(where, ", "), at)
	if more := len(g.calls) - 1; more > 0 {
		m.body += fmt.Sprintf(d.texts["more"], more)
	}
	return m
}

// link is a path as somebody outside follows it; empty when it is not known how they reach this house.
func (d *Desk) link(path string) string {
	if d.Home == "" {
		return ""
	}
	return d.Home + path
}

// send hands a message over by its channel.
func (d *Desk) send(ctx context.Context, g group) outcome {
	all, err := d.Store.Ways(ctx, []string{g.person})
	if err != nil {
		d.warn(ctx, "ways were not read", err)
		return failed("store")
	}
	m := d.message(g)
	best := failed(duty.NoChannel)
	for _, w := range all {
		if w.Channel != g.channel {
			continue
		}
		o, gone := d.sendBy(ctx, w, m, g.token)
		if ctx.Err() != nil {
			return o
		}
		d.warn(ctx, "a way was not noted", d.Store.NoteWay(ctx, w.ID, o.reason, gone, d.Now().UTC()))
		if best.result == duty.Failed {
			best = o
		}
	}
	return best
}

// sendBy hands a message over by one way, and says whether nobody is there any more.
func (d *Desk) sendBy(ctx context.Context, w store.Way, m message, token string) (o outcome, gone bool) {
	to, err := d.open(w)
	if err != nil {
		return failed("unreadable"), false
	}
	switch w.Channel {
	case duty.Push:
		if d.Push == nil {
			return failed("off"), false
		}
		return d.sendPush(ctx, to, m, token)
	case duty.SMS:
		if d.SMS.URL == "" {
			return failed("off"), false
		}
		return d.sendSMS(ctx, to.To, m), false
	case duty.Mail:
		if d.Post == nil {
			return failed("off"), false
		}
		return d.sendMail(ctx, to.To, m), false
	}
	return failed("channel"), false
}

func (d *Desk) sendMail(ctx context.Context, to string, m message) outcome {
	format := d.texts["alarm mail"]
	if m.test {
		format = d.texts["test mail"]
	}
	problem := d.Post.Hand(ctx, mail.Note{
		ID: m.id, To: to, At: d.Now(), Subject: m.title, Body: fmt.Sprintf(format, m.body, d.link(m.path), d.Centre),
	})
	if problem != "" {
		return failed(problem)
	}
	return outcome{result: duty.Sent}
}

// SMS is the province's gateway for short messages and voice. An empty URL: there is none.
type SMS struct {
	URL    string
	Secret []byte // signs what it is asked, and what it reports
}

// order is what the gateway is asked.
type order struct {
	ID   string `json:"id"` // the same when it is asked again
	Kind string `json:"kind"`
	To   string `json:"to"`
	Text string `json:"text"`
}

// answer is what the gateway says, at once or in its report later.
type answer struct {
	ID     string `json:"id"`
	Status string `json:"status"`
	Reason string `json:"reason"`
}

// The words of the gateway.
const (
	statusAccepted  = "accepted"
	statusDelivered = "delivered"
	statusFailed    = "failed"
)

func (d *Desk) sendSMS(ctx context.Context, to string, m message) outcome {
	o := order{ID: m.id, Kind: "alarm", To: to}
	if m.test {
		o.Kind, o.Text = "test", fmt.Sprintf(d.texts["test sms"], m.title, d.link(m.path))
	} else {
		o.Text = strings.TrimSpace(fmt.Sprintf(d.texts["alarm sms"], m.title, m.body, d.link(m.path)))
	}
	body, err := json.Marshal(o)
	if err != nil {
		return failed("encode")
	}
	headers := hook.Sign(d.SMS.Secret, m.id, body, d.Now())
	headers["Content-Type"] = "application/json"
	raw, told := d.Client.Post(ctx, d.SMS.URL, body, headers)
	if !told.Taken() {
		return failed(told.Problem)
	}
	var a answer
	if json.Unmarshal(raw, &a) != nil {
		return outcome{result: duty.Sent} // it took it, and says no more
	}
	switch a.Status {
	case statusDelivered:
		return outcome{result: duty.Delivered}
	case statusFailed:
		return failed(word(a.Reason))
	}
	return outcome{result: duty.Sent}
}

// mostReason bounds a reason of the gateway's.
const mostReason = 40

// word keeps of a gateway's reason what is one: letters, digits and dashes. Words about a person or a number are none.
func word(reason string) string {
	plain := func(r rune) bool { return r >= 'a' && r <= 'z' || r == '_' || r == '-' }
	reason = strings.ToLower(strings.TrimSpace(reason))
	if reason == "" || len(reason) > mostReason || strings.ContainsFunc(reason, func(r rune) bool { return !plain(r) }) {
		return "gateway"
	}
	return reason
}

// Reported reads a report of the gateway's about a message it took; header says what its headers are. It reports false when
// nobody with the gateway's secret signed it.
func (d *Desk) Reported(ctx context.Context, header func(string) string, body []byte) (signed bool, err error) {
	now := d.Now().UTC()
	if d.SMS.URL == "" || !hook.Verify(d.SMS.Secret, header, body, now) {
		return false, nil
	}
	var a answer
	if json.Unmarshal(body, &a) != nil || a.Status != statusDelivered && a.Status != statusFailed && a.Status != statusAccepted {
		return true, errReport
	}
	if a.Status == statusAccepted {
		return true, nil
	}
	r := store.CallReport{ID: a.ID, Delivered: a.Status == statusDelivered, Now: now}
	if !r.Delivered {
		r.Reason = word(a.Reason)
	}
	return true, d.Store.ReportCall(ctx, r)
}
