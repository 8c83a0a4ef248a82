package embedded_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// noNamespace makes root behave as where user namespaces are forbidden, in most containers for one.
const noNamespace = "TOANCANH_TEST_NO_USERNS=1"

func TestRootWithoutNamespacesUsesAnAccount(t *testing.T) {
	t.Parallel()
	root := requireRoot(t)
	dir := root.emptyDir(t)
	p := root.start(t, dir, noNamespace)
	if want := "running as account "; !strings.Contains(p.Describe, want) {
		t.Errorf("%q does not say %q", p.Describe, want)
	}
	mustWrite(t, p.DSN, "kept")
	p.interrupt(t)
	// The cluster is the account's now, also where namespaces are allowed.
	again := root.start(t, dir)
	if want := "running as account "; !strings.Contains(again.Describe, want) {
		t.Errorf("%q does not say %q", again.Describe, want)
	}
	wantRow(t, again.DSN, "kept")
}

func TestClusterOfMappedRootMovesToAnAccount(t *testing.T) {
	t.Parallel()
	root := requireRoot(t)
	dir := root.cluster(t)
	wantRow(t, root.start(t, dir, noNamespace).DSN, "last words")
}

func TestBinariesOutOfReachAreCopiedBesideTheData(t *testing.T) {
	t.Parallel()
	root := requireRoot(t)
	dir := root.emptyDir(t)
	hidden := filepath.Join(filepath.Dir(dir), "hidden")
	if err := os.Mkdir(hidden, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(packageRoot(t), filepath.Join(hidden, "package")); err != nil {
		t.Fatal(err)
	}
	p := root.start(t, dir, noNamespace, "TOANCANH_PG_BIN="+filepath.Join(hidden, "package", "native", "bin"))
	if !strings.HasPrefix(p.FoundIn, dir) {
		t.Errorf("started from %s, want a copy in %s", p.FoundIn, dir)
	}
}

func TestImpassableHomeIsNamed(t *testing.T) {
	t.Parallel()
	root := requireRoot(t)
	home := root.emptyDir(t) // mode 700
	got := root.refused(t, filepath.Join(home, "data"), noNamespace)
	for _, want := range []string{"may not pass " + home, "/var/lib/toancanh"} {
		if !strings.Contains(got, want) {
			t.Errorf("refusal %q does not say %q", got, want)
		}
	}
}

func requireRoot(t *testing.T) person {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("this case is about root")
	}
	return person{}
}
