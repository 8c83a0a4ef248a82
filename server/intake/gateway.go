package intake

import (
	"cmp"
	"context"
	"log/slog"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"toancanh/server/fault"
	"toancanh/server/gateway"
	"toancanh/server/limit"
	"toancanh/server/report"
	"toancanh/server/sensor"
	"toancanh/server/store"
)

// Times of the gateways' book. What is kept of when a gateway was last heard is never older than touchEvery, and one rest,
// while it speaks.
const (
	gatewayLife = 2 * time.Second // a gateway changed in any process is so here after this
	touchEvery  = 5 * time.Second
	touchRest   = 250 * time.Millisecond
	judgeEvery  = time.Minute // of gateways that behaved badly and fell quiet
)

// Limits counts what gateways bring.
type Limits interface {
	TakeAll(ctx context.Context, c limit.Class, subject string, n int) time.Duration
}

// UplinkBody is one message of a network server, brought by a gateway. May says of which sensors the sender may send, nil of
// all. Again is true when the carrier itself delivers it once more: what is known of it already is not the gateway's fault.
type UplinkBody struct {
	Gateway gateway.Gateway
	Uplink  gateway.Uplink
	Origin  report.Origin // empty: the dataset's own
	May     func(sensor.Sensor) bool
	Again   bool
}

// GatewayName is a gateway as the one who brought a reading.
func GatewayName(code string) string { return "gateway:" + code }

// Gateway is a gateway that may bring something: one that is registered and in use.
func (in *Intake) Gateway(ctx context.Context, code string) (gateway.Gateway, error) {
	known, err := in.gateways.all(ctx)
	if err != nil {
		return gateway.Gateway{}, err
	}
	g, ok := known[code]
	switch {
	case !ok:
		return g, fault.NotFound("Không có cổng mang mã này.").Because("unknown_gateway")
	case g.Standing != gateway.Active:
		return g, fault.Forbidden("Cổng này chưa được duyệt hoặc đã ngừng dùng.").Because("not_approved")
	}
	return g, nil
}

// GatewayOfKey is the gateway in use whose own key this is.
func (in *Intake) GatewayOfKey(ctx context.Context, id string) (g gateway.Gateway, ok bool, err error) {
	known, err := in.gateways.all(ctx)
	if err != nil || id == "" {
		return g, false, err
	}
	for _, g := range known {
		if g.Key == id && g.Standing == gateway.Active {
			return g, true, nil
		}
	}
	return g, false, nil
}

// RegisterGateway keeps a gateway, new or changed, after placing it in its commune. why says what was done, for the audit.
func (in *Intake) RegisterGateway(ctx context.Context, g gateway.Gateway, why string) (gateway.Gateway, error) {
	known, err := in.Store.Gateways(ctx)
	if err != nil {
		return g, err
	}
	if g, err = g.Clean(known); err != nil {
		return g, err
	}
	placed, err := in.place(report.Point{Lat: g.Lat, Lon: g.Lon})
	if err != nil {
		return g, err
	}
	g.Division, g.Area, g.Path = placed.Division, placed.Area, placed.Path
	if g.Origin == "" {
		g.Origin = string(in.Origin)
	}
	if g, err = in.Store.RegisterGateway(ctx, g, why); err != nil {
		return g, err
	}
	in.ForgetGateways()
	return g, nil
}

// Through says of sensors whether they speak through a gateway, or through one that does.
func (in *Intake) Through(ctx context.Context, code string) (func(sensor.Sensor) bool, error) {
	known, err := in.gateways.all(ctx)
	if err != nil {
		return nil, err
	}
	return func(s sensor.Sensor) bool { return slices.Contains(gateway.Chain(s.Gateway, known), code) }, nil
}

// AdmitGateway counts n values against what a gateway may bring. When that is too much it says how long until it is not, and
// none was taken.
func (in *Intake) AdmitGateway(ctx context.Context, g gateway.Gateway, n int) (wait time.Duration) {
	if in.Limits == nil {
		return 0
	}
	wait = in.Limits.TakeAll(ctx, limit.Gateway(g.Allowance(), g.Burst()), GatewayName(g.Code), n)
	if wait > 0 {
		in.gateways.count(g.Code, counted{reason: gateway.Limited, n: n, detail: gateway.Detail(gateway.Limited)})
	}
	return wait
}

// MisreadGateway counts a body of a gateway that could not be read at all.
func (in *Intake) MisreadGateway(g gateway.Gateway, detail string) {
	in.gateways.count(g.Code, counted{reason: sensor.Malformed, n: 1, detail: detail})
}

