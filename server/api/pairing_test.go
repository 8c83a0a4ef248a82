package api_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/schema"
	"toancanh/server/access"
	"toancanh/server/api"
	"toancanh/server/auth"
)

// browser is a page at a wall's address, with the cookies it was given.
type browser struct {
	h      *house
	screen string
	jar    map[string]string
	header map[string]string
}

func (h *house) browser(screen string) *browser {
	return &browser{h: h, screen: screen, jar: map[string]string{}}
}

func (b *browser) send(method, path string, body any) answer {
	b.h.t.Helper()
	var cookies []string
	for name, value := range b.jar {
		cookies = append(cookies, name+"="+value)
	}
	slices.Sort(cookies)
	header := map[string]string{"Cookie": strings.Join(cookies, "; "), "X-Toancanh-Screen": b.screen}
	maps.Copy(header, b.header)
	return b.h.do(call{method: method, path: path, body: body, header: header})
}

// take stores what an answer brings.
func (b *browser) take(a answer) {
	for _, c := range (&http.Response{Header: a.header}).Cookies() {
		if c.Value == "" {
			delete(b.jar, c.Name)
			continue
		}
		b.jar[c.Name] = c.Value
	}
}

type standing struct {
	State, Screen, Code, Lost string
	ExpiresAt                 *time.Time `json:"expires_at"`
}

// ask is what the page asks; lose has the answer's cookies never reach the disk.
func (b *browser) ask(lose ...bool) standing {
	b.h.t.Helper()
	a := b.send("POST", "/api/v1/screens/pairing", map[string]string{"screen": b.screen})
	if len(lose) == 0 {
		b.take(a)
	}
	return read[standing](b.h.t, a, 200)
}

func (b *browser) ticket(topic string) answer {
	b.h.t.Helper()
	return b.send("POST", "/api/v1/tickets", map[string]any{"topics": []string{topic}, "screen": b.screen})
}

// paired is a browser that a shift lead has paired.
func (h *house) paired(lead *visitor, screen string) *browser {
	h.t.Helper()
	b := h.browser(screen)
	waits := b.ask()
	if waits.State != "waiting" {
		h.t.Fatalf("a new browser is %+v", waits)
	}
	read[map[string]any](h.t, lead.try("PUT", "/api/v1/screens/"+screen+"/pairing", map[string]string{"code": waits.Code}), 200)
	if got := b.ask(); got.State != "paired" || got.Screen != screen {
		h.t.Fatalf("a paired browser is %+v", got)
	}
	return b
}

// calendar is a clock that a test moves.
type calendar struct {
	mu  sync.Mutex
	off time.Duration
}

func (k *calendar) now() time.Time {
	k.mu.Lock()
	defer k.mu.Unlock()
	return time.Now().Add(k.off)
}

func (k *calendar) pass(d time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.off += d
}

// onCalendar makes a house of real data that goes by a calendar.
func onCalendar(t *testing.T) (*house, *calendar) {
	t.Helper()
	k := &calendar{}
	h := newHouse(t, real, func(c *api.Config, _ *fiber.App) {
		c.Now = k.now
		store, ok := c.People.(auth.ScreenStore)
		if !ok {
			t.Fatal("the store keeps no screens")
		}
		c.Walls = auth.NewScreenKeeper(store, k.now)
	})
	return h, k
}

