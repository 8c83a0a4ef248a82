//go:build e2e

package e2e_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"toancanh/server/access"
	"toancanh/server/auth"
)

// away is something the server stands on, and how it goes and comes back.
type away struct {
	name       string
	hurt, heal func()
	deedsFail  bool
}

// without asks again at every door while something is away: what fails says more than what works.
func (p *planting) without(a away) {
	p.t.Helper()
	a.hurt()
	p.plantAsStranger()
	p.plantByProvider()
	failed := 0
	for _, d := range p.deeds() {
		if p.officer(d.method, d.path, d.body).status == http.StatusServiceUnavailable {
			failed++
		}
	}
	if a.deedsFail != (failed > 0) {
		p.t.Errorf("without %s %d deeds of officers fail", a.name, failed)
	}
	p.readEverything()
	a.heal()
	p.s.awaitReady(readyWithin)
}

// TestPlantedWordsStayInsideTheSample knocks at the newcomer's page with words in every place, enters, and asks until nobody
// answers any more.
func TestPlantedWordsStayInsideTheSample(t *testing.T) {
	t.Parallel()
	s := up(t, "TOANCANH_LIMITS=on", "TOANCANH_LOG_LEVEL=debug", "TOANCANH_LOG_FORMAT=json")
	s.start()
	s.awaitReady(readyWithin)
	p := newPlanting(t, s)
	for role, want := range map[string]int{p.words["a role"]: http.StatusUnprocessableEntity, string(access.Operator): http.StatusSeeOther} {
		form := url.Values{"vai": {role}, "ten": {p.words["citizen's name"]}}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+s.addr+"/bat-dau?q="+url.QueryEscape(p.words["a stranger's query"]), strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header = http.Header{
			"Content-Type": {"application/x-www-form-urlencoded"}, "User-Agent": {p.words["a stranger's agent"]},
			"Referer": {"https://" + p.words["a stranger's referrer"] + "/"}, "Cookie": {"toancanh-local=" + p.words["a tried token"]},
		}
		res, err := shared.Transport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		p.keep(res)
		if res.StatusCode != want {
			t.Errorf("role %.20q: %d, want %d", role, res.StatusCode, want)
		}
	}
	p.guessUntilRefused()
	p.readPages("/", "/?lang=en", "/bat-dau", "/bat-dau?vai="+url.QueryEscape(p.words["a role"]), "/wall/tinh", "/console", "/metrics", "/api/v1/session")
	p.cleanAnswers()
	p.cleanLog(`"route":"/bat-dau"`)
}

// keep notes an answer that came by no other way.
func (p *planting) keep(res *http.Response) {
	p.t.Helper()
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	p.answers = append(p.answers, answer{status: res.StatusCode, header: res.Header, body: body})
}

// enrol signs in somebody whose roles ask for a second factor, and gives them another password.
func (p *planting) enrol(boss *staff) {
	p.t.Helper()
	boss.signIn(p.t)
	var offered struct{ Secret string }
	if err := boss.ask(p.t, http.MethodPost, "/api/v1/session/factor", "").into(nil, "factor", &offered); err != nil {
		p.t.Fatal(err)
	}
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(offered.Secret)
	if err != nil {
		p.t.Fatal(err)
	}
	a := boss.ask(p.t, http.MethodPost, "/api/v1/session/code", fmt.Sprintf(`{"code":%q}`, auth.TOTPCode(raw, time.Now())))
	if a.status != http.StatusOK {
		p.t.Fatalf("code: %d %s", a.status, a.body)
	}
	boss.cookie, _, _ = strings.Cut(a.header.Get("Set-Cookie"), ";")
	p.staff = boss
	p.must(request{http.MethodPost, "/api/v1/session/password", fields{"before": staffPassword, "password": p.words["staff's password"]}, http.StatusNoContent})
}

type fields map[string]any

// request is something an officer does with words in it.
type request struct {
	method, path string
	body         fields
	want         int
}

// officer asks as the staff do. A refusal may repeat what was asked for, and nothing else; a secret never.
func (p *planting) officer(method, path string, body fields) answer {
	p.t.Helper()
	var raw []byte
	if body != nil {
		var err error
		if raw, err = json.Marshal(body); err != nil {
			p.t.Fatal(err)
		}
	}
	a := p.staff.ask(p.t, method, path, string(raw))
	if a.status < 300 {
		return a
	}
	asked := p.scan.find(append([]byte(path+" "), raw...))
	told := slices.DeleteFunc(p.scan.find(a.body), func(word string) bool { return slices.Contains(asked, word) && !secretWord(word) })
	if len(told) > 0 {
		p.t.Errorf("%s %.40s is refused (%d) with %q", method, path, a.status, told)
	}
	p.answers = append(p.answers, answer{status: a.status, header: a.header})
	return a
}

