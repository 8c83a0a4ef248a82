-- Alarms: their types with every change of them, each alarm with its timeline, and how far readings have been judged.

-- +goose Up
create table alarm_type (
  code    text primary key,
  version bigint not null
);
comment on table alarm_type is 'Which version of a type is in force.';

create table alarm_type_version (
  at            timestamptz not null,
  response_time interval not null,
  version       bigint not null,
  enabled       boolean not null,
  sample        boolean not null,
  code          text not null,
  label         text not null,
  source        text not null,
  priority      text not null constraint alarm_type_priority check (priority in ('high', 'medium', 'low', 'journal')),
  cause         text not null,
  consequence   text not null,
  response      text not null constraint alarm_type_response check (char_length(response) <= 140),
  owner         text not null,
  call_list     text[] not null,
  condition     jsonb not null,
  by            text not null,
  name          text not null default '',
  why           text not null,
  primary key (code, version)
);
comment on table alarm_type_version is 'Each change of a type keeps the whole of it: who, when, why. Append-only.';

create table alarm (
  id             uuid primary key,
  raised_at      timestamptz not null,
  known_at       timestamptz not null,
  changed_at     timestamptz not null,
  again_at       timestamptz,
  acked_at       timestamptz,
  clear_at       timestamptz,
  closed_at      timestamptz,
  gone_at        timestamptz,
  until_at       timestamptz,
  silenced_until timestamptz,
  lat            double precision not null,
  lon            double precision not null,
  value          double precision,
  version        bigint not null constraint alarm_version_grows check (version > 0),
  type_version   bigint not null,
  count          integer not null default 1,
  chattering     boolean not null default false,
  type           text not null,
  origin         text not null,
  source         text not null,
  target         text not null,
  name           text not null,
  kind           text not null default '',
  priority       text not null,
  state          text not null constraint alarm_state check (state in ('unacked', 'acked', 'cleared', 'closed')),
  aside          text not null default '' constraint alarm_aside check (aside in ('', 'shelved', 'suppressed', 'out_of_service')),
  aside_reason   text not null default '',
  division       text not null,
  area           text not null,
  path           text[] not null,
  unit           text not null default '',
  limit_text     text not null default '',
  members        text[] not null default '{}',
  acked_by       text not null default '',
  acked_as       text not null default '',
  incident       text not null default '',
  callout        jsonb not null default '{}',
  machine        jsonb not null default '{}',
  foreign key (type, type_version) references alarm_type_version (code, version),
  constraint alarm_closed check ((state = 'closed') = (closed_at is not null))
) with (fillfactor = 70);
comment on column alarm.raised_at is 'When its condition had held long enough, by the clock of its readings.';
comment on column alarm.known_at is 'When this house knew: latencies of answers count from here.';
comment on column alarm.gone_at is 'When it left the screens, some time after it was closed.';
comment on column alarm.unit is 'Of measure.';
comment on column alarm.machine is 'What its state machine remembers beside the columns, such as since when it calls.';
create unique index alarm_one_open on alarm (type, target) where state <> 'closed';
create index alarm_open on alarm (known_at) where state <> 'closed';
create index alarm_known on alarm (known_at desc, id desc);
create index alarm_changed on alarm (changed_at);
create index alarm_target on alarm (target, known_at desc);
create index alarm_leaving on alarm (closed_at) where state = 'closed' and gone_at is null;

create table alarm_entry (
  at       timestamptz not null,
  until_at timestamptz,
  value    double precision,
  n        bigint not null,
  alarm_id uuid not null references alarm (id),
  act_id   uuid,
  act      text not null,
  from_state text not null default '',
  to_state text not null default '',
  aside    text not null default '',
  actor    text not null default '',
  name     text not null default '',
  role     text not null default '',
  reason   text not null default '',
  text     text not null default '',
  primary key (alarm_id, n)
);
comment on table alarm_entry is 'What happened to an alarm, append-only. Entries of one act on several alarms share act_id.';
create index alarm_entry_at on alarm_entry (at);

create table alarm_checkpoint (
  judged_at  timestamptz not null,
  version    bigint not null,
  sensor_id  integer primary key references sensor (id),
  state      bytea not null
) with (fillfactor = 50);
comment on table alarm_checkpoint is 'Up to which reading a sensor is judged, written with the changes that they made.';
comment on column alarm_checkpoint.version is 'Of reading_latest, as far as it is judged.';

create table alarm_watch (
  only_row boolean primary key default true constraint alarm_watch_one_row check (only_row),
  since    timestamptz,
  heard_at timestamptz,
  term     bigint not null default 0,
  joints   bytea not null default '',
  floods   jsonb not null default '{}'
);
comment on table alarm_watch is 'Who judges: a term that only one process holds, and when it last listened.';
comment on column alarm_watch.since is 'When alarms were first judged here: what was measured before is past.';
comment on column alarm_watch.joints is 'What joined rules remember.';
comment on column alarm_watch.floods is 'Since when each area is flooded, by its code.';
insert into alarm_watch default values;

grant select, insert, update on alarm_type, alarm, alarm_checkpoint to toancanh_app;
grant select, insert on alarm_type_version, alarm_entry to toancanh_app;
grant select, update on alarm_watch to toancanh_app;

-- +goose Down
drop table alarm_watch, alarm_checkpoint, alarm_entry, alarm, alarm_type_version, alarm_type;
