package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"toancanh/server/audit"
	"toancanh/server/auth"
)

// sealedAtOnce bounds one transaction over sealed rows.
const sealedAtOnce = 200

// sealedTable is where things of a kind lie.
type sealedTable struct{ table, id string }

func tableOf(kind auth.SealedKind) sealedTable {
	switch kind {
	case auth.SealedFactors:
		return sealedTable{"totp", "person_id"}
	case auth.SealedPhotos:
		return sealedTable{"photo", "id"}
	case auth.SealedWays:
		return sealedTable{"duty_way", "id"}
	case auth.SealedMails:
		return sealedTable{"mail_follower", "id"}
	case auth.SealedFiles:
		return sealedTable{"incident_attachment", "id"}
	case auth.SealedBrowsers:
		return sealedTable{"push_subscription", "id"}
	case auth.SealedContacts:
	}
	return sealedTable{"report_contact", "report_id"}
}

const noUUID = "00000000-0000-0000-0000-000000000000"

type sealedRow struct {
	id string
	auth.Sealed
}

// Reseal makes the next rows of a kind anew that are not under the batch's key.
func (s *Store) Reseal(ctx context.Context, b auth.ResealBatch) (auth.Resealed, error) {
	t := tableOf(b.Kind)
	if b.After == "" {
		b.After = noUUID
	}
	var done auth.Resealed
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, fmt.Sprintf(`select %[2]s::text, key_id, sealed from %[1]s
			where %[2]s > $1::uuid and key_id <> $2 order by %[2]s limit $3 for update`, t.table, t.id), b.After, b.KeyID, sealedAtOnce)
		if err != nil {
			return err
		}
		old, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (sealedRow, error) {
			var r sealedRow
			err := row.Scan(&r.id, &r.KeyID, &r.Bytes)
			return r, err
		})
		if err != nil || len(old) == 0 {
			return err
		}
		var ids, keys []string
		var sealed [][]byte
		for _, r := range old {
			made, err := b.Do(r.id, r.Sealed)
			if err != nil {
				done.Left = append(done.Left, r.id)
				continue
			}
			ids, keys, sealed = append(ids, r.id), append(keys, made.KeyID), append(sealed, made.Bytes)
		}
		done.Done, done.Last = len(ids), old[len(old)-1].id
		_, err = tx.Exec(ctx, fmt.Sprintf(`update %[1]s t set key_id = x.key_id, sealed = x.sealed
			from unnest($1::text[], $2::text[], $3::bytea[]) as x(id, key_id, sealed) where t.%[2]s = x.id::uuid`, t.table, t.id), ids, keys, sealed)
		return err
	})
	if err != nil {
		return auth.Resealed{}, fmt.Errorf("reseal rows: %w", classify(err))
	}
	return done, nil
}

// SealedUnder counts what is sealed under each key, by its id.
func (s *Store) SealedUnder(ctx context.Context, kind auth.SealedKind) (map[string]int, error) {
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	rows, err := s.read.Query(ctx, fmt.Sprintf("select key_id, count(*) from %s group by key_id", tableOf(kind).table))
	if err != nil {
		return nil, fmt.Errorf("count sealed rows: %w", classify(err))
	}
	under := map[string]int{}
	var id string
	var n int
	if _, err := pgx.ForEachRow(rows, []any{&id, &n}, func() error { under[id] = n; return nil }); err != nil {
		return nil, fmt.Errorf("count sealed rows: %w", classify(err))
	}
	return under, nil
}

// DropContacts forgets contacts of reports that were closed, or withdrawn, before an instant: at most 500 at a time. It
// returns how many; the audit keeps the number.
func (s *Store) DropContacts(ctx context.Context, before time.Time) (int, error) {
	return s.drop(ctx, "contact.drop", before, `delete from report_contact where report_id in (
		select c.report_id from report_contact c join report r on r.id = c.report_id
		where coalesce(r.closed_at, r.withdrawn_at) < $1 limit 500)`)
}

// drop forgets what outlived its time, $1 in the statement and before any more arguments, and notes in the audit how much.
func (s *Store) drop(ctx context.Context, what string, closedBefore time.Time, sql string, args ...any) (int, error) {
	dropped := 0
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, sql, append([]any{closedBefore}, args...)...)
		if err != nil {
			return err
		}
		if dropped = int(tag.RowsAffected()); dropped == 0 {
			return nil
		}
		return insertAudit(ctx, tx, audit.Row{
			What: what, Why: "retention", Result: audit.Done, Detail: detail(map[string]any{"count": dropped, "closed_before": closedBefore.UTC()}),
		})
	})
	if err != nil {
		return 0, fmt.Errorf("%s: %w", what, classify(err))
	}
	return dropped, nil
}
