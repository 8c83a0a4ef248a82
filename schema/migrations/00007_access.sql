-- Units, people, how they prove who they are, and their sessions. No secret stands here in the clear: passwords as
-- Argon2id, tokens and codes as SHA-256, second-factor secrets sealed with a key outside the database.

-- +goose Up
create table unit (
  id          text primary key constraint unit_id check (id ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
  name        text not null,
  created_at  timestamptz not null default now(),
  disabled_at timestamptz
);
comment on table unit is 'Departments and offices that act. Disabled ones stay for the reports they had.';

create table person (
  id          uuid primary key,
  login       text not null constraint person_login_unique unique,
  name        text not null,
  roles       text[] not null,
  units       text[] not null default '{}',
  areas       text[] not null default '{}',
  version     bigint not null default 1,
  created_at  timestamptz not null default now(),
  changed_at  timestamptz not null default now(),
  disabled_at timestamptz
);
comment on column person.areas is 'division/code of each area the person answers for, with all that lies in it.';

create table credential (
  person_id  uuid primary key references person (id),
  password   text not null,
  changed_at timestamptz not null default now()
);
comment on column credential.password is 'Argon2id as a PHC string.';

create table invitation (
  person_id  uuid primary key references person (id),
  hash       bytea not null constraint invitation_hash_unique unique,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null
);
comment on table invitation is 'One-time links to set a password; a new one replaces the one before.';

create table totp (
  person_id    uuid primary key references person (id),
  key_id       text not null,
  sealed       bytea not null,
  confirmed_at timestamptz,
  last_step    bigint not null default 0
);
comment on column totp.last_step is 'The newest time step whose code was taken: no code works twice.';

create table recovery_code (
  person_id uuid not null references person (id),
  hash      bytea not null,
  used_at   timestamptz,
  primary key (person_id, hash)
);

create table session (
  id         uuid primary key,
  person_id  uuid not null references person (id),
  token_hash bytea not null constraint session_token_unique unique,
  subject    text not null constraint session_subject_unique unique,
  stage      text not null constraint session_stage check (stage in ('code', 'enrol', 'full')),
  tries      smallint not null default 0,
  created_at timestamptz not null default now(),
  seen_at    timestamptz not null default now(),
  agent      text not null default '',
  network    text not null default '',
  ended_at   timestamptz,
  ended_why  text not null default ''
);
comment on column session.subject is 'Whom tickets of the live feed name; replaced when rights change, so that older tickets can be revoked.';
create index session_person on session (person_id) where ended_at is null;
create index session_created on session using brin (created_at);

create table sign_in_try (
  account  bytea not null,
  network  bytea not null,
  failures integer not null default 0,
  first_at timestamptz not null default now(),
  last_at  timestamptz not null default now(),
  primary key (account, network)
);
comment on table sign_in_try is 'Failed sign-ins by the hashes of login and address; forgotten after a day.';
create index sign_in_try_last on sign_in_try (last_at);

create table person_network (
  person_id uuid not null references person (id),
  network   bytea not null,
  seen_at   timestamptz not null default now(),
  primary key (person_id, network)
);
comment on table person_network is 'Hashes of addresses a person signed in from: strangers who guess cannot slow them there.';

grant select, insert, update on unit, person, credential, totp, recovery_code, session, sign_in_try, person_network to toancanh_app;
grant select, insert, update, delete on invitation to toancanh_app;
grant delete on totp, recovery_code, session, sign_in_try, person_network to toancanh_app;

-- +goose Down
drop table person_network, sign_in_try, session, recovery_code, totp, invitation, credential, person, unit;
