-- What came of reports is told of an earlier time of receipt than how they were replied to, once that is long enough ago.

-- +goose Up
alter table public_rate_period
  add column ripe_from  date,
  add column ripe_until date,
  add column ripe_at    timestamptz;
comment on column public_rate_period.counted_at is 'As of when replies are counted.';
comment on column public_rate_period.ripe_from is 'The first day of receipt whose results are told, counted as of ripe_at; null: none is long enough ago.';
grant select (ripe_from, ripe_until, ripe_at) on public_rate_period to toancanh_public_read;

-- +goose Down
alter table public_rate_period drop column ripe_from, drop column ripe_until, drop column ripe_at;
