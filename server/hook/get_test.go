package hook_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"toancanh/server/hook"
)

func TestAQuestionIsAskedUnderTheSameGuards(t *testing.T) {
	t.Parallel()
	system := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/good":
			if r.Header.Get("If-None-Match") == `"a"` {
				w.WriteHeader(http.StatusNotModified)
				return
			}
			w.Header().Set("ETag", `"a"`)
			_, _ = w.Write([]byte("hay " + r.Header.Get("Accept")))
		case "/long":
			_, _ = w.Write([]byte(strings.Repeat("a", 101)))
		case "/away":
			http.Redirect(w, r, "/good", http.StatusFound)
		default:
			w.WriteHeader(http.StatusGone)
		}
	}))
	defer system.Close()
	here := hook.NewClient(local(t))
	ask := func(c *hook.Client, path, etag string) hook.Found {
		return c.Get(t.Context(), hook.Question{Address: system.URL + path, Accept: "text/xml", ETag: etag, Most: 100})
	}
	if f := ask(here, "/good", ""); string(f.Body) != "hay text/xml" || f.ETag != `"a"` || !f.Taken() || f.Same {
		t.Errorf("%+v", f)
	}
	if f := ask(here, "/good", `"a"`); !f.Same || !f.Taken() || f.ETag != `"a"` {
		t.Errorf("%+v", f)
	}
	for path, want := range map[string]string{"/long": "too_large", "/away": "302", "/gone": "410"} {
		if f := ask(here, path, ""); f.Problem != want || f.Body != nil {
			t.Errorf("%s: %+v, want %s", path, f, want)
		}
	}
	if f := ask(hook.NewClient(nil), "/good", ""); f.Problem != "inside" {
		t.Errorf("an address inside: %+v", f)
	}
}
