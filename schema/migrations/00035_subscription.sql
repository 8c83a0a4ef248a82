-- What those hear who follow public facts without an account.

-- +goose Up
create view public_sent as
  select p.n, p.id, p.sent_at, p.expires_at, p.msg_type, p.status, p.origin, p.title, p.title_en, p.summary, p.shown,
    w.ended_at, coalesce(e.msg_type, '') as ended_as
  from public_warning p join warning w using (id) left join warning e on e.id = w.ended_by
  where w.origin <> 'drill';
comment on view public_sent is 'Our messages to the public with what became of them: ended_as is the type of the message that ended one.';

create index public_record_results on public_record (division, area, published_at desc) where published_at is not null;

grant select on public_sent to toancanh_app, toancanh_public_read;

-- +goose Down
drop index public_record_results;
drop view public_sent;
