package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"toancanh/server/report"
	"toancanh/server/storm"
)

// sqlFigures computes from the readings alone what the scene mưa bão shows of each sensor at @at. It shares no code with
// the windows that the watch keeps; only the definitions are the same, and stand in package storm: of each bin the last
// reading counts, a window ends at the newest reading, and one unheard for eight days was never heard.
const sqlFigures = `
	with recursive x as materialized (
		select s.id, s.code, s.kind, s.levels, s.unit, n.ts as newest, n.value, n.ts >= @at - s.stale_after as fresh,
			case s.kind when 'rain' then interval '24 hours' else interval '60 minutes' end as span,
			case s.kind when 'rain' then interval '5 minutes' else interval '1 minute' end as bin
		from sensor s left join lateral (
			select r.ts, r.value from reading r
			where r.sensor_id = s.id and r.ts <= @at and r.ts >= @at::timestamptz - interval '8 days' order by r.ts desc limit 1
		) n on true
		where s.division = @division and (@sensors::int4[] is null or s.id = any(@sensors))
	),
	kept as materialized (
		select distinct on (x.id, date_bin(x.bin, r.ts, timestamptz '2000-01-01 00:00:00+00'))
			x.id, r.ts, r.value, x.newest, x.kind
		from x cross join lateral (
			select ts, value from reading
			where sensor_id = x.id and ts <= @at and ts > x.newest - x.span and ts > @at::timestamptz - interval '10 days'
		) r
		where x.fresh and x.kind <> 'rain' and (x.kind = 'river' or x.levels <> '[]')
		order by x.id, date_bin(x.bin, r.ts, timestamptz '2000-01-01 00:00:00+00'), r.ts desc
	),
	anchor as materialized (
		select distinct on (id) id, ts, value from (
			select id, ts, value, row_number() over (partition by id order by value, ts) as place from (
				select id, ts, value, row_number() over (partition by id order by ts desc) as age from kept where kind = 'river'
			) newest where age <= 3
		) ordered where place = 2
	),
	rates as materialized (
		select id, min(slope) as slope from (
			select id, slope, sum(weight) over (partition by id order by slope) as upto, sum(weight) over (partition by id) as total
			from (
				select k.id, k.weight, (k.value - a.value) / (extract(epoch from k.ts - a.ts)::float8 / 3600) as slope
				from (
					select id, ts, value, count(*) over all_of as n, max(ts) over all_of - min(ts) over all_of as long,
						least(interval '10 minutes', ts - coalesce(lag(ts) over (partition by id order by ts), newest - interval '60 minutes')) as weight
					from kept where kind = 'river' window all_of as (partition by id)
				) k join anchor a using (id)
				where k.ts <> a.ts and k.n >= 3 and k.long >= interval '20 minutes'
			) lines
		) weighed where 2 * upto >= total group by id
	),
	chain (id, ts, value, newest, hole) as (
		select id, newest, value, newest, interval '0' from x where kind = 'rain' and fresh
		union all
		select c.id, p.ts, p.value, c.newest, c.ts - interval '1 hour' - p.ts
		from chain c cross join lateral (
			select r.ts, r.value from reading r
			where r.sensor_id = c.id and r.ts > c.newest - interval '24 hours' and r.ts > @at::timestamptz - interval '10 days'
				-- The last of its bin: what a later reading of the bin outdoes does not count.
				and r.ts <= c.ts - interval '1 hour'
				and (r.ts < date_bin('5 minutes', c.ts - interval '1 hour', timestamptz '2000-01-01 00:00:00+00')
					or not exists (select from reading l where l.sensor_id = c.id and l.ts > c.ts - interval '1 hour' and l.ts <= @at
						and l.ts > @at::timestamptz - interval '10 days'
						and l.ts < date_bin('5 minutes', c.ts - interval '1 hour', timestamptz '2000-01-01 00:00:00+00') + interval '5 minutes'))
			order by r.ts desc limit 1
		) p
	),
	sums as materialized (
		select c.id, w.hours, sum(c.value) as mm,
			sum(c.hole) + greatest(interval '0', min(c.ts) - interval '1 hour' - (c.newest - make_interval(hours => w.hours))) as holes
		from chain c cross join (values (3), (24)) as w(hours)
		where c.ts > c.newest - make_interval(hours => w.hours)
		group by c.id, c.newest, w.hours
	),
	loud as materialized (
		-- The bins of rain gauges are wider; within ChangedSpan their last readings are found the same way.
		select b.id, b.ts, rank.n from (
			select id, ts, value from kept
			union all
			select * from (
				select distinct on (x.id, date_bin(x.bin, r.ts, timestamptz '2000-01-01 00:00:00+00')) x.id, r.ts, r.value
				from x cross join lateral (select ts, value from reading where sensor_id = x.id and ts <= @at
					and ts > @at::timestamptz - interval '30 minutes') r
				where x.fresh and x.kind = 'rain' and x.levels <> '[]'
				order by x.id, date_bin(x.bin, r.ts, timestamptz '2000-01-01 00:00:00+00'), r.ts desc
			) rain
			union all
			select x.id, o.ts, o.value from x cross join lateral (
				select ts, value from reading where sensor_id = x.id and ts >= @at::timestamptz - interval '8 days'
					and ts <= case x.kind when 'rain' then @at::timestamptz - interval '30 minutes' else x.newest - x.span end
				order by ts desc limit 1
			) o
			where x.fresh and x.levels <> '[]'
		) b join x using (id) cross join lateral (
			select coalesce(max(array_position(array['attention', 'warning', 'critical'], l->>'State')), 0) as n
			from (select l from jsonb_array_elements(x.levels) l where (l->>'At')::float8 <= b.value
				order by (l->>'At')::float8 desc limit 1) reached
		) rank
		where x.levels <> '[]'
	),
	ends as materialized (
		select id, (array_agg(n order by ts desc))[1] as now,
			(array_agg(n order by ts desc) filter (where ts <= @at::timestamptz - interval '15 minutes'))[1] as before
		from loud group by id
	),
	rises as materialized (
		select id, min(ts) as since from (
			select l.id, l.ts, min(l.n) over (partition by l.id order by l.ts desc) as least, e.now
			from loud l join ends e using (id)
			where l.ts > @at::timestamptz - interval '15 minutes' and e.now > coalesce(e.before, 0)
		) lately where least >= now group by id
	)
	select x.code, x.newest, coalesce(x.value, 0),
		case when x.kind = 'river' and x.unit in ('m', 'cm') then
			round((rates.slope * case x.unit when 'm' then 100 else 1 end)::numeric, 1)::float8 end,
		case when x.kind = 'rain' and x.fresh then round(x.value::numeric, 1)::float8 end,
		case when three.holes <= interval '36 minutes' then round(three.mm::numeric, 1)::float8 end,
		case when x.kind = 'rain_24h' and x.fresh then round(x.value::numeric, 1)::float8
			when day.holes <= interval '288 minutes' then round(day.mm::numeric, 1)::float8 end,
		rises.since
	from x
	left join rates on rates.id = x.id
	left join sums three on three.id = x.id and three.hours = 3
	left join sums day on day.id = x.id and day.hours = 24
	left join rises on rises.id = x.id`

