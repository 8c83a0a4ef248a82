package access_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"toancanh/server/access"
	"toancanh/server/report"
)

var update = flag.Bool("update", false, "write docs/rights.md and testdata")

// own, other and whole are areas of one division; elsewhere is the same code in another.
func own() access.Place {
	return access.Place{Division: "vn-2022", Path: []string{"67", "660", "24611"}}
}

func other() access.Place {
	return access.Place{Division: "vn-2022", Path: []string{"67", "661", "24631"}}
}

func whole() access.Place { return access.Place{Division: "vn-2022", Path: []string{"67"}} }

func elsewhere() access.Place {
	return access.Place{Division: "vn-2025", Path: []string{"67", "660", "24611"}}
}

// somebody has a role, the district 660 and the unit so-xd.
func somebody(role access.Role) access.Principal {
	return access.Principal{ID: "me", Roles: []access.Role{role}, Scope: access.Scope{
		Places: []access.Place{{Division: "vn-2022", Path: []string{"67", "660"}}}, Units: []string{"so-xd"},
	}}
}

// objects are own and others' in every respect.
func objects() []struct {
	name string
	access.Object
} {
	return []struct {
		name string
		access.Object
	}{
		{"nothing in particular", access.Object{}},
		{"own area and unit, one's own", access.Object{Place: own(), Unit: "so-xd", Owner: "me"}},
		{"own area, another's unit", access.Object{Place: own(), Unit: "so-yt"}},
		{"own area, no unit yet", access.Object{Place: own()}},
		{"another's area, own unit", access.Object{Place: other(), Unit: "so-xd"}},
		{"another's area and unit", access.Object{Place: other(), Unit: "so-yt", Owner: "you"}},
		{"the area above one's own", access.Object{Place: whole(), Unit: "so-yt"}},
		{"the same code in another division", access.Object{Place: elsewhere(), Unit: "so-yt"}},
	}
}

// TestEveryRoleActionAndObjectIsDecided walks role x action x object and holds the outcome to a table reviewed by eye.
func TestEveryRoleActionAndObjectIsDecided(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for _, o := range objects() {
		fmt.Fprintf(&b, "# %s\n%-24s", o.name, "")
		for _, r := range access.Roles() {
			fmt.Fprintf(&b, " %-6.6s", short(r))
		}
		b.WriteByte('\n')
		for _, rule := range access.Table() {
			fmt.Fprintf(&b, "%-24s", rule.Action)
			for _, r := range access.Roles() {
				word := map[access.Decision]string{access.Allow: "ALLOW", access.Forbid: "forbid", access.Hide: "."}
				fmt.Fprintf(&b, " %-6s", word[access.Decide(somebody(r), rule.Action, o.Object)])
			}
			b.WriteByte('\n')
		}
		b.WriteByte('\n')
	}
	text := strings.ReplaceAll(b.String(), " \n", "\n")
	for strings.Contains(text, " \n") {
		text = strings.ReplaceAll(text, " \n", "\n")
	}
	golden(t, "testdata/decisions.txt", text)
}

func short(r access.Role) string {
	_, right, ok := strings.Cut(string(r), ":")
	if ok {
		return "k:" + right
	}
	return strings.ReplaceAll(strings.ReplaceAll(string(r), "don_vi_", "dv_"), "_", "")
}

func TestDocsShowTheTable(t *testing.T) {
	t.Parallel()
	golden(t, "../../docs/rights.md", access.Document())
}

func golden(t *testing.T, path, want string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll("testdata", 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("%s differs from the table (-table +file); review it and run the test with -update:\n%s", path, diff)
	}
}

func TestEveryActHasARuleAndNoOther(t *testing.T) {
	t.Parallel()
	acts := map[access.Action]bool{}
	for _, name := range append(report.ActNames(), report.AddPhoto, report.RedactPhoto, report.AskVisit, report.ArriveVisit, report.FinishVisit) {
		acts[access.ActOn(string(name))] = true
	}
	for _, rule := range access.Table() {
		if rule.Action.IsAct() && !acts[rule.Action] {
			t.Errorf("%s is a rule for no act", rule.Action)
		}
		delete(acts, rule.Action)
		if rule.Label == "" {
			t.Errorf("%s has no label", rule.Action)
		}
	}
	for a := range acts {
		t.Errorf("there is no rule for %s", a)
	}
}

