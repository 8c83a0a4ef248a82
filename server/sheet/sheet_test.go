package sheet_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"

	"toancanh/server/fault"
	"toancanh/server/report"
	"toancanh/server/sheet"
)

func words() sheet.Words {
	return sheet.Words{
		Categories: []report.Category{{Code: "MT", Name: "Vệ sinh môi trường"}, {Code: "GT", Name: "Hạ tầng giao thông"}},
		Commune: func(text string) (report.Point, bool) {
			return report.Point{Lat: 12, Lon: 107.7}, text == "24611" || text == "xã Đắk Ha"
		},
		Channels: report.Channels(),
		Location: time.FixedZone("+07", 7*3600),
	}
}

func TestATableOfASpreadsheetIsRead(t *testing.T) {
	t.Parallel()
	const table = "\ufeffLĩnh vực;Nội dung;Xã, phường;Vĩ độ;Kinh độ;Thời điểm;Khẩn cấp;Nguồn;Họ tên;Điện thoại;Ghi chú\r\n" +
		"mt;\"Rác đổ trộm;\nba ngày chưa dọn\";24611;;;30/11/2026 14:05;có;Điện thoại;Nguyễn Thị Hoa;'+84912000111;x\r\n" +
		";;;;;;;;;;\r\n" +
		"Hạ tầng giao thông;Ổ gà;;12,0041;107,6907;;;;;;\r\n"
	for name, text := range map[string]string{"as written": table, "in parts": norm.NFD.String(table), "with commas": commas(table)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := sheet.Read([]byte(text), words())
			if err != nil || len(got.Wrong) > 0 {
				t.Fatalf("Read: %v, wrong %+v", err, got.Wrong)
			}
			at := time.Date(2026, 11, 30, 14, 5, 0, 0, words().Location)
			want := []sheet.Row{
				{
					Line:    2,
					Draft:   report.Draft{Category: "MT", Description: "Rác đổ trộm;\nba ngày chưa dọn", Location: report.Point{Lat: 12, Lon: 107.7}, OccurredAt: &at, Emergency: true, Source: report.FromPhone},
					Contact: report.Contact{Name: "Nguyễn Thị Hoa", Phone: "+84912000111"},
				},
				{Line: 5, Draft: report.Draft{Category: "GT", Description: "Ổ gà", Location: report.Point{Lat: 12.0041, Lon: 107.6907}, Source: report.FromStaff}},
			}
			for i := range got.Rows { // texts are made NFC by the rules, not here
				got.Rows[i].Draft.Description = norm.NFC.String(got.Rows[i].Draft.Description)
				got.Rows[i].Contact.Name = norm.NFC.String(got.Rows[i].Contact.Name)
			}
			if diff := cmp.Diff(want, got.Rows); diff != "" {
				t.Error(diff)
			}
			if got.Lines() != 2 || len(got.Ignored) != 1 || norm.NFC.String(got.Ignored[0]) != "Ghi chú" {
				t.Errorf("%d lines, ignored %q", got.Lines(), got.Ignored)
			}
		})
	}
}

// commas is the table as a spreadsheet in English writes it.
func commas(table string) string {
	table = strings.ReplaceAll(table, "Xã, phường", "Xã phường")
	table = strings.ReplaceAll(table, "12,0041;107,6907", "12.0041;107.6907")
	table = strings.ReplaceAll(table, ";", ",")
	return strings.ReplaceAll(table, "trộm,\n", "trộm;\n")
}

func TestEveryBadLineSaysWhere(t *testing.T) {
	t.Parallel()
	lines := []string{
		"category,description,commune,lat,lon,occurred_at,emergency,channel",
		"ZZ,Rác,24611,,,,,",
		",Rác,24611,,,,,",
		"MT,Rác,nơi nào,,,,,",
		"MT,Rác,,,,,,",
		"MT,Rác,,mười hai,107,,,",
		"MT,Rác,24611,,,hôm qua,,",
		"MT,Rác,24611,,,,có lẽ,",
		"MT,Rác,24611,,,,,bồ câu",
		"ZZ,Rác,nơi nào,,,hôm qua,,",
		"MT,Rác,24611,,,,,",
	}
	got, err := sheet.Read([]byte(strings.Join(lines, "\n")), words())
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, w := range got.Wrong {
		said = append(said, fmt.Sprintf("%d %s %s", w.Line, w.Column, w.Fault.Reason))
	}
	want := []string{
		"2 category unknown", "3 category required", "4 commune unknown", "5 commune required", "6 lat format", "7 occurred_at format",
		"8 emergency format", "9 channel unknown", "10 category unknown", "10 commune unknown", "10 occurred_at format",
	}
	if diff := cmp.Diff(want, said); diff != "" {
		t.Error(diff)
	}
	if len(got.Rows) != 1 || got.Rows[0].Line != 11 || got.Lines() != 10 {
		t.Errorf("%d lines, rows %+v", got.Lines(), got.Rows)
	}
}

func TestATableThatCannotBeReadSaysWhy(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, field, reason string }{
		"nothing":            {"", "", "required"},
		"another encoding":   {"category,description,commune\nMT,R\xe1c,24611\n", "", "encoding"},
		"no text":            {"category,commune\nMT,24611\n", "description", "required"},
		"no place":           {"category,description,lat\nMT,Rác,12\n", "commune", "required"},
		"a column twice":     {"category,Lĩnh vực,description,commune\n", "Lĩnh vực", "duplicate"},
		"more than it takes": {"category,description,commune\n" + strings.Repeat("MT,Rác,24611\n", sheet.MostRows+1), "", "too_long"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := sheet.Read([]byte(c.text), words())
			items := fault.Items(err)
			if len(items) != 1 || items[0].Field != c.field || items[0].Reason != c.reason {
				t.Errorf("error %v, want %q at %q", err, c.reason, c.field)
			}
		})
	}
}

func TestAnOpenQuotationEndsTheTableAndSaysWhere(t *testing.T) {
	t.Parallel()
	got, err := sheet.Read([]byte("category,description,commune\nMT,Rác,24611\nMT,\"Rác,24611\nMT,Rác,24611\n"), words())
	if err != nil || len(got.Rows) != 1 || len(got.Wrong) != 1 || got.Wrong[0].Line != 3 {
		t.Errorf("Read = %+v, %v", got, err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("category,description,commune\nMT,Rác,24611\n"))
	f.Add([]byte("\ufeffLĩnh vực;Nội dung;Vĩ độ;Kinh độ\nMT;\"a\"\"b\";12,0;107,6\n\"\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := sheet.Read(raw, words())
		if err == nil && len(got.Rows) > sheet.MostRows {
			t.Errorf("%d rows", len(got.Rows))
		}
	})
}
