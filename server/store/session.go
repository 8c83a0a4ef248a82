package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"toancanh/schema"
	"toancanh/server/access"
	"toancanh/server/audit"
	"toancanh/server/auth"
	"toancanh/server/fault"
	"toancanh/server/view"
)

// kindRevoked is the kind of events on the control topic.
const kindRevoked = "revoked"

// voidFor is longer than any ticket lives: a subject that is revoked never comes back.
const voidFor = 48 * time.Hour

// revoke voids the tickets of subjects: hubs close the sockets that came with them.
func revoke(ctx context.Context, tx pgx.Tx, subjects []string) error {
	if len(subjects) == 0 {
		return nil
	}
	var now time.Time
	if err := tx.QueryRow(ctx, "select clock_timestamp()").Scan(&now); err != nil {
		return fmt.Errorf("read the database's clock: %w", classify(err))
	}
	now = now.UTC()
	drafts := make([]view.Draft, len(subjects))
	for i, subject := range subjects {
		data, err := json.Marshal(schema.Revocation{Subject: subject, Before: now.Add(voidFor)})
		if err != nil {
			return fmt.Errorf("encode revocation: %w", err)
		}
		drafts[i] = view.Draft{
			Audience: "control", Kind: kindRevoked, ID: subject, Version: now.UnixMicro(), Topics: []string{schema.ControlTopic}, Data: data,
		}
	}
	return insertEvents(ctx, tx, drafts, now)
}

// TrySignIn tells decide what failed before and counts this try as failed when decide lets it pass. Tries at one account
// from one address come one after the other.
func (s *Store) TrySignIn(ctx context.Context, t auth.Trial, decide func(auth.Tries) time.Duration) (wait time.Duration, err error) {
	err = s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `insert into sign_in_try (account, network, first_at, last_at) values ($1, $2, $3, $3)
			on conflict do nothing`, t.Account, t.Network, t.At)
		if err != nil {
			return err
		}
		var tries auth.Tries
		err = tx.QueryRow(ctx, "select failures, first_at, last_at from sign_in_try where account = $1 and network = $2 for update",
			t.Account, t.Network).Scan(&tries.Here, &tries.FirstHere, &tries.LastHere)
		if err != nil {
			return err
		}
		err = tx.QueryRow(ctx, `select
				(select coalesce(sum(failures), 0)::int from sign_in_try where account = $1 and last_at > $3),
				exists (select from person_network n join person p on p.id = n.person_id where p.login = $4 and n.network = $2)`,
			t.Account, t.Network, t.At.Add(-auth.TriesWindow), t.Login).Scan(&tries.Account, &tries.Known)
		if err != nil {
			return err
		}
		if wait = decide(tries); wait > 0 {
			return nil
		}
		_, err = tx.Exec(ctx, "update sign_in_try set failures = failures + 1, last_at = $3 where account = $1 and network = $2",
			t.Account, t.Network, t.At)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("count sign-in: %w", classify(err))
	}
	return wait, nil
}

// forgive forgets the failures of an account at an address once its person has come in there, and remembers the address.
func forgive(ctx context.Context, tx pgx.Tx, personID string, t auth.Trial) error {
	batch := &pgx.Batch{}
	batch.Queue("delete from sign_in_try where account = $1 and network = $2", t.Account, t.Network)
	batch.Queue(`insert into person_network (person_id, network, seen_at) values ($1::uuid, $2, $3)
		on conflict (person_id, network) do update set seen_at = excluded.seen_at`, personID, t.Network, t.At)
	return sendBatch(ctx, tx, batch)
}

// forgiveAll forgives every try that came before an opening.
func forgiveAll(ctx context.Context, tx pgx.Tx, o auth.Opening) error {
	for _, t := range append([]auth.Trial{o.Trial}, o.Also...) {
		if err := forgive(ctx, tx, o.Person.ID, t); err != nil {
			return err
		}
	}
	return nil
}

