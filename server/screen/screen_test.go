package screen_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"toancanh/server/area"
	"toancanh/server/fault"
	"toancanh/server/screen"
)

const division = "vn-2022"

var sampleAtlas = sync.OnceValues(area.Sample)

func ground(t *testing.T) screen.Ground {
	t.Helper()
	atlas, err := sampleAtlas()
	if err != nil {
		t.Fatal(err)
	}
	return screen.Ground{Tree: atlas.Tree, Division: division}
}

// now is a moment on the morning of a working day.
func now() time.Time { return time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC) }

func world(t *testing.T) screen.World {
	t.Helper()
	return screen.World{
		Now: now(), Ground: ground(t),
		HasScene: func(id string) bool { return id == "ngay-thuong" || id == "mua-bao" },
	}
}

// faultsOf are the fields and reasons of an error, "show.scene unknown".
func faultsOf(err error) []string {
	var list []string
	for _, f := range fault.Items(err) {
		list = append(list, f.Field+" "+f.Reason)
	}
	return list
}

func TestAnOrderChangesOnlyWhatItNames(t *testing.T) {
	t.Parallel()
	message := &screen.Message{Text: "Họp", State: "attention"}
	full := screen.Show{
		Scene: "mua-bao", Area: &screen.Place{Division: division, Code: "660"},
		Highlight: &screen.Highlight{Kind: "area", ID: "660"}, Message: message, Presenter: "tinh", Reload: 3,
	}
	for name, c := range map[string]struct {
		order screen.Order
		want  func(*screen.Show)
	}{
		"nothing":             {screen.Order{}, func(*screen.Show) {}},
		"a scene":             {screen.Order{Scene: screen.To("ngay-thuong")}, func(s *screen.Show) { s.Scene = "ngay-thuong" }},
		"the scene back":      {screen.Order{Scene: screen.To("")}, func(s *screen.Show) { s.Scene = "" }},
		"the area back":       {screen.Order{Area: screen.To[*screen.Place](nil)}, func(s *screen.Show) { s.Area = nil }},
		"the highlight back":  {screen.Order{Highlight: screen.To[*screen.Highlight](nil)}, func(s *screen.Show) { s.Highlight = nil }},
		"the message back":    {screen.Order{Message: screen.To[*screen.Message](nil)}, func(s *screen.Show) { s.Message = nil }},
		"a reload, each time": {screen.Order{Reload: true}, func(s *screen.Show) { s.Reload = 4 }},
	} {
		want := full
		c.want(&want)
		if diff := cmp.Diff(want, c.order.Apply(full)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestAnOrderThatCannotBeShownNamesItsParts(t *testing.T) {
	t.Parallel()
	past, soon := now(), now().Add(time.Minute)
	message := func(m screen.Message) screen.Order { return screen.Order{Message: screen.To(&m)} }
	for name, c := range map[string]struct {
		order screen.Order
		want  []string
	}{
		"nothing at all":                  {screen.Order{}, []string{"show required"}},
		"only a reload":                   {screen.Order{Reload: true}, nil},
		"a scene that ships":              {screen.Order{Scene: screen.To("mua-bao")}, nil},
		"another scene":                   {screen.Order{Scene: screen.To("tet")}, []string{"show.scene unknown"}},
		"an area":                         {screen.Order{Area: screen.To(&screen.Place{Division: division, Code: "24611"})}, nil},
		"an unknown area":                 {screen.Order{Area: screen.To(&screen.Place{Division: division, Code: "1"})}, []string{"show.area unknown"}},
		"an area that is not live":        {screen.Order{Area: screen.To(&screen.Place{Division: "vn-2025", Code: "68"})}, []string{"show.area unknown"}},
		"a highlight of an unknown kind":  {screen.Order{Highlight: screen.To(&screen.Highlight{Kind: "cloud", ID: "x"})}, []string{"show.highlight unknown"}},
		"a highlight of nothing":          {screen.Order{Highlight: screen.To(&screen.Highlight{Kind: "area"})}, []string{"show.highlight unknown"}},
		"a message":                       {message(screen.Message{Text: "Họp lúc 15 giờ", State: "warning", Until: &soon}), nil},
		"a message without a state":       {message(screen.Message{Text: "Họp"}), nil},
		"a message in another form":       {message(screen.Message{Text: " Ho\u0323p "}), nil},
		"a message of 140":                {message(screen.Message{Text: strings.Repeat("ệ", 140)}), nil},
		"a message of 140 marks apart":    {message(screen.Message{Text: strings.Repeat("e\u0323\u0302", 140)}), nil},
		"a message of 141":                {message(screen.Message{Text: strings.Repeat("a", 141)}), []string{"show.message.text too_long"}},
		"an empty message":                {message(screen.Message{Text: " \u00a0 "}), []string{"show.message.text required"}},
		"a message of two lines":          {message(screen.Message{Text: "a\nb"}), []string{"show.message.text encoding"}},
		"a message that turns its words":  {message(screen.Message{Text: "a\u202eb"}), []string{"show.message.text encoding"}},
		"a message of broken bytes":       {message(screen.Message{Text: "a\xff"}), []string{"show.message.text encoding"}},
		"a message of a state of its own": {message(screen.Message{Text: "a", State: "panic"}), []string{"show.message.state unknown"}},
		"a message that is over":          {message(screen.Message{Text: "a", Until: &past}), []string{"show.message.until past"}},
		"two wrong parts": {
			screen.Order{Scene: screen.To("x"), Message: screen.To(&screen.Message{})},
			[]string{"show.scene unknown", "show.message.text required"},
		},
	} {
		if diff := cmp.Diff(c.want, faultsOf(c.order.Clean().Check(world(t)))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestAMessageIsKeptComposed(t *testing.T) {
	t.Parallel()
	got := screen.Order{Message: screen.To(&screen.Message{Text: " Ho\u0323p "})}.Clean().Message.To
	if diff := cmp.Diff(&screen.Message{Text: "Họp", State: "attention"}, got); diff != "" {
		t.Errorf("message (-want +got):\n%s", diff)
	}
}

func TestTheSceneInForce(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ own, sent, want string }{
		{"", "", "ngay-thuong"}, {"mua-bao", "", "mua-bao"}, {"mua-bao", "ngay-thuong", "ngay-thuong"}, {"", "mua-bao", "mua-bao"},
	} {
		s := screen.Screen{Scene: c.own, Show: screen.Show{Scene: c.sent}}
		if got := s.SceneInForce(); got != c.want {
			t.Errorf("own %q, sent %q: %q in force, want %q", c.own, c.sent, got, c.want)
		}
	}
}

func TestTheAreaAScreenShows(t *testing.T) {
	t.Parallel()
	place := func(division, code string) *screen.Place { return &screen.Place{Division: division, Code: code} }
	for name, c := range map[string]struct {
		screen screen.Screen
		want   string
	}{
		"the province, when nothing else is said":    {screen.Unset("xa"), "67"},
		"the area its id names":                      {screen.Unset("660"), "660"},
		"its own before that of its id":              {screen.Screen{ID: "660", Area: place(division, "661")}, "661"},
		"what was sent before all":                   {screen.Screen{ID: "660", Area: place(division, "661"), Show: screen.Show{Area: place(division, "24611")}}, "24611"},
		"no place of a division that is not live":    {screen.Screen{ID: "x", Area: place("vn-2025", "68")}, "67"},
		"no place that the division does not have":   {screen.Screen{ID: "x", Show: screen.Show{Area: place(division, "999")}}, "67"},
		"the province under the province's own name": {screen.Unset("tinh"), "67"},
	} {
		if got := ground(t).AreaOf(c.screen).Code; got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestSettingsThatCannotHoldAreNamed(t *testing.T) {
	t.Parallel()
	mm := func(n int) *int { return &n }
	for name, c := range map[string]struct {
		settings screen.Settings
		want     []string
	}{
		"none":             {screen.Settings{}, nil},
		"all":              {screen.Settings{Title: "Phòng họp", Point: "UBND huyện", Area: &screen.Place{Division: division, Code: "660"}, Scene: "mua-bao", Density: screen.Near, PanelMM: mm(1370), ViewingMM: mm(3000)}, nil},
		"a long title":     {screen.Settings{Title: strings.Repeat("a", 121)}, []string{"title too_long"}},
		"a point of lines": {screen.Settings{Point: "a\tb"}, []string{"point encoding"}},
		"an unknown area":  {screen.Settings{Area: &screen.Place{Division: division, Code: "x"}}, []string{"area unknown"}},
		"an unknown scene": {screen.Settings{Scene: "x"}, []string{"scene unknown"}},
		"a density":        {screen.Settings{Density: "dense"}, []string{"density unknown"}},
		"no panel":         {screen.Settings{PanelMM: mm(0)}, []string{"panel_mm out_of_range"}},
		"a far seat":       {screen.Settings{ViewingMM: mm(100_001)}, []string{"viewing_mm out_of_range"}},
	} {
		if diff := cmp.Diff(c.want, faultsOf(c.settings.Clean().Check(world(t)))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestABeatIsBounded(t *testing.T) {
	t.Parallel()
	number := func(n int64) *int64 { return &n }
	half := -0.5
	good := screen.Beat{Phase: "live", Build: "v1", HeapBytes: number(1 << 30)}
	if err := good.Check(); err != nil {
		t.Errorf("a common beat: %v", err)
	}
	for want, spoil := range map[string]func(*screen.Beat){
		"phase unknown":           func(b *screen.Beat) { b.Phase = "dead" },
		"build out_of_range":      func(b *screen.Beat) { b.Build = strings.Repeat("x", 81) },
		"scene out_of_range":      func(b *screen.Beat) { b.Scene = "a\x00" },
		"seq out_of_range":        func(b *screen.Beat) { b.Seq = -1 },
		"version out_of_range":    func(b *screen.Beat) { b.Version = 1 << 53 },
		"heap_bytes out_of_range": func(b *screen.Beat) { b.HeapBytes = number(-1) },
		"fps out_of_range":        func(b *screen.Beat) { b.FPS = &half },
	} {
		b := good
		spoil(&b)
		if diff := cmp.Diff([]string{want}, faultsOf(b.Check())); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

func TestAScreenIsConnectedWhileItSpeaks(t *testing.T) {
	t.Parallel()
	var never *screen.Beat
	beat := &screen.Beat{At: now()}
	for _, c := range []struct {
		beat  *screen.Beat
		after time.Duration
		want  bool
	}{{never, 0, false}, {beat, 24 * time.Second, true}, {beat, 25 * time.Second, false}} {
		if got := c.beat.Connected(now().Add(c.after)); got != c.want {
			t.Errorf("%v after %v: connected %v", c.beat, c.after, got)
		}
	}
}
