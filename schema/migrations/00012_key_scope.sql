-- What a key was made for, how fast it may ask, and the secret before the newest one.

-- +goose Up
alter table api_key
  add column sensors      text[] not null default '{}',
  add column categories   text[] not null default '{}',
  add column areas        text[] not null default '{}',
  add column per_minute   integer not null default 6000 constraint api_key_per_minute check (per_minute between 1 and 600000),
  add column burst        integer not null default 1000 constraint api_key_burst check (burst between 1 and 60000),
  add column version      bigint not null default 1,
  add column rotated_at   timestamptz,
  add column former_hash  bytea,
  add column former_until timestamptz,
  add column used_at      timestamptz;
comment on column api_key.sensors is 'Codes, or beginnings of codes that end in *; empty: every sensor.';
comment on column api_key.categories is 'Empty: every category.';
comment on column api_key.areas is 'division/code of areas with all that lies in them; empty: everywhere.';
comment on column api_key.version is 'Counts changes; tickets of the live feed name it, so that a change can revoke the earlier ones.';
comment on column api_key.former_hash is 'SHA-256 of the secret before the newest rotation; it opens until former_until.';
comment on column api_key.used_at is 'The last minute the key was used in, written some time later.';

-- +goose Down
alter table api_key drop column sensors, drop column categories, drop column areas, drop column per_minute, drop column burst,
  drop column version, drop column rotated_at, drop column former_hash, drop column former_until, drop column used_at;
