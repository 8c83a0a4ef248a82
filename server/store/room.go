package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"toancanh/server/fault"
)

// room remembers that the database had no room for what was to be stored. A full disk still answers every question, so
// that only a writer learns of it.
type room struct {
	gone    atomic.Bool
	resting atomic.Bool // asked a moment ago
}

const (
	askRoomEvery = time.Second
	roomSize     = 64 << 10 // more than what stands half empty in files that exist already
)

// noRoom reports whether the server could not write for want of room: disk full (53100) or a failing disk (58030).
func noRoom(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "53100" || pg.Code == "58030")
}

func (r *room) note(err error) {
	if noRoom(err) {
		r.gone.Store(true)
	}
}

// Full reports whether the database has lately refused to store for want of room and not stored since.
func (s *Store) Full() bool { return s.room.gone.Load() }

var errFull = fault.Unavailable("Kho dữ liệu đã hết chỗ, chưa lưu được gì thêm; xin gửi lại sau.")

// askForRoom tries whether there is room again, at most once a second: it stores something as large as a few reports and
// takes it away.
func (s *Store) askForRoom(ctx context.Context) error {
	if s.room.resting.Swap(true) {
		return errFull
	}
	time.AfterFunc(askRoomEvery, func() { s.room.resting.Store(false) })
	filler := make([]byte, roomSize)
	_, _ = rand.Read(filler) // never fails; random, so that it is not compressed away
	key := uuid.NewString()
	const scope = "room"
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `insert into idempotency (scope, key, body_hash, status, answer) values ($1, $2, $3, 0, '')`, scope, key, filler)
		return err
	})
	if err != nil {
		return fmt.Errorf("ask for room: %w", err)
	}
	s.room.gone.Store(false)
	_, err = s.write.Exec(ctx, "delete from idempotency where scope = $1", scope)
	if err != nil {
		return fmt.Errorf("ask for room: %w", err)
	}
	return nil
}
