package auth_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"toancanh/server/auth"
	"toancanh/server/store"
)

// vault is a database with sealed things, and their key files.
type vault struct {
	*lodge
	file string
}

// newVault seals n second factors: of what is sealed they stand for themselves, contacts differ by their table only.
func newVault(t *testing.T, n int) *vault {
	t.Helper()
	v := &vault{newLodge(t), filepath.Join(t.TempDir(), "person.key")}
	sealer, err := auth.OpenSealer(v.file)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		id := fmt.Sprintf("00000000-0000-4000-8000-%012d", i+1)
		sealed, err := sealer.Seal("totp:"+id, []byte("secret of "+id))
		if err != nil {
			t.Fatal(err)
		}
		_, err = v.db.Owner.Exec(t.Context(), "with p as (insert into person (id, login, name, roles) values ($1::uuid, $1, 'An', '{}') returning id) insert into totp (person_id, key_id, sealed) select id, $2, $3 from p",
			id, sealed.KeyID, sealed.Bytes)
		if err != nil {
			t.Fatal(err)
		}
	}
	return v
}

// open counts what opens, with the keys as they lie in their files now.
func (v *vault) open() (opened int) {
	v.t.Helper()
	sealer, err := auth.OpenSealer(v.file)
	if err != nil {
		v.t.Fatal(err)
	}
	rows, err := v.db.Owner.Query(v.t.Context(), "select person_id::text, key_id, sealed from totp")
	if err != nil {
		v.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		var sealed auth.Sealed
		if err := rows.Scan(&id, &sealed.KeyID, &sealed.Bytes); err != nil {
			v.t.Fatal(err)
		}
		if plain, err := sealer.Open("totp:"+id, sealed); err == nil && string(plain) == "secret of "+id {
			opened++
		}
	}
	return opened
}

func (v *vault) under() map[string]int {
	v.t.Helper()
	under, err := v.store.SealedUnder(v.t.Context(), auth.SealedFactors)
	if err != nil {
		v.t.Fatal(err)
	}
	return under
}

// Names of the child that rotates until it is killed.
const (
	childDSN  = "TOANCANH_TEST_RESEAL_DSN"
	childFile = "TOANCANH_TEST_RESEAL_FILE"
)

// TestResealChild is not a test: it is the program that TestARotationSurvivesItsKill kills.
func TestResealChild(t *testing.T) {
	t.Parallel()
	if os.Getenv(childDSN) == "" {
		t.Skip("run by TestARotationSurvivesItsKill alone")
	}
	s, err := store.Open(t.Context(), os.Getenv(childDSN), store.Sizes{Write: 1, Read: 1})
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := auth.OpenSealer(os.Getenv(childFile))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := auth.RenewSealKey(os.Getenv(childFile)); err != nil {
		t.Fatal(err)
	}
	_, err = auth.Reseal(t.Context(), s, sealer, auth.SealedFactors, func(some auth.Resealed) {
		fmt.Println("batch", some.Done)
		select {} // what comes now is the kill, with the next batch not begun
	})
	t.Fatal("not killed:", err)
}

func TestARotationSurvivesItsKill(t *testing.T) {
	t.Parallel()
	const n = 500
	v := newVault(t, n)
	old := v.under()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	child := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestResealChild$", "-test.v")
	child.Env = append(os.Environ(), childDSN+"="+v.db.DSN("toancanh_app"), childFile+"="+v.file)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	said := ""
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if said += lines.Text() + "\n"; strings.HasPrefix(lines.Text(), "batch") {
			break
		}
	}
	_ = child.Process.Kill()
	_ = child.Wait()
	half := v.under()
	if len(half) != 2 || v.open() != n {
		t.Fatalf("after the kill %d of %d open, under %v; the child said %s", v.open(), n, half, said)
	}
	sealer, err := auth.OpenSealer(v.file)
	if err != nil {
		t.Fatal(err)
	}
	done, err := auth.Reseal(t.Context(), v.store, sealer, auth.SealedFactors, func(auth.Resealed) {})
	active, _ := sealer.KeyID()
	if err != nil || done.Done != n-half[active] || half[active] == 0 {
		t.Errorf("the rest: %d of %d, %v", done.Done, n-half[active], err)
	}
	if under := v.under(); len(under) != 1 || under[active] != n || old[active] != 0 {
		t.Errorf("in the end under %v, active %s", under, active)
	}
	if got := v.open(); got != n {
		t.Errorf("%d of %d open", got, n)
	}
}

