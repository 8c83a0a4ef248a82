package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"toancanh/server/audit"
	"toancanh/server/auth"
	"toancanh/server/fault"
	"toancanh/server/incident"
	"toancanh/server/report"
	"toancanh/server/view"
)

// IncidentDeed is an act on an incident, or the birth of one.
type IncidentDeed struct {
	ID    string          // of the incident; of a birth nothing
	Birth *incident.Birth // begins one, whose number the store gives
	Acts  []incident.Act  // done in this order, all or none
	Task  string          // the task that the acts are about; empty: none, or a new one
	May   func(incident.Incident, incident.Task) error
	File  *IncidentFile
	Tell  func(report.Report) (report.Report, report.Entry, error) // of an update: what each report's sender is told
	Lens  view.Lens
	Now   time.Time
	// Answer is what a repeat of the promise's key gets; Promise is nil without a key.
	Answer  func(incident.Done) (string, error)
	Promise *Promise
}

// IncidentFile is a file whose content is kept already.
type IncidentFile struct {
	incident.Attachment
	Incident string
	At       time.Time
	By       string
	File     string
	Key      auth.Sealed // the key of its file, sealed for its ID
}

// DoIncident locks an incident, does the acts, and keeps its new state with its log, its things, its task, its file, what its
// reporters are told, and its events. A key that is known is answered by its first answer.
func (s *Store) DoIncident(ctx context.Context, d IncidentDeed) (done incident.Done, first Accepted, err error) {
	err = s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		done, first, err = doIncident(ctx, tx, d)
		return err
	})
	if err != nil {
		return incident.Done{}, first, fmt.Errorf("act on incident: %w", classify(taken(err)))
	}
	return done, first, nil
}

// taken says for people that a thing belongs to another incident.
func taken(err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.ConstraintName == "incident_thing_once" {
		return fault.Conflict("Có mục đang thuộc một sự cố khác.").Because("held").Wrap(err)
	}
	return err
}

func doIncident(ctx context.Context, tx pgx.Tx, d IncidentDeed) (done incident.Done, first Accepted, err error) {
	if d.Birth != nil {
		done, err = bear(ctx, tx, d)
	} else {
		done.Incident, err = oneIncident(ctx, tx, d.ID, " for update of i")
	}
	if err != nil {
		return done, first, err
	}
	if d.Task != "" {
		if done.Task, err = oneTask(ctx, tx, d.Task, " for update of t"); err == nil && done.Task.Incident != done.Incident.ID {
			err = errNoTask
		}
		if err != nil {
			return done, first, err
		}
	}
	if d.May != nil {
		if err := d.May(done.Incident, done.Task); err != nil {
			return done, first, err
		}
	}
	if known, err := knownPromise(ctx, tx, d.Promise); err != nil || known.Repeated {
		return done, known, firstError(err, known.Err)
	}
	for _, act := range d.Acts {
		if done, err = oneIncidentAct(ctx, tx, d, done, act); err != nil {
			return done, first, err
		}
	}
	if d.Promise != nil {
		if d.Promise.Answer, err = d.Answer(done); err != nil {
			return done, first, err
		}
		if _, err := keepPromise(ctx, tx, d.Promise); err != nil {
			return done, first, err
		}
	}
	if len(d.Acts) > 0 {
		if err := updateIncident(ctx, tx, done.Incident); err != nil {
			return done, first, err
		}
	}
	units, err := tasksByUnit(ctx, tx, done.Incident.ID)
	if err != nil {
		return done, first, err
	}
	return done, first, insertEvents(ctx, tx, view.IncidentEvents(done.Incident, units), done.Incident.ChangedAt)
}

// knownPromise is the first answer to a key, as far as it is known.
func knownPromise(ctx context.Context, tx pgx.Tx, p *Promise) (Accepted, error) {
	if p == nil {
		return Accepted{}, nil
	}
	var n int
	if err := tx.QueryRow(ctx, "select count(*) from idempotency where scope = $1 and key = $2", p.Scope, p.Key).Scan(&n); err != nil || n == 0 {
		return Accepted{}, err
	}
	return repeat(ctx, tx, p)
}

