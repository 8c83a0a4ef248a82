package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"toancanh/server/access"
	"toancanh/server/audit"
	"toancanh/server/auth"
	"toancanh/server/fault"
)

// keyColumns are read by scanKey.
const keyColumns = `id, secret_hash, label, rights, sensors, categories, areas, per_minute, burst, version,
	created_at, rotated_at, former_hash, former_until, used_at, revoked_at`

func scanKey(row pgx.CollectableRow) (auth.Key, error) {
	var k auth.Key
	var rights []string
	err := row.Scan(&k.ID, &k.Hash, &k.Label, &rights, &k.Scope.Sensors, &k.Scope.Categories, &k.Scope.Areas, &k.Rate.PerMinute, &k.Rate.Burst,
		&k.Version, &k.CreatedAt, &k.RotatedAt, &k.Former, &k.FormerUntil, &k.UsedAt, &k.RevokedAt)
	k.CreatedAt = k.CreatedAt.UTC()
	for _, t := range []*time.Time{k.RotatedAt, k.FormerUntil, k.UsedAt, k.RevokedAt} {
		if t != nil {
			*t = t.UTC()
		}
	}
	for _, r := range rights {
		k.Rights = append(k.Rights, auth.Right(r))
	}
	return k, err
}

func rightsText(list []auth.Right) []string {
	names := make([]string, len(list))
	for i, r := range list {
		names[i] = string(r)
	}
	return names
}

// keyDetail is what the audit keeps of a key.
func keyDetail(k auth.Key) map[string]any {
	return map[string]any{
		"label": k.Label, "rights": rightsText(k.Rights), "sensors": filled(k.Scope.Sensors), "categories": filled(k.Scope.Categories),
		"areas": filled(k.Scope.Areas), "per_minute": k.Rate.PerMinute, "burst": k.Rate.Burst,
	}
}

func keyRow(k auth.Key, why string, changed map[string]any) audit.Row {
	return audit.Row{What: string(access.ManageKeys), Object: k.Name(), Why: why, Result: audit.Done, Detail: detail(changed)}
}

