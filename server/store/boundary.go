package store

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"

	"toancanh/server/area"
	"toancanh/server/boundary"
)

// Boundary is a version of one level's borders, or the end of one.
type Boundary struct {
	Version    int64
	ImportedAt time.Time
	Division   string
	Level      area.Level
	Removed    bool
	Importer   string
	Source     string
	Licence    string
	Credit     string
	File       string
	SHA256     []byte
	Bytes      int64
	Findings   []boundary.Finding
	Active     bool // the newest of its division and level, and not removed

	Shapes map[string]orb.MultiPolygon // nil in lists
}

// importLimit bounds the transaction of an import: it writes megabytes and looks at every open report.
const importLimit = time.Minute

// importLock is the advisory lock that imports take in turn.
const importLock = 0x746361_62 // "tcab"

// mostShapes bounds what stored shapes may unpack to.
const mostShapes = 1 << 30

const boundaryColumns = `version, imported_at, division, level, removed, importer, source, licence, credit, file_name,
	file_sha256, file_bytes, findings, not removed and version = max(version) over (partition by division, level)`

func scanBoundary(row pgx.CollectableRow, more ...any) (Boundary, error) {
	var b Boundary
	var findings []byte
	err := row.Scan(append([]any{
		&b.Version, &b.ImportedAt, &b.Division, (*string)(&b.Level), &b.Removed, &b.Importer, &b.Source, &b.Licence, &b.Credit,
		&b.File, &b.SHA256, &b.Bytes, &findings, &b.Active,
	}, more...)...)
	if err != nil {
		return b, err
	}
	b.ImportedAt = b.ImportedAt.UTC()
	return b, json.Unmarshal(findings, &b.Findings)
}

// Boundaries lists every version, newest first, without shapes.
func (s *Store) Boundaries(ctx context.Context) ([]Boundary, error) {
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	rows, err := s.read.Query(ctx, "select "+boundaryColumns+" from boundary order by version desc limit 1000")
	if err != nil {
		return nil, fmt.Errorf("list boundaries: %w", classify(err))
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Boundary, error) { return scanBoundary(row) })
	if err != nil {
		return nil, fmt.Errorf("list boundaries: %w", classify(err))
	}
	return list, nil
}

// BoundaryVersion is the newest version there is, 0 when nothing was ever imported.
func (s *Store) BoundaryVersion(ctx context.Context) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	var v int64
	if err := s.read.QueryRow(ctx, "select coalesce(max(version), 0) from boundary").Scan(&v); err != nil {
		return 0, fmt.Errorf("read boundary version: %w", classify(err))
	}
	return v, nil
}

// BoundariesInUse are the newest versions of every division and level, with the shapes of those that were not removed.
func (s *Store) BoundariesInUse(ctx context.Context) ([]Boundary, error) {
	ctx, cancel := context.WithTimeout(ctx, importLimit)
	defer cancel()
	rows, err := s.read.Query(ctx, "select distinct on (division, level) "+boundaryColumns+
		", shapes from boundary order by division, level, version desc")
	if err != nil {
		return nil, fmt.Errorf("read boundaries: %w", classify(err))
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Boundary, error) {
		var packed []byte
		b, err := scanBoundary(row, &packed)
		if err == nil && packed != nil {
			b.Shapes, err = unpackShapes(packed)
		}
		return b, err
	})
	if err != nil {
		return nil, fmt.Errorf("read boundaries: %w", classify(err))
	}
	return list, nil
}

func packShapes(shapes map[string]orb.MultiPolygon) ([]byte, error) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if err := json.NewEncoder(w).Encode(shapes); err != nil {
		return nil, fmt.Errorf("pack shapes: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("pack shapes: %w", err)
	}
	return packed.Bytes(), nil
}

func unpackShapes(packed []byte) (map[string]orb.MultiPolygon, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("unpack shapes: %w", err)
	}
	var shapes map[string]orb.MultiPolygon
	if err := json.NewDecoder(io.LimitReader(r, mostShapes)).Decode(&shapes); err != nil {
		return nil, fmt.Errorf("unpack shapes: %w", err)
	}
	return shapes, nil
}

// Locate finds the area of a point by the new boundaries; not ok outside of all.
type Locate func(area.Point) (code string, ok bool)

