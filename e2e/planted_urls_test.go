//go:build e2e

package e2e_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf16"

	rights "toancanh/server/api"
)

// samples are addresses of every route that anybody may read. A route that is not here fails the test: whoever adds one says
// by which addresses its answers are looked at.
func (p *planting) samples() map[string][]string {
	code, place := p.codes[0], p.s.communes()[0]
	word := url.PathEscape(p.words["a stranger's query"])
	return map[string][]string{
		"/": {"/"}, "/dti": {"/dti"}, "/du-lieu": {"/du-lieu"}, "/hieu-qua": {"/hieu-qua"}, "/hieu-qua.csv": {"/hieu-qua.csv"},
		"/theo-doi": {"/theo-doi"}, "/theo-doi/worker.js": {"/theo-doi/worker.js"},
		"/theo-doi/nguon-tin":                         {"/theo-doi/nguon-tin?dia-ban=67&loai=MT", "/theo-doi/nguon-tin?dia-ban=" + word + "&loai=" + word},
		"/hieu-qua/:division/:area":                   {"/hieu-qua/2022/660", "/hieu-qua/2022/" + word},
		"/tinh-hinh/:division/:area/:about/feed.atom": {"/tinh-hinh/2022/67/canh-bao/feed.atom", "/tinh-hinh/2022/67/MT/feed.atom", "/tinh-hinh/2022/67/" + word + "/feed.atom"},
		"/api/open/v1/catalogue":                      {"/api/open/v1/catalogue"}, "/api/open/v1/schema/:dataset.json": {"/api/open/v1/schema/results.json", "/api/open/v1/schema/" + word + ".json"},
		"/api/open/v1/:dataset.:format": {
			"/api/open/v1/situation.json", "/api/open/v1/received.csv", "/api/open/v1/results.geojson", "/api/open/v1/results.csv", "/api/open/v1/sensors.geojson",
			"/api/open/v1/areas.json", "/api/open/v1/categories.csv", "/api/open/v1/warnings.json", "/api/open/v1/" + word + ".json", "/api/open/v1/results.json?cursor=" + word,
		},
		"/tinh-hinh/:division/:area":           {"/tinh-hinh/2022/" + place.Code, "/tinh-hinh/2025/67", "/tinh-hinh/2022/" + word},
		"/tinh-hinh/:division/:area/feed.atom": {"/tinh-hinh/2022/67/feed.atom", "/tinh-hinh/2022/" + place.Code + "/feed.atom"},
		"/phan-anh":                            {"/phan-anh", "/phan-anh?ma=" + code}, "/phan-anh/:code": {"/phan-anh/" + code, "/phan-anh/" + p.urgent, "/phan-anh/" + word},
		"/phan-anh/:code/feed.atom": {"/phan-anh/" + code + "/feed.atom"}, "/phan-anh/worker.js": {"/phan-anh/worker.js"},
		"/phan-anh/app.webmanifest": {"/phan-anh/app.webmanifest"}, "/anh/:name.jpg": {"/anh/" + strings.Repeat("0", 32) + ".jpg", "/anh/" + word + ".jpg"},
		"/to-cong-nghe": {"/to-cong-nghe"}, "/to-cong-nghe/:visit/anh/:photo": {"/to-cong-nghe/" + word + "/anh/" + word},
		"/bat-dau": {"/bat-dau?ten=" + word}, "/wall/worker.js": {"/wall/worker.js"}, "/console/worker.js": {"/console/worker.js"},
		"/truc": {"/truc?m=" + word}, "/wall/:screen": {"/wall/tinh", "/wall/" + word}, "/console": {"/console"}, "/lanh-dao": {"/lanh-dao"},
		"/assets/*": {"/assets/" + word}, "/favicon.ico": {"/favicon.ico"}, "/robots.txt": {"/robots.txt"},
		"/live": {"/live?topics=" + word}, "/live/sse": {"/live/sse?topics=" + word}, "/metrics": {"/metrics"},
		"/feed/alerts.atom": {"/feed/alerts.atom"}, "/feed/cap/:id.xml": {"/feed/cap/00000000-0000-4000-8000-000000000000.xml", "/feed/cap/" + word + ".xml"},

		"/healthz": {"/healthz"}, "/readyz": {"/readyz"}, "/api": {"/api"}, "/api/v1/openapi.json": {"/api/v1/openapi.json"},
		"/api/v1/divisions": {"/api/v1/divisions"}, "/api/v1/categories": {"/api/v1/categories"}, "/api/v1/units": {"/api/v1/units"},
		"/api/v1/scenes": {"/api/v1/scenes"}, "/api/v1/areas/:division": {"/api/v1/areas/" + division, "/api/v1/areas/" + word},
		"/api/v1/areas/:division/geometry": {"/api/v1/areas/" + division + "/geometry"},
		"/api/v1/reports/nearby": {
			fmt.Sprintf("/api/v1/reports/nearby?category=%s&lat=%f&lon=%f", p.s.categories()[0], place.Lat, place.Lon),
			"/api/v1/reports/nearby?category=" + word + "&lat=" + word,
		},
		"/api/v1/follow/:code": {"/api/v1/follow/" + code, "/api/v1/follow/" + p.urgent, "/api/v1/follow/" + word},
		"/api/v1/session":      {"/api/v1/session"}, "/api/v1/oidc": {"/api/v1/oidc?to=" + word}, "/api/v1/oidc/return": {"/api/v1/oidc/return?state=" + word + "&code=" + word},
		"/open311/discovery.:format": {"/open311/discovery.json", "/open311/discovery.xml"}, "/open311/v2/services.:format": {"/open311/v2/services.json", "/open311/v2/services.xml"},
		"/open311/v2/services/:code.:format": {"/open311/v2/services/MT.json", "/open311/v2/services/" + word + ".xml"},
		"/open311/v2/requests.:format":       {"/open311/v2/requests.json?extensions=true", "/open311/v2/requests.xml", "/open311/v2/requests.json?status=" + word},
		"/open311/v2/requests/:id.:format":   {"/open311/v2/requests/" + code + ".json", "/open311/v2/requests/" + word + ".xml"},
		"/open311/v2/tokens/:token.:format":  {"/open311/v2/tokens/" + word + ".json", "/open311/v2/tokens/" + code + ".xml"},
	}
}

