package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// KeepPromise remembers the answer to a key whose deed is done already and can be told from its repeat by the deed's
// own keys, such as a sensor and a time. Deeds without those keep their promise in their own transaction.
func (s *Store) KeepPromise(ctx context.Context, p Promise) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `insert into idempotency (scope, key, body_hash, status, answer) values ($1, $2, $3, 200, $4)
			on conflict do nothing`, p.Scope, p.Key, p.BodyHash, p.Answer)
		return err
	})
	if err != nil {
		return fmt.Errorf("keep idempotency key: %w", classify(err))
	}
	return nil
}