// secretWord reports whether a word is what somebody knows and nobody is told.
func secretWord(name string) bool {
	return slices.ContainsFunc([]string{"password", "PIN", "token", "code"}, func(kind string) bool { return strings.Contains(name, kind) })
}

// must does a deed and wants its answer.
func (p *planting) must(d request) answer {
	p.t.Helper()
	a := p.officer(d.method, d.path, d.body)
	if a.status != d.want {
		p.t.Fatalf("%s %.60s: %d, want %d: %.300s", d.method, d.path, a.status, d.want, a.body)
	}
	return a
}

// deeds are what officers do and try, words in every field.
func (p *planting) deeds() []request {
	w := p.words
	odd := url.PathEscape(w["a tried pairing"])
	return []request{
		{http.MethodPost, "/api/v1/people", fields{
			"login": w["a person's login"], "name": w["a person's name"], "roles": []string{"can_bo_truc"}, "areas": []string{division + "/" + root},
		}, 201},
		{http.MethodPost, "/api/v1/people", fields{"login": w["a person's name"], "name": "", "roles": []string{w["a role"]}, "areas": []string{w["a desk's label"]}, "units": []string{w["a key's label"]}}, 422},
		{http.MethodPut, "/api/v1/people/" + p.staff.person.ID + "/subject", fields{"subject": w["a provider's subject"]}, 204},
		{http.MethodPut, "/api/v1/people/" + odd + "/subject", fields{"subject": w["a provider's subject"]}, 404},
		{http.MethodDelete, "/api/v1/people/" + odd + "/factor", nil, 404},
		{http.MethodPost, "/api/v1/keys", fields{"label": w["a key's label"], "rights": []string{"readings"}, "scope": fields{"sensors": []string{w["a device"]}}}, 201},
		{http.MethodPost, "/api/v1/keys", fields{
			"label": strings.Repeat(w["a key's label"], 9), "rights": []string{w["a role"]},
			"scope": fields{"sensors": []string{w["a tried pairing"]}, "categories": []string{w["a desk's label"]}, "areas": []string{w["citizen's address"]}},
		}, 422},
		{http.MethodDelete, "/api/v1/keys/" + odd, nil, 404},
		{http.MethodPost, "/api/v1/keys/" + odd + "/rotation", fields{}, 404},
		{http.MethodDelete, "/api/v1/desks/" + odd, nil, 404},
		{http.MethodPost, "/api/v1/desks", fields{"label": strings.Repeat(w["a desk's label"], 9), "areas": []string{w["a tried pairing"]}}, 422},
		{http.MethodPut, "/api/v1/screens/660/pairing", fields{"code": w["a tried pairing"]}, 422},
		{http.MethodPut, "/api/v1/screens/" + odd + "/pairing", fields{"code": w["a tried pairing"]}, 404},
		{http.MethodPut, "/api/v1/session/pin", fields{"password": staffPassword, "pin": w["a tried password"]}, 422},
		{http.MethodPost, "/api/v1/session/password", fields{"before": w["staff's password"], "password": "ngan"}, 422},
		{http.MethodPost, "/api/v1/reports/" + odd + "/contact", fields{"reason": w["a reason to reveal"]}, 404},
		{http.MethodPost, "/api/v1/reports/" + p.urgent + "/contact", fields{"reason": strings.Repeat(w["a reason to reveal"], 30)}, 422},
		{http.MethodPost, "/api/v1/reports/" + p.urgent + "/callbacks", fields{"reason": w["a reason to reveal"]}, 422},
		{http.MethodPost, "/api/v1/callbacks/" + odd + "/confirmation", nil, 404},
		{http.MethodPost, "/api/v1/callbacks/" + odd + "/number", nil, 404},
		{http.MethodGet, "/api/v1/audit?who=" + url.QueryEscape(w["staff's name"]), nil, 200},
		{http.MethodGet, "/api/v1/audit?cursor=" + url.QueryEscape(w["staff's name"]), nil, 422},
		{http.MethodGet, "/api/v1/reveals?seen=" + url.QueryEscape(w["staff's name"]), nil, 422},
		{http.MethodDelete, "/api/v1/sessions/" + odd, nil, 404},
	}
}

