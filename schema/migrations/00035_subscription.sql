-- What those hear who follow public facts without an account, and the browsers among them.

-- +goose Up
create view public_sent as
  select p.n, p.id, p.sent_at, p.expires_at, p.msg_type, p.status, p.origin, p.title, p.title_en, p.summary, p.shown,
    w.ended_at, coalesce(e.msg_type, '') as ended_as
  from public_warning p join warning w using (id) left join warning e on e.id = w.ended_by
  where w.origin <> 'drill';
comment on view public_sent is 'Our messages to the public with what became of them: ended_as is the type of the message that ended one.';

create index public_record_results on public_record (division, area, published_at desc) where published_at is not null;

create table push_subscription (
  renewed_on date not null,
  told_on    date not null default '-infinity',
  results    smallint not null default 0,
  warnings   smallint not null default 0,
  english    boolean not null,
  id         uuid primary key,
  severity   text not null,
  key_id     text not null,
  areas      text[] not null,
  categories text[] not null,
  mark       bytea not null constraint push_subscription_mark_unique unique,
  proof      bytea not null,
  sealed     bytea not null
);
comment on table push_subscription is 'Browsers that hear of public facts. Nothing tells whose they are; endpoint and keys are sealed, id as associated data.';
comment on column push_subscription.renewed_on is 'The day it was last asked for; half a year later it ends.';
comment on column push_subscription.told_on is 'The day that results and warnings count what was queued for it.';
comment on column push_subscription.severity is 'The least severity of warnings it hears of; empty: of none.';
comment on column push_subscription.categories is 'Of results; * is all.';
comment on column push_subscription.mark is 'Hash of the endpoint: there is one of each. proof is that of endpoint and auth together.';
create index push_subscription_renewed on push_subscription (renewed_on);

create table push_outbox (
  due_at          timestamptz not null,
  expires_at      timestamptz not null,
  dead_at         timestamptz,
  n               integer not null,
  tries           smallint not null default 0,
  last            boolean not null,
  id              uuid primary key,
  subscription_id uuid not null references push_subscription (id) on delete cascade,
  kind            text not null constraint push_outbox_kind check (kind in ('warning', 'result')),
  event           text not null,
  area            text not null,
  category        text not null default '',
  headline        text not null default '',
  headline_en     text not null default '',
  problem         text not null default '',
  constraint push_outbox_once unique (subscription_id, event)
);
comment on table push_outbox is 'Pushes to be sent, made of public facts alone. A dead one is kept for a week.';
comment on column push_outbox.last is 'It says that no more come today.';
create index push_outbox_due on push_outbox (kind desc, due_at) where dead_at is null;

create table push_told (
  at  timestamptz not null,
  key text primary key
);
comment on table push_told is 'What the outbox knows already of the last two days: published results and messages to the public.';
create index push_told_at on push_told (at);

create table push_state (
  batch_at timestamptz,
  only_row boolean primary key default true constraint push_state_one_row check (only_row)
);
comment on table push_state is 'The batch of results that the outbox has come to.';
insert into push_state default values;

grant select on public_sent to toancanh_app, toancanh_public_read;
grant select, insert, update, delete on push_subscription, push_outbox, push_told to toancanh_app;
grant select, update on push_state to toancanh_app;

-- +goose Down
drop table push_state, push_told, push_outbox, push_subscription;
drop index public_record_results;
drop view public_sent;
