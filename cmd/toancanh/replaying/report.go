package replaying

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"toancanh/cmd/toancanh/client"
	"toancanh/server/area"
)

const (
	reportBatch    = 500
	longestText    = 2000 // characters
	longestAddress = 200
	unitOfControl  = "ioc"
	actor          = "replay"
	resultText     = "Đã xử lý (dữ liệu phát lại)."
	intakeAtMost   = 20 * time.Minute
	intakePart     = 20 // of the time to the result
	originReplayed = "replayed"
	placeDecimals  = 3    // of a foreign place: about a hundred metres
	nullIsland     = 1e-6 // degrees around 0, 0
)

// told is a report as its line tells it.
type told struct {
	line     int
	report   client.PastReport
	received time.Time
	closed   time.Time // zero: still open
}

// playReports sends the reports of a table, oldest first.
func (p *player) playReports(ctx context.Context, t *table) error {
	unit, err := p.unit(ctx)
	if err != nil {
		return err
	}
	reports, err := p.readReports(t)
	if err != nil || len(reports) == 0 {
		return err
	}
	times := make([]time.Time, len(reports))
	for i, one := range reports {
		times[i] = one.received
	}
	moved := p.begin(times)
	if p.Publish {
		moved = p.shiftOf(moved.oldest, newest(reports), moved.end)
	}
	return p.play(ctx, stream{times: times, batch: reportBatch, send: func(ctx context.Context, from, to int) error {
		now := p.Now()
		batch := make([]client.PastReport, 0, to-from)
		for _, one := range reports[from:to] {
			batch = append(batch, one.at(moved, now, p.acts(one, unit)))
		}
		taken, err := p.client.PostHistory(ctx, batch)
		if err != nil {
			return err
		}
		p.summary.Reports += taken.Accepted
		for _, r := range taken.Refused {
			p.refuse(t.name, fromServer(reports[from+min(max(r.Index, 0), to-from-1)].line, r))
		}
		return nil
	}})
}

// unit asks who there is to be responsible: the control room, or whoever is first.
func (p *player) unit(ctx context.Context) (string, error) {
	var answer struct {
		Units []struct {
			ID   string `json:"id"`
			Code string `json:"code"`
		} `json:"units"`
	}
	if err := p.client.Send(ctx, client.Call{Method: http.MethodGet, Path: "/api/v1/units"}, &answer); err != nil {
		return "", err
	}
	var ids []string
	for _, u := range answer.Units {
		ids = append(ids, cmp.Or(u.Code, u.ID))
	}
	switch {
	case slices.Contains(ids, unitOfControl):
		return unitOfControl, nil
	case len(ids) > 0:
		return ids[0], nil
	}
	return "", errors.New("the server knows no unit that could resolve a report")
}

// readReports reads the lines, refuses the bad ones and sorts the others.
func (p *player) readReports(t *table) ([]told, error) {
	categories, err := newCategoriser(p.Categories)
	if err != nil {
		return nil, err
	}
	r := reportReader{
		reader: p.reader(t), categories: categories, locator: p.locator,
	}
	r.received, r.closed = p.calendarOf(r.reader, fieldReceived), p.calendarOf(r.reader, fieldClosed)
	var reports []told
	for _, w := range t.rows {
		one, bad := r.read(w)
		if bad != nil {
			p.refuse(t.name, *bad)
			continue
		}
		reports = append(reports, one)
	}
	slices.SortStableFunc(reports, func(a, b told) int { return a.received.Compare(b.received) })
	return reports, nil
}

// reportReader reads reports from lines.
type reportReader struct {
	reader
	categories       categoriser
	locator          *area.Locator
	received, closed calendar
}

func (r reportReader) read(w row) (told, *refusal) {
	bad := func(field string, reason Reason, why string) (told, *refusal) {
		return told{}, &refusal{w.line, r.name(field), reason, why}
	}
	received, err := r.received.instant(r.text(w, fieldReceived))
	if err != nil {
		return bad(fieldReceived, BadTime, err.Error())
	}
	place, field, err := r.place(w)
	if err != nil {
		return bad(field, BadPlace, err.Error())
	}
	matter := r.text(w, fieldCategory)
	description := r.text(w, fieldDescription)
	switch {
	case description == "":
		description = matter
	case matter != "" && !strings.Contains(description, matter):
		description = matter + ": " + description
	}
	if description == "" {
		return bad(fieldDescription, Missing, "empty")
	}
	closed, field, err := r.closedAt(w)
	if err != nil {
		return bad(field, BadTime, err.Error())
	}
	if !closed.IsZero() && closed.Before(received) {
		return bad(field, Backwards, "lies before "+r.name(fieldReceived))
	}
	return told{line: w.line, received: received, closed: closed, report: client.PastReport{
		NewReport: client.NewReport{
			Category: r.categories.category(matter), Description: clip(description, longestText),
			Address:  clip(strings.Join(strings.Fields(r.text(w, fieldAddress)), " "), longestAddress),
			Location: client.Location{Lat: place.Lat, Lon: place.Lon},
		},
		Origin: originReplayed,
	}}, nil
}

