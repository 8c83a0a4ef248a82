package open311

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// format is how an answer is written.
type format string

const (
	asXML  format = "xml"
	asJSON format = "json"
)

func formats() []format { return []format{asXML, asJSON} }

func formatOf(name string) (format, bool) {
	switch f := format(name); f {
	case asXML, asJSON:
		return f, true
	}
	return "", false
}

// fallback is the format of an answer to whoever asked for none we know.
func fallback(c *fiber.Ctx) format {
	if strings.HasSuffix(c.Path(), ".json") || strings.Contains(c.Get(fiber.HeaderAccept), "json") {
		return asJSON
	}
	return asXML
}

func (f format) contentType() string {
	if f == asJSON {
		return "application/json; charset=utf-8"
	}
	return "text/xml; charset=utf-8"
}

// encode writes one model in one of the formats. What XML 1.0 cannot carry stands as U+FFFD there.
func encode(f format, model any) ([]byte, error) {
	if f == asJSON {
		return json.Marshal(model)
	}
	b := bytes.NewBufferString(xml.Header)
	if err := xml.NewEncoder(b).Encode(model); err != nil {
		return nil, fmt.Errorf("encode answer: %w", err)
	}
	return b.Bytes(), nil
}

// send answers with what nobody may keep.
func send(c *fiber.Ctx, f format, status int, model any) error {
	body, err := encode(f, model)
	if err != nil {
		return err
	}
	c.Status(status)
	c.Response().Header.SetContentType(f.contentType())
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Response().SetBodyRaw(body)
	return nil
}

// text is an empty element in XML and null in JSON while it is empty.
type text string

// MarshalJSON writes null for nothing.
func (t text) MarshalJSON() ([]byte, error) {
	if t == "" {
		return []byte("null"), nil
	}
	return json.Marshal(string(t))
}

// number is a number in JSON, and like a text in all else.
type number string

// MarshalJSON writes the digits.
func (n number) MarshalJSON() ([]byte, error) {
	if n == "" {
		return []byte("null"), nil
	}
	return []byte(n), nil
}

// list is an array in JSON; in XML its items stand under names of their own inside one root.
type list[T any] struct {
	root, item string
	items      []T
}

// MarshalJSON writes an array, an empty one for no items.
func (l list[T]) MarshalJSON() ([]byte, error) {
	if l.items == nil {
		return []byte("[]"), nil
	}
	return json.Marshal(l.items)
}

// MarshalXML writes the root with the items in it.
func (l list[T]) MarshalXML(e *xml.Encoder, _ xml.StartElement) error {
	root := xml.StartElement{Name: xml.Name{Local: l.root}}
	if err := e.EncodeToken(root); err != nil {
		return err
	}
	for _, item := range l.items {
		if err := e.EncodeElement(item, xml.StartElement{Name: xml.Name{Local: l.item}}); err != nil {
			return err
		}
	}
	return e.EncodeToken(root.End())
}
