-- What senders say of published results, and who hears of a report by e-mail.

-- +goose Up
alter table report_act add column solved text not null default '';
alter table report_act add column manner text not null default '';
comment on column report_act.solved is 'Of a rating; so is manner.';

create table report_rating (
  report_id    uuid not null references report (id),
  published_at timestamptz not null,
  rated_at     timestamptz not null,
  solved       text not null constraint report_rating_solved check (solved in ('yes', 'partly', 'no')),
  manner       text not null constraint report_rating_manner check (manner in ('hai_long', 'chap_nhan', 'khong_hai_long')),
  primary key (report_id, published_at)
);
comment on table report_rating is 'The newest word of a sender on each publication; the timeline has every one.';

create table mail_follower (
  id           uuid primary key,
  report_id    uuid not null references report (id),
  key_id       text not null,
  sealed       bytea not null,
  token_hash   bytea not null constraint mail_follower_token_unique unique,
  english      boolean not null default false,
  created_at   timestamptz not null default now(),
  confirmed_at timestamptz
);
comment on table mail_follower is 'Addresses that hear of a report. Sealed like contacts, id as associated data; without a confirmation dropped after three days.';
create index mail_follower_report on mail_follower (report_id);

create table mail_outbox (
  id          uuid primary key,
  follower_id uuid not null references mail_follower (id) on delete cascade,
  n           bigint not null,
  step        text not null,
  made_at     timestamptz not null default now(),
  due_at      timestamptz not null default '-infinity',
  tries       smallint not null default 0,
  constraint mail_outbox_once unique (follower_id, n)
);
comment on table mail_outbox is 'Mails to be sent; id names the message, n the timeline entry it tells of, 0 asks for the confirmation.';
comment on column mail_outbox.due_at is 'Not before; a new mail is due at once.';
create index mail_outbox_due on mail_outbox (due_at);

grant select, insert on report_rating to toancanh_app;
grant update (rated_at, solved, manner) on report_rating to toancanh_app;
grant select, insert, delete on mail_follower to toancanh_app;
grant update (key_id, sealed, confirmed_at) on mail_follower to toancanh_app;
grant select, insert, update, delete on mail_outbox to toancanh_app;

-- +goose Down
drop table mail_outbox, mail_follower, report_rating;
alter table report_act drop column manner, drop column solved;
