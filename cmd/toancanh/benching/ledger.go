package benching

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"toancanh/server/embedded"
)

// ledger is what senders were told: the words of each report by the id they got for it, and the reports whose news was
// asked for by mail.
type ledger struct {
	words map[string]string
	mails []string
}

// verdict is what became of it in PostgreSQL.
type verdict struct {
	lost     int // acknowledged and not there
	doubled  int // one sender's words there twice
	mixed    int // an id with another sender's words
	invented int // there, and acknowledged to nobody
}

// keptReport is a report as it lies in the database.
type keptReport struct{ ID, Words string }

func (l ledger) judge(kept []keptReport) verdict {
	var v verdict
	there, said := map[string]bool{}, map[string]bool{}
	for _, k := range kept {
		there[k.ID] = true
		if said[k.Words] {
			v.doubled++
		}
		said[k.Words] = true
		switch words, ok := l.words[k.ID]; {
		case !ok:
			v.invented++
		case words != k.Words:
			v.mixed++
		}
	}
	for id := range l.words {
		if !there[id] {
			v.lost++
		}
	}
	return v
}

// judgeMails counts the reports whose mail was promised and is not kept, and addresses kept twice.
func (l ledger) judgeMails(kept map[string]int) (lost, doubled int) {
	for _, id := range l.mails {
		switch n := kept[id]; {
		case n == 0:
			lost++
		case n > 1:
			doubled += n - 1
		}
	}
	return lost, doubled
}

// keptReports reads the reports whose words begin so.
func (h *house) keptReports(ctx context.Context, beginning string) ([]keptReport, error) {
	return ask[keptReport](ctx, h, "select id::text, description from report where starts_with(description, $1)", beginning)
}

// keptMails counts the addresses that follow each of these reports.
func (h *house) keptMails(ctx context.Context, beginning string) (map[string]int, error) {
	type followed struct {
		ID string
		N  int
	}
	list, err := ask[followed](ctx, h, `select r.id::text, count(*)::int from mail_follower f join report r on r.id = f.report_id
		where starts_with(r.description, $1) group by r.id`, beginning)
	kept := make(map[string]int, len(list))
	for _, one := range list {
		kept[one.ID] = one.N
	}
	return kept, err
}

// ask reads rows as the database's owner.
func ask[T any](ctx context.Context, h *house, sql string, args ...any) ([]T, error) {
	conn, err := pgx.Connect(ctx, h.postgres.DSN(embedded.Owner, embedded.Database))
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	rows, err := conn.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", sql, err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[T])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", sql, err)
	}
	return list, nil
}
