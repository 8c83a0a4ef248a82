package benching

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/valyala/fasthttp"
	"golang.org/x/sync/errgroup"

	"toancanh/server/embedded"
)

// Bounds of an answer, in seconds.
const (
	pageLimit   = 0.05
	searchLimit = 0.15
)

// queueClients is how many ask at once in the second round.
const queueClients = 4

// question is one list that an operator asks for.
type question struct {
	name  string
	query url.Values
	most  float64 // seconds, of p95
}

// queue asks for first pages and searches over HTTP among a hundred thousand reports of two years, from one client and from
// four at once. The floor is `select 1` on as many connections to the same database.
func queue(ctx context.Context, b *bench) error {
	first, err := b.theHouse(ctx)
	if err != nil {
		return err
	}
	h, err := b.queueHouse(ctx, first)
	if err != nil {
		return err
	}
	defer h.closeServer()
	count := size(b, 2000, 100_000, 100_000)
	took, err := h.loadPast(ctx, count)
	if err != nil {
		return err
	}
	b.table.note("%d phản ánh nạp qua /api/v1/history trong %.0f s (%.0f/s), rồi vacuum analyze", count, took.Seconds(), float64(count)/took.Seconds())
	questions, err := h.questions()
	if err != nil {
		return err
	}
	times := size(b, 20, 200, 200)
	for _, clients := range []int{1, queueClients} {
		for _, q := range questions {
			if err := h.askOften(ctx, b.table, q, rounds{clients, times}); err != nil {
				return err
			}
		}
	}
	b.table.note("số đo: p50 / p95 / p99 của %d lần hỏi qua HTTP, cả tổng số; mức nền: select 1 trên cùng số kết nối", times)
	return nil
}

// queueHouse is a server of its own with an empty database beside the house's. Its bus is in its process.
func (b *bench) queueHouse(ctx context.Context, first *house) (*house, error) {
	h := &house{name: "queue", postgres: first.postgres, http: first.http}
	var err error
	if h.database, err = first.another(ctx, h.name); err != nil {
		return nil, err
	}
	if h.key, err = newKey(ctx, h.database); err != nil {
		return nil, err
	}
	if err := h.serve(ctx, b, ""); err != nil {
		h.closeServer()
		return nil, err
	}
	return h, nil
}

// questions are those of an operator's day.
func (h *house) questions() ([]question, error) {
	_, newest, err := h.firstPage(url.Values{})
	if err != nil {
		return nil, err
	}
	if len(newest) == 0 {
		return nil, errors.New("no report is there")
	}
	return []question{
		{"mới nhất / newest", url.Values{}, pageLimit},
		{"theo hạn / due", url.Values{"open": {"true"}, "sort": {"due"}}, pageLimit},
		{"vừa đổi / changed", url.Values{"sort": {"changed"}}, pageLimit},
		{"quá hạn / overdue", url.Values{"overdue": {"true"}, "sort": {"due"}}, pageLimit},
		{"đơn vị, lĩnh vực, trạng thái", url.Values{"unit": {"so-xd"}, "category": {"MT"}, "status": {"dang_xu_ly"}}, pageLimit},
		{"một huyện, đang mở / district", url.Values{"area": {"663"}, "division": {"vn-2022"}, "open": {"true"}, "sort": {"due"}}, pageLimit},
		{"tìm 2 từ: rac cho", url.Values{"q": {"rac cho"}}, searchLimit},
		{"tìm 3 từ: dak mil rac", url.Values{"q": {"dak mil rac"}}, searchLimit},
		{"tìm 6 từ / six words", url.Values{"q": {"pha rung ben suoi dak song"}}, searchLimit},
		{"tìm 6 từ, theo hạn / six, by due", url.Values{"q": {"pha rung ben suoi dak song"}, "sort": {"due"}}, searchLimit},
		{"tìm 3 từ, đang mở, theo hạn", url.Values{"q": {"gia nghia den"}, "open": {"true"}, "sort": {"due"}}, searchLimit},
		{"tìm mã / a code", url.Values{"q": {newest[0].Code}}, searchLimit},
		{"tìm không thấy / nothing found", url.Values{"q": {"khongcogi"}}, searchLimit},
	}, nil
}

