package mqtt

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"sync"

	paho "github.com/eclipse/paho.mqtt.golang"
)

// three is a connection in MQTT 3.1.1.
type three struct {
	client paho.Client
	in     *inbox
	lost   chan struct{}
}

func dialThree(ctx context.Context, s Settings, in *inbox) (link, error) {
	a, err := s.access()
	if err != nil {
		return nil, err
	}
	l := &three{in: in, lost: make(chan struct{})}
	var once sync.Once
	o := paho.NewClientOptions().
		AddBroker("tcp://" + a.address). // how it is reached, access.open says
		SetCustomOpenConnectionFn(func(*url.URL, paho.ClientOptions) (net.Conn, error) { return a.open(ctx) }).
		SetProtocolVersion(4).SetClientID(s.Client).SetCleanSession(false).
		SetAutoReconnect(false).SetConnectRetry(false).SetConnectTimeout(packetLimit).SetWriteTimeout(packetLimit).
		SetKeepAlive(keepAlive).SetPingTimeout(packetLimit).
		SetAutoAckDisabled(true).SetOrderMatters(true).
		SetDefaultPublishHandler(l.received).
		SetConnectionLostHandler(func(paho.Client, error) { once.Do(func() { close(l.lost) }) })
	if a.user != "" {
		o.SetUsername(a.user).SetPassword(string(a.password))
	}
	l.client = paho.NewClient(o)
	if err := wait(ctx, l.client.Connect()); err != nil {
		l.client.Disconnect(0)
		return nil, fmt.Errorf("connect to broker: %w", err)
	}
	return l, nil
}

// wait waits for the broker's answer, within its limit.
func wait(ctx context.Context, t paho.Token) error {
	ctx, cancel := context.WithTimeout(ctx, packetLimit)
	defer cancel()
	select {
	case <-t.Done():
		return t.Error()
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *three) received(_ paho.Client, m paho.Message) {
	l.in.put(message{topic: m.Topic(), payload: m.Payload(), again: m.Duplicate() || m.Retained(), ack: m.Ack})
}

func (l *three) subscribe(ctx context.Context, filters []string) error {
	wanted := make(map[string]byte, len(filters))
	for _, f := range filters {
		wanted[f] = 1
	}
	t := l.client.SubscribeMultiple(wanted, nil)
	if err := wait(ctx, t); err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	const failure = 0x80
	if granted, ok := t.(*paho.SubscribeToken); ok {
		for filter, code := range granted.Result() {
			if code == failure {
				return fmt.Errorf("subscribe: the broker does not let us read %q", filter)
			}
		}
	}
	return nil
}

func (l *three) publish(ctx context.Context, topic string, payload []byte) error {
	err := wait(ctx, l.client.Publish(topic, 1, false, payload))
	if err == nil {
		return nil
	}
	if errors.Is(err, paho.ErrNotConnected) {
		err = net.ErrClosed
	}
	return fmt.Errorf("publish: %w", err)
}

func (l *three) gone() <-chan struct{} { return l.lost }

// goodbye is how many milliseconds acknowledgements under way have.
const goodbye = 100

func (l *three) close() {
	l.in.close()
	l.client.Disconnect(goodbye)
}
