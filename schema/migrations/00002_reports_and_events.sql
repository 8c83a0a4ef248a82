-- Reports, their timelines, the sealed contacts, and the events that announce them.

-- +goose Up
create table report (
  id              uuid primary key,
  received_at     timestamptz not null,
  occurred_at     timestamptz,
  changed_at      timestamptz not null,
  accepted_at     timestamptz,
  assigned_at     timestamptz,
  resolved_at     timestamptz,
  published_at    timestamptz,
  closed_at       timestamptz,
  withdrawn_at    timestamptz,
  paused_at       timestamptz,
  extension_until timestamptz,
  due_accept      timestamptz,
  due_assign      timestamptz,
  due_resolve     timestamptz,
  due_original    timestamptz,
  due_publish     timestamptz,
  due_now         timestamptz,
  ended_at        timestamptz,
  lat             double precision not null,
  lon             double precision not null,
  cell            bigint not null,
  version         bigint not null,
  bounces         integer not null default 0,
  reopens         integer not null default 0,
  rules           integer not null default 1,
  emergency       boolean not null default false,
  place_confirmed boolean not null default false,
  has_contact     boolean not null default false,
  is_open         boolean not null,
  is_excluded     boolean not null default false,
  code            text not null constraint report_code_unique unique,
  origin          text not null constraint report_origin check (origin in ('real', 'simulated', 'replayed', 'imported', 'drill')),
  source          text not null,
  category        text not null,
  status          text not null,
  before_status   text not null default '',
  priority        text not null,
  division        text not null,
  area            text not null,
  path            text[] not null,
  unit            text not null default '',
  parent          text not null default '',
  address         text not null default '',
  description     text not null,
  reason          text not null default '',
  answer          text not null default '',
  public_text     text not null default '',
  folded          text not null default '',
  constraint report_version_grows check (version > 0)
);
comment on column report.due_now is 'The deadline whose clock runs now; null when none does.';
comment on column report.ended_at is 'When it stopped being open; null while it is.';
comment on column report.is_excluded is 'Refused, merged or withdrawn: left out of the rate of reports handled on time.';
comment on column report.cell is 'z20 web-mercator quadkey; the parent at zoom z is cell >> 2*(20-z).';
comment on column report.folded is 'Description, address and code without diacritics, for search.';

create index report_open_received on report (received_at desc) where is_open;
create index report_received on report (received_at desc, id);
create index report_closed on report (closed_at desc) where not is_open and withdrawn_at is null;
create index report_due_now on report (due_now) where is_open;
create index report_due_original on report (due_original) where due_original is not null;

create table report_act (
  report_id   uuid not null references report (id),
  n           bigint not null,
  at          timestamptz not null,
  until       timestamptz,
  act         text not null,
  from_status text not null,
  to_status   text not null,
  actor       text not null,
  unit        text not null default '',
  reason      text not null default '',
  text        text not null default '',
  parent      text not null default '',
  area        text not null default '',
  primary key (report_id, n)
);
comment on table report_act is 'Append-only timeline: the application may not change or delete it.';

create table report_contact (
  report_id  uuid primary key references report (id),
  key_id     text not null,
  sealed     bytea not null,
  created_at timestamptz not null default now()
);
comment on table report_contact is 'AES-256-GCM (nonce first, report id as associated data); the key lies outside the database.';

create table idempotency (
  scope      text not null,
  key        text not null,
  body_hash  bytea not null,
  status     smallint not null,
  answer     text not null,
  created_at timestamptz not null default now(),
  primary key (scope, key)
);
create index idempotency_created on idempotency using brin (created_at);

create sequence event_id_seq;

create table event (
  id       bigint not null default nextval('event_id_seq'),
  day      date not null default (now() at time zone 'UTC')::date,
  at       timestamptz not null,
  version  bigint not null,
  audience text not null,
  kind     text not null,
  thing    text not null,
  purge    boolean not null default false,
  topics   text[] not null,
  data     text,
  primary key (id, day)
) partition by range (day);
comment on table event is 'One row an audience: the payload is stored once, topics name where it is announced.';
create index event_thing on event (thing);

