package auth_test

import (
	"strings"
	"testing"
	"time"

	"toancanh/server/auth"
	"toancanh/server/fault"
)

func TestAKeyOpensForItsSecretsOnly(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 29, 8, 0, 0, 0, time.UTC)
	until := now.Add(24 * time.Hour)
	first, token, err := auth.NewKey("gateway", auth.RightReadings)
	if err != nil {
		t.Fatal(err)
	}
	id, before, ok := auth.SplitKey(token)
	if !ok || id != first.ID {
		t.Fatalf("SplitKey(%q) = %q, %t", token, id, ok)
	}
	second, token, err := first.Renew()
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := auth.SplitKey(token)
	second.Former, second.FormerUntil = first.Hash, &until
	revoked := second
	revoked.RevokedAt = &now
	for _, tc := range []struct {
		name   string
		key    auth.Key
		secret string
		at     time.Time
		want   string // reason of the refusal; empty: it opens
	}{
		{"the secret", first, before, now, ""},
		{"another secret", first, after, now, "key"},
		{"no secret", first, "", now, "key"},
		{"the new secret at once", second, after, now, ""},
		{"the old secret meanwhile", second, before, until.Add(-time.Nanosecond), ""},
		{"the old secret afterwards", second, before, until, "rotated"},
		{"the new secret afterwards", second, after, until, ""},
		{"a revoked key", revoked, after, now, "revoked"},
		{"a revoked key's old secret", revoked, before, now, "revoked"},
		{"a guess at a revoked key", revoked, strings.Repeat("0", len(after)), now, "key"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := ""
			if err := tc.key.Open(tc.secret, tc.at); err != nil {
				got = fault.Items(err)[0].Reason
				if !fault.Is(err, fault.KindUnauthenticated) {
					t.Errorf("%v is of another kind", err)
				}
			}
			if got != tc.want {
				t.Errorf("refused for %q, want %q", got, tc.want)
			}
		})
	}
	for _, bad := range []string{"", "tck_", "tck_a_b", "Bearer x", token + "0"} {
		if _, _, ok := auth.SplitKey(bad); ok {
			t.Errorf("SplitKey(%q) took it", bad)
		}
	}
}

func TestWhatIsWrongWithAKeyIsSaid(t *testing.T) {
	t.Parallel()
	known := auth.Known{
		Category: func(code string) bool { return code == "MT" },
		Area:     func(division, code string) bool { return division == "vn-2022" && code == "660" },
	}
	good := auth.Key{Label: " Trạm mưa ", Rights: []auth.Right{auth.RightReadings}, Rate: auth.UsualRate(), Scope: auth.KeyScope{
		Sensors: []string{"mua-*", "gio-1", "a*"}, Categories: []string{"MT"}, Areas: []string{"vn-2022/660"},
	}}
	checked, err := auth.CheckKey(good, known)
	if err != nil || checked.Label != "Trạm mưa" {
		t.Fatalf("%q, %v", checked.Label, err)
	}
	many := make([]string, 201)
	for i := range many {
		many[i] = "MT"
	}
	for name, tc := range map[string]struct {
		change func(*auth.Key)
		want   string // field and reason
	}{
		"no label":             {func(k *auth.Key) { k.Label = " " }, "label format"},
		"a line in the label":  {func(k *auth.Key) { k.Label = "a\nb" }, "label format"},
		"no right":             {func(k *auth.Key) { k.Rights = nil }, "rights required"},
		"an unknown right":     {func(k *auth.Key) { k.Rights = []auth.Right{"all"} }, "rights unknown"},
		"a screen's scope":     {func(k *auth.Key) { k.Rights = []auth.Right{auth.RightScreens} }, "rights scope"},
		"a star in the middle": {func(k *auth.Key) { k.Scope.Sensors = []string{"mua*1"} }, "scope.sensors unknown"},
		"a star alone":         {func(k *auth.Key) { k.Scope.Sensors = []string{"*"} }, "scope.sensors unknown"},
		"an unknown category":  {func(k *auth.Key) { k.Scope.Categories = []string{"XX"} }, "scope.categories unknown"},
		"too many categories":  {func(k *auth.Key) { k.Scope.Categories = many }, "scope.categories too_many"},
		"an unknown area":      {func(k *auth.Key) { k.Scope.Areas = []string{"660"} }, "scope.areas unknown"},
		"no request":           {func(k *auth.Key) { k.Rate.PerMinute = 0 }, "per_minute out_of_range"},
		"too many requests":    {func(k *auth.Key) { k.Rate.PerMinute = auth.MostRate().PerMinute + 1 }, "per_minute out_of_range"},
		"no burst":             {func(k *auth.Key) { k.Rate.Burst = -1 }, "burst out_of_range"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := good
			tc.change(&k)
			_, err := auth.CheckKey(k, known)
			items := fault.Items(err)
			if len(items) != 1 || items[0].Field+" "+items[0].Reason != tc.want {
				t.Errorf("got %v, want %s", err, tc.want)
			}
		})
	}
}

func TestAChangedKeyHasAnotherSubject(t *testing.T) {
	t.Parallel()
	k := auth.Key{ID: "0123456789ab", Version: 1}
	seen := map[string]bool{}
	for k.Version = range int64(4) {
		seen[k.Subject()] = true
	}
	// A key as it was kept before keys had versions is at the first.
	if len(seen) != 3 || !seen["key:0123456789ab"] {
		t.Errorf("subjects %v", seen)
	}
	for _, d := range []time.Duration{0, auth.UsualOverlap, auth.MostOverlap} {
		if err := auth.CheckOverlap(d); err != nil {
			t.Errorf("%s: %v", d, err)
		}
	}
	for _, d := range []time.Duration{-1, auth.MostOverlap + 1} {
		if err := auth.CheckOverlap(d); !fault.Is(err, fault.KindInvalid) {
			t.Errorf("%s: %v", d, err)
		}
	}
}
