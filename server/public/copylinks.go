package public

import (
	"bytes"
	"errors"
	"io"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// linker turns the links of a live page into those of its copy.
type linker struct {
	here    string // the file of the page
	english bool
	live    string                    // the address of the live pages; empty: not known
	copies  func(address string) bool // whether the copy has the page of an address
}

// rewrite makes the links of a page relative, those that lead out of the copy absolute or, where nobody knows where the
// live side is, plain words. Scripts go, for what they ask lives on the server only, and the fields of forms take nothing.
func (l linker) rewrite(page []byte) ([]byte, error) {
	var out bytes.Buffer
	z := html.NewTokenizer(bytes.NewReader(page))
	script, plain := false, false // inside a script; inside what stands in for one
	for {
		kind := z.Next()
		raw := slices.Clone(z.Raw())
		if kind == html.ErrorToken {
			if err := z.Err(); !errors.Is(err, io.EOF) {
				return nil, err
			}
			return out.Bytes(), nil
		}
		name, _ := z.TagName()
		tag := string(name)
		switch {
		case tag == "script":
			script = kind == html.StartTagToken
		case script:
		case tag == "noscript":
			plain = kind == html.StartTagToken
		case plain: // to the tokenizer it is text
			inner, err := l.rewrite(raw)
			if err != nil {
				return nil, err
			}
			out.Write(inner)
		case kind == html.EndTagToken && tag == "form":
			out.WriteString("</fieldset></form>")
		case kind == html.StartTagToken || kind == html.SelfClosingTagToken:
			token := tokenOf(raw)
			changed, lost := l.relink(&token)
			switch {
			case lost && tag == "link":
			case changed || lost:
				out.WriteString(token.String())
			default:
				out.Write(raw)
			}
			if tag == "form" {
				out.WriteString("<fieldset disabled>")
			}
		default:
			out.Write(raw)
		}
	}
}

// tokenOf reads one tag.
func tokenOf(raw []byte) html.Token {
	z := html.NewTokenizer(bytes.NewReader(raw))
	z.Next()
	return z.Token()
}

// relink changes the addresses of a tag. lost says that one led to the live side, which is not known, and was taken out.
func (l linker) relink(token *html.Token) (changed, lost bool) {
	kept := token.Attr[:0]
	for _, a := range token.Attr {
		address := a.Key == "href" || a.Key == "src" || a.Key == "action"
		if !address || !strings.HasPrefix(a.Val, "/") || strings.HasPrefix(a.Val, "//") {
			kept = append(kept, a)
			continue
		}
		to, ok := l.resolve(a.Val)
		if !ok {
			lost = true
			continue
		}
		a.Val, changed = to, true
		kept = append(kept, a)
	}
	token.Attr = kept
	return changed, lost
}

// resolve is where an address of the live side leads from the page.
func (l linker) resolve(address string) (string, bool) {
	u, err := url.Parse(address)
	if err != nil {
		return "", false
	}
	if !l.copies(u.Path) {
		return l.live + address, l.live != ""
	}
	english := l.english
	switch u.Query().Get("lang") {
	case "en":
		english = true
	case "vi":
		english = false
	}
	link := url.URL{Path: relative(l.here, fileAt(u.Path, english)), Fragment: u.Fragment}
	return link.String(), true
}
