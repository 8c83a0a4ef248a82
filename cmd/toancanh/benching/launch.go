package benching

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/valyala/fasthttp"

	"toancanh/server/embedded"
)

// The nominal load, and how much more a launch day brings in. Every fifth sender wants to follow.
const (
	nominalReports  = 50  // a second
	launchTimes     = 10  // as many
	nominalReadings = 500 // a second, in batches of
	readingBatch    = 50
	nominalPages    = 20 // loads a second
	followEvery     = 5
	mailLimit       = 5 * time.Minute // until every mail asked for is handed over
	leastSent       = 0.98            // of the pace, or the load was not the one that is told
	oddShown        = 5               // kinds of odd answers
)

// launch sends ten times the nominal reports for a minute, and has every fifth sender look at the report with the secret
// of the receipt and leave an address, beside the nominal readings and page loads and while walls and the public listen.
// Before it the same runs with the nominal reports: that is the floor. What senders were told is then held against
// PostgreSQL.
func launch(ctx context.Context, b *bench) error {
	h, err := b.theHouse(ctx)
	if err != nil {
		return err
	}
	if err := h.awaitPage(ctx); err != nil {
		return err
	}
	l := &launching{h: h, watch: &watcher{frames: map[string][]time.Time{}}, walls: size(b, 5, 50, 200), public: size(b, 5, 1000, 2000)}
	l.flow.from = time.Now().Add(-4 * time.Minute).Truncate(time.Millisecond)
	if err := l.flow.register(ctx, h); err != nil {
		return err
	}
	wallCrowd, publicCrowd, err := l.listen(ctx)
	if err != nil {
		return err
	}
	defer wallCrowd.leave()
	defer publicCrowd.leave()
	long := size(b, 2*time.Second, 30*time.Second, time.Minute)
	calm, err := l.play(ctx, pace{rate: nominalReports, long: long})
	if err != nil {
		return fmt.Errorf("calm: %w", err)
	}
	var rush *rush
	err = b.profiled(ctx, "launch", func() (err error) {
		rush, err = l.play(ctx, pace{rate: launchTimes * nominalReports, long: size(b, long, time.Minute, time.Minute)})
		return err
	})
	if err != nil {
		return err
	}
	l.tell(b.table, rush, calm)
	l.tellCrowds(b.table, wallCrowd, publicCrowd)
	return nil
}

// launching is what calm and launch share.
type launching struct {
	h             *house
	watch         *watcher
	flow          flow
	walls, public int
}

func (l *launching) listen(ctx context.Context) (walls, public *crowd, err error) {
	w, err := l.h.atWall()
	if err != nil {
		return nil, nil, err
	}
	anybody := wish{addr: l.h.address, topic: strings.Replace(wallTopic, "wall/", "public/", 1)}
	for _, w := range []wish{w, anybody} {
		if err := awaitHub(ctx, w); err != nil {
			return nil, nil, err
		}
	}
	walls, public = newCrowd(), newCrowd()
	walls.event = l.watch.saw
	if err := walls.join(ctx, l.walls, 0, w); err != nil {
		return nil, nil, err
	}
	if err := public.join(ctx, l.public, 0, anybody); err != nil {
		walls.leave()
		return nil, nil, err
	}
	return walls, public, nil
}

// rush is what came of one pace.
type rush struct {
	pace  pace
	began time.Time
	words string // what the words of its reports begin with
	door  *door  // of those who report and follow
	gate  *door  // of those beside them

	mu                    sync.Mutex
	ledger                ledger
	addresses             []string
	reports               []sent
	answers, whole, looks []time.Duration
	mails, lags           []time.Duration
	odd                   map[string]int // answers that nobody expects, by what they were
	sending, taking       time.Duration  // until the last was sent; until the last was taken
	besideWrong           atomic.Int64

	frames           []time.Duration
	framesMissing    int
	verdict          verdict
	mailLost, mailed int // of those promised: not kept; addresses that got theirs
	mailDoubled      int
	mailWaiting      float64 // in the outbox when the last report had been taken
	mailTook         time.Duration
	cores, ownCores  float64 // busy with server and database; with the senders and listeners
}