func TestAScreenIsPairedByTheCodeItShows(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	lead := h.as(access.ShiftLead, province())
	b := h.browser("660")
	problem(t, b.send("GET", "/api/v1/screens/660", nil), 401)
	problem(t, b.ticket("wall/vn-2022/67/660"), 401)

	waits := b.ask()
	if waits.State != "waiting" || len(waits.Code) != 6 || strings.ContainsAny(waits.Code, "01258ABEGILOQSUVZ") {
		t.Fatalf("a new browser is %+v", waits)
	}
	if again := b.ask(); again.Code != waits.Code {
		t.Errorf("the code changed from %s to %s while it holds", waits.Code, again.Code)
	}
	if other := h.browser("660").ask(); other.Code == waits.Code {
		t.Error("two browsers show the same code")
	}
	operator := h.as(access.Operator, province())
	problem(t, operator.try("PUT", "/api/v1/screens/660/pairing", map[string]string{"code": waits.Code}), 403)

	typed := strings.ToLower(waits.Code[:3]) + " - " + strings.ToLower(waits.Code[3:])
	read[map[string]any](t, lead.try("PUT", "/api/v1/screens/660/pairing", map[string]string{"code": typed}), 200)
	p := problem(t, lead.try("PUT", "/api/v1/screens/661/pairing", map[string]string{"code": waits.Code}), 422)
	if !hasFault(p, "code", "unknown") {
		t.Errorf("a code works twice: %+v", p)
	}
	if got := b.ask(); got.State != "paired" || got.Screen != "660" || got.Code != "" {
		t.Errorf("after pairing: %+v", got)
	}
	for topic, want := range map[string]int{
		"wall/vn-2022/67/660": 200, "wall/vn-2022/67/660/24611": 200, "screen/660": 200, "public/vn-2022/67": 200,
		"wall/vn-2022/67": 422, "wall/vn-2022/67/661": 422, "screen/tinh": 422, "ops/vn-2022/67/660": 422, "unit/so-xd": 422, "control": 422,
	} {
		a := b.ticket(topic)
		if a.status != want {
			t.Errorf("%s: %d, want %d: %s", topic, a.status, want, a.body)
		}
		if a.status != 200 {
			continue
		}
		ticket, err := schema.OpenTicket(h.signer.Public(), read[struct{ Ticket string }](t, a, 200).Ticket, time.Now())
		must(t, err)
		if left := time.Until(ticket.ExpiresAt); !ticket.Screen || !strings.HasPrefix(ticket.Subject, "pairing:") || left < 23*time.Hour || left > auth.ScreenTicket {
			t.Errorf("a screen's ticket is %+v", ticket)
		}
	}
	for path, want := range map[string]int{
		"GET /api/v1/screens/660": 200, "GET /api/v1/screens/tinh": 404, "POST /api/v1/screens/tinh/beat": 404, "GET /api/v1/reports": 403,
		"POST /api/v1/screens/orders": 403, "DELETE /api/v1/screens/660/pairing": 403, "GET /api/v1/people": 403, "GET /api/v1/audit": 403,
	} {
		method, address, _ := strings.Cut(path, " ")
		if a := b.send(method, address, nil); a.status != want {
			t.Errorf("%s: %d, want %d: %s", path, a.status, want, a.body)
		}
	}
	type list struct{ Screens []struct{ ID string } }
	if got := read[list](t, b.send("GET", "/api/v1/screens", nil), 200); len(got.Screens) != 1 || got.Screens[0].ID != "660" {
		t.Errorf("a screen sees %+v", got)
	}
	if who := read[whoAnswer](t, h.do(call{method: "GET", path: "/api/v1/session", header: map[string]string{"Cookie": cookies(b)}}), 200); who.Stage != "none" {
		t.Errorf("the console takes a screen for %+v", who)
	}
}

func cookies(b *browser) string {
	var all []string
	for name, value := range b.jar {
		all = append(all, name+"="+value)
	}
	return strings.Join(all, "; ")
}

