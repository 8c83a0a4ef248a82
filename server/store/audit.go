package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"toancanh/server/audit"
	"toancanh/server/fault"
)

// insertAudit keeps a row in the transaction of its deed; its author is the context's.
func insertAudit(ctx context.Context, tx pgx.Tx, row audit.Row) error {
	if row.Who == "" {
		row.Author = audit.AuthorOf(ctx)
	}
	_, err := tx.Exec(ctx, `insert into audit (who, role, what, object, why, network, trace, result, detail)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		row.Who, row.Role, row.What, row.Object, row.Why, row.Network, row.Trace, row.Result, row.Detail)
	if err != nil {
		return fmt.Errorf("insert audit row: %w", classify(err))
	}
	return nil
}

// detail says what changed, as JSON for the audit.
func detail(changed map[string]any) string {
	raw, err := json.Marshal(changed)
	if err != nil {
		return ""
	}
	return string(raw)
}

// KeepAudit keeps a row about what changed nothing, such as a refused sign-in.
func (s *Store) KeepAudit(ctx context.Context, row audit.Row) error {
	return s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error { return insertAudit(ctx, tx, row) })
}

const auditColumns = `id, at, who, role, what, object, why, network, trace, result, detail,
	coalesce(seal_n, 0), coalesce(sealed_at, 'epoch'), coalesce(seal, '')`

func scanAudit(row pgx.CollectableRow) (audit.Kept, error) {
	var k audit.Kept
	err := row.Scan(&k.ID, &k.At, &k.Who, &k.Role, &k.What, &k.Object, &k.Why, &k.Network, &k.Trace, &k.Result, &k.Detail,
		&k.N, &k.SealedAt, &k.Seal)
	k.At, k.SealedAt = k.At.UTC(), k.SealedAt.UTC()
	return k, err
}

// sealAtOnce bounds one transaction of the sealer.
const sealAtOnce = 500

// SealAudit seals the rows that wait, in the order their commits were seen, and returns the chain's head. Only the leader
// calls it; if two did, one would fail and change nothing.
func (s *Store) SealAudit(ctx context.Context, chain *audit.Chain, now time.Time) (audit.Head, error) {
	var head audit.Head
	for {
		sealed, err := s.sealSome(ctx, chain, now.UTC().Truncate(time.Microsecond), &head)
		if err != nil {
			return head, fmt.Errorf("seal audit: %w", classify(err))
		}
		if sealed < sealAtOnce {
			return head, nil
		}
	}
}

func (s *Store) sealSome(ctx context.Context, chain *audit.Chain, now time.Time, head *audit.Head) (int, error) {
	var n int
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, "select n, seal from audit_head").Scan(&head.N, &head.Seal); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, "select "+auditColumns+" from audit where seal_n is null order by id limit $1", sealAtOnce)
		if err != nil {
			return err
		}
		waiting, err := pgx.CollectRows(rows, scanAudit)
		if err != nil || len(waiting) == 0 {
			return err
		}
		n = len(waiting)
		after := head.N
		ids, seals := make([]int64, n), make([][]byte, n)
		for i, k := range waiting {
			k.N, k.SealedAt = head.N+1, now
			ids[i], seals[i] = k.ID, chain.Seal(head.Seal, k)
			*head = audit.Head{N: k.N, Seal: seals[i]}
		}
		_, err = tx.Exec(ctx, "select seal_audit($1, $2, $3, $4)", after, ids, seals, now)
		return err
	})
	return n, err
}

// AuditHead is where the database says the chain ends.
func (s *Store) AuditHead(ctx context.Context) (audit.Head, error) {
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	var h audit.Head
	if err := s.read.QueryRow(ctx, "select n, seal from audit_head").Scan(&h.N, &h.Seal); err != nil {
		return h, fmt.Errorf("read the audit's head: %w", classify(err))
	}
	return h, nil
}

// auditPage is how many rows one statement of a walk reads.
const auditPage = 2000

// WalkAudit tells every row, the sealed ones by number, then those that wait. It may take long.
func (s *Store) WalkAudit(ctx context.Context, each func(audit.Kept) error) error {
	for _, walk := range []struct {
		sql string
		at  func(audit.Kept) int64
	}{
		{"where seal_n > $1 order by seal_n", func(k audit.Kept) int64 { return k.N }},
		{"where seal_n is null and id > $1 order by id", func(k audit.Kept) int64 { return k.ID }},
	} {
		last := int64(-1 << 62) // numbers below 1 are nobody's, and must be found
		for {
			page, err := s.auditAfter(ctx, walk.sql, last)
			if err != nil {
				return err
			}
			for _, k := range page {
				if err := each(k); err != nil {
					return err
				}
				last = walk.at(k)
			}
			if len(page) < auditPage {
				break
			}
		}
	}
	return nil
}

func (s *Store) auditAfter(ctx context.Context, where string, last int64) ([]audit.Kept, error) {
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	rows, err := s.read.Query(ctx, "select "+auditColumns+" from audit "+where+" limit $2", last, auditPage)
	if err != nil {
		return nil, fmt.Errorf("read audit: %w", classify(err))
	}
	page, err := pgx.CollectRows(rows, scanAudit)
	if err != nil {
		return nil, fmt.Errorf("read audit: %w", classify(err))
	}
	return page, nil
}

// AuditFilter chooses rows for a page; the zero value of a field does not restrict.
type AuditFilter struct {
	Who, What, Object string
	Before            int64 // ids below; 0 for the newest
	Limit             int
}

// ListAudit reads a page of the audit, newest first.
func (s *Store) ListAudit(ctx context.Context, f AuditFilter) ([]audit.Kept, error) {
	if f.Limit < 1 || f.Limit > 200 {
		return nil, fault.Invalid("limit", "Số mục một trang từ 1 đến 200.").Because("out_of_range")
	}
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	rows, err := s.read.Query(ctx, "select "+auditColumns+` from audit
		where ($1 = '' or who = $1) and ($2 = '' or what = $2) and ($3 = '' or object = $3) and ($4 = 0 or id < $4)
		order by id desc limit $5`, f.Who, f.What, f.Object, f.Before, f.Limit)
	if err != nil {
		return nil, fmt.Errorf("list audit: %w", classify(err))
	}
	list, err := pgx.CollectRows(rows, scanAudit)
	if err != nil {
		return nil, fmt.Errorf("list audit: %w", classify(err))
	}
	return list, nil
}
