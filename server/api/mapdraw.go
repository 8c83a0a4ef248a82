package api

import (
	"bytes"
	"cmp"
	"fmt"
	"html"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"toancanh/server/area"
	"toancanh/server/report"
)

// Sizes of the sheet in pixels, those of a wall at 1080 lines.
const (
	sheetWidth    = 800
	sheetHeight   = 900
	widestMap     = 8 * sheetWidth // a commune is drawn no larger than this much of the whole
	sheetMargin   = 14
	nameSize      = 24
	noteSize      = 20
	lineHeight    = 30
	mostMapBytes  = 60_000
	mostBaseBytes = 42_000
)

// The colours of the dark theme; a test holds them to the tokens of the faces.
const (
	colourGround    = "#0b1014"
	colourText      = "#edf2f5"
	colourSecond    = "#aebcc6"
	colourLine      = "#8796a1"
	colourNormal    = "#8e979d"
	colourAttention = "#4db2ff"
	colourWarning   = "#ffd054"
	colourCritical  = "#ff5a50"
)

// The least number of open reports of each step of colour but the first, and the colours.
//
//nolint:gochecknoglobals // constant tables
var (
	stepBreaks  = [...]int{1, 3, 6, 11}
	stepColours = [...]string{"#1b262e", "#2b3b46", "#3f5564", "#587385", "#7996a9"}
	stepWords   = [...]string{"0", "1–2", "3–5", "6–10", "≥ 11"}
)

func stepOf(open int) int {
	step := 0
	for _, least := range stepBreaks {
		if open >= least {
			step++
		}
	}
	return step
}

// mapBase is what of an area's map changes with its boundaries only. Pixels are those of the drawing of the whole
// division; the sheet is cut out of it.
type mapBase struct {
	division                 string
	svg                      area.SVG
	left, top, width, height float64
	communes                 []area.SVGPath
	borders                  [][]area.SVGPath // districts, then the area itself
	names                    []mapName
	title, credit            string
}

type mapName struct {
	text string
	x, y float64
}

// drawBase draws an area as large as the sheet.
func (a *API) drawBase(m *area.Map, here area.Area) (*mapBase, error) {
	tree := a.Atlas.Tree
	division, _ := tree.Division(m.Division)
	b := &mapBase{division: m.Division, title: here.Title(), credit: division.Label + " · " + m.CreditAt(area.Commune)}
	if m.Schematic {
		b.credit = "Sơ đồ · " + b.credit
	}
	width, err := b.frame(m, here, sheetWidth)
	for err == nil {
		if err = b.outline(tree, m, here, width); err != nil || b.bytes() <= mostBaseBytes {
			break
		}
		// Borders in such detail are drawn smaller, and so with fewer corners.
		width, err = b.frame(m, here, int(b.width)*3/4)
	}
	if err != nil {
		return nil, err
	}
	b.name(m, namedOn(tree, here))
	return b, nil
}

// outline draws an area's parts, level by level, on a drawing of the whole division.
func (b *mapBase) outline(tree *area.Tree, m *area.Map, here area.Area, width int) error {
	b.borders = nil
	for _, level := range tree.Levels(m.Division) {
		svg, err := m.SVG(level, width)
		if err != nil {
			return err
		}
		var paths []area.SVGPath
		for _, p := range svg.Paths {
			if inside(tree, p.Code, here) {
				paths = append(paths, p)
			}
		}
		b.svg = svg
		b.borders = append([][]area.SVGPath{paths}, b.borders...)
	}
	b.communes, b.borders = b.borders[0], b.borders[1:]
	return nil
}

func (b *mapBase) bytes() int {
	n := 0
	for _, paths := range append([][]area.SVGPath{b.communes}, b.borders...) {
		for _, p := range paths {
			n += len(p.D) + 60
		}
	}
	return n
}

// frame finds how wide the whole division is drawn so that the area fills a sheet, and where that lies in it.
func (b *mapBase) frame(m *area.Map, here area.Area, sheet int) (int, error) {
	trial, err := m.SVG(here.Level, sheetWidth)
	if err != nil {
		return 0, err
	}
	for _, f := range m.Features(here.Level) {
		if f.Area.Code != here.Code {
			continue
		}
		bound := f.Shape.Bound()
		west, north := trial.Project(area.Point{Lat: bound.Max[1], Lon: bound.Min[0]})
		east, south := trial.Project(area.Point{Lat: bound.Min[1], Lon: bound.Max[0]})
		room := float64(sheet - 2*sheetMargin)
		width := drawnWidth(sheetWidth * math.Min(room/(east-west), room*sheetHeight/sheetWidth/(south-north)))
		k := float64(width) / sheetWidth
		b.left, b.top = math.Floor(west*k-sheetMargin), math.Floor(north*k-sheetMargin)
		b.width, b.height = math.Ceil((east-west)*k+2*sheetMargin), math.Ceil((south-north)*k+2*sheetMargin)
		return width, nil
	}
	return 0, fmt.Errorf("draw map of %s/%s: it has no shape", here.Division, here.Code)
}

