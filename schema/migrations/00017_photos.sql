-- Photos of reports. Their files lie outside the database, each sealed with a key of its own; that key stands here, sealed
-- with photo.key, so that a rotation touches rows alone and a deleted row leaves a file that nobody can open.

-- +goose Up
create table photo (
  id         uuid primary key,
  report_id  uuid not null references report (id),
  kind       text not null,
  of_sender  boolean not null,
  added_at   timestamptz not null,
  width      integer not null,
  height     integer not null,
  bytes      integer not null,
  file       text not null constraint photo_file_unique unique,
  key_id     text not null,
  sealed     bytea not null,
  boxes      jsonb,
  copy       text constraint photo_copy_unique unique,
  public     boolean not null default false,
  constraint photo_kind check (kind in ('scene', 'answer', 'visit')),
  constraint photo_public_copy check (copy is not null or not public)
);
comment on table photo is 'Coded anew without metadata before anything was kept. A withdrawn report has none.';
comment on column photo.bytes is 'Of the JPEG, not of the sealed file.';
comment on column photo.key_id is 'Of the key in photo.key that seals the file''s own key.';
comment on column photo.boxes is 'What was covered in the copy, in pixels of the original; null: nobody has looked yet.';
comment on column photo.copy is 'Name of the copy''s file and of its public address; another one after each covering.';
create index photo_report on photo (report_id, added_at);

alter table report add column photos integer not null default 0;
alter table report add column public_photos jsonb;
comment on column report.public_photos is 'Photos and the names of their public copies, as the timeline left them.';
alter table report_act add column photo text not null default '';
alter table report_act add column copy text not null default '';
comment on column report_act.copy is 'With redact_photo: the public name of the photo''s copy from then on; empty: none.';
alter table public_report add column photos text[] not null default '{}';

grant select, insert, delete on photo to toancanh_app;
grant update (key_id, sealed, boxes, copy, public) on photo to toancanh_app;

-- +goose Down
alter table public_report drop column photos;
alter table report_act drop column copy, drop column photo;
alter table report drop column public_photos, drop column photos;
drop table photo;
