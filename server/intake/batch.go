package intake

import (
	"context"
	"errors"
	"time"

	"toancanh/server/fault"
)

// Bounds of the intake's queues.
const (
	queueLength = 4096            // waiting posts; beyond it senders are told to come back
	together    = 500             // posts in one commit
	committers  = 2               // more gain nothing: PostgreSQL and the encoding are the limit
	answerLimit = 3 * time.Second // a sender waits no longer for its commit
	flushLimit  = 5 * time.Second // the store's own limits are tighter
)

// errBusy tells a sender to come back; doors turn it into 503 with Retry-After.
var errBusy = fault.Unavailable("Hệ thống đang nhận quá nhiều phản ánh cùng lúc, xin gửi lại sau ít giây.")

// batcher commits what is waiting together: one transaction holds every post that arrived while the last one
// committed. There is no linger, so a lone post waits for nobody.
type batcher[In, Out any] struct {
	queue chan job[In, Out]
	most  int // posts in one commit
	// flush does a whole batch in one transaction: one Out for each In, or an error and nothing done.
	flush func(context.Context, []In) ([]Out, error)
}

type job[In, Out any] struct {
	in   In
	done chan result[Out] // buffered: the committer never waits for a sender that left
}

type result[Out any] struct {
	out Out
	err error
}

func newBatcher[In, Out any](most int, flush func(context.Context, []In) ([]Out, error)) *batcher[In, Out] {
	return &batcher[In, Out]{queue: make(chan job[In, Out], queueLength), most: most, flush: flush}
}

// do queues in and waits for its commit. An error after the wait's end means that the sender cannot know; the same
// Idempotency-Key tells it later.
func (b *batcher[In, Out]) do(ctx context.Context, in In) (Out, error) {
	var none Out
	j := job[In, Out]{in: in, done: make(chan result[Out], 1)}
	select {
	case b.queue <- j:
	default:
		return none, errBusy
	}
	limit := time.NewTimer(answerLimit)
	defer limit.Stop()
	select {
	case r := <-j.done:
		return r.out, r.err
	case <-ctx.Done():
		return none, errBusy
	case <-limit.C:
		return none, errBusy
	}
}

// run commits until stop is closed and the queue is empty.
func (b *batcher[In, Out]) run(stop <-chan struct{}) {
	for {
		select {
		case j := <-b.queue:
			b.commit(b.gather(j))
		case <-stop:
			select {
			case j := <-b.queue:
				b.commit(b.gather(j))
				continue
			default:
				return
			}
		}
	}
}

func (b *batcher[In, Out]) gather(first job[In, Out]) []job[In, Out] {
	jobs := []job[In, Out]{first}
	for len(jobs) < b.most {
		select {
		case j := <-b.queue:
			jobs = append(jobs, j)
		default:
			return jobs
		}
	}
	return jobs
}

// commit flushes the jobs together. When the database refuses the batch for what one of them holds, each is tried
// alone: one bad post never fails another sender's.
func (b *batcher[In, Out]) commit(jobs []job[In, Out]) {
	outs, err := b.flushJobs(jobs)
	if err != nil && len(jobs) > 1 && !errors.Is(err, context.DeadlineExceeded) && fault.KindOf(err) != fault.KindUnavailable {
		for i := range jobs {
			b.commit(jobs[i : i+1])
		}
		return
	}
	for i, j := range jobs {
		if err != nil {
			j.done <- result[Out]{err: err}
			continue
		}
		j.done <- result[Out]{out: outs[i]}
	}
}

func (b *batcher[In, Out]) flushJobs(jobs []job[In, Out]) ([]Out, error) {
	ins := make([]In, len(jobs))
	for i, j := range jobs {
		ins[i] = j.in
	}
	ctx, cancel := context.WithTimeout(context.Background(), flushLimit)
	defer cancel()
	return b.flush(ctx, ins)
}