// openReads are the routes anybody may read: of the table of rights, and of the list of pages that stand outside of it.
func openReads(t *testing.T) []string {
	t.Helper()
	const list = "../server/routes_test.go"
	file, err := parser.ParseFile(token.NewFileSet(), list, nil, 0)
	if err != nil {
		t.Fatalf("the list of open pages: %v", err)
	}
	routes := rights.OpenReads()
	before := len(routes)
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Name.Name != "openPages" {
			continue
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if text, ok := n.(*ast.BasicLit); ok && text.Kind == token.STRING {
				name, _ := strconv.Unquote(text.Value)
				if path, ok := strings.CutPrefix(name, "GET "); ok {
					routes = append(routes, path)
				}
			}
			return true
		})
	}
	if before < 20 || len(routes) < before+20 {
		t.Fatalf("only %d routes of the table of rights and %d pages were found", before, len(routes)-before)
	}
	return routes
}

// everyURL are sample addresses of every route that anybody may read.
func (p *planting) everyURL() []string {
	p.t.Helper()
	samples := p.samples()
	open := openReads(p.t)
	var paths []string
	for _, route := range open {
		if len(samples[route]) == 0 {
			p.t.Errorf("anybody may read %s, and samples (e2e/planted_urls_test.go) has no address of it: nobody looks for private words there", route)
		}
		paths = append(paths, samples[route]...)
	}
	for route := range samples {
		if !slices.Contains(open, route) {
			p.t.Errorf("samples has addresses of %s, which is no route that anybody may read", route)
		}
	}
	slices.Sort(paths)
	return paths
}

// asked is one way to ask for an address.
type asked struct {
	method string
	header http.Header
	body   string
}

