package view

import (
	"slices"
	"strings"
	"time"

	"toancanh/server/disclosure"
	"toancanh/server/kpi"
	"toancanh/server/report"
)

// Withdrawn stands in place of every text of a withdrawn report.
const Withdrawn = "[đã thu hồi]"

// summaryLength is how many characters of a description a screen shows.
const summaryLength = 140

// Ops is the report for operators and for its unit. A withdrawn one has lost its texts.
func Ops(r report.Report) OpsReport {
	r = withoutWithdrawn(r)
	return OpsReport{
		ID: r.ID, Code: r.Code, Version: r.Version, Origin: string(r.Origin), Category: r.Category,
		Description: r.Description, Address: r.Address, Location: Location{r.Location.Lat, r.Location.Lon},
		Division: r.Division, Area: r.Area, Path: path(r), PlaceConfirmed: r.PlaceConfirmed,
		Status: string(r.Status), Priority: string(r.Priority), Emergency: r.Emergency, Unit: r.Unit, Level: string(r.Level), Parent: r.Parent,
		Source: string(r.Source), ReceivedAt: r.ReceivedAt.UTC(), OccurredAt: utc(r.OccurredAt),
		Due: Due{
			Accept: utc(r.Due.Accept), Assign: utc(r.Due.Assign), Resolve: utc(r.Due.Resolve),
			Original: utc(r.Due.Original), Publish: utc(r.Due.Publish), Running: utc(r.Running()),
		},
		AcceptedAt: utc(r.AcceptedAt), AssignedAt: utc(r.AssignedAt), ResolvedAt: utc(r.ResolvedAt),
		PublishedAt: utc(r.PublishedAt), ClosedAt: utc(r.ClosedAt), WithdrawnAt: utc(r.WithdrawnAt),
		Reason: r.Reason, Answer: r.Answer, PublicText: r.PublicText,
		Bounces: r.Bounces, Reopens: r.Reopens, HasContact: r.HasContact,
		Photos: r.Photos,
	}
}

// withoutWithdrawn empties what the sender and the officers wrote once a report is withdrawn. Its reason stays:
// that is the one of the withdrawal.
func withoutWithdrawn(r report.Report) report.Report {
	if r.WithdrawnAt == nil {
		return r
	}
	r.Description = Withdrawn
	r.Address, r.Answer, r.PublicText = "", "", ""
	return r
}

// Wall is the report for screens; false when they may not see it, which is once it is withdrawn.
func Wall(r report.Report, lens Lens) (WallReport, bool) {
	if r.WithdrawnAt != nil {
		return WallReport{}, false
	}
	w := WallReport{
		ID: r.ID, Code: r.Code, Version: r.Version, Origin: string(r.Origin), Category: r.Category,
		Summary: Summary(r.Description), Lat: r.Location.Lat, Lon: r.Location.Lon, Area: r.Area, Path: path(r),
		Status: string(r.Status), Priority: string(r.Priority), Emergency: r.Emergency,
		State: string(r.State()), Open: r.Open(), ReceivedAt: r.ReceivedAt.UTC(), ClosedAt: utc(r.EndedAt()),
		Unit: r.Unit, UnitName: lens.UnitName(r.Unit), NextAct: string(r.NextAct()),
	}
	if w.Open {
		w.DueAt = utc(r.Running())
	}
	return w, true
}

// Public is the report for everybody; false when they may not see it: before it is accepted, in the statuses
// the procedure keeps inside, once it is withdrawn, and while it is only a drill. Dates are days in loc, the time of
// publication is its quarter hour. It waits for the next batch, which gives it a version and may widen its area.
func Public(r report.Report, loc *time.Location) (PublicReport, bool) {
	status, ok := publicStatus(r)
	if !ok {
		return PublicReport{}, false
	}
	return PublicReport{
		Code: r.Code, Origin: string(r.Origin), Category: r.Category, Area: r.Area, Path: path(r),
		Status: status, ReceivedHour: hourOf(r.ReceivedAt, loc), DueDate: dateOf(r.Due.Resolve, loc),
		ResolvedDate: dateOf(r.ResolvedAt, loc), PublishedAt: quarterOf(r.PublishedAt), Text: published(r),
		// The unit's own answer was not reviewed for the public; what was is Text.
		Answer: "", Photos: publicPhotos(r),
	}, true
}

// The words of the public page for how a report stands.
const (
	publicAccepted = "da_tiep_nhan"
	publicHandled  = "dang_xu_ly"
	publicSolved   = "da_xu_ly"
)

