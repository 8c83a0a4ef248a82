package hook

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Limits of one attempt.
const (
	attemptLimit = 10 * time.Second
	mostAnswer   = 4 << 10 // read of an answer, bytes: nothing in it matters
)

// errInside says that an address lies where no hook may reach.
var errInside = errors.New("address inside") //nolint:gochecknoglobals // an error value

// Client delivers. It reaches public addresses over HTTPS, and besides only the networks it was given: where a name leads is
// judged for every connection, after it was resolved, so that a name cannot change its mind. It follows no redirection and
// uses no proxy.
type Client struct {
	http    *http.Client
	allowed []netip.Prefix
}

// NewClient makes a client that may also reach the given networks, there over plain HTTP too.
func NewClient(allowed []netip.Prefix) *Client {
	c := &Client{allowed: allowed}
	dialer := &net.Dialer{Timeout: 5 * time.Second, ControlContext: c.control}
	c.http = &http.Client{
		Timeout:       attemptLimit,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext: dialer.DialContext, TLSHandshakeTimeout: 5 * time.Second, ResponseHeaderTimeout: attemptLimit,
			MaxResponseHeaderBytes: 16 << 10, MaxIdleConnsPerHost: 1, IdleConnTimeout: time.Minute, DisableCompression: true,
			TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12},
		},
	}
	return c
}

// Check says why an address may not be a hook's; names are judged when they are reached.
func (c *Client) Check(address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.Opaque != "":
		return errors.New("cần một địa chỉ https://máy[:cổng]/đường-dẫn")
	case u.User != nil || u.Fragment != "":
		return errors.New("địa chỉ không được mang mật khẩu hay phần sau dấu #")
	case u.Scheme != "https" && (u.Scheme != "http" || len(c.allowed) == 0):
		return errors.New("cần https://; http:// chỉ dùng trong mạng đã cho phép (TOANCANH_HOOK_NETWORKS)")
	case len(address) > 500:
		return errors.New("địa chỉ dài quá 500 ký tự")
	}
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil && !c.may(ip, u.Scheme) {
		return errors.New("địa chỉ này nằm trong mạng nội bộ chưa được cho phép (TOANCANH_HOOK_NETWORKS)")
	}
	return nil
}

// schemeKey holds the scheme an attempt is made with.
type schemeKey struct{}

// control judges an address right before it is connected to.
func (c *Client) control(ctx context.Context, _, address string, _ syscall.RawConn) error {
	scheme, _ := ctx.Value(schemeKey{}).(string)
	to, err := netip.ParseAddrPort(address)
	if err != nil || !c.may(to.Addr(), scheme) {
		return errInside
	}
	return nil
}

// may reports whether an address may be reached; plain HTTP only where it was allowed by name of the network.
func (c *Client) may(ip netip.Addr, scheme string) bool {
	ip = ip.Unmap()
	if slices.ContainsFunc(c.allowed, func(p netip.Prefix) bool { return p.Contains(ip) }) {
		return true
	}
	return scheme != "http" && isPublic(ip)
}

// special are networks that IsPrivate and its like leave out: shared by carriers, for documents and tests, translated and
// tunnelled addresses behind which anything may lie (IANA registries of special-purpose addresses).
//
//nolint:gochecknoglobals // a constant Go has no literal for
var special = func() []netip.Prefix {
	var list []netip.Prefix
	for _, text := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24",
		"203.0.113.0/24", "240.0.0.0/4", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16",
	} {
		list = append(list, netip.MustParsePrefix(text))
	}
	return list
}()

func isPublic(ip netip.Addr) bool {
	if !ip.IsValid() || !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() {
		return false
	}
	return !slices.ContainsFunc(special, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// Deliver makes one attempt. It never fails otherwise than in its outcome.
func (c *Client) Deliver(ctx context.Context, address string, body []byte, headers map[string]string) Outcome {
	_, outcome := c.Post(ctx, address, body, headers)
	return outcome
}

// Post makes one attempt and also says what was answered, as far as that matters.
func (c *Client) Post(ctx context.Context, address string, body []byte, headers map[string]string) (answer []byte, outcome Outcome) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return nil, Outcome{Problem: "address"}
	}
	req.Header.Set("Content-Type", BatchType)
	req.Header.Set("User-Agent", "toancanh-hook/1")
	for name, value := range headers {
		req.Header.Set(name, value)
	}
	res, err := c.Do(req)
	if err != nil {
		return nil, Outcome{Problem: ProblemOf(err)}
	}
	defer res.Body.Close()
	answer, _ = io.ReadAll(io.LimitReader(res.Body, mostAnswer))
	return answer, OutcomeOf(res.StatusCode)
}

// Do makes a request of others within the same limits: it reaches no address that no hook may. The caller closes the body.
func (c *Client) Do(req *http.Request) (*http.Response, error) {
	return c.http.Do(req.WithContext(context.WithValue(req.Context(), schemeKey{}, strings.ToLower(req.URL.Scheme))))
}

// OutcomeOf is what an answer's status says.
func OutcomeOf(status int) Outcome {
	switch {
	case status >= 200 && status < 300:
		return Outcome{}
	case status == http.StatusGone:
		return Outcome{Problem: "410", Gone: true}
	}
	return Outcome{Problem: strconv.Itoa(status)}
}

// ProblemOf is the word for a failed attempt; the error itself names the receiver's address.
func ProblemOf(err error) string {
	var dns *net.DNSError
	var cert *tls.CertificateVerificationError
	switch {
	case errors.Is(err, errInside):
		return "inside"
	case errors.As(err, &dns):
		return "name"
	case errors.As(err, &cert):
		return "certificate"
	case errors.Is(err, context.DeadlineExceeded), isTimeout(err):
		return "timeout"
	}
	return "connection"
}

func isTimeout(err error) bool {
	var slow net.Error
	return errors.As(err, &slow) && slow.Timeout()
}

// ParseNetworks reads networks in CIDR form, or single addresses.
func ParseNetworks(texts []string) ([]netip.Prefix, error) {
	var list []netip.Prefix
	for _, text := range texts {
		text = strings.TrimSpace(text)
		if ip, err := netip.ParseAddr(text); err == nil {
			list = append(list, netip.PrefixFrom(ip, ip.BitLen()))
			continue
		}
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("%q is no network such as 10.1.0.0/16", text)
		}
		list = append(list, p.Masked())
	}
	return list, nil
}
