package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"toancanh/schema"
	"toancanh/server/report"
	"toancanh/server/view"
)

// sqlInsertEvents stores payloads once an audience and puts them before the relay. Topic names hold no space.
const sqlInsertEvents = `
	with stored as (
		insert into event (at, version, audience, kind, thing, purge, topics, data)
		select at, version, audience, kind, thing, purge, string_to_array(topics, ' '), data
		from unnest($1::timestamptz[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::boolean[], $7::text[], $8::text[])
			with ordinality as x(at, version, audience, kind, thing, purge, topics, data, ord)
		order by ord
		returning id, day
	)
	insert into outbox (event_id, day) select id, day from stored`

// insertEvents announces drafts as of at, inside the transaction of their change.
func insertEvents(ctx context.Context, tx pgx.Tx, drafts []view.Draft, at time.Time) error {
	if len(drafts) == 0 {
		return nil
	}
	drafts, err := widenPurges(ctx, tx, drafts)
	if err != nil {
		return err
	}
	n := len(drafts)
	ats, versions := make([]time.Time, n), make([]int64, n)
	audiences, kinds, things, topics := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	purges, payloads := make([]bool, n), make([]*string, n)
	for i, d := range drafts {
		ats[i], versions[i], audiences[i], kinds[i], things[i] = at, d.Version, string(d.Audience), d.Kind, d.ID
		topics[i], purges[i] = strings.Join(d.Topics, " "), d.Purge
		if d.Data != nil {
			text := string(d.Data)
			payloads[i] = &text
		}
	}
	_, err = tx.Exec(ctx, sqlInsertEvents, ats, versions, audiences, kinds, things, purges, topics, payloads)
	if err != nil {
		return fmt.Errorf("insert events: %w", classify(err))
	}
	return purgePayloads(ctx, tx, drafts)
}

// sqlTopicsOf finds where a thing was told: by the events there still are, and by what has left of it for everybody.
const sqlTopicsOf = `
	select t from event, unnest(topics) as t where thing = $1 and audience = $2 and not t = any($3)
	union
	select t from public_record r, generate_subscripts(r.path, 1) as n,
		concat_ws('/', 'public', r.division, array_to_string(r.path[1:n], '/')) as t
	where r.code = $1 and $2 = 'public' and not t = any($3)
	order by 1`

// widenPurges adds to each purge the topics that the thing left earlier: their rings may still hold its words.
func widenPurges(ctx context.Context, tx pgx.Tx, drafts []view.Draft) ([]view.Draft, error) {
	if !slices.ContainsFunc(drafts, func(d view.Draft) bool { return d.Purge }) {
		return drafts, nil
	}
	drafts = slices.Clone(drafts)
	for i, d := range drafts {
		if !d.Purge {
			continue
		}
		rows, err := tx.Query(ctx, sqlTopicsOf, d.ID, string(d.Audience), d.Topics)
		if err != nil {
			return nil, fmt.Errorf("find topics %s was on: %w", d.ID, classify(err))
		}
		left, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return nil, fmt.Errorf("find topics %s was on: %w", d.ID, classify(err))
		}
		drafts[i].Topics = append(slices.Clone(d.Topics), left...)
	}
	return drafts, nil
}

// purgePayloads erases the stored payloads of what was withdrawn: whoever asks for past events gets "gone". What had left
// for everybody goes at once, without waiting for a batch.
func purgePayloads(ctx context.Context, tx pgx.Tx, drafts []view.Draft) error {
	for _, d := range drafts {
		if !d.Purge {
			continue
		}
		_, err := tx.Exec(ctx, `update event set data = null, kind = $4
			where thing = $1 and audience = $2 and version < $3 and data is not null`,
			d.ID, string(d.Audience), d.Version, schema.KindGone)
		if err != nil {
			return fmt.Errorf("purge payloads of %s: %w", d.ID, classify(err))
		}
		if d.Audience != schema.Public {
			continue
		}
		if _, err := tx.Exec(ctx, "delete from public_record where code = $1", d.ID); err != nil {
			return fmt.Errorf("take back %s: %w", d.ID, classify(err))
		}
	}
	return nil
}

