package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"toancanh/schema/sample"
	"toancanh/server/access"
	"toancanh/server/api"
	"toancanh/server/audit"
	"toancanh/server/auth"
	"toancanh/server/report"
	"toancanh/server/store"
)

// The key file of the audit, and its last head, which an owner of the database alone cannot move.
const (
	auditKey  = "audit.key"
	auditHead = "audit.head"
)

// FirstLogin and FirstName are the first administrator's, until they change them.
const (
	FirstLogin = "quantri"
	FirstName  = "Quản trị hệ thống"
)

// openPeople makes what lets people in and what seals the audit.
func (s *Server) openPeople(ctx context.Context) error {
	sealer, err := auth.OpenSealer(s.options.SealKey(auth.SealedFactors))
	if err != nil {
		return err
	}
	s.keeper = auth.NewKeeper(s.store, auth.NewHasher(), sealer, time.Now)
	s.walls = auth.NewScreenKeeper(s.store, time.Now)
	s.keeper.DeskIdle = s.options.DeskIdle
	if s.provider, err = s.options.signInProvider(sealer); err != nil {
		return err
	}
	if s.chain, err = AuditChain(s.options.Config); err != nil {
		return err
	}
	if s.options.Open == "yes" {
		s.log.LogAttrs(ctx, slog.LevelWarn, "TOANCANH_OPEN=yes: everybody who reaches this address is taken for the shift lead")
	}
	// A schema that is still older has no units; the process waits for its migration, as /readyz says.
	if err := s.store.SeedUnits(ctx, s.units); err != nil {
		s.log.LogAttrs(ctx, slog.LevelWarn, "units are not kept yet", slog.Any("err", err))
		return nil
	}
	rules, err := report.LoadAssignments(sample.Files())
	if err != nil {
		return err
	}
	if err := s.store.SeedAssignments(ctx, rules); err != nil {
		s.log.LogAttrs(ctx, slog.LevelWarn, "rules of assignment are not kept yet", slog.Any("err", err))
	}
	if err := s.seedAlarmTypes(ctx); err != nil {
		return err
	}
	units, err := s.store.Units(ctx)
	if err != nil {
		return err
	}
	s.units = s.units[:0:0]
	for _, u := range units {
		s.units = append(s.units, u.Unit)
	}
	return nil
}

// mostSecret bounds the file of a client secret.
const mostSecret = 4096

// signInProvider is the provider of the settings; nil without one.
func (c Config) signInProvider(sealer *auth.Sealer) (*auth.Provider, error) {
	if c.OIDCIssuer == "" {
		return nil, nil
	}
	secret := ""
	if c.OIDCSecret != "" {
		raw, err := os.ReadFile(c.OIDCSecret)
		if err != nil {
			return nil, fmt.Errorf("TOANCANH_OIDC_SECRET_FILE: %w", err)
		}
		secret = strings.TrimSpace(string(raw))
		if secret == "" || len(secret) > mostSecret {
			return nil, fmt.Errorf("TOANCANH_OIDC_SECRET_FILE: has %d characters, want 1 to %d", len(secret), mostSecret)
		}
	}
	return auth.NewProvider(auth.ProviderConfig{
		Issuer: c.OIDCIssuer, ClientID: c.OIDCClient, Secret: secret, Return: c.OIDCHome + api.PathReturn, Home: c.OIDCHome + "/console",
		Label: c.OIDCLabel, Claim: c.OIDCClaim, Factors: c.OIDCFactors,
	}, sealer, time.Now), nil
}

// forget drops what is over for long of people and of screens.
func (s *Server) forget(ctx context.Context) error {
	return errors.Join(s.store.ForgetSessions(ctx), s.store.ForgetPairings(ctx))
}

// hasUnit reports whether there is a unit, also one made since the start.
func (s *Server) hasUnit(id string) bool {
	same := func(u report.Unit) bool { return u.ID == id }
	if slices.ContainsFunc(s.units, same) {
		return true
	}
	ctx, cancel := context.WithTimeout(context.Background(), store.StatementTimeout)
	defer cancel()
	units, err := s.store.Units(ctx)
	return err == nil && slices.ContainsFunc(units, func(u store.Unit) bool { return same(u.Unit) })
}

// FirstLink is the path of a one-time link for the first administrator, while nobody can sign in yet; empty afterwards.
// It is to be shown on the terminal, never written to a log.
func (s *Server) FirstLink(ctx context.Context) (string, error) {
	id, err := auth.NewPersonID()
	if err != nil {
		return "", err
	}
	token, hash, err := auth.NewSecret()
	if err != nil {
		return "", err
	}
	first := auth.Person{ID: id, Login: FirstLogin, Name: FirstName, Roles: []access.Role{access.Administrator}}
	made, err := s.store.FirstAdministrator(ctx, first, store.Invitation{Hash: hash, ExpiresAt: time.Now().Add(auth.InviteLimit)})
	if err != nil || !made {
		return "", err
	}
	return api.InvitationPath(token), nil
}

// AuditChain is the chain that seals this installation's audit.
func AuditChain(c Config) (*audit.Chain, error) {
	key, err := auth.KeyFile(c.KeyFile(auditKey))
	if err != nil {
		return nil, err
	}
	return audit.NewChain(key), nil
}

// sealAudit seals what waits and leaves the new head beside the keys, as an anchor outside the database.
func (s *Server) sealAudit(ctx context.Context) error {
	head, err := s.store.SealAudit(ctx, s.chain, time.Now())
	if err != nil {
		return err
	}
	anchor, err := AuditAnchor(s.options.Config)
	if err != nil || anchor.N >= head.N {
		return err
	}
	raw, err := json.Marshal(head)
	if err != nil {
		return fmt.Errorf("encode the audit's head: %w", err)
	}
	path := s.options.KeyFile(auditHead)
	temporary := filepath.Join(filepath.Dir(path), "."+auditHead)
	if err := os.WriteFile(temporary, raw, 0o600); err != nil {
		return fmt.Errorf("write the audit's head: %w", err)
	}
	if err := os.Rename(temporary, path); err != nil {
		return fmt.Errorf("write the audit's head: %w", err)
	}
	return nil
}

// AuditAnchor is the last head this installation left beside its keys; the zero head when there is none.
func AuditAnchor(c Config) (audit.Head, error) {
	var head audit.Head
	raw, err := os.ReadFile(c.KeyFile(auditHead))
	if errors.Is(err, os.ErrNotExist) {
		return head, nil
	}
	if err == nil {
		err = json.Unmarshal(raw, &head)
	}
	if err != nil {
		return head, fmt.Errorf("read the audit's anchor: %w", err)
	}
	return head, nil
}
