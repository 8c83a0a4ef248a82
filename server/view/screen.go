package view

import (
	"toancanh/schema"
	"toancanh/server/screen"
)

// ScreenEvent announces what a screen is told to show, to its own topic and nobody else. A deleted one is gone, unless
// its id alone names a screen (named): that one goes on with nothing set.
func ScreenEvent(s screen.Screen, named bool) Draft {
	d := Draft{
		Audience: schema.Screen, Kind: schema.KindScreen, ID: s.ID, Version: s.Version,
		Topics: []string{schema.ScreenTopic(s.ID)},
	}
	if s.Deleted && !named {
		d.Kind = schema.KindGone
		return d
	}
	d.Data = encode(s.State())
	return d
}
