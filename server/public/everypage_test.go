package public_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"toancanh/schema/sample"
	"toancanh/server/area"
	"toancanh/server/disclosure"
	"toancanh/server/dti"
	"toancanh/server/public"
	"toancanh/server/sensor"
	"toancanh/server/store"
)

// What a page and its script may weigh, in bytes of gzip.
const (
	pageBudget   = 20_000
	scriptBudget = 6_000
)

// everyPage has an address of each kind of page, each with the status it has.
func everyPage() map[string]int {
	return map[string]int{
		"/": 200, "/tinh-hinh/2022/660": 200, "/tinh-hinh/2022/24611": 200, "/tinh-hinh/2025/68": 200, "/tinh-hinh/2025/24611": 200,
		"/dti": 200, "/hieu-qua": 200, "/hieu-qua/2022/660": 200, "/theo-doi": 200, "/du-lieu": 200, "/phan-anh": 200, "/bat-dau": 200, "/khong-co": 404,
	}
}

// editionPages are those of them that are made of what was read.
func editionPages() []string {
	return []string{"/", "/tinh-hinh/2022/660", "/tinh-hinh/2022/24611", "/tinh-hinh/2025/68", "/tinh-hinh/2025/24611", "/dti", "/hieu-qua", "/hieu-qua/2022/660"}
}

// weather changes what the projection holds, and takes it away.
type weather struct {
	public.Pictures
	change atomic.Pointer[func(*store.PublicPicture)]
	gone   atomic.Bool
}

func (w *weather) Picture(ctx context.Context, division string) (store.PublicPicture, error) {
	if w.gone.Load() {
		return store.PublicPicture{}, errBroken
	}
	p, err := w.Pictures.Picture(ctx, division)
	if change := w.change.Load(); change != nil {
		(*change)(&p)
	}
	return p, err
}

// storm fills a picture with as much as the sample's province can have.
func storm(t *testing.T, tree *area.Tree, p *store.PublicPicture) {
	t.Helper()
	p.Counts, p.Categories, p.Sensors, p.Warnings, p.Published, p.Performance.Rates = nil, nil, nil, nil, nil, nil
	for _, d := range tree.Divisions() {
		root, _ := tree.Root(d.Code)
		for i, a := range tree.Areas(d.Code) {
			p.Counts = append(p.Counts, store.PublicCount{Division: d.Code, Area: a.Code, PublicNumbersOf: numbers(i, root.Code)})
			rate(p, disclosure.OfArea, d.Code, a.Code, i)
		}
	}
	for i, row := range sampleRows(t, "categories.csv") {
		p.Categories = append(p.Categories, store.PublicCategory{Category: row["code"], PublicNumbersOf: numbers(i, disclosure.Others)})
	}
	for i, row := range sampleRows(t, "units.csv") {
		rate(p, disclosure.OfUnit, "vn-2022", row["id"], i)
	}
	p.Performance.Newest = store.RatePeriod{From: p.At.AddDate(0, 0, -60), Until: p.At.AddDate(0, 0, -30), At: p.At}
	p.Performance.Ripe = store.RatePeriod{From: p.At.AddDate(0, 0, -91), Until: p.At.AddDate(0, 0, -61), At: p.At}
	leaves := tree.Leaves("vn-2022")
	for i, row := range sampleRows(t, "sensors.csv") {
		one := store.PublicSensor{
			Code: row["code"], Name: row["name"], Kind: row["kind"], Unit: row["unit"], Division: "vn-2022", Area: leaves[i%len(leaves)].Code,
			Value: 123.45 + float64(i), At: p.At.Add(-time.Duration(i) * time.Hour), State: sensor.Critical, Limit: "mưa đặc biệt to 50 mm",
			Unconfirmed: strings.FieldsFunc(row["unconfirmed"], func(c rune) bool { return c == '|' }), Sample: true,
		}
		for text := range strings.SplitSeq(row["levels"], "|") {
			if parts := strings.SplitN(text, ":", 4); len(parts) == 4 {
				at, err := strconv.ParseFloat(parts[0], 64)
				must(t, err)
				one.Levels = append(one.Levels, sensor.Level{At: at, State: sensor.State(parts[1]), Label: parts[2], Source: parts[3]})
			}
		}
		switch i % 5 {
		case 3:
			one.State, one.Limit, one.Stale = sensor.Unknown, "", true
		case 4:
			one.At, one.State, one.Limit, one.Stale = time.Time{}, sensor.Unknown, "", true
		}
		p.Sensors = append(p.Sensors, one)
	}
	p.DTI = everyValue(t)
	for i := range 5 {
		p.Warnings = append(p.Warnings, store.WarningInForce{
			ID: fmt.Sprintf("0190f0c0-0000-7000-8000-00000000000%d", i), Headline: fmt.Sprintf("Cảnh báo lũ quét số %d <khẩn>", i), Event: "Lũ quét, sạt lở đất",
			Severity: []string{"Extreme", "Severe", "Moderate", "Minor", "Unknown"}[i], Areas: []string{"660", "24611", "67"}[i%3:],
			Effective: p.At, Expires: p.At.Add(6 * time.Hour), Exercise: i == 4,
		})
		for j := range 2 {
			p.Published = append(p.Published, store.Published{
				Code: fmt.Sprintf("ABCD%d-%d", i, j), Category: "MT", Area: leaves[0].Code, PublishedAt: p.At,
				Text: fmt.Sprintf("Kết quả %d%d: %s", i, j, strings.Repeat("Đã xử lý xong theo đúng quy định và báo cho người dân. ", 12)),
			})
		}
	}
}