// drawnWidth rounds down to one of few widths, because a map keeps its drawings.
func drawnWidth(wanted float64) int {
	width := float64(widestMap)
	for width > wanted && width > sheetWidth/4 {
		width *= 0.9
	}
	return int(width)
}

func (b *mapBase) name(m *area.Map, areas []area.Area) {
	for _, a := range areas {
		for _, f := range m.Features(a.Level) {
			if f.Area.Code == a.Code {
				x, y := b.svg.Project(f.Label)
				b.names = append(b.names, mapName{a.Name, x, y})
			}
		}
	}
}

// draw writes the sheet. When it would be too large, the least important marks are left out and the sheet says so.
func (b *mapBase) draw(p mapPicture) []byte {
	size := markSize(p.marks)
	stacks := stackMarks(p.marks, size)
	slices.SortFunc(stacks, func(x, y mapStack) int {
		return cmp.Or(cmp.Compare(y.top.order(), x.top.order()), cmp.Compare(x.id, y.id))
	})
	for {
		body := b.sheet(p, stacks, size)
		if len(body) <= mostMapBytes || len(stacks) == 0 {
			return body
		}
		keep := len(stacks) * 3 / 4
		for _, left := range stacks[keep:] {
			p.missing += left.count
		}
		stacks = stacks[:keep]
	}
}

// markSize is how much smaller marks are drawn when many need attention at once.
func markSize(marks []mapMark) float64 {
	alarms := 0
	for _, m := range marks {
		if m.alarm() {
			alarms++
		}
	}
	switch {
	case alarms > 160 || len(marks) > 20_000:
		return 0.6
	case alarms > 60 || len(marks) > 5000:
		return 0.78
	}
	return 1
}

func (b *mapBase) sheet(p mapPicture, stacks []mapStack, size float64) []byte {
	var w bytes.Buffer
	west, north, perLon, perLat := b.svg.Frame()
	notes := b.notes(p)
	height := b.height + float64(len(notes)+2)*lineHeight + sheetMargin
	// A tall area leaves room beside it, because the key needs its width.
	width := math.Max(b.width, sheetWidth)
	left := math.Floor(b.left - (width-b.width)/2)
	fmt.Fprintf(&w, `<svg xmlns="http://www.w3.org/2000/svg" lang="vi" role="img" viewBox="%g %g %g %g" `, left, b.top, width, height)
	fmt.Fprintf(&w, `data-frame="%g %g %g %g" data-box="%g %g %g %g" `, west, north, perLon, perLat, b.left, b.top, b.width, b.height)
	fmt.Fprintf(&w, `font-family="'Be Vietnam Pro',system-ui,'Noto Sans',sans-serif" font-weight="600"><title>%s</title>`,
		html.EscapeString("Bản đồ phản ánh và cảm biến, "+b.title))
	fmt.Fprintf(&w, `<rect x="%g" y="%g" width="%g" height="%g" fill="%s"/>`, left, b.top, width, height, colourGround)
	w.WriteString(markDefs)
	b.writeBase(&w, p.open)
	fmt.Fprintf(&w, `<g id="marks" fill="%s" font-size="20">`, colourText)
	for _, s := range slices.Backward(stacks) {
		writeStack(&w, s, size)
	}
	w.WriteString(`</g>`)
	b.writeNames(&w, stacks, size)
	b.writeKey(&w, left+sheetMargin, keyWords{notes, p.open != nil})
	w.WriteString(`</svg>`)
	return w.Bytes()
}

func (b *mapBase) writeBase(w *bytes.Buffer, open map[string]int) {
	fmt.Fprintf(w, `<g id="base" fill-rule="evenodd" fill="none" stroke-linejoin="round"><g stroke="%s">`, colourGround)
	for _, c := range b.communes {
		fmt.Fprintf(w, `<path class="communes" data-code="%s" fill="%s" d="%s"/>`, c.Code, stepColours[stepOf(open[c.Code])], c.D)
	}
	w.WriteString(`</g>`)
	for i, level := range b.borders {
		class, colour, width := "districts", colourLine, 1.4
		if i == len(b.borders)-1 {
			class, colour, width = "province", colourSecond, 3
		}
		for _, p := range level {
			fmt.Fprintf(w, `<path class="%s" stroke="%s" stroke-width="%g" d="%s"/>`, class, colour, width, p.D)
		}
	}
	w.WriteString(`</g>`)
}

