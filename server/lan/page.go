package lan

import (
	"bytes"
	_ "embed" // the page
	"fmt"
	"html/template"
	"net/http"
	"strconv"

	"toancanh/server/door"
)

//go:embed trust.html
var trustPage string

// CertificatePath is where the page hands the authority's certificate out.
const CertificatePath = "/toancanh.crt"

// Trust makes the door that says how to trust the authority, and hands its certificate out. It is plain HTTP, since nobody
// trusts the authority yet: the fingerprint is to be compared with the one on the machine's own terminal. Home is where the
// centre is then found.
func (a *Authority) Trust(home string) (http.Handler, error) {
	page, err := template.New("trust").Parse(trustPage)
	if err != nil {
		return nil, fmt.Errorf("read the page of trust: %w", err)
	}
	var body bytes.Buffer
	model := struct{ Fingerprint, Home, Certificate string }{a.Fingerprint(), home, CertificatePath}
	if err := page.Execute(&body, model); err != nil {
		return nil, fmt.Errorf("write the page of trust: %w", err)
	}
	policy := door.PagePolicy(body.Bytes())
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		hand(w, "text/html; charset=utf-8", body.Bytes())
	})
	mux.HandleFunc("GET "+CertificatePath, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Security-Policy", door.PolicyNone)
		w.Header().Set("Content-Disposition", `attachment; filename="toancanh.crt"`)
		hand(w, "application/x-x509-ca-cert", a.DER())
	})
	return mux, nil
}

func hand(w http.ResponseWriter, contentType string, body []byte) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body)
}
