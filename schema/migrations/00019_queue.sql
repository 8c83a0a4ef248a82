-- The console's queue: search over words, orders to page by, saved views, response templates and internal notes.

-- +goose Up
-- What is searched becomes single words, with the codes of the areas and of the category among them: a search by a name
-- asks for the codes that bear it, so that names are kept nowhere twice.
update report set folded = array_to_string(array(
    select distinct left(w, 40)
    from regexp_split_to_table(case when withdrawn_at is null then folded || ' ' || replace(folded, '''', '') else lower(code) end, '[\u0001-\u002f\u003a-\u0060\u007b-\u00bf\u2000-\u206f]+') as w
    where w <> ''), ' ')
  || array_to_string(array(select ' a:' || division || '/' || a from unnest(path) as a), '') || ' c:' || lower(category);
comment on column report.folded is 'Words of description, address and code without diacritics, a:division/code of each area, c:category.';

alter table report add column words tsvector generated always as (array_to_tsvector(string_to_array(folded, ' '))) stored;
comment on column report.words is 'folded, for search by the beginnings of words.';
create index report_words on report using gin (words);
create index report_due on report (due_now, id) where due_now is not null;

create table note (
  report_id uuid not null references report (id),
  n         bigint not null,
  id        uuid not null constraint note_id_unique unique,
  at        timestamptz not null,
  author    text not null,
  name      text not null,
  text      text not null,
  primary key (report_id, n)
);
comment on table note is 'Internal and append-only: the application may not change or delete it.';

create table template (
  id         uuid primary key,
  version    bigint not null default 1,
  name       text not null,
  act        text not null default '',
  category   text not null default '',
  text       text not null,
  division   text not null,
  path       text[] not null,
  changed_at timestamptz not null default now(),
  changed_by text not null
);
comment on table template is 'Answers that officers of an area begin with; empty act or category: for all of them.';

create table saved_view (
  id         uuid primary key,
  version    bigint not null default 1,
  owner      text not null,
  owner_name text not null,
  name       text not null,
  filter     jsonb not null,
  division   text not null default '',
  path       text[] not null default '{}',
  changed_at timestamptz not null default now(),
  constraint saved_view_place check ((division = '') = (path = '{}'))
);
comment on column saved_view.path is 'Empty: the owner''s alone; else for everybody who works in that area.';
create index saved_view_owner on saved_view (owner);

grant select, insert on note to toancanh_app;
grant select, insert, update, delete on template, saved_view to toancanh_app;

-- +goose Down
drop table saved_view, template, note;
drop index report_due, report_words;
alter table report drop column words;
