package public_test

import (
	"context"
	"net/url"
	"slices"
	"sync"
	"testing"

	"toancanh/server/fault"
	"toancanh/server/public"
)

// arrivals keeps which secrets were shown.
type arrivals struct {
	mu     sync.Mutex
	tokens []string
}

func (a *arrivals) shown() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.tokens)
}

func (a *arrivals) Arrived(_ context.Context, token string, answered bool) (bool, error) {
	if token == "guessed" || !answered {
		return false, fault.NotFound("Tin gọi này đã hết hạn hoặc không có.")
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.tokens = append(a.tokens, token)
	return true, nil
}

func TestLookingAtTheLinkOfAContactTestAnswersNothing(t *testing.T) {
	t.Parallel()
	heard := &arrivals{}
	h := newHouse(t, func(c *public.Config) { c.Duty = heard })
	page := h.get("/truc?ma=abc", nil)
	holds(t, "the page", page.body, `method="post"`, `action="/truc?ma=abc"`, "Tôi đã nhận được", "noindex")
	if got := heard.shown(); len(got) != 0 {
		t.Errorf("a program that opens links answered: %q", got)
	}
	holds(t, "pressing", h.send("POST", "/truc?ma=abc", url.Values{}, nil).body, "tin thử đã tới bạn")
	if got := heard.shown(); !slices.Equal(got, []string{"abc"}) {
		t.Errorf("heard %q", got)
	}
	if a := h.send("POST", "/truc?ma=guessed", url.Values{}, nil); a.status != 404 {
		t.Errorf("a guess: %d", a.status)
	}
}
