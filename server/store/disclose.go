package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"toancanh/schema"
	"toancanh/server/disclosure"
	"toancanh/server/view"
)

// Tallies counts what is truly there of every commune and category of a division, of the origin the dataset was born as. A
// day ends at midnight in loc.
func (s *Store) Tallies(ctx context.Context, division string, loc *time.Location) ([]disclosure.Tally, error) {
	list, err := collect(ctx, s, pgx.RowToStructByPos[disclosure.Tally], `
		select area, category, count(*) filter (where is_open)::int,
			count(*) filter (where is_open and due_date < (now() at time zone $2)::date)::int,
			count(*) filter (where received_hour > now() - interval '24 hours')::int,
			count(*) filter (where published_at > now() - interval '30 days')::int,
			count(*) filter (where published_at > now() - interval '30 days' and (due_date is null or resolved_date <= due_date))::int
		from public_report
		where division = $1 and (origin = 'real') = (coalesce((select origin from dataset), 'real') = 'real')
			and (is_open or received_hour > now() - interval '24 hours' or published_at > now() - interval '30 days')
		group by area, category order by area, category`, division, loc.String())
	if err != nil {
		return nil, fmt.Errorf("count for the public: %w", err)
	}
	return list, nil
}

// PublicNumbers are the numbers that may be told.
type PublicNumbers struct{ Areas, Categories []disclosure.Told }

// ToldOfAreas are the numbers of areas that the public role reads now.
func (s *Store) ToldOfAreas(ctx context.Context) ([]disclosure.Told, error) {
	list := []disclosure.Told{}
	err := s.inSnapshot(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return eachTold(ctx, tx, "select division, area, measure, value, wider from public_count", func(t disclosure.Told) { list = append(list, t) })
	})
	if err != nil {
		return nil, fmt.Errorf("read what is told of areas: %w", classify(err))
	}
	return list, nil
}

const sqlCounts = `
	with fresh as (select * from unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::text[]) as f(division, %[2]s, measure, value, wider)),
	gone as (delete from %[1]s p where not exists (select from fresh f where (f.division, f.%[2]s, f.measure) = (p.division, p.%[2]s, p.measure)))
	insert into %[1]s as p (division, %[2]s, measure, value, wider) select * from fresh
	on conflict (division, %[2]s, measure) do update set value = excluded.value, wider = excluded.wider
	where (p.value, p.wider) is distinct from (excluded.value, excluded.wider)`

// TellNumbers lets the public role read numbers, and notes that they are true now. Nil: those of before still are.
func (s *Store) TellNumbers(ctx context.Context, n *PublicNumbers) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if n != nil {
			if err := tellNumbers(ctx, tx, fmt.Sprintf(sqlCounts, "public_count", "area"), n.Areas); err != nil {
				return err
			}
			if err := tellNumbers(ctx, tx, fmt.Sprintf(sqlCounts, "public_category", "category"), n.Categories); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, "update public_state set counted_at = now()")
		return err
	})
	if err != nil {
		return fmt.Errorf("tell numbers: %w", classify(err))
	}
	return nil
}

func tellNumbers(ctx context.Context, tx pgx.Tx, sql string, list []disclosure.Told) error {
	n := len(list)
	divisions, places, measures, wider := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	values := make([]*int, n)
	for i, t := range list {
		divisions[i], places[i], measures[i], wider[i] = t.Division, t.Place, string(t.Measure), t.Of
		if !t.Less {
			values[i] = &t.N
		}
	}
	_, err := tx.Exec(ctx, sql, divisions, places, measures, values, wider)
	return err
}

// Batches is what has left so far.
type Batches struct {
	At    *time.Time // when facts of single reports last left; nil before the first time
	Loads int64      // loads of the past so far
}

// Batches reads what has left so far.
func (s *Store) Batches(ctx context.Context) (Batches, error) {
	list, err := collect(ctx, s, pgx.RowToStructByPos[Batches], "select batch_at, loads from public_state")
	if err != nil {
		return Batches{}, fmt.Errorf("read the last batch: %w", err)
	}
	return firstOr(list, nil)
}

// Received counts the reports everybody may know of, by commune, category and week in loc; real says which.
func (s *Store) Received(ctx context.Context, division string, loc *time.Location, real bool) ([]disclosure.Received, error) {
	list, err := collect(ctx, s, pgx.RowToStructByPos[disclosure.Received], `
		select area, category, date_trunc('week', received_hour at time zone $2)::date, count(*)::int from public_report
		where division = $1 and (origin = 'real') = $3 group by 1, 2, 3 order by 1, 2, 3`, division, loc.String(), real)
	if err != nil {
		return nil, fmt.Errorf("count received reports: %w", err)
	}
	return list, nil
}

