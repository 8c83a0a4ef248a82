//go:build e2e

package browser_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// orderLimit bounds one order to the browser. Its own bounds lie below.
const orderLimit = 60 * time.Second

// chromium is one browser for all tests, driven by driver.mjs.
type chromium struct {
	once  sync.Once
	err   error
	cmd   *exec.Cmd
	input io.WriteCloser

	mu      sync.Mutex
	last    int
	waiting map[int]chan reply
}

//nolint:gochecknoglobals // starting a browser takes seconds: one serves every test
var chrome chromium

// reply is what the driver answers.
type reply struct {
	ID    int             `json:"id"`
	Value json.RawMessage `json:"value"`
	Error string          `json:"error"`
}

var errNoChromium = errors.New("no Chromium")

func (c *chromium) start() {
	c.waiting = map[int]chan reply{0: make(chan reply, 1)}
	c.cmd = exec.Command("node", "driver.mjs") //nolint:noctx // ends with its input
	c.cmd.Stderr = os.Stderr
	output, err := c.cmd.StdoutPipe()
	if err != nil {
		c.err = err
		return
	}
	if c.input, c.err = c.cmd.StdinPipe(); c.err != nil {
		return
	}
	if c.err = c.cmd.Start(); c.err != nil {
		return
	}
	hello := c.waiting[0]
	go c.listen(output)
	first, err := await(hello)
	switch {
	case err != nil:
		c.err = fmt.Errorf("start the browser: %w", err)
	case first.Error == errNoChromium.Error():
		c.err = errNoChromium
	case first.Error != "":
		c.err = errors.New(first.Error)
	}
}

// listen hands the driver's answers out until it ends.
func (c *chromium) listen(output io.Reader) {
	lines := bufio.NewScanner(output)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var r reply
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			continue // not ours
		}
		c.mu.Lock()
		if to, ok := c.waiting[r.ID]; ok {
			to <- r
			delete(c.waiting, r.ID)
		}
		c.mu.Unlock()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, to := range c.waiting {
		to <- reply{ID: id, Error: "the driver has ended"}
	}
	c.waiting = map[int]chan reply{}
}

func await(from <-chan reply) (reply, error) {
	select {
	case r := <-from:
		return r, nil
	case <-time.After(orderLimit):
		return reply{}, fmt.Errorf("no answer within %v", orderLimit)
	}
}

// newName is a name that no tab has had.
func (c *chromium) newName() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last++
	return fmt.Sprint("tab ", c.last)
}

// quit closes the browser.
func (c *chromium) quit() {
	if c.input == nil {
		return
	}
	_ = c.input.Close()
	_ = c.cmd.Wait()
}

// order has the browser do something.
func (c *chromium) order(deed string, what map[string]any) (json.RawMessage, error) {
	to := make(chan reply, 1)
	c.mu.Lock()
	c.last++
	what["id"], what["do"] = c.last, deed
	c.waiting[c.last] = to
	line, err := json.Marshal(what)
	if err == nil {
		_, err = c.input.Write(append(line, '\n'))
	}
	c.mu.Unlock()
	if err != nil {
		return nil, err
	}
	r, err := await(to)
	if err == nil && r.Error != "" {
		err = errors.New(r.Error)
	}
	return r.Value, err
}

// size is that of a screen, in pixels.
type size struct{ width, height int }

func (s size) String() string { return fmt.Sprintf("%dx%d", s.width, s.height) }

// The sizes that matter: the wall's panel, the large one, a laptop, the smallest phone.
func sizes() []size { return []size{{1920, 1080}, {3840, 2160}, {1366, 768}, {320, 640}} }

// tab is one page in a browser of its own. It is closed with the test, and photographed when the test has failed.
type tab struct {
	t    testing.TB
	name string
	base string
	// hurt says that the page is meant to meet a dead server, about which a browser complains.
	hurt bool
}

// browse opens a page of a program.
func browse(t testing.TB, p *province, path string, s size) *tab {
	t.Helper()
	return open(t, p, path, s, map[string]any{"script": true})
}

// browseWith opens a page in which a script of the test runs before any of the page's own.
func browseWith(t testing.TB, p *province, path, init string) *tab {
	t.Helper()
	return open(t, p, path, size{1366, 768}, map[string]any{"script": true, "init": init})
}

// browseWithoutScript opens a page in a browser without JavaScript.
func browseWithoutScript(t testing.TB, p *province, path string, s size) *tab {
	t.Helper()
	return open(t, p, path, s, map[string]any{"script": false})
}

