package door

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"toancanh/server/fault"
)

// ProblemType is the media type of every error (RFC 9457).
const ProblemType = "application/problem+json"

// mostFaults bounds the faults one answer lists, so that an error stays small whatever was sent.
const mostFaults = 20

// retrySeconds is the pause asked for when nobody set another.
const retrySeconds = "2"

// Problem is an error as callers get it (RFC 9457 with members of our own).
type Problem struct {
	Type      string  `json:"type"`
	Title     string  `json:"title"`
	Status    int     `json:"status"`
	Detail    string  `json:"detail,omitempty"`
	Instance  string  `json:"instance"`
	RequestID string  `json:"request_id"`
	Errors    []Fault `json:"errors,omitempty"`
	// Omitted counts the faults left out of Errors.
	Omitted int `json:"errors_omitted,omitempty"`
}

// Fault is one thing wrong with what was sent.
type Fault struct {
	Index  *int   `json:"index,omitempty"`
	Field  string `json:"field,omitempty"`
	Reason string `json:"reason,omitempty"`
	Detail string `json:"detail"`
}

// Refusal is an error of HTTP itself, before anything was understood. Detail is Vietnamese and may be empty.
type Refusal struct {
	Status int
	Detail string
	Err    error
}

// Error names the status and the cause.
func (r *Refusal) Error() string {
	text := kindOfStatus(r.Status).title
	if r.Detail != "" {
		text = r.Detail
	}
	if r.Err != nil {
		text += ": " + r.Err.Error()
	}
	return text
}

// Unwrap is the cause.
func (r *Refusal) Unwrap() error { return r.Err }

// shape is what all problems of one status share.
type shape struct {
	status       int
	word, title  string
	detail       string // said when the error has no sentence of its own
	isRetryLater bool
}

// shapes is the one table of statuses.
func shapes() []shape {
	return []shape{
		{400, "validation", "Yêu cầu không đọc được", "Nội dung gửi lên không đọc được.", false},
		{401, "not-authenticated", "Cần xác thực", "Thiếu khóa truy cập hoặc khóa không đúng.", false},
		{403, "not-allowed", "Không được phép", "Không được phép thực hiện yêu cầu này.", false},
		{404, "not-found", "Không tìm thấy", "Không có địa chỉ hoặc mục này.", false},
		{405, "method", "Phương thức không được hỗ trợ", "Địa chỉ này không nhận phương thức đó.", false},
		{408, "timeout", "Hết thời gian chờ", "Yêu cầu gửi lên quá chậm.", false},
		{409, "conflict", "Xung đột", "Trạng thái hiện tại không cho phép yêu cầu này.", false},
		{413, "too-large", "Nội dung quá lớn", "Nội dung gửi lên vượt quá dung lượng cho phép.", false},
		{415, "media-type", "Kiểu nội dung không được hỗ trợ", "Kiểu nội dung này không được nhận ở đây.", false},
		{422, "validation", "Dữ liệu không hợp lệ", "Dữ liệu gửi lên không hợp lệ.", false},
		{429, "rate-limited", "Quá nhiều yêu cầu", "Gửi quá nhiều yêu cầu trong thời gian ngắn, xin thử lại sau.", true},
		{431, "too-large", "Phần đầu yêu cầu quá lớn", "Các dòng tiêu đề của yêu cầu quá dài.", false},
		{501, "method", "Phương thức không được hỗ trợ", "Không có phương thức này.", false},
		{503, "unavailable", "Tạm thời không phục vụ được", "Hệ thống tạm thời không phục vụ được, xin thử lại sau ít giây.", true},
		{500, "internal", "Lỗi hệ thống", "Hệ thống gặp lỗi, vui lòng thử lại sau.", false},
	}
}

func kindOfStatus(status int) shape {
	all := shapes()
	for _, s := range all {
		if s.status == status {
			return s
		}
	}
	if status >= 400 && status < 500 {
		s := all[0]
		s.status = status
		return s
	}
	return all[len(all)-1]
}

// StatusOf turns kinds of fault into statuses.
func StatusOf(k fault.Kind) int {
	switch k {
	case fault.KindInvalid:
		return fiber.StatusUnprocessableEntity
	case fault.KindUnauthenticated:
		return fiber.StatusUnauthorized
	case fault.KindForbidden:
		return fiber.StatusForbidden
	case fault.KindNotFound:
		return fiber.StatusNotFound
	case fault.KindConflict:
		return fiber.StatusConflict
	case fault.KindTooMany:
		return fiber.StatusTooManyRequests
	case fault.KindUnavailable:
		return fiber.StatusServiceUnavailable
	case fault.KindInternal:
	}
	return fiber.StatusInternalServerError
}