// TestMachinesDoNotReadWhoPairedAScreen asks for the list as everybody who may read it.
func TestMachinesDoNotReadWhoPairedAScreen(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	lead := h.as(access.ShiftLead, province())
	b := h.paired(lead, "660")
	h.person("an", district(), access.ShiftLead)
	manned, vacant := h.pairedDesk("an"), h.pairedDesk("an")
	vacant.try("DELETE", "/api/v1/session", nil)
	partner := h.do(call{method: "GET", path: "/api/v1/screens", key: h.key(auth.RightReports)})
	tool := h.do(call{method: "GET", path: "/api/v1/screens", key: h.key(auth.RightScreens)})
	for name, tc := range map[string]struct {
		list answer
		want bool
	}{
		"a shift lead":           {lead.try("GET", "/api/v1/screens", nil), true},
		"a shift lead at a desk": {manned.try("GET", "/api/v1/screens", nil), true},
		"an administrator":       {h.as(access.Administrator, access.Scope{}).try("GET", "/api/v1/screens", nil), true},
		"an operator":            {h.as(access.Operator, province()).try("GET", "/api/v1/screens", nil), true},
		"a leader":               {h.as(access.Leader, province()).try("GET", "/api/v1/screens", nil), true},
		"a vacant desk":          {vacant.try("GET", "/api/v1/screens", nil), false},
		"a tool for screens":     {tool, true},
		"a partner system":       {partner, false},
		"the screen itself":      {b.send("GET", "/api/v1/screens", nil), false},
	} {
		list := read[struct {
			Screens []struct {
				ID      string
				Pairing *struct {
					By, Agent, Network string
					ByName             string `json:"by_name"`
				}
			}
		}](t, tc.list, 200)
		seen, paired := false, 0
		for _, one := range list.Screens {
			if p := one.Pairing; p != nil {
				paired++
				seen = p.By+p.ByName+p.Agent+p.Network != ""
			}
		}
		if paired != 1 || seen != tc.want || strings.Contains(string(tc.list.body), "Nguyễn Văn An") != tc.want {
			t.Errorf("%s reads who paired it: %t, want %t: %.600s", name, seen, tc.want, tc.list.body)
		}
	}
}

func TestAScreensTokenIsForThisHostAloneAndKeptAsAHash(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real, behindProxy)
	lead := h.as(access.ShiftLead, province())
	b := h.browser("tinh")
	b.header = map[string]string{"Host": "ioc.example.vn", "X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}
	a := b.send("POST", "/api/v1/screens/pairing", map[string]string{"screen": "tinh"})
	cookie := a.header.Get("Set-Cookie")
	if !strings.HasPrefix(cookie, "__Host-toancanh-screen-tinh=") || strings.Contains(strings.ToLower(cookie), "domain") {
		t.Errorf("cookie %q", cookie)
	}
	for _, part := range []string{"; path=/", "; httponly", "; secure", "; samesite=strict", "; max-age=34560000"} {
		if !strings.Contains(strings.ToLower(cookie), part) {
			t.Errorf("cookie %q lacks %q", cookie, part)
		}
	}
	b.take(a)
	token := b.jar["__Host-toancanh-screen-tinh"]
	if strings.Contains(string(a.body), token) {
		t.Error("the answer tells the page its token")
	}
	code := read[standing](t, a, 200).Code
	read[map[string]any](t, lead.try("PUT", "/api/v1/screens/tinh/pairing", map[string]string{"code": code}), 200)
	var inClear int
	must(t, h.db.Owner.QueryRow(t.Context(), `select count(*) from (select hash from screen_token union all select token_hash from screen_waiting) x
		where encode(x.hash, 'escape') like '%' || $1 || '%'`, token).Scan(&inClear))
	if inClear != 0 || strings.Contains(h.log.String(), token) {
		t.Error("the token itself is kept")
	}
	b.header["X-Forwarded-Proto"] = "http"
	if p := problem(t, b.send("POST", "/api/v1/screens/pairing", map[string]string{"screen": "tinh"}), 403); !hasFault(p, "", "https") {
		t.Errorf("a token crosses an open network: %+v", p)
	}
}

