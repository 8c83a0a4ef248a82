-- Being on duty: who holds which position when, how staff are reached outside the room, and every call that was made to them
-- for an alarm that nobody took, or to test that they can be reached.

-- +goose Up
create table duty_shift (
  id         uuid primary key,
  from_at    timestamptz not null,
  until_at   timestamptz not null,
  changed_at timestamptz not null default now(),
  version    bigint not null default 1,
  person     uuid not null references person (id),
  substitute uuid references person (id),
  position   text not null constraint duty_shift_position check (position in ('truong_ca', 'truc_ban', 'lanh_dao_truc', 'truc_don_vi')),
  unit       text not null default '',
  name       text not null default '',
  changed_by text not null,
  constraint duty_shift_lasts check (until_at > from_at),
  constraint duty_shift_of_unit check ((position = 'truc_don_vi') = (unit <> ''))
);
comment on table duty_shift is 'Who holds a position from when until when. Of a unit where units have one each.';
comment on column duty_shift.substitute is 'Who is called when the person cannot be reached.';
create index duty_shift_until on duty_shift (until_at, from_at);

create table duty_ladder (
  only_row   boolean primary key default true constraint duty_ladder_one_row check (only_row),
  changed_at timestamptz not null default now(),
  version    bigint not null default 1,
  changed_by text not null default '',
  after      jsonb not null
);
comment on table duty_ladder is 'Seconds after which the steps of a call list come, by priority.';
insert into duty_ladder (after) values ('{"high": [0, 120, 600], "medium": [600], "low": [1800]}');

create table duty_way (
  id         uuid primary key,
  made_at    timestamptz not null default now(),
  reached_at timestamptz,
  failed_at  timestamptz,
  person     uuid not null references person (id),
  channel    text not null constraint duty_way_channel check (channel in ('push', 'sms', 'mail')),
  device     text not null default '',
  problem    text not null default '',
  key_id     text not null,
  sealed     bytea not null,
  mark       bytea not null constraint duty_way_mark_unique unique
);
comment on table duty_way is 'How a person on duty is reached: browsers that take pushes, a phone, an address. Sealed with a key outside the database, id as associated data.';
comment on column duty_way.mark is 'Of a push subscription the hash of its address; of the others that of person and channel: one each.';
comment on column duty_way.device is 'Which browser, in two words.';
comment on column duty_way.problem is 'Why the newest call by it failed, in a word; empty while it does.';
create index duty_way_person on duty_way (person);

create table callout (
  alarm    uuid primary key,
  since    timestamptz not null,
  begun_at timestamptz not null default now(),
  step_at  timestamptz,
  wake_at  timestamptz,
  ended_at timestamptz,
  round    integer not null default 1,
  begun    integer not null default 0,
  version  bigint not null default 1,
  told     bigint not null default 0,
  over     text not null default '',
  priority text not null,
  owner    text not null default '',
  steps    jsonb not null,
  shown    jsonb not null default '{}'
);
comment on table callout is 'How far calling people out has come for an alarm. Its times are facts: whoever leads finds them due.';
comment on column callout.round is 'Which calling it is: an alarm that comes back unanswered has another.';
comment on column callout.step_at is 'When the next step is due; wake_at is when to look next, for that or for want of a sign.';
comment on column callout.owner is 'The unit whose own people a step may call.';
comment on column callout.told is 'The version up to which the alarm was told; shown is what it was told.';
create index callout_wake on callout (wake_at) where wake_at is not null;
create index callout_open on callout (alarm) where over in ('', 'exhausted');
create index callout_untold on callout (alarm) where told < version;

create table contact_test (
  id      uuid primary key,
  made_at timestamptz not null default now(),
  own     boolean not null default false,
  made_by text not null,
  name    text not null default ''
);
comment on table contact_test is 'One press that asked everybody on duty by every channel whether they can be reached.';
comment on column contact_test.own is 'Somebody asked only themselves.';
create index contact_test_made on contact_test (made_at desc);

create table callout_call (
  id           uuid primary key,
  made_at      timestamptz not null default now(),
  claimed_at   timestamptz,
  sent_at      timestamptz,
  delivered_at timestamptz,
  failed_at    timestamptz,
  answered_at  timestamptz,
  wait_until   timestamptz,
  alarm        uuid references callout (alarm),
  test         uuid references contact_test (id),
  person       uuid references person (id),
  round        integer not null default 0,
  step         integer not null default 0,
  chain        integer not null default 0,
  link         integer not null default 0,
  position     text not null,
  channel      text not null default '',
  result       text not null constraint callout_call_result check (result in ('planned', 'due', 'sent', 'delivered', 'failed')),
  reason       text not null default '',
  token_hash   bytea,
  constraint callout_call_for_one check (num_nonnulls(alarm, test) = 1),
  constraint callout_call_once unique (alarm, round, step, chain, link)
);
comment on table callout_call is 'Each attempt to reach a person by a channel: for an alarm, where those of a chain are made one after the other, or for a test.';
comment on column callout_call.reason is 'Why it failed, in a word that names nobody.';
comment on column callout_call.answered_at is 'When the person opened it: the button of the notice, or the link.';
comment on column callout_call.token_hash is 'Of the secret in the message, by which the device says that it arrived. Calls told of in one message share it.';
create index callout_call_due on callout_call (made_at) where result = 'due';
create index callout_call_test on callout_call (test) where test is not null;
create index callout_call_token on callout_call (token_hash) where token_hash is not null;

grant select, insert, update, delete on duty_shift, duty_way, callout_call to toancanh_app;
grant select, update on duty_ladder to toancanh_app;
grant select, insert, update on callout to toancanh_app;
grant select, insert on contact_test to toancanh_app;

-- +goose Down
drop table callout_call, contact_test, callout, duty_way, duty_ladder, duty_shift;
