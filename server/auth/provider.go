package auth

import (
	"bytes"
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"toancanh/server/fault"
)

// ProviderConfig names a sign-in provider that speaks OpenID Connect, and how far it is believed.
type ProviderConfig struct {
	Issuer   string
	ClientID string
	Secret   string // empty for a public client; PKCE is used either way
	Return   string // address of our own route to which people are sent back
	Home     string // address to which the provider sends people after signing out
	Label    string // of the button
	// Claim links people at their first sign-in: "email" (only a verified one) or "preferred_username", compared with the
	// login. Empty: the administrator alone links.
	Claim string
	// Factors are values of acr or amr that stand for a second factor. Empty: none does.
	Factors []string
}

// Claims by which people may be linked.
const (
	ClaimEmail = "email"
	ClaimLogin = "preferred_username"
)

// Limits of what the provider may cost. It is away sometimes: the password's door must not wait for it.
const (
	providerLimit  = 4 * time.Second // one request to it
	providerRest   = 3 * time.Second // after a failure, nobody asks it again for so long
	providerBody   = 1 << 20
	providerAtOnce = 8
	flowLimit      = 10 * time.Minute // between the button and coming back
)

// Provider lets people sign in elsewhere. It gives no rights: it says who somebody is, and nothing more.
type Provider struct {
	config ProviderConfig
	sealer *Sealer
	now    func() time.Time
	client *http.Client
	slots  chan struct{}

	asking chan struct{} // held while found and failed are used
	found  *oidc.Provider
	failed time.Time
}

// NewProvider makes a provider; it is asked for the first time when somebody comes. sealer seals what waits in the
// browser meanwhile.
func NewProvider(c ProviderConfig, sealer *Sealer, now func() time.Time) *Provider {
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 2, IdleConnTimeout: time.Minute,
		TLSHandshakeTimeout: providerLimit, ResponseHeaderTimeout: providerLimit,
	}
	return &Provider{
		config: c, sealer: sealer, now: now, slots: make(chan struct{}, providerAtOnce), asking: make(chan struct{}, 1),
		client: &http.Client{Timeout: providerLimit, Transport: shortBodies{transport}},
	}
}

// Label is what stands on the button.
func (p *Provider) Label() string { return p.config.Label }

// shortBodies cuts answers off that no provider gives.
type shortBodies struct{ next http.RoundTripper }

// RoundTrip does the request.
func (s shortBodies) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := s.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	res.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(res.Body, providerBody), res.Body}
	return res, nil
}

// Faults of signing in elsewhere.
//
//nolint:gochecknoglobals // error values
var (
	errProviderAway = fault.Unavailable("Hệ thống đăng nhập ngoài không trả lời; xin đăng nhập bằng mật khẩu, hoặc thử lại sau.").Because("provider")
	errProviderSays = fault.Unauthenticated("Hệ thống đăng nhập ngoài không xác nhận.").Because("refused")
	errFlow         = fault.Unauthenticated("Lượt đăng nhập này đã quá hạn hoặc không do trang này bắt đầu.").Because("expired")
	errUnlinked     = fault.Forbidden("Tài khoản này chưa được nối với người dùng nào; xin quản trị viên nối.").Because("unlinked")
)

// ask gives a turn to ask the provider, and the context to ask it in.
func (p *Provider) ask(ctx context.Context) (asking context.Context, done func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, providerLimit)
	select {
	case p.slots <- struct{}{}:
		return oidc.ClientContext(ctx, p.client), func() { <-p.slots; cancel() }, nil
	default:
		cancel()
		return nil, nil, errProviderAway.Wrap(errors.New("too many ask at once"))
	}
}

// discover reads what the provider says of itself, once. While it is away, most callers are told so without waiting.
func (p *Provider) discover(ctx context.Context) (*oidc.Provider, error) {
	select {
	case p.asking <- struct{}{}:
		defer func() { <-p.asking }()
	case <-ctx.Done():
		return nil, errProviderAway.Wrap(ctx.Err())
	}
	if p.found != nil {
		return p.found, nil
	}
	if now := p.now(); now.Sub(p.failed).Abs() < providerRest {
		return nil, errProviderAway.Wrap(errors.New("it did not answer just now"))
	}
	found, err := oidc.NewProvider(ctx, p.config.Issuer)
	if err != nil {
		p.failed = p.now()
		return nil, errProviderAway.Wrap(fmt.Errorf("discover sign-in provider: %w", err))
	}
	p.found = found
	return found, nil
}

func (p *Provider) oauth(found *oidc.Provider) *oauth2.Config {
	return &oauth2.Config{
		ClientID: p.config.ClientID, ClientSecret: p.config.Secret, Endpoint: found.Endpoint(), RedirectURL: p.config.Return,
		Scopes: []string{oidc.ScopeOpenID, "profile", "email"},
	}
}

