package benching

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/valyala/fasthttp"
	"golang.org/x/sync/errgroup"

	"toancanh/cmd/toancanh/client"
	"toancanh/server/alarm"
	"toancanh/server/store"
)

// The rules that readings are judged by: each of the sensors by each of the types.
const (
	ruleSensors = 1000
	ruleTypes   = 10
	ruleSenders = 8
	judgedLimit = 30 * time.Second
)

// ruleBook turns the types of the bench on and off.
type ruleBook struct {
	house *house
	store *store.Store
	types []alarm.Type
}

// rules takes readings in bulk while every one of them is judged by ten rules, beside the same while none is, in turns; and
// says how far behind the judging is when the last body is answered. Then it takes the time from a reading's POST to the frame
// of its alarm at every wall.
func rules(ctx context.Context, b *bench) error {
	h, err := b.theHouse(ctx)
	if err != nil {
		return err
	}
	codes, err := h.sensors(size(b, 48, ruleSensors, ruleSensors))
	if err != nil {
		return err
	}
	// Each sender has sensors of its own: what overtook their newest reading would be late, and judged by nobody.
	flows := make([]*flow, ruleSenders)
	for i := range flows {
		part := len(codes) / ruleSenders
		flows[i] = &flow{codes: codes[i*part : (i+1)*part], from: time.Now().Add(-time.Minute).Truncate(time.Millisecond)}
	}
	s, err := store.Open(ctx, h.database, store.Sizes{Write: 1, Read: 1})
	if err != nil {
		return err
	}
	defer s.Close()
	book := &ruleBook{house: h, store: s, types: benchTypes()}
	if err := s.SeedAlarmTypes(ctx, book.types, time.Now()); err != nil {
		return err
	}
	if err := judgeInBulk(ctx, b, book, flows); err != nil {
		return err
	}
	return alarmLatency(ctx, b, h)
}

// benchTypes are nine limits that the readings come near to without reaching them, and one rate.
func benchTypes() []alarm.Type {
	list := make([]alarm.Type, ruleTypes)
	for i := range list {
		c := alarm.Condition{Class: alarm.ByLimit, Kinds: []string{"temperature"}, Limit: 31 + float64(i)}
		if i == ruleTypes-1 {
			c = alarm.Condition{Class: alarm.ByRate, Kinds: []string{"temperature"}, Limit: 1e9}
		}
		list[i] = benchType(fmt.Sprintf("bench_%02d", i), c)
	}
	return list
}

func benchType(code string, c alarm.Condition) alarm.Type {
	return alarm.Type{
		Code: code, Label: "Đo thử " + code, Source: alarm.FromSensor, Priority: alarm.Medium, Condition: c, Cause: "Đo thử", Consequence: "Đo thử",
		Response: "Đo thử", ResponseTime: time.Minute, Owner: "ioc", CallList: []string{"truc_ban"},
	}
}

// turn enables or disables the types and waits until the house judges so.
func (r *ruleBook) turn(ctx context.Context, on bool, sensors int) error {
	known, err := r.store.AlarmTypes(ctx)
	if err != nil {
		return err
	}
	for _, t := range known {
		if strings.HasPrefix(t.Code, "bench_") && t.Enabled != on {
			t.Enabled = on
			if _, err := r.store.ChangeAlarmType(ctx, store.AlarmTypeChange{Type: t.Type, At: time.Now(), By: "bench", Why: "đo thử"}); err != nil {
				return err
			}
		}
	}
	want := 0.0
	if on {
		want = float64(sensors)
	}
	return r.house.untilMetric(ctx, "toancanh_alarms_sensors", func(x float64) bool { return x == want })
}

// stream posts bodies of every flow, one after the other of each and those of all at once, and answers the readings a second.
func (h *house) stream(ctx context.Context, flows []*flow, count, rows int) (float64, error) {
	made := make([][][]byte, len(flows))
	for i, f := range flows {
		made[i] = f.bodies(count, rows)
	}
	began := time.Now()
	g, ctx := errgroup.WithContext(ctx)
	for _, bodies := range made {
		g.Go(func() error {
			_, err := h.pour(ctx, bodies, 1)
			return err
		})
	}
	err := g.Wait()
	return float64(len(flows)*count*rows) / time.Since(began).Seconds(), err
}

