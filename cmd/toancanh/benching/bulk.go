package benching

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/valyala/fasthttp"
	"golang.org/x/sync/errgroup"

	"toancanh/server/embedded"
)

// benchSensors is how many sensors the readings come from.
const benchSensors = 200

// flow makes readings no two of which are of one sensor at one time.
type flow struct {
	codes []string
	ids   []int32
	from  time.Time
	made  atomic.Int64
}

// reading is the n-th: the sensors take turns, a turn is a millisecond.
func (f *flow) reading(n int64) (sensor int, at time.Time, value float64) {
	turns := n / int64(len(f.codes))
	return int(n % int64(len(f.codes))), f.from.Add(time.Duration(turns) * time.Millisecond), 20 + float64(n%1000)/100
}

// bodies makes count bodies of rows readings as JSON.
func (f *flow) bodies(count, rows int) [][]byte {
	list := make([][]byte, count)
	for i := range list {
		b := []byte("[")
		first := f.made.Add(int64(rows)) - int64(rows)
		for n := first; n < first+int64(rows); n++ {
			sensor, at, value := f.reading(n)
			b = append(b, `{"sensor":"`...)
			b = append(b, f.codes[sensor]...)
			b = append(b, `","at":"`...)
			b = at.AppendFormat(b, time.RFC3339Nano)
			b = fmt.Appendf(b, `","value":%.2f},`, value)
		}
		b[len(b)-1] = ']'
		list[i] = b
	}
	return list
}

// batches makes the same as rows for COPY.
func (f *flow) batches(count, rows int) [][][]any {
	list := make([][][]any, count)
	for i := range list {
		first := f.made.Add(int64(rows)) - int64(rows)
		for n := first; n < first+int64(rows); n++ {
			sensor, at, value := f.reading(n)
			list[i] = append(list[i], []any{at, value, f.ids[sensor], int16(0)})
		}
	}
	return list
}

// bulk sends readings in large bodies, each answered after its commit. One floor does the same work set-wise in SQL:
// COPY into a staging table, insert what is new, move the newest values. The other is a bare COPY into the same table.
func bulk(ctx context.Context, b *bench) error {
	h, err := b.theHouse(ctx)
	if err != nil {
		return err
	}
	f := &flow{from: time.Now().Add(-4 * time.Minute).Truncate(time.Millisecond)}
	if err := f.register(ctx, h); err != nil {
		return err
	}
	if _, err := h.pour(ctx, f.bodies(4, 1000), 2); err != nil { // the first readings warm up
		return err
	}
	for _, c := range []struct{ rows, senders int }{{5000, 4}, {1000, 8}} {
		if b.Quick {
			c.rows, c.senders = 200, 2
		}
		var work, bare pairs
		for range b.Rounds {
			count := size(b, 4, 150_000, 1_000_000) / c.rows
			if b.Quick {
				count = 4
			}
			var ours float64
			err := b.profiled(ctx, fmt.Sprintf("bulk%d", c.rows), func() (err error) {
				ours, err = h.pour(ctx, f.bodies(count, c.rows), c.senders)
				return err
			})
			if err != nil {
				return err
			}
			same, err := h.load(ctx, f.batches(count, c.rows), mergeReadings)
			if err != nil {
				return fmt.Errorf("floor: %w", err)
			}
			plain, err := h.load(ctx, f.batches(count, c.rows), copyReadings)
			if err != nil {
				return fmt.Errorf("bare floor: %w", err)
			}
			rows := float64(count * c.rows)
			work.add(rows/ours, rows/same)
			bare.add(rows/ours, rows/plain)
		}
		name := fmt.Sprintf("%d/lần gửi, %d người gửi", c.rows, c.senders)
		b.table.row(line{
			name: name + ", so với SQL", figure: perSecond(work.figures), floor: perSecond(work.floors), value: work.ratio(),
			limit: &limit{least: 0.85}, spread: work.spread(),
		})
		b.table.row(line{
			name: name + ", so với COPY", figure: perSecond(bare.figures), floor: perSecond(bare.floors), value: bare.ratio(),
			limit: &limit{least: 0.4}, spread: bare.spread(),
		})
	}
	return nil
}

func perSecond(rates []float64) string { return fmt.Sprintf("%.0f/s", median(rates)) }

