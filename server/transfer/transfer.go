// Package transfer draws the note that hands a report to a unit (phiếu chuyển) as a PDF whose Vietnamese text can be
// searched and copied. It decides nothing, and stores nothing.
package transfer

import (
	"fmt"
	"io"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"github.com/go-fonts/liberation/liberationserifbold"
	"github.com/go-fonts/liberation/liberationserifregular"
	"golang.org/x/text/unicode/norm"

	"toancanh/server/report"
)

// Note is a transfer with the words that its codes stand for.
type Note struct {
	report.Transfer
	Office    string // the centre that issues it
	Province  string // "Đắk Nông"
	Code      string // of the report
	Subject   string
	Category  string
	Place     string
	Words     string // of the sender, redacted
	Simulated bool
	Location  *time.Location // of days and hours
}

// The page, in millimetres, as Decree 30/2020/NĐ-CP sets it for documents: A4 with a wide left edge.
const (
	left, top, right, bottom = 30, 20, 15, 20
	inner                    = 210 - left - right
	line                     = 6.5
	labelWidth               = 42
	mostWords                = 1500 // characters of the sender's words; the rest stands in the system
)

// The sizes of letters, in points.
const (
	small = 11
	plain = 13
	head  = 16
)

const family = "Liberation Serif" // as wide as Times New Roman, which the decree asks for

// page is a PDF under way.
type page struct{ *fpdf.Fpdf }

// Write draws the note. The same note gives the same bytes.
func Write(w io.Writer, n Note) error {
	p := page{fpdf.New("P", "mm", "A4", "")}
	p.SetCatalogSort(true)
	issued := n.IssuedAt.In(n.Location)
	p.SetCreationDate(issued)
	p.SetModificationDate(issued)
	p.SetTitle(printable("Phiếu chuyển "+n.Symbol()), true)
	p.SetAuthor(printable(n.Office), true)
	p.SetLang("vi")
	p.AddUTF8FontFromBytes(family, "", liberationserifregular.TTF)
	p.AddUTF8FontFromBytes(family, "B", liberationserifbold.TTF)
	p.SetMargins(left, top, right)
	p.SetAutoPageBreak(true, bottom)
	p.AddPage()
	p.letterhead(n)
	p.body(n)
	if err := p.Output(w); err != nil {
		return fmt.Errorf("draw transfer %s: %w", n.ID, err)
	}
	return nil
}

func (p page) letter(style string, size float64) { p.SetFont(family, style, size) }

// lines writes centred lines into a column.
func (p page) lines(x, width float64, texts ...string) {
	for _, text := range texts {
		p.SetX(x)
		p.MultiCell(width, line, printable(text), "", "C", false)
	}
}

func (p page) letterhead(n Note) {
	const own = 70
	y := p.GetY()
	p.letter("B", small)
	p.lines(left, own, strings.ToUpper(n.Office+" "+n.Province))
	p.letter("", plain)
	p.lines(left, own, "Số: "+n.Symbol())
	ends := p.GetY()
	p.SetY(y)
	p.letter("B", small)
	p.lines(left+own, inner-own, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM")
	p.letter("B", plain)
	p.lines(left+own, inner-own, "Độc lập - Tự do - Hạnh phúc")
	p.letter("", plain)
	at := n.IssuedAt.In(n.Location)
	p.lines(left+own, inner-own, fmt.Sprintf("%s, ngày %02d tháng %02d năm %d", n.Province, at.Day(), at.Month(), at.Year()))
	p.SetY(max(ends, p.GetY()) + line)
	if n.Simulated {
		p.letter("B", plain)
		p.lines(left, inner, "DỮ LIỆU MÔ PHỎNG – KHÔNG CÓ GIÁ TRỊ VĂN BẢN")
	}
	p.letter("B", head)
	p.lines(left, inner, "PHIẾU CHUYỂN")
	p.letter("B", plain)
	p.lines(left, inner, n.Subject)
	p.Ln(line / 2)
}

func (p page) body(n Note) {
	p.row("Nơi nhận", n.ToName)
	if n.FromName != "" {
		p.row("Chuyển từ", n.FromName)
	}
	p.row("Mã phản ánh", n.Code)
	p.row("Lĩnh vực", n.Category)
	p.row("Địa bàn", n.Place)
	p.row("Cấp xử lý", n.Level.Label())
	if n.Emergency {
		p.row("Mức độ", "KHẨN CẤP")
	}
	p.row("Hạn xử lý", n.moment(n.Due, "không có"))
	p.row("Nội dung", shortened(n.Words))
	p.row("Tình trạng", n.state())
	p.Ln(line / 2)
	p.letter("", small)
	p.MultiCell(inner, line, printable("Thông tin liên hệ của người phản ánh không ghi trong phiếu này. Kết quả xử lý xin cập nhật vào hệ thống theo mã phản ánh."), "", "L", false)
}

// row is a label with its text beside it, over as many lines as it takes.
func (p page) row(label, text string) {
	p.letter("B", plain)
	p.SetX(left)
	p.CellFormat(labelWidth, line, printable(label+":"), "", 0, "L", false, 0, "")
	p.letter("", plain)
	p.SetLeftMargin(left + labelWidth) // text that goes on over a page keeps its column
	p.MultiCell(inner-labelWidth, line, printable(text), "", "L", false)
	p.SetLeftMargin(left)
	p.Ln(1)
}

func (n Note) state() string {
	text := n.State.Label()
	if n.State == report.Signed {
		text += fmt.Sprintf(", chứng thư số %s, ghi nhận %s", n.Serial, n.moment(n.StateAt, ""))
	}
	return text
}

func (n Note) moment(at *time.Time, none string) string {
	if at == nil {
		return none
	}
	return at.In(n.Location).Format("15:04 ngày 02/01/2006")
}

func shortened(text string) string {
	letters := []rune(text)
	if len(letters) <= mostWords {
		return text
	}
	return string(letters[:mostWords]) + "…"
}

// printable leaves what the typeface can show; a square stands for every other sign, such as an emoji.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r >= ' ' && r < 0x250, r >= 0x1e00 && r < 0x1f00, r >= 0x2010 && r <= 0x2027, r == '₫', r == '€':
			return r
		case r == '\t', r == 0x2009, r == 0x202f:
			return ' '
		}
		return '□'
	}, norm.NFC.String(text))
}
