package hub

import (
	"slices"
	"time"

	"toancanh/schema"
)

// admit makes a client the shard's.
func (s *shard) admit(c *client, now time.Time) {
	c.at = len(s.clients)
	s.clients = append(s.clients, c)
	c.pingAt = now.Add(jitter(s.hub.cfg.PingEvery))
	c.heard.Store(s.hub.since0(now))
}

// close says goodbye and gives the client a moment to answer (RFC 6455, section 7.1.1).
func (s *shard) close(c *client, code int, reason string, now time.Time) {
	if c.gone || !c.closing.IsZero() {
		return
	}
	s.hub.metrics.closed(code)
	s.leaveGroup(c)
	c.cut()
	c.closing = now.Add(closeWait)
	if c.stream {
		s.drop(c) // the end of the body is all the goodbye an event stream has
		return
	}
	s.write(c, closeFrame(code, reason), now)
}

// answerClose ends a connection the client closed: echo, then hang up.
func (s *shard) answerClose(c *client, code int, now time.Time) {
	s.close(c, code, "", now)
	s.drop(c)
}

// drop cuts the connection and forgets the client.
func (s *shard) drop(c *client) {
	if c.gone {
		return
	}
	c.gone = true
	s.leaveGroup(c)
	delete(s.slow, c)
	last := len(s.clients) - 1
	s.clients[c.at] = s.clients[last]
	s.clients[c.at].at = c.at
	s.clients[last] = nil
	s.clients = s.clients[:last]
	c.pending, c.start, c.preface = nil, nil, nil
	c.link.close()
	s.hub.left(c)
}

// house looks after what time alone makes true.
func (s *shard) house(now time.Time) {
	s.nextHouse = now.Add(houseEvery)
	unsure := s.hub.control.unsure(now, s.hub.cfg.ControlGrace)
	silence := 2*s.hub.cfg.PingEvery + s.hub.cfg.PingEvery/5
	for _, c := range slices.Backward(s.clients) {

		quiet := time.Duration(s.hub.since0(now) - c.heard.Load())
		switch {
		case !c.closing.IsZero():
			if now.After(c.closing) {
				s.drop(c)
			}
		case len(c.pending) > 0 && now.Sub(c.stuck) > s.hub.cfg.SlowAfter:
			s.close(c, schema.CloseSlow, "too slow", now)
		case !c.pass.expires.IsZero() && !now.Before(c.pass.expires):
			s.close(c, schema.CloseRenew, "ticket ran out", now)
		case unsure && c.pass.person:
			s.close(c, schema.CloseUnsure, "revocations are unsure", now)
		case !c.stream && quiet > silence:
			s.hub.metrics.closes.WithLabelValues("silent").Inc()
			s.drop(c)
		case !c.stream && !now.Before(c.pingAt):
			c.pingAt = now.Add(jitter(s.hub.cfg.PingEvery))
			if len(c.pending) == 0 {
				s.write(c, appendFrame(nil, opPing, nil), now)
			}
		}
	}
}

// revoke closes whoever listens with a revoked ticket.
func (s *shard) revoke(now time.Time) {
	for _, c := range slices.Backward(s.clients) {
		if c.pass.subject != "" && s.hub.control.revoked(c.pass.subject, c.pass.issued) {
			s.close(c, schema.CloseRevoked, "ticket was revoked", now)
		}
	}
}

// drain closes every n-th client of the shard.
func (s *shard) drain(turn, turns int, reason string, now time.Time) {
	for i, v := range slices.Backward(s.clients) {
		if i%turns == turn%turns || turn == turns-1 {
			s.close(v, schema.CloseGoingAway, reason, now)
		}
	}
}
