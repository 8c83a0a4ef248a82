package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"toancanh/server/audit"
	"toancanh/server/auth"
	"toancanh/server/fault"
)

// pairingLock serialises what changes who waits and who is paired: both are rare.
const pairingLock = 0x70616972696e67

func lockPairings(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, "select pg_advisory_xact_lock($1)", pairingLock)
	return err
}

// pairingColumns are read by pairingDest; the table is named p.
const pairingColumns = `p.id::text, p.screen, p.subject, p.paired_at, p.paired_by, p.own, p.agent, p.network, p.seen_at, p.ended_at, p.ended_why`

func pairingDest(p *auth.Pairing) []any {
	return []any{
		&p.ID, &p.Screen, &p.Subject, &p.PairedAt, &p.PairedBy, &p.Own, &p.Agent, &p.Network, &p.SeenAt, &p.EndedAt, &p.EndedWhy,
	}
}

func pairingInUTC(p *auth.Pairing) {
	p.PairedAt, p.SeenAt = p.PairedAt.UTC(), p.SeenAt.UTC()
	if p.EndedAt != nil {
		at := p.EndedAt.UTC()
		p.EndedAt = &at
	}
}

// ScreenToken finds a token that belongs to a pairing, alive or ended.
func (s *Store) ScreenToken(ctx context.Context, hash []byte) (t auth.ScreenToken, ok bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	var shown *time.Time
	err = s.read.QueryRow(ctx, "select t.issued_at, t.shown_at, "+pairingColumns+
		" from screen_token t join screen_pairing p on p.id = t.pairing_id where t.hash = $1", hash).
		Scan(append([]any{&t.IssuedAt, &shown}, pairingDest(&t.Pairing)...)...)
	if errors.Is(err, pgx.ErrNoRows) {
		return t, false, nil
	}
	if err != nil {
		return t, false, fmt.Errorf("find screen token: %w", classify(err))
	}
	t.Hash, t.IssuedAt = hash, t.IssuedAt.UTC()
	if shown != nil {
		t.ShownAt = shown.UTC()
	}
	pairingInUTC(&t.Pairing)
	return t, true, nil
}

// outlived is what a token that was just shown leaves behind: tokens given well before it, but the one that was shown
// before it. A browser whose power fails before its disk has the new one comes back with that.
const outlived = `delete from screen_token where pairing_id = $1::uuid and issued_at < $2::timestamptz - interval '1 hour'
	and hash <> all (array(select hash from screen_token where pairing_id = $1::uuid and shown_at is not null order by shown_at desc limit 2))`

// ShowScreenToken notes that a token was shown, and drops the tokens it has outlived.
func (s *Store) ShowScreenToken(ctx context.Context, t auth.ScreenToken, now time.Time) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		batch := &pgx.Batch{}
		batch.Queue("update screen_token set shown_at = $2 where hash = $1", t.Hash, now)
		batch.Queue("update screen_pairing set seen_at = $2 where id = $1::uuid", t.ID, now)
		batch.Queue(outlived, t.ID, t.IssuedAt)
		return sendBatch(ctx, tx, batch)
	})
	if err != nil {
		return fmt.Errorf("show screen token: %w", classify(err))
	}
	return nil
}

const sqlOffer = "insert into screen_token (hash, pairing_id, issued_at) values ($1, $2::uuid, $3)"

// OfferScreenToken keeps a further token of a pairing, and of those that nobody has shown the newest.
func (s *Store) OfferScreenToken(ctx context.Context, t auth.ScreenToken, most int) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		batch := &pgx.Batch{}
		batch.Queue(sqlOffer, t.Hash, t.ID, t.IssuedAt)
		batch.Queue(`delete from screen_token where hash in (select hash from screen_token
			where pairing_id = $1::uuid and shown_at is null order by issued_at desc offset $2)`, t.ID, most)
		return sendBatch(ctx, tx, batch)
	})
	if err != nil {
		return fmt.Errorf("offer screen token: %w", classify(err))
	}
	return nil
}

// Waiting finds a browser that waits, also with a code that is over.
func (s *Store) Waiting(ctx context.Context, hash []byte) (w auth.Waiting, ok bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	err = s.read.QueryRow(ctx, "select token_hash, code, wish, source, agent, network, lost, expires_at from screen_waiting where token_hash = $1", hash).
		Scan(&w.TokenHash, &w.Code, &w.Wish, &w.Source, &w.Agent, &w.Network, &w.Lost, &w.ExpiresAt)
	if errors.Is(err, pgx.ErrNoRows) {
		return w, false, nil
	}
	if err != nil {
		return w, false, fmt.Errorf("find waiting screen: %w", classify(err))
	}
	w.ExpiresAt = w.ExpiresAt.UTC()
	return w, true, nil
}

