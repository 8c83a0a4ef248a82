package handover

import (
	"fmt"
	"strings"
	"time"
)

// Spoken is the handover as it is read aloud, in a minute: a sentence a matter, the gravest first, names and numbers as people
// say them. Times are told in loc. A matter of which there is nothing is said too where its absence is news.
func (c Content) Spoken(loc *time.Location, place func(code string) string) []string {
	s := &speech{loc: loc, place: place}
	clock := func(t time.Time) string { return t.In(loc).Format("15:04") }
	since := clock(c.From)
	if c.From.In(loc).YearDay() != c.At.In(loc).YearDay() {
		since += " hôm trước"
	}
	s.say("Bàn giao ca lúc %s, tính từ %s.", clock(c.At), since)
	if c.Origin != "" && c.Origin != "real" {
		s.say("Dữ liệu không phải là thật.")
	}
	s.highs(c)
	s.list(c.Emergencies, "phản ánh khẩn cấp chưa xong", func(i Item) string { return i.Label + s.at(i) })
	s.list(c.Incidents, "sự cố đang mở", func(i Item) string { return i.Label + s.at(i) })
	s.list(c.Warnings, "bản tin cảnh báo còn hiệu lực", func(i Item) string { return i.Label })
	s.list(c.Shelved, "cảnh báo tạm hoãn", func(i Item) string {
		if i.Until == nil {
			return i.Label
		}
		return i.Label + " đến " + clock(*i.Until)
	})
	s.list(c.OutOfService, "cảnh báo ngừng vận hành", func(i Item) string { return i.Label })
	s.count(c.SilentCount, "nguồn không có dữ liệu", c.Silent)
	s.say("%s phản ánh quá hạn; %s phản ánh sẽ đến hạn trước %s.", number(c.OverdueCount), number(c.DueCount), clock(c.Next))
	s.list(c.Drills, "cuộc diễn tập", func(i Item) string { return i.Label })
	switch {
	case c.Contact == nil:
		s.say("Ca này chưa thử liên lạc.")
	case c.Contact.Ok < c.Contact.Asked:
		s.say("Thử liên lạc lúc %s: %d trên %d trả lời; không trả lời: %s.", clock(c.Contact.At), c.Contact.Ok, c.Contact.Asked, strings.Join(c.Contact.Failed, ", "))
	default:
		s.say("Thử liên lạc lúc %s: tất cả %d đều trả lời.", clock(c.Contact.At), c.Contact.Asked)
	}
	return s.sentences
}

type speech struct {
	loc       *time.Location
	place     func(string) string
	sentences []string
}

func (s *speech) say(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	first := []rune(text)
	s.sentences = append(s.sentences, strings.ToUpper(string(first[:1]))+string(first[1:]))
}

func (s *speech) at(i Item) string {
	if i.Place == "" {
		return ""
	}
	return ", " + s.place(i.Place)
}

// highs are said also when there are none: that is the first thing whoever comes wants to know.
func (s *speech) highs(c Content) {
	if len(c.Highs) == 0 {
		s.say("Không có cảnh báo khẩn cấp nào đang mở; %s cảnh báo mức khác.", number(c.Others))
		return
	}
	untaken := 0
	for _, i := range c.Highs {
		if i.By == "" {
			untaken++
		}
	}
	s.say("%d cảnh báo khẩn cấp đang mở, %s cảnh báo chưa ai nhận; %s cảnh báo mức khác.", len(c.Highs), number(untaken), number(c.Others))
	s.items(len(c.Highs), c.Highs, func(i Item) string {
		if i.By == "" {
			return i.Label + s.at(i) + ", chưa ai nhận từ " + i.At.In(s.loc).Format("15:04")
		}
		return i.Label + s.at(i)
	})
}

// few is how many things of a kind are named; more would not be heard.
const few = 3

func (s *speech) list(items []Item, what string, words func(Item) string) {
	if len(items) > 0 {
		s.say("%d %s.", len(items), what)
		s.items(len(items), items, words)
	}
}

func (s *speech) count(n int, what string, items []Item) {
	if n > 0 {
		s.say("%d %s.", n, what)
		s.items(n, items, func(i Item) string { return i.Label })
	}
}

// items names the first few of n.
func (s *speech) items(n int, items []Item, words func(Item) string) {
	var said []string
	for _, i := range items[:min(few, len(items))] {
		said = append(said, words(i))
	}
	if n > len(said) {
		said = append(said, fmt.Sprintf("và %d nữa", n-len(said)))
	}
	s.say("%s.", strings.Join(said, "; "))
}

func number(n int) string {
	if n == 0 {
		return "không có"
	}
	return fmt.Sprint(n)
}
