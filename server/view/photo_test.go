package view_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"toancanh/server/report"
	"toancanh/server/view"
)

const copyName = "0123456789abcdef0123456789abcdef"

// Photos reach everybody by the names of their public copies, while a result is published; the staff learn how many there are.
func TestPhotosArePublicWhileTheResultIs(t *testing.T) {
	t.Parallel()
	for _, status := range report.Statuses() {
		b, r := fresh(t)
		r = do(t, b, r, report.Act{Name: report.AddPhoto, Photo: "a"}, report.Act{Name: report.AddPhoto, Photo: "b"}, report.Act{Name: report.RedactPhoto, Photo: "a", Copy: copyName})
		r = do(t, b, r, actsTo(status)...)
		want := []string{}
		if status == report.CongKhai || status == report.HoanThanh {
			want = []string{"/anh/" + copyName + ".jpg"}
		}
		if p, ok := view.Public(r, vietnam(t)); ok {
			if diff := cmp.Diff(want, p.Photos); diff != "" {
				t.Errorf("%s: to everybody (-want +got):\n%s", status, diff)
			}
		}
		f, ok := view.Follow(r, vietnam(t))
		if diff := cmp.Diff(want, f.Photos); !ok || diff != "" {
			t.Errorf("%s: to the sender (-want +got):\n%s", status, diff)
		}
		if o := view.Ops(r); o.Photos != 2 {
			t.Errorf("%s: the staff see %d photos", status, o.Photos)
		}
		after := do(t, b, r, report.Act{Name: report.Withdraw, Reason: "nhầm"})
		if o := view.Ops(after); o.Photos != 0 {
			t.Errorf("%s, withdrawn: the staff see %d photos", status, o.Photos)
		}
	}
}

// The name of a cover is told to everybody with the next batch; here nobody hears it.
func TestACoverIsAnnouncedToWhoeverSeesIt(t *testing.T) {
	t.Parallel()
	cover := report.Act{Name: report.RedactPhoto, Photo: "a", Copy: copyName}
	for status, want := range map[report.Status]string{report.DaXuLy: "ops wall unit", report.CongKhai: "ops wall unit"} {
		b, r := fresh(t)
		before := do(t, b, r, actsTo(status)...)
		var told []string
		for _, d := range view.Events(&before, do(t, b, before, cover), lens(t)) {
			told = append(told, string(d.Audience))
			if bytes.Contains(d.Data, []byte(copyName)) {
				t.Errorf("%s: %s is told the copy's name", status, d.Audience)
			}
		}
		if got := strings.Join(told, " "); got != want {
			t.Errorf("%s: told %s, want %s", status, got, want)
		}
	}
}
