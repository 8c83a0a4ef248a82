-- The roles, what the database was born as, and the keys of gateways and tools.
-- Three roles: the owner migrates; toancanh_app serves; toancanh_public_read sees the public projection only.

-- +goose Up
-- +goose StatementBegin
do $$
begin
  -- Roles belong to the whole server: another database of it may have made them already, also at this instant.
  begin
    create role toancanh_app login;
  exception when duplicate_object or unique_violation then null;
  end;
  begin
    create role toancanh_public_read login;
  exception when duplicate_object or unique_violation then null;
  end;
end $$;
-- +goose StatementEnd

revoke all on schema public from public;
grant usage on schema public to toancanh_app, toancanh_public_read;

create table dataset (
  only_row    boolean primary key default true constraint dataset_one_row check (only_row),
  origin      text not null constraint dataset_origin check (origin in ('real', 'simulated')),
  created_at  timestamptz not null default now(),
  history_at  timestamptz
);
comment on table dataset is 'What this database was born as; a simulated one stays so (architecture: invariant 9).';

create table api_key (
  id          text primary key,
  secret_hash bytea not null,
  label       text not null,
  rights      text[] not null,
  created_at  timestamptz not null default now(),
  revoked_at  timestamptz
);
comment on column api_key.secret_hash is 'SHA-256 of the secret; the secret itself is shown once and never kept.';

grant select, insert, update on dataset, api_key to toancanh_app;
grant select on dataset to toancanh_public_read;

-- +goose Down
drop table api_key, dataset;
