-- Screens: what each is set to and told to show, what its page confirmed, and how the page last said it is.

-- +goose Up
create table screen (
  id         text primary key,
  version    bigint not null,
  changed_at timestamptz not null,
  deleted_at timestamptz,
  panel_mm   integer constraint screen_panel check (panel_mm > 0),
  viewing_mm integer constraint screen_viewing check (viewing_mm > 0),
  title      text not null default '',
  point      text not null default '',
  division   text not null default '',
  area       text not null default '',
  scene      text not null default '',
  density    text not null default 'auto' constraint screen_density check (density in ('auto', 'far', 'middle', 'near')),
  show       jsonb not null default '{}',
  before     jsonb,
  constraint screen_version_grows check (version > 0)
);
comment on table screen is 'Settings and orders. Deleted rows stay: the version must go on when the screen comes back.';
comment on column screen.panel_mm is 'Height of the lit picture; null: 55 inch is assumed.';
comment on column screen.viewing_mm is 'Distance of the farthest seat; null: 5 m is assumed.';
comment on column screen.point is 'The connection point (diem cau) it stands at.';
comment on column screen.area is 'Its own area; empty: what its id names, else the province.';
comment on column screen.before is 'What it showed before the meeting it follows in; null outside meetings.';

create table screen_seen (
  screen  text primary key,
  version bigint not null,
  at      timestamptz not null,
  applied boolean not null,
  reason  text not null default ''
) with (fillfactor = 50);
comment on table screen_seen is 'The newest confirmation of each screen''s page. A screen named by an area''s code has no row in screen.';

create table screen_beat (
  screen     text primary key,
  at         timestamptz not null,
  version    bigint not null,
  seq        bigint not null,
  heap_bytes bigint,
  nodes      bigint,
  long_tasks bigint not null,
  fps        double precision,
  skew_ms    double precision,
  width      bigint not null,
  height     bigint not null,
  build      text not null,
  scene      text not null,
  area       text not null,
  density    text not null,
  phase      text not null
) with (fillfactor = 50);
comment on table screen_beat is 'What each page said last about itself: one row a screen, never one a beat.';

grant select, insert, update on screen to toancanh_app;
grant select, insert, update, delete on screen_seen, screen_beat to toancanh_app;

-- +goose Down
drop table screen_beat, screen_seen, screen;
