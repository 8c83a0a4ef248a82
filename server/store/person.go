package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"toancanh/server/access"
	"toancanh/server/audit"
	"toancanh/server/auth"
	"toancanh/server/fault"
)

// personColumns are read by personDest; the table is named p.
const personColumns = `p.id::text, p.login, p.name, p.roles, p.units, p.areas, p.version, p.created_at, p.disabled_at,
	exists (select from credential c where c.person_id = p.id), exists (select from totp t where t.person_id = p.id and t.confirmed_at is not null),
	exists (select from credential c where c.person_id = p.id and c.pin <> ''), exists (select from person_subject x where x.person_id = p.id)`

func personDest(p *auth.Person) []any {
	return []any{
		&p.ID, &p.Login, &p.Name, &p.Roles, &p.Units, &p.Areas, &p.Version, &p.CreatedAt, &p.DisabledAt, &p.HasSecret, &p.HasFactor,
		&p.HasPIN, &p.HasSubject,
	}
}

func namesOf(roles []access.Role) []string {
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = string(r)
	}
	return names
}

// RolesText is the roles with commas, as the audit keeps them.
func RolesText(roles []access.Role) string { return strings.Join(namesOf(roles), ",") }

func scanPerson(row pgx.CollectableRow) (auth.Person, error) {
	var p auth.Person
	err := row.Scan(personDest(&p)...)
	p.CreatedAt = p.CreatedAt.UTC()
	return p, err
}

var errNoPerson = fault.NotFound("Không có người dùng này.") //nolint:gochecknoglobals // an error value

// Secret is who has a login, and the hashes of what they know; zero when nobody has it or they are disabled.
func (s *Store) Secret(ctx context.Context, login string) (auth.Person, auth.Secrets, error) {
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	rows, err := s.read.Query(ctx, "select "+personColumns+", c.password, c.pin from person p join credential c on c.person_id = p.id where p.login = $1 and p.disabled_at is null", login)
	if err != nil {
		return auth.Person{}, auth.Secrets{}, fmt.Errorf("find login: %w", classify(err))
	}
	var secrets auth.Secrets
	p, err := pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (auth.Person, error) {
		var p auth.Person
		err := row.Scan(append(personDest(&p), &secrets.Password, &secrets.PIN)...)
		return p, err
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return auth.Person{}, auth.Secrets{}, nil
	}
	if err != nil {
		return auth.Person{}, auth.Secrets{}, fmt.Errorf("find login: %w", classify(err))
	}
	return p, secrets, nil
}

// People lists everybody by login.
func (s *Store) People(ctx context.Context) ([]auth.Person, error) {
	return s.people(ctx, "order by p.login")
}

// Person reads one; not found when there is none.
func (s *Store) Person(ctx context.Context, id string) (auth.Person, error) {
	if _, err := uuid.Parse(id); err != nil {
		return auth.Person{}, errNoPerson
	}
	list, err := s.people(ctx, "where p.id = $1::uuid", id)
	if err != nil {
		return auth.Person{}, err
	}
	return firstOr(list, errNoPerson)
}

func (s *Store) people(ctx context.Context, where string, args ...any) ([]auth.Person, error) {
	list, err := collect(ctx, s, scanPerson, "select "+personColumns+" from person p "+where, args...)
	if err != nil {
		return nil, fmt.Errorf("list people: %w", err)
	}
	return list, nil
}

// PersonNames are the names of those principals that are people, by principal: the others are left out.
func (s *Store) PersonNames(ctx context.Context, principals []string) (map[string]string, error) {
	type named struct{ principal, name string }
	list, err := collect(ctx, s, func(row pgx.CollectableRow) (n named, err error) {
		return n, row.Scan(&n.principal, &n.name)
	}, `select 'person:' || id, name from person where id in
		(select substr(x, 8)::uuid from unnest($1::text[]) x where x ~ '^person:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$')`, principals)
	if err != nil {
		return nil, fmt.Errorf("name people: %w", err)
	}
	names := make(map[string]string, len(list))
	for _, n := range list {
		names[n.principal] = n.name
	}
	return names, nil
}

// Invitation is a one-time link as it is kept.
type Invitation struct {
	Hash      []byte
	ExpiresAt time.Time
}

func invite(ctx context.Context, tx pgx.Tx, personID string, i Invitation) error {
	_, err := tx.Exec(ctx, `insert into invitation (person_id, hash, expires_at) values ($1::uuid, $2, $3)
		on conflict (person_id) do update set hash = excluded.hash, expires_at = excluded.expires_at, created_at = now()`,
		personID, i.Hash, i.ExpiresAt)
	return err
}