// KeepWaiting keeps a waiting browser or its new code. Where there are too many of one source the oldest of that source
// goes, also of those that only remember why their pairing ended; where there are too many of all the oldest of the source
// that has the most.
func (s *Store) KeepWaiting(ctx context.Context, w auth.Waiting, bounds auth.WaitBounds, now time.Time) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := lockPairings(ctx, tx); err != nil {
			return err
		}
		batch := &pgx.Batch{}
		batch.Queue("delete from screen_waiting where expires_at <= $1 and lost = '' and token_hash <> $2", now, w.TokenHash)
		batch.Queue(`delete from screen_waiting where token_hash in (select token_hash from screen_waiting
			where source = $1 and token_hash <> $2 order by created_at desc offset $3)`,
			w.Source, w.TokenHash, bounds.Source-1)
		batch.Queue(`delete from screen_waiting where token_hash = (select token_hash from screen_waiting x
			where token_hash <> $1 and expires_at > $2
				and (select count(*) from screen_waiting where token_hash <> $1 and expires_at > $2) >= $3
			order by (select count(*) from screen_waiting y where y.source = x.source and y.expires_at > $2) desc, created_at limit 1)`,
			w.TokenHash, now, bounds.All)
		batch.Queue(`insert into screen_waiting (token_hash, code, wish, source, agent, network, lost, created_at, expires_at)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
			on conflict (token_hash) do update set code = excluded.code, wish = excluded.wish, source = excluded.source,
				agent = excluded.agent, network = excluded.network, expires_at = excluded.expires_at`,
			w.TokenHash, w.Code, w.Wish, w.Source, w.Agent, w.Network, w.Lost, now, w.ExpiresAt)
		return sendBatch(ctx, tx, batch)
	})
	if err != nil {
		return fmt.Errorf("keep waiting screen: %w", classify(err))
	}
	return nil
}

//nolint:gochecknoglobals // an error value
var errNoCode = fault.Invalid("code", "Không có màn hình nào đang hiện mã này, hoặc mã đã hết hạn.").Because("unknown")

// PairScreen makes whoever shows the code the screen, in place of the browser that was it.
func (s *Store) PairScreen(ctx context.Context, o auth.PairOrder) (auth.Pairing, error) {
	p := o.Pairing
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := lockPairings(ctx, tx); err != nil {
			return err
		}
		token := auth.ScreenToken{IssuedAt: o.At}
		err := tx.QueryRow(ctx, "delete from screen_waiting where code = $1 and expires_at > $2 returning token_hash, agent, network", o.Code, o.At).
			Scan(&token.Hash, &p.Agent, &p.Network)
		if errors.Is(err, pgx.ErrNoRows) {
			return errNoCode
		}
		if err != nil {
			return err
		}
		ended, err := endPairings(ctx, tx, pairingEnd{screen: p.Screen, why: auth.LostReplaced, at: o.At, keepOwn: true})
		if err != nil {
			return err
		}
		token.Pairing = p
		if err := insertPairing(ctx, tx, token); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "delete from sign_in_try where account = $1 and network = $2", o.Trial.Account, o.Trial.Network); err != nil {
			return err
		}
		return insertAudit(ctx, tx, pairingRow(p, ended > 0))
	})
	if err != nil {
		return p, fmt.Errorf("pair screen: %w", classify(err))
	}
	return p, nil
}

// pairingRow is a new pairing as the audit keeps it.
func pairingRow(p auth.Pairing, again bool) audit.Row {
	what := "screen.pair"
	if again {
		what = "screen.pair_again"
	}
	return audit.Row{
		What: what, Object: p.Principal(), Result: audit.Done,
		Detail: detail(map[string]any{"pairing": p.ID, "agent": p.Agent, "network": p.Network, "own": p.Own}),
	}
}

func insertPairing(ctx context.Context, tx pgx.Tx, t auth.ScreenToken) error {
	batch := &pgx.Batch{}
	batch.Queue(`insert into screen_pairing (id, screen, subject, paired_at, paired_by, own, agent, network, seen_at)
		values ($1::uuid, $2, $3, $4, $5, $6, $7, $8, $4)`,
		t.ID, t.Screen, t.Subject, t.PairedAt, t.PairedBy, t.Own, t.Agent, t.Network)
	batch.Queue(sqlOffer, t.Hash, t.ID, t.IssuedAt)
	return sendBatch(ctx, tx, batch)
}

