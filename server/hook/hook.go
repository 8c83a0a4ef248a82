// Package hook tells other systems of changes over HTTP: CloudEvents in batches, signed, in the order of one topic, at
// least once. The outbox is the relay's own log: a hook remembers how far it was heard, and what it missed is still there for
// two days. It asks nobody who may see what: a topic's payloads were decided when they were written.
package hook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"toancanh/schema"
)

// Hook is a system that is told of changes. All times are UTC.
type Hook struct {
	ID, Label  string
	URL        string
	Topic      string // public/… or unit/…
	Epoch      string
	Seq        int64 // the last event taken there
	Generation int   // of its secret
	// FormerUntil is until when the secret before this one signs too; nil when it does not.
	FormerUntil *time.Time

	CreatedAt    time.Time
	NextAt       time.Time
	FailingSince *time.Time // nil while the newest attempt went well
	DeliveredAt  *time.Time
	Attempts     int // since it failed
	Delivered    int64
	Problem      string
	EndedAt      *time.Time
	EndedWhy     string
}

// Bounds of one delivery.
const (
	MostEvents = 100
	mostBytes  = 512 << 10
)

// Waits between attempts while a receiver is away: from five seconds, doubled each time, to half an hour. After two days its
// events are no longer kept and the hook ends.
const (
	firstWait = 5 * time.Second
	mostWait  = 30 * time.Minute
	patience  = 47 * time.Hour
)

// Wait is how long after its n-th failed attempt in a row a receiver is tried again; n counts from 1.
func Wait(n int) time.Duration {
	wait := firstWait
	for range n - 1 {
		if wait *= 2; wait >= mostWait {
			return mostWait
		}
	}
	return wait
}

// Batch is what a hook is to be told next. Reset says that events are missing: the receiver has to read everything anew.
type Batch struct {
	Epoch  string
	Head   int64
	Reset  bool
	Events []schema.Announced // data is nil for gone, and for what was erased since
}

// cloudEvent is an event as receivers get it (CloudEvents 1.0, JSON format).
type cloudEvent struct {
	SpecVersion string          `json:"specversion"`
	ID          string          `json:"id"`
	Source      string          `json:"source"`
	Type        string          `json:"type"`
	Subject     string          `json:"subject,omitempty"`
	Time        string          `json:"time"`
	Sequence    string          `json:"sequence"` // within the source
	ContentType string          `json:"datacontenttype,omitempty"`
	Data        json.RawMessage `json:"data,omitempty"`
}

// Types of events.
const (
	typeChanged  = "vn.toancanh.report.changed"
	typeIncident = "vn.toancanh.incident.changed"
	typeGone     = "vn.toancanh.report.gone"
	typeReset    = "vn.toancanh.reset"
	typePing     = "vn.toancanh.ping"
)

// BatchType is the media type of a delivery.
const BatchType = "application/cloudevents-batch+json; charset=utf-8"

// Write makes the body of a delivery and says which event is its last. A batch too large ends earlier, never within an event.
func (h Hook) Write(b Batch, now time.Time) (body []byte, last int64) {
	var list []json.RawMessage
	last = h.Seq
	size := 0
	add := func(e cloudEvent) bool {
		e.SpecVersion, e.Source = "1.0", "/"+h.Topic
		raw, err := json.Marshal(e)
		if err != nil {
			panic(fmt.Sprintf("encode event %s: %v", e.ID, err)) // strings and JSON that was read from the log
		}
		if size += len(raw); size > mostBytes && len(list) > 0 {
			return false
		}
		list = append(list, raw)
		return true
	}
	if b.Reset {
		last = b.Head
		add(cloudEvent{ID: id(b.Epoch, b.Head, "reset"), Type: typeReset, Time: stamp(now), Sequence: strconv.FormatInt(b.Head, 10)})
	}
	for _, e := range b.Events {
		event := cloudEvent{
			ID: id(b.Epoch, e.Seq, ""), Subject: e.ID, Time: stamp(e.At), Sequence: strconv.FormatInt(e.Seq, 10), Type: typeChanged,
			ContentType: "application/json", Data: e.Data,
		}
		switch {
		case e.Kind == schema.KindGone:
			event.Type, event.ContentType = typeGone, ""
		case e.Kind == schema.KindIncident && e.Data != nil:
			event.Type = typeIncident
		case e.Data == nil: // erased since; its gone follows
			last = e.Seq
			continue
		}
		if !add(event) {
			break
		}
		last = e.Seq
	}
	if len(list) == 0 {
		return nil, last
	}
	body, err := json.Marshal(list)
	if err != nil {
		panic(fmt.Sprintf("encode batch: %v", err))
	}
	return body, last
}