// OpenSession keeps a new session. At a desk it takes the place of the one before.
func (s *Store) OpenSession(ctx context.Context, o auth.Opening) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if o.Shown != nil {
			if err := useUp(ctx, tx, *o.Shown); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, `insert into session (id, person_id, token_hash, subject, stage, created_at, seen_at, agent, network, desk_id, provider, vouched, sample)
			values ($1::uuid, $2::uuid, $3, $4, $5, $6, $6, $7, $8, nullif($9, '')::uuid, $10, $11, $12)`,
			o.ID, o.Person.ID, o.TokenHash, o.Subject, string(o.Stage), o.CreatedAt, o.Agent, o.Network, o.DeskID, o.Provider, o.Vouched, o.Sample)
		if err != nil {
			return err
		}
		if o.Stage == auth.StageFull {
			if err := forgiveAll(ctx, tx, o); err != nil {
				return err
			}
		}
		if o.DeskID != "" {
			if err := clearDesk(ctx, tx, o.DeskID, o.ID, "desk_taken"); err != nil {
				return err
			}
		}
		return insertAudit(ctx, tx, audit.Row{
			Author: authorOf(ctx, o.Person), What: string(access.OpenSession), Object: "session:" + o.ID, Result: audit.Done,
			Detail: detail(opened(o)),
		})
	})
	if err != nil {
		return fmt.Errorf("open session: %w", classify(err))
	}
	return nil
}

// opened is what the audit keeps of a new session.
func opened(o auth.Opening) map[string]any {
	about := map[string]any{"stage": o.Stage, "agent": o.Agent, "sample": o.Sample}
	if o.DeskID != "" {
		about["desk"] = o.DeskID
	}
	if o.Provider {
		about["provider"], about["vouched"] = true, o.Vouched
	}
	return about
}

// authorOf is the person, who acts before a session says so.
func authorOf(ctx context.Context, p auth.Person) audit.Author {
	a := audit.AuthorOf(ctx)
	a.Who, a.Role = p.Principal(), RolesText(p.Roles)
	return a
}

const sessionSelect = `select s.id::text, s.subject, s.stage, s.tries, s.created_at, s.seen_at, s.agent, s.network,
	coalesce(s.desk_id::text, ''), s.locked_at, s.provider, s.vouched, s.sample, ` + personColumns + `
	from session s join person p on p.id = s.person_id `

// sessionAlive is what holds of a session that is not over at $1.
const sessionAlive = `s.ended_at is null and p.disabled_at is null
	and case s.stage when 'full' then s.created_at > $1::timestamptz - $2::interval
			and (s.desk_id is not null or s.seen_at > $1::timestamptz - $3::interval)
		else s.created_at > $1::timestamptz - $4::interval end`

func aliveArgs(now time.Time) []any {
	return []any{now, auth.AbsoluteLimit, auth.IdleLimit, auth.HalfLimit}
}

func scanSession(row pgx.CollectableRow) (auth.Session, error) {
	var s auth.Session
	dest := append([]any{
		&s.ID, &s.Subject, (*string)(&s.Stage), &s.Tries, &s.CreatedAt, &s.SeenAt, &s.Agent, &s.Network,
		&s.DeskID, &s.LockedAt, &s.Provider, &s.Vouched, &s.Sample,
	}, personDest(&s.Person)...)
	err := row.Scan(dest...)
	s.CreatedAt, s.SeenAt = s.CreatedAt.UTC(), s.SeenAt.UTC()
	return s, err
}

var errNoSession = fault.Unauthenticated("Phiên đăng nhập đã hết hạn, xin đăng nhập lại.").Because("session") //nolint:gochecknoglobals // an error value

// Session finds the session of a token.
func (s *Store) Session(ctx context.Context, tokenHash []byte, now time.Time) (auth.Session, error) {
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	rows, err := s.read.Query(ctx, sessionSelect+"where s.token_hash = $5 and "+sessionAlive, append(aliveArgs(now), tokenHash)...)
	if err != nil {
		return auth.Session{}, fmt.Errorf("find session: %w", classify(err))
	}
	found, err := pgx.CollectExactlyOneRow(rows, scanSession)
	if errors.Is(err, pgx.ErrNoRows) {
		return found, errNoSession
	}
	if err != nil {
		return found, fmt.Errorf("find session: %w", classify(err))
	}
	return found, nil
}

// Sessions lists a person's sessions that are not over, newest first.
func (s *Store) Sessions(ctx context.Context, personID string, now time.Time) ([]auth.Session, error) {
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	rows, err := s.read.Query(ctx, sessionSelect+"where s.person_id = $5::uuid and "+sessionAlive+" order by s.created_at desc limit 100", append(aliveArgs(now), personID)...)
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", classify(err))
	}
	list, err := pgx.CollectRows(rows, scanSession)
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", classify(err))
	}
	return list, nil
}