// fromRouter reports whether the router or the HTTP parser made the error: no handler was reached.
func fromRouter(err error) bool {
	var e *fiber.Error
	return errors.As(err, &e)
}

// problemOf says an error in the form callers get. Nothing of an internal error's cause reaches them.
func problemOf(err error) Problem {
	var refusal *Refusal
	var routed *fiber.Error
	switch {
	case errors.As(err, &refusal):
		return ofRefusal(refusal)
	case errors.As(err, &routed):
		return newProblem(routed.Code, "") // its message is English and may repeat what was sent
	case fault.KindOf(err) == fault.KindInternal:
		if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
			return newProblem(fiber.StatusServiceUnavailable, "")
		}
		return newProblem(fiber.StatusInternalServerError, "")
	}
	return ofFaults(fault.Items(err))
}

func newProblem(status int, detail string) Problem {
	s := kindOfStatus(status)
	if detail == "" {
		detail = s.detail
	}
	return Problem{Type: "/problems/" + s.word, Title: s.title, Status: s.status, Detail: detail}
}

// ofRefusal names the field too when the cause does.
func ofRefusal(r *Refusal) Problem {
	p := newProblem(r.Status, r.Detail)
	var cause *fault.Error
	if errors.As(r.Err, &cause) && cause.Field != "" {
		p.Errors = []Fault{{Field: cause.Field, Reason: cause.Reason, Detail: cause.Message}}
	}
	return p
}

func ofFaults(items []*fault.Error) Problem {
	p := newProblem(StatusOf(items[0].Kind), items[0].Message)
	if items[0].Reason == "key_reused" {
		p.Type = "/problems/idempotency-reuse"
	}
	for _, e := range items {
		if e.Field == "" && e.Reason == "" && e.Index == nil {
			continue
		}
		if len(p.Errors) == mostFaults {
			p.Omitted++
			continue
		}
		p.Errors = append(p.Errors, Fault{Index: e.Index, Field: e.Field, Reason: e.Reason, Detail: e.Message})
	}
	return p
}

// ErrorHandler answers an error as a problem. It is the application's error handler: errors of the HTTP parser come
// here too.
func (f *Frame) ErrorHandler(c *fiber.Ctx, err error) error {
	id := requestID(c)
	c.Set(fiber.HeaderXRequestID, id)
	secure(c.Context(), f.HTTPS(c.Context()))
	f.meters.count("OTHER", unmatched, problemOf(err).Status, 0)
	return f.answer(c, err, id)
}

func (f *Frame) answer(c *fiber.Ctx, err error, id string) error {
	p := problemOf(err)
	switch {
	case p.Status == fiber.StatusUnauthorized:
		c.Set(fiber.HeaderWWWAuthenticate, `Bearer realm="toancanh"`)
	case fault.KindOf(err) == fault.KindConflict && fault.Items(err)[0].Reason == "in_progress":
		c.Set(fiber.HeaderRetryAfter, "1")
	}
	f.write(c.Context(), p, id)
	return nil
}

// write sends a problem, as a page to somebody who browses and as JSON to everybody else.
func (f *Frame) write(ctx *fasthttp.RequestCtx, p Problem, id string) {
	p.RequestID, p.Instance = id, "urn:toancanh:request:"+id
	h := &ctx.Response.Header
	if kindOfStatus(p.Status).isRetryLater && len(h.Peek(fiber.HeaderRetryAfter)) == 0 {
		h.Set(fiber.HeaderRetryAfter, retrySeconds)
	}
	h.Del(fiber.HeaderContentEncoding)
	h.Del(fiber.HeaderETag)
	h.Set(fiber.HeaderCacheControl, "no-store")
	h.Set(fiber.HeaderContentLanguage, "vi")
	ctx.SetStatusCode(p.Status)
	if f.errPage != nil && browses(ctx) {
		page, language := f.errPage(&ctx.Request.Header, p)
		h.Set(fiber.HeaderContentLanguage, language)
		h.Set(fiber.HeaderContentSecurityPolicy, PagePolicy(page))
		ctx.SetContentType("text/html; charset=utf-8")
		ctx.SetBody(page)
		return
	}
	body, err := json.Marshal(p)
	if err != nil {
		body = []byte(`{"type":"/problems/internal","status":500}`)
	}
	ctx.SetContentType(ProblemType)
	ctx.SetBody(body)
}

// browses reports whether a person looks at the answer: they asked for a page, and not for data.
func browses(ctx *fasthttp.RequestCtx) bool {
	path := string(ctx.Path())
	for _, data := range []string{"/api", "/internal/", "/live", "/assets/"} {
		if strings.HasPrefix(path, data) {
			return false
		}
	}
	return strings.Contains(string(ctx.Request.Header.Peek(fiber.HeaderAccept)), "text/html")
}
