package server

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"toancanh/server/area"
	"toancanh/server/embedded/testpg"
	"toancanh/server/store"
)

const then = "vn-2022"

// follower is a follower of the boundaries in a database of its own.
type follower struct {
	*boundaries
	t    *testing.T
	log  *bytes.Buffer
	told int
}

func following(t *testing.T) *follower {
	t.Helper()
	s, err := store.Open(t.Context(), testpg.New(t).DSN(testpg.App), store.Sizes{Write: 2, Read: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	atlas, err := area.Sample()
	if err != nil {
		t.Fatal(err)
	}
	f := &follower{t: t, log: &bytes.Buffer{}}
	f.boundaries = &boundaries{
		store: s, atlas: atlas, log: slog.New(slog.NewTextHandler(f.log, nil)),
		changed: []func() error{func() error { f.told++; return nil }},
	}
	return f
}

// shapes are those of the schematic: good enough to stand for real ones.
func (f *follower) shapes(level area.Level) map[string]orb.MultiPolygon {
	drawn, _ := f.atlas.Schematic(then)
	shapes := map[string]orb.MultiPolygon{}
	for _, x := range drawn.Features(level) {
		shapes[x.Area.Code] = x.Shape
	}
	return shapes
}

func (f *follower) put(b store.Boundary) int64 {
	f.t.Helper()
	b.Division, b.Importer = then, "test"
	version, _, err := f.store.ImportBoundary(f.t.Context(), b, nil, false)
	if err != nil {
		f.t.Fatal(err)
	}
	if err := f.look(f.t.Context()); err != nil {
		f.t.Fatal(err)
	}
	return version
}

func (f *follower) want(step string, version int64, schematic bool, credit string) {
	f.t.Helper()
	m, _ := f.atlas.Map(then)
	if m.Version != version || m.Schematic != schematic || !strings.HasPrefix(m.CreditAt(area.Commune), credit) {
		f.t.Errorf("%s: version %d, schematic %v, credit %q; want %d, %v, %q", step, m.Version, m.Schematic, m.CreditAt(area.Commune), version, schematic, credit)
	}
}

func TestServersFollowTheBoundariesOfTheDatabase(t *testing.T) {
	t.Parallel()
	f := following(t)
	if err := f.look(t.Context()); err != nil || f.told != 0 {
		t.Fatalf("nothing was imported: %v, told %d times", err, f.told)
	}
	f.want("at first", 0, true, "Natural Earth")
	v := f.put(store.Boundary{Level: area.District, Credit: "Huyện", Shapes: f.shapes(area.District)})
	f.want("districts", v, true, "Huyện; cấp xã: sơ đồ")
	v = f.put(store.Boundary{Level: area.Commune, Credit: "Xã", Shapes: f.shapes(area.Commune)})
	f.want("communes", v, false, "Xã")
	v = f.put(store.Boundary{Level: area.District, Credit: "Huyện mới", Shapes: f.shapes(area.District)})
	f.want("districts beside communes wait", v, false, "Xã")
	v = f.put(store.Boundary{Level: area.Commune, Removed: true})
	f.want("communes removed", v, true, "Huyện mới")
	v = f.put(store.Boundary{Level: area.District, Removed: true})
	f.want("all removed", v, true, "Natural Earth")
	if err := f.look(t.Context()); err != nil || f.told != 5 {
		t.Errorf("told %d times, want once a change: %v", f.told, err)
	}
	if m, _ := f.atlas.Map("vn-2025"); m.Version != 0 || !m.Schematic {
		t.Errorf("another division changed: %+v", m.Source)
	}
}

func TestBoundariesThatCannotBeDrawnLeaveTheMapInUse(t *testing.T) {
	t.Parallel()
	f := following(t)
	good := f.put(store.Boundary{Level: area.Commune, Credit: "Xã", Shapes: f.shapes(area.Commune)})
	half := f.shapes(area.Commune)
	delete(half, "24611")
	f.put(store.Boundary{Level: area.Commune, Credit: "Hỏng", Shapes: half})
	f.want("half a map", good, false, "Xã")
	if !strings.Contains(f.log.String(), "cannot be drawn") {
		t.Errorf("the log does not say so: %s", f.log)
	}
}

func TestBoundariesAreKeptAsTheyWere(t *testing.T) {
	t.Parallel()
	f := following(t)
	first := f.put(store.Boundary{
		Level: area.Commune, Credit: "Một", Source: "Sở", Licence: "nội bộ", File: "xa.zip", SHA256: []byte{1, 2}, Bytes: 3, Shapes: f.shapes(area.Commune),
	})
	second := f.put(store.Boundary{Level: area.Commune, Credit: "Hai", Shapes: f.shapes(area.Commune)})
	list, err := f.store.Boundaries(t.Context())
	if err != nil || len(list) != 2 {
		t.Fatalf("%d versions, %v, want 2", len(list), err)
	}
	if list[0].Version != second || !list[0].Active || list[1].Version != first || list[1].Active {
		t.Errorf("versions %+v", list)
	}
	if b := list[1]; b.Source != "Sở" || b.Licence != "nội bộ" || b.File != "xa.zip" || !bytes.Equal(b.SHA256, []byte{1, 2}) || b.Importer != "test" || b.ImportedAt.IsZero() {
		t.Errorf("the record of the first is %+v", b)
	}
	if _, _, err := f.store.ImportBoundary(t.Context(), store.Boundary{Division: then, Level: area.Commune, Importer: "x", Shapes: f.shapes(area.Commune)}, nil, true); err != nil {
		t.Fatal(err)
	}
	if v, err := f.store.BoundaryVersion(t.Context()); err != nil || v != second {
		t.Errorf("a dry run left version %d, %v", v, err)
	}
}
