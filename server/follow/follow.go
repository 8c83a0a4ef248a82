// Package follow is what somebody with the code of a report sees of it, and what its sender does with the secret of the
// receipt. Rules and views decide; it knows no HTTP, and tells who shows a wrong secret nothing that others are not told.
package follow

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"toancanh/server/fault"
	"toancanh/server/photo"
	"toancanh/server/report"
	"toancanh/server/store"
	"toancanh/server/view"
)

// Store is what a desk reads.
type Store interface {
	Report(ctx context.Context, id string) (report.Report, error)
	Timeline(ctx context.Context, reportID string) ([]report.Entry, error)
	Rating(ctx context.Context, reportID string, publishedAt time.Time) (report.Rating, error)
	Photos(ctx context.Context, reportID string) ([]store.Photo, error)
	Left(ctx context.Context, code string) (store.Left, error)
}

// Actor does acts on reports.
type Actor interface {
	ActAs(ctx context.Context, id string, act report.Act, may func(report.Report) error) (report.Report, error)
}

// Receipts know the secret of each report's receipt.
type Receipts interface {
	Secret(reportID string) string
	Check(reportID, secret string) bool
}

// Mails tells addresses what becomes of a report. Follow sends the address a link first.
type Mails interface {
	Follow(ctx context.Context, reportID, address string, english bool) error
}

// Config names what a desk needs. Mails may be nil: nobody is written to.
type Config struct {
	Photos   bool // photos are taken
	Store    Store
	Actor    Actor
	Receipts Receipts
	Mails    Mails
	Location *time.Location
	Now      func() time.Time
}

// Desk answers those who follow reports.
type Desk struct{ Config }

// New makes a desk.
func New(c Config) *Desk { return &Desk{c} }

// Words for what a sender may do beside acts: leave an address, and add a photo.
const (
	mayMail  = "mail"
	mayPhoto = "photo"
)

// Sight is a report as its follower sees it. May and Rating are the sender's alone: nil without the secret.
type Sight struct {
	view.FollowReport
	Steps  []view.Step `json:"steps"`
	May    []string    `json:"may,omitzero"`
	Until  *time.Time  `json:"may_until,omitempty"` // when rating and asking again end
	Rating *Rating     `json:"rating,omitempty"`
	Sender bool        `json:"sender"`
	// Shows says what the public photos show, by their addresses.
	Shows map[string]photo.Kind `json:"-"`
}

// Rating is what the sender said last of the present publication.
type Rating struct {
	Solved string `json:"solved"`
	Manner string `json:"manner"`
}

//nolint:gochecknoglobals // an error value
var errNoReport = fault.NotFound("Không có phản ánh mang mã này, hoặc phản ánh đã được thu hồi.")

// Look shows the report with a code; with the secret of its receipt also what only the sender sees. A wrong secret finds
// nothing.
func (d *Desk) Look(ctx context.Context, code, secret string) (Sight, error) {
	r, err := d.find(ctx, code)
	if err != nil {
		return Sight{}, err
	}
	if secret != "" && !d.Receipts.Check(r.ID, secret) {
		return Sight{}, errNoReport
	}
	return d.sight(ctx, r, secret != "")
}

func (d *Desk) find(ctx context.Context, code string) (report.Report, error) {
	r, err := d.Store.Report(ctx, code)
	if fault.Is(err, fault.KindNotFound) || err == nil && r.WithdrawnAt != nil {
		return report.Report{}, errNoReport
	}
	return r, err
}

// senders finds the report for its sender alone.
func (d *Desk) senders(ctx context.Context, code, secret string) (report.Report, error) {
	r, err := d.find(ctx, code)
	if err == nil && !d.Receipts.Check(r.ID, secret) {
		return report.Report{}, errNoReport
	}
	return r, err
}

func (d *Desk) sight(ctx context.Context, r report.Report, sender bool) (Sight, error) {
	seen, ok := view.Follow(r, d.Location)
	if !ok {
		return Sight{}, errNoReport
	}
	entries, err := d.Store.Timeline(ctx, r.ID)
	if err != nil {
		return Sight{}, err
	}
	if !sender {
		// Codes stand in public lists too: who has no more than one is told what those tell, when they tell it.
		left, err := d.Store.Left(ctx, r.Code)
		if err != nil {
			return Sight{}, err
		}
		seen, entries = ofAnybody(seen, r.ChangedAt, left), before(entries, left.Until)
	}
	s := Sight{FollowReport: seen, Steps: view.Steps(entries, d.Location), Sender: sender}
	if s.Shows, err = d.shows(ctx, r, seen.Photos); err != nil || !sender {
		return s, err
	}
	s.May = []string{}
	for _, act := range report.SenderMay(r, d.Now()) {
		s.May = append(s.May, string(act))
	}
	if d.Photos && r.TakesPhotos() {
		s.May = append(s.May, mayPhoto)
	}
	if d.Mails != nil && !r.Status.Final() {
		s.May = append(s.May, mayMail)
	}
	s.Until = r.SenderUntil()
	if r.PublishedAt == nil {
		return s, nil
	}
	said, err := d.Store.Rating(ctx, r.ID, *r.PublishedAt)
	if said != (report.Rating{}) {
		s.Rating = &Rating{string(said.Solved), string(said.Manner)}
	}
	return s, err
}

