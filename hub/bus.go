package hub

import "context"

// Bus carries batches (schema.Batch as JSON) from the relay to the hubs. It may lose anything at any time;
// whoever needs certainty compares sequence numbers.
type Bus interface {
	// Publish sends one batch on a channel. It waits 200 ms at most.
	Publish(ctx context.Context, channel string, b []byte) error
	// Subscribe listens until ctx ends, then closes the returned channel. Notices of one bus channel come in
	// order. The queue is bounded: a reader that falls behind loses messages and gets a Gap instead.
	Subscribe(ctx context.Context, channels ...string) <-chan Notice
}

// NoticeKind says what a Notice tells.
type NoticeKind uint8

// The kinds of notices.
const (
	Message    NoticeKind = iota // a batch arrived
	Subscribed                   // from here on messages arrive; whatever was sent before may be missing
	Lost                         // the connection is gone; a Subscribed follows when it is back
	Gap                          // messages were dropped because the reader was slow
)

// Notice is a message or an event of the connection. Payload is the reader's to keep.
type Notice struct {
	Kind    NoticeKind
	Channel string
	Payload []byte
}

// noticeQueue bounds the notices that wait for one subscriber.
const noticeQueue = 4096

// offer hands a notice to a subscriber without waiting. It returns whether messages are missing since the
// last notice that was taken: the next message that fits is then preceded by a Gap.
func offer(out chan<- Notice, n Notice, missed bool) bool {
	if missed {
		select {
		case out <- Notice{Kind: Gap, Channel: n.Channel}:
		default:
			return true
		}
	}
	select {
	case out <- n:
		return false
	default:
		return true
	}
}
