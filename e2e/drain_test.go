//go:build e2e

package e2e_test

import (
	"slices"
	"syscall"
	"testing"
	"time"

	"toancanh/schema"
	"toancanh/server/embedded/testredis"
)

func TestTermLosesNoAcceptedRequest(t *testing.T) {
	t.Parallel()
	w := newTown(t, testredis.New(t).URL())
	s := w.serve()
	screens := []*screen{watch(t, s, wallTopic), watch(t, s, opsTopic), watch(t, s, publicTopic)}
	l := send(t, s)
	for range times(2, 50) {
		l.awaitAcks(10)
		s.signal(syscall.SIGTERM)
		if code := s.await(stopLimit); code != 0 {
			t.Errorf("exit code %d after SIGTERM:\n%s", code, s.log.tail(5))
		}
		s.start()
		took := s.awaitReady(readyWithin)
		t.Logf("ready %v after the start", took.Round(time.Millisecond))
		if took > limit(startAgain) {
			t.Errorf("ready %v after the start, want %v", took, startAgain)
		}
		back := time.Now()
		l.awaitAcks(3)
		l.pause()
		agree(t, w.pool, back, limit(healProgram), screens...)
		l.resume()
	}
	l.stop()
	l.check(t, w.pool)
	checkNumbers(t, w.pool)
	sound(screens...)
	if l.cut > 0 {
		t.Errorf("%d requests that had gone out got no answer: %s", l.cut, l.summary())
	}
	for _, sc := range screens {
		n := sc.noted()
		if i := slices.IndexFunc(n.closes, func(c int) bool { return c != schema.CloseGoingAway }); i >= 0 || len(n.closes) < times(2, 50) {
			t.Errorf("a screen was closed with %v, want %d each time", n.closes, schema.CloseGoingAway)
		}
		if n.snapshots != 1 {
			t.Errorf("a screen began anew after a clean stop: %s", sc.state())
		}
	}
	t.Log(l.summary())
}

func TestUpEndsCleanlyAndStartsAgainSoon(t *testing.T) {
	t.Parallel()
	s := up(t)
	s.start()
	t.Logf("first start ready after %v", s.awaitReady(readyWithin).Round(time.Millisecond))
	author := newAuthor(t, s)
	r := author.report("vẫn còn sau khi khởi động lại")
	s.signal(syscall.SIGINT)
	if code := s.await(stopLimit); code != 0 {
		t.Errorf("exit code %d after SIGINT:\n%s", code, s.log.tail(5))
	}
	began := time.Now()
	s.start()
	took := s.awaitReady(readyWithin)
	watch(t, s, wallTopic)
	t.Logf("second start ready after %v, live after %v", took.Round(time.Millisecond), time.Since(began).Round(time.Millisecond))
	if took > limit(startAgain) {
		t.Errorf("ready %v after the second start, want %v", took, startAgain)
	}
	if err := s.api().getJSON("/api/v1/reports/"+r.ID, nil); err != nil {
		t.Errorf("the report of before: %v", err)
	}
}