// SensorFigures computes what the scene mưa bão shows of some sensors of a division, all when ids is nil, at an instant no
// later than now. It costs one or two ms a sensor.
func (s *Store) SensorFigures(ctx context.Context, division string, ids []int32, at time.Time) (map[string]storm.Figures, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*StatementTimeout)
	defer cancel()
	// Planned each time for what is asked: a plan made for any sensors and any instant takes seconds.
	rows, err := s.read.Query(ctx, sqlFigures, pgx.QueryExecModeCacheDescribe, pgx.NamedArgs{"division": division, "sensors": ids, "at": at})
	if err != nil {
		return nil, fmt.Errorf("compute figures of sensors: %w", classify(err))
	}
	figures := map[string]storm.Figures{}
	var code string
	var f storm.Figures
	_, err = pgx.ForEachRow(rows, []any{&code, &f.At, &f.Value, &f.Rate, &f.Rain1h, &f.Rain3h, &f.Rain24h, &f.RaisedAt}, func() error {
		for _, t := range []*time.Time{f.At, f.RaisedAt} {
			if t != nil {
				*t = t.UTC()
			}
		}
		figures[code] = f
		f = storm.Figures{}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("compute figures of sensors: %w", classify(err))
	}
	return figures, nil
}

// sqlChanged finds what happened to the reports of a division in the 15 minutes before @at: one row a happening.
const sqlChanged = `
	with lately as (
		select r.id, r.path, h.kind, h.at from report r cross join lateral (values
			('received', r.received_at, r.received_at > @at::timestamptz - interval '15 minutes' and r.received_at <= @at),
			('closed', r.ended_at, not r.is_open and r.ended_at > @at::timestamptz - interval '15 minutes' and r.ended_at <= @at),
			('overdue', r.due_now, r.is_open and r.due_now < @at and r.due_now >= @at::timestamptz - interval '15 minutes')
		) as h(kind, at, happened)
		where h.happened and r.withdrawn_at is null and r.division = @division and (r.origin = 'real') = @real and r.origin <> 'drill'
			and (r.received_at > @at::timestamptz - interval '15 minutes' or r.changed_at > @at::timestamptz - interval '15 minutes'
				or r.is_open and r.due_now < @at and r.due_now >= @at::timestamptz - interval '15 minutes')
	)`

