-- Community digital technology teams, who belongs to them, and their visits to the sites of reports.

-- +goose Up
create table team (
  id          uuid primary key,
  name        text not null,
  village     text not null,
  division    text not null,
  area        text not null,
  path        text[] not null,
  version     bigint not null default 1,
  created_at  timestamptz not null default now(),
  disabled_at timestamptz
);
comment on column team.village is 'Thôn, buôn, bon or tổ dân phố.';

create table team_member (
  team_id   uuid not null references team (id),
  person_id uuid not null references person (id),
  primary key (team_id, person_id)
);
create index team_member_person on team_member (person_id);

create table visit (
  id         uuid primary key,
  report_id  uuid not null references report (id),
  team_id    uuid not null references team (id),
  asked_at   timestamptz not null,
  asked_by   text not null,
  note       text not null default '',
  arrived_at timestamptz,
  arrived_by text not null default '',
  metres     integer constraint visit_metres check (metres >= 0),
  done_at    timestamptz,
  done_by    text not null default '',
  result     text not null default '',
  constraint visit_in_order check (done_at is null or arrived_at is not null)
);
comment on column visit.metres is 'How far from the report the phone said it was on arrival, rounded; where it was is not kept.';
create unique index visit_open_once on visit (report_id, team_id) where done_at is null;
create index visit_team on visit (team_id, asked_at);

grant select, insert, update on team to toancanh_app;
grant select, insert, delete on team_member to toancanh_app;
grant select, insert on visit to toancanh_app;
grant update (arrived_at, arrived_by, metres, done_at, done_by, result) on visit to toancanh_app;

-- +goose Down
drop table visit, team_member, team;