// AcceptUplink keeps what sensors are registered for of a message, and says of the rest why not. A message that measured
// nothing says that its gateway lives.
func (in *Intake) AcceptUplink(ctx context.Context, b UplinkBody) (int, []Refusal, error) {
	known, err := in.gateways.all(ctx)
	if err != nil {
		return 0, nil, err
	}
	u := b.Uplink
	thing, fields, err := in.sensors.fieldsOf(ctx, u.Things, func(code string) bool {
		return slices.Contains(gateway.Chain(code, known), b.Gateway.Code)
	})
	if err != nil {
		return 0, nil, err
	}
	in.gateways.heard(b.Gateway.Code, known)
	if thing == "" && !u.Measured() && !u.Undecoded {
		return 0, nil, nil
	}
	refuse := func(i int, field string, reason sensor.Reason) Refusal {
		return Refusal{Index: i, Thing: cmp.Or(thing, u.Things[0]), Field: field, Reason: string(reason), Detail: gateway.Detail(reason)}
	}
	var items []sensor.Item
	var refused []Refusal
	switch {
	case thing == "":
		refused = []Refusal{refuse(0, "", gateway.UnknownThing)}
	default:
		for i, v := range u.Values {
			code, mapped := fields[v.Field]
			switch {
			case !mapped && (v.Bad || v.Aside):
			case !mapped:
				refused = append(refused, refuse(i, v.Field, gateway.UnknownField))
			default:
				items = append(items, uplinkItem(i, code, u, v))
			}
		}
		if u.Undecoded && len(items) == 0 {
			refused = append(refused, refuse(0, "", gateway.NotDecoded))
		}
	}
	for _, r := range refused {
		in.gateways.count(b.Gateway.Code, counted{reason: sensor.Reason(r.Reason), n: 1, name: cmp.Or(r.Field, r.Thing), detail: r.Detail})
	}
	if len(items) == 0 {
		return 0, refused, nil
	}
	accepted, more, err := in.AcceptReadingsAs(ctx, ReadingBody{
		Items: items, Door: sensor.Ordinary, Origin: b.Origin, May: b.May, Via: GatewayName(b.Gateway.Code), Gateway: b.Gateway.Code, Again: b.Again,
	})
	if err != nil {
		return 0, nil, err
	}
	for _, r := range more {
		r.Thing, r.Field = thing, u.Values[r.Index].Field
		refused = append(refused, r)
	}
	slices.SortFunc(refused, func(x, y Refusal) int { return cmp.Compare(x.Index, y.Index) })
	return accepted, refused, nil
}

func uplinkItem(i int, code string, u gateway.Uplink, v gateway.Value) sensor.Item {
	item := sensor.Item{Index: i, Reading: sensor.Reading{Sensor: code, At: u.At, Value: v.Number}}
	if v.Bad {
		item.Reason, item.Detail = sensor.BadValue, sensor.BadValue.Detail()
	}
	return item
}

// bookReadings writes down what became of a body: against the gateway that brought it, else against those its sensors
// speak through, which live while anything through them does.
func (in *Intake) bookReadings(b ReadingBody, taken []sensor.Item, refused []Refusal) {
	if b.Door != sensor.Ordinary {
		return
	}
	known := in.gateways.remembered()
	if len(known) == 0 {
		return
	}
	if b.Gateway != "" {
		in.gateways.heard(b.Gateway, known)
		in.gateways.count(b.Gateway, counted{reason: sensor.Taken, n: len(taken)})
		for _, r := range refused {
			if reason := sensor.Reason(r.Reason); !b.Again || reason != sensor.Duplicate {
				in.gateways.count(b.Gateway, counted{reason: reason, n: 1, name: r.Sensor, detail: r.Detail})
			}
		}
	}
	for code, n := range in.sensors.through(taken) {
		in.gateways.heard(code, known)
		if b.Gateway == "" {
			in.gateways.count(code, counted{reason: sensor.Taken, n: n})
		}
	}
}

// gatewayBook knows the registered gateways, and gathers what is to be noted of them.
type gatewayBook struct {
	load     func(context.Context) (map[string]gateway.Gateway, error)
	note     func(context.Context, time.Time, []store.GatewayNote) error
	now      func() time.Time
	location *time.Location
	log      *slog.Logger
	values   *prometheus.CounterVec
	wake     chan struct{}

	mu      sync.Mutex
	byCode  map[string]gateway.Gateway
	readAt  time.Time
	pending map[string]*store.GatewayNote
	written map[string]time.Time // when each was last noted
}

func newGatewayBook(c Config) *gatewayBook {
	b := &gatewayBook{
		load: c.Store.Gateways, note: c.Store.NoteGateways, now: c.Now, location: c.Location, log: c.Log,
		wake: make(chan struct{}, 1), pending: map[string]*store.GatewayNote{}, written: map[string]time.Time{},
		values: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "toancanh_gateway_values_total", Help: "Values that gateways brought, by what became of them: taken, or the reason they were not.",
		}, []string{"outcome"}),
	}
	if c.Metrics != nil {
		c.Metrics.MustRegister(b.values)
	}
	return b
}