// rate tells every measure of a place, but of one in four only a part.
func rate(p *store.PublicPicture, kind, division, place string, i int) {
	for j, m := range []disclosure.Measure{
		disclosure.Accepted, disclosure.Due, disclosure.Met, disclosure.Cohort, disclosure.Verified, disclosure.Reopened, disclosure.Rated, disclosure.Content,
	} {
		if i%4 < 3 || j < 4 {
			p.Performance.Rates = append(p.Performance.Rates, store.PublicRate{
				Rate: disclosure.Rate{Kind: kind, Division: division, Place: place, Measure: m, N: 1000 + 37*i - 90*j}, Name: "Đơn vị <" + place + ">",
			})
		}
	}
}

// everyValue is a value of every index and component of a year, each with a document of its own.
func everyValue(t *testing.T) []dti.Entry {
	t.Helper()
	published, err := dti.Load(sample.Files())
	must(t, err)
	var all []dti.Entry
	for _, x := range published.Schemes[0].Indices {
		for n := range x.Components + 1 {
			e := dti.Entry{Key: dti.Key{Area: published.Province, Scheme: published.Schemes[0].Code, Year: 2023, Code: x.Code}, Value: 0.8575, Most: 1}
			if n > 0 {
				e.Code, e.Value, e.Most = fmt.Sprintf("%s.%d", x.Code, n), float64(n*37%91)/10, 9.1
				e.Name = fmt.Sprintf("Tỷ lệ dịch vụ công trực tuyến thứ %d của <%s>", n*7919, x.VI)
			}
			doc := len(all) * 7919
			e.Evidence = dti.Evidence{
				Title: fmt.Sprintf("Báo cáo kết quả chuyển đổi số lần thứ %d", doc), Issuer: "Bộ Thông tin và Truyền thông", Number: fmt.Sprintf("%d/BC-BTTTT", 100+doc),
				Reference: fmt.Sprintf("https://dti.gov.vn/bao-cao?lan=%d&nam=2023", doc), Dated: "2024-07-12",
			}
			all = append(all, e)
		}
	}
	return all
}

