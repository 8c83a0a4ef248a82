-- Incidents: what is one happening among alarms and reports, who commands it, and what was done about it.

-- +goose Up
create table incident_number (
  year integer primary key,
  last integer not null
) with (fillfactor = 50);
comment on table incident_number is 'The last number given in a year; raised in the transaction of its incident, so that none is left out.';

create table incident (
  proposed_at    timestamptz not null,
  changed_at     timestamptz not null,
  first_at       timestamptz not null,
  last_at        timestamptz not null,
  opened_at      timestamptz,
  closed_at      timestamptz,
  lat            double precision not null,
  lon            double precision not null,
  version        bigint not null,
  year           integer not null,
  number         integer not null,
  tasks_open     integer not null default 0,
  tasks_done     integer not null default 0,
  attachments    integer not null default 0,
  by_rule        boolean not null,
  id             uuid primary key,
  origin         text not null,
  state          text not null constraint incident_state check (state in ('proposed', 'open', 'closed', 'dismissed')),
  family         text not null,
  title          text not null,
  division       text not null,
  area           text not null,
  path           text[] not null,
  commander      text not null default '',
  commander_name text not null default '',
  commander_as   text not null default '',
  reason         text not null default '',
  closing        text not null default '',
  constraint incident_number_once unique (year, number),
  constraint incident_closed_with_words check (state <> 'closed' or closing <> ''),
  constraint incident_dismissed_with_words check (state <> 'dismissed' or reason <> '')
);
comment on table incident is 'A happening that the room answers as one. Its log holds every version.';
comment on column incident.family is 'What kind of happening: things of one family may be one incident.';
comment on column incident.commander_as is 'The commander''s role, which is all a screen names.';
create index incident_live on incident (proposed_at desc, id desc) where state in ('proposed', 'open');
create index incident_proposed on incident (proposed_at desc, id desc);

create table incident_thing (
  joined_at   timestamptz not null,
  left_at     timestamptz,
  n           bigint not null,
  held        boolean not null default true,
  incident_id uuid not null references incident (id),
  kind        text not null constraint incident_thing_kind check (kind in ('alarm', 'report')),
  thing       uuid not null,
  primary key (incident_id, kind, thing),
  constraint incident_thing_left check (left_at is null or not held)
);
comment on table incident_thing is 'The alarms and reports of an incident, also those that left it. None was ever removed.';
comment on column incident_thing.held is 'It belongs to a live incident: no other may have it.';
comment on column incident_thing.n is 'The entry that joined it last.';
create unique index incident_thing_once on incident_thing (kind, thing) where held;
create index incident_thing_of on incident_thing (thing);

create table incident_entry (
  at          timestamptz not null,
  n           bigint not null,
  incident_id uuid not null references incident (id),
  act         text not null,
  by          text not null,
  by_name     text not null,
  by_as       text not null,
  text        text not null,
  reason      text not null,
  detail      jsonb not null,
  primary key (incident_id, n)
);
comment on table incident_entry is 'Append-only log: the application may not change or delete it.';

create table incident_task (
  given_at      timestamptz not null,
  due           timestamptz,
  acked_at      timestamptz,
  ended_at      timestamptz,
  version       bigint not null,
  n             integer not null,
  id            uuid primary key,
  incident_id   uuid not null references incident (id),
  state         text not null constraint incident_task_state check (state in ('given', 'acked', 'done', 'cancelled')),
  unit          text not null,
  text          text not null,
  given_by      text not null,
  given_by_name text not null,
  given_by_as   text not null,
  acked_by      text not null default '',
  acked_by_name text not null default '',
  acked_by_as   text not null default '',
  ended_by      text not null default '',
  ended_by_name text not null default '',
  ended_by_as   text not null default '',
  result        text not null default '',
  constraint incident_task_once unique (incident_id, n)
);
comment on table incident_task is 'What a unit is asked to do for an incident. It holds nothing of a resident.';
create index incident_task_unit on incident_task (unit, given_at desc, id desc);

create table incident_attachment (
  added_at    timestamptz not null,
  bytes       integer not null,
  id          uuid primary key,
  incident_id uuid not null references incident (id),
  name        text not null,
  type        text not null,
  hash        text not null,
  by          text not null,
  file        text not null,
  key_id      text not null,
  sealed      bytea not null
);
comment on table incident_attachment is 'Files kept with an incident; the content lies sealed beside the photos.';
create index incident_attachment_of on incident_attachment (incident_id);

grant select, insert, update on incident, incident_number, incident_thing, incident_task to toancanh_app;
grant select, insert on incident_entry, incident_attachment to toancanh_app;
grant update (key_id, sealed) on incident_attachment to toancanh_app;

-- +goose Down
drop table incident_attachment, incident_task, incident_entry, incident_thing, incident, incident_number;