// before are the acts that have left: those before the newest batch, and that the report was received.
func before(entries []report.Entry, until *time.Time) []report.Entry {
	return slices.DeleteFunc(entries, func(e report.Entry) bool {
		return e.Act != report.Receive && (until == nil || !e.At.Before(*until))
	})
}

// ofAnybody is a report as it has left. What is in no public list is told as it was while nothing has happened to it since the
// newest batch; else no more than that it was received.
func ofAnybody(seen view.FollowReport, changed time.Time, left store.Left) view.FollowReport {
	told := seen.Within(len(left.Path))
	told.Version = left.Version
	switch {
	case left.Told:
		told.SetStatus(left.Status)
		told.DueDate, told.ResolvedDate, told.PublishedAt = left.DueDate, left.ResolvedDate, left.PublishedAt
		told.AnswerUntil, told.Reason, told.Parent, told.Text, told.Photos = nil, "", "", left.Text, left.Photos
	case left.Until == nil || !changed.Before(*left.Until):
		told.SetStatus("")
		told.DueDate, told.ResolvedDate, told.PublishedAt = nil, nil, nil
		told.AnswerUntil, told.Reason, told.Parent, told.Text, told.Photos = nil, "", "", "", []string{}
	}
	return told
}

// shows says what the photos at public addresses show.
func (d *Desk) shows(ctx context.Context, r report.Report, addresses []string) (map[string]photo.Kind, error) {
	if len(addresses) == 0 {
		return nil, nil
	}
	photos, err := d.Store.Photos(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	kinds := map[string]photo.Kind{}
	for _, p := range photos {
		if address := view.PhotoAddress(p.Copy); slices.Contains(addresses, address) {
			kinds[address] = p.Kind
		}
	}
	return kinds, nil
}

// Act does what the sender asks for and shows the report as it is afterwards. The very same act right again changes nothing.
func (d *Desk) Act(ctx context.Context, code, secret string, act report.Act) (Sight, error) {
	r, err := d.senders(ctx, code, secret)
	if err != nil {
		return Sight{}, err
	}
	act.Actor, act.Version = report.Citizen, 0
	if done, err := d.doneBefore(ctx, r, act); err != nil || done {
		if err != nil {
			return Sight{}, err
		}
		return d.sight(ctx, r, true)
	}
	after, err := d.Actor.ActAs(ctx, r.ID, act, func(report.Report) error { return nil })
	if err != nil {
		return Sight{}, fmt.Errorf("act for the sender: %w", err)
	}
	return d.sight(ctx, after, true)
}

// doneBefore reports whether the newest act on the report is this one: a button pressed twice, an answer lost on the way.
func (d *Desk) doneBefore(ctx context.Context, r report.Report, act report.Act) (bool, error) {
	entries, err := d.Store.Timeline(ctx, r.ID)
	if err != nil || len(entries) == 0 {
		return false, err
	}
	e := entries[len(entries)-1]
	return e.Actor == report.Citizen && e.Act == act.Name && e.Rating == act.Rating &&
		e.Text == tidy(act.Text) && e.Reason == tidy(act.Reason), nil
}

// tidy is a text as it is kept.
func tidy(text string) string {
	return strings.TrimSpace(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(norm.NFC.String(text)))
}

// Mail writes to an address what becomes of the report, once it has confirmed that it wants to hear of it.
func (d *Desk) Mail(ctx context.Context, code, secret string, to Address) error {
	r, err := d.senders(ctx, code, secret)
	if err != nil {
		return err
	}
	if d.Mails == nil || r.Status.Final() {
		return fault.Conflict("Không nhận thêm địa chỉ thư cho phản ánh này.").Because("not_lawful")
	}
	return d.Mails.Follow(ctx, r.ID, to.Mail, to.English)
}

// Address is where a follower reads, and in which language.
type Address struct {
	Mail    string
	English bool
}
