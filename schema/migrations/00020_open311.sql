-- What partner systems ask by Open311 GeoReport: the public projection in the order of time and of change, and what a
-- service asks beside its description.

-- +goose Up
alter table public_report add column changed_at timestamptz not null default now();
comment on column public_report.changed_at is 'When what everybody may see of the report last changed.';
update public_report p set changed_at = r.changed_at from report r where r.code = p.code;
create index public_report_received on public_report (received_hour desc, code);
create index public_report_changed on public_report (changed_at desc, code);

create table report_attribute (
  report_id uuid not null references report (id),
  n         smallint not null,
  code      text not null,
  name      text not null,
  value     text[] not null,
  primary key (report_id, n)
);
comment on table report_attribute is 'What a service asked beside the description, and the answer, for staff alone; name is the question as it was put.';

grant select, insert on report_attribute to toancanh_app;

-- +goose Down
drop table report_attribute;
drop index public_report_changed, public_report_received;
alter table public_report drop column changed_at;
