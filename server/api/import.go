package api

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"
	"golang.org/x/sync/errgroup"

	"toancanh/server/access"
	"toancanh/server/fault"
	"toancanh/server/intake"
	"toancanh/server/report"
	"toancanh/server/sheet"
)

const (
	csvType = "text/csv"

	// importLimit is how long a table may take: it is committed in groups beside everything else.
	importLimit = 60 * time.Second
	// together is how many lines of one table wait for the intake at once, so that it never fills its queue.
	together = 64
	// mostRefused bounds the faults one answer lists.
	mostRefused = 500
)

// lineFault is what is wrong with one line of a table.
type lineFault struct {
	Line   int    `json:"line"`
	Column string `json:"column"` // as it is headed; empty for the whole line
	Field  string `json:"field"`
	Reason string `json:"reason"`
	Detail string `json:"detail"`
}

// lineTaken is a line that became a report; Repeated when the same line had been taken before.
type lineTaken struct {
	Line     int    `json:"line"`
	Code     string `json:"code"`
	Repeated bool   `json:"repeated"`
}

type imported struct {
	DryRun   bool `json:"dry_run"`
	Lines    int  `json:"lines"`
	Accepted int  `json:"accepted"` // in a dry run: how many would be
	Repeated int  `json:"repeated"`
	refusedLines
	Ignored []string    `json:"ignored_columns"`
	Reports []lineTaken `json:"reports"`
}

// refusedLines lists what is wrong with a table, line by line.
type refusedLines struct {
	Refused []lineFault `json:"refused"`
	Omitted int         `json:"refused_omitted"` // faults beyond those listed
}

func (r *refusedLines) refuse(line int, column string, e *fault.Error) {
	if len(r.Refused) == mostRefused {
		r.Omitted++
		return
	}
	r.Refused = append(r.Refused, lineFault{line, column, e.Field, e.Reason, e.Message})
}

// unreadable lists the lines of a table that could not be read.
func (r *refusedLines) unreadable(wrong []sheet.Wrong) {
	r.Refused = []lineFault{}
	for _, w := range wrong {
		r.refuse(w.Line, w.Column, w.Fault)
	}
}

func (r *refusedLines) sort() {
	slices.SortStableFunc(r.Refused, func(x, y lineFault) int { return cmp.Compare(x.Line, y.Line) })
}

// tableBody is the body of a request that is a table.
func tableBody(c *fiber.Ctx, most int) ([]byte, error) {
	if err := takes(c, csvType); err != nil {
		return nil, err
	}
	raw, err := body(c, most)
	return slices.Clone(raw), err
}

// postImport takes a table of reports that an officer kept. A dry run keeps nothing. A table with a bad line is refused
// as a whole unless skip_bad says to take the good ones. The same line sent again is the same report.
func (a *API) postImport(ctx context.Context, c *fiber.Ctx) error {
	who := asking(c).Principal
	q, wrongQuery := query(c, "dry_run", "skip_bad", "channel")
	dry, wrongDry := flagParam(q, "dry_run")
	skip, wrongSkip := flagParam(q, "skip_bad")
	channel, wrongChannel := channelNamed(q["channel"])
	if err := fault.Join(wrongQuery, wrongDry, wrongSkip, wrongChannel); err != nil {
		return err
	}
	raw, err := tableBody(c, bulkBody)
	if err != nil {
		return err
	}
	table, err := sheet.Read(raw, sheet.Words{
		Categories: a.Rules.Current().Categories, Commune: a.Intake.CommunePoint, Channels: report.Channels(), Location: a.Location,
	})
	if err != nil {
		return err
	}
	answer := imported{
		DryRun: dry, Lines: table.Lines(), Ignored: append([]string{}, table.Ignored...), Reports: []lineTaken{},
	}
	lines := a.check(table, importer{who, channel}, &answer)
	switch {
	case dry:
		answer.Accepted = len(lines)
		return send(c, fiber.StatusOK, answer)
	case len(answer.Refused) > 0 && !skip:
		return send(c, fiber.StatusUnprocessableEntity, answer)
	}
	if err := a.takeLines(ctx, lines, &answer); err != nil {
		return err
	}
	return send(c, fiber.StatusOK, answer)
}

// importer is who brings a table, and by which channel its lines came where they do not say so.
type importer struct {
	who     access.Principal
	channel report.Source
}

// line is a line of a table that may be taken.
type line struct {
	at int
	intake.Submission
}

// check makes submissions of the table's rows and lists in answer what is wrong with the others.
func (a *API) check(t sheet.Table, by importer, answer *imported) []line {
	answer.unreadable(t.Wrong)
	var good []line
	seen := map[string]int{}
	for _, row := range t.Rows {
		if row.Draft.Source == report.FromStaff && by.channel != "" {
			row.Draft.Source = by.channel
		}
		s := intake.Submission{Draft: row.Draft, Contact: row.Contact, Actor: actor(by.who), May: entering(by.who), Key: lineKey(by.who, row, seen)}
		if err := a.Intake.CheckReport(s); err != nil {
			for _, e := range fault.Items(err) {
				answer.refuse(row.Line, t.Heading(e.Field), e)
			}
			continue
		}
		good = append(good, line{row.Line, s})
	}
	answer.sort()
	return good
}

// lineKey makes a line sent twice one report: it is named by what it says, and by which of its like it is in the table.
// Where it stands does not matter, so a table that grew at either end may be sent whole again.
func lineKey(who access.Principal, row sheet.Row, seen map[string]int) *intake.Key {
	said, _ := json.Marshal(struct {
		report.Draft
		report.Contact
	}{row.Draft, row.Contact})
	sum := sha256.Sum256(said)
	name := hex.EncodeToString(sum[:])
	seen[name]++
	return &intake.Key{Scope: scope(who.ID, "POST /api/v1/reports/import"), Key: fmt.Sprintf("%s#%d", name, seen[name]), BodyHash: sum[:]}
}

// takeLines keeps the lines, many together. The first error ends it: what was taken stays, and sending the table again takes the
// rest.
func (a *API) takeLines(ctx context.Context, lines []line, answer *imported) error {
	taken := make([]lineTaken, len(lines))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(together)
	for i, l := range lines {
		group.Go(func() error {
			receipt, repeated, err := a.Intake.AcceptReport(ctx, l.Submission)
			if err != nil {
				return err
			}
			var named struct {
				Code string `json:"code"`
			}
			if err := json.Unmarshal(receipt, &named); err != nil {
				return fault.Internal(err)
			}
			taken[i] = lineTaken{l.at, named.Code, repeated}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	answer.Reports = taken
	for _, t := range taken {
		if t.Repeated {
			answer.Repeated++
		} else {
			answer.Accepted++
		}
	}
	return nil
}

// entering says why an officer may not enter a report there.
func entering(who access.Principal) func(report.Report) error {
	return func(r report.Report) error {
		if access.Decide(who, access.EnterReport, objectOf(r)) == access.Allow {
			return nil
		}
		return fault.Invalid("location", "Vị trí này nằm ngoài địa bàn của bạn.").Because("out_of_scope")
	}
}
