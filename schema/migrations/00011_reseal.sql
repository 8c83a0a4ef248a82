-- Contacts may be sealed anew under another key.

-- +goose Up
grant update (key_id, sealed) on report_contact to toancanh_app;

-- +goose Down
revoke update (key_id, sealed) on report_contact from toancanh_app;
