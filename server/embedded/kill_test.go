package embedded_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

func TestSecondStartFindsWhatTheFirstWrote(t *testing.T) {
	t.Parallel()
	for _, who := range everyone() {
		t.Run(who.name, func(t *testing.T) {
			t.Parallel()
			dir := who.cluster(t)
			p := who.start(t, dir)
			wantRow(t, p.DSN, "last words") // written by the run that made the cluster, after its ^C
		})
	}
}

func TestKilledProgramLeavesACleanDatabaseAndNoProcess(t *testing.T) {
	t.Parallel()
	for _, who := range everyone() {
		t.Run(who.name, func(t *testing.T) {
			t.Parallel()
			dir := who.cluster(t)
			killProgram(t, who, dir)
		})
	}
}

func TestKilledProgramLeavesNothingWithoutDeathSignal(t *testing.T) {
	t.Parallel()
	for _, who := range some() {
		t.Run(who.name, func(t *testing.T) {
			t.Parallel()
			dir := who.cluster(t)
			killProgram(t, who, dir, "TOANCANH_TEST_NO_PDEATHSIG=1")
		})
	}
}

func killProgram(t *testing.T, who person, dir string, env ...string) {
	t.Helper()
	p := who.start(t, dir, env...)
	mustWrite(t, p.DSN, "kept")
	before := strings.Count(serverLog(t, dir), "database system is shut down")
	kill(t, p.Program)
	awaitNothing(t, dir)
	if got := strings.Count(serverLog(t, dir), "database system is shut down"); got != before+1 {
		t.Errorf("the server was not shut down cleanly:\n%s", serverLog(t, dir))
	}
	wantGone(t, p.Guard, p.Server)
	wantRow(t, who.start(t, dir).DSN, "kept")
}

func TestKilledProgramCanBeStartedAgainAtOnce(t *testing.T) {
	t.Parallel()
	for _, who := range some() {
		t.Run(who.name, func(t *testing.T) {
			t.Parallel()
			dir := who.cluster(t)
			p := who.start(t, dir)
			mustWrite(t, p.DSN, "kept")
			kill(t, p.Program)
			<-p.ended // the program only: its guard is still at work
			wantRow(t, who.start(t, dir).DSN, "kept")
		})
	}
}

func TestKilledGuardEndsServerAndProgram(t *testing.T) {
	t.Parallel()
	for _, who := range some() {
		t.Run(who.name, func(t *testing.T) {
			t.Parallel()
			dir := who.cluster(t)
			p := who.start(t, dir)
			mustWrite(t, p.DSN, "kept")
			kill(t, p.Guard)
			wantUnhappyEnd(t, p)
			awaitNothing(t, dir)
			wantGone(t, p.Server)
			wantRow(t, who.start(t, dir).DSN, "kept")
		})
	}
}

func TestKilledGuardEndsServerWithoutDeathSignal(t *testing.T) {
	t.Parallel()
	for _, who := range some() {
		t.Run(who.name, func(t *testing.T) {
			t.Parallel()
			dir := who.cluster(t)
			p := who.start(t, dir, "TOANCANH_TEST_NO_PDEATHSIG=1")
			kill(t, p.Guard)
			wantUnhappyEnd(t, p)
			awaitNothing(t, dir) // though nobody has started again
			wantGone(t, p.Server)
			who.start(t, dir).interrupt(t)
		})
	}
}

func TestKilledPostmasterEndsProgramAndLosesNothing(t *testing.T) {
	t.Parallel()
	for _, who := range some() {
		t.Run(who.name, func(t *testing.T) {
			t.Parallel()
			dir := who.cluster(t)
			p := who.start(t, dir)
			mustWrite(t, p.DSN, "kept")
			kill(t, p.Server)
			wantUnhappyEnd(t, p)
			wantRow(t, who.start(t, dir).DSN, "kept")
		})
	}
}

func TestKilledBackendIsRecoveredByTheServer(t *testing.T) {
	t.Parallel()
	for _, who := range some() {
		t.Run(who.name, func(t *testing.T) {
			t.Parallel()
			dir := who.cluster(t)
			p := who.start(t, dir)
			mustWrite(t, p.DSN, "kept")
			conn, err := pgx.Connect(t.Context(), p.DSN)
			if err != nil {
				t.Fatal(err)
			}
			var backend int
			if err := conn.QueryRow(t.Context(), "select pg_backend_pid()").Scan(&backend); err != nil {
				t.Fatal(err)
			}
			kill(t, backend)
			await(t, "the server to begin anew", func() bool { return strings.Contains(serverLog(t, dir), "reinitializing") })
			wantRow(t, p.DSN, "kept")
			p.interrupt(t) // the program has noticed nothing
		})
	}
}

