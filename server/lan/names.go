package lan

import (
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
)

// Names are what this machine is called on its local network.
type Names struct {
	Hosts []string     // the own name first
	Addrs []netip.Addr // private ones, sorted; loopback among them
	// First is the address others most likely reach it by; invalid when there is no local network.
	First netip.Addr
}

// title is what people read in a certificate.
func (n Names) title() string {
	if len(n.Hosts) == 0 {
		return "toancanh"
	}
	return n.Hosts[0]
}

// private are the ranges no router of the Internet leads to (RFC 1918, 3927, 4193, 4291), and loopback.
func private() []netip.Prefix {
	texts := []string{
		"10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7", "fe80::/10",
	}
	list := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		list[i] = netip.MustParsePrefix(text)
	}
	return list
}

func privateRanges() []*net.IPNet {
	var list []*net.IPNet
	for _, p := range private() {
		list = append(list, &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())})
	}
	return list
}

func isPrivate(addr netip.Addr) bool {
	return slices.ContainsFunc(private(), func(p netip.Prefix) bool { return p.Contains(addr) })
}

// Here asks the system what this machine is called. What the system does not say is left out.
func Here() Names {
	// Not "localhost": a browser that learnt to use HTTPS for it would not come to the plain address again.
	var n Names
	if host, err := os.Hostname(); err == nil && host != "" {
		host = strings.ToLower(strings.TrimSuffix(host, "."))
		n.Hosts = append(n.Hosts, host)
		if !strings.Contains(host, ".") {
			n.Hosts = append(n.Hosts, host+".local")
		}
	}
	addresses, _ := net.InterfaceAddrs()
	for _, a := range addresses {
		p, err := netip.ParsePrefix(a.String())
		if err == nil && isPrivate(p.Addr()) {
			n.Addrs = append(n.Addrs, p.Addr().WithZone(""))
		}
	}
	slices.SortFunc(n.Addrs, netip.Addr.Compare)
	n.Addrs = slices.Compact(n.Addrs)
	n.First = n.first()
	return n
}

// first prefers the address the system would speak from, then a private one of IPv4.
func (n Names) first() netip.Addr {
	if out := outward(); slices.Contains(n.Addrs, out) && !out.IsLoopback() {
		return out
	}
	for _, a := range n.Addrs {
		if a.Is4() && !a.IsLoopback() && !a.IsLinkLocalUnicast() {
			return a
		}
	}
	return netip.Addr{}
}

// outward asks the routing table; an address of the documentation range is named and nothing is sent.
func outward() netip.Addr {
	to := net.UDPAddrFromAddrPort(netip.MustParseAddrPort("192.0.2.1:9"))
	conn, err := net.DialUDP("udp4", nil, to)
	if err != nil {
		return netip.Addr{}
	}
	defer func() { _ = conn.Close() }()
	from, err := netip.ParseAddrPort(conn.LocalAddr().String())
	if err != nil {
		return netip.Addr{}
	}
	return from.Addr().Unmap()
}