// play sends at a pace and finds out what became of everything.
func (l *launching) play(ctx context.Context, p pace) (*rush, error) {
	exchange := func(method, path string, headers map[string]string, body []byte) (reply, error) {
		return l.h.exchange(l.h.address, method, path, headers, body)
	}
	r := &rush{
		pace: p, words: fmt.Sprintf("Ngày đầu %.8s", uuid.NewString()), odd: map[string]int{}, ledger: ledger{words: map[string]string{}},
		door: &door{exchange: exchange}, gate: &door{exchange: exchange},
	}
	used, own, err := l.used()
	if err != nil {
		return nil, err
	}
	stop := l.beside(ctx, r)
	r.send(ctx)
	stop()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	usedAfter, ownAfter, err := l.used()
	if err != nil {
		return nil, err
	}
	r.cores, r.ownCores = (usedAfter-used).Seconds()/r.taking.Seconds(), (ownAfter-own).Seconds()/r.taking.Seconds()
	if r.mailWaiting, err = l.h.query(ctx, embedded.Database, "select count(*) from mail_outbox"); err != nil {
		return nil, err
	}
	r.frames, r.framesMissing = l.watch.gather(ctx, r.reports, l.walls)
	if err := l.h.drained(ctx, embedded.Database); err != nil {
		return nil, err
	}
	return r, l.check(ctx, r)
}

func (l *launching) used() (house, own time.Duration, err error) {
	if house, err = l.h.usedWith(l.h.server); err != nil {
		return 0, 0, err
	}
	own, err = cpuOf(os.Getpid())
	return house, own, err
}

// check holds what senders were told against PostgreSQL and the mail server.
func (l *launching) check(ctx context.Context, r *rush) error {
	kept, err := l.h.keptReports(ctx, r.words)
	if err != nil {
		return err
	}
	r.verdict = r.ledger.judge(kept)
	mails, err := l.h.keptMails(ctx, r.words)
	if err != nil {
		return err
	}
	r.mailLost, r.mailDoubled = r.ledger.judgeMails(mails)
	ctx, cancel := context.WithTimeout(ctx, mailLimit)
	defer cancel()
	began := time.Now()
	for r.mailed = l.h.office.arrived(r.addresses); r.mailed < len(r.addresses) && pause(ctx, 100*time.Millisecond); {
		r.mailed = l.h.office.arrived(r.addresses)
	}
	r.mailTook = time.Since(began)
	return nil
}

// beside brings the nominal readings and page loads until it is stopped. Who brings them keeps to a pace and comes back when
// told to.
func (l *launching) beside(ctx context.Context, r *rush) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	last := context.WithoutCancel(ctx) // what has begun is carried through
	var under sync.WaitGroup
	every := func(rate int, next func() errand, right func(reply) bool) {
		under.Go(func() {
			tick := time.NewTicker(time.Second / time.Duration(rate))
			defer tick.Stop()
			for {
				select {
				case <-tick.C:
				case <-ctx.Done():
					return
				}
				under.Go(func() {
					if a, _, err := r.gate.run(last, next()); err != nil || !right(a) {
						r.besideWrong.Add(1)
					}
				})
			}
		})
	}
	key := map[string]string{"Authorization": "Bearer " + l.h.key}
	every(nominalReadings/readingBatch, func() errand {
		return errand{fasthttp.MethodPost, "/api/v1/readings", key, l.flow.bodies(1, readingBatch)[0]}
	}, func(a reply) bool { return a.status == http.StatusOK && clean(a.body) })
	every(nominalPages, func() errand {
		return errand{method: fasthttp.MethodGet, path: "/"}
	}, func(a reply) bool { return a.status == http.StatusOK })
	return func() {
		cancel()
		under.Wait()
	}
}

// send lets every sender begin when its time has come, whatever became of those before, and waits for all of them.
func (r *rush) send(ctx context.Context) {
	count := max(1, int(r.pace.long.Seconds()*float64(r.pace.rate)))
	start := time.Now()
	r.began = start
	var under sync.WaitGroup
	for n := range count {
		due := start.Add(time.Duration(n) * time.Second / time.Duration(r.pace.rate))
		if wait := time.Until(due); wait > 0 && !pause(ctx, wait) {
			break
		}
		r.lags = append(r.lags, max(0, time.Since(due)))
		under.Go(func() {
			told, ok := r.report(ctx, n)
			if ok && n%followEvery == 0 {
				r.follow(ctx, told, fmt.Sprintf("nguoi-gui-%d.%s@bench.test", n, told.ID))
			}
		})
	}
	r.sending = time.Since(start)
	under.Wait()
	r.taking = max(r.sending, r.taking)
}

// receipt is what a sender is answered.
type receipt struct{ ID, Code, Secret string }

