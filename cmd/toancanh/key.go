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
	"toancanh/schema/sample"
	"toancanh/server"
	"toancanh/server/area"
	"toancanh/server/auth"
	"toancanh/server/report"
	"toancanh/server/store"
)

type keyCmd struct {
	New    keyNewCmd    `cmd:"" help:"Make a key and print it; it is shown this once and kept nowhere."`
	List   keyListCmd   `cmd:"" help:"List the keys in use: what each is for, how fast it may ask, when it was used last."`
	Scope  keyScopeCmd  `cmd:"" help:"Set what a key is for and how fast it may ask, in place of what was set before."`
	Rotate keyRotateCmd `cmd:"" help:"Give a key another secret and print it; the one before opens for a while."`
	Revoke keyRevokeCmd `cmd:"" help:"End a key; no process takes it two seconds later."`
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

// scopeFlags are what a key is for.
type scopeFlags struct {
	Sensors    []string `name:"sensor" help:"Only sensors with this code, or whose code begins so when it ends in a star (mua-*). May be repeated."`
	Categories []string `name:"category" help:"Only reports of this category. May be repeated."`
	Areas      []string `name:"area" help:"Only what lies in this area, division/code (vn-2022/660). May be repeated."`
	PerMinute  int      `default:"6000" help:"Requests a minute."`
	Burst      int      `default:"1000" help:"Requests at once, after a pause."`
}

// set puts the flags into a key and checks all of it.
func (f scopeFlags) set(k auth.Key) (auth.Key, error) {
	k.Scope = auth.KeyScope{Sensors: f.Sensors, Categories: f.Categories, Areas: f.Areas}
	k.Rate = auth.KeyRate{PerMinute: f.PerMinute, Burst: f.Burst}
	rules, _, err := report.Load(sample.Files(), time.UTC)
	if err != nil {
		return k, err
	}
	atlas, err := area.Sample()
	if err != nil {
		return k, err
	}
	return auth.CheckKey(k, auth.Known{
		Category: func(code string) bool { _, ok := rules.Category(code); return ok },
		Area:     func(division, code string) bool { return atlas.Tree.Path(division, code) != nil },
	})
}

type keyNewCmd struct {
	databaseFlags
	scopeFlags
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
	key, token, err := auth.NewKey(c.Label, rights...)
	if err != nil {
		return err
	}
	if key, err = c.set(key); err != nil {
		return err
	}
	s, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.AddKey(asTool(ctx), key); err != nil {
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
		if _, err := fmt.Fprintln(os.Stdout, keyLine(k, time.Now())); err != nil {
			return err
		}
	}
	return nil
}

// keyLine is a key in one line.
func keyLine(k auth.Key, now time.Time) string {
	rights := make([]string, len(k.Rights))
	for i, r := range k.Rights {
		rights[i] = string(r)
	}
	used := "never used"
	if k.UsedAt != nil {
		used = "used " + k.UsedAt.Format(time.RFC3339)
	}
	line := []string{fmt.Sprintf("%s  %-24s  %d/min, %d at once  %s  %s", k.ID, strings.Join(rights, ","), k.Rate.PerMinute, k.Rate.Burst, used, k.Label)}
	for _, part := range []struct {
		name  string
		items []string
	}{{"sensors", k.Scope.Sensors}, {"categories", k.Scope.Categories}, {"areas", k.Scope.Areas}} {
		if len(part.items) > 0 {
			line = append(line, part.name+": "+strings.Join(part.items, ","))
		}
	}
	if k.FormerUntil != nil && now.Before(*k.FormerUntil) {
		line = append(line, "old secret until "+k.FormerUntil.Format(time.RFC3339))
	}
	return strings.Join(line, "  ")
}

// keyByID is a key in use.
func keyByID(ctx context.Context, s *store.Store, id string) (auth.Key, error) {
	keys, err := s.Keys(ctx)
	if err != nil {
		return auth.Key{}, err
	}
	for _, k := range keys {
		if k.ID == id {
			return k, nil
		}
	}
	return auth.Key{}, fmt.Errorf("no key in use has the id %q: see toancanh key list", id)
}

type keyScopeCmd struct {
	databaseFlags
	scopeFlags
	ID string `arg:"" help:"The key's id as listed."`
}

// Run sets what a key is for.
func (c keyScopeCmd) Run(ctx context.Context) error {
	s, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	key, err := keyByID(ctx, s, c.ID)
	if err != nil {
		return err
	}
	if key, err = c.set(key); err != nil {
		return err
	}
	if key, err = s.ChangeKey(asTool(ctx), key); err != nil {
		return err
	}
	_, err = fmt.Fprintln(os.Stdout, keyLine(key, time.Now()))
	return err
}

type keyRotateCmd struct {
	databaseFlags
	ID      string        `arg:"" help:"The key's id as listed."`
	Overlap time.Duration `default:"24h" help:"How long the secret before opens too, at most 720h."`
}

// Run gives a key another secret.
func (c keyRotateCmd) Run(ctx context.Context) error {
	if err := auth.CheckOverlap(c.Overlap); err != nil {
		return err
	}
	s, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	renewed, token, err := auth.Key{ID: c.ID}.Renew()
	if err != nil {
		return err
	}
	now := time.Now().UTC()
	if _, err := s.RotateKey(asTool(ctx), store.KeyRotation{ID: c.ID, Hash: renewed.Hash, At: now, Until: now.Add(c.Overlap)}); err != nil {
		return err
	}
	_, err = fmt.Fprintln(os.Stdout, token)
	return err
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
	return s.RevokeKey(asTool(ctx), c.ID)
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
