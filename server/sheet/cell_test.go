package sheet_test

import (
	"testing"

	"toancanh/server/sheet"
)

func TestHarmlessCells(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]string{
		"": "", "Rác": "Rác", "=1+1": "'=1+1", "+84": "'+84", "-1": "'-1", "@x": "'@x", "\t=1": "'\t=1", "  =1": "'  =1", "＝1": "'＝1", "a=1": "a=1", "'=1": "'=1",
	} {
		if got := sheet.Harmless(cell); got != want {
			t.Errorf("%q becomes %q, want %q", cell, got, want)
		}
	}
}
