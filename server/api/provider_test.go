package api_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/op"

	"toancanh/server/access"
	"toancanh/server/api"
	"toancanh/server/auth"
)

// Names of the house and its client at the provider.
const (
	houseHost      = "ioc.example.vn"
	houseAddress   = "https://" + houseHost
	providerClient = "toan-canh"
	providerSecret = "a client secret of the tests"
	providerWord   = "mật khẩu ở nơi khác"
)

// register is who the provider knows.
type register map[string]*storage.User

func (r register) GetUserByID(id string) *storage.User { return r[id] }

func (r register) GetUserByUsername(name string) *storage.User {
	for _, u := range r {
		if u.Username == name {
			return u
		}
	}
	return nil
}

func (register) ExampleClientID() string { return "service" }

// vouching is the provider's storage; its tokens say by which methods somebody was recognised.
type vouching struct {
	*storage.Storage
	methods atomic.Pointer[[]string]
}

type vouched struct {
	op.AuthRequest
	methods []string
}

func (v vouched) GetAMR() []string { return v.methods }

// AuthRequestByCode is asked when a token is about to be made.
func (v *vouching) AuthRequestByCode(ctx context.Context, code string) (op.AuthRequest, error) {
	r, err := v.Storage.AuthRequestByCode(ctx, code)
	if methods := v.methods.Load(); err == nil && methods != nil {
		return vouched{r, *methods}, nil
	}
	return r, err
}

// provider is an OpenID Connect provider on this machine, with its page for signing in.
type provider struct {
	server *httptest.Server
	store  *vouching
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	p := &provider{server: httptest.NewUnstartedServer(nil)}
	people := register{}
	for sub, email := range map[string]string{"sub-an": "an@tinh.vn", "sub-binh": "binh@tinh.vn", "sub-chi": "chi@tinh.vn"} {
		people[sub] = &storage.User{
			ID: sub, Username: strings.TrimPrefix(sub, "sub-"), Password: providerWord, Email: email, EmailVerified: sub != "sub-binh",
		}
	}
	client := storage.WebClient(providerClient, providerSecret, houseAddress+api.PathReturn)
	p.store = &vouching{Storage: storage.NewStorageWithClients(people, map[string]*storage.Client{providerClient: client})}
	issuer := "http://" + p.server.Listener.Addr().String()
	config := &op.Config{CryptoKey: [32]byte{9}, CodeMethodS256: true, AuthMethodPost: true}
	served, err := op.NewProvider(config, p.store, op.StaticIssuer(issuer), op.WithAllowInsecure())
	must(t, err)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /login/username", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "login") })
	mux.Handle("POST /login/username", op.NewIssuerInterceptor(served.IssuerFromRequest).HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.FormValue("authRequestID")
		if err := p.store.CheckUsernamePassword(r.FormValue("username"), r.FormValue("password"), id); err != nil {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		http.Redirect(w, r, op.AuthCallbackURL(served)(r.Context(), id), http.StatusFound)
	}))
	mux.Handle("/", served)
	p.server.Config.Handler, p.server.Config.ErrorLog = mux, slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo)
	p.server.Start()
	t.Cleanup(p.server.Close)
	return p
}

// with lets the house use the provider, and stand behind a proxy that ends TLS.
func (p *provider) with(t *testing.T, change func(*auth.ProviderConfig)) func(*api.Config, *fiber.App) {
	t.Helper()
	return func(c *api.Config, app *fiber.App) {
		behindProxy(c, app)
		sealer, err := auth.NewSealer(bytes.Repeat([]byte{1}, 32))
		must(t, err)
		config := auth.ProviderConfig{
			Issuer: p.server.URL, ClientID: providerClient, Secret: providerSecret, Label: "Tài khoản của tỉnh",
			Return: houseAddress + api.PathReturn, Home: houseAddress + "/console",
		}
		change(&config)
		c.Provider = auth.NewProvider(config, sealer, time.Now)
	}
}

// traveller walks the web as a browser does: cookies by host, and over the proxy to the house.
type traveller struct {
	t    *testing.T
	h    *house
	http *http.Client
}