// copyEntries appends to timelines.
func copyEntries(ctx context.Context, tx pgx.Tx, entries []Entry) error {
	rows := pgx.CopyFromSlice(len(entries), func(i int) ([]any, error) {
		e := entries[i]
		return []any{
			uuid.MustParse(e.ReportID), e.N, e.At, e.Until, string(e.Act), string(e.From), string(e.To),
			e.Actor, e.Unit, e.Reason, e.Text, e.Parent, e.Area, e.Photo, e.Copy, string(e.Rating.Solved), string(e.Rating.Manner),
			e.Proposed, string(e.Level),
		}, nil
	})
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"report_act"}, []string{
		"report_id", "n", "at", "until", "act", "from_status", "to_status", "actor", "unit", "reason", "text", "parent", "area",
		"photo", "copy", "solved", "manner", "proposed", "level",
	}, rows)
	if err != nil {
		return fmt.Errorf("insert timeline entries: %w", classify(err))
	}
	return nil
}

// Entry is an entry of a report's timeline.
type Entry struct {
	ReportID string
	report.Entry
}

const sqlProject = `
	insert into public_report (code, version, category, division, area, path, status, is_open, received_hour,
		due_date, resolved_date, published_at, origin, text, answer, photos, changed_at, lat, lon)
	values (@code, @version, @category, @division, @area, @path, @status, @open, @received_hour,
		@due_date::date, @resolved_date::date, @published_at, @origin, @text, @answer, @photos, @changed_at, @lat, @lon)
	on conflict (code) do update set version = excluded.version, category = excluded.category,
		division = excluded.division, area = excluded.area, path = excluded.path, status = excluded.status,
		is_open = excluded.is_open, received_hour = excluded.received_hour, due_date = excluded.due_date,
		resolved_date = excluded.resolved_date, published_at = excluded.published_at, origin = excluded.origin,
		text = excluded.text, answer = excluded.answer, photos = excluded.photos, lat = excluded.lat, lon = excluded.lon,
		changed_at = case when (public_report.category, public_report.area, public_report.status, public_report.due_date,
				public_report.resolved_date, public_report.published_at, public_report.text, public_report.photos)
			is distinct from (excluded.category, excluded.area, excluded.status, excluded.due_date, excluded.resolved_date,
				excluded.published_at, excluded.text, excluded.photos) then excluded.changed_at else public_report.changed_at end
	where excluded.version > public_report.version`

// sqlRetract takes back at once what had left and is no longer to be seen: a result, a text that is another now, a photo that
// was covered anew. What comes instead waits for the next batch.
const sqlRetract = `
	update public_record set text = case when text = @text then text else '' end,
		published_at = case when @published_at::timestamptz is not null then published_at end,
		photos = array(select x from unnest(photos) with ordinality as p(x, n) where x = any(@photos) order by n)
	where code = @code and (text not in ('', @text) or not photos <@ @photos or @published_at::timestamptz is null and published_at is not null)`

// project queues what view lets everybody see of a report, or its removal. It leaves with the next batch.
func project(batch *pgx.Batch, r *report.Report, loc *time.Location) {
	p, ok := view.Public(*r, loc)
	if !ok {
		batch.Queue("delete from public_report where code = $1", r.Code)
		return
	}
	at := view.Square(*r)
	batch.Queue(sqlProject, pgx.NamedArgs{
		"code": p.Code, "version": r.Version, "category": p.Category, "division": r.Division, "area": p.Area,
		"path": p.Path, "status": p.Status, "open": r.Open(), "received_hour": p.ReceivedHour,
		"due_date": p.DueDate, "resolved_date": p.ResolvedDate, "published_at": p.PublishedAt,
		"origin": p.Origin, "text": p.Text, "answer": p.Answer, "photos": p.Photos, "changed_at": r.ChangedAt,
		"lat": at.Lat, "lon": at.Lon,
	})
	batch.Queue(sqlRetract, pgx.NamedArgs{"code": p.Code, "text": p.Text, "photos": p.Photos, "published_at": p.PublishedAt})
}