// PublicBatch is what leaves at At, the one before it having left at Before. At the same time as before only what had not
// left at all leaves.
type PublicBatch struct {
	At, Before time.Time
	Division   string
	Location   *time.Location
	// Reaches of real reports and of all others: how far each one's place is told. Who is not in them is told of the whole.
	Real, Others []disclosure.Reach
	Squared      []string // categories whose square is told
}

// sqlDue is what leaves of every report: a published result with its commune, because a person read it and decided so;
// everything else with an area as wide as its reach. What changed since the batch's time waits for the next.
const sqlDue = `
	with told as (
		select * from unnest(@real::boolean[], @categories::text[], @weeks::date[], @areas::text[], @depths::int[])
			as t(is_real, category, week, area, depth)
	), due as (
		select p.code, p.category, p.division, p.status, p.is_open, p.received_hour, p.due_date, p.resolved_date, p.published_at,
			p.origin, p.text, p.photos, p.changed_at, x.path, x.path[cardinality(x.path)] as area,
			case when x.square then p.lat end as lat, case when x.square then p.lon end as lon
		from public_report p
		left join told t on p.division = @division and t.is_real = (p.origin = 'real') and t.category = p.category and t.area = p.area
			and t.week = date_trunc('week', p.received_hour at time zone @zone)::date,
		lateral (select p.path[1:case when p.published_at is null then coalesce(t.depth, 1) else cardinality(p.path) end] as path,
			p.category = any(@squared::text[]) and (p.published_at is not null or t.depth = cardinality(p.path)) as square) x
		where @codes::text[] is null or p.code = any(@codes)
	)
	select coalesce(d.code, r.code) as code, d.code is not null as stays, r.code is not null as was,
		coalesce(d.category, ''), coalesce(d.division, r.division), coalesce(d.area, ''), coalesce(d.path, '{}'), coalesce(r.path, '{}'),
		coalesce(d.status, ''), coalesce(d.is_open, false), coalesce(d.received_hour, 'epoch'), to_char(d.due_date, 'YYYY-MM-DD'),
		to_char(d.resolved_date, 'YYYY-MM-DD'), d.published_at, coalesce(d.origin, ''), coalesce(d.text, ''), coalesce(d.photos, '{}'),
		coalesce(d.changed_at, 'epoch'), d.lat, d.lon
	from due d full join (select * from public_record where @codes::text[] is null or code = any(@codes)) r using (code)
	where (d.code is null or d.changed_at < @at) and (r.code is null or not @again)
		and (d.category, d.division, d.path, d.status, d.is_open, d.received_hour, d.due_date, d.resolved_date, d.published_at, d.origin, d.text, d.photos, d.lat, d.lon)
		is distinct from
			(r.category, r.division, r.path, r.status, r.is_open, r.received_hour, r.due_date, r.resolved_date, r.published_at, r.origin, r.text, r.photos, r.lat, r.lon)
	order by 1`

// leaving is one report that leaves, or leaves off.
type leaving struct {
	Code                     string
	Stays, Was               bool
	Category, Division, Area string
	Path, WasPath            []string
	Status                   string
	Open                     bool
	ReceivedHour             time.Time
	DueDate, ResolvedDate    *string
	PublishedAt              *time.Time
	Origin, Text             string
	Photos                   []string
	ChangedAt                time.Time
	Lat, Lon                 *float64
}

func (b PublicBatch) args(codes []string) pgx.NamedArgs {
	n := len(b.Real) + len(b.Others)
	isReal, categories, weeks := make([]bool, 0, n), make([]string, 0, n), make([]time.Time, 0, n)
	areas, depths := make([]string, 0, n), make([]int, 0, n)
	for i, list := range [][]disclosure.Reach{b.Real, b.Others} {
		for _, r := range list {
			isReal, categories, weeks = append(isReal, i == 0), append(categories, r.Category), append(weeks, r.Week)
			areas, depths = append(areas, r.Area), append(depths, r.Depth)
		}
	}
	return pgx.NamedArgs{
		"real": isReal, "categories": categories, "weeks": weeks, "areas": areas, "depths": depths,
		"division": b.Division, "zone": b.Location.String(), "squared": b.Squared, "codes": codes, "at": b.At, "again": !b.At.After(b.Before),
	}
}

// Leaving are the codes of the reports of which something leaves with a batch, in order.
func (s *Store) Leaving(ctx context.Context, b PublicBatch) ([]string, error) {
	list, err := collect(ctx, s, pgx.RowToStructByPos[leaving], sqlDue, b.args(nil))
	if err != nil {
		return nil, fmt.Errorf("read what leaves: %w", err)
	}
	codes := make([]string, len(list))
	for i, l := range list {
		codes[i] = l.Code
	}
	return codes, nil
}

