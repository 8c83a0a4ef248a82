package warning

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"

	"toancanh/server/fault"
)

// Bounds of an XML document of a stranger.
const (
	MostBytes     = 1 << 20
	mostDepth     = 16
	mostElements  = 20_000
	mostText      = 64 << 10 // bytes of one element's text
	mostLongText  = 512 << 10
	mostAttribute = 2 << 10
	mostAttrs     = 16
)

// node is an element of a document that kept all bounds. Text is what stands in one without parts.
type node struct {
	name  xml.Name
	text  string
	attrs []xml.Attr
	parts []*node
	read  []byte // the text so far
}

// attr is the value of an attribute without a namespace.
func (n *node) attr(name string) string {
	for _, a := range n.attrs {
		if a.Name.Space == "" && a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// all are the parts of a name in the element's own namespace.
func (n *node) all(name string) []*node {
	var list []*node
	for _, p := range n.parts {
		if p.name.Local == name && p.name.Space == n.name.Space {
			list = append(list, p)
		}
	}
	return list
}

func (n *node) one(name string) *node {
	if list := n.all(name); len(list) > 0 {
		return list[0]
	}
	return &node{}
}

func refuse(reason, format string, args ...any) error {
	return fault.Invalid("", format, args...).Because(reason)
}

// readTree reads a document into its elements. What could hurt is refused before it does: too many bytes, a type
// declaration or an entity of any kind, an encoding we do not turn into UTF-8, and whatever passes the bounds above. Nothing
// is ever fetched.
func readTree(raw []byte) (*node, error) {
	if len(raw) > MostBytes {
		return nil, refuse("too_large", "Tệp lớn hơn %d KiB.", MostBytes>>10)
	}
	text, err := decodeText(raw)
	if err != nil {
		return nil, err
	}
	r := treeReader{xml: xml.NewDecoder(bytes.NewReader(text))}
	for {
		token, err := r.xml.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, syntaxFault(err)
		}
		if err := r.take(token); err != nil {
			return nil, err
		}
	}
	if r.root == nil {
		return nil, refuse("empty", "Tệp không có nội dung XML.")
	}
	return r.root, nil
}

// declaration is what may stand at the very beginning of a document.
//
//nolint:gochecknoglobals // a constant Go has no literal for
var declaration = regexp.MustCompile(`^<\?xml\s+version\s*=\s*(?:"1\.0"|'1\.0')(?:\s+encoding\s*=\s*(?:"([A-Za-z][\w.\-]{0,39})"|'([A-Za-z][\w.\-]{0,39})'))?(?:\s+standalone\s*=\s*(?:"(?:yes|no)"|'(?:yes|no)'))?\s*\?>`)

// decodeText is a document in UTF-8 without its declaration. The decoder sees none, so no document can make it change its
// reader again and again.
func decodeText(raw []byte) ([]byte, error) {
	for _, mark := range [][]byte{{0xff, 0xfe}, {0xfe, 0xff}, {0, 0}} {
		if bytes.HasPrefix(raw, mark) {
			return nil, errEncoding("UTF-16")
		}
	}
	if bytes.IndexByte(raw[:min(len(raw), 4)], 0) >= 0 {
		return nil, errEncoding("UTF-16")
	}
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	encoding := "utf-8"
	if found := declaration.FindSubmatch(raw); found != nil {
		raw = raw[len(found[0]):]
		if name := string(found[1]) + string(found[2]); name != "" {
			encoding = strings.ToLower(name)
		}
	}
	switch encoding {
	case "utf-8", "us-ascii":
	case "iso-8859-1", "latin1":
		var err error
		if raw, err = charmap.ISO8859_1.NewDecoder().Bytes(raw); err != nil {
			return nil, errEncoding(encoding)
		}
	default:
		return nil, errEncoding(encoding)
	}
	if !utf8.Valid(raw) {
		return nil, refuse("utf8", "Tệp không đúng mã UTF-8.")
	}
	return raw, nil
}

func errEncoding(name string) error {
	return refuse("encoding", "Không đọc mã %q; chỉ đọc UTF-8 và ISO-8859-1.", name)
}

// treeReader builds the tree.
type treeReader struct {
	xml      *xml.Decoder
	root     *node
	open     []*node
	elements int
}

func (r *treeReader) take(token xml.Token) error {
	switch t := token.(type) {
	case xml.Directive:
		return refuse("doctype", "Tệp có khai báo DOCTYPE; cảnh báo không được mang khai báo kiểu hay thực thể.")
	case xml.ProcInst:
		if strings.EqualFold(t.Target, "xml") {
			return refuse("declaration", "Khai báo XML không đứng ở đầu tệp, hoặc không đọc được.")
		}
		return r.count() // such as a style sheet: it says nothing to us
	case xml.Comment:
		return r.count()
	case xml.StartElement:
		return r.begin(t)
	case xml.EndElement:
		r.end()
	case xml.CharData:
		return r.write(t)
	}
	return nil
}

func (r *treeReader) count() error {
	if r.elements++; r.elements > mostElements {
		return refuse("too_many_elements", "Tệp có hơn %d phần tử.", mostElements)
	}
	return nil
}

func (r *treeReader) begin(t xml.StartElement) error {
	if err := r.count(); err != nil {
		return err
	}
	if len(r.open) == 0 && r.root != nil {
		return refuse("extra", "Sau phần tử gốc còn phần tử %q.", clip(t.Name.Local))
	}
	if len(r.open) >= mostDepth {
		return refuse("too_deep", "Các phần tử lồng nhau sâu hơn %d bậc.", mostDepth)
	}
	if len(t.Attr) > mostAttrs {
		return refuse("too_many_attributes", "Phần tử %q có hơn %d thuộc tính.", clip(t.Name.Local), mostAttrs)
	}
	for i, a := range t.Attr {
		if len(a.Value) > mostAttribute {
			return refuse("attribute_too_long", "Thuộc tính %q dài hơn %d byte.", clip(a.Name.Local), mostAttribute)
		}
		if slices.ContainsFunc(t.Attr[:i], func(b xml.Attr) bool { return a.Name == b.Name }) {
			return refuse("attribute_twice", "Thuộc tính %q được ghi hai lần.", clip(a.Name.Local))
		}
	}
	n := &node{name: t.Name, attrs: slices.Clone(t.Attr)}
	if len(r.open) == 0 {
		r.root = n
	} else {
		above := r.open[len(r.open)-1]
		above.parts = append(above.parts, n)
	}
	r.open = append(r.open, n)
	return nil
}

func (r *treeReader) end() {
	n := r.open[len(r.open)-1]
	n.text, n.read = norm.NFC.String(string(n.read)), nil
	r.open = r.open[:len(r.open)-1]
}

// write adds text to the element it stands in.
func (r *treeReader) write(text xml.CharData) error {
	if len(r.open) == 0 {
		if len(bytes.TrimSpace(text)) > 0 {
			return refuse("extra", "Ngoài phần tử gốc còn chữ.")
		}
		return nil
	}
	n := r.open[len(r.open)-1]
	most := mostText
	if n.name.Local == "polygon" || n.name.Local == "derefUri" {
		most = mostLongText
	}
	if len(n.parts) > 0 && len(bytes.TrimSpace(text)) == 0 {
		return nil
	}
	if len(n.read)+len(text) > most {
		return refuse("text_too_long", "Chữ trong phần tử %q dài hơn %d KiB.", clip(n.name.Local), most>>10)
	}
	n.read = append(n.read, text...)
	return nil
}

// syntaxFault says what is wrong with a document that is no XML.
func syntaxFault(err error) error {
	var syntax *xml.SyntaxError
	if !errors.As(err, &syntax) && strings.Contains(err.Error(), "encoding") {
		return fault.Invalid("", "Khai báo XML không đứng ở đầu tệp, hoặc không đọc được.").Because("declaration").Wrap(err)
	}
	if syntax == nil {
		return fault.Invalid("", "Tệp không đọc được như XML.").Because("syntax").Wrap(err)
	}
	switch {
	case strings.Contains(syntax.Msg, "entity"):
		return refuse("entity", "Dòng %d dùng một thực thể không có sẵn trong XML.", syntax.Line)
	case strings.Contains(syntax.Msg, "unexpected EOF"):
		return refuse("truncated", "Tệp bị cắt ngang.")
	}
	return fault.Invalid("", "Dòng %d không đúng cú pháp XML.", syntax.Line).Because("syntax").Wrap(err)
}

// clip shortens what a stranger wrote before it is repeated.
func clip(text string) string {
	const most = 40
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}
