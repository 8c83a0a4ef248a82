-- Shifts handed over: what was told, and who signed.

-- +goose Up
create table handover (
  id       uuid primary key,
  division text not null,
  area     text not null,
  path     text[] not null,
  content  jsonb not null,
  note     text not null default '',
  out_by   text not null,
  out_name text not null,
  out_at   timestamptz not null,
  in_by    text not null default '',
  in_name  text not null default '',
  in_at    timestamptz,
  reply    text not null default '',
  constraint handover_two_people check (in_by <> out_by),
  constraint handover_taken check ((in_at is null) = (in_by = ''))
);
comment on table handover is 'Content is what was open and what had happened when the one who left signed; it never changes.';
create index handover_of_area on handover (area, out_at desc);
create unique index handover_one_waiting on handover (area) where in_at is null;

grant select, insert on handover to toancanh_app;
grant update (in_by, in_name, in_at, reply) on handover to toancanh_app;

-- +goose Down
drop table handover;
