package door

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

// powers are what no page of ours may use of a browser. The report form may ask where its reader is.
const powers = "accelerometer=(), camera=(), display-capture=(), geolocation=(self), gyroscope=(), magnetometer=(), " +
	"microphone=(), midi=(), payment=(), usb=()"

// PolicyNone is the content security policy of everything that is not a page.
const PolicyNone = "default-src 'none'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"

// secure sets the headers every answer has. A page replaces the policy by its own.
func secure(ctx *fasthttp.RequestCtx, https bool) {
	h := &ctx.Response.Header
	if len(h.Peek(fiber.HeaderContentSecurityPolicy)) == 0 {
		h.Set(fiber.HeaderContentSecurityPolicy, PolicyNone)
	}
	h.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	h.Set(fiber.HeaderXFrameOptions, "DENY")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Permissions-Policy", powers)
	if len(h.Peek(fiber.HeaderReferrerPolicy)) == 0 {
		h.Set(fiber.HeaderReferrerPolicy, "strict-origin-when-cross-origin")
	}
	if https {
		h.Set(fiber.HeaderStrictTransportSecurity, "max-age=31536000; includeSubDomains")
	}
}

// PagePolicy is the content security policy of a page: its own inline styles by their hash, scripts, forms and images
// from this house only.
func PagePolicy(page []byte) string {
	var hashes strings.Builder
	rest := page
	for {
		_, after, ok := bytes.Cut(rest, []byte("<style>"))
		if !ok {
			break
		}
		style, tail, _ := bytes.Cut(after, []byte("</style>"))
		sum := sha256.Sum256(style)
		hashes.WriteString(" 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'")
		rest = tail
	}
	return "default-src 'none'; style-src 'self'" + hashes.String() + "; script-src 'self'; img-src 'self' data:; " +
		"connect-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
}
