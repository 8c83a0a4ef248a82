-- Rules of assignment, the level of government that answers for a report, and the numbered notes that hand it over.

-- +goose Up
alter table report add column level text not null default 'tinh'
  constraint report_level check (level in ('xa', 'huyen', 'tinh', 'trung_uong'));
alter table report_act add column proposed text not null default '', add column level text not null default '';
comment on column report_act.proposed is 'At an assign, the unit that the rules proposed.';
create index report_act_handed on report_act (at) where act in ('assign', 'return');

create table assignment_version (
  version integer primary key,
  made_at timestamptz not null,
  made_by text not null,
  reason  text not null,
  rules   jsonb not null
);
comment on table assignment_version is 'Each change of the rules keeps a whole list; the newest is in force. Append-only.';

create table transfer_number (
  office text not null,
  year   integer not null,
  last   integer not null,
  primary key (office, year)
) with (fillfactor = 50);
comment on table transfer_number is 'The last number given by an office in a year; raised in the transaction of its note, so that none is left out.';

create table transfer (
  id          uuid primary key,
  report_id   uuid not null references report (id),
  n           bigint not null,
  office      text not null,
  year        integer not null,
  number      integer not null,
  issued_at   timestamptz not null,
  due         timestamptz,
  category    text not null,
  division    text not null,
  area        text not null,
  level       text not null,
  emergency   boolean not null,
  from_unit   text not null,
  from_name   text not null,
  to_unit     text not null,
  to_name     text not null,
  state       text not null default 'chua_ky_so'
    constraint transfer_state check (state in ('chua_ky_so', 'da_ky_so', 'giay')),
  state_at    timestamptz,
  state_by    text not null default '',
  serial      text not null default '',
  constraint transfer_number_once unique (office, year, number),
  constraint transfer_act_once unique (report_id, n),
  foreign key (report_id, n) references report_act (report_id, n),
  constraint transfer_signed check ((state = 'da_ky_so') = (serial <> '') and (state = 'chua_ky_so' or state_at is not null))
);
comment on table transfer is 'A phiếu chuyển: one an assign. What it says is kept as it was on that day; only its state changes.';
comment on column transfer.n is 'The entry of the timeline that made it.';
comment on column transfer.serial is 'Of the certificate it was signed with.';
create index transfer_issued on transfer (issued_at);

grant select, insert on assignment_version, transfer to toancanh_app;
grant update (state, state_at, state_by, serial) on transfer to toancanh_app;
grant select, insert, update on transfer_number to toancanh_app;

-- +goose Down
drop table transfer, transfer_number, assignment_version;
drop index report_act_handed;
alter table report_act drop column level, drop column proposed;
alter table report drop column level;