func TestWhatNoKeyOpensStaysAndIsTold(t *testing.T) {
	t.Parallel()
	v := newVault(t, 3)
	if _, err := v.db.Owner.Exec(t.Context(), "update totp set sealed = '\\x00' where person_id::text like '%2'"); err != nil {
		t.Fatal(err)
	}
	sealer, err := auth.OpenSealer(v.file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := auth.RenewSealKey(v.file); err != nil {
		t.Fatal(err)
	}
	done, err := auth.Reseal(t.Context(), v.store, sealer, auth.SealedFactors, func(auth.Resealed) {})
	if !errors.Is(err, auth.ErrLeft) || done.Done != 2 || len(done.Left) != 1 || !strings.HasSuffix(done.Left[0], "2") {
		t.Errorf("%+v, %v", done, err)
	}
	if retired, err := auth.RetireSealKeys(v.file, v.under(), time.Now().Add(time.Hour)); err != nil || len(retired) > 0 {
		t.Errorf("retired %v, %v: a row is still under it", retired, err)
	}
}

func TestAnotherProcessFollowsARotation(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "keys", "contact.key")
	one, err := auth.OpenSealer(file)
	if err != nil {
		t.Fatal(err)
	}
	two, err := auth.OpenSealer(file)
	if err != nil {
		t.Fatal(err)
	}
	before, err := one.Seal("r1", []byte("0912 345 678"))
	if err != nil {
		t.Fatal(err)
	}
	id, err := auth.RenewSealKey(file)
	if err != nil {
		t.Fatal(err)
	}
	after, err := one.Seal("r1", []byte("0987 654 321"))
	if err != nil || after.KeyID != id || after.KeyID == before.KeyID {
		t.Fatalf("sealed under %s, want %s: %v", after.KeyID, id, err)
	}
	for sealed, want := range map[*auth.Sealed]string{&before: "0912 345 678", &after: "0987 654 321"} {
		if got, err := two.Open("r1", *sealed); err != nil || string(got) != want {
			t.Errorf("the other process opens %q, %v", got, err)
		}
	}
	three, err := auth.OpenSealer(file)
	if err != nil {
		t.Fatal(err)
	}
	unreadable, err := auth.RenewSealKey(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	if still, err := three.Seal("r1", []byte("x")); err != nil || still.KeyID != id {
		t.Errorf("while the new key cannot be read: sealed under %q, %v", still.KeyID, err)
	}
	if _, err := three.KeyID(); err == nil {
		t.Error("nobody is told that the new key cannot be read")
	}
	if err := os.Chmod(file, 0o600); err != nil {
		t.Fatal(err)
	}
	if now, err := three.Seal("r1", []byte("x")); err != nil || now.KeyID != unreadable {
		t.Errorf("once it can be read: sealed under %q, %v", now.KeyID, err)
	}
	if _, err := auth.RetireSealKeys(file, map[string]int{id: 1}, time.Now()); err == nil {
		t.Error("a key was retired right after the rotation")
	}
	late := time.Now().Add(time.Hour)
	if retired, err := auth.RetireSealKeys(file, map[string]int{before.KeyID: 1, id: 1}, late); err != nil || len(retired) > 0 {
		t.Errorf("retired %v, %v: something is sealed under it", retired, err)
	}
	retired, err := auth.RetireSealKeys(file, map[string]int{id: 1}, late)
	if err != nil || len(retired) != 1 || retired[0] != before.KeyID {
		t.Errorf("retired %v, %v", retired, err)
	}
	left, err := auth.OpenSealer(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := left.Open("r1", before); err == nil {
		t.Error("a retired key opens")
	}
	kept, err := filepath.Glob(filepath.Join(filepath.Dir(file), "retired", "contact-"+before.KeyID+".key"))
	if err != nil || len(kept) != 1 {
		t.Errorf("the retired key is kept as %v, %v", kept, err)
	}
}

func TestARenamedKeyFileIsNoted(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "contact.key")
	if _, err := auth.OpenSealer(file); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(file, strings.Replace(file, ".key", "-0123456789ab.key", 1)); err != nil {
		t.Fatal(err)
	}
	if _, err := auth.OpenSealer(file); err == nil || !strings.Contains(err.Error(), "renamed") {
		t.Errorf("opened with %v", err)
	}
}
