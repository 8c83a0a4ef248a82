package mqtt

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"time"

	"toancanh/server/fault"
	"toancanh/server/gateway"
	"toancanh/server/intake"
	"toancanh/server/sensor"
)

// result is what became of a message: err when it is to be delivered again.
type result struct {
	told told
	err  error
}

// told is what a gateway is told of one message of which something was refused.
type told struct {
	Gateway     string           `json:"gateway"`
	Topic       string           `json:"topic"`
	At          time.Time        `json:"at"`
	Accepted    int              `json:"accepted"`
	Refused     []intake.Refusal `json:"refused"`
	More        int              `json:"refused_more,omitempty"`
	Notice      string           `json:"notice,omitempty"`
	RetryAfterS int              `json:"retry_after_s,omitempty"`
}

func (t *told) refuseAll(reason, detail string) {
	t.Accepted, t.Refused, t.More = 0, []intake.Refusal{{Reason: reason, Detail: detail}}, 0
}

func (t *told) outcome() string {
	switch {
	case len(t.Refused) == 0:
		return "taken"
	case t.Accepted == 0:
		return "refused"
	}
	return "partly"
}

func sumOf(m message) [32]byte { return sha256.Sum256(append([]byte(m.topic+"\x00"), m.payload...)) }

// take brings one message to the intake.
func (b *Bridge) take(ctx context.Context, m message) result {
	r, code, ok := routeOf(b.routes, m.topic)
	t := told{Topic: m.topic, Gateway: code, At: b.Now().UTC().Truncate(time.Millisecond)}
	if !ok { // a subscription of an earlier setting, which the session still has
		t.refuseAll("unknown_topic", "Chủ đề này không còn được đọc.")
		return result{told: t}
	}
	g, err := b.Intake.Gateway(ctx, code)
	switch {
	case fault.Is(err, fault.KindNotFound):
		t.refuseAll("unknown_gateway", fault.Message(err))
		return result{told: t}
	case fault.Is(err, fault.KindForbidden):
		t.refuseAll("not_approved", fault.Message(err))
		return result{told: t}
	case err != nil:
		return result{t, err}
	}
	t.Notice = g.State.Notice()
	if len(m.payload) > mostPayload {
		return b.misread(t, g, "Bản tin vượt quá 8 MiB.")
	}
	if r.format == readings {
		return b.takeReadings(ctx, m, arrival{t, g})
	}
	return b.takeUplink(ctx, m, arrival{t, g}, r.format)
}

// arrival is a message of a gateway that may send.
type arrival struct {
	told    told
	gateway gateway.Gateway
}

func (b *Bridge) misread(t told, g gateway.Gateway, detail string) result {
	b.Intake.MisreadGateway(g, detail)
	t.refuseAll(string(sensor.Malformed), detail)
	return result{told: t}
}

// admit counts values against what the gateway may bring.
func (b *Bridge) admit(ctx context.Context, a *arrival, n int) bool {
	wait := b.Intake.AdmitGateway(ctx, a.gateway, n)
	if wait == 0 {
		return true
	}
	a.told.refuseAll(string(gateway.Limited), gateway.Detail(gateway.Limited))
	a.told.RetryAfterS = max(1, int(math.Ceil(wait.Seconds())))
	return false
}

func (b *Bridge) takeReadings(ctx context.Context, m message, a arrival) result {
	items, err := sensor.DecodeReadings(m.payload, encodingOf(m.payload))
	if err != nil {
		return b.misread(a.told, a.gateway, fault.Message(err))
	}
	if !b.admit(ctx, &a, len(items)) {
		return result{told: a.told}
	}
	may, err := b.Intake.Through(ctx, a.gateway.Code)
	if err != nil {
		return result{a.told, err}
	}
	accepted, refused, err := b.Intake.AcceptReadingsAs(ctx, intake.ReadingBody{
		Items: items, Door: sensor.Ordinary, May: may, Gateway: a.gateway.Code, Again: m.again,
	})
	return a.done(m, accepted, refused, err)
}

// encodingOf tells one JSON value from lines of them.
func encodingOf(payload []byte) sensor.Encoding {
	text := bytes.TrimSpace(bytes.TrimPrefix(payload, []byte("\ufeff")))
	if bytes.HasPrefix(text, []byte("{")) && bytes.ContainsRune(text, '\n') && !json.Valid(text) {
		return sensor.NDJSON
	}
	return sensor.JSON
}

func (b *Bridge) takeUplink(ctx context.Context, m message, a arrival, format string) result {
	var u gateway.Uplink
	var err error
	if format == chirpStack {
		u, err = gateway.DecodeChirpStack(lastLevel(m.topic), m.payload)
	} else {
		u, err = gateway.DecodeTTS(m.payload)
	}
	if err != nil {
		return b.misread(a.told, a.gateway, fault.Message(err))
	}
	if !b.admit(ctx, &a, max(1, len(u.Values))) {
		return result{told: a.told}
	}
	accepted, refused, err := b.Intake.AcceptUplink(ctx, intake.UplinkBody{Gateway: a.gateway, Uplink: u, Again: m.again})
	return a.done(m, accepted, refused, err)
}

// mostTold bounds the refusals one message is answered with.
const mostTold = 100

// done is what became of a message that was understood. What the broker delivers again is known, and nothing to tell.
func (a arrival) done(m message, accepted int, refused []intake.Refusal, err error) result {
	if err != nil && !fault.Is(err, fault.KindInvalid) {
		return result{a.told, err}
	}
	t := a.told
	if err != nil {
		t.refuseAll("invalid", fault.Message(err))
		return result{told: t}
	}
	if m.again {
		refused = slices.DeleteFunc(refused, func(r intake.Refusal) bool { return r.Reason == string(sensor.Duplicate) })
	}
	for i, r := range refused {
		if r.Reason == string(sensor.OutOfScope) {
			refused[i].Detail = "Cảm biến này không gửi qua cổng này"
		}
	}
	t.Accepted, t.Refused = accepted, refused
	if len(refused) > mostTold {
		t.Refused, t.More = refused[:mostTold], len(refused)-mostTold
	}
	return result{told: t}
}

// tell publishes what was refused of a message. It is published after the message was acknowledged: should it be lost with
// the connection, the counts of the gateway still say it.
func (b *Bridge) tell(ctx context.Context, l link, t told) error {
	if len(t.Refused) == 0 {
		return nil
	}
	code := t.Gateway
	if !gateway.CodeFits(code) {
		code = "unknown"
	}
	raw, err := json.Marshal(t)
	if err != nil {
		return err
	}
	return l.publish(ctx, strings.Replace(b.Refused, "+", code, 1), raw)
}
