package intake

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"toancanh/server/fault"
	"toancanh/server/photo"
)

// Whoever finds no room is told at once to come back, and what waits for memory waits for no longer than it may.
func TestFewPhotosAreDecodedAtOnce(t *testing.T) {
	t.Parallel()
	s := NewShelf(ShelfConfig{})
	release, inside := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		err := s.decoding(context.Background(), photo.MaxMemory, func() error { close(inside); <-release; return nil })
		if err != nil {
			t.Error(err)
		}
	})
	<-inside
	ctx, cancel := context.WithCancel(t.Context())
	refused := make(chan error, 2*photoRoom)
	for range 2 * photoRoom {
		wg.Go(func() { refused <- s.decoding(ctx, 1, func() error { return errors.New("it ran beside the largest") }) })
	}
	// One is inside, photoRoom-1 wait: the others are refused without a wait.
	for range photoRoom + 1 {
		if err := <-refused; !errors.Is(err, errPhotosBusy) || fault.KindOf(err) != fault.KindUnavailable {
			t.Errorf("refused with %v", err)
		}
	}
	cancel()
	for range photoRoom - 1 {
		if err := <-refused; !errors.Is(err, errPhotosBusy) {
			t.Errorf("a sender that left is answered %v", err)
		}
	}
	close(release)
	wg.Wait()
	ran := false
	if err := s.decoding(t.Context(), 1, func() error { ran = true; return nil }); err != nil || !ran {
		t.Errorf("with room again: %v, ran %t", err, ran)
	}
}

func TestTheQuotaHoldsWhateverTheRace(t *testing.T) {
	t.Parallel()
	s := NewShelf(ShelfConfig{Quota: 100, Now: time.Now})
	var wg sync.WaitGroup
	taken := make(chan bool, 50)
	for range 50 {
		wg.Go(func() { taken <- s.reserve(7) })
	}
	wg.Wait()
	close(taken)
	n := 0
	for ok := range taken {
		if ok {
			n++
		}
	}
	if n != 14 {
		t.Errorf("%d times 7 of 100 were given", n)
	}
	s.change(-7)
	if !s.reserve(7) || s.reserve(7) {
		t.Error("what was given back is not there, or more than that")
	}
}
