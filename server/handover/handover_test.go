package handover_test

import (
	"strings"
	"testing"
	"time"

	"toancanh/server/fault"
	"toancanh/server/handover"
)

var now = time.Date(2026, 11, 29, 23, 0, 0, 0, time.UTC) //nolint:gochecknoglobals // a constant Go has no literal for

func TestAHandoverLooksBackToTheOneBefore(t *testing.T) {
	for _, c := range []struct {
		last *time.Time
		back time.Duration
	}{
		{nil, 24 * time.Hour},
		{new(now.Add(-8 * time.Hour)), 8 * time.Hour},
		{new(now.Add(-80 * time.Hour)), 24 * time.Hour},
	} {
		if from, next := handover.Span(c.last, now); now.Sub(from) != c.back || next.Sub(now) != 8*time.Hour {
			t.Errorf("last %v: from %v, to %v", c.last, from, next)
		}
	}
}

func TestTwoSign(t *testing.T) {
	h := handover.Handover{OutBy: "person:1"}
	if _, err := h.Take("person:1", "An", "", now); !fault.Is(err, fault.KindForbidden) {
		t.Errorf("who leaves takes over from themselves: %v", err)
	}
	h, err := h.Take("person:2", "Bình", "rõ", now)
	if err != nil || h.InBy != "person:2" || h.InAt == nil || h.Reply != "rõ" {
		t.Fatalf("%+v, %v", h, err)
	}
	if _, err := h.Take("person:3", "Chi", "", now); !fault.Is(err, fault.KindConflict) {
		t.Errorf("it is taken twice: %v", err)
	}
}

func TestItIsReadAloudInAMinute(t *testing.T) {
	loc := time.FixedZone("", 7*60*60)
	place := func(code string) string { return map[string]string{"24611": "phường Nghĩa Đức"}[code] }
	at := func(m int) time.Time { return now.Add(time.Duration(-m) * time.Minute) }
	c := handover.Content{
		From: at(480), At: now, Next: now.Add(8 * time.Hour), Origin: "simulated",
		Highs: []handover.Item{
			{Label: "Mực nước vượt BĐ2 – Trạm Đắk Nông", Place: "24611", At: at(3)},
			{Label: "Mất điện", At: at(90), By: "Trưởng ca"},
		},
		Others: 4, SilentCount: 41, Silent: []handover.Item{{Label: "Cổng A"}, {Label: "Mưa B"}, {Label: "Mưa C"}, {Label: "Mưa D"}},
		OverdueCount: 2, Contact: &handover.Test{At: at(10), Asked: 3, Ok: 2, Failed: []string{"Lãnh đạo trực"}},
	}
	text := strings.Join(c.Spoken(loc, place), "\n")
	want := `Bàn giao ca lúc 06:00, tính từ 22:00 hôm trước.
Dữ liệu không phải là thật.
2 cảnh báo khẩn cấp đang mở, 1 cảnh báo chưa ai nhận; 4 cảnh báo mức khác.
Mực nước vượt BĐ2 – Trạm Đắk Nông, phường Nghĩa Đức, chưa ai nhận từ 05:57; Mất điện.
41 nguồn không có dữ liệu.
Cổng A; Mưa B; Mưa C; và 38 nữa.
2 phản ánh quá hạn; không có phản ánh sẽ đến hạn trước 14:00.
Thử liên lạc lúc 05:50: 2 trên 3 trả lời; không trả lời: Lãnh đạo trực.`
	if text != want {
		t.Errorf("read aloud:\n%s\nwant\n%s", text, want)
	}
	calm := strings.Join(handover.Content{From: at(480), At: now, Next: now, Origin: "real"}.Spoken(loc, place), "\n")
	for _, part := range []string{"Không có cảnh báo khẩn cấp nào đang mở", "Không có phản ánh quá hạn", "chưa thử liên lạc"} {
		if !strings.Contains(calm, part) {
			t.Errorf("of a calm shift is said\n%s\nwithout %q", calm, part)
		}
	}
	// A minute is about 180 Vietnamese syllables.
	full := c
	for range 6 {
		full.Shelved = append(full.Shelved, handover.Item{Label: "Cảnh báo rung", Until: new(now)})
		full.Emergencies = append(full.Emergencies, handover.Item{Label: "PA-ABCD", Place: "24611"})
	}
	if n := len(strings.Fields(strings.Join(full.Spoken(loc, place), " "))); n > 220 {
		t.Errorf("%d syllables are longer than a minute", n)
	}
}

func TestALongNoteIsRefused(t *testing.T) {
	if _, err := handover.CleanNote("note", strings.Repeat("ữ", 2001)); !fault.Is(err, fault.KindInvalid) {
		t.Errorf("taken: %v", err)
	}
}