const (
	sqlChangedCounts = sqlChanged + ` select place, kind, count(*)::int from lately, unnest(path) as a(place) group by 1, 2`
	sqlChangedItems  = sqlChanged + ` select kind, at, id::text from lately where @area = any(path)
		order by at desc, kind, id limit @most`
)

// ChangedCounts counts what happened in each area of a division in the 15 minutes before at, by kind.
func (s *Store) ChangedCounts(ctx context.Context, division string, realOnly bool, at time.Time) (map[string]map[string]int, error) {
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	rows, err := s.read.Query(ctx, sqlChangedCounts, pgx.NamedArgs{"division": division, "real": realOnly, "at": at})
	if err != nil {
		return nil, fmt.Errorf("count what changed: %w", classify(err))
	}
	counts := map[string]map[string]int{}
	var place, kind string
	var n int
	_, err = pgx.ForEachRow(rows, []any{&place, &kind, &n}, func() error {
		if counts[place] == nil {
			counts[place] = map[string]int{}
		}
		counts[place][kind] = n
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("count what changed: %w", classify(err))
	}
	return counts, nil
}

// Happened is one thing that happened to a report.
type Happened struct {
	Kind   string
	At     time.Time
	Report report.Report
}

// ChangedItems reads the newest happenings in an area in the 15 minutes before at.
func (s *Store) ChangedItems(ctx context.Context, division, area string, realOnly bool, at time.Time) ([]Happened, error) {
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	rows, err := s.read.Query(ctx, sqlChangedItems, pgx.NamedArgs{
		"division": division, "real": realOnly, "at": at, "area": area, "most": storm.ItemsMost,
	})
	if err != nil {
		return nil, fmt.Errorf("list what changed: %w", classify(err))
	}
	var ids []string
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Happened, error) {
		var h Happened
		err := row.Scan(&h.Kind, &h.At, &h.Report.ID)
		h.At = h.At.UTC()
		ids = append(ids, h.Report.ID)
		return h, err
	})
	if err != nil {
		return nil, fmt.Errorf("list what changed: %w", classify(err))
	}
	reports, err := s.ReportsByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	for i := range list {
		for _, r := range reports {
			if r.ID == list[i].Report.ID {
				list[i].Report = r
			}
		}
	}
	return list, nil
}