func TestAScreensTokenCountsOnlyForItsOwnPage(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	b := h.paired(h.as(access.ShiftLead, province()), "660")
	for name, header := range map[string]map[string]string{
		"no page":        {"Cookie": cookies(b)},
		"another page":   {"Cookie": cookies(b), "X-Toancanh-Screen": "tinh"},
		"a renamed one":  {"Cookie": strings.Replace(cookies(b), "-660=", "-tinh=", 1), "X-Toancanh-Screen": "tinh"},
		"a made up one":  {"Cookie": "toancanh-screen-660=abc", "X-Toancanh-Screen": "660"},
		"no screen's id": {"Cookie": cookies(b), "X-Toancanh-Screen": "6 60"},
	} {
		if a := h.do(call{method: "GET", path: "/api/v1/screens/tinh", header: header}); a.status != 401 {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
}

func TestARevokedScreenIsNobodyAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	lead := h.as(access.ShiftLead, province())
	b := h.paired(lead, "tinh")
	subject := ticketSubject(t, h, b.ticket("screen/tinh"))
	if a := lead.try("DELETE", "/api/v1/screens/tinh/pairing", nil); a.status != 204 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	problem(t, lead.try("DELETE", "/api/v1/screens/tinh/pairing", nil), 404)
	if p := problem(t, b.ticket("screen/tinh"), 401); !hasFault(p, "", "screen_revoked") {
		t.Errorf("%+v", p)
	}
	var announced int
	must(t, h.db.Owner.QueryRow(t.Context(), "select count(*) from event where kind = 'revoked' and thing = $1", subject).Scan(&announced))
	if announced != 1 {
		t.Errorf("%d revocations of the screen's tickets wait, want 1", announced)
	}
	lost := b.ask()
	if lost.State != "waiting" || lost.Lost != "revoked" || lost.Code == "" {
		t.Fatalf("%+v", lost)
	}
	if still := b.ask(); still.Lost != "revoked" || still.Code != lost.Code {
		t.Errorf("a page that is loaded anew is told %+v", still)
	}
	read[map[string]any](t, lead.try("PUT", "/api/v1/screens/tinh/pairing", map[string]string{"code": lost.Code}), 200)
	if got := b.ask(); got.State != "paired" || got.Lost != "" {
		t.Errorf("paired again: %+v", got)
	}
	if next := ticketSubject(t, h, b.ticket("screen/tinh")); next == subject {
		t.Error("the new pairing's tickets are void with the old one's")
	}
	other := h.paired(lead, "tinh") // another machine takes its place
	if replaced := b.ask(); replaced.State != "waiting" || replaced.Lost != "replaced" {
		t.Errorf("the machine that was replaced is told %+v", replaced)
	}
	if a := other.ticket("screen/tinh"); a.status != 200 {
		t.Errorf("%d %s", a.status, a.body)
	}
	read[map[string]any](t, lead.try("PUT", "/api/v1/screens/tinh", map[string]any{"point": "Phòng trực"}), 200)
	if a := lead.try("DELETE", "/api/v1/screens/tinh", nil); a.status != 204 && a.status != 200 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if gone := other.ask(); gone.Lost != "deleted" {
		t.Errorf("a deleted screen is told %+v", gone)
	}
	var deeds []string
	rows, err := h.db.Owner.Query(t.Context(), "select what from audit where what like 'screen.pair%' or what = 'screen.revoke' order by id")
	must(t, err)
	defer rows.Close()
	for rows.Next() {
		var what string
		must(t, rows.Scan(&what))
		deeds = append(deeds, what)
	}
	if got := strings.Join(deeds, " "); got != "screen.pair screen.revoke screen.pair screen.pair_again" {
		t.Errorf("the audit says %q", got)
	}
}

func ticketSubject(t *testing.T, h *house, a answer) string {
	t.Helper()
	ticket, err := schema.OpenTicket(h.signer.Public(), read[struct{ Ticket string }](t, a, 200).Ticket, time.Now())
	must(t, err)
	return ticket.Subject
}

// TestATokenIsRenewedWithoutAScreenEverBeingLost plays what goes wrong between a server that renews and a disk that
// should keep.
func TestATokenIsRenewedWithoutAScreenEverBeingLost(t *testing.T) {
	t.Parallel()
	h, k := onCalendar(t)
	b := h.paired(h.as(access.ShiftLead, province()), "660")
	still := func(when string) {
		t.Helper()
		if a := b.send("GET", "/api/v1/screens/660", nil); a.status != 200 {
			t.Fatalf("%s: %d %s", when, a.status, a.body)
		}
		if got := b.ask(true); got.State != "paired" {
			t.Fatalf("%s: %+v", when, got)
		}
	}
	first := b.jar["toancanh-screen-660"]
	b.ask()
	if b.jar["toancanh-screen-660"] != first {
		t.Error("a young token was renewed")
	}
	for range 20 { // every answer is lost on its way
		k.pass(25 * time.Hour)
		b.ask(true)
		still("answers are lost")
	}
	old := maps.Clone(b.jar)
	b.ask()
	if b.jar["toancanh-screen-660"] == first {
		t.Fatal("an old token was not renewed")
	}
	still("the new token is shown")
	k.pass(time.Hour)
	b.jar = maps.Clone(old) // the power fails before the disk has it
	still("the machine comes back with the token before")
	k.pass(25 * time.Hour)
	b.ask()
	still("and is renewed again")
	b.jar = maps.Clone(old) // and fails again, before the disk has that one either
	still("the machine comes back a second time")
	k.pass(25 * time.Hour)
	b.ask()
	still("and is renewed in the end")
	for range 3 {
		k.pass(25 * time.Hour)
		b.ask()
		still("days pass")
	}
	b.jar = maps.Clone(old)
	if a := b.send("GET", "/api/v1/screens/660", nil); a.status != 401 {
		t.Errorf("a token that was replaced days ago still opens: %d", a.status)
	}
	var kept int
	must(t, h.db.Owner.QueryRow(t.Context(), "select count(*) from screen_token").Scan(&kept))
	if kept > 12 {
		t.Errorf("%d tokens are kept of one screen", kept)
	}
}

func TestAScreenMayBeAwayForAWeekAndNotForAQuarter(t *testing.T) {
	t.Parallel()
	h, k := onCalendar(t)
	b := h.paired(h.as(access.ShiftLead, province()), "660")
	for _, days := range []int{7, 89} {
		k.pass(time.Duration(days) * 24 * time.Hour)
		if got := b.ask(); got.State != "paired" {
			t.Fatalf("after %d days: %+v", days, got)
		}
		if a := b.ticket("wall/vn-2022/67/660"); a.status != 200 {
			t.Fatalf("after %d days: %d", days, a.status)
		}
	}
	k.pass(-7 * 24 * time.Hour) // the server's clock is set right again
	if got := b.ask(); got.State != "paired" {
		t.Errorf("a clock set back: %+v", got)
	}
	k.pass(98 * 24 * time.Hour)
	problem(t, b.ticket("wall/vn-2022/67/660"), 401)
	if got := b.ask(); got.State != "waiting" || got.Lost != "" {
		t.Errorf("after a quarter: %+v", got)
	}
}

func TestACodeIsOverAfterTenMinutesAndAnotherTakesItsPlace(t *testing.T) {
	t.Parallel()
	h, k := onCalendar(t)
	lead := h.as(access.ShiftLead, province())
	b := h.browser("tinh")
	old := b.ask()
	k.pass(9 * time.Minute)
	if got := b.ask(); got.Code != old.Code {
		t.Errorf("the code changed early: %+v", got)
	}
	k.pass(time.Minute + time.Second)
	if p := problem(t, lead.try("PUT", "/api/v1/screens/tinh/pairing", map[string]string{"code": old.Code}), 422); !hasFault(p, "code", "unknown") {
		t.Errorf("%+v", p)
	}
	now := b.ask()
	if now.Code == old.Code || now.State != "waiting" {
		t.Errorf("%+v", now)
	}
	read[map[string]any](t, lead.try("PUT", "/api/v1/screens/tinh/pairing", map[string]string{"code": now.Code}), 200)
	if got := b.ask(); got.State != "paired" {
		t.Errorf("%+v", got)
	}
}

// TestWhoGuessesCodesIsSlowedAlone holds both ends: a guesser gets a handful of tries, and somebody else still pairs.
func TestWhoGuessesCodesIsSlowedAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	guesser, lead := h.as(access.ShiftLead, province()), h.as(access.ShiftLead, province())
	waits := h.browser("tinh").ask()
	tried, slowed := 0, 0
	for i := range 40 {
		guess := fmt.Sprintf("CDFH%c%c", "CDFHJKMNPRTWXY34679"[i%19], "CDFHJKMNPRTWXY34679"[i/19])
		switch a := guesser.try("PUT", "/api/v1/screens/tinh/pairing", map[string]string{"code": guess}); a.status {
		case 422:
			tried++
		case 429:
			slowed++
			if a.header.Get("Retry-After") == "" {
				t.Error("nobody says how long to wait")
			}
		default:
			t.Fatalf("%d %s", a.status, a.body)
		}
	}
	if tried > 12 || slowed < 28 {
		t.Errorf("of 40 guesses %d were looked at", tried)
	}
	if a := guesser.try("PUT", "/api/v1/screens/tinh/pairing", map[string]string{"code": waits.Code}); a.status != 429 {
		t.Errorf("the guesser's right code: %d", a.status)
	}
	read[map[string]any](t, lead.try("PUT", "/api/v1/screens/tinh/pairing", map[string]string{"code": waits.Code}), 200)
	var refused int
	must(t, h.db.Owner.QueryRow(t.Context(), "select count(*) from audit where what = 'screen.pair' and result = 'refused' and who = $1",
		guesser.person.Principal()).Scan(&refused))
	if refused != tried {
		t.Errorf("the audit has %d wrong codes, want %d", refused, tried)
	}
}

