package area_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"

	"toancanh/server/area"
)

func TestFold(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, in, want string
	}{
		{"breve and breve with acute", "Đăk Glong", "dak glong"},
		{"the other spelling", "Đắk Glong", "dak glong"},
		{"decomposed text", norm.NFD.String("Đắk Mil"), "dak mil"},
		{"old and new tone marks", "Quảng Hoà", "quang hoa"},
		{"new tone marks", "Quảng Hòa", "quang hoa"},
		{"straight apostrophe", "Đăk R'Moan", "dak r'moan"},
		{"typographic apostrophe", "Đắk R’moan", "dak r'moan"},
		{"modifier letter apostrophe", "Đắk RʼMoan", "dak r'moan"},
		{"acute accent as apostrophe", "Đắk R´Moan", "dak r'moan"},
		{"upper case", "BUÔN CHOÁH", "buon choah"},
		{"look-alike letter", "Ðắk Nông", "dak nong"},
		{"horn and hook", "Cư Jút, Nâm N'Đir", "cu jut, nam n'dir"},
		{"spaces of all kinds", "  Đắk \u00a0\tMil ", "dak mil"},
		{"dashes", "a – b‑c", "a - b-c"},
		{"nothing", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := area.Fold(c.in); got != c.want {
				t.Errorf("Fold(%q) = %q, want %q", c.in, got, c.want)
			}
			if again := area.Fold(area.Fold(c.in)); again != c.want {
				t.Errorf("folded twice: %q, want %q", again, c.want)
			}
		})
	}
}

func TestSearchFindsOtherSpellings(t *testing.T) {
	t.Parallel()
	tree := sampleAtlas(t).Tree
	for _, c := range []struct {
		text string
		want []string
	}{
		{"đăk n'drung", []string{"24727"}},
		{"Đắk N’Dung", []string{"24727"}},
		{"buon choah", []string{"24694"}},
		{"Buôn Choáh", []string{"24694"}},
		{"huyện đắk glong", []string{"661"}},
		{"663", []string{"663"}},
		{"dak mil", []string{"663", "24664"}},
		{"rmoan", nil},
		{" ", nil},
	} {
		t.Run(c.text, func(t *testing.T) {
			t.Parallel()
			got := codes(tree.Search(old, c.text))
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("search %q (-want +got):\n%s", c.text, diff)
			}
		})
	}
	if got := codes(tree.Search(today, "Đắk Mil")); len(got) == 0 || got[0] != "24670" {
		t.Errorf("Đắk Mil of today is %v, want 24670 first", got)
	}
}