func newTraveller(h *house) *traveller {
	h.t.Helper()
	jar, err := cookiejar.New(nil)
	must(h.t, err)
	b := &traveller{t: h.t, h: h}
	b.http = &http.Client{
		Jar: jar, Timeout: 20 * time.Second, Transport: b,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return b
}

// RoundTrip is the way of one request.
func (b *traveller) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Host == houseHost {
		base, err := url.Parse(b.h.base)
		if err != nil {
			return nil, err
		}
		req = req.Clone(req.Context())
		req.Host, req.URL.Scheme, req.URL.Host = houseHost, base.Scheme, base.Host
		req.Header.Set("X-Forwarded-For", "203.0.113.7")
		req.Header.Set("X-Forwarded-Proto", "https")
	}
	return http.DefaultTransport.RoundTrip(req)
}

// open asks for an address without going on.
func (b *traveller) open(address string) (*http.Response, string) {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, address, http.NoBody)
	must(b.t, err)
	return b.send(req)
}

func (b *traveller) send(req *http.Request) (*http.Response, string) {
	b.t.Helper()
	res, err := b.http.Do(req)
	must(b.t, err)
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	must(b.t, err)
	return res, string(body)
}

// leave presses the button and ends at the provider's page, whose id it returns.
func (b *traveller) leave() (id string) {
	b.t.Helper()
	res, body := b.open(houseAddress + "/api/v1/oidc")
	location := res.Header.Get("Location")
	if res.StatusCode != http.StatusSeeOther || !strings.Contains(location, "code_challenge_method=S256") || !strings.Contains(location, "prompt=login") {
		b.t.Fatalf("the button leads to %d %q %s", res.StatusCode, location, body)
	}
	res, body = b.open(location)
	next, err := res.Location()
	if err != nil {
		b.t.Fatalf("the provider says %d: %s", res.StatusCode, body)
	}
	return next.Query().Get("authRequestID")
}

// prove signs in at the provider and returns the address that it sends the browser to.
func (b *traveller) prove(p *provider, id, name string) (back string) {
	b.t.Helper()
	form := url.Values{"authRequestID": {id}, "username": {name}, "password": {providerWord}}
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, p.server.URL+"/login/username", strings.NewReader(form.Encode()))
	must(b.t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, body := b.send(req)
	next, err := res.Location()
	if err != nil {
		b.t.Fatalf("signing in at the provider: %d %s", res.StatusCode, body)
	}
	res, body = b.open(next.String())
	if res.Header.Get("Location") == "" {
		b.t.Fatalf("the provider does not send back: %d %s", res.StatusCode, body)
	}
	return res.Header.Get("Location")
}

// back follows the provider's address and returns where the house sends the browser.
func (b *traveller) back(address string) string {
	b.t.Helper()
	res, body := b.open(address)
	if res.StatusCode != http.StatusSeeOther {
		b.t.Fatalf("coming back: %d %s", res.StatusCode, body)
	}
	return res.Header.Get("Location")
}

func (b *traveller) signIn(p *provider, name string) string {
	b.t.Helper()
	return b.back(b.prove(p, b.leave(), name))
}

// ask speaks to the API as the house's own page.
func (b *traveller) ask(method, path string) (int, string) {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), method, houseAddress+path, http.NoBody)
	must(b.t, err)
	req.Header.Set("X-Toancanh", "1")
	res, body := b.send(req)
	return res.StatusCode, body
}

