package public

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path"
	"path/filepath"
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
	// liveQuietAfter is how long the live page may not answer before the copy says so.
	liveQuietAfter = 4 * time.Second
)

// copyNotes is where a copy keeps what it wrote, beside the pages.
const copyNotes = ".toancanh-copy.json"

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
	site  *Site
	notes copied
	// What the files say at present.
	written   time.Time // of their picture; zero: none yet
	condition condition
	silent    bool
	lastGood  time.Time
	answered  time.Time // when the live page did
}

// copied is what a copy keeps for itself: the last good picture, all of it public, and the files that are its own.
type copied struct {
	Picture *store.PublicPicture `json:"picture"`
	Files   []string             `json:"files"`
}

// copyNote is what every page of a copy says of itself.
type copyNote struct {
	Made   string // when the copy was written
	Silent string // since when the live page does not answer; empty: it does, or was not asked
	Live   string // its address
}

// NewCopier takes up what an earlier copy in the directory kept. A directory with files of somebody else is refused.
func NewCopier(c CopyConfig) (*Copier, error) {
	site, err := New(c.Config)
	if err != nil {
		return nil, err
	}
	copier := &Copier{CopyConfig: c, site: site, answered: c.Now()}
	if err := os.MkdirAll(c.Dir, 0o755); err != nil { //nolint:gosec // everybody may read it: it is what everybody may see
		return nil, fmt.Errorf("make directory of the copy: %w", err)
	}
	raw, err := os.ReadFile(filepath.Join(c.Dir, copyNotes))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		entries, err := os.ReadDir(c.Dir)
		if err != nil {
			return nil, fmt.Errorf("read directory of the copy: %w", err)
		}
		if len(entries) > 0 {
			return nil, fmt.Errorf("%s holds files that this command has not made, such as %s: name an empty directory", c.Dir, entries[0].Name())
		}
	case err != nil:
		return nil, fmt.Errorf("read notes of the copy: %w", err)
	default:
		if err := json.Unmarshal(raw, &copier.notes); err != nil {
			return nil, fmt.Errorf("read %s: %w", filepath.Join(c.Dir, copyNotes), err)
		}
	}
	return copier, nil
}

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
	return errors.Join(c.write(*picture), err)
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
	if condition == c.condition && silent == c.silent && picture.At.Sub(c.written) < c.Every {
		return err
	}
	return errors.Join(c.write(*picture), err)
}

// read is the newest picture there is, and sets the condition it is in; nil: none was ever read.
func (c *Copier) read(ctx context.Context) (*store.PublicPicture, error) {
	limited, cancel := context.WithTimeout(ctx, copyLookLimit)
	defer cancel()
	picture, err := c.Pictures.Picture(limited, c.Division)
	if err == nil {
		c.condition, c.lastGood, c.notes.Picture = good, c.Now(), &picture
		if picture.Idle {
			c.condition = old
		}
		return &picture, nil
	}
	if c.notes.Picture == nil {
		return nil, err
	}
	if c.condition != good || c.Now().Sub(c.lastGood) > oldAfter {
		c.condition = old
	}
	return c.notes.Picture, err
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

// write makes all pages of a picture and puts each in its place at once, so that nobody reads half a page.
func (c *Copier) write(p store.PublicPicture) error {
	e := c.site.newEdition(p, c.condition)
	c.site.now.Store(e)
	note := copyNote{Made: c.Now().In(c.Location).Format("15:04:05 02/01/2006"), Live: c.Live}
	if c.silent {
		note.Silent = c.answered.In(c.Location).Format("15:04:05 02/01/2006")
	}
	var files []string
	for _, key := range c.site.copyKeys() {
		for _, english := range []bool{false, true} {
			key.look = look{English: english}
			name := c.site.fileOf(key)
			page, err := c.site.copyPage(e, key, note)
			if err != nil {
				return err
			}
			if err := c.put(name, page); err != nil {
				return err
			}
			files = append(files, name)
		}
	}
	for _, name := range c.notes.Files {
		if !slices.Contains(files, name) && filepath.IsLocal(name) {
			_ = os.Remove(filepath.Join(c.Dir, name)) // a page of an area that is no more
		}
	}
	c.notes.Files = files
	raw, err := json.Marshal(c.notes)
	if err != nil {
		return fmt.Errorf("encode notes of the copy: %w", err)
	}
	if err := c.put(copyNotes, raw); err != nil {
		return err
	}
	c.written = p.At
	return nil
}

// put replaces a file as a whole. It does not wait for the disk: after a loss of power the copy is made again.
func (c *Copier) put(name string, content []byte) error {
	target := filepath.Join(c.Dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil { //nolint:gosec // everybody may read it
		return fmt.Errorf("write copy: %w", err)
	}
	temporary := filepath.Join(filepath.Dir(target), "."+filepath.Base(target)+".new")
	if err := os.WriteFile(temporary, content, 0o644); err != nil { //nolint:gosec // everybody may read it
		return fmt.Errorf("write copy: %w", err)
	}
	if err := os.Rename(temporary, target); err != nil {
		return fmt.Errorf("write copy: %w", err)
	}
	return nil
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
	here := s.fileOf(key)
	return linked.ReplaceAllFunc(page, func(link []byte) []byte {
		address := string(linked.FindSubmatch(link)[1])
		bare, query, _ := strings.Cut(address, "?")
		if name := fileAt(bare, key.look.English && query != "lang=vi" || query == "lang=en"); s.copies(bare) {
			return []byte(`href="` + relative(here, name) + `"`)
		}
		if note.Live == "" {
			return nil // a word instead of a link that leads nowhere
		}
		return []byte(`href="` + note.Live + address + `"`)
	}), nil
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

//nolint:gochecknoglobals // expressions
var (
	linked      = regexp.MustCompile(`href="(/[^"]*)"`)
	areaAddress = regexp.MustCompile(`^/(?:tinh-hinh|hieu-qua)/[\w-]+/\w+$`)
)
