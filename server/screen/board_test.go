package screen_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"toancanh/server/fault"
	"toancanh/server/screen"
)

// room is a board with a wall, two screens that were set up, a deleted one and one that only speaks.
func room(t *testing.T, more ...screen.Screen) screen.Board {
	t.Helper()
	rows := []screen.Screen{
		{ID: "tinh", Version: 5, Density: screen.Auto},
		{ID: "hop-1", Version: 2, Density: screen.Auto, Area: &screen.Place{Division: division, Code: "661"}, Show: screen.Show{Scene: "mua-bao", Reload: 4}},
		{ID: "hop-2", Version: 1, Density: screen.Auto},
		{ID: "old", Version: 9, Deleted: true},
	}
	return screen.NewBoard(append(rows, more...), []string{"660", "stranger"}, ground(t))
}

// after is the board with changes kept.
func after(t *testing.T, b screen.Board, changed []screen.Screen) screen.Board {
	t.Helper()
	return room(t, append(b.All(), changed...)...)
}

func scene(id string) screen.Order { return screen.Order{Scene: screen.To(id)} }

// told are the changed screens as "id version scene area presenter".
func told(changed []screen.Screen) []string {
	var list []string
	for _, s := range changed {
		code := ""
		if s.Show.Area != nil {
			code = s.Show.Area.Code
		}
		list = append(list, fmt.Sprintf("%s %d %q %q %q", s.ID, s.Version, s.Show.Scene, code, s.Show.Presenter))
	}
	return list
}

func TestABoardKnowsWhoIsThere(t *testing.T) {
	t.Parallel()
	b := room(t)
	var got []string
	for _, s := range b.All() {
		got = append(got, s.ID)
	}
	if diff := cmp.Diff([]string{"660", "hop-1", "hop-2", "tinh"}, got); diff != "" {
		t.Errorf("all (-want +got):\n%s", diff)
	}
	for id, want := range map[string]bool{"tinh": true, "660": true, "24611": true, "old": false, "stranger": false, "": false} {
		if _, got := b.Get(id); got != want {
			t.Errorf("%q known: %v, want %v", id, got, want)
		}
	}
	if old, _ := b.Get("old"); old.Version != 9 {
		t.Errorf("a deleted screen goes on from version %d, want 9", old.Version)
	}
}

