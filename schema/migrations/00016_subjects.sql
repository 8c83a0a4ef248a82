-- Whom a sign-in provider (OpenID Connect) knows under which subject. Rights are never taken from there.

-- +goose Up
create table person_subject (
  issuer    text not null,
  subject   text not null,
  person_id uuid not null references person (id),
  linked_at timestamptz not null default now(),
  primary key (issuer, subject),
  constraint person_subject_one unique (issuer, person_id)
);

alter table session add column provider boolean not null default false;
alter table session add column vouched boolean not null default false;
comment on column session.provider is 'Opened by the sign-in provider.';
comment on column session.vouched is 'The provider vouched for a second factor, so that none of ours was asked for.';

grant select, insert, delete on person_subject to toancanh_app;

-- +goose Down
alter table session drop column vouched, drop column provider;
drop table person_subject;
