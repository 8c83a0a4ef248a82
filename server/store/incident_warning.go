package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"toancanh/server/incident"
	"toancanh/server/warning"
)

// WarningAround is a warning to the public that held where and when an incident was, or that was written of it.
type WarningAround struct {
	warning.Shown
	SentAt time.Time
	Body   []byte // the CAP message
}

// mostAround bounds the warnings named beside an incident.
const mostAround = 100

// WarningsAround reads the warnings of ours and of others that held in the area of an incident in a span, by when they were sent.
func (s *Store) WarningsAround(ctx context.Context, i incident.Incident, from, to time.Time) ([]WarningAround, error) {
	list, err := collect(ctx, s, func(row pgx.CollectableRow) (WarningAround, error) {
		var w WarningAround
		err := row.Scan(&w.Shown, &w.SentAt, &w.Body)
		w.SentAt = w.SentAt.UTC()
		return w, err
	}, `select shown, sent_at, body from (
			select p.shown, p.sent_at, p.body, p.id from public_warning p join warning w using (id)
			where w.division = $1 and p.sent_at <= $4 and (p.expires_at >= $3 and p.shown->'areas' ?| $2 or w.draft->>'incident' in ($5, $6))
			union all
			select shown, sent_at, body, id from warning_received where sent_at <= $4 and expires_at >= $3 and shown->'areas' ?| $2
		) around order by sent_at, id limit $7`, i.Division, i.Path, from, to, i.ID, i.Code(), mostAround)
	if err != nil {
		return nil, fmt.Errorf("read warnings around an incident: %w", err)
	}
	return list, nil
}
