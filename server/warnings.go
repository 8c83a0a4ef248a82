package server

import (
	"cmp"
	"strings"
	"time"

	"toancanh/server/bulletin"
	"toancanh/server/door"
	"toancanh/server/feed"
	"toancanh/server/hook"
)

// capSender is who warnings to the public are from: never a person.
func (s *Server) capSender() string {
	root, _ := s.atlas.Tree.Root(s.options.Division)
	return cmp.Or(s.options.CapSender, "toancanh."+root.Code)
}

// openBulletin makes what the leader does for warnings.
func (s *Server) openBulletin() (*bulletin.Bulletin, error) {
	networks, err := hook.ParseNetworks(s.options.HookNetworks)
	if err != nil {
		return nil, err
	}
	return bulletin.New(bulletin.Config{
		Store: s.store, Client: hook.NewClient(networks), Feeds: s.options.CapFeeds, Sender: s.capSender(), Atlas: s.atlas,
		Division: s.options.Division, Origin: s.dataset.Origin, Now: time.Now, Log: s.log, Metrics: s.metrics,
	}), nil
}

// openFeed hangs the door for machines that spread warnings in.
func (s *Server) openFeed(frame *door.Frame) {
	root, _ := s.atlas.Tree.Root(s.options.Division)
	s.feed = feed.New(feed.Config{
		Frame: frame, Store: s.public, Sender: s.capSender(), Centre: s.options.Title + " " + strings.ToLower(root.Kind) + " " + root.Name,
		Origin: s.dataset.Origin, Log: s.log,
	})
	s.feed.Routes(s.app)
}