// markDefs are the marks at their full size around the origin: r a report, s a sensor, then the state's first letter.
const markDefs = `<defs><g stroke="` + colourGround + `" stroke-width="1.5">` +
	`<path id="rn" fill="` + colourNormal + `" transform="scale(.667) translate(-12 -12)" d="M7 12a5 5 0 1 0 10 0a5 5 0 1 0-10 0z"/>` +
	`<path id="ra" fill="` + colourAttention + `" transform="scale(.917) translate(-12 -12)" d="M3 12a9 9 0 1 0 18 0a9 9 0 1 0-18 0z"/>` +
	`<path id="rw" fill="` + colourWarning + `" transform="scale(1.167) translate(-12 -12)" d="M12 1.6L23 21.4H1z"/>` +
	`<path id="rc" fill="` + colourCritical + `" transform="scale(1.417) translate(-12 -12)" d="M7.8 2h8.4L22 7.8v8.4L16.2 22H7.8L2 16.2V7.8z"/></g>` +
	`<path id="ru" fill="none" stroke="` + colourLine + `" stroke-width="1.5" stroke-dasharray="3 3" d="M-8-8H8V8H-8z"/>` +
	`<path id="f" fill="` + colourGround + `" stroke="` + colourLine + `" stroke-width="2.4" d="M-11-11H11V11H-11z"/>` +
	`<g id="sn"><use href="#f" transform="scale(.75)"/><use href="#rn" transform="scale(.7)"/></g>` +
	`<g id="sa"><use href="#f"/><use href="#ra" transform="scale(.7)"/></g>` +
	`<g id="sw"><use href="#f" transform="scale(1.15)"/><use href="#rw" transform="scale(.6)"/></g>` +
	`<g id="sc"><use href="#f" transform="scale(1.4)"/><use href="#rc" transform="scale(.6)"/></g>` +
	`<g id="su"><use href="#f" stroke-dasharray="3 2"/><text y="6" font-size="17" text-anchor="middle" fill="` + colourLine + `">?</text></g></defs>`

// markRadius is half the side of a mark at its full size.
func markRadius(m mapMark) float64 {
	sides := map[string]float64{"normal": 16, "unknown": 22, "attention": 22, "warning": 28, "critical": 34}
	side := sides[m.state]
	if m.kind == 's' {
		if side = math.Max(26, side); m.state == "normal" {
			side = 18
		}
	}
	return side / 2
}

func writeStack(w *bytes.Buffer, s mapStack, size float64) {
	fmt.Fprintf(w, `<use href="#%c%c" `, s.top.kind, s.top.state[0])
	if size == 1 {
		fmt.Fprintf(w, `x="%.0f" y="%.0f"/>`, s.x, s.y)
	} else {
		fmt.Fprintf(w, `transform="translate(%.0f %.0f) scale(%g)"/>`, s.x, s.y, size)
	}
	if s.count > 1 {
		fmt.Fprintf(w, `<text x="%.0f" y="%.0f"%s>%d</text>`, s.x+markRadius(s.top)*size+1, s.y+7, halo, s.count)
	}
}

// halo keeps letters apart from whatever lies below them.
const halo = ` stroke="` + colourGround + `" stroke-width="5" stroke-linejoin="round" paint-order="stroke"`

// writeNames puts each name where it covers no alarm and no other name: on its place, else above or below it.
func (b *mapBase) writeNames(w *bytes.Buffer, stacks []mapStack, size float64) {
	fmt.Fprintf(w, `<g id="names" fill="%s" font-size="%d" text-anchor="middle"%s>`, colourText, nameSize, halo)
	var placed []mapName
	for _, n := range b.names {
		best, least := n, math.Inf(1)
		for i, dy := range []float64{0, -1, 1, -2, 2, -3, 3} {
			tried := n
			tried.y += dy * nameSize
			cost := float64(i) + costOfCovering(tried, stacks, size) + 500*float64(countTouching(tried, placed))
			if cost < least {
				best, least = tried, cost
			}
		}
		placed = append(placed, best)
		fmt.Fprintf(w, `<text x="%.0f" y="%.0f">%s</text>`, best.x, best.y+nameSize/3, html.EscapeString(best.text))
	}
	w.WriteString(`</g>`)
}

