-- The registry of sensors: what stands behind each, who answers for it, when it is too old; its standing, its times of
-- maintenance, and where every single value came from.

-- +goose Up
alter table sensor
  add column thing       text not null default '',
  add column field       text not null default '',
  add column gateway     text not null default '',
  add column owner       text not null default '',
  add column standing    text not null default 'active'
    constraint sensor_standing check (standing in ('proposed', 'active', 'retired')),
  add column sample      boolean not null default false,
  add column max_rate    double precision,
  add column stuck_after interval not null default '0',
  add column observed    interval not null default '0',
  add column stale_auto  boolean not null default false,
  add column unconfirmed text[] not null default '{}',
  add column note        text not null default '',
  add column version     bigint not null default 1,
  add column proposed_by text not null default '',
  add column proposed_at timestamptz,
  add column decided_by  text not null default '',
  add column decided_at  timestamptz,
  add column decided_why text not null default '',
  add column refused     bigint not null default 0,
  add column refused_at  timestamptz;
comment on column sensor.thing is 'The device behind it (SensorThings Thing): a DevEUI, the number of a station.';
comment on column sensor.field is 'The name of this datastream within what the device sends.';
comment on column sensor.gateway is 'Code of the gateway it speaks through; empty when it speaks for itself.';
comment on column sensor.owner is 'The unit that answers for it.';
comment on column sensor.max_rate is 'The quickest believable change, unit of measure per hour; null: none is known.';
comment on column sensor.stuck_after is 'A value unchanged for longer is doubted; 0: it may stand still.';
comment on column sensor.observed is 'The usual time between two readings, as measured; 0: not yet known.';
comment on column sensor.stale_auto is 'Too old after five times observed, at most stale_after.';
comment on column sensor.unconfirmed is 'Names of limits no source confirms yet; they have no value and no band.';
comment on column sensor.refused is 'Readings refused since it was proposed, because nobody approved it yet.';
create index sensor_gateway on sensor (gateway) where gateway <> '';
create index sensor_thing on sensor (thing) where thing <> '';

create table maintenance (
  id           bigint generated always as identity primary key,
  from_at      timestamptz not null,
  until_at     timestamptz not null,
  created_at   timestamptz not null default now(),
  ended_at     timestamptz,
  sensor_code  text,
  gateway_code text,
  reason       text not null,
  by           text not null,
  ended_by     text not null default '',
  constraint maintenance_of_one check (num_nonnulls(sensor_code, gateway_code) = 1),
  constraint maintenance_lasts check (until_at > from_at)
);
comment on table maintenance is 'Times in which the silence and the alarms of a sensor or of a gateway are suppressed by design.';
comment on column maintenance.ended_at is 'When it was ended before its time.';
create index maintenance_sensor on maintenance (sensor_code, until_at) where sensor_code is not null;
create index maintenance_until on maintenance (until_at);

create table reading_source (
  id   integer generated always as identity primary key,
  name text not null constraint reading_source_unique unique
);
comment on table reading_source is 'Who brought readings: a key by its id, or a gateway by its code.';

-- What was there before says nothing of its receipt: null, not the time of this migration.
alter table reading add column received_at timestamptz, add column source integer not null default 0;
alter table reading alter column received_at set default now();
alter table reading_latest add column changed_at timestamptz, add column source integer not null default 0;
comment on column reading_latest.changed_at is 'Since when the value has not changed, by the clock of the device.';

grant select, insert, update on maintenance to toancanh_app;
grant select, insert on reading_source to toancanh_app;

-- +goose Down
alter table reading_latest drop column source, drop column changed_at;
alter table reading drop column source, drop column received_at;
drop table reading_source, maintenance;
drop index sensor_thing, sensor_gateway;
alter table sensor drop column refused_at, drop column refused, drop column decided_why, drop column decided_at,
  drop column decided_by, drop column proposed_at, drop column proposed_by, drop column version, drop column note,
  drop column unconfirmed, drop column stale_auto,
  drop column observed, drop column stuck_after, drop column max_rate, drop column sample, drop column standing,
  drop column owner, drop column gateway, drop column field, drop column thing;
