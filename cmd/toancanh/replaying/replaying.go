// Package replaying plays files of other cities through the API: reports as CSV
// or GeoReport JSON, readings as CSV. It finds the columns, shifts old dates so
// that the newest ends now, gives foreign places a place of the province, and
// says of every line that was not taken which field was wrong and why. What it
// sends is named as replayed. It is a stranger to the server: it speaks only
// the HTTP API.
package replaying

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"time"

	"toancanh/cmd/toancanh/client"
	"toancanh/server/area"
)

// Bounds of Options.
const (
	DefaultSpan  = 35 * 24 * time.Hour
	DefaultLimit = 200_000
)

// DefaultCategory takes what no line of the table of categories names.
const DefaultCategory = "KH"

// Options says what is played, how, and to whom.
type Options struct {
	Base *url.URL // root of the server
	Key  string   // of a sender with the rights history and sensors

	Files []string // played one after the other
	// Map names, for a field, the columns it is read from; the texts of several
	// are joined. Fields of reports: description, category, lat, lon, received,
	// closed, address; of readings: sensor, parameter, value, at. A field that
	// is not named is looked for under the names the known exports use.
	Map map[string][]string
	// Categories maps what a file calls a matter, whatever its case, to a
	// category's code; DefaultCategory, or its own entry "*", takes the rest.
	Categories map[string]string

	Zone     *time.Location // of dates that name none; nil: UTC
	DayFirst bool           // 3/4/2025 is the third of April

	// Within plays the files in so long; 0 sends them as fast as the server
	// takes them. Speed does the same by a factor of the files' own time.
	Within time.Duration
	Speed  float64
	// Span squeezes files that reach further back into the last so many days;
	// 0 takes DefaultSpan, below 0 keeps their own time.
	Span time.Duration
	// Publish carries each report to where everybody sees it: what is open is accepted, what is closed is published in the
	// file's own words. The newest instant of the file, of a closing too, is then what ends now.
	Publish bool

	Atlas *area.Atlas // nil: the sample's
	Limit int         // lines read of a file; 0: DefaultLimit

	Out  io.Writer        // every refused line, and nothing else; nil: dropped
	HTTP *http.Client     // nil: the client's own
	Log  *slog.Logger     // nil: slog.Default()
	Now  func() time.Time // nil: time.Now; for tests
}

// Run plays the files and returns what became of their lines. The summary is
// right also when the error is not nil.
func Run(ctx context.Context, o Options) (Summary, error) {
	summary := newSummary()
	p, err := newPlayer(o, &summary)
	if err != nil {
		return summary, err
	}
	for _, name := range o.Files {
		if err := p.playFile(ctx, name); err != nil {
			return summary, fmt.Errorf("replay %s: %w", name, err)
		}
	}
	return summary, nil
}

// player is what Run works with.
type player struct {
	Options
	client  *client.Client
	locator *area.Locator
	summary *Summary
}

func newPlayer(o Options, summary *Summary) (*player, error) {
	if len(o.Files) == 0 {
		return nil, errors.New("replay: no file is named")
	}
	if o.Within < 0 || o.Speed < 0 || o.Within > 0 && o.Speed > 0 {
		return nil, errors.New("replay: give either a speed or a time, neither below 0")
	}
	if o.Atlas == nil {
		atlas, err := area.Sample()
		if err != nil {
			return nil, fmt.Errorf("replay: %w", err)
		}
		o.Atlas = atlas
	}
	o = o.filled()
	division := o.Atlas.Tree.Default().Code
	drawn, ok := o.Atlas.Map(division)
	if !ok {
		return nil, fmt.Errorf("replay: division %s has no map", division)
	}
	c, err := client.New(client.Options{Base: o.Base, Key: o.Key, HTTP: o.HTTP, Log: o.Log})
	if err != nil {
		return nil, err
	}
	return &player{Options: o, client: c, locator: drawn.Locator(), summary: summary}, nil
}

func (o Options) filled() Options {
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if o.Span == 0 {
		o.Span = DefaultSpan
	}
	if o.Limit <= 0 {
		o.Limit = DefaultLimit
	}
	if o.Out == nil {
		o.Out = io.Discard
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// playFile reads a whole file before it sends any of it: only then is known
// which of its dates is the newest.
func (p *player) playFile(ctx context.Context, name string) error {
	file, err := os.Open(name) //nolint:gosec // the user's own file
	if err != nil {
		return fmt.Errorf("open: %w", err)
	}
	defer func() { _ = file.Close() }()
	table, err := readTable(file, p.Limit)
	if err != nil {
		return err
	}
	table.name = name
	for _, bad := range table.broken {
		p.refuse(name, bad)
	}
	if table.cut {
		p.Log.WarnContext(ctx, "file is longer than the limit, the rest is left out", slog.String("file", name), slog.Int("limit", p.Limit))
	}
	switch {
	case p.isReadings(table):
		return p.playReadings(ctx, table)
	case p.isReports(table):
		return p.playReports(ctx, table)
	default:
		return fmt.Errorf("neither reports nor readings are recognised by the columns %q: name them with --map", table.columns)
	}
}

// refuse counts and prints a line that is not taken.
func (p *player) refuse(file string, r refusal) {
	p.summary.Refused[r.reason]++
	_, _ = fmt.Fprintf(p.Out, "%s:%d: %s: %s\n", file, r.line, r.field, r.why)
}
