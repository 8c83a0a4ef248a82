// Package telltest lets tests say when a batch leaves for everybody.
package telltest

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"toancanh/schema/sample"
	"toancanh/server/area"
	"toancanh/server/disclosing"
	"toancanh/server/disclosure"
	"toancanh/server/report"
	"toancanh/server/store"
)

// New makes a teller of the sample's division of 2022, of simulated data, whose batches may follow each other at once.
func New(t testing.TB, s *store.Store, tree *area.Tree, now func() time.Time) *Teller {
	t.Helper()
	c := config(t, s, tree)
	c.Now = now
	c.Every = time.Millisecond
	return &Teller{t, disclosing.New(c)}
}

// Teller lets a batch leave when it is told to.
type Teller struct {
	t      testing.TB
	teller *disclosing.Teller
}

// Leave lets everything leave that was done before.
func (x *Teller) Leave() {
	x.t.Helper()
	if err := x.teller.Look(x.t.Context()); err != nil {
		x.t.Fatal(err)
	}
}

// Keep tells again and again until the test ends, in batches less than a second apart.
func Keep(t testing.TB, s *store.Store, tree *area.Tree, now func() time.Time) {
	t.Helper()
	c := config(t, s, tree)
	c.Now = now
	c.Every = 300 * time.Millisecond
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); disclosing.New(c).Lead(ctx, nil) }()
	t.Cleanup(func() { stop(); <-done })
}

func config(t testing.TB, s *store.Store, tree *area.Tree) disclosing.Config {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	if err != nil {
		t.Fatal(err)
	}
	rules, _, err := report.Load(sample.Files(), zone)
	if err != nil {
		t.Fatal(err)
	}
	var categories []string
	for _, c := range rules.Current().Categories {
		categories = append(categories, c.Code)
	}
	table, err := sample.Files().Open("places.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = table.Close() }()
	places, err := disclosure.ParsePlaces(table)
	if err != nil {
		t.Fatal(err)
	}
	return disclosing.Config{
		Store: s, Ground: disclosure.NewGround(tree, "vn-2022"), Categories: categories, Places: places, Division: "vn-2022",
		Location: zone, Every: disclosure.Batch, Wake: func() {}, Log: slog.New(slog.DiscardHandler),
	}
}
