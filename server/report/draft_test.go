package report_test

import (
	"math"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"

	"toancanh/server/fault"
	"toancanh/server/report"
)

func TestNewMakesAReportThatWaitsToBeAccepted(t *testing.T) {
	t.Parallel()
	d := draft()
	d.Description = "  Đường ngập\r\nnước  "
	got, entry, err := rulebook(t).New(d, born(at(t, "2026-11-20 16:30")))
	if err != nil {
		t.Fatal(err)
	}
	accept := at(t, "2026-11-23 08:30").UTC() // two working hours, a weekend between
	want := report.Report{
		ID: "0193a0b0-0000-7000-8000-000000000001", Code: "K7M2-Q9XD", Version: 1, Origin: report.Real, Source: report.FromForm,
		Category: "MT", Description: "Đường ngập\nnước", Location: report.Point{Lat: 12.0, Lon: 107.69},
		Division: "vn-2022", Area: "24611", Path: []string{"67", "660", "24611"},
		Status: report.Moi, Level: report.Tinh, Priority: report.BinhThuong, ReceivedAt: at(t, "2026-11-20 16:30").UTC(),
		ChangedAt: at(t, "2026-11-20 16:30").UTC(), Due: report.Due{Accept: &accept}, HasContact: true, Rules: 1,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
	if entry.N != 1 || entry.Act != report.Receive || entry.From != "" || entry.To != report.Moi {
		t.Errorf("entry = %+v, want the birth", entry)
	}
}

func TestPriorityFollowsEmergencyAndCategory(t *testing.T) {
	t.Parallel()
	b := rulebook(t)
	cases := []struct {
		category  string
		emergency bool
		want      report.Priority
		state     report.State
	}{
		{"XD", false, report.BinhThuong, report.Normal},
		{"XD", true, report.KhanCap, report.Critical},
		{"RG", false, report.Cao, report.Warning},
		{"CR", false, report.Cao, report.Warning},
		{"TT", false, report.Cao, report.Warning},
		{"TT", true, report.KhanCap, report.Critical},
	}
	for _, c := range cases {
		d := draft()
		d.Category, d.Emergency = c.category, c.emergency
		r, _, err := b.New(d, born(at(t, "2026-11-20 09:00")))
		if err != nil {
			t.Fatal(err)
		}
		if r.Priority != c.want || r.State() != c.state {
			t.Errorf("%s, emergency %v: %s and %s, want %s and %s", c.category, c.emergency, r.Priority, r.State(), c.want, c.state)
		}
	}
}

func TestCheckRefusesWhatIsWrong(t *testing.T) {
	t.Parallel()
	b, now := rulebook(t), at(t, "2026-11-20 09:00")
	soon, late, longAgo := now.Add(5*time.Minute), now.Add(5*time.Minute+time.Second), now.AddDate(-10, 0, -1)
	cases := []struct {
		name  string
		wrong func(*report.Draft)
		want  []string // field reason
	}{
		{"nothing", func(*report.Draft) {}, nil},
		{"no description", func(d *report.Draft) { d.Description = " \n " }, []string{"description required"}},
		{"nothing visible", func(d *report.Draft) { d.Description = "\u200b\u200d" }, []string{"description required"}},
		{"the longest description", func(d *report.Draft) { d.Description = strings.Repeat("ễ", 4000) }, nil},
		{"the longest, in parts", func(d *report.Draft) { d.Description = norm.NFD.String(strings.Repeat("ễ", 4000)) }, nil},
		{"too long a description", func(d *report.Draft) { d.Description = strings.Repeat("ễ", 4001) }, []string{"description too_long"}},
		{"a megabyte", func(d *report.Draft) { d.Description = strings.Repeat("a", 1<<20) }, []string{"description too_long"}},
		{"half a letter", func(d *report.Draft) { d.Description = "Đường\xe1\xbb" }, []string{"description encoding"}},
		{"a NUL", func(d *report.Draft) { d.Description = "a\x00b" }, []string{"description control_character"}},
		{"text that runs backwards", func(d *report.Draft) { d.Description = "a\u202eb" }, []string{"description control_character"}},
		{"an address of two lines", func(d *report.Draft) { d.Address = "a\nb" }, []string{"address control_character"}},
		{"too long an address", func(d *report.Draft) { d.Address = strings.Repeat("đ", 301) }, []string{"address too_long"}},
		{"no category", func(d *report.Draft) { d.Category = "" }, []string{"category required"}},
		{"an unknown category", func(d *report.Draft) { d.Category = "ZZ" }, []string{"category unknown"}},
		{"swapped axes", func(d *report.Draft) { d.Location = report.Point{Lat: 107.69, Lon: 12} }, []string{"location.lat out_of_range"}},
		{"a place that is no number", func(d *report.Draft) { d.Location = report.Point{Lat: math.NaN(), Lon: math.Inf(1)} }, []string{"location.lat out_of_range", "location.lon out_of_range"}},
		{"a little in the future", func(d *report.Draft) { d.OccurredAt = &soon }, nil},
		{"in the future", func(d *report.Draft) { d.OccurredAt = &late }, []string{"occurred_at future"}},
		{"ten years ago", func(d *report.Draft) { d.OccurredAt = &longAgo }, []string{"occurred_at too_old"}},
		{"an unknown origin", func(d *report.Draft) { d.Origin = "" }, []string{"origin unknown"}},
		{"everything at once", func(d *report.Draft) { *d = report.Draft{Origin: report.Real, Location: report.Point{Lat: 91}} }, []string{"description required", "category required", "location.lat out_of_range"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := draft()
			c.wrong(&d)
			_, err := b.Check(d, now)
			var got []string
			for _, e := range fault.Items(err) {
				if e.Kind != fault.KindInvalid {
					t.Errorf("%s is %s, want invalid", e.Field, e.Kind)
				}
				got = append(got, e.Field+" "+e.Reason)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

func FuzzCheckTakesOnlyCleanText(f *testing.F) {
	f.Add("Đắk R'Lấp – Nghĩa Đức – Ễnh")
	f.Add("a\u0323\u0302b")
	f.Add("\u202e\xff")
	b, now := rulebook(f), at(f, "2026-11-20 09:00")
	f.Fuzz(func(t *testing.T, text string) {
		d := draft()
		d.Description = text
		d, err := b.Check(d, now)
		if err != nil {
			return
		}
		if n := utf8.RuneCountInString(d.Description); !utf8.ValidString(d.Description) || !norm.NFC.IsNormalString(d.Description) || n < 1 || n > 4000 {
			t.Errorf("Check(%q) took %q", text, d.Description)
		}
		again, err := b.Check(d, now)
		if err != nil || again.Description != d.Description {
			t.Errorf("Check(%q) once more = %q, %v", d.Description, again.Description, err)
		}
	})
}

func TestContact(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		contact report.Contact
		want    []string
	}{
		{"nothing at all", report.Contact{}, nil},
		{"all of it", report.Contact{Name: "Ngọc", Phone: "+84 (912) 345-678", Email: "a.b+c@tinh.gov.vn"}, nil},
		{"a short phone", report.Contact{Phone: "1234567"}, []string{"contact.phone"}},
		{"a phone with letters", report.Contact{Phone: "0912 CALL"}, []string{"contact.phone"}},
		{"a phone with too many digits", report.Contact{Phone: "0912345678901234"}, []string{"contact.phone"}},
		{"no at sign", report.Contact{Email: "a.b.vn"}, []string{"contact.email"}},
		{"two at signs", report.Contact{Email: "a@b@c.vn"}, []string{"contact.email"}},
		{"no dot", report.Contact{Email: "a@localhost"}, []string{"contact.email"}},
		{"a name for a letter head", report.Contact{Email: "a@b.vn\r\nBcc: x@y.vn"}, []string{"contact.email"}},
		{"a long name, a wrong phone and mail", report.Contact{Name: strings.Repeat("a", 101), Phone: "x", Email: "y"}, []string{"contact.name", "contact.phone", "contact.email"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := c.contact.Check()
			var got []string
			for _, e := range fault.Items(err) {
				got = append(got, e.Field)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
	if !(report.Contact{}).Empty() || (report.Contact{Phone: "1"}).Empty() {
		t.Error("Empty is wrong")
	}
}

func TestContactFaultsDoNotRepeatTheContact(t *testing.T) {
	t.Parallel()
	const canary = "0912-canary"
	_, err := report.Contact{Name: strings.Repeat(canary, 20), Phone: canary, Email: canary}.Check()
	if err == nil || strings.Contains(err.Error(), "canary") {
		t.Errorf("err = %v, want one without what was sent", err)
	}
}

func TestCode(t *testing.T) {
	t.Parallel()
	shape := regexp.MustCompile(`^[2-9A-HJKMNP-TV-Z]{4}-[2-9A-HJKMNP-TV-Z]{4}$`)
	seen := map[string]bool{}
	for i := range 1000 {
		code := report.Code([8]byte{byte(i), byte(i >> 8), 7, 11, 13, byte(3 * i), 19, 23})
		if !shape.MatchString(code) {
			t.Fatalf("code %q has a sign that is mistaken for another", code)
		}
		if seen[code] {
			t.Fatalf("code %q came twice", code)
		}
		seen[code] = true
		if got, ok := report.ParseCode(" " + strings.ToLower(strings.Replace(code, "-", "", 1)) + " "); !ok || got != code {
			t.Fatalf("ParseCode of %q typed by hand = %q, %v", code, got, ok)
		}
	}
	for _, wrong := range []string{"", "K7M2", "K7M2-Q9XO", "K7M2-Q9X1", "K7M2-Q9XD-2", strings.Repeat("-", 100)} {
		if got, ok := report.ParseCode(wrong); ok {
			t.Errorf("ParseCode(%q) = %q", wrong, got)
		}
	}
}
