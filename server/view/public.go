package view

import (
	"slices"

	"toancanh/schema"
	"toancanh/server/disclosure"
	"toancanh/server/report"
)

// Square is the middle of the square of 500 m a report lies in: of its place, no more than this goes on towards the public.
func Square(r report.Report) Location {
	lat, lon := disclosure.Coarse(r.Location.Lat, r.Location.Lon)
	return Location{lat, lon}
}

// PublicEvents are the events of what left of a report with a batch: before is what had left of it, nil when nothing had,
// after what leaves now, nil when it is no longer anybody's business. Both tell their area as wide as it may be told; topics
// narrower than that hear nothing.
func PublicEvents(division string, before, after *PublicReport) []Draft {
	var was, is []string
	var d Draft
	if before != nil {
		was = schema.AreaTopics(schema.Public, division, before.Path...)
		d = Draft{Audience: schema.Public, ID: before.Code, Version: before.Version}
	}
	var drafts []Draft
	if after != nil {
		is = schema.AreaTopics(schema.Public, division, after.Path...)
		d = Draft{Audience: schema.Public, ID: after.Code, Version: after.Version}
		told := d
		told.Kind, told.Topics, told.Data = schema.KindReport, is, encode(*after)
		drafts = append(drafts, told)
	}
	if left := without(was, is); len(left) > 0 {
		d.Kind, d.Topics = schema.KindGone, slices.Clone(left)
		drafts = append(drafts, d)
	}
	return drafts
}

// PublicVersion is the version of what everybody may see of a report, by the time of its change: the report's own would tell of
// acts that are nobody's business. It is later than that of a batch of the same instant.
func PublicVersion(r report.Report) int64 { return r.ChangedAt.UnixMilli() + 1 }

// Within is the report with no more than so many of the areas it lies in; at least the whole is named.
func (f FollowReport) Within(areas int) FollowReport {
	if n := min(max(areas, 1), len(f.Path)); n > 0 {
		f.Path = f.Path[:n]
		f.Area = f.Path[n-1]
	}
	return f
}

// SetStatus is how the report stands by the word of a public list; it was received and no more by none.
func (f *FollowReport) SetStatus(public string) {
	shown := report.Moi
	switch public {
	case publicAccepted:
		shown = report.DaTiepNhan
	case publicHandled:
		shown = report.DangXuLy
	case publicSolved:
		shown = report.CongKhai
	}
	f.Status, f.StatusLabel = string(shown), shown.Label()
}