// numbers are of every sort that is told: a place's own, part of a wider one's, and too few to tell.
func numbers(i int, wider string) store.PublicNumbersOf {
	own := func(n int) disclosure.Number { return disclosure.Number{N: n + 37*i} }
	part := disclosure.Number{N: 12_345, Of: wider}
	if i%3 == 1 {
		return store.PublicNumbersOf{Open: part, Late: part, Recent: part, Resolved: own(2000), Kept: part, Missed: part}
	}
	if i%7 == 5 {
		return store.PublicNumbersOf{Open: disclosure.Number{Less: true}, Recent: disclosure.Number{Less: true, Of: wider}}
	}
	return store.PublicNumbersOf{Open: own(5), Late: own(5), Recent: own(1000), Resolved: own(20_000), Kept: own(10_000), Missed: own(500)}
}

// sampleRows are the rows of a table of the sample, by the names of its columns.
func sampleRows(t *testing.T, name string) []map[string]string {
	t.Helper()
	file, err := sample.Files().Open(name)
	must(t, err)
	defer file.Close()
	lines, err := csv.NewReader(file).ReadAll()
	must(t, err)
	var rows []map[string]string
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, text := range line {
			row[lines[0][i]] = text
		}
		rows = append(rows, row)
	}
	return rows
}

// TestEveryPageInEveryStateIsSmallAndValid asks for every kind of page in both languages, in a calm and in a storm, and for those
// that say so while the database is away.
func TestEveryPageInEveryStateIsSmallAndValid(t *testing.T) {
	t.Parallel()
	w := &weather{}
	h := newHouse(t, func(c *public.Config) { w.Pictures, c.Pictures = c.Pictures, w })
	all := map[string]string{}
	ask := h.get
	visit := func(state string, pages map[string]int) {
		t.Helper()
		for path, status := range pages {
			for language, cookie := range map[string]string{"vi": "nhin=vi.0.0.1", "en": "nhin=en.+.1"} {
				a := ask(path, map[string]string{"Cookie": cookie, "Accept": "text/html", "Accept-Encoding": "gzip"})
				if a.status != status {
					t.Errorf("%s: %s in %s: status %d, want %d", state, path, language, a.status, status)
				}
				if len(a.body) > pageBudget {
					t.Errorf("%s: %s in %s weighs %d bytes of gzip, at most %d are allowed", state, path, language, len(a.body), pageBudget)
				}
				if state == "storm" {
					t.Logf("%s in %s: %d bytes of gzip", path, language, len(a.body))
				}
				if a.header.Get("Content-Encoding") == "gzip" {
					a.body = gunzip(t, a.body)
				}
				all[state+" "+path+" "+language] = a.body
			}
		}
	}
	visit("calm", everyPage())
	tree := h.site.Atlas.Tree
	fill := func(p *store.PublicPicture) { storm(t, tree, p) }
	w.change.Store(&fill)
	h.wait(func() bool { return strings.Contains(h.get("/", nil).body, "Lũ quét") })
	visit("storm", everyPage())
	w.gone.Store(true)
	h.wait(func() bool { return strings.Contains(h.get("/", nil).body, "SỐ LIỆU CŨ") })
	visit("old", everyPage())
	never := everyPage()
	for _, path := range editionPages() {
		never[path] = 503 // nothing was ever read
	}
	delete(never, "/bat-dau") // is for this machine's user, who comes over a connection
	ask = newNeighbour(t, h, errBroken).get
	visit("never", never)
	for _, path := range editionPages() {
		for language, words := range map[string]string{"vi": "Chưa đọc được số", "en": "No data could be"} {
			if page := all["never "+path+" "+language]; !strings.Contains(page, words) {
				t.Errorf("never read: %s in %s lacks %q", path, language, words)
			}
		}
	}
	for _, want := range []string{
		"DIỄN TẬP", "Mức độ: cực kỳ nghiêm trọng", "/feed/cap/0190f0c0-0000-7000-8000-000000000000.xml", "mất tín hiệu", "BĐ3", "QCVN 05", "dưới 5", "gộp: 12.345 của Tỉnh Đắk Nông", `class="merged"`,
		"20.000", "&lt;khẩn&gt;",
	} {
		if !strings.Contains(all["storm / vi"], want) {
			t.Errorf("the front page in a storm lacks %q", want)
		}
	}
	const asOf = "Số phản ánh tính đến"
	if narrow := all["storm /tinh-hinh/2022/660 vi"] + all["storm /tinh-hinh/2022/24611 vi"]; !strings.Contains(narrow, asOf) || strings.Contains(all["storm / vi"], asOf) {
		t.Error("a narrow area does not say of when its numbers are, or the whole does, whose are of now")
	}
	if board := all["storm /hieu-qua vi"]; !strings.Contains(board, `class="bar"`) || !strings.Contains(board, "&lt;so-tnmt&gt;") {
		t.Error("the board in a storm has no rates")
	}
	holds(t, "the index with every value", all["storm /dti vi"], "22/22", "tính theo công thức là 0,8575", "minh chứng 107", "&lt;Nhận thức số&gt;", "DỮ LIỆU MÔ PHỎNG")
	holds(t, "the index while the database is away", all["old /dti vi"], "SỐ LIỆU CŨ", "tính theo công thức là 0,8575")
	valid(t, all)
}

