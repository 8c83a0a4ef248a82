package intake

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/semaphore"

	"toancanh/server/auth"
	"toancanh/server/fault"
	"toancanh/server/photo"
	"toancanh/server/photo/folder"
	"toancanh/server/store"
)

// Files keeps the files of photos under names of 32 signs of hex. A file that was put is whole and outlives a power cut; one
// that is not there is fs.ErrNotExist to Open and no fault to Delete. folder.Folder is one in a local directory.
type Files interface {
	Put(ctx context.Context, name string, content []byte) error
	Open(ctx context.Context, name string) ([]byte, error)
	Delete(ctx context.Context, name string) error
	List(ctx context.Context, each func(folder.File) error) error
}

// Bounds of the shelf.
const (
	photoRoom  = 16              // requests with a photo being decoded or waiting for it; beyond they are told to come back
	photoWait  = 3 * time.Second // one waits no longer for its turn
	sweepEvery = 15 * time.Minute
	orphanAge  = time.Hour // a file without a row may be that of a photo whose transaction has not ended
)

// Faults of keeping photos.
//
//nolint:gochecknoglobals // error values
var (
	errNoShelf     = fault.Conflict("Trung tâm này không nhận ảnh.").Because("no_photos")
	errPhotosBusy  = fault.Unavailable("Đang xử lý nhiều ảnh cùng lúc, xin gửi lại ảnh sau ít giây.").Because("photos_busy")
	errPhotosFull  = fault.Unavailable("Kho ảnh đã đầy, tạm thời chưa nhận thêm ảnh; phản ánh vẫn được nhận.").Because("photos_full")
	errPhotoIsLost = fault.NotFound("Tệp của ảnh này không còn.").Because("file")
)

// ShelfConfig names what a shelf needs.
type ShelfConfig struct {
	Files Files
	Rows  interface { // the names of files that photos have
		PhotoFiles(ctx context.Context, each func(name string, at time.Time)) error
	}
	Sealer  *auth.Sealer // of the keys of photos' files
	Papers  *auth.Sealer // of the keys of incidents' files; nil: none are kept
	Quota   int64        // bytes of all files together
	Now     func() time.Time
	Log     *slog.Logger
	Metrics prometheus.Registerer // nil: nothing is counted
}

// Shelf keeps the pixels of photos: sealed, within a quota, and few decoded at once. Make it with NewShelf, run Run.
type Shelf struct {
	ShelfConfig
	room   chan struct{}
	memory *semaphore.Weighted
	counts shelfCounts

	mu   sync.Mutex
	used int64 // bytes of all files, as the last sweep found them and as they changed since
	news int64 // how used changed while a sweep runs
}

// NewShelf makes a shelf.
func NewShelf(c ShelfConfig) *Shelf {
	s := &Shelf{ShelfConfig: c, room: make(chan struct{}, photoRoom), memory: semaphore.NewWeighted(photo.MaxMemory)}
	s.counts = newShelfCounts(s)
	return s
}

// decoding runs do when there is memory for it: at most one a processor, and together no more than photo.MaxMemory.
func (s *Shelf) decoding(ctx context.Context, memory int64, do func() error) error {
	select {
	case s.room <- struct{}{}:
		defer func() { <-s.room }()
	default:
		return s.refused(errPhotosBusy)
	}
	share := max(memory, photo.MaxMemory/int64(runtime.GOMAXPROCS(0)))
	waiting, cancel := context.WithTimeout(ctx, photoWait)
	defer cancel()
	if err := s.memory.Acquire(waiting, share); err != nil {
		return s.refused(errPhotosBusy)
	}
	defer s.memory.Release(share)
	return do()
}

// refused counts why a photo was not taken, and returns it.
func (s *Shelf) refused(why *fault.Error) error {
	s.counts.refused.WithLabelValues(why.Reason).Inc()
	return why
}

// keyBytes is the length of the key of one photo's files.
const keyBytes = 32

// newLock draws the key of a photo's files and seals it for the photo.
func (s *Shelf) newLock(photoID string) (*auth.Sealer, auth.Sealed, error) {
	return newLock(s.Sealer, photoID)
}

// newLock draws a key and seals it for the thing whose files it is for.
func newLock(sealer *auth.Sealer, id string) (*auth.Sealer, auth.Sealed, error) {
	key := make([]byte, keyBytes)
	if _, err := rand.Read(key); err != nil {
		return nil, auth.Sealed{}, fault.Internal(fmt.Errorf("draw key of photo: %w", err))
	}
	sealed, err := sealer.Seal(id, key)
	if err != nil {
		return nil, sealed, fault.Internal(err)
	}
	lock, err := auth.NewSealer(key)
	return lock, sealed, fault.Internal(err)
}

// lockOf opens the key of a photo's files.
func (s *Shelf) lockOf(p store.Photo) (*auth.Sealer, error) { return openLock(s.Sealer, p.ID, p.Key) }

func openLock(sealer *auth.Sealer, id string, sealed auth.Sealed) (*auth.Sealer, error) {
	key, err := sealer.Open(id, sealed)
	if err != nil {
		return nil, err
	}
	lock, err := auth.NewSealer(key)
	return lock, fault.Internal(err)
}

// newFileName draws the name of a file, which is also the public address of a copy: 128 random bits.
func newFileName() (string, error) {
	var random [16]byte
	if _, err := rand.Read(random[:]); err != nil {
		return "", fault.Internal(fmt.Errorf("draw name of photo: %w", err))
	}
	return hex.EncodeToString(random[:]), nil
}

