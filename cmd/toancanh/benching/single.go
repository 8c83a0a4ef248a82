package benching

import (
	"context"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"toancanh/server/embedded"
)

// single posts reports one by one over many connections. The floor is the same server with a transaction for each
// request: the same door, the same rows, the same announcements. Each starts with nothing left to announce.
func single(ctx context.Context, b *bench) error {
	h, err := b.theHouse(ctx)
	if err != nil {
		return err
	}
	// A database of its own: the server beside it has nothing to do meanwhile.
	database, err := h.another(ctx, "apart")
	if err != nil {
		return err
	}
	apart, err := b.startPart(ctx, role{Name: "apart", Database: database, Data: filepath.Join(b.dir, "apart")})
	if err != nil {
		return err
	}
	defer apart.stop()
	senders := []int{64, 256}
	if b.Quick {
		senders = []int{8}
	}
	for _, n := range senders {
		var p, cpu pairs
		for range b.Rounds {
			var ours, floor flooded
			err := b.profiled(ctx, "single", func() (err error) {
				ours, err = h.flood(ctx, b, flood{part: h.server, address: h.address, database: embedded.Database, senders: n})
				return err
			})
			if err != nil {
				return err
			}
			if floor, err = h.flood(ctx, b, flood{part: apart, address: apart.addr, database: "apart", senders: n}); err != nil {
				return fmt.Errorf("floor: %w", err)
			}
			p.add(ours.rate, floor.rate)
			cpu.add(floor.cpu, ours.cpu)
		}
		b.table.row(line{
			name: fmt.Sprintf("tin lẻ / single, %d người gửi", n), figure: fmt.Sprintf("%.0f/s", median(p.figures)), floor: fmt.Sprintf("%.0f/s", median(p.floors)),
			value: p.ratio(), limit: &limit{least: 2.5}, spread: p.spread(),
		})
		b.table.note("CPU của máy chủ và cơ sở dữ liệu cho mỗi phản ánh: %.0f µs, nền %.0f µs, ít hơn %.2f lần (%s)",
			median(cpu.floors), median(cpu.figures), cpu.ratio(), cpu.spread())
	}
	return nil
}

// flood is many senders before one server.
type flood struct {
	part     *part
	address  string
	database string
	senders  int
}

// flooded is what became of it: reports taken a second, and the CPU microseconds of server and database for each,
// until all were announced.
type flooded struct{ rate, cpu float64 }

// flood posts reports as fast as they are answered.
func (h *house) flood(ctx context.Context, b *bench, f flood) (flooded, error) {
	before, err := h.usedWith(f.part)
	if err != nil {
		return flooded{}, err
	}
	long, warm := size(b, 300*time.Millisecond, 2*time.Second, 8*time.Second), size(b, 50*time.Millisecond, 500*time.Millisecond, time.Second)
	var taken, all atomic.Int64
	from := time.Now().Add(warm)
	end := from.Add(long)
	g, groupCtx := errgroup.WithContext(ctx)
	for s := range f.senders {
		g.Go(func() error {
			for i := s; groupCtx.Err() == nil; i += f.senders {
				if _, err := h.postReport(f.address, reportBody(i)); err != nil {
					return err
				}
				all.Add(1)
				now := time.Now()
				if !now.Before(end) {
					break
				}
				if now.After(from) {
					taken.Add(1)
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return flooded{}, err
	}
	if err := h.drained(ctx, f.database); err != nil {
		return flooded{}, err
	}
	after, err := h.usedWith(f.part)
	return flooded{
		rate: float64(taken.Load()) / long.Seconds(), cpu: float64((after - before).Microseconds()) / float64(all.Load()),
	}, err
}

// usedWith is the CPU time of a server and of the database.
func (h *house) usedWith(p *part) (time.Duration, error) {
	server, err := p.used()
	if err != nil {
		return 0, err
	}
	database, err := usedBy(h.postgres.PID())
	return server + database, err
}
