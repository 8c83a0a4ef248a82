package embedded_test

import (
	"context"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// requireLong skips what takes minutes; `make check-long` asks for it.
func requireLong(t *testing.T) {
	t.Helper()
	if os.Getenv("TOANCANH_LONG") == "" {
		t.Skip("takes long; set TOANCANH_LONG=1")
	}
}

// Whatever is killed at whatever instant, what was acknowledged is there afterwards.
func TestAcknowledgedRowsSurviveKillsAtRandomInstants(t *testing.T) {
	requireLong(t)
	t.Parallel()
	for _, who := range everyone() {
		t.Run(who.name, func(t *testing.T) {
			t.Parallel()
			dir := who.cluster(t)
			victims := []struct {
				name string
				pids func(*program) []int
			}{
				{"the program", func(p *program) []int { return []int{p.Program} }},
				{"the guard", func(p *program) []int { return []int{p.Guard} }},
				{"the postmaster", func(p *program) []int { return []int{p.Server} }},
				{"all three", func(p *program) []int { return []int{p.Program, p.Guard, p.Server} }},
				{"guard and program", func(p *program) []int { return []int{p.Guard, p.Program} }},
			}
			acknowledged := 0
			for round := range 25 {
				env := []string{}
				if round%2 == 1 {
					env = append(env, "TOANCANH_TEST_NO_PDEATHSIG=1")
				}
				victim := victims[round%len(victims)]
				p := who.start(t, dir, env...)
				wantCount(t, p.DSN, acknowledged)
				last := make(chan int)
				go func() { last <- writeUntilItFails(p.DSN, acknowledged) }()
				time.Sleep(time.Duration(rand.IntN(300)) * time.Millisecond) // the random instant itself
				kill(t, victim.pids(p)...)
				acknowledged = <-last
				<-p.ended
				t.Logf("round %d: killed %s after %d rows", round, victim.name, acknowledged)
			}
			wantCount(t, who.start(t, dir).DSN, acknowledged)
		})
	}
}

func TestStartsAndStopsLeaveNothingBehind(t *testing.T) {
	requireLong(t)
	t.Parallel()
	for _, who := range everyone() {
		t.Run(who.name, func(t *testing.T) {
			t.Parallel()
			dir := who.cluster(t)
			for range 30 {
				p := who.start(t, dir)
				p.interrupt(t)
				awaitNothing(t, dir)
				wantGone(t, p.Guard, p.Server)
			}
		})
	}
}

// writeUntilItFails commits the numbers after n one by one and returns the last one acknowledged.
func writeUntilItFails(dsn string, n int) int {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second) // a left-over server would serve on
	defer cancel()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return n
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, "create table if not exists numbered (n int primary key)"); err != nil {
		return n
	}
	for {
		// The row whose commit was not answered may exist: it counts for nothing either way.
		if _, err := conn.Exec(ctx, "insert into numbered values ($1) on conflict do nothing", n+1); err != nil {
			return n
		}
		n++
	}
}

// wantCount checks that the numbers 1 to n are there.
func wantCount(t *testing.T, dsn string, n int) {
	t.Helper()
	if n == 0 {
		return
	}
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	var got int
	if err := conn.QueryRow(t.Context(), "select count(*) from numbered where n <= $1", n).Scan(&got); err != nil {
		t.Fatal(err)
	}
	if got != n {
		t.Fatalf("%d of %d acknowledged rows are left", got, n)
	}
}
