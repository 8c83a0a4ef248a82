-- Values of the digital transformation index that people entered, each with its evidence.

-- +goose Up
create table dti_value (
  n          bigint generated always as identity primary key,
  entered_at timestamptz not null,
  value      numeric(9, 4),
  most       numeric(9, 4),
  replaces   bigint constraint dti_value_replaced_once unique,
  dated      date,
  year       smallint not null,
  area       text not null,
  scheme     text not null,
  code       text not null,
  name       text not null default '',
  title      text not null default '',
  issuer     text not null default '',
  number     text not null default '',
  reference  text not null default '',
  reason     text not null default '',
  entered_by text not null,
  constraint dti_value_of unique (n, area, scheme, year, code),
  constraint dti_value_replaces_its_own foreign key (replaces, area, scheme, year, code) references dti_value (n, area, scheme, year, code),
  constraint dti_value_evidence check (
    value is not null and most is not null and dated is not null and title <> '' and issuer <> '' and (number <> '' or reference <> '')
    or value is null and most is null and replaces is not null and reason <> ''),
  constraint dti_value_in_range check (value >= 0 and most > 0 and value <= most)
);
comment on table dti_value is 'Values of main indices and of components, append-only: the application may not change or delete one. What replaces nothing begins a value, what no other replaces is in force.';
comment on column dti_value.value is 'Of a main index from 0 to 1, of a component in points out of most; null: the value was withdrawn.';
comment on column dti_value.code is 'Of a main index, "7", or of a component of it, "7.12".';
comment on column dti_value.entered_by is 'An opaque id; never public.';
create unique index dti_value_begins_once on dti_value (area, scheme, year, code) where replaces is null;

create view public_dti as
  select area, scheme, year, code, name, value, most, title, issuer, number, reference, dated
  from dti_value v
  where value is not null and not exists (select from dti_value w where w.replaces = v.n);
comment on view public_dti is 'The values in force with their evidence, without who entered them and when.';

grant select, insert on dti_value to toancanh_app;
grant select on public_dti to toancanh_public_read;

-- +goose Down
drop view public_dti;
drop table dti_value;
