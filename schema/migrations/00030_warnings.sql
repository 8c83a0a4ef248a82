-- Warnings to the public: drafts, the messages that went out, and the messages of others.

-- +goose Up
create table warning (
  created_at   timestamptz not null,
  changed_at   timestamptz not null,
  approved_at  timestamptz,
  published_at timestamptz,
  ended_at     timestamptz,
  expires_at   timestamptz,
  version      bigint not null,
  id           uuid primary key,
  follows      uuid references warning (id),
  ended_by     uuid references warning (id),
  stage        text not null,
  msg_type     text not null,
  origin       text not null,
  division     text not null,
  approver     text not null default '',
  publisher    text not null default '',
  reason       text not null default '',
  path         text[] not null,
  writers      text[] not null,
  chain        text[] not null,
  draft        jsonb not null
);
comment on table warning is 'Warnings of ours from draft to publication. A published row only ends.';
comment on column warning.chain is 'The messages it follows on, the oldest first: sender,identifier,time.';
comment on column warning.writers is 'Principals who wrote of it, the author first; none of them may approve it.';
create index warning_changed on warning (changed_at desc, id desc);
create index warning_in_force on warning (expires_at) where stage = 'published' and ended_at is null;

-- +goose StatementBegin
create function warning_stays() returns trigger language plpgsql as $$
begin
  if old.stage = 'published' and (old.ended_at is not null
      or (new.id, new.stage, new.msg_type, new.origin, new.division, new.path, new.draft, new.chain, new.follows, new.writers, new.approver,
          new.publisher, new.published_at, new.expires_at)
        is distinct from (old.id, old.stage, old.msg_type, old.origin, old.division, old.path, old.draft, old.chain, old.follows, old.writers,
          old.approver, old.publisher, old.published_at, old.expires_at)) then
    raise exception 'warning % was published and does not change', old.id;
  end if;
  return new;
end $$;
-- +goose StatementEnd
create trigger warning_stays before update on warning for each row execute function warning_stays();

create table warning_entry (
  at         timestamptz not null,
  n          integer not null,
  warning_id uuid not null references warning (id),
  act        text not null,
  actor      text not null,
  reason     text not null default '',
  primary key (warning_id, n)
);
comment on table warning_entry is 'Who did what with a warning of ours, in order.';

create table public_warning (
  n          bigint generated always as identity unique,
  sent_at    timestamptz not null,
  expires_at timestamptz not null,
  id         uuid primary key references warning (id),
  msg_type   text not null,
  status     text not null,
  origin     text not null,
  title      text not null,
  title_en   text not null default '',
  summary    text not null,
  shown      jsonb not null,
  body       bytea not null
);
comment on table public_warning is 'Every message of ours as it went out, for everybody. No person is named in it, and no row ever changes.';
create index public_warning_sent on public_warning (sent_at desc, n desc);

create table warning_received (
  received_at timestamptz not null default now(),
  sent_at     timestamptz not null,
  expires_at  timestamptz not null,
  ended_at    timestamptz,
  outside     boolean not null,
  id          uuid primary key,
  source      text not null,
  sender      text not null,
  key         text not null unique,
  status      text not null,
  msg_type    text not null,
  scope       text not null,
  ended_by    text not null default '',
  areas       text[] not null,
  refs        text[] not null,
  shown       jsonb not null,
  body        bytea not null
);
comment on table warning_received is 'CAP messages of others, as they came. They are shown beside ours and never sent as ours.';
comment on column warning_received.key is 'sender,identifier,time in UTC: the same message twice is one.';
create index warning_received_at on warning_received (received_at desc, id desc);
create index warning_received_in_force on warning_received (expires_at) where ended_at is null;
create index warning_received_refs on warning_received using gin (refs);

create table warning_feed (
  next_at    timestamptz not null,
  checked_at timestamptz,
  good_at    timestamptz,
  attempts   integer not null default 0,
  taken      bigint not null default 0,
  refused    bigint not null default 0,
  url        text primary key,
  etag       text not null default '',
  modified   text not null default '',
  problem    text not null default ''
);
comment on table warning_feed is 'How the configured CAP feeds of others answer.';

create table warning_link (
  seen_at timestamptz not null,
  feed    text not null,
  url     text not null,
  problem text not null default '',
  primary key (feed, url)
);
comment on table warning_link is 'Messages of feeds that were fetched or refused, so that none is fetched twice.';

grant select, insert, update on warning to toancanh_app;
grant select, insert on warning_entry, public_warning to toancanh_app;
grant select, insert, update, delete on warning_received, warning_feed, warning_link to toancanh_app;
grant select on public_warning to toancanh_public_read;

-- +goose Down
drop table warning_link, warning_feed, warning_received, public_warning, warning_entry, warning;
drop function warning_stays();
