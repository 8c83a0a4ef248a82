package warning

import (
	"encoding/xml"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"toancanh/server/fault"
)

const signatureSpace = "http://www.w3.org/2000/09/xmldsig#"

// part is an element that another holds: in this order, so often. An empty shape is a text.
type part struct {
	name        string
	least, most int
	shape       string
}

const many = mostElements

// shapes are the elements of CAP and the order of their parts, as the schema of the standard has them.
//
//nolint:gochecknoglobals // a constant Go has no literal for
var shapes = sync.OnceValue(func() map[string][]part {
	pair := []part{{"valueName", 1, 1, ""}, {"value", 1, 1, ""}}
	return map[string][]part{
		"alert": {
			{"identifier", 1, 1, ""},
			{"sender", 1, 1, ""},
			{"sent", 1, 1, ""},
			{"status", 1, 1, ""},
			{"msgType", 1, 1, ""},
			{"source", 0, 1, ""},
			{"scope", 1, 1, ""},
			{"restriction", 0, 1, ""},
			{"addresses", 0, 1, ""},
			{"code", 0, many, ""},
			{"note", 0, 1, ""},
			{"references", 0, 1, ""},
			{"incidents", 0, 1, ""},
			{"info", 0, many, "info"},
		},
		"info": {
			{"language", 0, 1, ""},
			{"category", 1, many, ""},
			{"event", 1, 1, ""},
			{"responseType", 0, many, ""},
			{"urgency", 1, 1, ""},
			{"severity", 1, 1, ""},
			{"certainty", 1, 1, ""},
			{"audience", 0, 1, ""},
			{"eventCode", 0, many, "pair"},
			{"effective", 0, 1, ""},
			{"onset", 0, 1, ""},
			{"expires", 0, 1, ""},
			{"senderName", 0, 1, ""},
			{"headline", 0, 1, ""},
			{"description", 0, 1, ""},
			{"instruction", 0, 1, ""},
			{"web", 0, 1, ""},
			{"contact", 0, 1, ""},
			{"parameter", 0, many, "pair"},
			{"resource", 0, many, "resource"},
			{"area", 0, many, "area"},
		},
		"resource": {
			{"resourceDesc", 1, 1, ""},
			{"mimeType", 1, 1, ""},
			{"size", 0, 1, ""},
			{"uri", 0, 1, ""},
			{"derefUri", 0, 1, ""},
			{"digest", 0, 1, ""},
		},
		"area": {
			{"areaDesc", 1, 1, ""},
			{"polygon", 0, many, ""},
			{"circle", 0, many, ""},
			{"geocode", 0, many, "pair"},
			{"altitude", 0, 1, ""},
			{"ceiling", 0, 1, ""},
		},
		"pair": pair,
	}
})

// Decode reads a CAP message of a stranger and says of the first thing that is wrong with it what and where it is: Field is a
// path such as "info[0].area[2].polygon[0]", Reason a word.
func Decode(raw []byte) (Alert, error) {
	root, err := readTree(raw)
	if err != nil {
		return Alert{}, err
	}
	return decodeAlert(root)
}

func decodeAlert(root *node) (Alert, error) {
	a := Alert{Version: "1.2"}
	switch {
	case root.name.Local != "alert":
		return a, refuse("root", "Phần tử gốc là %q, không phải alert.", clip(root.name.Local))
	case root.name.Space == Namespace11:
		a.Version = "1.1"
	case root.name.Space != Namespace:
		return a, refuse("namespace", "Không gian tên %q không phải của CAP 1.2 hay 1.1.", clip(root.name.Space))
	}
	r := reader{space: root.name.Space}
	root.parts = slices.DeleteFunc(root.parts, func(n *node) bool {
		a.Signed = a.Signed || n.name.Space == signatureSpace
		return n.name.Space == signatureSpace
	})
	r.check(root, "alert", "")
	if r.err != nil {
		return a, r.err
	}
	a.Identifier, a.Sender = r.name(root, "identifier"), r.name(root, "sender")
	a.Sent = r.time(root, "sent", "")
	a.Status = Status(r.word(root, "status", "", statuses()))
	a.MsgType = MsgType(r.word(root, "msgType", "", msgTypes()))
	a.Source, a.Scope = text(root, "source"), r.word(root, "scope", "", scopes())
	a.Restriction, a.Addresses, a.Note, a.Incidents = text(root, "restriction"), text(root, "addresses"), text(root, "note"), text(root, "incidents")
	for _, n := range root.all("code") {
		a.Codes = append(a.Codes, strings.TrimSpace(n.text))
	}
	a.References = r.references(text(root, "references"))
	for i, n := range root.all("info") {
		a.Infos = append(a.Infos, r.info(n, fmt.Sprintf("info[%d].", i)))
	}
	if r.err == nil {
		r.err = a.Check()
	}
	return a, r.err
}

