package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"toancanh/server/audit"
	"toancanh/server/auth"
)

// shelf is what is sealed, in memory: the rotation's steps are what is tried here.
type shelf struct {
	rows  map[string]auth.Sealed
	audit []string
	stop  int // batches until it fails
}

func (s *shelf) SealedUnder(context.Context, auth.SealedKind) (map[string]int, error) {
	under := map[string]int{}
	for _, r := range s.rows {
		under[r.KeyID]++
	}
	return under, nil
}

func (s *shelf) Reseal(_ context.Context, b auth.ResealBatch) (auth.Resealed, error) {
	if s.stop--; s.stop == 0 {
		return auth.Resealed{}, context.Canceled
	}
	for i := range len(s.rows) {
		id := fmt.Sprint(i)
		if r := s.rows[id]; id > b.After && r.KeyID != b.KeyID {
			made, err := b.Do(id, r)
			s.rows[id] = made
			return auth.Resealed{Last: id, Done: 1}, err
		}
	}
	return auth.Resealed{}, nil
}

func (s *shelf) KeepAudit(_ context.Context, row audit.Row) error {
	s.audit = append(s.audit, row.Why)
	return nil
}

func TestARotationBegunAgainMakesNoOtherKey(t *testing.T) {
	file := filepath.Join(t.TempDir(), "contact.key")
	sealer, err := auth.OpenSealer(file)
	if err != nil {
		t.Fatal(err)
	}
	s := &shelf{rows: map[string]auth.Sealed{}, stop: 3}
	for i := range 5 {
		id := fmt.Sprint(i)
		if s.rows[id], err = sealer.Seal(id, []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	job := sealJob{store: s, file: file, kind: auth.SealedContacts, out: &out}
	if err := rotateSeal(t.Context(), job); err == nil {
		t.Fatal("the end in between was not told")
	}
	s.stop = -1
	if err := rotateSeal(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	active, all, err := sealer.KeyIDs()
	under, _ := s.SealedUnder(t.Context(), auth.SealedContacts)
	if err != nil || len(all) != 2 || len(under) != 1 || under[active] != 5 {
		t.Errorf("keys %v, sealed under %v, active %s: %v\n%s", all, under, active, err, out.String())
	}
	if got, want := strings.Join(s.audit, " "), "seal_rotation_begun seal_rotation_begun seal_rotated"; got != want {
		t.Errorf("the audit says %q, want %q", got, want)
	}
	if text := out.String(); !strings.Contains(text, "rotating to "+active) || !strings.Contains(text, "going on with the rotation to "+active) {
		t.Errorf("it said %s", text)
	}
	if err := rotateSeal(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	if next, _, _ := sealer.KeyIDs(); next == active {
		t.Error("a rotation after a finished one made no other key")
	}
	if _, err := os.Stat(file); err != nil {
		t.Error(err)
	}
}