func TestWhomTheProviderKnowsComesInWithTheRightsWeGave(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	h := newHouse(t, real, p.with(t, func(*auth.ProviderConfig) {}))
	admin := h.as(access.Administrator, access.Scope{})
	an := h.person("an", district(), access.Operator)
	h.person("chi", district(), access.Operator)
	b := newTraveller(h)
	if got := b.signIn(p, "an"); got != "/console#dang-nhap=unlinked" {
		t.Errorf("somebody nobody linked is sent to %q", got)
	}
	if _, body := b.ask("GET", "/api/v1/session"); !strings.Contains(body, `"stage":"none"`) || !strings.Contains(body, `"label":"Tài khoản của tỉnh"`) {
		t.Errorf("they are %s", body)
	}
	people, err := h.store.People(t.Context())
	if err != nil || len(people) != 3 {
		t.Errorf("the provider made people: %d %v", len(people), err)
	}
	link := func(id, subject string) int {
		return admin.try("PUT", "/api/v1/people/"+id+"/subject", map[string]string{"subject": subject}).status
	}
	if got := link(an.ID, "sub-an"); got != 204 {
		t.Fatalf("link: %d", got)
	}
	if got := link(an.ID, "sub-chi"); got != 409 {
		t.Errorf("a second link of a person: %d", got)
	}
	if got := b.signIn(p, "an"); got != "/console" {
		t.Fatalf("somebody who is linked is sent to %q", got)
	}
	_, body := b.ask("GET", "/api/v1/session")
	for _, part := range []string{`"login":"an"`, `"stage":"full"`, `"id":"can_bo_truc"`, `"report.read":"area"`} {
		if !strings.Contains(body, part) {
			t.Errorf("who came in lacks %s: %s", part, body)
		}
	}
	if strings.Contains(body, "person.change") {
		t.Error("they got a right that nobody gave")
	}
	status, body := b.ask("DELETE", "/api/v1/session")
	if status != 200 || !strings.Contains(body, p.server.URL) || !strings.Contains(body, "client_id="+providerClient) {
		t.Errorf("signing out: %d %s", status, body)
	}
	if _, body := b.ask("GET", "/api/v1/session"); !strings.Contains(body, `"stage":"none"`) {
		t.Errorf("after signing out: %s", body)
	}
	if got := b.signIn(p, "an"); got != "/console" {
		t.Fatalf("again: %q", got)
	}
	if got := admin.try("DELETE", "/api/v1/people/"+an.ID+"/subject", nil).status; got != 204 {
		t.Errorf("unlink: %d", got)
	}
	if _, body := b.ask("GET", "/api/v1/session"); !strings.Contains(body, `"stage":"none"`) {
		t.Errorf("who was unlinked is still in: %s", body)
	}
	for _, secret := range []string{providerSecret, providerWord, "an@tinh.vn"} {
		if strings.Contains(h.log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

func TestAVerifiedClaimLinksAnExistingLogin(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	h := newHouse(t, real, p.with(t, func(c *auth.ProviderConfig) { c.Claim = auth.ClaimEmail }))
	h.person("an@tinh.vn", district(), access.Operator)
	h.person("binh@tinh.vn", district(), access.Operator)
	if got := newTraveller(h).signIn(p, "an"); got != "/console" {
		t.Errorf("a verified e-mail that is a login is sent to %q", got)
	}
	if got := newTraveller(h).signIn(p, "binh"); got != "/console#dang-nhap=unlinked" {
		t.Errorf("an e-mail nobody verified is sent to %q", got)
	}
	if got := newTraveller(h).signIn(p, "chi"); got != "/console#dang-nhap=unlinked" {
		t.Errorf("an e-mail that is no login is sent to %q", got)
	}
	var links int
	must(t, h.db.Owner.QueryRow(t.Context(), "select count(*) from audit where what = 'person.link' and why = 'claim'").Scan(&links))
	if links != 1 {
		t.Errorf("the audit tells of %d links", links)
	}
}

func TestTheSecondFactorIsAskedForUnlessTheProviderVouches(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	h := newHouse(t, real, p.with(t, func(c *auth.ProviderConfig) { c.Claim, c.Factors = auth.ClaimLogin, []string{"mfa"} }))
	h.person("chi", access.Scope{}, access.Administrator)
	stage := func(methods ...string) string {
		p.store.methods.Store(&methods)
		b := newTraveller(h)
		if got := b.signIn(p, "chi"); got != "/console" {
			t.Fatalf("sent to %q", got)
		}
		_, body := b.ask("GET", "/api/v1/session")
		for _, stage := range []string{"none", "code", "enrol", "full"} {
			if strings.Contains(body, `"stage":"`+stage+`"`) {
				status, _ := b.ask("GET", "/api/v1/people")
				if (status == 200) != (stage == "full") {
					t.Errorf("stage %s, and the people's page answers %d", stage, status)
				}
				return stage
			}
		}
		return body
	}
	if got := stage("pwd"); got != "enrol" {
		t.Errorf("a password elsewhere alone: %s", got)
	}
	if got := stage("pwd", "otp"); got != "enrol" {
		t.Errorf("a method the setting does not name: %s", got)
	}
	if got := stage("pwd", "mfa"); got != "full" {
		t.Errorf("a second factor elsewhere: %s", got)
	}
	h.enter("chi") // sets ours up
	if got := stage("pwd"); got != "code" {
		t.Errorf("a password elsewhere, with a factor of ours: %s", got)
	}
}

func TestAnAnswerOfTheProviderIsGoodOnceInTheBrowserThatAsked(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	h := newHouse(t, real, p.with(t, func(c *auth.ProviderConfig) { c.Claim = auth.ClaimLogin }))
	h.person("an", district(), access.Operator)
	b := newTraveller(h)
	answer := b.prove(p, b.leave(), "an")
	if got := newTraveller(h).back(answer); got != "/console#dang-nhap=expired" {
		t.Errorf("in another browser it leads to %q", got)
	}
	forged := strings.Replace(answer, "state=", "state=x", 1)
	if got := b.back(forged); got != "/console#dang-nhap=expired" {
		t.Errorf("with another state it leads to %q", got)
	}
	if got := b.back(answer); got != "/console#dang-nhap=expired" {
		t.Errorf("after a forged one it leads to %q", got)
	}
	stolen, err := url.Parse(b.prove(p, b.leave(), "an"))
	must(t, err)
	victim := newTraveller(h)
	own, err := url.Parse(victim.prove(p, victim.leave(), "an"))
	must(t, err)
	q := own.Query()
	q.Set("code", stolen.Query().Get("code"))
	own.RawQuery = q.Encode()
	if got := victim.back(own.String()); got != "/console#dang-nhap=refused" {
		t.Errorf("a code of another browser leads to %q", got)
	}
	victim.leave()
	res, _ := victim.open(houseAddress + api.PathReturn + "?error=access_denied&state=x")
	if got := res.Header.Get("Location"); got != "/console#dang-nhap=expired" {
		t.Errorf("a refusal without our state leads to %q", got)
	}
	again := b.prove(p, b.leave(), "an")
	if got := b.back(again); got != "/console" {
		t.Errorf("the right one leads to %q", got)
	}
	if got := b.back(again); got != "/console#dang-nhap=expired" {
		t.Errorf("a second time it leads to %q", got)
	}
}

func TestThePasswordsDoorIsOpenWhileTheProviderIsAway(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	silent, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { _ = silent.Close() })
	for name, issuer := range map[string]string{
		"gone":   "http://127.0.0.1:1",
		"silent": "http://" + silent.Addr().String(), // takes connections and never answers
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, real, p.with(t, func(c *auth.ProviderConfig) { c.Issuer = issuer }))
			h.person("an", district(), access.Operator)
			b := newTraveller(h)
			for range 2 {
				res, body := b.open(houseAddress + "/api/v1/oidc")
				if got := res.Header.Get("Location"); res.StatusCode != http.StatusSeeOther || got != "/console#dang-nhap=provider" {
					t.Errorf("%d %q %s", res.StatusCode, got, body)
				}
			}
			h.enter("an")
		})
	}
}

func TestAProvidersCookiesAreBoundToTheHost(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	h := newHouse(t, real, p.with(t, func(*auth.ProviderConfig) {}))
	res, _ := newTraveller(h).open(houseAddress + "/api/v1/oidc")
	cookie := strings.ToLower(res.Header.Get("Set-Cookie"))
	for _, part := range []string{"__host-toancanh-oidc=", "; path=/", "; httponly", "; secure", "; samesite=lax"} {
		if !strings.Contains(cookie, part) {
			t.Errorf("cookie %q lacks %q", cookie, part)
		}
	}
	plain := h.do(call{method: "GET", path: "/api/v1/oidc", header: map[string]string{"Host": "ioc.example.vn"}})
	if !hasFault(problem(t, plain, 403), "", "https") {
		t.Error("the way to the provider begins on an open network")
	}
	if a := newHouse(t, real).do(call{method: "GET", path: "/api/v1/oidc"}); a.status != 404 {
		t.Errorf("a house without a provider answers %d", a.status)
	}
}
