package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"toancanh/server"
	"toancanh/server/access"
	"toancanh/server/api"
	"toancanh/server/audit"
	"toancanh/server/auth"
	"toancanh/server/embedded"
	"toancanh/server/store"
)

type userCmd struct {
	List    userListCmd    `cmd:"" help:"List the people who may sign in."`
	Link    userLinkCmd    `cmd:"" help:"Make a one-time link with which somebody sets a password; without a login, for the first administrator."`
	Disable userDisableCmd `cmd:"" help:"Let somebody in no more; their sessions and open sockets end at once."`
}

// asTool makes the deeds of a verb those of the tool at this machine.
func asTool(ctx context.Context) context.Context {
	return audit.With(ctx, audit.Author{Who: "tool", Role: "toancanh"})
}

type userListCmd struct{ databaseFlags }

// Run lists the people.
func (c userListCmd) Run(ctx context.Context) error {
	s, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	people, err := s.People(ctx)
	if err != nil {
		return err
	}
	for _, p := range people {
		state := "ready"
		switch {
		case p.DisabledAt != nil:
			state = "disabled"
		case !p.HasSecret:
			state = "invited"
		case p.NeedsFactor() && !p.HasFactor:
			state = "no second factor yet"
		}
		if _, err := fmt.Fprintf(os.Stdout, "%-24s  %-28s  %-20s  %s\n", p.Login, store.RolesText(p.Roles), state, p.Name); err != nil {
			return err
		}
	}
	return nil
}

// findPerson is who has a login.
func findPerson(ctx context.Context, s *store.Store, login string) (auth.Person, error) {
	people, err := s.People(ctx)
	if err != nil {
		return auth.Person{}, err
	}
	for _, p := range people {
		if p.Login == auth.Login(login) {
			return p, nil
		}
	}
	return auth.Person{}, fmt.Errorf("nobody has the login %q: see toancanh user list", login)
}

type userLinkCmd struct {
	databaseFlags
	Login      string `arg:"" optional:"" help:"Whose link; empty: the first administrator's, while nobody can sign in."`
	DropFactor bool   `help:"Take a lost second factor away too."`
}

// Run prints a one-time link.
func (c userLinkCmd) Run(ctx context.Context) error {
	s, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	ctx = asTool(ctx)
	token, hash, err := auth.NewSecret()
	if err != nil {
		return err
	}
	invitation := store.Invitation{Hash: hash, ExpiresAt: time.Now().Add(auth.InviteLimit)}
	if c.Login == "" {
		id, err := auth.NewPersonID()
		if err != nil {
			return err
		}
		first := auth.Person{ID: id, Login: server.FirstLogin, Name: server.FirstName, Roles: []access.Role{access.Administrator}}
		made, err := s.FirstAdministrator(ctx, first, invitation)
		if err != nil {
			return err
		}
		if !made {
			return errors.New("somebody can sign in already: name a login")
		}
	} else {
		p, err := findPerson(ctx, s, c.Login)
		if err != nil {
			return err
		}
		if err := s.Invite(ctx, p.ID, invitation, c.DropFactor); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintln(os.Stdout, api.InvitationPath(token))
	return err
}

type userDisableCmd struct {
	databaseFlags
	Login string `arg:"" help:"Whose."`
}

// Run disables a person.
func (c userDisableCmd) Run(ctx context.Context) error {
	s, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	p, err := findPerson(ctx, s, c.Login)
	if err != nil {
		return err
	}
	now := time.Now().UTC()
	p.DisabledAt = &now
	_, err = s.ChangePerson(asTool(ctx), p)
	return err
}

// printFirstLink shows the one-time link of the first administrator on the terminal while nobody can sign in.
func printFirstLink(ctx context.Context, s *server.Server, base string) error {
	path, err := s.FirstLink(ctx)
	if err != nil || path == "" {
		return err
	}
	_, err = fmt.Fprintf(os.Stdout, "Tài khoản quản trị đầu tiên, liên kết dùng một lần trong 24 giờ / the first administrator's one-time link, login %s:\n  %s%s\n", server.FirstLogin, base, path)
	return err
}

// embeddedAddress is the database that a running toancanh up brought, as the application role.
func embeddedAddress(data string) (string, error) {
	found, err := filepath.Glob(filepath.Join(data, "pg*", "postmaster.pid"))
	if err != nil || len(found) != 1 {
		return "", fmt.Errorf("no database: set TOANCANH_DATABASE_URL, or name with --data the data directory of a running toancanh up (looked in %s)", data)
	}
	raw, err := os.ReadFile(found[0])
	if err != nil {
		return "", fmt.Errorf("read where the database is: %w", err)
	}
	lines := strings.Split(string(raw), "\n") // pid, directory, start, port, socket directory
	const port, socket = 3, 4
	if len(lines) <= socket {
		return "", errors.New("the database of toancanh up is still starting")
	}
	return fmt.Sprintf("host=%s port=%s user=toancanh_app dbname=%s sslmode=disable", lines[socket], lines[port], embedded.Database), nil
}