// put seals a JPEG under a new name.
func (s *Shelf) put(ctx context.Context, lock *auth.Sealer, content []byte) (name string, err error) {
	if name, err = newFileName(); err != nil {
		return "", err
	}
	sealed, err := lock.Seal(name, content)
	if err != nil {
		return "", fault.Internal(err)
	}
	size := int64(len(sealed.Bytes))
	if !s.reserve(size) {
		return "", s.refused(errPhotosFull)
	}
	if err := s.Files.Put(ctx, name, sealed.Bytes); err != nil {
		s.change(-size)
		if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
			return "", s.refused(errPhotosFull.Wrap(err))
		}
		return "", fault.Unavailable("Kho ảnh đang tạm ngừng, xin gửi lại ảnh sau ít giây.").Because("photos_away").Wrap(err)
	}
	return name, nil
}

// open reads a file of a photo.
func (s *Shelf) open(ctx context.Context, p store.Photo, name string) ([]byte, error) {
	lock, err := s.lockOf(p)
	if err != nil {
		return nil, err
	}
	return s.read(ctx, lock, name)
}

// read opens a file with its lock.
func (s *Shelf) read(ctx context.Context, lock *auth.Sealer, name string) ([]byte, error) {
	raw, err := s.Files.Open(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errPhotoIsLost
	}
	if err != nil {
		return nil, fault.Unavailable("Kho ảnh đang tạm ngừng, xin thử lại sau ít giây.").Because("photos_away").Wrap(err)
	}
	id, err := lock.KeyID()
	if err != nil {
		return nil, fault.Internal(err)
	}
	content, err := lock.Open(name, auth.Sealed{KeyID: id, Bytes: raw})
	return content, fault.Internal(err)
}

// drop removes files; what cannot be removed now the next sweep finds.
func (s *Shelf) drop(ctx context.Context, names ...string) {
	for _, name := range names {
		if name == "" {
			continue
		}
		if err := s.Files.Delete(context.WithoutCancel(ctx), name); err != nil {
			s.Log.LogAttrs(ctx, slog.LevelWarn, "file of a photo cannot be removed", slog.Any("err", err))
		}
	}
}

// reserve takes bytes of the quota; false when they are not there.
func (s *Shelf) reserve(n int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.used+n > s.Quota {
		return false
	}
	s.used, s.news = s.used+n, s.news+n
	return true
}

func (s *Shelf) change(n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.used, s.news = s.used+n, s.news+n
}

// Run sweeps now and then until ctx ends.
func (s *Shelf) Run(ctx context.Context) error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		if err := s.Sweep(ctx); err != nil && ctx.Err() == nil {
			s.Log.LogAttrs(ctx, slog.LevelWarn, "photos cannot be swept", slog.Any("err", err))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Sweep removes files that no photo has and that are older than an hour, counts the photos whose file is gone, and measures
// what is used of the quota.
func (s *Shelf) Sweep(ctx context.Context) error {
	s.mu.Lock()
	s.news = 0
	s.mu.Unlock()
	began := s.Now()
	files := map[string]folder.File{}
	var size int64
	err := s.Files.List(ctx, func(f folder.File) error {
		files[f.Name] = f
		size += f.Size
		return nil
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.used = size + s.news
	s.mu.Unlock()
	var absent []string
	err = s.Rows.PhotoFiles(ctx, func(name string, at time.Time) {
		if _, ok := files[name]; !ok && at.Before(began) {
			absent = append(absent, name)
		}
		delete(files, name)
	})
	if err != nil {
		return err // without the rows every file would look like an orphan
	}
	removed := s.removeOrphans(ctx, files, began)
	lost := s.lost(ctx, absent)
	s.counts.missing.Set(float64(lost))
	s.counts.orphans.Add(float64(removed))
	if removed+lost > 0 {
		s.Log.LogAttrs(ctx, slog.LevelWarn, "photos swept", slog.Int("files_without_photo", removed), slog.Int("photos_without_file", lost))
	}
	return nil
}

func (s *Shelf) removeOrphans(ctx context.Context, files map[string]folder.File, now time.Time) (removed int) {
	for name, f := range files {
		if now.Sub(f.At) < orphanAge || ctx.Err() != nil {
			continue
		}
		s.drop(ctx, name)
		s.change(-f.Size)
		removed++
	}
	return removed
}

// lost counts the names whose file is truly gone: one may have been put while the list was read.
func (s *Shelf) lost(ctx context.Context, names []string) (n int) {
	for _, name := range names {
		if _, err := s.Files.Open(ctx, name); errors.Is(err, fs.ErrNotExist) {
			n++
		}
	}
	return n
}

// shelfCounts are the meters of a shelf.
type shelfCounts struct {
	refused *prometheus.CounterVec
	orphans prometheus.Counter
	missing prometheus.Gauge
}

func newShelfCounts(s *Shelf) shelfCounts {
	c := shelfCounts{
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "toancanh_photos_refused_total", Help: "Photos that could not be taken for want of room, by reason.",
		}, []string{"reason"}),
		orphans: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "toancanh_photo_orphans_total", Help: "Files that no photo had and that were removed.",
		}),
		missing: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "toancanh_photos_without_file", Help: "Photos whose file is gone, as the last sweep found.",
		}),
	}
	if s.Metrics == nil {
		return c
	}
	s.Metrics.MustRegister(c.refused, c.orphans, c.missing, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "toancanh_photo_bytes", Help: "Bytes of all files of photos.",
	}, func() float64 {
		s.mu.Lock()
		defer s.mu.Unlock()
		return float64(s.used)
	}), prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "toancanh_photo_quota_bytes", Help: "Bytes that files of photos may have together.",
	}, func() float64 { return float64(s.Quota) }))
	return c
}
