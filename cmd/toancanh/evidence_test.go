package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"toancanh/server"
	"toancanh/server/evidence"
)

func TestEvidenceIsVerifiedWithoutAServer(t *testing.T) {
	t.Parallel()
	signer, err := server.EvidenceSigner(server.Config{Keys: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	stamp := evidence.Stamp{Incident: "SC-2026-0001", ID: "i", Version: 3, StateAt: time.Unix(1, 0).UTC(), MadeAt: time.Unix(2, 0).UTC()}
	if err := evidence.Write(&b, []evidence.File{{Name: "a.txt", Content: []byte("a")}}, stamp, signer); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "pack.zip")
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := (evidenceVerifyCmd{File: file, Fingerprint: evidence.Fingerprint(signer.Public())}).Run(); err != nil {
		t.Error(err)
	}
	if err := (evidenceVerifyCmd{File: file, Fingerprint: "sha256:0"}).Run(); !errors.Is(err, errOtherKey) {
		t.Errorf("another key: %v", err)
	}
	broken := b.Bytes()
	broken[40] ^= 1
	if err := os.WriteFile(file, broken, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := (evidenceVerifyCmd{File: file}).Run(); err == nil {
		t.Error("a changed byte is not found")
	}
}
