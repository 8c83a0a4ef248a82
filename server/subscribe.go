package server

import (
	"time"

	"toancanh/server/auth"
	"toancanh/server/hook"
	"toancanh/server/report"
	"toancanh/server/subscribe"
)

// openSubscribe makes the desk that tells browsers of public facts. It shows push services the same key as calls to people on
// duty do and may speak to the same ones, by a client of its own.
func (s *Server) openSubscribe() error {
	sealer, err := auth.OpenSealer(s.options.SealKey(auth.SealedBrowsers))
	if err != nil {
		return err
	}
	networks, err := hook.ParseNetworks(s.options.HookNetworks)
	if err != nil {
		return err
	}
	category := func(code string) string {
		c, _ := s.rules.Category(code)
		return c.Name
	}
	s.subscribe, err = subscribe.New(subscribe.Config{
		Store: s.store, Sealer: sealer, Client: hook.NewClient(networks), Push: s.callout.Push,
		Ground: subscribe.Ground{
			Tree: s.atlas.Tree, Division: s.options.Division, Category: func(code string) bool { return category(code) != "" },
		},
		Place: s.placeName, Category: category, Real: s.dataset.Origin == string(report.Real), Location: s.location,
		Now: time.Now, Log: s.log, Metrics: s.metrics,
	})
	return err
}