// ways are those a cache, a crawler, a program with other wishes and somebody who tries things out ask in.
func (p *planting) ways() []asked {
	long := strings.Repeat(p.words["a stranger's query"], 100)
	return []asked{
		{http.MethodGet, http.Header{"If-None-Match": {"*"}}, ""},
		{http.MethodGet, http.Header{"Accept": {"application/x-" + p.words["a device"]}, "Range": {"bytes=0-9"}}, ""},
		{http.MethodGet, http.Header{"Cookie": {"nhin=" + p.words["a tried token"] + "; giu=" + p.words["a tried token"]}, "Accept-Language": {"en"}}, ""},
		{http.MethodHead, http.Header{}, ""},
		{http.MethodOptions, http.Header{"Origin": {"https://" + p.words["a stranger's referrer"]}, "Access-Control-Request-Method": {"GET"}}, ""},
		{http.MethodDelete, http.Header{"X-Request-Id": {p.words["a stranger's id"]}}, ""},
		{http.MethodPost, http.Header{"Content-Type": {"application/json"}}, `{"` + p.words["citizen's phone"] + `": [` + long},
		{http.MethodPut, http.Header{"Content-Type": {"text/x-" + p.words["a device"]}}, long},
	}
}

// manyAtOnce bounds how much is asked at a time: while a database hangs, each answer takes its limit.
const manyAtOnce = 24

// readWays asks for every address in every way at once, and looks through what comes.
func (p *planting) readWays(ways []asked) {
	p.t.Helper()
	type one struct {
		what string
		answer
		err error
	}
	var all []one
	for _, path := range p.urls {
		for _, w := range ways {
			all = append(all, one{what: w.method + " " + path})
		}
	}
	slots := make(chan struct{}, manyAtOnce)
	var asking sync.WaitGroup
	for i := range all {
		slots <- struct{}{}
		asking.Go(func() {
			defer func() { <-slots }()
			path, w := p.urls[i/len(ways)], ways[i%len(ways)]
			all[i].answer, all[i].err = p.s.api().send(w.method, path, maps.Clone(w.header), []byte(w.body))
		})
	}
	asking.Wait()
	for _, o := range all {
		if o.err != nil {
			p.t.Errorf("%s: %v", o.what, o.err)
			continue
		}
		p.cleanAnswer(o.what, o.answer)
	}
}

// hanging asks everywhere once while PostgreSQL stands still and answers nobody.
func (p *planting) hanging(pause, resume func()) {
	p.t.Helper()
	pause()
	p.readWays([]asked{{http.MethodGet, http.Header{}, ""}})
	resume()
	p.s.awaitReady(readyWithin)
}

// insideWords are what is of the house: how it reaches its database and bus, where its files lie, by what it knows reports.
func (p *planting) insideWords(w *town, ids ...string) map[string]string {
	words := map[string]string{"its folder": w.dir, "its bus": strings.TrimPrefix(w.redisURL, "redis://"), "the hub's secret": secret}
	at := p.s.communes()[0]
	words["its latitude"] = regexp.MustCompile(`\..*`).FindString(fmt.Sprintf("%.6f", at.Lat+northOfMiddle))
	words["its longitude"] = regexp.MustCompile(`\..*`).FindString(fmt.Sprintf("%.6f", at.Lon-westOfMiddle))
	words["its moment"] = p.moment.Format("T15:04:05")
	words["its moment here"] = p.moment.Add(7 * time.Hour).Format("15:04:05")
	words["its moment in seconds"] = strconv.FormatInt(p.moment.Unix(), 10)
	for i, id := range ids {
		raw, err := hex.DecodeString(strings.ReplaceAll(id, "-", ""))
		if err != nil {
			p.t.Fatal(err)
		}
		words[fmt.Sprintf("id %d of a report", i)] = id
		words[fmt.Sprintf("id %d of a report in base64", i)] = base64.RawStdEncoding.EncodeToString(raw)
		words[fmt.Sprintf("id %d of a report in base64 of addresses", i)] = base64.RawURLEncoding.EncodeToString(raw)
	}
	return words
}