// TouchSession notes that a session was used.
func (s *Store) TouchSession(ctx context.Context, id string, now time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	if _, err := s.write.Exec(ctx, "update session set seen_at = $2 where id = $1::uuid and seen_at < $2 and locked_at is null", id, now); err != nil {
		return fmt.Errorf("touch session: %w", classify(err))
	}
	return nil
}

// EndSession ends one session of a person and closes its sockets; not found when there is none.
func (s *Store) EndSession(ctx context.Context, personID, sessionID, why string) error {
	if _, err := uuid.Parse(sessionID); err != nil {
		return errSessionUnknown
	}
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var subject string
		err := tx.QueryRow(ctx, `update session set ended_at = now(), ended_why = $3
			where id = $1::uuid and person_id = $2::uuid and ended_at is null returning subject`, sessionID, personID, why).Scan(&subject)
		if errors.Is(err, pgx.ErrNoRows) {
			return errSessionUnknown
		}
		if err != nil {
			return err
		}
		if err := revoke(ctx, tx, []string{subject}); err != nil {
			return err
		}
		return insertAudit(ctx, tx, audit.Row{What: "session.end", Object: "session:" + sessionID, Why: why, Result: audit.Done})
	})
	if err != nil {
		return fmt.Errorf("end session: %w", classify(err))
	}
	return nil
}

var errSessionUnknown = fault.NotFound("Không có phiên này.") //nolint:gochecknoglobals // an error value

// endSessions ends a person's sessions but one.
func endSessions(ctx context.Context, tx pgx.Tx, personID, keep, why string) error {
	return revokeAll(ctx, tx, `update session set ended_at = now(), ended_why = $3
		where person_id = $1::uuid and ended_at is null and id::text <> $2 returning subject`, personID, keep, why)
}

// revokeAll runs a statement that takes subjects from sessions, and closes the sockets of those it returns.
func revokeAll(ctx context.Context, tx pgx.Tx, statement string, args ...any) error {
	rows, err := tx.Query(ctx, statement, args...)
	if err != nil {
		return err
	}
	subjects, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	return revoke(ctx, tx, subjects)
}

// renameSessions gives a person's sessions new subjects: sockets under the old ones close, and come back with what the
// person may hear now.
func renameSessions(ctx context.Context, tx pgx.Tx, personID string) error {
	return revokeAll(ctx, tx, `
		with was as (select id, subject from session where person_id = $1::uuid and ended_at is null for update)
		update session s set subject = 'session:' || gen_random_uuid() from was where s.id = was.id returning was.subject`, personID)
}

// CountCode counts a code about to be checked; past the most a session may try, it ends.
func (s *Store) CountCode(ctx context.Context, sessionID string, most int) error {
	over := false
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var subject string
		err := tx.QueryRow(ctx, `update session set tries = tries + 1,
				ended_at = case when tries >= $2 then now() end, ended_why = case when tries >= $2 then 'codes' else '' end
			where id = $1::uuid and ended_at is null returning ended_at is not null, subject`, sessionID, most).Scan(&over, &subject)
		if errors.Is(err, pgx.ErrNoRows) {
			return errNoSession
		}
		if err != nil || !over {
			return err
		}
		return revoke(ctx, tx, []string{subject})
	})
	switch {
	case err != nil:
		return fmt.Errorf("count code: %w", classify(err))
	case over:
		return errNoSession
	}
	return nil
}

// Factor reads a person's second factor; not found when there is none.
func (s *Store) Factor(ctx context.Context, personID string) (auth.Factor, error) {
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	var f auth.Factor
	err := s.read.QueryRow(ctx, "select key_id, sealed, confirmed_at is not null, last_step from totp where person_id = $1::uuid", personID).
		Scan(&f.Sealed.KeyID, &f.Sealed.Bytes, &f.Confirmed, &f.LastStep)
	if errors.Is(err, pgx.ErrNoRows) {
		return f, fault.Conflict("Chưa lập mã xác thực.").Because("not_enrolled")
	}
	if err != nil {
		return f, fmt.Errorf("read second factor: %w", classify(err))
	}
	return f, nil
}

