package access_test

import (
	"testing"

	"toancanh/server/access"
)

// machine is a key with every right, narrowed.
func machine(b access.Bounds) access.Principal {
	return access.Principal{
		ID: "key:1", Roles: []access.Role{access.KeyReadings, access.KeySensors, access.KeyReports, access.KeyScreens, access.KeyHistory},
		Scope: access.Scope{Everywhere: true}, Bounds: b,
	}
}

func TestBoundsNarrowWhatRolesAllow(t *testing.T) {
	t.Parallel()
	district := []access.Place{{Division: "vn-2022", Path: []string{"67", "660"}}}
	inside := access.Object{Place: own(), Unit: "so-xd", Category: "MT"}
	for _, tc := range []struct {
		name   string
		bounds access.Bounds
		action access.Action
		object access.Object
		want   access.Decision
	}{
		{"no bounds", access.Bounds{}, access.ReadReport, access.Object{Place: other(), Category: "AN"}, access.Allow},
		{"a report inside", access.Bounds{Places: district, Categories: []string{"MT"}}, access.ReadReport, inside, access.Allow},
		{"a report elsewhere", access.Bounds{Places: district}, access.ReadReport, access.Object{Place: other(), Category: "MT"}, access.Hide},
		{"a report of another category", access.Bounds{Categories: []string{"AN"}}, access.ReadReport, inside, access.Hide},
		{"an act inside", access.Bounds{Places: district}, access.ActOn("accept"), inside, access.Allow},
		{"an act elsewhere", access.Bounds{Places: district}, access.ActOn("accept"), access.Object{Place: other()}, access.Hide},
		{"the same code in another division", access.Bounds{Places: district}, access.ReadReport, access.Object{Place: elsewhere()}, access.Hide},
		{"an area that is no more", access.Bounds{Places: []access.Place{{Division: "vn-2022", Path: []string{""}}}}, access.ReadReport, inside, access.Hide},
		{"the area's figures", access.Bounds{Places: district}, access.ReadKPIs, access.Object{Place: own()}, access.Allow},
		{"the figures above", access.Bounds{Places: district}, access.ReadKPIs, access.Object{Place: whole()}, access.Hide},
		{"figures of every category", access.Bounds{Categories: []string{"MT"}}, access.ReadKPIs, access.Object{Place: own()}, access.Hide},
		{"figures of every sensor", access.Bounds{Sensors: []string{"mua-*"}}, access.ReadPast, access.Object{Place: own()}, access.Hide},
		{"a topic inside", access.Bounds{Places: district}, access.ListenOps, access.Object{Place: own()}, access.Allow},
		{"a topic of every category", access.Bounds{Places: district, Categories: []string{"MT"}}, access.ListenOps, access.Object{Place: own()}, access.Hide},
		{"a unit's topic", access.Bounds{Places: district}, access.ListenUnit, access.Object{Unit: "so-xd"}, access.Hide},
		{"a screen", access.Bounds{Places: district}, access.ManageScreen, access.Object{}, access.Forbid},
		{"a public topic", access.Bounds{Places: district}, access.ListenPublic, access.Object{Place: other()}, access.Allow},
		{"readings", access.Bounds{Sensors: []string{"mua-*"}}, access.SendReadings, access.Object{}, access.Allow},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := access.Decide(machine(tc.bounds), tc.action, tc.object); got != tc.want {
				t.Errorf("%s, want %s", got, tc.want)
			}
		})
	}
}

// TestBoundsNeverWiden holds for every action and object: with bounds nothing is allowed that is not without.
func TestBoundsNeverWiden(t *testing.T) {
	t.Parallel()
	for _, rule := range access.Table() {
		for _, o := range objects() {
			for _, b := range []access.Bounds{
				{Places: []access.Place{{Division: "vn-2022", Path: []string{"67"}}}}, {Categories: []string{"MT"}}, {Sensors: []string{"a"}},
			} {
				free, narrow := access.Decide(machine(access.Bounds{}), rule.Action, o.Object), access.Decide(machine(b), rule.Action, o.Object)
				if narrow > free {
					t.Errorf("%s, %s: %s without bounds, %s within %+v", rule.Action, o.name, free, narrow, b)
				}
			}
		}
		narrow := machine(access.Bounds{Sensors: []string{"a"}})
		if _, listed := access.RightsOf(narrow)[rule.Action]; listed != access.May(narrow, rule.Action) {
			t.Errorf("%s is listed: %t, may be done: %t", rule.Action, listed, !listed)
		}
	}
}

func TestASensorIsInsideByItsCodeAndPlace(t *testing.T) {
	t.Parallel()
	b := access.Bounds{Sensors: []string{"mua-*", "gio-1"}, Places: []access.Place{{Division: "vn-2022", Path: []string{"67", "660"}}}}
	for code, want := range map[string]bool{"mua-1": true, "mua-": true, "gio-1": true, "gio-12": false, "mua": false, "MUA-1": false} {
		if got := b.HoldsSensor(code, own()); got != want {
			t.Errorf("%s: %t", code, got)
		}
		if b.HoldsSensor(code, other()) {
			t.Errorf("%s elsewhere is inside", code)
		}
	}
	if !(access.Bounds{}).HoldsSensor("x", other()) || (access.Bounds{}).Narrow() || !b.Narrow() {
		t.Error("no bounds narrow something, or bounds nothing")
	}
}