func (n mapName) halfWidth() float64 {
	return float64(utf8.RuneCountInString(n.text)) * nameSize * 0.31
}

// costOfCovering is the sum over what a name would hide: alarms weigh most, then whatever has a count beside it.
func costOfCovering(n mapName, stacks []mapStack, size float64) float64 {
	var cost float64
	for _, s := range stacks {
		r := markRadius(s.top) * size
		if math.Abs(s.x-n.x) > n.halfWidth()+r || math.Abs(s.y-n.y) > nameSize/2+r {
			continue
		}
		switch {
		case s.top.alarm():
			cost += 50
		case s.count > 1:
			cost += 10
		default:
			cost++
		}
	}
	return cost
}

func countTouching(n mapName, placed []mapName) int {
	touching := 0
	for _, o := range placed {
		if math.Abs(o.x-n.x) < n.halfWidth()+o.halfWidth() && math.Abs(o.y-n.y) < nameSize {
			touching++
		}
	}
	return touching
}

// notes are the lines below the key.
func (b *mapBase) notes(p mapPicture) []string {
	at := "Số liệu lúc " + p.at.Format("15:04 02/01/2006")
	if p.missing > 0 {
		at += fmt.Sprintf(" · thiếu %d phản ánh", p.missing)
	}
	notes := append([]string{"Số cạnh dấu: số mục ở cùng một chỗ", at}, wrap(b.credit, sheetWidth-2*sheetMargin)...)
	if word := originWord(p.origin); word != "" {
		notes = append([]string{word}, notes...)
	}
	return notes
}

// wrap breaks a text into lines of a width in pixels.
func wrap(text string, width float64) []string {
	const perLetter = noteSize * 0.56
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && float64(utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word))*perLetter > width {
			lines = append(lines, line)
			line = ""
		}
		line = strings.TrimSpace(line + " " + word)
	}
	return append(lines, line)
}

// originWord says of anything but real data what it is.
func originWord(o report.Origin) string {
	switch o {
	case report.Real:
		return ""
	case report.Simulated:
		return "DỮ LIỆU MÔ PHỎNG – không phải tình hình thật"
	default:
		return "KHÔNG PHẢI TÌNH HÌNH THẬT (" + strings.ToUpper(string(o)) + ")"
	}
}

// writeKey writes the signs, the steps of colour, and the notes.
// keyWords are what stands below a map: notes, and what the colours of communes say where they say something.
type keyWords struct {
	notes   []string
	counted bool
}

func (b *mapBase) writeKey(w *bytes.Buffer, x float64, k keyWords) {
	y := b.top + b.height + lineHeight
	fmt.Fprintf(w, `<g id="key" fill="%s" font-size="%d" font-weight="400">`, colourSecond, noteSize)
	at := x + 12
	for _, sign := range []struct{ id, word string }{
		{"rc", "Khẩn cấp"}, {"rw", "Cảnh báo"}, {"ra", "Lưu ý"}, {"rn", "Bình thường"}, {"sn", "Cảm biến"}, {"su", "Mất số liệu"},
	} {
		fmt.Fprintf(w, `<use href="#%s" transform="translate(%.0f %.0f) scale(.7)"/><text x="%.0f" y="%.0f">%s</text>`,
			sign.id, at, y-7, at+16, y, sign.word)
		at += 44 + float64(utf8.RuneCountInString(sign.word))*noteSize*0.52
	}
	if k.counted {
		y += lineHeight
		writeSteps(w, x, y)
	}
	for i, note := range k.notes {
		fmt.Fprintf(w, `<text x="%.0f" y="%.0f">%s</text>`, x, y+float64(i+1)*lineHeight, html.EscapeString(note))
	}
	w.WriteString(`</g>`)
}

// writeSteps says what the colours of communes mean.
func writeSteps(w *bytes.Buffer, x, y float64) {
	const words = "Tồn đọng mỗi xã:"
	fmt.Fprintf(w, `<text x="%.0f" y="%.0f">%s</text>`, x, y, words)
	at := x + float64(utf8.RuneCountInString(words))*noteSize*0.55
	for i, word := range stepWords {
		fmt.Fprintf(w, `<path d="M%.0f %.0fh30v18h-30z" fill="%s" stroke="%s"/><text x="%.0f" y="%.0f">%s</text>`,
			at, y-16, stepColours[i], colourLine, at+36, y, word)
		at += 56 + float64(utf8.RuneCountInString(word))*noteSize*0.56
	}
}
