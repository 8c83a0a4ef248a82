package audit_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"toancanh/server/audit"
)

// sealed is a chain of n rows.
func sealed(chain *audit.Chain, n int) []audit.Kept {
	at := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	var rows []audit.Kept
	var before []byte
	for i := range n {
		k := audit.Kept{
			Row: audit.Row{Author: audit.Author{Who: "person:1"}, What: "act.assign", Object: fmt.Sprint("report:", i), Result: audit.Done},
			ID:  int64(i + 10), At: at.Add(time.Duration(i) * time.Second), N: int64(i + 1), SealedAt: at.Add(time.Minute),
		}
		k.Seal = chain.Seal(before, k)
		before = k.Seal
		rows = append(rows, k)
	}
	return rows
}

func TestAnInspectionFindsEveryChange(t *testing.T) {
	t.Parallel()
	chain := audit.NewChain([]byte("a key of thirty-two bytes, nearly"))
	whole := sealed(chain, 5)
	head := audit.Head{N: 5, Seal: whole[4].Seal}
	for _, tc := range []struct {
		name   string
		change func([]audit.Kept) []audit.Kept
		want   string // empty: nothing is wrong
	}{
		{"nothing", func(r []audit.Kept) []audit.Kept { return r }, ""},
		{"a row that waits", func(r []audit.Kept) []audit.Kept { return append(r, audit.Kept{ID: 99, At: whole[4].At}) }, ""},
		{"a row that waits too long", func(r []audit.Kept) []audit.Kept {
			return append(r, audit.Kept{ID: 99, At: whole[0].At.Add(-time.Hour)})
		}, "not sealed"},
		{"who did it", func(r []audit.Kept) []audit.Kept { r[2].Who = "person:2"; return r }, "changed"},
		{"why", func(r []audit.Kept) []audit.Kept { r[2].Why = "x"; return r }, "changed"},
		{"words moved to the next field", func(r []audit.Kept) []audit.Kept { r[2].What, r[2].Object = r[2].What+r[2].Object, ""; return r }, "changed"},
		{"when", func(r []audit.Kept) []audit.Kept { r[2].At = r[2].At.Add(time.Microsecond); return r }, "changed"},
		{"a seal", func(r []audit.Kept) []audit.Kept { r[2].Seal = slices.Repeat([]byte{1}, 32); return r }, "changed"},
		{"a row gone", func(r []audit.Kept) []audit.Kept { return slices.Delete(r, 2, 3) }, "gone"},
		{"a row gone and the rest renumbered", func(r []audit.Kept) []audit.Kept {
			r = slices.Delete(r, 2, 3)
			r[2].N, r[3].N = 3, 4
			return r
		}, "changed"},
		{"the first gone", func(r []audit.Kept) []audit.Kept { return r[1:] }, "gone"},
		{"the last gone", func(r []audit.Kept) []audit.Kept { return r[:4] }, "newest rows are gone"},
		{"all gone", func([]audit.Kept) []audit.Kept { return nil }, "newest rows are gone"},
		{"two in each other's place", func(r []audit.Kept) []audit.Kept {
			r[1], r[2] = r[2], r[1]
			r[1].N, r[2].N = 2, 3
			return r
		}, "changed"},
		{"one put in", func(r []audit.Kept) []audit.Kept { return slices.Insert(r, 2, r[1]) }, "gone"},
		{"made anew with another key", func([]audit.Kept) []audit.Kept { return sealed(audit.NewChain([]byte("another")), 5) }, "changed"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			i := chain.Inspect(head)
			for _, row := range tc.change(slices.Clone(whole)) {
				i.Row(row, whole[4].At)
			}
			found := i.End().Findings
			if (len(found) > 0) != (tc.want != "") || tc.want != "" && !strings.Contains(fmt.Sprint(found), tc.want) {
				t.Errorf("found %v, want %q", found, tc.want)
			}
		})
	}
}

func TestAChainMadeAnewMissesItsAnchor(t *testing.T) {
	t.Parallel()
	chain := audit.NewChain([]byte("key"))
	i := chain.Inspect(audit.Head{N: 2, Seal: []byte("what was seen then")})
	for _, row := range sealed(chain, 3) {
		i.Row(row, row.At)
	}
	if got := fmt.Sprint(i.End().Findings); !strings.Contains(got, "anchor") {
		t.Errorf("found %s", got)
	}
}

func TestAnAddressLosesItsLastPart(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"203.0.113.77": "203.0.113.0/24", "::ffff:203.0.113.77": "203.0.113.0/24", "2001:db8:1:2::3": "2001:db8:1::/48", "fe80::1%eth0": "fe80::/48",
	} {
		if got := audit.Network(netip.MustParseAddr(in)); got != want {
			t.Errorf("%s: got %q, want %q", in, got, want)
		}
	}
	if got := audit.Network(netip.Addr{}); got != "" {
		t.Errorf("no address: %q", got)
	}
}