// Ping is a delivery that only asks whether somebody is there.
func (h Hook) Ping(now time.Time) []byte {
	e := cloudEvent{
		SpecVersion: "1.0", ID: id(h.Epoch, h.Seq, "ping-"+strconv.FormatInt(now.UnixMilli(), 10)), Source: "/" + h.Topic, Type: typePing,
		Time: stamp(now), Sequence: strconv.FormatInt(h.Seq, 10),
	}
	raw, err := json.Marshal([]cloudEvent{e})
	if err != nil {
		panic(fmt.Sprintf("encode ping: %v", err))
	}
	return raw
}

func id(epoch string, seq int64, what string) string {
	return strings.TrimSuffix(fmt.Sprintf("%s:%d:%s", epoch, seq, what), ":")
}

func stamp(at time.Time) string { return at.UTC().Format(time.RFC3339Nano) }

// Secrets make the secrets of hooks from a 32-byte key outside the database.
type Secrets struct{ key []byte }

// NewSecrets makes secrets of a key.
func NewSecrets(key []byte) *Secrets { return &Secrets{key} }

// secretPrefix marks a secret of the scheme (Standard Webhooks).
const secretPrefix = "whsec_"

func (s *Secrets) raw(id string, generation int) []byte {
	mac := hmac.New(sha256.New, s.key)
	fmt.Fprintf(mac, "hook %s generation %d", id, generation)
	return mac.Sum(nil)
}

// Secret is what the receiver checks signatures with.
func (s *Secrets) Secret(h Hook) string {
	return secretPrefix + base64.StdEncoding.EncodeToString(s.raw(h.ID, h.Generation))
}

// Headers sign a delivery (Standard Webhooks: id, time and signatures): by the present secret, and by the one before for as long
// as that is good.
func (s *Secrets) Headers(h Hook, delivery string, body []byte, now time.Time) map[string]string {
	signed := Sign(s.raw(h.ID, h.Generation), delivery, body, now)
	if h.FormerUntil != nil && now.Before(*h.FormerUntil) && h.Generation > 1 {
		signed[HeaderSignature] += " " + Sign(s.raw(h.ID, h.Generation-1), delivery, body, now)[HeaderSignature]
	}
	return signed
}

// Outcome is what became of an attempt.
type Outcome struct {
	// Problem is why it failed, in a word that names nobody; empty when it was taken.
	Problem string
	// Gone says that the receiver wants no more.
	Gone bool
}

// Taken reports whether the receiver has it.
func (o Outcome) Taken() bool { return o.Problem == "" }

// After is the hook as it stands after an attempt that would have brought it to last.
func (h Hook) After(o Outcome, batch Batch, last int64, now time.Time) Hook {
	at := now.UTC()
	if o.Taken() {
		for _, e := range batch.Events {
			if e.Seq <= last { // a batch may have ended before its bound
				h.Delivered++
			}
		}
		h.Epoch, h.Seq, h.Problem, h.Attempts, h.FailingSince, h.NextAt = batch.Epoch, last, "", 0, nil, at
		h.DeliveredAt = &at
		return h
	}
	h.Attempts++
	h.Problem = o.Problem
	if h.FailingSince == nil {
		h.FailingSince = &at
	}
	h.NextAt = at.Add(Wait(h.Attempts))
	switch {
	case o.Gone:
		h.EndedAt, h.EndedWhy = &at, "gone"
	case at.Sub(*h.FailingSince) > patience:
		h.EndedAt, h.EndedWhy = &at, "unreachable"
	}
	return h
}
