package auth

import (
	"context"
	"net/netip"

	"toancanh/server/audit"
	"toancanh/server/fault"
)

// SampleLogin is the login of the sample's person of a role. Nobody has a password for it.
func SampleLogin(role string) string { return "mau." + role }

// EnterSample opens a full session of one of the sample's people without a password and without a second factor. Only the
// sample's own machine may be offered it, and only there such a session counts.
func (k *Keeper) EnterSample(ctx context.Context, p Person, addr netip.Addr, agent string) (token string, s Session, err error) {
	if p.DisabledAt != nil {
		return "", s, fault.Conflict("Người dùng mẫu này đang bị khóa.").Because("disabled")
	}
	now := k.now().UTC()
	return k.open(ctx, Opening{
		Session: Session{Person: p, Agent: agent, Network: audit.Network(addr), CreatedAt: now, SeenAt: now, Sample: true},
		Trial:   trialOf(p.Login, addr, now),
	})
}
