package boundary

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"toancanh/server/area"
)

// Order says what a layer is meant to be.
type Order struct {
	Tree     *area.Tree
	Division string
	Level    area.Level

	CodeAttribute   string // empty: the column whose values are codes of the areas
	NameAttribute   string // empty: the column whose values are their names; "-": names are not looked at
	ParentAttribute string // empty: the column whose values name the areas above

	// Known is a map of the same division to hold the file against: areas that lie somewhere else altogether are a
	// mistake. Nil: nothing is compared.
	Known *area.Map
}

// match is a feature and the area it is of.
type match struct {
	feature *Feature
	code    string
	byName  bool
}

// matcher finds the area of each feature.
type matcher struct {
	order    Order
	layer    *Layer
	expected []area.Area
	byCode   map[string]area.Area
	byKey    map[string][]area.Area
	code     string // columns
	name     string
	parent   string
	findings *findings
}

// wrongNames is the share of codes whose names are another area's beyond which the file is of something else.
const wrongNames = 0.1

func newMatcher(layer *Layer, o Order, f *findings) *matcher {
	m := &matcher{
		order: o, layer: layer, expected: o.Tree.AtLevel(o.Division, o.Level), findings: f,
		byCode: map[string]area.Area{}, byKey: map[string][]area.Area{},
	}
	for _, a := range m.expected {
		m.byCode[plainCode(a.Code)] = a
		for _, k := range keysOf(a) {
			m.byKey[k] = append(m.byKey[k], a)
		}
	}
	return m
}

// columns finds which attribute is which.
func (m *matcher) columns() error {
	o := m.order
	for _, c := range []string{o.CodeAttribute, o.NameAttribute, o.ParentAttribute} {
		if c != "" && c != "-" && !slices.Contains(m.layer.Columns, c) {
			return Refuse("attribute", "Tệp không có thuộc tính %q. Các thuộc tính: %s.", c, strings.Join(m.layer.Columns, ", "))
		}
	}
	m.code, m.name, m.parent = o.CodeAttribute, o.NameAttribute, o.ParentAttribute
	if m.code == "" {
		m.code = m.best(func(v string) string { return m.byCode[plainCode(v)].Code }, max(1, len(m.expected)/2))
	}
	if m.name == "" {
		m.name = m.best(func(v string) string {
			if list := m.byKey[nameKey(v)]; len(list) > 0 {
				return list[0].Code
			}
			return ""
		}, max(1, len(m.expected)/4))
	}
	if m.name == "" {
		m.name = m.usual("ten", "name", "ten_xa", "tenxa", "ten_huyen", "tenhuyen", "ten_tinh", "ward", "xa", "phuong")
	}
	if m.parent == "" {
		m.parent = m.best(func(v string) string { return m.above(v).Code }, 2)
	}
	if m.code == "" && (m.name == "" || m.name == "-") {
		return m.nothing()
	}
	return nil
}

// nothing refuses a layer in which no area was found.
func (m *matcher) nothing() error {
	return Refuse("attribute", "Không đối tượng nào của tệp mang mã hoặc tên của một đơn vị %s thuộc %s. Các thuộc tính: %s. "+
		"Hãy kiểm tra bộ địa giới và cấp, hoặc chỉ rõ bằng --code-attribute, --name-attribute.",
		m.order.Level.Word(), m.order.Division, strings.Join(m.layer.Columns, ", "))
}

// best is the column whose values are of the most different areas, if they are at least as many as asked for.
func (m *matcher) best(areaOf func(string) string, least int) string {
	best, most := "", least-1
	for _, c := range m.layer.Columns {
		hit := map[string]bool{}
		for i := range m.layer.Features {
			if code := areaOf(m.layer.Features[i].Attributes[c]); code != "" {
				hit[code] = true
			}
		}
		if len(hit) > most {
			best, most = c, len(hit)
		}
	}
	return best
}

func (m *matcher) usual(names ...string) string {
	for _, want := range names {
		for _, c := range m.layer.Columns {
			if strings.EqualFold(c, want) {
				return c
			}
		}
	}
	return ""
}

// above is the area over the expected ones that a text names by code or name.
func (m *matcher) above(text string) area.Area {
	key := nameKey(text)
	for _, a := range m.order.Tree.Areas(m.order.Division) {
		if a.Level == m.order.Level || len(m.order.Tree.Children(m.order.Division, a.Code)) == 0 {
			continue
		}
		if plainCode(text) == plainCode(a.Code) || key != "" && slices.Contains(keysOf(a), key) {
			return a
		}
	}
	return area.Area{}
}

