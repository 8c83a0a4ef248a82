package api_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"toancanh/server/auth"
	"toancanh/server/disclosure"
)

type nearbyAnswer struct {
	Reports []struct {
		Code, Category, Area, Status string
		DueDate                      *string `json:"due_date"`
	}
}

// nearby asks after a batch has left.
func (h *house) nearby(category string, lat, lon float64) []string {
	h.t.Helper()
	h.teller.Leave()
	path := fmt.Sprintf("/api/v1/reports/nearby?category=%s&lat=%f&lon=%f", category, lat, lon)
	var codes []string
	for _, r := range read[nearbyAnswer](h.t, h.do(call{method: "GET", path: path}), 200).Reports {
		codes = append(codes, r.Code)
	}
	return codes
}

func TestWhatLiesNearbyIsToldCoarselyAndOnlyWhenItIsPublic(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	header := map[string]string{"Authorization": "Bearer " + h.key(auth.RightReports)}
	const lat, lon = 12.007, 107.696
	place := func(category string, lat, lon float64) receipt {
		body := newReport("Canary Lê Văn Mận kể chuyện riêng")
		body["category"], body["location"] = category, map[string]float64{"lat": lat, "lon": lon}
		return read[receipt](t, h.do(call{method: "POST", path: "/api/v1/reports", body: body}), 201)
	}
	accept := func(r receipt) string {
		a := h.do(call{method: "POST", path: "/api/v1/reports/" + r.ID + "/acts", body: map[string]any{"act": "accept", "version": 1}, header: header})
		if a.status != 200 {
			t.Fatalf("accept: %d %s", a.status, a.body)
		}
		return r.Code
	}
	// five sends enough of a kind that the commune and the squares are told, and the codes newest first as they are offered.
	five := func(category string, lat, lon float64) (list []receipt) {
		for range disclosure.Few {
			r := place(category, lat, lon)
			list = append(list, r)
		}
		return list
	}
	here := place("MT", lat, lon)
	if got := h.nearby("MT", lat, lon); len(got) != 0 {
		t.Errorf("before it is accepted: %v, want nothing", got)
	}
	code := accept(here)
	if got := h.nearby("MT", lat, lon); len(got) != 0 {
		t.Errorf("while it is one alone in its week, of which no commune is told: %v, want nothing", got)
	}
	for _, r := range five("MT", lat+0.02, lon)[1:] { // some 2 km, in the same commune
		accept(r)
	}
	for _, r := range five("AN", lat+0.012, lon) {
		accept(r)
	}
	for _, tc := range []struct {
		name     string
		category string
		lat, lon float64
		want     int
	}{
		{"at the place", "MT", lat, lon, 1},
		{"some 250 m away", "MT", lat + 0.0022, lon, 1},
		{"more than a kilometre away", "MT", lat + 0.02, lon, disclosure.Few - 1},
		{"of another kind", "GT", lat, lon, 0},
		{"a crime, in its whole commune", "AN", lat, lon, disclosure.Few},
		{"a crime, in another commune", "AN", 12.45, 107.64, 0},
	} {
		got := h.nearby(tc.category, tc.lat, tc.lon)
		if len(got) != tc.want || tc.want == 1 && got[0] != code {
			t.Errorf("%s: got %v, want %d", tc.name, got, tc.want)
		}
	}
	t.Run("nothing but what has left is told", func(t *testing.T) {
		a := h.do(call{method: "GET", path: fmt.Sprintf("/api/v1/reports/nearby?category=MT&lat=%f&lon=%f", lat, lon)})
		for _, never := range []string{"Canary", here.ID, "lat", "lon", "12.00", "description", "unit"} {
			if strings.Contains(string(a.body), never) {
				t.Errorf("the answer holds %q: %s", never, a.body)
			}
		}
	})
	t.Run("a walk around it ends at the edges of squares", func(t *testing.T) {
		// However finely somebody asks, only where two squares of 500 m meet the answer changes.
		changes, before := 0, true
		for i := range 60 {
			at := lon + float64(i)*0.0002
			found := slices.Contains(h.nearby("MT", lat, at), code)
			if found != before {
				changes++
				_, left := disclosure.Coarse(lat, at-0.0002)
				if _, right := disclosure.Coarse(lat, at); left == right {
					t.Errorf("the answer changed at %f, inside of a square", at)
				}
			}
			before = found
		}
		if changes != 1 || before {
			t.Errorf("on the way of 1.3 km the answer changed %d times and ended with %t, want once and not found", changes, before)
		}
	})
	t.Run("a closed one is not offered", func(t *testing.T) {
		a := h.do(call{method: "POST", path: "/api/v1/reports/" + here.ID + "/acts", header: header, body: map[string]any{
			"act": "withdraw", "version": 2, "reason": "người gửi xin rút",
		}})
		if a.status != 200 {
			t.Fatalf("withdraw: %d %s", a.status, a.body)
		}
		if got := h.nearby("MT", lat, lon); slices.Contains(got, code) {
			t.Errorf("got %v, among them one that was withdrawn", got)
		}
	})
	for query, field := range map[string]string{
		"category=MT&lat=x&lon=107.6": "lat", "category=MT&lat=12": "lon", "category=MT&lat=NaN&lon=107": "lat", "category=??&lat=12&lon=107.6": "category",
		"category=MT&lat=21.03&lon=105.85": "lat", "category=MT&lat=12&lon=107.6&radius=9": "radius",
	} {
		a := h.do(call{method: "GET", path: "/api/v1/reports/nearby?" + query})
		if a.status != 422 || !strings.Contains(string(a.body), `"`+field+`"`) {
			t.Errorf("%s: status %d, want 422 naming %s: %s", query, a.status, field, a.body)
		}
	}
}
