package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"toancanh/schema"
	"toancanh/server/access"
	"toancanh/server/audit"
	"toancanh/server/fault"
	"toancanh/server/report"
	"toancanh/server/view"
)

// Proposal says that a report would lie in another area by newer boundaries. It waits for somebody to decide.
type Proposal struct {
	Version  int64 // of the boundaries
	ReportID string
	Code     string // the report's public code
	Division string
	Old      string
	New      string // empty: outside every area
	Address  string
	MadeAt   time.Time
}

const sqlProposals = `
	select p.version, p.report_id::text, r.code, p.division, p.old_area, p.new_area, r.address, p.made_at
	from place_proposal p join report r on r.id = p.report_id
	where p.decision = '' and r.is_open and r.withdrawn_at is null`

// Proposals lists what waits for a decision, oldest report id first, from after a report id on; total counts all.
func (s *Store) Proposals(ctx context.Context, after string, limit int) (list []Proposal, total int, err error) {
	if _, err := uuid.Parse(after); err != nil {
		after = uuid.Nil.String()
	}
	err = s.inSnapshot(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, "select count(*) from ("+sqlProposals+") as p").Scan(&total); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, sqlProposals+" and p.report_id > $1::uuid order by p.report_id limit $2", after, limit)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, scanProposal)
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("list proposals: %w", classify(err))
	}
	return list, total, nil
}

func scanProposal(row pgx.CollectableRow) (Proposal, error) {
	var p Proposal
	err := row.Scan(&p.Version, &p.ReportID, &p.Code, &p.Division, &p.Old, &p.New, &p.Address, &p.MadeAt)
	p.MadeAt = p.MadeAt.UTC()
	return p, err
}

// Verdict is a decision on proposals, by somebody, for a reason.
type Verdict struct {
	Apply  bool // false: the reports stay where they are
	Actor  string
	Reason string
	At     time.Time
	// Quiet writes one reset per touched topic instead of an event a report: for more than a thousand at once.
	Quiet bool
}

// DecidePlace says what the new place makes of a report. It may refuse, such as when the report was closed meanwhile.
type DecidePlace func(r report.Report, p Proposal) (report.Report, report.Entry, error)

// RefusedProposal is one that could not be applied, and why.
type RefusedProposal struct {
	Proposal
	Err error
}

// DecideProposals decides the proposals of some reports in one transaction: every report changes with its timeline
// entry and its events, and the proposal with its verdict. It returns how many were decided and those that were not.
func (s *Store) DecideProposals(ctx context.Context, ids []string, v Verdict, lens view.Lens, decide DecidePlace) (done int, refused []RefusedProposal, err error) {
	err = s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, sqlProposals+" and p.report_id = any($1::text[]::uuid[]) order by p.report_id for update", ids)
		if err != nil {
			return err
		}
		list, err := pgx.CollectRows(rows, scanProposal)
		if err != nil {
			return err
		}
		var decided []string
		moves := &moves{tx: tx, lens: lens, topics: map[schema.Audience]map[string]bool{}}
		for _, p := range list {
			if v.Apply {
				var wrong *fault.Error
				if err := moves.move(ctx, p, v, decide); errors.As(err, &wrong) && wrong.Kind != fault.KindInternal {
					refused = append(refused, RefusedProposal{p, err})
					continue
				} else if err != nil {
					return err
				}
			}
			decided = append(decided, p.ReportID)
		}
		if err := moves.announce(ctx, v); err != nil {
			return err
		}
		done = len(decided)
		word := "dismissed"
		if v.Apply {
			word = "applied"
		}
		_, err = tx.Exec(ctx, `update place_proposal set decision = $2, decided_at = $3, actor = $4, reason = $5
			where decision = '' and report_id = any($1::text[]::uuid[])`, decided, word, v.At, v.Actor, v.Reason)
		if err != nil {
			return err
		}
		for _, id := range decided {
			row := audit.Row{What: string(access.DecidePlaces), Object: "report:" + id, Why: v.Reason, Result: audit.Done, Detail: detail(map[string]any{"decision": word})}
			if err := insertAudit(ctx, tx, row); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, nil, fmt.Errorf("decide proposals: %w", classify(err))
	}
	return done, refused, nil
}

// moves collects what a transaction of moves has to announce.
type moves struct {
	tx     pgx.Tx
	lens   view.Lens
	topics map[schema.Audience]map[string]bool

	drafts     []view.Draft
	entries    []Entry
	projection pgx.Batch
}

// move does one act of confirming a place. A refusal of the rules changes nothing.
func (m *moves) move(ctx context.Context, p Proposal, v Verdict, decide DecidePlace) error {
	before, err := lockReport(ctx, m.tx, p.ReportID)
	if err != nil {
		return err
	}
	after, entry, err := decide(before, p)
	if err != nil {
		return err
	}
	if err := updateReport(ctx, m.tx, &after, before.Version); err != nil {
		return err
	}
	m.entries = append(m.entries, Entry{after.ID, entry})
	project(&m.projection, &after, m.lens.Location)
	for _, d := range view.Events(&before, after, m.lens) {
		if !v.Quiet {
			m.drafts = append(m.drafts, d)
			continue
		}
		if m.topics[d.Audience] == nil {
			m.topics[d.Audience] = map[string]bool{}
		}
		for _, t := range d.Topics {
			m.topics[d.Audience][t] = true
		}
	}
	return nil
}

// announce writes what goes with the moved reports.
func (m *moves) announce(ctx context.Context, v Verdict) error {
	if err := copyEntries(ctx, m.tx, m.entries); err != nil {
		return err
	}
	if err := sendBatch(ctx, m.tx, &m.projection); err != nil {
		return err
	}
	drafts := slices.Concat(m.drafts, resets(m.topics))
	return insertEvents(ctx, m.tx, drafts, v.At)
}
