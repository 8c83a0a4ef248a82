package auth_test

import (
	"bytes"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"toancanh/server/auth"
	"toancanh/server/fault"
)

func TestSealedContactOpensOnlyForItsReport(t *testing.T) {
	t.Parallel()
	sealer, err := auth.NewSealer(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := sealer.Seal("r1", []byte("0912 345 678"))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed.Bytes, []byte("0912")) {
		t.Error("the sealed contact shows the phone number")
	}
	if got, err := sealer.Open("r1", sealed); err != nil || string(got) != "0912 345 678" {
		t.Errorf("Open = %q, %v", got, err)
	}
	if _, err := sealer.Open("r2", sealed); err == nil {
		t.Error("a contact opened for another report")
	}
	if _, err := sealer.Open("r1", auth.Sealed{KeyID: sealed.KeyID, Bytes: sealed.Bytes[:5]}); err == nil {
		t.Error("a cut contact opened")
	}
	if _, err := sealer.Open("r1", auth.Sealed{KeyID: "0123456789ab", Bytes: sealed.Bytes}); !fault.Is(err, fault.KindUnavailable) {
		t.Errorf("a contact under a key that is not here: %v", err)
	}
}

func TestKeyFileIsMadeOnceAndKeptPrivate(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keys", "contact.key")
	keys := make([][]byte, 8)
	var wg sync.WaitGroup
	for i := range keys {
		wg.Go(func() { keys[i], _ = auth.KeyFile(path) })
	}
	wg.Wait()
	for i := range keys {
		if len(keys[i]) != 32 || !bytes.Equal(keys[i], keys[0]) {
			t.Fatalf("start %d got another key", i)
		}
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := auth.KeyFile(path); err == nil {
		t.Error("a key file that everybody may read was taken")
	}
}
