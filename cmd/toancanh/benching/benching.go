// Package benching measures Toàn Cảnh beside its floors: what the same work costs when nothing but the unavoidable is
// done. It starts a database, a Redis and servers of its own in a temporary directory, speaks to them as any stranger
// would, and prints each figure with its floor of the same run, their ratio and the limit it is to hold. It never
// touches a running installation and keeps nothing.
package benching

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

// Options say what is measured and how long.
type Options struct {
	Only    []string  // names of Measures; empty: all, but those that take minutes only when Long
	Rounds  int       // alternating rounds of figure and floor, of which the median counts
	Long    bool      // more sockets and longer windows
	Profile string    // directory for CPU profiles of the measured processes; empty: none
	Out     io.Writer // the report

	// Program is the command line of this program without a verb, which is started again for the measured processes:
	// with a role in its environment, and with the verb serve.
	Program []string
	// Quick makes everything as small as it can be, for tests.
	Quick bool
}

// measure is one thing that is measured.
type measure struct {
	name string
	what string
	run  func(context.Context, *bench) error
	long bool // takes minutes: left out of a run that neither is long nor names it
}

func measures() []measure {
	return []measure{
		{name: "fanout", what: "fan-out: server CPU for a delivery", run: fanout},
		{name: "memory", what: "memory of an idle connection", run: memory},
		{name: "storm", what: "everybody comes back at once", run: storm},
		{name: "latency", what: "from POST to the frame at a wall", run: latency},
		{name: "signin", what: "people signing in beside the road", run: signin},
		{name: "wal", what: "write-ahead log of a report", run: wal},
		{name: "single", what: "single reports, answered after commit", run: single},
		{name: "bulk", what: "readings in bulk, answered after commit", run: bulk},
		{name: "rules", what: "readings in bulk, each judged by ten rules; from a reading to its alarm at a wall", run: rules},
		{name: "page", what: "public page", run: page},
		{name: "launch", what: "launch day: ten times the reports, and who sent them wants to follow", run: launch, long: true},
		{name: "queue", what: "the console's queue among many reports", run: queue, long: true},
	}
}

// Measures are the names of what can be measured, in their order.
func Measures() []string {
	var names []string
	for _, m := range measures() {
		names = append(names, m.name)
	}
	return names
}

// ErrOver says that everything was measured and a limit is not held.
var ErrOver = errors.New("a limit is not held")

// bench is one run.
type bench struct {
	Options
	table *table
	dir   string
	yard  *yard  // hub and floor beside each other; nil until a measure asks
	house *house // the whole server and its database; nil until a measure asks
}

// Run measures and prints. It ends with ErrOver when a limit is not held, and with ctx.
func Run(ctx context.Context, o Options) error {
	for _, name := range o.Only {
		if !slices.Contains(Measures(), name) {
			return fmt.Errorf("there is no measure %q; there are %s", name, strings.Join(Measures(), ", "))
		}
	}
	o.Rounds = max(o.Rounds, 1)
	if err := raiseFiles(); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "toancanh-bench-")
	if err != nil {
		return fmt.Errorf("make a directory for the run: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	b := &bench{Options: o, table: &table{out: o.Out}, dir: dir}
	defer b.close()
	return b.measure(ctx)
}

func (b *bench) measure(ctx context.Context) error {
	began := time.Now()
	b.table.head()
	for _, m := range measures() {
		if !b.wants(m) {
			continue
		}
		b.table.title(m.name, m.what)
		err := m.run(ctx, b)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		var cannot *cannotError
		switch {
		case errors.As(err, &cannot):
			b.table.note("bỏ qua / skipped: %s", cannot.why)
		case err != nil:
			return fmt.Errorf("measure %s: %w", m.name, err)
		}
	}
	b.table.foot(time.Since(began))
	if b.table.over > 0 {
		return ErrOver
	}
	return nil
}

func (b *bench) wants(m measure) bool {
	if len(b.Only) > 0 {
		return slices.Contains(b.Only, m.name)
	}
	return b.Long || !m.long
}

func (b *bench) close() {
	if b.yard != nil {
		b.yard.close()
	}
	if b.house != nil {
		b.house.close()
	}
}

// size picks a number for a quick, an ordinary or a long run.
func size[T any](b *bench, quick, ordinary, long T) T {
	switch {
	case b.Quick:
		return quick
	case b.Long:
		return long
	default:
		return ordinary
	}
}

// cannotError says why a measure is left out on this machine.
type cannotError struct{ why string }

func (e *cannotError) Error() string { return e.why }

// pause waits; false when ctx ended.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
