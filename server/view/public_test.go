package view_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"toancanh/server/view"
)

func TestWhatLeavesGoesNoDeeperThanItIsTold(t *testing.T) {
	t.Parallel()
	told := func(version int64, path ...string) *view.PublicReport {
		return &view.PublicReport{Code: "K7M2-Q9XD", Version: version, Area: path[len(path)-1], Path: path, Photos: []string{}}
	}
	const root, district, commune = "public/vn-2022/67", "public/vn-2022/67/660", "public/vn-2022/67/660/24611"
	for _, c := range []struct {
		name          string
		before, after *view.PublicReport
		want          []string
	}{
		{"of the whole alone", nil, told(1, "67"), []string{"report " + root}},
		{"deeper, when five are there", told(1, "67"), told(2, "67", "660", "24611"), []string{"report " + root + " " + district + " " + commune}},
		{"and wider again", told(2, "67", "660", "24611"), told(3, "67", "660"), []string{"report " + root + " " + district, "gone " + commune}},
		{"nobody's business any more", told(3, "67", "660"), nil, []string{"gone " + root + " " + district}},
		{"nothing", nil, nil, nil},
	} {
		var got []string
		for _, d := range view.PublicEvents("vn-2022", c.before, c.after) {
			got = append(got, d.Kind+" "+strings.Join(d.Topics, " "))
			if d.Purge || d.Audience != "public" || d.ID != "K7M2-Q9XD" {
				t.Errorf("%s: %+v", c.name, d)
			}
			for _, narrower := range []string{"660", "24611"} {
				if strings.Contains(string(d.Data), narrower) && !slices.Contains(c.after.Path, narrower) {
					t.Errorf("%s: %s is named: %s", c.name, narrower, d.Data)
				}
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// What an answer to everybody may hold. Whoever adds a field meets this list, and the question whether everybody may know it.
func TestPublicAnswersHoldTheseFieldsAndNoOthers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		answer any
		want   string
	}{
		{view.PublicReport{}, "code version category area path origin status received_hour due_date resolved_date published_at text answer photos"},
		{view.NearbyReport{}, "code category area status received_hour due_date"},
		{view.Step{}, "step date text"},
		{view.FollowReport{}, "code version origin category area path status status_label received_hour due_date resolved_date published_at answer_until reason parent text photos"},
	} {
		typ := reflect.TypeOf(c.answer)
		var got []string
		for field := range typ.Fields() {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if name == "" {
				name = "!" + field.Name // without a name of its own it would be told under that of the code
			}
			if name != "-" {
				got = append(got, name)
			}
		}
		if diff := cmp.Diff(c.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", typ, diff)
		}
	}
}