func TestAnOrderGoesToWhoIsNamed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		to   []string
		want []string
	}{
		"one":                       {[]string{"tinh"}, []string{`tinh 6 "mua-bao" "" ""`}},
		"one twice":                 {[]string{"tinh", "tinh"}, []string{`tinh 6 "mua-bao" "" ""`}},
		"one that nobody set up":    {[]string{"662"}, []string{`662 1 "mua-bao" "" ""`}},
		"all, also who only speaks": {nil, []string{`660 1 "mua-bao" "" ""`, `hop-1 3 "mua-bao" "" ""`, `hop-2 2 "mua-bao" "" ""`, `tinh 6 "mua-bao" "" ""`}},
	} {
		got, refused, err := room(t).Send(screen.Sending{Screens: c.to, Order: scene("mua-bao")})
		if err != nil || refused != nil {
			t.Errorf("%s: %v %v", name, refused, err)
		}
		if diff := cmp.Diff(c.want, told(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	for name, to := range map[string][]string{"nobody": {}, "an unknown one": {"tinh", "old"}} {
		got, _, err := room(t).Send(screen.Sending{Screens: to, Order: scene("mua-bao")})
		if got != nil || !fault.Is(err, fault.KindInvalid) || fault.Items(err)[0].Field != "screens" {
			t.Errorf("%s: %v, %v", name, told(got), err)
		}
	}
}

func TestOneScreenThatRefusesHoldsUpTheOrder(t *testing.T) {
	t.Parallel()
	legible := func(s screen.Screen) *screen.Refusal {
		if s.ID == "hop-1" && s.SceneInForce() == "mua-bao" {
			return &screen.Refusal{Screen: s.ID, Part: "rivers", PX: 24, NeedPX: 33, Detail: "hop-1: phần rivers cao 24 px, cần 33 px"}
		}
		return nil
	}
	sending := screen.Sending{Order: scene("mua-bao"), Legible: legible}
	got, refused, err := room(t).Send(sending)
	if got != nil || len(refused) != 1 || refused[0].Screen != "hop-1" {
		t.Errorf("sent %v, refused %v", told(got), refused)
	}
	if diff := cmp.Diff([]string{"screens illegible"}, faultsOf(err)); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
	sending.SkipRefused = true
	got, refused, err = room(t).Send(sending)
	if err != nil || len(refused) != 1 || len(got) != 3 {
		t.Errorf("skipping: sent %v, refused %v, %v", told(got), refused, err)
	}
	if _, refused, err = room(t).Send(screen.Sending{Order: screen.Order{Reload: true}, Legible: legible}); err != nil || refused != nil {
		t.Errorf("an order without a scene asks nobody: %v %v", refused, err)
	}
}

func TestFollowersShowWhatThePresenterShows(t *testing.T) {
	t.Parallel()
	b := room(t)
	met, _, err := b.Meet(screen.Meeting{Presenter: "tinh", Followers: []string{"hop-1", "660"}})
	if err != nil {
		t.Fatal(err)
	}
	// Also what follows from the presenter's settings: its ordinary scene, its province.
	want := []string{`660 1 "ngay-thuong" "67" "tinh"`, `hop-1 3 "ngay-thuong" "67" "tinh"`}
	if diff := cmp.Diff(want, told(met)); diff != "" {
		t.Fatalf("meeting (-want +got):\n%s", diff)
	}
	b = after(t, b, met)

	order := screen.Order{Scene: screen.To("mua-bao"), Area: screen.To(&screen.Place{Division: division, Code: "663"}), Reload: true}
	sent, _, err := b.Send(screen.Sending{Screens: []string{"tinh"}, Order: order})
	if err != nil {
		t.Fatal(err)
	}
	want = []string{`660 2 "mua-bao" "663" "tinh"`, `hop-1 4 "mua-bao" "663" "tinh"`, `tinh 6 "mua-bao" "663" ""`}
	if diff := cmp.Diff(want, told(sent)); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	for _, s := range sent {
		if want := map[string]int64{"660": 1, "hop-1": 5, "tinh": 1}[s.ID]; s.Show.Reload != want {
			t.Errorf("%s: reload %d, want %d", s.ID, s.Show.Reload, want)
		}
	}
	all, _, err := b.Send(screen.Sending{Order: scene("mua-bao")})
	if err != nil || len(all) != 4 {
		t.Errorf("an order to all reaches each once: %v, %v", told(all), err)
	}
	b = after(t, b, sent)

	set, err := b.Set("tinh", screen.Settings{Area: &screen.Place{Division: division, Code: "664"}}, nil)
	if err != nil || len(set) != 3 {
		t.Errorf("settings of the presenter: %v, %v", told(set), err)
	}

	ended, err := b.EndMeeting("tinh")
	if err != nil {
		t.Fatal(err)
	}
	// Each shows again what it did before.
	want = []string{`660 3 "" "" ""`, `hop-1 5 "mua-bao" "" ""`}
	if diff := cmp.Diff(want, told(ended)); diff != "" {
		t.Errorf("end (-want +got):\n%s", diff)
	}
	if ended[1].Show.Reload != 5 || ended[1].Before != nil {
		t.Errorf("after the meeting: %+v", ended[1])
	}
}

func TestAMeetingCanBeGivenOtherFollowers(t *testing.T) {
	t.Parallel()
	b := room(t)
	met, _, err := b.Meet(screen.Meeting{Presenter: "tinh", Followers: []string{"hop-1", "hop-2"}})
	if err != nil {
		t.Fatal(err)
	}
	b = after(t, b, met)
	met, _, err = b.Meet(screen.Meeting{Presenter: "tinh", Followers: []string{"hop-2", "660"}})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{`660 1 "ngay-thuong" "67" "tinh"`, `hop-1 4 "mua-bao" "" ""`, `hop-2 3 "ngay-thuong" "67" "tinh"`}
	if diff := cmp.Diff(want, told(met)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	ended, err := after(t, b, met).EndMeeting("tinh")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{`660 2 "" "" ""`, `hop-2 4 "" "" ""`}, told(ended)); diff != "" {
		t.Errorf("who stayed goes back to before the meeting, not into it (-want +got):\n%s", diff)
	}
}

func TestNobodyFollowsInACircle(t *testing.T) {
	t.Parallel()
	b := room(t)
	met, _, err := b.Meet(screen.Meeting{Presenter: "tinh", Followers: []string{"hop-1"}})
	if err != nil {
		t.Fatal(err)
	}
	b = after(t, b, met)
	for name, c := range map[string]struct {
		meeting screen.Meeting
		want    string
	}{
		"itself":                          {screen.Meeting{Presenter: "hop-2", Followers: []string{"hop-2"}}, "screens cycle"},
		"its own follower":                {screen.Meeting{Presenter: "hop-1", Followers: []string{"tinh"}}, "presenter following"},
		"somebody who follows":            {screen.Meeting{Presenter: "hop-1", Followers: []string{"hop-2"}}, "presenter following"},
		"a second presenter":              {screen.Meeting{Presenter: "hop-2", Followers: []string{"hop-1"}}, "screens following"},
		"while it presents":               {screen.Meeting{Presenter: "hop-2", Followers: []string{"tinh"}}, "screens cycle"},
		"a presenter that is not there":   {screen.Meeting{Presenter: "old", Followers: []string{"tinh"}}, "presenter unknown"},
		"and a follower that is not":      {screen.Meeting{Presenter: "tinh", Followers: []string{"old"}}, "screens unknown"},
		"and a presenter without any one": {screen.Meeting{Presenter: "tinh"}, "screens required"},
	} {
		got, _, err := b.Meet(c.meeting)
		if diff := cmp.Diff([]string{c.want}, faultsOf(err)); diff != "" || got != nil {
			t.Errorf("%s: %v (-want +got):\n%s", name, told(got), diff)
		}
	}
	if _, err := b.EndMeeting("hop-2"); !fault.Is(err, fault.KindNotFound) {
		t.Errorf("end of a meeting that is none: %v", err)
	}
}

func TestAFollowerTakesNoOrdersOfItsOwn(t *testing.T) {
	t.Parallel()
	b := room(t)
	met, _, err := b.Meet(screen.Meeting{Presenter: "tinh", Followers: []string{"hop-1"}})
	if err != nil {
		t.Fatal(err)
	}
	b = after(t, b, met)
	_, _, err = b.Send(screen.Sending{Screens: []string{"hop-1"}, Order: scene("mua-bao")})
	if diff := cmp.Diff([]string{"screens following"}, faultsOf(err)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	got, _, err := b.Send(screen.Sending{Screens: []string{"hop-1"}, Order: screen.Order{Reload: true}})
	if err != nil || len(got) != 1 || got[0].Show.Reload != 5 || got[0].Show.Presenter != "tinh" {
		t.Errorf("a reload is no matter of the meeting: %+v, %v", got, err)
	}
}

func TestASceneThatAFollowerCannotShowIsRefusedForIt(t *testing.T) {
	t.Parallel()
	legible := func(s screen.Screen) *screen.Refusal {
		if s.ID == "hop-1" && s.SceneInForce() == "mua-bao" {
			return &screen.Refusal{Screen: "hop-1"}
		}
		return nil
	}
	b := room(t)
	met, _, err := b.Meet(screen.Meeting{Presenter: "tinh", Followers: []string{"hop-1", "hop-2"}, Legible: legible})
	if err != nil {
		t.Fatal(err)
	}
	b = after(t, b, met)
	if _, _, err := b.Send(screen.Sending{Screens: []string{"tinh"}, Order: scene("mua-bao"), Legible: legible}); err == nil {
		t.Error("the order passed")
	}
	got, refused, err := b.Send(screen.Sending{Screens: []string{"tinh"}, Order: scene("mua-bao"), Legible: legible, SkipRefused: true})
	if err != nil || len(refused) != 1 || len(got) != 2 {
		t.Errorf("sent %v, refused %v, %v", told(got), refused, err)
	}
}

func TestAScreenIsSetUpAndDeleted(t *testing.T) {
	t.Parallel()
	b := room(t)
	for id, want := range map[string]int64{"phong-2": 1, "tinh": 6, "old": 10, "663": 1} {
		got, err := b.Set(id, screen.Settings{Point: "Điểm cầu"}, nil)
		if err != nil || len(got) != 1 || got[0].Version != want || got[0].Point != "Điểm cầu" || got[0].Deleted {
			t.Errorf("%s: %+v, %v", id, got, err)
		}
	}
	for _, id := range []string{"", "orders", "all", "Phòng", "a/b", "a b", "a.b"} {
		if _, err := b.Set(id, screen.Settings{}, nil); !fault.Is(err, fault.KindInvalid) {
			t.Errorf("id %q: %v", id, err)
		}
	}
	_, err := b.Set("tinh", screen.Settings{}, func(screen.Screen) *screen.Refusal { return &screen.Refusal{Detail: "x"} })
	if diff := cmp.Diff([]string{"screens illegible"}, faultsOf(err)); diff != "" {
		t.Errorf("settings under which the scene cannot be read (-want +got):\n%s", diff)
	}

	met, _, err := b.Meet(screen.Meeting{Presenter: "tinh", Followers: []string{"hop-1"}})
	if err != nil {
		t.Fatal(err)
	}
	gone, err := after(t, b, met).Delete("tinh")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{`tinh 6 "" "" ""`, `hop-1 4 "mua-bao" "" ""`}, told(gone)); diff != "" || !gone[0].Deleted {
		t.Errorf("deletion (-want +got):\n%s", diff)
	}
	for _, id := range []string{"old", "660", "x"} {
		if _, err := b.Delete(id); !fault.Is(err, fault.KindNotFound) {
			t.Errorf("%s deleted: %v", id, err)
		}
	}
}

func TestSeedsAreSownOnce(t *testing.T) {
	t.Parallel()
	got := room(t).Seed(screen.Unset("tinh"), screen.Unset("old"), screen.Unset("xa"))
	if diff := cmp.Diff([]string{`xa 1 "" "" ""`}, told(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestThereIsALimitToScreens(t *testing.T) {
	t.Parallel()
	var many []screen.Screen
	for i := range 500 {
		many = append(many, screen.Screen{ID: fmt.Sprintf("s%d", i), Version: 1})
	}
	b := screen.NewBoard(many, nil, ground(t))
	if _, err := b.Set("one-more", screen.Settings{}, nil); !fault.Is(err, fault.KindConflict) {
		t.Errorf("the 501st: %v", err)
	}
	if _, err := b.Set("s7", screen.Settings{}, nil); err != nil {
		t.Errorf("an old one: %v", err)
	}
}
