package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"toancanh/server/access"
	"toancanh/server/audit"
	"toancanh/server/auth"
	"toancanh/server/fault"
)

const deskColumns = "id::text, label, areas, paired_at, paired_by"

func scanDesk(row pgx.CollectableRow) (auth.Desk, error) {
	var d auth.Desk
	err := row.Scan(&d.ID, &d.Label, &d.Areas, &d.PairedAt, &d.PairedBy)
	d.PairedAt = d.PairedAt.UTC()
	return d, err
}

// AddDesk keeps a new desk; the session of who pairs it is on duty there from now on.
func (s *Store) AddDesk(ctx context.Context, d auth.Desk, tokenHash []byte, sessionID string) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "insert into desk (id, label, areas, token_hash, paired_at, paired_by) values ($1::uuid, $2, $3, $4, $5, $6)",
			d.ID, d.Label, d.Areas, tokenHash, d.PairedAt, d.PairedBy)
		if err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, "update session set desk_id = $2::uuid where id = $1::uuid and ended_at is null", sessionID, d.ID)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return errNoSession
		}
		return insertAudit(ctx, tx, audit.Row{
			What: string(access.ManageDesks), Object: d.Principal(), Why: "paired", Result: audit.Done,
			Detail: detail(map[string]any{"label": d.Label, "areas": d.Areas}),
		})
	})
	if err != nil {
		return fmt.Errorf("add desk: %w", classify(err))
	}
	return nil
}

var errNoDesk = fault.Unauthenticated("Máy này không còn là bàn trực.").Because("desk") //nolint:gochecknoglobals // an error value

// DeskOf finds the desk of a token.
func (s *Store) DeskOf(ctx context.Context, tokenHash []byte) (auth.Desk, error) {
	list, err := s.desks(ctx, "token_hash = $1", tokenHash)
	if err != nil {
		return auth.Desk{}, err
	}
	return firstOr(list, errNoDesk)
}

// Desks lists the desks there are, by label.
func (s *Store) Desks(ctx context.Context) ([]auth.Desk, error) { return s.desks(ctx, "true") }

func (s *Store) desks(ctx context.Context, where string, args ...any) ([]auth.Desk, error) {
	list, err := collect(ctx, s, scanDesk, "select "+deskColumns+" from desk where revoked_at is null and "+where+" order by label, id limit 500", args...)
	if err != nil {
		return nil, fmt.Errorf("list desks: %w", err)
	}
	return list, nil
}

// EndDesk makes a desk an ordinary machine again: its sockets close, and whoever was on duty there is signed out.
func (s *Store) EndDesk(ctx context.Context, id string) error {
	unknown := fault.NotFound("Không có bàn trực này.")
	if _, err := uuid.Parse(id); err != nil {
		return unknown
	}
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, "update desk set revoked_at = now() where id = $1::uuid and revoked_at is null", id)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return unknown
		}
		if err := clearDesk(ctx, tx, id, "", "desk_ended"); err != nil {
			return err
		}
		d := auth.Desk{ID: id}
		if err := revoke(ctx, tx, []string{d.Principal()}); err != nil {
			return err
		}
		return insertAudit(ctx, tx, audit.Row{What: string(access.ManageDesks), Object: d.Principal(), Why: "ended", Result: audit.Done})
	})
	if err != nil {
		return fmt.Errorf("end desk: %w", classify(err))
	}
	return nil
}

// clearDesk ends what sessions a desk has but one.
func clearDesk(ctx context.Context, tx pgx.Tx, deskID, keep, why string) error {
	return revokeAll(ctx, tx, `update session set ended_at = now(), ended_why = $3
		where desk_id = $1::uuid and ended_at is null and id::text <> $2 returning subject`, deskID, keep, why)
}

// LockSession locks the desk of a session.
func (s *Store) LockSession(ctx context.Context, one auth.Session) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, "update session set locked_at = $2 where id = $1::uuid and ended_at is null and locked_at is null", one.ID, one.LockedAt)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		return insertAudit(ctx, tx, audit.Row{
			Author: authorOf(ctx, one.Person), What: "desk.lock", Object: auth.Desk{ID: one.DeskID}.Principal(), Result: audit.Done,
		})
	})
	if err != nil {
		return fmt.Errorf("lock desk: %w", classify(err))
	}
	return nil
}