// mustFindInside shows that what is of the house, and where and when something happened, is found where staff read it.
func (p *planting) mustFindInside() {
	p.t.Helper()
	a := p.staff.ask(p.t, http.MethodGet, "/api/v1/reports/"+p.id(), "")
	found := p.inside.find(a.body)
	for _, word := range []string{"id 0 of a report", "its latitude", "its longitude", "its moment"} {
		if !slices.Contains(found, word) {
			p.t.Errorf("%s is not found where staff read it (%d, found %q): the scanner is blind, or nothing was planted", word, a.status, found)
		}
	}
}

// away from the middle of a commune, which is public: some 30 m.
const (
	northOfMiddle = 0.000317
	westOfMiddle  = 0.000291
)

// plantedMoment is when something happened, to the second; a citizen tells it, and everybody is told no more than a day.
func plantedMoment() time.Time {
	const before = 26*time.Hour + 13*time.Minute
	return time.Now().UTC().Add(-before).Truncate(time.Second)
}

// insides are signs that an error tells of what the house is made of. Each is too long to stand in an ETag by chance.
var insides = regexp.MustCompile(`SQLSTATE|pgconn|\bpgx(?:pool|/v\d|: )|toancanh_(?:app|owner|public_read)|public_(?:record|report|state|count|cell)\b|failed to connect|` +
	`connection refused|dial (?:tcp|unix)|broken pipe|i/o timeout|deadline exceeded|goroutine \d|\.s\.PGSQL|/tmp/|[?& ]sslmode=|\.go:\d`)

// cleanInside looks for what is of the house in what a stranger was told.
func (p *planting) cleanInside(what string, text []byte) {
	p.t.Helper()
	sum := sha256.Sum256(text)
	if p.inner[sum] {
		return
	}
	p.inner[sum] = true
	for _, view := range views(text, 2) {
		if found := insides.Find(view); found != nil {
			p.t.Errorf("%s tells of the inside: %q", what, found)
			return
		}
	}
	if found := p.inside.find(text); len(found) > 0 {
		p.t.Errorf("%s tells %q", what, found)
	}
}

// escapes are those of JSON for every sign.
func escapes(text string) (out string) {
	for _, unit := range utf16.Encode([]rune(text)) {
		out += fmt.Sprintf(`\u%04x`, unit)
	}
	return out
}

// TestALeakOnAPageIsFound puts one word into a page, in many guises, and one of the house into an error: whoever looks must
// see each, and nothing in the page as it was.
func TestALeakOnAPageIsFound(t *testing.T) {
	t.Parallel()
	words := privateWords()
	words["a place"] = "12.003847, 107.691263"
	words["a moment"] = time.Date(2026, 11, 4, 3, 17, 42, 0, time.UTC).Format(time.RFC3339)
	s := newScanner(words)
	const page = `<!doctype html><html lang="vi"><title>Tình hình</title><p>Đang xử lý: 31 của Thành phố Gia Nghĩa</p>`
	if found := s.find([]byte(page)); len(found) > 0 {
		t.Fatalf("%q is found where nothing is", found)
	}
	for name, word := range words {
		for as, leak := range map[string]string{
			"as it is": word, "escaped": escapes(word), "percent": url.QueryEscape(word), "base64": base64.URLEncoding.EncodeToString([]byte(word)),
		} {
			if found := s.find([]byte(page + "<p>" + leak + "</p>")); !slices.Contains(found, name) {
				t.Errorf("%s %s is not found on a page", name, as)
			}
		}
	}
	for _, leak := range []string{
		`{"detail":"failed to connect to host"}`, "ERROR: relation (SQLSTATE 42P01)", "dial tcp 10.0.0.5:5432", "user=toancanh_app", "from public_record p", "pgxpool: closed", "/tmp/x", "edition.go:31",
	} {
		if insides.FindString(leak) == "" {
			t.Errorf("%q is taken for harmless", leak)
		}
	}
	if found := insides.FindString(page); found != "" {
		t.Errorf("%q of a page is taken for the inside", found)
	}
}
