-- What makes a browser a screen: who waits with a code, who was paired, and the tokens a paired browser may show.
-- Tokens stand here as SHA-256. A code is no secret: it leads to whoever waits, and gives nothing to who knows it.

-- +goose Up
create table screen_pairing (
  id        uuid primary key,
  screen    text not null,
  subject   text not null constraint screen_pairing_subject_unique unique,
  paired_at timestamptz not null,
  paired_by text not null,
  own       boolean not null default false,
  agent     text not null default '',
  network   text not null default '',
  seen_at   timestamptz not null,
  ended_at  timestamptz,
  ended_why text not null default ''
);
comment on column screen_pairing.subject is 'Whom tickets of the live feed name: revoked with the pairing, never used again.';
comment on column screen_pairing.own is 'A browser on the sample''s own machine, paired without a code; a screen may have several.';
create unique index screen_pairing_alive on screen_pairing (screen) where ended_at is null and not own;
create index screen_pairing_screen on screen_pairing (screen);

create table screen_token (
  hash       bytea primary key,
  pairing_id uuid not null references screen_pairing (id) on delete cascade,
  issued_at  timestamptz not null,
  shown_at   timestamptz
);
comment on table screen_token is 'Renewed with overlap: an older token goes only after two newer ones were shown.';
create index screen_token_pairing on screen_token (pairing_id);

create table screen_waiting (
  token_hash bytea primary key,
  code       text not null constraint screen_waiting_code_unique unique,
  wish       text not null,
  source     bytea not null,
  agent      text not null default '',
  network    text not null default '',
  lost       text not null default '',
  created_at timestamptz not null,
  expires_at timestamptz not null
);
comment on column screen_waiting.wish is 'The screen that the page''s address names.';
comment on column screen_waiting.source is 'Hash of the address it asks from, so that one address cannot fill the table.';
comment on column screen_waiting.lost is 'Why the browser''s earlier pairing ended; empty when it had none.';
create index screen_waiting_source on screen_waiting (source);

grant select, insert, update, delete on screen_pairing, screen_token, screen_waiting to toancanh_app;

-- +goose Down
drop table screen_waiting, screen_token, screen_pairing;