func TestWhoWaitsIsBoundedAndDisplacesOnlyThemselves(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real, behindProxy)
	lead := h.as(access.ShiftLead, province())
	from := func(address string) *browser {
		b := h.browser("tinh")
		b.header = map[string]string{"Host": "ioc.example.vn", "X-Forwarded-For": address, "X-Forwarded-Proto": "https"}
		return b
	}
	honest := from("203.0.113.7")
	waits := honest.ask()
	for range 40 {
		from("198.51.100.9").ask()
	}
	var all int
	must(t, h.db.Owner.QueryRow(t.Context(), "select count(*) from screen_waiting").Scan(&all))
	if all != 33 {
		t.Errorf("%d wait, want 32 of one address and the other", all)
	}
	for i := range 16 {
		for range 32 {
			from(fmt.Sprintf("198.51.%d.1", i)).ask()
		}
	}
	must(t, h.db.Owner.QueryRow(t.Context(), "select count(*) from screen_waiting").Scan(&all))
	if all > 512 {
		t.Errorf("%d wait, want at most 512", all)
	}
	if got := honest.ask(); got.Code != waits.Code {
		t.Errorf("the flood changed the honest one's code from %s to %s", waits.Code, got.Code)
	}
	read[map[string]any](t, lead.try("PUT", "/api/v1/screens/tinh/pairing", map[string]string{"code": waits.Code}), 200)
}

