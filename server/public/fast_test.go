package public

import "testing"

func TestALookIsFoundAmongCookies(t *testing.T) {
	t.Parallel()
	s := &Site{looks: allLooks()}
	if len(s.looks) != 24 {
		t.Fatalf("there are %d looks, want 24", len(s.looks))
	}
	for _, tc := range []struct {
		cookies string
		want    look
		ok      bool
	}{
		{"a=b", look{}, true},
		{"nhin=en.+.1", look{English: true, Size: 1, High: true}, true},
		{"a=b; nhin=vi.-.0; c=d", look{Size: -1}, true},
		{"nhin=vi.0.0", look{}, true},
		{"nhin=vi.0.0.1", look{Reload: true}, true},
		{"nhin=vi.0.0.0", look{}, false},
		{"a=nhin", look{}, true},
		{"nhin=xx", look{}, false},
		{"nhin=", look{}, false},
		{`nhin="en.0.0"`, look{}, false},
		{"nhin=en.0.0; nhin=vi.0.0", look{}, false},
		{"xnhin=en.0.0", look{}, false},
		{"nhin =en.0.0", look{}, false},
	} {
		if got, ok := s.lookIn([]byte(tc.cookies)); got != tc.want || ok != tc.ok {
			t.Errorf("%q: %v, %v, want %v, %v", tc.cookies, got, ok, tc.want, tc.ok)
		}
	}
}
