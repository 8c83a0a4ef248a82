package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"toancanh/server/auth"
)

// SamplePerson finds the sample's person with p's login, and keeps p when there is none.
func (s *Store) SamplePerson(ctx context.Context, p auth.Person) (auth.Person, error) {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "select pg_advisory_xact_lock($1)", peopleLock); err != nil {
			return err
		}
		err := tx.QueryRow(ctx, "select id::text from person where login = $1", p.Login).Scan(&p.ID)
		if errors.Is(err, pgx.ErrNoRows) {
			return insertPerson(ctx, tx, p)
		}
		return err
	})
	if err != nil {
		return p, fmt.Errorf("find sample person: %w", classify(err))
	}
	return s.Person(ctx, p.ID)
}
