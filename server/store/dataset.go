package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
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
