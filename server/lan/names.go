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
	Addrs []netip.Addr // sorted; loopback among them
	// First is the address others most likely reach it by; invalid when there is no network.
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

// ranges are those an authority may vouch for: private ones, and what else the machine is called by now.
func (n Names) ranges() []*net.IPNet {
	all := private()
	for _, addr := range n.Addrs {
		if !slices.ContainsFunc(all, func(p netip.Prefix) bool { return p.Contains(addr) }) {
			all = append(all, netip.PrefixFrom(addr, addr.BitLen()))
		}
	}
	list := make([]*net.IPNet, len(all))
	for i, p := range all {
		list[i] = &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
	}
	return list
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
		if err == nil {
			n.Addrs = append(n.Addrs, p.Addr().WithZone(""))
		}
	}
	slices.SortFunc(n.Addrs, netip.Addr.Compare)
	n.Addrs = slices.Compact(n.Addrs)
	n.First = n.first()
	return n
}

// first prefers the address the system would speak from, then one of IPv4.
func (n Names) first() netip.Addr {
	out := outward()
	if slices.Contains(n.Addrs, out) && !out.IsLoopback() {
		return out
	}
	for _, a := range n.Addrs {
		if a.Is4() && a.IsGlobalUnicast() {
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
