-- Who opened the sealed contact of a sender and why, and emergency call-backs, which two people open together.

-- +goose Up
create table callback (
  id           uuid primary key,
  report_id    uuid not null references report (id),
  requester    uuid not null references person (id),
  reason       text not null,
  requested_at timestamptz not null,
  confirmer    uuid references person (id),
  confirmed_at timestamptz,
  refused_by   uuid references person (id),
  refused_at   timestamptz,
  shown_at     timestamptz,
  constraint callback_two_people check (confirmer is null or confirmer <> requester),
  constraint callback_shown_confirmed check (shown_at is null or confirmed_at is not null)
);
comment on table callback is 'One asks with a preset reason, another confirms; only then the first sees the number, once.';
create index callback_requested on callback (requested_at);

create table contact_reveal (
  id          bigint generated always as identity primary key,
  at          timestamptz not null,
  report_id   uuid not null references report (id),
  person_id   uuid not null references person (id),
  callback_id uuid references callback (id),
  reason      text not null,
  seen_at     timestamptz,
  seen_by     uuid references person (id)
);
comment on table contact_reveal is 'Each time somebody was shown a contact, for the data-protection officer, who marks what they have looked at.';
comment on column contact_reveal.callback_id is 'Null for a reveal by one person; else reason is the call-back''s preset code.';
create index contact_reveal_person on contact_reveal (person_id, at);
create index contact_reveal_unseen on contact_reveal (id) where seen_at is null;

grant select, insert on callback, contact_reveal to toancanh_app;
grant update (confirmer, confirmed_at, refused_by, refused_at, shown_at) on callback to toancanh_app;
grant update (seen_at, seen_by) on contact_reveal to toancanh_app;

-- +goose Down
drop table contact_reveal, callback;
