-- Gateways: what sensors speak through, when each was last heard, and what it sent that could not be taken.

-- +goose Up
create table gateway (
  seen_at      timestamptz,
  state_since  timestamptz,
  complaint_at timestamptz,
  created_at   timestamptz not null default now(),
  updated_at   timestamptz not null default now(),
  lat          double precision not null,
  lon          double precision not null,
  stale_after  interval not null,
  per_minute   integer not null constraint gateway_per_minute check (per_minute > 0),
  sample       boolean not null default false,
  code         text primary key,
  name         text not null,
  kind         text not null,
  division     text not null,
  area         text not null,
  path         text[] not null,
  owner        text not null default '',
  key_id       text not null default '',
  parent       text not null default '',
  standing     text not null default 'active',
  origin       text not null,
  state        text not null default 'ok',
  complaint    text not null default ''
) with (fillfactor = 50);
comment on column gateway.parent is 'Code of the gateway it speaks through; empty when it reaches us by itself.';
comment on column gateway.per_minute is 'Measured values it may bring in a minute, in the long run.';
comment on column gateway.state is 'How it behaved in the last minutes: ok, garbage, flooding or replaying. Silence is seen_at and stale_after.';
comment on column gateway.complaint is 'The newest refusal in words; nothing of what was sent but the names of things.';
create unique index gateway_key on gateway (key_id) where key_id <> '';

create table gateway_minute (
  minute   timestamptz not null,
  taken    integer not null default 0,
  repeated integer not null default 0,
  late     integer not null default 0,
  refused  integer not null default 0,
  limited  integer not null default 0,
  gateway  text not null references gateway (code),
  primary key (gateway, minute)
);
comment on table gateway_minute is 'What each gateway brought in each of the last minutes; older rows are dropped.';

create table gateway_count (
  day     date not null,
  n       bigint not null,
  gateway text not null references gateway (code),
  reason  text not null,
  primary key (gateway, day, reason)
);
comment on column gateway_count.reason is 'A reason of refusal, or taken. The day is one of the centre''s zone.';

grant select, insert, update on gateway to toancanh_app;
grant select, insert, update, delete on gateway_minute, gateway_count to toancanh_app;

-- +goose Down
drop table gateway_count, gateway_minute, gateway;
