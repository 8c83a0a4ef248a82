//go:build e2e

package browser_test

import (
	"strings"
	"testing"
)

const simulated = "DỮ LIỆU MÔ PHỎNG"

func TestNothingIsInventedForAnEmptyProvince(t *testing.T) {
	t.Parallel()
	p := settle(t, []string{"--empty"}, []string{"TOANCANH_OPEN=yes"}) // of real data nobody sees anything without signing in
	wall := browse(t, p, "/wall/tinh?mat-do=near", size{1920, 1080})
	wall.awaitLive(liveWithin)
	agree(t, p, wall, shownWithin)
	wall.keep("empty-wall-1920x1080", false)
	for _, tile := range tiles() {
		says := wall.tile(tile)
		if strings.Contains(says, "100") {
			t.Errorf("%s says %q of nothing", tile, says)
		}
		switch tile {
		case tileOpen, tileOverdue, tileReceived:
			if got := wall.number(tile); got != "0" {
				t.Errorf("%s counts %q reports, want 0: that is known", tile, got)
			}
		default:
			if got := wall.number(tile); got != "?" || !strings.Contains(says, "Không rõ") || !strings.Contains(says, "chưa") {
				t.Errorf("%s says %q, want that nobody knows yet, and why", tile, says)
			}
		}
	}
	for _, path := range []string{"/wall/tinh?mat-do=near", "/console", "/", "/phan-anh"} {
		face := browse(t, p, path, size{1366, 768})
		if path == "/wall/tinh?mat-do=near" || path == "/console" {
			face.awaitLive(liveWithin)
		}
		if body := face.body(); strings.Contains(body, simulated) || strings.Contains(body, "NaN") || strings.Contains(body, "undefined") {
			t.Errorf("%s of a real, empty province says: %s", path, body)
		}
		face.keep("empty"+strings.ReplaceAll(path, "/", "-")+"-1366x768", true)
	}
	if status, _, err := p.request("GET", "/bat-dau", nil); err != nil || status != 404 {
		t.Errorf("/bat-dau answers %d, %v, want 404: it belongs to the sample", status, err)
	}
}