// bear keeps a new incident.
func bear(ctx context.Context, tx pgx.Tx, d IncidentDeed) (incident.Done, error) {
	b := *d.Birth
	var err error
	if b.ID, err = newID(); err != nil {
		return incident.Done{}, err
	}
	zone := time.UTC
	if d.Lens.Location != nil {
		zone = d.Lens.Location
	}
	b.Year = d.Now.In(zone).Year()
	if err := tx.QueryRow(ctx, `insert into incident_number (year, last) values ($1, 1)
		on conflict (year) do update set last = incident_number.last + 1 returning last`, b.Year).Scan(&b.Number); err != nil {
		return incident.Done{}, err
	}
	i, e, err := incident.New(b, d.Now)
	if err != nil {
		return incident.Done{}, err
	}
	_, err = tx.Exec(ctx, `insert into incident (id, year, number, version, origin, state, family, title, division, area, path, lat, lon, by_rule,
			first_at, last_at, proposed_at, changed_at)
		values ($1::uuid, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`,
		i.ID, i.Year, i.Number, i.Version, i.Origin, string(i.State), string(i.Family), i.Title, i.Division, i.Area, i.Path, i.Point.Lat, i.Point.Lon,
		i.ByRule, i.FirstAt, i.LastAt, i.ProposedAt, i.ChangedAt)
	if err != nil {
		return incident.Done{}, err
	}
	if err := joinThings(ctx, tx, i, e); err != nil {
		return incident.Done{}, err
	}
	return incident.Done{Incident: i, Entry: e}, keepEntry(ctx, tx, i, e)
}

// oneIncidentAct does one act and keeps all of it but the incident's own row.
func oneIncidentAct(ctx context.Context, tx pgx.Tx, d IncidentDeed, before incident.Done, act incident.Act) (incident.Done, error) {
	i := before.Incident
	act.Task = before.Task
	if act.Name == incident.GiveTask {
		task, err := nextTask(ctx, tx, i.ID)
		if err != nil {
			return before, err
		}
		act.Task = task
	}
	done, err := i.Apply(act, d.Now)
	if err == nil && act.Name == incident.Update {
		if act.Told, err = tell(ctx, tx, d, i.Reports); err != nil {
			return before, err
		}
		done, err = i.Apply(act, d.Now)
	}
	if err != nil {
		return before, err
	}
	if err := keepIncidentAct(ctx, tx, d, done); err != nil {
		return before, err
	}
	return done, keepEntry(ctx, tx, done.Incident, done.Entry)
}

// nextTask draws the name and the number of another task.
func nextTask(ctx context.Context, tx pgx.Tx, incidentID string) (incident.Task, error) {
	id, err := newID()
	if err != nil {
		return incident.Task{}, err
	}
	t := incident.Task{ID: id}
	if err := tx.QueryRow(ctx, "select count(*) + 1 from incident_task where incident_id = $1::uuid", incidentID).Scan(&t.N); err != nil {
		return t, err
	}
	if t.N > incident.MostTasks {
		return t, fault.Conflict("Mỗi sự cố có tối đa %d nhiệm vụ.", incident.MostTasks).Because("too_many")
	}
	return t, nil
}

// tell tells the senders of reports, in one order, so that two updates never wait for each other in a ring.
func tell(ctx context.Context, tx pgx.Tx, d IncidentDeed, reports []string) (told incident.Told, err error) {
	for _, id := range slices.Sorted(slices.Values(reports)) {
		r, err := lockReport(ctx, tx, id)
		if err != nil {
			return told, err
		}
		if r.WithdrawnAt != nil {
			told.Left++
			continue
		}
		if _, err := actOn(ctx, tx, Deed{ID: id, Lens: d.Lens, Decide: d.Tell}); err != nil {
			return told, err
		}
		told.Reports++
	}
	err = tx.QueryRow(ctx, `select count(*) from mail_follower f join report r on r.id = f.report_id
		where f.report_id = any($1::text[]::uuid[]) and f.confirmed_at is not null and r.withdrawn_at is null`, reports).Scan(&told.Mails)
	return told, err
}

// keepIncidentAct keeps what an act made beside the incident and its log.
func keepIncidentAct(ctx context.Context, tx pgx.Tx, d IncidentDeed, done incident.Done) error {
	i, e := done.Incident, done.Entry
	switch e.Act {
	case incident.Grow, incident.Join:
		return joinThings(ctx, tx, i, e)
	case incident.Leave:
		return leaveThings(ctx, tx, i, e)
	case incident.Dismiss, incident.Close:
		// What a closed incident held may belong to another one later; alarms still name it until they do.
		_, err := tx.Exec(ctx, "update incident_thing set held = false where incident_id = $1::uuid", i.ID)
		if err == nil && e.Act == incident.Dismiss {
			_, err = tx.Exec(ctx, "update alarm set incident = '' where incident = $1", i.ID)
		}
		return err
	case incident.Reopen:
		_, err := tx.Exec(ctx, `update incident_thing t set held = true where t.incident_id = $1::uuid and t.left_at is null
			and not exists (select from incident_thing o where o.kind = t.kind and o.thing = t.thing and o.held)`, i.ID)
		return err
	case incident.GiveTask, incident.AckTask, incident.FinishTask, incident.CancelTask:
		return keepTask(ctx, tx, done.Task)
	case incident.Attach:
		return insertIncidentFile(ctx, tx, *d.File)
	default:
		return nil
	}
}

