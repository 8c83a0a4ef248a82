package evidence_test

import (
	"bytes"
	"crypto/ed25519"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"toancanh/server/evidence"
)

// signer signs with the key of a seed.
type signer struct{ key ed25519.PrivateKey }

func newSigner(b byte) signer {
	return signer{ed25519.NewKeyFromSeed(bytes.Repeat([]byte{b}, ed25519.SeedSize))}
}

func (s signer) Sign(message []byte) []byte { return ed25519.Sign(s.key, message) }

func (s signer) Public() ed25519.PublicKey {
	public, _ := s.key.Public().(ed25519.PublicKey)
	return public
}

func stamp() evidence.Stamp {
	return evidence.Stamp{
		Incident: "SC-2026-0007", ID: "0198f0d2-0000-7000-8000-000000000001", Version: 12,
		StateAt: time.Date(2026, 11, 30, 1, 2, 3, 456000000, time.UTC), MadeAt: time.Date(2026, 11, 30, 2, 0, 0, 0, time.UTC),
	}
}

func files() []evidence.File {
	return []evidence.File{{"README.txt", []byte("Hồ sơ\n")}, {"bao-cao/đường ngập.csv", []byte("a,b\n1,2\n")}, {"empty.txt", nil}}
}

func packed(t *testing.T, s evidence.Stamp, list []evidence.File, key evidence.Key) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := evidence.Write(&b, list, s, key); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAPackIsFoundWhole(t *testing.T) {
	t.Parallel()
	key := newSigner(1)
	v, err := evidence.Verify(packed(t, stamp(), files(), key))
	if err != nil {
		t.Fatal(err)
	}
	if v.Stamp != stamp() || v.Files != 4 || v.Fingerprint != evidence.Fingerprint(key.Public()) {
		t.Errorf("found %+v", v)
	}
}

// Whichever byte is changed, and to whatever: it is found, also in the archive's own headers.
func TestEveryByteIsWatched(t *testing.T) {
	t.Parallel()
	whole := packed(t, stamp(), files(), newSigner(1))
	for i := range whole {
		for _, bit := range []byte{1, 0x80} {
			broken := slices.Clone(whole)
			broken[i] ^= bit
			if _, err := evidence.Verify(broken); err == nil {
				t.Fatalf("byte %d of %d changed by %#x is not found", i, len(whole), bit)
			}
		}
	}
	for name, broken := range map[string][]byte{
		"cut off": whole[:len(whole)-1], "with more behind": append(slices.Clone(whole), 0), "with more before": append([]byte{0}, whole...), "nothing": nil,
	} {
		if _, err := evidence.Verify(broken); err == nil {
			t.Errorf("a pack %s is not found", name)
		}
	}
}

// Who changes a file and the manifest and signs with a key of their own makes another pack: its fingerprint tells.
func TestAnotherKeyHasAnotherFingerprint(t *testing.T) {
	t.Parallel()
	forged, err := evidence.Verify(packed(t, stamp(), files()[:1], newSigner(2)))
	if err != nil {
		t.Fatal(err)
	}
	if forged.Fingerprint == evidence.Fingerprint(newSigner(1).Public()) {
		t.Error("two keys have one fingerprint")
	}
}

func TestTheSameStateIsTheSameBytes(t *testing.T) {
	t.Parallel()
	key := newSigner(1)
	backwards := files()
	slices.Reverse(backwards)
	first := packed(t, stamp(), files(), key)
	if !bytes.Equal(first, packed(t, stamp(), backwards, key)) {
		t.Error("the order in which files come shows")
	}
	later := stamp()
	later.MadeAt = later.MadeAt.Add(time.Hour)
	second := packed(t, later, files(), key)
	if len(first) != len(second) {
		t.Fatalf("made an hour later it has %d bytes, not %d", len(second), len(first))
	}
	differ := 0
	for i := range first {
		if first[i] != second[i] {
			differ++
		}
	}
	// An hour in the manifest, its signature of 64 bytes, and their two check sums in the archive, each written twice.
	if differ == 0 || differ > 1+64+2*2*4 {
		t.Errorf("made an hour later %d bytes differ", differ)
	}
}

// Tools that everybody has check a pack without any program of ours.
func TestPlainToolsCheckAPack(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"unzip", "sha256sum", "openssl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed (Debian: unzip, coreutils, openssl): nobody checks with it", tool)
		}
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "pack.zip"), packed(t, stamp(), files(), newSigner(1)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"unzip -q pack.zip -d out", "cd out && sha256sum --strict -c MANIFEST.sha256",
		"cd out && openssl pkeyutl -verify -pubin -inkey public.pem -rawin -in MANIFEST.sha256 -sigfile MANIFEST.sig",
	} {
		run := exec.CommandContext(t.Context(), "sh", "-c", line)
		run.Dir, run.Env = dir, append(os.Environ(), "LC_ALL=C.UTF-8")
		if out, err := run.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", line, err, out)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "out", "README.txt"), []byte("Hồ sợ\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	run := exec.CommandContext(t.Context(), "sha256sum", "-c", "MANIFEST.sha256")
	run.Dir = filepath.Join(dir, "out")
	if out, err := run.CombinedOutput(); err == nil || !strings.Contains(string(out), "README.txt: FAILED") {
		t.Errorf("sha256sum finds nothing: %v %s", err, out)
	}
}
