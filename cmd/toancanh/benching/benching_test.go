package benching

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"toancanh/schema"
	"toancanh/server/embedded"
)

// TestMain lets this test program be what the bench starts it as.
func TestMain(m *testing.M) {
	embedded.Guard()
	if ok, err := Play(context.Background()); ok {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestPercentileIsTheSmallestValueThatEnoughDoNotExceed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		values []int
		p      float64
		want   int
	}{
		{nil, 0.5, 0},
		{[]int{7}, 0.99, 7},
		{[]int{4, 1, 3, 2}, 0.5, 2},
		{[]int{4, 1, 3, 2}, 0.51, 3},
		{[]int{4, 1, 3, 2}, 0.95, 4},
		{[]int{4, 1, 3, 2}, 0, 1},
	} {
		if got := percentile(c.values, c.p); got != c.want {
			t.Errorf("percentile(%v, %v) = %d, want %d", c.values, c.p, got, c.want)
		}
	}
}

func TestRatioIsTheMedianOfTheRoundsOwn(t *testing.T) {
	t.Parallel()
	var p pairs
	p.add(10, 10)
	p.add(40, 20) // the machine was slower here: figure and floor alike
	p.add(9, 3)
	if got := p.ratio(); got != 2 {
		t.Errorf("ratio = %v, want 2", got)
	}
	if got, want := p.spread(), "1.00  2.00  3.00"; got != want {
		t.Errorf("spread = %q, want %q", got, want)
	}
	p.add(8, 2)
	if got := p.ratio(); got != 2.5 {
		t.Errorf("ratio of an even count = %v, want 2.5", got)
	}
}

func TestQuantilesAreSaidInAUnitThatShowsThem(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		values []time.Duration
		want   string
	}{
		{nil, "0 / 0 / 0 µs"},
		{[]time.Duration{42 * time.Microsecond, 999 * time.Microsecond}, "42 / 999 / 999 µs"},
		{[]time.Duration{42 * time.Microsecond, 12 * time.Millisecond}, "0.0 / 12.0 / 12.0 ms"},
		{[]time.Duration{1250 * time.Microsecond}, "1.2 / 1.2 / 1.2 ms"},
	} {
		if got := quantiles(c.values); got != c.want {
			t.Errorf("quantiles(%v) = %q, want %q", c.values, got, c.want)
		}
	}
}

func TestReportCountsOnlyLimitsThatAreNotHeld(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	tb := &table{out: &out}
	tb.row(line{name: "a", figure: "1", floor: "2", value: 1.4, limit: &limit{most: 1.4}})
	tb.row(line{name: "b", figure: "1", floor: "2", value: 0.86, limit: &limit{least: 0.85}})
	tb.row(line{name: "c", figure: "1", value: 4, limit: &limit{most: 3, goal: true}})
	if tb.over != 0 {
		t.Errorf("%d limits are over, want 0:\n%s", tb.over, &out)
	}
	tb.row(line{name: "d", figure: "1", floor: "2", value: 1.41, limit: &limit{most: 1.4}})
	tb.row(line{name: "e", figure: "1", floor: "2", value: 0.84, limit: &limit{least: 0.85}})
	if tb.over != 2 {
		t.Errorf("%d limits are over, want 2:\n%s", tb.over, &out)
	}
	for _, want := range []string{"≤ 1.4  giữ/held", "≥ 0.85  giữ/held", "chưa đạt", "≤ 1.4  VƯỢT/over", "≥ 0.85  VƯỢT/over"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the report lacks %q:\n%s", want, &out)
		}
	}
}

func TestColumnsAreAlignedByLettersAndNotByBytes(t *testing.T) {
	t.Parallel()
	if got, want := pad("tỷ số", 8), "tỷ số   "; got != want {
		t.Errorf("pad = %q, want %q", got, want)
	}
	if got := pad("quá dài", 3); got != "quá dài " {
		t.Errorf("pad of a long text = %q", got)
	}
}

