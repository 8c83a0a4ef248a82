package transfer_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"golang.org/x/text/unicode/norm"

	"toancanh/server/report"
	"toancanh/server/transfer"
)

func note(t *testing.T) transfer.Note {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	if err != nil {
		t.Fatal(err)
	}
	due, signed := time.Date(2026, 12, 3, 2, 0, 0, 0, time.UTC), time.Date(2026, 11, 29, 18, 5, 0, 0, time.UTC)
	return transfer.Note{
		Transfer: report.Transfer{
			ID: "t", Office: "IOC", Year: 2026, Number: 15, IssuedAt: time.Date(2026, 11, 29, 17, 30, 0, 0, time.UTC), Due: &due,
			Level: report.Tinh, Emergency: true, FromName: "Sở Xây dựng", ToName: "Ban Chỉ huy Phòng chống thiên tai và Tìm kiếm cứu nạn",
			State: report.Signed, StateAt: &signed, Serial: "54:01:0B:2C",
		},
		Office: "Trung tâm Giám sát, điều hành thông minh", Province: "Đắk Nông", Code: "K7M2-Q9XD",
		Subject:  "Chuyển xử lý phản ánh K7M2-Q9XD, lĩnh vực “Thiên tai: lũ, ngập, sạt lở”, tại Xã Đắk R'Măng",
		Category: "Thiên tai: lũ, ngập, sạt lở", Place: "Xã Đắk R'Măng", Location: zone, Simulated: true,
		Words: "Nước ngập đường, nhiều nhà bị ngập sâu; gọi ••• 🌊 gấp\nẮẰẲẴẶ ắằẳẵặ ỖỘ ỡợ ỨỪỬỮỰ ỹỵ Đđ",
	}
}

func draw(t *testing.T, n transfer.Note) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := transfer.Write(&b, n); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// text is what a reader of PDFs copies out of a document.
func text(t *testing.T, pdf []byte) string {
	t.Helper()
	tool, err := exec.LookPath("pdftotext")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("pdftotext (Debian: poppler-utils) must be installed here")
		}
		t.Skip("pdftotext is not installed (Debian: poppler-utils): nobody reads the document back")
	}
	path := filepath.Join(t.TempDir(), "note.pdf")
	if err := os.WriteFile(path, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), tool, "-raw", path, "-").CombinedOutput()
	if err != nil {
		t.Fatalf("pdftotext: %v: %s", err, out)
	}
	return string(out)
}

func TestANoteIsReadBackWithItsDiacritics(t *testing.T) {
	t.Parallel()
	got := text(t, draw(t, note(t)))
	if !norm.NFC.IsNormalString(got) {
		t.Error("the text is not in composed form")
	}
	flat := strings.Join(strings.Fields(got), " ")
	for _, want := range []string{
		"TRUNG TÂM GIÁM SÁT, ĐIỀU HÀNH THÔNG MINH ĐẮK NÔNG", "Số: 15/PC-IOC", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc",
		"Đắk Nông, ngày 30 tháng 11 năm 2026", // the day here, not the one in Greenwich
		"PHIẾU CHUYỂN", "Ban Chỉ huy Phòng chống thiên tai và Tìm kiếm cứu nạn", "Chuyển từ: Sở Xây dựng", "Mã phản ánh: K7M2-Q9XD",
		"Địa bàn: Xã Đắk R'Măng", "Cấp xử lý: Tỉnh", "KHẨN CẤP", "09:00 ngày 03/12/2026", "ẮẰẲẴẶ ắằẳẵặ ỖỘ ỡợ ỨỪỬỮỰ ỹỵ Đđ", "gọi ••• □ gấp",
		"đã ký số, chứng thư số 54:01:0B:2C, ghi nhận 01:05 ngày 30/11/2026", "DỮ LIỆU MÔ PHỎNG",
	} {
		if !strings.Contains(flat, want) {
			t.Errorf("the document lacks %q:\n%s", want, got)
		}
	}
}

func TestANoteSaysWhetherItIsSigned(t *testing.T) {
	t.Parallel()
	n := note(t)
	n.State, n.Serial, n.Simulated, n.Emergency, n.FromName, n.Due = report.Unsigned, "", false, false, "", nil
	got := text(t, draw(t, n))
	for _, want := range []string{"chưa ký số", "Hạn xử lý: không có"} {
		if !strings.Contains(got, want) {
			t.Errorf("the document lacks %q:\n%s", want, got)
		}
	}
	for _, not := range []string{"MÔ PHỎNG", "KHẨN CẤP", "Chuyển từ", "chứng thư"} {
		if strings.Contains(got, not) {
			t.Errorf("the document says %q", not)
		}
	}
}

func TestTheSameNoteIsTheSameDocument(t *testing.T) {
	t.Parallel()
	n := note(t)
	n.Words = strings.Repeat("Đường ngập sâu, xe không qua được. ", 200)
	first := draw(t, n)
	if !bytes.Equal(first, draw(t, n)) {
		t.Error("two drawings of one note differ")
	}
	if len(first) > 120<<10 {
		t.Errorf("a note has %d bytes: the typeface is not cut down to what it uses", len(first))
	}
}
