package benching

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"toancanh/server/embedded"
)

// walSenders is how many senders post the reports whose log is measured: about what a busy hour brings together.
const walSenders = 4

// wal takes how far PostgreSQL's write-ahead log moves for one report, numbering and counting included.
func wal(ctx context.Context, b *bench) error {
	h, err := b.theHouse(ctx)
	if err != nil {
		return err
	}
	if err := h.drained(ctx, embedded.Database); err != nil {
		return err
	}
	n := size(b, 20, 1000, 5000)
	const position = "select pg_current_wal_insert_lsn() - '0/0'::pg_lsn"
	before, err := h.query(ctx, embedded.Database, position)
	if err != nil {
		return err
	}
	g, _ := errgroup.WithContext(ctx)
	for s := range walSenders {
		g.Go(func() error {
			for i := s; i < n; i += walSenders {
				if _, err := h.postReport(h.address, reportBody(i)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	if err := h.drained(ctx, embedded.Database); err != nil {
		return err
	}
	after, err := h.query(ctx, embedded.Database, position)
	if err != nil {
		return err
	}
	kB := (after - before) / 1000 / float64(n)
	b.table.row(line{
		name: fmt.Sprintf("mỗi phản ánh / report, %d", n), figure: fmt.Sprintf("%.1f kB", kB), value: kB, limit: &limit{most: 20, unit: "kB"},
	})
	return nil
}
