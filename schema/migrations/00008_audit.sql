-- The audit: append-only for the application, sealed row by row into a chain whose key lies outside the database.

-- +goose Up
create table audit (
  id        bigint generated always as identity primary key,
  at        timestamptz not null default clock_timestamp(),
  who       text not null,
  role      text not null default '',
  what      text not null,
  object    text not null default '',
  why       text not null default '',
  network   text not null default '',
  trace     text not null default '',
  result    text not null,
  detail    text not null default '',
  seal_n    bigint constraint audit_seal_n_unique unique,
  sealed_at timestamptz,
  seal      bytea
);
comment on table audit is 'Who did what, when, why, from where. The application inserts and reads; nothing changes or deletes.';
comment on column audit.network is 'The address without its last part (/24, /48).';
comment on column audit.seal is 'HMAC-SHA256 over the seal before, the number and the whole row; the key is a file.';
create index audit_unsealed on audit (id) where seal_n is null;
create index audit_object on audit (object, id);
create index audit_who on audit (who, id);

create table audit_head (
  only_row boolean primary key default true constraint audit_head_one_row check (only_row),
  n        bigint not null default 0,
  seal     bytea not null default ''
);
insert into audit_head default values;

-- +goose StatementBegin
create function seal_audit(after bigint, ids bigint[], seals bytea[], sealed timestamptz) returns void
language plpgsql security definer set search_path = public as $$
declare
  head bigint;
  touched bigint;
begin
  select n into head from audit_head for update;
  if head <> after then
    raise exception 'the chain ends at %, not at %', head, after using errcode = '40001';
  end if;
  update audit a set seal_n = after + x.ord, sealed_at = sealed, seal = x.seal
  from unnest(ids, seals) with ordinality as x(id, seal, ord)
  where a.id = x.id and a.seal_n is null;
  get diagnostics touched = row_count;
  if touched <> cardinality(ids) or touched <> cardinality(seals) then
    raise exception 'of % rows % could be sealed', cardinality(ids), touched;
  end if;
  update audit_head set n = after + touched, seal = seals[touched];
end $$;
-- +goose StatementEnd

revoke execute on function seal_audit(bigint, bigint[], bytea[], timestamptz) from public;
grant execute on function seal_audit(bigint, bigint[], bytea[], timestamptz) to toancanh_app;
grant select on audit, audit_head to toancanh_app;
grant insert (who, role, what, object, why, network, trace, result, detail) on audit to toancanh_app;

-- +goose Down
drop function seal_audit(bigint, bigint[], bytea[], timestamptz);
drop table audit_head, audit;
