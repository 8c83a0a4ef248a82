package mqtt

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
)

// message is a publication that the broker keeps until ack.
type message struct {
	topic   string
	payload []byte
	// again is true when it may have been taken before: delivered once more after a lost connection, or retained.
	again bool
	ack   func()
}

// link is one connection to a broker, with a session that outlives it. What arrives goes to the inbox it was made with.
type link interface {
	subscribe(ctx context.Context, filters []string) error
	publish(ctx context.Context, topic string, payload []byte) error
	// gone is closed when the connection is lost.
	gone() <-chan struct{}
	close()
}

// inbox is where a link puts what arrives; it waits while the inbox is full, which is what bounds the memory.
type inbox struct {
	messages chan message
	shut     chan struct{}
	once     sync.Once
}

func newInbox() *inbox {
	return &inbox{messages: make(chan message, inflight), shut: make(chan struct{})}
}

func (i *inbox) put(m message) {
	select {
	case i.messages <- m:
	case <-i.shut: // nobody reads any more; the broker delivers it again
	}
}

func (i *inbox) close() { i.once.Do(func() { close(i.shut) }) }

// open makes the connection below MQTT.
func (a access) open(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, packetLimit)
	defer cancel()
	plain := &net.Dialer{}
	if a.tls == nil {
		return plain.DialContext(ctx, "tcp", a.address)
	}
	return (&tls.Dialer{NetDialer: plain, Config: a.tls}).DialContext(ctx, "tcp", a.address)
}