create table outbox (
  event_id bigint primary key,
  day      date not null
);
comment on table outbox is 'Events committed but not yet numbered by the relay. Rows are read whatever order their transactions committed in.';

create table topic_head (
  topic text primary key,
  seq   bigint not null
) with (fillfactor = 50);

create table topic_entry (
  topic    text not null,
  seq      bigint not null,
  event_id bigint not null,
  day      date not null,
  primary key (topic, seq, day)
) partition by range (day);

create table relay (
  only_row       boolean primary key default true constraint relay_one_row check (only_row),
  epoch          text not null,
  term           bigint not null default 0,
  leader         text not null default '',
  lease_until    timestamptz not null default '-infinity',
  leader_pid     integer not null default 0,
  leader_started timestamptz not null default '-infinity',
  cluster        text not null default ''
) with (fillfactor = 50);
comment on column relay.cluster is 'System identifier and timeline last seen; when they differ the epoch is replaced (a restore).';
insert into relay (epoch) values (replace(gen_random_uuid()::text, '-', ''));

create table public_report (
  code          text primary key,
  version       bigint not null,
  category      text not null,
  division      text not null,
  area          text not null,
  path          text[] not null,
  status        text not null,
  is_open       boolean not null,
  received_hour timestamptz not null,
  due_date      date,
  resolved_date date,
  published_at  timestamptz,
  origin        text not null,
  text          text not null default '',
  answer        text not null default ''
);
comment on table public_report is 'The public projection: an allow-list written by view, all that toancanh_public_read may see of reports.';
create index public_report_area on public_report (division, area);
create index public_report_published on public_report (published_at desc) where published_at is not null;

-- +goose StatementBegin
create function keep_partitions(first date, last date) returns void
language plpgsql security definer set search_path = public as $$
declare
  d date;
  name text;
begin
  for d in select generate_series(first, last, interval '1 day')::date loop
    name := 'event_' || to_char(d, 'YYYYMMDD');
    if to_regclass(name) is null then
      execute format('create table %I partition of event for values from (%L) to (%L)', name, d, d + 1);
    end if;
    name := 'topic_entry_' || to_char(d, 'YYYYMMDD');
    if to_regclass(name) is null then
      execute format('create table %I partition of topic_entry for values from (%L) to (%L)', name, d, d + 1);
    end if;
  end loop;
end $$;
-- +goose StatementEnd

-- +goose StatementBegin
create function drop_partitions(parent text, before date) returns integer
language plpgsql security definer set search_path = public as $$
declare
  name text;
  dropped integer := 0;
begin
  if parent not in ('event', 'topic_entry', 'reading', 'reading_5m') then
    raise exception 'partitions of % are not dropped', parent;
  end if;
  for name in
    select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = parent::regclass
      and right(c.relname, 8) ~ '^[0-9]{8}$' and to_date(right(c.relname, 8), 'YYYYMMDD') < before
  loop
    execute format('drop table %I', name);
    dropped := dropped + 1;
  end loop;
  return dropped;
end $$;
-- +goose StatementEnd

-- +goose StatementBegin
create function cluster_identity() returns text
language sql security definer set search_path = pg_catalog as $$
  select (pg_control_system()).system_identifier::text || '/' || (pg_control_checkpoint()).timeline_id::text
$$;
-- +goose StatementEnd

select keep_partitions((now() at time zone 'UTC')::date - 1, (now() at time zone 'UTC')::date + 7);

revoke execute on function keep_partitions(date, date), drop_partitions(text, date), cluster_identity() from public;
grant execute on function keep_partitions(date, date), drop_partitions(text, date), cluster_identity() to toancanh_app;
grant usage on sequence event_id_seq to toancanh_app;
grant select, insert, update on report, event, topic_head, relay to toancanh_app;
grant select, insert on report_act, topic_entry to toancanh_app;
grant select, insert, delete on report_contact, idempotency, outbox to toancanh_app;
grant select, insert, update, delete on public_report to toancanh_app;
grant select on public_report to toancanh_public_read;

-- +goose Down
drop function cluster_identity(), drop_partitions(text, date), keep_partitions(date, date);
drop table public_report, relay, topic_entry, topic_head, outbox, event, idempotency, report_contact, report_act, report;
drop sequence event_id_seq;
