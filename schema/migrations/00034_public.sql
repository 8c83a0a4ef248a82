-- What has left the house for everybody, apart from what waits to leave: toancanh_public_read reads only what left.
-- A program of before reads public_report as that role and keeps showing its last pages, marked as old, until it is replaced:
-- to let it go on reading would keep open what this closes.

-- +goose Up
alter table public_report add column lat double precision, add column lon double precision;
comment on table public_report is 'What everybody may see of a report, an allow-list written by view, before it leaves: rows wait here for the next batch.';
comment on column public_report.lat is 'Middle of a square of 500 m; the exact place never comes here.';
revoke select on public_report from toancanh_public_read;

create table public_record (
  received_hour timestamptz not null,
  changed_at    timestamptz not null,
  published_at  timestamptz,
  version       bigint not null,
  lat           double precision,
  lon           double precision,
  due_date      date,
  resolved_date date,
  is_open       boolean not null,
  code          text primary key,
  category      text not null,
  division      text not null,
  area          text not null,
  path          text[] not null,
  status        text not null,
  origin        text not null,
  text          text not null default '',
  photos        text[] not null default '{}'
);
comment on table public_record is 'What has left of single reports, in batches: an allow-list. The area is as wide as it takes to stand for five.';
comment on column public_record.version is 'Grows with every batch that changes the row; tells nothing of the report''s own.';
create index public_record_received on public_record (received_hour desc, code);
create index public_record_changed on public_record (changed_at desc, code);
create index public_record_published on public_record (published_at desc) where published_at is not null;
create index public_record_path on public_record using gin (path);

create table public_count (
  value    integer,
  division text not null,
  area     text not null,
  measure  text not null,
  wider    text not null default '',
  primary key (division, area, measure)
);
comment on table public_count is 'How many there are in each area, as far as it may be told; null: fewer than five.';
comment on column public_count.wider is 'The wider area the number is of, when the area''s own is not told.';

create table public_category (
  value    integer,
  division text not null,
  category text not null,
  measure  text not null,
  wider    text not null default '',
  primary key (division, category, measure)
);
comment on table public_category is 'How many there are of each category in the whole division; wider is * when counted together with others.';

create table public_cell (
  from_date  date not null,
  until_date date not null,
  value      integer not null,
  rest       boolean not null,
  division   text not null,
  area       text not null,
  category   text not null,
  primary key (division, category, from_date, until_date, area, rest),
  constraint public_cell_not_few check (value >= 5)
);
comment on table public_cell is 'Reports received, by commune, category and week; where there are fewer than five, of a wider area or a longer time.';
comment on column public_cell.rest is 'It counts what no other row of the same category and time counts in that area.';

create table public_state (
  counted_at timestamptz,
  batch_at   timestamptz,
  loads      bigint not null default 0,
  only_row   boolean primary key default true constraint public_state_one_row check (only_row)
);
comment on table public_state is 'When the counts were last found true, and the quarter hour of the newest batch.';
comment on column public_state.loads is 'Grows with every load of the past: what left long ago elsewhere need not wait here.';
insert into public_state default values;

create view public_sensor as
  select s.code, s.name, s.kind, s.unit, s.division, s.area, s.lat, s.lon, s.levels, s.unconfirmed, s.sample, s.origin,
    s.stale_after, s.stale_auto, s.observed, l.value, l.ts
  from sensor s left join reading_latest l on l.sensor_id = s.id
  where s.standing = 'active' and s.origin <> 'drill'
    and s.kind in ('river', 'inflow', 'rain', 'rain_24h', 'fire', 'pm25', 'pm10', 'so2', 'no2', 'co', 'o3', 'aqi');
comment on view public_sensor is 'Sensors of water, rain, air and fire with their newest value: an allow-list of kinds and of columns.';

create view public_in_force as
  select p.id, p.sent_at, p.expires_at, p.status, p.origin, p.shown
  from public_warning p join warning w using (id)
  where w.stage = 'published' and w.msg_type <> 'Cancel' and w.ended_at is null and w.origin <> 'drill';
comment on view public_in_force is 'Our messages to the public that no later one has ended; whoever reads looks at expires_at.';

grant select, insert, update, delete on public_record, public_count, public_category, public_cell to toancanh_app;
grant select, update on public_state to toancanh_app;
grant select on public_record, public_count, public_category, public_cell, public_sensor, public_in_force to toancanh_public_read;
grant select (counted_at, batch_at) on public_state to toancanh_public_read;

-- +goose Down
drop view public_in_force, public_sensor;
drop table public_state, public_cell, public_category, public_count, public_record;
grant select on public_report to toancanh_public_read;
alter table public_report drop column lon, drop column lat;
