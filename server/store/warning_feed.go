package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"toancanh/server/bulletin"
)

const feedColumns = "url, etag, modified, next_at, checked_at, good_at, attempts, taken, refused, problem"

// KeepWarningFeed keeps how a feed answered.
func (s *Store) KeepWarningFeed(ctx context.Context, f bulletin.Feed) error {
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	_, err := s.write.Exec(ctx, `insert into warning_feed (`+feedColumns+`) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		on conflict (url) do update set etag = excluded.etag, modified = excluded.modified, next_at = excluded.next_at,
			checked_at = excluded.checked_at, good_at = excluded.good_at, attempts = excluded.attempts, taken = excluded.taken,
			refused = excluded.refused, problem = excluded.problem`,
		f.URL, f.ETag, f.Modified, f.NextAt, f.CheckedAt, f.GoodAt, f.Attempts, f.Taken, f.Refused, f.Problem)
	if err != nil {
		return fmt.Errorf("keep warning feed: %w", classify(err))
	}
	return nil
}

// NewWarningLinks are those of some addresses that were never fetched, in their order; the others are noted as still listed.
func (s *Store) NewWarningLinks(ctx context.Context, feed string, addresses []string, now time.Time) ([]string, error) {
	var known []string
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, "select url from warning_link where feed = $1 and url = any($2)", feed, addresses)
		if err != nil {
			return err
		}
		if known, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "update warning_link set seen_at = $3::timestamptz where feed = $1 and url = any($2) and seen_at < $3::timestamptz - interval '1 hour'",
			feed, known, now)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look for new warnings: %w", classify(err))
	}
	var fresh []string
	for _, a := range addresses {
		if !slices.Contains(known, a) && !slices.Contains(fresh, a) {
			fresh = append(fresh, a)
		}
	}
	return fresh, nil
}

// KeepWarningLink notes that a message was fetched, and why it was refused if it was.
func (s *Store) KeepWarningLink(ctx context.Context, feed, address, problem string, now time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	_, err := s.write.Exec(ctx, `insert into warning_link (url, feed, problem, seen_at) values ($1, $2, $3, $4)
		on conflict (feed, url) do update set problem = excluded.problem, seen_at = excluded.seen_at`, address, feed, problem, now)
	if err != nil {
		return fmt.Errorf("keep warning link: %w", classify(err))
	}
	return nil
}

// ForgetReceived drops messages of others that ended before an instant, and links that no feed has listed since another.
func (s *Store) ForgetReceived(ctx context.Context, endedBefore, unseenSince time.Time) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "delete from warning_received where least(expires_at, ended_at) < $1 and received_at < $1", endedBefore); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "delete from warning_link where seen_at < $1", unseenSince)
		return err
	})
	if err != nil {
		return fmt.Errorf("forget received warnings: %w", classify(err))
	}
	return nil
}

// WarningFeeds lists how the feeds of others answer.
func (s *Store) WarningFeeds(ctx context.Context) ([]bulletin.Feed, error) {
	list, err := collect(ctx, s, pgx.RowToStructByPos[bulletin.Feed], "select "+feedColumns+" from warning_feed order by url limit 100")
	if err != nil {
		return nil, fmt.Errorf("list warning feeds: %w", err)
	}
	return list, nil
}
