-- Web hooks: systems of others that are told of changes. A hook reads one topic of the relay's own log, in order.

-- +goose Up
create table hook (
  created_at    timestamptz not null default now(),
  next_at       timestamptz not null default now(),
  failing_since timestamptz,
  delivered_at  timestamptz,
  former_until  timestamptz,
  ended_at      timestamptz,
  seq           bigint not null,
  delivered     bigint not null default 0,
  generation    integer not null default 1,
  attempts      integer not null default 0,
  id            text primary key,
  label         text not null,
  url           text not null,
  topic         text not null,
  epoch         text not null,
  problem       text not null default '',
  ended_why     text not null default ''
);
comment on table hook is 'Who is told of changes over HTTP. Its secret is derived from id and generation with a key outside the database.';
comment on column hook.seq is 'The last event of the topic that was taken over there.';
comment on column hook.problem is 'Why the newest attempt failed, in a word; empty while all is well.';
create index hook_next on hook (next_at) where ended_at is null;

grant select, insert, update on hook to toancanh_app;

-- +goose Down
drop table hook;
