package hub

import (
	"encoding/json"
	"strconv"

	"github.com/gofiber/fiber/v2"
)

// problem is an answer before the upgrade (RFC 9457).
type problem struct {
	Type       string `json:"type"`
	Title      string `json:"title"`
	Status     int    `json:"status"`
	Detail     string `json:"detail,omitempty"`
	Instance   string `json:"instance,omitempty"`
	RetryAfter int    `json:"retry_after_s,omitempty"`

	reason string // for the metric
}

func (p *problem) Error() string { return p.Title + ": " + p.Detail }

// answer writes a problem.
func (h *Hub) answer(c *fiber.Ctx, p *problem) error {
	h.metrics.refused.WithLabelValues(p.reason).Inc()
	p.Type, p.Instance = "about:blank", "/live"
	body, err := json.Marshal(p)
	if err != nil {
		return err
	}
	if p.RetryAfter > 0 {
		c.Set(fiber.HeaderRetryAfter, strconv.Itoa(p.RetryAfter))
	}
	if p.Status == fiber.StatusUpgradeRequired {
		c.Set("Sec-WebSocket-Version", "13")
		c.Set(fiber.HeaderUpgrade, "websocket")
	}
	if p.Status == fiber.StatusUnauthorized {
		c.Set(fiber.HeaderWWWAuthenticate, "Ticket")
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set(fiber.HeaderContentType, "application/problem+json; charset=utf-8")
	return c.Status(p.Status).Send(body)
}

func badRequest(detail string) *problem {
	return &problem{Status: fiber.StatusBadRequest, Title: "Yêu cầu không hợp lệ", Detail: detail, reason: "bad_request"}
}

func unavailable(reason, detail string) *problem {
	return &problem{Status: fiber.StatusServiceUnavailable, Title: "Tạm thời chưa phục vụ được", Detail: detail, RetryAfter: 3, reason: reason}
}

func tooMany(r refusalReason) *problem {
	p := &problem{Title: "Quá nhiều kết nối", Detail: "Hãy tải dữ liệu theo chu kỳ 30 giây thay cho kết nối trực tiếp.", RetryAfter: 30, reason: string(r)}
	if p.Status = fiber.StatusTooManyRequests; r == refusedProcess {
		p.Status = fiber.StatusServiceUnavailable
	}
	return p
}
