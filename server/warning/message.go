package warning

import (
	"fmt"
	"time"
)

// Message is a warning as it went out. Nobody changes it any more.
type Message struct {
	Alert   Alert
	Body    []byte // the CAP document, byte for byte
	Shown   Shown
	Title   string
	TitleEN string // empty without English
	Summary string
}

// mostBody bounds a message of ours: beyond it outlines are left out, for the codes say the same.
const mostBody = 512 << 10

// Write makes the message a warning goes out as when it is sent at an instant, and reads it again as a stranger would.
func (h House) Write(w Warning, sent time.Time) (Message, error) {
	m, err := h.write(w, sent)
	if err == nil && len(m.Body) > mostBody {
		find := h.Place
		h.Place = func(code string) (Place, bool) {
			p, ok := find(code)
			p.Polygons = nil
			return p, ok
		}
		m, err = h.write(w, sent)
	}
	if err != nil {
		return m, err
	}
	if _, err := Decode(m.Body); err != nil {
		return m, fmt.Errorf("read warning %s again: %w", w.ID, err)
	}
	return m, nil
}

func (h House) write(w Warning, sent time.Time) (Message, error) {
	a, err := h.Compose(w, sent)
	if err != nil {
		return Message{}, err
	}
	m := Message{Alert: a, Shown: Show(w.ID, a, w.Draft.Areas, "", w.Origin), Title: a.Infos[0].Headline, Summary: a.Infos[0].Description}
	if len(a.Infos) > 1 {
		m.TitleEN = a.Infos[1].Headline
	}
	if m.Body, err = Encode(a); err != nil {
		return m, fmt.Errorf("encode warning %s: %w", w.ID, err)
	}
	return m, nil
}
