-- Boundaries that operators brought, and the reports that would lie elsewhere by them.

-- +goose Up
create table boundary (
  version     bigint generated always as identity primary key,
  imported_at timestamptz not null default now(),
  division    text not null,
  level       text not null constraint boundary_level check (level in ('province', 'district', 'commune')),
  removed     boolean not null default false,
  importer    text not null,
  source      text not null default '',
  licence     text not null default '',
  credit      text not null default '',
  file_name   text not null default '',
  file_sha256 bytea,
  file_bytes  bigint not null default 0,
  findings    jsonb not null default '[]',
  shapes      bytea,
  constraint boundary_has_shapes check (removed = (shapes is null))
);
comment on table boundary is 'Append only: of each division and level the newest row counts; a removed one means that there is none.';
comment on column boundary.shapes is 'GeoJSON MultiPolygon coordinates by area code, as JSON, gzipped: mended, five decimals, neighbours share every corner.';

create table place_proposal (
  version    bigint not null references boundary (version),
  report_id  uuid not null,
  division   text not null,
  old_area   text not null,
  new_area   text not null default '',
  made_at    timestamptz not null default now(),
  decided_at timestamptz,
  decision   text not null default '' constraint place_proposal_decision check (decision in ('', 'applied', 'dismissed', 'overtaken')),
  actor      text not null default '',
  reason     text not null default '',
  primary key (version, report_id),
  constraint place_proposal_decided check ((decision = '') = (decided_at is null))
);
create index place_proposal_open on place_proposal (report_id) where decision = '';
comment on column place_proposal.new_area is 'Empty: by the new boundaries the report lies outside every area.';

grant select, insert on boundary to toancanh_app;
grant select, insert, update on place_proposal to toancanh_app;

-- +goose Down
drop table place_proposal, boundary;
