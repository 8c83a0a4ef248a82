package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"toancanh/server/alarm"
	"toancanh/server/duty"
)

// openRounds are the endings with which a round still waits for an answer; endedRounds those after which another may begin.
const (
	openRounds  = "('', 'exhausted')"
	endedRounds = "('taken', 'stopped')"
)

// unanswered says that people are to be called for alarm a.
const unanswered = "a.state = 'unacked' and a.aside = '' and a.priority <> 'journal'"

// keptStep is a step as it is kept.
type keptStep struct {
	After    int           `json:"after"` // seconds
	Position duty.Position `json:"position"`
}

func keepSteps(steps []duty.Step) []byte {
	kept := make([]keptStep, len(steps))
	for i, s := range steps {
		kept[i] = keptStep{int(s.After.Seconds()), s.Position}
	}
	raw, err := json.Marshal(kept)
	if err != nil {
		panic(fmt.Sprintf("encode steps: %v", err)) // numbers and words
	}
	return raw
}

// BeginCallouts begins a round for every alarm that nobody takes and that has none, at most so many and the high ones first.
// The clock of an alarm's first round began when the house knew of it; one that came back unanswered begins anew.
func (s *Store) BeginCallouts(ctx context.Context, now time.Time, ladder duty.Ladder, most int) (begun int, err error) {
	type wanted struct {
		ID       string
		Priority alarm.Priority
		KnownAt  time.Time
		CallList []string
		Owner    string
		Again    bool
	}
	err = s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select a.id::text, a.priority, a.known_at, t.call_list, t.owner, c.alarm is not null
			from alarm a join alarm_type_version t on t.code = a.type and t.version = a.type_version left join callout c on c.alarm = a.id
			where `+unanswered+` and (c.alarm is null or c.over in `+endedRounds+`)
			order by a.priority <> 'high', a.known_at limit $1`, most)
		if err != nil {
			return err
		}
		list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[wanted])
		if err != nil || len(list) == 0 {
			return err
		}
		batch := &pgx.Batch{}
		for _, w := range list {
			since := w.KnownAt.UTC()
			if w.Again {
				since = now
			}
			r := duty.NewRound(since, ladder.Steps(w.Priority, duty.CallList(w.CallList)))
			batch.Queue(`insert into callout as c (alarm, since, step_at, wake_at, priority, owner, steps) values ($1, $2, $3, $4, $5, $6, $7)
				on conflict (alarm) do update set since = $2, step_at = $3, wake_at = $4, priority = $5, owner = $6, steps = $7, begun_at = now(),
					round = c.round + 1, begun = 0, over = '', ended_at = null, version = c.version + 1 where c.over in `+endedRounds,
				w.ID, r.Since, r.StepAt, r.WakeAt, w.Priority, w.Owner, keepSteps(r.Steps))
		}
		begun = len(list)
		return sendBatch(ctx, tx, batch)
	})
	if err != nil {
		return 0, fmt.Errorf("begin callouts: %w", classify(err))
	}
	return begun, nil
}

// EndCallouts ends the rounds of alarms that somebody took, that went away or were put aside. What was not called yet is not
// called any more; a call that was begun by a process that is gone is said to have been interrupted.
func (s *Store) EndCallouts(ctx context.Context, now, abandoned time.Time) (ended int, err error) {
	err = s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `update callout c set over = case when a.acked_at is not null then 'taken' else 'stopped' end,
			step_at = null, wake_at = null, ended_at = $1, version = c.version + 1
			from alarm a where a.id = c.alarm and c.over in `+openRounds+` and not (`+unanswered+`)`, now)
		if err != nil {
			return err
		}
		ended = int(tag.RowsAffected())
		if ended > 0 {
			_, err = tx.Exec(ctx, `delete from callout_call d using callout c where c.alarm = d.alarm and c.over in `+endedRounds+`
				and (d.result = 'planned' or d.result = 'due' and d.claimed_at is null)`)
			if err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, `update callout_call d set result = 'failed', reason = 'interrupted', failed_at = $1 from callout c
			where c.alarm = d.alarm and c.over in `+endedRounds+` and d.result = 'due' and d.claimed_at < $2`, now, abandoned)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("end callouts: %w", classify(err))
	}
	return ended, nil
}

// DueCallouts are the alarms whose rounds are to be walked, the high ones first.
func (s *Store) DueCallouts(ctx context.Context, now time.Time, most int) ([]string, error) {
	list, err := collect(ctx, s, pgx.RowTo[string], `select alarm::text from callout where wake_at <= $1
		order by priority <> 'high', wake_at limit $2`, now, most)
	if err != nil {
		return nil, fmt.Errorf("list due callouts: %w", err)
	}
	return list, nil
}

// Cast says whom a step calls; owner is the unit of the alarm's type.
type Cast func(owner string, step int, position duty.Position) []duty.Call

// WalkCallout brings the round of an alarm to now: what is due then, and that it is, is one transaction. A round that was
// walked or ended meanwhile stays as it is.
func (s *Store) WalkCallout(ctx context.Context, id string, now time.Time, cast Cast) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var r duty.Round
		var n int
		var owner string
		var steps []byte
		err := tx.QueryRow(ctx, `select round, since, step_at, begun, over, owner, steps from callout
			where alarm = $1 and wake_at <= $2 for update`, id, now).Scan(&n, &r.Since, &r.StepAt, &r.Begun, &r.Over, &owner, &steps)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		if r.Steps, err = readSteps(steps); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `select id::text, step, chain, link, position, coalesce(person::text, ''), channel, result, reason, wait_until
			from callout_call where alarm = $1 and round = $2 order by step, chain, link`, id, n)
		if err != nil {
			return err
		}
		calls, err := pgx.CollectRows(rows, pgx.RowToStructByPos[walkedCall])
		if err != nil {
			return err
		}
		before := make([]duty.Call, len(calls))
		for i, c := range calls {
			before[i] = c.call()
		}
		r, after := r.Walk(before, now, func(step int, position duty.Position) []duty.Call { return cast(owner, step, position) })
		batch := &pgx.Batch{}
		for i, c := range after {
			switch {
			case c.ID == "":
				batch.Queue(`insert into callout_call (id, alarm, round, step, chain, link, position, person, channel, result, reason, made_at, failed_at)
					values ($1, $2, $3, $4, $5, $6, $7, nullif($8, '')::uuid, $9, $10::text, $11, $12::timestamptz, case when $10::text = 'failed' then $12::timestamptz end)`,
					uuid.NewString(), id, n, c.Step, c.Chain, c.Link, c.Position, c.Person, c.Channel, c.Result, c.Reason, now)
			case c.Result != before[i].Result:
				batch.Queue("update callout_call set result = $2, made_at = $3 where id = $1", c.ID, c.Result, now)
			}
		}
		batch.Queue(`update callout set begun = $2, step_at = $3, wake_at = $4, over = $5, version = version + 1 where alarm = $1`,
			id, r.Begun, r.StepAt, r.WakeAt, r.Over)
		return sendBatch(ctx, tx, batch)
	})
	if err != nil {
		return fmt.Errorf("walk callout of alarm %s: %w", id, classify(err))
	}
	return nil
}

// walkedCall is a call as far as walking needs it.
type walkedCall struct {
	ID                string
	Step, Chain, Link int
	Position          duty.Position
	Person            string
	Channel           duty.Channel
	Result            duty.Result
	Reason            string
	WaitUntil         *time.Time
}

func (w walkedCall) call() duty.Call {
	return duty.Call{
		ID: w.ID, Step: w.Step, Chain: w.Chain, Link: w.Link, Position: w.Position, Person: w.Person, Channel: w.Channel,
		Result: w.Result, Reason: w.Reason, WaitUntil: w.WaitUntil,
	}
}

func readSteps(raw []byte) ([]duty.Step, error) {
	var kept []keptStep
	if err := json.Unmarshal(raw, &kept); err != nil {
		return nil, fmt.Errorf("read steps: %w", err)
	}
	steps := make([]duty.Step, len(kept))
	for i, k := range kept {
		steps[i] = duty.Step{After: time.Duration(k.After) * time.Second, Position: k.Position}
	}
	return steps, nil
}

// UntoldCallout is how far calling has come of which the alarm has not been told.
type UntoldCallout struct {
	Alarm   string
	Version int64
	Now     alarm.Callout
	Changed bool // from what it was told last
}

// UntoldCallouts are the callouts that moved since their alarm was told, the high ones first.
func (s *Store) UntoldCallouts(ctx context.Context, most int) ([]UntoldCallout, error) {
	list, err := collect(ctx, s, scanUntold, `select c.alarm::text, c.version, c.over, c.begun, c.shown, coalesce(l.position, ''), coalesce(l.channel, ''),
			coalesce(l.result, ''), l.at
		from callout c left join lateral (
			select position, channel, result, coalesce(delivered_at, failed_at, sent_at, made_at) as at from callout_call k
			where k.alarm = c.alarm and k.round = c.round and k.result <> 'planned' order by k.step desc, k.made_at desc, k.link desc, k.chain limit 1
		) l on true
		where c.told < c.version order by c.priority <> 'high', c.alarm limit $1`, most)
	if err != nil {
		return nil, fmt.Errorf("list untold callouts: %w", err)
	}
	return list, nil
}

func scanUntold(row pgx.CollectableRow) (UntoldCallout, error) {
	var u UntoldCallout
	var r duty.Round
	var result duty.Result
	var shown []byte
	err := row.Scan(&u.Alarm, &u.Version, &r.Over, &r.Begun, &shown, &u.Now.To, &u.Now.Channel, &result, &u.Now.At)
	if err != nil {
		return u, err
	}
	if u.Now.State = r.State(); u.Now.State == "" || r.Begun == 0 {
		u.Now = alarm.Callout{} // nobody was called, or nobody has to be any more
	} else {
		u.Now.Step = r.Begun
		if u.Now.At != nil {
			at := u.Now.At.UTC()
			u.Now.At = &at
		}
		if result == duty.Sent || result == duty.Delivered || result == duty.Failed {
			u.Now.Result = string(result)
		}
	}
	var before alarm.Callout
	if err := json.Unmarshal(shown, &before); err != nil {
		return u, fmt.Errorf("read what was shown of a callout: %w", err)
	}
	u.Changed = !sameCallout(before, u.Now)
	return u, nil
}

func sameCallout(a, b alarm.Callout) bool {
	at := func(t *time.Time) int64 {
		if t == nil {
			return 0
		}
		return t.UnixMicro()
	}
	return a.State == b.State && a.Step == b.Step && a.To == b.To && a.Channel == b.Channel && a.Result == b.Result && at(a.At) == at(b.At)
}

// ToldCallout notes that an alarm was told how far calling has come.
func (s *Store) ToldCallout(ctx context.Context, u UntoldCallout) error {
	raw, err := json.Marshal(u.Now)
	if err != nil {
		return fmt.Errorf("encode callout: %w", err)
	}
	err = s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "update callout set told = greatest(told, $2), shown = $3 where alarm = $1", u.Alarm, u.Version, raw)
		return err
	})
	if err != nil {
		return fmt.Errorf("note that alarm %s was told: %w", u.Alarm, classify(err))
	}
	return nil
}
