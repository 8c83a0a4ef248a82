package report

import (
	"fmt"
	"regexp"
	"time"

	"toancanh/server/fault"
)

// TransferOffice is the office whose notes hand reports over.
const TransferOffice = "IOC"

// TransferState is where a note stands: electronic, signed or not yet, or made out on paper.
type TransferState string

// The states of a note.
const (
	Unsigned TransferState = "chua_ky_so"
	Signed   TransferState = "da_ky_so"
	OnPaper  TransferState = "giay"
)

// Label is the state in Vietnamese, empty for an unknown one.
func (s TransferState) Label() string {
	switch s {
	case Unsigned:
		return "chưa ký số"
	case Signed:
		return "đã ký số"
	case OnPaper:
		return "văn bản giấy"
	}
	return ""
}

// Transfer is a phiếu chuyển: the numbered note that hands a report to a unit. What it says is kept as it was on the day
// of its issue.
type Transfer struct {
	ID       string
	ReportID string
	N        int64 // the entry of the timeline that made it
	Office   string
	Year     int
	Number   int
	IssuedAt time.Time
	Due      *time.Time

	Category       string
	Division, Area string
	Level          Level
	Emergency      bool
	From, FromName string // the unit that had the report before; empty when none had
	To, ToName     string

	State   TransferState
	StateAt *time.Time
	StateBy string // an opaque id
	Serial  string // of the certificate it was signed with
}

// Symbol is its number and sign: "15/PC-IOC".
func (t Transfer) Symbol() string { return fmt.Sprintf("%d/PC-%s", t.Number, t.Office) }

// certificate is the serial number of a certificate, as certificates show it.
var certificate = regexp.MustCompile(`^[0-9A-Fa-f]{2}([:]?[0-9A-Fa-f]{2}){0,31}$`)

// TransferMove is what somebody says became of a note.
type TransferMove struct {
	To     TransferState
	Serial string // signed: of the certificate
	By     string
}

// Move is the note in another state. A signed one is final.
func (t Transfer) Move(m TransferMove, now time.Time) (Transfer, error) {
	switch {
	case m.To == "":
		return t, fault.Invalid("state", "Chưa chọn tình trạng").Because("required")
	case m.To.Label() == "":
		return t, fault.Invalid("state", "Không có tình trạng này: chọn chua_ky_so, da_ky_so hoặc giay").Because("unknown")
	case t.State == Signed:
		return t, fault.Conflict("Phiếu chuyển %s đã ký số, không đổi được nữa", t.Symbol()).Because("signed")
	case t.State == m.To:
		return t, fault.Conflict("Phiếu chuyển %s đang ở tình trạng này", t.Symbol()).Because("same")
	case m.To == Signed && m.Serial == "":
		return t, fault.Invalid("serial", "Chưa nhập số sê-ri chứng thư số").Because("required")
	case m.To == Signed && !certificate.MatchString(m.Serial):
		return t, fault.Invalid("serial", "Số sê-ri chứng thư số gồm 1 đến 32 byte dạng hexa, ví dụ 54:01:0B:2C").Because("format")
	case m.To != Signed && m.Serial != "":
		return t, fault.Invalid("serial", "Chỉ phiếu đã ký số mới có số sê-ri").Because("unexpected")
	}
	at := now.UTC().Truncate(time.Microsecond)
	t.State, t.StateAt, t.StateBy, t.Serial = m.To, &at, m.By, m.Serial
	return t, nil
}
