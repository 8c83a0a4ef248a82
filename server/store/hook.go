package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"toancanh/server/access"
	"toancanh/server/audit"
	"toancanh/server/fault"
	"toancanh/server/hook"
)

const hookColumns = `id, label, url, topic, epoch, seq, generation, former_until, created_at, next_at, failing_since, delivered_at,
	attempts, delivered, problem, ended_at, ended_why`

func scanHook(row pgx.CollectableRow) (hook.Hook, error) {
	var h hook.Hook
	err := row.Scan(&h.ID, &h.Label, &h.URL, &h.Topic, &h.Epoch, &h.Seq, &h.Generation, &h.FormerUntil, &h.CreatedAt, &h.NextAt,
		&h.FailingSince, &h.DeliveredAt, &h.Attempts, &h.Delivered, &h.Problem, &h.EndedAt, &h.EndedWhy)
	h.CreatedAt, h.NextAt = h.CreatedAt.UTC(), h.NextAt.UTC()
	for _, t := range []*time.Time{h.FormerUntil, h.FailingSince, h.DeliveredAt, h.EndedAt} {
		if t != nil {
			*t = t.UTC()
		}
	}
	return h, err
}

var errNoHook = fault.NotFound("Không có địa chỉ nhận tin này, hoặc nó đã kết thúc.") //nolint:gochecknoglobals // an error value

func hookRow(h hook.Hook, why string) audit.Row {
	return audit.Row{
		What: string(access.ManageHooks), Object: "hook:" + h.ID, Why: why, Result: audit.Done,
		Detail: detail(map[string]any{"label": h.Label, "url": h.URL, "topic": h.Topic}),
	}
}

// AddHook keeps a hook; it will be told what happens from now on.
func (s *Store) AddHook(ctx context.Context, h hook.Hook) (hook.Hook, error) {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `insert into hook (id, label, url, topic, epoch, seq)
			select $1, $2, $3, $4, epoch, coalesce((select seq from topic_head where topic = $4), 0) from relay
			returning `+hookColumns, h.ID, h.Label, h.URL, h.Topic)
		if err != nil {
			return err
		}
		if h, err = pgx.CollectExactlyOneRow(rows, scanHook); err != nil {
			return err
		}
		return insertAudit(ctx, tx, hookRow(h, "made"))
	})
	if err != nil {
		return h, fmt.Errorf("add hook %s: %w", h.ID, classify(err))
	}
	return h, nil
}

// ChangeHook changes a hook in use as change says. A changed one is tried at once.
func (s *Store) ChangeHook(ctx context.Context, id, why string, change func(*hook.Hook)) (hook.Hook, error) {
	var h hook.Hook
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, "select "+hookColumns+" from hook where id = $1 and ended_at is null for update", id)
		if err != nil {
			return err
		}
		h, err = pgx.CollectExactlyOneRow(rows, scanHook)
		if errors.Is(err, pgx.ErrNoRows) {
			return errNoHook
		}
		if err != nil {
			return err
		}
		change(&h)
		_, err = tx.Exec(ctx, `update hook set label = $2, url = $3, generation = $4, former_until = $5, ended_at = $6, ended_why = $7,
			next_at = now() where id = $1`, h.ID, h.Label, h.URL, h.Generation, h.FormerUntil, h.EndedAt, h.EndedWhy)
		if err != nil {
			return err
		}
		return insertAudit(ctx, tx, hookRow(h, why))
	})
	if err != nil {
		return h, fmt.Errorf("change hook %s: %w", id, classify(err))
	}
	return h, nil
}

// Hooks lists all hooks, those in use first; an ended one stays listed for 90 days.
func (s *Store) Hooks(ctx context.Context) ([]hook.Hook, error) {
	list, err := collect(ctx, s, scanHook, "select "+hookColumns+` from hook
		where ended_at is null or ended_at > now() - interval '90 days' order by ended_at is not null, created_at, id`)
	if err != nil {
		return nil, fmt.Errorf("list hooks: %w", err)
	}
	return list, nil
}

// DueHooks are hooks in use whose next attempt is due, the longest due first.
func (s *Store) DueHooks(ctx context.Context, now time.Time, most int) ([]hook.Hook, error) {
	list, err := collect(ctx, s, scanHook, "select "+hookColumns+` from hook h where ended_at is null and next_at <= $1
		and (epoch <> (select epoch from relay) or seq < coalesce((select seq from topic_head t where t.topic = h.topic), 0))
		order by next_at limit $2`, now, most)
	if err != nil {
		return nil, fmt.Errorf("list due hooks: %w", err)
	}
	return list, nil
}

// HookBatch reads what a hook has not heard. After a restore, and of what is no longer kept, it says reset.
func (s *Store) HookBatch(ctx context.Context, h hook.Hook, most int) (hook.Batch, error) {
	since, err := (&Live{store: s}).Since(ctx, h.Topic, h.Seq, most)
	if err != nil {
		return hook.Batch{}, err
	}
	b := hook.Batch{Epoch: since.Epoch, Head: since.Head, Reset: since.TooOld || since.Epoch != h.Epoch}
	if !b.Reset {
		b.Events = since.Events
	}
	return b, nil
}

// KeepAttempt keeps where a hook stands after an attempt. One that was ended meanwhile stays so.
func (s *Store) KeepAttempt(ctx context.Context, h hook.Hook) error {
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	_, err := s.write.Exec(ctx, `update hook set epoch = $2, seq = $3, next_at = $4, failing_since = $5, delivered_at = $6, attempts = $7,
		delivered = $8, problem = $9, ended_at = $10, ended_why = $11 where id = $1 and ended_at is null`,
		h.ID, h.Epoch, h.Seq, h.NextAt, h.FailingSince, h.DeliveredAt, h.Attempts, h.Delivered, h.Problem, h.EndedAt, h.EndedWhy)
	if err != nil {
		return fmt.Errorf("keep attempt of hook %s: %w", h.ID, classify(err))
	}
	return nil
}
