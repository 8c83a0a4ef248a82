package server

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"toancanh/server/embedded/testpg"
)

func TestPhotosAreKeptWhereTheSettingSays(t *testing.T) {
	t.Parallel()
	db := testpg.New(t)
	c := valid()
	c.DatabaseURL, c.PublicDatabaseURL, c.Data, c.Hub = db.DSN(testpg.App), db.DSN(testpg.Public), t.TempDir(), "off"
	open := func(photos string) (*Server, error) {
		c.Photos = photos
		s, err := New(t.Context(), Options{Config: c, Build: "test", Log: slog.New(slog.DiscardHandler)})
		if err == nil {
			t.Cleanup(s.Close)
		}
		return s, err
	}
	none, err := open("")
	if err != nil || none.shelf != nil {
		t.Fatalf("without a directory: %v, %v", none.shelf, err)
	}
	if _, err := os.Stat(c.KeyFile("photo.key")); err == nil {
		t.Error("without a directory a key was made")
	}
	some, err := open(filepath.Join(c.Data, "photos"))
	if err != nil || some.shelf == nil || some.shelf.Quota != 64<<20 {
		t.Fatalf("with a directory: %v", err)
	}
	key, err := os.Stat(c.KeyFile("photo.key"))
	if err != nil || key.Mode().Perm() != 0o600 {
		t.Errorf("the key: %v", err)
	}
	if err := some.shelf.Sweep(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := open(c.KeyFile("photo.key")); err == nil || !strings.Contains(err.Error(), "TOANCANH_PHOTOS") {
		t.Errorf("a file in place of a directory: %v", err)
	}
}