// flow is what must be known when somebody comes back. It waits in their browser, sealed.
type flow struct {
	State    string    `json:"s"`
	Nonce    string    `json:"n"`
	Verifier string    `json:"v"`
	At       time.Time `json:"t"`
	DeskID   string    `json:"d,omitempty"` // the desk it began at: no cookie but the flow's comes back from another site
}

const flowName = "oidc"

// Begin is where the browser goes to sign in, and the cookie it brings back. The provider is to ask for the password
// again: the machines of a control room are shared. deskID is the desk where it begins; empty elsewhere.
func (p *Provider) Begin(ctx context.Context, deskID string) (address string, sealed []byte, err error) {
	ctx, done, err := p.ask(ctx)
	if err != nil {
		return "", nil, err
	}
	defer done()
	found, err := p.discover(ctx)
	if err != nil {
		return "", nil, err
	}
	f := flow{Verifier: oauth2.GenerateVerifier(), At: p.now().UTC(), DeskID: deskID}
	if f.State, _, err = NewSecret(); err != nil {
		return "", nil, fault.Internal(err)
	}
	if f.Nonce, _, err = NewSecret(); err != nil {
		return "", nil, fault.Internal(err)
	}
	raw, err := json.Marshal(f)
	if err != nil {
		return "", nil, fault.Internal(err)
	}
	s, err := p.sealer.Seal(flowName, raw)
	if err != nil {
		return "", nil, fault.Internal(err)
	}
	address = p.oauth(found).AuthCodeURL(f.State, oidc.Nonce(f.Nonce), oauth2.S256ChallengeOption(f.Verifier),
		oauth2.SetAuthURLParam("prompt", "login"))
	return address, append([]byte(s.KeyID+flowMark), s.Bytes...), nil
}

// flowMark stands in the cookie between the name of the key and what is sealed with it.
const flowMark = "."

// Returned is what the browser brings back.
type Returned struct {
	Sealed                     []byte // the cookie
	State, Code, Issuer, Fault string // of the address
}

// Identity is who the provider says somebody is.
type Identity struct {
	Issuer  string
	Subject string
	Login   string // by the claim that links; empty when there is none to be believed
	Factor  bool   // the provider vouches for a second factor
	DeskID  string // as it was given to Begin
}

// Finish checks what came back and asks the provider who it is.
func (p *Provider) Finish(ctx context.Context, r Returned) (Identity, error) {
	f, err := p.openFlow(r)
	if err != nil {
		return Identity{}, err
	}
	ctx, done, err := p.ask(ctx)
	if err != nil {
		return Identity{}, err
	}
	defer done()
	found, err := p.discover(ctx)
	if err != nil {
		return Identity{}, err
	}
	token, err := p.oauth(found).Exchange(ctx, r.Code, oauth2.VerifierOption(f.Verifier))
	if _, refused := errors.AsType[*oauth2.RetrieveError](err); refused {
		return Identity{}, errProviderSays.Wrap(errors.New("it does not take the code"))
	}
	if err != nil {
		return Identity{}, errProviderAway.Wrap(errors.New("exchange code: no answer"))
	}
	claims, err := p.verify(ctx, found, token, f.Nonce)
	if err != nil {
		return Identity{}, err
	}
	return Identity{
		Issuer: p.config.Issuer, Subject: claims.Subject, Login: claims.login(p.config.Claim),
		Factor: claims.vouch(p.config.Factors), DeskID: f.DeskID,
	}, nil
}

// openFlow sees that the answer belongs to a question of this browser.
func (p *Provider) openFlow(r Returned) (flow, error) {
	var f flow
	keyID, body, _ := bytes.Cut(r.Sealed, []byte(flowMark))
	raw, err := p.sealer.Open(flowName, Sealed{KeyID: string(keyID), Bytes: body})
	if err == nil {
		err = json.Unmarshal(raw, &f)
	}
	age := p.now().Sub(f.At)
	switch {
	case err != nil, age < 0, age > flowLimit, subtle.ConstantTimeCompare([]byte(f.State), []byte(r.State)) != 1:
		return f, errFlow
	case r.Issuer != "" && r.Issuer != p.config.Issuer: // RFC 9207
		return f, errFlow
	case r.Fault != "" || r.Code == "":
		return f, errProviderSays
	}
	return f, nil
}

// claims are what is read of an ID token or of the user's information.
type claims struct {
	Subject  string          `json:"sub"`
	Party    string          `json:"azp"`
	ACR      string          `json:"acr"`
	AMR      json.RawMessage `json:"amr"` // a list, with some providers a word
	Email    string          `json:"email"`
	Verified bool            `json:"email_verified"`
	Name     string          `json:"preferred_username"`
}

