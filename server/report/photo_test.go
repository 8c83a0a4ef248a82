package report_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"toancanh/server/fault"
	"toancanh/server/report"
)

func TestPhotosAreCountedAndLeaveTheStatusAlone(t *testing.T) {
	t.Parallel()
	add := report.Act{Name: report.AddPhoto, Actor: "nguoi_gui", Photo: "a"}
	s := begin(t, draft(), "2026-11-16 08:00").does("2026-11-16 08:01", add).does("2026-11-16 09:00", accept).does("2026-11-16 09:30", report.Act{Name: report.AddPhoto, Photo: "b"})
	if s.r.Photos != 2 || s.r.Status != report.DaTiepNhan || s.r.Version != 4 {
		t.Errorf("%d photos, status %s, version %d", s.r.Photos, s.r.Status, s.r.Version)
	}
	e := s.entries[1]
	if e.Act != report.AddPhoto || e.From != report.Moi || e.To != report.Moi || e.Photo != "a" || e.Copy != "" {
		t.Errorf("entry %+v", e)
	}
	if _, _, err := s.book.Apply(s.r, report.Act{Name: report.AddPhoto}, at(t, "2026-11-16 10:00")); !fault.Is(err, fault.KindInvalid) {
		t.Errorf("an act without a photo: %v", err)
	}
}

func TestACoverReplacesTheOneBefore(t *testing.T) {
	t.Parallel()
	cover := func(photo, copied string) report.Act {
		return report.Act{Name: report.RedactPhoto, Photo: photo, Copy: copied}
	}
	s := begin(t, draft(), "2026-11-16 08:00")
	for _, step := range []struct {
		act  report.Act
		want []report.PublicPhoto
	}{
		{cover("a", ""), nil},
		{cover("a", "1"), []report.PublicPhoto{{Photo: "a", Copy: "1"}}},
		{cover("b", "2"), []report.PublicPhoto{{Photo: "a", Copy: "1"}, {Photo: "b", Copy: "2"}}},
		{cover("a", "3"), []report.PublicPhoto{{Photo: "a", Copy: "3"}, {Photo: "b", Copy: "2"}}},
		{cover("a", ""), []report.PublicPhoto{{Photo: "b", Copy: "2"}}},
		{report.Act{Name: report.Withdraw, Reason: "nhầm"}, nil},
	} {
		s = s.does("2026-11-16 09:00", step.act)
		if diff := cmp.Diff(step.want, s.r.PublicPhotos); diff != "" {
			t.Errorf("after %s %s/%s (-want +got):\n%s", step.act.Name, step.act.Photo, step.act.Copy, diff)
		}
	}
}

// Whoever finds a face in a public photo can take it down, also when the report is closed for good; nothing is added there.
func TestWhenPhotosMayBeAddedAndCovered(t *testing.T) {
	t.Parallel()
	for _, status := range report.Statuses() {
		r := report.Report{ID: "x", Category: "MT", Rules: 1, Status: status}
		_, _, adding := rulebook(t).Apply(r, report.Act{Name: report.AddPhoto, Photo: "a"}, at(t, "2026-11-16 09:00"))
		if (adding == nil) == status.Final() || r.TakesPhotos() == status.Final() || adding != nil && !fault.Is(adding, fault.KindConflict) {
			t.Errorf("%s: adding: %v", status, adding)
		}
		_, _, covering := rulebook(t).Apply(r, report.Act{Name: report.RedactPhoto, Photo: "a"}, at(t, "2026-11-16 09:00"))
		if covering != nil {
			t.Errorf("%s: covering: %v", status, covering)
		}
	}
	withdrawn := begin(t, draft(), "2026-11-16 08:00").does("2026-11-16 09:00", report.Act{Name: report.Withdraw, Reason: "nhầm"})
	for _, name := range []report.ActName{report.AddPhoto, report.RedactPhoto} {
		if _, _, err := withdrawn.book.Apply(withdrawn.r, report.Act{Name: name, Photo: "a"}, at(t, "2026-11-16 10:00")); !fault.Is(err, fault.KindConflict) {
			t.Errorf("%s after withdrawal: %v", name, err)
		}
	}
}

// An act with a photo cannot be asked for by its name: it would name a photo nobody handed in.
func TestActsWithPhotosAreNotAskedFor(t *testing.T) {
	t.Parallel()
	for _, a := range report.ActNames() {
		if a.WithPhoto() {
			t.Errorf("%s can be asked for", a)
		}
	}
	for _, a := range []report.ActName{report.AddPhoto, report.RedactPhoto} {
		if a.Label() == "" {
			t.Errorf("%s has no word", a)
		}
	}
}
