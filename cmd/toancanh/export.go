package main

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"toancanh/server"
	"toancanh/server/public"
)

// exportCmd writes what everybody may see as files.
type exportCmd struct {
	Public exportPublicCmd `cmd:"" help:"Write the public pages as files that any web server or browser opens, for the time when the program does not answer."`
	Check  exportCheckCmd  `cmd:"" help:"Say whether a copy is kept: exit status 1 when it was not written lately, because nobody writes it or there are no new numbers."`
}

type exportPublicCmd struct {
	Dir string `arg:"" help:"Directory to write into: an empty one, or one of an earlier copy. It is made when it is not there."`

	server.Config
	Every time.Duration `help:"Stay, and write each so often: 1m. Says within 10 s when database, counting or live pages stand still. Empty: write once; exit status 1 says that the numbers could not be read anew."`
	Live  *url.URL      `help:"Address of the live pages, such as https://trungtam.tinh.gov.vn: what is no page leads there, and the copy says when it does not answer."`
}

// leastEvery keeps a slip of the pen from writing without end.
const leastEvery = 5 * time.Second

// Run writes the copy.
func (c exportPublicCmd) Run(ctx context.Context) error {
	if err := c.Validate(); err != nil {
		return err
	}
	if c.Every != 0 && c.Every < leastEvery {
		return fmt.Errorf("--every %s: the least is %s", c.Every, leastEvery)
	}
	live := ""
	if c.Live != nil {
		if c.Live.Scheme != "http" && c.Live.Scheme != "https" || c.Live.Host == "" || c.Live.RawQuery != "" || c.Live.User != nil {
			return fmt.Errorf("--live %s: want http:// or https:// and a host, and no name or password, for all pages of the copy lead there", c.Live.Redacted())
		}
		live = c.Live.String()
	}
	if c.DatabaseURL == "" && c.PublicDatabaseURL == "" {
		address, err := embeddedAddress(c.Data)
		if err != nil {
			return err
		}
		c.DatabaseURL = address
	}
	return server.Copy(ctx, server.CopyOptions{Config: c.Config, Dir: c.Dir, Every: c.Every, Live: live, Log: newLog(c.Config)})
}

type exportCheckCmd struct {
	Dir    string        `arg:"" type:"existingdir" help:"Directory of the copy."`
	Within time.Duration `default:"3m" help:"How long ago the last writing may be."`
}

// Run reads the copy's own note.
func (c exportCheckCmd) Run() error {
	at, err := public.CopyWritten(c.Dir)
	if err != nil {
		return err
	}
	if age := time.Since(at); age > c.Within {
		return fmt.Errorf("the copy in %s was last written %s ago", c.Dir, age.Round(time.Second))
	}
	return nil
}
