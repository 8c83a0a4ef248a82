package warning

import (
	"net/url"
	"strings"
	"time"
)

// Link is a message that a feed lists.
type Link struct {
	Address string
	Updated time.Time // zero where the feed does not say
}

// mostLinks bounds the messages one reading of a feed lists.
const mostLinks = 500

const atomSpace = "http://www.w3.org/2005/Atom"

// DecodeFeed reads what lies at a feed's address: a message itself, or an Atom or RSS feed of links to messages. Links are
// made whole by the feed's own address; what is no address of the web is left out.
func DecodeFeed(raw []byte, address string) (alert *Alert, links []Link, err error) {
	root, err := readTree(raw)
	if err != nil {
		return nil, nil, err
	}
	switch {
	case isCAP(root.name):
		a, err := decodeAlert(root)
		return &a, nil, err
	case root.name.Local == "feed" && root.name.Space == atomSpace:
		for _, entry := range root.all("entry") {
			updated, _ := time.Parse(time.RFC3339, text(entry, "updated"))
			links = addLink(links, address, Link{atomLink(entry), updated})
		}
	case root.name.Local == "rss" && root.name.Space == "":
		for _, item := range root.one("channel").all("item") {
			updated, _ := time.Parse(time.RFC1123Z, text(item, "pubDate"))
			links = addLink(links, address, Link{rssLink(item), updated})
		}
	default:
		return nil, nil, refuse("root", "%q không phải cảnh báo CAP, Atom hay RSS.", clip(root.name.Local))
	}
	return nil, links, nil
}

// atomLink prefers the link that says it leads to a message, then the one that stands for the entry.
func atomLink(entry *node) string {
	usual := ""
	for _, l := range entry.all("link") {
		switch rel := l.attr("rel"); {
		case l.attr("type") == MediaType:
			return l.attr("href")
		case usual == "" && (rel == "" || rel == "alternate"):
			usual = l.attr("href")
		}
	}
	return usual
}

func rssLink(item *node) string {
	for _, e := range item.all("enclosure") {
		if e.attr("type") == MediaType {
			return e.attr("url")
		}
	}
	return text(item, "link")
}

func addLink(links []Link, base string, l Link) []Link {
	const longest = 500
	from, err := url.Parse(base)
	if err != nil || len(links) >= mostLinks {
		return links
	}
	to, err := from.Parse(strings.TrimSpace(l.Address))
	if err != nil || l.Address == "" || to.Scheme != "https" && to.Scheme != "http" || to.Host == "" {
		return links
	}
	to.Fragment = ""
	if l.Address = to.String(); len(l.Address) > longest {
		return links
	}
	return append(links, l)
}