func TestASiteOfIPv6WaitsAsOne(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real, behindProxy)
	h.as(access.ShiftLead, province())
	for i := range 40 {
		b := h.browser("tinh")
		b.header = map[string]string{"Host": "ioc.example.vn", "X-Forwarded-For": fmt.Sprintf("2001:db8:1:%x::7", i), "X-Forwarded-Proto": "https"}
		b.ask()
	}
	var all int
	must(t, h.db.Owner.QueryRow(t.Context(), "select count(*) from screen_waiting").Scan(&all))
	if all != 32 {
		t.Errorf("%d wait from the networks of one site, want 32", all)
	}
}

// TestARevokedBrowserFillsNothing has a browser that was revoked never keep what it is given, and its codes run out.
func TestARevokedBrowserFillsNothing(t *testing.T) {
	t.Parallel()
	h, k := onCalendar(t)
	lead := h.as(access.ShiftLead, province())
	b := h.paired(lead, "tinh")
	if a := lead.try("DELETE", "/api/v1/screens/tinh/pairing", nil); a.status != 204 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	for range 40 {
		if got := b.ask(true); got.Lost != "revoked" {
			t.Fatalf("%+v", got)
		}
		k.pass(auth.CodeLimit)
	}
	var all int
	must(t, h.db.Owner.QueryRow(t.Context(), "select count(*) from screen_waiting").Scan(&all))
	if all > 32 {
		t.Errorf("one browser has left %d waiting, want at most 32", all)
	}
}