// publicStatus is the status in the words of the public page, which tell nothing of how units pass a report on.
func publicStatus(r report.Report) (string, bool) {
	if r.WithdrawnAt != nil || r.AcceptedAt == nil || r.Origin == report.Drill {
		return "", false
	}
	switch r.Status {
	case report.DaTiepNhan:
		return publicAccepted, true
	case report.DaPhanCong, report.DangXuLy, report.XinGiaHan, report.MoLai:
		return publicHandled, true
	case report.CongKhai, report.HoanThanh:
		return publicSolved, true
	default:
		return "", false
	}
}

// published is the text that a supervisor approved, redacted once more; empty before.
func published(r report.Report) string {
	if r.PublishedAt == nil {
		return ""
	}
	return Redact(r.PublicText)
}

// PhotoAddress is where everybody finds the public copy of a photo.
func PhotoAddress(name string) string { return "/anh/" + name + ".jpg" }

// publicPhotos are the addresses of what was covered and marked public, while a result is published; never null in JSON.
func publicPhotos(r report.Report) []string {
	list := []string{}
	if r.PublishedAt == nil {
		return list
	}
	for _, p := range r.PublicPhotos {
		list = append(list, PhotoAddress(p.Copy))
	}
	return list
}

// Follow is the report for whoever holds its code; false when it was withdrawn.
func Follow(r report.Report, loc *time.Location) (FollowReport, bool) {
	if r.WithdrawnAt != nil {
		return FollowReport{}, false
	}
	f := FollowReport{
		Code: r.Code, Version: r.Version, Origin: string(r.Origin), Category: r.Category, Area: r.Area, Path: path(r),
		ReceivedHour: hourOf(r.ReceivedAt, loc), DueDate: dateOf(r.Due.Resolve, loc), ResolvedDate: dateOf(r.ResolvedAt, loc),
		PublishedAt: utc(r.PublishedAt), AnswerUntil: utc(r.AnswerUntil()), Parent: r.Parent, Text: published(r),
		Photos: publicPhotos(r),
	}
	shown := r.Status
	switch {
	case r.Status == report.TraLai || r.Status == report.DaXuLy && r.PublishedAt == nil:
		shown = report.DangXuLy // how units pass it on, and a result nobody has approved, stay inside
	case r.Status == report.KhongTiepNhan || r.Status == report.CanBoSung:
		f.Reason = Redact(r.Reason)
	}
	if shown == report.DangXuLy {
		f.ResolvedDate = nil
	}
	f.Status, f.StatusLabel = string(shown), shown.Label()
	return f, true
}

// Summary is a text as a screen shows it: redacted, in one line, at most 140 characters.
func Summary(text string) string {
	runes := []rune(strings.Join(strings.Fields(Redact(opening(text))), " "))
	if len(runes) <= summaryLength {
		return string(runes)
	}
	cut := runes[:summaryLength-1]
	// At a space when one is near, so that no word is halved.
	const near = 20
	if i := lastSpace(cut); i > len(cut)-near {
		cut = cut[:i]
	}
	return strings.TrimRight(string(cut), " ,.;:-–") + "…"
}

// opening is as much of a text as a summary may need. Whatever is cut in two at its end and so not recognised lies
// behind what is shown, unless nearly all before it was hidden; for that case the end is given away too.
func opening(text string) string {
	const enough, end = 1200, 200
	if len(text) <= enough {
		return text
	}
	redacted := Redact(strings.ToValidUTF8(text[:enough], ""))
	return strings.ToValidUTF8(redacted[:max(0, len(redacted)-end)], "")
}

func lastSpace(runes []rune) int {
	for i, r := range slices.Backward(runes) {
		if r == ' ' {
			return i
		}
	}
	return -1
}

// Fact is the report as the counters see it.
func Fact(r report.Report) kpi.Fact {
	return kpi.Fact{
		ID: r.ID, Version: r.Version, Origin: string(r.Origin), Division: r.Division, Path: r.Path,
		ReceivedAt: r.ReceivedAt, Open: r.Open(), EndedAt: r.EndedAt(), DueNow: r.Running(), Original: r.Due.Original,
		ResolvedAt: r.ResolvedAt, Excluded: r.Excluded(), Withdrawn: r.WithdrawnAt != nil, State: string(r.State()),
	}
}

// path is never null in JSON.
func path(r report.Report) []string {
	if r.Path == nil {
		return []string{}
	}
	return r.Path
}

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}

// hourOf rounds down to the hour of loc: the exact time of sending would help to find the sender.
func hourOf(t time.Time, loc *time.Location) time.Time {
	l := t.In(loc)
	return time.Date(l.Year(), l.Month(), l.Day(), l.Hour(), 0, 0, 0, loc).UTC()
}

// quarterOf rounds down to the quarter hour.
func quarterOf(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	q := disclosure.Quarter(*t)
	return &q
}

func dateOf(t *time.Time, loc *time.Location) *string {
	if t == nil {
		return nil
	}
	d := t.In(loc).Format(time.DateOnly)
	return &d
}