// AddKey keeps a key.
func (s *Store) AddKey(ctx context.Context, k auth.Key) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `insert into api_key (id, secret_hash, label, rights, sensors, categories, areas, per_minute, burst)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			k.ID, k.Hash, k.Label, rightsText(k.Rights), filled(k.Scope.Sensors), filled(k.Scope.Categories), filled(k.Scope.Areas), k.Rate.PerMinute, k.Rate.Burst)
		if err != nil {
			return err
		}
		return insertAudit(ctx, tx, keyRow(k, "made", keyDetail(k)))
	})
	if err != nil {
		return fmt.Errorf("add key %s: %w", k.ID, classify(err))
	}
	return nil
}

// keyInUse locks a key for a change.
func keyInUse(ctx context.Context, tx pgx.Tx, id string) (auth.Key, error) {
	rows, err := tx.Query(ctx, "select "+keyColumns+" from api_key where id = $1 and revoked_at is null for update", id)
	if err != nil {
		return auth.Key{}, err
	}
	k, err := pgx.CollectExactlyOneRow(rows, scanKey)
	if errors.Is(err, pgx.ErrNoRows) {
		return k, errNoKey
	}
	return k, err
}

var errNoKey = fault.NotFound("Không có khóa này, hoặc khóa đã bị thu hồi.") //nolint:gochecknoglobals // an error value

// ChangeKey sets label, scope and rate of a key in use, when version is still the present one. Sockets that came with
// its tickets close: they come back with what the key may hear now.
func (s *Store) ChangeKey(ctx context.Context, k auth.Key) (auth.Key, error) {
	var after auth.Key
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		before, err := keyInUse(ctx, tx, k.ID)
		if err != nil {
			return err
		}
		if before.Version != k.Version {
			return fault.Conflict("Khóa đã được sửa ở nơi khác; xin tải lại.").Because("version")
		}
		after = before
		after.Label, after.Scope, after.Rate, after.Version = k.Label, k.Scope, k.Rate, k.Version+1
		_, err = tx.Exec(ctx, `update api_key set label = $2, sensors = $3, categories = $4, areas = $5, per_minute = $6, burst = $7, version = $8
			where id = $1`, after.ID, after.Label, filled(after.Scope.Sensors), filled(after.Scope.Categories), filled(after.Scope.Areas),
			after.Rate.PerMinute, after.Rate.Burst, after.Version)
		if err != nil {
			return err
		}
		if err := revoke(ctx, tx, []string{before.Subject()}); err != nil {
			return err
		}
		return insertAudit(ctx, tx, keyRow(after, "changed", map[string]any{"before": keyDetail(before), "after": keyDetail(after)}))
	})
	if err != nil {
		return after, fmt.Errorf("change key: %w", classify(err))
	}
	return after, nil
}

// KeyRotation gives a key another secret at an instant; the one before opens until Until.
type KeyRotation struct {
	ID    string
	Hash  []byte
	At    time.Time
	Until time.Time
}

// RotateKey gives a key in use another secret. Of an earlier rotation the old secret ends at once.
func (s *Store) RotateKey(ctx context.Context, r KeyRotation) (auth.Key, error) {
	var k auth.Key
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var err error
		if k, err = keyInUse(ctx, tx, r.ID); err != nil {
			return err
		}
		k.Former, k.FormerUntil, k.Hash, k.RotatedAt = k.Hash, &r.Until, r.Hash, &r.At
		_, err = tx.Exec(ctx, "update api_key set secret_hash = $2, former_hash = $3, former_until = $4, rotated_at = $5 where id = $1",
			k.ID, k.Hash, k.Former, r.Until, r.At)
		if err != nil {
			return err
		}
		return insertAudit(ctx, tx, keyRow(k, "rotated", map[string]any{"former_until": r.Until.UTC()}))
	})
	if err != nil {
		return k, fmt.Errorf("rotate key: %w", classify(err))
	}
	return k, nil
}

// RevokeKey ends a key and the sockets that came with its tickets; not found when there is none.
func (s *Store) RevokeKey(ctx context.Context, id string) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		k, err := keyInUse(ctx, tx, id)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "update api_key set revoked_at = now() where id = $1", id); err != nil {
			return err
		}
		if err := revoke(ctx, tx, []string{k.Subject()}); err != nil {
			return err
		}
		return insertAudit(ctx, tx, keyRow(k, "revoked", map[string]any{"label": k.Label}))
	})
	if err != nil {
		return fmt.Errorf("revoke key: %w", classify(err))
	}
	return nil
}

// Key reads a key, also a revoked one; unauthenticated when there is none.
func (s *Store) Key(ctx context.Context, id string) (auth.Key, error) {
	list, err := s.keys(ctx, "where id = $1", id)
	if err != nil {
		return auth.Key{}, err
	}
	return firstOr(list, auth.ErrKey)
}

// Keys lists the keys in use, oldest first.
func (s *Store) Keys(ctx context.Context) ([]auth.Key, error) {
	return s.keys(ctx, "where revoked_at is null order by created_at, id")
}

func (s *Store) keys(ctx context.Context, where string, args ...any) ([]auth.Key, error) {
	list, err := collect(ctx, s, scanKey, "select "+keyColumns+" from api_key "+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read keys: %w", err)
	}
	return list, nil
}

// NoteKeyUse keeps when keys were used last. It never goes back.
func (s *Store) NoteKeyUse(ctx context.Context, used map[string]time.Time) error {
	ids, times := make([]string, 0, len(used)), make([]time.Time, 0, len(used))
	for id, at := range used {
		ids, times = append(ids, id), append(times, at)
	}
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	_, err := s.write.Exec(ctx, `update api_key k set used_at = x.at from unnest($1::text[], $2::timestamptz[]) as x(id, at)
		where k.id = x.id and (k.used_at is null or k.used_at < x.at)`, ids, times)
	if err != nil {
		return fmt.Errorf("note use of keys: %w", classify(err))
	}
	return nil
}
