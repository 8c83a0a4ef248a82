package report

import (
	"fmt"
	"math"
	"time"

	"toancanh/server/fault"
)

// The acts of a community team on the site of a report. Each is done through its visit and cannot be asked for by its name.
const (
	AskVisit    ActName = "ask_visit"
	ArriveVisit ActName = "arrive_visit"
	FinishVisit ActName = "finish_visit"
)

// OfVisit reports whether the act is done through a visit.
func (a ActName) OfVisit() bool { return a == AskVisit || a == ArriveVisit || a == FinishVisit }

// Visit is a request that a community team look at the site of a report, and what came of it.
type Visit struct {
	ID       string
	ReportID string
	TeamID   string
	Team     string // its name
	AskedAt  time.Time
	AskedBy  string // an opaque id
	Note     string // of the desk, for the team

	ArrivedAt *time.Time
	ArrivedBy string
	Metres    *int // how far from the report the phone said it was; nil when it did not
	DoneAt    *time.Time
	DoneBy    string
	Result    string
}

// Ask is the act that sends the team.
func (v Visit) Ask() Act {
	text := v.Team
	if v.Note != "" {
		text += "\n" + v.Note
	}
	return Act{Name: AskVisit, Actor: v.AskedBy, Text: text}
}

// Arrive is the visit once somebody of the team stands there, and the act that says so.
func (v Visit) Arrive(who string, metres *int) (Visit, Act, error) {
	switch {
	case v.DoneAt != nil:
		return v, Act{}, errVisitDone
	case v.ArrivedBy != "":
		return v, Act{}, fault.Conflict("Tổ đã báo có mặt tại hiện trường.").Because("arrived")
	}
	v.ArrivedBy, v.Metres = who, metres
	text := v.Team
	if metres != nil {
		text += fmt.Sprintf(", cách vị trí phản ánh khoảng %s", metresWord(*metres))
	}
	return v, Act{Name: ArriveVisit, Actor: who, Text: text}, nil
}

// Finish is the visit with what the team found, and the act that says so.
func (v Visit) Finish(who, result string) (Visit, Act, error) {
	switch {
	case v.DoneAt != nil:
		return v, Act{}, errVisitDone
	case v.ArrivedBy == "":
		return v, Act{}, fault.Conflict("Xin báo có mặt tại hiện trường trước khi báo kết quả.").Because("not_arrived")
	}
	v.DoneBy, v.Result = who, result
	return v, Act{Name: FinishVisit, Actor: who, Text: result}, nil
}

//nolint:gochecknoglobals // an error value
var errVisitDone = fault.Conflict("Lần xác minh này đã xong.").Because("done")

// RoundMetres rounds a distance so that it says whether somebody was there and not where they walk: to 10 m, from 1 km on
// to 100 m.
func RoundMetres(metres float64) int {
	step := 10.0
	if metres >= 1000 {
		step = 100
	}
	return int(math.Round(metres/step) * step)
}

func metresWord(metres int) string {
	if metres < 1000 {
		return fmt.Sprintf("%d m", metres)
	}
	return fmt.Sprintf("%d,%d km", metres/1000, metres%1000/100)
}
