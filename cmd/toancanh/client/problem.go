package client

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// Problem is a refusal in the server's own words (RFC 9457).
type Problem struct {
	Method, Path string
	Status       int
	Title        string
	Detail       string
	RequestID    string
	Errors       []Refusal
	RetryAfter   time.Duration // 0: the server named none
}

// Refusal is what the server did not take, and why. Index counts from 0 in the
// batch that was sent.
type Refusal struct {
	Index  int    `json:"index"`
	Sensor string `json:"sensor,omitempty"`
	Field  string `json:"field,omitempty"`
	Reason string `json:"reason"`
	Detail string `json:"detail,omitempty"`
}

// Error names the request, the status and the server's first sentence.
func (p *Problem) Error() string {
	text := p.Detail
	if text == "" {
		text = p.Title
	}
	if text == "" && len(p.Errors) > 0 {
		text = p.Errors[0].Field + " " + p.Errors[0].Reason
	}
	return fmt.Sprintf("%s %s: status %d: %s", p.Method, p.Path, p.Status, text)
}

func newProblem(call Call, resp *http.Response, body []byte) *Problem {
	var said struct {
		Title     string    `json:"title"`
		Detail    string    `json:"detail"`
		RequestID string    `json:"request_id"`
		Errors    []Refusal `json:"errors"`
	}
	// A proxy may answer in HTML: the status alone is then all that is known.
	_ = json.Unmarshal(body, &said)
	return &Problem{
		Method: call.Method, Path: call.Path, Status: resp.StatusCode,
		Title: said.Title, Detail: said.Detail, RequestID: said.RequestID, Errors: said.Errors,
		RetryAfter: secondsHeader(resp.Header, "Retry-After"),
	}
}
