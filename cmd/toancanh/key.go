package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"toancanh/schema"
	"toancanh/server"
	"toancanh/server/auth"
	"toancanh/server/store"
)

type keyCmd struct {
	New    keyNewCmd    `cmd:"" help:"Make a key and print it; it is shown this once and kept nowhere."`
	List   keyListCmd   `cmd:"" help:"List the keys in use."`
	Revoke keyRevokeCmd `cmd:"" help:"End a key."`
	Seal   sealCmd      `cmd:"" help:"The keys that seal contacts and second factors: list, rotate, retire."`
}

type databaseFlags struct {
	DatabaseURL string `env:"TOANCANH_DATABASE_URL" help:"PostgreSQL as the application role. Empty: the one that a running toancanh up brought."`
	Data        string `env:"TOANCANH_DATA" default:"data" help:"Data directory of toancanh up, for its database and keys."`
}

func (f databaseFlags) open(ctx context.Context) (*store.Store, error) {
	address := f.DatabaseURL
	if address == "" {
		var err error
		if address, err = embeddedAddress(f.Data); err != nil {
			return nil, err
		}
	}
	return store.Open(ctx, address, store.Sizes{Write: 1, Read: 1})
}

type keyNewCmd struct {
	databaseFlags
	Label  string   `arg:"" help:"Whose key it is."`
	Rights []string `arg:"" help:"What it may: readings, sensors, reports, screens, history."`
}

// Run makes a key.
func (c keyNewCmd) Run(ctx context.Context) error {
	rights := make([]auth.Right, len(c.Rights))
	for i, r := range c.Rights {
		if rights[i] = auth.Right(r); !slices.Contains(auth.Rights(), rights[i]) {
			return fmt.Errorf("there is no right %q; the rights are %v", r, auth.Rights())
		}
	}
	s, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	key, token, err := auth.NewKey(c.Label, rights...)
	if err != nil {
		return err
	}
	if err := s.AddKey(ctx, key); err != nil {
		return err
	}
	_, err = fmt.Fprintln(os.Stdout, token)
	return err
}

type keyListCmd struct{ databaseFlags }

// Run lists the keys.
func (c keyListCmd) Run(ctx context.Context) error {
	s, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	keys, err := s.Keys(ctx)
	if err != nil {
		return err
	}
	for _, k := range keys {
		rights := make([]string, len(k.Rights))
		for i, r := range k.Rights {
			rights[i] = string(r)
		}
		if _, err := fmt.Fprintf(os.Stdout, "%s  %-24s  %s\n", k.ID, strings.Join(rights, ","), k.Label); err != nil {
			return err
		}
	}
	return nil
}

type keyRevokeCmd struct {
	databaseFlags
	ID string `arg:"" help:"The key's id as listed."`
}

// Run ends a key.
func (c keyRevokeCmd) Run(ctx context.Context) error {
	s, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	return s.RevokeKey(ctx, c.ID)
}

type ticketCmd struct {
	Data   string   `env:"TOANCANH_DATA" default:"data" help:"Data directory whose key signs."`
	Keys   string   `env:"TOANCANH_KEYS" help:"Directory of the key files. Empty: keys inside the data directory."`
	Screen bool     `help:"A screen's ticket, for 24 hours; otherwise one for 15 minutes."`
	Topics []string `arg:"" help:"Topics such as wall/vn-2022/67."`
}

// Run prints a ticket.
func (c ticketCmd) Run() error {
	for _, t := range c.Topics {
		if _, err := schema.ParseTopic(t); err != nil {
			return err
		}
	}
	file := server.Config{Data: c.Data, Keys: c.Keys}.KeyFile("ticket.key")
	if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("there is no key at %s: start the server once, or name its --data or --keys", file)
	}
	seed, err := auth.KeyFile(file)
	if err != nil {
		return err
	}
	token, _, err := auth.NewSigner(seed).Ticket("tool", c.Screen, c.Topics, time.Now())
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(os.Stdout, token)
	return err
}