// OfferFactor keeps a factor that no code has confirmed yet, in place of another such one.
func (s *Store) OfferFactor(ctx context.Context, personID string, f auth.Factor) error {
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	tag, err := s.write.Exec(ctx, `insert into totp (person_id, key_id, sealed) values ($1::uuid, $2, $3)
		on conflict (person_id) do update set key_id = excluded.key_id, sealed = excluded.sealed, last_step = 0
		where totp.confirmed_at is null`, personID, f.Sealed.KeyID, f.Sealed.Bytes)
	switch {
	case err != nil:
		return fmt.Errorf("offer second factor: %w", classify(err))
	case tag.RowsAffected() == 0:
		return fault.Conflict("Đã có mã xác thực.").Because("enrolled")
	}
	return nil
}

var errCodeUsed = fault.Unauthenticated("Mã không đúng hoặc đã dùng.").Because("code") //nolint:gochecknoglobals // an error value

// Pass takes a second factor that was shown: the code is used up, the session is full under its new token.
func (s *Store) Pass(ctx context.Context, p auth.Passing) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := useUp(ctx, tx, p); err != nil {
			return err
		}
		if p.Confirm {
			if err := keepCodes(ctx, tx, p.Session.Person.ID, p.Codes); err != nil {
				return err
			}
		}
		tag, err := tx.Exec(ctx, `update session set stage = 'full', token_hash = $2, subject = $3, tries = 0, seen_at = $4
			where id = $1::uuid and ended_at is null`, p.Session.ID, p.TokenHash, p.Subject, p.Trial.At)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return errNoSession
		}
		if err := revoke(ctx, tx, []string{p.Session.Subject}); err != nil {
			return err
		}
		for _, t := range append([]auth.Trial{p.Trial}, p.Also...) {
			if err := forgive(ctx, tx, p.Session.Person.ID, t); err != nil {
				return err
			}
		}
		return insertAudit(ctx, tx, audit.Row{
			Author: authorOf(ctx, p.Session.Person), What: "session.code", Object: "session:" + p.Session.ID, Result: audit.Done,
			Detail: detail(map[string]any{"recovery": p.Recovery != nil, "enrolled": p.Confirm}),
		})
	})
	if err != nil {
		return fmt.Errorf("pass second factor: %w", classify(err))
	}
	return nil
}

// useUp makes sure that no code works twice, also when it is sent twice at once.
func useUp(ctx context.Context, tx pgx.Tx, p auth.Passing) error {
	var used int64
	if p.Recovery != nil {
		tag, err := tx.Exec(ctx, "update recovery_code set used_at = now() where person_id = $1::uuid and hash = $2 and used_at is null",
			p.Session.Person.ID, p.Recovery)
		if err != nil {
			return err
		}
		used = tag.RowsAffected()
	} else {
		tag, err := tx.Exec(ctx, `update totp set last_step = $2, confirmed_at = coalesce(confirmed_at, now())
			where person_id = $1::uuid and last_step < $2`, p.Session.Person.ID, p.Step)
		if err != nil {
			return err
		}
		used = tag.RowsAffected()
	}
	if used == 0 {
		return errCodeUsed
	}
	return nil
}

func keepCodes(ctx context.Context, tx pgx.Tx, personID string, hashes [][]byte) error {
	if _, err := tx.Exec(ctx, "delete from recovery_code where person_id = $1::uuid", personID); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, "insert into recovery_code (person_id, hash) select $1::uuid, unnest($2::bytea[])", personID, hashes)
	return err
}

// ForgetSessions drops what is over for long: sessions after 90 days, failed tries after a day, addresses after 90 days.
func (s *Store) ForgetSessions(ctx context.Context) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		batch := &pgx.Batch{}
		batch.Queue("delete from session where created_at < now() - interval '90 days'")
		batch.Queue("delete from sign_in_try where last_at < now() - interval '1 day'")
		batch.Queue("delete from person_network where seen_at < now() - interval '90 days'")
		batch.Queue("delete from invitation where expires_at < now() - interval '1 day'")
		return sendBatch(ctx, tx, batch)
	})
	if err != nil {
		return fmt.Errorf("forget old sessions: %w", classify(err))
	}
	return nil
}
