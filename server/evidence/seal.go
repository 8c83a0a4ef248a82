// Package evidence makes the file that holds the whole of an incident for somebody who trusts nobody: every file in it stands in a
// manifest with its hash, and the centre signs the manifest. It also checks such files. Everything here is a pure function of its
// arguments; the same incident gives the same bytes but for the time it was made at.
package evidence

import (
	"archive/zip"
	"bytes"
	"cmp"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Names of the files that hold the others together.
const (
	manifestName  = "MANIFEST.sha256"
	signatureName = "MANIFEST.sig"
	keyName       = "public.pem"
)

// File is one file of a pack.
type File struct {
	Name    string // with forward slashes, relative
	Content []byte
}

// Stamp is what the manifest says of the whole.
type Stamp struct {
	Incident string // its code
	ID       string
	Version  int64
	StateAt  time.Time // when the incident last changed: the time of every file
	MadeAt   time.Time
}

// Key signs manifests.
type Key interface {
	Sign(message []byte) []byte
	Public() ed25519.PublicKey
}

// Fingerprint names a public key in words that can be read out: what a reader compares with what the centre published.
func Fingerprint(key ed25519.PublicKey) string {
	sum := sha256.Sum256(key)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Write puts files into a pack. Nothing is compressed, so that whoever checks it can make every byte of it again.
func Write(w io.Writer, files []File, s Stamp, key Key) error {
	public, err := encodeKey(key.Public())
	if err != nil {
		return err
	}
	files = append(slices.Clone(files), File{keyName, public})
	slices.SortFunc(files, func(a, b File) int { return cmp.Compare(a.Name, b.Name) })
	manifest := s.manifest(files)
	files = append(files, File{manifestName, manifest}, File{signatureName, key.Sign(manifest)})
	return pack(w, files, s.StateAt)
}

// manifest lists files as sha256sum does; lines that begin with # are comments to it.
func (s Stamp) manifest(files []File) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# toancanh evidence 1\n# incident %s %s\n# version %d\n# state-at %s\n# made-at %s\n# files %d\n",
		s.Incident, s.ID, s.Version, s.StateAt.UTC().Format(time.RFC3339Nano), s.MadeAt.UTC().Format(time.RFC3339), len(files))
	for _, f := range files {
		sum := sha256.Sum256(f.Content)
		fmt.Fprintf(&b, "%s  %s\n", hex.EncodeToString(sum[:]), f.Name)
	}
	return b.Bytes()
}

// pack writes files one after the other, as they are.
func pack(w io.Writer, files []File, at time.Time) error {
	z := zip.NewWriter(w)
	for _, f := range files {
		head := &zip.FileHeader{Name: f.Name, Method: zip.Store, Modified: at.UTC().Truncate(time.Second)}
		head.SetMode(0o644)
		part, err := z.CreateHeader(head)
		if err == nil {
			_, err = part.Write(f.Content)
		}
		if err != nil {
			return fmt.Errorf("pack %s: %w", f.Name, err)
		}
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("pack evidence: %w", err)
	}
	return nil
}

