-- How well units and areas do: counts of the last full quarter, as far as they may be told.

-- +goose Up
create table public_rate (
  value    integer not null,
  kind     text not null,
  division text not null,
  place    text not null,
  name     text not null default '',
  measure  text not null,
  primary key (kind, division, place, measure),
  constraint public_rate_kind check (kind in ('area', 'unit'))
);
comment on table public_rate is 'Counts behind the rates of each area and unit; what may not be told has no row.';
comment on column public_rate.name is 'Of a unit; areas are named by their division.';

create table public_rate_period (
  from_date  date not null,
  until_date date not null,
  mature     boolean not null,
  counted_at timestamptz not null,
  only_row   boolean primary key default true constraint public_rate_period_one_row check (only_row)
);
comment on table public_rate_period is 'The days of receipt that public_rate counts, and whether they are long enough ago.';

grant select, insert, update, delete on public_rate, public_rate_period to toancanh_app;
grant select on public_rate to toancanh_public_read;
grant select (from_date, until_date, mature, counted_at) on public_rate_period to toancanh_public_read;

-- +goose Down
drop table public_rate_period, public_rate;
