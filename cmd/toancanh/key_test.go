package main

import (
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"toancanh/server/auth"
)

func TestTheVerbsDefaultsAreTheHouses(t *testing.T) {
	var v verbs
	p, err := kong.New(&v, kong.Name("toancanh"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Parse([]string{"key", "new", "Trạm mưa", "readings", "--sensor", "mua-*", "--area", "vn-2022/660"}); err != nil {
		t.Fatal(err)
	}
	if got := (auth.KeyRate{PerMinute: v.Key.New.PerMinute, Burst: v.Key.New.Burst}); got != auth.UsualRate() {
		t.Errorf("a key's usual rate is %+v, want %+v", got, auth.UsualRate())
	}
	k := auth.Key{ID: "0123456789ab", Label: "Trạm mưa", Rights: []auth.Right{auth.RightReadings}, Version: 1}
	k, err = v.Key.New.set(k)
	if err != nil {
		t.Fatal(err)
	}
	used, until := time.Date(2026, 11, 29, 1, 2, 0, 0, time.UTC), time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)
	k.UsedAt, k.FormerUntil = &used, &until
	line := keyLine(k, used)
	for _, part := range []string{k.ID, "readings", "6000/min", "used 2026-11-29T01:02:00Z", "sensors: mua-*", "areas: vn-2022/660", "old secret until 2026-11-30T00:00:00Z"} {
		if !strings.Contains(line, part) {
			t.Errorf("%q lacks %q", line, part)
		}
	}
	v.Key.New.Areas = []string{"660"}
	if _, err := v.Key.New.set(k); err == nil {
		t.Error("an area without its division was taken")
	}
	if _, err := p.Parse([]string{"key", "rotate", "0123456789ab"}); err != nil || v.Key.Rotate.Overlap != auth.UsualOverlap {
		t.Errorf("the usual overlap is %v, want %v (%v)", v.Key.Rotate.Overlap, auth.UsualOverlap, err)
	}
}
