package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"toancanh/server/access"
	"toancanh/server/alarm"
	"toancanh/server/audit"
	"toancanh/server/duty"
	"toancanh/server/fault"
)

// CallToMake is a call that is due.
type CallToMake struct {
	ID       string
	Person   string
	Channel  duty.Channel
	Position duty.Position
	Test     string // id of the contact test; empty when it is for an alarm
	Alarm    string // id
	Label    string // of its type
	Name     string // of its target; empty when that is a report
	Priority alarm.Priority
	Origin   string
	Division string
	Area     string
	KnownAt  time.Time
}

// Claim asks for calls to make.
type Claim struct {
	Now       time.Time
	Abandoned time.Time // a call claimed before is free again: who claimed it is gone
	// Rested keeps a person from one message after the other by one channel: what comes up meanwhile goes into the next.
	// Tests do not wait.
	Rested time.Time
	Most   int
	// Token draws the hash of a message's secret; calls of one person by one channel go into one message.
	Token func(person string, channel duty.Channel) ([]byte, error)
}

// ClaimCalls takes calls that are due, the high ones first, so that nobody else makes them meanwhile.
func (s *Store) ClaimCalls(ctx context.Context, c Claim) ([]CallToMake, error) {
	var list []CallToMake
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select k.id::text, k.person::text, k.channel, k.position, coalesce(k.test::text, ''), coalesce(k.alarm::text, ''),
				coalesce(t.label, ''), case when a.source = 'report' then '' else coalesce(a.name, '') end, coalesce(a.priority, ''), coalesce(a.origin, ''), coalesce(a.division, ''), coalesce(a.area, ''),
				coalesce(a.known_at, k.made_at)
			from callout_call k left join callout c on c.alarm = k.alarm left join alarm a on a.id = k.alarm
				left join alarm_type_version t on t.code = a.type and t.version = a.type_version
			where k.result = 'due' and (k.claimed_at is null or k.claimed_at < $1)
				and (k.test is not null or c.over in `+openRounds+` and c.round = k.round and not exists (
					select from callout_call p where p.person = k.person and p.channel = k.channel and p.id <> k.id and p.alarm is not null and p.claimed_at > $2))
			order by a.priority is distinct from 'high', k.made_at, k.id limit $3 for update of k skip locked`, c.Abandoned, c.Rested, c.Most)
		if err != nil {
			return err
		}
		if list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[CallToMake]); err != nil {
			return err
		}
		batch := &pgx.Batch{}
		for i, k := range list {
			list[i].KnownAt = k.KnownAt.UTC()
			hash, err := c.Token(k.Person, k.Channel)
			if err != nil {
				return err
			}
			batch.Queue("update callout_call set claimed_at = $2, token_hash = $3 where id = $1", k.ID, c.Now, hash)
		}
		return sendBatch(ctx, tx, batch)
	})
	if err != nil {
		return nil, fmt.Errorf("claim calls: %w", classify(err))
	}
	return list, nil
}

// CallSettled is what became of calls that were made in one message.
type CallSettled struct {
	IDs       []string
	Result    duty.Result // sent, delivered or failed
	Reason    string
	WaitUntil *time.Time
}

// SettleCalls keeps what became of calls, and has their rounds walked. A sign that came sooner than the answer stands.
func (s *Store) SettleCalls(ctx context.Context, c CallSettled, now time.Time) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `update callout_call set result = $2::text, reason = $3, wait_until = $4,
			sent_at = case when $2::text <> 'failed' then $5::timestamptz else sent_at end,
			delivered_at = case when $2::text = 'delivered' then $5::timestamptz else delivered_at end,
			failed_at = case when $2::text = 'failed' then $5::timestamptz else failed_at end
			where id = any($1::uuid[]) and result = 'due'`, c.IDs, c.Result, c.Reason, c.WaitUntil, now)
		if err != nil {
			return err
		}
		return wake(ctx, tx, c.IDs, now)
	})
	if err != nil {
		return fmt.Errorf("settle calls: %w", classify(err))
	}
	return nil
}

// wake has the rounds of calls walked, and their alarms told.
func wake(ctx context.Context, tx pgx.Tx, calls []string, now time.Time) error {
	_, err := tx.Exec(ctx, `update callout c set version = version + 1, wake_at = case when c.over = '' then $2 else c.wake_at end
		where c.alarm in (select k.alarm from callout_call k where k.id = any($1::uuid[]))`, calls, now)
	return err
}

// errNoCall says that a secret or an id belongs to no call.
//
//nolint:gochecknoglobals // an error value
var errNoCall = fault.NotFound("Tin gọi này đã hết hạn hoặc không có.")

// tokensLive is how long the secret of a message may be used.
const tokensLive = 24 * time.Hour

// Arrival is a sign from a person's device.
type Arrival struct {
	TokenHash []byte
	Answered  bool // the person opened it
	Now       time.Time
}

// CallArrived keeps that a message arrived, and whether the person opened it; again it changes nothing. It says whether
// it was a test.
func (s *Store) CallArrived(ctx context.Context, a Arrival) (test bool, err error) {
	err = s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `update callout_call set result = 'delivered', reason = '', delivered_at = coalesce(delivered_at, $2::timestamptz),
				sent_at = coalesce(sent_at, claimed_at), answered_at = case when $3 then coalesce(answered_at, $2::timestamptz) else answered_at end
			where token_hash = $1 and claimed_at > $4 returning id::text, test is not null, person::text, channel`,
			a.TokenHash, a.Now, a.Answered, a.Now.Add(-tokensLive))
		if err != nil {
			return err
		}
		var ids []string
		var id, person, channel string
		if _, err := pgx.ForEachRow(rows, []any{&id, &test, &person, &channel}, func() error { ids = append(ids, id); return nil }); err != nil {
			return err
		}
		if len(ids) == 0 {
			return errNoCall
		}
		if _, err := tx.Exec(ctx, "update duty_way set reached_at = $3, problem = '' where person = $1 and channel = $2", person, channel, a.Now); err != nil {
			return err
		}
		return wake(ctx, tx, ids, a.Now)
	})
	if err != nil {
		return false, fmt.Errorf("note that a call arrived: %w", classify(err))
	}
	return test, nil
}

// CallReport is what the gateway for short messages says later of one that it took.
type CallReport struct {
	ID        string // of the call that the message was named after
	Delivered bool
	Reason    string
	Now       time.Time
}

// ReportCall keeps what the gateway says: a message that did not arrive has failed. All calls of the message share it.
func (s *Store) ReportCall(ctx context.Context, r CallReport) error {
	if _, err := uuid.Parse(r.ID); err != nil {
		return errNoCall
	}
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `update callout_call set
				result = case when $2 then 'delivered' else 'failed' end, reason = $3,
				delivered_at = case when $2 then coalesce(delivered_at, $4::timestamptz) else delivered_at end,
				failed_at = case when $2 then failed_at else $4::timestamptz end
			where token_hash = (select token_hash from callout_call where id = $1) and channel = 'sms' and claimed_at > $5
				and (result in ('due', 'sent') or $2 and result = 'failed') returning id::text`,
			r.ID, r.Delivered, r.Reason, r.Now, r.Now.Add(-tokensLive))
		if err != nil {
			return err
		}
		ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil || len(ids) == 0 {
			return err // told before: it stays as it is
		}
		return wake(ctx, tx, ids, r.Now)
	})
	if err != nil {
		return fmt.Errorf("keep the gateway's report: %w", classify(err))
	}
	return nil
}

// Call is an attempt to reach somebody, as it is shown.
type Call struct {
	ID          string
	Round       int
	Step        int
	Position    duty.Position
	Person      string // id; empty when nobody held the position
	Name        string // of the person
	Channel     duty.Channel
	Result      duty.Result
	Reason      string
	MadeAt      time.Time
	SentAt      *time.Time
	DeliveredAt *time.Time
	FailedAt    *time.Time
	AnsweredAt  *time.Time
}

const callColumns = `k.id::text, k.round, k.step, k.position, coalesce(k.person::text, ''), coalesce(p.name, ''), k.channel, k.result, k.reason,
	k.made_at, k.sent_at, k.delivered_at, k.failed_at, k.answered_at`

func scanCall(row pgx.CollectableRow) (Call, error) {
	c, err := pgx.RowToStructByPos[Call](row)
	c.MadeAt = c.MadeAt.UTC()
	for _, at := range []*time.Time{c.SentAt, c.DeliveredAt, c.FailedAt, c.AnsweredAt} {
		if at != nil {
			*at = at.UTC()
		}
	}
	return c, err
}

// mostCalls bounds the calls of one answer.
const mostCalls = 1000

// Calls are the attempts to reach somebody for an alarm, in their order; those that are only planned are left out.
func (s *Store) Calls(ctx context.Context, alarmID string) ([]Call, error) {
	list, err := collect(ctx, s, scanCall, "select "+callColumns+` from callout_call k left join person p on p.id = k.person
		where k.alarm = $1 and k.result <> 'planned' order by k.round, k.made_at, k.step, k.chain, k.link limit $2`, alarmID, mostCalls)
	if err != nil {
		return nil, fmt.Errorf("list calls: %w", err)
	}
	return list, nil
}

// AlarmPlace is where an alarm lies.
func (s *Store) AlarmPlace(ctx context.Context, id string) (access.Place, error) {
	errNone := fault.NotFound("Không có cảnh báo này.")
	if _, err := uuid.Parse(id); err != nil {
		return access.Place{}, errNone
	}
	list, err := collect(ctx, s, pgx.RowToStructByPos[access.Place], "select division, path from alarm where id = $1", id)
	if err != nil {
		return access.Place{}, fmt.Errorf("find alarm: %w", err)
	}
	return firstOr(list, errNone)
}

// ContactTest is one test of whether everybody on duty can be reached, with what became of it so far.
type ContactTest struct {
	ID     string
	MadeAt time.Time
	By     string // principal
	Name   string // of who made it
	Own    bool   // they asked only themselves
	Calls  []Call
}

// testEvery is how soon after a contact test another may be made.
const testEvery = time.Minute

// AddContactTest keeps a test with its calls, which are due at once.
func (s *Store) AddContactTest(ctx context.Context, t ContactTest, calls []duty.Call) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `insert into contact_test (id, made_at, made_by, name, own) select $1::uuid, $2::timestamptz, $3::text, $4, $5::boolean
			where not exists (select from contact_test where made_at > $6 and own = $5::boolean and (not own or made_by = $3::text))`,
			t.ID, t.MadeAt, t.By, t.Name, t.Own, t.MadeAt.Add(-testEvery))
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return fault.Conflict("Vừa có một lần thử liên lạc chưa đầy một phút trước.").Because("too_soon")
		}
		batch := &pgx.Batch{}
		for _, c := range calls {
			batch.Queue(`insert into callout_call (id, test, position, person, channel, result, reason, made_at, failed_at)
				values ($1, $2, $3, nullif($4, '')::uuid, $5, $6::text, $7, $8::timestamptz, case when $6::text = 'failed' then $8::timestamptz end)`,
				uuid.NewString(), t.ID, c.Position, c.Person, c.Channel, c.Result, c.Reason, t.MadeAt)
		}
		if err := sendBatch(ctx, tx, batch); err != nil {
			return err
		}
		return insertAudit(ctx, tx, audit.Row{
			What: string(access.TestContact), Object: "contact_test:" + t.ID, Why: "made", Result: audit.Done, Detail: detail(map[string]any{"calls": len(calls)}),
		})
	})
	if err != nil {
		return fmt.Errorf("add contact test: %w", classify(err))
	}
	return nil
}

var errNoTest = fault.NotFound("Chưa có lần thử liên lạc nào.") //nolint:gochecknoglobals // an error value

// ContactTest reads a test with its calls.
func (s *Store) ContactTest(ctx context.Context, id string) (ContactTest, error) {
	if _, err := uuid.Parse(id); err != nil {
		return ContactTest{}, errNoTest
	}
	return s.contactTest(ctx, "where id = $1", id)
}

// LastContactTest is the newest test of everybody on duty with its calls; not found when there was none.
func (s *Store) LastContactTest(ctx context.Context) (ContactTest, error) {
	return s.contactTest(ctx, "where not own order by made_at desc limit 1")
}

func (s *Store) contactTest(ctx context.Context, which string, args ...any) (ContactTest, error) {
	var t ContactTest
	err := s.inSnapshot(ctx, func(ctx context.Context, tx pgx.Tx) error {
		err := tx.QueryRow(ctx, "select id::text, made_at, made_by, name, own from contact_test "+which, args...).Scan(&t.ID, &t.MadeAt, &t.By, &t.Name, &t.Own)
		if errors.Is(err, pgx.ErrNoRows) {
			return errNoTest
		}
		if err != nil {
			return err
		}
		t.MadeAt = t.MadeAt.UTC()
		rows, err := tx.Query(ctx, "select "+callColumns+` from callout_call k left join person p on p.id = k.person
			where k.test = $1 order by k.position, p.name, k.person, k.channel limit $2`, t.ID, mostCalls)
		if err != nil {
			return err
		}
		t.Calls, err = pgx.CollectRows(rows, scanCall)
		return err
	})
	if err != nil {
		return ContactTest{}, fmt.Errorf("read contact test: %w", classify(err))
	}
	return t, nil
}