// Leave lets go what leaves of the reports with some codes, and announces it; quiet asks the listeners to read anew instead of
// telling each. A report that is changed or withdrawn meanwhile waits until this is done, so that nothing leaves after it
// was taken back.
func (s *Store) Leave(ctx context.Context, b PublicBatch, codes []string, quiet bool) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "select from public_report where code = any($1) order by code for update", codes); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, sqlDue, b.args(codes))
		if err != nil {
			return err
		}
		list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[leaving])
		if err != nil {
			return err
		}
		batch := &pgx.Batch{}
		var drafts []view.Draft
		for _, l := range list {
			l.queue(batch, b)
			drafts = append(drafts, l.events(b)...)
		}
		if err := sendBatch(ctx, tx, batch); err != nil {
			return err
		}
		if quiet {
			topics := map[schema.Audience]map[string]bool{schema.Public: {}}
			for _, d := range drafts {
				for _, t := range d.Topics {
					topics[schema.Public][t] = true
				}
			}
			drafts = nil
			if len(topics[schema.Public]) > 0 {
				drafts = resets(topics)
			}
		}
		return insertEvents(ctx, tx, drafts, b.At)
	})
	if err != nil {
		return fmt.Errorf("let public facts leave: %w", classify(err))
	}
	return nil
}

// changed is when everybody could see a change first: with this batch, unless it lies before the last one and was only
// brought in now.
func (l leaving) changed(b PublicBatch) time.Time {
	if l.Was || !b.Before.IsZero() && !l.ChangedAt.Before(b.Before) {
		return b.At
	}
	return disclosure.Quarter(l.ChangedAt)
}

const sqlLeave = `
	insert into public_record (code, version, category, division, area, path, status, is_open, received_hour, due_date, resolved_date,
		published_at, origin, text, photos, changed_at, lat, lon)
	values (@code, @version, @category, @division, @area, @path, @status, @open, @received_hour, @due_date::date, @resolved_date::date,
		@published_at, @origin, @text, @photos, @changed_at, @lat, @lon)
	on conflict (code) do update set version = excluded.version, category = excluded.category, division = excluded.division,
		area = excluded.area, path = excluded.path, status = excluded.status, is_open = excluded.is_open,
		received_hour = excluded.received_hour, due_date = excluded.due_date, resolved_date = excluded.resolved_date,
		published_at = excluded.published_at, origin = excluded.origin, text = excluded.text, photos = excluded.photos,
		changed_at = excluded.changed_at, lat = excluded.lat, lon = excluded.lon`

func (l leaving) queue(batch *pgx.Batch, b PublicBatch) {
	if !l.Stays {
		batch.Queue("delete from public_record where code = $1", l.Code)
		return
	}
	batch.Queue(sqlLeave, pgx.NamedArgs{
		"code": l.Code, "version": b.At.UnixMilli(), "category": l.Category, "division": l.Division, "area": l.Area, "path": l.Path,
		"status": l.Status, "open": l.Open, "received_hour": l.ReceivedHour, "due_date": l.DueDate, "resolved_date": l.ResolvedDate,
		"published_at": l.PublishedAt, "origin": l.Origin, "text": l.Text, "photos": l.Photos, "changed_at": l.changed(b),
		"lat": l.Lat, "lon": l.Lon,
	})
}

func (l leaving) events(b PublicBatch) []view.Draft {
	var before, after *view.PublicReport
	if l.Was {
		before = &view.PublicReport{Code: l.Code, Version: b.At.UnixMilli(), Path: l.WasPath}
	}
	if l.Stays {
		after = &view.PublicReport{
			Code: l.Code, Version: b.At.UnixMilli(), Category: l.Category, Area: l.Area, Path: l.Path, Origin: l.Origin, Status: l.Status,
			ReceivedHour: l.ReceivedHour.UTC(), DueDate: l.DueDate, ResolvedDate: l.ResolvedDate, PublishedAt: inUTCOrNil(l.PublishedAt),
			Text: l.Text, Photos: l.Photos,
		}
	}
	return view.PublicEvents(l.Division, before, after)
}

func inUTCOrNil(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}

// EndBatch notes that a batch has left, with the cells of the weeks that are over.
func (s *Store) EndBatch(ctx context.Context, b PublicBatch, cells []disclosure.Cell) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "delete from public_cell"); err != nil {
			return err
		}
		_, err := tx.CopyFrom(ctx, pgx.Identifier{"public_cell"}, []string{"division", "area", "category", "from_date", "until_date", "rest", "value"},
			pgx.CopyFromSlice(len(cells), func(i int) ([]any, error) {
				c := cells[i]
				return []any{b.Division, c.Area, c.Category, c.From, c.Until, c.Rest, c.N}, nil
			}))
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "update public_state set batch_at = greatest(batch_at, $1)", b.At)
		return err
	})
	if err != nil {
		return fmt.Errorf("end a public batch: %w", classify(err))
	}
	return nil
}
