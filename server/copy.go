package server

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"toancanh/schema/sample"
	"toancanh/server/area"
	"toancanh/server/dti"
	"toancanh/server/public"
	"toancanh/server/report"
	"toancanh/server/store"
)

// CopyOptions say what of the public pages is written where.
type CopyOptions struct {
	Config
	Dir   string
	Every time.Duration // 0: once
	Live  string        // the address of the live pages; may be empty
	Log   *slog.Logger
}

// Copy writes the public pages into a directory, once or until ctx ends. It reads the database as the public role and
// nothing else of the house.
func Copy(ctx context.Context, o CopyOptions) error {
	pictures, err := store.OpenPublic(ctx, o.publicURL())
	if err != nil {
		return err
	}
	defer pictures.Close()
	atlas, err := area.Sample()
	if err != nil {
		return err
	}
	if o.Division == "" {
		o.Division = atlas.Tree.Default().Code
	}
	rules, _, err := report.Load(sample.Files(), o.Location())
	if err != nil {
		return err
	}
	published, err := dti.Load(sample.Files())
	if err != nil {
		return err
	}
	copier, err := public.NewCopier(public.CopyConfig{
		Config: public.Config{
			Pictures: pictures, Atlas: atlas, Rules: rules, DTI: published, Location: o.Location(), Now: time.Now, Log: o.Log, Division: o.Division, Title: o.Title,
		},
		Dir: o.Dir, Every: o.Every, Live: strings.TrimSuffix(o.Live, "/"),
		// It asks one address that its operator named, and wants to know whether that one answers.
		Client: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	})
	if err != nil {
		return err
	}
	defer copier.Close()
	if o.Every > 0 {
		return copier.Run(ctx)
	}
	if err := copier.Once(ctx); err != nil {
		return errors.Join(errors.New("the copy is not new"), err)
	}
	return nil
}
