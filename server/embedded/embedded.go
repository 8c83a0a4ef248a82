// Package embedded provides the child servers of a machine that has none of its own: a real PostgreSQL
// and, where one is installed, a Redis, each supervised by a guard process so that neither outlives the
// program, whatever ends it.
//
// It never listens on TCP, never downloads a binary, never initialises over existing data, and never
// restarts a server that died: crash loops belong to the service manager.
package embedded

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
)

// Names the embedded PostgreSQL is born with. The migrations add the lesser roles.
const (
	// Owner is the superuser of the cluster and the role that migrates.
	Owner = "toancanh_owner"
	// Database is the database made on the first start.
	Database = "toancanh"
)

// Options say where a child server lives and how careful it is.
type Options struct {
	// DataDir holds everything of the child: cluster, lock, log. It is made if absent.
	DataDir string
	// BinDirs are searched for PostgreSQL before any other place.
	BinDirs []string
	// Log receives what happens between start and stop; nil is silence.
	Log *slog.Logger
	// Extra are further PostgreSQL settings as name=value; they win over the defaults.
	Extra []string
	// Volatile gives durability up for speed. For tests only.
	Volatile bool
}

// prepared returns the options with an absolute, existing, writable DataDir and a logger.
func (o Options) prepared() (Options, error) {
	if _, inside := os.LookupEnv(guardVariable); inside {
		return o, errors.New("embedded.Guard must be the first call of main")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.DataDir == "" {
		return o, errors.New("no data directory given; set TOANCANH_DATA")
	}
	dir, err := filepath.Abs(o.DataDir)
	if err != nil {
		return o, fmt.Errorf("find data directory %s: %w", o.DataDir, err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return o, unwritable(dir, err)
	}
	// One directory, one name: the socket directory is a hash of this path.
	if o.DataDir, err = filepath.EvalSymlinks(dir); err != nil {
		return o, fmt.Errorf("find data directory %s: %w", dir, err)
	}
	return o, nil
}

// unwritable turns the usual reasons why a directory refuses us into a sentence with a way out.
func unwritable(dir string, err error) error {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("the disk that holds %s is full; free some space or choose another place with TOANCANH_DATA: %w", dir, err)
	case errors.Is(err, os.ErrPermission), errors.Is(err, syscall.EROFS):
		return fmt.Errorf("data directory %s cannot be written; choose another with TOANCANH_DATA: %w", dir, err)
	}
	return fmt.Errorf("use data directory %s: %w", dir, err)
}