// UnlockSession lets the person on duty act again, under a new token.
func (s *Store) UnlockSession(ctx context.Context, o auth.Opening) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, "update session set token_hash = $2, locked_at = null, seen_at = $3 where id = $1::uuid and ended_at is null",
			o.ID, o.TokenHash, o.SeenAt)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return errNoSession
		}
		if err := forgiveAll(ctx, tx, o); err != nil {
			return err
		}
		return insertAudit(ctx, tx, audit.Row{
			Author: authorOf(ctx, o.Person), What: "desk.unlock", Object: auth.Desk{ID: o.DeskID}.Principal(), Result: audit.Done,
		})
	})
	if err != nil {
		return fmt.Errorf("unlock desk: %w", classify(err))
	}
	return nil
}

// SetPIN sets a person's PIN, or takes it away when phc is empty; conflict for who has no password.
func (s *Store) SetPIN(ctx context.Context, personID, phc string) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, "update credential set pin = $2 where person_id = $1::uuid", personID, phc)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return fault.Conflict("Cần đặt mật khẩu trước khi đặt mã PIN.").Because("no_password")
		}
		return insertAudit(ctx, tx, audit.Row{
			What: "session.pin", Object: "person:" + personID, Result: audit.Done, Detail: detail(map[string]any{"set": phc != ""}),
		})
	})
	if err != nil {
		return fmt.Errorf("set PIN: %w", classify(err))
	}
	return nil
}

// PersonOf is whom a provider knows under a subject; zero when nobody, or disabled.
func (s *Store) PersonOf(ctx context.Context, issuer, subject string) (auth.Person, error) {
	return s.onePerson(ctx, `where p.disabled_at is null and exists (
		select from person_subject x where x.person_id = p.id and x.issuer = $1 and x.subject = $2)`, issuer, subject)
}

// PersonNamed is who has a login; zero when nobody, or disabled.
func (s *Store) PersonNamed(ctx context.Context, login string) (auth.Person, error) {
	return s.onePerson(ctx, "where p.disabled_at is null and p.login = $1", login)
}

func (s *Store) onePerson(ctx context.Context, where string, args ...any) (auth.Person, error) {
	list, err := s.people(ctx, where, args...)
	if err != nil || len(list) == 0 {
		return auth.Person{}, err
	}
	return list[0], nil
}

// LinkSubject joins a person to whom a provider knows; conflict when either is joined already.
func (s *Store) LinkSubject(ctx context.Context, l auth.Linking) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "insert into person_subject (issuer, subject, person_id) values ($1, $2, $3::uuid)", l.Issuer, l.Subject, l.PersonID)
		if err != nil {
			return err
		}
		row := audit.Row{What: "person.link", Object: "person:" + l.PersonID, Why: l.Why, Result: audit.Done}
		return insertAudit(ctx, tx, row)
	})
	if err != nil {
		return fmt.Errorf("link person: %w", classify(err))
	}
	return nil
}

// UnlinkSubject parts a person from the provider; what they opened there ends. Not found when there was no link.
func (s *Store) UnlinkSubject(ctx context.Context, personID, issuer string) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var subject string
		err := tx.QueryRow(ctx, "delete from person_subject where person_id = $1::uuid and issuer = $2 returning subject", personID, issuer).Scan(&subject)
		if errors.Is(err, pgx.ErrNoRows) {
			return fault.NotFound("Người này chưa được nối.")
		}
		if err != nil {
			return err
		}
		if err := endSessions(ctx, tx, personID, "", "unlinked"); err != nil {
			return err
		}
		return insertAudit(ctx, tx, audit.Row{What: "person.link", Object: "person:" + personID, Why: "unlinked", Result: audit.Done})
	})
	if err != nil {
		return fmt.Errorf("unlink person: %w", classify(err))
	}
	return nil
}
