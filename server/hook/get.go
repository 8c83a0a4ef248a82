package hook

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// Question asks for what lies at an address. With the marks of an earlier answer only something newer is sent.
type Question struct {
	Address  string
	Accept   string
	ETag     string
	Modified string
	Most     int64 // bytes
}

// Found is the answer to a question. Its outcome's problem is "too_large" for a body over the bound.
type Found struct {
	Outcome
	Same     bool // nothing new since the marks
	Body     []byte
	ETag     string
	Modified string
}

// mostMark bounds the marks of an answer, in bytes.
const mostMark = 500

// Get asks once, under the same guards as a delivery: addresses inside are not reached, no redirection is followed, and nothing
// beyond the bound is read.
func (c *Client) Get(ctx context.Context, q Question) Found {
	scheme, _, _ := strings.Cut(q.Address, ":")
	ctx = context.WithValue(ctx, schemeKey{}, strings.ToLower(scheme))
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, q.Address, nil)
	if err != nil {
		return Found{Outcome: Outcome{Problem: "address"}}
	}
	req.Header.Set("User-Agent", "toancanh-hook/1")
	for name, value := range map[string]string{"Accept": q.Accept, "If-None-Match": q.ETag, "If-Modified-Since": q.Modified} {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	res, err := c.http.Do(req)
	if err != nil {
		return Found{Outcome: Outcome{Problem: ProblemOf(err)}}
	}
	defer res.Body.Close()
	switch res.StatusCode {
	case http.StatusNotModified:
		return Found{Same: true, ETag: q.ETag, Modified: q.Modified}
	case http.StatusOK:
	default:
		return Found{Outcome: Outcome{Problem: strconv.Itoa(res.StatusCode), Gone: res.StatusCode == http.StatusGone}}
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, q.Most+1))
	switch {
	case err != nil:
		return Found{Outcome: Outcome{Problem: ProblemOf(err)}}
	case int64(len(body)) > q.Most:
		return Found{Outcome: Outcome{Problem: "too_large"}}
	}
	return Found{Body: body, ETag: mark(res, "ETag"), Modified: mark(res, "Last-Modified")}
}

func mark(res *http.Response, name string) string {
	if value := res.Header.Get(name); len(value) <= mostMark {
		return value
	}
	return ""
}