// report sends the n-th report, as the outbox of the form does.
func (r *rush) report(ctx context.Context, n int) (receipt, bool) {
	words := fmt.Sprintf("%s: rác sinh hoạt đổ thành đống cạnh chợ, bốc mùi hai ngày nay, đề nghị thu gom (%d)", r.words, n)
	began := time.Now()
	a, took, err := r.door.run(ctx, errand{
		fasthttp.MethodPost, "/api/v1/reports", map[string]string{"Idempotency-Key": uuid.NewString()}, bodyOf(n, words),
	})
	whole := time.Since(began)
	var told receipt
	if err != nil || !r.expect(a, http.StatusCreated, &told) {
		return receipt{}, false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.taking = time.Since(r.began)
	r.ledger.words[told.ID] = words
	r.reports = append(r.reports, sent{code: told.Code, at: began})
	r.answers, r.whole = append(r.answers, took), append(r.whole, whole)
	return told, true
}

// follow looks at a report as its sender does and leaves an address.
func (r *rush) follow(ctx context.Context, told receipt, address string) {
	secret := map[string]string{"Report-Secret": told.Secret}
	path := "/api/v1/follow/" + told.Code
	a, looked, err := r.door.run(ctx, errand{fasthttp.MethodGet, path, secret, nil})
	var seen struct{ Sender bool }
	if err != nil || !r.expect(a, http.StatusOK, &seen) {
		return
	}
	if !seen.Sender {
		r.wonder("người gửi không được nhận ra / the sender is not known again")
	}
	body, err := encode(map[string]string{"email": address})
	if err != nil {
		return
	}
	a, left, err := r.door.run(ctx, errand{fasthttp.MethodPost, path + "/mail", secret, body})
	if err != nil || !r.expect(a, http.StatusAccepted, nil) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.looks, r.mails = append(r.looks, looked), append(r.mails, left)
	r.ledger.mails, r.addresses = append(r.ledger.mails, told.ID), append(r.addresses, address)
}

// expect reads an answer with the status; any other is counted.
func (r *rush) expect(a reply, status int, into any) bool {
	if a.status != status {
		r.wonder(fmt.Sprintf("%d %.120s", a.status, a.body))
		return false
	}
	if into == nil {
		return true
	}
	if err := json.Unmarshal(a.body, into); err != nil {
		r.wonder(err.Error())
		return false
	}
	return true
}

func (r *rush) wonder(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.odd[what]++
}

// gather waits until every wall has every report, or nothing more is to be hoped for, and answers how long the frames
// took and how many are missing.
func (w *watcher) gather(ctx context.Context, reports []sent, walls int) (frames []time.Duration, missing int) {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for missing = w.missing(reports, walls); missing > 0 && pause(ctx, 50*time.Millisecond); {
		missing = w.missing(reports, walls)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range reports {
		for _, at := range w.frames[s.code] {
			frames = append(frames, at.Sub(s.at))
		}
		delete(w.frames, s.code)
	}
	return frames, missing
}

func (w *watcher) missing(reports []sent, walls int) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, s := range reports {
		n += max(0, walls-len(w.frames[s.code]))
	}
	return n
}

// tell prints the launch beside the calm.
func (l *launching) tell(t *table, r, calm *rush) {
	both := func(name string, value func(*rush) []time.Duration) {
		ours, floor := value(r), value(calm)
		t.row(line{
			name: name, figure: quantiles(ours), floor: quantiles(floor),
			value: percentile(ours, 0.95).Seconds() / percentile(floor, 0.95).Seconds(),
		})
	}
	bound := func(name string, value func(*rush) []time.Duration, p, most float64, of *rush) {
		got := percentile(value(of), p)
		t.row(line{name: "  " + name, figure: got.Round(time.Millisecond / 10).String(), value: got.Seconds(), limit: &limit{most: most, unit: "s"}})
	}
	answers := func(r *rush) []time.Duration { return r.answers }
	frames := func(r *rush) []time.Duration { return r.frames }
	t.note("số đo: %d phản ánh/s trong %v; mức nền: %d/s trong %v, cùng lượt; bên cạnh: %d số đo/s, %d lượt xem trang/s, %d màn hình, %d công khai",
		r.pace.rate, r.pace.long, calm.pace.rate, calm.pace.long, nominalReadings, nominalPages, l.walls, l.public)
	t.row(line{
		name: "gửi được / sent", figure: r.sentRate(), floor: calm.sentRate(), value: r.sentShare(), limit: &limit{least: leastSent},
	})
	t.row(line{name: "được nhận / accepted", figure: r.takenRate(), floor: calm.takenRate(), value: r.takenShare() / calm.takenShare()})
	both("đến câu trả lời 201", answers)
	bound("p99, khi dồn", answers, 0.99, 1, r)
	bound("p99, khi thường", answers, 0.99, 0.25, calm)
	both("đến khi được nhận, kể cả chờ", func(r *rush) []time.Duration { return r.whole })
	both("đến khung tin ở màn hình", frames)
	bound("p95, khi dồn", frames, 0.95, 1, r)
	bound("p95, khi thường", frames, 0.95, 1, calm)
	both("xem lại bằng mã bí mật", func(r *rush) []time.Duration { return r.looks })
	both("để lại địa chỉ thư", func(r *rush) []time.Duration { return r.mails })
	for _, c := range []struct {
		name  string
		value func(*rush) int
	}{
		{"mất / lost", func(r *rush) int { return r.verdict.lost }},
		{"lặp / doubled", func(r *rush) int { return r.verdict.doubled }},
		{"lẫn lời / mixed", func(r *rush) int { return r.verdict.mixed }},
		{"có mà không báo / invented", func(r *rush) int { return r.verdict.invented }},
		{"từ chối không kèm lời hẹn", func(r *rush) int { return int(r.door.unhinted.Load() + r.gate.unhinted.Load()) }},
		{"bỏ cuộc / gave up", func(r *rush) int { return int(r.door.gaveUp.Load()) }},
		{"câu trả lời lạ / odd answers", (*rush).odds},
		{"khung tin thiếu / frames missing", func(r *rush) int { return r.framesMissing }},
		{"địa chỉ mất / addresses lost", func(r *rush) int { return r.mailLost }},
		{"địa chỉ lặp / addresses doubled", func(r *rush) int { return r.mailDoubled }},
		{"thư không tới / mails missing", func(r *rush) int { return len(r.addresses) - r.mailed }},
		{"bên cạnh hỏng / beside failed", func(r *rush) int { return int(r.besideWrong.Load()) }},
	} {
		ours, floor := c.value(r), c.value(calm)
		t.row(line{name: fmt.Sprintf("%s (%d)", c.name, floor), figure: fmt.Sprint(ours), value: float64(ours + floor), limit: &limit{none: true}})
	}
	t.note("trong ngoặc: khi thường")
	r.note(t, "khi dồn")
	calm.note(t, "khi thường")
}

func (r *rush) sentShare() float64 {
	return float64(len(r.lags)) / (r.sending.Seconds() + 1/float64(r.pace.rate)) / float64(r.pace.rate)
}

func (r *rush) sentRate() string { return fmt.Sprintf("%.1f/s", r.sentShare()*float64(r.pace.rate)) }

// takenShare is the part of the reports that were taken.
func (r *rush) takenShare() float64 { return float64(len(r.reports)) / float64(len(r.lags)) }

func (r *rush) takenRate() string {
	return fmt.Sprintf("%d trong %.1f s", len(r.reports), r.taking.Seconds())
}

func (r *rush) odds() int {
	n := 0
	for _, count := range r.odd {
		n += count
	}
	return n
}

func (r *rush) note(t *table, when string) {
	t.note("%s: %d lần bị hẹn lại (bên cạnh %d), %d lần không có câu trả lời; bên gửi trễ lịch p99 %v; CPU: máy chủ và cơ sở dữ liệu %.2f, bên đo %.2f của %d nhân",
		when, r.door.hinted.Load(), r.gate.hinted.Load(), r.door.silent.Load(), percentile(r.lags, 0.99).Round(time.Millisecond/10), r.cores, r.ownCores, runtime.NumCPU())
	t.note("%s: %d xin nhận thư, %.0f thư đang đợi khi phản ánh cuối được nhận, %d thư đã giao sau %.0f s nữa",
		when, len(r.addresses), r.mailWaiting, r.mailed, r.mailTook.Seconds())
	often := slices.SortedFunc(maps.Keys(r.odd), func(a, b string) int { return cmp.Compare(r.odd[b], r.odd[a]) })
	for _, what := range often[:min(len(often), oddShown)] {
		t.note("%s: %d × %s", when, r.odd[what], what)
	}
}

// tellCrowds says what the listeners missed.
func (l *launching) tellCrowds(t *table, crowds ...*crowd) {
	for i, name := range []string{"màn hình / walls", "công khai / public"} {
		c := crowds[i]
		n := c.missed.Load() + c.doubled.Load() + c.lost.Load() + c.anew.Load()
		t.row(line{name: name + ": đứt", figure: fmt.Sprint(n), value: float64(n), limit: &limit{none: true}})
		if err := c.faults(); err != nil {
			t.note("%s: %v", name, err)
		}
	}
}
