package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"toancanh/server/access"
	"toancanh/server/audit"
	"toancanh/server/auth"
	"toancanh/server/duty"
	"toancanh/server/fault"
)

// Way is how a person is reached. What it leads to is sealed.
type Way struct {
	ID        string
	Person    string
	Channel   duty.Channel
	Device    string // which browser, in two words
	MadeAt    time.Time
	ReachedAt *time.Time // when something last arrived by it
	FailedAt  *time.Time
	Problem   string // why the newest call by it failed; empty while it does
	Mark      []byte // what there is one of: a push subscription, a person's phone
	Sealed    auth.Sealed
}

const wayColumns = `id::text, person::text, channel, device, made_at, reached_at, failed_at, problem, mark, key_id, sealed`

func scanWay(row pgx.CollectableRow) (Way, error) {
	var w Way
	err := row.Scan(&w.ID, &w.Person, &w.Channel, &w.Device, &w.MadeAt, &w.ReachedAt, &w.FailedAt, &w.Problem, &w.Mark, &w.Sealed.KeyID, &w.Sealed.Bytes)
	w.MadeAt = w.MadeAt.UTC()
	return w, err
}

// mostPushes bounds the browsers of one person.
const mostPushes = 10

// Ways are how the given people are reached, the oldest first.
func (s *Store) Ways(ctx context.Context, people []string) ([]Way, error) {
	list, err := collect(ctx, s, scanWay, "select "+wayColumns+" from duty_way where person = any($1::uuid[]) order by made_at, id", people)
	if err != nil {
		return nil, fmt.Errorf("list ways: %w", err)
	}
	return list, nil
}

// AllChannels are the channels by which each person who may still sign in can be reached, by the person's id.
func (s *Store) AllChannels(ctx context.Context) (map[string][]duty.Channel, error) {
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	rows, err := s.read.Query(ctx, `select distinct w.person::text, w.channel from duty_way w
		join person p on p.id = w.person and p.disabled_at is null order by 1, 2`)
	if err != nil {
		return nil, fmt.Errorf("list channels: %w", classify(err))
	}
	all := map[string][]duty.Channel{}
	var person string
	var channel duty.Channel
	if _, err := pgx.ForEachRow(rows, []any{&person, &channel}, func() error {
		all[person] = append(all[person], channel)
		return nil
	}); err != nil {
		return nil, fmt.Errorf("list channels: %w", classify(err))
	}
	return all, nil
}

func wayRow(w Way, why string) audit.Row {
	return audit.Row{
		What: string(access.OwnWays), Object: "way:" + w.ID, Why: why, Result: audit.Done,
		Detail: detail(map[string]any{"person": w.Person, "channel": w.Channel, "device": w.Device}),
	}
}

// KeepWay keeps a way in place of the one with the same mark. A browser that changes hands belongs to whoever asked last.
func (s *Store) KeepWay(ctx context.Context, w Way) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "delete from duty_way where mark = $1", w.Mark); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `insert into duty_way (id, person, channel, device, mark, key_id, sealed)
			select $1::uuid, $2::uuid, $3, $4, $5::bytea, $6, $7::bytea where (select count(*) from duty_way where person = $2::uuid) < $8`,
			w.ID, w.Person, w.Channel, w.Device, w.Mark, w.Sealed.KeyID, w.Sealed.Bytes, mostPushes+len(duty.Channels()))
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return fault.Conflict("Đã đăng ký %d trình duyệt, xin bỏ bớt trước khi thêm.", mostPushes).Because("full")
		}
		return insertAudit(ctx, tx, wayRow(w, "kept"))
	})
	if err != nil {
		return fmt.Errorf("keep way: %w", classify(err))
	}
	return nil
}

// DropWay forgets a way of a person.
func (s *Store) DropWay(ctx context.Context, person, id string) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		w, err := lockOne(ctx, tx, id, scanWay, "select "+wayColumns+" from duty_way", errNoWay)
		if err != nil {
			return err
		}
		if w.Person != person {
			return errNoWay
		}
		if _, err := tx.Exec(ctx, "delete from duty_way where id = $1", id); err != nil {
			return err
		}
		return insertAudit(ctx, tx, wayRow(w, "dropped"))
	})
	if err != nil {
		return fmt.Errorf("drop way %s: %w", id, classify(err))
	}
	return nil
}

var errNoWay = fault.NotFound("Không có kênh liên lạc này.") //nolint:gochecknoglobals // an error value

// NoteWay keeps what became of a call by a way; one whose receiver is gone is forgotten.
func (s *Store) NoteWay(ctx context.Context, id, problem string, gone bool, now time.Time) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if gone {
			_, err := tx.Exec(ctx, "delete from duty_way where id = $1", id)
			return err
		}
		_, err := tx.Exec(ctx, `update duty_way set problem = $2::text, failed_at = case when $2::text = '' then failed_at else $3::timestamptz end where id = $1`, id, problem, now)
		return err
	})
	if err != nil {
		return fmt.Errorf("note way %s: %w", id, classify(err))
	}
	return nil
}