// register makes the sensors and learns their row numbers.
func (f *flow) register(ctx context.Context, h *house) (err error) {
	if f.codes, err = h.sensors(benchSensors); err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, h.postgres.DSN(embedded.Owner, embedded.Database))
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	rows, err := conn.Query(ctx, "select id from sensor where code like 'bench-%' order by code")
	if err != nil {
		return fmt.Errorf("read sensors: %w", err)
	}
	f.ids, err = pgx.CollectRows(rows, pgx.RowTo[int32])
	if err == nil && len(f.ids) != len(f.codes) {
		err = fmt.Errorf("%d of %d sensors are there", len(f.ids), len(f.codes))
	}
	return err
}

// pour posts the bodies over some connections and answers the seconds until the last was answered.
func (h *house) pour(ctx context.Context, bodies [][]byte, senders int) (float64, error) {
	began := time.Now()
	g, ctx := errgroup.WithContext(ctx)
	var next atomic.Int64
	for range senders {
		g.Go(func() error {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(bodies) {
					return nil
				}
				status, answer, err := h.do(fasthttp.MethodPost, "/api/v1/readings", bodies[i])
				if err != nil {
					return err
				}
				if status != http.StatusOK || !clean(answer) {
					return fmt.Errorf("post readings: status %d: %.300s", status, answer)
				}
			}
			return context.Cause(ctx)
		})
	}
	err := g.Wait()
	return time.Since(began).Seconds(), err
}

// clean reports whether an answer refuses nothing.
func clean(answer []byte) bool {
	const none = `"refused":[]}`
	return len(answer) > len(none) && string(answer[len(answer)-len(none):]) == none
}

// loader keeps one batch in one transaction.
type loader func(context.Context, *pgx.Conn, [][]any) error

// bulkWriters is how many connections the floors write on, as many as the server's committers.
const bulkWriters = 2

// load keeps batches by SQL alone and answers the seconds it took.
func (h *house) load(ctx context.Context, batches [][][]any, keep loader) (float64, error) {
	conns := make([]*pgx.Conn, bulkWriters)
	for i := range conns {
		conn, err := pgx.Connect(ctx, h.postgres.DSN(embedded.Owner, embedded.Database))
		if err != nil {
			return 0, fmt.Errorf("connect: %w", err)
		}
		defer func() { _ = conn.Close(ctx) }()
		_, err = conn.Exec(ctx, `create temporary table staging (ts timestamptz, value float8, sensor_id int4, origin int2) on commit delete rows`)
		if err != nil {
			return 0, fmt.Errorf("make staging table: %w", err)
		}
		conns[i] = conn
	}
	began := time.Now()
	g, ctx := errgroup.WithContext(ctx)
	var next atomic.Int64
	for _, conn := range conns {
		g.Go(func() error {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(batches) {
					return nil
				}
				if err := keep(ctx, conn, batches[i]); err != nil {
					return err
				}
			}
		})
	}
	err := g.Wait()
	return time.Since(began).Seconds(), err
}

func readingColumns() []string { return []string{"ts", "value", "sensor_id", "origin"} }

// copyReadings is the bare COPY.
func copyReadings(ctx context.Context, conn *pgx.Conn, rows [][]any) error {
	_, err := conn.CopyFrom(ctx, pgx.Identifier{"reading"}, readingColumns(), pgx.CopyFromRows(rows))
	return err
}

// mergeReadings is the server's work set-wise. The newest values are locked in one order, or writers would meet.
func mergeReadings(ctx context.Context, conn *pgx.Conn, rows [][]any) error {
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.CopyFrom(ctx, pgx.Identifier{"staging"}, readingColumns(), pgx.CopyFromRows(rows)); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `insert into reading (ts, value, sensor_id, origin)
			select ts, value, sensor_id, origin from staging on conflict do nothing`)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `insert into reading_latest as l (ts, value, sensor_id, origin)
			select distinct on (sensor_id) ts, value, sensor_id, origin from staging order by sensor_id, ts desc
			on conflict (sensor_id) do update set ts = excluded.ts, value = excluded.value, origin = excluded.origin,
				version = l.version + 1, updated_at = now() where excluded.ts > l.ts`)
		return err
	})
}