// listed is a report in a list, as far as the bench looks at it.
type listed struct{ ID, Code string }

// firstPage asks once and answers how many the filter finds.
func (h *house) firstPage(query url.Values) (total int, list []listed, err error) {
	status, raw, err := h.do(fasthttp.MethodGet, "/api/v1/reports?"+query.Encode(), nil)
	if err != nil {
		return 0, nil, err
	}
	var page struct {
		Reports []listed
		Total   struct{ Count int }
	}
	if err := json.Unmarshal(raw, &page); err != nil || status != http.StatusOK {
		return 0, nil, fmt.Errorf("list reports: status %d: %.300s", status, raw)
	}
	return page.Total.Count, page.Reports, nil
}

// rounds says how many clients ask and how often all of them together.
type rounds struct{ clients, times int }

// askOften asks one question again and again and prints how long the answers took.
func (h *house) askOften(ctx context.Context, t *table, q question, r rounds) error {
	total, _, err := h.firstPage(q.query) // the first warms up
	if err != nil {
		return fmt.Errorf("%s: %w", q.name, err)
	}
	floor, err := h.selectOne(ctx, r)
	if err != nil {
		return err
	}
	ours, err := r.run(ctx, func(int) error {
		_, _, err := h.firstPage(q.query)
		return err
	})
	if err != nil {
		return fmt.Errorf("%s: %w", q.name, err)
	}
	p95 := percentile(ours, 0.95)
	t.row(line{
		name: q.name, figure: quantiles(ours), floor: quantiles(floor), value: p95.Seconds() / percentile(floor, 0.95).Seconds(),
	})
	// What is asked of the queue is asked for one operator; what four at once take is told beside it.
	t.row(line{
		name: fmt.Sprintf("  p95, %d người hỏi, thấy %d", r.clients, total), figure: p95.Round(time.Millisecond / 10).String(), value: p95.Seconds(),
		limit: &limit{most: q.most, unit: "s", goal: r.clients > 1},
	})
	return nil
}

// selectOne is the floor: the shortest question on as many connections.
func (h *house) selectOne(ctx context.Context, r rounds) ([]time.Duration, error) {
	conns := make([]*pgx.Conn, r.clients)
	for i := range conns {
		conn, err := pgx.Connect(ctx, h.database)
		if err != nil {
			return nil, fmt.Errorf("connect: %w", err)
		}
		defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
		conns[i] = conn
	}
	one := func(client int) error {
		var n int
		return conns[client].QueryRow(ctx, "select 1").Scan(&n)
	}
	for i := range conns { // the first prepares the statement
		if err := one(i); err != nil {
			return nil, fmt.Errorf("select 1: %w", err)
		}
	}
	return r.run(ctx, one)
}

// run lets every client ask its part, one question after the other, and answers how long each took.
func (r rounds) run(ctx context.Context, one func(client int) error) ([]time.Duration, error) {
	took := make([][]time.Duration, r.clients)
	g, ctx := errgroup.WithContext(ctx)
	for c := range r.clients {
		g.Go(func() error {
			for range max(1, r.times/r.clients) {
				if ctx.Err() != nil {
					return context.Cause(ctx)
				}
				began := time.Now()
				if err := one(c); err != nil {
					return err
				}
				took[c] = append(took[c], time.Since(began))
			}
			return nil
		})
	}
	err := g.Wait()
	var all []time.Duration
	for _, t := range took {
		all = append(all, t...)
	}
	return all, err
}

// vacuum does what autovacuum does a minute after so much was written.
func (h *house) vacuum(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, h.postgres.DSN(embedded.Owner, h.name))
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, "vacuum analyze"); err != nil {
		return fmt.Errorf("vacuum: %w", err)
	}
	return nil
}