func TestABrowserPairedAsAnotherScreenGoesThere(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	lead := h.as(access.ShiftLead, province())
	read[map[string]any](t, lead.try("PUT", "/api/v1/screens/hop-1", map[string]any{"point": "Phòng họp 1", "area": "661"}), 200)
	b := h.browser("xyz") // a screen there is not
	waits := b.ask()
	problem(t, lead.try("PUT", "/api/v1/screens/xyz/pairing", map[string]string{"code": waits.Code}), 404)
	read[map[string]any](t, lead.try("PUT", "/api/v1/screens/hop-1/pairing", map[string]string{"code": waits.Code}), 200)
	if got := b.ask(true); got.State != "paired" || got.Screen != "hop-1" { // the answer is lost once
		t.Errorf("%+v", got)
	}
	b.ask()
	if len(b.jar) != 1 || b.jar["toancanh-screen-hop-1"] == "" {
		t.Errorf("the browser holds %v", b.jar)
	}
	b.screen = "hop-1"
	for topic, want := range map[string]int{"wall/vn-2022/67/661": 200, "screen/hop-1": 200, "wall/vn-2022/67": 422} {
		if a := b.ticket(topic); a.status != want {
			t.Errorf("%s: %d, want %d", topic, a.status, want)
		}
	}
	order := map[string]any{"screens": []string{"hop-1"}, "show": map[string]any{"area": map[string]string{"division": "vn-2022", "code": "662"}}}
	read[map[string]any](t, lead.try("POST", "/api/v1/screens/orders", order), 200)
	for topic, want := range map[string]int{"wall/vn-2022/67/661": 200, "wall/vn-2022/67/662": 200, "wall/vn-2022/67": 422} {
		if a := b.ticket(topic); a.status != want {
			t.Errorf("sent elsewhere, %s: %d, want %d", topic, a.status, want)
		}
	}
}

func TestWhoMayShowAScreenWithoutPairing(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name         string
		sample, open bool
		host         string
		role         access.Role // signed in; empty for nobody
		settled      bool
		want         string
	}{
		{"the sample on its own machine", true, false, "127.0.0.1", "", false, "paired"},
		{"the sample from elsewhere", true, false, "ioc.example.vn", "", false, "403"},
		{"an open house", false, true, "ioc.example.vn", "", true, "desk"},
		{"a house before its people", false, false, "127.0.0.1", "", false, "desk"},
		{"a house with people", false, false, "127.0.0.1", "", true, "waiting"},
		{"a leader who looks", false, false, "127.0.0.1", access.Leader, true, "person"},
		{"a unit officer", false, false, "127.0.0.1", access.UnitOfficer, true, "waiting"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, func(c *api.Config, _ *fiber.App) { c.Sample, c.Open = tc.sample, tc.open })
			if tc.settled {
				h.as(access.Operator, province())
			}
			b := h.browser("tinh")
			if tc.role != "" {
				v := h.as(tc.role, province())
				name, value, _ := strings.Cut(v.cookie, "=")
				b.jar[name] = value
			}
			b.header = map[string]string{"Host": tc.host, "X-Toancanh": "1"}
			a := b.send("POST", "/api/v1/screens/pairing", map[string]string{"screen": "tinh"})
			if tc.want == "403" {
				problem(t, a, 403)
				return
			}
			if got := read[standing](t, a, 200); got.State != tc.want {
				t.Errorf("%+v, want %s", got, tc.want)
			}
			b.take(a)
			if tc.want == "paired" || tc.want == "desk" || tc.want == "person" {
				if a := b.ticket("wall/vn-2022/67"); a.status != 200 {
					t.Errorf("a ticket: %d %s", a.status, a.body)
				}
			}
		})
	}
}

func TestTheSamplesOwnMachineIsDarkAfterARevocation(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	first, second := h.browser("tinh"), h.browser("tinh")
	for _, b := range []*browser{first, second} { // several browsers of the machine are the screen at once
		if got := b.ask(); got.State != "paired" {
			t.Fatalf("%+v", got)
		}
	}
	if got := first.ask(); got.State != "paired" {
		t.Errorf("the second browser took the first one's place: %+v", got)
	}
	if a := h.do(call{method: "DELETE", path: "/api/v1/screens/tinh/pairing"}); a.status != 204 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	for _, b := range []*browser{first, second} {
		problem(t, b.send("GET", "/api/v1/screens/tinh", nil), 401) // not even as the machine's desk
		if got := b.ask(); got.State != "waiting" || got.Lost != "revoked" {
			t.Errorf("%+v", got)
		}
	}
	waits := first.ask()
	read[map[string]any](t, h.do(call{method: "PUT", path: "/api/v1/screens/tinh/pairing", body: map[string]string{"code": waits.Code}}), 200)
	if got := first.ask(); got.State != "paired" {
		t.Errorf("paired again: %+v", got)
	}
}
