package server

import (
	"time"

	"toancanh/server/auth"
	"toancanh/server/hook"
)

// openHooks makes the desk that tells other systems of changes. Its key is made at the first start; every server of the house needs
// the same one.
func (s *Server) openHooks() (*hook.Desk, error) {
	key, err := auth.KeyFile(s.options.KeyFile("hook.key"))
	if err != nil {
		return nil, err
	}
	networks, err := hook.ParseNetworks(s.options.HookNetworks)
	if err != nil {
		return nil, err
	}
	return hook.NewDesk(s.store, hook.NewClient(networks), hook.NewSecrets(key), time.Now, s.log, s.metrics), nil
}
