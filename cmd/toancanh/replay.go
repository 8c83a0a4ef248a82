package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"toancanh/cmd/toancanh/replaying"
)

// replayCmd plays files of other cities through the API.
type replayCmd struct {
	Files []string `arg:"" type:"existingfile" help:"CSV or GeoReport JSON of reports, or CSV of readings; New York 311, Open311 and OpenAQ are recognised."`

	URL *url.URL `env:"TOANCANH_URL" default:"http://127.0.0.1:8080" help:"Address of the server to play against."`
	localFlags

	Map        []string          `sep:"none" help:"Which columns a field is read from, as often as needed: --map 'description=Descriptor,Notes' --map lat=Latitude."`
	Category   map[string]string `help:"What a file calls a matter = the code of a category: --category 'Dead Animal=MT'; '*=KH' takes the rest."`
	Categories string            `type:"existingfile" help:"The same as a CSV file of two columns."`
	Zone       string            `default:"UTC" help:"Zone of dates that name none: America/New_York."`
	DayFirst   bool              `help:"Read 3/4/2025 as the third of April, where nothing in the file decides it."`
	Within     time.Duration     `help:"Play the files in so long: 10m. Without it all is sent at once."`
	Speed      float64           `help:"Play so many times faster than it happened; instead of --within."`
	Span       time.Duration     `default:"840h" help:"Squeeze files that reach further back into so much time before now; below 0 keeps their own."`
	Publish    bool              `help:"Carry each report to where everybody sees it, on the public page and over Open311: what is open is accepted, what is closed is published in the file's own words."`
	Limit      int               `default:"200000" help:"Lines read of each file."`
}

// Run plays the files and prints every refused line, and at the end what was taken.
func (c replayCmd) Run(ctx context.Context) error {
	options, err := c.options()
	if err != nil {
		return err
	}
	summary, err := replaying.Run(ctx, options)
	return errors.Join(err, summary.Print(os.Stdout))
}

func (c replayCmd) options() (replaying.Options, error) {
	zone, err := time.LoadLocation(c.Zone)
	if err != nil {
		return replaying.Options{}, fmt.Errorf("--zone: %w", err)
	}
	key, err := c.key()
	if err != nil {
		return replaying.Options{}, err
	}
	columns := make(map[string][]string, len(c.Map))
	for _, text := range c.Map {
		field, names, ok := strings.Cut(text, "=")
		if !ok || !slices.Contains(replaying.Fields(), field) {
			return replaying.Options{}, fmt.Errorf("--map %q: want field=column,column with a field of %s", text, strings.Join(replaying.Fields(), ", "))
		}
		columns[field] = append(columns[field], strings.Split(names, ",")...)
	}
	categories, err := c.categories()
	if err != nil {
		return replaying.Options{}, err
	}
	return replaying.Options{
		Base: c.URL, Key: key, Files: c.Files, Map: columns, Categories: categories, Zone: zone, DayFirst: c.DayFirst,
		Within: c.Within, Speed: c.Speed, Span: c.Span, Publish: c.Publish, Limit: c.Limit,
		Out: os.Stderr, Log: slog.New(slog.NewTextHandler(os.Stderr, nil)),
	}, nil
}

// categories joins the file's table and the flags; a flag wins.
func (c replayCmd) categories() (map[string]string, error) {
	table := map[string]string{}
	if c.Categories != "" {
		file, err := os.Open(c.Categories)
		if err != nil {
			return nil, fmt.Errorf("--categories: %w", err)
		}
		defer func() { _ = file.Close() }()
		if table, err = replaying.ReadCategories(file); err != nil {
			return nil, err
		}
	}
	for matter, category := range c.Category {
		table[strings.ToLower(matter)] = category
	}
	return table, nil
}
