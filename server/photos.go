package server

import (
	"fmt"
	"time"

	"toancanh/server/auth"
	"toancanh/server/intake"
	"toancanh/server/photo/folder"
)

// openShelf takes the directory of photos into use, where there is one.
func (s *Server) openShelf() error {
	if s.options.Photos == "" {
		return nil
	}
	files, err := folder.Open(s.options.Photos, time.Now)
	if err != nil {
		return fmt.Errorf("TOANCANH_PHOTOS: %w", err)
	}
	sealer, err := auth.OpenSealer(s.options.SealKey(auth.SealedPhotos))
	if err != nil {
		return err
	}
	papers, err := auth.OpenSealer(s.options.SealKey(auth.SealedFiles))
	if err != nil {
		return err
	}
	s.shelf = intake.NewShelf(intake.ShelfConfig{
		Files: files, Rows: s.store, Sealer: sealer, Papers: papers, Quota: s.options.PhotoQuota << 20, Now: time.Now, Log: s.log, Metrics: s.metrics,
	})
	return nil
}