func TestTheScriptOfThePagesIsSmall(t *testing.T) {
	t.Parallel()
	script, err := os.ReadFile("pages/page.js")
	must(t, err)
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	must(t, err)
	_, err = z.Write(script)
	must(t, err)
	must(t, z.Close())
	t.Logf("page.js: %d bytes of gzip", out.Len())
	if out.Len() > scriptBudget {
		t.Errorf("page.js weighs %d bytes of gzip, at most %d are allowed", out.Len(), scriptBudget)
	}
}

// valid holds pages to HTML as it is written down.
func valid(t *testing.T, all map[string]string) {
	t.Helper()
	for _, fault := range faultsOf(t, all) {
		t.Error(fault)
	}
}

// faultsOf are the faults of the pages' HTML.
func faultsOf(t *testing.T, all map[string]string) []string {
	t.Helper()
	_, noNode := exec.LookPath("node")
	_, noModules := os.Stat("../../frontend/node_modules/html-validate")
	if noNode != nil || noModules != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("no node, or npm ci was not run in frontend: HTML cannot be checked")
		}
		t.Skip("no node, or npm ci was not run in frontend: HTML is not checked")
	}
	raw, err := json.Marshal(all)
	must(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", "../../frontend/tests/validity.mjs")
	cmd.Stdin = bytes.NewReader(raw)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("check HTML: %v\n%s", err, said.String())
	}
	var faults []string
	must(t, json.Unmarshal(out, &faults))
	slices.Sort(faults)
	return faults
}

// TestFaultyHTMLIsFound shows that the check of validity can fail.
func TestFaultyHTMLIsFound(t *testing.T) {
	t.Parallel()
	page := func(main string) string {
		return `<!DOCTYPE html><html lang="vi"><head><meta charset="utf-8"><title>x</title></head><body><main><h1>x</h1>` + main + `</main></body></html>`
	}
	faults := strings.Join(faultsOf(t, map[string]string{
		"good": page("<ul><li>a<li>b</ul><table><tbody><tr><th scope=row>a<td>b</table><svg><path d=\"M0 0\"/></svg><br>"), "open": page("<div>"), "twice": page(`<p id="a">x</p><p id="a">y</p>`), "misplaced": page("<ul><p>x</p></ul>"),
		"crossed": page("<b><i>x</b></i>"), "stray": page("x</p><p>y</p></i>"), "unknown": page("<p><blink>x</blink></p>"),
	}), "\n")
	for _, name := range []string{"open", "twice", "misplaced", "crossed", "stray", "unknown"} {
		if !strings.Contains(faults, name+": ") {
			t.Errorf("nothing was found in the page %q: %s", name, faults)
		}
	}
	if strings.Contains(faults, "good: ") {
		t.Errorf("a good page is called faulty: %s", faults)
	}
}