func TestAllThreeKilledAtOnceLoseNothing(t *testing.T) {
	t.Parallel()
	for _, who := range everyone() {
		t.Run(who.name, func(t *testing.T) {
			t.Parallel()
			dir := who.cluster(t)
			p := who.start(t, dir)
			mustWrite(t, p.DSN, "kept")
			kill(t, p.Program, p.Guard, p.Server)
			<-p.ended
			wantRow(t, who.start(t, dir).DSN, "kept")
		})
	}
}

// Without a death signal a postmaster survives the killing of both others, and keeps the lock.
func TestLeftOverPostmasterIsFoundAndStopped(t *testing.T) {
	t.Parallel()
	for _, who := range everyone() {
		t.Run(who.name, func(t *testing.T) {
			t.Parallel()
			dir := who.cluster(t)
			p := who.start(t, dir, "TOANCANH_TEST_NO_PDEATHSIG=1")
			mustWrite(t, p.DSN, "kept")
			// The guard first: it would still end the server if it saw the program go.
			kill(t, p.Guard, p.Program)
			<-p.ended
			if syscall.Kill(p.Server, 0) != nil {
				t.Fatal("the postmaster died with the others: this case tests nothing")
			}
			wantRow(t, who.start(t, dir).DSN, "kept")
			wantGone(t, p.Server)
		})
	}
}

func TestInterruptOfTheWholeGroupLetsTheProgramFinish(t *testing.T) {
	t.Parallel()
	for _, who := range some() {
		t.Run(who.name, func(t *testing.T) {
			t.Parallel()
			dir := who.cluster(t)
			p := who.start(t, dir)
			p.interrupt(t) // fails unless the program could still write and then exited with 0
			awaitNothing(t, dir)
			wantGone(t, p.Guard, p.Server)
			if _, err := os.Stat(socketOf(t, p)); !os.IsNotExist(err) {
				t.Errorf("the socket directory is left behind (%v)", err)
			}
		})
	}
}

func TestSecondProgramIsRefusedAndToldWhoServes(t *testing.T) {
	t.Parallel()
	for _, who := range some() {
		t.Run(who.name, func(t *testing.T) {
			t.Parallel()
			dir := who.cluster(t)
			p := who.start(t, dir)
			got := who.refused(t, dir)
			if want := "is in use by process " + itoa(p.Program); !strings.Contains(got, want) {
				t.Errorf("refusal %q does not say %q", got, want)
			}
			wantRow(t, p.DSN, "last words") // and the first serves on
		})
	}
}

// wantUnhappyEnd checks that a program whose server died says so and fails.
func wantUnhappyEnd(t *testing.T, p *program) {
	t.Helper()
	if got := p.next(t).Refused; !strings.Contains(got, "postgres ended by itself") {
		t.Errorf("the program says %q of its server", got)
	}
	if code := p.exit(t); code != 1 {
		t.Errorf("exit code is %d, want 1", code)
	}
}

// wantGone checks that processes ended. One whose parent is slow to collect it counts as ended.
func wantGone(t *testing.T, pids ...int) {
	t.Helper()
	for _, pid := range pids {
		await(t, "process "+itoa(pid)+" to end", func() bool {
			if syscall.Kill(pid, 0) != nil {
				return true
			}
			stat, err := os.ReadFile(filepath.Join("/proc", itoa(pid), "stat"))
			return err == nil && strings.Contains(string(stat), ") Z ")
		})
	}
}

func serverLog(t *testing.T, dir string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "postgres.log"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func socketOf(t *testing.T, p *program) string {
	t.Helper()
	config, err := pgx.ParseConfig(p.DSN)
	if err != nil {
		t.Fatal(err)
	}
	return config.Host
}

func TestOfProgramsThatStartTogetherOneServes(t *testing.T) {
	t.Parallel()
	for _, who := range some() {
		t.Run(who.name, func(t *testing.T) {
			t.Parallel()
			dir := who.cluster(t)
			programs := make([]*program, 4)
			for i := range programs {
				programs[i] = who.launch(t, dir)
			}
			serving := 0
			for _, p := range programs {
				if p.next(t).Refused == "" {
					serving++
				}
			}
			if serving != 1 {
				t.Errorf("%d programs serve the same directory", serving)
			}
		})
	}
}
