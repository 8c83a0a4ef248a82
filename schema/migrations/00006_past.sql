-- What looking back reads by: reports by their newest act.

-- +goose Up
create index report_changed on report (changed_at);

-- +goose Down
drop index report_changed;