// ImportBoundary keeps a version and proposes new areas for the open reports of its division, in one transaction. A nil
// locate proposes nothing. Proposals of earlier versions of the division that nobody decided are overtaken by new ones
// and by a removal. With dry nothing is kept; the counts are those it would be.
func (s *Store) ImportBoundary(ctx context.Context, b Boundary, locate Locate, dry bool) (version int64, proposed int, err error) {
	ctx, cancel := context.WithTimeout(ctx, importLimit)
	defer cancel()
	var packed []byte
	if !b.Removed {
		if packed, err = packShapes(b.Shapes); err != nil {
			return 0, 0, err
		}
	}
	findings, err := json.Marshal(b.Findings)
	if err != nil {
		return 0, 0, fmt.Errorf("encode findings: %w", err)
	}
	tx, err := s.write.Begin(ctx)
	if err != nil {
		return 0, 0, fmt.Errorf("import boundary: %w", classify(err))
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if _, err := tx.Exec(ctx, fmt.Sprintf("set local statement_timeout = %d", importLimit.Milliseconds())); err != nil {
		return 0, 0, fmt.Errorf("import boundary: %w", classify(err))
	}
	// One import at a time, so that versions become visible in their order.
	if _, err := tx.Exec(ctx, "select pg_advisory_xact_lock($1)", importLock); err != nil {
		return 0, 0, fmt.Errorf("import boundary: %w", classify(err))
	}
	err = tx.QueryRow(ctx, `insert into boundary (division, level, removed, importer, source, licence, credit, file_name,
			file_sha256, file_bytes, findings, shapes)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, coalesce($11::jsonb, '[]'), $12) returning version`,
		b.Division, string(b.Level), b.Removed, b.Importer, b.Source, b.Licence, b.Credit, b.File, b.SHA256, b.Bytes,
		nullJSON(findings), packed).Scan(&version)
	if err != nil {
		return 0, 0, fmt.Errorf("import boundary: %w", classify(err))
	}
	if locate != nil || b.Removed {
		if _, err := tx.Exec(ctx, `update place_proposal set decision = 'overtaken', decided_at = now()
			where division = $1 and decision = ''`, b.Division); err != nil {
			return 0, 0, fmt.Errorf("overtake proposals: %w", classify(err))
		}
	}
	if locate != nil {
		if proposed, err = propose(ctx, tx, proposing{version: version, division: b.Division, locate: locate}); err != nil {
			return 0, 0, err
		}
	}
	if dry {
		return 0, proposed, nil
	}
	if err := tx.Commit(ctx); err != nil {
		return 0, 0, fmt.Errorf("import boundary: %w", classify(err))
	}
	return version, proposed, nil
}

func nullJSON(raw []byte) *string {
	text := string(raw)
	if text == "null" {
		return nil
	}
	return &text
}

type proposing struct {
	version  int64
	division string
	since    time.Time // of reports received earlier nothing is asked
	locate   Locate
}

// propose notes where open reports would lie. Those that the version has a proposal for keep it.
func propose(ctx context.Context, tx pgx.Tx, p proposing) (int, error) {
	rows, err := tx.Query(ctx, `select id, lat, lon, area from report
		where is_open and withdrawn_at is null and division = $1 and received_at >= $2`, p.division, p.since)
	if err != nil {
		return 0, fmt.Errorf("read open reports: %w", classify(err))
	}
	var ids []uuid.UUID
	var olds, news []string
	var id uuid.UUID
	var at area.Point
	var old string
	if _, err := pgx.ForEachRow(rows, []any{&id, &at.Lat, &at.Lon, &old}, func() error {
		if code, _ := p.locate(at); code != old {
			ids, olds, news = append(ids, id), append(olds, old), append(news, code)
		}
		return nil
	}); err != nil {
		return 0, fmt.Errorf("read open reports: %w", classify(err))
	}
	tag, err := tx.Exec(ctx, `insert into place_proposal (version, report_id, division, old_area, new_area)
		select $1, i, $2, o, n from unnest($3::uuid[], $4::text[], $5::text[]) as x(i, o, n)
		on conflict do nothing`, p.version, p.division, ids, olds, news)
	if err != nil {
		return 0, fmt.Errorf("propose places: %w", classify(err))
	}
	return int(tag.RowsAffected()), nil
}

// ProposeLate proposes for reports that were placed by the old map while the version was being taken into use.
func (s *Store) ProposeLate(ctx context.Context, b Boundary, locate Locate) (int, error) {
	n := 0
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) (err error) {
		n, err = propose(ctx, tx, proposing{
			version: b.Version, division: b.Division, since: b.ImportedAt.Add(-importLimit), locate: locate,
		})
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("propose places of late reports: %w", classify(err))
	}
	return n, nil
}