// all are the registered gateways, as they were a moment ago at most, or as long as the database is away. One reads them
// anew, and nobody waits for it but who knows none yet. The map never changes.
func (b *gatewayBook) all(ctx context.Context) (map[string]gateway.Gateway, error) {
	now := b.now()
	b.mu.Lock()
	held, age := b.byCode, now.Sub(b.readAt)
	if held != nil && age >= 0 && age < gatewayLife {
		b.mu.Unlock()
		return held, nil
	}
	b.readAt = now
	b.mu.Unlock()
	byCode, err := b.load(ctx)
	switch {
	case err == nil:
	case held != nil:
		return held, nil
	default:
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.byCode = byCode
	return byCode, nil
}

// remembered are the gateways as they were last read; the map never changes.
func (b *gatewayBook) remembered() map[string]gateway.Gateway {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.byCode
}

// ForgetGateways makes the next question read the registered gateways anew.
func (in *Intake) ForgetGateways() {
	in.gateways.mu.Lock()
	defer in.gateways.mu.Unlock()
	in.gateways.readAt = time.Time{}
}

// heard notes that a gateway lives, and with it those it speaks through.
func (b *gatewayBook) heard(code string, known map[string]gateway.Gateway) {
	now := b.now().UTC()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range gateway.Chain(code, known) {
		b.pendingOf(c).SeenAt = now
		if now.Sub(b.written[c]) >= touchEvery {
			select {
			case b.wake <- struct{}{}:
			default:
			}
		}
	}
}

// counted are n values of one outcome. name is of what was refused.
type counted struct {
	reason       sensor.Reason
	n            int
	name, detail string
}

// safeName is what may be repeated of a name that somebody sent.
var safeName = regexp.MustCompile(`^[A-Za-z0-9_.:/-]{1,64}$`)

func (b *gatewayBook) count(code string, c counted) {
	if c.n == 0 {
		return
	}
	now := b.now()
	outcome := cmp.Or(string(c.reason), "taken")
	b.values.WithLabelValues(outcome).Add(float64(c.n))
	b.mu.Lock()
	defer b.mu.Unlock()
	note := b.pendingOf(code)
	minute := now.UTC().Truncate(time.Minute)
	t := note.Minutes[minute]
	t.Count(c.reason, c.n)
	note.Minutes[minute] = t
	for old := range note.Minutes {
		if minute.Sub(old) > gateway.Window { // the database has been away
			delete(note.Minutes, old)
		}
	}
	y, m, d := now.In(b.location).Date()
	note.Counts[store.GatewayDay{Day: time.Date(y, m, d, 0, 0, 0, 0, time.UTC), Reason: outcome}] += int64(c.n)
	if c.detail == "" {
		return
	}
	note.Complaint, note.ComplaintAt = c.detail, now.UTC()
	if safeName.MatchString(c.name) {
		note.Complaint = c.name + ": " + c.detail
	}
}

// pendingOf is what is to be noted of a gateway; the caller holds the lock.
func (b *gatewayBook) pendingOf(code string) *store.GatewayNote {
	note, ok := b.pending[code]
	if !ok {
		note = &store.GatewayNote{Code: code, Minutes: map[time.Time]gateway.Tally{}, Counts: map[store.GatewayDay]int64{}}
		b.pending[code] = note
	}
	return note
}

// run notes what was gathered until ctx ends, and then the last of it.
func (b *gatewayBook) run(ctx context.Context) {
	tick, rest := time.NewTicker(touchEvery), time.NewTicker(touchRest)
	defer tick.Stop()
	defer rest.Stop()
	judged := b.now()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-b.wake:
		case <-tick.C:
			if b.now().Sub(judged) >= judgeEvery {
				judged = b.now()
				b.judgeQuiet(ctx)
			}
		}
		// Not cut short: of a commit that was, nobody knows whether it took place, and what is noted again is counted twice.
		b.write(context.WithoutCancel(ctx))
		select {
		case <-ctx.Done():
		case <-rest.C:
		}
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushLimit)
	defer cancel()
	b.write(last)
}

// judgeQuiet has gateways judged again that behaved badly and send nothing any more.
func (b *gatewayBook) judgeQuiet(ctx context.Context) {
	known, err := b.all(ctx)
	if err != nil {
		return // the next write says so
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for code, g := range known {
		if g.State != gateway.OK {
			b.pendingOf(code)
		}
	}
}

// write notes what is pending in one transaction. What cannot be noted is kept for the next time.
func (b *gatewayBook) write(ctx context.Context) {
	now := b.now().UTC()
	b.mu.Lock()
	notes := make([]store.GatewayNote, 0, len(b.pending))
	for code, note := range b.pending {
		notes = append(notes, *note)
		b.written[code] = now
	}
	clear(b.pending)
	b.mu.Unlock()
	if len(notes) == 0 {
		return
	}
	err := b.note(ctx, now, notes)
	if err == nil {
		return
	}
	if ctx.Err() == nil {
		b.log.LogAttrs(ctx, slog.LevelWarn, "what gateways did cannot be noted", slog.Any("err", err))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, note := range notes {
		b.pendingOf(note.Code).Merge(note)
	}
}
