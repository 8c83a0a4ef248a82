package auth_test

import (
	"path/filepath"
	"regexp"
	"testing"

	"toancanh/server/auth"
)

func TestAReceiptsSecretIsTheReportsAloneAndOutlivesRotation(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file, seal := filepath.Join(folder, "receipt.key"), filepath.Join(folder, "contact.key")
	open := func() *auth.Receipts {
		r, err := auth.OpenReceipts(file)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if _, err := auth.OpenSealer(seal); err != nil {
		t.Fatal(err)
	}
	const mine, other = "0193a0b0-0000-7000-8000-000000000001", "0193a0b0-0000-7000-8000-000000000002"
	secret := open().Secret(mine)
	if !regexp.MustCompile(`^[A-Za-z0-9_-]{22}$`).MatchString(secret) {
		t.Errorf("secret %q", secret)
	}
	if _, err := auth.RenewSealKey(seal); err != nil {
		t.Fatal(err)
	}
	again := open() // as after a crash
	if got := again.Secret(mine); got != secret || !again.Check(mine, secret) {
		t.Errorf("after a start and a rotation the secret is %q, want %q", got, secret)
	}
	for name, wrong := range map[string]string{"another report's": again.Secret(other), "none": "", "half": secret[:11], "longer": secret + "A"} {
		if again.Check(mine, wrong) {
			t.Errorf("%s secret passes", name)
		}
	}
	elsewhere, err := auth.OpenReceipts(filepath.Join(t.TempDir(), "receipt.key"))
	if err != nil {
		t.Fatal(err)
	}
	if elsewhere.Check(mine, secret) {
		t.Error("a secret passes under another house's key")
	}
}