// plantAsOfficers opens a contact for a reason, and calls a sender back with two keys. Those who may see the number do.
func (p *planting) plantAsOfficers() {
	p.t.Helper()
	for _, d := range p.deeds() {
		p.must(d)
	}
	shown := p.must(request{http.MethodPost, "/api/v1/reports/" + p.urgent + "/contact", fields{"reason": p.words["a reason to reveal"]}, 200})
	p.mustHold("a contact that was opened", shown, "citizen's name", "citizen's phone", "citizen's mail")
	var asked struct{ ID string }
	if err := p.must(request{http.MethodPost, "/api/v1/reports/" + p.urgent + "/callbacks", fields{"reason": "nguy_hiem_tinh_mang"}, 201}).into(nil, "callback", &asked); err != nil {
		p.t.Fatal(err)
	}
	path := "/api/v1/callbacks/" + asked.ID
	p.must(request{http.MethodPost, path + "/confirmation", nil, 403})
	p.must(request{http.MethodPost, path + "/number", nil, 409})
	if a := p.second.ask(p.t, http.MethodPost, path+"/confirmation", ""); a.status != http.StatusOK {
		p.t.Fatalf("the second key: %d %s", a.status, a.body)
	}
	p.mustHold("a number to call back", p.must(request{http.MethodPost, path + "/number", nil, 200}), "citizen's phone")
	p.must(request{http.MethodPost, path + "/number", nil, 409})
}

// mustHold shows that the scanner sees a word where it is.
func (p *planting) mustHold(what string, a answer, words ...string) {
	p.t.Helper()
	found := p.scan.find(a.body)
	for _, word := range words {
		if !slices.Contains(found, word) {
			p.t.Errorf("%s: %s is not found where it must be (%d, found %q): the scanner is blind, or nothing was planted", what, word, a.status, found)
		}
	}
}

// plantAtDesk makes a desk, and guesses at it.
func (p *planting) plantAtDesk() {
	p.t.Helper()
	w, desk := p.words, jar{}
	desk.must(p.t, p.s, http.MethodPost, "/api/v1/session", fields{"login": p.second.person.Login, "password": staffPassword})
	desk.must(p.t, p.s, http.MethodPost, "/api/v1/desks", fields{"label": w["a desk's label"], "areas": []string{division + "/" + root}})
	desk.must(p.t, p.s, http.MethodPut, "/api/v1/session/pin", fields{"password": staffPassword, "pin": w["the desk's PIN"]})
	desk.must(p.t, p.s, http.MethodPost, "/api/v1/desk/lock", nil)
	for _, guess := range []struct {
		path string
		body fields
	}{
		{"unlock", fields{"secret": w["a tried PIN"]}},
		{"unlock", fields{"secret": w["a tried password"]}},
		{"person", fields{"login": w["a tried login"], "secret": w["a tried PIN"], "code": w["a tried code"]}},
		{"person", fields{"login": p.second.person.Login, "secret": w["a tried password"]}},
		{"person", fields{"login": w["staff's login"], "secret": w["staff's password"], "code": w["a tried code"]}},
		{"person", fields{"login": w["staff's login"], "secret": 5}},
	} {
		a := desk.ask(p.t, p.s, http.MethodPost, "/api/v1/desk/"+guess.path, guess.body)
		if a.status < 400 || a.status > 499 {
			p.t.Errorf("a guess at a desk: %d %s", a.status, a.body)
		}
		p.answers = append(p.answers, a)
	}
	desk.must(p.t, p.s, http.MethodPost, "/api/v1/desk/unlock", fields{"secret": w["the desk's PIN"]})
	p.mustHold("the desk's own page", desk.must(p.t, p.s, http.MethodGet, "/api/v1/session", nil), "a desk's label")
}

