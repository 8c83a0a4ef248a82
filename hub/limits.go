package hub

import (
	"net/netip"
	"sync"
	"time"
)

// network is what public sockets are counted on: a /24 of IPv4 or a /56 of IPv6, because behind one address of a
// carrier's translator stand thousands of people.
type network struct {
	prefix netip.Prefix
	class  class
}

// class is which ceiling a connection counts on.
type class uint8

const (
	ticketed class = iota // came with a ticket
	public                // a public socket
	stream                // a public event stream
)

func (c class) String() string { return [...]string{"ticketed", "public", "stream"}[c] }

// maxNetworks bounds the networks remembered. Beyond it strangers share one entry.
const maxNetworks = 100_000

// limits counts connections. The zero ceilings of class are in Config.
type limits struct {
	off      bool
	ceilings [3]int
	perNet   int
	rate     float64

	mu       sync.Mutex
	open     [3]int
	networks map[netip.Prefix]*tally
}

// tally is one network's sockets and the tokens it has left for new ones.
type tally struct {
	open   int
	tokens float64
	at     time.Time
}

func newLimits(c *Config) *limits {
	return &limits{
		off: c.NoLimits, ceilings: [3]int{c.MaxTicketed, c.MaxPublic, c.MaxStreams},
		perNet: c.MaxPerNetwork, rate: c.RatePerNetwork, networks: map[netip.Prefix]*tally{},
	}
}

// networkOf finds the network of an address as text.
func networkOf(ip netip.Addr, c class) network {
	ip = ip.Unmap()
	bits := 56
	if ip.Is4() {
		bits = 24
	}
	prefix, err := ip.WithZone("").Prefix(bits)
	if err != nil {
		prefix = netip.Prefix{} // an address that cannot be read shares one entry with all such
	}
	return network{prefix: prefix, class: c}
}

// refusalReason says why a connection is not let in; empty when it is.
type refusalReason string

const (
	refusedRate    refusalReason = "rate"
	refusedNetwork refusalReason = "network_full"
	refusedProcess refusalReason = "process_full"
)

// enter counts a connection in, taking a token of its network, or says why not. A connection that is counted in
// must be counted out with leave.
func (l *limits) enter(n network, now time.Time) refusalReason {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.off && l.open[n.class] >= l.ceilings[n.class] {
		return refusedProcess
	}
	if n.class != ticketed {
		t := l.tallyLocked(n.prefix, now)
		t.tokens = min(l.rate, t.tokens+now.Sub(t.at).Seconds()*l.rate)
		t.at = now
		switch {
		case l.off:
		case t.open >= l.perNet:
			return refusedNetwork
		case t.tokens < 1:
			return refusedRate
		}
		t.tokens--
		t.open++
	}
	l.open[n.class]++
	return ""
}

// leave counts a connection out.
func (l *limits) leave(n network) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open[n.class]--
	if n.class == ticketed {
		return
	}
	t := l.networks[n.prefix]
	if t == nil {
		t = l.networks[netip.Prefix{}]
	}
	if t != nil && t.open > 0 {
		t.open--
	}
}

func (l *limits) tallyLocked(p netip.Prefix, now time.Time) *tally {
	t := l.networks[p]
	if t == nil && len(l.networks) >= maxNetworks {
		p = netip.Prefix{}
		t = l.networks[p]
	}
	if t == nil {
		t = &tally{tokens: l.rate, at: now}
		l.networks[p] = t
	}
	return t
}

// sweep forgets networks that are gone.
func (l *limits) sweep(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for p, t := range l.networks {
		if t.open == 0 && now.Sub(t.at) > time.Minute {
			delete(l.networks, p)
		}
	}
}