// closedAt is when a report was closed, and the field that says so; GeoReport
// tells it as the last update of one whose status is closed.
func (r reportReader) closedAt(w row) (time.Time, string, error) {
	field := fieldClosed
	if !r.has(fieldClosed) {
		field = fieldUpdated
		if !strings.EqualFold(r.text(w, fieldStatus), "closed") {
			return time.Time{}, field, nil
		}
	}
	text := r.text(w, field)
	if text == "" {
		return time.Time{}, field, nil
	}
	at, err := r.closed.instant(text)
	return at, field, err
}

// place is where a report lies: its own place inside the province, and for a
// foreign one always the same of ours.
func (r reportReader) place(w row) (area.Point, string, error) {
	var at area.Point
	for _, axis := range []struct {
		field string
		value *float64
	}{{fieldLat, &at.Lat}, {fieldLon, &at.Lon}} {
		text := r.text(w, axis.field)
		if text == "" {
			return at, axis.field, errors.New("empty")
		}
		value, err := strconv.ParseFloat(strings.Replace(text, ",", ".", 1), 64)
		if err != nil {
			return at, axis.field, fmt.Errorf("%.40q is no number", text)
		}
		*axis.value = value
	}
	if err := at.Check(); err != nil {
		return at, fieldLat, errors.New("outside the range of degrees")
	}
	if max(at.Lat, -at.Lat) < nullIsland && max(at.Lon, -at.Lon) < nullIsland {
		return at, fieldLat, errors.New("0, 0 stands for no place")
	}
	if _, inside := r.locator.Locate(at); inside {
		return at, "", nil
	}
	ours, _ := r.locator.Scatter(fmt.Sprintf("%.*f,%.*f", placeDecimals, at.Lat, placeDecimals, at.Lon))
	return ours, "", nil
}

// newest is the last instant the reports tell of.
func newest(reports []told) time.Time {
	var last time.Time
	for _, one := range reports {
		for _, at := range []time.Time{one.received, one.closed} {
			if at.After(last) {
				last = at
			}
		}
	}
	return last
}

// step is an act so long after the receipt.
type step struct {
	client.Act
	after time.Duration
}

// acts are those that led to a report's closing. How long its handling took stays as it was.
func (p *player) acts(o told, unit string) []step {
	if o.closed.IsZero() {
		if !p.Publish {
			return nil
		}
		return []step{{client.Act{Act: "accept"}, 0}}
	}
	took := o.closed.Sub(o.received)
	pause := min(took/intakePart, intakeAtMost)
	steps := []step{
		{client.Act{Act: "accept"}, pause},
		{client.Act{Act: "assign", Unit: unit}, 2 * pause},
		{client.Act{Act: "start"}, 3 * pause},
		{client.Act{Act: "resolve", Text: resultText}, took},
	}
	if p.Publish {
		steps = append(steps, step{client.Act{Act: "publish", Text: o.report.Description}, took})
	}
	return steps
}

// at carries a report to our time, with those of its acts that have happened by now.
func (o told) at(s shift, now time.Time, steps []step) client.PastReport {
	sent := o.report
	sent.ReceivedAt = s.apply(o.received)
	if sent.ReceivedAt.After(now) {
		sent.ReceivedAt = now.Truncate(time.Millisecond)
	}
	for _, one := range steps {
		act := one.Act
		if act.At = sent.ReceivedAt.Add(one.after); act.At.After(now) {
			break // has not happened yet
		}
		act.Actor = actor
		sent.Acts = append(sent.Acts, act)
	}
	return sent
}

// fromServer is a refusal in the server's words.
func fromServer(line int, r client.Refusal) refusal {
	field := r.Field
	if field == "" {
		field = "reading"
	}
	why := r.Detail
	if why == "" {
		why = r.Reason
	}
	return refusal{line: line, field: field, reason: Reason(r.Reason), why: why}
}

// clip cuts a text to so many characters.
func clip(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most-1]) + "…"
}