// plantAsScreen pairs a browser full of words, and returns what it hears as a wall.
func (p *planting) plantAsScreen() *logbook {
	p.t.Helper()
	header := http.Header{"User-Agent": {p.words["a stranger's agent"]}, "X-Toancanh-Screen": {"tinh"}}
	ask := func(method, path string, body any, into any) {
		p.t.Helper()
		a := p.send(method, path, header.Clone(), body)
		if err := a.into(nil, path, into); err != nil {
			p.t.Fatal(err)
		}
		if set := a.header.Get("Set-Cookie"); set != "" {
			pair, _, _ := strings.Cut(set, ";")
			header.Set("Cookie", pair)
		}
	}
	var stands standing
	ask(http.MethodPost, "/api/v1/screens/pairing", fields{"screen": "tinh"}, &stands)
	p.must(request{http.MethodPut, "/api/v1/screens/tinh/pairing", fields{"code": stands.Code}, 200})
	ask(http.MethodPost, "/api/v1/screens/pairing", fields{"screen": "tinh"}, &stands)
	if stands.State != "paired" {
		p.t.Fatalf("the wall is %+v", stands)
	}
	ask(http.MethodPost, "/api/v1/screens/tinh/beat", fields{"phase": "live", "build": p.words["a page's build"], "scene": "trong-ngay"}, nil)
	ask(http.MethodPost, "/api/v1/screens/tinh/seen", fields{"version": 0, "reason": p.words["a screen's reason"]}, nil)
	var got struct{ Ticket string }
	ask(http.MethodPost, "/api/v1/tickets", fields{"topics": []string{wallTopic}}, &got)
	conn, _, err := dialTopics(p.s.addr, got.Ticket, wallTopic)
	if err != nil {
		p.t.Fatal(err)
	}
	h := &logbook{}
	p.follow(conn, h)
	return h
}

// teller is a sign-in provider that has much to tell.
type teller struct {
	*httptest.Server
	key *rsa.PrivateKey

	mu     sync.Mutex
	claims fields // of the next token; nil: it refuses, in words
	fault  string
}

const tellerClient = "toan-canh"

func newTeller(t *testing.T, fault string) *teller {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p := &teller{key: key, fault: fault}
	p.Server = httptest.NewServer(p)
	t.Cleanup(p.Close)
	return p
}

// settings let a server use it.
func (p *teller) settings() []string {
	return []string{
		"TOANCANH_OIDC_ISSUER=" + p.URL, "TOANCANH_OIDC_CLIENT=" + tellerClient, "TOANCANH_OIDC_HOME=https://ioc.example.vn", "TOANCANH_OIDC_CLAIM=email",
	}
}

// ServeHTTP answers as a provider does.
func (p *teller) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	text := base64.RawURLEncoding.EncodeToString
	var body any
	status := http.StatusOK
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		body = fields{
			"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
			"userinfo_endpoint": p.URL + "/userinfo", "id_token_signing_alg_values_supported": []string{"RS256"},
		}
	case "/keys":
		exponent := big.NewInt(int64(p.key.E)).Bytes()
		body = fields{"keys": []fields{{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "1", "n": text(p.key.N.Bytes()), "e": text(exponent)}}}
	case "/token":
		if p.claims == nil {
			status, body = http.StatusBadRequest, fields{"error": "invalid_grant", "error_description": p.fault}
			break
		}
		body = fields{"access_token": "x", "token_type": "Bearer", "id_token": p.sign(p.claims)}
	default:
		status, body = http.StatusForbidden, fields{"error": p.fault}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func (p *teller) sign(claims fields) string {
	text := base64.RawURLEncoding.EncodeToString
	payload, err := json.Marshal(claims)
	if err != nil {
		return ""
	}
	token := text([]byte(`{"alg":"RS256","kid":"1"}`)) + "." + text(payload)
	sum := sha256.Sum256([]byte(token))
	signature, err := rsa.SignPKCS1v15(rand.Reader, p.key, crypto.SHA256, sum[:])
	if err != nil {
		return ""
	}
	return token + "." + text(signature)
}

func (p *teller) next(claims fields) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.claims = claims
}