func encodeKey(key ed25519.PublicKey) ([]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return nil, fmt.Errorf("encode public key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), nil
}

func decodeKey(raw []byte) (ed25519.PublicKey, error) {
	block, _ := pem.Decode(raw)
	if block == nil {
		return nil, errors.New("public.pem holds no key")
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("read public.pem: %w", err)
	}
	public, ok := key.(ed25519.PublicKey)
	if !ok {
		return nil, errors.New("public.pem holds a key of another kind than Ed25519")
	}
	return public, nil
}

// Bounds of what is read back: a file may come from anybody.
const (
	mostFiles = 5000
	mostBytes = 1 << 30
)

// Verified is what a pack says once it was found whole.
type Verified struct {
	Stamp
	Files       int
	Fingerprint string
}

// Verify checks that a pack is, byte for byte, what was signed with the key inside it. Whose key that is, the caller compares with
// the fingerprint that the centre published.
func Verify(raw []byte) (Verified, error) {
	files, err := unpack(raw)
	if err != nil {
		return Verified{}, err
	}
	byName := map[string][]byte{}
	for _, f := range files {
		byName[f.Name] = f.Content
	}
	for _, needed := range []string{manifestName, signatureName, keyName} {
		if _, ok := byName[needed]; !ok {
			return Verified{}, fmt.Errorf("%s is missing", needed)
		}
	}
	public, err := decodeKey(byName[keyName])
	if err != nil {
		return Verified{}, err
	}
	if !ed25519.Verify(public, byName[manifestName], byName[signatureName]) {
		return Verified{}, errors.New("the manifest is not what was signed")
	}
	v, err := readManifest(byName[manifestName])
	if err != nil {
		return Verified{}, err
	}
	// What the manifest says is signed; the hashes of the files make it again, or they are other files.
	listed := slices.DeleteFunc(slices.Clone(files), func(f File) bool { return f.Name == manifestName || f.Name == signatureName })
	slices.SortFunc(listed, func(a, b File) int { return cmp.Compare(a.Name, b.Name) })
	if err := compare(byName[manifestName], v.manifest(listed)); err != nil {
		return Verified{}, err
	}
	var again bytes.Buffer
	if err := pack(&again, append(listed, File{manifestName, byName[manifestName]}, File{signatureName, byName[signatureName]}), v.StateAt); err != nil {
		return Verified{}, err
	}
	if !bytes.Equal(again.Bytes(), raw) {
		return Verified{}, errors.New("the archive holds bytes that belong to no signed file")
	}
	v.Files, v.Fingerprint = len(listed), Fingerprint(public)
	return v, nil
}

// compare names the first file that is not what was signed.
func compare(signed, found []byte) error {
	if bytes.Equal(signed, found) {
		return nil
	}
	have := map[string]bool{}
	for line := range strings.Lines(string(found)) {
		have[line] = true
	}
	for line := range strings.Lines(string(signed)) {
		if !have[line] && !strings.HasPrefix(line, "#") {
			_, name, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
			return fmt.Errorf("%q was changed or removed", name)
		}
	}
	return errors.New("a file was put in that the manifest does not list")
}

func readManifest(raw []byte) (Verified, error) {
	var v Verified
	var stateAt, madeAt string
	var n int
	_, err := fmt.Sscanf(string(raw), "# toancanh evidence 1\n# incident %s %s\n# version %d\n# state-at %s\n# made-at %s\n# files %d\n",
		&v.Incident, &v.ID, &v.Version, &stateAt, &madeAt, &n)
	if err != nil {
		return v, fmt.Errorf("read manifest: %w", err)
	}
	if v.StateAt, err = time.Parse(time.RFC3339Nano, stateAt); err == nil {
		v.MadeAt, err = time.Parse(time.RFC3339, madeAt)
	}
	if err != nil {
		return v, fmt.Errorf("read manifest: %w", err)
	}
	return v, nil
}

// unpack reads an archive that anybody may have made.
func unpack(raw []byte) ([]File, error) {
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return nil, fmt.Errorf("read archive: %w", err)
	}
	if len(z.File) > mostFiles {
		return nil, fmt.Errorf("the archive has %d files, more than the %d there may be", len(z.File), mostFiles)
	}
	var files []File
	left := int64(mostBytes)
	seen := map[string]bool{}
	for _, part := range z.File {
		if seen[part.Name] {
			return nil, fmt.Errorf("%q stands in the archive twice", part.Name)
		}
		seen[part.Name] = true
		content, err := readPart(part, left)
		if err != nil {
			return nil, err
		}
		left -= int64(len(content))
		files = append(files, File{part.Name, content})
	}
	return files, nil
}

func readPart(part *zip.File, most int64) ([]byte, error) {
	r, err := part.Open()
	if err != nil {
		return nil, fmt.Errorf("open %q: %w", part.Name, err)
	}
	defer r.Close()
	content, err := io.ReadAll(io.LimitReader(r, most+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read %q: %w", part.Name, err)
	case int64(len(content)) > most:
		return nil, errors.New("the archive holds more than it may")
	}
	return content, nil
}
