package main

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"toancanh/server"
	"toancanh/server/audit"
	"toancanh/server/store"
)

type auditCmd struct {
	Verify auditVerifyCmd `cmd:"" help:"Check that no row of the audit was changed, removed, moved or put in; exit status 1 when one was."`
	Export auditExportCmd `cmd:"" help:"Write every row as a line of JSON (NDJSON), oldest first."`
}

type auditVerifyCmd struct {
	databaseFlags
	Keys   string `env:"TOANCANH_KEYS" help:"Directory of the key files. Empty: keys inside the data directory."`
	Anchor string `help:"A head noted earlier, number:seal as verify prints it: the chain must still lead through it."`
}

var errTampered = errors.New("the audit is not what was sealed") //nolint:gochecknoglobals // an error value

// Run checks the chain.
func (c auditVerifyCmd) Run(ctx context.Context) error {
	config := server.Config{Data: c.Data, Keys: c.Keys}
	if _, err := os.Stat(config.KeyFile("audit.key")); err != nil {
		return fmt.Errorf("read the audit's key: %w", err) // a new one would fit nothing
	}
	chain, err := server.AuditChain(config)
	if err != nil {
		return err
	}
	anchor, err := server.AuditAnchor(config)
	if err != nil {
		return err
	}
	anchors := []audit.Head{anchor}
	if c.Anchor != "" {
		noted, err := readHead(c.Anchor)
		if err != nil {
			return err
		}
		anchors = append(anchors, noted)
	}
	s, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	return verify(ctx, s, chain.Inspect, anchors)
}

func verify(ctx context.Context, s *store.Store, begin func(...audit.Head) *audit.Inspection, anchors []audit.Head) error {
	head, err := s.AuditHead(ctx)
	if err != nil {
		return err
	}
	inspection := begin(append(anchors, head)...)
	if err := s.WalkAudit(ctx, func(k audit.Kept) error { inspection.Row(k, time.Now()); return nil }); err != nil {
		return err
	}
	report := inspection.End()
	for _, f := range report.Findings {
		if _, err := fmt.Fprintln(os.Stdout, f); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(os.Stdout, "%d rows sealed, %d waiting, head %d:%s\n", report.Sealed, report.Waiting, report.Head.N, hex.EncodeToString(report.Head.Seal))
	if len(report.Findings) > 0 {
		return errTampered
	}
	return err
}

func readHead(text string) (audit.Head, error) {
	var h audit.Head
	number, seal, ok := strings.Cut(text, ":")
	raw, err := hex.DecodeString(seal)
	if _, scan := fmt.Sscan(number, &h.N); !ok || err != nil || scan != nil {
		return h, fmt.Errorf("%q is no head: want number:seal", text)
	}
	h.Seal = raw
	return h, nil
}

type auditExportCmd struct{ databaseFlags }

// exported is a row as a line.
type exported struct {
	ID       int64           `json:"id"`
	At       time.Time       `json:"at"`
	Who      string          `json:"who"`
	Role     string          `json:"role"`
	What     string          `json:"what"`
	Object   string          `json:"object"`
	Why      string          `json:"why"`
	Network  string          `json:"network"`
	Trace    string          `json:"trace"`
	Result   string          `json:"result"`
	Detail   json.RawMessage `json:"detail"`
	N        int64           `json:"n"`
	SealedAt *time.Time      `json:"sealed_at"`
	Seal     string          `json:"seal"`
}

// Run writes the audit out.
func (c auditExportCmd) Run(ctx context.Context) error {
	s, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	out := bufio.NewWriter(os.Stdout)
	if err := export(ctx, s, out); err != nil {
		return err
	}
	return out.Flush()
}

func export(ctx context.Context, s *store.Store, out io.Writer) error {
	enc := json.NewEncoder(out)
	return s.WalkAudit(ctx, func(k audit.Kept) error {
		line := exported{
			ID: k.ID, At: k.At, Who: k.Who, Role: k.Role, What: k.What, Object: k.Object, Why: k.Why, Network: k.Network,
			Trace: k.Trace, Result: k.Result, Detail: json.RawMessage("null"), N: k.N, Seal: hex.EncodeToString(k.Seal),
		}
		if json.Valid([]byte(k.Detail)) {
			line.Detail = json.RawMessage(k.Detail)
		}
		if k.N > 0 {
			line.SealedAt = &k.SealedAt
		}
		return enc.Encode(line)
	})
}
