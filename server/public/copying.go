package public

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"toancanh/server/store"
)

// Rhythm of a copy that is kept: what is wrong stands in it within ten seconds.
const (
	copyLookEvery = time.Second
	copyLookLimit = 2 * time.Second
	// copyWriteLimit bounds one writing of the whole copy.
	copyWriteLimit = 30 * time.Second
	// liveQuietAfter is how long the live page may not answer before the copy says so.
	liveQuietAfter = 4 * time.Second
)

// CopyConfig names what a copy of the public pages needs.
type CopyConfig struct {
	Config        // Pictures, Atlas, Rules, Location, Now, Log, Division and Title; the rest is not asked for
	Dir    string // is made when it is not there
	Every  time.Duration
	Live   string // the address of the live pages, without a slash at its end; may be empty
	Client *http.Client
}

// Copier writes the public pages as files that any web server serves and any browser opens without one. It is meant to
// run outside of the program whose pages they are.
type Copier struct {
	CopyConfig
	site *Site
	dir  *copyDir
	kept *store.PublicPicture // the last good one; nil: there never was any
	// What the files say at present.
	written   time.Time // of their picture; zero: none yet
	condition condition
	silent    bool
	lastGood  time.Time
	answered  time.Time // when the live page did
	urgent    bool      // a word or a warning is another: it does not wait for its minute
}

// copyNote is what every page of a copy says of itself.
type copyNote struct {
	Made   string // when the copy was written
	Silent string // since when the live page does not answer; empty: it does, or was not asked
	Live   string // its address
}

// NewCopier takes up what an earlier copy in the directory kept, and holds the directory until Close.
func NewCopier(c CopyConfig) (*Copier, error) {
	site, err := New(c.Config)
	if err != nil {
		return nil, err
	}
	dir, err := openCopyDir(c.Dir)
	if err != nil {
		return nil, err
	}
	return &Copier{CopyConfig: c, site: site, dir: dir, kept: dir.kept.Picture, answered: c.Now()}, nil
}

// Close gives the directory up.
func (c *Copier) Close() { c.dir.close() }

// errNothingKnown says that there is neither a database that answers nor an earlier copy.
//
//nolint:gochecknoglobals // an error value
var errNothingKnown = errors.New("nothing is known yet: the database does not answer, or nothing was counted, and there is no earlier copy")

// Once writes the copy as things are now. The earlier numbers stay, marked old, when newer ones cannot be read; the error
// then says why.
func (c *Copier) Once(ctx context.Context) error {
	picture, err := c.read(ctx)
	c.look(ctx)
	if picture == nil {
		return errors.Join(errNothingKnown, err)
	}
	return errors.Join(c.write(ctx, *picture), err)
}

