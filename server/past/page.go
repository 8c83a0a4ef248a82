package past

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"toancanh/schema"
	"toancanh/server/fault"
	"toancanh/server/report"
	"toancanh/server/view"
	"toancanh/server/watch"
)

// Page is what happened on a wall topic after From and until To. It names every change of a level at the steps, so
// that what a step does not name was as before.
type Page struct {
	From  time.Time `json:"from"`
	To    time.Time `json:"to"` // earlier than asked when the page was full
	StepS int       `json:"step_s"`
	// Events are numbered within the page: the numbers of the live feed are not kept so long.
	Events []schema.EventFrame `json:"events"`
	Levels []Step              `json:"levels"`
	// Truncated counts the events left out because a single step held more than a page may.
	Truncated int           `json:"truncated"`
	Origin    report.Origin `json:"origin"`
}

// Step holds the levels that changed until an instant.
type Step struct {
	At    time.Time          `json:"at"`
	Items []schema.LevelItem `json:"items"`
}

// Changes is what happened on a wall topic after from and until to, at most 6 hours. The errors are those of At.
func (d *Desk) Changes(ctx context.Context, topic schema.Topic, from, to time.Time) (Page, error) {
	now := d.Watch.Now().UTC()
	if err := fault.Join(checkTopic(topic), checkInstant("from", from, now), checkInstant("to", to, now), checkSpan(from, to)); err != nil {
		return Page{}, err
	}
	leave, err := d.enter(ctx)
	if err != nil {
		return Page{}, err
	}
	defer leave()
	step := stepOf(to.Sub(from))
	steps := stepsOf(from, to, step)
	then, err := d.stand(ctx, topic, from, steps)
	if err != nil {
		return Page{}, err
	}
	p := page{desk: d, topic: topic, told: map[string]string{}}
	told, err := then.Levels(ctx, topic.Area()) // what the picture or the page before has told
	if err != nil {
		return Page{}, err
	}
	p.news(told)
	for _, at := range steps {
		if err := p.step(ctx, then, at); err != nil {
			return Page{}, err
		}
	}
	body, err := p.body(ctx)
	body.From, body.StepS, body.Origin = from, int(step.Seconds()), d.Watch.Origin
	return body, err
}

func checkSpan(from, to time.Time) error {
	switch {
	case !to.After(from):
		return fault.Invalid("to", "Thời điểm cuối phải sau thời điểm đầu.").Because("order")
	case to.Sub(from) > PageMost:
		return fault.Invalid("to", "Mỗi lần xem được tối đa 6 giờ.").Because("too_long")
	}
	return nil
}

// stepOf is how often the levels of a span are told. No step is longer than a screen lets a sum stand unsaid.
func stepOf(span time.Duration) time.Duration {
	const most = 72
	for _, step := range []time.Duration{10 * time.Second, 30 * time.Second, time.Minute} {
		if span <= most*step {
			return step
		}
	}
	return 2 * time.Minute
}

// stepsOf are the full steps between from and to, and to.
func stepsOf(from, to time.Time, step time.Duration) []time.Time {
	var list []time.Time
	for at := from.Truncate(step).Add(step); at.Before(to); at = at.Add(step) {
		list = append(list, at)
	}
	return append(list, to)
}

// page is a Page in the making.
type page struct {
	desk  *Desk
	topic schema.Topic
	told  map[string]string // key -> data as last told, its time left out
	steps []leg
}

// leg is the way from one step to the next.
type leg struct {
	Step
	changes []watch.Change
}

func (p *page) step(ctx context.Context, then *watch.Then, at time.Time) error {
	l := leg{Step: Step{At: at}}
	for _, c := range then.Go(ctx, at) {
		if p.here(&c.After) || p.here(c.Before) {
			l.changes = append(l.changes, c)
		}
	}
	then.KeepTrend(p.topic.Area())
	items, err := then.Levels(ctx, p.topic.Area())
	if err != nil {
		return err
	}
	l.Items = p.news(items)
	p.steps = append(p.steps, l)
	return nil
}

func (p *page) here(r *report.Report) bool {
	return r != nil && r.Division == p.topic.Division && slices.Contains(r.Path, p.topic.Area())
}

// news are the levels that say something else than before. The trend counts as changed when a half hour has passed:
// its last point only repeats other levels.
func (p *page) news(items []schema.LevelItem) []schema.LevelItem {
	news := []schema.LevelItem{}
	for _, item := range items {
		said := string(bytes.Replace(item.Data, []byte(`"as_of":"`+item.At.Format(time.RFC3339Nano)+`"`), nil, 1))
		if item.Key == watch.TrendKey {
			said = item.At.Truncate(watch.TrendStep).String()
		}
		if p.told[item.Key] != said {
			p.told[item.Key] = said
			news = append(news, item)
		}
	}
	return news
}

// body writes the steps down until the page is full. A step is whole or left for the next page; only the first is cut.
func (p *page) body(ctx context.Context) (Page, error) {
	body := Page{Events: []schema.EventFrame{}, Levels: []Step{}}
	if err := p.describe(ctx); err != nil {
		return body, err
	}
	size := 0
	for i, l := range p.steps {
		events, err := p.events(l.changes, len(body.Events))
		if err != nil {
			return body, err
		}
		more := sizeOf(events, l.Items)
		if i > 0 && (size+more > pageBytes || len(body.Events)+len(events) > pageItems) {
			return body, nil
		}
		for more > pageBytes && len(events) > 0 || len(events) > pageItems {
			more -= len(events[len(events)-1].Data)
			events = events[:len(events)-1]
			body.Truncated++
		}
		size += more
		body.To = l.At
		body.Events = append(body.Events, events...)
		if len(l.Items) > 0 {
			body.Levels = append(body.Levels, l.Step)
		}
	}
	return body, nil
}

// describe gives the reports of all steps their texts.
func (p *page) describe(ctx context.Context) error {
	var list []report.Report
	for _, l := range p.steps {
		for _, c := range l.changes {
			list = append(list, c.After)
		}
	}
	for part := range slices.Chunk(list, pageItems) {
		if err := p.desk.describe(ctx, part); err != nil {
			return err
		}
	}
	i := 0
	for _, l := range p.steps {
		for k := range l.changes {
			l.changes[k].After = list[i]
			i++
		}
	}
	return nil
}

// events are what the topic heard of the changes, numbered after the first n.
func (p *page) events(changes []watch.Change, n int) ([]schema.EventFrame, error) {
	var events []schema.EventFrame
	for _, c := range changes {
		e := schema.EventFrame{
			Type: schema.TypeEvent, Topic: p.topic.String(), Seq: int64(n + len(events) + 1),
			Kind: schema.KindGone, ID: c.After.ID, Version: c.After.Version, At: c.At,
		}
		seen, ok := view.Wall(c.After, p.desk.Lens)
		if !ok {
			continue // withdrawn today: it was never there
		}
		if p.here(&c.After) {
			data, err := json.Marshal(seen)
			if err != nil {
				return nil, fmt.Errorf("encode report %s: %w", c.After.ID, err)
			}
			e.Kind, e.Data = schema.KindReport, data
		}
		events = append(events, e)
	}
	return events, nil
}

func sizeOf(events []schema.EventFrame, items []schema.LevelItem) int {
	const frame = 200 // what stands around the data of an item
	n := 0
	for _, e := range events {
		n += len(e.Data) + frame
	}
	for _, i := range items {
		n += len(i.Data) + frame
	}
	return n
}