func open(t testing.TB, p *province, path string, s size, how map[string]any) *tab {
	t.Helper()
	chrome.once.Do(chrome.start)
	if errors.Is(chrome.err, errNoChromium) || errors.Is(chrome.err, exec.ErrNotFound) {
		missing(t, "there is no Chromium here (apt-get install -y chromium, or name one in TOANCANH_CHROMIUM)")
	}
	if chrome.err != nil {
		t.Fatal(chrome.err)
	}
	g := &tab{t: t, name: chrome.newName(), base: "http://" + p.addr}
	how["url"], how["width"], how["height"] = g.base+path, s.width, s.height
	g.do("open", how, nil)
	t.Cleanup(func() {
		if notes := g.complaints(); len(notes) > 0 {
			t.Errorf("the browser complains about %s: %s", path, strings.Join(notes, "\n"))
		}
		if t.Failed() {
			g.keepEvidence(path)
		}
		_, _ = chrome.order("close", map[string]any{"tab": g.name})
	})
	return g
}

// do has the browser do something in this tab.
func (g *tab) do(deed string, what map[string]any, into any) {
	g.t.Helper()
	if err := g.try(deed, what, into); err != nil {
		g.t.Fatalf("%s %v: %v", deed, what, err)
	}
}

func (g *tab) try(deed string, what map[string]any, into any) error {
	if what == nil {
		what = map[string]any{}
	}
	what["tab"] = g.name
	raw, err := chrome.order(deed, what)
	if err != nil || into == nil {
		return err
	}
	return json.Unmarshal(raw, into)
}

// eval evaluates JavaScript in the page.
func (g *tab) eval(script string, into any) {
	g.t.Helper()
	g.do("eval", map[string]any{"text": script}, into)
}

// text is the text of the first element that the selector finds, white space squeezed; "" when there is none.
func (g *tab) text(selector string) string {
	g.t.Helper()
	var text string
	g.eval(fmt.Sprintf(`(document.querySelector(%q)?.innerText ?? '').replace(/\s+/g, ' ').trim()`, selector), &text)
	return text
}

// body is all text of the page.
func (g *tab) body() string { g.t.Helper(); return g.text("body") }

// live is what the page says of itself: connecting, live or stale.
func (g *tab) live() string {
	g.t.Helper()
	var live string
	g.eval(`document.documentElement.dataset.live ?? ''`, &live)
	return live
}

// awaitLive waits until the page believes what it shows.
func (g *tab) awaitLive(within time.Duration) time.Duration {
	g.t.Helper()
	return eventually(g.t, "the page is live", within, func() bool { return g.live() == "live" }, func() string { return g.body() })
}

func (g *tab) visit(path string) {
	g.t.Helper()
	g.do("go", map[string]any{"url": g.base + path}, nil)
}

func (g *tab) press(keys ...string) {
	g.t.Helper()
	for _, key := range keys {
		g.do("press", map[string]any{"text": key}, nil)
	}
}

func (g *tab) write(text string) { g.t.Helper(); g.do("type", map[string]any{"text": text}, nil) }

// mostTabs bounds the way to an element by keyboard.
const mostTabs = 60

// tabTo goes to an element with the tabulator only. It returns how many times the key was pressed.
func (g *tab) tabTo(selector string) int {
	g.t.Helper()
	for n := range mostTabs {
		if g.focused(selector) {
			return n
		}
		g.press("Tab")
	}
	g.t.Fatalf("%s cannot be reached with %d presses of the tabulator", selector, mostTabs)
	return 0
}

func (g *tab) focused(selector string) bool {
	g.t.Helper()
	var is bool
	g.eval(fmt.Sprintf(`document.activeElement?.matches(%q) ?? false`, selector), &is)
	return is
}

// complaints are the errors the page has made since they were last asked for.
func (g *tab) complaints() []string {
	g.t.Helper()
	var notes []string
	g.do("notes", nil, &notes)
	return slices.DeleteFunc(notes, func(note string) bool {
		return g.hurt && !strings.HasPrefix(note, "page:")
	})
}

// shoot photographs what the screen shows, or with full the whole page, into the test's folder.
func (g *tab) shoot(full bool) string {
	g.t.Helper()
	path := filepath.Join(g.t.TempDir(), "shot.png")
	g.do("shoot", map[string]any{"path": path, "full": full}, nil)
	return path
}

// keep puts a picture under a name into the folder of TOANCANH_SHOTS, when there is one.
func (g *tab) keep(name string, full bool) {
	g.t.Helper()
	if dir := os.Getenv("TOANCANH_SHOTS"); dir != "" {
		g.do("shoot", map[string]any{"path": filepath.Join(dir, name+".png"), "full": full}, nil)
	}
}

// keepEvidence saves how a failed test's page looks where it outlives the test.
func (g *tab) keepEvidence(page string) {
	dir := os.Getenv("TOANCANH_SHOTS")
	if dir == "" {
		dir = filepath.Join(os.TempDir(), "toancanh-failed")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // pictures of simulated data
		return
	}
	path := filepath.Join(dir, strings.NewReplacer("/", "-", " ", "_").Replace(g.t.Name()+page)+".png")
	if err := g.try("shoot", map[string]any{"path": path}, nil); err == nil {
		g.t.Logf("%s looked like %s", page, path)
	}
}
