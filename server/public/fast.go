package public

import (
	"bytes"
	"sync"

	"toancanh/server/door"
)

// seat is a page as it is asked for: its address and the reader's look.
type seat struct {
	path string
	look look
}

// laid are the pages of an edition that lie ready for whoever asks next, without routing.
type laid struct {
	mu    sync.RWMutex // held for a look-up or an entry, never while a page is made
	pages map[seat]*door.Prepared
}

func (l *laid) lay(at seat, p *door.Prepared) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.pages == nil || len(l.pages) >= mostPages {
		l.pages = map[seat]*door.Prepared{}
	}
	l.pages[at] = p
}

// find answers plain requests for pages that somebody has asked for since the edition was made: whatever the kind of page, its
// answer depends on address and look alone.
func (s *Site) find(path, cookies []byte) *door.Prepared {
	e := s.now.Load()
	if e.condition == missing {
		return nil
	}
	var l look
	if len(cookies) > 0 {
		var ok bool
		if l, ok = s.lookIn(cookies); !ok {
			return nil
		}
	}
	e.laid.mu.RLock()
	defer e.laid.mu.RUnlock()
	return e.laid.pages[seat{string(path), l}]
}

// lookIn finds the look in a header of cookies; false when it has to be read with more care.
func (s *Site) lookIn(cookies []byte) (l look, ok bool) {
	found := false
	for pair := range bytes.SplitSeq(cookies, []byte(";")) {
		name, value, _ := bytes.Cut(bytes.TrimLeft(pair, " "), []byte("="))
		if !bytes.Contains(name, []byte(lookCookie)) {
			continue
		}
		if found || string(name) != lookCookie {
			return look{}, false
		}
		if l, found = s.looks[string(value)]; !found {
			return look{}, false
		}
	}
	return l, true
}

// allLooks are all there are, as their cookies hold them.
func allLooks() map[string]look {
	all := map[string]look{}
	for _, english := range []bool{false, true} {
		for size := -1; size <= 1; size++ {
			for _, high := range []bool{false, true} {
				for _, reload := range []bool{false, true} {
					l := look{English: english, Size: size, High: high, Reload: reload}
					all[l.String()] = l
				}
			}
		}
	}
	return all
}
