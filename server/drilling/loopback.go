package drilling

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"sync/atomic"
	"time"

	"toancanh/server/drill"
	"toancanh/server/fault"
	"toancanh/server/sensor"
)

// mostAnswer is how much of an answer is read, bytes.
const mostAnswer = 64 << 10

// Loopback is the doors of this process, reached over the network as everybody reaches them.
type Loopback struct {
	http    *http.Client
	address atomic.Pointer[string]
}

// NewLoopback makes doors that are nowhere yet.
func NewLoopback() *Loopback {
	return &Loopback{http: &http.Client{Timeout: callLimit, Transport: &http.Transport{MaxIdleConnsPerHost: 2, IdleConnTimeout: time.Minute}}}
}

// At says where the process listens. A server that listens everywhere is reached at the loopback address.
func (l *Loopback) At(address net.Addr) {
	text := address.String()
	if a, err := netip.ParseAddrPort(text); err == nil && a.Addr().IsUnspecified() {
		text = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), a.Port()).String()
	}
	l.address.Store(&text)
}

// Register implements Doors.
func (l *Loopback) Register(ctx context.Context, key string, list []sensor.Sensor) error {
	type level struct {
		At     float64      `json:"at"`
		State  sensor.State `json:"state"`
		Label  string       `json:"label"`
		Source string       `json:"source,omitempty"`
	}
	type body struct {
		Code   string   `json:"code"`
		Name   string   `json:"name"`
		Kind   string   `json:"kind"`
		Unit   string   `json:"unit,omitempty"`
		Lat    float64  `json:"lat"`
		Lon    float64  `json:"lon"`
		Stale  int64    `json:"stale_after_s,omitempty"`
		Min    *float64 `json:"min,omitempty"`
		Max    *float64 `json:"max,omitempty"`
		Levels []level  `json:"levels,omitempty"`
	}
	sensors := make([]body, len(list))
	for i, s := range list {
		b := body{
			Code: s.Code, Name: s.Name, Kind: s.Kind, Unit: s.Unit, Lat: s.Lat, Lon: s.Lon,
			Stale: int64(s.StaleAfter / time.Second), Min: s.Min, Max: s.Max,
		}
		for _, x := range s.Levels {
			b.Levels = append(b.Levels, level{x.At, x.State, x.Label, x.Source})
		}
		sensors[i] = b
	}
	_, err := l.send(ctx, call{http.MethodPut, "/api/v1/sensors", key, "", map[string]any{"sensors": sensors}})
	return err
}

// Read implements Doors. Readings taken before are no fault.
func (l *Loopback) Read(ctx context.Context, key string, list []sensor.Reading) error {
	type body struct {
		Sensor string    `json:"sensor"`
		At     time.Time `json:"at"`
		Value  float64   `json:"value"`
	}
	readings := make([]body, len(list))
	for i, r := range list {
		readings[i] = body{r.Sensor, r.At, r.Value}
	}
	raw, err := l.send(ctx, call{http.MethodPost, "/api/v1/readings", key, "", readings})
	if err != nil {
		return err
	}
	var answer struct {
		Refused []struct{ Sensor, Reason, Detail string }
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		return fault.Internal(fmt.Errorf("read answer to readings: %w", err))
	}
	for _, r := range answer.Refused {
		if r.Reason != string(sensor.Duplicate) {
			return fault.Invalid("readings", "%s: %s.", r.Sensor, r.Detail).Because(r.Reason)
		}
	}
	return nil
}

// Report implements Doors.
func (l *Loopback) Report(ctx context.Context, key, promise string, w drill.Words) error {
	_, err := l.send(ctx, call{http.MethodPost, "/api/v1/reports", key, promise, map[string]any{
		"category": w.Category, "description": w.Text, "emergency": w.Emergency, "location": map[string]float64{"lat": w.Lat, "lon": w.Lon},
	}})
	return err
}

type call struct {
	method, path, key, promise string
	body                       any
}

func (l *Loopback) send(ctx context.Context, c call) ([]byte, error) {
	address := l.address.Load()
	if address == nil {
		return nil, fault.Unavailable("Máy chủ chưa mở cửa nhận dữ liệu.")
	}
	body, err := json.Marshal(c.body)
	if err != nil {
		return nil, fault.Internal(err)
	}
	req, err := http.NewRequestWithContext(ctx, c.method, "http://"+*address+c.path, bytes.NewReader(body))
	if err != nil {
		return nil, fault.Internal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+c.key)
	if c.promise != "" {
		req.Header.Set("Idempotency-Key", c.promise)
	}
	resp, err := l.http.Do(req)
	if err != nil {
		return nil, fault.Unavailable("Không gửi được dữ liệu diễn tập vào cửa của máy chủ.").Wrap(err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, mostAnswer))
	if err != nil {
		return nil, fault.Unavailable("Câu trả lời của máy chủ bị đứt.").Wrap(err)
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		var problem struct{ Detail string }
		_ = json.Unmarshal(raw, &problem)
		return nil, fault.Unavailable("Dữ liệu diễn tập bị từ chối (%d): %.200s", resp.StatusCode, problem.Detail)
	}
	return raw, nil
}