// verify checks the ID token and completes it where its provider keeps e-mail and name elsewhere.
func (p *Provider) verify(ctx context.Context, found *oidc.Provider, token *oauth2.Token, nonce string) (claims, error) {
	var c claims
	raw, _ := token.Extra("id_token").(string)
	checked, err := found.VerifierContext(ctx, &oidc.Config{ClientID: p.config.ClientID, Now: p.now}).Verify(ctx, raw)
	if err != nil {
		return c, errProviderSays.Wrap(errors.New("its token does not hold"))
	}
	err = checked.Claims(&c)
	switch {
	case err != nil, c.Subject == "", subtle.ConstantTimeCompare([]byte(checked.Nonce), []byte(nonce)) != 1:
		return c, errProviderSays.Wrap(errors.New("its token answers another question"))
	case len(checked.Audience) > 1 && c.Party != p.config.ClientID:
		return c, errProviderSays.Wrap(errors.New("its token was made for another"))
	}
	if p.config.Claim == "" || c.login(p.config.Claim) != "" {
		return c, nil
	}
	info, err := found.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return c, nil //nolint:nilerr // whoever is linked needs no claim
	}
	var more claims
	if err := info.Claims(&more); err == nil && more.Subject == c.Subject {
		c.Email, c.Verified, c.Name = more.Email, more.Verified, more.Name
	}
	return c, nil
}

// login is the login that a claim names.
func (c claims) login(claim string) string {
	switch {
	case claim == ClaimEmail && c.Verified:
		return Login(c.Email)
	case claim == ClaimLogin:
		return Login(c.Name)
	}
	return ""
}

// vouch reports whether the provider says that a second factor was shown.
func (c claims) vouch(factors []string) bool {
	var methods []string
	if json.Unmarshal(c.AMR, &methods) != nil {
		var one string
		if json.Unmarshal(c.AMR, &one) == nil {
			methods = strings.Fields(one)
		}
	}
	return slices.ContainsFunc(append(methods, c.ACR), func(m string) bool { return m != "" && slices.Contains(factors, m) })
}

// Leave is where the browser goes to sign out at the provider too; empty when that is not offered, or not known without
// waiting.
func (p *Provider) Leave() string {
	select {
	case p.asking <- struct{}{}:
		defer func() { <-p.asking }()
	default:
		return ""
	}
	if p.found == nil {
		return ""
	}
	var more struct {
		End string `json:"end_session_endpoint"`
	}
	if err := p.found.Claims(&more); err != nil || more.End == "" {
		return ""
	}
	u, err := url.Parse(more.End)
	if err != nil {
		return ""
	}
	q := u.Query()
	q.Set("client_id", p.config.ClientID)
	q.Set("post_logout_redirect_uri", p.config.Home)
	u.RawQuery = q.Encode()
	return u.String()
}

// Linking joins a person to whom the provider knows.
type Linking struct {
	PersonID        string
	Issuer, Subject string
	Why             string
}

// Issuer is the provider's name for the store.
func (p *Provider) Issuer() string { return p.config.Issuer }

// SignInBy opens a session for whom the provider names. Only people whom the administrator has added come in: those
// that were linked, and those whose login the provider's claim names, who are linked by it. Where the provider does not
// vouch for a second factor, ours is asked for as ever.
func (k *Keeper) SignInBy(ctx context.Context, id Identity, c Credentials) (token string, s Session, err error) {
	person, err := k.store.PersonOf(ctx, id.Issuer, id.Subject)
	if err == nil && person.ID == "" {
		person, err = k.linkByLogin(ctx, id)
	}
	if err != nil {
		return "", s, err
	}
	now := k.now().UTC()
	c.DeskID = id.DeskID
	o := Opening{Session: c.session(person, now), Trial: trialOf(person.Login, c.Address, now)}
	o.Provider, o.Vouched = true, id.Factor
	return k.open(ctx, o)
}

func (k *Keeper) linkByLogin(ctx context.Context, id Identity) (Person, error) {
	if id.Login == "" {
		return Person{}, k.turnAway(ctx, Person{}, "unlinked", errUnlinked)
	}
	person, err := k.store.PersonNamed(ctx, id.Login)
	switch {
	case err != nil:
		return person, err
	case person.ID == "":
		return person, k.turnAway(ctx, person, "unlinked", errUnlinked)
	}
	err = k.store.LinkSubject(ctx, Linking{PersonID: person.ID, Issuer: id.Issuer, Subject: id.Subject, Why: "claim"})
	if fault.Is(err, fault.KindConflict) {
		return person, k.turnAway(ctx, person, "unlinked", errUnlinked)
	}
	return person, err
}