func joinThings(ctx context.Context, tx pgx.Tx, i incident.Incident, e incident.Entry) error {
	batch := &pgx.Batch{}
	for _, r := range e.Detail.Things {
		batch.Queue(`insert into incident_thing (incident_id, kind, thing, joined_at, n) values ($1::uuid, $2, $3::uuid, $4, $5)
			on conflict (incident_id, kind, thing) do update set joined_at = excluded.joined_at, n = excluded.n, left_at = null, held = true`,
			i.ID, string(r.Kind), r.ID, e.At, e.N)
		if r.Kind == incident.AnAlarm {
			batch.Queue("update alarm set incident = $1 where id = $2::uuid", i.ID, r.ID)
		}
	}
	return tx.SendBatch(ctx, batch).Close()
}

func leaveThings(ctx context.Context, tx pgx.Tx, i incident.Incident, e incident.Entry) error {
	batch := &pgx.Batch{}
	for _, r := range e.Detail.Things {
		batch.Queue("update incident_thing set left_at = $4, held = false where incident_id = $1::uuid and kind = $2 and thing = $3::uuid", i.ID, string(r.Kind), r.ID, e.At)
		if r.Kind == incident.AnAlarm {
			batch.Queue("update alarm set incident = '' where id = $1::uuid and incident = $2", r.ID, i.ID)
		}
	}
	return tx.SendBatch(ctx, batch).Close()
}

func keepTask(ctx context.Context, tx pgx.Tx, t incident.Task) error {
	_, err := tx.Exec(ctx, `insert into incident_task (id, incident_id, n, version, state, unit, text, due, given_at, given_by, given_by_name, given_by_as)
		values ($1::uuid, $2::uuid, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		on conflict (id) do update set version = excluded.version, state = excluded.state, acked_at = $13, acked_by = $14, acked_by_name = $15,
			acked_by_as = $16, ended_at = $17, ended_by = $18, ended_by_name = $19, ended_by_as = $20, result = $21`,
		t.ID, t.Incident, t.N, t.Version, string(t.State), t.Unit, t.Text, t.Due, t.GivenAt, t.GivenBy.ID, t.GivenBy.Name, t.GivenBy.As,
		t.AckedAt, t.AckedBy.ID, t.AckedBy.Name, t.AckedBy.As, t.EndedAt, t.EndedBy.ID, t.EndedBy.Name, t.EndedBy.As, t.Result)
	return err
}

func updateIncident(ctx context.Context, tx pgx.Tx, i incident.Incident) error {
	_, err := tx.Exec(ctx, `update incident set version = $2, state = $3, title = $4, first_at = $5, last_at = $6, opened_at = $7, closed_at = $8,
			changed_at = $9, commander = $10, commander_name = $11, commander_as = $12, reason = $13, closing = $14, tasks_open = $15, tasks_done = $16,
			attachments = $17
		where id = $1::uuid`,
		i.ID, i.Version, string(i.State), i.Title, i.FirstAt, i.LastAt, i.OpenedAt, i.ClosedAt, i.ChangedAt, i.Commander.ID, i.Commander.Name,
		i.Commander.As, i.Reason, i.Closing, i.TasksOpen, i.TasksDone, i.Attachments)
	return err
}

// keepEntry keeps an entry of the log, and what the audit says of it.
func keepEntry(ctx context.Context, tx pgx.Tx, i incident.Incident, e incident.Entry) error {
	_, err := tx.Exec(ctx, `insert into incident_entry (incident_id, n, at, act, by, by_name, by_as, text, reason, detail)
		values ($1::uuid, $2, $3, $4, $5, $6, $7, $8, $9, $10)`, uuid.MustParse(i.ID), e.N, e.At, string(e.Act), e.By.ID, e.By.Name, e.By.As, e.Text, e.Reason, e.Detail)
	if err != nil || e.Act == incident.Grow { // the rule at its work: the log says it
		return err
	}
	return insertAudit(ctx, tx, audit.Row{
		What: "incident." + string(e.Act), Object: "incident:" + i.ID, Why: e.Reason, Result: audit.Done, Detail: detail(map[string]any{"n": e.N, "state": i.State}),
	})
}
