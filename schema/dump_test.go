package schema_test

import (
	"context"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"toancanh/server/embedded/testpg"
)

//go:generate go test -run TestSchemaFileIsWhatTheMigrationsMake . -update

var update = flag.Bool("update", false, "write schema.sql")

func TestMain(m *testing.M) {
	flag.Parse()
	testpg.Main(m)
}

// sqlDump describes every table, index, function and grant from the catalogues, one line each, in a fixed order: what
// a reviewer needs to see of a migration's effect. Partitions are left out, they follow the clock.
const sqlDump = `
	with tables as (
		select c.oid, c.relname, c.relkind, c.relacl, pg_get_partkeydef(c.oid) as part
		from pg_class c join pg_namespace n on n.oid = c.relnamespace
		where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition and c.relname <> 'goose_db_version'
	), lines as (
		select relname as thing, 0 as part, 0 as ord,
			'table ' || relname || coalesce(' partition by ' || tables.part, '') || coalesce(' -- ' || obj_description(tables.oid, 'pg_class'), '') as line
		from tables
		union all
		select relname, 1, a.attnum, '  ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
			|| case when a.attnotnull then ' not null' else '' end
			|| coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')
			|| case a.attidentity when 'a' then ' generated always as identity' else '' end
			|| coalesce(' -- ' || col_description(tables.oid, a.attnum), '')
		from tables join pg_attribute a on a.attrelid = tables.oid and a.attnum > 0 and not a.attisdropped
			left join pg_attrdef d on d.adrelid = tables.oid and d.adnum = a.attnum
		union all
		select relname, 2, row_number() over (partition by relname order by k.conname), '  constraint ' || k.conname || ' ' || pg_get_constraintdef(k.oid)
		from tables join pg_constraint k on k.conrelid = tables.oid where k.contype <> 'n'
		union all
		select relname, 3, row_number() over (partition by relname order by x.indexrelid::regclass::text), '  ' || pg_get_indexdef(x.indexrelid)
		from tables join pg_index x on x.indrelid = tables.oid
		where not exists (select from pg_constraint k where k.conindid = x.indexrelid)
		union all
		select relname, 4, row_number() over (partition by relname order by g.grantee::regrole::text),
			'  grant ' || string_agg(lower(g.privilege_type), ', ' order by g.privilege_type) || ' to ' || g.grantee::regrole::text
		from tables, aclexplode(relacl) g where g.grantee <> g.grantor group by relname, g.grantee
		union all
		select 'zz ' || p.proname, 5, 0, pg_get_functiondef(p.oid)
		from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'public'
	)
	select line from lines order by thing, part, ord`

func TestSchemaFileIsWhatTheMigrationsMake(t *testing.T) {
	t.Parallel()
	want := dump(t, testpg.New(t).Owner)
	if *update {
		if err := os.WriteFile("schema.sql", []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("schema.sql")
	if err != nil || string(got) != want {
		t.Errorf("schema.sql is not what the migrations make (%v): run make generate", err)
	}
}

func dump(t *testing.T, owner *pgxpool.Pool) string {
	t.Helper()
	rows, err := owner.Query(context.Background(), sqlDump)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return "-- What the migrations make, as the catalogues describe it. Made by make generate; DO NOT EDIT.\n\n" +
		strings.Join(lines, "\n") + "\n"
}

func TestRolesSeeOnlyTheirPart(t *testing.T) {
	t.Parallel()
	db := testpg.New(t)
	for _, deed := range []struct {
		name, query string
		pool        *pgxpool.Pool
	}{
		{"the public reads reports", "select 1 from report", db.Public},
		{"the public reads contacts", "select 1 from report_contact", db.Public},
		{"the public reads photos", "select 1 from photo", db.Public},
		{"the application moves a photo to another report", "update photo set report_id = report_id", db.App},
		{"the public reads events", "select 1 from event", db.Public},
		{"the public reads what has not left", "select 1 from public_report", db.Public},
		{"the public writes its projection", "delete from public_record", db.Public},
		{"the application changes a timeline", "update report_act set reason = ''", db.App},
		{"the application deletes a timeline", "delete from report_act", db.App},
		{"the application deletes reports", "delete from report", db.App},
		{"the application makes tables", "create table x (a int)", db.App},
		{"the application drops a partition of reports", "select drop_partitions('report', current_date)", db.App},
	} {
		if _, err := deed.pool.Exec(t.Context(), deed.query); err == nil {
			t.Errorf("%s and may", deed.name)
		}
	}
	if _, err := db.Public.Exec(t.Context(), "select 1 from public_record"); err != nil {
		t.Errorf("the public cannot read its projection: %v", err)
	}
}
