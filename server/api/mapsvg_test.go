package api_test

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"toancanh/server/api"
)

func TestTheMapAsSVG(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for range 3 {
		h.post("Rác")
	}
	get := func(path string) answer { return h.do(call{method: "GET", path: "/api/v1/areas/" + path}) }
	a := get("vn-2022/map.svg")
	body := string(a.body)
	if a.status != 200 || !strings.HasPrefix(a.header.Get("Content-Type"), "image/svg+xml") {
		t.Fatalf("status %d, type %q: %.300s", a.status, a.header.Get("Content-Type"), body)
	}

	t.Run("is well formed, small, and has its parts", func(t *testing.T) {
		d := xml.NewDecoder(strings.NewReader(body))
		for {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
		}
		if len(a.body) > 60_000 {
			t.Errorf("%d bytes, want at most 60000", len(a.body))
		}
		if got := strings.Count(body, `class="communes"`); got != 71 {
			t.Errorf("%d communes, want 71", got)
		}
		for _, want := range []string{"Đắk R'Lấp", "Sơ đồ", "địa giới 2022", "DỮ LIỆU MÔ PHỎNG", "Tồn đọng mỗi xã", "Khẩn cấp", "data-frame=", "data-box="} {
			if !strings.Contains(strings.ReplaceAll(body, "&#39;", "'"), want) {
				t.Errorf("the map lacks %q", want)
			}
		}
	})

	t.Run("shows reports at one place as a stack with a count", func(t *testing.T) {
		marks := body[strings.Index(body, `<g id="marks"`):strings.Index(body, `<g id="names"`)]
		if got := strings.Count(marks, "<use "); got != 1 || !strings.Contains(marks, ">3</text>") {
			t.Errorf("%d marks in %s, want one with the count 3", got, marks)
		}
		if !strings.Contains(body, `fill="#3f5564"`) { // three open: the third step
			t.Error("no commune has the colour of three open reports")
		}
	})

	t.Run("is not sent again to who holds it", func(t *testing.T) {
		again := h.do(call{method: "GET", path: "/api/v1/areas/vn-2022/map.svg", header: map[string]string{"If-None-Match": a.header.Get("Etag")}})
		if again.status != 304 || a.header.Get("Etag") == "" {
			t.Errorf("status %d with ETag %q, want 304", again.status, a.header.Get("Etag"))
		}
	})

	t.Run("is of one area, of another division, of the one in use", func(t *testing.T) {
		for path, communes := range map[string]int{"vn-2022/map.svg?area=663": 10, "vn-2022/map.svg?area=24611": 1, "vn-2025/map.svg": 28, "default/map.svg": 71} {
			got := get(path)
			if n := strings.Count(string(got.body), `class="communes"`); got.status != 200 || n != communes {
				t.Errorf("%s: status %d with %d communes, want %d", path, got.status, n, communes)
			}
		}
	})

	t.Run("is refused for what there is not", func(t *testing.T) {
		for path, want := range map[string]int{"vn-1975/map.svg": 404, "vn-2022/map.svg?area=1": 404, "vn-2022/map.svg?x=1": 422} {
			if got := get(path).status; got != want {
				t.Errorf("%s: status %d, want %d", path, got, want)
			}
		}
	})
	if dir := os.Getenv("TOANCANH_TEST_PICTURES"); dir != "" {
		must(t, os.WriteFile(filepath.Join(dir, "map.svg"), a.body, 0o600))
	}
}

func TestACrowdedMapStaysSmallAndSaysWhatItLeavesOut(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	list := make([]map[string]any, 0, 1800)
	for i := range cap(list) {
		list = append(list, map[string]any{
			"code": fmt.Sprintf("mua-%d", i), "name": "Mưa", "kind": "rain", "unit": "mm", "stale_after_s": 900,
			"lat": 12.0 + 0.008*float64(i%40), "lon": 107.45 + 0.010*float64(i/40),
		})
	}
	read[map[string]any](t, h.do(call{method: "PUT", path: "/api/v1/sensors", body: map[string]any{"sensors": list}, key: h.key("sensors")}), 200)
	a := h.do(call{method: "GET", path: "/api/v1/areas/vn-2022/map.svg"})
	if a.status != 200 || len(a.body) > 60_000 {
		t.Errorf("status %d, %d bytes, want 200 and at most 60000", a.status, len(a.body))
	}
	if !regexp.MustCompile(`thiếu \d+ `).Match(a.body) {
		t.Error("the map does not say how much it leaves out")
	}
}

func TestTheMapHasTheColoursOfTheFaces(t *testing.T) {
	t.Parallel()
	tokens, err := os.ReadFile("../../frontend/src/ui/tokens.css")
	must(t, err)
	dark, _, _ := strings.Cut(string(tokens), "data-theme='light'")
	source, err := os.ReadFile("mapdraw.go")
	must(t, err)
	for _, colour := range regexp.MustCompile(`"(#[0-9a-f]{6})"`).FindAllSubmatch(source, -1) {
		if !strings.Contains(dark, string(colour[1])) {
			t.Errorf("%s is no colour of the dark theme", colour[1])
		}
	}
}

func TestMarksAreStackedByTheRuleOfTheWall(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../schema/testdata/stacks.json")
	must(t, err)
	var cases []struct {
		Name  string
		Size  float64
		Marks []struct {
			ID, Kind, State string
			X, Y            float64
		}
		Want []api.StackShown
	}
	must(t, json.Unmarshal(raw, &cases))
	for _, tc := range cases {
		t.Run(tc.Name, func(t *testing.T) {
			t.Parallel()
			var marks []api.StackedMark
			for _, m := range tc.Marks {
				marks = append(marks, api.StackedMark{m.ID, m.Kind, m.State, m.X, m.Y})
			}
			if diff := cmp.Diff(tc.Want, api.StackMarks(marks, tc.Size)); diff != "" {
				t.Errorf("stacks differ (-want +got):\n%s", diff)
			}
		})
	}
}
