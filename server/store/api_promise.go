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
		_, err := keepPromise(ctx, tx, &p)
		return err
	})
	if err != nil {
		return fmt.Errorf("keep idempotency key: %w", classify(err))
	}
	return nil
}
