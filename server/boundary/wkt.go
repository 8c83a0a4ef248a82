package boundary

import (
	"errors"
	"strconv"
	"strings"
)

// wkt is a node of well-known text: NAME["text", 1, CHILD[…]].
type wkt struct {
	name string
	args []any // string, float64 or *wkt
}

// deepest bounds how far texts may nest.
const deepest = 20

var errWKT = errors.New("không đúng dạng WKT")

func parseWKT(text string) (*wkt, error) {
	p := &wktParser{rest: strings.TrimSpace(strings.TrimPrefix(text, "\ufeff"))}
	root, ok := p.item(0).(*wkt)
	if !ok || p.bad {
		return nil, errWKT
	}
	return root, nil
}

type wktParser struct {
	rest string
	bad  bool
}

func (p *wktParser) next(c byte) bool {
	p.rest = strings.TrimLeft(p.rest, " \t\r\n")
	if p.rest == "" || p.rest[0] != c {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

// item reads a quoted text, a number, or a name with its arguments.
func (p *wktParser) item(depth int) any {
	if depth > deepest {
		p.bad = true
		return nil
	}
	if p.next('"') {
		text, rest, closed := strings.Cut(p.rest, `"`)
		p.rest, p.bad = rest, p.bad || !closed
		return text
	}
	end := strings.IndexAny(p.rest, "[](), \t\r\n")
	if end < 0 {
		end = len(p.rest)
	}
	word := p.rest[:end]
	p.rest = p.rest[end:]
	if v, err := strconv.ParseFloat(word, 64); err == nil {
		return v
	}
	if !p.next('[') && !p.next('(') {
		p.bad = p.bad || word == ""
		return word
	}
	node := &wkt{name: strings.ToUpper(word)}
	for !p.bad {
		node.args = append(node.args, p.item(depth+1))
		if p.next(',') {
			continue
		}
		p.bad = p.bad || !p.next(']') && !p.next(')')
		break
	}
	return node
}

// children are the nodes of a name directly below; a nil node has none.
func (w *wkt) children(name string) []*wkt {
	var list []*wkt
	if w == nil {
		return nil
	}
	for _, a := range w.args {
		if n, ok := a.(*wkt); ok && n.name == name {
			list = append(list, n)
		}
	}
	return list
}

func (w *wkt) child(name string) *wkt {
	if list := w.children(name); len(list) > 0 {
		return list[0]
	}
	return nil
}

// text is the first argument when it is a text, else empty.
func (w *wkt) text() string {
	if w == nil || len(w.args) == 0 {
		return ""
	}
	s, _ := w.args[0].(string)
	return s
}

// value is an argument that is a number, else 0.
func (w *wkt) value(i int) float64 {
	if w == nil || i >= len(w.args) {
		return 0
	}
	v, _ := w.args[i].(float64)
	return v
}