// run matches every feature; those of no area come back as strangers.
func (m *matcher) run() (matched []match, strangers []*Feature) {
	taken := map[string]bool{}
	var unknown []*Feature
	for i := range m.layer.Features {
		f := &m.layer.Features[i]
		a, ok := m.byCode[plainCode(f.Attributes[m.code])]
		if m.code == "" || !ok {
			unknown = append(unknown, f)
			continue
		}
		taken[a.Code] = true
		matched = append(matched, match{feature: f, code: a.Code})
	}
	for _, f := range unknown {
		code, unsure := m.named(f, taken)
		switch {
		case code != "":
			matched = append(matched, match{feature: f, code: code, byName: true})
		case len(unsure) > 0:
			m.findings.oppose(Finding{
				Kind: "ambiguous", Codes: unsure,
				Text: "Đối tượng số " + strconv.Itoa(f.Number) + " mang tên “" + f.Attributes[m.name] + "”, là tên của nhiều đơn vị (" +
					strings.Join(unsure, ", ") + "). Hãy thêm thuộc tính mã, hoặc chỉ thuộc tính đơn vị cấp trên bằng --parent-attribute.",
			})
		default:
			strangers = append(strangers, f)
		}
	}
	m.compareNames(matched)
	m.tellByName(matched)
	return matched, strangers
}

// named finds an area by name, within its parent where names repeat; unsure lists the areas it might be.
func (m *matcher) named(f *Feature, taken map[string]bool) (code string, unsure []string) {
	if m.name == "" || m.name == "-" {
		return "", nil
	}
	list := slices.DeleteFunc(slices.Clone(m.byKey[nameKey(f.Attributes[m.name])]), func(a area.Area) bool { return taken[a.Code] })
	if up := m.above(f.Attributes[m.parent]); m.parent != "" && up.Code != "" {
		list = slices.DeleteFunc(list, func(a area.Area) bool {
			return !slices.Contains(m.order.Tree.Path(a.Division, a.Code), up.Code)
		})
	}
	if len(list) > 1 { // the word before the name may tell a ward from a commune
		full := slices.DeleteFunc(slices.Clone(list), func(a area.Area) bool { return a.Folded != area.Fold(f.Attributes[m.name]) })
		if len(full) == 1 {
			list = full
		}
	}
	if len(list) == 1 {
		return list[0].Code, nil
	}
	for _, a := range list {
		unsure = append(unsure, named(a))
	}
	return "", unsure
}

// compareNames looks whether codes and names speak of the same areas: codes are used again by other divisions.
func (m *matcher) compareNames(matched []match) {
	if m.name == "" || m.name == "-" || m.code == "" {
		return
	}
	var other, codes []string
	for _, x := range matched {
		text := x.feature.Attributes[m.name]
		a, _ := m.order.Tree.Get(m.order.Division, x.code)
		if x.byName || text == "" || agrees(a, text) {
			continue
		}
		codes = append(codes, a.Code)
		other = append(other, a.Code+" trong tệp là “"+text+"”, trong danh mục là “"+a.Title()+"”")
	}
	if len(other) == 0 {
		return
	}
	found := Finding{Kind: "names", Codes: codes, Text: "Tên không khớp với mã: " + someOf(other) + "."}
	if float64(len(other)) > wrongNames*float64(len(matched)) {
		found.Text += " Có thể tệp thuộc bộ địa giới khác hoặc cấp khác với " + m.order.Division + "."
		m.findings.oppose(found)
		return
	}
	m.findings.tell(found)
}

func (m *matcher) tellByName(matched []match) {
	var list, codes []string
	for _, x := range matched {
		if x.byName {
			list = append(list, "“"+x.feature.Attributes[m.name]+"” là "+x.code)
			codes = append(codes, x.code)
		}
	}
	if len(list) > 0 {
		m.findings.tell(Finding{Kind: "by_name", Codes: codes, Text: "Khớp theo tên vì không có mã: " + someOf(list) + "."})
	}
}

// agrees tells that a text may be the area's name.
func agrees(a area.Area, text string) bool {
	key := nameKey(text)
	return slices.ContainsFunc(keysOf(a), func(k string) bool {
		return k == key || a.Parent == "" && key != "" && strings.Contains(k, key) // the root's name may say more
	})
}

func keysOf(a area.Area) []string {
	var keys []string
	for _, name := range append([]string{a.Name, a.Title(), a.NameEN}, a.Aliases...) {
		if k := nameKey(name); k != "" && !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	return keys
}

// nameKey brings the spellings of an area's name together: no word for its kind, no marks, no spaces or apostrophes,
// and one letter for i and y.
func nameKey(name string) string {
	folded := area.Fold(name)
	for _, kind := range [...]string{
		"thanh pho ", "thi xa ", "thi tran ", "dac khu ", "phuong ", "huyen ", "quan ", "tinh ", "xa ",
		"tp. ", "tp ", "tx. ", "tx ", "tt. ", "tt ", "p. ", "h. ", "x. ", "tp.", "tx.", "tt.", "p.", "h.", "x.",
	} {
		if rest, ok := strings.CutPrefix(folded, kind); ok && rest != "" {
			folded = rest
			break
		}
	}
	for _, kind := range [...]string{" province", " district", " commune", " ward", " township", " town", " city"} {
		folded = strings.TrimSuffix(folded, kind)
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == 'y':
			return 'i'
		case unicode.IsLetter(r), unicode.IsDigit(r):
			return r
		}
		return -1
	}, folded)
}

// plainCode makes codes of tables and of the list alike: no spaces, no zeros before, no decimals of a number column.
func plainCode(code string) string {
	code = strings.TrimSpace(code)
	if whole, decimals, ok := strings.Cut(code, "."); ok && strings.Trim(decimals, "0") == "" {
		code = whole
	}
	return strings.TrimLeft(code, "0")
}