// Run writes the copy each Every, and within ten seconds when what it must say of itself is another, until ctx ends. That
// something cannot be written is told and tried again.
func (c *Copier) Run(ctx context.Context) error {
	tick := time.NewTicker(copyLookEvery)
	defer tick.Stop()
	complained := false
	for {
		err := c.step(ctx)
		if ctx.Err() != nil {
			return nil // what was left undone was asked to be
		}
		if err != nil && !complained {
			c.Log.WarnContext(ctx, "the copy is not new", slog.Any("err", err))
		} else if err == nil && complained {
			c.Log.InfoContext(ctx, "the copy is new again")
		}
		complained = err != nil
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (c *Copier) step(ctx context.Context) error {
	condition, silent := c.condition, c.silent
	picture, err := c.read(ctx)
	c.look(ctx)
	if picture == nil {
		return errors.Join(errNothingKnown, err)
	}
	if condition == c.condition && silent == c.silent && !c.urgent && picture.At.Sub(c.written) < c.Every {
		return err
	}
	return errors.Join(c.write(ctx, *picture), err)
}

// read is the newest picture there is, and sets the condition it is in; nil: none was ever read.
func (c *Copier) read(ctx context.Context) (*store.PublicPicture, error) {
	limited, cancel := context.WithTimeout(ctx, copyLookLimit)
	defer cancel()
	picture, err := c.Pictures.Picture(limited, c.Division)
	if err == nil {
		c.urgent = c.urgent || c.kept != nil && sooner(*c.kept, picture)
		c.condition, c.lastGood, c.kept = good, c.Now(), &picture
		if picture.Idle {
			c.condition = old
		}
		return &picture, nil
	}
	if c.kept == nil {
		return nil, err
	}
	if c.condition != good || c.Now().Sub(c.lastGood) > oldAfter {
		c.condition = old
	}
	return c.kept, err
}

// look asks whether the live page answers at all.
func (c *Copier) look(ctx context.Context) {
	if c.Live == "" {
		return
	}
	limited, cancel := context.WithTimeout(ctx, copyLookLimit)
	defer cancel()
	req, err := http.NewRequestWithContext(limited, http.MethodHead, c.Live+"/", nil)
	if err == nil {
		var a *http.Response
		if a, err = c.Client.Do(req); err == nil {
			_ = a.Body.Close()
			if a.StatusCode >= http.StatusInternalServerError {
				err = errors.New(a.Status)
			}
		}
	}
	now := c.Now()
	if err == nil {
		c.answered, c.silent = now, false
		return
	}
	c.silent = c.silent || now.Sub(c.answered) > liveQuietAfter
}

// sooner reports whether the copy must not wait: words that were published or withdrawn, a warning.
func sooner(before, after store.PublicPicture) bool {
	return !slices.EqualFunc(before.Published, after.Published, func(a, b store.Published) bool {
		return a.Text == b.Text && a.PublishedAt.Equal(b.PublishedAt)
	}) || !slices.EqualFunc(before.Warnings, after.Warnings, func(a, b store.WarningInForce) bool { return a.ID == b.ID })
}

// write makes all pages of a picture and exchanges them for those that are there.
func (c *Copier) write(ctx context.Context, p store.PublicPicture) error {
	ctx, cancel := context.WithTimeout(ctx, copyWriteLimit)
	defer cancel()
	now := c.Now()
	e := c.site.newEdition(p, c.condition)
	c.site.now.Store(e)
	note := copyNote{Made: now.In(c.Location).Format("15:04:05 02/01/2006"), Live: c.Live}
	if c.silent {
		note.Silent = c.answered.In(c.Location).Format("15:04:05 02/01/2006")
	}
	var files []copied
	for _, key := range c.site.copyKeys() {
		for _, english := range []bool{false, true} {
			key.look = look{English: english}
			page, err := c.site.copyPage(e, key, note)
			if err != nil {
				return err
			}
			files = append(files, copied{c.site.fileOf(key), page})
		}
	}
	if err := c.dir.write(ctx, files, manifest{At: now.UTC(), Picture: unnamed(*c.kept)}); err != nil {
		return err
	}
	c.written, c.urgent = p.At, false
	return nil
}

// unnamed is a picture without the codes of reports, which no page says.
func unnamed(p store.PublicPicture) *store.PublicPicture {
	p.Published = slices.Clone(p.Published)
	for i := range p.Published {
		p.Published[i].Code = ""
	}
	p.Results = slices.Clone(p.Results)
	for i := range p.Results {
		p.Results[i].Code = ""
	}
	return &p
}

// copyKeys are all pages a copy has: those of every area of every division, its board too, and of each kind that speaks of the whole.
func (s *Site) copyKeys() []pageKey {
	var keys []pageKey
	for k := range s.kinds {
		if k != areaKind && k != performanceKind {
			keys = append(keys, pageKey{kind: k})
			continue
		}
		for _, d := range s.Atlas.Tree.Divisions() {
			root, ok := s.Atlas.Tree.Root(d.Code)
			for todo := []string{root.Code}; ok && len(todo) > 0; todo = todo[1:] {
				keys = append(keys, pageKey{kind: k, division: d.Code, area: todo[0]})
				for _, child := range s.Atlas.Tree.Children(d.Code, todo[0]) {
					todo = append(todo, child.Code)
				}
			}
		}
	}
	return keys
}

// fileOf is where a page lies in a copy.
func (s *Site) fileOf(key pageKey) string {
	address := "/" + string(key.kind)
	switch key.kind {
	case areaKind:
		address = s.areaURL(key.division, key.area)
	case performanceKind:
		address = s.performanceURL(key.division, key.area)
	default: // named as they are addressed
	}
	return fileAt(address, key.look.English)
}

// fileAt is where the page of an address lies in a copy.
func fileAt(address string, english bool) string {
	name := strings.TrimPrefix(address, "/") + ".html"
	if address == "/" {
		name = "index.html"
	}
	if english {
		name = "en/" + name
	}
	return name
}

// copyPage is a page as a file: its links lead to other files of the copy, or to the live pages.
func (s *Site) copyPage(e *edition, key pageKey, note copyNote) ([]byte, error) {
	m := s.modelOf(e, key)
	m.Copy = &note
	page, err := s.book.write(string(key.kind), m)
	if err != nil {
		return nil, err
	}
	links := linker{here: s.fileOf(key), english: key.look.English, live: note.Live, copies: s.copies}
	return links.rewrite(page)
}

// copies reports whether a copy has the page of an address.
func (s *Site) copies(address string) bool {
	if address == "/" || address == performanceHome {
		return true
	}
	if _, ok := s.kinds[kind(strings.TrimPrefix(address, "/"))]; ok {
		return true
	}
	return areaAddress.MatchString(address)
}

// relative leads from one file of a copy to another.
func relative(from, to string) string {
	return strings.Repeat("../", strings.Count(path.Clean(from), "/")) + to
}

//nolint:gochecknoglobals // an expression
var (
	areaAddress = regexp.MustCompile(`^/(?:tinh-hinh|hieu-qua)/[\w-]+/\w+$`)
)