func TestFrameIsReadBackAndCutOnesAreAwaited(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 125, 126, 300, 40_000} {
		text := bytes.Repeat([]byte("x"), n)
		whole := textFrame(text)
		op, got, size := frame(append(whole, 0x81))
		if op != opText || !bytes.Equal(got, text) || size != len(whole) {
			t.Errorf("frame of %d bytes: op %d, %d bytes, size %d", n, op, len(got), size)
		}
		if _, _, size := frame(whole[:len(whole)-1]); size != 0 {
			t.Errorf("a frame that lacks a byte of %d has size %d, want 0", n, size)
		}
	}
}

func TestNumberOfAnEventIsRead(t *testing.T) {
	t.Parallel()
	text, err := announced("wall/vn-2022/67", 4711).Frame()
	if err != nil {
		t.Fatal(err)
	}
	if seq, ok := seqOf(text); !ok || seq != 4711 {
		t.Errorf("seqOf = %d, %t", seq, ok)
	}
	if _, ok := seqOf([]byte(`{"type":"beat","heads":{"a":1}}`)); ok {
		t.Error("a beat was taken for an event")
	}
}

func TestCrowdSeesWhatIsMissedAndDoubled(t *testing.T) {
	t.Parallel()
	c := newCrowd()
	c.reset(10)
	client, server := pipe(t)
	c.readers.Go(func() { c.read(&socket{conn: client, buf: make([]byte, 64)}, 10, 1) })
	for _, seq := range []int64{11, 12, 12, 15} {
		text, err := announced(wallTopic, seq).Frame()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := server.Write(textFrame(text)); err != nil {
			t.Fatal(err)
		}
	}
	if !c.await(t.Context(), 3) {
		t.Fatalf("%d messages are complete, want 3", c.complete.Load())
	}
	c.leaving.Store(true)
	_ = server.Close()
	c.readers.Wait()
	if missed, doubled := c.missed.Load(), c.doubled.Load(); missed != 2 || doubled != 1 {
		t.Errorf("missed %d, doubled %d, want 2 and 1", missed, doubled)
	}
}

func TestPayloadOfTheBenchIsAsLongAsAReport(t *testing.T) {
	t.Parallel()
	text, err := announced(wallTopic, 1).Frame()
	if err != nil {
		t.Fatal(err)
	}
	if n := len(text); n < 250 || n > 500 {
		t.Errorf("a frame of the bench has %d bytes", n)
	}
	if schema.Channel(wallTopic) == "" {
		t.Error("the topic has no channel")
	}
}

func TestUnknownMeasureIsNamed(t *testing.T) {
	t.Parallel()
	err := Run(t.Context(), Options{Only: []string{"speed"}})
	if err == nil || !strings.Contains(err.Error(), "fanout") {
		t.Errorf("Run = %v, want the names that there are", err)
	}
}

func TestMeasuresOfMinutesAreTakenWhenTheyAreWanted(t *testing.T) {
	t.Parallel()
	minutes := measure{name: "queue", long: true}
	for _, c := range []struct {
		o    Options
		want bool
	}{
		{Options{}, false},
		{Options{Long: true}, true},
		{Options{Only: []string{"queue"}}, true},
		{Options{Only: []string{"page"}, Long: true}, false},
	} {
		if got := (&bench{Options: c.o}).wants(minutes); got != c.want {
			t.Errorf("with %+v it is taken: %t, want %t", c.o, got, c.want)
		}
	}
}

// TestSmallBenchRuns takes every measure of the fan-out on processes of its own, as small as it can be.
func TestSmallBenchRuns(t *testing.T) {
	var out bytes.Buffer
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	err := Run(ctx, Options{Only: []string{"fanout", "memory", "storm"}, Rounds: 1, Quick: true, Out: &out, Program: itself(t)})
	if err != nil && err != ErrOver { //nolint:errorlint // returned as it is; of so few sockets a ratio says nothing
		t.Fatalf("Run: %v\n%s", err, &out)
	}
	for _, want := range []string{"từng tin một", "dồn dập", "nằm yên", "trở lại"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the report lacks %q:\n%s", want, &out)
		}
	}
}

func itself(t *testing.T) []string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := exec.LookPath(path); err != nil {
		t.Fatal(err)
	}
	return []string{path}
}
