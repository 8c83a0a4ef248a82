package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"toancanh/server"
)

// localFlags name the server a tool speaks to, and its key.
type localFlags struct {
	Key  string `env:"TOANCANH_KEY" help:"Key to speak with. Empty: the one toancanh up leaves in its data directory."`
	Data string `env:"TOANCANH_DATA" default:"data" help:"Data directory of toancanh up, for its key."`
}

// key is the key given, or the one that up left for tools of this machine.
func (f localFlags) key() (string, error) {
	if f.Key != "" {
		return f.Key, nil
	}
	file := server.Config{Data: f.Data}.KeyFile(localKeyFile)
	raw, err := os.ReadFile(file) //nolint:gosec // the operator's own setting
	if errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("no key: set TOANCANH_KEY, or name with --data the data directory of a running toancanh up (looked at %s)", file)
	}
	if err != nil {
		return "", fmt.Errorf("read key: %w", err)
	}
	return strings.TrimSpace(string(raw)), nil
}