// reader reads texts and keeps the first fault.
type reader struct {
	space string
	err   error
}

func (r *reader) wrong(path, reason, format string, args ...any) {
	if r.err == nil {
		r.err = fault.Invalid(path, format, args...).Because(reason)
	}
}

// check holds an element and all in it to its shape.
func (r *reader) check(n *node, shape, path string) {
	for _, a := range n.attrs {
		if a.Name.Space == "" && a.Name.Local != "xmlns" {
			r.wrong(path+n.name.Local, "attribute", "CAP không có thuộc tính %q.", clip(a.Name.Local))
		}
	}
	if shape == "" {
		if len(n.parts) > 0 {
			r.wrong(path+n.name.Local, "unknown", "Phần tử %q chỉ chứa chữ.", n.name.Local)
		}
		return
	}
	if strings.TrimSpace(n.text) != "" {
		r.wrong(strings.TrimSuffix(path, "."), "text", "Giữa các phần tử có chữ.")
		return
	}
	r.checkParts(n, shapes()[shape], path)
}

func (r *reader) checkParts(n *node, parts []part, path string) {
	i, times := 0, 0
	for _, p := range n.parts {
		if r.err != nil {
			return
		}
		name := path + clip(p.name.Local)
		to := slices.IndexFunc(parts, func(x part) bool { return x.name == p.name.Local })
		switch {
		case p.name.Space != r.space:
			r.wrong(name, "namespace", "Phần tử thuộc không gian tên %q.", clip(p.name.Space))
			return
		case to < 0:
			r.wrong(name, "unknown", "CAP không có phần tử này ở đây.")
			return
		case to < i:
			r.wrong(name, "order", "Phần tử đứng sai thứ tự.")
			return
		}
		for ; i < to; i++ {
			r.enough(parts[i], times, path)
			times = 0
		}
		if times++; times > parts[i].most {
			r.wrong(name, "duplicate", "Phần tử được ghi nhiều lần.")
			return
		}
		inner := path
		if parts[i].shape != "" {
			inner = fmt.Sprintf("%s[%d].", name, times-1)
		}
		r.check(p, parts[i].shape, inner)
	}
	for ; i < len(parts); i++ {
		r.enough(parts[i], times, path)
		times = 0
	}
}

// enough says when too few of a part were there. In CAP 1.1 a resource may lack its type.
func (r *reader) enough(p part, times int, path string) {
	if times < p.least && (p.name != "mimeType" || r.space != Namespace11) {
		r.wrong(path+p.name, "required", "Thiếu phần tử này.")
	}
}

func text(n *node, name string) string { return strings.TrimSpace(n.one(name).text) }

// name is a text by which messages name each other.
func (r *reader) name(n *node, name string) string {
	value := text(n, name)
	if value == "" || len(value) > 200 || strings.ContainsAny(value, " ,<&\t\r\n") {
		r.wrong(name, "format", "Cần 1 đến 200 ký tự, không có dấu cách, dấu phẩy, < và &.")
	}
	return value
}

func (r *reader) word(n *node, name, path string, known []string) string {
	value := text(n, name)
	r.known(path+name, value, known)
	return value
}

func (r *reader) known(path, value string, known []string) {
	if !slices.Contains(known, value) {
		r.wrong(path, "value", "%q không phải một trong: %s.", clip(value), strings.Join(known, ", "))
	}
}

