//go:build e2e

package browser_test

import (
	"fmt"
	"strings"
	"testing"
)

// refusals notes, in a page, everything its content security policy refused.
const refusals = `window.refused = []; addEventListener('securitypolicyviolation', (e) =>
	window.refused.push([e.effectiveDirective, e.blockedURI, e.sourceFile, e.lineNumber, e.sample].join(' ')))`

// TestNoFaceNeedsWhatItsPolicyRefuses opens every face in a browser that holds it to its policy, with the map drawn, the
// numbers come and every page of the console opened.
func TestNoFaceNeedsWhatItsPolicyRefuses(t *testing.T) {
	t.Parallel()
	p := settle(t, nil, nil)
	for _, path := range append(faces(), "/wall/tinh?canh=mua-bao", "/phan-anh?lang=en", "/api") {
		face := open(t, p, path, size{1920, 1080}, map[string]any{"script": true, "init": refusals, "guarded": true})
		if strings.HasPrefix(path, "/wall/") || path == "/console" {
			face.awaitLive(liveWithin)
			eventually(t, "the numbers have come", liveWithin, func() bool { return face.hasNumbers() || strings.Contains(path, "canh") }, face.body)
		}
		if path == "/wall/tinh" {
			face.awaitMarks()
		}
		if path == "/console" {
			var pages int
			face.eval(`document.querySelectorAll('nav a, nav button').length`, &pages)
			for i := range pages {
				face.eval(fmt.Sprintf(`document.querySelectorAll('nav a, nav button')[%d]?.click()`, i), nil)
				face.settle()
			}
			if pages < 2 {
				t.Errorf("only %d pages of the console were opened", pages)
			}
		}
		face.settle()
		var guarded bool
		face.eval(`(() => { const s = document.createElement('style'); s.textContent = 'body{--probe:1}'; document.head.append(s);
			return getComputedStyle(document.body).getPropertyValue('--probe') === '' })()`, &guarded)
		var refused []string
		eventually(t, "the probe is refused", liveWithin, func() bool { face.eval(`window.refused`, &refused); return len(refused) > 0 }, nil)
		if !guarded || len(refused) != 1 {
			t.Errorf("%s: held to its policy %t; beside the probe it was refused: %s", path, guarded, strings.Join(refused, "\n"))
		}
		face.complaints() // of the probe; what the page itself met stands above
	}
}
