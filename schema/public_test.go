package schema_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"toancanh/server/embedded/testpg"
)

// What everybody may see, column by column. Whoever adds one meets this list, and the question whether everybody may know it.
const publicColumns = `
dataset: created_at history_at only_row origin
public_category: category division measure value wider
public_cell: area category division from_date rest until_date value
public_count: area division measure value wider
public_dti: area code dated issuer most name number reference scheme title value year
public_in_force: expires_at id origin sent_at shown status
public_rate: division kind measure name place value
public_rate_period: counted_at from_date mature ripe_at ripe_from ripe_until until_date
public_record: area category changed_at code division due_date is_open lat lon origin path photos published_at received_hour resolved_date status text version
public_sensor: area code division kind lat levels lon name observed origin sample stale_after stale_auto ts unconfirmed unit value
public_sent: ended_as ended_at expires_at id msg_type n origin sent_at shown status summary title title_en
public_state: batch_at counted_at
public_warning: body expires_at id msg_type n origin sent_at shown status summary title title_en`

func TestThePublicReadsTheseColumnsAndNothingElse(t *testing.T) {
	t.Parallel()
	db := testpg.New(t)
	rows, err := db.Owner.Query(t.Context(), `
		select c.relname || ': ' || string_agg(a.attname, ' ' order by a.attname collate "C")
		from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
		where n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast') and a.attnum > 0 and not a.attisdropped
			and c.relkind in ('r', 'p', 'v', 'm', 'f') and has_column_privilege('toancanh_public_read', c.oid, a.attnum, 'select')
		group by c.relname order by c.relname collate "C"`)
	if err != nil {
		t.Fatal(err)
	}
	got, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Fields(publicColumns), strings.Fields(strings.Join(got, "\n"))); diff != "" {
		t.Errorf("columns everybody may see (-want +got):\n%s", diff)
	}
	t.Run("it writes nothing and runs nothing of ours", func(t *testing.T) {
		rows, err := db.Owner.Query(t.Context(), `
			select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
			where n.nspname = 'public' and c.relkind in ('r', 'p', 'v', 'S')
				and (c.relkind <> 'S' and has_table_privilege('toancanh_public_read', c.oid, 'insert,update,delete,truncate')
					or c.relkind = 'S' and has_sequence_privilege('toancanh_public_read', c.oid, 'usage,select,update'))
			union all
			select p.proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace
			where n.nspname = 'public' and p.prosecdef and has_function_privilege('toancanh_public_read', p.oid, 'execute')`)
		if err != nil {
			t.Fatal(err)
		}
		if more, err := pgx.CollectRows(rows, pgx.RowTo[string]); err != nil || len(more) > 0 {
			t.Errorf("%v: %v", more, err)
		}
	})
	t.Run("no sensor but those of water, rain, air and fire", func(t *testing.T) {
		_, err := db.Owner.Exec(t.Context(), `insert into sensor (code, name, kind, lat, lon, stale_after, division, area, path, origin, standing)
			select k || o || s, k, k, 12, 107, '1h', 'vn-2022', '24611', '{67,660,24611}', o, s
			from unnest('{river,rain,pm25,fire,health,slope,power,camera}'::text[]) k, unnest('{real,drill}'::text[]) o, unnest('{active,proposed,retired}'::text[]) s`)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := db.Public.Query(t.Context(), "select code from public_sensor order by code")
		if err != nil {
			t.Fatal(err)
		}
		got, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"firerealactive", "pm25realactive", "rainrealactive", "riverrealactive"}, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}