// PairOwn pairs a browser of the sample's own machine; past the most, the one that was not seen for longest ends.
func (s *Store) PairOwn(ctx context.Context, t auth.ScreenToken, most int) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := lockPairings(ctx, tx); err != nil {
			return err
		}
		if err := insertPairing(ctx, tx, t); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `update screen_pairing set ended_at = $1, ended_why = $2 where id in (select id from screen_pairing
			where screen = $3 and own and ended_at is null order by seen_at desc offset $4) returning subject`,
			t.IssuedAt, auth.LostReplaced, t.Screen, most)
		if err != nil {
			return err
		}
		subjects, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return err
		}
		if err := revoke(ctx, tx, subjects); err != nil {
			return err
		}
		return insertAudit(ctx, tx, pairingRow(t.Pairing, false))
	})
	if err != nil {
		return fmt.Errorf("pair own screen: %w", classify(err))
	}
	return nil
}

// pairingEnd says which pairings of a screen end.
type pairingEnd struct {
	screen, why string
	at          time.Time
	keepOwn     bool
}

// endPairings ends a screen's pairings, closes their sockets, and says how many there were.
func endPairings(ctx context.Context, tx pgx.Tx, e pairingEnd) (int, error) {
	rows, err := tx.Query(ctx, `update screen_pairing set ended_at = $2, ended_why = $3
		where screen = $1 and ended_at is null and not (own and $4) returning subject`, e.screen, e.at, e.why, e.keepOwn)
	if err != nil {
		return 0, err
	}
	subjects, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return 0, err
	}
	return len(subjects), revoke(ctx, tx, subjects)
}

// EndPairings ends what a screen's browsers have, and closes their sockets.
func (s *Store) EndPairings(ctx context.Context, screen, why string, now time.Time) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := lockPairings(ctx, tx); err != nil {
			return err
		}
		ended, err := endPairings(ctx, tx, pairingEnd{screen: screen, why: why, at: now})
		if err != nil {
			return err
		}
		if ended == 0 {
			return fault.NotFound("Màn hình này chưa được ghép.").Because("screen_unpaired")
		}
		return insertAudit(ctx, tx, audit.Row{
			What: "screen.revoke", Object: "screen:" + screen, Why: why, Result: audit.Done, Detail: detail(map[string]any{"browsers": ended}),
		})
	})
	if err != nil {
		return fmt.Errorf("end pairings: %w", classify(err))
	}
	return nil
}

// KnownPairing is a screen's newest pairing as a list shows it.
type KnownPairing struct {
	auth.Pairing
	ByName string // of the person who paired it; empty for anybody else
}

// readPairings are the pairings of all screens: of each the one that holds, else the one that ended last.
func readPairings(ctx context.Context, tx pgx.Tx) (map[string]*KnownPairing, error) {
	rows, err := tx.Query(ctx, `select distinct on (p.screen) coalesce(who.name, ''), `+pairingColumns+` from screen_pairing p
		left join person who on p.paired_by = 'person:' || who.id
		order by p.screen, p.ended_at is not null, p.own, coalesce(p.ended_at, p.seen_at) desc`)
	if err != nil {
		return nil, err
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (*KnownPairing, error) {
		k := &KnownPairing{}
		err := row.Scan(append([]any{&k.ByName}, pairingDest(&k.Pairing)...)...)
		pairingInUTC(&k.Pairing)
		return k, err
	})
	byScreen := map[string]*KnownPairing{}
	for _, k := range list {
		byScreen[k.Screen] = k
	}
	return byScreen, err
}

// ForgetPairings drops what is over for long: codes after a day, pairings 90 days after their end, and those of
// browsers that were away for twice as long as a screen may be.
func (s *Store) ForgetPairings(ctx context.Context) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		batch := &pgx.Batch{}
		batch.Queue("delete from screen_waiting where expires_at < now() - case lost when '' then interval '1 day' else interval '90 days' end")
		batch.Queue("delete from screen_pairing where ended_at < now() - interval '90 days' or seen_at < now() - $1::interval", 2*auth.ScreenLimit)
		return sendBatch(ctx, tx, batch)
	})
	if err != nil {
		return fmt.Errorf("forget pairings: %w", classify(err))
	}
	return nil
}