func insertPerson(ctx context.Context, tx pgx.Tx, p auth.Person) error {
	_, err := tx.Exec(ctx, "insert into person (id, login, name, roles, units, areas) values ($1::uuid, $2, $3, $4, $5, $6)",
		p.ID, p.Login, p.Name, namesOf(p.Roles), filled(p.Units), filled(p.Areas))
	if err != nil {
		return err
	}
	return insertAudit(ctx, tx, audit.Row{What: string(access.ChangePeople), Object: p.Principal(), Result: audit.Done, Detail: detail(rightsOf(p))})
}

// filled is never null in SQL and JSON.
func filled(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func rightsOf(p auth.Person) map[string]any {
	return map[string]any{"roles": namesOf(p.Roles), "units": filled(p.Units), "areas": filled(p.Areas), "disabled": p.DisabledAt != nil}
}

// AddPerson keeps a new person with a one-time link; conflict when the login is taken.
func (s *Store) AddPerson(ctx context.Context, p auth.Person, i Invitation) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := insertPerson(ctx, tx, p); err != nil {
			return err
		}
		return invite(ctx, tx, p.ID, i)
	})
	if err != nil {
		return fmt.Errorf("add person: %w", classify(err))
	}
	return nil
}

// peopleLock serialises changes of who may administer, so that the last administrator cannot vanish between two.
const peopleLock = 0x70656f706c65

// FirstAdministrator makes the first person when there is none, or renews the link of one who never used theirs while
// nobody else can sign in. made is false when the house has its people.
func (s *Store) FirstAdministrator(ctx context.Context, p auth.Person, i Invitation) (made bool, err error) {
	err = s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "select pg_advisory_xact_lock($1)", peopleLock); err != nil {
			return err
		}
		var secrets, people int
		if err := tx.QueryRow(ctx, "select (select count(*) from credential), (select count(*) from person)").Scan(&secrets, &people); err != nil {
			return err
		}
		if secrets > 0 {
			return nil
		}
		id := p.ID
		if people > 0 {
			err := tx.QueryRow(ctx, "select id::text from person where $1 = any(roles) and disabled_at is null order by created_at limit 1",
				string(access.Administrator)).Scan(&id)
			if errors.Is(err, pgx.ErrNoRows) {
				return nil
			}
			if err != nil {
				return err
			}
		} else if err := insertPerson(ctx, tx, p); err != nil {
			return err
		}
		made = true
		return invite(ctx, tx, id, i)
	})
	if err != nil {
		return false, fmt.Errorf("make first administrator: %w", classify(err))
	}
	return made, nil
}

// Settled reports whether anybody has set a password.
func (s *Store) Settled(ctx context.Context) (settled bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	if err := s.read.QueryRow(ctx, "select exists (select from credential)").Scan(&settled); err != nil {
		return false, fmt.Errorf("look for people: %w", classify(err))
	}
	return settled, nil
}

// ChangePerson replaces name, roles, units, areas and whether the person is disabled, when version is still the present
// one. Open sockets close with the rights they had; a disabled person's sessions end. The last administrator stays.
func (s *Store) ChangePerson(ctx context.Context, p auth.Person) (auth.Person, error) {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "select pg_advisory_xact_lock($1)", peopleLock); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, "select "+personColumns+" from person p where p.id = $1::uuid for update of p", p.ID)
		if err != nil {
			return err
		}
		before, err := pgx.CollectExactlyOneRow(rows, scanPerson)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return errNoPerson
		case err != nil:
			return err
		case before.Version != p.Version:
			return fault.Conflict("Người dùng đã được sửa ở nơi khác; xin tải lại.").Because("version")
		}
		_, err = tx.Exec(ctx, `update person set name = $2, roles = $3, units = $4, areas = $5, disabled_at = $6,
			version = version + 1, changed_at = now() where id = $1::uuid`,
			p.ID, p.Name, namesOf(p.Roles), filled(p.Units), filled(p.Areas), p.DisabledAt)
		if err != nil {
			return err
		}
		if slices.Contains(before.Roles, access.Administrator) && before.DisabledAt == nil {
			if err := keepAnAdministrator(ctx, tx); err != nil {
				return err
			}
		}
		if err := closeFor(ctx, tx, p); err != nil {
			return err
		}
		return insertAudit(ctx, tx, audit.Row{
			What: string(access.ChangePeople), Object: p.Principal(), Result: audit.Done,
			Detail: detail(map[string]any{"before": rightsOf(before), "after": rightsOf(p)}),
		})
	})
	if err != nil {
		return p, fmt.Errorf("change person: %w", classify(err))
	}
	return s.Person(ctx, p.ID)
}

func closeFor(ctx context.Context, tx pgx.Tx, p auth.Person) error {
	if p.DisabledAt == nil {
		return renameSessions(ctx, tx, p.ID)
	}
	if _, err := tx.Exec(ctx, "delete from invitation where person_id = $1::uuid", p.ID); err != nil {
		return err
	}
	return endSessions(ctx, tx, p.ID, "", "disabled")
}

