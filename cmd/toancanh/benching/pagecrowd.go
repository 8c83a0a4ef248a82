package benching

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Who reads while reports come in: so many readers with a connection each, which ask whether the page they hold is still the
// newest once in every period, evenly spread; and so many reports a second.
const (
	busyReaders = 2000
	busyPeriod  = 2 * time.Second
	busyReports = 50
)

// watched is what readers saw in one window.
type watched struct {
	times  []time.Duration // from when each was due to ask until it had its answer
	others int64           // pages that were new to their reader
}

// pageBusy holds how long readers wait for their answer while reports come in against how long they wait in quiet.
func pageBusy(ctx context.Context, b *bench, h *house) error {
	n := min(size(b, 20, busyReaders, busyReaders), openFiles()-500)
	rs, err := openReaders(ctx, h.address, n)
	if err != nil {
		return err
	}
	defer rs.leave()
	long := size(b, 2*time.Second, 8*time.Second, 20*time.Second)
	var p pairs
	var all, calm []time.Duration
	var reports, others int64
	for range size(b, 1, max(b.Rounds, 5), 9) {
		quiet, err := rs.watch(ctx, long)
		if err != nil {
			return err
		}
		var busy watched
		accepted, err := h.besides(ctx, busyReports, func() (err error) {
			busy, err = rs.watch(ctx, long)
			return err
		})
		if err != nil {
			return err
		}
		p.add(percentile(busy.times, 0.99).Seconds(), percentile(quiet.times, 0.99).Seconds())
		all, calm = append(all, busy.times...), append(calm, quiet.times...)
		reports, others = reports+accepted, others+busy.others
	}
	b.table.row(line{
		name: fmt.Sprintf("%d người đọc, %d phản ánh/s, p99", n, busyReports), figure: fmt.Sprintf("%.2f ms", 1000*median(p.figures)),
		floor: fmt.Sprintf("%.2f ms (yên)", 1000*median(p.floors)), value: p.ratio(), limit: &limit{most: 2}, spread: p.spread(),
	})
	windows := float64(len(p.figures)) * long.Seconds()
	b.table.note("mỗi người hỏi lại mỗi %v (If-None-Match); %.1f phản ánh/s được nhận; mỗi người nhận %.1f trang mới trong %.0f s; p50 / p95 / p99: %s, khi yên %s",
		busyPeriod, float64(reports)/windows, float64(others)/float64(n), windows, quantiles(all), quantiles(calm))
	if rate := float64(reports) / windows; rate < 0.95*busyReports && !b.Quick {
		return fmt.Errorf("only %.1f reports/s were taken, not %d", rate, busyReports)
	}
	return nil
}

// watch lets every reader ask once in every period until the window ends.
func (rs *readers) watch(ctx context.Context, long time.Duration) (watched, error) {
	var mu sync.Mutex
	var w watched
	begin := time.Now().Add(busyPeriod / 20)
	err := rs.each(func(i int, r *reader) error {
		var times []time.Duration
		others := int64(0)
		due := begin.Add(busyPeriod * time.Duration(i) / time.Duration(len(rs.all)))
		for ; due.Before(begin.Add(long)); due = due.Add(busyPeriod) {
			if !pause(ctx, time.Until(due)) {
				return context.Cause(ctx)
			}
			g, err := r.ask(rs.address, true)
			if err != nil {
				return err
			}
			times = append(times, time.Since(due))
			if g.status == http.StatusOK {
				others++
			}
		}
		mu.Lock()
		defer mu.Unlock()
		w.times, w.others = append(w.times, times...), w.others+others
		return nil
	})
	return w, err
}

// besides sends reports at a pace while work runs and answers how many were accepted meanwhile.
func (h *house) besides(ctx context.Context, rate int, work func() error) (int64, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var accepted atomic.Int64
	var wrong atomic.Pointer[error]
	var under sync.WaitGroup
	under.Go(func() {
		next := time.NewTicker(time.Second / time.Duration(rate))
		defer next.Stop()
		for n := 0; ; n++ {
			select {
			case <-next.C:
			case <-ctx.Done():
				return
			}
			under.Go(func() {
				if _, err := h.postReport(h.address, reportBody(n)); err != nil {
					wrong.Store(&err)
					return
				}
				accepted.Add(1)
			})
		}
	})
	err := work()
	cancel()
	under.Wait()
	if err == nil && wrong.Load() != nil {
		err = *wrong.Load()
	}
	return accepted.Load(), err
}

// crowdReaders is how many keep a connection to the page.
const crowdReaders = 10000

// pageCrowd opens a storm's worth of readers, lets each read the page whole and then whether it is still the newest, and tells
// what each of them holds of the server's memory.
func pageCrowd(ctx context.Context, b *bench, h *house) error {
	n := min(size(b, 50, crowdReaders, crowdReaders), openFiles()-500)
	if n < 1 {
		return &cannotError{"giới hạn tệp mở quá thấp / too few open files are allowed"}
	}
	before, err := residentOf(h.server.pid())
	if err != nil {
		return err
	}
	began := time.Now()
	rs, err := openReaders(ctx, h.address, n)
	if err != nil {
		return err
	}
	defer rs.leave()
	for _, held := range []bool{false, true} {
		err := rs.each(func(_ int, r *reader) error {
			g, err := r.ask(h.address, held)
			if err == nil && g.status != http.StatusOK && g.status != http.StatusNotModified {
				err = fmt.Errorf("read the page: status %d", g.status)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	took := time.Since(began)
	after, err := residentOf(h.server.pid())
	if err != nil {
		return err
	}
	b.table.row(line{
		name: fmt.Sprintf("%d người đọc cùng lúc", n), figure: fmt.Sprintf("%.1f KiB mỗi người", float64(after-before)/1024/float64(n)),
	})
	b.table.note("mở, đọc cả trang và hỏi lại hết trong %.2f s, không ai bị từ chối", took.Seconds())
	return nil
}
