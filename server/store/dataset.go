package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"toancanh/server/access"
	"toancanh/server/audit"
	"toancanh/server/auth"
	"toancanh/server/fault"
)

// Dataset is what the database was born as, "real" or "simulated", and how much history was loaded.
type Dataset struct {
	Origin  string
	History bool // the sample's history is complete
}

// undefinedTable is what PostgreSQL answers when a table is not there.
const undefinedTable = "42P01"

// Born reads the dataset, or makes it with the given origin when the database is new. A database keeps what it was
// born as: the caller compares.
func (s *Store) Born(ctx context.Context, origin string) (Dataset, error) {
	var d Dataset
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "insert into dataset (origin) values ($1) on conflict do nothing", origin); err != nil {
			return err
		}
		return tx.QueryRow(ctx, "select origin, history_at is not null from dataset").Scan(&d.Origin, &d.History)
	})
	if err != nil {
		var pg *pgconn.PgError
		if errors.As(err, &pg) && pg.Code == undefinedTable {
			return d, errors.New("the database has no schema yet: run toancanh migrate with TOANCANH_OWNER_URL")
		}
		return d, fmt.Errorf("read what the database was born as: %w", classify(err))
	}
	return d, nil
}

// HistoryLoaded notes that the sample's history is complete.
func (s *Store) HistoryLoaded(ctx context.Context) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "update dataset set history_at = now()")
		return err
	})
	if err != nil {
		return fmt.Errorf("note loaded history: %w", classify(err))
	}
	return nil
}

// AddKey keeps a key.
func (s *Store) AddKey(ctx context.Context, k auth.Key) error {
	rights := make([]string, len(k.Rights))
	for i, r := range k.Rights {
		rights[i] = string(r)
	}
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "insert into api_key (id, secret_hash, label, rights) values ($1, $2, $3, $4)",
			k.ID, k.Hash, k.Label, rights)
		if err != nil {
			return err
		}
		return insertAudit(ctx, tx, audit.Row{
			What: string(access.ManageKeys), Object: k.Name(), Why: "made", Result: audit.Done, Detail: detail(map[string]any{"rights": rights, "label": k.Label}),
		})
	})
	if err != nil {
		return fmt.Errorf("add key %s: %w", k.ID, classify(err))
	}
	return nil
}

// RevokeKey ends a key and the sockets that came with its tickets; not found when there is none.
func (s *Store) RevokeKey(ctx context.Context, id string) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, "update api_key set revoked_at = now() where id = $1 and revoked_at is null", id)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return fault.NotFound("Không có khóa %s đang dùng.", id)
		}
		name := auth.Key{ID: id}.Name()
		if err := revoke(ctx, tx, []string{name}); err != nil {
			return err
		}
		return insertAudit(ctx, tx, audit.Row{What: string(access.ManageKeys), Object: name, Why: "revoked", Result: audit.Done})
	})
	if err != nil {
		return fmt.Errorf("revoke key %s: %w", id, classify(err))
	}
	return nil
}

// Key reads a key that is in use; unauthenticated when there is none.
func (s *Store) Key(ctx context.Context, id string) (auth.Key, error) {
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	k := auth.Key{ID: id}
	var rights []string
	err := s.read.QueryRow(ctx, "select secret_hash, label, rights from api_key where id = $1 and revoked_at is null", id).
		Scan(&k.Hash, &k.Label, &rights)
	if errors.Is(err, pgx.ErrNoRows) {
		return k, fault.Unauthenticated("Khóa không đúng hoặc đã bị thu hồi.")
	}
	if err != nil {
		return k, fmt.Errorf("read key %s: %w", id, classify(err))
	}
	for _, r := range rights {
		k.Rights = append(k.Rights, auth.Right(r))
	}
	return k, nil
}

// Keys lists the keys in use, oldest first, without their hashes.
func (s *Store) Keys(ctx context.Context) ([]auth.Key, error) {
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	rows, err := s.read.Query(ctx, "select id, label, rights from api_key where revoked_at is null order by created_at")
	if err != nil {
		return nil, fmt.Errorf("list keys: %w", classify(err))
	}
	keys, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (auth.Key, error) {
		var k auth.Key
		var rights []string
		err := row.Scan(&k.ID, &k.Label, &rights)
		for _, r := range rights {
			k.Rights = append(k.Rights, auth.Right(r))
		}
		return k, err
	})
	if err != nil {
		return nil, fmt.Errorf("list keys: %w", classify(err))
	}
	return keys, nil
}
