package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"toancanh/schema"
	"toancanh/server/relay"
)

// Seats is where the relay's leader sits: a row with a lease, held by one database session. It opens connections of
// its own, past any pooler, since the seat is the session's.
type Seats struct {
	url  string
	name string // this process, for people reading the row
	disk string // tells one copy of the database's files from another, empty where nobody knows
}

// NewSeats names the database and this process.
func NewSeats(url, name string) *Seats { return &Seats{url: url, name: name} }

// On says which copy of its files the database runs on: another one is a restore, with a past of its own.
func (s *Seats) On(disk string) *Seats {
	return &Seats{url: s.url, name: s.name, disk: disk}
}

type seat struct {
	conn  *pgx.Conn
	term  int64
	epoch string
}

// sqlTakeSeat succeeds when the lease has run out or the session that held it is gone. The epoch is replaced when the
// database is another than when it was last seen: a promotion changes system identifier or timeline, a restored dump the
// number of the database or of the table, restored files the disk.
const sqlTakeSeat = `
	update relay set
		term = term + 1, leader = @name, lease_until = clock_timestamp() + interval '3 seconds',
		leader_pid = pg_backend_pid(),
		leader_started = (select backend_start from pg_stat_activity where pid = pg_backend_pid()),
		epoch = case when cluster in ('', @cluster) then epoch else replace(gen_random_uuid()::text, '-', '') end,
		cluster = @cluster
	where lease_until < clock_timestamp() or not exists (
		select from pg_stat_activity a where a.pid = relay.leader_pid and a.backend_start = relay.leader_started)
	returning term, epoch`

// TakeSeat opens a session and takes the lead, or answers relay.ErrNotLeader.
func (s *Seats) TakeSeat(ctx context.Context) (relay.Seat, error) {
	c, err := pgx.ParseConfig(s.url)
	if err != nil {
		return nil, fmt.Errorf("read database address: %w", err)
	}
	prepare(c, "relay")
	c.RuntimeParams["tcp_user_timeout"] = millis(3 * time.Second)
	c.RuntimeParams["tcp_keepalives_idle"] = "2"
	c.RuntimeParams["tcp_keepalives_interval"] = "1"
	c.RuntimeParams["tcp_keepalives_count"] = "3"
	conn, err := pgx.ConnectConfig(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("open relay session: %w", err)
	}
	st := &seat{conn: conn}
	var cluster string
	err = conn.QueryRow(ctx, `
		select concat_ws('/', cluster_identity(), d.oid, 'relay'::regclass::oid, nullif($1::text, ''))
		from pg_database d where d.datname = current_database()`, s.disk).Scan(&cluster)
	if err == nil {
		err = conn.QueryRow(ctx, sqlTakeSeat, pgx.NamedArgs{"name": s.name, "cluster": cluster}).Scan(&st.term, &st.epoch)
	}
	if err != nil {
		st.Close()
		if errors.Is(err, pgx.ErrNoRows) {
			return nil, relay.ErrNotLeader
		}
		return nil, fmt.Errorf("take relay seat: %w", err)
	}
	return st, nil
}

func (s *seat) Term() int64   { return s.term }
func (s *seat) Epoch() string { return s.epoch }

// Close ends the session, and with it the seat.
func (s *seat) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = s.conn.Close(ctx)
}

func (s *seat) Heads(ctx context.Context) (map[string]int64, error) {
	rows, err := s.conn.Query(ctx, "select topic, seq from topic_head")
	if err != nil {
		return nil, fmt.Errorf("read topic heads: %w", err)
	}
	heads := map[string]int64{}
	var topic string
	var seq int64
	_, err = pgx.ForEachRow(rows, []any{&topic, &seq}, func() error { heads[topic] = seq; return nil })
	if err != nil {
		return nil, fmt.Errorf("read topic heads: %w", err)
	}
	return heads, nil
}

func (s *seat) Renew(ctx context.Context) error {
	tag, err := s.conn.Exec(ctx,
		"update relay set lease_until = clock_timestamp() + interval '3 seconds' where term = $1", s.term)
	if err != nil {
		return fmt.Errorf("renew relay lease: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return relay.ErrNotLeader
	}
	return nil
}

// sqlStamp numbers the waiting events topic by topic. Within a topic numbers follow the events' ids; an event of a
// later version of a thing has the higher id, since the thing's row lock serialises its writers. Each event is read
// once, by its key: were it joined again behind the numbers, whose count the planner cannot foresee, it would read every
// event of two days. For the same reason the rows to delete are handed over as an array.
const sqlStamp = `
	with picked as (
		delete from outbox where event_id = any (array(select event_id from outbox order by event_id limit $1))
		returning event_id, day
	), waiting as materialized (
		select e.id, e.day, e.topics, e.kind, e.thing, e.version, e.at, e.purge, e.data
		from picked p join event e on e.id = p.event_id and e.day = p.day
	), expanded as (
		select t.topic, w.id, w.day, row_number() over (partition by t.topic order by w.id) as k
		from waiting w, unnest(w.topics) as t(topic)
	), counted as (
		select topic, count(*) as n from expanded group by topic order by topic
	), heads as (
		insert into topic_head as h (topic, seq) select topic, n from counted
		on conflict (topic) do update set seq = h.seq + excluded.seq
		returning topic, seq
	), entries as (
		insert into topic_entry (topic, seq, event_id, day)
		select x.topic, h.seq - c.n + x.k, x.id, x.day
		from expanded x join heads h using (topic) join counted c using (topic)
		returning topic, seq, event_id
	)
	select n.topic, n.seq, w.kind, w.thing, w.version, w.at, w.purge, w.data
	from entries n join waiting w on w.id = n.event_id
	order by n.event_id, n.seq`

// Stamp numbers waiting events in one transaction. The relay row is locked and its term compared first: a former
// leader that wakes up late numbers nothing.
func (s *seat) Stamp(ctx context.Context, limit int) ([]schema.Announced, error) {
	var waiting bool
	if err := s.conn.QueryRow(ctx, "select exists (select from outbox)").Scan(&waiting); err != nil {
		return nil, fmt.Errorf("look into outbox: %w", err)
	}
	if !waiting {
		return nil, nil
	}
	var events []schema.Announced
	err := pgx.BeginFunc(ctx, s.conn, func(tx pgx.Tx) error {
		var term int64
		if err := tx.QueryRow(ctx, "select term from relay for update").Scan(&term); err != nil {
			return fmt.Errorf("lock relay row: %w", err)
		}
		if term != s.term {
			return relay.ErrNotLeader
		}
		rows, err := tx.Query(ctx, sqlStamp, limit)
		if err != nil {
			return fmt.Errorf("number events: %w", err)
		}
		events, err = pgx.CollectRows(rows, scanAnnounced)
		return err
	})
	if err != nil {
		return nil, err
	}
	return events, nil
}

func scanAnnounced(row pgx.CollectableRow) (schema.Announced, error) {
	var a schema.Announced
	var data *string
	err := row.Scan(&a.Topic, &a.Seq, &a.Kind, &a.ID, &a.Version, &a.At, &a.Purge, &data)
	if data != nil {
		a.Data = []byte(*data)
	}
	a.At = a.At.UTC()
	return a, err
}
