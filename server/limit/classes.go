package limit

import "net/netip"

// The classes there are. Whoever is not known is counted by network address, which thousands share behind a carrier's
// translator, and all screens of a room that come back after a power cut: these figures stop a machine that runs wild, not a
// crowd. A person, a screen and a key are counted by themselves.

// Reads are questions of people and screens.
func Reads() Class { return Class{Name: "reads", PerMinute: 6000, Burst: 1500} }

// Writes are changes by people and screens.
func Writes() Class { return Class{Name: "writes", PerMinute: 1200, Burst: 400} }

// Costly are answers that take long to make: the past, pictures of the map, lists to take away.
func Costly() Class { return Class{Name: "costly", PerMinute: 300, Burst: 60} }

// SignIn are passwords, codes and links tried. What one account bears of guesses is counted in the database.
func SignIn() Class { return Class{Name: "sign-in", PerMinute: 60, Burst: 30} }

// Reports are reports of citizens, by form or API.
func Reports() Class { return Class{Name: "reports", PerMinute: 30, Burst: 20} }

// Photos are photos of citizens, each of which has to be decoded.
func Photos() Class { return Class{Name: "photos", PerMinute: 90, Burst: 45} }

// ScreenCodes are codes asked for by browsers that are no screen yet; a room of walls asks for all of its own at once.
func ScreenCodes() Class { return Class{Name: "screen-code", PerMinute: 30, Burst: 40} }

// Follows are looks at a report by its code, which somebody might guess.
func Follows() Class { return Class{Name: "follow", PerMinute: 120, Burst: 60} }

// Mails are addresses that want to hear of a report: each gets a mail that asks whether it is true.
func Mails() Class { return Class{Name: "mail", PerMinute: 5, Burst: 5} }

// Subscriptions are browsers that want to hear of public facts, or no more: one each and seldom.
func Subscriptions() Class { return Class{Name: "subscription", PerMinute: 20, Burst: 20} }

// Nearby are questions for reports near a place: one a report, a handful while somebody looks for the place. Whoever wants
// to map every report of the province so is held up for days.
func Nearby() Class { return Class{Name: "nearby", PerMinute: 120, Burst: 60} }

// Key is whatever a key does: a gateway brings thousands of readings in a body, a partner speaks for a whole city, and each
// has figures of its own.
func Key(perMinute, burst int) Class { return Class{Name: "key", PerMinute: perMinute, Burst: burst} }

// Gateway is measured values, not requests: a body of a gateway costs what it holds.
func Gateway(perMinute, burst int) Class {
	return Class{Name: "gateway", PerMinute: perMinute, Burst: burst}
}

// ipv6Network is what one household or host has of IPv6.
const ipv6Network = 64

// Network is the subject of a caller of whom only the address is known: an address of IPv4, a /64 of IPv6. An address
// that cannot be read shares one subject with all such.
func Network(addr netip.Addr) string {
	addr = addr.Unmap().WithZone("")
	bits := addr.BitLen()
	if addr.Is6() {
		bits = ipv6Network
	}
	p, err := addr.Prefix(bits)
	if err != nil {
		return "network:unknown"
	}
	return "network:" + p.String()
}
