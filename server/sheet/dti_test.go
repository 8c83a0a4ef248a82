package sheet_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"toancanh/server/dti"
	"toancanh/server/fault"
	"toancanh/server/sheet"
)

func TestAnExportedValueIsReadBackAndReckonsNothing(t *testing.T) {
	t.Parallel()
	e := dti.Entry{
		Key: dti.Key{Scheme: "922-2022", Year: 2022, Code: "7.10"}, Name: "=1+1", Value: 0.1234, Most: 10, Replaces: 41,
		Evidence: dti.Evidence{Title: "%tỷ lệ; \"2022\"", Issuer: "@Bộ", Number: "+1/BC", Reference: "https://dti.gov.vn", Dated: "2023-07-12"},
	}
	cells := sheet.ValueCells(e, 41)
	for _, cell := range cells {
		if sheet.Harmless(cell) != cell {
			t.Errorf("a spreadsheet reckons %q", cell)
		}
	}
	var file bytes.Buffer
	if err := csv.NewWriter(&file).WriteAll([][]string{sheet.ValueHeadings(), cells}); err != nil {
		t.Fatal(err)
	}
	got, err := sheet.ReadValues(file.Bytes())
	if err != nil || len(got.Rows) != 1 || len(got.Ignored) > 0 {
		t.Fatalf("%+v, %v", got, err)
	}
	if d := cmp.Diff(e, got.Rows[0].Entry); d != "" {
		t.Error(d)
	}
}

func TestHostileTablesOfValuesAreToldLineByLine(t *testing.T) {
	t.Parallel()
	const head = "Bộ chỉ số;Năm;Mã;Giá trị;Điểm tối đa;Minh chứng;Cơ quan ban hành;Số hiệu;Ngày;Thay mục;Ghi chú\n"
	table, err := sheet.ReadValues([]byte("\ufeff" + head +
		"922-2022;2022;7.1;0,5;10;Báo cáo;Bộ;1/BC;12/7/2023;;x\n" +
		";;;;;;;;;;\n" +
		"922-2022;hai;7.2;năm;10;Báo cáo;Bộ;1/BC;12/7/2023;-3;x\n" +
		"922-2022;2022;7.1;0.5;10;Báo cáo;Bộ;1/BC;2023-07-12;;x\n" +
		"922-2022;2022;7.3;;;Báo cáo;Bộ;1/BC;hôm qua;;x\n" +
		"922-2022;2022;7.4;1\n" +
		"922-2022;99999999999999999999;7.5;1;10;Báo cáo;Bộ;1/BC;12/7/2023;;x\n" +
		"922-2022;2022;7.6;\"1;10\n"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, w := range table.Wrong {
		got = append(got, fmt.Sprintf("%d %s %s", w.Line, w.Column, w.Fault.Reason))
	}
	want := []string{
		"4 Năm format", "4 Thay mục format", "4 Giá trị format", "5 Mã duplicate", "6 Giá trị required", "8 Năm format", "9  format",
	}
	if d := cmp.Diff(want, got); d != "" || table.Lines != 7 || len(table.Rows) != 2 || table.Ignored[0] != "Ghi chú" {
		t.Errorf("%+v\n%s", table, d)
	}
	if e := table.Rows[0].Entry; e.Value != 0.5 || e.Dated != "2023-07-12" || e.Code != "7.1" {
		t.Errorf("%+v", e)
	}
	for text, want := range map[string]string{
		"":                         "required",
		"Năm\n":                    "scheme code value title issuer dated",
		head + head[:1]:            "",
		"\xff\xfe":                 "encoding",
		strings.Repeat("a;", 5000): "scheme year code value title issuer dated",
		head + strings.Repeat("922-2022;2022;7.1;1;1;a;b;c;12/7/2023;;\n", sheet.MostValues+1): "too_long",
	} {
		_, err := sheet.ReadValues([]byte(text))
		var fields []string
		for _, f := range fault.Items(err) {
			if f.Reason == "required" && f.Field != "" {
				fields = append(fields, f.Field)
			} else {
				fields = append(fields, f.Reason)
			}
		}
		if got := strings.Join(fields, " "); got != want {
			t.Errorf("%.40q: %q, want %q", text, got, want)
		}
	}
}
