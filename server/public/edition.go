package public

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/area"
	"toancanh/server/door"
	"toancanh/server/store"
)

// Rhythm of the pages. A withdrawn word is gone, and a dead database is told, within 5 s.
const (
	readEvery  = 1500 * time.Millisecond
	readLimit  = 2 * time.Second
	oldAfter   = 2500 * time.Millisecond // without a good reading the page says that it is old
	renewAfter = 15 * time.Second        // the page's own time moves on although nothing else changed
)

// condition says whether the page's numbers can be believed.
type condition int

const (
	missing condition = iota // never read
	good
	old // the database does not answer
)

// mostPages bounds the pages one edition keeps.
const mostPages = 512

// edition is everything the public pages say at one time. It does not change but for the pages made of it on demand.
type edition struct {
	picture   store.PublicPicture
	told      store.PublicPicture // what summaries tell of
	condition condition
	made      time.Time
	counts    map[string]map[string]store.PublicCount // by division and area
	laid      laid

	mu    sync.Mutex
	pages map[pageKey]*door.Prepared
	feeds map[feedKey]*door.Prepared
}

// kind is a sort of page that is made of an edition; its template has its name.
type kind string

const areaKind kind = "area"

// explains reports whether a page of the kind tells how something is used, and needs no numbers for it.
func (k kind) explains() bool { return k == dataKind || k == subscribeKind }

// pageKey names one page in one look. Kinds that speak of the whole centre leave division and area empty.
type pageKey struct {
	kind           kind
	division, area string
	look           look
}

// makers lay out the pages of each kind.
func (s *Site) makers() map[kind]func(*edition, pageKey) model {
	return map[kind]func(*edition, pageKey) model{
		areaKind:        s.areaModel,
		dtiKind:         s.dtiModel,
		performanceKind: s.performanceModel,
		dataKind:        s.dataModel,
		subscribeKind:   s.subscribeModel,
	}
}

func (s *Site) newEdition(p store.PublicPicture, c condition) *edition {
	e := &edition{
		picture: p, told: toldOf(s.now.Load(), p, c), condition: c, made: s.Now(), counts: byArea(p),
		pages: map[pageKey]*door.Prepared{}, feeds: map[feedKey]*door.Prepared{},
	}
	root, _ := s.Atlas.Tree.Root(s.Division)
	e.laid.lay(seat{path: "/"}, s.page(e, pageKey{areaKind, s.Division, root.Code, look{}}))
	return e
}

// byArea lays out the counts for the pages.
func byArea(p store.PublicPicture) map[string]map[string]store.PublicCount {
	all := map[string]map[string]store.PublicCount{}
	for _, n := range p.Counts {
		if all[n.Division] == nil {
			all[n.Division] = map[string]store.PublicCount{}
		}
		all[n.Division][n.Area] = n
	}
	return all
}

// page is a page of the edition, made at the first request for it.
func (s *Site) page(e *edition, key pageKey) *door.Prepared {
	e.mu.Lock()
	defer e.mu.Unlock()
	p, ok := e.pages[key]
	if !ok {
		if len(e.pages) >= mostPages {
			clear(e.pages)
		}
		p = s.makePage(e, key)
		e.pages[key] = p
	}
	return p
}

// makePage makes the bytes of a page.
func (s *Site) makePage(e *edition, key pageKey) *door.Prepared {
	m := s.modelOf(e, key)
	m.Refresh, m.Zone = !m.Still, s.Location.String()
	body, err := s.book.write(string(key.kind), m)
	if err != nil {
		s.Log.Error("public page was not made", "err", err) //nolint:sloglint // made outside of any request
		body = []byte("<!doctype html>")
	}
	return door.Prepare(door.Content{
		Body: body, Type: htmlType, Cache: door.CachePage, Vary: "Cookie",
		Headers: [][2]string{{fiber.HeaderContentSecurityPolicy, door.PagePolicy(body)}},
	})
}

// modelOf lays a page out.
func (s *Site) modelOf(e *edition, key pageKey) model {
	m := s.kinds[key.kind](e, key)
	m.Look, m.Centre, m.Banner = key.look, s.centre(), e.picture.Origin != "real" && !m.Facts
	return m
}

// servePage answers with a page of the newest edition in the look its reader wants.
func (s *Site) servePage(c *fiber.Ctx, key pageKey) error {
	var moved bool
	key.look, moved = s.lookOf(c)
	if moved {
		return c.Redirect(c.Path(), fiber.StatusSeeOther)
	}
	e := s.now.Load()
	p := s.page(e, key)
	p.Serve(c.Context())
	e.laid.lay(seat{c.Path(), key.look}, p)
	if e.condition == missing && !key.kind.explains() {
		c.Set(fiber.HeaderRetryAfter, "5")
		c.Status(fiber.StatusServiceUnavailable)
	}
	return nil
}

// Run reads the projection and swaps the pages until ctx ends.
func (s *Site) Run(ctx context.Context) error {
	tick := time.NewTicker(readEvery)
	defer tick.Stop()
	var lastGood time.Time
	for {
		s.read(ctx, &lastGood)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Begun reports whether there has been anything to show: the projection was read at least once.
func (s *Site) Begun() bool { return s.now.Load().condition != missing }

// RefreshMaps makes the pages anew at the next reading, after the atlas got other maps.
func (s *Site) RefreshMaps() error {
	s.redraw.Store(true)
	return nil
}

func (s *Site) read(ctx context.Context, lastGood *time.Time) {
	asked := s.Now()
	limited, cancel := context.WithTimeout(ctx, readLimit)
	defer cancel()
	picture, err := s.Pictures.Picture(limited, s.Division)
	before := s.now.Load()
	switch {
	case ctx.Err() != nil:
	case err == nil:
		*lastGood = asked
		c := good
		if picture.Idle {
			c = old
		}
		if s.redraw.Swap(false) || before.condition != c || changed(before.picture, picture) || before.ended(s.Now()) {
			s.now.Store(s.newEdition(picture, c))
		}
		if before.condition == old && c == good {
			s.Log.InfoContext(ctx, "public pages are up to date again")
		}
	case before.condition == good && s.Now().Sub(*lastGood) > oldAfter:
		s.Log.WarnContext(ctx, "public pages are old", slog.Any("err", err))
		s.now.Store(s.newEdition(before.picture, old))
	case before.ended(s.Now()):
		s.now.Store(s.newEdition(before.picture, before.condition))
	}
}

// changed reports whether a page must be made anew, if only for its own time's sake.
func changed(before, after store.PublicPicture) bool {
	return after.At.Sub(before.At) > renewAfter || !before.Same(after)
}

// district groups communes in the form's list.
type district struct {
	Area     area.Area
	Communes []area.Area
}

// listPlaces lists the innermost areas of the form under the ones around them.
func (s *Site) listPlaces() []district {
	tree := s.Atlas.Tree
	var list []district
	for _, leaf := range tree.Leaves(s.Division) {
		up, _ := tree.Get(s.Division, leaf.Parent)
		if n := len(list); n == 0 || list[n-1].Area.Code != up.Code {
			i := slices.IndexFunc(list, func(d district) bool { return d.Area.Code == up.Code })
			if i >= 0 {
				list[i].Communes = append(list[i].Communes, leaf)
				continue
			}
			list = append(list, district{Area: up})
		}
		list[len(list)-1].Communes = append(list[len(list)-1].Communes, leaf)
	}
	return list
}
