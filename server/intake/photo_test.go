package intake_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"toancanh/server/auth"
	"toancanh/server/fault"
	"toancanh/server/intake"
	"toancanh/server/photo"
	"toancanh/server/photo/folder"
	"toancanh/server/photo/phototest"
	"toancanh/server/report"
	"toancanh/server/store"
)

// gallery is an intake with photos in a directory and keys in files.
type gallery struct {
	house
	intake  *intake.Intake
	shelf   *intake.Shelf
	root    string
	keyFile string
	sealer  *auth.Sealer
	metrics *prometheus.Registry
	store   *faulty
	now     time.Time
}

// faulty is the store, whose answer to a kept photo may get lost.
type faulty struct {
	*store.Store
	lose bool
}

var errLost = fault.Unavailable("kết nối đã mất")

func (f *faulty) AddPhoto(ctx context.Context, a store.PhotoAddition) (store.Accepted, error) {
	got, err := f.Store.AddPhoto(ctx, a)
	if f.lose && err == nil {
		return store.Accepted{}, errLost
	}
	return got, err
}

func newGallery(t *testing.T) *gallery {
	t.Helper()
	g := &gallery{house: newHouse(t), root: filepath.Join(t.TempDir(), "photos"), keyFile: filepath.Join(t.TempDir(), "photo.key"), now: time.Now(), metrics: prometheus.NewRegistry()}
	g.store = &faulty{Store: g.house.store}
	var err error
	if g.sealer, err = auth.OpenSealer(g.keyFile); err != nil {
		t.Fatal(err)
	}
	files, err := folder.Open(g.root, func() time.Time { return g.now })
	if err != nil {
		t.Fatal(err)
	}
	g.shelf = intake.NewShelf(intake.ShelfConfig{
		Files: files, Rows: g.store, Sealer: g.sealer, Quota: 1 << 30, Now: func() time.Time { return g.now }, Log: slog.New(slog.DiscardHandler), Metrics: g.metrics,
	})
	c := g.house.intake.Config
	c.Store, c.Shelf = g.store, g.shelf
	if g.intake, err = intake.New(c); err != nil {
		t.Fatal(err)
	}
	return g
}

