package benching

import (
	"context"
	"errors"
	"net/smtp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSenderAsksTheSameAgainUntilItIsTaken(t *testing.T) {
	t.Parallel()
	type asked struct{ Method, Path, Key, Body string }
	var got []asked
	replies := []reply{{status: 503, retry: "0"}, {status: 429, retry: "0"}, {status: 201, body: []byte("taken")}}
	d := &door{exchange: func(method, path string, headers map[string]string, body []byte) (reply, error) {
		got = append(got, asked{method, path, headers["Idempotency-Key"], string(body)})
		return replies[len(got)-1], nil
	}}
	a, _, err := d.run(t.Context(), errand{"POST", "/r", map[string]string{"Idempotency-Key": "k"}, []byte("b")})
	if err != nil || string(a.body) != "taken" {
		t.Fatalf("run = %q, %v", a.body, err)
	}
	one := asked{"POST", "/r", "k", "b"}
	if diff := cmp.Diff([]asked{one, one, one}, got); diff != "" {
		t.Errorf("what was sent (-want +got):\n%s", diff)
	}
	if n := d.hinted.Load(); n != 2 {
		t.Errorf("%d hints were counted, want 2", n)
	}
}

func TestSenderGivesUpOnAWaitBeyondPatience(t *testing.T) {
	t.Parallel()
	d := &door{exchange: func(string, string, map[string]string, []byte) (reply, error) {
		return reply{status: 503, retry: "600"}, nil
	}}
	if _, _, err := d.run(t.Context(), errand{method: "POST"}); err == nil || d.gaveUp.Load() != 1 {
		t.Errorf("run = %v, %d gave up, want an error and 1", err, d.gaveUp.Load())
	}
}

func TestSenderStopsWaitingWithTheRun(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	d := &door{exchange: func(string, string, map[string]string, []byte) (reply, error) {
		cancel()
		return reply{status: 503, retry: "60"}, nil
	}}
	if _, _, err := d.run(ctx, errand{method: "POST"}); !errors.Is(err, context.Canceled) {
		t.Errorf("run = %v, want the end of the context", err)
	}
}

func TestRefusalsAreCountedByWhatTheySay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name                     string
		a                        reply
		err                      error
		wait                     time.Duration
		again                    bool
		hinted, unhinted, silent int64
	}{
		{name: "taken", a: reply{status: 201}},
		{name: "wrong is final", a: reply{status: 422}},
		{name: "busy", a: reply{status: 503, retry: "2"}, wait: 2 * time.Second, again: true, hinted: 1},
		{name: "busy without a hint", a: reply{status: 503}, wait: unhintedWait, again: true, unhinted: 1},
		{name: "a date is no hint for a phone", a: reply{status: 429, retry: "tomorrow"}, wait: unhintedWait, again: true, unhinted: 1},
		{name: "silence", err: errors.New("cut"), wait: unhintedWait, again: true, silent: 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := &door{}
			wait, again := d.comeBack(c.a, c.err)
			if wait != c.wait || again != c.again {
				t.Errorf("comeBack = %v, %t, want %v, %t", wait, again, c.wait, c.again)
			}
			got := [3]int64{d.hinted.Load(), d.unhinted.Load(), d.silent.Load()}
			if want := [3]int64{c.hinted, c.unhinted, c.silent}; got != want {
				t.Errorf("hinted, unhinted, silent = %v, want %v", got, want)
			}
		})
	}
}

func TestLedgerSeesWhatIsLostDoubledMixedAndInvented(t *testing.T) {
	t.Parallel()
	l := ledger{words: map[string]string{"1": "one", "2": "two", "3": "three"}}
	for _, c := range []struct {
		name string
		kept []keptReport
		want verdict
	}{
		{"all as told", []keptReport{{"1", "one"}, {"2", "two"}, {"3", "three"}}, verdict{}},
		{"one is gone", []keptReport{{"1", "one"}, {"3", "three"}}, verdict{lost: 1}},
		{"one sender twice", []keptReport{{"1", "one"}, {"2", "two"}, {"3", "three"}, {"4", "three"}}, verdict{doubled: 1, invented: 1}},
		{"words changed places", []keptReport{{"1", "two"}, {"2", "one"}, {"3", "three"}}, verdict{mixed: 2}},
		{"nobody was told", []keptReport{{"1", "one"}, {"2", "two"}, {"3", "three"}, {"4", "four"}}, verdict{invented: 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := l.judge(c.kept); got != c.want {
				t.Errorf("judge = %+v, want %+v", got, c.want)
			}
		})
	}
	l.mails = []string{"1", "2", "3"}
	if lost, doubled := l.judgeMails(map[string]int{"1": 1, "2": 3}); lost != 1 || doubled != 2 {
		t.Errorf("judgeMails = %d lost, %d doubled, want 1 and 2", lost, doubled)
	}
}

func TestOfficeCountsTheAddressesThatGotAMail(t *testing.T) {
	t.Parallel()
	o, err := openOffice(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer o.close()
	mail := []byte("Subject: x\r\n\r\ny\r\n")
	if err := smtp.SendMail(strings.TrimPrefix(o.address, "smtp://"), nil, "a@bench.test", []string{"b@bench.test"}, mail); err != nil {
		t.Fatal(err)
	}
	if got := o.arrived([]string{"b@bench.test", "c@bench.test"}); got != 1 {
		t.Errorf("%d arrived, want 1", got)
	}
}

func TestFramesAreCountedForEveryWall(t *testing.T) {
	t.Parallel()
	at := time.Now()
	w := &watcher{frames: map[string][]time.Time{"A": {at.Add(time.Second), at.Add(2 * time.Second)}, "B": {at.Add(time.Second)}}}
	reports := []sent{{code: "A", at: at}, {code: "B", at: at}}
	if n := w.missing(reports, 2); n != 1 {
		t.Errorf("%d frames are missing, want 1", n)
	}
	frames, missing := w.gather(t.Context(), reports, 1)
	if want := []time.Duration{time.Second, 2 * time.Second, time.Second}; missing != 0 || !cmp.Equal(frames, want) {
		t.Errorf("gather = %v, %d missing, want %v and 0", frames, missing, want)
	}
}