// plantByProvider comes back from the sign-in provider in every way: unasked, refused, unknown, and known.
func (p *planting) plantByProvider() {
	p.t.Helper()
	w := p.words
	agent := http.Header{"User-Agent": {w["a stranger's agent"]}}
	about := func(nonce, subject string) fields {
		now := time.Now()
		return fields{
			"iss": p.provider.URL, "aud": tellerClient, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(), "nonce": nonce, "sub": subject,
			"email": w["a provider's mail"], "email_verified": true, "preferred_username": w["a provider's login"], "name": w["a person's name"],
		}
	}
	for name, back := range map[string]func(state, nonce string) url.Values{
		"unasked": func(string, string) url.Values {
			return url.Values{"state": {w["a returned state"]}, "code": {w["a returned code"]}}
		},
		"refused": func(state, _ string) url.Values {
			return url.Values{"state": {state}, "error": {w["a provider's fault"]}, "error_description": {w["a provider's fault"]}}
		},
		"not believed": func(state, _ string) url.Values {
			p.provider.next(nil)
			return url.Values{"state": {state}, "code": {w["a returned code"]}}
		},
		"unknown": func(state, nonce string) url.Values {
			p.provider.next(about(nonce, w["a provider's login"]))
			return url.Values{"state": {state}, "code": {w["a returned code"]}, "iss": {p.provider.URL}}
		},
		"known": func(state, nonce string) url.Values {
			p.provider.next(about(nonce, w["a provider's subject"]))
			return url.Values{"state": {state}, "code": {w["a returned code"]}}
		},
	} {
		began := p.send(http.MethodGet, "/api/v1/oidc?"+url.Values{"x": {w["a stranger's query"]}}.Encode(), agent.Clone(), nil)
		leads, err := url.Parse(began.header.Get("Location"))
		if err != nil {
			p.t.Fatal(err)
		}
		q := leads.Query()
		cookie, _, _ := strings.Cut(began.header.Get("Set-Cookie"), ";")
		header := agent.Clone()
		header.Set("Cookie", cookie)
		a := p.send(http.MethodGet, "/api/v1/oidc/return?"+back(q.Get("state"), q.Get("nonce")).Encode(), header, nil)
		if a.status != http.StatusSeeOther && a.status != http.StatusServiceUnavailable {
			p.t.Errorf("coming back %s: %d %s", name, a.status, a.body)
		}
	}
}

// strangersAtTheDoorsOfStaff is what somebody without any right tries there.
func (p *planting) strangersAtTheDoorsOfStaff(plainly, odd http.Header) []attempt {
	w := p.words
	q := url.QueryEscape(w["a stranger's query"])
	wall := maps.Clone(odd)
	wall["X-Toancanh-Screen"] = []string{w["a tried pairing"]}
	cookies := []string{"toancanh-local-desk", "toancanh-local-oidc", "toancanh-screen-660"}
	stolen := http.Header{"X-Toancanh-Screen": {"660"}, "Cookie": {strings.Join(cookies, "="+w["a tried token"]+"; ") + "=" + w["a tried token"]}}
	guess := fields{"login": w["a tried login"], "secret": w["a tried PIN"], "code": w["a tried code"]}
	return []attempt{
		{http.MethodPost, "/api/v1/screens/pairing", wall, fields{"screen": w["a tried pairing"]}},
		{http.MethodPost, "/api/v1/screens/pairing", plainly, fields{"screen": []string{w["a tried pairing"]}}},
		{http.MethodPost, "/api/v1/screens/pairing", stolen, fields{"screen": "660"}},
		{http.MethodPost, "/api/v1/screens/660/beat", stolen, fields{"phase": w["a page's build"]}},
		{http.MethodPut, "/api/v1/screens/660/pairing", plainly, fields{"code": w["a tried pairing"]}},
		{http.MethodPost, "/api/v1/desk/person", plainly, guess},
		{http.MethodPost, "/api/v1/desk/person", stolen, guess},
		{http.MethodPost, "/api/v1/desk/unlock", stolen, fields{"secret": w["a tried PIN"]}},
		{http.MethodPost, "/api/v1/desks", plainly, fields{"label": w["a desk's label"], "areas": []string{w["a tried pairing"]}}},
		{http.MethodPut, "/api/v1/session/pin", odd, fields{"password": w["a tried password"], "pin": w["a tried PIN"]}},
		{http.MethodPost, "/api/v1/keys", plainly, fields{"label": w["a key's label"], "rights": []string{"readings"}}},
		{http.MethodPost, "/api/v1/people", plainly, fields{"login": w["a person's login"], "name": w["a person's name"]}},
		{http.MethodPost, "/api/v1/reports/" + p.urgent + "/contact", plainly, fields{"reason": w["a reason to reveal"]}},
		{http.MethodPost, "/api/v1/reports/" + p.urgent + "/callbacks", odd, fields{"reason": w["a reason to reveal"]}},
		{http.MethodPost, "/api/v1/callbacks/" + url.PathEscape(w["a tried pairing"]) + "/number", plainly, nil},
		{http.MethodGet, "/api/v1/reveals?person=" + q, plainly, nil},
		{http.MethodGet, "/api/v1/audit?who=" + q, plainly, nil},
		{http.MethodGet, "/api/v1/oidc/return?state=" + q + "&code=" + q + "&error=" + q + "&iss=" + q, stolen, nil},
		{http.MethodGet, "/bat-dau?vai=" + url.QueryEscape(w["a role"]), plainly, nil},
	}
}