func TestEveryTopicIsDecided(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		topic string
		who   []access.Role // who may listen; nobody else
	}{
		{"public/vn-2022/67/661", access.Roles()},
		{"wall/vn-2022/67/660", []access.Role{access.ShiftLead, access.Operator, access.Leader, access.CommunityTeam, access.Desk, access.Screen, access.KeyReports}},
		{"wall/vn-2022/67/660/24611", []access.Role{access.ShiftLead, access.Operator, access.Leader, access.CommunityTeam, access.Desk, access.Screen, access.KeyReports}},
		{"wall/vn-2022/67/661", []access.Role{access.KeyReports}},
		{"wall/vn-2022/67", []access.Role{access.KeyReports}},
		{"ops/vn-2022/67/660", []access.Role{access.ShiftLead, access.Operator, access.Leader, access.Desk, access.KeyReports}},
		{"ops/vn-2022/67/661", []access.Role{access.KeyReports}},
		{"ops/vn-2025/67/660", []access.Role{access.KeyReports}},
		{"unit/so-xd", []access.Role{access.ShiftLead, access.UnitLead, access.UnitOfficer, access.KeyReports}},
		{"unit/so-yt", []access.Role{access.ShiftLead, access.KeyReports}},
		{"screen/tinh", []access.Role{access.ShiftLead, access.KeyReports}},
		{"control", []access.Role{access.Hub}},
	} {
		t.Run(tc.topic, func(t *testing.T) {
			t.Parallel()
			action, object, ok := access.Listen(tc.topic)
			if !ok {
				t.Fatal("no topic")
			}
			may := map[access.Role]bool{}
			for _, r := range tc.who {
				may[r] = true
			}
			for _, r := range access.Roles() {
				if got := access.Decide(somebody(r), action, object) == access.Allow; got != may[r] {
					t.Errorf("%s: got %t, want %t", r, got, may[r])
				}
			}
		})
	}
	screen := access.Principal{ID: "screen:tinh", Roles: []access.Role{access.Screen}}
	action, object, _ := access.Listen("screen/tinh")
	if got := access.Decide(screen, action, object); got != access.Allow {
		t.Errorf("a screen and its own topic: %s", got)
	}
	for _, name := range []string{"", "nobody/x", "wall", "control/x"} {
		if _, _, ok := access.Listen(name); ok {
			t.Errorf("%q is a topic", name)
		}
	}
}

func TestWhatNobodyThoughtOfIsHidden(t *testing.T) {
	t.Parallel()
	for _, r := range access.Roles() {
		if got := access.Decide(somebody(r), "no.such.action", access.Object{}); got != access.Hide {
			t.Errorf("%s: %s", r, got)
		}
	}
	if got := access.Decide(access.Principal{}, access.SeePublic, access.Object{}); got == access.Allow {
		t.Error("a principal without a role is allowed something")
	}
}

func TestSeveralRolesAddUp(t *testing.T) {
	t.Parallel()
	p := somebody(access.UnitLead)
	p.Roles = append(p.Roles, access.Leader)
	for _, o := range []access.Object{{Place: own(), Unit: "so-yt"}, {Place: other(), Unit: "so-xd"}} {
		if got := access.Decide(p, access.ReadReport, o); got != access.Allow {
			t.Errorf("%+v: %s", o, got)
		}
	}
	want := access.Reached{Places: p.Scope.Places, Units: p.Scope.Units}
	if diff := cmp.Diff(want, access.ReachOf(p, access.ListReports)); diff != "" {
		t.Errorf("reach differs (-want +got):\n%s", diff)
	}
	if got := access.Decide(p, access.ReadReport, access.Object{Place: other(), Unit: "so-yt"}); got != access.Hide {
		t.Errorf("neither area nor unit: %s", got)
	}
}

func TestAListReachesNoFurtherThanItsThings(t *testing.T) {
	t.Parallel()
	for _, r := range access.Roles() {
		p := somebody(r)
		reached := access.ReachOf(p, access.ListReports)
		for _, o := range objects() {
			if o.Place.Division == "" {
				continue
			}
			listed := reached.All
			for _, place := range reached.Places {
				listed = listed || place.Holds(o.Place)
			}
			for _, u := range reached.Units {
				listed = listed || u == o.Unit
			}
			if read := access.Decide(p, access.ReadReport, o.Object) == access.Allow; read != listed {
				t.Errorf("%s, %s: listed %t, readable %t", r, o.name, listed, read)
			}
		}
	}
	p := somebody(access.Operator)
	p.Scope = access.Scope{Everywhere: true}
	if !access.ReachOf(p, access.ListReports).All || access.Decide(p, access.ReadReport, access.Object{Place: other()}) != access.Allow {
		t.Error("the whole province is not everywhere")
	}
}
