-- Who asks for the open reports of one unit does not read those of all.

-- +goose Up
create index report_open_unit on report (unit, received_at desc, id desc) where is_open and unit <> '';

-- +goose Down
drop index report_open_unit;
