package hub

import (
	"time"

	"toancanh/schema"
)

// entry is one event of a topic as a finished frame.
type entry struct {
	event schema.Announced // without Data, which only the frame holds
	kept  time.Time        // when the hub got it
	frame []byte
}

// ring holds the newest events of a topic without a gap: entries[i] has seq base+1+i. It is not safe for
// several goroutines.
type ring struct {
	base    int64 // the seq before the first entry
	entries []entry
	bytes   int
}

// entryCost is what an entry costs beside its frame, in bytes, roughly.
const entryCost = 160

// keptAtLeast is how many entries stay however old they are, so that a quiet topic can still be resumed.
const keptAtLeast = 64

func (r *ring) head() int64 { return r.base + int64(len(r.entries)) }

// restart empties the ring; the next event has seq base+1.
func (r *ring) restart(base int64) { *r = ring{base: base} }

// add appends the event after head.
func (r *ring) add(e entry) {
	r.entries = append(r.entries, e)
	r.bytes += len(e.frame) + entryCost
}

// prepend puts older events before the ring; the last of them has seq base.
func (r *ring) prepend(older []entry) {
	r.entries = append(append(make([]entry, 0, len(older)+len(r.entries)), older...), r.entries...)
	r.base -= int64(len(older))
	for _, e := range older {
		r.bytes += len(e.frame) + entryCost
	}
}

// after is the entries behind seq; they stay the ring's. ok is false when the first of them is gone.
func (r *ring) after(seq int64) (entries []entry, ok bool) {
	if seq < r.base {
		return nil, false
	}
	return r.entries[min(seq-r.base, int64(len(r.entries))):], true
}

// trim drops entries older than oldest, keeping some, and whatever is over maxBytes.
func (r *ring) trim(oldest time.Time, maxBytes int) {
	n := 0
	for n < len(r.entries) && (r.bytes > maxBytes || len(r.entries)-n > keptAtLeast && r.entries[n].kept.Before(oldest)) {
		r.bytes -= len(r.entries[n].frame) + entryCost
		n++
	}
	if n == 0 {
		return
	}
	clear(r.entries[:n]) // frees the frames although the array stays
	r.entries = r.entries[n:]
	r.base += int64(n)
	if cap(r.entries) > 4*len(r.entries)+1024 {
		r.entries = append(make([]entry, 0, 2*len(r.entries)), r.entries...)
	}
}

// purge replaces every event of id before seq by a gone event with the same numbers, so that nothing of it can
// be replayed while the sequence stays whole.
func (r *ring) purge(id string, seq int64) error {
	for i := range r.entries {
		e := &r.entries[i]
		if e.event.ID != id || e.event.Seq >= seq {
			continue
		}
		gone, err := goneInstead(e.event, e.kept)
		if err != nil {
			return err
		}
		r.bytes += len(gone.frame) - len(e.frame)
		*e = gone
	}
	return nil
}

// goneInstead is an event's place taken by a gone event.
func goneInstead(a schema.Announced, kept time.Time) (entry, error) {
	a.Kind, a.Data, a.Purge = schema.KindGone, nil, false
	return newEntry(a, kept)
}

// newEntry encodes an event.
func newEntry(a schema.Announced, kept time.Time) (entry, error) {
	if a.Kind == schema.KindGone || a.Kind == schema.KindReset {
		a.Data = nil
	}
	frame, err := encode(schema.EventFrame{
		Type: schema.TypeEvent, Topic: a.Topic, Seq: a.Seq, Kind: a.Kind, ID: a.ID, Version: a.Version, At: a.At, Data: a.Data,
	})
	if err != nil {
		return entry{}, err
	}
	a.Data = nil
	return entry{event: a, kept: kept, frame: frame}, nil
}
