-- Sessions that the sample's start page opens without a password.

-- +goose Up
alter table session add column sample boolean not null default false;
comment on column session.sample is 'Opened by the sample''s start page: it counts on that machine, in the sample, and nowhere else.';

-- +goose Down
alter table session drop column sample;
