//go:build e2e

package e2e_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"
)

// requestLimit bounds one request of a test. The program's own bounds lie below it: an answer that takes longer is a
// fault of the program.
const requestLimit = 10 * time.Second

// api speaks to one address.
type api struct {
	addr   string
	client *http.Client
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
	took   time.Duration
}

// shared is what most requests go through: connections are kept, as browsers keep them.
//
//nolint:gochecknoglobals // a pool of connections
var shared = &http.Client{
	Timeout:       requestLimit,
	Transport:     &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: 5 * time.Second},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

func (s *server) api() api { return api{s.addr, shared} }

func (a api) get(path string) (answer, error) {
	return a.send(http.MethodGet, path, nil, nil)
}

// send does one request.
func (a api) send(method, path string, header http.Header, body []byte) (answer, error) {
	req, err := http.NewRequestWithContext(context.Background(), method, "http://"+a.addr+path, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	if header != nil {
		req.Header = header
	}
	if body != nil && req.Header.Get("Content-Type") == "" {
		req.Header.Set("Content-Type", "application/json")
	}
	began := time.Now()
	res, err := a.client.Do(req)
	if err != nil {
		return answer{took: time.Since(began)}, err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header, text, time.Since(began)}, err
}

// postJSON sends and reads JSON; whatever is not 2xx is an error.
func (a api) postJSON(path string, body, into any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	got, err := a.send(http.MethodPost, path, nil, raw)
	return got.into(err, path, into)
}

// getJSON asks for JSON.
func (a api) getJSON(path string, into any) error {
	got, err := a.get(path)
	return got.into(err, path, into)
}

func (a answer) into(err error, path string, into any) error {
	switch {
	case err != nil:
		return err
	case a.status < 200 || a.status > 299:
		return fmt.Errorf("%s: %d %.300s", path, a.status, a.body)
	case into == nil:
		return nil
	}
	if err := json.Unmarshal(a.body, into); err != nil {
		return fmt.Errorf("%s: %w in %.300s", path, err, a.body)
	}
	return nil
}

// place is a commune a report can be in.
type place struct {
	Code  string  `json:"code"`
	Level string  `json:"level"`
	Lat   float64 `json:"lat"`
	Lon   float64 `json:"lon"`
}

// communes lists where reports can be.
func (s *server) communes() []place {
	s.t.Helper()
	var answer struct {
		Areas []place `json:"areas"`
	}
	if err := s.api().getJSON("/api/v1/areas/"+division, &answer); err != nil {
		s.t.Fatal(err)
	}
	var found []place
	for _, a := range answer.Areas {
		if a.Level == "commune" {
			found = append(found, a)
		}
	}
	if len(found) == 0 {
		s.t.Fatalf("no commune among %d areas", len(answer.Areas))
	}
	return found
}

// categories lists what reports can be about.
func (s *server) categories() []string {
	s.t.Helper()
	var answer struct {
		Categories []struct {
			Code string `json:"code"`
		} `json:"categories"`
	}
	if err := s.api().getJSON("/api/v1/categories", &answer); err != nil {
		s.t.Fatal(err)
	}
	var codes []string
	for _, c := range answer.Categories {
		codes = append(codes, c.Code)
	}
	return codes
}

// plain is the body without its encoding.
func plain(t testing.TB, a answer) string {
	t.Helper()
	if a.header.Get("Content-Encoding") != "gzip" {
		return string(a.body)
	}
	r, err := gzip.NewReader(bytes.NewReader(a.body))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
