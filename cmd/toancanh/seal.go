package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"time"

	"toancanh/server"
	"toancanh/server/access"
	"toancanh/server/audit"
	"toancanh/server/auth"
	"toancanh/server/store"
)

type sealCmd struct {
	List   sealListCmd   `cmd:"" help:"List the sealing keys and how much is sealed under each."`
	Rotate sealRotateCmd `cmd:"" help:"Make another sealing key active and seal everything anew, in small steps; begun again, it goes on where it was ended."`
	Retire sealRetireCmd `cmd:"" help:"Put the sealing keys that nothing is sealed under aside, ten minutes or more after a rotation."`
}

// sealFlags name the keys and the database they seal in.
type sealFlags struct {
	databaseFlags
	Keys string `env:"TOANCANH_KEYS" help:"Directory of the key files. Empty: keys inside the data directory."`
	Kind string `arg:"" optional:"" default:"contact" enum:"contact,person,photo,mail,duty,file,browser" help:"Whose: contact (the contacts of senders), person (second factors), photo (photos of reports), mail (addresses that follow a report), duty (how staff on duty are reached), file (files of incidents) or browser (browsers that hear of public facts)."`
}

func (f sealFlags) kind() auth.SealedKind { return auth.SealedKind(f.Kind) }

// file is the active key's file, which must be there.
func (f sealFlags) file() (string, error) {
	file := server.Config{Data: f.Data, Keys: f.Keys}.SealKey(f.kind())
	if _, err := os.Stat(file); err != nil {
		return "", fmt.Errorf("find the sealing key: %w (name its folder with --keys or --data)", err)
	}
	return file, nil
}

// find opens the database and says where the active key's file is. Close the store.
func (f sealFlags) find(ctx context.Context) (string, *store.Store, error) {
	file, err := f.file()
	if err != nil {
		return "", nil, err
	}
	s, err := f.open(ctx)
	return file, s, err
}

type sealListCmd struct{ sealFlags }

// Run lists the sealing keys.
func (c sealListCmd) Run(ctx context.Context) error {
	file, s, err := c.find(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	sealer, err := auth.OpenSealer(file)
	if err != nil {
		return err
	}
	under, err := s.SealedUnder(ctx, c.kind())
	if err != nil {
		return err
	}
	active, here, err := sealer.KeyIDs()
	if err != nil {
		return err
	}
	all := slices.Concat(here, slices.Collect(maps.Keys(under)))
	slices.Sort(all)
	for _, id := range slices.Compact(all) {
		state := "readable"
		switch {
		case id == active:
			state = "active"
		case !slices.Contains(here, id):
			state = "MISSING"
		}
		if _, err := fmt.Fprintf(os.Stdout, "%s  %-8s  %d\n", id, state, under[id]); err != nil {
			return err
		}
	}
	return nil
}

type sealRotateCmd struct{ sealFlags }

// Run rotates, or finishes the rotation that was ended before its time.
func (c sealRotateCmd) Run(ctx context.Context) error {
	file, s, err := c.find(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	return rotateSeal(asTool(ctx), sealJob{store: s, file: file, kind: c.kind(), out: os.Stdout})
}

// sealStore is the part of a store that a rotation needs.
type sealStore interface {
	auth.ResealStore
	KeepAudit(ctx context.Context, row audit.Row) error
}

// sealJob is a rotation.
type sealJob struct {
	store sealStore
	file  string
	kind  auth.SealedKind
	out   io.Writer
}

func rotateSeal(ctx context.Context, j sealJob) error {
	sealer, err := auth.OpenSealer(j.file)
	if err != nil {
		return err
	}
	active, err := sealer.KeyID()
	if err != nil {
		return err
	}
	under, err := j.store.SealedUnder(ctx, j.kind)
	if err != nil {
		return err
	}
	delete(under, active)
	verb := "going on with the rotation to"
	if len(under) == 0 {
		if active, err = auth.RenewSealKey(j.file); err != nil {
			return err
		}
		verb = "rotating to"
	}
	if err := j.note(ctx, active, "seal_rotation_begun", 0); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(j.out, "%s %s\n", verb, active); err != nil {
		return err
	}
	total := 0
	done, err := auth.Reseal(ctx, j.store, sealer, j.kind, func(some auth.Resealed) {
		total += some.Done
		_, _ = fmt.Fprintf(j.out, "%d sealed anew\n", total)
	})
	if errors.Is(err, auth.ErrLeft) {
		_, _ = fmt.Fprintf(j.out, "not opened by any key here: %v\n", done.Left)
	}
	if err != nil {
		return err
	}
	if err := j.note(ctx, active, "seal_rotated", done.Done); err != nil {
		return err
	}
	_, err = fmt.Fprintln(j.out, "done; the key before may be retired in ten minutes: toancanh key seal retire "+string(j.kind))
	return err
}

// note keeps a step in the audit.
func (j sealJob) note(ctx context.Context, keyID, why string, count int) error {
	return j.store.KeepAudit(ctx, audit.Row{
		What: string(access.ManageKeys), Object: "seal:" + string(j.kind), Why: why, Result: audit.Done,
		Detail: fmt.Sprintf(`{"key":%q,"count":%d}`, keyID, count),
	})
}

type sealRetireCmd struct{ sealFlags }

// Run puts unused keys aside.
func (c sealRetireCmd) Run(ctx context.Context) error {
	file, s, err := c.find(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	under, err := s.SealedUnder(ctx, c.kind())
	if err != nil {
		return err
	}
	retired, err := auth.RetireSealKeys(file, under, time.Now())
	if err != nil {
		return err
	}
	for _, id := range retired {
		job := sealJob{store: s, kind: c.kind()}
		if err := job.note(asTool(ctx), id, "seal_key_retired", 0); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(os.Stdout, "retired "+id); err != nil {
			return err
		}
	}
	return nil
}
