-- Exercises: what is played, what of it has been sent, and how the room did.

-- +goose Up
create table drill (
  id         uuid primary key,
  version    bigint not null default 1,
  scenario   text not null,
  title      text not null,
  division   text not null,
  area       text not null,
  path       text[] not null,
  speed      double precision not null,
  note       text not null default '',
  state      text not null default 'planned' constraint drill_state check (state in ('planned', 'running', 'ended', 'cancelled')),
  planned_by text not null,
  starts_at  timestamptz not null,
  started_at timestamptz,
  ended_at   timestamptz,
  ended_by   text not null default '',
  script     jsonb not null,
  played     integer not null default 0,
  problem    text not null default '',
  cleared    boolean not null default false,
  debrief    jsonb,
  key_id     text not null default '',
  created_at timestamptz not null default now()
);
comment on column drill.played is 'Deeds of the script that are done; each is harmless when it is done again.';
comment on column drill.cleared is 'What the drill left has been taken off the screens.';
comment on column drill.key_id is 'The key it was last played with; whoever plays on revokes it.';
create unique index drill_running on drill ((true)) where state = 'running';
create index drill_open on drill (starts_at) where not cleared;

grant select, insert, update on drill to toancanh_app;

-- +goose Down
drop table drill;
