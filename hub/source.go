package hub

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"toancanh/schema"
)

// Source answers what the bus cannot. Both methods are called from several goroutines and end with ctx.
type Source interface {
	// Snapshot is everything the topic's audience draws, complete up to the Seq it names.
	Snapshot(ctx context.Context, topic string) (schema.SourceSnapshot, error)
	// Since is the topic's events after seq, at most limit of them, in order and without a gap.
	Since(ctx context.Context, topic string, seq int64, limit int) (schema.SourceSince, error)
}

// maxAnswer bounds what HTTPSource reads of one answer, in bytes.
const maxAnswer = 16 << 20

// HTTPSource asks a server over HTTP. It is safe for several goroutines.
type HTTPSource struct {
	base   string
	secret string
	client *http.Client
}

// NewHTTPSource returns a source that asks the server at base ("http://server:8080") with the shared secret.
func NewHTTPSource(base, secret string) *HTTPSource {
	transport := &http.Transport{MaxConnsPerHost: 16, MaxIdleConnsPerHost: 16, IdleConnTimeout: time.Minute, ResponseHeaderTimeout: 10 * time.Second}
	return &HTTPSource{
		base: strings.TrimRight(base, "/"), secret: secret,
		client: &http.Client{Transport: transport, Timeout: 15 * time.Second},
	}
}

// Close drops the idle connections.
func (s *HTTPSource) Close() { s.client.CloseIdleConnections() }

// Snapshot asks for a topic's snapshot.
func (s *HTTPSource) Snapshot(ctx context.Context, topic string) (schema.SourceSnapshot, error) {
	var snap schema.SourceSnapshot
	err := s.get(ctx, schema.PathHubSnapshot, url.Values{"topic": {topic}}, &snap)
	return snap, err
}

// Since asks for a topic's events after seq.
func (s *HTTPSource) Since(ctx context.Context, topic string, seq int64, limit int) (schema.SourceSince, error) {
	var since schema.SourceSince
	q := url.Values{"topic": {topic}, "seq": {strconv.FormatInt(seq, 10)}, "limit": {strconv.Itoa(limit)}}
	err := s.get(ctx, schema.PathHubSince, q, &since)
	return since, err
}

// TicketKey asks for the public key of tickets. The answer is base64, as bare text or as a JSON string.
func (s *HTTPSource) TicketKey(ctx context.Context) (ed25519.PublicKey, error) {
	body, err := s.fetch(ctx, schema.PathHubKey, nil)
	if err != nil {
		return nil, err
	}
	key, err := base64.StdEncoding.DecodeString(strings.Trim(strings.TrimSpace(string(body)), `"`))
	if err != nil || len(key) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("read ticket key: not the base64 of %d bytes", ed25519.PublicKeySize)
	}
	return key, nil
}

func (s *HTTPSource) get(ctx context.Context, path string, q url.Values, into any) error {
	body, err := s.fetch(ctx, path, q)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("read answer of %s: %w", path, err)
	}
	return nil
}

func (s *HTTPSource) fetch(ctx context.Context, path string, q url.Values) ([]byte, error) {
	address := s.base + path
	if len(q) > 0 {
		address += "?" + q.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", path, err)
	}
	req.Header.Set(schema.HubSecretHeader, s.secret)
	res, err := s.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", path, err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read answer of %s: %w", path, err)
	case res.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("ask %s: status %d", path, res.StatusCode)
	case len(body) > maxAnswer:
		return nil, fmt.Errorf("ask %s: answer is larger than %d bytes", path, maxAnswer)
	}
	return body, nil
}
