-- Desks: machines of the control room that keep the list on screen while people come and go. A desk may read; only the
-- person on duty acts. PINs stand here as Argon2id like passwords, and work at a desk alone.

-- +goose Up
create table desk (
  id         uuid primary key,
  label      text not null,
  areas      text[] not null,
  token_hash bytea not null constraint desk_token_unique unique,
  paired_at  timestamptz not null default now(),
  paired_by  text not null,
  revoked_at timestamptz
);
comment on column desk.areas is 'division/code of each area whose list the desk shows, with all that lies in it.';

alter table credential add column pin text not null default '';
comment on column credential.pin is 'Argon2id as a PHC string; empty without one. Opens a paired desk and nothing else.';

alter table session add column desk_id uuid constraint session_desk references desk (id);
alter table session add column locked_at timestamptz;
comment on column session.desk_id is 'The desk where the person is on duty: there a session does not end when nobody touches it, it locks.';
comment on column session.locked_at is 'Locked by hand; locking for idleness follows from seen_at.';
create index session_desk_open on session (desk_id) where ended_at is null and desk_id is not null;

grant select, insert, update on desk to toancanh_app;

-- +goose Down
drop index session_desk_open;
alter table session drop column locked_at, drop column desk_id;
alter table credential drop column pin;
drop table desk;