func (g *gallery) files(t *testing.T) (names []string) {
	t.Helper()
	err := filepath.WalkDir(g.root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			names = append(names, d.Name())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func (g *gallery) path(name string) string { return filepath.Join(g.root, name[:2], name) }

// adds hands a photo in as the sender and finds it again.
func (g *gallery) adds(t *testing.T, reportID string) store.Photo {
	t.Helper()
	answer, _, err := g.intake.AddSendersPhoto(t.Context(), reportID, phototest.JPEG(phototest.Picture(64, 48)), nil)
	if err != nil {
		t.Fatal(err)
	}
	var receipt intake.PhotoReceipt
	if err := json.Unmarshal(answer, &receipt); err != nil {
		t.Fatal(err)
	}
	return g.photo(t, receipt.ID)
}

func (g *gallery) photo(t *testing.T, id string) store.Photo {
	t.Helper()
	p, err := g.store.Photo(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (g *gallery) covers(t *testing.T, p store.Photo) store.Photo {
	t.Helper()
	c := intake.PhotoCover{PhotoID: p.ID, Public: true, Boxes: []photo.Box{{W: 30, H: 30}}, Actor: "x", May: func(report.Report) error { return nil }}
	after, err := g.intake.CoverPhoto(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return after
}

// meter reads one of the shelf's figures.
func (g *gallery) meter(t *testing.T, name string) float64 {
	t.Helper()
	families, err := g.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()[0].GetCounter().GetValue() + f.GetMetric()[0].GetGauge().GetValue()
		}
	}
	t.Fatalf("there is no meter %s", name)
	return 0
}

func (g *gallery) sweep(t *testing.T) {
	t.Helper()
	if err := g.shelf.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestASweepRemovesWhatNoPhotoHasAndNothingElse(t *testing.T) {
	t.Parallel()
	g := newGallery(t)
	r := g.accept(t, submission("Rác"))
	kept := g.covers(t, g.adds(t, r.ID))
	lost := g.adds(t, r.ID)
	const orphan = "00112233445566778899aabbccddeeff"
	if err := os.MkdirAll(filepath.Dir(g.path(orphan)), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(g.path(orphan), []byte("mồ côi"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(g.path(lost.File)); err != nil {
		t.Fatal(err)
	}
	// Young files may be those of a photo that is being kept.
	g.now = time.Now().Add(59 * time.Minute)
	g.sweep(t)
	if _, err := os.Stat(g.path(orphan)); err != nil {
		t.Fatalf("within the hour: %v", err)
	}
	g.now = time.Now().Add(61 * time.Minute)
	g.sweep(t)
	if _, err := os.Stat(g.path(orphan)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after an hour: %v", err)
	}
	if got := strings.Join(g.files(t), " "); len(g.files(t)) != 2 || !strings.Contains(got, kept.File) || !strings.Contains(got, kept.Copy) {
		t.Errorf("left are %s, want %s and %s", got, kept.File, kept.Copy)
	}
	if orphans, missing := g.meter(t, "toancanh_photo_orphans_total"), g.meter(t, "toancanh_photos_without_file"); orphans != 1 || missing != 1 {
		t.Errorf("%v orphans, %v missing", orphans, missing)
	}
	var size int64
	for _, name := range g.files(t) {
		info, err := os.Stat(g.path(name))
		if err != nil {
			t.Fatal(err)
		}
		size += info.Size()
	}
	if got := g.meter(t, "toancanh_photo_bytes"); got != float64(size) {
		t.Errorf("%v bytes are told, %d lie there", got, size)
	}
	if _, err := g.intake.OpenPhoto(t.Context(), lost, false); !fault.Is(err, fault.KindNotFound) {
		t.Errorf("a photo without its file: %v", err)
	}
}

// A photo may be kept although its answer got lost: its file must stay. One that the store refused leaves nothing.
func TestAFileStaysWhenNobodyKnowsWhetherItIsKept(t *testing.T) {
	t.Parallel()
	g := newGallery(t)
	r := g.accept(t, submission("Rác"))
	g.store.lose = true
	if _, _, err := g.intake.AddSendersPhoto(t.Context(), r.ID, phototest.WebP(), nil); !errors.Is(err, errLost) {
		t.Fatal(err)
	}
	g.store.lose = false
	g.now = time.Now().Add(2 * time.Hour)
	g.sweep(t)
	list, err := g.store.Photos(t.Context(), r.ID)
	if err != nil || len(list) != 1 {
		t.Fatalf("%d photos, %v", len(list), err)
	}
	if _, err := g.intake.OpenPhoto(t.Context(), list[0], false); err != nil {
		t.Errorf("the photo that was kept after all: %v", err)
	}
	refusing := intake.PhotoBody{ReportID: r.ID, Kind: photo.Scene, Content: phototest.WebP()}
	asked := 0
	refusing.May = func(report.Report) error { // changed between the first question and the transaction
		if asked++; asked > 1 {
			return fault.Forbidden("không còn quyền")
		}
		return nil
	}
	if _, _, err := g.intake.AddPhoto(t.Context(), refusing); !fault.Is(err, fault.KindForbidden) {
		t.Errorf("refused with %v", err)
	}
	if names := g.files(t); len(names) != 1 {
		t.Errorf("left are %v", names)
	}
}

// A rotation seals the keys of photos anew, in their rows alone: the files stay as they are and open under the new key.
func TestPhotosSurviveARotation(t *testing.T) {
	t.Parallel()
	g := newGallery(t)
	r := g.accept(t, submission("Rác"))
	before := g.covers(t, g.adds(t, r.ID))
	want, err := g.intake.OpenPhoto(t.Context(), before, false)
	if err != nil {
		t.Fatal(err)
	}
	old := g.files(t)
	id, err := auth.RenewSealKey(g.keyFile)
	if err != nil {
		t.Fatal(err)
	}
	done, err := auth.Reseal(t.Context(), g.store, g.sealer, auth.SealedPhotos, func(auth.Resealed) {})
	if err != nil || done.Done != 1 {
		t.Fatalf("%+v, %v", done, err)
	}
	under, err := g.store.SealedUnder(t.Context(), auth.SealedPhotos)
	if err != nil || len(under) != 1 || under[id] != 1 {
		t.Fatalf("sealed under %v, %v; want all under %s", under, err, id)
	}
	// Only the new key is left: a process that starts now opens both.
	for _, name := range []string{before.Key.KeyID} {
		if err := os.Remove(strings.TrimSuffix(g.keyFile, ".key") + "-" + name + ".key"); err != nil {
			t.Fatal(err)
		}
	}
	alone, err := auth.OpenSealer(g.keyFile)
	if err != nil {
		t.Fatal(err)
	}
	g.shelf.Sealer = alone
	after := g.photo(t, before.ID)
	for name, covered := range map[string]bool{"the original": false, "the copy": true} {
		got, err := g.intake.OpenPhoto(t.Context(), after, covered)
		if err != nil || !covered && !bytes.Equal(got, want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if strings.Join(old, " ") != strings.Join(g.files(t), " ") {
		t.Errorf("files %v became %v", old, g.files(t))
	}
	if _, err := g.intake.OpenPhoto(t.Context(), before, false); !fault.Is(err, fault.KindUnavailable) {
		t.Errorf("under the key that is gone: %v", err)
	}
}

// What lies in a file opens for its photo and under its name alone.
func TestAFileOfAnotherPhotoDoesNotOpen(t *testing.T) {
	t.Parallel()
	g := newGallery(t)
	r := g.accept(t, submission("Rác"))
	one, two := g.covers(t, g.adds(t, r.ID)), g.adds(t, r.ID)
	for name, mixed := range map[string]func(*store.Photo){
		"another's file":                 func(p *store.Photo) { p.File = two.File },
		"another's key":                  func(p *store.Photo) { p.Key = two.Key },
		"its copy in place of the whole": func(p *store.Photo) { _ = os.Rename(g.path(p.Copy), g.path(p.File)) },
	} {
		p := one
		mixed(&p)
		if got, err := g.intake.OpenPhoto(t.Context(), p, false); err == nil {
			t.Errorf("%s opens: %d bytes", name, len(got))
		}
	}
}

func TestWithoutADirectoryPhotosAreRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.accept(t, submission("Rác"))
	_, _, err := h.intake.AddSendersPhoto(t.Context(), r.ID, phototest.WebP(), nil)
	if !fault.Is(err, fault.KindConflict) || fault.Items(err)[0].Reason != "no_photos" {
		t.Errorf("refused with %v", err)
	}
	if _, err := h.intake.PublicPhoto(t.Context(), strings.Repeat("0", 32)); !fault.Is(err, fault.KindConflict) {
		t.Errorf("shown with %v", err)
	}
	if _, err := h.intake.Act(t.Context(), r.ID, report.Act{Name: report.Withdraw, Reason: "nhầm"}); err != nil {
		t.Errorf("withdrawn with %v", err)
	}
}