func judgeInBulk(ctx context.Context, b *bench, book *ruleBook, flows []*flow) error {
	h, sensors := book.house, len(flows)*len(flows[0].codes)
	rows, count := size(b, 60, 1000, 1000), size(b, 2, 20, 100)
	if _, err := h.stream(ctx, flows, 2, rows); err != nil { // the first readings warm up
		return err
	}
	var judged, burnt pairs
	var behind []float64
	for round := range b.Rounds {
		var rates, cpu [2]float64 // without rules, with them
		for turn := range 2 {
			on := (round+turn)%2 == 0 // who comes first takes turns
			if err := book.turn(ctx, on, sensors); err != nil {
				return err
			}
			before, err := h.metric(ctx, "toancanh_alarms_judged_total")
			if err != nil {
				return err
			}
			used, err := h.server.used()
			if err != nil {
				return err
			}
			var rate float64
			err = b.profiled(ctx, fmt.Sprintf("rules-%t", on), func() (err error) {
				rate, err = h.stream(ctx, flows, count, rows)
				return err
			})
			if err != nil {
				return err
			}
			began := time.Now()
			if err := h.untilMetric(ctx, "toancanh_alarms_judged_total", func(x float64) bool { return x >= before+float64(len(flows)*count*rows) }); err != nil {
				return err
			}
			now, err := h.server.used()
			if err != nil {
				return err
			}
			with := 0
			if on {
				with = 1
				behind = append(behind, time.Since(began).Seconds())
			}
			rates[with], cpu[with] = rate, (now-used).Seconds()/float64(len(flows)*count*rows)
		}
		judged.add(rates[1], rates[0])
		burnt.add(cpu[1], cpu[0])
	}
	b.table.row(line{
		name: fmt.Sprintf("%d cảm biến × %d quy tắc, so với không", sensors, ruleTypes), figure: perSecond(judged.figures), floor: perSecond(judged.floors),
		value: judged.ratio(), limit: &limit{least: 0.85}, spread: judged.spread(),
	})
	b.table.row(line{
		name: "  CPU của máy chủ mỗi số đo", figure: microseconds(burnt.figures), floor: microseconds(burnt.floors), value: burnt.ratio(), spread: burnt.spread(),
	})
	late := median(behind)
	b.table.row(line{name: "  xét xong sau câu trả lời cuối", figure: fmt.Sprintf("%.2f s", late), value: late, limit: &limit{most: 1, unit: "s"}})
	return book.turn(ctx, false, 0)
}

func microseconds(values []float64) string { return fmt.Sprintf("%.1f µs", 1e6*median(values)) }

// alarmLatency takes the time from a reading that passes a limit to the frame of its alarm at every wall.
func alarmLatency(ctx context.Context, b *bench, h *house) error {
	walls := size(b, 5, 50, 50)
	codes, err := h.register(size(b, 5, 60, 200), client.Sensor{Code: "alarm", Kind: "pm25", Unit: "µg/m³", StaleAfterS: 600})
	if err != nil {
		return err
	}
	s, err := store.Open(ctx, h.database, store.Sizes{Write: 1, Read: 1})
	if err != nil {
		return err
	}
	defer s.Close()
	t := benchType("alarm_bench", alarm.Condition{Class: alarm.ByLimit, Kinds: []string{"pm25"}, Limit: 45, OnDelay: new(alarm.Seconds(0))})
	t.Enabled = true
	if err := s.SeedAlarmTypes(ctx, []alarm.Type{t}, time.Now()); err != nil {
		return err
	}
	if err := h.untilMetric(ctx, "toancanh_alarms_sensors", func(x float64) bool { return x == float64(len(codes)) }); err != nil {
		return err
	}
	w, err := h.atWall()
	if err != nil {
		return err
	}
	watch := &watcher{frames: map[string][]time.Time{}}
	crowd := newCrowd()
	crowd.event = watch.sawAlarm
	if err := crowd.join(ctx, walls, 0, w); err != nil {
		return err
	}
	defer crowd.leave()
	var frames, answers []time.Duration
	for _, code := range codes {
		began := time.Now()
		body := fmt.Appendf(nil, `{"sensor":%q,"at":%q,"value":55}`, code, began.UTC().Format(time.RFC3339Nano))
		status, answer, err := h.do(fasthttp.MethodPost, "/api/v1/readings", body)
		if err != nil || status != http.StatusOK || !clean(answer) {
			return fmt.Errorf("post a reading: status %d: %.300s, %w", status, answer, err)
		}
		answers = append(answers, time.Since(began))
		at, err := watch.await(ctx, code, walls)
		if err != nil {
			return err
		}
		for _, t := range at {
			frames = append(frames, t.Sub(began))
		}
	}
	p95 := percentile(frames, 0.95)
	b.table.row(line{
		name: fmt.Sprintf("cảnh báo đến %d màn hình", walls), figure: quantiles(frames), floor: quantiles(answers),
		value: p95.Seconds() / percentile(answers, 0.95).Seconds(),
	})
	b.table.row(line{name: "  p95", figure: p95.Round(time.Millisecond / 10).String(), value: p95.Seconds(), limit: &limit{most: 1, unit: "s"}})
	return crowd.faults()
}

// sawAlarm notes when the frame of an alarm arrived, by its target.
func (w *watcher) sawAlarm(payload []byte, at time.Time) {
	_, rest, ok := bytes.Cut(payload, []byte(`"target":"`))
	if !ok {
		return
	}
	target, _, _ := bytes.Cut(rest, []byte(`"`))
	w.mu.Lock()
	defer w.mu.Unlock()
	w.frames[string(target)] = append(w.frames[string(target)], at)
}

// untilMetric waits until a figure of the server is as wanted.
func (h *house) untilMetric(ctx context.Context, name string, holds func(float64) bool) error {
	ctx, cancel := context.WithTimeout(ctx, judgedLimit)
	defer cancel()
	for {
		x, err := h.metric(ctx, name)
		if err != nil {
			return err
		}
		if holds(x) {
			return nil
		}
		if !pause(ctx, 10*time.Millisecond) {
			return fmt.Errorf("%s stands at %v: %w", name, x, ctx.Err())
		}
	}
}

// metric is a figure of the server without labels.
func (h *house) metric(ctx context.Context, name string) (float64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+h.private+"/metrics", nil)
	if err != nil {
		return 0, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, fmt.Errorf("read metrics: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		if value, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
			return strconv.ParseFloat(value, 64)
		}
	}
	return 0, fmt.Errorf("the server tells no %s", name)
}
