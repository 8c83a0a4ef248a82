// Package audit holds what a row of the audit says, who its author is, and the chain that seals rows against change. It
// keeps nothing itself and knows neither the database nor HTTP.
package audit

import (
	"context"
	"net/netip"
	"time"
)

// Row is one thing somebody did. It names people by opaque ids and holds no contact, no password and no text of a
// resident.
type Row struct {
	Author
	What   string // the action, "act.assign", "session.open"
	Object string // "report:<uuid>", "person:<id>"
	Why    string // the reason given, when one was
	Result string // Done or Refused
	Detail string // what exactly, as JSON; empty when What says enough
}

// Results of a deed.
const (
	Done    = "done"
	Refused = "refused"
)

// Author is who does something, and from where.
type Author struct {
	Who     string // a principal's ID: "person:<id>", "key:<id>", "desk"
	Role    string // the roles held at that moment, with commas
	Network string // see Network
	Trace   string // the request's id
}

type authorKey struct{}

// With returns a context whose deeds are the author's.
func With(ctx context.Context, a Author) context.Context {
	return context.WithValue(ctx, authorKey{}, a)
}

// AuthorOf is the author of a context's deeds; the program itself when nobody was named.
func AuthorOf(ctx context.Context) Author {
	if a, ok := ctx.Value(authorKey{}).(Author); ok {
		return a
	}
	return Author{Who: "system"}
}

// Parts of an address that are kept: enough to tell offices apart, too little to name a household.
const (
	keptIPv4 = 24
	keptIPv6 = 48
)

// Network is an address as the audit keeps it, without its last part; empty for none.
func Network(addr netip.Addr) string {
	addr = addr.Unmap().WithZone("")
	bits := keptIPv4
	if addr.Is6() {
		bits = keptIPv6
	}
	p, err := addr.Prefix(bits)
	if err != nil || !addr.IsValid() {
		return ""
	}
	return p.String()
}

// Kept is a row as it is stored. N is 0 and Seal nil until it is sealed.
type Kept struct {
	Row
	ID       int64
	At       time.Time
	N        int64
	SealedAt time.Time
	Seal     []byte
}