func keepAnAdministrator(ctx context.Context, tx pgx.Tx) error {
	var left int
	err := tx.QueryRow(ctx, "select count(*) from person where $1 = any(roles) and disabled_at is null", string(access.Administrator)).Scan(&left)
	if err != nil {
		return err
	}
	if left == 0 {
		return fault.Conflict("Phải còn ít nhất một quản trị hệ thống.").Because("last_administrator")
	}
	return nil
}

// Invite makes a one-time link for a person, in place of an earlier one. With dropFactor the second factor goes too.
func (s *Store) Invite(ctx context.Context, personID string, i Invitation, dropFactor bool) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var able bool
		err := tx.QueryRow(ctx, "select disabled_at is null from person where id = $1::uuid", personID).Scan(&able)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return errNoPerson
		case err != nil:
			return err
		case !able:
			return fault.Conflict("Người dùng đang bị khóa.").Because("disabled")
		}
		if dropFactor {
			batch := &pgx.Batch{}
			batch.Queue("delete from totp where person_id = $1::uuid", personID)
			batch.Queue("delete from recovery_code where person_id = $1::uuid", personID)
			if err := sendBatch(ctx, tx, batch); err != nil {
				return err
			}
			if err := endSessions(ctx, tx, personID, "", "factor_dropped"); err != nil {
				return err
			}
		}
		if err := invite(ctx, tx, personID, i); err != nil {
			return err
		}
		return insertAudit(ctx, tx, audit.Row{
			What: "person.invite", Object: "person:" + personID, Result: audit.Done, Detail: detail(map[string]any{"factor_dropped": dropFactor}),
		})
	})
	if err != nil {
		return fmt.Errorf("invite person: %w", classify(err))
	}
	return nil
}

var errNoInvitation = fault.NotFound("Liên kết này đã dùng hoặc đã hết hạn; xin quản trị viên cấp liên kết mới.").Because("invitation") //nolint:gochecknoglobals // an error value

const invited = "exists (select from invitation i where i.person_id = p.id and i.hash = $1 and i.expires_at > $2) and p.disabled_at is null"

// Invited is whom a one-time link was made for.
func (s *Store) Invited(ctx context.Context, hash []byte, now time.Time) (auth.Person, error) {
	list, err := s.people(ctx, "where "+invited, hash, now)
	if err == nil && len(list) == 0 {
		err = errNoInvitation
	}
	if err != nil {
		return auth.Person{}, err
	}
	return list[0], nil
}

// TakeInvitation uses a one-time link up and sets the password; the person's sessions end.
func (s *Store) TakeInvitation(ctx context.Context, hash []byte, now time.Time, phc string) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var id string
		err := tx.QueryRow(ctx, "delete from invitation where hash = $1 and expires_at > $2 returning person_id::text", hash, now).Scan(&id)
		if errors.Is(err, pgx.ErrNoRows) {
			return errNoInvitation
		}
		if err != nil {
			return err
		}
		if err := setPassword(ctx, tx, id, phc, ""); err != nil {
			return err
		}
		a := audit.AuthorOf(ctx)
		a.Who = "person:" + id
		return insertAudit(ctx, tx, audit.Row{Author: a, What: "session.password", Object: "person:" + id, Why: "invitation", Result: audit.Done})
	})
	if err != nil {
		return fmt.Errorf("take invitation: %w", classify(err))
	}
	return nil
}

func setPassword(ctx context.Context, tx pgx.Tx, personID, phc, keepSession string) error {
	_, err := tx.Exec(ctx, `insert into credential (person_id, password) values ($1::uuid, $2)
		on conflict (person_id) do update set password = excluded.password, pin = '', changed_at = now()`, personID, phc)
	if err != nil {
		return err
	}
	return endSessions(ctx, tx, personID, keepSession, "password")
}

// SetPassword sets a person's password; their sessions but one end.
func (s *Store) SetPassword(ctx context.Context, personID, phc, keepSession string) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := setPassword(ctx, tx, personID, phc, keepSession); err != nil {
			return err
		}
		return insertAudit(ctx, tx, audit.Row{What: "session.password", Object: "person:" + personID, Result: audit.Done})
	})
	if err != nil {
		return fmt.Errorf("set password: %w", classify(err))
	}
	return nil
}

// Commanders lists the people who may command an incident somewhere, by name.
func (s *Store) Commanders(ctx context.Context) ([]auth.Person, error) {
	return s.people(ctx, "where p.disabled_at is null and p.roles && $1 order by p.name, p.id", []string{string(access.ShiftLead), string(access.Operator)})
}
