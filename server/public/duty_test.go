package public_test

import (
	"context"
	"net/url"
	"slices"
	"testing"

	"toancanh/server/fault"
	"toancanh/server/public"
)

// arrivals keeps which secrets were shown.
type arrivals struct{ tokens []string }

func (a *arrivals) Arrived(_ context.Context, token string, answered bool) (bool, error) {
	if token == "guessed" || !answered {
		return false, fault.NotFound("Tin gọi này đã hết hạn hoặc không có.")
	}
	a.tokens = append(a.tokens, token)
	return true, nil
}

func TestLookingAtTheLinkOfAContactTestAnswersNothing(t *testing.T) {
	t.Parallel()
	heard := &arrivals{}
	h := newHouse(t, func(c *public.Config) { c.Duty = heard })
	page := h.get("/truc?ma=abc", nil)
	holds(t, "the page", page.body, `method="post"`, `action="/truc?ma=abc"`, "Tôi đã nhận được", "noindex")
	if len(heard.tokens) != 0 {
		t.Errorf("a program that opens links answered: %q", heard.tokens)
	}
	holds(t, "pressing", h.send("POST", "/truc?ma=abc", url.Values{}, nil).body, "tin thử đã tới bạn")
	if !slices.Equal(heard.tokens, []string{"abc"}) {
		t.Errorf("heard %q", heard.tokens)
	}
	if a := h.send("POST", "/truc?ma=guessed", url.Values{}, nil); a.status != 404 {
		t.Errorf("a guess: %d", a.status)
	}
}
