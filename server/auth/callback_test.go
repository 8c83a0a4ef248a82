package auth_test

import (
	"testing"
	"time"

	"toancanh/server/auth"
	"toancanh/server/fault"
)

// callback is a call-back that "an" asked for at 8:00 and that stands as its times say.
func callback(confirmed, refused, shown bool) auth.Callback {
	at := time.Date(2026, 11, 29, 8, 0, 0, 0, time.UTC)
	c := auth.Callback{ID: "1", Requester: "an", Reason: "xac_minh_vi_tri", RequestedAt: at}
	if confirmed {
		at = at.Add(9 * time.Minute)
		c.Confirmer, c.ConfirmedAt = "binh", &at
	}
	if refused {
		c.RefusedBy, c.RefusedAt = "chi", &at
	}
	if shown {
		c.ShownAt = &at
	}
	return c
}

// TestEveryStepOfACallback walks every state at every instant that matters, by every hand.
func TestEveryStepOfACallback(t *testing.T) {
	t.Parallel()
	steps := map[string]func(auth.Callback, string, time.Time) (auth.Callback, error){
		"confirm": auth.Callback.Confirm, "refuse": auth.Callback.Refuse, "show": auth.Callback.Show,
	}
	for _, tc := range []struct {
		name  string
		c     auth.Callback
		after time.Duration // since it was asked for
		state auth.CallbackState
		want  map[string]string // step and hand -> reason of the refusal; what is missing goes through
	}{
		{"just asked for", callback(false, false, false), 0, auth.CallbackWaiting, map[string]string{
			"confirm an": "same_person", "show an": "waiting", "show binh": "not_requester",
		}},
		{"in the last instant", callback(false, false, false), auth.ConfirmWithin - 1, auth.CallbackWaiting, map[string]string{
			"confirm an": "same_person", "show an": "waiting", "show binh": "not_requester",
		}},
		{"ten minutes old", callback(false, false, false), auth.ConfirmWithin, auth.CallbackExpired, map[string]string{
			"confirm an": "same_person", "confirm binh": "expired", "refuse an": "expired", "refuse binh": "expired", "show an": "expired", "show binh": "not_requester",
		}},
		{"confirmed", callback(true, false, false), 9 * time.Minute, auth.CallbackConfirmed, map[string]string{
			"confirm an": "same_person", "confirm binh": "confirmed", "show binh": "not_requester",
		}},
		{"confirmed long ago", callback(true, false, false), 9*time.Minute + auth.ShowWithin, auth.CallbackExpired, map[string]string{
			"confirm an": "same_person", "confirm binh": "expired", "refuse an": "expired", "refuse binh": "expired", "show an": "expired", "show binh": "not_requester",
		}},
		{"refused", callback(false, true, false), time.Minute, auth.CallbackRefused, map[string]string{
			"confirm an": "same_person", "confirm binh": "refused", "refuse an": "refused", "refuse binh": "refused", "show an": "refused", "show binh": "not_requester",
		}},
		{"shown", callback(true, false, true), 10 * time.Minute, auth.CallbackShown, map[string]string{
			"confirm an": "same_person", "confirm binh": "shown", "refuse an": "shown", "refuse binh": "shown", "show an": "shown", "show binh": "not_requester",
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			now := tc.c.RequestedAt.Add(tc.after)
			if got := tc.c.State(now); got != tc.state {
				t.Errorf("state %s, want %s", got, tc.state)
			}
			for name, step := range steps {
				for _, who := range []string{"an", "binh"} {
					after, err := step(tc.c, who, now)
					got := ""
					if err != nil {
						got = fault.Items(err)[0].Reason
						if after != tc.c {
							t.Errorf("%s by %s is refused and changes it", name, who)
						}
					}
					if want := tc.want[name+" "+who]; got != want {
						t.Errorf("%s by %s: refused for %q, want %q", name, who, got, want)
					}
					if err == nil && after == tc.c {
						t.Errorf("%s by %s changes nothing", name, who)
					}
				}
			}
		})
	}
}

func TestACallbackFromAskingToTheNumber(t *testing.T) {
	t.Parallel()
	c := callback(false, false, false)
	at := c.RequestedAt.Add(9 * time.Minute)
	c, err := c.Confirm("binh", at)
	if err != nil || c.EndsAt() != at.Add(auth.ShowWithin) || c.Confirmer != "binh" {
		t.Fatalf("%+v, %v", c, err)
	}
	c, err = c.Show("an", at.Add(auth.ShowWithin-1))
	if err != nil || c.State(at.Add(time.Hour)) != auth.CallbackShown {
		t.Fatalf("%+v, %v", c, err)
	}
	if _, err := c.Show("an", at.Add(auth.ShowWithin-1)); err == nil {
		t.Error("the number was shown twice")
	}
	for _, r := range auth.CallbackReasons() {
		if !auth.KnownCallbackReason(r.Code) || r.Label == "" {
			t.Errorf("reason %+v", r)
		}
	}
	if auth.KnownCallbackReason("") || auth.KnownCallbackReason("tò mò") {
		t.Error("an unknown reason is known")
	}
}
