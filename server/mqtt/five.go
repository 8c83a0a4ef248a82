package mqtt

import (
	"context"
	"fmt"
	"time"

	"github.com/eclipse/paho.golang/packets"
	"github.com/eclipse/paho.golang/paho"
)

// five is a connection in MQTT 5. The library sends acknowledgements in the order in which messages came, as the standard asks
// (4.6), whatever the order they are given in.
type five struct {
	client *paho.Client
	in     *inbox
}

func dialFive(ctx context.Context, s Settings, in *inbox) (link, error) {
	a, err := s.access()
	if err != nil {
		return nil, err
	}
	conn, err := a.open(ctx)
	if err != nil {
		return nil, fmt.Errorf("reach broker: %w", err)
	}
	l := &five{in: in}
	l.client = paho.NewClient(paho.ClientConfig{
		ClientID: s.Client, Conn: packets.NewThreadSafeConn(conn), PacketTimeout: packetLimit,
		EnableManualAcknowledgment: true, SendAcksInterval: ackEvery,
		OnPublishReceived: []func(paho.PublishReceived) (bool, error){l.received},
	})
	life, window, most := uint32(sessionLife/time.Second), uint16(inflight), uint32(mostPayload+mostTopic)
	_, err = l.client.Connect(ctx, &paho.Connect{
		ClientID: s.Client, KeepAlive: uint16(keepAlive / time.Second), CleanStart: false,
		Username: a.user, UsernameFlag: a.user != "", Password: a.password, PasswordFlag: len(a.password) > 0,
		Properties: &paho.ConnectProperties{
			SessionExpiryInterval: &life, ReceiveMaximum: &window, MaximumPacketSize: &most, RequestProblemInfo: true,
		},
	})
	if err != nil {
		return nil, fmt.Errorf("connect to broker: %w", err)
	}
	return l, nil
}

func (l *five) received(r paho.PublishReceived) (bool, error) {
	p := r.Packet
	l.in.put(message{
		topic: p.Topic, payload: p.Payload, again: p.Duplicate() || p.Retain,
		// It fails only when the connection is gone; then the broker delivers the message again.
		ack: func() { _ = r.Client.Ack(p) },
	})
	return true, nil
}

func (l *five) subscribe(ctx context.Context, filters []string) error {
	s := &paho.Subscribe{}
	for _, f := range filters {
		// Retained messages come with a new subscription only, not with each connection.
		s.Subscriptions = append(s.Subscriptions, paho.SubscribeOptions{Topic: f, QoS: 1, RetainHandling: 1})
	}
	if _, err := l.client.Subscribe(ctx, s); err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	return nil
}

func (l *five) publish(ctx context.Context, topic string, payload []byte) error {
	ctx, cancel := context.WithTimeout(ctx, packetLimit)
	defer cancel()
	if _, err := l.client.Publish(ctx, &paho.Publish{Topic: topic, QoS: 1, Payload: payload}); err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	return nil
}

func (l *five) gone() <-chan struct{} { return l.client.Done() }

func (l *five) close() {
	l.in.close()
	_ = l.client.Disconnect(&paho.Disconnect{}) // whatever it says, the connection is closed
}
