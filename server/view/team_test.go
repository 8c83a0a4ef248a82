package view_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"toancanh/server/report"
	"toancanh/server/view"
)

func TestATeamSeesThePlaceAndNoSender(t *testing.T) {
	t.Parallel()
	b, r := fresh(t)
	seen := view.ForTeam(r, lens(t).Location)
	if strings.Contains(seen.Text, phoneCanary) || !strings.HasPrefix(seen.Text, "Rác trước nhà") || seen.Lat != r.Location.Lat || seen.ReceivedAt.Minute() != 0 {
		t.Errorf("%+v", seen)
	}
	var fields []string
	for f := range reflect.TypeFor[view.TeamReport]().Fields() {
		fields = append(fields, f.Name)
	}
	slices.Sort(fields)
	want := []string{"Address", "Area", "Category", "Code", "Division", "Emergency", "Lat", "Lon", "Origin", "ReceivedAt", "Text"}
	if diff := cmp.Diff(want, fields); diff != "" {
		t.Errorf("what a team may see (-want +got):\n%s", diff)
	}
	r = do(t, b, r, report.Act{Name: report.Withdraw, Reason: "Gửi nhầm"})
	if seen = view.ForTeam(r, lens(t).Location); seen.Text != view.Withdrawn || seen.Address != "" {
		t.Errorf("withdrawn: %+v", seen)
	}
}
