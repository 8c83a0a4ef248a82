-- Sensors and their readings: partitions by day, the newest value of each, five-minute sums.

-- +goose Up
create table sensor (
  id           integer generated always as identity primary key,
  code         text not null constraint sensor_code_unique unique,
  name         text not null,
  kind         text not null,
  unit         text not null default '',
  lat          double precision not null,
  lon          double precision not null,
  min          double precision,
  max          double precision,
  stale_after  interval not null,
  division     text not null,
  area         text not null,
  path         text[] not null,
  origin       text not null,
  levels       jsonb not null default '[]',
  created_at   timestamptz not null default now(),
  updated_at   timestamptz not null default now()
);

create table reading (
  ts        timestamptz not null,
  value     double precision not null,
  sensor_id integer not null,
  quality   smallint not null default 0,
  origin    smallint not null default 0
) partition by range (ts);
create unique index reading_sensor_ts on reading (sensor_id, ts);
create index reading_ts on reading using brin (ts) with (pages_per_range = 32);

create table reading_latest (
  ts         timestamptz not null,
  updated_at timestamptz not null default now(),
  value      double precision not null,
  version    bigint not null default 1,
  sensor_id  integer primary key,
  quality    smallint not null default 0,
  origin     smallint not null default 0
) with (fillfactor = 50);

create table reading_5m (
  bucket    timestamptz not null,
  sum       double precision not null,
  min       double precision not null,
  max       double precision not null,
  n         integer not null,
  sensor_id integer not null,
  primary key (sensor_id, bucket)
) partition by range (bucket);

create table reading_dirty (
  bucket    timestamptz not null,
  sensor_id integer not null,
  primary key (bucket, sensor_id)
);
comment on table reading_dirty is 'Five-minute buckets that late readings changed; the rollup makes them again.';

-- +goose StatementBegin
create function keep_reading_partitions(first date, last date) returns void
language plpgsql security definer set search_path = public as $$
declare
  d date;
  name text;
begin
  for d in select generate_series(first, last, interval '1 day')::date loop
    name := 'reading_' || to_char(d, 'YYYYMMDD');
    if to_regclass(name) is null then
      execute format('create table %I partition of reading for values from (%L) to (%L)', name,
        d::timestamp at time zone 'UTC', (d + 1)::timestamp at time zone 'UTC');
    end if;
  end loop;
  for d in select generate_series(date_trunc('month', first::timestamp), last, interval '1 month')::date loop
    name := 'reading_5m_' || to_char(d, 'YYYYMMDD');
    if to_regclass(name) is null then
      execute format('create table %I partition of reading_5m for values from (%L) to (%L)', name,
        d::timestamp at time zone 'UTC', (d + interval '1 month') at time zone 'UTC');
    end if;
  end loop;
end $$;
-- +goose StatementEnd

select keep_reading_partitions((now() at time zone 'UTC')::date - 40, (now() at time zone 'UTC')::date + 7);

revoke execute on function keep_reading_partitions(date, date) from public;
grant execute on function keep_reading_partitions(date, date) to toancanh_app;
grant select, insert, update on sensor, reading_latest, reading_5m to toancanh_app;
grant select, insert on reading to toancanh_app;
grant select, insert, delete on reading_dirty to toancanh_app;

-- +goose Down
drop function keep_reading_partitions(date, date);
drop table reading_dirty, reading_5m, reading_latest, reading, sensor;
