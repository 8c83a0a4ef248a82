package intake

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"toancanh/server/sensor"
	"toancanh/server/store"
)

const (
	// sensorsAge is how long a registered sensor may be remembered: another process may have changed it.
	sensorsAge = 10 * time.Second
	// sensorsPause is how often at most the sensors are read anew.
	sensorsPause = time.Second
	// unwantedEvery is how often what sensors without approval sent is written down.
	unwantedEvery = 5 * time.Second
)

// sensorCache holds the registered sensors and what their newest readings were. An unknown code reads them again, at
// most once a second, so that a sensor registered through another process is found and a flood of wrong codes costs
// nothing. What was heard through another process is not known here until the next start: doubts are then judged from
// what came through this one.
type sensorCache struct {
	load   func(context.Context) (map[string]store.Sensor, error)
	newest func(context.Context, time.Time) ([]store.Latest, time.Time, error)
	now    func() time.Time

	mu     sync.Mutex
	byCode map[string]*store.Sensor
	// byThing are the codes of sensors by the thing they belong to.
	byThing map[string][]string
	readAt  time.Time
	heard   map[int32]sensor.Memory // nil: not read yet
}

func (c *sensorCache) get(ctx context.Context, code string) (*store.Sensor, bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, ok := c.byCode[code]
	age := c.now().Sub(c.readAt)
	if age > sensorsAge || !ok && age > sensorsPause {
		if err := c.read(ctx); err != nil {
			return nil, false, err
		}
		s, ok = c.byCode[code]
	}
	return s, ok, nil
}

func (c *sensorCache) read(ctx context.Context) error {
	byCode, err := c.load(ctx)
	if err != nil {
		return err
	}
	if c.heard == nil {
		list, _, err := c.newest(ctx, time.Time{})
		if err != nil {
			return err
		}
		c.heard = make(map[int32]sensor.Memory, len(list))
		for _, l := range list {
			c.heard[l.SensorID] = sensor.Remember(sensor.Reading{At: l.At, Value: l.Value}, l.ChangedAt, l.UpdatedAt, l.Quality)
		}
	}
	c.byCode = make(map[string]*store.Sensor, len(byCode))
	for code, s := range byCode {
		c.byCode[code] = &s
	}
	c.readAt = c.now()
	c.arrange()
	return nil
}

func (c *sensorCache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.readAt = time.Time{}
	c.byCode, c.byThing = nil, nil
}

// memory is what is remembered of some sensors. The caller owns it.
func (c *sensorCache) memory(rows []row) map[int32]*sensor.Memory {
	c.mu.Lock()
	defer c.mu.Unlock()
	some := make(map[int32]*sensor.Memory)
	for _, r := range rows {
		if some[r.id] == nil {
			some[r.id] = new(c.heard[r.id])
		}
	}
	return some
}

// hear remembers what was committed, where nothing newer was meanwhile.
func (c *sensorCache) hear(heard map[int32]*sensor.Memory) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, m := range heard {
		if m.At.After(c.heard[id].At) {
			c.heard[id] = *m
		}
	}
}

// judge marks what is doubtful about the rows of a body, which are sorted by sensor and time, and answers what is to be
// remembered once they are committed: until then nothing was heard.
func (in *Intake) judge(rows []row, b ReadingBody) map[int32]*sensor.Memory {
	heard := in.sensors.memory(rows)
	var received time.Time
	if b.Door == sensor.Ordinary {
		received = in.Now()
	}
	for i := range rows {
		r := &rows[i]
		m := heard[r.id]
		alone := (i == 0 || rows[i-1].id != r.id) && (i+1 == len(rows) || rows[i+1].id != r.id)
		r.quality = r.sensor.Judge(m, sensor.Reading{At: r.at, Value: r.value}, sensor.Receipt{At: received, Alone: alone})
		r.since = m.Since
	}
	return heard
}

func newDoubts(metrics prometheus.Registerer) *prometheus.CounterVec {
	doubted := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "toancanh_readings_doubted_total", Help: "Readings kept with a doubt, and those that came late, by doubt.",
	}, []string{"doubt"})
	if metrics != nil {
		metrics.MustRegister(doubted)
	}
	return doubted
}

// countDoubts counts the doubts about rows that were not there already.
func (in *Intake) countDoubts(rows []row, duplicates []int) {
	for i, r := range rows {
		if r.quality == 0 || slices.Contains(duplicates, i) {
			continue
		}
		for _, word := range r.quality.Words() {
			in.doubted.WithLabelValues(word).Inc()
		}
	}
}

// sourceBook knows the numbers under which those who bring readings are kept. It holds a name a key and a gateway.
type sourceBook struct {
	find func(ctx context.Context, name string) (int32, error)

	mu    sync.Mutex
	known map[string]int32
}

func (b *sourceBook) id(ctx context.Context, name string) (int32, error) {
	if name == "" {
		return 0, nil
	}
	b.mu.Lock()
	id, ok := b.known[name]
	b.mu.Unlock()
	if ok {
		return id, nil
	}
	id, err := b.find(ctx, name)
	if err != nil {
		return 0, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.known == nil {
		b.known = map[string]int32{}
	}
	b.known[name] = id
	return id, nil
}

// unwanted counts what sensors without approval sent, until it is written down.
type unwanted struct {
	mu      sync.Mutex
	refused map[int32]int64
}

func (u *unwanted) add(id int32) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.refused == nil {
		u.refused = map[int32]int64{}
	}
	u.refused[id]++
}

func (u *unwanted) take() map[int32]int64 {
	u.mu.Lock()
	defer u.mu.Unlock()
	taken := u.refused
	u.refused = nil
	return taken
}

func (u *unwanted) back(taken map[int32]int64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for id, n := range u.refused {
		taken[id] += n
	}
	u.refused = taken
}

// countUnwanted writes down at a pace, and at the end, what sensors without approval sent.
func (in *Intake) countUnwanted(ctx context.Context) {
	tick := time.NewTicker(unwantedEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			in.writeUnwanted(context.WithoutCancel(ctx))
			return
		case <-tick.C:
			in.writeUnwanted(ctx)
		}
	}
}

func (in *Intake) writeUnwanted(ctx context.Context) {
	taken := in.unwanted.take()
	if len(taken) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, flushLimit)
	defer cancel()
	if err := in.Store.CountRefused(ctx, maps.Clone(taken), in.Now()); err != nil {
		in.unwanted.back(taken)
		in.Log.LogAttrs(ctx, slog.LevelWarn, "refused readings could not be counted", slog.Any("err", err))
	}
}
