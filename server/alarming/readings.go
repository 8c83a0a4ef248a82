package alarming

import (
	"context"
	"slices"
	"time"

	"toancanh/server/alarm"
	"toancanh/server/sensor"
	"toancanh/server/store"
)

// judgeHeard judges what the intake of this process handed over. What does not follow on what is judged already is left for
// the store: it has all of it, in order.
func (r *round) judgeHeard(now time.Time) {
	n := 0
	for _, h := range r.queue.take() {
		n += len(h.At)
		i := 0
		for _, m := range h.moved {
			for i < len(h.SensorIDs) && h.SensorIDs[i] < m.SensorID {
				i++
			}
			from := i
			for i < len(h.SensorIDs) && h.SensorIDs[i] == m.SensorID {
				i++
			}
			r.judgeSome(h, m, span{from, i}, now)
		}
	}
	r.counts.behind.Set(float64(n))
}

// span is some rows of a batch.
type span struct{ from, to int }

// judgeSome judges the readings of one sensor in a batch.
func (r *round) judgeSome(h heard, m store.Moved, rows span, now time.Time) {
	x, ok := r.sensors[m.SensorID]
	if !ok || m.Version != x.seen+1 {
		if !ok || m.Version > x.seen {
			r.suspects[m.SensorID] = suspect{version: m.Version}
		}
		return
	}
	x.seen = m.Version
	r.further(x)
	delete(r.suspects, m.SensorID)
	newest := h.At[rows.to-1]
	if h.past {
		// What is over calls nobody. A value that still holds, such as this morning's fire level, does.
		if now.Sub(newest) > x.SilenceLimit() {
			x.after = later(x.after, newest)
			return
		}
		rows.from = rows.to - 1
	}
	x.origin = store.ReadingOrigins()[h.Origins[rows.to-1]]
	r.judge(x, rows, now, func(i int) (time.Time, float64, sensor.Quality) {
		return h.At[i], h.Values[i], sensor.Quality(h.Qualities[i])
	})
}

// further notes that a sensor is judged further than is kept.
func (r *round) further(x *watched) {
	if !x.kept && !x.dirty && !x.judge.Idle() {
		r.fresh = append(r.fresh, x)
	}
	x.dirty = true
}

// judge takes readings of a sensor, in order, and one sign of its life.
func (r *round) judge(x *watched, rows span, now time.Time, at func(int) (time.Time, float64, sensor.Quality)) {
	if rows.from == rows.to {
		return
	}
	var changes []alarm.Change
	for i := rows.from; i < rows.to; i++ {
		when, value, quality := at(i)
		if doubtful(quality) || !when.After(x.after) {
			continue
		}
		changes = x.judge.Take(when, value, changes)
		x.after = when
	}
	x.clock.Hear(x.after, now)
	r.jointly.Hear(x.after, now)
	r.counts.judged.Add(float64(rows.to - rows.from))
	r.pending.add(r, x, changes)
	r.later(x.origin, r.silence.Heard(x.Code, now, nil))
}

// look finds newer values than are judged: those that other processes took in, and what there was no room for in memory.
func (r *round) look(ctx context.Context, now time.Time) error {
	list, clock, err := r.Store.LatestSince(ctx, r.since)
	if err != nil {
		return err
	}
	r.since = clock.Add(-lateCommits)
	for _, l := range list {
		x, ok := r.sensors[l.SensorID]
		if !ok || l.Version <= x.seen {
			continue
		}
		if _, known := r.suspects[l.SensorID]; !known {
			r.suspects[l.SensorID] = suspect{l.Version, now}
		}
	}
	return nil
}

// readMissed reads from the store what memory did not bring.
func (r *round) readMissed(ctx context.Context, now time.Time) error {
	var wants []store.ReadingsFrom
	for id, s := range r.suspects {
		x, ok := r.sensors[id]
		switch {
		case !ok:
			if !r.strangers[id] {
				r.ground = "" // perhaps it has just been registered
			}
			r.strangers[id] = true
			delete(r.suspects, id)
		case x.seen >= s.version:
			delete(r.suspects, id)
		case now.Sub(s.since) >= mostGrace, now.Sub(s.since) >= grace && r.queue.empty():
			wants = append(wants, r.missedOf(x, now))
		}
	}
	for part := range slices.Chunk(wants, wantsTogether) {
		missed, err := r.Store.MissedReadings(ctx, part)
		if err != nil {
			return err
		}
		for _, m := range missed {
			r.judgeMissed(m, now)
		}
		if err := r.keep(ctx, now); err != nil {
			return err
		}
	}
	return nil
}

// wantsTogether is how many sensors one statement asks for.
const wantsTogether = 200

// judgeMissed judges what was read from the store. What was cut off is asked for again.
func (r *round) judgeMissed(m store.Missed, now time.Time) {
	x, ok := r.sensors[m.SensorID]
	if !ok {
		return
	}
	r.counts.missed.Inc()
	if m.Version > 0 {
		x.seen = m.Version
		delete(r.suspects, m.SensorID)
	}
	x.origin = store.ReadingOrigins()[m.Origin]
	r.further(x)
	r.judge(x, span{0, len(m.At)}, now, func(i int) (time.Time, float64, sensor.Quality) { return m.At[i], m.Values[i], m.Quality[i] })
}

// passDelays settles the delays that have run out by now on each sensor's clock, and those of joined rules.
func (r *round) passDelays(now time.Time) {
	for _, x := range r.sensors {
		due, ok := x.judge.Due()
		if !ok {
			continue
		}
		if at := x.clock.At(now); !at.Before(due) {
			changes := x.judge.Pass(at, nil)
			x.dirty = true
			r.pending.add(r, x, changes)
		}
	}
	if due, ok := r.joints.Due(); ok {
		if at := r.jointly.At(now); !at.Before(due) {
			r.pending.joint(r.Origin, r.joints.Pass(at, nil))
		}
	}
}

func later(x, y time.Time) time.Time {
	if x.After(y) {
		return x
	}
	return y
}
