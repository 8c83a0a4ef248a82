package forecast

import (
	"fmt"
	"strings"
)

// Names are what the unit and the category of an estimate are called.
type Names struct{ Unit, Category string }

// Why is the reason for an estimate in one Vietnamese sentence, with the numbers behind it.
func (e Estimate) Why(n Names) string {
	who, kind := "Tất cả đơn vị", ""
	if e.Unit != "" {
		who = n.Unit
	}
	if e.Category != "" {
		kind = " “" + n.Category + "”"
	}
	return fmt.Sprintf("%s kịp %d trong %d việc%s%s khi còn %s.", who, e.Kept, e.Of, kind, e.Stage.words(), e.Left.words())
}

func (s Stage) words() string {
	switch s {
	case Reopened:
		return " mở lại mà chưa giao lại"
	case Assigned:
		return " đã giao mà chưa bắt đầu"
	case Started:
		return " đang xử lý"
	}
	return ""
}

func (l Left) words() string {
	switch l {
	case UnderOne:
		return "dưới 1 giờ"
	case OneToTwo:
		return "1–2 giờ"
	case TwoToFour:
		return "2–4 giờ"
	}
	return "dưới 4 giờ"
}

// WhyNot says in Vietnamese why a forecast is not shown; empty when it is.
func (s Skill) WhyNot() string {
	switch {
	case s.Better():
		return ""
	case !s.Enough():
		return fmt.Sprintf("Chưa đủ số liệu: đã học %d phản ánh, kiểm nghiệm %d phản ánh đến hạn, trong đó %d trễ hạn; cần ít nhất %d, %d và %d, và ít nhất %d đúng hạn.",
			s.Learned, s.Judged, s.Missed, LeastReports, LeastReports, LeastMissed, LeastMissed)
	}
	return fmt.Sprintf("Dự báo chưa hơn cách nhìn thường: F1 %s, so với %s của “đến hạn trong bốn giờ và chưa bắt đầu” và %s của “mọi việc đến hạn trong bốn giờ”; phải hơn ít nhất %s.",
		decimal(s.Rule.F1()), decimal(s.NotStarted.F1()), decimal(s.AllDue.F1()), decimal(Margin))
}

// decimal is a number with the Vietnamese comma.
func decimal(x float64) string { return strings.Replace(fmt.Sprintf("%.2f", x), ".", ",", 1) }
