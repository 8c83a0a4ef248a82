package server

import (
	"log/slog"
	"slices"
	"testing"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/api"
	"toancanh/server/embedded/testpg"
)

func TestMain(m *testing.M) { testpg.Main(m) }

// openPages are the routes outside the API. They show everybody the same: pages made of the public projection, files,
// and the empty shells of wall and console. What a sender does on the page of a report, the secret of the receipt decides. Who
// sees the page of a community team, the session and its visits decide. What the live feed tells, tickets decide; the newcomer's page and metrics
// ask for this machine themselves.
func openPages() []string {
	return []string{
		"GET /", "GET /tinh-hinh/:division/:area", "GET /dti", "GET /du-lieu", "GET /hieu-qua", "GET /hieu-qua.csv", "GET /hieu-qua/:division/:area", "GET /phan-anh", "POST /phan-anh", "GET /phan-anh/:code", "GET /anh/:name.jpg",
		"GET /phan-anh/:code/feed.atom", "POST /phan-anh/:code/khoa", "POST /phan-anh/:code/bo-sung", "POST /phan-anh/:code/anh", "POST /phan-anh/:code/danh-gia",
		"POST /phan-anh/:code/xu-ly-lai", "POST /phan-anh/:code/thu", "GET /tinh-hinh/:division/:area/feed.atom", "GET /tinh-hinh/:division/:area/:about/feed.atom",
		"GET /to-cong-nghe", "POST /to-cong-nghe/:visit/den", "POST /to-cong-nghe/:visit/xong", "POST /to-cong-nghe/:visit/anh",
		"GET /to-cong-nghe/:visit/anh/:photo", "GET /phan-anh/worker.js", "GET /phan-anh/app.webmanifest",
		"GET /bat-dau", "POST /bat-dau", "GET /wall/worker.js", "GET /console/worker.js", "GET /truc", "POST /truc", "GET /wall/:screen", "GET /console", "GET /lanh-dao", "GET /assets/*",
		"GET /favicon.ico", "GET /robots.txt", "GET /live", "GET /live/sse", "GET /metrics", "GET /feed/alerts.atom",
		"GET /feed/cap/:id.xml", "GET /theo-doi", "GET /theo-doi/nguon-tin", "GET /theo-doi/worker.js",
	}
}

// TestEveryRouteOfTheHouseHasAKnownRight walks the whole application as it is served: a route is an action of the table
// of rights, or one of the pages that were looked at by eye.
func TestEveryRouteOfTheHouseHasAKnownRight(t *testing.T) {
	t.Parallel()
	s := whole(t)
	open := openPages()
	seen := map[string]bool{}
	for _, r := range s.app.GetRoutes(true) {
		name := r.Method + " " + r.Path
		if r.Method == fiber.MethodHead || seen[name] {
			continue
		}
		seen[name] = true
		if _, ok := api.ActionOf(r.Method, r.Path); ok == slices.Contains(open, name) {
			t.Errorf("%s: in the table of rights %t, among the open pages %t; want one of them (server/api/rights.go)", name, ok, !ok)
		}
	}
	for _, name := range open {
		if !seen[name] {
			t.Errorf("%s is listed and is no route", name)
		}
	}
	if len(seen) < 50 {
		t.Errorf("only %d routes were seen", len(seen))
	}
}

func TestTheFirstLinkIsMadeWhileNobodyCanSignIn(t *testing.T) {
	t.Parallel()
	db := testpg.New(t)
	c := valid()
	c.DatabaseURL, c.PublicDatabaseURL, c.Data, c.Hub = db.DSN(testpg.App), db.DSN(testpg.Public), t.TempDir(), "off"
	s, err := New(t.Context(), Options{Config: c, Build: "test", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	first, err := s.FirstLink(t.Context())
	if err != nil || first == "" {
		t.Fatalf("%q %v", first, err)
	}
	second, err := s.FirstLink(t.Context())
	if err != nil || second == "" || second == first {
		t.Errorf("a start after one nobody saw: %q %v", second, err)
	}
	var clear int
	token := second[len("/console#loi-moi="):]
	if err := db.Owner.QueryRow(t.Context(), "select count(*) from invitation where encode(hash, 'escape') like '%' || $1 || '%'", token).Scan(&clear); err != nil || clear != 0 {
		t.Errorf("the database holds the link itself (%d, %v)", clear, err)
	}
	if _, err := s.keeper.TakeInvitation(t.Context(), token, "trâu ngựa ghế đèn"); err != nil {
		t.Fatal(err)
	}
	if third, err := s.FirstLink(t.Context()); err != nil || third != "" {
		t.Errorf("somebody can sign in, and yet: %q %v", third, err)
	}
	if err := s.sealAudit(t.Context()); err != nil {
		t.Fatal(err)
	}
	anchor, err := AuditAnchor(c)
	head, err2 := s.store.AuditHead(t.Context())
	if err != nil || err2 != nil || anchor.N == 0 || anchor.N != head.N {
		t.Errorf("anchor %d, head %d, %v %v", anchor.N, head.N, err, err2)
	}
}