// stampForm is how CAP writes a time, the comma before the zone included that its schema lets pass.
//
//nolint:gochecknoglobals // a constant Go has no literal for
var stampForm = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d$`)

const stampLayout = "2006-01-02T15:04:05-07:00"

func parseStamp(value string) (time.Time, bool) {
	if !stampForm.MatchString(value) {
		return time.Time{}, false
	}
	t, err := time.Parse(stampLayout, value)
	return t, err == nil && t.Year() > 1
}

// time is the time in a part, zero when there is no such part.
func (r *reader) time(n *node, name, path string) time.Time {
	value := text(n, name)
	if value == "" && len(n.all(name)) == 0 {
		return time.Time{}
	}
	t, ok := parseStamp(value)
	if !ok {
		r.wrong(path+name, "format", "Cần thời điểm dạng 2026-11-23T15:00:00+07:00.")
	}
	return t
}

// mostReferences bounds the messages one may name.
const mostReferences = 200

func (r *reader) references(value string) []Reference {
	var list []Reference
	for word := range strings.FieldsSeq(value) {
		parts := strings.Split(word, ",")
		if len(parts) != 3 || parts[0] == "" || parts[1] == "" || len(word) > 500 {
			r.wrong("references", "format", "Mỗi tham chiếu là người gửi,mã,thời điểm gửi.")
			return nil
		}
		sent, ok := parseStamp(parts[2])
		if !ok {
			r.wrong("references", "format", "Thời điểm trong tham chiếu không đọc được.")
			return nil
		}
		list = append(list, Reference{parts[0], parts[1], sent})
	}
	if len(list) > mostReferences {
		r.wrong("references", "too_many", "Có hơn %d tham chiếu.", mostReferences)
	}
	return list
}

func (r *reader) info(n *node, path string) Info {
	i := Info{
		Language: text(n, "language"), Event: text(n, "event"), Audience: text(n, "audience"), SenderName: text(n, "senderName"),
		Headline: text(n, "headline"), Description: text(n, "description"), Instruction: text(n, "instruction"), Web: text(n, "web"),
		Contact: text(n, "contact"), Urgency: r.word(n, "urgency", path, Urgencies()), Severity: r.word(n, "severity", path, Severities()),
		Effective: r.time(n, "effective", path), Onset: r.time(n, "onset", path), Expires: r.time(n, "expires", path),
	}
	if i.Language == "" {
		i.Language = "en-US"
	}
	if i.Certainty = text(n, "certainty"); i.Certainty == "Very Likely" {
		i.Certainty = "Likely" // of CAP 1.0, which 1.1 asks to be read so
	}
	r.known(path+"certainty", i.Certainty, Certainties())
	for _, c := range n.all("category") {
		i.Categories = append(i.Categories, strings.TrimSpace(c.text))
		r.known(path+"category", i.Categories[len(i.Categories)-1], Categories())
	}
	for _, t := range n.all("responseType") {
		i.ResponseTypes = append(i.ResponseTypes, strings.TrimSpace(t.text))
		r.known(path+"responseType", i.ResponseTypes[len(i.ResponseTypes)-1], ResponseTypes())
	}
	i.EventCodes, i.Parameters = pairs(n, "eventCode"), pairs(n, "parameter")
	for _, x := range n.all("resource") {
		i.Resources = append(i.Resources, Resource{text(x, "resourceDesc"), text(x, "mimeType"), text(x, "uri"), text(x, "digest")})
	}
	for k, x := range n.all("area") {
		i.Areas = append(i.Areas, r.area(x, fmt.Sprintf("%sarea[%d].", path, k)))
	}
	return i
}

func pairs(n *node, name string) []Pair {
	var list []Pair
	for _, p := range n.all(name) {
		list = append(list, Pair{text(p, "valueName"), text(p, "value")})
	}
	return list
}

func (r *reader) area(n *node, path string) Area {
	a := Area{Description: text(n, "areaDesc"), Geocodes: pairs(n, "geocode"), Altitude: text(n, "altitude"), Ceiling: text(n, "ceiling")}
	for i, p := range n.all("polygon") {
		a.Polygons = append(a.Polygons, r.polygon(p.text, fmt.Sprintf("%spolygon[%d]", path, i)))
	}
	for i, c := range n.all("circle") {
		a.Circles = append(a.Circles, r.circle(c.text, fmt.Sprintf("%scircle[%d]", path, i)))
	}
	for _, height := range []struct{ name, value string }{{"altitude", a.Altitude}, {"ceiling", a.Ceiling}} {
		if _, ok := parseNumber(height.value); !ok && height.value != "" {
			r.wrong(path+height.name, "format", "Cần một số.")
		}
	}
	return a
}

func (r *reader) polygon(value, path string) []Point {
	words := strings.Fields(value)
	points := make([]Point, 0, len(words))
	for _, word := range words {
		p, ok := parsePoint(word)
		if !ok {
			r.wrong(path, "format", "%q không phải vĩ độ,kinh độ.", clip(word))
			return nil
		}
		points = append(points, p)
	}
	if len(points) < 4 || points[0] != points[len(points)-1] {
		r.wrong(path, "open", "Vùng cần ít nhất bốn điểm, điểm cuối trùng điểm đầu.")
	}
	return points
}

// mostKM is half the way around the earth.
const mostKM = 20_040

func (r *reader) circle(value, path string) Circle {
	words := strings.Fields(value)
	if len(words) == 2 {
		centre, ok := parsePoint(words[0])
		km, number := parseNumber(words[1])
		if ok && number && km >= 0 && km <= mostKM {
			return Circle{centre, km}
		}
	}
	r.wrong(path, "format", "Vòng tròn cần vĩ độ,kinh độ và bán kính tính bằng kilômét.")
	return Circle{}
}

func parsePoint(word string) (Point, bool) {
	first, second, ok := strings.Cut(word, ",")
	if !ok {
		return Point{}, false
	}
	lat, isLat := parseNumber(first)
	lon, isLon := parseNumber(second)
	return Point{lat, lon}, isLat && isLon && lat >= -90 && lat <= 90 && lon >= -180 && lon <= 180
}

// parseNumber reads a decimal number as XML writes one: no exponent, no infinity, no other base.
func parseNumber(word string) (float64, bool) {
	if word == "" || len(word) > 40 || strings.Trim(word, "0123456789.+-") != "" {
		return 0, false
	}
	x, err := strconv.ParseFloat(word, 64)
	return x, err == nil
}

// Check says what is wrong with an alert whose parts are each as they must be.
func (a Alert) Check() error {
	var r reader
	if (a.MsgType == Update || a.MsgType == Cancel || a.MsgType == Ack || a.MsgType == Failed) && len(a.References) == 0 {
		r.wrong("references", "required", "Thông điệp %s phải chỉ ra thông điệp trước nó.", a.MsgType)
	}
	if (a.MsgType == New || a.MsgType == Update) && len(a.Infos) == 0 {
		r.wrong("info", "required", "Thông điệp %s phải có nội dung.", a.MsgType)
	}
	for k, i := range a.Infos {
		path := fmt.Sprintf("info[%d].", k)
		begin := i.Effective
		if begin.IsZero() {
			begin = a.Sent
		}
		if !i.Expires.IsZero() && i.Expires.Before(begin) {
			r.wrong(path+"expires", "out_of_range", "Hết hiệu lực trước khi có hiệu lực.")
		}
		for n, x := range i.Areas {
			if x.Ceiling != "" && x.Altitude == "" {
				r.wrong(fmt.Sprintf("%sarea[%d].ceiling", path, n), "required", "Có trần mà không có độ cao.")
			}
		}
	}
	return r.err
}

// ahead is how far another's clock may be before ours.
const ahead = 5 * time.Minute

// Timely says whether an alert may have been sent by now.
func (a Alert) Timely(now time.Time) error {
	if a.Sent.After(now.Add(ahead)) {
		return fault.Invalid("sent", "Thời điểm gửi ở tương lai.").Because("out_of_range")
	}
	return nil
}

// isCAP reports whether an element begins a CAP message of any version.
func isCAP(name xml.Name) bool {
	return name.Local == "alert" && strings.HasPrefix(name.Space, "urn:oasis:names:tc:emergency:cap:")
}
