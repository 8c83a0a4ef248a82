package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"toancanh/server/fault"
)

//nolint:gochecknoglobals // an error value
var errNoFile = fault.NotFound("Không có tệp này.")

// mostFiled bounds the files of one incident together, in bytes: the evidence holds them all.
const mostFiled = 64 << 20

// insertIncidentFile keeps the row of a file of a locked incident.
func insertIncidentFile(ctx context.Context, tx pgx.Tx, f IncidentFile) error {
	var held int64
	if err := tx.QueryRow(ctx, "select coalesce(sum(bytes), 0) from incident_attachment where incident_id = $1::uuid", f.Incident).Scan(&held); err != nil {
		return err
	}
	if held+int64(f.Bytes) > mostFiled {
		return fault.Conflict("Các tệp của một sự cố không được quá %d MiB.", mostFiled>>20).Because("too_large")
	}
	_, err := tx.Exec(ctx, `insert into incident_attachment (id, incident_id, name, type, bytes, hash, added_at, by, file, key_id, sealed)
		values ($1::uuid, $2::uuid, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		f.ID, f.Incident, f.Name, f.Type, f.Bytes, f.Hash, f.At, f.By, f.File, f.Key.KeyID, f.Key.Bytes)
	return err
}

const fileSelect = "select id::text, incident_id::text, name, type, bytes, hash, added_at, by, file, key_id, sealed from incident_attachment "

func scanIncidentFile(row pgx.CollectableRow) (IncidentFile, error) {
	var f IncidentFile
	err := row.Scan(&f.ID, &f.Incident, &f.Name, &f.Type, &f.Bytes, &f.Hash, &f.At, &f.By, &f.File, &f.Key.KeyID, &f.Key.Bytes)
	f.At = f.At.UTC()
	return f, err
}

// IncidentFiles lists the files of an incident in the order they came.
func (s *Store) IncidentFiles(ctx context.Context, incidentID string) ([]IncidentFile, error) {
	list, err := collect(ctx, s, scanIncidentFile, fileSelect+"where incident_id = $1::uuid order by added_at, id", incidentID)
	if err != nil {
		return nil, fmt.Errorf("list files of incident %s: %w", incidentID, err)
	}
	return list, nil
}

// IncidentFile finds a file by its UUID.
func (s *Store) IncidentFile(ctx context.Context, id string) (IncidentFile, error) {
	if uuid.Validate(id) != nil {
		return IncidentFile{}, errNoFile
	}
	list, err := collect(ctx, s, scanIncidentFile, fileSelect+"where id = $1::uuid", id)
	if err != nil {
		return IncidentFile{}, fmt.Errorf("read file of an incident: %w", err)
	}
	return firstOr(list, errNoFile)
}
