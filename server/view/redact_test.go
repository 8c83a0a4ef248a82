package view_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"toancanh/server/view"
)

func TestRedact(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, text, want string }{
		{"a plain phone", "gọi 0912345678 nhé", "gọi [ẩn số] nhé"},
		{"with spaces", "gọi 0912 345 678.", "gọi [ẩn số]."},
		{"with dots", "0912.345.678", "[ẩn số]"},
		{"with dashes and spaces", "0912 - 345 - 678", "[ẩn số]"},
		{"digit by digit", "0 9 1 2 3 4 5 6 7 8", "[ẩn số]"},
		{"from abroad", "+84 912 345 678, (+84)912345678, 0084912345678", "[ẩn số], [ẩn số], [ẩn số]"},
		{"a landline", "(0261) 3543 210", "[ẩn số]"},
		{"with slashes", "0912/345/678", "[ẩn số]"},
		{"several", "0912345678 hoặc 0987654321; 0909090909", "[ẩn số] hoặc [ẩn số]; [ẩn số]"},
		{"behind a house number", "số nhà 5 0912345678", "số nhà [ẩn số]"},
		{"over two lines", "0912\n345678", "[ẩn số]"},
		{"letters for zeros", "O912 345 678 và 09o2345678", "[ẩn số] và [ẩn số]"},
		{"full width", "０９１２３４５６７８", "[ẩn số]"},
		{"other digits", "٠٩١٢٣٤٥٦٧٨ 𝟎𝟗𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖 ⓪⑨①②③④⑤⑥⑦⑧", "[ẩn số]"},
		{"parted by nothing visible", "0912\u200b345\u00ad678", "[ẩn số]"},
		{"parted by hard spaces", "0912\u00a0345\u2009678", "[ẩn số]"},
		{"underlined", "0̲9̲1̲2̲3̲4̲5̲6̲7̲8̲", "[ẩn số]"},
		{"an identity card of 12", "CCCD 067 090 001 234", "CCCD [ẩn số]"},
		{"an identity card of 9", "CMND 245123456", "CMND [ẩn số]"},
		{"an account", "STK 19034567890123", "STK [ẩn số]"},
		{"a passport", "hộ chiếu C1234567", "hộ chiếu [ẩn số]"},
		{"a car", "xe 48A-123.45 đỗ", "xe [ẩn biển số] đỗ"},
		{"other plates", "48A12345, 48-B1 234.56, 29-MĐ1 123.45, 51f 1234, 48 - AA 567.89", "[ẩn biển số], [ẩn biển số], [ẩn biển số], [ẩn biển số], [ẩn biển số]"},
		{"a plate in parts", norm.NFD.String("29-MĐ1 123.45"), "[ẩn biển số]"},
		{"mail", "viết a.b+c@tinh.gov.vn nhé", "viết [ẩn thư điện tử] nhé"},
		{"mail in hiding", "a.b @ gmail . com, c (at) gmail.com, d＠gmail.com", "[ẩn thư điện tử], [ẩn thư điện tử], [ẩn thư điện tử]"},
		{"links", "xem https://a.vn/b?c=d, www.e.com và facebook.com/nguyen.van.a", "xem [ẩn liên kết] [ẩn liên kết] và [ẩn liên kết]"},

		{"a hotline stays", "gọi 113, 1022 hoặc 1900 1075", "gọi 113, 1022 hoặc 1900 1075"},
		{"dates and times stay", "từ 7h30 ngày 02/11/2026 đến 14:30 ngày 3.11.2026", "từ 7h30 ngày 02/11/2026 đến 14:30 ngày 3.11.2026"},
		{"money stays", "hết 1.500.000.000 đồng, 120 000 000 đ", "hết 1.500.000.000 đồng, 120 000 000 đ"},
		{"roads and measures stay", "QL14 km 725+300, sâu 1,5 m, 40 cm, tổ 12, số nhà 125/7/3", "QL14 km 725+300, sâu 1,5 m, 40 cm, tổ 12, số nhà 125/7/3"},
		{"words stay", "Đắk R'Lấp – Nghĩa Đức – Ễnh. Ok, ao to 2 bò", "Đắk R'Lấp – Nghĩa Đức – Ễnh. Ok, ao to 2 bò"},
		{"text in parts becomes whole", norm.NFD.String("Đường ngập"), "Đường ngập"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := view.Redact(c.text); got != c.want {
				t.Errorf("Redact(%q) =\n%q, want\n%q", c.text, got, c.want)
			}
		})
	}
}

// Any phone, however somebody groups its digits, among any words.
func TestRedactFindsEveryPhone(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 1))
	words := strings.Fields("Gọi anh theo số này nhé ở thôn Đắk R'Lấp, gần cầu 14, nhà 5 tầng 2 (cũ) 12/5 xe")
	groups := []string{"", "", "", " ", ".", "-", " - ", "\u00a0", ". ", "\u200b"}
	for range 5000 {
		digits := fmt.Sprintf("0%d%08d", 3+random.IntN(7), random.IntN(100_000_000))
		var phone strings.Builder
		for i, d := range digits {
			if i > 0 {
				phone.WriteString(groups[random.IntN(len(groups))])
			}
			phone.WriteRune(d)
		}
		text := words[random.IntN(len(words))] + " " + phone.String() + " " + words[random.IntN(len(words))]
		got := view.Redact(text)
		plain := strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return r
			}
			return -1
		}, got)
		if strings.Contains(plain, digits[2:8]) {
			t.Fatalf("Redact(%q) = %q", text, got)
		}
	}
}

func FuzzRedactIsStable(f *testing.F) {
	for _, seed := range []string{"0912 345 678", "48A-123.45 a@b.vn https://x", "oO0oO0oO0o", "１２３٤٥٦", "\xff0912345678", "1234A56789", "[ẩn số]5678", "C1234567890", "a@b.c.d@e.f"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		once := view.Redact(text)
		if !utf8.ValidString(once) || !norm.NFC.IsNormalString(once) {
			t.Fatalf("Redact(%q) = %q is not clean", text, once)
		}
		if twice := view.Redact(once); twice != once {
			t.Fatalf("Redact(%q) = %q, and again %q", text, once, twice)
		}
		run := 0
		for _, r := range once {
			if r >= '0' && r <= '9' {
				if run++; run >= 9 {
					t.Fatalf("Redact(%q) = %q leaves a number", text, once)
				}
			} else {
				run = 0
			}
		}
	})
}

func BenchmarkRedact(b *testing.B) {
	text := strings.Repeat("Rác trước nhà, gọi 0912 345 678 hoặc xe 48A-123.45 lúc 7h30. ", 60)[:4000]
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		view.Redact(text)
	}
}
