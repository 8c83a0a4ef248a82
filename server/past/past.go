// Package past answers what a wall showed at an instant of the last 90 days, and what happened after it, from stored
// facts and redacted by today's rules. It lets few look back at once, so that the live road never waits for them. It
// changes nothing and announces nothing.
package past

import (
	"context"
	"encoding/json"
	"slices"
	"sync/atomic"
	"time"

	"toancanh/schema"
	"toancanh/server/fault"
	"toancanh/server/report"
	"toancanh/server/store"
	"toancanh/server/view"
	"toancanh/server/watch"
)

// Bounds of looking back.
const (
	Reach    = 90 * 24 * time.Hour
	PageMost = 6 * time.Hour

	atOnce      = 2 // computations
	inLine      = 8 // callers that wait for one
	waitMost    = 5 * time.Second
	pageItems   = 5000
	pageBytes   = 512 << 10
	newestEnded = 200 // reports no longer open that come along, as in a live snapshot
)

// Store is what looking back reads.
type Store interface {
	watch.PastStore
	Descriptions(ctx context.Context, ids []string) (map[string]string, error)
}

// Config names what a Desk needs. Of Watch it needs what ReadThen does, Store excepted.
type Config struct {
	Store Store
	Watch watch.Config
	Lens  view.Lens
}

// Desk is where one asks for the past. Make it with New.
type Desk struct {
	Config
	seats   chan struct{}
	waiting atomic.Int32
}

// New makes a desk.
func New(c Config) *Desk { return &Desk{Config: c, seats: make(chan struct{}, atOnce)} }

// Picture is what a topic's wall showed at an instant.
type Picture struct {
	At     time.Time          `json:"at"`
	Epoch  string             `json:"epoch"`
	Data   json.RawMessage    `json:"data"` // a schema.Snapshot
	Levels []schema.LevelItem `json:"levels"`
	// CompleteFrom is the earliest instant for which everything is stored.
	CompleteFrom time.Time     `json:"complete_from"`
	Origin       report.Origin `json:"origin"`
}

// At is the picture of a wall topic at an instant. The error is invalid for a topic of another audience and for an
// instant that cannot be looked at, unavailable when too many look back already.
func (d *Desk) At(ctx context.Context, topic schema.Topic, at time.Time) (Picture, error) {
	now := d.Watch.Now().UTC()
	if err := fault.Join(checkTopic(topic), checkInstant("at", at, now)); err != nil {
		return Picture{}, err
	}
	leave, err := d.enter(ctx)
	if err != nil {
		return Picture{}, err
	}
	defer leave()
	then, err := d.stand(ctx, topic, at, nil)
	if err != nil {
		return Picture{}, err
	}
	reports, err := d.reports(ctx, then, topic)
	if err != nil {
		return Picture{}, err
	}
	data, err := store.EncodeSnapshot(schema.Wall, reports, d.Lens)
	if err != nil {
		return Picture{}, err
	}
	levels, err := then.Levels(ctx, topic.Area())
	if err != nil {
		return Picture{}, err
	}
	return Picture{
		At: at, Epoch: then.Epoch(), Data: data, Levels: levels,
		CompleteFrom: completeFrom(then.First(), now), Origin: d.Watch.Origin,
	}, nil
}

// stand reads the day before at, which the trend shows, and whatever is read until the later instants, and stands at at.
func (d *Desk) stand(ctx context.Context, topic schema.Topic, at time.Time, later []time.Time) (*watch.Then, error) {
	day := watch.TrendInstants(at)
	instants := slices.Compact(append(append(slices.Clone(day), at), later...))
	then, err := watch.ReadThen(ctx, d.Watch, d.Store, instants)
	if err != nil {
		return nil, err
	}
	for _, instant := range day {
		then.Go(ctx, instant)
		then.KeepTrend(topic.Area())
	}
	then.Go(ctx, at)
	return then, then.ReadScene(ctx, d.Store)
}

// reports are what the snapshot of the topic held: the open ones, newest first, and those that ended last.
func (d *Desk) reports(ctx context.Context, then *watch.Then, topic schema.Topic) ([]report.Report, error) {
	var open, ended []report.Report
	for _, r := range then.Reports(topic.Area()) {
		if r.Open() {
			open = append(open, r)
		} else {
			ended = append(ended, r)
		}
	}
	slices.SortFunc(open, func(a, b report.Report) int { return b.ReceivedAt.Compare(a.ReceivedAt) })
	slices.SortFunc(ended, func(a, b report.Report) int { return b.ChangedAt.Compare(a.ChangedAt) })
	list := slices.Concat(open, ended[:min(len(ended), newestEnded)])
	return list, d.describe(ctx, list)
}

// describe gives reports their texts. One that was withdrawn meanwhile is given the mark of it, which hides it from
// every wall.
func (d *Desk) describe(ctx context.Context, list []report.Report) error {
	ids := make([]string, 0, min(len(list), pageItems))
	for _, r := range list[:min(len(list), pageItems)] {
		ids = append(ids, r.ID)
	}
	texts, err := d.Store.Descriptions(ctx, ids)
	if err != nil {
		return err
	}
	for i, id := range ids {
		text, there := texts[id]
		list[i].Description = text
		if !there {
			list[i].WithdrawnAt = &list[i].ChangedAt
		}
	}
	return nil
}

// enter takes one of the seats, waiting a little when they are taken.
func (d *Desk) enter(ctx context.Context) (leave func(), err error) {
	busy := fault.Unavailable("Nhiều người đang xem lại quá khứ, xin thử lại sau ít giây.").Because("busy")
	if d.waiting.Add(1) > inLine {
		d.waiting.Add(-1)
		return nil, busy
	}
	defer d.waiting.Add(-1)
	ctx, cancel := context.WithTimeout(ctx, waitMost)
	defer cancel()
	select {
	case d.seats <- struct{}{}:
		return func() { <-d.seats }, nil
	case <-ctx.Done():
		return nil, busy
	}
}

func checkTopic(t schema.Topic) error {
	if t.Audience != schema.Wall {
		return fault.Invalid("topic", "Chỉ xem lại được chủ đề màn hình của một địa bàn (wall/…).").Because("audience")
	}
	return nil
}

func checkInstant(field string, at, now time.Time) error {
	switch {
	case at.After(now):
		return fault.Invalid(field, "Thời điểm này chưa tới.").Because("future")
	case at.Before(now.Add(-Reach)):
		return fault.Invalid(field, "Chỉ xem lại được 90 ngày gần đây.").Because("too_old")
	}
	return nil
}

// completeFrom is the earliest instant everything is stored for: the first receipt, or where the reach ends.
func completeFrom(first, now time.Time) time.Time {
	from := now.Add(-Reach)
	switch {
	case first.IsZero():
		return now
	case first.After(from):
		return first
	}
	return from
}
