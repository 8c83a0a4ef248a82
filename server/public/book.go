package public

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"toancanh/server/door"
)

//go:embed pages
var pages embed.FS

// book holds the templates in each language.
type book struct {
	vi, en map[string]*template.Template
	texts  map[string][2]string // Vietnamese, English
}

// say is a text outside of a page, such as in a feed.
func (b *book) say(l look, key string, args ...any) string {
	text := b.texts[key][0]
	if l.English {
		text = b.texts[key][1]
	}
	if len(args) == 0 {
		return text
	}
	return fmt.Sprintf(text, args...)
}

// names of the templates, each with the frame around it.
func templateNames() []string {
	return []string{"area", "du-lieu", "dti", "form", "follow", "mail", "duty", "start", "theo-doi", "team", "performance", "problem", "unbuilt"}
}

func newBook(files map[string]*door.Prepared) (*book, error) {
	raw, err := pages.ReadFile("pages/texts.json")
	if err != nil {
		return nil, err
	}
	var texts map[string][2]string // Vietnamese, English
	if err := json.Unmarshal(raw, &texts); err != nil {
		return nil, fmt.Errorf("read texts.json: %w", err)
	}
	style, err := pages.ReadFile("pages/style.css")
	if err != nil {
		return nil, err
	}
	b := &book{texts: texts}
	for i, set := range []*map[string]*template.Template{&b.vi, &b.en} {
		funcs := template.FuncMap{
			"t": func(key string, args ...any) (string, error) {
				text, ok := texts[key]
				if !ok {
					return "", fmt.Errorf("no text %q", key)
				}
				if len(args) == 0 {
					return text[i], nil
				}
				return fmt.Sprintf(text[i], args...), nil
			},
			"style": func() template.CSS { return template.CSS(squeeze(string(style))) }, //nolint:gosec // our own file
			"file":  func(name string) (string, error) { return fileURL(files, name) },
		}
		if *set, err = parse(funcs); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func parse(funcs template.FuncMap) (map[string]*template.Template, error) {
	set := map[string]*template.Template{}
	for _, name := range templateNames() {
		t, err := template.New("frame.html").Funcs(funcs).ParseFS(pages, "pages/frame.html", "pages/"+name+".html")
		if err != nil {
			return nil, fmt.Errorf("read page %s: %w", name, err)
		}
		set[name] = t
	}
	return set, nil
}

// squeeze drops what a style sheet has for its readers.
func squeeze(css string) string {
	var out strings.Builder
	for line := range strings.Lines(css) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "/*") {
			out.WriteString(line)
		}
	}
	return out.String()
}

// write fills a page in. What it writes is a whole document.
func (b *book) write(name string, m model) ([]byte, error) {
	set := b.vi
	if m.Look.English {
		set = b.en
	}
	var out bytes.Buffer
	if err := set[name].Execute(&out, m); err != nil {
		return nil, fmt.Errorf("write page %s: %w", name, err)
	}
	return out.Bytes(), nil
}

// model is what every page knows; Page holds what only one kind of page needs.
type model struct {
	Look    look
	Title   string    // of the document
	Centre  string    // the name of the centre
	Here    string    // the address of the page without its query
	Banner  bool      // the data are not real
	Facts   bool      // what the page tells was published, whatever the data of the house are
	Closed  bool      // not for search engines
	Refresh bool      // the page changes by itself
	Still   bool      // it changes too seldom for that, or its reader fills something in
	Zone    string    // of the centre, for its script
	Feed    string    // the address of what the page tells as an Atom feed; may be empty
	Copy    *copyNote // the page is a saved copy; nil: it is live
	Alerts  string    // the address of the area's warnings as an Atom feed; may be empty
	Page    any
}

func (s *Site) model(c *fiber.Ctx, l look) model {
	return model{Look: l, Centre: s.centre(), Here: c.Path(), Banner: s.Origin != "real"}
}

func (s *Site) centre() string {
	root, _ := s.Atlas.Tree.Root(s.Division)
	return s.Title + " " + inSentence(root)
}

// send answers with a page made for one caller.
func (s *Site) send(c *fiber.Ctx, name string, m model) error {
	page, err := s.book.write(name, m)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentSecurityPolicy, door.PagePolicy(page))
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Response().Header.SetContentType(htmlType)
	c.Response().SetBodyRaw(page)
	return nil
}

const htmlType = "text/html; charset=utf-8"

// problemPage is what a problem says to its reader.
type problemPage struct {
	Title, Detail string
	Own           string // the sentence of this one problem, where the page is in another language
	Status        int
	RequestID     string
}

// errorPage is how a problem looks to its reader, in the language and look they chose.
func (s *Site) errorPage(h *fasthttp.RequestHeader, p door.Problem) (page []byte, language string) {
	l := parseLook(string(h.Cookie(lookCookie)))
	at := problemPage{Title: p.Title, Detail: p.Detail, Status: p.Status, RequestID: p.RequestID}
	language = "vi"
	if l.English {
		language = "en"
		status := strconv.Itoa(p.Status)
		if _, ok := s.book.texts["problem title "+status]; !ok {
			status = "400" // the other refusals
		}
		at.Title, at.Detail = s.book.say(l, "problem title "+status), s.book.say(l, "problem detail "+status)
		if p.Detail != s.book.say(look{}, "problem detail "+status) {
			at.Own = p.Detail
		}
	}
	page, err := s.book.write("problem", model{Look: l, Title: at.Title, Centre: s.centre(), Here: "/", Closed: true, Page: at})
	if err != nil {
		return []byte("<!doctype html><title>" + template.HTMLEscapeString(p.Title) + "</title>"), "vi"
	}
	return page, language
}
