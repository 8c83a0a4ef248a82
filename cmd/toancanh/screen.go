package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"text/tabwriter"
	"time"

	"toancanh/cmd/toancanh/client"
)

type screenCmd struct {
	List   screenListCmd   `cmd:"" help:"List the screens: what each shows, whether it is connected, has confirmed and is paired."`
	Set    screenSetCmd    `cmd:"" help:"Set a screen up, or change what is set of one; what is not named stays."`
	Pair   screenPairCmd   `cmd:"" help:"Make the browser that shows a code a screen, in place of the one that is it."`
	Revoke screenRevokeCmd `cmd:"" help:"Take from a screen's browser the right to be it: it goes dark within 2 s."`
}

// serverFlags name the server a tool speaks to.
type serverFlags struct {
	URL *url.URL `env:"TOANCANH_URL" default:"http://127.0.0.1:8080" help:"Address of the server."`
	localFlags
}

// patience is how long a tool at a terminal repeats a request.
const patience = 10 * time.Second

func (f serverFlags) client() (*client.Client, error) {
	key, err := f.key()
	if err != nil {
		return nil, err
	}
	return client.New(client.Options{Base: f.URL, Key: key, Patience: patience})
}

// screenSettings are what is set of a screen, as the API says it.
type screenSettings struct {
	Title     string `json:"title"`
	Point     string `json:"point"`
	Area      string `json:"area"`
	Scene     string `json:"scene"`
	Density   string `json:"density"`
	PanelMM   *int   `json:"panel_mm"`
	ViewingMM *int   `json:"viewing_mm"`
}

type screenListed struct {
	ID        string         `json:"id"`
	Version   int64          `json:"version"`
	Scene     string         `json:"scene"`
	Area      string         `json:"area"`
	Settings  screenSettings `json:"settings"`
	Connected bool           `json:"connected"`
	Seen      *struct {
		Version int64 `json:"version"`
		Applied bool  `json:"applied"`
	} `json:"seen"`
	Pairing *struct {
		EndedAt *time.Time `json:"ended_at"`
	} `json:"pairing"`
}

func listScreens(ctx context.Context, c *client.Client) ([]screenListed, error) {
	var answer struct {
		Screens []screenListed `json:"screens"`
	}
	err := c.Send(ctx, client.Call{Method: http.MethodGet, Path: "/api/v1/screens"}, &answer)
	return answer.Screens, err
}

type screenListCmd struct{ serverFlags }

// Run lists the screens.
func (c screenListCmd) Run(ctx context.Context) error {
	caller, err := c.client()
	if err != nil {
		return err
	}
	list, err := listScreens(ctx, caller)
	if err != nil {
		return err
	}
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	for _, s := range list {
		_, err := fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n",
			s.ID, s.link(), s.paired(), s.Scene, s.Area, s.confirmed(), s.Settings.Point)
		if err != nil {
			return err
		}
	}
	return out.Flush()
}

func (s screenListed) link() string {
	if s.Connected {
		return "connected"
	}
	return "away"
}

// paired says whether a browser is the screen.
func (s screenListed) paired() string {
	if s.Pairing != nil && s.Pairing.EndedAt == nil {
		return "paired"
	}
	return "unpaired"
}

// confirmed is what the screen's page said of the newest version.
func (s screenListed) confirmed() string {
	switch {
	case s.Version == 0:
		return "nothing ordered"
	case s.Seen == nil || s.Seen.Version < s.Version:
		return "waiting"
	case s.Seen.Applied:
		return "confirmed"
	}
	return "refused"
}

type screenSetCmd struct {
	serverFlags
	ID      string  `arg:"" help:"The screen's id, as in /wall/<id>."`
	Title   *string `help:"Its name at its head. Empty: by its area."`
	Point   *string `help:"The connection point (điểm cầu) it stands at."`
	Area    *string `help:"Code of its own area. Empty: by its id, or the province."`
	Scene   *string `help:"Its own scene: ngay-thuong, mua-bao. Empty: the ordinary one."`
	Density *string `help:"How much it shows at once: auto, far, middle, near."`
	Panel   *int    `help:"Height of the lit picture in mm; 0: take 685, a 55 inch panel's."`
	Viewing *int    `help:"Distance of the farthest seat in mm; 0: take 5000."`
}

// Run changes what is named.
func (c screenSetCmd) Run(ctx context.Context) error {
	caller, err := c.client()
	if err != nil {
		return err
	}
	list, err := listScreens(ctx, caller)
	if err != nil {
		return err
	}
	var settings screenSettings
	for _, s := range list {
		if s.ID == c.ID {
			settings = s.Settings
		}
	}
	c.change(&settings)
	var answer struct {
		Screens []struct {
			Version int64 `json:"version"`
		} `json:"screens"`
	}
	path := "/api/v1/screens/" + url.PathEscape(c.ID)
	if err := caller.Send(ctx, client.Call{Method: http.MethodPut, Path: path, Body: settings}, &answer); err != nil {
		return err
	}
	for _, s := range answer.Screens {
		if _, err := fmt.Fprintf(os.Stdout, "%s is set, version %d\n", c.ID, s.Version); err != nil {
			return err
		}
	}
	return nil
}

func (c screenSetCmd) change(s *screenSettings) {
	for _, text := range []struct{ from, to *string }{
		{c.Title, &s.Title}, {c.Point, &s.Point}, {c.Area, &s.Area}, {c.Scene, &s.Scene}, {c.Density, &s.Density},
	} {
		if text.from != nil {
			*text.to = *text.from
		}
	}
	for _, number := range []struct {
		from *int
		to   **int
	}{{c.Panel, &s.PanelMM}, {c.Viewing, &s.ViewingMM}} {
		switch {
		case number.from == nil:
		case *number.from == 0:
			*number.to = nil
		default:
			*number.to = number.from
		}
	}
}

type screenPairCmd struct {
	serverFlags
	Code string `arg:"" help:"The six letters and digits the screen shows."`
	ID   string `arg:"" help:"The screen it is to be, as in /wall/<id>. One that is no area is set up first, with set."`
}

// Run pairs.
func (c screenPairCmd) Run(ctx context.Context) error {
	err := c.send(ctx, client.Call{Method: http.MethodPut, Path: pairingPath(c.ID), Body: map[string]string{"code": c.Code}})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(os.Stdout, "%s is paired\n", c.ID)
	return err
}

type screenRevokeCmd struct {
	serverFlags
	ID string `arg:"" help:"The screen's id, as in /wall/<id>."`
}

// Run revokes.
func (c screenRevokeCmd) Run(ctx context.Context) error {
	if err := c.send(ctx, client.Call{Method: http.MethodDelete, Path: pairingPath(c.ID)}); err != nil {
		return err
	}
	_, err := fmt.Fprintf(os.Stdout, "%s is revoked\n", c.ID)
	return err
}

func pairingPath(id string) string { return "/api/v1/screens/" + url.PathEscape(id) + "/pairing" }

// send sends one request whose answer says nothing more than that it was done.
func (f serverFlags) send(ctx context.Context, call client.Call) error {
	caller, err := f.client()
	if err != nil {
		return err
	}
	return caller.Send(ctx, call, nil)
}
