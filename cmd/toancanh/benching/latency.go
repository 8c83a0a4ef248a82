package benching

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/valyala/fasthttp"
)

// latency posts reports at a steady pace while walls and the public listen, and takes the time from each POST to its
// frame at every wall. Beside it stands the answer to the same POST: no frame may precede the commit.
func latency(ctx context.Context, b *bench) error {
	h, err := b.theHouse(ctx)
	if err != nil {
		return err
	}
	walls, public := size(b, 5, 50, 50), size(b, 5, 1000, 1000)
	w, err := h.atWall()
	if err != nil {
		return err
	}
	watch := &watcher{frames: map[string][]time.Time{}}
	wallCrowd, publicCrowd := newCrowd(), newCrowd()
	wallCrowd.event = watch.saw
	if err := wallCrowd.join(ctx, walls, 0, w); err != nil {
		return err
	}
	defer wallCrowd.leave()
	if err := publicCrowd.join(ctx, public, 0, wish{addr: h.address, topic: strings.Replace(wallTopic, "wall/", "public/", 1)}); err != nil {
		return err
	}
	defer publicCrowd.leave()
	for _, rate := range []int{1, 5, 20} {
		p := pace{rate: rate, long: size(b, time.Second, 4*time.Second, 20*time.Second)}
		answers, frames, err := watch.measure(ctx, h, p, walls)
		if err != nil {
			return err
		}
		p95 := percentile(frames, 0.95)
		b.table.row(line{
			name: fmt.Sprintf("%d tin/s, %d màn hình, %d công khai", rate, walls, public), figure: quantiles(frames), floor: quantiles(answers),
			value: p95.Seconds() / percentile(answers, 0.95).Seconds(),
		})
		b.table.row(line{name: "  p95", figure: p95.Round(time.Millisecond / 10).String(), value: p95.Seconds(), limit: &limit{most: 1, unit: "s"}})
	}
	b.table.note("số đo: p50 / p95 / p99 từ lúc gửi đến khung tin ở màn hình; mức nền: đến câu trả lời 201 của chính lần gửi đó")
	if err := wallCrowd.faults(); err != nil {
		return err
	}
	return publicCrowd.faults()
}

// atWall is what a screen of the whole province asks for, with a ticket of the server.
func (h *house) atWall() (wish, error) {
	w := wish{addr: h.address, topic: wallTopic}
	body, err := encode(map[string]any{"topics": []string{wallTopic}, "screen": true})
	if err != nil {
		return w, err
	}
	status, raw, err := h.do(fasthttp.MethodPost, "/api/v1/tickets", body)
	if err != nil {
		return w, err
	}
	var answer struct {
		Ticket string `json:"ticket"`
	}
	if err := json.Unmarshal(raw, &answer); err != nil || status != http.StatusOK {
		return w, fmt.Errorf("ask for a ticket: status %d: %.300s", status, raw)
	}
	w.ticket = answer.Ticket
	return w, nil
}

// watcher notes when each report's frame arrived.
type watcher struct {
	mu     sync.Mutex
	frames map[string][]time.Time // by the report's code
}

func (w *watcher) saw(payload []byte, at time.Time) {
	code, ok := codeOf(payload)
	if !ok {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.frames[code] = append(w.frames[code], at)
}

// codeOf finds a report's public code in an answer or a frame.
func codeOf(payload []byte) (string, bool) {
	_, rest, ok := bytes.Cut(payload, []byte(`"code":"`))
	if !ok {
		return "", false
	}
	code, _, ok := bytes.Cut(rest, []byte(`"`))
	return string(code), ok
}

// pace says how many reports a second and for how long.
type pace struct {
	rate int
	long time.Duration
}

// sent is one report that was posted.
type sent struct {
	code   string
	at     time.Time
	answer time.Duration
	err    error
}

// measure posts at a pace and answers how long the answers and the frames took.
func (w *watcher) measure(ctx context.Context, h *house, p pace, walls int) (answers, frames []time.Duration, err error) {
	count := max(1, int(p.long.Seconds()*float64(p.rate)))
	results := make(chan sent, count)
	tick := time.NewTicker(time.Second / time.Duration(p.rate))
	defer tick.Stop()
	for n := range count {
		go func() { results <- h.timed(reportBody(n)) }()
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, nil, context.Cause(ctx)
		}
	}
	for range count {
		s := <-results
		if s.err != nil {
			return nil, nil, s.err
		}
		at, err := w.await(ctx, s.code, walls)
		if err != nil {
			return nil, nil, err
		}
		answers = append(answers, s.answer)
		for _, t := range at {
			frames = append(frames, t.Sub(s.at))
		}
	}
	return answers, frames, nil
}

func (h *house) timed(body []byte) sent {
	s := sent{at: time.Now()}
	raw, err := h.postReport(h.address, body)
	s.answer, s.err = time.Since(s.at), err
	s.code, _ = codeOf(raw)
	return s
}

// await waits until every wall has the report.
func (w *watcher) await(ctx context.Context, code string, walls int) ([]time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, deliveryLimit)
	defer cancel()
	for {
		w.mu.Lock()
		at := w.frames[code]
		w.mu.Unlock()
		if len(at) >= walls {
			return at, nil
		}
		if !pause(ctx, 5*time.Millisecond) {
			return nil, fmt.Errorf("report %s reached %d of %d walls", code, len(at), walls)
		}
	}
}

func encode(v any) ([]byte, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode request: %w", err)
	}
	return raw, nil
}
